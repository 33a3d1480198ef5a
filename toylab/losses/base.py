"""What a loss of one critic value has to answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab.losses.inversion import zero_interval
from toylab.markup import number

Array = Any  # a NumPy array or a torch tensor: the formulas are written against the array API


@dataclass(frozen=True, kw_only=True)
class SlopeRange:
    """The interval of slopes a convex function takes on the real line, ends included or not."""

    lower: float
    upper: float
    lower_attained: bool = False
    upper_attained: bool = False

    def interval(self) -> str:
        """The interval as it is written, (0, 1] for instance."""
        if self.lower == self.upper:
            return f"{{{number(self.lower)}}}"
        left, right = "[" if self.lower_attained else "(", "]" if self.upper_attained else ")"
        return f"{left}{number(self.lower)}, {number(self.upper)}{right}"

    def reflected(self) -> SlopeRange:
        """The range of slopes of t ↦ φ(−t)."""
        return SlopeRange(
            lower=-self.upper,
            upper=-self.lower,
            lower_attained=self.upper_attained,
            upper_attained=self.lower_attained,
        )

    def scaled(self, factor: float) -> SlopeRange:
        """The range of slopes of factor · φ, for factor > 0."""
        return SlopeRange(
            lower=factor * self.lower,
            upper=factor * self.upper,
            lower_attained=self.lower_attained,
            upper_attained=self.upper_attained,
        )

    def plus(self, other: SlopeRange) -> SlopeRange:
        """The range of slopes of a sum: every convex loss has its least slope at −∞, its largest at +∞."""
        return SlopeRange(
            lower=self.lower + other.lower,
            upper=self.upper + other.upper,
            lower_attained=self.lower_attained and other.lower_attained,
            upper_attained=self.upper_attained and other.upper_attained,
        )


@dataclass(frozen=True, kw_only=True)
class Kink:
    """A point where the slope of a loss jumps.

    Attributes:
        at: the critic value.
        jump: right slope − left slope, > 0.
    """

    at: float
    jump: float


class Loss(ABC):
    """A convex function φ of one critic value, differentiable up to kinks.

    Every method takes and returns arrays of one shape, NumPy or torch, unless it says NumPy.
    """

    #: Whether φ'' > 0 except at isolated points.
    strictly_convex: bool = False
    #: φ is analytic, with a bounded growth, within this distance of the real axis; 0 where that is not known.
    analytic_radius: float = 1.0

    @property
    def analytic(self) -> bool:
        """Whether φ is known to be analytic around the real axis; a loss with a kink is not."""
        return self.analytic_radius > 0

    @property
    def parts(self) -> tuple[Loss, ...]:
        """The losses it is made of; none for an elementary one."""
        return ()

    @property
    def kinks(self) -> tuple[Kink, ...]:
        """Where the slope jumps; φ(t) − Σ jump · max(0, t − at) is then differentiable."""
        return ()

    @property
    def smooth(self) -> Loss:
        """φ(t) − Σ jump · max(0, t − at) over its kinks: a convex loss without kinks."""
        return self

    @property
    def without_constant(self) -> Loss:
        """φ less what `Raised` or `Affine` added to all its values: the same problem, without the rounding."""
        return self

    @property
    @abstractmethod
    def slope_range(self) -> SlopeRange:
        """Infimum and supremum of φ', and whether they are attained."""

    @abstractmethod
    def value(self, t: Array) -> Array:
        """φ(t)."""

    @abstractmethod
    def slope(self, t: Array) -> Array:
        """φ'(t); at a kink the smaller of the two one-sided slopes."""

    @abstractmethod
    def curvature(self, t: Array) -> Array:
        """φ''(t); 0 at a kink."""

    @abstractmethod
    def slope_difference(self, t: Array, step: Array) -> Array:
        """φ'(t + step) − φ'(t), without cancellation for small steps."""

    @abstractmethod
    def conjugate(self, u: np.ndarray) -> np.ndarray:
        """φ*(u) = sup_t u t − φ(t), +inf outside the closure of the slope range (NumPy)."""

    @property
    def minimisers(self) -> tuple[float, float]:
        """Infimum and supremum of argmin φ; (−∞, −∞) where φ increases everywhere, (∞, ∞) where it decreases."""
        slopes = self.slope_range  # asked first: far out a slope underflows to 0 without being 0
        if slopes.lower > 0 or (slopes.lower == 0 and not slopes.lower_attained):
            return (-np.inf, -np.inf)
        if slopes.upper < 0 or (slopes.upper == 0 and not slopes.upper_attained):
            return (np.inf, np.inf)
        return zero_interval(self.slope)

    @abstractmethod
    def formula(self, argument: str) -> str:
        """φ(argument) as a person would write it."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Plain data from which the loss can be built again."""
