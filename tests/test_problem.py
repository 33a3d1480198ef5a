import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist
from strategies import problems, regularizers

from toylab import losses
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import (
    CriticProblem,
    LipschitzBall,
    LipschitzPenalty,
    Regularizer,
    merge,
    regularizer_from_json,
)

numbers = st.floats(0, 100)
EPS = float(np.finfo(float).eps)


@given(regularizers, numbers, numbers)
def test_fenchel_young_is_the_sum_it_replaces(regularizer: Regularizer, k, cost):
    terms = [regularizer.value(k), regularizer.conjugate(cost), k * cost]
    naive = terms[0] + terms[1] - terms[2]
    exact = regularizer.fenchel_young(k, cost)
    assert exact >= 0
    if np.isfinite(naive):
        assert abs(exact - naive) <= 16 * EPS * sum(terms) + 1e-300  # rounding of the naive sum, and denormal numbers
    else:
        assert exact == naive


@given(regularizers, numbers)
def test_conjugate_is_the_supremum(regularizer, cost):
    grid = np.linspace(0, 2000, 2001)
    if isinstance(regularizer, LipschitzPenalty):
        grid = np.append(grid, regularizer.target + cost / (2 * regularizer.weight))
    else:
        grid = np.append(grid, regularizer.radius)
    best = max(k * cost - regularizer.value(k) for k in grid)
    np.testing.assert_allclose(regularizer.conjugate(cost), best, rtol=1e-12, atol=1e-12)  # rounding of k C − R


@given(regularizers, st.floats(0, 50), st.floats(0, 10), numbers)
def test_constant_interval_holds_every_near_optimal_constant(regularizer, cost, gap, k):
    low, high = regularizer.constant_interval(cost, gap)
    if k >= low and regularizer.fenchel_young(k, cost) < gap * (1 - 1e-9) - 1e-9:
        assert k <= high * (1 + 1e-12)
    if isinstance(regularizer, LipschitzPenalty):
        for end in (low, high):
            assert regularizer.fenchel_young(end, cost) <= gap + 1e-12 * (1 + gap + cost * end)


@given(regularizers, st.floats(0.01, 100), st.floats(0, 4))
def test_rescaling_changes_the_unit_of_length_only(regularizer, length, k):
    rescaled = regularizer.rescaled(length)
    np.testing.assert_allclose(rescaled.value(k * length), regularizer.value(k), rtol=1e-12, atol=1e-12)


@given(regularizers)
def test_regularizer_json_round_trip(regularizer):
    assert regularizer_from_json(json.loads(json.dumps(regularizer.to_json()))) == regularizer


def test_penalty_is_one_sided_above_its_target():
    penalty = LipschitzPenalty(2.0, target=1.0)
    assert [penalty.value(k) for k in (0.0, 1.0, 3.0)] == [0.0, 0.0, 8.0]
    assert penalty.constant_for(0.3) == 1.0
    assert LipschitzBall(2.0).value(2.1) == np.inf


@pytest.mark.parametrize("weight", [0, -1.0, np.nan, np.inf, "a", None])
def test_a_penalty_needs_a_positive_weight(weight):
    with pytest.raises(InputError, match=r"weight \(lambda\) must be"):
        LipschitzPenalty(weight)


@pytest.mark.parametrize("target", [-1.0, np.nan, np.inf])
def test_a_penalty_needs_a_target_that_is_not_negative(target):
    with pytest.raises(InputError, match=r"target must (be finite|not be negative)"):
        LipschitzPenalty(1.0, target)


@pytest.mark.parametrize("radius", [0, -1.0, np.nan, np.inf])
def test_a_ball_needs_a_positive_radius(radius):
    with pytest.raises(InputError, match="radius must be positive"):
        LipschitzBall(radius)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"kind": "bal", "radius": 1.0}, "unknown kind of regulariser 'bal'; did you mean 'ball'"),
        ({"kind": "ball"}, "'ball' in JSON misses 'radius'"),
        ({"kind": "penalty", "weight": -1}, "must be positive"),
        (None, 'is an object with a "kind"'),
        ({}, "unknown kind of regulariser"),
    ],
)
def test_bad_regularizer_json_is_named(data, words):
    with pytest.raises(InputError, match=words):
        regularizer_from_json(data)


@given(problems())
def test_merging_keeps_the_mass_and_every_owner(problem):
    support = problem.support
    assert len(np.unique(support.points, axis=0)) == len(support.points)
    for measure, owner, weights in (
        (problem.fake, support.fake_owner, support.fake_weights),
        (problem.real, support.real_owner, support.real_weights),
    ):
        assert (support.points[owner] == measure.points).all()
        expected = [measure.weights[owner == z].sum() for z in range(len(support.points))]
        np.testing.assert_allclose(weights, expected, rtol=len(measure) * EPS)
    if len(support.points) > 1:
        assert pdist(support.points).max() <= support.diameter * (1 + 4 * EPS)


def test_negative_zero_is_zero():
    support = merge(DiscreteMeasure([[-0.0, 1.0]]), DiscreteMeasure([[0.0, 1.0]]))
    assert len(support.points) == 1
    assert support.in_fake.all()
    assert support.in_real.all()


def test_points_of_weight_zero_are_in_no_support():
    problem = CriticProblem(
        DiscreteMeasure([[0.0], [1.0]], [1, 0]),
        DiscreteMeasure([[1.0], [2.0]], [1, 0]),
        losses.logistic(),
        LipschitzPenalty(1.0),
    )
    assert problem.support.in_fake.tolist() == [True, False, False]
    assert problem.support.in_real.tolist() == [False, True, False]


@given(problems())
def test_json_round_trip(problem):
    again = CriticProblem.from_json(json.loads(json.dumps(problem.to_json())))
    assert again.losses == problem.losses
    assert again.regularizer == problem.regularizer
    assert (again.fake.points == problem.fake.points).all()
    assert again.describe() == problem.describe()


def test_swapping_twice_gives_the_problem_back():
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0], [2.0]]), losses.sqrt(), LipschitzBall(2.0)
    )
    assert problem.swapped().fake is problem.real
    assert problem.swapped().swapped().to_json() == problem.to_json()


@pytest.mark.parametrize(
    ("regularizer", "words"),
    [
        (LipschitzPenalty(0.1), "1 fake, 2 real in R^1, sqrt, lambda = 0.1"),
        (LipschitzPenalty(0.1, 2.0), "lambda = 0.1, target 2"),
        (LipschitzBall(3.0), "k <= 3"),
    ],
)
def test_describe_names_the_parts(regularizer, words):
    problem = CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0], [2.0]]), losses.sqrt(), regularizer)
    assert words in problem.describe()


def test_measures_must_share_a_space():
    with pytest.raises(InputError, match="1 coordinates and real points 2"):
        CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[0.0, 0.0]]), losses.logistic(), LipschitzPenalty(1.0))


@pytest.mark.parametrize("field", ["fake", "real", "losses", "regularizer"])
def test_every_part_is_checked_for_its_kind(field):
    parts = {
        "fake": DiscreteMeasure([[0.0]]),
        "real": DiscreteMeasure([[1.0]]),
        "losses": losses.logistic(),
        "regularizer": LipschitzPenalty(1.0),
    }
    with pytest.raises(InputError, match=f"{field} must be a .*, got str"):
        CriticProblem(**{**parts, field: "text"})


@pytest.mark.parametrize("missing", ["fake", "real", "losses", "regularizer"])
def test_json_names_what_is_missing(missing):
    data = {"fake": {}, "real": {}, "losses": "logistic", "regularizer": {}}
    del data[missing]
    with pytest.raises(InputError, match=f"misses '{missing}'"):
        CriticProblem.from_json(data)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LipschitzPenalty(1.0, "a"),  # type: ignore[arg-type]
        lambda: LipschitzPenalty(1.0, None),  # type: ignore[arg-type]
        lambda: LipschitzPenalty(np.ones(2)),  # type: ignore[arg-type]
        lambda: LipschitzPenalty(1e-300),
        lambda: LipschitzBall(1e300),
    ],
)
def test_settings_that_are_no_usable_numbers_are_named(make):
    with pytest.raises(InputError, match=r"must be|must lie"):
        make()
