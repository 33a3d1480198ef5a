"""Examining critics under training in float64, and keeping the best one seen."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from toylab.certificate import certify
from toylab.solvers.network.architectures import AbstractArchitecture, Parameters
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.critic import TrainedCritic
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.polish import AbstractPolish, Objective, after
from toylab.solvers.network.stopping import Judgement

#: Pairs whose segments are examined, all of them where there are fewer, and positions on each, ends included.
_PAIRS, _POSITIONS = 4096, 19

#: A critic that gains less than this share of its value over the best constant gains nothing but rounding.
_ROUNDING = 64.0 * float(np.finfo(np.float64).eps)


def examined_blends(problem: NormalisedProblem) -> Tensor:
    """A fixed grid of blends (s, d) in float64, over all pairs or a fixed random choice of them."""
    x = torch.as_tensor(problem.points(problem.problem.fake.points))
    y = torch.as_tensor(problem.points(problem.problem.real.points))
    total = len(x) * len(y)
    chosen = torch.arange(total)
    if total > _PAIRS:
        chosen = torch.randint(total, (_PAIRS,), generator=torch.Generator().manual_seed(0))
    t = torch.linspace(0.0, 1.0, _POSITIONS, dtype=torch.float64).reshape(-1, 1, 1)
    return torch.lerp(y[chosen % len(y)], x[chosen // len(y)], t).reshape(-1, x.shape[1])


@dataclass(kw_only=True, eq=False)
class Examiner:
    """Keeps the best critic seen, by J(f) + R(steepest gradient found on blends), after polishing it.

    Attributes:
        architecture: how parameters are read.
        problem: the problem in the units of the training.
        polish: what is tried on every critic before it is compared.
        parameters: of the best critic so far, float64, ensemble axis of length 1.
        objective: its J + R.
        steepest: its steepest gradient, in the units of the training.
        member: which member of the ensemble it is.
        plan: the dual plan of the last judgement.
    """

    architecture: AbstractArchitecture
    problem: NormalisedProblem
    polish: tuple[AbstractPolish, ...]
    parameters: Parameters | None = None
    objective: float = np.inf
    steepest: float = np.inf
    member: int = 0
    plan: sparse.csr_array | None = None
    _everything: Batch = field(init=False)
    _blends: Tensor = field(init=False)

    def __post_init__(self) -> None:
        self._everything = self.problem.batch(torch.float64, torch.device("cpu"))
        self._blends = examined_blends(self.problem)

    @torch.no_grad()
    def consider(self, parameters: Parameters, memory: Tensor, member: int, *, polished: bool = True) -> None:
        """Polish a critic and keep it if it is the best so far.

        One that is worse than the best constant critic counts as that constant.

        Args:
            parameters: of the critic, float64 on the CPU, ensemble axis of length 1.
            memory: (s, d), further blends where its gradient may be steep.
            member: which start it comes from.
            polished: whether to polish it first; not worth its time for a network that is not trained yet.
        """
        values = self.architecture.value(parameters, self._everything.points)[0].numpy()
        gradients = self.architecture.value_and_input_gradient(parameters, torch.cat([self._blends, memory]))[1]
        steepest = float(torch.linalg.vector_norm(gradients, dim=-1).max())
        if not (np.isfinite(steepest) and np.isfinite(values).all()):
            return
        objective = self._objective(values, steepest)
        scale, offset = 1.0, 0.0
        spread = max(float(values.max() - values.min()), 1e-12)
        for polish in self.polish if polished else ():
            s, c = polish.scale_and_offset(after(objective, scale, offset), spread)
            scale, offset = s * scale, s * offset + c
        reached, constant = objective(scale, offset), float(self.problem.problem.losses.best_constant or 0.0)
        of_constant = objective(0.0, constant)
        if not reached < of_constant - _ROUNDING * abs(of_constant):
            scale, offset, reached = 0.0, constant, of_constant
        if reached < self.objective:
            factor, shift = torch.tensor([scale], dtype=torch.float64), torch.tensor([offset], dtype=torch.float64)
            self.parameters = self.architecture.rescaled(parameters, factor, shift)
            self.objective, self.steepest, self.member = reached, abs(scale) * steepest, member

    def _objective(self, values: np.ndarray, steepest: float) -> Objective:
        """J(scale · f + offset) + R(|scale| · steepest); in NumPy, whose small arrays cost a third of torch's."""
        losses, regularizer, fakes = self.problem.problem.losses, self.problem.regularizer, len(self._everything.fake)
        p, q = self._everything.fake_weights.numpy(), self._everything.real_weights.numpy()
        fake, real = values[:fakes], values[fakes:]

        def objective(scale: float, offset: float) -> float:
            with np.errstate(over="ignore", invalid="ignore"):
                loss = p @ losses.fake_loss.value(scale * fake + offset)
                loss += q @ losses.real_loss.value(scale * real + offset)
            return float(loss) + regularizer.value(abs(scale) * steepest)

        return objective

    def module(self) -> TrainedCritic:
        """The best critic so far, in the caller's coordinates."""
        assert self.parameters is not None
        return TrainedCritic(self.architecture, self.parameters, self.problem.centre, self.problem.length)

    def judge(self, step: int) -> Judgement:
        """Certify the best critic so far.

        The excess R(steepest) − R(k_support) is divided by the room between the best constant critic and the
        dual bound, like the gap, so that gap + excess bounds what is left to gain.
        """
        problem = self.problem.problem
        certificate = certify(problem, self.module().as_critic())
        self.plan = certificate.plan
        regularizer = problem.regularizer
        excess = regularizer.value(self.steepest / self.problem.length) - regularizer.value(certificate.k_support)
        return Judgement(
            step=step,
            relative_gap=certificate.relative_gap,
            relative_excess=max(excess, 0.0) / certificate.room,
        )


__all__ = ["Examiner", "examined_blends"]
