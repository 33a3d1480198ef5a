"""Losses made of one other loss by a change of the critic's axis, a factor, or a constant.

Each is t ↦ factor · φ(rate · t + shift) + constant, from which everything a loss has to answer follows; a class
only says what its own four numbers are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from array_api_compat import array_namespace
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.losses.base import Array, Kink, Loss, SlopeRange
from toylab.losses.straight import Affine
from toylab.losses.total import Total


@dataclass(frozen=True)
class Transformed(Loss):
    """t ↦ factor · φ(rate · t + shift) + constant, with factor > 0 and rate ≠ 0; its kinds say which of them move."""

    loss: Loss

    def __post_init__(self) -> None:
        if not isinstance(self.loss, Loss):
            raise InputError(f"a {type(self).__name__} loss is made of another Loss, got {self.loss!r}.")

    @property
    def _factor(self) -> float:
        return 1.0

    @property
    def _rate(self) -> float:
        return 1.0

    @property
    def _shift(self) -> float:
        return 0.0

    @property
    def _constant(self) -> float:
        return 0.0

    def _of(self, loss: Loss) -> Loss:
        """The same change of another loss."""
        return replace(self, loss=loss)

    def _inner(self, t: Array) -> Array:
        """The argument of φ."""
        scaled = t if self._rate == 1 else self._rate * t
        return scaled if self._shift == 0 else scaled + self._shift

    @property
    def strictly_convex(self) -> bool:  # type: ignore[override]
        """As the loss it is made of."""
        return self.loss.strictly_convex

    @property
    def analytic_radius(self) -> float:  # type: ignore[override]
        """That of φ, in the new unit of the axis."""
        return self.loss.analytic_radius / abs(self._rate)

    @property
    @override
    def parts(self) -> tuple[Loss, ...]:
        return (self.loss,)

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        steepness = self._factor * abs(self._rate)
        inner = self.loss.kinks
        return tuple(Kink(at=(kink.at - self._shift) / self._rate, jump=steepness * kink.jump) for kink in inner)

    @property
    @override
    def smooth(self) -> Loss:
        if not self.loss.kinks:
            return self
        rest = self._of(self.loss.smooth)
        if self._rate > 0:
            return rest
        # max(0, −(t − at)) = max(0, t − at) − (t − at)
        return Total((rest, *(Affine(-kink.jump, kink.jump * kink.at) for kink in self.kinks)))

    @property
    @override
    def without_constant(self) -> Loss:
        inner = self.loss.without_constant
        return self if inner == self.loss else self._of(inner)

    @property
    @override
    def slope_range(self) -> SlopeRange:
        inner = self.loss.slope_range
        return (inner if self._rate > 0 else inner.reflected()).scaled(self._factor * abs(self._rate))

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        first, second = ((end - self._shift) / self._rate for end in self.loss.minimisers)
        return min(first, second), max(first, second)

    @override
    def value(self, t: Array) -> Array:
        value = self.loss.value(self._inner(t))
        value = value if self._factor == 1 else self._factor * value
        return value if self._constant == 0 else value + self._constant

    @override
    def slope(self, t: Array) -> Array:
        inner = self._inner(t)
        slope = self.loss.slope(inner)
        if self._rate < 0:  # the larger one-sided slope of φ is the smaller one here
            for kink in self.loss.kinks:
                slope = slope + (inner == kink.at) * array_namespace(slope).full_like(slope, kink.jump)
        return self._factor * self._rate * slope

    @override
    def curvature(self, t: Array) -> Array:
        return self._factor * self._rate**2 * self.loss.curvature(self._inner(t))

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return self._factor * self._rate * self.loss.slope_difference(self._inner(t), self._rate * step)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        u = np.asarray(u, dtype=np.float64)
        inner = self._factor * self.loss.conjugate(self._inner_slope(u)) - self._constant
        with np.errstate(invalid="ignore"):
            return np.where(np.isfinite(inner), inner - (self._shift / self._rate) * u, np.inf)

    def _inner_slope(self, u: np.ndarray) -> np.ndarray:
        """The slope of φ where this loss has the slope u; rounding must not carry it over an end of the range."""
        own, inner = self.slope_range, self.loss.slope_range
        inside = (u >= own.lower) & (u <= own.upper)
        slope = u / (self._factor * self._rate)
        return np.where(inside, np.clip(slope, inner.lower, inner.upper), slope)


@dataclass(frozen=True)
class Reflected(Transformed):
    """t ↦ φ(−t), which turns a loss on fake values into the matching loss on real values."""

    @property
    @override
    def _rate(self) -> float:
        return -1.0

    @override
    def formula(self, argument: str) -> str:
        return self.loss.formula(f"−{argument}")

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "reflected", "loss": self.loss.to_json()}


@dataclass(frozen=True)
class Scaled(Transformed):
    """t ↦ factor · φ(t), factor > 0."""

    factor: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "factor", _positive(self.factor, "the factor of a scaled loss"))

    @property
    @override
    def _factor(self) -> float:
        return self.factor

    @override
    def formula(self, argument: str) -> str:
        return f"{self.factor:g}·[{self.loss.formula(argument)}]"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "scaled", "loss": self.loss.to_json(), "factor": self.factor}


@dataclass(frozen=True)
class Shifted(Transformed):
    """t ↦ φ(t − offset), a change of the critic's zero."""

    offset: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "offset", real_number(self.offset, "the offset of a shifted loss"))

    @property
    @override
    def _shift(self) -> float:
        return -self.offset

    @override
    def formula(self, argument: str) -> str:
        return self.loss.formula(f"({argument} − {self.offset:g})")

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "shifted", "loss": self.loss.to_json(), "offset": self.offset}


@dataclass(frozen=True)
class Stretched(Transformed):
    """t ↦ φ(t / unit), unit > 0: a change of the critic's unit."""

    unit: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "unit", _positive(self.unit, "the unit of a stretched loss"))

    @property
    @override
    def _rate(self) -> float:
        return 1.0 / self.unit

    @override
    def formula(self, argument: str) -> str:
        return self.loss.formula(f"({argument}/{self.unit:g})")

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "stretched", "loss": self.loss.to_json(), "unit": self.unit}


@dataclass(frozen=True)
class Raised(Transformed):
    """t ↦ φ(t) + constant: another value of the problem, the same optimal critics."""

    constant: float

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "constant", real_number(self.constant, "the constant of a raised loss"))

    @property
    @override
    def _constant(self) -> float:
        return self.constant

    @property
    @override
    def without_constant(self) -> Loss:
        return self.loss.without_constant

    @override
    def formula(self, argument: str) -> str:
        return f"{self.loss.formula(argument)} + {self.constant:g}"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "raised", "loss": self.loss.to_json(), "constant": self.constant}


def _positive(value: Any, what: str) -> float:
    number = real_number(value, what)
    if number <= 0:
        raise InputError(f"{what} must be positive, got {value}.")
    return number
