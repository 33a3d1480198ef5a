"""Claims on the generator's side: numbers, and wrong gradients, Jacobians, scales and formulas that must be caught."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy import stats
from typing_extensions import override

from toylab import claims
from toylab.claims import Budget, VerdictStatus
from toylab.claims.generators import instance_noise, noisy_discriminator
from toylab.claims.generators.noisy_discriminator import (
    cauchy_scales,
    critical_distance,
    drawn_updates,
    miss_probability,
    nearest_gaussian,
)
from toylab.claims.generators.vanishing_gradients import distance_to_perfect, mean_square_jacobian
from toylab.distributions import Gaussian, UniformBox
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    GeneratorUpdate,
    HiddenLayer,
    LogisticDiscriminator,
    OptimalDiscriminator,
    Saturating,
    Shift,
    WhiteNoise,
)

STANDARD, WIDE = Gaussian([0.0], 1.0), Gaussian([0.0], 1.5)


def cases(name):
    return [case.subject for case in claims.get(name).cases(Budget.QUICK)]


# --- Theorem 2.4 ---


def test_the_bound_is_that_of_the_theorem():
    """D = 1e-3 (1 + z) on z in [0, 1]: ε = 2e-3 + 1e-3, M = 1, E D'/(1 − D) = ln(1 + 1e-3/(1 − 2e-3))."""
    update = cases("arjovsky-bottou.theorem-2.4")[1]
    assert distance_to_perfect(update) == pytest.approx(3e-3)
    assert mean_square_jacobian(update).value == pytest.approx([1.0])
    verdict = claims.get("arjovsky-bottou.theorem-2.4").check(update)
    assert verdict.status is VerdictStatus.HOLDS
    assert verdict.evidence is not None
    assert verdict.evidence.arrays["length"][0] == pytest.approx(np.log1p(1e-3 / (1 - 2e-3)))


def test_m_is_the_spectral_norm():
    update = GeneratorUpdate(
        generator=HiddenLayer.random(1, 4, 2, np.random.default_rng(0)),
        latent=UniformBox([0.5], [0.5]),
        discriminator=LogisticDiscriminator(-6.0, [1.0, 0.0]),
        real=UniformBox([9.0, 0.0], 0.5),
        cost=Saturating(),
    )
    z = np.linspace(0, 1, 20001)[:-1, None] + 0.5 / 20000
    norms = np.linalg.norm(update.generator.jacobian(z), ord=2, axis=(1, 2))
    assert mean_square_jacobian(update).value[0] == pytest.approx(float((norms**2).mean()), rel=1e-7)


class Steep(LogisticDiscriminator):
    """Claims bounds ten times too small."""

    @override
    def largest(self, low, high):
        return tuple(0.1 * bound for bound in super().largest(low, high))  # type: ignore[return-value]


def test_a_discriminator_that_understates_itself_is_caught():
    update = GeneratorUpdate(
        generator=Shift([0.0]),
        latent=UniformBox([0.5], [0.5]),
        discriminator=Steep(-5.0, [1.0]),
        real=UniformBox([4.0], [0.5]),
        cost=Saturating(),
    )
    assert claims.get("arjovsky-bottou.theorem-2.4").check(update).status is VerdictStatus.VIOLATED


# --- Theorem 2.5 ---


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("arjovsky-bottou.theorem-2.5", 0.288736),
        ("arjovsky-bottou.theorem-2.5.forward-kl", 1.011),
        ("arjovsky-bottou.theorem-2.5.single-jsd", 0.43326),
    ],
)
def test_the_numbers_of_the_literature(name, right):
    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE)
    verdict = claims.get(name).check(update)
    assert verdict.evidence is not None
    assert verdict.evidence.arrays["left"][0] == pytest.approx(0.288736, abs=5e-7)
    assert verdict.evidence.arrays["right"][0] == pytest.approx(right, rel=1e-4)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tilted(OptimalDiscriminator):
    """Gradients one part in a hundred thousand too steep."""

    @override
    def log_gradient(self, x):
        return 1.00001 * super().log_gradient(x)


class LongJacobian(Shift):
    """A Jacobian that is one part in a hundred thousand too long."""

    @override
    def jacobian(self, z):
        return 1.00001 * super().jacobian(z)


def test_wrong_gradients_and_wrong_jacobians_are_caught():
    claim = claims.get("arjovsky-bottou.theorem-2.5")
    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE)
    assert claim.check(update).status is VerdictStatus.HOLDS
    tilted = replace(update, discriminator=Tilted(fake=Gaussian([1.3], 1.0), real=WIDE))
    assert claim.check(tilted).status is VerdictStatus.VIOLATED
    long = replace(update, generator=LongJacobian([1.3]))
    assert claim.check(long).status is VerdictStatus.VIOLATED


def test_a_stale_discriminator_is_named():
    stale = OptimalDiscriminator(fake=Gaussian([1.2], 1.0), real=WIDE)
    update = GeneratorUpdate(generator=Shift([1.3]), latent=STANDARD, discriminator=stale, real=WIDE)
    verdict = claims.get("arjovsky-bottou.theorem-2.5").check(update)
    assert verdict.status is VerdictStatus.NOT_APPLICABLE
    assert "made for fakes N(1.2, 1²), and they are N(1.3, 1²)" in verdict.unmet[0]


def test_without_a_density_there_is_no_divergence():
    network = HiddenLayer.random(1, 2, 1, np.random.default_rng(0))
    update = GeneratorUpdate(
        generator=network, latent=STANDARD, discriminator=LogisticDiscriminator(0.0, [1.0]), real=WIDE
    )
    claim = claims.get("arjovsky-bottou.theorem-2.5")
    assert claim.check(update).status is VerdictStatus.NOT_APPLICABLE
    with pytest.raises(InputError, match="no formula is known for the density of the fakes"):
        claim.check(update, waive=["optimal discriminator"])


# --- Theorem 2.6 ---


def white(generator=None, **changes):
    update = cases("arjovsky-bottou.theorem-2.6")[0]
    noise = WhiteNoise(**{"dimension": 2, "value_noise": 0.02, "gradient_noise": 0.05, **changes})
    return replace(update, discriminator=noise, **({} if generator is None else {"generator": generator}))


def test_level_and_power_are_what_they_are_said_to_be():
    assert stats.kstwo.sf(critical_distance(1), 20_000) == pytest.approx(1e-6, rel=1e-6)
    assert critical_distance(14) > critical_distance(1)
    assert miss_probability(14) < 1e-20
    x = np.linspace(-60, 60, 30_001)
    scales = np.linspace(1.0, 3.0, 101)
    least = min(np.abs(stats.cauchy.cdf(x) - stats.norm.cdf(x, scale=s)).max() for s in scales)
    assert nearest_gaussian() <= least  # a lower bound
    assert nearest_gaussian() == pytest.approx(least, abs=1e-3)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.5, 2.0, 3.0])
def test_no_gaussian_law_passes(scale):
    rng = np.random.default_rng(1)
    found = stats.kstest(rng.normal(scale=scale, size=20_000), stats.cauchy.cdf).statistic
    assert found > critical_distance(1)


def test_verdicts_are_the_same_every_time_and_do_not_hang_on_the_seed():
    claim = claims.get("arjovsky-bottou.theorem-2.6")
    update = white()
    first, second = claim.check(update), claim.check(update)
    assert first.margin == second.margin
    for seed in range(12):  # a false alarm in twelve would have probability 1.2e-5
        with noisy_discriminator.other_draws(seed):
            assert claim.check(update).status is VerdictStatus.HOLDS


def test_a_wrong_scale_is_caught(monkeypatch):
    monkeypatch.setattr(noisy_discriminator, "cauchy_scales", lambda update: 1.3 * cauchy_scales(update))
    assert claims.get("arjovsky-bottou.theorem-2.6").check(white()).status is VerdictStatus.VIOLATED


def test_a_mean_of_cauchy_variables_is_as_wide_as_one():
    """The median of |update| is the scale, whatever the batch."""
    for batch in (1, 8, 64):
        update = noisy_discriminator._update(
            Affine([[2.0]], [1.0]), batch, noise=WhiteNoise(dimension=1, value_noise=0.1, gradient_noise=0.3)
        )
        drawn = drawn_updates(update, 20_000, np.random.default_rng(5))
        assert np.median(np.abs(drawn[:, 1])) == pytest.approx(3.0, rel=0.06)  # five standard errors, π/(2√n) each


# --- Corollary 3.2 ---


def test_a_wrong_repulsion_is_caught(monkeypatch):
    right = instance_noise.attraction_minus_repulsion

    def wrong(update):
        found = right(update)
        return replace(found, value=found.value * (1.0 + 1e-6))

    claim = claims.get("arjovsky-bottou.corollary-3.2")
    update = cases("arjovsky-bottou.corollary-3.2")[0]
    assert claim.check(update).status is VerdictStatus.HOLDS
    monkeypatch.setattr(instance_noise, "attraction_minus_repulsion", wrong)
    assert claim.check(update).status is VerdictStatus.VIOLATED


def test_the_gradient_is_that_of_the_divergence_itself():
    """Differences of 2 JSD between Gaussian mixtures, by the quadrature of `divergences`."""
    from toylab import divergences
    from toylab.generators import smoothed

    update = cases("arjovsky-bottou.corollary-3.2")[2]
    theta, step = update.generator.parameters, 1e-4

    def doubled(parameters):
        law = update.generator.with_parameters(parameters).law(update.latent)
        assert law is not None
        return 2.0 * divergences.get("jensen-shannon").value(smoothed(law, 0.6), smoothed(update.real, 0.6)).value

    expected = [(doubled(theta + step * e) - doubled(theta - step * e)) / (2 * step) for e in np.eye(len(theta))]
    assert update.gradient().value == pytest.approx(expected, abs=1e-7)  # rounding 1e-13/1e-4, third derivative 1e-8


def test_subjects_that_cannot_be_measured_say_so_even_when_waived():
    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE, cost=Saturating())
    for name in ("arjovsky-bottou.corollary-3.2", "arjovsky-bottou.instance-noise"):
        claim = claims.get(name)
        with pytest.raises(InputError, match="instance noise on a finite batch"):
            claim.check(update, waive=[hypothesis.name for hypothesis in claim.hypotheses])


def test_a_batch_drawn_anew_is_not_a_cauchy_law():
    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE, cost=Saturating())
    claim = claims.get("arjovsky-bottou.theorem-2.6")
    verdict = claim.check(update, waive=[hypothesis.name for hypothesis in claim.hypotheses])
    assert verdict.status is VerdictStatus.VIOLATED
