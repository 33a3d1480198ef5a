"""Where both losses are straight lines: the interval, its slope, and critics that are moved into it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from toylab import losses
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.solving import solve
from toylab.solvers.straight_piece import StraightPiece, is_straight, straight_piece

EPS = np.finfo(float).eps
LEAKY = LossPair.symmetric("leaky", losses.Total((losses.Hinge(), losses.Scaled(losses.Linear(), 0.125))))
#: The pair and its piece by hand: (low, high, slope).
PIECES = {
    "wasserstein": (losses.wasserstein(), (-np.inf, np.inf, 1.0)),
    "three times wasserstein": (3.0 * losses.wasserstein(), (-np.inf, np.inf, 3.0)),
    "hinge": (losses.hinge(), (-1.0, 1.0, 1.0)),
    "hinge around 5": (losses.hinge().shifted(5.0), (4.0, 6.0, 1.0)),
    "hinge in units of 4": (losses.hinge().rescaled(4.0), (-4.0, 4.0, 0.25)),
    "hinge and wasserstein": (losses.hinge() + 0.5 * losses.wasserstein(), (-1.0, 1.0, 1.5)),
    "leaky": (LEAKY, (-1.0, 1.0, 1.125)),
    "two hinges": (losses.hinge() + losses.hinge().rescaled(0.25), (-0.25, 0.25, 5.0)),
    "raised hinge": (losses.hinge().raised(fake=3.0), (-1.0, 1.0, 1.0)),
    "hinge for reals only": (
        LossPair("half", losses.Linear(), losses.Reflected(losses.Hinge())),
        (-np.inf, 1.0, 1.0),
    ),
    "hinge for fakes only": (
        LossPair("half", losses.Hinge(), losses.Reflected(losses.Linear())),
        (-1.0, np.inf, 1.0),
    ),
}


@pytest.mark.parametrize("name", PIECES)
def test_the_piece_around_the_best_constant(name):
    pair, (low, high, slope) = PIECES[name]
    piece = straight_piece(pair)
    assert piece is not None
    assert (piece.low, piece.high) == (low, high)
    assert piece.slope == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("name", PIECES)
def test_both_losses_are_straight_on_it_and_one_bends_at_each_end(name):
    """Second differences of the values: 0 inside, positive across every finite end."""
    pair, (low, high, slope) = PIECES[name]
    inside = np.linspace(max(low, -50.0), min(high, 50.0), 9)
    for loss, sign in ((pair.fake_loss, 1.0), (pair.real_loss, -1.0)):
        rises = np.diff(loss.value(inside)) / np.diff(inside)
        np.testing.assert_allclose(rises, sign * slope, rtol=1e-12)
    for end in (end for end in (low, high) if np.isfinite(end)):
        bends = [
            np.diff(loss.value(end + np.array([-0.1, 0.0, 0.1])), n=2)[0] for loss in (pair.fake_loss, pair.real_loss)
        ]
        assert max(bends) > 0.01


@pytest.mark.parametrize(
    "pair",
    [
        losses.logistic(),
        losses.quadratic(),
        losses.hinge() + losses.logistic(),
        LossPair("one curved", losses.Linear(), losses.Reflected(losses.Softplus())),
        losses.wasserstein().weighted(fake=2.0),  # no best constant
        losses.hinge().weighted(fake=2.0),  # the best constant is a kink
        LossPair(
            "kinks meet", losses.Shifted(losses.Hinge(), 1.0), losses.Reflected(losses.Shifted(losses.Hinge(), 1.0))
        ),
    ],
    ids=lambda pair: pair.name,
)
def test_no_piece_where_a_loss_bends_at_the_best_constant(pair):
    assert straight_piece(pair) is None


@pytest.mark.parametrize(
    ("loss", "straight"),
    [
        (losses.Linear(), True),
        (losses.Hinge(), True),
        (losses.Reflected(losses.Stretched(losses.Hinge(), 7.0)), True),
        (losses.Total((losses.Hinge(), losses.Shifted(losses.Hinge(), 2.0), losses.Linear())), True),
        (losses.Affine(-3.0, 1.0), True),
        (losses.Softplus(), False),
        (losses.Square(0.0), False),
        (losses.Exponential(), False),
        (losses.Total((losses.Hinge(), losses.Scaled(losses.Softplus(), 1e-6))), False),
    ],
)
def test_straight_losses_have_one_slope_between_their_kinks(loss, straight):
    assert is_straight(loss) is straight
    t = np.linspace(-3.875, 3.875, 32)
    assert bool((np.abs(loss.curvature(t)) == 0).all()) is straight


numbers = st.floats(-1e6, 1e6, allow_subnormal=False)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(numbers, st.floats(1e-3, 1e6), st.lists(numbers, min_size=1, max_size=5))
def test_values_fit_exactly_where_their_range_does(low, width, values):
    """In the middle of the interval: as much room below as above; None if and only if they are too far apart."""
    piece, array = StraightPiece(low=low, high=low + width, slope=1.0), np.array(values)
    shift = piece.shift(array)
    assert (shift is None) == (np.ptp(array) > piece.high - piece.low)
    if shift is not None:
        moved, rounding = array + shift, 8 * EPS * (abs(low) + width + np.abs(array).max())
        below, above = moved.min() - piece.low, piece.high - moved.max()
        assert below >= -rounding
        assert above >= -rounding
        assert abs(below - above) <= rounding


@settings(max_examples=100, deadline=None, derandomize=True)
@given(numbers, st.booleans(), st.lists(numbers, min_size=1, max_size=5))
def test_on_a_half_line_the_room_grows_with_the_range_of_the_values(end, upwards, values):
    ends = (end, np.inf) if upwards else (-np.inf, end)
    piece, array = StraightPiece(low=ends[0], high=ends[1], slope=1.0), np.array(values)
    shift = piece.shift(array)
    assert shift is not None
    moved = array + shift
    room = moved.min() - end if upwards else end - moved.max()
    assert abs(room - np.ptp(array)) <= 8 * EPS * (abs(end) + 3 * np.abs(array).max())


def test_on_the_whole_line_nothing_is_moved():
    assert StraightPiece(low=-np.inf, high=np.inf, slope=1.0).shift(np.array([-1e9, 3.0])) == 0.0


@pytest.mark.parametrize("name", ["hinge", "hinge around 5", "hinge in units of 4", "leaky", "two hinges"])
def test_the_optimum_is_wassersteins_once_the_critic_fits(name):
    """J(f) = J(c) + s (E_fake f − E_real f) on the piece: V = J(c) − (s W₁)²/4λ, k* = s W₁/2λ (LGAN Lemma 15)."""
    pair, (low, high, slope) = PIECES[name]
    x, y, q = np.array([0.0, 0.25, 2.0]), np.array([0.5, 1.0]), np.array([0.25, 0.75])
    w1 = slope * wasserstein_distance(x, y, None, q)
    weight = 2.0 * w1 * 2.0 / (high - low)  # k* · diameter is half of what fits
    problem = CriticProblem(DiscreteMeasure(x[:, None]), DiscreteMeasure(y[:, None], q), pair, LipschitzPenalty(weight))
    middle = np.array([0.5 * (low + high)])
    constant = float(pair.fake_loss.value(middle)[0] + pair.real_loss.value(middle)[0])
    solution = solve(problem, InteriorPoint())
    assert solution.certificate.gap <= 1e-12
    assert solution.value == pytest.approx(constant - w1**2 / (4.0 * weight), abs=1e-12)
    assert solution.lipschitz_constant == pytest.approx(w1 / (2.0 * weight), rel=1e-12)
    values = np.concatenate([solution.fake_values, solution.real_values])
    assert low <= values.min()
    assert values.max() <= high
