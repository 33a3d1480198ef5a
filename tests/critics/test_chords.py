"""The steepest rise by Dinkelbach's method against looking at every pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from strategies import seeds

from toylab.critics import LowerExtension, Rises, chords, cones, steepest_chord

EPS = float(np.finfo(float).eps)


@pytest.fixture(autouse=True)
def _by_cones(monkeypatch):
    monkeypatch.setattr(chords, "_EVERY_PAIR", 0)
    monkeypatch.setattr(cones, "_EVERY_PAIR", 0)
    monkeypatch.setattr(cones, "_SMALL_BALL", 64)
    monkeypatch.setattr(cones, "_FEWEST_POINTS", 4)


def every_pair(rises):
    distance = cdist(rises.start, rises.end)
    rise = rises.end_values - rises.start_values[:, None] - rises.rounding
    return float(np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0).max(initial=0.0))


@settings(max_examples=30)
@given(st.sampled_from([1, 2, 5, 12]), st.sampled_from(["wild", "tight", "flat", "shared"]), seeds)
def test_no_pair_is_steeper(dimension, kind, seed):
    rng = np.random.default_rng(seed)
    start, end = rng.normal(size=(50, dimension)), rng.normal(size=(40, dimension)) + 1.0
    start_values, end_values = rng.normal(size=50), rng.normal(size=40)
    if kind == "shared":
        end[:20], end_values[:20] = start[:20], start_values[:20]
    if kind == "tight":
        start_values = LowerExtension(end, end_values, 2.0)(start)
    if kind == "flat":
        start_values, end_values = np.ones(50), np.ones(40)
    rises = Rises(start=start, start_values=start_values, end=end, end_values=end_values, rounding=8 * EPS * 4.0)
    found, exact = rises.steepest(), every_pair(rises)
    assert found <= exact * (1 + 4 * EPS)  # two ways to take a distance of a few coordinates
    # what is left undecided is a rounding of f(y) − k‖x − y‖, over a distance
    distance = cdist(start, end)
    left = end_values - start_values[:, None] - rises.rounding - found * distance
    assert left.max() <= 16 * EPS * (4.0 + found * distance.max())


@settings(max_examples=15)
@given(st.sampled_from([1, 2, 3]), seeds)
def test_the_steepest_chord_of_random_values_is_exact(dimension, seed):
    rng = np.random.default_rng(seed)
    points, values = rng.normal(size=(60, dimension)), rng.normal(size=60)
    distance = cdist(points, points) + np.diag(np.full(60, np.inf))
    exact = (np.abs(values[:, None] - values) / distance).max()
    assert steepest_chord(points, values) == pytest.approx(exact, rel=8 * EPS)


def test_values_that_never_rise_have_no_rise():
    start, end = np.zeros((3, 2)), np.ones((4, 2))
    rises = Rises(start=start, start_values=np.ones(3), end=end, end_values=np.zeros(4))
    assert rises.steepest() == 0.0
