"""The bundle of potentials: closed forms, the interior point as the other opinion, and data that strain it."""

import numpy as np
import pytest
from oracles import assert_optimum_within_certificate, two_diracs, two_diracs_in_ball, two_shared_points

import toylab
from toylab import LipschitzBall, LipschitzPenalty, losses
from toylab.errors import InputError, SolverError
from toylab.solution import Status
from toylab.solvers import Bundle, InteriorPoint
from toylab.solvers.bundle_master import Master, Objective

CURVED = ("logistic", "sqrt", "exponential")


def problem(fake, real, *, loss="logistic", regularizer=None, p=None, q=None):
    measures = toylab.DiscreteMeasure(fake, p), toylab.DiscreteMeasure(real, q)
    return toylab.CriticProblem(*measures, losses.get(loss), regularizer or LipschitzPenalty(0.1))


def clouds(n=20, m=25, *, apart=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + apart


def assert_optimal(solution, *, rtol=1e-8):
    assert solution.status is Status.OPTIMAL
    assert solution.certificate.relative_gap <= rtol


@pytest.mark.parametrize("name", [*CURVED, "wasserstein"])
def test_two_points_take_two_rounds(name):
    for oracle in (two_diracs(name, 1.7, 0.3), two_diracs_in_ball(name, 1.7, 2.0)):
        solution = toylab.solve(oracle.problem, Bundle())
        assert solution.stats["iterations"] == 2  # one potential is all there is
        assert solution.certificate.relative_gap <= 1e-14
        assert_optimum_within_certificate(solution, oracle)


def test_a_penalty_below_its_target_costs_nothing():
    # Wasserstein: the best constant under λ (k − k₀)² is k₀ + W₁/(2λ), W₁ = 3
    found = toylab.solve(
        problem([[0.0]], [[3.0]], loss="wasserstein", regularizer=LipschitzPenalty(0.5, target=2.0)), Bundle()
    )
    assert found.lipschitz_constant == pytest.approx(5.0, rel=1e-14)
    assert found.value == pytest.approx(-3.0 * 2.0 - 9.0 / 2.0, rel=1e-14)


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.01), LipschitzPenalty(1.0), LipschitzBall(5.0)])
@pytest.mark.parametrize("name", CURVED)
@pytest.mark.parametrize("apart", [0.0, 6.0])
def test_it_agrees_with_the_interior_point_within_both_gaps(name, apart, regularizer):
    posed = problem(*clouds(apart=apart), loss=name, regularizer=regularizer)
    ours, theirs = toylab.solve(posed, Bundle()), toylab.solve(posed, InteriorPoint())
    slop = 1e-14 * (1.0 + abs(theirs.value))
    assert ours.certificate.dual <= theirs.value + slop
    assert theirs.certificate.dual <= ours.value + slop


def test_overlapping_points_under_a_weak_penalty_are_certified_after_many_rounds():
    found = toylab.solve(problem(*clouds(60, 60, apart=0.3), loss="sqrt", regularizer=LipschitzPenalty(0.01)), Bundle())
    assert_optimal(found)
    assert found.stats["iterations"] > 20
    assert found.stats["potentials"] > 5
    assert found.history["relative_gap"].min() <= 1e-8


STRAINED = {
    "one point a side": problem([[0.0, 0.0]], [[1.0, 2.0]]),
    "one against a thousand": problem(*clouds(1, 1000)),
    "a thousand against one": problem(*clouds(1000, 1)),
    "scale 1e-6": problem(*(1e-6 * points for points in clouds())),
    "scale 1e6": problem(*(1e6 * points for points in clouds())),
    "scale 1e6 with its lambda": problem(
        *(1e6 * points for points in clouds()), regularizer=LipschitzPenalty(0.1 * 1e12)
    ),
    "shared points": problem([[0.0], [1.0], [2.0]], [[1.0], [2.0], [4.0]], loss="exponential"),
    "coincident points": problem([[0.0], [0.0], [1.0]], [[2.0], [2.0], [2.0]], loss="sqrt"),
    "nearly coincident points": problem(clouds()[0], np.concatenate([clouds()[0][:10] + 1e-9, clouds()[1]])),
    "weights of 1e-12": problem(*clouds(), p=np.where(np.arange(20) % 3, 1.0, 1e-12), q=np.r_[1e-12, np.ones(24)]),
    "weights of 0": problem(*clouds(), p=np.arange(20) % 3, q=np.arange(25) % 2),
    "equal measures": problem(clouds()[0], clouds()[0]),
    "a far outlier": problem(np.concatenate([clouds()[0], [[1e4, 0.0]]]), clouds()[1]),
    "a wide ball": problem(*clouds(), loss="exponential", regularizer=LipschitzBall(30.0)),
    "least squares": problem(*clouds(), loss="quadratic"),
    "least squares in a ball it does not fill": problem(*clouds(), loss="quadratic", regularizer=LipschitzBall(30.0)),
}


@pytest.mark.parametrize("name", STRAINED)
def test_strained_data_are_certified(name):
    assert_optimal(toylab.solve(STRAINED[name], Bundle()))


def test_a_far_fake_of_least_squares_keeps_its_minimiser():
    # fakes −10, 0, real 1, λ = .1: f = (0, 2/13, 12/13) (THEORY, Thm 2b); the far fake lies above the cone of the real
    found = toylab.solve(problem([[-10.0], [0.0]], [[1.0]], loss="quadratic"), Bundle())
    assert_optimal(found)
    radius = np.sqrt(found.certificate.gap / 0.1)
    assert abs(found.lipschitz_constant - 10.0 / 13.0) <= radius + 1e-15
    assert found.fake_values[0] == 0.0


def test_an_iteration_limit_is_said_with_the_gap_that_was_reached():
    posed = problem(*clouds(60, 60, apart=0.3), loss="sqrt", regularizer=LipschitzPenalty(0.01))
    found = toylab.solve(posed, Bundle(max_iterations=10), throw=False)
    assert found.status is Status.ITERATION_LIMIT
    assert found.stats["iterations"] == len(found.history["relative_gap"]) == 10
    assert 1e-8 < found.certificate.relative_gap < 1.0
    with pytest.raises(SolverError, match=r"Bundle reached a relative gap of .*, not 1e-08, .*the iteration limit"):
        toylab.solve(posed, Bundle(max_iterations=10))


def test_an_accuracy_out_of_reach_ends_inaccurate():
    found = toylab.solve(problem(*clouds()), Bundle(rtol=1e-30), throw=False)
    assert found.status is Status.INACCURATE
    assert found.certificate.relative_gap <= 1e-13


def test_few_potentials_are_enough_where_few_carry_weight():
    posed = problem(*clouds(40, 40, apart=0.3))
    few = toylab.solve(posed, Bundle(most_potentials=20))
    assert_optimal(few)
    assert few.stats["potentials"] <= 20


REFUSED = [
    ("free", {"loss": "quadratic", "regularizer": toylab.Unrestricted()}, {}, "needs a Lipschitz penalty or ball"),
    ("kinks", {"loss": "hinge"}, {}, "needs losses without kinks, and 'hinge' has some"),
    ("few potentials", {}, {"most_potentials": 1}, "most_potentials"),
    ("rtol", {}, {"rtol": 2.0}, "rtol must lie between 0 and 1"),
    ("no rounds", {}, {"max_iterations": 0}, "max_iterations"),
]


@pytest.mark.parametrize(("data", "settings", "words"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED])
def test_what_does_not_fit_is_refused_in_one_sentence(data, settings, words):
    with pytest.raises(InputError, match=words):
        toylab.solve(problem(*clouds(), **data), Bundle(**settings))


def test_the_master_finds_the_best_mixture_of_two_potentials():
    # Σ h = ½ (f₁² + (f₂ − 1)²) with c free and potentials of opposite sign: only one of them gets weight
    masses = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    objective = Objective(losses=losses.quadratic(0.0, 1.0), p=masses[0], q=masses[1], low=-np.inf, high=np.inf)
    master = Master.start(objective, LipschitzPenalty(0.1), 0.5)
    master.add(np.array([-0.5, 0.5]))
    master.add(np.array([0.5, -0.5]))
    master.improve(1e-14)
    k = 1.0 / (1.0 + 2.0 * 0.1)  # two Diracs of least squares at distance 1
    np.testing.assert_allclose(master.weights, [k, 0.0], rtol=1e-14)
    np.testing.assert_allclose(master.values, [0.5 - 0.5 * k, 0.5 + 0.5 * k], rtol=1e-14)


def test_the_problem_of_shared_points_is_that_of_the_closed_form():
    oracle = two_shared_points("logistic", 0.9, 0.5)
    assert_optimum_within_certificate(toylab.solve(oracle.problem, Bundle()), oracle)
