"""follow(): fake particles that move along the gradient of the optimal critic, which is found anew at every step.

    x_i(t + 1) = x_i(t) + step(∇f*_t(x_i(t))),    f*_t the optimal critic between the fakes at t and the reals

This is LGAN's picture of training with the critic at its optimum and every fake free to move. Theorem 2d speaks of its
equilibria, not of whether it gets there: that is what is measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

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
        start: a trajectory of the same fakes to go on from, its steps included in the answer; a `CriticInTraining`
            begins anew there.
        progress: called after every step.

    Returns:
        The trajectory; its stop says why it ended.

    Raises:
        InputError: the objective has no critic for such measures, the rules need a plan that it does not have, a
            number is out of range, or `start` has other fakes.
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
    while (stop := record.stopped(last, tolerance, patience)) is None:
        record.advance()
        if progress is not None:
            progress(record.done, last, record.w1[-1])
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


@dataclass(kw_only=True, eq=False)
class _Record:
    """The flow so far."""

    problem: CriticProblem
    objective: AbstractObjective
    rules: _Rules
    move: np.ndarray
    positions: list[np.ndarray] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    w1: list[float] = field(default_factory=list)
    clarity: list[np.ndarray] = field(default_factory=list)
    gradients: list[np.ndarray] = field(default_factory=list)
    fake_values: list[np.ndarray] = field(default_factory=list)
    real_values: list[np.ndarray] = field(default_factory=list)
    answer: Answer | None = None

    @classmethod
    def begun(
        cls, problem: CriticProblem, objective: AbstractObjective, rules: _Rules, start: Trajectory | None
    ) -> _Record:
        objective = objective.begun(problem.fake if start is None else start.fake(), problem.real)
        fresh = cls(problem=problem, objective=objective, rules=rules, move=np.zeros(problem.fake.points.shape))
        if start is None:
            fresh.look(problem.fake.points)
            return fresh
        same = start.positions.shape[1:] == problem.fake.points.shape and np.array_equal(
            start.weights, problem.fake.weights
        )
        if not (same and np.array_equal(start.real.points, problem.real.points)):
            raise InputError("the trajectory to go on from has other fakes or reals than the problem.")
        for name in SERIES:
            getattr(fresh, name).extend(list(getattr(start, name))[:-1])
        fresh.move = start.last_move.copy()
        fresh.look(start.positions[-1])
        return fresh

    @property
    def done(self) -> int:
        return len(self.positions) - 1

    def look(self, points: np.ndarray) -> None:
        """Ask the objective about these positions and write down what it says."""
        points = self.rules.split.placed(np.array(points), len(self.positions))
        fake, real = DiscreteMeasure(points, self.problem.fake.weights), self.problem.real
        self.objective.update(lambda: (fake, real))
        self.answer = self.rules.split.answered(self.objective.answer(fake, real), fake, real)
        self.positions.append(points)
        self.constants.append(self.answer.constant)
        self.gaps.append(self.answer.gap)
        self.values.append(self.answer.value)
        self.w1.append(wasserstein1(fake, real))
        self.clarity.append(np.linalg.norm(self.answer.directions, axis=1))
        self.gradients.append(self.answer.gradients)
        self.fake_values.append(_known(self.answer.fake_values, len(fake)))
        self.real_values.append(_known(self.answer.real_values, len(real)))

    def advance(self) -> None:
        assert self.answer is not None
        self.move = self.rules.step.move(self.answer, self.move)
        self.look(self.positions[-1] + self.move)

    def stopped(self, last: int, tolerance: float, patience: int | None) -> Stop | None:
        assert self.answer is not None
        following = self.positions[-1] + self.rules.step.move(self.answer, self.move)
        if self.w1[-1] <= tolerance * self.w1[0]:
            return Stop.ARRIVED
        if not np.isfinite(following).all():
            return Stop.LOST
        if np.abs(following - self.positions[-1]).max() <= _STILL * max(self.problem.support.diameter, 1e-300):
            return Stop.STANDSTILL
        if patience is not None and self.done >= patience:
            best = np.minimum.accumulate(self.w1)
            if best[-1] > (1.0 - _FALLING) * best[-1 - patience]:
                return Stop.NO_PROGRESS
        return Stop.STEP_LIMIT if self.done >= last else None

    def trajectory(self, stop: Stop) -> Trajectory:
        return Trajectory(
            objective=self.objective.name,
            real=self.problem.real,
            weights=self.problem.fake.weights,
            last_move=self.move,
            stop=stop,
            **{name: np.array(getattr(self, name)) for name in SERIES},
        )


def _known(values: np.ndarray | None, count: int) -> np.ndarray:
    return np.full(count, np.nan) if values is None else np.asarray(values)


__all__ = ["Progress", "follow", "objective_of"]
