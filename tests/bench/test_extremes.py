"""The table of extreme problems: every entry certified, or missed with a reason."""

import numpy as np
import pytest

from toylab import losses
from toylab.bench.extremes import LOSSES, REGULARIZERS, shapes, solve_extreme
from toylab.bench.extremes_table import markdown
from toylab.problem import CriticProblem

SMALL = [name for name in shapes() if "3000" not in name and "1000" not in name]


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("shape", SMALL)
def test_every_extreme_is_certified_or_says_why_not(shape, loss):
    """One regulariser each, another for every shape and loss; `toylab bench extremes` has them all."""
    chosen = (7 * SMALL.index(shape) + 5 * LOSSES.index(loss)) % len(REGULARIZERS)
    fake, real = shapes()[shape]()
    case = solve_extreme(shape, CriticProblem(fake, real, losses.get(loss), REGULARIZERS[chosen]))
    assert np.isfinite(case.relative_gap), case
    assert (case.relative_gap <= 1e-8) == case.certified
    assert case.certified or case.reason != "no reason known", case


def test_the_table_names_what_was_missed():
    fake, real = shapes()["coordinates 1e-6"]()
    cases = [
        solve_extreme("coordinates 1e-6", CriticProblem(fake, real, losses.get("shifted(logistic, 100)"), regularizer))
        for regularizer in REGULARIZERS[:2]
    ]
    table = markdown(cases)
    assert "| coordinates 1e-6 | 1/2" in table
    assert "critic values near 100 vary by only" in table
