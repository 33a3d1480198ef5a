"""What numbers show of a convex function: whether it is one, its kinks, and the range of its slopes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toylab.errors import InputError
from toylab.losses.base import Kink, SlopeRange

Function = Callable[[np.ndarray], np.ndarray]

_EPS = float(np.finfo(np.float64).eps)
#: Critic values on which everything is checked, denser around 0.
GRID = np.sinh(np.linspace(-np.arcsinh(1e3), np.arcsinh(1e3), 801))
#: Critic values far out, where only the slope has to stay a number.
FAR = np.array([1e4, 1e6, 1e10, 1e50, 1e100, 1e150])
#: |t| up to which a loss must be finite; also where an attained end of the slopes must have been reached.
_MUST_BE_FINITE, _ATTAINED_WITHIN = 30.0, 20.0
#: A jump of the slope counts as a kink from this part of the slope on.
_LEAST_JUMP = 1e-9
_UNDERFLOW = 1e-280


def check_convex(what: str, value: Function, slope: Function) -> None:
    """Check that a function is finite and convex and has this slope.

    The check of a slope is the inequality that a convex function cannot break: between t and t + h the value rises by
    at least h φ'(t) and at most h φ'(t + h).

    Raises:
        InputError: with the place and the numbers.
    """
    ends = np.concatenate([-FAR[::-1], GRID, FAR])
    slopes = slope(ends)
    _refuse(np.isnan(slopes), ends, lambda i: f"the slope of {what} is not a number at t = {ends[i]:.6g}; {_STABLE}")
    values = value(GRID)
    _refuse(np.isnan(values), GRID, lambda i: f"{what} is not a number at t = {GRID[i]:.6g}; {_STABLE}")
    near = ~np.isfinite(values) & (np.abs(GRID) <= _MUST_BE_FINITE)
    _refuse(near, GRID, lambda i: f"{what} is {values[i]} at t = {GRID[i]:.6g}; a loss is finite for every number.")
    with np.errstate(invalid="ignore"):
        rise = np.diff(slopes)
    allowed = 1e-12 * (np.abs(slopes[1:]) + np.abs(slopes[:-1])) + 1e-14 * np.abs(slopes[np.abs(ends) <= 10]).max()
    _refuse(
        rise < -allowed,
        ends[1:],
        lambda i: (
            f"{what} is not convex: its slope falls from {slopes[i]:.6g} at t = {ends[i]:.6g} to "
            f"{slopes[i + 1]:.6g} at t = {ends[i + 1]:.6g}."
        ),
    )
    slopes = slope(GRID)
    lost = ~np.isfinite(values) & (np.abs(slopes) < 1e290)
    _refuse(
        lost,
        GRID,
        lambda i: f"{what} is {values[i]} at t = {GRID[i]:.6g} where its slope is {slopes[i]:.6g}; {_STABLE}",
    )
    for right in (GRID[1:], GRID[:-1] + 1e-4 * (1.0 + np.abs(GRID[:-1]))):
        _check_rise(what, value, slope, GRID[:-1], right)


_STABLE = "write it so that it stays one (np.logaddexp(0, t) for log(1 + exp t), scipy.special.expit for its slope)."


def _refuse(bad: np.ndarray, places: np.ndarray, sentence: Callable[[int], str]) -> None:
    """Raise at the bad place that is nearest to 0."""
    if bad.any():
        found = np.flatnonzero(bad)
        raise InputError(sentence(int(found[np.argmin(np.abs(places[found]))])))


def _check_rise(what: str, value: Function, slope: Function, left: np.ndarray, right: np.ndarray) -> None:
    width = right - left
    low, high, before, after = slope(left), slope(right), value(left), value(right)
    with np.errstate(all="ignore"):
        risen = after - before
        steepest = np.maximum(np.abs(low), np.abs(high))
        unsure = 64 * _EPS * (np.abs(before) + np.abs(after) + steepest * (np.abs(left) + np.abs(right))) + _UNDERFLOW
        wrong = (risen < low * width - unsure) | (risen > high * width + unsure)
    _refuse(
        wrong & np.isfinite(risen) & np.isfinite(steepest),
        left,
        lambda i: (
            f"the slope of {what} does not fit its values: from t = {left[i]:.6g} to {right[i]:.6g} it rises by "
            f"{risen[i]:.10g}, while slopes {low[i]:.10g} and {high[i]:.10g} allow {low[i] * width[i]:.10g} to "
            f"{high[i] * width[i]:.10g}."
        ),
    )


def find_kinks(slope: Function) -> tuple[Kink, ...]:
    """Where the slope jumps by more than 1e-9 of itself, found by bisection towards the larger rise.

    Kinks are looked for in every cell of `GRID` until what is left has none; the slope at a kink itself may be
    any between its two one-sided slopes.
    """
    found: dict[float, float] = {}
    for _ in range(12):

        def rest(t: np.ndarray) -> np.ndarray:
            for at in found:  # any one-sided slope may be returned at a kink: take the left one
                t = np.where(t == at, at - 1e-9 * (1.0 + abs(at)), t)
            return slope(t) - sum((jump * (t > at) for at, jump in found.items()), np.zeros(t.shape))

        places, jumps = _largest_jumps(rest)
        if not len(places):
            break
        for at, jump in zip(places, jumps, strict=True):
            place = next((known for known in found if abs(known - at) <= 1e-12 * (1e-3 + abs(at))), float(at))
            found[place] = found.get(place, 0.0) + float(jump)
    return tuple(Kink(at=at, jump=jump) for at, jump in sorted(found.items()))


def _largest_jumps(slope: Function) -> tuple[np.ndarray, np.ndarray]:
    """The place and height of the steepest jump in each cell that has one."""
    low, high = GRID[:-1].copy(), GRID[1:].copy()
    at_low, at_high = slope(low), slope(high)
    with np.errstate(invalid="ignore"):
        for _ in range(64):
            middle = 0.5 * (low + high)
            between = slope(middle)
            left = between - at_low >= at_high - between
            low, at_low = np.where(left, low, middle), np.where(left, at_low, between)
            high, at_high = np.where(left, middle, high), np.where(left, between, at_high)
        jump = at_high - at_low
        real = jump > _LEAST_JUMP * np.maximum(np.abs(at_high), np.abs(at_low)) + _UNDERFLOW
    rounded = np.round(0.5 * (low + high), 12)
    place = np.where((rounded >= low) & (rounded <= high), rounded, low)
    return place[real] + 0.0, jump[real]


def find_slope_range(slope: Function) -> SlopeRange:
    """The limits of the slope; one that still moves between 1e100 and 1e150 is taken to be infinite."""
    lower, lower_attained = _limit(slope, -1.0)
    upper, upper_attained = _limit(slope, 1.0)
    return SlopeRange(lower=lower, upper=upper, lower_attained=lower_attained, upper_attained=upper_attained)


def _limit(slope: Function, sign: float) -> tuple[float, bool]:
    far = slope(sign * FAR)
    within = float(slope(np.array([sign * _ATTAINED_WITHIN]))[0])
    last = float(far[-1])
    if not np.isfinite(last) or abs(last - float(far[-2])) > 1e-6 * (1e-100 + abs(last)):
        moved = not np.isfinite(last) or abs(last) > abs(within)
        return (sign * np.inf, False) if moved else (0.0, False)
    return last, within == last
