"""The straight lines a loss becomes from far away, against its own slopes out there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toylab import losses
from toylab.losses import Loss, LossPair
from toylab.solvers.recession import recession_pair

FAR = 1e6
BOUNDED = [
    losses.logistic(),
    losses.sqrt(),
    losses.hinge(),
    losses.combination((1.0, losses.logistic()), (0.3, losses.wasserstein())),
    losses.combination((0.5, losses.sqrt()), (2.0, losses.logistic()), (0.1, losses.wasserstein())),
    losses.combination((1.0, losses.hinge()), (0.5, losses.logistic())),
]
bounded = st.sampled_from(BOUNDED)


def measured_slope(loss: Loss, at: float) -> float:
    """A difference quotient over a quarter of the way out, so that rounding of the values does not show."""
    ends = loss.value(np.array([at - 0.25 * abs(at), at + 0.25 * abs(at)]))
    return float(ends[1] - ends[0]) / (0.5 * abs(at))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    bounded,
    st.sampled_from([-100.0, 0.0, 3.0]),
    st.sampled_from([0.1, 1.0, 10.0]),
    st.sampled_from([(1.0, 1.0), (2.0, 0.5)]),
)
def test_the_slopes_far_out_are_those_of_the_loss(pair, offset, unit, factors):
    """The slope of these losses at ±T is within (scale/T)² of its limit: that of the square root falls slowest."""
    pair = pair.rescaled(unit).shifted(offset).weighted(fake=factors[0], real=factors[1])
    lines = recession_pair(pair)
    assert lines is not None
    scale = (1.0 + abs(offset) + unit) / FAR
    for loss, line in ((pair.fake_loss, lines.fake_loss), (pair.real_loss, lines.real_loss)):
        for at in (-FAR, FAR):
            slope = measured_slope(loss, at)
            assert abs(measured_slope(line, at) - slope) <= 10 * scale**2 + 1e-13 * abs(slope)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(bounded, st.sampled_from([-5.0, 0.0, 3.0]), st.sampled_from([0.1, 10.0]))
def test_they_are_lines_that_meet_in_one_kink_where_the_slope_is_halfway(pair, offset, unit):
    pair = pair.rescaled(unit).shifted(offset)
    lines = recession_pair(pair)
    assert lines is not None
    for loss, line in ((pair.fake_loss, lines.fake_loss), (pair.real_loss, lines.real_loss)):
        (kink,) = line.kinks
        t = np.array([-FAR, kink.at - 1e-3, kink.at + 1e-3, FAR])
        left, low, high, right = line.slope(t)
        assert left == low
        assert high == right
        assert kink.jump == pytest.approx(right - left, rel=1e-15)
        middle, (before, after) = 0.5 * (low + high), loss.slope(kink.at + 1e-6 * unit * np.array([-1.0, 1.0]))
        assert before <= middle <= after


@pytest.mark.parametrize("pair", BOUNDED, ids=lambda pair: pair.name)
def test_on_large_values_the_difference_is_small_against_them(pair):
    """|φ(t) − lines(t)| stays below a constant, so relative to values of 1e3, 1e6, 1e9 it falls by the same factor."""
    lines = recession_pair(pair)
    assert lines is not None
    for loss, line in ((pair.fake_loss, lines.fake_loss), (pair.real_loss, lines.real_loss)):
        for size in (1e3, 1e6, 1e9):
            t = size * np.array([-1.0, -0.5, 0.5, 1.0])
            assert np.abs(loss.value(t) - line.value(t)).max() <= 4.0 + 1e-15 * size


@pytest.mark.parametrize("unit", [1.0, 3.0])
def test_a_loss_that_is_two_lines_is_its_own_limit(unit):
    pair = losses.hinge().rescaled(unit) + 0.25 * losses.wasserstein()
    lines = recession_pair(pair)
    assert lines is not None
    t = np.linspace(-10.0, 10.0, 41)
    for loss, line in ((pair.fake_loss, lines.fake_loss), (pair.real_loss, lines.real_loss)):
        gap = loss.value(t) - line.value(t)
        np.testing.assert_allclose(gap, gap[0], rtol=0, atol=1e-13)  # the same up to a constant


@pytest.mark.parametrize(
    "pair",
    [
        losses.wasserstein(),  # one slope: nothing bends
        losses.exponential(),  # no largest slope
        losses.quadratic(),  # no largest and no least slope
        losses.logistic() + losses.exponential(),
        losses.combination((1.0, losses.quadratic()), (1.0, losses.logistic())),
        LossPair("one side bends", losses.Softplus(), losses.Reflected(losses.Linear())),
        LossPair(
            "falls first", losses.Total((losses.Softplus(), losses.Affine(-0.5))), losses.Reflected(losses.Softplus())
        ),
    ],
    ids=lambda pair: pair.name,
)
def test_other_losses_have_no_such_limit(pair):
    assert recession_pair(pair) is None
