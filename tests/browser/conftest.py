"""A real report in Debian's headless Chromium: both made once, the browser without any access of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser.chromium import INSTALLED, chromium
from toylab import claims, zoo
from toylab.claims import Budget
from toylab.comparison import compare
from toylab.report.files import write_report
from toylab.solvers.solving import solve
from toylab.verification import verify_all
from toylab.verification.training import TrainingCase, TrainingReport

#: A claim of functions on pairs, both false ones (one with the longest name), and what they lead to.
CHOSEN = (
    "lgan.theorem-1.wasserstein",
    "lgan.theorem-1.up-to-a-constant",
    "lgan.theorem-3",
    "lgan.theorem-4",
    "iclr.theorem-2",
)


def _picture_of_training() -> TrainingReport:
    """A training report with its picture and both kinds of partners, without the minute that training takes."""
    problem = zoo.load("case3", n=8)
    exact = solve(problem)
    names = ("POT coupling", "compact dual's tight pairs")
    rows = tuple(compare(exact, exact, partners=name, cones=exact.bounding_directions()) for name in names)
    case = TrainingCase(name="case3 n = 8, logistic", problem=problem, pictured=True)
    return TrainingReport(case=case, comparisons=rows, status="converged", seconds=1.0, trained=exact, exact=exact)


@pytest.fixture(scope="session")
def report_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """report.html as `toylab verify --quick` writes it."""
    found = verify_all([claims.get(name) for name in CHOSEN], Budget.QUICK, training=False, workers=1)
    found = dataclasses.replace(found, training=(_picture_of_training(),))
    return write_report(found, tmp_path_factory.mktemp("report"))[0]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Chromium behind its driver."""
    if not INSTALLED:
        pytest.skip("needs Debian's chromium and chromium-driver: `make test-browser` installs them")
    driver = chromium(tmp_path_factory.mktemp("profile"))
    yield driver
    driver.quit()
