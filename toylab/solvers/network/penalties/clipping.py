"""Weight clipping: no price at all, every weight is kept in a box (Arjovsky et al. 2017, Algorithm 1)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.problem import CriticProblem, Regularizer
from toylab.solvers.network.architectures import Parameters
from toylab.solvers.network.penalties.base import AbstractUnpricedGradients
from toylab.solvers.network.penalties.pointwise import check_penalised


@dataclass(frozen=True, kw_only=True)
class ClippedWeights(AbstractUnpricedGradients):
    """Every weight and bias is clipped to [−bound, bound] after each step.

    The problem's λ restricts nothing; it only sets the scale of the start, where values are normalised.

    Attributes:
        bound: c > 0.

    Raises:
        InputError: a bound that is not positive.
    """

    bound: float = 0.01

    def __post_init__(self) -> None:
        if not real_number(self.bound, "the bound of weight clipping") > 0:
            raise InputError(f"the bound of weight clipping must be positive, got {self.bound}.")

    @override
    def check(self, problem: CriticProblem) -> None:
        check_penalised(problem, "weight clipping")

    @torch.no_grad()
    @override
    def project(self, parameters: Parameters) -> None:
        for parameter in parameters:
            parameter.clamp_(-self.bound, self.bound)

    @override
    def weight_used(self, regularizer: Regularizer) -> str:
        return f"none: weights within ±{self.bound:g}"


__all__ = ["ClippedWeights"]
