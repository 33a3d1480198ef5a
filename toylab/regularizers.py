"""Regularisers: what the critic's Lipschitz constant costs.

Source: LGAN Eq. 10 for R(k) = λ k²; Lemma 15 / ICLR Thm 4 for R(k) = λ (k − k₀)²; Eq. 5 for the ball; LGAN §3.1 for
no restriction at all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.errors import InputError, real_number, unknown_name


class Regularizer(ABC):
    """A convex function R of the critic's Lipschitz constant k ≥ 0, nondecreasing from `target` on."""

    @abstractmethod
    def value(self, k: float) -> float:
        """R(k); +inf where k is not allowed."""

    @abstractmethod
    def conjugate(self, cost: float) -> float:
        """R*(C) = sup_k k C − R(k), for C ≥ 0."""

    @abstractmethod
    def fenchel_young(self, k: float, cost: float) -> float:
        """R(k) + R*(C) − k C ≥ 0, without cancellation."""

    @abstractmethod
    def constant_for(self, k: float) -> float:
        """The cheapest constant that a critic whose values need at least k may be given."""

    @abstractmethod
    def constant_interval(self, cost: float, gap: float) -> tuple[float, float]:
        """All k with R(k) + R*(C) − k C ≤ gap: where the optimal constant must lie, given a dual bound."""

    @abstractmethod
    def rescaled(self, length: float) -> Regularizer:
        """The same regulariser when the unit of length is multiplied by `length` (so that k gets 1/length)."""

    @abstractmethod
    def describe(self) -> str:
        """A few words for tables and messages."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Plain data that `regularizer_from_json` turns back into the same regulariser."""


def _positive(value: Any, what: str, advice: str = "") -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what} must be a number, got {value!r}.") from None
    if not (np.isfinite(number) and number > 0):
        raise InputError(f"{what} must be positive and finite, got {value}.{advice}")
    if not 1e-100 <= number <= 1e100:
        raise InputError(f"{what} must lie between 1e-100 and 1e100 for float64, got {value}; rescale the data.")
    return number


def _squared(number: float) -> float:
    """The square, +inf beyond float64 instead of an OverflowError."""
    with np.errstate(over="ignore"):
        return float(np.square(np.float64(number)))


@dataclass(frozen=True)
class LipschitzPenalty(Regularizer):
    """R(k) = λ (max(k, k₀) − k₀)²: the penalty of LGAN Eq. 10 (k₀ = 0), one-sided for k₀ > 0.

    Attributes:
        weight: λ > 0; units of loss per squared (loss per length).
        target: k₀ ≥ 0. A critic steeper than k₀ pays; one that is flatter does not (off the supports it can
            always be made as steep as k₀).

    Raises:
        InputError: weight not positive and finite, or target negative.
    """

    weight: float
    target: float = 0.0

    def __post_init__(self) -> None:
        advice = " For a critic without any Lipschitz penalty say Unrestricted()."
        object.__setattr__(self, "weight", _positive(self.weight, "the penalty's weight (lambda)", advice))
        object.__setattr__(self, "target", real_number(self.target, "the penalty's target"))
        if self.target < 0:
            raise InputError(f"the penalty's target must not be negative, got {self.target}.")

    @override
    def value(self, k: float) -> float:
        return self.weight * _squared(max(k - self.target, 0.0))

    @override
    def conjugate(self, cost: float) -> float:
        return cost * self.target + _squared(cost) / (4.0 * self.weight)

    @override
    def fenchel_young(self, k: float, cost: float) -> float:
        best = self.target + cost / (2.0 * self.weight)
        if k < self.target:  # R(k) = 0 there
            return cost * (self.target - k) + _squared(cost) / (4.0 * self.weight)
        return self.weight * _squared(k - best)

    @override
    def constant_for(self, k: float) -> float:
        return max(k, self.target)

    @override
    def constant_interval(self, cost: float, gap: float) -> tuple[float, float]:
        best, radius = self.target + cost / (2.0 * self.weight), float(np.sqrt(gap / self.weight))
        return max(best - radius, self.target), best + radius

    @override
    def rescaled(self, length: float) -> LipschitzPenalty:
        return LipschitzPenalty(self.weight / length**2, self.target * length)

    @override
    def describe(self) -> str:
        return f"lambda = {self.weight:g}" + (f", target {self.target:g}" if self.target else "")

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "penalty", "weight": self.weight, "target": self.target}


@dataclass(frozen=True)
class LipschitzBall(Regularizer):
    """R(k) = 0 for k ≤ K, +inf beyond: the hard constraint of WGAN (K = 1).

    Attributes:
        radius: K > 0, loss per length.

    Raises:
        InputError: radius not positive and finite.
    """

    radius: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", _positive(self.radius, "the ball's radius"))

    @override
    def value(self, k: float) -> float:
        return 0.0 if k <= self.radius else np.inf

    @override
    def conjugate(self, cost: float) -> float:
        return self.radius * cost

    @override
    def fenchel_young(self, k: float, cost: float) -> float:
        return (self.radius - k) * cost if k <= self.radius else np.inf

    @override
    def constant_for(self, k: float) -> float:
        return max(k, self.radius)

    @override
    def constant_interval(self, cost: float, gap: float) -> tuple[float, float]:
        return self.radius, self.radius

    @override
    def rescaled(self, length: float) -> LipschitzBall:
        return LipschitzBall(self.radius * length)

    @override
    def describe(self) -> str:
        return f"k <= {self.radius:g}"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "ball", "radius": self.radius}


@dataclass(frozen=True)
class Unrestricted(Regularizer):
    """R(k) = 0 for every k: no restriction, as in the vanilla and the least-squares GAN (LGAN §3.1).

    R*(C) = 0 at C = 0 and +inf beyond, so the only plan that certifies anything is the zero plan, and the gap
    is Σ_z h_z(f_z) + h_z*(0): the problem falls apart into one problem for each point.
    """

    @override
    def value(self, k: float) -> float:
        return 0.0

    @override
    def conjugate(self, cost: float) -> float:
        return 0.0 if cost == 0 else np.inf

    @override
    def fenchel_young(self, k: float, cost: float) -> float:
        return 0.0 if cost == 0 else np.inf

    @override
    def constant_for(self, k: float) -> float:
        return k

    @override
    def constant_interval(self, cost: float, gap: float) -> tuple[float, float]:
        return 0.0, np.inf

    @override
    def rescaled(self, length: float) -> Unrestricted:
        return self

    @override
    def describe(self) -> str:
        return "unrestricted"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "unrestricted"}


def regularizer_from_json(data: dict[str, Any]) -> Regularizer:
    """The regulariser described by `Regularizer.to_json`."""
    if not isinstance(data, dict):
        raise InputError(f'a regulariser in JSON is an object with a "kind", got {data!r}.')
    kind = data.get("kind")
    try:
        match kind:
            case "penalty":
                return LipschitzPenalty(data["weight"], data.get("target", 0.0))
            case "ball":
                return LipschitzBall(data["radius"])
            case "unrestricted":
                return Unrestricted()
    except KeyError as error:
        raise InputError(f"a regulariser of kind {kind!r} in JSON misses {error}.") from None
    raise unknown_name("kind of regulariser", kind, ["penalty", "ball", "unrestricted"])
