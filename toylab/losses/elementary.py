"""The curved losses of the Lipschitz-GAN literature: logistic, square root, exponential, square."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from scipy.special import expit, xlog1py, xlogy
from typing_extensions import override

from toylab.errors import real_number
from toylab.losses.base import Array, Loss, SlopeRange


def _softplus(t: Array) -> Array:
    if isinstance(t, np.ndarray):  # of few points the search for the namespace takes longer than the function
        return np.logaddexp(0.0, t)
    xp = array_namespace(t)
    return xp.logaddexp(xp.zeros_like(t), t)


def _sigmoid(t: Array) -> Array:
    """1/(1 + exp(−t)) with full relative accuracy on both sides."""
    if isinstance(t, np.ndarray):
        return expit(t)
    return array_namespace(t).exp(-_softplus(-t))


@dataclass(frozen=True)
class Softplus(Loss):
    """φ(t) = ln(1 + exp t) = −ln σ(−t), the logistic (vanilla GAN) loss."""

    strictly_convex = True

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=0.0, upper=1.0)

    @override
    def value(self, t: Array) -> Array:
        return _softplus(t)

    @override
    def slope(self, t: Array) -> Array:
        return _sigmoid(t)

    @override
    def curvature(self, t: Array) -> Array:
        return _sigmoid(t) * _sigmoid(-t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        # σ(b) − σ(a) = σ(b) σ(−a) (1 − exp(a − b)), used with b the larger of the two
        xp = array_namespace(t)
        upper, lower = xp.maximum(t, t + step), xp.minimum(t, t + step)
        size = -_sigmoid(upper) * _sigmoid(-lower) * xp.expm1(-xp.abs(step))
        return xp.sign(step) * size

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        inside = (u >= 0.0) & (u <= 1.0)
        w = np.clip(u, 0.0, 1.0)
        return np.where(inside, xlogy(w, w) + xlog1py(1.0 - w, -w), np.inf)

    @override
    def formula(self, argument: str) -> str:
        return f"ln(1 + exp({argument}))"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "softplus"}


@dataclass(frozen=True)
class SquareRoot(Loss):
    """φ(t) = t + √(t² + 1)."""

    strictly_convex = True

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=0.0, upper=2.0)

    @override
    def value(self, t: Array) -> Array:
        xp = array_namespace(t)
        root = xp.hypot(t, xp.ones_like(t))
        # for t < 0 the sum cancels; multiply by its conjugate instead
        return xp.where(t > 0, root + t, 1.0 / (root + xp.abs(t)))

    @override
    def slope(self, t: Array) -> Array:
        xp = array_namespace(t)
        return self.value(t) / xp.hypot(t, xp.ones_like(t))

    @override
    def curvature(self, t: Array) -> Array:
        xp = array_namespace(t)
        return xp.hypot(t, xp.ones_like(t)) ** -3.0

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        # b/B − a/A = (b − a)(b + a) / (A B (A b + B a)) when a b > 0, B = √(b²+1); else no cancellation
        xp = array_namespace(t)
        after = t + step
        a, b = xp.hypot(t, xp.ones_like(t)), xp.hypot(after, xp.ones_like(t))
        cross = a * after + b * t
        safe = xp.where(t * after > 0, cross, xp.ones_like(t))
        close = step * (after + t) / (a * b * safe)
        return xp.where(t * after > 0, close, after / b - t / a)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        inside = (u >= 0.0) & (u <= 2.0)
        w = np.clip(u, 0.0, 2.0)
        return np.where(inside, -np.sqrt(w * (2.0 - w)), np.inf)

    @override
    def formula(self, argument: str) -> str:
        return f"{argument} + √(({argument})² + 1)"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "square-root"}


@dataclass(frozen=True)
class Exponential(Loss):
    """φ(t) = exp t."""

    strictly_convex = True

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=0.0, upper=np.inf)

    @override
    def value(self, t: Array) -> Array:
        return array_namespace(t).exp(t)

    @override
    def slope(self, t: Array) -> Array:
        return array_namespace(t).exp(t)

    @override
    def curvature(self, t: Array) -> Array:
        return array_namespace(t).exp(t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        xp = array_namespace(t)
        return xp.exp(t) * xp.expm1(step)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        w = np.maximum(u, 0.0)
        return np.where(u >= 0.0, xlogy(w, w) - w, np.inf)

    @override
    def formula(self, argument: str) -> str:
        return f"exp({argument})"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "exponential"}


@dataclass(frozen=True)
class Square(Loss):
    """φ(t) = (t − target)²; its slope changes sign at the target, so condition (11) fails."""

    target: float

    strictly_convex = True
    analytic_radius = np.inf

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", real_number(self.target, "the target of a square loss"))

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=-np.inf, upper=np.inf)

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        return (self.target, self.target)

    @override
    def value(self, t: Array) -> Array:
        return (t - self.target) ** 2

    @override
    def slope(self, t: Array) -> Array:
        return 2.0 * (t - self.target)

    @override
    def curvature(self, t: Array) -> Array:
        return 2.0 * array_namespace(t).ones_like(t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return 2.0 * step

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return u * u / 4.0 + self.target * u

    @override
    def formula(self, argument: str) -> str:
        return f"({argument} − {self.target:g})²"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "square", "target": self.target}
