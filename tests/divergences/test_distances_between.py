"""W₁ of distributions without sampling: closed forms, SciPy's integrals, quantile couplings; errors are bounds."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy import integrate, stats

from tests.strategies import examples
from toylab.distributions import Gaussian, Masses, Mixture, Ring, Segment, UniformBox
from toylab.divergences import (
    cumulative,
    integrated_cumulative,
    mean_length,
    translation,
    wasserstein1,
    wasserstein_between,
)
from toylab.divergences.distances import _enclosed
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure

TWO = Mixture([Gaussian([-1.0], 0.2), UniformBox([1.5], [0.3])], [1.0, 2.0])
PLACES, WIDTHS = st.floats(-3.0, 3.0), st.floats(0.05, 2.0)
SHAPES = st.one_of(
    st.builds(lambda at, width: Gaussian([at], width), PLACES, WIDTHS),
    st.builds(lambda at, width: UniformBox([at], width), PLACES, WIDTHS),
)
MIXED = SHAPES | st.builds(lambda one, other, w: Mixture([one, other], [w, 1.0]), SHAPES, SHAPES, st.floats(0.2, 5.0))


@pytest.mark.parametrize("distribution", [Gaussian([0.4], 0.7), UniformBox([-0.5], [1.25]), TWO])
def test_the_integral_of_the_distribution_function_is_its_integral(distribution):
    z = np.linspace(-8.0, 4.0, 25)
    found = integrated_cumulative(distribution, z)
    steps = [
        integrate.quad(lambda t: float(cumulative(distribution, np.array([t]))[0]), a, b, epsabs=1e-13, limit=200)[0]
        for a, b in pairwise(z)
    ]
    assert np.diff(found) == pytest.approx(np.array(steps), abs=1e-10)  # quad over the kinks of boxes
    assert found[0] == pytest.approx(0.0, abs=1e-12)


@example(latent=Gaussian([0.0], 1.0), slope=6.8e-211, offset=1.0)
@example(latent=UniformBox([0.0], [1.0]), slope=5e-324, offset=-1.0)
@example(latent=Gaussian([0.0], 1.0), slope=1e-150, offset=-2.0)
@given(latent=SHAPES, slope=st.floats(-2.0, 2.0), offset=PLACES)
@examples(25)
def test_mean_lengths_are_those_of_quantiles(latent, slope, offset):
    """E|slope Z + offset| over 20 001 quantiles; between two of them the integrand moves by slope times their gap."""
    levels = (np.arange(20_001) + 0.5) / 20_001
    if isinstance(latent, Gaussian):
        z, wide = stats.norm.ppf(levels, latent.mean[0], latent.scale), latent.scale
    else:
        z, wide = latent.centre[0] + latent.half_side[0] * (2.0 * levels - 1.0), 0.0
    found = mean_length(latent, slope, offset)
    tail = 1e-3 * abs(slope) * wide  # E(|Z| − last quantile)⁺ is 5e-5 standard deviations
    assert found.value == pytest.approx(np.abs(slope * z + offset).mean(), abs=tail + 1e-4 * abs(slope) + 1e-12)
    assert found.error <= 1e-12 * (1.0 + abs(offset) + abs(slope))


def test_translations_in_any_dimension():
    offset = np.array([3.0, -4.0])
    square, line = UniformBox([0.0, 1.0], [1.0, 2.0]), Segment([0.0, 0.0], [0.0, 1.0])
    atoms = np.array([[0.0, 0.0], [1.0, 0.5]])
    for first, second in (
        (square, UniformBox(square.centre + offset, square.half_side)),
        (line, Segment(line.start + offset, line.end + offset)),
        (Gaussian([1.0, 1.0], 0.3), Gaussian([4.0, -3.0], 0.3)),
        (Masses(DiscreteMeasure(atoms, [1, 2])), Masses(DiscreteMeasure(atoms + offset, [1, 2]))),
        (Mixture([square, line]), Mixture([UniformBox([3.0, -3.0], [1.0, 2.0]), Segment([3.0, -4.0], [3.0, -3.0])])),
    ):
        found = wasserstein_between(first, second)
        assert translation(first, second) == pytest.approx(offset)
        assert abs(found.value - 5.0) <= found.error <= 1e-13
    assert translation(square, line) is None
    assert translation(Gaussian([0.0], 1.0), Gaussian([0.0], 2.0)) is None
    assert translation(Masses(DiscreteMeasure(atoms)), Masses(DiscreteMeasure(atoms * 2.0))) is None
    assert translation(Mixture([square, line]), Mixture([line, square])) is None


@given(fake=MIXED, real=MIXED)
@examples(25)
def test_the_enclosure_holds_what_scipy_integrates(fake, real):
    """∫ |F − G| on a grid of 1.5e5 points: |F − G| has a slope of at most 20, so the midpoint rule is off by little."""
    found = _enclosed(fake, real)
    ends = np.linspace(-28.0, 28.0, 150_001)
    middles, step = 0.5 * (ends[:-1] + ends[1:]), ends[1] - ends[0]
    grid = float(np.abs(cumulative(fake, middles) - cumulative(real, middles)).sum() * step)
    assert abs(found.value - grid) <= found.error + 20.0 * step**2 * 56.0 / 4.0
    assert found.error <= 1e-3  # densities that agree over a stretch leave something open, and it is said


@given(one=SHAPES, other=SHAPES)
@examples(25)
def test_one_shape_rescaled_agrees_with_the_enclosure(one, other):
    if type(one) is type(other):
        found, enclosed = wasserstein_between(one, other), _enclosed(one, other)
        assert abs(found.value - enclosed.value) <= found.error + enclosed.error


def test_known_values():
    assert wasserstein_between(Gaussian([0.0], 1.0), Gaussian([0.0], 3.0)).value == pytest.approx(
        2 * np.sqrt(2 / np.pi)
    )
    box, inner = UniformBox([0.0], [1.0]), UniformBox([0.0], [0.5])
    assert wasserstein_between(box, inner).value == pytest.approx(0.25, abs=1e-15)  # E|Z|/2
    levels = (np.arange(2000) + 0.5) / 2000
    quantiles = [stats.norm.ppf(levels)[:, None], (2.0 * levels - 1.0)[:, None]]
    sampled = wasserstein1(*map(DiscreteMeasure, quantiles))
    found = wasserstein_between(Gaussian([0.0], 1.0), box)
    assert found.value == pytest.approx(sampled, abs=2e-3)  # E(|Z| − 3.5)⁺ and half a step
    assert found.error < 1e-10


def test_what_has_no_formula_says_so():
    with pytest.raises(InputError, match="has no formula here"):
        wasserstein_between(Gaussian([0.0, 0.0], 1.0), UniformBox([0.0, 0.0], 1.0))
    with pytest.raises(InputError, match="has no formula here"):
        wasserstein_between(Gaussian([0.0, 0.0], 1.0), Gaussian([0.0, 0.0], 2.0))
    with pytest.raises(InputError, match="no integral of the distribution function of Ring"):
        integrated_cumulative(Ring([0.0, 0.0], 1.0, 0.1), np.zeros(1))
    with pytest.raises(InputError, match="this has 2 coordinates"):
        integrated_cumulative(Gaussian([0.0, 0.0], 1.0), np.zeros(1))
