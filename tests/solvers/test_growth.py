"""Room of a value to grow: the same for NumPy and torch, tight where a loss explodes, wide where it is straight."""

import numpy as np
import pytest
import torch

from toylab import losses
from toylab.solvers.growth import LARGEST_GROWTH, growth_room

ABOVE = np.array([-3.0, 0.0, 0.2, 0.4, 50.0])


def test_a_value_lands_just_beyond_its_best_constant_where_the_loss_explodes():
    room = growth_room(losses.exponential().fake_loss.slope_range, ABOVE, 50.0)
    landed = ABOVE + room
    assert np.all(landed[:3] <= 0.5)
    assert np.all(room[3:] == LARGEST_GROWTH)


def test_a_value_goes_on_as_far_as_others_are_where_the_loss_is_straight():
    room = growth_room(losses.logistic().fake_loss.slope_range, ABOVE, 50.0)
    assert room == pytest.approx([4 + 5 + 6, 4 + 5, 4 + 5 + 0.2, 4 + 5 + 0.4, 4 + 5 + 50])


def test_one_slope_sets_no_limit():
    assert growth_room(losses.wasserstein().fake_loss.slope_range, ABOVE, 50.0) is None


@pytest.mark.parametrize("name", ["logistic", "exponential", "quadratic"])
def test_torch_and_numpy_agree(name):
    slopes = losses.get(name).fake_loss.slope_range
    found = growth_room(slopes, torch.as_tensor(ABOVE), 50.0)
    assert found.numpy() == pytest.approx(growth_room(slopes, ABOVE, 50.0), rel=1e-15)
