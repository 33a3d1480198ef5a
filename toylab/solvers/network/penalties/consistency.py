"""The consistency term of Wei et al. 2018: a critic should change little around a real point."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.problem import CriticProblem, Regularizer
from toylab.solvers.network.penalties.base import AbstractPenalty, CriticUnderTraining, Gradients, PenaltyState
from toylab.solvers.network.penalties.pointwise import GradientPenalty


@dataclass(frozen=True, kw_only=True)
class ConsistencyPenalty(AbstractPenalty):
    """GP + λ₂ E_real max(0, |f(y′) − f(y″)|² + ρ ‖h(y′) − h(y″)‖² − M′), h the last hidden layer, its square a mean.

    Wei et al. get y′ and y″ from one real y by two draws of the critic's dropout. These critics are deterministic, as
    a certificate needs: here y′ and y″ are y with two draws of Gaussian noise.

    Attributes:
        gradient: the gradient penalty beside it.
        weight: λ₂ ≥ 0.
        hidden_share: ρ ≥ 0.
        margin: M′ ≥ 0, a squared difference that is free.
        noise: standard deviation of the noise, in the unit of length of the training (the size of the data, or the
            caller's unit where nothing is normalised).

    Raises:
        InputError: a number outside its range.
    """

    gradient: GradientPenalty = field(default_factory=GradientPenalty)
    weight: float = 2.0
    hidden_share: float = 0.1
    margin: float = 0.0
    noise: float = 0.1

    def __post_init__(self) -> None:
        if not isinstance(self.gradient, GradientPenalty):
            raise InputError(f"gradient must be a GradientPenalty, got {self.gradient!r}.")
        for name in ("weight", "hidden_share", "margin", "noise"):
            if not real_number(getattr(self, name), f"{name} of the consistency term") >= 0:
                raise InputError(f"{name} of the consistency term must not be negative, got {getattr(self, name)}.")

    @override
    def check(self, problem: CriticProblem) -> None:
        self.gradient.check(problem)

    @override
    def look(self, gradients: Gradients, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        return self.gradient.look(gradients, state)

    @override
    def term(self, gradients: Tensor, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        return self.gradient.term(gradients, state)

    @override
    def surcharge(self, critic: CriticUnderTraining, state: PenaltyState) -> Tensor:
        assert state.batch is not None
        real, weights = state.batch.real, state.batch.real_weights
        options = {"dtype": real.dtype, "device": real.device, "generator": state.generator}
        noise = torch.randn(len(state.memory), 2 * len(real), real.shape[1], **options)
        around = real.repeat(2, 1) + self.noise * noise
        first, second = critic.values(around).chunk(2, dim=1)
        first_hidden, second_hidden = critic.features(around).chunk(2, dim=1)
        apart = (first - second).square() + self.hidden_share * (first_hidden - second_hidden).square().mean(dim=2)
        return self.weight * ((apart - self.margin).clamp_min(0.0) @ weights)

    @override
    def aims_at(self, regularizer: Regularizer) -> Regularizer:
        return self.gradient.aims_at(regularizer)

    @override
    def weight_used(self, regularizer: Regularizer) -> str:
        return f"{self.gradient.weight_used(regularizer)}, consistency {self.weight:g}"


__all__ = ["ConsistencyPenalty"]
