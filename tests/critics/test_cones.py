"""Shortlists of cones against looking at every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from strategies import seeds

from toylab.critics import LowerExtension, NearestPoint, UpperExtension, cones
from toylab.critics.cones import Cones, nearest


@pytest.fixture(autouse=True)
def _small_balls(monkeypatch):
    """Everything is split to the end, so that a few hundred points go where a million would."""
    monkeypatch.setattr(cones, "_EVERY_PAIR", 0)
    monkeypatch.setattr(cones, "_SMALL_BALL", 64)
    monkeypatch.setattr(cones, "_FEWEST_POINTS", 4)


def generic(rng, dimension):
    """Values that every centre needs, far centres included."""
    return rng.normal(size=(60, dimension)), 0.05 * rng.normal(size=60)


def tight(rng, dimension):
    """Values of an optimal critic: every centre is reached by a cone from below."""
    centres = rng.normal(size=(60, dimension)) + 2.0
    fakes = rng.normal(size=(20, dimension))
    return centres, UpperExtension(fakes, fakes[:, 0], 1.0)(centres)


def tied(rng, dimension):
    """A plane of slope 1: behind a point all centres straight ahead are the highest."""
    centres = rng.integers(0, 6, size=(60, dimension)).astype(float)
    return centres, centres[:, 0].copy()


def collinear(rng, dimension):
    """Up and down along one line, with the steepest slopes."""
    along = np.sort(rng.normal(size=60))
    direction = np.arange(1.0, dimension + 1.0)
    values = np.concatenate([[0.0], np.cumsum(np.sign(rng.normal(size=59)) * np.diff(along))])
    return along[:, None] * direction / np.linalg.norm(direction), values


def coincident(rng, dimension):
    centres = np.repeat(rng.normal(size=(20, dimension)), 3, axis=0)
    return centres, rng.normal(size=60)


KINDS = (generic, tight, tied, collinear, coincident)


@settings(max_examples=30)
@given(st.sampled_from(KINDS), st.sampled_from([1, 2, 5]), st.sampled_from([0.0, 1.0, 7.0]), seeds)
def test_values_are_those_of_every_pair(kind, dimension, constant, seed):
    rng = np.random.default_rng(seed)
    centres, values = kind(rng, dimension)
    z = np.concatenate([rng.normal(size=(100, dimension)) * 2.0, centres, centres[:30] + 1e-9])
    everything = constant * cdist(z, centres)
    lower, upper = LowerExtension(centres, values, constant), UpperExtension(centres, values, constant)
    # twice the rounding where cones that pass through one another are left out, none elsewhere
    error = 2.0 * Cones(centres, values, constant).rounding(z)
    for found, exact in ((lower(z), (values - everything).max(axis=1)), (upper(z), (values + everything).min(axis=1))):
        np.testing.assert_allclose(found, exact, rtol=0, atol=error)
    if kind is generic and dimension > 1:
        assert (lower(z) == (values - everything).max(axis=1)).all()


@pytest.mark.parametrize("count", [0, 1, 3, 4, 5])
@pytest.mark.parametrize("dimension", [1, 2])
def test_few_points_over_many_centres_on_a_line(dimension, count):
    rng = np.random.default_rng(count)
    centres, values = collinear(rng, dimension)
    z = centres[rng.choice(60, count, replace=False)]
    everything = cdist(z, centres)
    error = 2.0 * Cones(centres, values, 1.0).rounding(z)
    exact = (values - everything).max(axis=1)
    np.testing.assert_allclose(LowerExtension(centres, values, 1.0)(z), exact, rtol=0, atol=error)


@settings(max_examples=20)
@given(st.sampled_from([generic, tight, collinear]), st.sampled_from([1, 2, 5]), seeds)
def test_gradients_point_to_a_centre_that_is_active(kind, dimension, seed):
    rng = np.random.default_rng(seed)
    centres, values = kind(rng, dimension)
    z = rng.normal(size=(150, dimension))
    critic = LowerExtension(centres, values, 3.0)
    direction = critic.gradient(z) / 3.0
    np.testing.assert_allclose(np.linalg.norm(direction, axis=1), 1.0, rtol=1e-14)
    # a step towards the active centre gains 3 times its length, and no k-Lipschitz function gains more
    step = 1e-3 * cdist(z, centres).min(axis=1)
    gained = critic(z + step[:, None] * direction) - critic(z)
    error = 4.0 * Cones(centres, values, 3.0).rounding(z)
    np.testing.assert_allclose(gained, 3.0 * step, rtol=0, atol=error)


@settings(max_examples=20)
@given(st.sampled_from([1, 2, 5]), seeds)
def test_gradients_at_centres_are_those_of_the_other_cones(dimension, seed):
    rng = np.random.default_rng(seed)
    centres, values = generic(rng, dimension)
    peaks = LowerExtension(centres, values, 1e9)  # no other cone reaches any of them
    assert (peaks.gradient(centres) == 0).all()
    under = LowerExtension(centres, np.where(np.arange(60) == 0, 100.0, values), 1.0)
    np.testing.assert_allclose(np.linalg.norm(under.gradient(centres[1:]), axis=1), 1.0, rtol=1e-14)


@settings(max_examples=20)
@given(st.sampled_from(KINDS), st.sampled_from([1, 2]), st.sampled_from([0.0, 0.3]), seeds)
def test_all_active_directions_are_found(kind, dimension, tolerance, seed):
    rng = np.random.default_rng(seed)
    centres, values = kind(rng, dimension)
    z = rng.normal(size=(40, dimension))
    heights = values - cdist(z, centres)
    near = heights >= heights.max(axis=1, keepdims=True) - tolerance
    found = LowerExtension(centres, values, 1.0).active_directions(z, tolerance)
    assert [len(directions) for directions in found] == near.sum(axis=1).tolist()


@settings(max_examples=20)
@given(st.sampled_from(KINDS), st.sampled_from([1, 2, 5]), seeds)
def test_the_nearest_point_is_the_first_of_the_nearest(kind, dimension, seed):
    rng = np.random.default_rng(seed)
    points, values = kind(rng, dimension)
    z = np.concatenate([rng.integers(0, 6, size=(50, dimension)) + 0.5, points])
    assert (nearest(points, z) == cdist(z, points).argmin(axis=1)).all()
    assert (NearestPoint(points, values)(z) == values[cdist(z, points).argmin(axis=1)]).all()


def test_few_pairs_are_looked_at(monkeypatch):
    """A hundred thousand points over a thousand centres: less than a tenth of all pairs."""
    monkeypatch.undo()
    rng = np.random.default_rng(0)
    centres = rng.uniform(-1, 1, size=(1000, 2))
    z = rng.uniform(-1, 1, size=(100_000, 2))
    kept = 0
    for short in Cones(centres, 0.01 * rng.normal(size=1000), 1.0).shortlists(z):
        kept += len(np.arange(len(z))[short.rows]) * len(np.arange(1000)[short.centres])
    assert kept < 0.1 * len(z) * len(centres)


def test_many_dimensions_fall_back_to_every_pair():
    rng = np.random.default_rng(1)
    centres, z = rng.normal(size=(40, 200)), rng.normal(size=(90, 200))
    values = rng.normal(size=40)
    critic = LowerExtension(centres, values, 1.0)
    assert (critic(z) == (values - cdist(z, centres)).max(axis=1)).all()
