"""Penalties on gradients that are averaged over blends: GP, LP and the mean square.

    GP           λ E (‖∇f(z)‖ − 1)²      Gulrajani et al. 2017, Eq. 3
    LP           λ E (‖∇f(z)‖ − 1)₊²     Petzka et al. 2018, Eq. 8
    mean square  λ E ‖∇f(z)‖²            the zero-centred penalty of ICLR Fig. 18

An average charges a short segment little and a far one much, so its optimum is steeper along long ways than along
short ones, while the optimum of λ k² has one slope for all (THEORY section 2; `toylab.solvers.dirac_pair`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from torch import Tensor
from typing_extensions import override

from toylab.errors import Advice, InputError, real_number, whole_number
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.network.penalties.base import AbstractPenalty, Gradients, PenaltyState, gradient_norms
from toylab.solvers.network.penalties.pairs import AbstractPairs, IndependentPairs


@dataclass(frozen=True, kw_only=True)
class GradientPenalty(AbstractPenalty):
    """λ E h(‖∇f(z)‖ − k₀) over blends z, with h(t) = t², or max(t, 0)² where it is one-sided.

    It does not look at the target of the problem's own penalty.

    Attributes:
        target: k₀ ≥ 0, loss per length.
        one_sided: whether gradients below the target are free.
        weight: λ of its own; the problem's λ when None.
        samples: blends averaged over in each step.
        pairs: which pairs they lie between.

    Raises:
        InputError: a number outside its range.
    """

    target: float = 1.0
    one_sided: bool = False
    weight: float | None = None
    samples: int = 128
    pairs: AbstractPairs = field(default_factory=IndependentPairs)

    def __post_init__(self) -> None:
        if not real_number(self.target, "the target of the gradient penalty") >= 0:
            raise InputError(f"the target of the gradient penalty must not be negative, got {self.target}.")
        if self.weight is not None:
            LipschitzPenalty(self.weight)  # says what is wrong with it
        whole_number(self.samples, "samples of the gradient penalty", least=1)
        if not isinstance(self.pairs, AbstractPairs):
            raise InputError(f"pairs must be an object such as IndependentPairs(), got {self.pairs!r}.")

    @override
    def check(self, problem: CriticProblem) -> None:
        check_penalised(problem, "a gradient penalty")

    @override
    def look(self, gradients: Gradients, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        assert state.batch is not None
        return self.pairs.blends(state.batch, (len(state.memory), self.samples), state.generator), state

    @override
    def term(self, gradients: Tensor, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        norms = gradient_norms(gradients)
        beyond = norms - self.target * state.length
        if self.one_sided:
            beyond = beyond.clamp_min(0.0)
        weight = state.regularizer.weight if self.weight is None else self.weight / state.length**2
        return weight * beyond.square().mean(dim=1), replace(state, steepest=norms.detach().amax(dim=1))

    @override
    def aims_at(self, regularizer: Regularizer) -> Regularizer:
        assert isinstance(regularizer, LipschitzPenalty)
        return LipschitzPenalty(regularizer.weight if self.weight is None else self.weight, self.target)

    @override
    def weight_used(self, regularizer: Regularizer) -> str:
        own = "" if self.weight is None else " of its own"
        return f"{self.aims_at(regularizer).describe()}{own}"


def check_penalised(problem: CriticProblem, what: str) -> None:
    """Raise InputError unless the problem's regulariser is a LipschitzPenalty."""
    if isinstance(problem.regularizer, LipschitzBall):
        raise InputError(
            f"{what} cannot enforce a Lipschitz ball, which is a hard constraint:",
            Advice(
                python="use SpectralNorm(), OrthogonalGroupSort() or the exact solver, or train with a "
                "LipschitzPenalty.",
                command="use --solver spectral-norm, orthogonal or exact, or train with --lam.",
            ),
        )
    if not isinstance(problem.regularizer, LipschitzPenalty):
        raise InputError(
            f"{what} restricts the critic, and this problem is unrestricted:",
            Advice(
                python="train with the preset Unrestricted(), or give the problem a LipschitzPenalty.",
                command="use --solver unrestricted, or give --lam.",
            ),
        )


__all__ = ["GradientPenalty", "check_penalised"]
