import json

import numpy as np
import pytest
from hypothesis import given, settings
from oracles import star, two_diracs
from strategies import elementary_losses, penalties, problems

from toylab import losses, zoo
from toylab.critics import tabulated
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate, Solution, Status
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.solving import solve

EPS = float(np.finfo(float).eps)
CURVED = CriticProblem(
    DiscreteMeasure([[0.0, 0.0], [0.0, 1.0], [9.0, 9.0]], [1, 2, 0]),
    DiscreteMeasure([[1.0, 0.0], [2.0, 1.0]]),
    losses.logistic(),
    LipschitzPenalty(0.1),
)


def test_values_come_in_the_callers_order():
    solution = solve(CURVED)
    assert solution.fake_values.shape == (3,)
    assert solution.real_values.shape == (2,)
    # values are the critic's own, raised by what the gap allows at most
    scale = 1e-4 * solution.lipschitz_constant
    np.testing.assert_allclose(solution.critic(CURVED.fake.points), solution.fake_values, atol=scale)
    np.testing.assert_allclose(solution.critic(CURVED.real.points), solution.real_values, atol=scale)
    assert solution.value == solution.certificate.primal


@settings(max_examples=30)
@given(problems(losses=elementary_losses, regularizers=penalties, most=5))
def test_every_pair_with_mass_has_slack_that_is_not_negative(problem):
    solution = solve(problem)
    carried = np.outer(problem.fake.weights > 0, problem.real.weights > 0)
    size = np.abs(solution.fake_values).max() + np.abs(solution.real_values).max() + 1
    assert solution.slack()[carried].min(initial=0.0) >= -64 * EPS * size


def test_complementary_slackness_bounds_the_slack_of_the_plan():
    solution = solve(CURVED)
    plan = solution.certificate.plan.toarray()
    assert (plan * solution.slack()).sum() <= solution.certificate.gap * (1 + 1e-9) + 64 * EPS


def test_bounding_directions_point_to_the_partners():
    solution = solve(zoo.load("case6"))
    for directions in solution.bounding_directions():
        assert sorted(map(tuple, np.abs(directions).round(9).tolist())) == [(0.0, 1.0), (1.0, 0.0)]


def test_a_point_without_mass_bounds_nothing():
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0], [-1.0]], [1, 0]), losses.logistic(), LipschitzPenalty(0.1)
    )
    (directions,) = solve(problem).bounding_directions(tolerance=1.0e3)
    assert directions.tolist() == [[1.0]]


def test_star_direction_is_the_weighted_mean_of_its_partners():
    oracle = star("logistic", [1.0, 1.0], [1.0, 1.0], 0.5)
    direction = solve(oracle.problem).reference_directions()
    # two opposite partners of equal mass; the plan is unique, and exact to √gap
    np.testing.assert_allclose(direction, 0.0, atol=1e-3)


def test_json_round_trip_is_certified_anew():
    solution = solve(CURVED)
    again = Candidate.from_json(json.loads(json.dumps(solution.to_json())))
    assert again.certificate.relative_gap <= 10 * solution.rtol
    np.testing.assert_allclose(again.value, solution.value, rtol=2 * solution.rtol)
    np.testing.assert_allclose(again.fake_values[:2], solution.fake_values[:2], rtol=1e-6)
    assert again.problem.describe() == CURVED.describe()


def test_a_candidate_is_certified_for_any_critic():
    candidate = Candidate.of(CURVED, lambda z: 0.1 * z[:, 0])
    assert candidate.certificate.gap > 0
    # values of size 1 are allowed a few roundings over the least distance, 1
    np.testing.assert_allclose(candidate.lipschitz_constant, 0.1, atol=8 * EPS)
    assert "relative gap" in candidate.describe()
    with pytest.raises(InputError, match="must be callable"):
        Candidate.of(CURVED, 3)


def test_a_solution_describes_itself():
    solution = solve(two_diracs("logistic", 1.0, 0.1).problem)
    assert repr(solution).startswith("Solution(optimal: 1 fake, 1 real in R^2, logistic, lambda = 0.1: k = ")
    assert solution.stats["solver"] == "InteriorPoint"
    assert solution.stats["seconds"] > 0
    assert solution.status is Status.OPTIMAL
    assert isinstance(solution, Solution)


def test_every_status_gives_advice():
    assert all(len(status.value.split()) >= 5 for status in Status)


@pytest.mark.parametrize("pair", [losses.wasserstein(), losses.logistic(), losses.exponential()], ids=lambda p: p.name)
def test_reference_directions_are_the_derivative_of_the_optimal_value(pair):
    """∂V/∂x_i against central differences of V: error from both certificates, truncation from halving the step."""
    rng = np.random.default_rng(3)
    x, y = rng.uniform(-1, 1, size=(4, 2)), rng.uniform(-1, 1, size=(5, 2))

    def optimum(points):
        fake = DiscreteMeasure(points, [0.1, 0.2, 0.3, 0.4])
        return solve(
            CriticProblem(fake, DiscreteMeasure(y), pair, LipschitzPenalty(0.1)), InteriorPoint(rtol=1e-11), throw=False
        )

    def slope(i, axis, step):
        shift = np.zeros_like(x)
        shift[i, axis] = step
        above, below = optimum(x + shift), optimum(x - shift)
        noise = (above.certificate.gap + below.certificate.gap + 1e-15) / (2 * step)
        return (above.value - below.value) / (2 * step), noise

    predicted = optimum(x).reference_directions()
    for i in range(4):
        for axis in range(2):
            coarse, _ = slope(i, axis, 2e-4)
            fine, noise = slope(i, axis, 1e-4)
            assert abs(predicted[i, axis] - fine) <= noise + abs(fine - coarse) + 1e-7 * np.abs(predicted).max()


def test_a_fake_with_two_partners_has_two_directions_and_no_gradient_is_invented():
    """A fake midway between two equal reals: two opposite one-sided directions, reference direction 0."""
    problem = CriticProblem(
        DiscreteMeasure(np.array([[0.0, 0.0]])),
        DiscreteMeasure(np.array([[-1.0, 0.0], [1.0, 0.0]])),
        losses.logistic(),
        LipschitzPenalty(0.5),
    )
    exact = solve(problem)
    directions = exact.bounding_directions()[0]
    assert sorted(directions[:, 0].tolist()) == [-1.0, 1.0]
    assert exact.critic.active_directions(np.zeros((1, 2)), tolerance=1e-6)[0].shape == (2, 2)
    assert np.abs(exact.reference_directions()).max() <= 1e-6


def test_a_solution_written_as_json_comes_back_as_a_candidate():
    assert type(Solution.from_json(solve(CURVED).to_json())) is Candidate


def test_a_critic_that_is_steep_elsewhere_than_from_fake_to_real_survives_json():
    """Its constant between fake and real points is 0, and its values fall by 1 from the fake to the real point."""
    problem = zoo.load("two-diracs")
    falling = Candidate.of(problem, tabulated(problem.support.points, np.array([1.0, 0.0])))
    assert falling.lipschitz_constant == 0.0
    again = Candidate.from_json(falling.to_json())
    assert np.array_equal(again.fake_values, falling.fake_values)
    assert np.array_equal(again.real_values, falling.real_values)


def test_gradients_of_ones_own_are_read_and_checked():
    exact = solve(zoo.load("two-diracs"))
    points = exact.problem.support.points
    data = {**exact.to_json(), "gradients": np.full(points.shape, 7.0).tolist()}
    again = Candidate.from_json(data)
    assert again.critic.gradient(points) == pytest.approx(np.full(points.shape, 7.0))
    assert again.fake_values == pytest.approx(exact.fake_values)
    for flawed in ([[7.0]], [["up"]] * len(points), [[np.inf]] * len(points)):
        with pytest.raises(InputError, match="gradients"):
            Candidate.from_json({**data, "gradients": flawed})
