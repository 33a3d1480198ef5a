import json

import numpy as np
import pytest
from hypothesis import given
from strategies import pairs_of_measures

from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


def test_weights_are_uniform_when_not_given():
    measure = DiscreteMeasure([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]])
    assert (measure.weights == 0.25).all()
    assert len(measure) == 4
    assert measure.dimension == 2


def test_weights_are_normalised_and_zero_weights_kept():
    measure = DiscreteMeasure([[0.0], [1.0], [2.0]], [3, 0, 1])
    assert measure.weights.tolist() == [0.75, 0.0, 0.25]


@pytest.mark.parametrize("scale", [5e-324, 1e-300, 1e300, 1.7e308])
def test_normalisation_neither_overflows_nor_underflows(scale):
    assert DiscreteMeasure([[0.0], [1.0]], [scale, scale]).weights.tolist() == [0.5, 0.5]


def test_expectation_is_the_weighted_mean():
    assert DiscreteMeasure([[0.0], [1.0]], [1, 3]).expectation(np.array([4.0, 8.0])) == 7.0


def test_arrays_are_copies_and_read_only():
    points = np.zeros((2, 1))
    measure = DiscreteMeasure(points)
    points[:] = 7.0
    assert (measure.points == 0.0).all()
    for array in (measure.points, measure.weights):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


@given(pairs_of_measures())
def test_json_round_trip(pair):
    for measure in pair:
        again = DiscreteMeasure.from_json(json.loads(json.dumps(measure.to_json())))
        assert (again.points == measure.points).all()
        assert (again.weights == measure.weights).all()


@pytest.mark.parametrize(
    ("points", "weights", "words"),
    [
        ([[0.0], [np.nan]], None, r"points holds nan at index \(1, 0\)"),
        ([[np.inf]], None, "points holds inf"),
        ([0.0, 1.0], None, r"shape \(n, d\).*reshape"),
        (np.zeros((0, 2)), None, "at least one point"),
        (np.zeros((2, 0)), None, "at least one point of at least one coordinate"),
        ([["a"]], None, "points cannot be read"),
        ([[0.0], [1.0, 2.0]], None, "points cannot be read"),
        ([[0.0], [1.0]], [1.0], r"shape \(2,\)"),
        ([[0.0], [1.0]], [1.0, -0.5], "must not be negative, got -0.5 for point 1"),
        ([[0.0], [1.0]], [0.0, 0.0], "all weights are 0"),
        ([[0.0], [1.0]], [1.0, np.nan], r"weights holds nan at index \(1,\)"),
        ([[0.0], [1.0]], [1.0, np.inf], "weights holds inf"),
    ],
)
def test_bad_input_is_named(points, weights, words):
    with pytest.raises(InputError, match=words):
        DiscreteMeasure(points, weights)


@pytest.mark.parametrize("data", [{}, {"weights": [1.0]}, [[0.0]], None])
def test_bad_json_is_named(data):
    with pytest.raises(InputError, match="a measure in JSON"):
        DiscreteMeasure.from_json(data)
