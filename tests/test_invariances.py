"""What must not change, and what must change in a known way, when a problem is rewritten.

Both problems are solved and their optimal values compared within the two certified gaps.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ortho_group
from strategies import condition_11_losses, elementary_losses, examples, penalties, problems, seeds

from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Solution
from toylab.solvers.solving import solve

EPS = float(np.finfo(float).eps)
few = examples(15)
penalised = problems(losses=condition_11_losses, regularizers=penalties, most=5)


def moved(problem: CriticProblem, change, regularizer=None) -> CriticProblem:
    """The same problem with all points changed."""
    return CriticProblem(
        DiscreteMeasure(change(problem.fake.points), problem.fake.weights),
        DiscreteMeasure(change(problem.real.points), problem.real.weights),
        problem.losses,
        regularizer or problem.regularizer,
    )


def assert_same_optimum(first: Solution, second: Solution, scale: float = 1.0, rounding: float = 1e-13) -> None:
    """V equal within both gaps, k₁ = scale · k₂ within √(gap/λ).

    Args:
        first: one solution.
        second: the other.
        scale: unit of length of the second problem in units of the first.
        rounding: relative error that the rewriting itself makes.
    """
    size = 1 + abs(first.value) + float(np.abs(first.real_values).max() + np.abs(first.fake_values).max())
    slop = rounding * size
    assert first.certificate.dual <= second.value + slop
    assert second.certificate.dual <= first.value + slop
    if isinstance(first.problem.regularizer, LipschitzPenalty):
        gaps = first.certificate.gap + second.certificate.gap + slop
        radius = 2 * np.sqrt(gaps / first.problem.regularizer.weight)
        assert abs(first.lipschitz_constant - scale * second.lipschitz_constant) <= radius


@few
@given(penalised, st.sampled_from([1.0, -1e3, 1e6]))
def test_translation(problem, offset):
    # grid points times 1/4 plus these offsets are exact
    assert_same_optimum(solve(problem), solve(moved(problem, lambda z: z + offset)))


@few
@given(penalised, st.sampled_from([2.0**-20, 0.125, 1024.0]))
def test_scaling(problem, c):
    """(c X, c² λ): same values, same V, k*/c."""
    scaled = moved(problem, lambda z: c * z, LipschitzPenalty(c**2 * problem.regularizer.weight))
    assert_same_optimum(solve(problem), solve(scaled), scale=c)


@few
@given(problems(losses=condition_11_losses, regularizers=penalties, most=5, dimensions=(2, 3, 10)), seeds)
def test_rotation(problem, seed):
    turn = ortho_group.rvs(problem.dimension, random_state=seed)
    # points that coincide are turned alike; distances change by a few roundings
    assert_same_optimum(
        solve(problem), solve(moved(problem, lambda z: (z[:, None, :] * turn).sum(axis=2))), rounding=1e-11
    )


@few
@given(problems(losses=condition_11_losses, most=5), seeds)
def test_relabelling(problem, seed):
    rng = np.random.default_rng(seed)
    i, j = rng.permutation(len(problem.fake)), rng.permutation(len(problem.real))
    shuffled = CriticProblem(
        DiscreteMeasure(problem.fake.points[i], problem.fake.weights[i]),
        DiscreteMeasure(problem.real.points[j], problem.real.weights[j]),
        problem.losses,
        problem.regularizer,
    )
    assert_same_optimum(solve(problem), solve(shuffled))


@few
@given(problems(losses=elementary_losses, most=5))
def test_swapping_fake_and_real_changes_the_sign_of_the_critic(problem):
    first, second = solve(problem), solve(problem.swapped())
    assert_same_optimum(first, second)
    if problem.losses.strictly_convex:  # values are unique on points with mass, each within its interval
        assert_mirrored(first.fake_values, second.real_values, problem.fake.weights, first, second)
        assert_mirrored(first.real_values, second.fake_values, problem.real.weights, first, second)


def assert_mirrored(ours, theirs, weights, first, second):
    """h'' (f − f*)²/2 ≤ gap, with h'' ≥ w φ''(f) on the way (φ'' falls to a third at most over .1)."""
    curvature = first.problem.losses.fake_loss.curvature
    gaps = first.certificate.gap + second.certificate.gap + 1e-13
    for f, g, w in zip(ours, theirs, weights, strict=True):
        least = w * min(float(curvature(np.array(t))) for t in (abs(f), -abs(f))) / 3
        radius = 2 * np.sqrt(2 * gaps / least) if least > 0 else np.inf
        if radius < 0.1:
            assert abs(f + g) <= radius


@few
@given(problems(losses=condition_11_losses, most=4), seeds)
def test_duplicates_are_as_good_as_merged_points(problem, seed):
    shares = np.random.default_rng(seed).uniform(0.1, 0.9, len(problem.fake))
    weights = np.concatenate([shares * problem.fake.weights, (1 - shares) * problem.fake.weights])
    split = CriticProblem(
        DiscreteMeasure(np.concatenate([problem.fake.points] * 2), weights),
        problem.real,
        problem.losses,
        problem.regularizer,
    )
    first, second = solve(problem), solve(split)
    assert_same_optimum(first, second, rounding=1e-12)  # shares add up to 1 with a rounding each
    n = len(problem.fake)
    assert (second.fake_values[:n] == second.fake_values[n:]).all()


@few
@given(problems(losses=condition_11_losses, most=4), seeds)
def test_points_without_mass_change_nothing(problem, seed):
    extra = np.random.default_rng(seed).integers(-8, 9, (2, problem.dimension)) / 4.0
    more = CriticProblem(
        DiscreteMeasure(np.concatenate([problem.fake.points, extra]), np.append(problem.fake.weights, [0, 0])),
        DiscreteMeasure(np.concatenate([extra, problem.real.points]), np.append([0, 0], problem.real.weights)),
        problem.losses,
        problem.regularizer,
    )
    assert_same_optimum(solve(problem), solve(more))


def with_weight(problem: CriticProblem, weight: float) -> Solution:
    return solve(CriticProblem(problem.fake, problem.real, problem.losses, LipschitzPenalty(weight)))


@few
@given(problems(losses=condition_11_losses, most=5), st.sampled_from([0.05, 0.5, 5.0]), st.sampled_from([1.1, 3.0]))
def test_monotone_in_lambda(problem, weight, factor):
    """V is nondecreasing and concave in λ with V' = k*², k* nonincreasing, λ k* nondecreasing."""
    low, high = with_weight(problem, weight), with_weight(problem, factor * weight)
    slop = 1e-13 * (1 + abs(low.value) + abs(high.value))
    gaps = low.certificate.gap + high.certificate.gap + slop
    assert low.certificate.dual <= high.value + slop
    radius = np.sqrt(low.certificate.gap + slop) / np.sqrt(weight) + np.sqrt(gaps / weight)
    assert high.lipschitz_constant <= low.lipschitz_constant + radius
    assert weight * low.lipschitz_constant <= factor * weight * (high.lipschitz_constant + radius) + weight * radius
    # concavity: V(μ) ≤ V(λ) + k_λ² (μ − λ), which holds exactly for the critic of λ
    tangent = low.value + low.lipschitz_constant**2 * (factor - 1) * weight
    assert high.certificate.dual <= tangent + slop


@pytest.mark.parametrize("name", ["logistic", "sqrt", "exponential", "wasserstein"])
def test_the_derivative_in_lambda_is_the_square_of_the_constant(name):
    from toylab import losses, zoo

    problem = zoo.load("case3", n=8, losses=losses.get(name))
    weight, h = 0.5, 1e-3
    middle, below, above = (with_weight(problem, w) for w in (weight, weight - h, weight + h))
    quotient = (above.value - below.value) / (2 * h)
    # V' = k² falls with λ, so the quotient lies between the k² at both ends; each value is off by its gap
    gap = (above.certificate.gap + below.certificate.gap) / (2 * h)
    radius = 1e-3 * middle.lipschitz_constant**2  # √(gap/λ) of k itself, squared: far below this
    assert above.lipschitz_constant**2 - gap - radius <= quotient <= below.lipschitz_constant**2 + gap + radius
    assert above.lipschitz_constant < below.lipschitz_constant
