"""What costs a problem its digits: each sentence on a problem with that property alone, none on a generic one."""

import numpy as np
import pytest

from toylab import losses, zoo
from toylab.certificate import certify
from toylab.critics import LowerExtension
from toylab.errors import SolverError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.precision import limits_of_precision
from toylab.solvers.solving import solve

X, Y = np.array([[0.0, 0.0], [1.0, 0.5]]), np.array([[2.0, 0.0], [3.0, 1.0], [2.5, -1.0]])
PLAIN = CriticProblem(DiscreteMeasure(X), DiscreteMeasure(Y), losses.logistic(), LipschitzPenalty(0.1))


def with_measures(fake: DiscreteMeasure, real: DiscreteMeasure) -> CriticProblem:
    return CriticProblem(fake, real, PLAIN.losses, PLAIN.regularizer)


def with_penalty(weight: float) -> CriticProblem:
    return CriticProblem(PLAIN.fake, PLAIN.real, PLAIN.losses, LipschitzPenalty(weight))


def sentences(problem: CriticProblem, *, level: float = 0.0, slope: float = 1.0) -> tuple[str, ...]:
    """The sentences for the critic level + slope · (first coordinate)."""
    points = problem.support.points
    critic = LowerExtension(points, level + slope * points[:, 0], abs(slope))
    return limits_of_precision(problem, certify(problem, critic))


@pytest.mark.parametrize(
    "problem",
    [
        PLAIN,
        zoo.load("case3", n=30),
        zoo.load("case4", n=5, losses=losses.hinge()),
        CriticProblem(PLAIN.fake, PLAIN.real, PLAIN.losses, LipschitzBall(1e-9)),
        CriticProblem(PLAIN.fake, PLAIN.real, losses.quadratic(), Unrestricted()),
        CriticProblem(DiscreteMeasure(1e6 * X), DiscreteMeasure(1e6 * Y), PLAIN.losses, LipschitzPenalty(1e11)),
    ],
    ids=lambda problem: problem.describe(),
)
def test_a_generic_problem_has_none(problem):
    assert sentences(problem) == ()


ALMOST = np.array([0.5 + 1e-9, 0.5 - 1e-9])
SPREAD = with_measures(DiscreteMeasure(X, [1e-10, 1.0]), DiscreteMeasure(Y))
TWINS = with_measures(DiscreteMeasure(X), DiscreteMeasure(np.array([[1.5e-10, 0.0], *Y])))
NEARLY_EQUAL = with_measures(DiscreteMeasure(X), DiscreteMeasure(X, ALMOST))
CASES = {
    # mass that differs: ½ (1e-9 + 1e-9), of which ε is 2e-16/1e-9
    "equal measures": (NEARLY_EQUAL, {}, "the measures differ in 1e-09 of their mass, of which rounding is 2e-07"),
    # values from 1e8 to 1e8 + 3, the bound of the variation is 1 · √(3² + 2²) = 3.6: ε 1e8/3.6
    "level": (PLAIN, {"level": 1e8}, "critic values near 1e+08 vary by only 3.6, of which rounding is 6e-09"),
    # the squared diameter is 13
    "small penalty": (with_penalty(1.3e-11), {}, "lambda is 1e-12 of the squared diameter of the points"),
    "large penalty": (with_penalty(1.3e15), {}, "lambda is 1e+14 of the squared diameter of the points"),
    "weights": (SPREAD, {}, "weights range over 10 orders of magnitude"),
    "distances": (TWINS, {}, "distances range over 10 orders of magnitude"),  # √10 against 1.5e-10
}


@pytest.mark.parametrize("name", CASES)
def test_each_sentence_appears_alone_where_it_is_true(name):
    problem, critic, sentence = CASES[name]
    assert sentences(problem, **critic) == (sentence,)


def test_all_that_apply_are_said():
    problem = CriticProblem(SPREAD.fake, TWINS.real, losses.logistic(), LipschitzPenalty(1e-12))
    found = sentences(problem, level=1e9)
    assert [sentence.split()[0] for sentence in found] == ["critic", "lambda", "weights", "distances"]


@pytest.mark.parametrize(
    ("problem", "said"), [(with_penalty(13e-10 * 1.01), False), (with_penalty(13e-10 * 0.99 / 10), True)]
)
def test_the_penalty_is_measured_by_the_squared_size_of_the_points(problem, said):
    """λ/diameter² is what scaling leaves unchanged: (cX, c²λ) is the same problem."""
    scaled = CriticProblem(
        DiscreteMeasure(1e3 * problem.fake.points),
        DiscreteMeasure(1e3 * problem.real.points),
        problem.losses,
        LipschitzPenalty(1e6 * problem.regularizer.weight),
    )
    assert bool(sentences(problem)) is said
    assert bool(sentences(scaled, slope=1e-3)) is said


def test_weights_of_zero_are_no_small_weights_and_coinciding_points_no_small_distance():
    fake = DiscreteMeasure(np.concatenate([X, Y[:1]]), [0.0, 1.0, 1.0])
    assert sentences(with_measures(fake, DiscreteMeasure(Y))) == ()


@pytest.mark.parametrize("points", [np.zeros((2, 2)), X])
def test_equal_measures_have_nothing_to_resolve(points):
    """The constant critic is exact there, so no digit is missing; no quotient with 0 either."""
    assert sentences(with_measures(DiscreteMeasure(points), DiscreteMeasure(points))) == ()


def test_a_missed_tolerance_says_why():
    hasty = InteriorPoint(max_iterations=1)
    problem = CriticProblem(SPREAD.fake, SPREAD.real, losses.logistic(), LipschitzPenalty(0.1))
    with pytest.raises(SolverError, match="weights range over 10 orders of magnitude"):
        solve(problem, hasty)
    assert solve(problem, hasty, throw=False).stats["limits"] == ("weights range over 10 orders of magnitude",)
    assert solve(PLAIN, hasty, throw=False).stats["limits"] == ()
