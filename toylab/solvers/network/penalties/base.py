"""What a price on steep gradients is, and the segments between fake and real points where it is charged."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from toylab.problem import CriticProblem, Regularizer
from toylab.solvers.network.architectures import AbstractArchitecture, Parameters
from toylab.solvers.network.batches import Batch

#: Points (K, s, d) -> gradients (K, s, d) of the critic under training.
Gradients = Callable[[Tensor], Tensor]


@dataclass(frozen=True, eq=False)
class Blends:
    """The segments between fake and real points.

    Attributes:
        fake: (n, d).
        real: (m, d).
    """

    fake: Tensor
    real: Tensor

    def sample(self, ensemble_size: int, count: int, generator: torch.Generator) -> Tensor:
        """Blends (K, count, d) of uniformly drawn pairs at uniform positions."""
        shape, options = (ensemble_size, count), {"generator": generator, "device": self.fake.device}
        x = self.fake[torch.randint(len(self.fake), shape, **options)]
        y = self.real[torch.randint(len(self.real), shape, **options)]
        t = torch.rand(*shape, 1, dtype=self.fake.dtype, **options)
        return torch.lerp(y, x, t)


@dataclass(frozen=True, eq=False)
class PenaltyState:
    """What a penalty carries from step to step.

    Attributes:
        regularizer: R, in the units of the training.
        blends: where gradients may be asked for.
        generator: the source of randomness.
        memory: (K, s, d), points worth another look.
        steepest: (K,), the largest gradient norm seen in the last step.
        length: how many of the caller's units of length the unit of the training is.
        batch: the points of this step; None before the first one.
    """

    regularizer: Any
    blends: Blends
    generator: torch.Generator
    memory: Tensor
    steepest: Tensor
    length: float = 1.0
    batch: Batch | None = None


@dataclass(frozen=True, eq=False)
class CriticUnderTraining:
    """f = offset + scale · network, differentiable in the parameters.

    Attributes:
        architecture: how the parameters are read.
        parameters: of K members.
        scale: of the start.
        offset: of the start.
    """

    architecture: AbstractArchitecture
    parameters: Parameters
    scale: float
    offset: float

    def values(self, points: Tensor) -> Tensor:
        """(K, m) at points (m, d) or (K, m, d)."""
        return self.offset + self.scale * self.architecture.value(self.parameters, points)

    def features(self, points: Tensor) -> Tensor:
        """(K, m, ·), the last hidden layer in the units of f."""
        return self.scale * self.architecture.features(self.parameters, points)

    def lipschitz_bound(self) -> Tensor | None:
        """(K,), a bound on the constant of f that holds by construction; None where there is none."""
        bound = self.architecture.lipschitz_bound(self.parameters)
        return None if bound is None else self.scale * bound


class AbstractPenalty(ABC):
    """A price on the gradients of the critic, another price on it, or a projection of its parameters.

    Weights and targets of its own are in the caller's units of length.
    """

    @abstractmethod
    def check(self, problem: CriticProblem) -> None:
        """Raise InputError where the problem's regulariser cannot be trained by this penalty."""

    def begin(
        self, ensemble_size: int, regularizer: Regularizer, blends: Blends, generator: torch.Generator
    ) -> PenaltyState:
        """The state before the first step; without memory by default."""
        memory = blends.fake.new_zeros(ensemble_size, 0, blends.fake.shape[1])
        return PenaltyState(regularizer, blends, generator, memory, memory.new_zeros(ensemble_size))

    @abstractmethod
    def look(self, gradients: Gradients, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        """The points (K, s, d) whose gradients are to be priced in this step; called without graph."""

    @abstractmethod
    def term(self, gradients: Tensor, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        """The price (K,) of the gradients (K, s, d) at those points, differentiable, and the next state."""

    def surcharge(self, critic: CriticUnderTraining, state: PenaltyState) -> Tensor | None:
        """A price (K,) on something else than gradients, differentiable; None by default."""
        return None

    def project(self, parameters: Parameters) -> None:
        """Move the parameters, in place, to where the penalty wants them; nothing by default."""
        return

    def aims_at(self, regularizer: Regularizer) -> Regularizer:
        """The regulariser of the constant k that comes closest to this penalty: it sets the scale of the start."""
        return regularizer

    @abstractmethod
    def weight_used(self, regularizer: Regularizer) -> str:
        """Which λ (or what else) restricts the critic, for tables: "λ = 0.1" is the problem's."""


#: Blends whose gradients are looked at, for the record, by what does not price any.
_WATCHED = 32


class AbstractUnpricedGradients(AbstractPenalty):
    """Anything that restricts the critic without a price on gradients; they are only watched."""

    @override
    def look(self, gradients: Gradients, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        watched = state.blends.sample(len(state.memory), _WATCHED, state.generator)
        return watched[:, :0], replace(state, steepest=gradient_norms(gradients(watched)).amax(dim=1))

    @override
    def term(self, gradients: Tensor, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        return torch.zeros_like(state.steepest), state


def gradient_norms(gradients: Tensor) -> Tensor:
    """‖∇f‖ from gradients (K, s, d), one Euclidean norm a sample: (K, s)."""
    norms = torch.linalg.vector_norm(gradients, dim=-1)
    members, samples, _ = gradients.shape
    assert norms.shape == (members, samples), f"expected one norm a sample, got {tuple(norms.shape)}"
    return norms


__all__ = [
    "AbstractPenalty",
    "AbstractUnpricedGradients",
    "Blends",
    "CriticUnderTraining",
    "Gradients",
    "PenaltyState",
    "gradient_norms",
]
