"""A critic in training whose measures move: n_critic updates, then the fakes move on, and so for ever.

The units of the training, and scale and offset of f = offset + scale · network, are those of the first measures; every
later step goes on from the parameters, the optimiser's moments and the memory S_max that the one before left. The
learning rate and λ stay constant: there is no end to decay towards. Where the backward pass is written out (MaxGP on a
piecewise linear MLP) it is used here, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.network_critic import NetworkCritic
from toylab.problem import CriticProblem
from toylab.solvers.devices import find_device
from toylab.solvers.network.batches import Batch, FullBatch
from toylab.solvers.network.critic import TrainedCritic
from toylab.solvers.network.ensemble import has_analytic_step
from toylab.solvers.network.loop import TrainingLoop
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.training import NetworkSolver
from toylab.solvers.network.warm_step import WarmStep


class AutogradStep:
    """Steps of a training loop, on other points each time."""

    def __init__(self, solver: NetworkSolver, problem: NormalisedProblem, device: torch.device) -> None:
        self._loop = TrainingLoop(solver, problem, device)
        self.values_and_gradients, self.critics = self._loop.values_and_gradients, self._loop.critics
        self.kept, self.restore = self._loop.kept, self._loop.restore

    def step(self, batch: Batch) -> None:
        """One update on the points of a batch and blends between them."""
        self._loop.go_on_with(batch)
        self._loop.done = 0  # every step is the first of its schedule: constant rate, full λ
        self._loop.step()


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
        loop = WarmStep if has_analytic_step(self._solver) else AutogradStep
        self._loop = loop(self._solver, self._units, self._device)
        self.steps = 0

    def step(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> None:
        """One update on all points of these measures."""
        self._loop.step(self._batch(fake, real))
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
        """Go on from what another one kept.

        Raises:
            InputError: it was kept by another kind of step: of another solver, or by an earlier version.
        """
        try:
            self._loop.restore(kept["loop"])
            self.steps = int(kept["steps"])
        except (KeyError, RuntimeError, ValueError) as error:
            raise InputError(f"what was kept of a training does not fit this one ({error}); begin anew.") from None

    def _batch(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Batch:
        sides = []
        for measure in (fake, real):
            charged = measure.weights > 0
            sides += [self._units.points(measure.points[charged]), measure.weights[charged]]
        tensors = (torch.as_tensor(side, dtype=torch.float32, device=self._device) for side in sides)
        return Batch(*tensors, centre=self._units.centre, length=self._units.length)


__all__ = ["WarmTraining"]
