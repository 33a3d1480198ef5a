"""Second opinions agree with a right solution and object to a wrong one."""

from dataclasses import replace

import numpy as np
import pytest

from toylab import losses
from toylab.bench import second_opinions
from toylab.bench.second_opinions import (
    better_critic,
    bounds_overlap,
    disagreement_with_another_solver,
    disagreement_with_the_problem_rewritten,
    rewritten,
    rounding_of_value,
    second_solver,
)
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Solution
from toylab.solvers.linear_programs import KantorovichRubinstein
from toylab.solvers.reference import Reference
from toylab.solvers.solving import solve

SQUARE = (DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]], [1, 2]), DiscreteMeasure([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]))
PROBLEMS = [
    CriticProblem(*SQUARE, losses.logistic(), LipschitzPenalty(0.3)),
    CriticProblem(*SQUARE, losses.wasserstein(), LipschitzBall(2.0)),
    CriticProblem(*SQUARE, losses.exponential().shifted(0.5), LipschitzBall(0.7)),
    CriticProblem(*SQUARE, losses.sqrt(), LipschitzPenalty(0.1, 0.5)),
]
each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.describe())


def with_dual(solution: Solution, rise: float) -> Solution:
    """The solution with a dual bound that claims too much."""
    certificate = replace(solution.certificate, dual=solution.certificate.dual + rise)
    return replace(solution, certificate=certificate)


@each_problem
def test_right_solutions_are_agreed_with(problem):
    solution = solve(problem)
    rng = np.random.default_rng(3)
    assert disagreement_with_another_solver(solution) == []
    for _ in range(6):
        assert disagreement_with_the_problem_rewritten(solution, rng) == []
    assert better_critic(solution, rng, tries=50) == []


@each_problem
def test_a_dual_bound_that_claims_too_much_is_objected_to(problem):
    wrong = with_dual(solve(problem), 1e-5)  # ten times what the least accurate second solver promises
    rng = np.random.default_rng(3)
    objections = disagreement_with_another_solver(wrong)
    assert objections is not None
    assert len(objections) == 1
    assert "lies above the value" in objections[0]
    assert len(disagreement_with_the_problem_rewritten(wrong, rng)) == 1
    assert "less than the dual bound" in better_critic(wrong, rng, tries=50)[0]


def test_a_value_that_is_too_small_is_objected_to():
    solution = solve(PROBLEMS[0])
    small = replace(solution, certificate=replace(solution.certificate, primal=solution.value - 1e-5))
    assert "lies below the dual bound" in bounds_overlap(small, solution, "itself")[0]
    assert bounds_overlap(small, solution, "itself", slop=1e-4) == []


def test_rounding_is_far_below_what_matters():
    assert 0 < rounding_of_value(solve(PROBLEMS[0])) < 1e-12


def test_the_second_solver_shares_nothing_with_the_first():
    assert isinstance(second_solver(PROBLEMS[0]), Reference)
    assert isinstance(second_solver(PROBLEMS[1]), KantorovichRubinstein)
    many = DiscreteMeasure(np.arange(9.0).reshape(-1, 1))
    assert second_solver(CriticProblem(many, many, losses.logistic(), LipschitzPenalty(1.0))) is None


def test_rewriting_keeps_the_measures():
    seen = set()
    for seed in range(20):
        how, problem, off = rewritten(PROBLEMS[3], np.random.default_rng(seed))
        seen.add(how)
        if "swapped" in how:
            assert problem.fake is PROBLEMS[3].real
        elif "relabelled" in how:
            assert len(problem.fake) == len(PROBLEMS[3].fake) + 1
            assert problem.support.fake_weights == pytest.approx(PROBLEMS[3].support.fake_weights, rel=1e-15)
        else:
            step = problem.fake.points[0] - PROBLEMS[3].fake.points[0]
            assert problem.real.points - step == pytest.approx(PROBLEMS[3].real.points, abs=off)
    assert len(seen) == 3


def test_a_second_solver_that_gives_up_has_no_opinion(monkeypatch):
    def gives_up(*arguments, **options):
        raise second_opinions.SolverError("no")

    solution = solve(PROBLEMS[0])
    monkeypatch.setattr(second_opinions, "solve", gives_up)
    assert disagreement_with_another_solver(solution) is None
