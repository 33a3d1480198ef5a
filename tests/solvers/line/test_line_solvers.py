"""The solvers for collinear data against closed forms, the solver of all pairs, and one another."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import rounding
from scipy.stats import wasserstein_distance
from strategies import seeds

from toylab import losses
from toylab.critics import LowerExtension
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.line import LineInteriorPoint, LineTransport
from toylab.solvers.solving import default_solver, solve

LOSSES = {
    "logistic": losses.logistic(),
    "sqrt": losses.sqrt(),
    "exponential": losses.exponential(),
    "hinge": losses.hinge(),
    "quadratic": losses.quadratic(0.0, 1.0),
    "logistic + wasserstein": losses.logistic() + losses.wasserstein(),
}


def clouds(seed, sizes, apart, dimension=2):
    """Random masses on a line through the space, every tenth point in both measures."""
    n, m = sizes
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=dimension)
    x, y = rng.normal(size=(n, 1)), 0.7 * rng.normal(size=(m, 1)) + apart
    shared = min(n, m) // 10
    y[:shared] = x[:shared]
    p, q = rng.uniform(0.1, 1.0, n), rng.uniform(0.1, 1.0, m)
    return DiscreteMeasure(x * direction, p), DiscreteMeasure(y * direction, q)


@settings(max_examples=20)
@given(
    st.sampled_from(sorted(LOSSES)),
    st.sampled_from([LipschitzPenalty(0.01), LipschitzPenalty(1.0), LipschitzPenalty(0.1, 1.0), LipschitzBall(0.7)]),
    st.sampled_from([(1, 1), (1, 12), (20, 30)]),
    st.sampled_from([0.0, 4.0]),
    seeds,
)
def test_both_interior_points_agree_within_their_gaps(name, regularizer, sizes, apart, seed):
    problem = CriticProblem(*clouds(seed, sizes, apart), LOSSES[name], regularizer)
    one, other = solve(problem, LineInteriorPoint()), solve(problem, InteriorPoint())
    assert one.status is Status.OPTIMAL
    slop = rounding(one, other)
    assert one.certificate.dual <= other.value + slop
    assert other.certificate.dual <= one.value + slop


@pytest.mark.parametrize("dimension", [1, 3])
def test_thousands_of_points_have_the_wasserstein_distance_of_scipy(dimension):
    fake, real = clouds(0, (3000, 2500), 0.5, dimension)
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.1))
    solution = solve(problem)
    assert solution.stats["solver"] == "LineTransport"
    direction = np.linalg.svd(real.points - real.points.mean(axis=0), full_matrices=False)[2][0]
    w1 = wasserstein_distance(fake.points @ direction, real.points @ direction, fake.weights, real.weights)
    # sums of 5500 masses, over lengths of a few units
    assert solution.certificate.cost == pytest.approx(w1, rel=1e-11)
    assert solution.certificate.relative_gap <= 1e-12


@pytest.mark.parametrize("name", ["logistic", "hinge"])
def test_thousands_of_points_are_certified(name):
    problem = CriticProblem(*clouds(1, (3000, 2500), 0.5), LOSSES[name], LipschitzPenalty(0.1))
    solution = solve(problem)
    assert solution.stats["solver"] == "LineInteriorPoint"
    assert solution.certificate.relative_gap <= 1e-8
    assert solution.certificate.plan.nnz <= 4 * 5500  # of which routing of rounding takes its share


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_the_unit_of_length_does_not_matter(scale):
    fake, real = clouds(2, (40, 30), 1.0)
    far_fake, far_real = (DiscreteMeasure(scale * side.points, side.weights) for side in (fake, real))
    problem = CriticProblem(far_fake, far_real, losses.logistic(), LipschitzPenalty(0.1 * scale**2))
    plain = solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)), LineInteriorPoint())
    solution = solve(problem, LineInteriorPoint())
    error = plain.certificate.gap + solution.certificate.gap + rounding(plain)
    assert solution.value == pytest.approx(plain.value, abs=error)


@pytest.mark.parametrize("weight", [1e-12, 1e-3])
def test_weights_of_any_size_are_certified(weight):
    fake = DiscreteMeasure([[0.0], [1.0], [5.0]], [1.0, weight, 1.0])
    real = DiscreteMeasure([[1e-7], [2.0], [6.0]], [1.0, 1.0, weight])
    for pair in LOSSES.values():
        solution = solve(CriticProblem(fake, real, pair, LipschitzPenalty(0.1)), LineInteriorPoint())
        assert solution.certificate.relative_gap <= 1e-8


def test_zero_imbalance_leaves_the_critic_flat():
    """Two pairs far apart: between them nothing has to move, and the critic does not either."""
    fake, real = DiscreteMeasure([[0.0], [100.0]]), DiscreteMeasure([[1.0], [101.0]])
    solution = solve(CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0)), LineTransport())
    assert solution.real_values[0] == solution.fake_values[1]
    assert solution.value == -1.0


def test_the_hinge_of_a_wide_margin_is_the_wasserstein_loss():
    fake, real = clouds(3, (20, 20), 0.3)
    hinge = solve(CriticProblem(fake, real, losses.hinge(), LipschitzPenalty(10.0)), LineInteriorPoint())
    linear = solve(CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(10.0)), LineTransport())
    assert hinge.lipschitz_constant == pytest.approx(linear.lipschitz_constant, rel=1e-13)
    assert "iterations" not in hinge.stats


def test_off_the_support_the_critic_is_the_cone_extension():
    solution = solve(
        CriticProblem(*clouds(4, (20, 20), 2.0), losses.logistic(), LipschitzPenalty(0.1)), LineInteriorPoint()
    )
    assert isinstance(solution.critic, LowerExtension)
    lengths = np.linalg.norm(solution.critic.gradient(np.random.default_rng(0).normal(size=(50, 2))), axis=1)
    np.testing.assert_allclose(lengths, solution.critic.lipschitz_constant, rtol=1e-14)


@pytest.mark.parametrize("solver", [LineTransport(), LineInteriorPoint()])
def test_points_off_the_line_are_refused(solver):
    fake, real = DiscreteMeasure([[0.0, 0.0], [1.0, 0.0]]), DiscreteMeasure([[2.0, 0.5]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.1))
    with pytest.raises(InputError, match=f"{type(solver).__name__} is for points on one line, and"):
        solve(problem, solver)


def test_other_losses_and_pairs_that_need_more_constraints_are_refused():
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])
    with pytest.raises(InputError, match="LineTransport solves the Wasserstein loss only"):
        solve(CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1)), LineTransport())
    with pytest.raises(InputError, match="larger on fake points"):
        solve(CriticProblem(fake, real, losses.quadratic(1.0, 0.0), LipschitzPenalty(0.1)), LineInteriorPoint())


def test_few_points_on_a_line_keep_the_solver_of_all_pairs():
    problem = CriticProblem(*clouds(5, (10, 10), 1.0), losses.logistic(), LipschitzPenalty(0.1))
    assert isinstance(default_solver(problem), InteriorPoint)


def test_points_without_mass_may_lie_off_the_line():
    fake = DiscreteMeasure(np.array([[0.0, 0.0], [3.0, -1.0]]), weights=[1.0, 0.0])
    real = DiscreteMeasure(np.array([[-0.25, -0.25], [2.0, 5.0]]), weights=[1.0, 0.0])
    for solver in (LineTransport(), LineInteriorPoint()):
        solution = solve(CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(1.0)), solver)
        assert solution.lipschitz_constant == pytest.approx(np.sqrt(0.125) / 2, rel=1e-8)  # W₁/(2λ), within rtol
