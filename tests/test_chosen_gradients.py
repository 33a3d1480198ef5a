"""Critics with optimal values and gradients of one's own choosing, and where a Lipschitz constant forbids them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import toylab
from tests.strategies import balls, problems, seeds
from toylab import losses, zoo
from toylab.chosen_gradients import steered, uninformative
from toylab.claims.critics.uninformative import _smoothness
from toylab.critics import HermiteCritic
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.solving import solve

wasserstein_in_a_ball = problems(losses=st.just(losses.wasserstein()), regularizers=balls)


@given(wasserstein_in_a_ball, seeds)
def test_any_gradients_go_with_an_optimal_compact_dual(problem, seed):
    if len(problem.support.points) < 2:
        return
    exact = solve(problem)
    wanted = np.random.default_rng(seed).normal(size=(len(problem.support.points), problem.dimension))
    fake, real = wanted[problem.support.fake_owner], wanted[problem.support.real_owner]
    critic = toylab.uninformative(exact, fake, real)
    np.testing.assert_array_equal(critic.gradient(problem.fake.points + 0.0), fake)
    np.testing.assert_array_equal(critic.gradient(problem.real.points + 0.0), real)
    # the bound of a candidate's gap is rounding of its values, some 1e-14 of them
    again = toylab.certify(problem, critic, exact.certificate.plan)
    size = 1.0 + np.abs(exact.certificate.values).max()
    assert again.gap <= exact.certificate.gap + 1e-12 * size


def test_real_points_are_flat_when_nothing_is_asked_of_them():
    problem = zoo.load("unit-square", losses=losses.wasserstein(), regularizer=LipschitzBall(1.0))
    critic = uninformative(solve(problem), [[0.0, -1.0], [5.0, 0.0]])
    assert critic.gradient(problem.fake.points).tolist() == [[0.0, -1.0], [5.0, 0.0]]
    assert critic.gradient(problem.real.points).tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize(
    ("fake", "real", "message"),
    [
        ([[1.0, 0.0]], None, r"fake gradients must have shape \(2, 2\)"),
        ([[1.0, np.nan], [0.0, 0.0]], None, "must be finite"),
        ("north", None, "cannot be read as an array"),
        (np.zeros((2, 2)), np.zeros((3, 2)), r"real gradients must have shape \(2, 2\)"),
    ],
)
def test_gradients_that_do_not_fit_are_refused(fake, real, message):
    exact = solve(zoo.load("unit-square", losses=losses.wasserstein()))
    with pytest.raises(InputError, match=message):
        uninformative(exact, fake, real)


def test_one_point_has_one_gradient():
    point = DiscreteMeasure([[0.0], [1.0]]), DiscreteMeasure([[1.0], [2.0]])
    exact = solve(CriticProblem(*point, losses.wasserstein(), LipschitzPenalty(0.1)))
    with pytest.raises(InputError, match=r"real point 0 at \[1.0\] coincides with another one"):
        uninformative(exact, [[0.0], [3.0]], [[1.0], [0.0]])
    assert uninformative(exact, [[0.0], [3.0]], [[3.0], [0.0]]).gradient(np.array([[1.0]])) == 3.0


@given(seeds)
def test_the_bound_of_third_derivatives_holds(seed):
    """Against second differences of the gradient, which miss the third derivative by less than 1e-3 of the bound."""
    rng = np.random.default_rng(seed)
    critic = HermiteCritic(np.zeros((1, 2)), rng.normal(size=1), rng.normal(size=(1, 2)), 1.0)
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    at, h = rng.uniform(-0.7, 0.7, size=(50, 2)), 1e-4
    slopes = [critic.gradient(at + s * h * direction) @ direction for s in (-1, 0, 1)]
    third = np.abs(slopes[0] - 2 * slopes[1] + slopes[2]) / h**2
    assert third.max() <= critic.third_derivatives()[0] * (1 + 1e-3)


def test_a_wrong_gradient_is_caught_on_the_grid():
    class Wrong(HermiteCritic):
        def gradient(self, z):
            return 1.001 * super().gradient(z)

    centres, values, gradients = np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([0.2, 1.0]), np.ones((2, 2))
    right = _smoothness(HermiteCritic(centres, values, gradients, 0.5), 0)
    wrong = _smoothness(Wrong(centres, values, gradients, 0.5), 0)
    assert right[0] <= right[1] < 1e-4
    assert wrong[0] > 10 * wrong[1]


def free_point(pair=None):
    fake, real = (DiscreteMeasure([[place, 0.0], [5.0, 0.0]]) for place in (0.0, 1.0))
    return solve(CriticProblem(fake, real, pair or losses.logistic(), LipschitzPenalty(0.1)))


@given(st.floats(0.0, 2 * np.pi), st.floats(0.0, 1.0), seeds)
def test_a_steered_critic_is_lipschitz_and_as_good(angle, share, seed):
    exact = free_point()
    k = exact.lipschitz_constant
    vector = share * k * np.array([np.cos(angle), np.sin(angle)])
    critic = steered(exact, 1, vector)
    x = np.array([[5.0, 0.0]])
    assert critic.gradient(x)[0] == pytest.approx(vector, abs=1e-12)
    assert critic(exact.problem.support.points) == pytest.approx(exact.certificate.values, abs=1e-12)
    rng = np.random.default_rng(seed)
    a = rng.uniform(-3, 8, size=(500, 2))
    b = a + rng.normal(size=(500, 2)) * 10.0 ** rng.uniform(-3, 1, size=(500, 1))
    assert (np.abs(critic(a) - critic(b)) <= k * np.linalg.norm(a - b, axis=1) + 1e-12).all()
    inside = x + critic.radius * 0.99 * rng.uniform(-0.7, 0.7, size=(100, 2))
    np.testing.assert_allclose(critic(inside), critic.value + (inside - x) @ vector, atol=1e-12)


def test_steering_needs_a_free_point_and_a_short_vector():
    exact = free_point()
    with pytest.raises(InputError, match="fake point 0 is tight"):
        steered(exact, 0, [0.0, 0.0])
    with pytest.raises(InputError, match="Lipschitz critic has no gradient of length"):
        steered(exact, 1, [1.1 * exact.lipschitz_constant, 0.0])
    with pytest.raises(InputError, match="fake points 0 to 1"):
        steered(exact, 2, [0.0, 0.0])
    with pytest.raises(InputError, match=r"shape \(1, 2\)"):
        steered(exact, 1, [0.0])
