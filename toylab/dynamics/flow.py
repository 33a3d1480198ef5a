"""follow(): fake particles that move along the gradient of the optimal critic, which is found anew at every step.

    x_i(t + 1) = x_i(t) + step(∇f*_t(x_i(t))),    f*_t the optimal critic between the fakes at t and the reals

This is LGAN's picture of training with the critic at its optimum and every fake free to move. Theorem 2d speaks of its
equilibria, not of whether it gets there: that is what is measured.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from toylab.divergences import wasserstein1
from toylab.dynamics.answers import Answer
from toylab.dynamics.objectives import AbstractObjective, LipschitzCritic, PointwiseOptimum
from toylab.dynamics.steps import AbstractSplit, AbstractStep, ProportionalStep, Together
from toylab.dynamics.trajectory import SERIES, Stop, Trajectory
from toylab.errors import InputError, real_number, whole_number
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted

#: progress(steps done, steps in all, W₁ now)
Progress = Callable[[int, int, float], None]

#: A step shorter than this share of the points' size is none; W₁ that falls by less than the second is at rest.
_STILL, _FALLING = 1e-12, 1e-3


def objective_of(problem: CriticProblem) -> AbstractObjective:
    """What the fakes of a problem follow when nothing else is said: the problem's own optimal critic."""
    if isinstance(problem.regularizer, Unrestricted):
        return PointwiseOptimum.of(problem.losses)
    return LipschitzCritic(losses=problem.losses, regularizer=problem.regularizer)


def follow(
    problem: CriticProblem,
    objective: AbstractObjective | None = None,
    *,
    step: AbstractStep | None = None,
    split: AbstractSplit | None = None,
    steps: int = 100,
    tolerance: float = 1e-3,
    patience: int | None = None,
    start: Trajectory | None = None,
    progress: Progress | None = None,
) -> Trajectory:
    """Let the fakes of a problem follow an objective's optimal critic.

    Args:
        problem: the measures at the start; its own objective is followed when no other is given.
        objective: what to follow instead.
        step: how far a fake goes; a tenth of its way when not given, which needs an objective with a plan.
        split: what is done about coinciding fakes; nothing when not given.
        steps: at most so many more.
        tolerance: share of the initial W₁ at which the flow has arrived.
        patience: end when the least W₁ so far has not fallen by a thousandth in so many steps; never when not given.
        start: a trajectory of the same fakes to go on from, its steps included in the answer: the same, bit by bit, as
            that of a flow that never stopped. A `CriticInTraining` goes on from what it had learnt; where the
            trajectory does not hold that, it begins anew and a warning says so.
        progress: called after every step. Where there is one, KeyboardInterrupt, from it or from the keyboard, ends
            the flow and keeps the steps so far.

    Returns:
        The trajectory; its stop says why it ended.

    Raises:
        InputError: the objective has no critic for such measures, the rules need a plan that it does not have, a
            number is out of range, or `start` has other fakes, or the critic of another network.
    """
    if not isinstance(problem, CriticProblem):
        raise InputError(f"follow needs a CriticProblem, got {type(problem).__name__}.")
    objective = objective_of(problem) if objective is None else objective
    if not isinstance(objective, AbstractObjective):
        raise InputError(
            "follow needs an objective such as toylab.dynamics.LipschitzCritic(losses=…, regularizer=…), got "
            f"{objective!r}."
        )
    objective.check(problem.fake, problem.real)
    rules = _Rules.checked(objective, step, split)
    whole_number(steps, "the number of steps", least=0)
    if not 0 <= real_number(tolerance, "the tolerance of a flow") < 1:
        raise InputError(f"the tolerance of a flow must lie in [0, 1), got {tolerance}.")
    if patience is not None:
        whole_number(patience, "the patience of a flow", least=1)
    record = _Record.begun(problem, objective, rules, start)
    last = record.done + steps
    try:
        while (stop := record.stopped(last, tolerance, patience)) is None:
            record.advance()
            if progress is not None:
                progress(record.done, last, record.w1[-1])
    except KeyboardInterrupt:
        if progress is None:
            raise
        stop = Stop.INTERRUPTED
    return record.trajectory(stop)


@dataclass(frozen=True)
class _Rules:
    step: AbstractStep
    split: AbstractSplit

    @classmethod
    def checked(cls, objective: AbstractObjective, step: AbstractStep | None, split: AbstractSplit | None) -> _Rules:
        step = ProportionalStep(share=0.1) if step is None else step
        split = Together() if split is None else split
        if not isinstance(step, AbstractStep):
            raise InputError(f"the step of a flow is a rule such as UnitStep(length=0.1), got {step!r}.")
        if not isinstance(split, AbstractSplit):
            raise InputError(f"the split of a flow is a rule such as Jitter(scale=1e-3), got {split!r}.")
        for rule in (step, split):
            if rule.needs_plan and not objective.has_plan:
                raise InputError(
                    f"{type(rule).__name__} needs to know how far the fakes have to go, and '{objective.name}' has no "
                    "transport plan; take FixedStep or UnitStep, and Together or Jitter."
                )
        return cls(step, split)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Moment:
    """One place of the fakes: the series' entries, the move that led there, and what the objective says and keeps."""

    entries: dict[str, Any]
    move: np.ndarray
    answer: Answer | None = None
    kept: dict[str, Any] | None = None


@dataclass(kw_only=True, eq=False)
class _Record:
    """The flow so far; a moment is added whole or not at all."""

    problem: CriticProblem
    objective: AbstractObjective
    rules: _Rules
    begun_at: np.ndarray
    moments: list[_Moment] = field(default_factory=list)

    @classmethod
    def begun(
        cls, problem: CriticProblem, objective: AbstractObjective, rules: _Rules, start: Trajectory | None
    ) -> _Record:
        if start is None:
            running, begun_at = objective.begun(problem.fake, problem.real), problem.fake.points
        else:
            _check_same(problem, start)
            running, begun_at = _resumed(objective, problem.real, start)
        record = cls(problem=problem, objective=running, rules=rules, begun_at=begun_at)
        if start is None:
            record.look(problem.fake.points, np.zeros(begun_at.shape))
            return record
        for step in range(start.steps):
            entries = {name: getattr(start, name)[step] for name in SERIES}
            record.moments.append(_Moment(entries=entries, move=start.last_move))
        record.look(start.positions[-1], start.last_move.copy(), placed=True)
        return record

    @property
    def done(self) -> int:
        return len(self.moments) - 1

    @property
    def w1(self) -> list[float]:
        return [moment.entries["w1"] for moment in self.moments]

    def look(self, points: np.ndarray, move: np.ndarray, *, placed: bool = False) -> None:
        """Ask the objective about these positions, which a split may have `placed`, and write down what it says."""
        points = np.array(points) if placed else self.rules.split.placed(np.array(points), len(self.moments))
        fake, real = DiscreteMeasure(points, self.problem.fake.weights), self.problem.real
        kept = self.objective.kept()
        self.objective.update(lambda: (fake, real))
        answer = self.rules.split.answered(self.objective.answer(fake, real), fake, real)
        entries = {
            "positions": points,
            "constants": answer.constant,
            "gaps": answer.gap,
            "values": answer.value,
            "w1": wasserstein1(fake, real),
            "clarity": np.linalg.norm(answer.directions, axis=1),
            "gradients": answer.gradients,
            "fake_values": _known(answer.fake_values, len(fake)),
            "real_values": _known(answer.real_values, len(real)),
        }
        self.moments.append(_Moment(entries=entries, move=move, answer=answer, kept=kept))
        if len(self.moments) > 1:  # only the last one is gone on from
            self.moments[-2] = replace(self.moments[-2], answer=None, kept=None)

    def following(self) -> np.ndarray:
        """(n, d), the move that comes next."""
        last = self.moments[-1]
        assert last.answer is not None
        return self.rules.step.move(last.answer, last.move)

    def advance(self) -> None:
        move = self.following()
        self.look(self.moments[-1].entries["positions"] + move, move)

    def stopped(self, last: int, tolerance: float, patience: int | None) -> Stop | None:
        w1, move = self.w1, self.following()
        if w1[-1] <= tolerance * w1[0]:
            return Stop.ARRIVED
        if not np.isfinite(move).all():
            return Stop.LOST
        if np.abs(move).max() <= _STILL * max(self.problem.support.diameter, 1e-300):
            return Stop.STANDSTILL
        if patience is not None and self.done >= patience:
            best = np.minimum.accumulate(w1)
            if best[-1] > (1.0 - _FALLING) * best[-1 - patience]:
                return Stop.NO_PROGRESS
        return Stop.STEP_LIMIT if self.done >= last else None

    def trajectory(self, stop: Stop) -> Trajectory:
        last = self.moments[-1]
        return Trajectory(
            objective=self.objective.name,
            real=self.problem.real,
            weights=self.problem.fake.weights,
            last_move=last.move,
            stop=stop,
            kept={"begun_at": self.begun_at, "objective": last.kept} if last.kept else None,
            **{name: np.array([moment.entries[name] for moment in self.moments]) for name in SERIES},
        )


def _check_same(problem: CriticProblem, start: Trajectory) -> None:
    same = start.positions.shape[1:] == problem.fake.points.shape and np.array_equal(
        start.weights, problem.fake.weights
    )
    if not (same and np.array_equal(start.real.points, problem.real.points)):
        raise InputError("the trajectory to go on from has other fakes or reals than the problem.")


def _resumed(objective: AbstractObjective, real: DiscreteMeasure, start: Trajectory) -> tuple[Any, np.ndarray]:
    """The objective as the trajectory left it, and the fakes that it was begun at."""
    if start.kept is None or start.objective != objective.name:
        running = objective.begun(start.fake(), real)
        if running.kept():
            warnings.warn(
                f"the trajectory to go on from does not hold what '{objective.name}' had learnt there, so its critic "
                "begins anew.",
                RuntimeWarning,
                stacklevel=4,
            )
        return running, start.positions[-1]
    try:
        begun_at = np.asarray(start.kept["begun_at"], dtype=np.float64)
        if begun_at.shape != start.positions.shape[1:]:
            raise ValueError(f"fakes of shape {begun_at.shape}")
        running = objective.begun(DiscreteMeasure(begun_at, start.weights), real)
        running.restore(copy.deepcopy(start.kept["objective"]))
    except (KeyError, TypeError, RuntimeError, ValueError) as error:  # InputError is a ValueError
        raise InputError(
            f"the trajectory to go on from holds the critic of another network, or a damaged one ({error})."
        ) from None
    return running, begun_at


def _known(values: np.ndarray | None, count: int) -> np.ndarray:
    return np.full(count, np.nan) if values is None else np.asarray(values)


__all__ = ["Progress", "follow", "objective_of"]
