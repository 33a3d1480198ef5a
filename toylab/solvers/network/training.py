"""Trained critics: min over networks of E_fake φ(f) + E_real ϕ(f) + R(max ‖∇f‖ on blends) (LGAN Eq. 12, 27)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from typing_extensions import override

from toylab.errors import InputError
from toylab.problem import CriticProblem
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.devices import find_device, run_on
from toylab.solvers.headway import Progress, check_progress
from toylab.solvers.network.architectures import MLP, AbstractArchitecture
from toylab.solvers.network.batches import AbstractBatches, FullBatch
from toylab.solvers.network.curriculum import Curriculum
from toylab.solvers.network.ensemble import has_analytic_step
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.penalties import AbstractPenalty, MaxGradientPenalty
from toylab.solvers.network.polish import AbstractPolish, ScaleAndOffset
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.stopping import AbstractStopping, CertifiedGap
from toylab.solvers.threads import suited_threads

#: Units of a layer, to judge the size of the arrays of a step.
_TYPICAL_WIDTH = 64


@dataclass(frozen=True, kw_only=True)
class NetworkSolver(AbstractSolver):
    """Trains a network critic, certifies it on the way and hands back the best one seen.

    Points are moved to the origin and scaled to unit size before training, with λ to match, and the critic is
    returned in the caller's coordinates and in float64. The result depends on the seed and the device only,
    never on the global random state.

    Attributes:
        architecture: the family of functions.
        penalty: what steep gradients cost.
        batches: which points enter a step.
        schedule: steps, learning rate, ramp of λ.
        stopping: when to end before the schedule does.
        polish: exact improvements tried on every critic that is examined.
        normalise: whether to train in units of the problem's own; otherwise the network sees the caller's points,
            and its bare output is the critic.
        ensemble_size: networks trained at once from different starts; the best one is returned.
        seed: of everything random.
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        rtol: the relative gap (and excess) that counts as converged when the schedule ends.
        progress: called every 50 steps with loss, objective, k, training (problems that still are) and, once they
            are known, relative_gap and relative_excess, of the hardest problem in training. An exception it
            raises ends the run; KeyboardInterrupt keeps the best critics.
    """

    architecture: AbstractArchitecture = field(default_factory=MLP)
    penalty: AbstractPenalty = field(default_factory=MaxGradientPenalty)
    batches: AbstractBatches = field(default_factory=FullBatch)
    schedule: Schedule = field(default_factory=Schedule)
    stopping: AbstractStopping = field(default_factory=CertifiedGap)
    polish: tuple[AbstractPolish, ...] = (ScaleAndOffset(),)
    normalise: bool = True
    ensemble_size: int = 1
    seed: int = 0
    device: str = "auto"
    rtol: float = 1e-2
    progress: Progress | None = None

    exact = False

    def __post_init__(self) -> None:
        kinds = {
            "architecture": AbstractArchitecture,
            "penalty": AbstractPenalty,
            "batches": AbstractBatches,
            "schedule": Schedule,
            "stopping": AbstractStopping,
        }
        for name, kind in kinds.items():
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be a {kind.__name__}, got {getattr(self, name)!r}.")
        check_progress(self.progress)
        if not (isinstance(self.ensemble_size, int) and self.ensemble_size >= 1):
            raise InputError(f"the ensemble size must be a positive whole number, got {self.ensemble_size!r}.")
        if not (isinstance(self.seed, int | np.integer) and self.seed >= 0):
            raise InputError(f"the seed must be a whole number that is not negative, got {self.seed!r}.")

    @override
    def check(self, problem: CriticProblem) -> None:
        self.penalty.check(problem)
        self.batches.check(problem)
        find_device(self.device)

    def normalised(self, problem: CriticProblem) -> NormalisedProblem:
        """The problem in the units of the training."""
        return NormalisedProblem.of(problem) if self.normalise else NormalisedProblem.unchanged(problem)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        return self.run_many([(self, problem)])[0]

    @override
    def goes_with(self, problem: CriticProblem, other: AbstractSolver, its_problem: CriticProblem) -> bool:
        """Solvers that differ in their seeds train together, on problems of like sizes, padded to the largest."""
        return (
            isinstance(other, NetworkSolver)
            and has_analytic_step(self)
            and replace(self, seed=0) == replace(other, seed=0)
            and problem.dimension == its_problem.dimension
            and _size_class(problem) == _size_class(its_problem)
        )

    @override
    def run_many(self, jobs: Sequence[tuple[AbstractSolver, CriticProblem]]) -> list[Outcome]:
        mine = [(solver, problem) for solver, problem in jobs if isinstance(solver, NetworkSolver)]
        points = max(len(problem.fake) + len(problem.real) for _, problem in mine)
        with suited_threads(self.ensemble_size * len(jobs) * points * _TYPICAL_WIDTH):
            return run_on(self.device, lambda device: Curriculum(mine, device).run())


def _size_class(problem: CriticProblem) -> tuple[int, int]:
    """Problems of one class differ by less than a factor of two in their points a side."""
    return len(problem.fake).bit_length(), len(problem.real).bit_length()
