"""Losses built from other losses: reflection, scaling, a shifted axis, and sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.losses.base import Array, Kink, Loss, SlopeRange
from toylab.losses.inversion import invert_increasing, zero_interval


@dataclass(frozen=True)
class _Transformed(Loss):
    """A loss made of another one; it inherits strict convexity and kinks."""

    loss: Loss

    @property
    def strictly_convex(self) -> bool:  # type: ignore[override]
        """As the loss it is made of."""
        return self.loss.strictly_convex

    @property
    def analytic(self) -> bool:  # type: ignore[override]
        """As the loss it is made of."""
        return self.loss.analytic


@dataclass(frozen=True)
class Reflected(_Transformed):
    """t ↦ φ(−t), which turns a loss on fake values into the matching loss on real values."""

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        return tuple(Kink(at=-kink.at, jump=kink.jump) for kink in self.loss.kinks)

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return self.loss.slope_range.reflected()

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        low, high = self.loss.minimisers
        return -high, -low

    @override
    def value(self, t: Array) -> Array:
        return self.loss.value(-t)

    @override
    def slope(self, t: Array) -> Array:
        return -self.loss.slope(-t)

    @override
    def curvature(self, t: Array) -> Array:
        return self.loss.curvature(-t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return -self.loss.slope_difference(-t, -step)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return self.loss.conjugate(-u)

    @override
    def curvature_at_slope(self, u: Array) -> Array:
        return self.loss.curvature_at_slope(-u)

    @override
    def formula(self, argument: str) -> str:
        return self.loss.formula(f"−{argument}")

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "reflected", "loss": self.loss.to_json()}


@dataclass(frozen=True)
class Scaled(_Transformed):
    """t ↦ factor · φ(t), factor > 0."""

    factor: float

    def __post_init__(self) -> None:
        if real_number(self.factor, "the factor of a scaled loss") <= 0:
            raise InputError(f"the factor of a scaled loss must be positive, got {self.factor}.")

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        return tuple(Kink(at=kink.at, jump=self.factor * kink.jump) for kink in self.loss.kinks)

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return self.loss.slope_range.scaled(self.factor)

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        return self.loss.minimisers

    @override
    def value(self, t: Array) -> Array:
        return self.factor * self.loss.value(t)

    @override
    def slope(self, t: Array) -> Array:
        return self.factor * self.loss.slope(t)

    @override
    def curvature(self, t: Array) -> Array:
        return self.factor * self.loss.curvature(t)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return self.factor * self.loss.slope_difference(t, step)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return self.factor * self.loss.conjugate(u / self.factor)

    @override
    def curvature_at_slope(self, u: Array) -> Array:
        return self.factor * self.loss.curvature_at_slope(u / self.factor)

    @override
    def formula(self, argument: str) -> str:
        return f"{self.factor:g}·[{self.loss.formula(argument)}]"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "scaled", "loss": self.loss.to_json(), "factor": self.factor}


@dataclass(frozen=True)
class Shifted(_Transformed):
    """t ↦ φ(t − offset), a change of the critic's axis."""

    offset: float

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        return tuple(Kink(at=kink.at + self.offset, jump=kink.jump) for kink in self.loss.kinks)

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return self.loss.slope_range

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        low, high = self.loss.minimisers
        return low + self.offset, high + self.offset

    @override
    def value(self, t: Array) -> Array:
        return self.loss.value(t - self.offset)

    @override
    def slope(self, t: Array) -> Array:
        return self.loss.slope(t - self.offset)

    @override
    def curvature(self, t: Array) -> Array:
        return self.loss.curvature(t - self.offset)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return self.loss.slope_difference(t - self.offset, step)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        return self.loss.conjugate(u) + self.offset * u

    @override
    def curvature_at_slope(self, u: Array) -> Array:
        return self.loss.curvature_at_slope(u)

    @override
    def formula(self, argument: str) -> str:
        return self.loss.formula(f"({argument} − {self.offset:g})")

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "shifted", "loss": self.loss.to_json(), "offset": self.offset}


@dataclass(frozen=True)
class Total(Loss):
    """t ↦ Σ_r φ_r(t)."""

    terms: tuple[Loss, ...]

    @property
    def strictly_convex(self) -> bool:  # type: ignore[override]
        """One strictly convex term is enough."""
        return any(term.strictly_convex for term in self.terms)

    @property
    def analytic(self) -> bool:  # type: ignore[override]
        """One kink is enough to lose it."""
        return all(term.analytic for term in self.terms)

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        return tuple(kink for term in self.terms for kink in term.kinks)

    @property
    @override
    def slope_range(self) -> SlopeRange:
        return reduce(SlopeRange.plus, (term.slope_range for term in self.terms))

    @property
    @override
    def minimisers(self) -> tuple[float, float]:
        """Where the terms agree their common minimisers, else where the slopes cancel."""
        ends = [term.minimisers for term in self.terms]
        low, high = max(end[0] for end in ends), min(end[1] for end in ends)
        return (low, high) if low <= high else zero_interval(self.slope)

    @override
    def value(self, t: Array) -> Array:
        return sum(term.value(t) for term in self.terms)

    @override
    def slope(self, t: Array) -> Array:
        return sum(term.slope(t) for term in self.terms)

    @override
    def curvature(self, t: Array) -> Array:
        return sum(term.curvature(t) for term in self.terms)

    @override
    def slope_difference(self, t: Array, step: Array) -> Array:
        return sum(term.slope_difference(t, step) for term in self.terms)

    @override
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        """The value u t − φ(t) at the root of φ'(t) = u, or the sum of the terms' limits at an end of the range."""
        u = np.asarray(u, dtype=np.float64)
        interval = self.slope_range
        at = invert_increasing(self.slope, u)
        finite = np.isfinite(at)
        best = np.where(finite, at, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            inner = u * best - self.value(best)
        outer = np.where(at < 0, self._limit("lower"), self._limit("upper"))
        inside = (u >= interval.lower) & (u <= interval.upper)
        return np.where(inside, np.where(finite, inner, outer), np.inf)

    def _limit(self, end: str) -> float:
        """φ* at an end of the slope range: every term at its own end."""
        slopes = [np.array(getattr(term.slope_range, end)) for term in self.terms]
        if not np.isfinite(slopes).all():
            return np.inf
        return float(sum(term.conjugate(slope) for term, slope in zip(self.terms, slopes, strict=True)))

    @override
    def formula(self, argument: str) -> str:
        return " + ".join(term.formula(argument) for term in self.terms)

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "total", "terms": [term.to_json() for term in self.terms]}
