"""Expectations against closed forms: within the error that is reported, which is small."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toylab.distributions import Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.errors import InputError
from toylab.generators import average
from toylab.measures import DiscreteMeasure

NUMBERS = st.floats(-2.0, 2.0)


@given(frequency=st.floats(0.0, 12.0), phase=NUMBERS, mean=NUMBERS, scale=st.floats(0.05, 2.0))
def test_waves_under_a_gaussian(frequency, phase, mean, scale):
    """E cos(a z + b) = exp(−a²σ²/2) cos(a m + b)."""
    found = average(lambda z: np.cos(frequency * z + phase), Gaussian([mean], scale))
    exact = np.exp(-0.5 * (frequency * scale) ** 2) * np.cos(frequency * mean + phase)
    assert abs(found.value[0] - exact) <= found.error[0] + 4e-16 * (1 + frequency * (abs(mean) + 12 * scale))
    assert found.error[0] <= 1e-12


@given(rate=st.floats(-8.0, 8.0), centre=NUMBERS, half=st.floats(0.05, 1.5))
def test_exponentials_in_a_box(rate, centre, half):
    found = average(lambda z: np.exp(rate * z), UniformBox([centre], [half]))
    exact = np.exp(rate * centre) * (np.sinh(rate * half) / (rate * half) if abs(rate * half) > 1e-8 else 1.0)
    assert abs(found.value[0] - exact) <= found.error[0] + 1e-14 * exact


@pytest.mark.parametrize("latent", [Gaussian([0.3, -0.2], 0.8), UniformBox([0.3, -0.2], [1.0, 0.5])])
def test_moments_in_the_plane(latent):
    found = average(lambda z: np.stack([z[:, 0], z[:, 1] ** 2], axis=1), latent)
    variance = 0.8**2 if isinstance(latent, Gaussian) else 0.5**2 / 3.0
    assert found.value == pytest.approx([0.3, 0.04 + variance], abs=1e-13)
    assert (np.abs(found.value - [0.3, 0.04 + variance]) <= found.error).all()


def test_a_rule_that_is_too_coarse_says_so():
    """A wave of 40 periods a standard deviation is aliased by both rules; their difference shows it."""
    aliased = average(lambda z: np.cos(200.0 * z), Gaussian([0.0], 1.0))
    assert abs(aliased.value[0]) <= aliased.error[0]
    kink = average(lambda z: np.abs(z - 0.123), UniformBox([0.0], [1.0]))
    exact = 0.5 * (1.0 + 0.123**2)
    assert 0 < abs(kink.value[0] - exact) <= kink.error[0]


def test_finite_batches_and_mixtures_are_weighed():
    batch = Masses(DiscreteMeasure([[0.0], [2.0]], [0.25, 0.75]))
    assert average(lambda z: z**2, batch).value == pytest.approx([3.0])
    mixed = average(lambda z: z**2, Mixture([batch, Gaussian([0.0], 2.0)], [1.0, 3.0]))
    assert mixed.value == pytest.approx([0.25 * 3.0 + 0.75 * 4.0])


def test_arithmetic_adds_errors_and_the_norm_bounds_its_own():
    first, second = (
        average(lambda z, a=a: np.concatenate([z, z + a], axis=1), Gaussian([0.5], 1.0)) for a in (0.0, 1.0)
    )
    assert ((first + second).error == first.error + second.error).all()
    assert ((first - second).error == first.error + second.error).all()
    assert (first - second).value == pytest.approx([0.0, -1.0], abs=1e-14)
    length, error = second.norm()
    assert length == pytest.approx(np.hypot(0.5, 1.5))
    assert 0 < error < 1e-12


@pytest.mark.parametrize("latent", [Segment([0.0, 0.0], [1.0, 0.0]), Gaussian([0.0, 0.0, 0.0], 1.0)])
def test_what_cannot_be_integrated_is_refused(latent):
    with pytest.raises(InputError, match="give a batch of points"):
        average(lambda z: z, latent)
