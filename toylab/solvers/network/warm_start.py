"""A critic in training whose measures move: n_critic updates, then the fakes move on, and so for ever.

The units of the training, and scale and offset of f = offset + scale · network, are those of the first measures; every
later step goes on from the parameters, the optimiser's moments and the memory S_max that the one before left. The
learning rate and λ stay constant: there is no end to decay towards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from toylab.measures import DiscreteMeasure
from toylab.network_critic import NetworkCritic
from toylab.problem import CriticProblem
from toylab.solvers.devices import find_device
from toylab.solvers.network.batches import Batch, FullBatch
from toylab.solvers.network.critic import TrainedCritic
from toylab.solvers.network.loop import TrainingLoop
from toylab.solvers.network.training import NetworkSolver


class WarmTraining:
    """One critic, trained on whatever measures it is given next.

    Of the solver count architecture, penalty, optimiser, learning rate, units, seed and device.

    Attributes:
        steps: taken so far.
    """

    def __init__(self, solver: NetworkSolver, problem: CriticProblem) -> None:
        solver.penalty.check(problem)
        schedule = replace(solver.schedule, steps=1, final_share=1.0, ramp=0.0)
        self._solver = replace(solver, batches=FullBatch(), schedule=schedule, ensemble_size=1)
        self._device = find_device(solver.device)
        self._units = self._solver.normalised(problem)
        self._loop = TrainingLoop(self._solver, self._units, self._device)
        self.steps = 0

    def step(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> None:
        """One update on all points of these measures."""
        self._loop.go_on_with(self._batch(fake, real))
        self._loop.done = 0  # every step is the first of its schedule: constant rate, full λ
        self._loop.step()
        self.steps += 1

    def values_and_gradients(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The critic's values (m,) and gradients (m, d) at points (m, d), in the precision of the training."""
        units = torch.as_tensor(self._units.points(points), dtype=torch.float32, device=self._device)
        values, gradients = self._loop.values_and_gradients(units)
        as_array = [tensor[0].to("cpu", torch.float64).numpy() for tensor in (values, gradients)]
        return as_array[0], as_array[1] / self._units.length

    def critic(self) -> NetworkCritic:
        """The critic as it is now, in the caller's coordinates and in float64."""
        parameters = [parameter.cpu() for parameter in self._loop.critics(0)]
        return TrainedCritic(self._solver.architecture, parameters, self._units.centre, self._units.length).as_critic()

    def kept(self) -> dict[str, Any]:
        """What another training of the same solver, begun on the same problem, needs to go on from here."""
        return {"steps": self.steps, "loop": self._loop.kept()}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what another one kept."""
        self.steps = int(kept["steps"])
        self._loop.restore(kept["loop"])

    def _batch(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Batch:
        sides = []
        for measure in (fake, real):
            charged = measure.weights > 0
            sides += [self._units.points(measure.points[charged]), measure.weights[charged]]
        tensors = (torch.as_tensor(side, dtype=torch.float32, device=self._device) for side in sides)
        return Batch(*tensors, centre=self._units.centre, length=self._units.length)


__all__ = ["WarmTraining"]
