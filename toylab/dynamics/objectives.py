"""Objectives that fake particles can follow: certified Lipschitz critics, and the unrestricted ones that fail.

What moves what has to be said for each of them. A Lipschitz critic of finite measures has a gradient at every fake.
An unrestricted one has values at the points and nothing between them (LGAN §3.1), so that its gradient there is
whatever one likes: `PointwiseOptimum` moves nothing. `NoisyDensities` gives both measures a density by adding noise,
where the same objectives do have gradients: those of the two densities at that very place.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.critics import unit_vectors
from toylab.distributions import Masses, Noisy
from toylab.divergences import DensityPair, FisherIPM, LocalObjective, Uniform, UnrestrictedLoss
from toylab.divergences.fisher import FisherCritic
from toylab.dynamics.answers import Answer, along_plan
from toylab.errors import InputError, real_number
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import Regularizer
from toylab.regularizers import Unrestricted as NoRestriction

#: Fake and real measures of one update: the whole of them, or a minibatch that is drawn anew at every call.
Draw = Callable[[], tuple[DiscreteMeasure, DiscreteMeasure]]


class AbstractObjective(ABC):
    """Something whose optimal critic the fakes follow."""

    #: Whether an answer holds a plan, and so tells how far a fake has to go.
    has_plan: bool = False

    @property
    @abstractmethod
    def name(self) -> str:
        """A few words for legends and messages."""

    @abstractmethod
    def answer(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        """The optimal critic's gradients at the fakes, with what is known about the critic."""

    def check(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> None:
        """Raise InputError where this objective has no critic for such measures, before any work is done."""
        return

    def begun(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> AbstractObjective:
        """The objective for one run of steps that starts at these measures: itself where it carries nothing along."""
        return self

    def update(self, draw: Draw) -> None:
        """Learn from measures that `draw` hands out before the next answer; nothing to learn by default."""
        return

    def uncertified(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        """The answer without what only a certificate needs, where that saves work."""
        return self.answer(fake, real)

    def kept(self) -> dict[str, Any]:
        """What a run carries along, as plain data and tensors, to go on later; nothing by default."""
        return {}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what a run of the same objective kept."""
        return


@dataclass(frozen=True, kw_only=True, eq=False)
class LipschitzCritic(AbstractObjective):
    """The critic of min_f J(f) + R(k(f)), solved anew at every step.

    Of an exact solver the fakes follow ∇f* where it exists, and at a kink the mean that the plan gives
    (`along_plan`); of a trained one they follow the gradients of the network.

    Attributes:
        losses: φ and ϕ.
        regularizer: R, a penalty or a ball.
        solver: None for the exact solver that fits, at `rtol`; or any other solver.
        rtol: relative gap of the exact critic.

    Raises:
        InputError: no restriction, parts of another type, or an rtol outside (0, 1).
    """

    losses: LossPair
    regularizer: Regularizer
    solver: Any = None
    rtol: float = 1e-6

    def __post_init__(self) -> None:
        from toylab.solvers.base import AbstractSolver

        if not isinstance(self.losses, LossPair):
            raise InputError(f"a Lipschitz critic needs a pair such as losses.logistic(), got {self.losses!r}.")
        if not isinstance(self.regularizer, Regularizer):
            raise InputError(
                f"a Lipschitz critic needs a regulariser: LipschitzPenalty(0.1), got {self.regularizer!r}."
            )
        if self.solver is not None and not isinstance(self.solver, AbstractSolver):
            raise InputError(f"the solver of a Lipschitz critic is an object such as MaxGP(), got {self.solver!r}.")
        if isinstance(self.regularizer, NoRestriction):
            raise InputError("an unrestricted critic has no gradient at the fakes; take PointwiseOptimum.of(losses).")
        if not 0 < real_number(self.rtol, "rtol") < 1:
            raise InputError(f"rtol must lie between 0 and 1, got {self.rtol}.")

    @property
    def has_plan(self) -> bool:  # type: ignore[override]
        """Exact critics come with a plan."""
        return self.solver is None or bool(getattr(self.solver, "exact", False))

    @property
    @override
    def name(self) -> str:
        return f"{self.losses.name}, {self.regularizer.describe()}"

    @override
    def check(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> None:
        from toylab.solvers.solving import check_has_optimum

        check_has_optimum(self._problem(fake, real))

    @override
    def answer(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        from toylab.solvers.solving import default_solver, solve

        problem = self._problem(fake, real)
        solver = replace(default_solver(problem), rtol=self.rtol) if self.solver is None else self.solver  # type: ignore[call-arg]
        solution = solve(problem, solver, throw=False)
        constant, gap = float(solution.lipschitz_constant), float(solution.certificate.relative_gap)
        if self.has_plan:
            plan = solution.certificate.plan.toarray()
            found = along_plan(fake.points, fake.weights, real.points, plan, constant=constant)
            found = replace(found, real_values=solution.real_values)
        else:
            gradients = np.asarray(solution.critic.gradient(fake.points))
            found = Answer(gradients=gradients, directions=unit_vectors(gradients), constant=constant)
        return replace(found, gap=gap, value=float(solution.value), fake_values=solution.fake_values)

    def _problem(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> CriticProblem:
        return CriticProblem(fake, real, self.losses, self.regularizer)


@dataclass(frozen=True, kw_only=True, eq=False)
class PointwiseOptimum(AbstractObjective):
    """An objective without restriction on the finite measures themselves: it moves nothing.

    f*(z) depends on the masses at z alone and is undefined between the points, so that any gradient at a fake is as
    optimal as any other; none is taken, and every fake stays where it is.

    Attributes:
        local: the objective, for instance `UnrestrictedLoss(losses.logistic())` or `FisherIPM()`.
    """

    local: LocalObjective

    def __post_init__(self) -> None:
        _checked_local(self.local)

    @classmethod
    def of(cls, losses: LossPair) -> PointwiseOptimum:
        """The unrestricted problem of these losses."""
        return cls(local=UnrestrictedLoss(losses))

    @property
    @override
    def name(self) -> str:
        return f"{self.local.name}, on the points"

    @override
    def answer(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        nothing = np.zeros(fake.points.shape)
        return Answer(gradients=nothing, directions=nothing, value=float(self.local.value(fake, real).value))


@dataclass(frozen=True, kw_only=True, eq=False)
class NoisyDensities(AbstractObjective):
    """An objective without restriction after N(0, scale² I) is added to fakes and reals, so that both have densities.

    ∇f*(x) then depends on the two densities around x alone: an attraction to the reals within a few scales minus a
    repulsion from the other fakes (Arjovsky and Bottou 2017, Cor. 3.2). The critic is exact, in closed form.

    Attributes:
        local: the objective; of a `FisherIPM` the one with `Uniform()` μ.
        scale: standard deviation of the noise, > 0.

    Raises:
        InputError: scale not positive, or a Fisher IPM with another μ.
    """

    local: LocalObjective
    scale: float = field(default=0.15)

    def __post_init__(self) -> None:
        _checked_local(self.local)
        if not real_number(self.scale, "the scale of the noise") > 0:
            raise InputError(f"the scale of the noise must be positive, got {self.scale}.")
        if isinstance(self.local, FisherIPM) and not isinstance(self.local.mu, Uniform):
            raise InputError("with noise the Fisher IPM is known for uniform μ only: take FisherIPM(mu=Uniform()).")

    @property
    @override
    def name(self) -> str:
        return f"{self.local.name}, densities of noise {self.scale:g}"

    @override
    def answer(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> Answer:
        left, right = (Noisy(Masses(measure), self.scale) for measure in (fake, real))
        value = np.nan
        if isinstance(self.local, FisherIPM):
            value = self._fisher(fake, real)
            critic: Any = FisherCritic(DensityPair(left, right), Uniform(), value)
        else:
            critic = self.local.critic(left, right)
        gradients = critic.gradient(fake.points)
        gradients = np.where(np.isfinite(gradients), gradients, 0.0)
        return Answer(gradients=gradients, directions=unit_vectors(gradients), value=value)

    def _fisher(self, fake: DiscreteMeasure, real: DiscreteMeasure) -> float:
        """√∫(q − p)²: the noise of two points overlaps like N(0, 2 scale² I) at their difference."""
        points = np.concatenate([fake.points, real.points])
        signed = np.concatenate([-fake.weights, real.weights])
        variance = 2.0 * self.scale**2
        overlap = np.exp(-0.5 * cdist(points, points, "sqeuclidean") / variance)
        square = float(signed @ overlap @ signed) / (2.0 * np.pi * variance) ** (0.5 * fake.dimension)
        return float(np.sqrt(max(square, 0.0)))


def _checked_local(local: object) -> None:
    if not isinstance(local, LocalObjective):
        raise InputError(
            f"an objective without restriction is UnrestrictedLoss(losses.logistic()), FisherIPM() or another of "
            f"toylab.divergences, got {local!r}."
        )


__all__ = ["AbstractObjective", "Draw", "LipschitzCritic", "NoisyDensities", "PointwiseOptimum"]
