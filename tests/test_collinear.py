"""Lines through points, and plans along them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance
from strategies import seeds

from toylab import losses
from toylab.collinear import check_collinear, is_collinear, monotone_plan
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.straight_line import Line, line_of


def on_a_line(rng, dimension, size):
    direction, origin = rng.normal(size=(2, dimension))
    return origin + rng.normal(size=(size, 1)) * direction


@settings(max_examples=40)
@given(st.sampled_from([1, 2, 3, 50]), st.sampled_from([1e-6, 1.0, 1e6]), seeds)
def test_points_on_a_line_keep_their_distances(dimension, scale, seed):
    points = scale * on_a_line(np.random.default_rng(seed), dimension, 30)
    line = line_of(points)
    assert line is not None
    true = np.linalg.norm(points[:, None] - points, axis=2)
    np.testing.assert_allclose(np.abs(line.positions[:, None] - line.positions), true, rtol=0, atol=2 * line.rounding)


@given(st.sampled_from([2, 3, 50]), st.integers(0, 29), seeds)
@settings(max_examples=30)
def test_one_point_off_the_line_is_enough(dimension, which, seed):
    rng = np.random.default_rng(seed)
    points = on_a_line(rng, dimension, 30)
    line = Line.through(points)
    aside = np.linalg.qr(np.column_stack([line.direction, rng.normal(size=dimension)]))[0][:, 1]
    points[which] += 1e-9 * aside
    assert line_of(points) is None


def test_one_place_is_a_line():
    assert line_of(np.zeros((3, 2))) is not None
    assert line_of(np.zeros((0, 2))) is None


def test_the_point_off_the_line_is_named():
    fake = DiscreteMeasure([[0.0, 0.0], [1.0, 1.0]])
    real = DiscreteMeasure([[2.0, 2.0], [3.0, 3.25], [4.0, 4.0]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(1.0))
    assert not is_collinear(problem)
    with pytest.raises(InputError, match=r"real point 1 at \[3.0, 3.25\] lies 0.177 off the line"):
        check_collinear(problem, "This")


def test_points_without_mass_may_lie_anywhere():
    real = DiscreteMeasure([[2.0, 2.0], [9.0, 3.0], [4.0, 4.0]], [0.5, 0.0, 0.5])
    problem = CriticProblem(DiscreteMeasure([[0.0, 0.0]]), real, losses.wasserstein(), LipschitzPenalty(1.0))
    assert is_collinear(problem)
    check_collinear(problem, "This")


@settings(max_examples=40)
@given(seeds)
def test_the_monotone_plan_is_optimal(seed):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(-8, 9, 20) / 4.0, rng.integers(-8, 9, 15) / 4.0
    p, q = rng.integers(1, 5, 20), rng.integers(1, 5, 15)
    fake, real = DiscreteMeasure(x[:, None], p), DiscreteMeasure(y[:, None], q)
    support = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(1.0)).support
    plan = monotone_plan(support, support.points[:, 0], support.fake_weights, support.real_weights).tocoo()
    assert plan.nnz <= 2 * len(support.points)
    rows, columns = plan.coords
    cost = float(plan.data @ np.abs(support.points[rows, 0] - support.points[columns, 0]))
    rounding = 4e-16 * 35 * 8  # of sums of 35 masses over a length of at most 4, twice
    assert cost == pytest.approx(wasserstein_distance(x, y, p, q), abs=rounding)
    np.testing.assert_allclose(plan.sum(axis=1), support.fake_weights, atol=rounding)
    np.testing.assert_allclose(plan.sum(axis=0), support.real_weights, atol=rounding)


def test_a_cloud_far_from_the_origin_is_no_line():
    rng = np.random.default_rng(0)
    fake, real = (np.column_stack([np.full(5, 1e12), 1e-3 * rng.normal(size=(5, 2))]) for _ in range(2))
    problem = CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.wasserstein(), LipschitzPenalty(1.0))
    assert not is_collinear(problem)
