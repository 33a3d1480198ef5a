"""The generator's side: evidence from averages and integrals that have closed forms, and their error bounds."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import integrate as quadrature
from scipy import stats

from tests.claims.subjects import ROUNDING, agree
from toylab import claims
from toylab.claims import Budget
from toylab.claims.generators import instance_noise, noisy_discriminator
from toylab.claims.generators.instance_noise import attraction_minus_repulsion, doubled_jsd_gradient
from toylab.claims.generators.log_d_trick import (
    _slope_rounding,
    against_slopes,
    doubled_jsd,
    forward_kl,
    reverse_kl,
)
from toylab.claims.generators.noisy_discriminator import (
    cauchy_scales,
    critical_distance,
    drawn_updates,
    miss_probability,
    nearest_gaussian,
    other_draws,
)
from toylab.claims.generators.update_hypotheses import same_law
from toylab.claims.generators.vanishing_gradients import distance_to_perfect, mean_square_jacobian
from toylab.distributions import Gaussian, Masses, UniformBox
from toylab.divergences import DensityPair
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    AffineDiscriminator,
    GeneratorUpdate,
    HiddenLayer,
    LogisticDiscriminator,
    NonSaturating,
    OptimalDiscriminator,
    PerfectDiscriminator,
    Saturating,
    Shift,
    WhiteNoise,
)
from toylab.measures import DiscreteMeasure

UNIT, FAR = UniformBox([0.5], [0.5]), UniformBox([4.0], [0.5])
STANDARD, WIDE = Gaussian([0.0], 1.0), Gaussian([0.0], 1.5)


def hypothesis(claim, name):
    return next(h for h in claims.get(claim).hypotheses if h.name == name)


def update(
    generator: Any = None,
    latent: Any = UNIT,
    discriminator: Any = None,
    *,
    real: Any = FAR,
    cost: Any = None,
    noise: float = 0.0,
) -> Any:
    return GeneratorUpdate(
        generator=generator or Shift([0.0]), latent=latent,
        discriminator=discriminator or AffineDiscriminator(0.01, [0.02]),
        real=real, cost=cost or Saturating(), noise=noise,
    )  # fmt: skip


# --- Theorem 2.4 ---


@pytest.mark.parametrize("offset", [0.01, 0.3])
def test_the_gradient_beyond_m_times_epsilon(offset):
    """D = a + .02 z on [0, 1] for the generator 2z: ∂/∂A = E z D'/(1 − D), M² = E (z² + 1), ε = sup D + sup |D'|."""
    one = update(
        Affine([[2.0]], [0.0]), discriminator=AffineDiscriminator(offset, [0.02]), real=UniformBox([9.0], [0.5])
    )
    m = np.sqrt(1 / 3 + 1)
    epsilon = offset + 0.04 + 0.02
    by_width = quadrature.quad(lambda z: z * -0.02 / (1 - offset - 0.04 * z), 0, 1)[0]
    by_place = quadrature.quad(lambda z: -0.02 / (1 - offset - 0.04 * z), 0, 1)[0]
    length = np.hypot(by_width, by_place)
    bound = m * epsilon / (1 - epsilon)
    square = mean_square_jacobian(one)
    error = one.gradient().norm()[1] + epsilon / (1 - epsilon) * square.error[0] / m + ROUNDING * bound
    evidence = claims.get("arjovsky-bottou.theorem-2.4").measure(one)
    np.testing.assert_allclose(evidence.error, [error], rtol=1e-6)
    agree(evidence, residual=[max(length - bound, 0.0)], resolution=1e-6 * (m + bound), scale=m, epsilon=[epsilon],
          m=[m], labels=["‖∇_θ E c(D(g_θ(z)))‖ beyond M ε/(1 − ε)"])  # fmt: skip
    assert evidence.arrays["length"][0] == pytest.approx(length, rel=1e-9)


def test_a_gradient_beyond_the_bound_is_its_excess():
    """D = ½ + .3 z under −log D: ln(.8/.5), and ε = 1.1 makes the right side −11."""
    one = update(Shift([0.0]), discriminator=AffineDiscriminator(0.5, [0.3]), cost=NonSaturating())
    evidence = claims.get("arjovsky-bottou.theorem-2.4").measure(one)
    error = one.gradient().norm()[1] + 11.0 * mean_square_jacobian(one).error[0] + ROUNDING * 11.0
    assert evidence.residual[0] == pytest.approx(np.log(1.6) + 11.0, rel=1e-9)
    assert evidence.error[0] == pytest.approx(error, rel=1e-6)
    assert evidence.resolution[0] == pytest.approx(12e-6, rel=1e-9)


def test_how_far_a_discriminator_is_from_perfect():
    assert distance_to_perfect(update()) == pytest.approx(0.01 + 0.02 + 0.02)
    law: Any = Shift([0.0]).law(UNIT)
    perfect = PerfectDiscriminator(fake=law, real=FAR)
    assert distance_to_perfect(update(discriminator=perfect)) == 0.0
    assert distance_to_perfect(update(discriminator=OptimalDiscriminator(fake=law, real=FAR))) == 0.0
    other = PerfectDiscriminator(fake=law, real=UniformBox([5.0], [0.5]))
    with pytest.raises(InputError) if not hasattr(other, "largest") else np.errstate():
        assert distance_to_perfect(update(discriminator=LogisticDiscriminator(-5.0, [1.0]))) > 0


@pytest.mark.parametrize(("real", "apart"), [(UniformBox([1.51], [0.5]), True), (UniformBox([1.5], [0.5]), False),
                                             (UniformBox([-0.6], [0.5]), True),
                                             (UniformBox([0.5], [3.0]), False)])  # fmt: skip
def test_boxes_are_apart_on_either_side(real, apart):
    assert bool(hypothesis("arjovsky-bottou.theorem-2.4", "disjoint compact supports").test(update(real=real))) is apart


def test_what_is_not_known_to_be_apart():
    apart = hypothesis("arjovsky-bottou.theorem-2.4", "disjoint compact supports")
    assert apart.test(update(real=WIDE)).reasons == ("the real support is not known to be compact",)
    assert apart.test(update(latent=STANDARD)).reasons == ("the fake support is not known to be compact",)
    batch = Masses(DiscreteMeasure(np.array([[0.0], [0.5]])))
    noisy = GeneratorUpdate.against_the_optimum(Shift([0.0]), batch, Masses(DiscreteMeasure([[4.0]])), noise=0.5)
    assert apart.test(noisy).reasons == ("instance noise 0.5 puts fakes and reals everywhere",)
    nearly = hypothesis("arjovsky-bottou.theorem-2.4", "nearly perfect discriminator")
    for offset, holds in ((0.95, True), (0.97, False)):  # + .02 + .02
        assert bool(nearly.test(update(discriminator=AffineDiscriminator(offset, [0.02])))) is holds
    assert nearly.met(update()) == "ε = 0.05 on the box around the fakes"


def test_costs_are_told_apart():
    saturating = hypothesis("arjovsky-bottou.theorem-2.4", "cost log(1 − D)")
    other = hypothesis("arjovsky-bottou.theorem-2.5", "cost −log D")
    for cost, holds in ((Saturating(), True), (NonSaturating(), False)):
        assert bool(saturating.test(update(cost=cost))) is holds
        assert bool(other.test(update(cost=cost))) is not holds


# --- Theorem 2.5 ---


def test_weights_of_the_divergences():
    p, q = np.array([-1.0, -800.0, -3.0]), np.array([-2.0, -10.0, -3.0])
    np.testing.assert_allclose(reverse_kl(p, q), [1.0, -790.0, 0.0])
    np.testing.assert_allclose(forward_kl(p, q), [-np.exp(-1.0), -np.exp(700.0), -1.0])
    expected = np.log(2 * np.exp(-1.0) / (np.exp(-1.0) + np.exp(-2.0)))
    np.testing.assert_allclose(doubled_jsd(p, q)[[0, 2]], [expected, 0.0], atol=1e-15)


@pytest.mark.parametrize(("name", "weight"), [
    ("theorem-2.5", lambda p, q: np.log(p / q) - np.log(2 * p / (p + q))),
    ("theorem-2.5.forward-kl", lambda p, q: -q / p - np.log(2 * p / (p + q))),
    ("theorem-2.5.single-jsd", lambda p, q: np.log(p / q) - 0.5 * np.log(2 * p / (p + q))),
])  # fmt: skip
def test_the_update_against_integrals_over_the_line(name, weight):
    """Fakes N(.5, .8²) = .8 z + .5 against N(0, 1.5²): ∂p/∂b = p (x − b)/s², ∂p/∂A = p ((x − b)²/s² − 1)/s."""
    one = GeneratorUpdate.against_the_optimum(Affine([[0.8]], [0.5]), STANDARD, WIDE)

    def moved(x, by):
        p, q = stats.norm.pdf(x, 0.5, 0.8), stats.norm.pdf(x, 0.0, 1.5)
        score = ((x - 0.5) ** 2 / 0.64 - 1) / 0.8 if by == "width" else (x - 0.5) / 0.64
        return p * score * weight(p, q)

    names = one.generator.parameter_names
    right = [quadrature.quad(moved, -14, 15, args=(by,), limit=200, epsabs=1e-12)[0] for by in ("width", "place")]
    evidence = claims.get(f"arjovsky-bottou.{name}").measure(one)
    np.testing.assert_allclose(evidence.arrays["right"], right, atol=1e-8)
    left = one.gradient()
    np.testing.assert_allclose(evidence.arrays["left"], left.value)
    np.testing.assert_allclose(evidence.residual, np.abs(left.value - evidence.arrays["right"]), atol=1e-15)
    size = 1 + np.abs(evidence.arrays["right"])
    assert (evidence.error >= left.error).all()
    assert (evidence.error < 1e-7).all()
    agree(evidence, scale=size, resolution=1e-6 * size, labels=[f"∂/∂{n}" for n in names])


def test_roundings_of_logarithms_under_the_score():
    one = GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE)

    def size(z):
        x = z + 1.3
        return stats.norm.pdf(z) * abs(z) * (1 + abs(stats.norm.logpdf(x, 1.3)) + abs(stats.norm.logpdf(x, 0.0, 1.5)))

    expected = ROUNDING * quadrature.quad(size, -9, 9, limit=200)[0]
    law: Any = one.law
    found = _slope_rounding(one, DensityPair(law, one.real))
    np.testing.assert_allclose(found, [expected], rtol=1e-3)
    whole = against_slopes(one, lambda p, q: 0.0 * p)
    np.testing.assert_allclose(whole.error, found, rtol=1e-2)
    assert whole.value == [0.0]
    with pytest.raises(InputError, match="no formula is known for the density"):
        against_slopes(replace(one, generator=HiddenLayer.random(1, 3, 1, np.random.default_rng(0))), reverse_kl)


def test_which_discriminators_are_optimal_and_frozen():
    optimal, frozen = (
        hypothesis("arjovsky-bottou.theorem-2.5", n) for n in ("optimal discriminator", "frozen discriminator")
    )
    one = GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE)
    assert optimal.test(one)
    assert frozen.test(one)
    assert not frozen.test(GeneratorUpdate.against_the_optimum(Shift([1.3]), STANDARD, WIDE, follows=True))
    stale = replace(one, discriminator=OptimalDiscriminator(fake=Gaussian([0.8], 1.0), real=WIDE))
    assert optimal.test(stale).reasons[0].startswith("D* was made for fakes ")
    other = replace(one, discriminator=OptimalDiscriminator(fake=Gaussian([1.3], 1.0), real=STANDARD))
    assert optimal.test(other).reasons[0].startswith("D* was made for reals ")
    assert optimal.test(update()).reasons == ("the discriminator is no q/(p + q) of known densities",)


# --- instance noise ---


def points(*places, weights=None):
    return Masses(DiscreteMeasure(np.array(places, dtype=float), weights))


def noisy(sigma=0.6, generator=None, latent=None, real=None, **changes):
    return GeneratorUpdate.against_the_optimum(
        generator or Affine([[1.0]], [0.0]), latent or points([-0.5], [0.4], weights=[0.3, 0.7]),
        real or points([1.0], [2.0], [-1.5]), cost=Saturating(), noise=sigma, **changes,
    )  # fmt: skip


def mixture(x, places, weights, sigma):
    return sum(w * stats.norm.pdf(x, z, sigma) for z, w in zip(places, weights, strict=True))


def test_attraction_repulsion_and_the_divergence_on_a_line():
    """Two fakes, three reals, σ = .6; ∂x/∂A = z, ∂x/∂b = 1."""
    one, sigma = noisy(), 0.6
    fakes, p_w, reals, q_w = [-0.5, 0.4], [0.3, 0.7], [1.0, 2.0, -1.5], [1 / 3] * 3

    def force(x):
        p, q = mixture(x, fakes, p_w, sigma), mixture(x, reals, q_w, sigma)
        a = 1 / (2 * sigma**2 * (p + q))
        pull = sum(w * stats.norm.pdf(x, y, sigma) * 2 * (x - y) for y, w in zip(reals, q_w, strict=True))
        push = sum(w * stats.norm.pdf(x, y, sigma) * 2 * (x - y) for y, w in zip(fakes, p_w, strict=True))
        return a * pull - a * q / p * push

    def jsd(x, by):
        p, q = mixture(x, fakes, p_w, sigma), mixture(x, reals, q_w, sigma)
        bumps = sum(w * stats.norm.pdf(x, z, sigma) * (x - z) / sigma**2 * (z if by else 1.0)
                    for z, w in zip(fakes, p_w, strict=True))  # fmt: skip
        return bumps * np.log(2 * p / (p + q))

    def mean(function):
        return quadrature.quad(function, -6, 7, limit=400, epsabs=1e-12)[0]

    def felt(by):
        return mean(lambda x: force(x) * sum(w * stats.norm.pdf(x, z, sigma) * (z if by else 1.0)
                                             for z, w in zip(fakes, p_w, strict=True)))  # fmt: skip

    np.testing.assert_allclose(attraction_minus_repulsion(one).value, [felt(True), felt(False)], atol=1e-8)
    found = doubled_jsd_gradient(one)
    np.testing.assert_allclose(found.value, [mean(lambda x, by=by: jsd(x, by)) for by in (True, False)], atol=1e-8)
    reach = max(abs(x - y) for x in fakes for y in reals) / sigma
    spread = np.array([0.3 * 0.5 + 0.7 * 0.4, 1.0]) / sigma
    slack = found.error - ROUNDING * (16 + reach**2) * spread
    assert (slack >= -1e-25).all()
    assert (slack < 1e-9).all()
    left = one.gradient()
    evidence = claims.get("arjovsky-bottou.corollary-3.2").measure(one)
    size = np.tile(1 / sigma + np.abs(left.value), 2)
    agree(evidence, scale=size, resolution=1e-6 * size)
    both = attraction_minus_repulsion(one), found
    np.testing.assert_allclose(evidence.error, np.concatenate([left.error + other.error for other in both]), rtol=1e-9)
    expected = np.concatenate([np.abs(left.value - other.value) for other in both])
    np.testing.assert_allclose(evidence.residual, expected, rtol=1e-9)
    assert [label.split(":")[0] for label in evidence.labels] == [f"∂/∂{n}" for n in one.generator.parameter_names] * 2


def test_the_rounding_part_of_the_error_is_that_of_the_logarithms(monkeypatch):
    """With an integral of no error at all: 64 (16 + (D/σ)²) roundings under Σ w ‖J‖/σ."""
    from toylab.divergences import integrate

    monkeypatch.setattr(instance_noise, "integrate", lambda *a, **k: replace(integrate(*a, **k), error=0.0))
    found = doubled_jsd_gradient(noisy(sigma=0.5))
    spread = np.array([0.3 * 0.5 + 0.7 * 0.4, 1.0]) / 0.5
    np.testing.assert_allclose(found.error, ROUNDING * (16 + (2.5 / 0.5) ** 2) * spread, rtol=1e-12)


def test_in_the_plane_the_bumps_have_their_own_constant():
    """One fake at (0, 0), one real at (1, .5), moved along both axes: the gradient lies along the way between them."""
    one = noisy(0.7, Shift([0.0, 0.0]), points([0.0, 0.0]), points([1.0, 0.5]))
    line = noisy(0.7, Shift([0.0]), points([0.0]), points([np.sqrt(1.25)]))
    length = doubled_jsd_gradient(line).value[0]
    for found in (doubled_jsd_gradient(one), attraction_minus_repulsion(one), one.gradient()):
        np.testing.assert_allclose(found.value, length * np.array([1.0, 0.5]) / np.sqrt(1.25), atol=1e-7)


def test_both_sides_are_finite_and_noisy():
    both = hypothesis("arjovsky-bottou.corollary-3.2", "the same noise on fakes and reals")
    one = noisy()
    assert both.test(one)
    assert both.met(one) == "σ = 0.6 on both sides, and D* = q/(p + q) of the noisy measures"
    clean = replace(one, noise=0.0)
    spread = GeneratorUpdate.against_the_optimum(Shift([0.0]), STANDARD, WIDE)
    for wrong in (clean, spread, replace(one, real=WIDE), replace(one, latent=STANDARD)):
        assert both.test(wrong).reasons == ("there is no noise on a finite batch of fakes and finitely many reals",)
        with pytest.raises(InputError, match="this is computed for instance noise"):
            doubled_jsd_gradient(wrong)
    other = replace(one, discriminator=noisy(0.7).discriminator)
    assert both.test(other).reasons == (
        "D* is not that of fakes with noise 0.6",
        "D* is not that of reals with noise 0.6",
    )
    assert both.test(replace(one, discriminator=AffineDiscriminator(0.1, [0.1]))).reasons == (
        "the discriminator is no q/(p + q)",
    )


@pytest.mark.parametrize(("sigma", "distance", "length"), [(1.0, 1.0, 0.199), (0.5, 1.0, 0.450), (0.4, 2.0, 0.118),
                                                           (0.2, 2.0, 2e-5)])  # fmt: skip
def test_how_informative_noise_is(sigma, distance, length):
    """d ‖∇ JSD‖ at σ/d = 1, .5, .2, .1: below .1 it is missing."""
    one = noisy(sigma, Shift([0.0]), points([0.0]), points([distance]))
    mean, error = one.gradient().norm()
    evidence = claims.get("arjovsky-bottou.instance-noise").measure(one)
    assert evidence.arrays["length"][0] == pytest.approx(length, abs=1e-3)
    agree(evidence, residual=[max(0.1 - 0.5 * mean * distance, 0.0)], error=[0.5 * error * distance], resolution=1e-6,
          scale=1.0, share=[sigma / distance])  # fmt: skip


def test_enough_noise_is_between_a_fifth_of_the_gap_and_the_gap():
    enough = hypothesis("arjovsky-bottou.instance-noise", "noise as wide as the gap")
    pair = next(h for h in claims.get("arjovsky-bottou.instance-noise").hypotheses if h.name not in {
        "noise as wide as the gap", "cost log(1 − D)", "the same noise on fakes and reals"})  # fmt: skip

    def at(sigma, distance=3.0):
        return noisy(sigma, Shift([0.0]), points([0.0]), points([distance]))

    for sigma, holds in ((0.6, True), (3.0, True), (0.6 * (1 - 1e-14), False), (3.0 * (1 + 1e-14), False)):
        assert bool(enough.test(at(sigma))) is holds
    assert enough.test(at(1.0, 0.0)).reasons == ("fake and real point coincide: there is no gap",)
    assert enough.test(noisy())  # of more points it says nothing
    assert pair.test(at(1.0))
    assert not pair.test(noisy())
    assert not pair.test(noisy(generator=Affine([[1.0]], [0.0]), latent=points([0.0]), real=points([1.0])))
    assert not pair.test(noisy(generator=Shift([0.0]), latent=points([0.0])))
    assert not pair.test(noisy(generator=Shift([0.0]), real=points([1.0])))


# --- Theorem 2.6 ---

BATCH = points([0.2], [0.7], [0.9], weights=[0.5, 0.25, 0.25])


def white(**changes):
    settings = {"dimension": 1, "value_noise": 0.02, "gradient_noise": 0.05, **changes}
    return update(Affine([[2.0]], [1.0]), BATCH, WhiteNoise(**settings), cost=NonSaturating())


def test_scales_are_means_of_sigma_r_times_j_over_sigma_epsilon():
    """J = (z, 1): Σ w |z| and 1, times .05/.02."""
    mean = 0.5 * 0.2 + 0.25 * 0.7 + 0.25 * 0.9
    np.testing.assert_allclose(cauchy_scales(white()), [2.5 * mean, 2.5], rtol=1e-12)
    np.testing.assert_allclose(cauchy_scales(white(value_noise=0.0, level=-0.1)), [0.5 * mean, 0.5], rtol=1e-12)
    fixed = update(Affine([[2.0]], [1.0]), BATCH, AffineDiscriminator(-9.0, [0.5]), cost=NonSaturating())
    sizes = {z: 0.5 / abs(-9.0 + 0.5 * (2 * z + 1)) for z in (0.2, 0.7, 0.9)}
    mean = [0.5 * 0.2 * sizes[0.2] + 0.25 * 0.7 * sizes[0.7] + 0.25 * 0.9 * sizes[0.9],
            0.5 * sizes[0.2] + 0.25 * sizes[0.7] + 0.25 * sizes[0.9]]  # fmt: skip
    np.testing.assert_allclose(cauchy_scales(fixed), mean, rtol=1e-12)


def test_draws_of_a_batch_and_of_fresh_points():
    fixed = update(Affine([[2.0]], [1.0]), BATCH, AffineDiscriminator(0.02, [0.05]), cost=NonSaturating())
    found = drawn_updates(fixed, 5, np.random.default_rng(0))
    slopes = {z: -0.05 / (0.02 + 0.05 * (2 * z + 1)) for z in (0.2, 0.7, 0.9)}
    by_place = 0.5 * slopes[0.2] + 0.25 * slopes[0.7] + 0.25 * slopes[0.9]
    by_width = 0.1 * slopes[0.2] + 0.175 * slopes[0.7] + 0.225 * slopes[0.9]
    np.testing.assert_allclose(found, np.tile([by_width, by_place], (5, 1)), rtol=1e-12)
    fresh = update(Affine([[2.0]], [1.0]), STANDARD, AffineDiscriminator(0.02, [0.05]), cost=NonSaturating())
    z = STANDARD.sample_points(7, np.random.default_rng(3))[:, 0]
    slope = -0.05 / (0.02 + 0.05 * (2 * z + 1))
    found = drawn_updates(fresh, 7, np.random.default_rng(3))
    np.testing.assert_allclose(found, np.stack([slope * z, slope], axis=1), rtol=1e-12)
    noise = white()
    rng = np.random.default_rng(4)
    values, gradients = noise.discriminator.draw(6, 3, np.random.default_rng(4))
    expected = (-1 / values * np.array([0.5, 0.25, 0.25]))[:, :, None] * gradients
    jacobian = np.array([[0.2, 1.0], [0.7, 1.0], [0.9, 1.0]])
    np.testing.assert_allclose(drawn_updates(noise, 6, rng), np.einsum("rnd,np->rp", expected, jacobian), rtol=1e-12)


def test_what_a_test_of_twenty_thousand_draws_can_tell():
    """The distance of Cauchy from its nearest Gaussian, by a search of our own on a coarse grid."""
    x = np.linspace(0, 60, 6001)
    law = stats.cauchy.cdf(x)
    best = min(np.abs(law - stats.norm.cdf(x, scale=s)).max() for s in np.linspace(1.5, 3.0, 151))
    assert nearest_gaussian() == pytest.approx(best - 4e-4, abs=5e-4)
    for tests in (1, 3):
        level = stats.kstwo.sf(critical_distance(tests), 20_000)
        assert level == pytest.approx(1e-6 / tests, rel=1e-3)
        room = nearest_gaussian() - critical_distance(tests)
        assert miss_probability(tests) == pytest.approx(2 * np.exp(-40_000 * room**2), rel=1e-9)


def test_without_room_everything_may_be_missed(monkeypatch):
    monkeypatch.setattr(noisy_discriminator, "nearest_gaussian", lambda: 1e-9)
    assert miss_probability(2) == 1.0
    monkeypatch.setattr(
        noisy_discriminator, "nearest_gaussian", lambda: critical_distance(2) + np.sqrt(np.log(4.0) / 40_000)
    )
    assert miss_probability(2) == pytest.approx(0.5, rel=1e-9)


def test_the_distance_of_the_draws_from_their_cauchy_law():
    one = white()
    evidence = claims.get("arjovsky-bottou.theorem-2.6").measure(one)
    scales = cauchy_scales(one)
    sample = drawn_updates(one, 20_000, np.random.default_rng(26))
    ordered = np.sort(sample, axis=0) / scales
    law = 0.5 + np.arctan(ordered) / np.pi
    steps = np.arange(20_001)[:, None] / 20_000
    distance = np.maximum(np.abs(law - steps[1:]).max(axis=0), np.abs(law - steps[:-1]).max(axis=0))
    np.testing.assert_allclose(evidence.residual, distance, rtol=1e-9)
    near = nearest_gaussian()
    agree(evidence, error=critical_distance(2), resolution=0.5 * near, scale=near,
          quartile=np.median(np.abs(sample), axis=0), draws=20_000, level=1e-6, missed=miss_probability(2),
          labels=[f"∂/∂{n}" for n in one.generator.parameter_names])  # fmt: skip
    np.testing.assert_allclose(evidence.arrays["scale"], scales)
    with other_draws(27):
        again = claims.get("arjovsky-bottou.theorem-2.6").measure(one)
    assert (again.residual != evidence.residual).all()
    assert (claims.get("arjovsky-bottou.theorem-2.6").measure(one).residual == evidence.residual).all()


def test_parameters_that_move_nothing_are_left_out():
    """At z = 0 the width moves nothing."""
    still = update(Affine([[2.0]], [1.0]), points([0.0]),
                   WhiteNoise(dimension=1, value_noise=0.02, gradient_noise=0.05),
                   cost=NonSaturating())  # fmt: skip
    evidence = claims.get("arjovsky-bottou.theorem-2.6").measure(still)
    assert evidence.labels == (f"∂/∂{still.generator.parameter_names[1]}",)
    assert evidence.error[0] == pytest.approx(critical_distance(1))


def test_what_white_noise_asks_for():
    noise = hypothesis("arjovsky-bottou.theorem-2.6", "white noise around a perfect discriminator")
    independent = hypothesis("arjovsky-bottou.theorem-2.6", "independent noise")
    batch = hypothesis("arjovsky-bottou.theorem-2.6", "finite batch")
    assert noise.test(white())
    assert noise.test(white(value_noise=1.0))
    assert noise.test(white(value_noise=0.0, gradient_noise=0.0, level=0.5)).reasons == (
        "there is no noise in D: it is fixed, and only ∇D is noisy", "D* = 0.5 at the fakes, not 0",
        "there is no noise in ∇D",
    )  # fmt: skip
    assert noise.test(update()).reasons == ("the discriminator has no noise of its own: it is fixed",)
    assert independent.test(white())
    assert independent.test(update())
    assert not independent.test(white(shared=True))
    assert batch.met(white()) == "the batch has 3 latent points"
    assert batch.test(update()).reasons == ("latent points come from a UniformBox, not from a batch",)


@pytest.mark.parametrize(
    ("name", "quick", "full"),
    [("theorem-2.4", 4, 11), ("theorem-2.5", 3, 7), ("theorem-2.5.single-jsd", 3, 6), ("theorem-2.6", 2, 5),
     ("corollary-3.2", 3, 5), ("instance-noise", 3, 16)],
)  # fmt: skip
def test_cases_meet_the_hypotheses(name, quick, full):
    claim = claims.get(f"arjovsky-bottou.{name}")
    assert len(list(claim.cases(Budget.QUICK))) == quick
    every = list(claim.cases(Budget.FULL))
    assert len({case.name for case in every}) == len(every) == full
    for case in every:
        assert all(hypothesis.test(case.subject) for hypothesis in claim.hypotheses), case.name


def test_equal_laws_are_told_by_what_they_are():
    assert same_law(Gaussian([0.0], 1.0), STANDARD)
    assert not same_law(WIDE, STANDARD)
