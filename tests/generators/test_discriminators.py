"""Discriminators: gradients against differences, bounds on boxes against samples, JSON, bad input."""

import json

import numpy as np
import pytest

from toylab.distributions import Gaussian, Mixture, UniformBox
from toylab.errors import InputError
from toylab.generators import (
    AffineDiscriminator,
    LogisticDiscriminator,
    OptimalDiscriminator,
    PerfectDiscriminator,
    WhiteNoise,
    discriminator_from_json,
)

REAL = Mixture([Gaussian([1.0, 0.0], 0.5), Gaussian([-1.0, 0.5], 0.8)])
SMOOTH = [
    OptimalDiscriminator(fake=Gaussian([0.0, 0.0], 1.0), real=REAL),
    AffineDiscriminator(0.4, [0.03, -0.02]),
    LogisticDiscriminator(-1.0, [1.0, 0.5]),
    PerfectDiscriminator(fake=UniformBox([0.0, 0.0], 0.5), real=UniformBox([3.0, 0.0], 0.5)),
]
ALL = [*SMOOTH, WhiteNoise(dimension=2, value_noise=0.1, gradient_noise=0.2)]


@pytest.mark.parametrize("discriminator", SMOOTH, ids=lambda d: type(d).__name__)
def test_gradients_are_derivatives(discriminator):
    x = np.random.default_rng(0).uniform(-1.5, 3.0, size=(40, 2))
    step = 1e-5

    def differences(function):
        return np.stack([(function(x + step * e) - function(x - step * e)) / (2 * step) for e in np.eye(2)], axis=1)

    assert discriminator.gradient(x) == pytest.approx(differences(discriminator), abs=1e-4)  # kinks of distances
    if not isinstance(discriminator, PerfectDiscriminator):
        assert discriminator.log_gradient(x) == pytest.approx(differences(lambda z: np.log(discriminator(z))), abs=1e-8)
        found = discriminator.log_complement_gradient(x)
        assert found == pytest.approx(differences(lambda z: np.log(1 - discriminator(z))), abs=1e-8)


def test_the_optimum_keeps_its_slopes_in_the_tails():
    """1 − D underflows at x = 60, and ∇ log D = (1 − D)(∇ ln q − ∇ ln p) there is ∇ ln(q/p)."""
    optimum = OptimalDiscriminator(fake=Gaussian([0.0], 1.0), real=Gaussian([-1.0], 1.0))
    assert optimum(np.array([[60.0]])) == pytest.approx([np.exp(-60.5)], rel=1e-12)
    assert optimum.log_gradient(np.array([[800.0]])) == pytest.approx(np.array([[-1.0]]))


@pytest.mark.parametrize("discriminator", [SMOOTH[1], SMOOTH[2], LogisticDiscriminator(3.0, [-1.0, 2.0])])
def test_bounds_on_a_box_hold_and_are_attained(discriminator):
    low, high = np.array([-1.0, 0.5]), np.array([0.5, 2.0])
    x = np.concatenate(
        [np.random.default_rng(1).uniform(low, high, (5000, 2)), [[a, b] for a in (-1, 0.5) for b in (0.5, 2)]]
    )
    most, steepest = discriminator.largest(low, high)
    assert discriminator(x).max() <= most + 1e-15
    assert discriminator(x).max() == pytest.approx(most)
    slopes = np.linalg.norm(discriminator.gradient(x), axis=1)
    assert slopes.max() <= steepest + 1e-15
    assert slopes.max() == pytest.approx(steepest, rel=1e-3)
    with pytest.raises(InputError, match="no bounds of OptimalDiscriminator"):
        SMOOTH[0].largest(low, high)


@pytest.mark.parametrize("discriminator", ALL, ids=lambda d: type(d).__name__)
def test_discriminators_survive_json(discriminator):
    again = discriminator_from_json(json.loads(json.dumps(discriminator.to_json())))
    x = np.random.default_rng(2).normal(size=(5, 2))
    assert (again(x) == discriminator(x)).all()
    assert (again.gradient(x) == discriminator.gradient(x)).all()
    assert again.describe() == discriminator.describe()


def test_white_noise_is_drawn_with_its_deviations():
    noise = WhiteNoise(dimension=3, value_noise=0.1, gradient_noise=0.2, level=0.5)
    values, gradients = noise.draw(4000, 5, np.random.default_rng(0))
    assert values.shape == (4000, 5)
    assert gradients.shape == (4000, 5, 3)
    assert values.std() == pytest.approx(0.1, rel=0.03)  # four standard errors of a deviation: 4/√(2·20000)
    assert gradients.std() == pytest.approx(0.2, rel=0.03)
    assert (
        np.ptp(
            WhiteNoise(dimension=1, value_noise=1, gradient_noise=1, shared=True).draw(3, 4, np.random.default_rng(0))[
                0
            ][0]
        )
        == 0
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: WhiteNoise(dimension=2, value_noise=0.0, gradient_noise=1.0), "needs a level other than 0"),
        (lambda: WhiteNoise(dimension=0, value_noise=1.0, gradient_noise=1.0), "whole number of at least 1"),
        (lambda: WhiteNoise(dimension=2, value_noise=-1.0, gradient_noise=1.0), "value_noise must not be negative"),
        (lambda: AffineDiscriminator(np.nan, [1.0]), "must be finite"),
        (lambda: LogisticDiscriminator(0.0, [[1.0]]), "slope must be one point"),
        (lambda: OptimalDiscriminator(fake=Gaussian([0.0], 1.0), real=REAL), "both must live in one space"),
        (lambda: discriminator_from_json({"kind": "optimum"}), "did you mean 'optimal'"),
        (lambda: discriminator_from_json({"kind": "affine", "offset": 0.0}), "lacks its field 'slope'"),
        (lambda: discriminator_from_json(3), "got int"),
    ],
)
def test_bad_discriminators_are_refused_in_words(make, words):
    with pytest.raises(InputError, match=words):
        make()
