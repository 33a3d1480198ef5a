"""Where h(t) = p φ(t) + q ϕ(t) is least, and how small it gets: the unrestricted problem at one point."""

from __future__ import annotations

import numpy as np

from toylab.fenchel_young import PointwiseObjective
from toylab.losses.inversion import FURTHEST

_REACH = float(np.arcsinh(FURTHEST))


def _ends(objective: PointwiseObjective) -> tuple[np.ndarray, np.ndarray]:
    """(N,), (N,): whether h' attains the infimum and the supremum of its range."""
    fake, real = objective.losses.fake_loss.slope_range, objective.losses.real_loss.slope_range
    no_fake, no_real = objective.fake_weights == 0, objective.real_weights == 0
    return (
        (no_fake | fake.lower_attained) & (no_real | real.lower_attained),
        (no_fake | fake.upper_attained) & (no_real | real.upper_attained),
    )


def minimiser(objective: PointwiseObjective) -> np.ndarray:
    """Some t at which h is least, (N,); ±inf where h falls for ever towards that side; 0 where there is no mass."""
    lower, upper = objective.slope_bounds()
    low_attained, high_attained = _ends(objective)
    inner = objective.invert_slope(np.zeros(lower.shape))
    result = np.where(lower >= 0, -np.inf, np.where(upper <= 0, np.inf, inner))
    flat = (lower == 0) & low_attained
    if flat.any():
        result = np.where(flat, _last_flat(objective, 1.0), result)
    flat = (upper == 0) & high_attained
    if flat.any():
        result = np.where(flat, _last_flat(objective, -1.0), result)
    return np.where((lower == 0) & (upper == 0), 0.0, result)


def _last_flat(objective: PointwiseObjective, sign: float) -> np.ndarray:
    """The last t, upwards (sign 1) or downwards (−1), up to which sign · h' ≤ 0."""
    low, high = np.full(objective.fake_weights.shape, -_REACH), np.full(objective.fake_weights.shape, _REACH)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(80):
            middle = 0.5 * (low + high)
            flat = sign * objective.slope(sign * np.sinh(middle)) <= 0
            low, high = np.where(flat, middle, low), np.where(flat, high, middle)
    return sign * np.sinh(low)


def infimum(objective: PointwiseObjective) -> np.ndarray:
    """The infimum −h*(0) of h, (N,), attained or not; −inf where h is unbounded below."""
    at = minimiser(objective)
    finite = np.isfinite(at)
    inside = objective.value(np.where(finite, at, 0.0))
    lower, upper = objective.slope_bounds()
    limits = {}
    for end in ("lower", "upper"):
        first = _conjugate(objective.losses.fake_loss, end)
        second = _conjugate(objective.losses.real_loss, end)
        with np.errstate(invalid="ignore"):
            fake = np.where(objective.fake_weights > 0, objective.fake_weights * first, 0.0)
            real = np.where(objective.real_weights > 0, objective.real_weights * second, 0.0)
        limits[end] = -(fake + real)
    down = np.where(lower == 0, limits["lower"], -np.inf)
    up = np.where(upper == 0, limits["upper"], -np.inf)
    return np.where(finite, inside, np.where(at < 0, down, up))


def _conjugate(loss: object, end: str) -> float:
    """φ* at an end of the range of φ'."""
    slope = getattr(loss.slope_range, end)  # type: ignore[attr-defined]
    return float(loss.conjugate(np.array(slope))) if np.isfinite(slope) else np.inf  # type: ignore[attr-defined]
