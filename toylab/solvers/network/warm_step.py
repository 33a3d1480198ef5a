"""The hand-written step of MaxGP on measures that move: parameters, moments and memory stay, the points are exchanged.

It minimises what `TrainingLoop` does and begins at the same parameters, without autograd; blends are drawn by other
calls of the generator, so that two trainings agree in distribution and not digit by digit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import pad

from toylab.solvers.network.analytic_step import AnalyticStep, StepInputs, StepOutputs
from toylab.solvers.network.architectures import MLP, Parameters
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.members import Member, Members
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.penalties import MaxGradientPenalty
from toylab.solvers.network.penalties.base import Blends
from toylab.solvers.network.updates import updates_for
from toylab.solvers.network.workspace import remembered_count

if TYPE_CHECKING:
    from toylab.solvers.network.training import NetworkSolver

_DTYPE = torch.float32


class WarmStep:
    """One network under `MaxGradientPenalty`, at a constant learning rate and full λ."""

    def __init__(self, solver: NetworkSolver, problem: NormalisedProblem, device: torch.device) -> None:
        assert isinstance(solver.architecture, MLP)
        assert isinstance(solver.penalty, MaxGradientPenalty)
        self._architecture, self._penalty, self._schedule = solver.architecture, solver.penalty, solver.schedule
        generator = torch.Generator(device=device).manual_seed(int(solver.seed))
        everything = problem.batch(_DTYPE, device)
        self._member = Member(problem=problem, generator=generator, everything=everything)
        parameters = solver.architecture.init(1, problem.problem.dimension, generator, dtype=_DTYPE)
        ends = Blends(everything.fake, everything.real)
        solver.architecture.place(parameters, lambda count: ends.sample(1, count, generator))
        self._net = FlatMLP.of(solver.architecture, parameters)
        self._updates, self._count = updates_for(solver.schedule, self._net), 0
        self._ends = everything
        self._members, self._step = self._arrays(everything)
        self._step.work.memory.copy_(self._blends(self._step.work.memory.shape[1]))

    def step(self, batch: Batch) -> None:
        """One update on the points of a batch and blends between them."""
        self._go_on_with(batch)
        self._count += 1
        points, weights = self._members.stacked([batch])
        like, members = points.new_zeros(()), self._members
        inputs = StepInputs(
            points=pad(points, (0, 1)),
            weights=weights,
            fresh=self._blends(self._penalty.samples - remembered_count(self._penalty)),
            twice_weight=2.0 * self._schedule.penalty_share(0) * members.weight,
            rate=like.new_tensor(self._schedule.rate(0)),
            count=like.new_tensor(float(self._count)),
        )
        outputs = StepOutputs(values=torch.empty_like(weights), steepness=like.new_empty(2, 1, 1))
        self._step.take(inputs, outputs)

    @torch.no_grad()
    def values_and_gradients(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(1, m) and (1, m, d) of the critic at points (m, d), in the units of the training."""
        values, gradients = self._architecture.value_and_input_gradient(self._net.parameters(), points)
        scale, offset = self._member.problem.scale_and_offset
        return offset + scale * values, scale * gradients

    def critics(self, member: int) -> Parameters:
        """The parameters with scale and offset of the training folded in, float64."""
        assert member == 0
        parameters = [parameter.double() for parameter in self._net.parameters()]
        like = parameters[0].new_ones(1)
        scale, offset = self._member.problem.scale_and_offset
        return self._architecture.rescaled(parameters, scale * like, offset * like)

    def kept(self) -> dict[str, Any]:
        """Everything that another one of the same solver and problem needs to go on from here: tensors."""
        return {
            "count": self._count,
            "parameters": self._net.flat.clone(),
            "moments": [moment.clone() for moment in self._updates.moments()],
            "memory": self._step.work.memory.clone(),
            "generator": self._member.generator.get_state(),
        }

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what another one kept."""
        self._net.flat.copy_(kept["parameters"])
        for own, moment in zip(self._updates.moments(), kept["moments"], strict=True):
            own.copy_(moment)
        self._step.work.memory.copy_(kept["memory"])
        self._member.generator.set_state(kept["generator"])
        self._count = int(kept["count"])

    def _go_on_with(self, batch: Batch) -> None:
        """Take these points; the arrays of a step are made anew where their number has changed."""
        self._ends = batch
        if self._members.sizes == (len(batch.fake), len(batch.real)):
            return
        memory = self._step.work.memory
        self._members, self._step = self._arrays(batch)
        self._step.work.memory.copy_(memory)

    def _arrays(self, batch: Batch) -> tuple[Members, AnalyticStep]:
        """Those of a step on as many points."""
        members = Members([replace(self._member, everything=batch)])
        return members, AnalyticStep(self._net, members, self._penalty, self._updates)

    def _blends(self, count: int) -> Tensor:
        """(1, count, d + 1), blends between the points with their lots."""
        generator = self._member.generator
        blends = Blends(self._ends.fake, self._ends.real).sample(1, count, generator)
        lots = torch.rand(1, count, 1, generator=generator, dtype=blends.dtype, device=blends.device)
        return torch.cat([blends, lots], dim=-1)


__all__ = ["WarmStep"]
