"""Divergences of densities: quadrature against closed forms and against scipy's quad, and the critics' gradients."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from toylab import divergences
from toylab.distributions import Distribution, Gaussian, Masses, Mixture, Segment, UniformBox, gaussian_mixture
from toylab.divergences import (
    DensityPair,
    Quadrature,
    UnrestrictedLoss,
    density_gradient,
    integrate,
    log_density,
    score,
)
from toylab.errors import InputError
from toylab.losses import logistic
from toylab.measures import DiscreteMeasure

ALL = [divergences.get(name) for name in divergences.names()]
each = pytest.mark.parametrize("divergence", ALL, ids=lambda divergence: divergence.name)
PAIRS = {
    "equal widths": (Gaussian([0.0], 1.0), Gaussian([0.7], 1.0)),
    "line": (Gaussian([0.3], 1.0), Gaussian([-0.5], 1.3)),
    "line, the other way": (Gaussian([-0.5], 1.3), Gaussian([0.3], 1.0)),
    "far apart": (Gaussian([0.0], 0.15), Gaussian([0.5], 0.15)),
    "plane": (Gaussian([0.3, 0.0], 1.0), Gaussian([-0.5, 0.2], 1.3)),
}


@each
@pytest.mark.parametrize("name", PAIRS)
def test_quadrature_agrees_with_the_closed_form_within_the_errors_both_report(divergence, name):
    fake, real = PAIRS[name]
    closed, found = divergence.value(fake, real), divergence.integrated(DensityPair(fake, real))
    assert abs(closed.value - found.value) <= closed.error + found.error
    assert found.error <= 1e-5 * (1 + found.value)
    if divergence.smooth or len(fake.mean) == 1:
        assert found.error <= 1e-8 * (1 + found.value)


@pytest.mark.parametrize("dimension", [1, 2, 7])
def test_gaussian_kl_is_the_textbook_formula(dimension):
    mean = np.linspace(0.2, 1.0, dimension)
    fake, real = Gaussian(np.zeros(dimension), 0.8), Gaussian(mean, 1.7)
    expected = 0.5 * (
        dimension * (1.7 / 0.8) ** 2 + mean @ mean / 0.8**2 - dimension + 2 * dimension * np.log(0.8 / 1.7)
    )
    found = divergences.get("kl").value(fake, real)
    assert abs(found.value - expected) <= 4 * found.error


FAKE, REAL = Mixture([Gaussian([0.0], 0.5), UniformBox([0.0], [2.0])]), gaussian_mixture([[-1.0], [1.5]], 0.6, [1, 2])


@pytest.mark.parametrize(
    ("name", "integrand"),
    [
        ("reverse-kl", lambda p, q: p * np.log(p / q) if p > 0 else 0.0),
        ("jensen-shannon", lambda p, q: sum(0.5 * a * np.log(2 * a / (p + q)) for a in (p, q) if a > 0)),
        ("hellinger", lambda p, q: 0.5 * (np.sqrt(p) - np.sqrt(q)) ** 2),
        ("total-variation", lambda p, q: 0.5 * abs(p - q)),
        ("neyman", lambda p, q: (p - q) ** 2 / q),
    ],
)
def test_mixtures_agree_with_scipys_quad(name, integrand):
    cuts = [-8.0, -2.0, *np.linspace(-1.9, 1.9, 39), 2.0, 4.0, 9.0]

    def at(t):
        return integrand(*(float(side.density(np.array([[t]]))[0]) for side in (FAKE, REAL)))

    pieces = [quad(at, a, b, epsabs=1e-11) for a, b in pairwise(cuts)]
    found = divergences.get(name).value(FAKE, REAL)
    assert abs(found.value - sum(value for value, _ in pieces)) <= found.error + sum(error for _, error in pieces)
    assert found.error < 1e-8


@pytest.mark.parametrize(
    ("width", "finite"), [(1.0, True), (1.4, True), (np.sqrt(2.0), False), (1.5, False), (9.0, False)]
)
def test_chi_squared_of_gaussians_diverges_from_root_two_on(width, finite):
    """∫ q²/p has the precision 2/σ_q² − 1/σ_p²: not integrable once σ_q ≥ √2 σ_p."""
    fake, real = Gaussian([0.0], 1.0), Gaussian([0.1], width)
    pearson = divergences.get("pearson")
    for found in (pearson.value(fake, real), pearson.integrated(DensityPair(fake, real))):
        assert np.isfinite(found.value) == finite
        assert ("tails" in found.note) != finite
    assert np.isfinite(divergences.get("neyman").value(fake, real).value)


def test_overlapping_boxes_are_known_exactly():
    """Areas 4 and 2, a quarter of each measure's box shared … total variation is 1 − Σ min."""
    fake, real = UniformBox([0.0, 0.0], 1.0), UniformBox([0.5, 0.3], [1.0, 0.5])
    shared = 1.5 * 1.0
    expected = {
        "total-variation": 1 - shared * min(1 / 4, 1 / 2),
        "hellinger": 1 - shared * np.sqrt(1 / 8),
        "kl": np.inf,
        "reverse-kl": np.inf,
        "pearson": np.inf,
        "neyman": np.inf,
    }
    for name, value in expected.items():
        found = divergences.get(name).value(fake, real)
        assert found.value == pytest.approx(value, abs=found.error)
        assert (found.note == "") == np.isfinite(value)


def test_disjoint_boxes_are_as_far_apart_as_can_be():
    fake, real = UniformBox([0.0, 0.0], 0.5), UniformBox([5.0, 0.0], 0.5)
    assert divergences.get("jensen-shannon").value(fake, real).value == pytest.approx(np.log(2), abs=1e-14)
    assert divergences.get("total-variation").value(fake, real).value == pytest.approx(1.0, abs=1e-14)
    assert divergences.get("kl").value(fake, real).value == np.inf
    assert divergences.get("reverse-kl").value(fake, real).value == np.inf


def test_narrow_modes_in_a_wide_plane_are_found():
    """The ring of eight Gaussians of width .02 against N(0, I), whose KL is known up to overlaps of exp(−10³)."""
    angle = np.arange(8) * np.pi / 4
    means = np.sqrt(2.0) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    found = divergences.get("kl").value(Gaussian([0.0, 0.0], 1.0), gaussian_mixture(means, 0.02))
    entropy = -np.log(8.0) - np.log(2 * np.pi * 0.02**2) - 1.0  # E ln q
    cross = -np.log(2 * np.pi) - 0.5 * (2.0 + 2 * 0.02**2)  # E ln p
    assert abs(found.value - (entropy - cross)) <= found.error + 1e-13
    assert found.error < 1e-8


DISTRIBUTIONS = {
    "gaussian": Gaussian([0.2, -0.1], 0.7),
    "box": UniformBox([0.0, 0.0], [1.0, 2.0]),
    "mixture": Mixture([Gaussian([1.0, 0.0], 0.3), Gaussian([-1.0, 0.5], 0.5), UniformBox([0.0, 0.0], 2.0)], [1, 2, 1]),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_densities_scores_and_gradients_belong_together(name):
    distribution = DISTRIBUTIONS[name]
    z = np.random.default_rng(0).uniform(-0.9, 0.9, size=(40, 2))
    np.testing.assert_allclose(np.exp(log_density(distribution, z)), distribution.density(z), rtol=1e-12)
    step = 1e-5
    moved = [distribution.density(z + step * e) - distribution.density(z - step * e) for e in np.eye(2)]
    # central difference: step² times the third derivative, which stays below 1e3 here
    np.testing.assert_allclose(density_gradient(distribution, z), np.stack(moved, axis=1) / (2 * step), atol=1e-7)
    np.testing.assert_allclose(
        score(distribution, z) * distribution.density(z)[:, None], density_gradient(distribution, z), rtol=1e-12
    )


CURVED = [d for d in ALL if d.name != "total-variation"]


@pytest.mark.parametrize("objective", [*CURVED, UnrestrictedLoss(logistic())], ids=lambda objective: objective.name)
def test_gradients_of_the_critics_are_derivatives(objective):
    critic = objective.critic(DISTRIBUTIONS["gaussian"], DISTRIBUTIONS["mixture"])
    z = np.random.default_rng(1).uniform(-0.9, 0.9, size=(30, 2))
    step = 1e-5
    difference = np.stack([critic(z + step * e) - critic(z - step * e) for e in np.eye(2)], axis=1) / (2 * step)
    scale = 1 + np.abs(difference).max()
    np.testing.assert_allclose(critic.gradient(z), difference, atol=1e-7 * scale)


def test_nothing_underflows_in_the_tails():
    """ln(q/p) of two unit Gaussians is linear; at a thousand standard deviations both densities are 0 in float64."""
    critic = UnrestrictedLoss(logistic()).critic(Gaussian([0.0], 1.0), Gaussian([1.0], 1.0))
    far = np.array([[1000.0], [-1000.0]])
    assert critic(far) == pytest.approx([999.5, -1000.5])
    assert critic.gradient(far) == pytest.approx(np.ones((2, 1)))


def test_where_nobody_has_density_nothing_is_said():
    objective, z = divergences.get("total-variation"), np.array([[0.0], [0.6], [1.2], [9.0]])
    critic = objective.critic(UniformBox([0.0], 1.0), UniformBox([1.0], 0.5))
    np.testing.assert_array_equal(critic(z), [-0.5, 0.5, 0.5, np.nan])
    np.testing.assert_array_equal(critic.gradient(z).ravel(), [0.0, 0.0, 0.0, np.nan])
    infinite = divergences.get("kl").critic(UniformBox([0.0], 1.0), UniformBox([1.0], 0.5))
    np.testing.assert_array_equal(infinite(z), [-np.inf, np.log(2.0), np.inf, np.nan])
    assert np.isnan(infinite.gradient(z).ravel()[[0, 2, 3]]).all()
    assert infinite.gradient(z)[1] == 0


def test_pairs_describe_themselves():
    pair = DensityPair(Gaussian([0.0], 1.0), Mixture([UniformBox([0.0], 1.0), Gaussian([1.0], 2.0)]))
    assert pair.describe() == "N(0, 1²) against 0.5 U(-1, 1) + 0.5 N(1, 2²) in R^1"
    assert pair.to_json()["subject"] == "density-pair"


class Triangular(Distribution):
    def sample_points(self, n, rng):
        return rng.triangular(-1.0, 0.0, 1.0, size=(n, 1))

    def density(self, z):
        return stats.triang.pdf(z[:, 0], 0.5, loc=-1.0, scale=2.0)


def test_a_users_own_density_joins_in():
    """Total variation to U(−1, 1): ½ ∫ |1 − |z| − ½| = ¼."""
    divergences.pieces.register(Triangular, lambda d: divergences.pieces(UniformBox([0.0], 1.0)))
    found = divergences.get("total-variation").value(Triangular(), UniformBox([0.0], 1.0))
    assert found.value == pytest.approx(0.25, abs=max(found.error, 1e-12))
    critic = divergences.get("total-variation").critic(Triangular(), UniformBox([0.0], 1.0))
    with pytest.raises(InputError, match=r"no gradient of the density of Triangular is known.*score\.register"):
        critic.gradient(np.zeros((1, 1)))


@pytest.mark.parametrize(
    ("fake", "real", "words"),
    [
        (
            Segment([0.0, 0.0], [0.0, 1.0]),
            Gaussian([0.0, 0.0], 1.0),
            "Segment has no density that toylab can integrate",
        ),
        (Gaussian([0.0], 1.0), Masses(DiscreteMeasure([[0.0]])), "Masses has no density .* as DiscreteMeasure"),
        (Gaussian([0.0], 1.0), Gaussian([0.0, 1.0], 1.0), "has 1 coordinates and the real one 2"),
        (Gaussian([0.0], 1.0), DiscreteMeasure([[0.0]]), "both be a DiscreteMeasure or both a Distribution"),
        (
            gaussian_mixture(np.eye(3), 1.0),
            Gaussian(np.zeros(3), 1.0),
            "one or two dimensions, and these densities have 3",
        ),
    ],
)
def test_what_cannot_be_compared_is_named(fake, real, words):
    with pytest.raises(InputError, match=words):
        divergences.get("jensen-shannon").value(fake, real)


def test_points_of_a_wrong_shape_are_named():
    critic = divergences.get("kl").critic(Gaussian([0.0], 1.0), Gaussian([1.0], 1.0))
    with pytest.raises(InputError, match=r"points must have shape \(m, 1\), got \(2,\)"):
        critic(np.zeros(2))


def test_quadratures_are_numbers():
    assert float(Quadrature(value=2.0, error=0.1)) == 2.0
    whole = integrate(lambda z: stats.norm.pdf(z[:, 0]), (Gaussian([0.0], 1.0),))
    assert abs(whole.value - 1.0) <= whole.error
