"""Where on a segment the gradient is looked at, and how far it may be off when the segment is nearly tight."""

from __future__ import annotations

import numpy as np

#: Positions t of x_t = (1 − t) x + t y on the open segment; odd ones, so that grids have no points there.
POSITIONS = np.array([0.0521, 0.2718, 0.5137, 0.7311, 0.9473])


def cone_error(k: float, slack: np.ndarray, behind: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """How far ∇f(x_t) of an extension may be from k u when the segment is tight only up to `slack`.

    If another centre w is the active one at x_t, the detour over x_t is at most slack/k longer than the way
    from x to w, and in that triangle 1 − cos θ ≤ (slack/k)(1/‖x_t − x‖ + 1/‖x_t − w‖); ‖∇f − k u‖² = 2k²(1 − cos θ).

    Args:
        k: the constant.
        slack: k‖y − x‖ − (f(y) − f(x)), not negative.
        behind: ‖x_t − x‖.
        ahead: a lower bound of the distance of x_t to any centre.
    """
    with np.errstate(divide="ignore"):
        return np.sqrt(2.0 * k * slack * (1.0 / behind + 1.0 / ahead))
