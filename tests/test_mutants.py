"""Broken solvers: each must be caught by the certificate, and the unbroken one must pass.

What a bug would do to an interior point is done to its outcome by hand.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest
from typing_extensions import override

from toylab import losses
from toylab.certificate import certify
from toylab.critics import FormulaCritic, tabulated
from toylab.errors import SolverError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.linear_programs import maximise_potential
from toylab.solvers.solving import solve

SQUARE = (
    DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]], [1, 2]),
    DiscreteMeasure([[1.0, 0.0], [1.0, 1.0]], [1, 1]),
)
PROBLEMS = [
    CriticProblem(*SQUARE, losses.get(name), LipschitzPenalty(0.3)) for name in ("logistic", "sqrt", "exponential")
]
BALL = CriticProblem(*SQUARE, losses.logistic(), LipschitzBall(0.7))


def shifted(outcome: Outcome, amount: float) -> Outcome:
    critic = outcome.critic
    return replace(outcome, critic=FormulaCritic(lambda z: critic(z) + amount, critic.gradient))


def flipped(outcome: Outcome, problem: CriticProblem) -> Outcome:
    critic = outcome.critic
    return replace(outcome, critic=FormulaCritic(lambda z: -critic(z), lambda z: -critic.gradient(z)))


def stretched(outcome: Outcome, problem: CriticProblem) -> Outcome:
    critic = outcome.critic
    return replace(outcome, critic=FormulaCritic(lambda z: 1.01 * critic(z), lambda z: 1.01 * critic.gradient(z)))


def with_other_penalty(outcome: Outcome, problem: CriticProblem) -> Outcome:
    weight = 0.5 * problem.regularizer.weight  # type: ignore[attr-defined]
    return InteriorPoint().run(replace(problem, regularizer=LipschitzPenalty(weight)))


def swapped_columns(outcome: Outcome, problem: CriticProblem) -> Outcome:
    return replace(outcome, plan=outcome.plan[:, ::-1])


def one_pair_forgotten(outcome: Outcome, problem: CriticProblem) -> Outcome:
    plan = outcome.plan.toarray()
    plan[np.unravel_index(plan.argmax(), plan.shape)] = 0.0
    return replace(outcome, plan=plan)


@dataclass(frozen=True, kw_only=True)
class Mutant(AbstractSolver):
    """The interior point with something done to what it hands back."""

    change: Callable[[Outcome, CriticProblem], Outcome]
    rtol: float = 1e-8

    @override
    def check(self, problem: CriticProblem) -> None:
        InteriorPoint().check(problem)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        return self.change(InteriorPoint().run(problem), problem)


MUTANTS = {
    "sign flipped": flipped,
    "values stretched": stretched,
    "values shifted up": lambda outcome, problem: shifted(outcome, 1e-3),
    "values shifted down": lambda outcome, problem: shifted(outcome, -1e-3),
    "lambda halved": with_other_penalty,
    "plan doubled": lambda outcome, problem: replace(outcome, plan=2.0 * outcome.plan),
    "plan halved": lambda outcome, problem: replace(outcome, plan=0.5 * outcome.plan),
    "plan in another order": swapped_columns,
    "one pair of the plan forgotten": one_pair_forgotten,
}
problems = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.losses.name)


@problems
@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(problem, name):
    mutant = Mutant(change=MUTANTS[name])
    solution = solve(problem, mutant, throw=False)
    assert solution.status is not Status.OPTIMAL
    assert solution.certificate.relative_gap > 10 * mutant.rtol
    with pytest.raises(SolverError, match="Mutant reached a relative gap of"):
        solve(problem, mutant)


@pytest.mark.parametrize("problem", [*PROBLEMS, BALL], ids=lambda problem: problem.describe())
def test_the_unmutated_solver_passes(problem):
    assert solve(problem, Mutant(change=lambda outcome, problem: outcome)).status is Status.OPTIMAL


@pytest.mark.parametrize("name", [name for name in MUTANTS if name != "lambda halved"])
def test_a_mutant_of_the_ball_is_caught(name):
    assert solve(BALL, Mutant(change=MUTANTS[name]), throw=False).status is not Status.OPTIMAL


def test_a_shift_is_an_optimum_too_where_the_loss_has_a_free_offset():
    problem = CriticProblem(*SQUARE, losses.wasserstein(), LipschitzPenalty(0.3))
    assert solve(problem, Mutant(change=MUTANTS["values shifted up"])).status is Status.OPTIMAL


def test_a_dropped_constraint_is_caught():
    """THEORY section 3, LGAN Theorem 5: without the pair (0,0)–(1,0) the dual of W₁ grows from 1 to √2."""
    fake, real = DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]]), DiscreteMeasure([[1.0, 0.0], [1.0, 1.0]])
    points = np.concatenate([fake.points, real.points])
    gain = np.concatenate([-fake.weights, real.weights])
    every = np.array([[0, 2], [0, 3], [1, 2], [1, 3]])
    ball = CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))
    gaps = []
    for pairs in (every, every[1:]):
        potential, multipliers, _ = maximise_potential(points, gain, pairs[:, 0], pairs[:, 1])
        plan = np.zeros((2, 2))
        plan[pairs[:, 0], pairs[:, 1] - 2] = multipliers
        value = float(gain @ potential)
        assert value == pytest.approx(1.0 if len(pairs) == 4 else 2**0.5, rel=1e-9)  # HiGHS works to 1e-10
        gaps.append(certify(ball, tabulated(points, potential), plan).relative_gap)
    assert gaps[0] <= 1e-9
    assert gaps[1] > 0.1


@problems
def test_a_solver_that_claims_success_without_a_result_is_caught(problem):
    def nothing(outcome: Outcome, problem: CriticProblem) -> Outcome:
        return Outcome(critic=lambda z: np.zeros(len(z)), plan=None, status=Status.OPTIMAL)

    assert solve(problem, Mutant(change=nothing), throw=False).status is Status.INACCURATE
