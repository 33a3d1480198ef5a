"""The losses made of straight pieces: Wasserstein's, affine ones, the hinge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from typing_extensions import override

from toylab.errors import real_number
from toylab.losses.base import Array, Kink, Loss, SlopeRange


class OneSlope(Loss):
    """A loss with one slope everywhere, `rate`."""

    rate: float
    analytic_radius = np.inf

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=self.rate, upper=self.rate, lower_attained=True, upper_attained=True)

    @override
    def slope(self, t: Array) -> Array:
        return array_namespace(t).full_like(t, self.rate)

    @override
    def curvature(self, t: Array) -> Array:
        return array_namespace(t).zeros_like(t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return array_namespace(t).zeros_like(t)


@dataclass(frozen=True)
class Linear(OneSlope):
    """φ(t) = t, the Wasserstein loss."""

    rate = 1.0

    @override
    def value(self, t: Array) -> Array:
        return 1.0 * t

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return np.where(u == 1.0, 0.0, np.inf)

    @override
    def formula(self, argument: str) -> str:
        return argument

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "linear"}


@dataclass(frozen=True)
class Affine(OneSlope):
    """φ(t) = rate · t + constant."""

    rate: float
    constant: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", real_number(self.rate, "the rate of an affine loss"))
        object.__setattr__(self, "constant", real_number(self.constant, "the constant of an affine loss"))

    @property
    @override
    def without_constant(self) -> Loss:
        return Affine(self.rate)

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        return (-np.inf, np.inf) if self.rate == 0 else super().minimisers

    @override
    def value(self, t: Array) -> Array:
        return self.rate * t + self.constant

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return np.where(u == self.rate, -self.constant, np.inf)

    @override
    def formula(self, argument: str) -> str:
        return f"{self.rate:g}·{argument} + {self.constant:g}"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "affine", "rate": self.rate, "constant": self.constant}


@dataclass(frozen=True)
class Hinge(Loss):
    """φ(t) = max(0, 1 + t); its slope vanishes below −1, so condition (11) fails."""

    analytic_radius = 0.0

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        return (Kink(at=-1.0, jump=1.0),)

    @property
    @override
    def smooth(self) -> Loss:
        return Affine(0.0)

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return SlopeRange(lower=0.0, upper=1.0, lower_attained=True, upper_attained=True)

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        return (-np.inf, -1.0)

    @override
    def value(self, t: Array) -> Array:
        xp = array_namespace(t)
        return xp.maximum(1.0 + t, xp.zeros_like(t))

    @override
    def slope(self, t: Array) -> Array:
        xp = array_namespace(t)
        return xp.where(t > -1.0, xp.ones_like(t), xp.zeros_like(t))

    @override
    def curvature(self, t: Array) -> Array:
        return array_namespace(t).zeros_like(t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return self.slope(t + step) - self.slope(t)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return np.where((u >= 0.0) & (u <= 1.0), -u, np.inf)

    @override
    def formula(self, argument: str) -> str:
        return f"max(0, 1 + {argument})"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "hinge"}
