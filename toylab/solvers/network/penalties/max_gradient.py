"""What training pays for steep gradients.

    MaxGP (LGAN Eq. 12, 27):  R(max ‖∇f(z)‖ over blends z = t x + (1 − t) y),  x fake, y real, t in [0, 1]

A bound on ‖∇f‖ along all blends gives every constraint f(y) − f(x) ≤ k‖x − y‖ of the compact problem, so the
maximum over blends is all that has to be penalised.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import Advice, InputError
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.network.penalties.base import AbstractPenalty, Gradients, PenaltyState, gradient_norms


@dataclass(frozen=True, kw_only=True)
class MaxGradientPenalty(AbstractPenalty):
    """R of the largest gradient norm over blends, with the memory S_max of LGAN section 4.2.

    Each step looks at fresh blends and at the remembered ones, without graph; only the steepest of them enter
    the graph, and the steepest are remembered. With `share` > 1 the maximum becomes a mean of the `share` largest
    norms with weights ∝ exp(norm / (temperature · largest)): like the optimal plan, it spreads the price
    over many tight segments, so that they do not take turns.

    Attributes:
        samples: blends looked at in each step.
        remembered: fraction of them that is kept in S_max, in [0, 1).
        share: how many of the steepest enter the graph; 1 is the maximum itself.
        temperature: relative width of the mean.

    Raises:
        InputError: a count that is not a positive whole number, a fraction outside [0, 1), or a temperature
            that is not positive.
    """

    samples: int = 128
    remembered: float = 0.25
    share: int = 8
    temperature: float = 0.02

    def __post_init__(self) -> None:
        for name in ("samples", "share"):
            count = getattr(self, name)
            if not (isinstance(count, int) and count >= 1):
                raise InputError(f"{name} of the penalty must be a positive whole number, got {count!r}.")
        if not 0.0 <= self.remembered < 1.0:
            raise InputError(f"the remembered fraction must lie in [0, 1), got {self.remembered}.")
        if self.share > self.samples - self._kept:
            raise InputError(
                f"share = {self.share} is more than the fresh samples of a step, {self.samples - self._kept}."
            )
        if not self.temperature > 0:
            raise InputError(f"the penalty's temperature must be positive, got {self.temperature}.")

    @property
    def _kept(self) -> int:
        return int(self.remembered * self.samples)

    @override
    def check(self, problem: CriticProblem) -> None:
        regularizer = problem.regularizer
        if isinstance(regularizer, LipschitzBall):
            raise InputError(
                "a Lipschitz ball is a hard constraint that no penalty can enforce:",
                Advice(
                    python="use the exact solver, toylab.solve(problem), or train with a LipschitzPenalty whose target "
                    "is the radius.",
                    command="use --solver exact, or train with --lam and the radius as --target.",
                ),
            )
        if not isinstance(regularizer, LipschitzPenalty):
            raise InputError(f"MaxGP trains with a LipschitzPenalty, got {type(regularizer).__name__}.")

    @override
    def look(self, gradients: Gradients, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        fresh = state.blends.sample(len(state.memory), self.samples - self._kept, state.generator)
        candidates = torch.cat([state.memory, fresh], dim=1)
        norms = gradient_norms(gradients(candidates))
        order = norms.topk(max(self._kept, self.share), dim=1).indices
        steepest = candidates.gather(1, order.unsqueeze(-1).expand(-1, -1, candidates.shape[-1]))
        return steepest[:, : self.share], replace(state, memory=steepest[:, : self._kept])

    @override
    def term(self, gradients: Tensor, state: PenaltyState) -> tuple[Tensor, PenaltyState]:
        norms = gradient_norms(gradients)
        largest = norms.detach().amax(dim=1)
        k = self._soft_maximum(norms, largest)
        price = state.regularizer.weight * (k - state.regularizer.target).clamp_min(0.0).square()
        return price, replace(state, steepest=largest)

    @override
    def weight_used(self, regularizer: Regularizer) -> str:
        return regularizer.describe()

    def _soft_maximum(self, norms: Tensor, largest: Tensor) -> Tensor:
        width = self.temperature * largest.clamp_min(torch.finfo(norms.dtype).tiny).unsqueeze(1)
        weights = torch.softmax((norms.detach() - largest.unsqueeze(1)) / width, dim=1)
        return (weights * norms).sum(dim=1)


__all__ = ["MaxGradientPenalty"]
