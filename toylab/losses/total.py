"""Sums of losses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.errors import InputError
from toylab.losses.base import Array, Kink, Loss, SlopeRange
from toylab.losses.inversion import conjugate_by_inversion


@dataclass(frozen=True)
class Total(Loss):
    """t ↦ Σ_r φ_r(t)."""

    terms: tuple[Loss, ...]

    def __post_init__(self) -> None:
        if not self.terms or not all(isinstance(term, Loss) for term in self.terms):
            raise InputError(f"a Total is made of one or more losses, got {self.terms!r}.")

    @property
    def strictly_convex(self) -> bool:  # type: ignore[override]
        """One strictly convex term is enough."""
        return any(term.strictly_convex for term in self.terms)

    @property
    def analytic_radius(self) -> float:  # type: ignore[override]
        """The smallest of the terms; one kink is enough to lose it."""
        return min(term.analytic_radius for term in self.terms)

    @property
    @override
    def parts(self) -> tuple[Loss, ...]:
        return self.terms

    @property
    @override
    def kinks(self) -> tuple[Kink, ...]:
        """Those of the terms, jumps at one place added up."""
        jumps: dict[float, float] = {}
        for kink in (kink for term in self.terms for kink in term.kinks):
            jumps[kink.at] = jumps.get(kink.at, 0.0) + kink.jump
        return tuple(Kink(at=at, jump=jump) for at, jump in jumps.items())

    @property
    @override
    def smooth(self) -> Loss:
        return Total(tuple(term.smooth for term in self.terms)) if self.kinks else self

    @property
    @override
    def without_constant(self) -> Loss:
        terms = tuple(term.without_constant for term in self.terms)
        return self if terms == self.terms else Total(terms)

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
        return (low, high) if low <= high else super().minimisers

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
        interval = self.slope_range
        ends = (interval.lower, interval.upper)
        return conjugate_by_inversion(self.value, self.slope, ends, self._limit, np.asarray(u, dtype=np.float64))

    def _limit(self, side: int) -> float:
        """φ* at an end of the slope range: every term at its own end."""
        slopes = [np.array((term.slope_range.lower, term.slope_range.upper)[side]) for term in self.terms]
        if not np.isfinite(slopes).all():
            return np.inf
        return float(sum(term.conjugate(slope) for term, slope in zip(self.terms, slopes, strict=True)))

    @override
    def formula(self, argument: str) -> str:
        return " + ".join(term.formula(argument) for term in self.terms)

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "total", "terms": [term.to_json() for term in self.terms]}
