"""No restriction of the critic beyond what the network itself is."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from toylab.errors import Advice, InputError
from toylab.problem import CriticProblem, LipschitzBall, Regularizer, Unrestricted
from toylab.solvers.network.penalties.base import AbstractUnpricedGradients


@dataclass(frozen=True)
class NoPenalty(AbstractUnpricedGradients):
    """Training on J alone; a λ of the problem is ignored."""

    @override
    def check(self, problem: CriticProblem) -> None:
        if isinstance(problem.regularizer, LipschitzBall):
            raise InputError(
                "training without any penalty ignores a Lipschitz ball:",
                Advice(
                    python="use SpectralNorm(), OrthogonalGroupSort() or the exact solver.",
                    command="use --solver spectral-norm, orthogonal or exact.",
                ),
            )

    @override
    def aims_at(self, regularizer: Regularizer) -> Regularizer:
        return Unrestricted()

    @override
    def weight_used(self, regularizer: Regularizer) -> str:
        return "none"


__all__ = ["NoPenalty"]
