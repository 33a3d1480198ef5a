"""The training steps themselves: mutable, on the device, and blind to what they are for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from toylab.solvers.network.architectures import Parameters
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.engine import AbstractEngine
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.penalties import Blends, CriticUnderTraining

if TYPE_CHECKING:
    from toylab.solvers.network.training import NetworkSolver

_DTYPE = torch.float32


class TrainingLoop(AbstractEngine):
    """Minimise J(f) + share · penalty(f) K members at once, f = offset + scale · network.

    Attributes:
        parameters: of the ensemble.
        state: of the penalty.
        done: steps taken.
    """

    def __init__(self, solver: NetworkSolver, problem: NormalisedProblem, device: torch.device) -> None:
        self._solver, self._losses = solver, problem.problem.losses
        self._generator = torch.Generator(device=device).manual_seed(int(solver.seed))
        self._everything = problem.batch(_DTYPE, device)
        aim = solver.penalty.aims_at(problem.problem.regularizer)
        self._scale, self._offset = problem.start_for(aim)
        self._architecture = solver.architecture.trained_for(aim)
        members, schedule = solver.ensemble_size, solver.schedule
        dimension = problem.problem.dimension
        self.parameters = self._architecture.init(members, dimension, self._generator, dtype=_DTYPE)
        self._critic = CriticUnderTraining(self._architecture, self.parameters, self._scale, self._offset)
        ends = (problem.points(measure.points) for measure in (problem.problem.fake, problem.problem.real))
        blends = Blends(*(torch.as_tensor(end, dtype=_DTYPE, device=device) for end in ends))
        self._architecture.place(self.parameters, lambda count: blends.sample(members, count, self._generator))
        self._optimizer = schedule.begin(self.parameters)
        self.state = solver.penalty.begin(members, problem.regularizer, blends, self._generator)
        self.state = replace(self.state, length=problem.length)
        self._record = torch.zeros(4, schedule.steps, members, dtype=_DTYPE, device=device)
        self.done = 0

    def go_on_with(self, everything: Batch) -> None:
        """Exchange the points for others, in the units of the first ones; what was learned and remembered stays."""
        self._everything = everything
        self.state = replace(self.state, blends=Blends(everything.fake, everything.real))

    def values_and_gradients(self, points: Tensor) -> tuple[Tensor, Tensor]:
        """(K, m) and (K, m, d) of the critics at points (m, d), in the units of the training."""
        with torch.no_grad():
            values, gradients = self._architecture.value_and_input_gradient(self.parameters, points)
        return self._offset + self._scale * values, self._scale * gradients

    def kept(self) -> dict[str, Any]:
        """Everything that another loop of the same solver and problem needs to go on from here: tensors."""
        optimizer, random = self._optimizer.state(), self._generator.get_state()
        return {"optimizer": optimizer, "memory": self.state.memory.clone(), "generator": random}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what another loop kept."""
        self._optimizer.restore(kept["optimizer"])
        self._generator.set_state(kept["generator"])
        self.state = replace(self.state, memory=kept["memory"].to(self.state.memory))

    def step(self) -> None:
        """One step of the optimiser."""
        solver, schedule = self._solver, self._solver.schedule
        batch = solver.batches.next(self._everything, self._generator)
        self.state = replace(self.state, batch=batch)
        if solver.batches.blends_with_batch:
            self.state = replace(self.state, blends=Blends(batch.fake, batch.real))
        with torch.no_grad():
            steep, self.state = solver.penalty.look(self._gradients, self.state)
        # one forward pass for both: values at the batch, gradients at the steep points
        together = torch.cat([batch.points.expand(len(steep), -1, -1), steep], dim=1)
        values, gradients = self._architecture.value_and_input_gradient(self.parameters, together, last=steep.shape[1])
        price, self.state = solver.penalty.term(self._scale * gradients, self.state)
        surcharge = solver.penalty.surcharge(self._critic, self.state)
        price = price if surcharge is None else price + surcharge
        values = self._offset + self._scale * values[:, : len(batch.points)]
        loss = batch.objective(self._losses, values) + schedule.penalty_share(self.done) * price
        loss.sum().backward()
        self._optimizer.step(schedule.rate(self.done))
        solver.penalty.project(self.parameters)
        self._architecture.settle(self.parameters)
        self._record[0, self.done] = loss.detach()
        self._record[1, self.done] = self.state.steepest
        self._record[2:, self.done] = batch.means(values.detach())
        self.done += 1

    @override
    def advance(self, steps: int) -> None:
        for _ in range(steps):
            self.step()

    @override
    def critic(self, member: int) -> tuple[Parameters, Tensor]:
        parameters = [parameter[member : member + 1].cpu() for parameter in self.critics()]
        return parameters, self.state.memory[member].detach().to("cpu", torch.float64)

    @override
    def last(self) -> np.ndarray:
        steepest = self.state.steepest.detach().cpu().numpy().astype(np.float64)
        return np.stack([self.last_losses(), steepest])

    @override
    def keep(self, members: list[int]) -> None:
        assert members == list(range(len(self.parameters[0]))), "the starts of one problem end together"

    def _gradients(self, points: Tensor) -> Tensor:
        return self._scale * self._architecture.value_and_input_gradient(self.parameters, points)[1]

    def critics(self, member: int | None = None) -> Parameters:
        """Parameters of the ensemble, or of one member, with scale and offset of the training folded in, float64."""
        chosen = slice(None) if member is None else slice(member, member + 1)
        with torch.no_grad():
            parameters = [parameter[chosen].double() for parameter in self.parameters]
            like = parameters[0].new_ones(len(parameters[0]))
            return self._architecture.rescaled(parameters, self._scale * like, self._offset * like)

    def last_losses(self) -> np.ndarray:
        """(K,), the loss of the last step; waits for the device."""
        return self._record[0, max(self.done - 1, 0)].cpu().numpy().astype(np.float64)

    @override
    def history(self, member: int, length: float) -> dict[str, np.ndarray]:
        """Series of one member, (steps done,), in the caller's units.

        Loss, steepest gradient, and the mean critic value on the fake and on the real points of the step's batch.
        """
        loss, steepest, fake, real = self._record[:, : self.done, member].cpu().numpy().astype(np.float64)
        means = {"mean_fake_value": fake, "mean_real_value": real}
        return {"loss": loss, "steepest_gradient": steepest / length, **means}


__all__ = ["TrainingLoop"]
