"""How far a fake goes in one step, and what becomes of fakes that coincide."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import pdist, squareform
from typing_extensions import override

from toylab.dynamics.answers import Answer, shared_out
from toylab.errors import InputError, real_number, whole_number
from toylab.measures import DiscreteMeasure


def _positive(value: float, what: str, most: float = np.inf) -> None:
    if not 0 < real_number(value, what) <= most:
        bound = "" if np.isinf(most) else f" and at most {most:g}"
        raise InputError(f"{what} must be positive{bound}, got {value}.")


class AbstractStep(ABC):
    """A rule that turns an answer into displacements."""

    #: Whether the rule asks how far the fakes have to go, which only a plan tells.
    needs_plan: bool = False

    @abstractmethod
    def move(self, answer: Answer, before: np.ndarray) -> np.ndarray:
        """Displacements (n, d) of the fakes.

        Args:
            answer: of the objective.
            before: (n, d), the displacements of the step before, 0 at first.
        """


@dataclass(frozen=True, kw_only=True)
class FixedStep(AbstractStep):
    """x ← x + rate · ∇f*(x): Euler's rule for the flow of the gradient. It may go past a partner.

    Attributes:
        rate: > 0.
    """

    rate: float

    def __post_init__(self) -> None:
        _positive(self.rate, "the rate of a step")

    @override
    def move(self, answer: Answer, before: np.ndarray) -> np.ndarray:
        return self.rate * answer.gradients


@dataclass(frozen=True, kw_only=True)
class UnitStep(AbstractStep):
    """Every fake goes equally far along ∇f*, whatever its length; never past its partner where there is a plan.

    At a kink it goes less far, as the one-sided gradients cancel. Objectives whose gradients have different sizes can
    stand side by side so.

    Attributes:
        length: > 0, in units of the points.
    """

    length: float

    def __post_init__(self) -> None:
        _positive(self.length, "the length of a step")

    @override
    def move(self, answer: Answer, before: np.ndarray) -> np.ndarray:
        return np.minimum(self.length, answer.way_lengths)[:, None] * answer.directions


@dataclass(frozen=True, kw_only=True)
class ProportionalStep(AbstractStep):
    """X ← x + share · Σ_j γ_ij (y_j − x_i)/Σ_j γ_ij: the farther a fake has to go, the longer its step.

    Attributes:
        share: in (0, 1]; 1 arrives in one step where every fake has one partner.
    """

    share: float
    needs_plan = True

    def __post_init__(self) -> None:
        _positive(self.share, "the share of a step", most=1.0)

    @override
    def move(self, answer: Answer, before: np.ndarray) -> np.ndarray:
        assert answer.ways is not None
        return self.share * answer.ways


@dataclass(frozen=True, kw_only=True)
class MomentumStep(AbstractStep):
    """v ← momentum · v + rate · ∇f*(x), x ← x + v: Polyak's heavy ball.

    Attributes:
        rate: > 0.
        momentum: in [0, 1).
    """

    rate: float
    momentum: float = 0.9

    def __post_init__(self) -> None:
        _positive(self.rate, "the rate of a step")
        if not 0 <= real_number(self.momentum, "the momentum of a step") < 1:
            raise InputError(f"the momentum of a step must lie in [0, 1), got {self.momentum}.")

    @override
    def move(self, answer: Answer, before: np.ndarray) -> np.ndarray:
        return self.momentum * before + self.rate * answer.gradients


class AbstractSplit(ABC):
    """What is done about fakes that coincide: f* has one gradient at one place, so that they would never part."""

    #: Whether the rule needs the plan of the objective.
    needs_plan: bool = False

    @abstractmethod
    def placed(self, points: np.ndarray, step: int) -> np.ndarray:
        """Where the fakes (n, d) are taken to stand in this step."""

    def answered(self, answer: Answer, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        """The answer that the fakes follow; the objective's own by default."""
        return answer


@dataclass(frozen=True, kw_only=True)
class Together(AbstractSplit):
    """Nothing: coinciding fakes share a gradient for ever."""

    @override
    def placed(self, points: np.ndarray, step: int) -> np.ndarray:
        return points


@dataclass(frozen=True, kw_only=True)
class Jitter(AbstractSplit):
    """Fakes closer than `within` to another one are moved by normal noise.

    Attributes:
        scale: standard deviation of the noise in every coordinate, > 0.
        within: distance up to which two fakes count as coinciding.
        seed: of the noise; every step has noise of its own.
    """

    scale: float
    within: float = 1e-9
    seed: int = 0

    def __post_init__(self) -> None:
        _positive(self.scale, "the scale of a jitter")
        whole_number(self.seed, "the seed of a jitter", least=0)
        if real_number(self.within, "the distance of a jitter") < 0:
            raise InputError(f"the distance of a jitter must not be negative, got {self.within}.")

    @override
    def placed(self, points: np.ndarray, step: int) -> np.ndarray:
        close = squareform(pdist(points) <= self.within)
        crowded = np.asarray(close.sum(axis=1) > 0)
        noise = np.random.default_rng([self.seed, step]).normal(0.0, self.scale, size=points.shape)
        return np.where(crowded[:, None], points + noise, points)


@dataclass(frozen=True, kw_only=True)
class ShareOut(AbstractSplit):
    """Coinciding fakes divide the plan between them, each with partners of its own (`shared_out`)."""

    needs_plan = True

    @override
    def placed(self, points: np.ndarray, step: int) -> np.ndarray:
        return points

    @override
    def answered(self, answer: Answer, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        return shared_out(answer, fake.points, fake.weights, real.points)


__all__ = [
    "AbstractSplit",
    "AbstractStep",
    "FixedStep",
    "Jitter",
    "MomentumStep",
    "ProportionalStep",
    "ShareOut",
    "Together",
    "UnitStep",
]
