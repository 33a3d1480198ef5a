"""R of a constant that the architecture guarantees: for networks whose layers cannot stretch."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor
from typing_extensions import override

from toylab.errors import Advice, InputError, real_number
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer, Unrestricted
from toylab.solvers.network.penalties.base import AbstractUnpricedGradients, CriticUnderTraining, PenaltyState


@dataclass(frozen=True, kw_only=True)
class ConstructedBound(AbstractUnpricedGradients):
    """f = s · g + c with ‖∇g‖ ≤ 1 everywhere by construction, at the price R(s).

    A ball of radius K, the problem's or one of its own, has no price: s = K stays as it is. The architecture must
    then keep its scale (`free_scale=False`).

    Attributes:
        radius: K of its own, in the caller's units, in place of the problem's R; None for the problem's.

    Raises:
        InputError: a radius that is not positive.
    """

    radius: float | None = None

    def __post_init__(self) -> None:
        if self.radius is not None and not real_number(self.radius, "the radius of the critic") > 0:
            raise InputError(f"the radius of the critic must be positive, got {self.radius}.")

    @override
    def check(self, problem: CriticProblem) -> None:
        if isinstance(problem.regularizer, Unrestricted):
            raise InputError(
                "a network of bounded slope cannot train an unrestricted problem:",
                Advice(
                    python="use the preset Unrestricted(), or give the problem a LipschitzPenalty or a LipschitzBall.",
                    command="use --solver unrestricted, or give --lam or --ball.",
                ),
            )

    @override
    def surcharge(self, critic: CriticUnderTraining, state: PenaltyState) -> Tensor | None:
        bound = critic.lipschitz_bound()
        if bound is None:
            raise InputError("this architecture bounds no slope by construction: use BoundedMLP().")
        regularizer = state.regularizer
        if self.radius is not None or not isinstance(regularizer, LipschitzPenalty):
            return None
        return regularizer.weight * (bound - regularizer.target).clamp_min(0.0).square()

    @override
    def aims_at(self, regularizer: Regularizer) -> Regularizer:
        return regularizer if self.radius is None else LipschitzBall(self.radius)

    @override
    def weight_used(self, regularizer: Regularizer) -> str:
        if self.radius is None:
            return regularizer.describe()
        return f"none: {LipschitzBall(self.radius).describe()}"


__all__ = ["ConstructedBound"]
