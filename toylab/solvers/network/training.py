"""Trained critics: min over networks of E_fake φ(f) + E_real ϕ(f) + R(max ‖∇f‖ on blends) (LGAN Eq. 12, 27)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.errors import InputError
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.devices import find_device
from toylab.solvers.network.architectures import MLP, AbstractArchitecture
from toylab.solvers.network.batches import AbstractBatches, FullBatch
from toylab.solvers.network.examination import Examiner
from toylab.solvers.network.loop import TrainingLoop
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.penalties import AbstractPenalty, MaxGradientPenalty
from toylab.solvers.network.polish import AbstractPolish, ScaleAndOffset
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.stopping import AbstractStopping, CertifiedGap, Judgement
from toylab.solvers.threads import suited_threads

#: Called with (steps done, steps in all, named numbers).
Progress = Callable[[int, int, Mapping[str, float]], None]

#: Steps between two looks at whether the loss is finite, and two reports of progress.
_LOOK_EVERY = 50

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
        progress: called every 50 steps; an exception it raises ends the run, KeyboardInterrupt keeps the
            best critic.
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
        if not (isinstance(self.ensemble_size, int) and self.ensemble_size >= 1):
            raise InputError(f"the ensemble size must be a positive whole number, got {self.ensemble_size!r}.")
        if not (isinstance(self.seed, int | np.integer) and self.seed >= 0):
            raise InputError(f"the seed must be a whole number that is not negative, got {self.seed!r}.")

    @override
    def check(self, problem: CriticProblem) -> None:
        self.penalty.check(problem)
        self.batches.check(problem)
        find_device(self.device)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        points = len(problem.fake) + len(problem.real)
        with suited_threads(self.ensemble_size * points * _TYPICAL_WIDTH):
            return self._run(problem)

    def _run(self, problem: CriticProblem) -> Outcome:
        device = find_device(self.device)
        normalised = NormalisedProblem.of(problem) if self.normalise else NormalisedProblem.unchanged(problem)
        loop = TrainingLoop(self, normalised, device)
        examiner = Examiner(architecture=self.architecture, problem=normalised, polish=self.polish)
        examiner.consider(loop.critics(), loop.state.memory)
        judgements: list[Judgement] = []
        try:
            status = self._train(loop, examiner, judgements)
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        examiner.consider(loop.critics(), loop.state.memory)
        last = examiner.judge(loop.done)
        if status is Status.ITERATION_LIMIT and last.within(self.rtol, self.rtol):
            status = Status.CONVERGED
        return Outcome(
            critic=examiner.module().as_critic(),
            status=status,
            stats=self._stats(loop, examiner, last, str(device)),
            history=_history(loop, examiner, [*judgements, last]),
        )

    def _train(self, loop: TrainingLoop, examiner: Examiner, judgements: list[Judgement]) -> Status:
        steps = self.schedule.steps
        while loop.done < steps:
            loop.step()
            if loop.done % _LOOK_EVERY == 0 or loop.done == steps:
                losses = loop.last_losses()
                if not np.isfinite(losses).any():
                    return Status.DIVERGED
                if self.progress is not None:
                    self.progress(loop.done, steps, _information(losses, examiner, judgements))
            if self.stopping.asks_at(loop.done):
                examiner.consider(loop.critics(), loop.state.memory)
                judgements.append(examiner.judge(loop.done))
                status = self.stopping.done(judgements[-1])
                if status is not None:
                    return status
        return Status.ITERATION_LIMIT

    def _stats(self, loop: TrainingLoop, examiner: Examiner, last: Judgement, device: str) -> dict[str, Any]:
        return {
            "device": device,
            "steps": loop.done,
            "seed": int(self.seed),
            "ensemble_size": self.ensemble_size,
            "member": examiner.member,
            "objective": examiner.objective,
            "weight": self.penalty.weight_used(examiner.problem.problem.regularizer),
            "steepest_gradient": examiner.steepest / examiner.problem.length,
            "relative_excess": last.relative_excess,
        }


def _information(losses: np.ndarray, examiner: Examiner, judgements: list[Judgement]) -> dict[str, float]:
    information = {"loss": float(np.nanmin(losses)), "objective": examiner.objective}
    if judgements:
        information["relative_gap"] = judgements[-1].relative_gap
        information["relative_excess"] = judgements[-1].relative_excess
    return information


def _history(loop: TrainingLoop, examiner: Examiner, judgements: list[Judgement]) -> dict[str, np.ndarray]:
    return {
        **loop.history(examiner.member, examiner.problem.length),
        "judged_step": np.array([judgement.step for judgement in judgements]),
        "relative_gap": np.array([judgement.relative_gap for judgement in judgements]),
        "relative_excess": np.array([judgement.relative_excess for judgement in judgements]),
    }


__all__ = ["NetworkSolver", "Progress"]
