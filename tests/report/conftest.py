"""One small verification for all tests of reports: a false statement, functions on pairs, a claim of one engine."""

import numpy as np
import pytest

from toylab import claims, zoo
from toylab.claims import Budget
from toylab.comparison import Comparison
from toylab.verification import TrainingReport, VerificationReport, verify_all
from toylab.verification.training import TrainingCase

CHOSEN = ("lgan.theorem-4", "lgan.theorem-5", "iclr.theorem-2")


@pytest.fixture(scope="session")
def report() -> VerificationReport:
    return verify_all([claims.get(name) for name in CHOSEN], Budget.QUICK, training=False, workers=1)


@pytest.fixture
def training() -> TrainingReport:
    """A training with every number told apart: gap 0.123 %, angles 0.5°, 2°, 20° and one that is not defined."""
    comparison = Comparison(
        relative_gap=0.00123,
        excess=0.004,
        k_support=0.999,
        k_gradient=1.002,
        k_star=1.0,
        partners="reweighted coupling",
        angles=np.array([0.5, 2.0, np.nan, 20.0]),
    )
    case = TrainingCase(name="case4 n = 2, logistic", problem=zoo.load("case4", n=2))
    return TrainingReport(case=case, comparisons=(comparison,), status="converged", seconds=3.21)
