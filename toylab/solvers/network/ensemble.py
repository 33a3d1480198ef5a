"""K members trained side by side by the hand-written step: one product of matrices serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from toylab.solvers.network.analytic_step import AnalyticStep
from toylab.solvers.network.architectures import MLP, Parameters
from toylab.solvers.network.batches import FullBatch, Minibatch
from toylab.solvers.network.captured_step import CapturedStep
from toylab.solvers.network.engine import AbstractEngine
from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.members import Member, Members
from toylab.solvers.network.muon import Muon
from toylab.solvers.network.penalties import MaxGradientPenalty
from toylab.solvers.network.piecewise_linear import PIECEWISE_LINEAR
from toylab.solvers.network.step_blocks import Supply
from toylab.solvers.network.updates import AbstractUpdates, updates_for

if TYPE_CHECKING:
    from toylab.solvers.network.training import NetworkSolver

#: Members of one product on a CPU: the arrays of a step should fit its caches.
_TOGETHER_ON_CPU = 16


def has_analytic_step(solver: NetworkSolver) -> bool:
    """Whether the backward pass of this composition is written out."""
    return (
        isinstance(solver.architecture, MLP)
        and isinstance(solver.architecture.activation, PIECEWISE_LINEAR)
        and type(solver.penalty) is MaxGradientPenalty
        and isinstance(solver.batches, FullBatch | Minibatch)
        and isinstance(solver.schedule.optimizer, Muon | None)
    )


class _Team:
    """Members that take their steps in the same operations."""

    def __init__(self, solver: NetworkSolver, members: list[Member], net: FlatMLP, updates: AbstractUpdates) -> None:
        assert isinstance(solver.penalty, MaxGradientPenalty)
        minibatch = solver.batches.size if isinstance(solver.batches, Minibatch) else None
        self._solver = solver
        self.members = Members(members, minibatch)
        self.supply = Supply(self.members, solver.batches, solver.penalty, solver.schedule)
        self.step = AnalyticStep(net, self.members, solver.penalty, updates)
        self._stepper = CapturedStep(self.step) if net.flat.is_cuda else self.step

    @classmethod
    def fresh(cls, solver: NetworkSolver, members: list[Member]) -> _Team:
        assert isinstance(solver.architecture, MLP)
        dimension, dtype = members[0].problem.problem.dimension, members[0].everything.fake.dtype
        inits = [solver.architecture.init(1, dimension, member.generator, dtype) for member in members]
        net = FlatMLP.of(solver.architecture, [torch.cat(pieces) for pieces in zip(*inits, strict=True)])
        team = cls(solver, members, net, updates_for(solver.schedule, net))
        solver.architecture.place(net.parameters(), lambda count: team.supply.memory(count)[..., :-1])
        team.step.work.memory.copy_(team.supply.memory(team.step.work.memory.shape[1]))
        return team

    def advance(self, done: int, steps: int) -> Tensor:
        """Take the steps after the first `done`; returns their record, (4, steps, K)."""
        block = self.supply.block(done, steps)
        for inputs, outputs in block.steps():
            self._stepper.take(inputs, outputs)
        return block.record(self.members)

    def critic(self, member: int) -> tuple[Parameters, Tensor]:
        parameters = [p[member : member + 1].to("cpu", torch.float64) for p in self.step.net.parameters()]
        scale, offset = self.members.list[member].problem.scale_and_offset
        factor, shift = torch.tensor([[scale], [offset]], dtype=torch.float64).unbind()
        blends = self.step.work.memory[member, :, :-1].to("cpu", torch.float64)
        return self._solver.architecture.rescaled(parameters, factor, shift), blends

    def kept(self, members: list[int]) -> _Team:
        """The team of these members, in the middle of their training."""
        net = self.step.net
        chosen = torch.tensor(members, device=net.flat.device)
        list_ = [self.members.list[member] for member in members]
        team = _Team(self._solver, list_, net.chosen(chosen), self.step.updates.chosen(net, chosen))
        team.step.work.memory.copy_(self.step.work.memory[chosen])
        return team


class Ensemble(AbstractEngine):
    """Members in teams; each has the result it would have on its own, whoever is beside it.

    Attributes:
        done: steps taken.
    """

    def __init__(self, solver: NetworkSolver, members: list[Member]) -> None:
        self.done = 0
        together = _TOGETHER_ON_CPU if members[0].everything.fake.device.type == "cpu" else len(members)
        chunks = [members[start : start + together] for start in range(0, len(members), together)]
        self._teams = [_Team.fresh(solver, chunk) for chunk in chunks]
        self._records: list[np.ndarray] = []

    @override
    def advance(self, steps: int) -> None:
        records = [team.advance(self.done, steps) for team in self._teams]
        self._records.append(torch.cat(records, dim=2).to("cpu", torch.float64).numpy())
        self.done += steps

    @override
    def critic(self, member: int) -> tuple[Parameters, Tensor]:
        for team in self._teams:
            if member < len(team.members.list):
                return team.critic(member)
            member -= len(team.members.list)
        raise IndexError(member)

    @override
    def last(self) -> np.ndarray:
        return self._records[-1][:2, -1]

    @override
    def history(self, member: int, length: float) -> dict[str, np.ndarray]:
        series = [np.zeros((4, 0)), *(record[..., member] for record in self._records)]
        loss, steepest, fake, real = np.concatenate(series, axis=1)
        means = {"mean_fake_value": fake, "mean_real_value": real}
        return {"loss": loss, "steepest_gradient": steepest / length, **means}

    @override
    def keep(self, members: list[int]) -> None:
        teams, first = [], 0
        for team in self._teams:
            size = len(team.members.list)
            own = [member - first for member in members if first <= member < first + size]
            if own:
                teams.append(team if len(own) == size else team.kept(own))
            first += size
        records = [record[..., members] for record in self._records]
        self._teams, self._records = teams, records


__all__ = ["Ensemble", "has_analytic_step"]
