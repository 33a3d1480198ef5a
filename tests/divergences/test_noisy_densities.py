"""Densities and scores of translated and noisy distributions, against 50 digits, samples' formulas and quadrature."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from toylab import divergences
from toylab.distributions import (
    Distribution,
    Gaussian,
    Masses,
    Mixture,
    Noisy,
    Segment,
    Translated,
    UniformBox,
    gaussian_mixture,
)
from toylab.divergences import DensityPair, UnrestrictedLoss, integrate, log_density, score
from toylab.errors import InputError
from toylab.losses import logistic
from toylab.measures import DiscreteMeasure

EPS = float(np.finfo(float).eps)
BOX = UniformBox([0.5, -1.0], [1.0, 0.25])
MASSES = Masses(DiscreteMeasure([[0.0, 0.0], [1.0, 2.0], [3.0, 3.0]], [1.0, 2.0, 0.0]))
EVERY: dict[str, Distribution] = {
    "moved Gaussian": Translated(Gaussian([0.0, 1.0], 0.7), [3.0, -2.0]),
    "moved box": Translated(BOX, [1.0, 1.0]),
    "noisy Gaussian": Noisy(Gaussian([0.0, 1.0], 0.7), 0.4),
    "noisy box": Noisy(BOX, 0.3),
    "noisy masses": Noisy(MASSES, 0.5),
    "noisy mixture": Noisy(Mixture([BOX, Gaussian([0.0, 0.0], 0.3), MASSES], [1, 2, 3]), 0.5),
    "moved noisy box": Translated(Noisy(BOX, 0.3), [1.0, 0.0]),
    "noisy moved box": Noisy(Translated(BOX, [1.0, 0.0]), 0.3),
    "noise twice": Noisy(Noisy(BOX, 0.3), 0.4),
    "mixture of both": Mixture([Translated(Noisy(BOX, 0.3), [1.0, 0.0]), Noisy(MASSES, 0.2)]),
}
each = pytest.mark.parametrize("name", EVERY)
Z = np.random.default_rng(0).normal(scale=1.5, size=(40, 2))


@each
def test_the_logarithm_is_that_of_the_density(name):
    """The densities are computed by other code, in numbers instead of logarithms."""
    distribution = EVERY[name]
    density = distribution.density(Z)
    seen = density > 1e-200
    np.testing.assert_allclose(np.exp(log_density(distribution, Z))[seen], density[seen], rtol=1e-9)


@each
def test_the_score_is_the_gradient_of_the_logarithm(name):
    """Central differences of fourth order; the moved box has slope 0 except at its edges."""
    distribution, h = EVERY[name], 1e-3
    gradients = (
        np.stack(
            [
                (
                    8 * (log_density(distribution, Z + e) - log_density(distribution, Z - e))
                    - (log_density(distribution, Z + 2 * e) - log_density(distribution, Z - 2 * e))
                )
                / (12 * h)
                for e in h * np.eye(2)
            ],
            axis=1,
        )
        if name != "moved box"
        else np.zeros(Z.shape)
    )
    scores = score(distribution, Z)
    # h⁴/30 times a fifth derivative of order (1/s)⁵ ≤ 5⁵, and rounding of the logarithms over h
    size = 1.0 + np.abs(np.nan_to_num(log_density(distribution, Z), neginf=0.0)).max()
    np.testing.assert_allclose(scores, gradients, rtol=1e-6, atol=h**4 * 5**5 + 10 * EPS * size / h)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.floats(-30.0, 30.0), st.sampled_from([0.03, 0.3, 3.0, 30.0]), st.sampled_from([0.1, 1.0]))
def test_a_noisy_interval_keeps_its_digits_far_out(z, scale, half):
    """p = (Φ(a) − Φ(b))/2h in 400 digits, up to a thousand standard deviations out."""
    distribution, point = Noisy(UniformBox([0.25], [half]), scale), np.array([[z]])
    with mpmath.workdps(60):
        x = abs(mpmath.mpf(z) - mpmath.mpf(0.25))
        near, far = (half - x) / mpmath.mpf(scale), (-half - x) / mpmath.mpf(scale)
        # erfc keeps relative accuracy; a difference of nearly equal numbers is what 60 digits are for
        share = (mpmath.erfc(-near / mpmath.sqrt(2)) - mpmath.erfc(-far / mpmath.sqrt(2))) / 2
        exact = mpmath.log(share / (2 * mpmath.mpf(half)))
        slope = (mpmath.npdf(far) - mpmath.npdf(near)) / (mpmath.mpf(scale) * share)
        slope = slope if z > 0.25 else -slope
    # the arguments are rounded, which log Φ amplifies by its slope times the argument; and a − b loses s/h of a digit
    loss = 64 * EPS * (1.0 + float(near) ** 2 + float(far) ** 2 + scale / half)
    assert abs(float(log_density(distribution, point)[0]) - float(exact)) <= loss
    assert abs(float(score(distribution, point)[0, 0]) - float(slope)) <= loss * (1.0 + abs(float(slope)))


def test_noise_on_gaussians_and_on_masses_are_gaussians():
    for found, expected in (
        (Noisy(Gaussian([0.0, 1.0], 3.0), 4.0), Gaussian([0.0, 1.0], 5.0)),
        (Noisy(MASSES, 0.5), gaussian_mixture([[0.0, 0.0], [1.0, 2.0]], 0.5, [1.0, 2.0])),
        (Translated(Gaussian([0.0, 1.0], 3.0), [1.0, 1.0]), Gaussian([1.0, 2.0], 3.0)),
    ):
        far = 1000.0 * Z  # both densities are 0 in float64 out there
        np.testing.assert_allclose(log_density(found, far), log_density(expected, far), rtol=1e-12)
        np.testing.assert_allclose(score(found, far), score(expected, far), rtol=1e-12)


@pytest.mark.parametrize("scale", [0.01, 0.3, 3.0])
def test_a_noisy_box_has_mass_1_and_the_second_moment_of_a_sum(scale):
    box = UniformBox([0.5, -1.0], [1.0, 0.25])
    for distribution in (Noisy(UniformBox([0.5], [1.0]), scale), Noisy(box, scale)):
        centre = distribution.distribution.centre
        mass = integrate(lambda z, d=distribution: np.exp(log_density(d, z)), [distribution])
        assert abs(mass.value - 1.0) <= mass.error + 1e-9
        square = integrate(
            lambda z, d=distribution, c=centre: np.exp(log_density(d, z)) * ((z - c) ** 2).sum(axis=1), [distribution]
        )
        expected = (distribution.distribution.half_side**2 / 3.0 + scale**2).sum()
        assert abs(square.value - expected) <= square.error + 1e-8 * (1.0 + expected)


def test_a_divergence_of_noisy_measures_is_finite_and_that_of_quadrature():
    """Instance noise: without it the supports are disjoint and KL is infinite (Arjovsky and Bottou, section 3)."""
    fake, real = Noisy(UniformBox([0.0], [0.5]), 0.4), Noisy(Masses(DiscreteMeasure([[2.0], [3.0]])), 0.4)

    def at(t: float) -> float:
        p, q = (float(side.density(np.array([[t]]))[0]) for side in (fake, real))
        return q * np.log(q / p) if min(p, q) > 0 else 0.0

    expected, error = quad(at, -4.0, 7.0, points=[-0.5, 0.5, 2.0, 3.0], limit=400)
    found = divergences.get("kl").value(fake, real)
    assert abs(found.value - expected) <= found.error + error + 1e-7


def test_the_vanilla_critic_of_noisy_measures_has_the_gradient_of_its_values():
    fake, real = Noisy(BOX, 0.4), Translated(Noisy(MASSES, 0.5), [0.5, 0.0])
    critic = UnrestrictedLoss(logistic()).critic(fake, real)
    h = 1e-5
    slopes = np.stack([(critic(Z + e) - critic(Z - e)) / (2 * h) for e in h * np.eye(2)], axis=1)
    np.testing.assert_allclose(critic.gradient(Z), slopes, rtol=1e-6, atol=1e-6)
    assert DensityPair(fake, real).dimension == 2


def test_what_has_no_formula_says_so():
    noisy = Noisy(Segment([0.0, 0.0], [1.0, 0.0]), 0.3)
    assert np.isfinite(log_density(noisy, Z)).all()  # its density is known
    with pytest.raises(InputError, match="no gradient of the density of Segment plus Gaussian noise"):
        score(noisy, Z)
    with pytest.raises(InputError, match="no extent of the density of Segment plus Gaussian noise"):
        DensityPair(noisy, noisy)
    with pytest.raises(InputError, match="Segment has no density that toylab can integrate"):
        DensityPair(Translated(Segment([0.0, 0.0], [1.0, 0.0]), [1.0, 0.0]), noisy)
