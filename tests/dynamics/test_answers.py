"""The direction at a kink is the derivative of the value, and sharing a plan out keeps its sums."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toylab import losses, solve, zoo
from toylab.dynamics import Answer, LipschitzCritic
from toylab.dynamics.answers import along_plan, shared_out
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem


def test_the_direction_is_the_derivative_of_the_value_without_its_factor():
    """∂V/∂x_i = φ'(f(x_i)) p_i · gradient_i, by central differences of the exact value."""
    problem = zoo.load("case4", n=4, seed=3, losses=losses.logistic())
    objective = LipschitzCritic(losses=problem.losses, regularizer=problem.regularizer, rtol=1e-9)
    answer = objective.answer(problem.fake, problem.real)
    factor = problem.losses.fake_loss.slope(solve(problem).fake_values) * problem.fake.weights
    h = 1e-4
    for i in (1,):
        for axis in range(2):
            values = []
            for sign in (1.0, -1.0):
                points = problem.fake.points.copy()
                points[i, axis] += sign * h
                moved = CriticProblem(DiscreteMeasure(points), problem.real, problem.losses, problem.regularizer)
                values.append(solve(moved).value)
            slope = (values[0] - values[1]) / (2 * h)
            # the gap of 1e-8 over the step, and the curvature of V times the square of the step
            assert factor[i] * answer.gradients[i, axis] == pytest.approx(slope, abs=1e-4)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 5), partners=st.integers(1, 6))
def test_sharing_out_keeps_what_leaves_and_what_arrives(seed, size, partners):
    rng = np.random.default_rng(seed)
    points, real = np.zeros((size, 2)), rng.normal(size=(partners, 2))
    plan = rng.exponential(size=(size, partners)) * (rng.uniform(size=(size, partners)) < 0.7)
    weights = np.full(size, 1.0 / size)
    shared = shared_out(along_plan(points, weights, real, plan, constant=2.0), points, weights, real)
    assert shared.plan is not None
    rounding = 1e-12 * max(plan.sum(), 1.0)
    np.testing.assert_allclose(shared.plan.sum(axis=0), plan.sum(axis=0), atol=rounding)
    np.testing.assert_allclose(shared.plan.sum(axis=1), plan.sum(axis=1), atol=rounding)
    # cut from a row of partners: no more than one new end for each fake
    assert (shared.plan > rounding).sum() <= size + partners - 1


def test_fakes_apart_keep_their_rows():
    points, real = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 1.0]])
    plan, weights = np.array([[0.2, 0.3], [0.3, 0.2]]), np.array([0.5, 0.5])
    shared = shared_out(along_plan(points, weights, real, plan, constant=1.0), points, weights, real)
    np.testing.assert_array_equal(shared.plan, plan)


def test_a_fake_that_the_plan_leaves_alone_is_told_nothing():
    plan = np.array([[0.5], [1e-12]])
    answer = along_plan(np.array([[0.0], [5.0]]), np.array([0.5, 0.5]), np.array([[1.0]]), plan, constant=3.0)
    np.testing.assert_array_equal(answer.gradients, [[3.0], [0.0]])
    np.testing.assert_array_equal(answer.ways, [[1.0], [0.0]])


def test_nothing_can_be_shared_out_without_a_plan():
    empty = Answer(gradients=np.zeros((2, 1)), directions=np.zeros((2, 1)))
    with pytest.raises(InputError, match="Together"):
        shared_out(empty, np.zeros((2, 1)), np.full(2, 0.5), np.ones((1, 1)))
