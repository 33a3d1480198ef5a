"""The critic problem: two measures, a pair of losses, a regulariser.

    minimise over f:  J(f) + R(k(f)),   J(f) = E_fake φ(f) + E_real ϕ(f),   k(f) the Lipschitz constant of f

Source: LGAN Eq. 10 for R(k) = λ k²; Lemma 15 / ICLR Thm 4 for R(k) = λ (k − k₀)²; Eq. 5 for the ball.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.errors import InputError, real_number, unknown_name
from toylab.losses import LossPair
from toylab.losses import from_json as loss_from_json
from toylab.markup import card, facts, lines, quiet
from toylab.measures import DiscreteMeasure
from toylab.support import Support, merge


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
        advice = " A critic without any Lipschitz penalty is another problem."
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
    def to_json(self) -> dict[str, Any]:
        return {"kind": "ball", "radius": self.radius}


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
    except KeyError as error:
        raise InputError(f"a regulariser of kind {kind!r} in JSON misses {error}.") from None
    raise unknown_name("kind of regulariser", kind, ["penalty", "ball"])


@dataclass(frozen=True, eq=False)
class CriticProblem:
    """Minimise E_fake φ(f) + E_real ϕ(f) + R(k(f)) over all functions f on R^d (LGAN Eq. 10).

    Attributes:
        fake: the generated measure P_g.
        real: the real measure P_r.
        losses: φ and ϕ.
        regularizer: R.

    Raises:
        InputError: the measures live in different dimensions, or an argument is of the wrong kind.
    """

    fake: DiscreteMeasure
    real: DiscreteMeasure
    losses: LossPair
    regularizer: Regularizer

    def __post_init__(self) -> None:
        kinds = (
            ("fake", DiscreteMeasure),
            ("real", DiscreteMeasure),
            ("losses", LossPair),
            ("regularizer", Regularizer),
        )
        for name, kind in kinds:
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be a {kind.__name__}, got {type(getattr(self, name)).__name__}.")
        if self.fake.dimension != self.real.dimension:
            raise InputError(
                f"fake points have {self.fake.dimension} coordinates and real points {self.real.dimension}; "
                "both measures must live in one space."
            )
        stacked = np.concatenate([self.fake.points, self.real.points])
        with np.errstate(over="ignore"):
            size = float(np.ptp(stacked, axis=0).max())
        try:
            if size > 0:
                self.regularizer.rescaled(size)
        except (InputError, OverflowError, ZeroDivisionError):
            raise InputError(
                f"points of size {size:.3g} under {self.regularizer} leave the range of float64; rescale the points "
                "(and lambda with the square of their size)."
            ) from None

    @cached_property
    def support(self) -> Support:
        """The merged points of both measures."""
        return merge(self.fake, self.real)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.fake.dimension

    def swapped(self) -> CriticProblem:
        """Fake and real exchanged, for losses with ϕ(t) = φ(−t): the optimum changes its sign."""
        return CriticProblem(self.real, self.fake, self.losses, self.regularizer)

    def describe(self) -> str:
        """One line for tables and messages."""
        match self.regularizer:
            case LipschitzPenalty(weight=weight, target=0.0):
                regularizer = f"lambda = {weight:g}"
            case LipschitzPenalty(weight=weight, target=target):
                regularizer = f"lambda = {weight:g}, target {target:g}"
            case LipschitzBall(radius=radius):
                regularizer = f"k <= {radius:g}"
            case other:
                regularizer = repr(other)
        return f"{len(self.fake)} fake, {len(self.real)} real in R^{self.dimension}, {self.losses.name}, {regularizer}"

    def __repr__(self) -> str:
        return f"CriticProblem({self.describe()})"

    def _repr_html_(self) -> str:
        return card("CriticProblem", facts(self.facts()), quiet("toylab.solve(problem) finds the optimal critic"))

    def facts(self) -> list[tuple[str, Any]]:
        """What a person wants to know at a glance: the objective, both measures, the losses."""
        shared = int((self.support.in_fake & self.support.in_real).sum())
        match self.regularizer:
            case LipschitzPenalty(weight=weight, target=0.0):
                regularizer = f"+ {weight:g}·k²"
            case LipschitzPenalty(weight=weight, target=target):
                regularizer = f"+ {weight:g}·max(k − {target:g}, 0)²"
            case LipschitzBall(radius=radius):
                regularizer = f"subject to k ≤ {radius:g}"
            case other:
                regularizer = f"+ {other!r}"
        sides = [
            (name, lines(f"{what}: {value}" if what != "points" else value for what, value in measure.facts()))
            for name, measure in (("fake", self.fake), ("real", self.real))
        ]
        return [
            ("minimise over f", f"E_fake φ(f) + E_real ϕ(f) {regularizer}, k the Lipschitz constant of f"),
            *sides,
            ("shared", f"{shared} point{'s' * (shared != 1)} with mass of both" if shared else "no point"),
            ("losses", self.losses.name),
            *self.losses.facts(),
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same problem."""
        return {
            "fake": self.fake.to_json(),
            "real": self.real.to_json(),
            "losses": self.losses.to_json(),
            "regularizer": self.regularizer.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CriticProblem:
        """The problem described by `to_json`."""
        if not isinstance(data, dict):
            raise InputError(f"a problem in JSON is an object, got {type(data).__name__}.")
        missing = [key for key in ("fake", "real", "losses", "regularizer") if key not in data]
        if missing:
            raise InputError(f"a problem in JSON misses {', '.join(map(repr, missing))}.")
        return cls(
            DiscreteMeasure.from_json(data["fake"]),
            DiscreteMeasure.from_json(data["real"]),
            loss_from_json(data["losses"]),
            regularizer_from_json(data["regularizer"]),
        )
