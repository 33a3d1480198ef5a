"""Where an increasing function of a critic value takes a given slope."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.optimize import elementwise

#: Arguments up to this size are searched: far beyond the range of the exponential, far inside that of float64.
FURTHEST = 1e150
_REACH = float(np.arcsinh(FURTHEST))
_LARGE = 1e300


def invert_increasing(
    function: Callable[..., np.ndarray], target: np.ndarray, args: Sequence[np.ndarray] = ()
) -> np.ndarray:
    """Some t with function(t) = target, element by element; ±inf where the target lies at or beyond an end.

    The root is bracketed on a hyperbolic scale of |t| ≤ 1e150, so that slopes which are approached slowly
    (1/t², for the square-root loss) are inverted as well as those approached exponentially.

    Args:
        function: nondecreasing in its first argument, arrays (N,).
        target: (N,).
        args: further arrays (N,) that the function takes.
    """
    ends = np.full(target.shape, FURTHEST)
    with np.errstate(over="ignore", invalid="ignore"):
        at_low, at_high = function(-ends, *args) - target, function(ends, *args) - target
        crossing = (at_low < 0) & (at_high > 0)
        result = np.where(at_low >= 0, -np.inf, np.inf)
        if crossing.any():
            root = elementwise.find_root(
                lambda y, goal, *rest: np.clip(function(np.sinh(y), *rest) - goal, -_LARGE, _LARGE),
                (np.full(crossing.sum(), -_REACH), np.full(crossing.sum(), _REACH)),
                args=(target[crossing], *(array[crossing] for array in args)),
                maxiter=300,
            )
            result[crossing] = np.sinh(root.x)
    return result


def zero_interval(slope: Callable[[np.ndarray], np.ndarray]) -> tuple[float, float]:
    """(inf{t : slope(t) ≥ 0}, sup{t : slope(t) ≤ 0}) of a nondecreasing function, to the last digits.

    (−∞, −∞) where it is positive everywhere (up to underflow far out), (∞, ∞) where it is negative everywhere.
    """

    def last(inside: Callable[[float], bool]) -> float:
        """The end of the inside, which reaches to −∞, on the hyperbolic scale."""
        if not inside(-FURTHEST):
            return -np.inf
        if inside(FURTHEST):
            return np.inf
        low, high = -_REACH, _REACH
        while low < (middle := 0.5 * (low + high)) < high:
            low, high = (middle, high) if inside(float(np.sinh(middle))) else (low, middle)
        return float(np.sinh(low))

    with np.errstate(over="ignore", invalid="ignore"):
        below = last(lambda t: bool(slope(np.array([t]))[0] < 0))
        flat = last(lambda t: bool(slope(np.array([t]))[0] <= 0))
    return below, max(below, flat)
