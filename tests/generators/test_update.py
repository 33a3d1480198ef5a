"""A generator's gradient against differences of the cost, and against mpmath where there is an integral."""

import json
from typing import Any

import mpmath
import numpy as np
import pytest

import toylab
from toylab.distributions import Gaussian, Masses, UniformBox, gaussian_mixture
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    AffineDiscriminator,
    Average,
    GeneratorUpdate,
    HiddenLayer,
    LogisticDiscriminator,
    NonSaturating,
    Saturating,
    Shift,
    average,
    smoothed,
)
from toylab.measures import DiscreteMeasure

BATCH = Masses(DiscreteMeasure([[0.1, -0.4], [0.8, 0.3], [-0.5, 0.9]], [0.2, 0.3, 0.5]))
REAL = gaussian_mixture([[3.0, 0.0], [0.0, 3.0]], 0.5)


@pytest.mark.parametrize("cost", [Saturating(), NonSaturating()], ids=lambda cost: cost.name)
@pytest.mark.parametrize("latent", [BATCH, UniformBox([0.0, 0.0], 1.0)], ids=["batch", "box"])
def test_gradients_are_derivatives_of_the_cost(cost, latent):
    network = HiddenLayer.random(2, 3, 2, np.random.default_rng(0))
    discriminator = LogisticDiscriminator(-0.5, [1.0, 0.7])
    update = GeneratorUpdate(generator=network, latent=latent, discriminator=discriminator, real=REAL, cost=cost)

    def value(parameters):
        def paid(z):
            d = discriminator(network.with_parameters(parameters)(z))
            return (np.log(1 - d) if isinstance(cost, Saturating) else -np.log(d))[:, None]

        return average(paid, latent).value[0]

    step = 1e-5
    expected = [
        (value(network.parameters + step * e) - value(network.parameters - step * e)) / (2 * step)
        for e in np.eye(len(network.parameters))
    ]
    found = update.gradient()
    assert found.value == pytest.approx(expected, abs=1e-9)  # rounding 1e-16/1e-5, third derivative times 1e-10
    assert (found.error < 1e-10).all()


def kl_minus_two_jsd(theta):
    """KL(N(θ, 1)‖N(0, 1.5²)) − 2 JSD with 30 digits."""

    def p(x):
        return mpmath.npdf(x, theta, 1)

    def q(x):
        return mpmath.npdf(x, 0, mpmath.mpf("1.5"))

    def kl(a, b) -> Any:
        return mpmath.quad(lambda x: a(x) * mpmath.log(a(x) / b(x)), [-14, -4, 0, 2, 6, 14])

    def middle(x):
        return (p(x) + q(x)) / 2

    return kl(p, q) - kl(p, middle) - kl(q, middle)


def test_the_update_is_the_gradient_of_kl_minus_two_jsd():
    """Arjovsky and Bottou, Theorem 2.5, at θ = 1.3: .288736."""
    with mpmath.workdps(30):
        exact = float(mpmath.diff(kl_minus_two_jsd, mpmath.mpf("1.3"), h=mpmath.mpf("1e-8")))
    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), Gaussian([0.0], 1.0), Gaussian([0.0], 1.5))
    found = update.gradient()
    assert abs(found.value[0] - exact) <= found.error[0] + 1e-13  # what mpmath's difference leaves
    assert found.value[0] == pytest.approx(0.288736, abs=5e-7)


def test_a_discriminator_that_follows_adds_its_own_slope():
    """d/dθ E[−log D*_θ(g_θ(z))] by differences of the whole."""

    def whole(theta):
        update = GeneratorUpdate.against_the_optimum(Shift([theta]), Gaussian([0.0], 1.0), Gaussian([0.0], 1.5))
        return average(lambda z: -np.log(update.discriminator(update.generator(z)))[:, None], update.latent).value[0]

    expected = (whole(1.3 + 1e-5) - whole(1.3 - 1e-5)) / 2e-5
    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), Gaussian([0.0], 1.0), Gaussian([0.0], 1.5), follows=True)
    assert update.gradient().value[0] == pytest.approx(expected, abs=1e-9)
    assert update.gradient().value[0] == pytest.approx(0.4145, abs=5e-5)


@pytest.mark.parametrize(("sigma", "half"), [(1.0, 0.199), (0.5, 0.450), (0.2, 0.118), (0.1, 2.2e-5)])
def test_instance_noise_between_two_points(sigma, half):
    """½ E ∇ log(1 − D*) = ∇JSD: the numbers of the theory page are those of one JSD."""
    point = [Masses(DiscreteMeasure([[place]])) for place in (0.0, 1.0)]
    update = GeneratorUpdate.against_the_optimum(Shift([0.0]), *point, cost=Saturating(), noise=sigma)
    assert 0.5 * abs(update.gradient().value[0]) == pytest.approx(half, rel=5e-3, abs=5e-7)


def test_smoothing_is_convolution():
    x = np.random.default_rng(0).normal(size=(6, 2))
    for distribution in (BATCH, REAL):
        assert smoothed(distribution, 0.7).density(x) == pytest.approx(distribution.smoothed_density(x, 0.7), rel=1e-12)
    with pytest.raises(InputError, match="instance noise is added to"):
        smoothed(UniformBox([0.0], [1.0]), 0.1)


UPDATES = [
    GeneratorUpdate.against_the_optimum(Affine([[0.8]], [-0.5]), Gaussian([0.0], 1.0), Gaussian([1 / 3], 1.5)),
    GeneratorUpdate(
        generator=HiddenLayer.random(2, 3, 2, np.random.default_rng(0)),
        latent=BATCH,
        discriminator=LogisticDiscriminator(-0.5, [1.0, 0.7]),
        real=REAL,
        cost=Saturating(),
    ),
    GeneratorUpdate.against_the_optimum(Shift([0.0, 0.0]), BATCH, BATCH, cost=Saturating(), noise=0.3),
]


@pytest.mark.parametrize("update", UPDATES, ids=["affine", "network", "noise"])
def test_updates_survive_json_bit_by_bit(update):
    again = GeneratorUpdate.from_json(json.loads(json.dumps(update.to_json())))
    assert again.to_json() == update.to_json()
    assert (again.gradient().value == update.gradient().value).all()
    assert again.describe() == update.describe()
    assert "gradient" in update._repr_html_()


def test_the_pull_goes_downhill():
    update = UPDATES[1]
    x = np.random.default_rng(1).normal(size=(5, 2))
    before, after = (np.log(1 - update.discriminator(at)) for at in (x, x + 1e-3 * update.pull(x)))
    assert (after < before).all()


def test_bad_updates_are_refused_in_words():
    line = {"generator": Shift([0.0]), "latent": Gaussian([0.0], 1.0), "real": Gaussian([1.0], 1.0)}
    plain = AffineDiscriminator(0.5, [0.1])
    for changes, words in (
        ({"latent": Gaussian([0.0, 0.0], 1.0)}, "takes latent points with 1 coordinates, and `latent` has 2"),
        ({"real": REAL}, "makes points with 1 coordinates and the real ones have 2"),
        ({"discriminator": AffineDiscriminator(0.5, [0.1, 0.2])}, "does not take points with 1 coordinates"),
        ({"discriminator": lambda x: x}, "discriminator must be a Discriminator, got function"),
        ({"cost": "log"}, "cost must be a Cost, got str"),
        ({"noise": -1.0}, "instance noise must not be negative"),
    ):
        with pytest.raises(InputError, match=words):
            GeneratorUpdate(**{**line, "discriminator": plain, **changes})  # type: ignore[arg-type]
    with pytest.raises(InputError, match="give the discriminator yourself"):
        GeneratorUpdate.against_the_optimum(
            HiddenLayer.random(1, 2, 1, np.random.default_rng(0)), Gaussian([0.0], 1.0), Gaussian([0.0], 1.0)
        )
    with pytest.raises(InputError, match="must be a finite batch"):
        GeneratorUpdate(**line, discriminator=plain, noise=0.1).gradient()  # type: ignore[arg-type]
    with pytest.raises(InputError, match="it lacks generator, latent"):
        GeneratorUpdate.from_json({})
    with pytest.raises(InputError, match="unknown cost"):
        GeneratorUpdate.from_json({**UPDATES[0].to_json(), "cost": "saturated"})


def test_public_names():
    assert toylab.GeneratorUpdate is GeneratorUpdate
    assert isinstance(UPDATES[0].gradient(), Average)
    for name in toylab.generators.__all__:
        assert getattr(toylab.generators, name).__doc__
