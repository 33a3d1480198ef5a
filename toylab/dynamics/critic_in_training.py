"""A critic that is trained along with what follows it, as in a GAN: n_critic updates, one step, and so for ever.

    objective = CriticInTraining(
        losses=losses.logistic(), regularizer=LipschitzPenalty(0.1), solver=MaxGP(seed=0), n_critic=5
    )
    follow(problem, objective, step=UnitStep(length=0.05)).gaps      how far the critic lags behind, step by step

`LipschitzCritic(solver=MaxGP())` trains a new network to its end in every step instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from toylab.certificate import certify
from toylab.critics import unit_vectors
from toylab.dynamics.answers import Answer
from toylab.dynamics.objectives import AbstractObjective, Draw
from toylab.errors import InputError, whole_number
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.network_critic import NetworkCritic
from toylab.problem import CriticProblem
from toylab.regularizers import Regularizer, Unrestricted

if TYPE_CHECKING:
    from toylab.solvers.network.warm_start import WarmTraining


@dataclass(frozen=True, kw_only=True, eq=False)
class CriticInTraining(AbstractObjective):
    """A network critic that goes on from where the last step left it.

    The fakes follow the network's own gradients. Every answer is certified: its gap is how far the critic is from the
    optimum at these fakes (of an unrestricted problem there is none, and neither is a constant).

    Attributes:
        losses: φ and ϕ.
        regularizer: R, whose λ the penalty charges unless it has one of its own; `Unrestricted()` for the vanilla GAN.
        solver: a `NetworkSolver`, for instance `MaxGP()` or `GP(published=True)`: its architecture, penalty,
            optimiser, learning rate (held constant) and seed count, its batches and its end do not.
        n_critic: updates before every step.
        first: updates before the first one.

    Raises:
        InputError: something else than a NetworkSolver, or no updates.
    """

    losses: LossPair
    regularizer: Regularizer
    solver: Any
    n_critic: int = 5
    first: int = 100

    def __post_init__(self) -> None:
        from toylab.solvers.network import NetworkSolver

        if not isinstance(self.solver, NetworkSolver):
            raise InputError(
                "a critic in training is a network: give a NetworkSolver such as MaxGP(), got "
                f"{type(self.solver).__name__}; LipschitzCritic takes any solver."
            )
        whole_number(self.n_critic, "n_critic", least=1)
        whole_number(self.first, "the updates before the first step", least=0)

    @property
    @override
    def name(self) -> str:
        return f"{self.losses.name}, trained, {self.solver.penalty.weight_used(self.regularizer)}"

    @override
    def check(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> None:
        if not isinstance(self.regularizer, Unrestricted):
            from toylab.solvers.solving import check_has_optimum

            check_has_optimum(self._problem(fake, real))
        self.solver.penalty.check(self._problem(fake, real))

    @override
    def begun(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> RunningCritic:
        from toylab.solvers.network.warm_start import WarmTraining

        return RunningCritic(self, WarmTraining(self.solver, self._problem(fake, real)))

    @override
    def answer(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        """What a critic says that is trained from its start, by `first` updates on these measures."""
        running = self.begun(fake, real)
        running.update(lambda: (fake, real))
        return running.answer(fake, real)

    def _problem(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> CriticProblem:
        return CriticProblem(fake, real, self.losses, self.regularizer)


class RunningCritic(AbstractObjective):
    """The critic of one run, as `CriticInTraining.begun` starts it; mutable."""

    def __init__(self, settings: CriticInTraining, training: WarmTraining) -> None:
        self._settings, self._training = settings, training

    @property
    @override
    def name(self) -> str:
        return self._settings.name

    @override
    def update(self, draw: Draw) -> None:
        settings = self._settings
        for _ in range(settings.n_critic if self._training.steps else max(settings.first, settings.n_critic)):
            self._training.step(*draw())

    def critic(self) -> NetworkCritic:
        """The network as it is now, in float64."""
        return self._training.critic()

    @override
    def uncertified(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        values, gradients = self._training.values_and_gradients(fake.points)
        return Answer(gradients=gradients, directions=_directions(gradients), fake_values=values)

    @override
    def answer(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        critic = self.critic()
        gradients = critic.gradient(fake.points)
        problem = CriticProblem(fake, real, self._settings.losses, self._settings.regularizer)
        certificate = None if isinstance(problem.regularizer, Unrestricted) else certify(problem, critic)
        return Answer(
            gradients=gradients,
            directions=unit_vectors(gradients),
            constant=np.nan if certificate is None else certificate.constant,
            gap=np.nan if certificate is None else certificate.relative_gap,
            value=np.nan if certificate is None else certificate.primal,
            fake_values=critic(fake.points),
        )

    @override
    def kept(self) -> dict[str, Any]:
        return self._training.kept()

    @override
    def restore(self, kept: dict[str, Any]) -> None:
        self._training.restore(kept)


def _directions(gradients: np.ndarray) -> np.ndarray:
    """Unit vectors; those of a critic that diverged stay as they are, for whoever looks at them."""
    return unit_vectors(gradients) if np.isfinite(gradients).all() else gradients


__all__ = ["CriticInTraining", "RunningCritic"]
