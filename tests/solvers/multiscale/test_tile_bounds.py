"""Bounds of whole tiles by projections against the least slack of all their pairs."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from toylab.solvers.multiscale.coarsening import kd_order
from toylab.solvers.multiscale.tile_bounds import TileBounds

ROWS, COLUMNS = 16, 8


def clouds(dimension, scale=1.0, shift=3.0):
    rng = np.random.default_rng(dimension)
    fakes, reals = rng.normal(size=(150, dimension)), rng.normal(size=(170, dimension)) + shift
    return scale * fakes[kd_order(fakes)], scale * reals[kd_order(reals)]


def compared(fakes, reals, u, v, k):
    """The bounds of all tiles and their least slacks."""
    slack = k * cdist(fakes, reals) + u[:, None] - v
    least = np.minimum.reduceat(slack, np.arange(0, len(fakes), ROWS), axis=0)
    least = np.minimum.reduceat(least, np.arange(0, len(reals), COLUMNS), axis=1)
    bounds = TileBounds(fakes, reals, ROWS, COLUMNS).of(u, v, k)
    return np.stack([bounds.least(row, np.arange(least.shape[1])) for row in range(len(least))]), least


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("dimension", [1, 2, 7])
def test_no_pair_of_a_tile_has_less_slack(dimension, scale):
    fakes, reals = clouds(dimension, scale)
    rng = np.random.default_rng(1)
    bound, least = compared(fakes, reals, rng.normal(size=len(fakes)), rng.normal(size=len(reals)), 1.3 / scale)
    assert (bound <= least).all()


def test_points_on_one_line_leave_nothing_undecided():
    """On a line the distance is the projection, so that bounds are off by rounding alone."""
    fakes, reals = clouds(1, shift=20.0)
    u, v = np.zeros(len(fakes)), np.zeros(len(reals))
    bound, least = compared(fakes, reals, u, v, 2.0)
    assert bound == pytest.approx(least, abs=1e-11)


def test_tiles_at_one_place_have_a_bound_too():
    points = np.zeros((20, 2))
    bound, least = compared(points, points, np.full(20, 0.5), np.full(20, 0.25), 1.0)
    assert bound == pytest.approx(least, abs=1e-12)
    assert (bound <= least).all()


def test_most_tiles_of_a_tight_critic_are_decided():
    fakes, reals = clouds(2)
    v = 1.3 * np.linalg.norm(reals, axis=1)
    u = (v - 1.3 * cdist(fakes, reals)).max(axis=1)
    bound, _ = compared(fakes, reals, u + 1e-3, v, 1.3)
    assert (bound > 0).mean() > 0.5
