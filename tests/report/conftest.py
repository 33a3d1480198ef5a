"""One small verification for all tests of reports: a false statement, functions on pairs, a claim of one engine."""

import pytest

from toylab import claims
from toylab.claims import Budget
from toylab.verification import VerificationReport, verify_all

CHOSEN = ("lgan.theorem-4", "lgan.theorem-5", "iclr.theorem-2")


@pytest.fixture(scope="session")
def report() -> VerificationReport:
    return verify_all([claims.get(name) for name in CHOSEN], Budget.QUICK, training=False, workers=1)
