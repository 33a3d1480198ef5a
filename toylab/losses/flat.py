"""A loss that is straight in the middle and curved on both sides: merely convex, and not affine either."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from scipy.special import xlogy
from typing_extensions import override

from toylab.losses.base import Array, Loss, SlopeRange


@dataclass(frozen=True)
class FlatMiddle(Loss):
    """φ with φ'(t) = exp(t + 1), 1 and t on t < −1, [−1, 1] and t > 1: differentiable, not strictly convex.

    With ϕ(t) = φ(−t) it satisfies condition (11), and yet leaves the offset of two Diracs' critic free, which the
    Wasserstein loss alone is said to do (LGAN section 5.3).
    """

    analytic_radius = 0.0

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=0.0, upper=np.inf)

    @override
    def value(self, t: Array) -> Array:
        xp = array_namespace(t)
        middle, right = xp.clip(t, -1.0, 1.0), xp.clip(t, min=1.0)
        return xp.exp(xp.clip(t + 1.0, max=0.0)) + (middle + 1.0) + 0.5 * (right - 1.0) * (right + 1.0)

    @override
    def slope(self, t: Array) -> Array:
        xp = array_namespace(t)
        return xp.exp(xp.clip(t + 1.0, max=0.0)) + (xp.clip(t, min=1.0) - 1.0)

    @override
    def curvature(self, t: Array) -> Array:
        xp = array_namespace(t)
        left = xp.exp(xp.clip(t + 1.0, max=0.0))
        return xp.where(t < -1.0, left, xp.where(t > 1.0, xp.ones_like(t), xp.zeros_like(t)))

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        xp = array_namespace(t)
        # e^b − e^a = e^b (1 − e^{a−b}) with the exponents cut at 0, and on the right a difference of t's cut at 1
        begin, end = xp.clip(t + 1.0, max=0.0), xp.clip(t + step + 1.0, max=0.0)
        upper, lower = xp.maximum(begin, end), xp.minimum(begin, end)
        inside = (t + 1.0 <= 0.0) & (t + step + 1.0 <= 0.0)
        width = xp.where(inside, xp.abs(step), upper - lower)
        left = -xp.sign(step) * xp.exp(upper) * xp.expm1(-width)
        beyond = (t >= 1.0) & (t + step >= 1.0)
        return left + xp.where(beyond, step, xp.clip(t + step, min=1.0) - xp.clip(t, min=1.0))

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        u = np.asarray(u, dtype=np.float64)
        low = np.clip(u, 0.0, 1.0)  # at t = ln u − 1: u t − e^{t+1}
        high = np.maximum(u, 1.0)  # at t = u: u² − 2 − (u² − 1)/2
        return np.where(
            u < 0.0, np.inf, np.where(u <= 1.0, xlogy(low, low) - 2.0 * low, 0.5 * (high * high - 1.0) - 2.0 + 0.0 * u)
        )

    @override
    def formula(self, argument: str) -> str:
        return f"flat({argument})"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "flat-middle"}
