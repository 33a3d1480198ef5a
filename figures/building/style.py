"""The look that all figures share: `toylab.mplstyle`, paper widths, and what each loss looks like.

Real, fake, gradients and couplings look as in `toylab.plot`: blue diamonds, vermilion circles, black arrows, grey
lines.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib

from figures.building.scripts import FOLDER
from toylab.plotting.canvas import INK

#: Widths in inches of one column and of both columns of a paper (ICML).
SINGLE, DOUBLE = 3.25, 6.75

#: Colour and dash of each loss; dashes tell them apart in grey.
LOSSES: dict[str, dict[str, Any]] = {
    "wasserstein": {"color": INK, "ls": "-"},
    "logistic": {"color": "#009E73", "ls": "--"},
    "sqrt": {"color": "#CC79A7", "ls": "-."},
    "exponential": {"color": "#E69F00", "ls": (0, (5, 1))},
    "hinge": {"color": "#56B4E9", "ls": (0, (3, 1, 1, 1))},
    "quadratic": {"color": "#7F7F7F", "ls": ":"},
}
#: What the losses are called in figures.
LOSS_NAMES = {
    "wasserstein": "Wasserstein",
    "logistic": "logistic",
    "sqrt": "sqrt",
    "exponential": "exponential",
    "hinge": "hinge",
    "quadratic": "least squares",
}


@contextmanager
def style() -> Iterator[None]:
    """Draw the block in the look of the figures, whatever the caller's settings are."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(
            matplotlib.rc_params_from_file(FOLDER / "toylab.mplstyle", use_default_template=False)
        )
        yield
