"""Where an increasing function of a critic value takes a given slope."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

#: Arguments up to this size are searched: far beyond the range of the exponential, far inside that of float64.
FURTHEST = 1e150
_REACH = float(np.arcsinh(FURTHEST))
_LARGE = 1e300
_EPS = float(np.finfo(np.float64).eps)
_MOST_STEPS = 300

Ends = tuple[np.ndarray, np.ndarray]


class Bracket(NamedTuple):
    """Where increasing functions change their sign, element by element.

    Attributes:
        lower: the function is not positive there.
        upper: the function is positive there.
        best: the end at which it is smaller.
    """

    lower: np.ndarray
    upper: np.ndarray
    best: np.ndarray


def shrink_bracket(
    function: Callable[[np.ndarray], np.ndarray],
    lower: Ends,
    upper: Ends,
    *,
    absolute: float = 0.0,
    relative: float = 0.0,
) -> Bracket:
    """Narrow [lower, upper] around the sign change of an increasing function, all elements at once.

    What `scipy.optimize.elementwise.find_root` does, on NumPy arrays only: it is called hundreds of times for a
    handful of points, where the dispatch of the other takes ten times as long as its arithmetic.

    Args:
        function: arrays (N,) -> finite values (N,).
        lower: (N,) arguments with values ≤ 0, and these values.
        upper: (N,) arguments with values > 0, and these values.
        absolute: width at which an element is done.
        relative: the same as a share of the argument; an element is also done where the function is 0.

    Source: Chandrupatla (1997), a new hybrid quadratic/bisection algorithm.
    """
    (x1, f1), (x2, f2) = upper, lower
    share = np.full(x1.shape, 0.5)
    for _ in range(_MOST_STEPS):
        best = np.where(np.abs(f1) < np.abs(f2), x1, x2)
        tolerance = absolute + relative * np.abs(best)
        width = np.abs(x2 - x1)
        done = (width <= tolerance) | (f1 == 0.0) | (f2 == 0.0)
        if done.all():
            break
        x = np.where(done, x1, x1 + share * (x2 - x1))
        f = np.where(done, f1, function(x))
        same = (f > 0.0) == (f1 > 0.0)
        x3, f3 = np.where(same, x1, x2), np.where(same, f1, f2)
        x2, f2 = np.where(same, x2, x1), np.where(same, f2, f1)
        x1, f1 = x, f
        with np.errstate(all="ignore"):  # inverse quadratic interpolation where it is safe, else the middle
            xi, phi = (x1 - x2) / (x3 - x2), (f1 - f2) / (f3 - f2)
            safe = (phi**2 < xi) & ((1.0 - phi) ** 2 < 1.0 - xi)
            curved = f1 / (f1 - f2) * f3 / (f3 - f2) - (x3 - x1) / (x2 - x1) * f1 / (f3 - f1) * f2 / (f2 - f3)
        least = np.minimum(0.5 * tolerance / np.maximum(np.abs(x2 - x1), 1e-300), 0.5)
        share = np.clip(np.where(safe, curved, 0.5), least, 1.0 - least)
    best = np.where(np.abs(f1) < np.abs(f2), x1, x2)
    swapped = f1 > 0.0
    return Bracket(np.where(swapped, x2, x1), np.where(swapped, x1, x2), best)


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
            goal, rest = target[crossing], [array[crossing] for array in args]
            reach = np.full(len(goal), _REACH)
            root = shrink_bracket(
                lambda y: np.clip(function(np.sinh(y), *rest) - goal, -_LARGE, _LARGE),
                (-reach, np.clip(at_low[crossing], -_LARGE, _LARGE)),
                (reach, np.clip(at_high[crossing], -_LARGE, _LARGE)),
                absolute=1e-30,  # a slope at 0 is a sum of terms far larger than this times its curvature
                relative=4.0 * _EPS,
            )
            result[crossing] = np.sinh(root.best)
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


def conjugate_by_inversion(
    value: Callable[[np.ndarray], np.ndarray],
    slope: Callable[[np.ndarray], np.ndarray],
    ends: tuple[float, float],
    limit: Callable[[int], float],
    u: np.ndarray,
) -> np.ndarray:
    """φ*(u) = u t − φ(t) at a t with φ'(t) = u.

    Args:
        value: φ.
        slope: φ'.
        ends: infimum and supremum of φ'.
        limit: φ* at the lower (0) or upper (1) end, asked for only where a slope is that end.
        u: slopes, any shape.
    """
    at = invert_increasing(slope, u.reshape(-1)).reshape(u.shape)
    finite = np.isfinite(at)
    best = np.where(finite, at, 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        result = np.where(finite, u * best - value(best), np.inf)
    for side, here in enumerate((~finite & (at < 0), ~finite & (at > 0))):
        if (here & (u == ends[side])).any():
            result = np.where(here & (u == ends[side]), limit(side), result)
    return np.where((u >= ends[0]) & (u <= ends[1]), result, np.inf)
