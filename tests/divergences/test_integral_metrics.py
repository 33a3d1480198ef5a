"""The Fisher IPM, local up to one factor, and W₁, which is not local at all."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm, wasserstein_distance
from strategies import pairs_of_measures

from toylab.distributions import Gaussian, UniformBox, gaussian_mixture
from toylab.divergences import FisherIPM, Uniform, wasserstein1
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import merge

EPS = float(np.finfo(float).eps)


@given(pairs_of_measures(dimensions=(1, 2)), st.integers(0, 1000))
def test_no_function_of_unit_size_beats_the_fisher_critic(measures, seed):
    support = merge(*measures)
    p, q = support.fake_weights, support.real_weights
    mu = 0.5 * (p + q)
    found, best = FisherIPM().value(*measures), FisherIPM().critic(*measures)(support.points)
    if found.value > 1e-6:
        assert mu @ best**2 == pytest.approx(1.0, rel=1e-8)
        assert (q - p) @ best == pytest.approx(found.value, rel=1e-8)
    other = np.random.default_rng(seed).normal(size=len(p))
    other /= np.sqrt(mu @ other**2)
    assert (q - p) @ other <= found.value + found.error + 16 * EPS
    assert found.value**2 == pytest.approx(float(((q - p) ** 2)[mu > 0] @ (1 / mu[mu > 0])), rel=1e-12, abs=1e-30)


def test_fisher_is_local_up_to_one_factor():
    """With μ fixed, masses moved elsewhere scale the critic at the other points by 1/F and change nothing else."""
    points, uniform = np.arange(4.0)[:, None], DiscreteMeasure(np.arange(4.0)[:, None])
    fake = DiscreteMeasure(points, [0.4, 0.2, 0.3, 0.1])
    one, other = DiscreteMeasure(points, [0.1, 0.3, 0.5, 0.1]), DiscreteMeasure(points, [0.1, 0.3, 0.2, 0.4])
    objective = FisherIPM(uniform)
    first, second = (objective.critic(fake, real)(points) for real in (one, other))
    factor = objective.value(fake, one).value / objective.value(fake, other).value
    np.testing.assert_allclose(second[:2], factor * first[:2], rtol=1e-13)
    assert factor != 1.0


@pytest.mark.parametrize(
    ("mu", "weight"),
    [
        (None, lambda t: 0.5 * (norm.pdf(t) + norm.pdf(t, 0.5, 0.8))),
        (Uniform(), lambda t: 1.0),
        (Gaussian([0.2], 1.5), lambda t: norm.pdf(t, 0.2, 1.5)),
    ],
    ids=["middle", "uniform", "gaussian"],
)
def test_fisher_of_densities(mu, weight):
    fake, real = Gaussian([0.0], 1.0), Gaussian([0.5], 0.8)
    square, error = quad(lambda t: (norm.pdf(t) - norm.pdf(t, 0.5, 0.8)) ** 2 / weight(t), -12, 12, epsabs=1e-12)
    objective = FisherIPM(mu)
    found = objective.value(fake, real)
    assert abs(found.value - np.sqrt(square)) <= found.error + error / found.value
    critic, z, step = objective.critic(fake, real), np.linspace(-2, 2, 9)[:, None], 1e-5
    expected = (norm.pdf(z[:, 0], 0.5, 0.8) - norm.pdf(z[:, 0])) / weight(z[:, 0]) / np.sqrt(square)
    np.testing.assert_allclose(critic(z), expected, rtol=1e-7, atol=1e-12)
    difference = (critic(z + step) - critic(z - step)) / (2 * step)
    np.testing.assert_allclose(critic.gradient(z).ravel(), difference, atol=1e-8)


def test_fisher_in_the_plane_is_the_product_formula():
    """μ = 1: F² = ∫ (q − p)² dz = 2 · 1/(4πσ²) (1 − exp(−‖m‖²/4σ²)) for Gaussians of one width."""
    fake, real = Gaussian([0.0, 0.0], 0.5), Gaussian([0.3, -0.4], 0.5)
    expected = np.sqrt(2 / (4 * np.pi * 0.25) * -np.expm1(-0.25 / (4 * 0.25)))
    found = FisherIPM(Uniform()).value(fake, real)
    assert abs(found.value - expected) <= found.error + 16 * EPS


def test_equal_measures_have_fisher_distance_0():
    measure = DiscreteMeasure([[0.0], [1.0]], [0.3, 0.7])
    for mu in (None, Uniform(), DiscreteMeasure([[0.0]])):
        assert FisherIPM(mu).value(measure, measure).value == 0.0
        assert FisherIPM(mu).critic(measure, measure)(measure.points).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("mu", "fake", "real"),
    [
        (DiscreteMeasure([[0.0]]), DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])),
        (UniformBox([0.0], 1.0), UniformBox([0.5], 1.0), UniformBox([0.0], 1.0)),
        (Gaussian([0.0], 0.1), Gaussian([0.0], 1.0), Gaussian([1.0], 1.0)),
    ],
)
def test_a_reference_measure_that_is_too_small_makes_fisher_infinite(mu, fake, real):
    found = FisherIPM(mu).value(fake, real)
    assert found.value == np.inf
    assert "mu has no mass" in found.note
    with pytest.raises(InputError, match=r"Fisher IPM is infinite \(mu has no mass .*widen mu"):
        FisherIPM(mu).critic(fake, real)


@pytest.mark.parametrize(
    ("mu", "fake", "words"),
    [
        (
            Gaussian([0.0], 1.0),
            DiscreteMeasure([[0.0]]),
            "mu must be a DiscreteMeasure, like fake and real, got Gaussian",
        ),
        (DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[0.0]]), "mu must live in dimension 1"),
        (DiscreteMeasure([[0.0]]), Gaussian([0.0], 1.0), "mu must be a Distribution with a density"),
        (Gaussian([0.0, 0.0], 1.0), Gaussian([0.0], 1.0), "mu must live in dimension 1"),
    ],
)
def test_reference_measures_of_the_wrong_kind_are_named(mu, fake, words):
    with pytest.raises(InputError, match=words):
        FisherIPM(mu).value(fake, fake)


@given(pairs_of_measures(dimensions=(1,)))
def test_w1_on_the_line_is_the_area_between_the_distribution_functions(measures):
    fake, real = measures
    expected = wasserstein_distance(fake.points[:, 0], real.points[:, 0], fake.weights, real.weights)
    # POT accepts flows that are off by 1e-13 at a node; the grid is 4 wide
    assert wasserstein1(fake, real) == pytest.approx(expected, abs=4e-12)


def test_w1_needs_finite_measures_in_one_space():
    with pytest.raises(InputError, match="real must be a DiscreteMeasure for W1, got Mixture"):
        wasserstein1(DiscreteMeasure([[0.0]]), gaussian_mixture([[0.0]], 1.0))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="got 1 and 2 coordinates"):
        wasserstein1(DiscreteMeasure([[0.0]]), DiscreteMeasure([[0.0, 0.0]]))
