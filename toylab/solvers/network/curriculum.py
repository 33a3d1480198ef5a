"""Many problems through one training: who is examined when, who is done, who goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.base import Outcome
from toylab.solvers.network.clock import Clock
from toylab.solvers.network.course import Course
from toylab.solvers.network.engine import AbstractEngine
from toylab.solvers.network.ensemble import Ensemble, has_analytic_step
from toylab.solvers.network.loop import TrainingLoop
from toylab.solvers.network.members import Member
from toylab.solvers.network.normalisation import NormalisedProblem

if TYPE_CHECKING:
    from toylab.solvers.network.training import NetworkSolver

#: Steps between two looks at whether the losses are finite, and two reports of progress.
_LOOK_EVERY = 50

_DTYPE = torch.float32

#: From here on squares of gradients overflow, and steps that are divided by them stand still.
_BEYOND = float(np.sqrt(np.finfo(np.float32).max))


class Curriculum:
    """Problems trained side by side by solvers that differ in their seeds only.

    A problem whose stopping rule is met, or whose losses are no longer finite, leaves; the others go on.
    """

    def __init__(self, jobs: list[tuple[NetworkSolver, CriticProblem]], device: torch.device) -> None:
        self._clock, self._device = Clock(), device
        self._solver = jobs[0][0]
        normalised: dict[int, NormalisedProblem] = {}  # many seeds of one problem share what is known about it
        for _, problem in jobs:
            normalised.setdefault(id(problem), self._solver.normalised(problem))
        courses = [(solver, Course(solver, normalised[id(problem)])) for solver, problem in jobs]
        self._courses = [course for _, course in courses]
        ordered = _by_losses(courses)
        self._active = [course for _, course in ordered]
        self._engine = self._make_engine(ordered)

    def _make_engine(self, courses: list[tuple[NetworkSolver, Course]]) -> AbstractEngine:
        if not has_analytic_step(self._solver):
            ((solver, course),) = courses
            return TrainingLoop(solver, course.problem, self._device)
        starts = range(self._solver.ensemble_size)
        members = [
            Member.of(course.problem, int(solver.seed), start, _DTYPE, self._device)
            for solver, course in courses
            for start in starts
        ]
        return Ensemble(self._solver, members)

    def run(self) -> list[Outcome]:
        """Train to the end; an interruption keeps the best critics so far."""
        try:
            for number, course in enumerate(self._active):
                course.examine(self._engine, self._first(number))
            self._train()
            status = Status.ITERATION_LIMIT
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        self._finish(dict.fromkeys(range(len(self._active)), status))
        return [course.outcome for course in self._courses if course.outcome is not None]

    def _first(self, number: int) -> int:
        return number * self._solver.ensemble_size

    def _train(self) -> None:
        steps, stopping, engine = self._solver.schedule.steps, self._solver.stopping, self._engine
        while self._active and engine.done < steps:
            engine.advance(self._stride())
            if engine.done % _LOOK_EVERY == 0 or engine.done == steps:
                self._drop(self._diverged())
                self._report()
            if self._active and stopping.asks_at(engine.done):
                self._drop(self._judged())

    def _stride(self) -> int:
        """Steps to the next look, question or end."""
        schedule, stopping, done = self._solver.schedule, self._solver.stopping, self._engine.done
        end = min((done // _LOOK_EVERY + 1) * _LOOK_EVERY, schedule.steps)
        return next((step for step in range(done + 1, end) if stopping.asks_at(step)), end) - done

    def _diverged(self) -> dict[int, Status]:
        losses = self._engine.last()[0].reshape(len(self._active), -1)
        alive = np.abs(losses) < _BEYOND  # false for NaN
        return dict.fromkeys(np.flatnonzero(~alive.any(axis=1)).tolist(), Status.DIVERGED)

    def _judged(self) -> dict[int, Status]:
        done = {}
        for number, course in enumerate(self._active):
            course.examine(self._engine, self._first(number))
            status = self._solver.stopping.done(course.judge(self._engine.done, self._clock))
            if status is not None:
                done[number] = status
        return done

    def _finish(self, ended: dict[int, Status]) -> None:
        for number, status in ended.items():
            first, device = self._first(number), str(self._device)
            self._active[number].finish(self._engine, first, status, self._clock, device=device)

    def _drop(self, ended: dict[int, Status]) -> None:
        if not ended:
            return
        self._finish(ended)
        rest = [number for number in range(len(self._active)) if number not in ended]
        starts = range(self._solver.ensemble_size)
        if rest:
            self._engine.keep([self._first(number) + start for number in rest for start in starts])
        self._active = [self._active[number] for number in rest]

    def _report(self) -> None:
        """Tell the progress function about the hardest problem still in training: the largest gap and excess."""
        if self._solver.progress is None or not self._active:
            return
        losses, steepest = self._engine.last().reshape(2, len(self._active), -1)
        numbers = [course.information(loss, k) for course, loss, k in zip(self._active, losses, steepest, strict=True)]
        hardest = max(numbers, key=lambda known: known.get("relative_gap", 0.0) + known.get("relative_excess", 0.0))
        done, steps = self._engine.done, self._solver.schedule.steps
        self._solver.progress(done, steps, {**hardest, "training": float(len(self._active))})


def _by_losses(courses: list[tuple[NetworkSolver, Course]]) -> list[tuple[NetworkSolver, Course]]:
    """Those with the same losses in a row."""
    kinds: list[list[tuple[NetworkSolver, Course]]] = []
    for solver, course in courses:
        losses = course.problem.problem.losses
        kind = next((kind for kind in kinds if kind[0][1].problem.problem.losses == losses), None)
        if kind is None:
            kinds.append(kind := [])
        kind.append((solver, course))
    return [item for kind in kinds for item in kind]


__all__ = ["Curriculum"]
