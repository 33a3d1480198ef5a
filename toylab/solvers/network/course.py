"""One problem on its way through training: its examinations, its judgements, its outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from toylab.solution import Status
from toylab.solvers.base import Outcome
from toylab.solvers.network.as_trained import as_trained
from toylab.solvers.network.clock import Clock
from toylab.solvers.network.engine import AbstractEngine
from toylab.solvers.network.examination import Examiner
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.stopping import Judgement

if TYPE_CHECKING:
    from toylab.solvers.network.training import NetworkSolver


class Course:
    """The training of one problem by one solver, from one start or several.

    Attributes:
        problem: the problem in the units of the training.
        outcome: what came out, once it is finished.
    """

    def __init__(self, solver: NetworkSolver, problem: NormalisedProblem) -> None:
        self.problem, self.outcome = problem, None
        self._solver, self._judgements = solver, []
        self._examiner = Examiner(architecture=solver.architecture, problem=problem, polish=solver.polish)

    outcome: Outcome | None
    _judgements: list[Judgement]

    def examine(self, engine: AbstractEngine, first: int) -> None:
        """Look at the current critics, those of the members from `first` on; keep the best one seen."""
        for start in range(self._solver.ensemble_size):
            self._examiner.consider(*engine.critic(first + start), start, polished=engine.done > 0)

    def judge(self, step: int, clock: Clock) -> Judgement:
        """Certify the best critic."""
        self._judgements.append(clock.stamped(self._examiner.judge(step)))
        return self._judgements[-1]

    def finish(self, engine: AbstractEngine, first: int, status: Status, clock: Clock, **stats: Any) -> None:
        """Examine and judge for the last time, unless that has just been done, and write down the outcome."""
        if not (self._judgements and self._judgements[-1].step == engine.done):
            self.examine(engine, first)
            self.judge(engine.done, clock)
        last, examiner = self._judgements[-1], self._examiner
        if status is Status.ITERATION_LIMIT and last.within(self._solver.rtol, self._solver.rtol):
            status = Status.CONVERGED
        series = engine.history(first + examiner.member, self.problem.length)
        self.outcome = Outcome(
            critic=examiner.module().as_critic(),
            status=status,
            stats={
                "seconds": last.seconds,
                "steps": engine.done,
                "seed": int(self._solver.seed),
                "ensemble_size": self._solver.ensemble_size,
                "member": examiner.member,
                "objective": examiner.objective,
                "weight": self._solver.penalty.weight_used(self.problem.problem.regularizer),
                "steepest_gradient": examiner.steepest / self.problem.length,
                "relative_excess": last.relative_excess,
                **self._as_trained(engine, first + examiner.member),
                **stats,
            },
            history=self._history(series),
        )

    def _as_trained(self, engine: AbstractEngine, member: int) -> dict[str, float]:
        return as_trained(self._solver.architecture, self.problem, engine.critic(member)[0], self._examiner.plan)

    def _history(self, series: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        judged = {
            name: np.array([getattr(judgement, field) for judgement in self._judgements])
            for name, field in (
                ("judged_step", "step"),
                ("judged_seconds", "seconds"),
                ("judged_cpu_seconds", "cpu_seconds"),
                ("relative_gap", "relative_gap"),
                ("relative_excess", "relative_excess"),
            )
        }
        rates = [self._solver.schedule.rate(step) for step in range(len(series["loss"]))]
        return {
            **series,
            "learning_rate": np.array(rates),
            **judged,
        }

    def information(self, losses: np.ndarray, steepest: np.ndarray) -> dict[str, float]:
        """Numbers for a progress bar: of the start with the least loss, and of the last judgement."""
        best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else 0
        numbers = {
            "loss": float(losses[best]),
            "objective": self._examiner.objective,
            "k": float(steepest[best]) / self.problem.length,
        }
        if self._judgements:
            last = self._judgements[-1]
            numbers |= {"relative_gap": last.relative_gap, "relative_excess": last.relative_excess}
        return numbers


__all__ = ["Course"]
