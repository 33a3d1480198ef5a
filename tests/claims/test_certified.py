"""What a certificate proves, on one fake and two real points where every bound has a formula."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from toylab import losses
from toylab.claims.certified import AssumedOptimal, Certified, certified_optimal, described_pairs
from toylab.critics import tabulated
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.regularizers import Unrestricted
from toylab.solution import Candidate

EPS = float(np.finfo(float).eps)
POINTS = np.array([[0.0], [3.0], [4.0]])
VALUES = np.array([-0.3, 1.2, 0.7])
DISTANCE = np.abs(POINTS - POINTS.T)
WEIGHT, K, COST = 0.3, 0.5, 0.1 * 3 + 0.05 * 4
SLOPES = np.array([0.15, -0.1, -0.05])
MASSES = np.array([1.0, 0.5, 0.5])
SIGNS = np.array([1.0, -1.0, -1.0])
#: Ends of intervals are found within 1.5e-6 of the step from the middle, which the logistic loss at most squares.
ROOM = 2 * 1.5e-6


@pytest.fixture
def candidate() -> Candidate:
    problem = CriticProblem(
        DiscreteMeasure(POINTS[:1]), DiscreteMeasure(POINTS[1:]), losses.logistic(), LipschitzPenalty(WEIGHT)
    )
    return Candidate.of(problem, tabulated(POINTS, VALUES), [[0.1, 0.05]])


@pytest.fixture
def known(candidate) -> Certified:
    return Certified(candidate)


def fenchel_young(values: np.ndarray) -> np.ndarray:
    """h(t) + h*(s) − s t of mass · log(1 + e^(±t))."""
    share = np.abs(SLOPES) / MASSES
    conjugate = MASSES * (share * np.log(share) + (1 - share) * np.log(1 - share))
    return MASSES * np.logaddexp(0.0, SIGNS * values) + conjugate - SLOPES * values


def logistic_slope(values: np.ndarray) -> np.ndarray:
    return SIGNS * MASSES / (1.0 + np.exp(-SIGNS * values))


def test_what_the_candidate_says_is_read_point_by_point(known):
    np.testing.assert_array_equal(known.points, POINTS)
    assert known.in_fake.tolist() == [True, False, False]
    assert known.in_real.tolist() == [False, True, True]
    np.testing.assert_allclose(known.values, VALUES, rtol=64 * EPS)
    np.testing.assert_allclose(known.slopes, SLOPES, rtol=64 * EPS)
    assert known.k == pytest.approx(K, rel=64 * EPS)
    assert known.diameter == 4.0
    np.testing.assert_array_equal(known.distance, DISTANCE)
    assert [known.name(i) for i in range(3)] == ["fake (0)", "real (3)", "real (4)"]


def test_a_value_of_the_optimum_lies_where_its_part_of_the_gap_does_not_exceed_the_gap(known):
    low, high = known.value_bounds
    assert (low < VALUES).all()
    assert (high > VALUES).all()
    for bound in (low, high):
        np.testing.assert_allclose(fenchel_young(bound), known.gap, rtol=ROOM)
    np.testing.assert_allclose(known.value_error, np.maximum(high - VALUES, VALUES - low), rtol=1e-12)
    np.testing.assert_allclose(known.slope_bounds, (logistic_slope(low), logistic_slope(high)), rtol=1e-12)


def test_a_critic_that_loses_no_more_lies_where_its_part_does_not_exceed_twice_the_gap(known):
    for bound in known.doubled_gap_bounds:
        np.testing.assert_allclose(fenchel_young(bound), 2 * known.gap, rtol=ROOM)


def test_the_constant_lies_where_its_part_does_not_exceed_the_gap(known):
    low, high = known.constant_bounds
    assert low <= K <= high
    for bound in (low, high):
        if bound > 0:  # else cut off at 0
            paid = WEIGHT * bound**2 + COST**2 / (4 * WEIGHT) - bound * COST
            assert paid == pytest.approx(known.gap, rel=1e-9)
    assert known.constant_error == pytest.approx(max(high - K, K - low), rel=1e-12)


def test_slack_and_its_error_pair_by_pair(known):
    slack = K * DISTANCE - (VALUES[None, :] - VALUES[:, None])
    np.fill_diagonal(slack, np.inf)
    np.testing.assert_allclose(known.slack, slack, rtol=0, atol=64 * EPS)
    error = known.value_error[None, :] + known.value_error[:, None] + known.constant_error * DISTANCE
    np.testing.assert_allclose(known.slack_error, error, rtol=1e-12)
    assert known.resolution == pytest.approx(1e-3 * K * 4.0, rel=1e-12)


def test_roundings_are_a_few_units_of_the_last_place(known):
    """Some units of rounding of the largest number that takes part, and no more than a hundred of them."""
    assert 8 * EPS * (1.2 + K * 4) <= known.rounding <= 128 * EPS * (1.2 + K * 4)
    total = float((MASSES * np.logaddexp(0.0, SIGNS * VALUES)).sum())
    assert 8 * EPS * total <= known.value_rounding <= 128 * EPS * total


def test_signs_of_slopes_are_certain_where_their_whole_interval_is(known):
    assert known.rising().tolist() == [True, False, False]
    assert known.falling().tolist() == [False, True, True]


def test_a_candidate_taken_at_its_word_has_no_errors(candidate):
    taken = Certified(AssumedOptimal.taking(candidate))
    assert taken.exact
    assert taken.gap == 0.0
    assert taken.constant_bounds == (taken.k, taken.k)
    assert taken.constant_error == 0.0
    assert (taken.value_error == 0.0).all()
    np.testing.assert_allclose(taken.slopes, logistic_slope(VALUES), rtol=1e-13)
    np.testing.assert_allclose(taken.slope_bounds, [logistic_slope(VALUES)] * 2, rtol=1e-13)
    assert (taken.slack_error <= taken.rounding).all()


def test_pairs_are_described_in_the_order_they_are_given(known):
    there = described_pairs(known, np.array([0, 2, -1]), np.array([1, 0, 1]))
    np.testing.assert_array_equal(there["lower"], [[0.0], [4.0], [np.nan]])
    np.testing.assert_array_equal(there["upper"], [[3.0], [0.0], [np.nan]])
    np.testing.assert_allclose(there["rise"], [1.5, -1.0, np.nan], rtol=64 * EPS)
    np.testing.assert_array_equal(there["distance"], [3.0, 4.0, np.nan])
    assert there["lower_name"].tolist() == ["fake (0)", "real (4)", ""]
    assert there["upper_name"].tolist() == ["real (3)", "fake (0)", ""]


@pytest.mark.parametrize(
    ("gap", "enough"), [(0.0, True), (1e-6, True), (1.000001e-6, False), (1.0, False), (np.nan, False)]
)
def test_a_relative_gap_of_one_millionth_is_certified(gap, enough):
    candidate: Any = SimpleNamespace(certificate=SimpleNamespace(relative_gap=gap))
    assert bool(certified_optimal(candidate)) is enough


def test_a_shared_point_has_a_slope_only_beyond_the_rounding_of_its_masses():
    line = np.array([[0.0], [1.0], [2.0]])
    problem = CriticProblem(
        DiscreteMeasure(line, [0.25, 0.5, 0.25]), DiscreteMeasure(line[:2], [0.5, 0.5]), losses.logistic(),
        LipschitzPenalty(1.0),
    )  # fmt: skip
    known = Certified(AssumedOptimal.taking(Candidate.of(problem, lambda z: 0 * z[:, 0], np.zeros((3, 2)))))
    rounding = problem.support.mass_rounding
    np.testing.assert_array_equal(known.mass_rounding, [rounding[0], rounding[1], 0.0])
    assert known.rising().tolist() == [False, False, True]  # φ'(0) = ½: slopes (p − q)/2
    assert known.falling().tolist() == [True, False, False]
    assert known.name(0) == "shared (0)"


def test_slopes_lie_between_their_ends_where_values_are_bounded_on_one_side_only():
    """A critic of 0 with no flow: fakes want to fall for ever, reals to rise; σ is 0 or 1 there."""
    problem = CriticProblem(
        DiscreteMeasure(POINTS[:1]), DiscreteMeasure(POINTS[1:]), losses.logistic(), LipschitzPenalty(WEIGHT)
    )
    still = Certified(Candidate.of(problem, tabulated(POINTS, np.zeros(3)), np.zeros((1, 2))))
    low, high = still.value_bounds
    assert np.isneginf(low).tolist() == [True, False, False]
    assert np.isposinf(high).tolist() == [False, True, True]
    np.testing.assert_allclose(high[0], np.log(3.0), rtol=1e-5)  # log(1 + e^t) = gap = 2 log 2
    np.testing.assert_allclose(low[1:], -np.log(15.0), rtol=1e-5)  # ½ log(1 + e^−t) = gap
    np.testing.assert_allclose(still.slope_bounds[0], [0.0, -0.5 * 15 / 16, -0.5 * 15 / 16], rtol=1e-5)
    np.testing.assert_allclose(still.slope_bounds[1], [0.75, 0.0, 0.0], rtol=1e-5)
    assert not still.rising().any()
    assert not still.falling().any()
    assert still.value_error.tolist() == [np.inf] * 3


def test_beyond_three_coordinates_a_name_breaks_off():
    places = np.array([[0.0, 1.23456, 2.0, 3.0], [1.0, 1.0, 1.0, 1.0]])
    problem = CriticProblem(
        DiscreteMeasure(places[:1]), DiscreteMeasure(places[1:]), losses.logistic(), LipschitzPenalty(WEIGHT)
    )
    assert Certified(Candidate.of(problem, lambda z: 0 * z[:, 0])).name(0) == "fake (0, 1.235, 2, …)"
    space = CriticProblem(
        DiscreteMeasure(places[:1, :3]), DiscreteMeasure(places[1:, :3]), losses.logistic(), LipschitzPenalty(WEIGHT)
    )
    assert Certified(Candidate.of(space, lambda z: 0 * z[:, 0])).name(0) == "fake (0, 1.235, 2)"


def test_an_unrestricted_constant_is_not_known_and_no_distance_needs_it():
    problem = CriticProblem(DiscreteMeasure(POINTS), DiscreteMeasure(POINTS), losses.logistic(), Unrestricted())
    known = Certified(Candidate.of(problem, lambda z: 0.1 * z[:, 0], np.zeros((3, 3))))
    assert known.constant_error == np.inf
    assert np.isposinf(known.slack_error[~np.eye(3, dtype=bool)]).all()
    np.testing.assert_allclose(np.diag(known.slack_error), 2 * known.value_error + known.rounding)
