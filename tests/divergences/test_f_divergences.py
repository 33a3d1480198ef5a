"""f-divergences on finite measures against 50-digit sums of their definitions, and their variational form."""

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import pairs_of_measures

from toylab import divergences
from toylab.divergences import FDivergence, wasserstein1
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import merge

EPS = float(np.finfo(float).eps)
ALL = [divergences.get(name) for name in divergences.names()]
each = pytest.mark.parametrize("divergence", ALL, ids=lambda divergence: divergence.name)
mp = mpmath.MPContext()
mp.dps = 50


def entropy(a, b):
    if a == 0:
        return mp.mpf(0)
    return mp.inf if b == 0 else a * mp.log(a / b)


def chi(a, b):
    if b == 0:
        return mp.mpf(0) if a == 0 else mp.inf
    return (a - b) ** 2 / b


#: The definitions, written out again: fake mass p, real mass q.
DEFINITIONS = {
    "kl": lambda p, q: entropy(q, p),
    "reverse-kl": entropy,
    "jensen-shannon": lambda p, q: (entropy(q, (p + q) / 2) + entropy(p, (p + q) / 2)) / 2,
    "pearson": lambda p, q: chi(q, p),
    "neyman": chi,
    "hellinger": lambda p, q: (mp.sqrt(p) - mp.sqrt(q)) ** 2 / 2,
    "total-variation": lambda p, q: abs(p - q) / 2,
}


def by_definition(name: str, fake: DiscreteMeasure, real: DiscreteMeasure) -> float:
    support = merge(fake, real)
    masses = [
        (mp.mpf(float(p)), mp.mpf(float(q))) for p, q in zip(support.fake_weights, support.real_weights, strict=True)
    ]
    return float(mp.fsum(DEFINITIONS[name](p, q) for p, q in masses))


def test_every_divergence_has_a_definition_here():
    assert divergences.names() == list(DEFINITIONS)


@each
@given(pairs_of_measures(dimensions=(1, 2)))
def test_finite_measures_have_the_sum_of_the_definition(divergence: FDivergence, measures):
    found, expected = divergence.value(*measures), by_definition(divergence.name, *measures)
    if np.isinf(expected):
        assert found.value == np.inf
        assert "mass alone" in found.note
    else:
        # the masses sum to 1 up to 4 eps, which "− q + p" in a contribution sees
        assert abs(found.value - expected) <= found.error + 16 * EPS
        assert found.error <= 1e-13 * (1 + expected)
        assert found.note == ""


@each
@given(pairs_of_measures(dimensions=(1,)))
def test_divergences_are_not_negative_and_vanish_on_equal_measures(divergence, measures):
    assert divergence.value(*measures).value >= 0
    same = divergence.value(measures[0], measures[0])
    assert same.value <= same.error


@given(pairs_of_measures(dimensions=(1, 2)))
def test_the_classical_inequalities(measures):
    value = {name: divergences.get(name).value(*measures) for name in divergences.names()}
    slop = sum(found.error for found in value.values()) + 64 * EPS
    kl, tv, hellinger = (value[name].value for name in ("kl", "total-variation", "hellinger"))
    assert value["jensen-shannon"].value <= np.log(2) + slop
    assert hellinger - slop <= tv <= np.sqrt(hellinger * (2 - min(hellinger, 1))) + np.sqrt(slop)
    assert 2 * tv**2 <= kl + slop  # Pinsker
    assert kl <= np.log1p(value["pearson"].value) + slop
    assert divergences.KullbackLeibler().value(*reversed(measures)).value == pytest.approx(value["reverse-kl"].value)
    assert divergences.PearsonChiSquared().value(*reversed(measures)).value == pytest.approx(value["neyman"].value)


DISJOINT = {"jensen-shannon": np.log(2), "hellinger": 1.0, "total-variation": 1.0}


@each
def test_disjoint_supports(divergence):
    """Arjovsky and Bottou, Theorem 2.3: JSD = ln 2, KL = ∞ both ways; wherever the points are."""
    for shift in (1e-9, 1.0, 1e6):
        fake = DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]], [1, 3])
        real = DiscreteMeasure([[shift, 0.0], [shift, 1.0], [shift, 2.0]])
        found = divergence.value(fake, real)
        assert found.value == pytest.approx(DISJOINT.get(divergence.name, np.inf), abs=found.error)


@pytest.mark.parametrize("theta", [0.0, 1e-9, 0.5, -2.0])
def test_wgan_example_1(theta):
    """Parallel lines on the same grid: W₁ = |θ|; JSD = ln 2, KL = ∞, TV = 1 for θ ≠ 0, all 0 at 0."""
    grid = (np.arange(20) + 0.5) / 20
    fake = DiscreteMeasure(np.stack([np.full(20, theta), grid], axis=1))
    real = DiscreteMeasure(np.stack([np.zeros(20), grid], axis=1))
    assert wasserstein1(fake, real) == pytest.approx(abs(theta), rel=1e-12)
    for name, beyond in (("kl", np.inf), ("reverse-kl", np.inf), ("jensen-shannon", np.log(2)), ("total-variation", 1)):
        found = divergences.get(name).value(fake, real)
        assert found.value == pytest.approx(beyond if theta else 0.0, abs=found.error)


@each
@pytest.mark.parametrize("ratio", [-2.0, -0.3, 0.0, 0.7, 3.0])
def test_the_conjugate_is_the_supremum_and_t_star_attains_it(divergence, ratio):
    u = np.exp(ratio)
    t = divergence.of_ratio(np.array([ratio]))
    best = (u * t - divergence.generator(np.array([u])))[0]
    assert divergence.conjugate(t)[0] == pytest.approx(best, abs=16 * EPS * (1 + abs(u * t[0])))
    grid = np.linspace(1e-9, 50, 100_001)
    assert (grid * t[0] - divergence.generator(grid)).max() <= best + 16 * EPS * (1 + 50 * abs(t[0]))
    assert divergence.of_ratio(np.zeros(1))[0] == 0.0
    assert divergence.generator(np.ones(1))[0] == 0.0


@each
@pytest.mark.parametrize("ratio", [-1.5, 0.4, 2.0])
def test_the_slope_in_the_ratio_is_the_derivative(divergence, ratio):
    exact = divergence.ratio_slope(np.array([ratio]))[0]
    step = 1e-5
    ahead, behind = divergence.of_ratio(np.array([ratio + step, ratio - step]))
    # central difference: truncation step² F'''/6, rounding eps F / step
    assert exact == pytest.approx((ahead - behind) / (2 * step), rel=1e-8, abs=1e-9)


@each
@given(pairs_of_measures(dimensions=(1,)), st.integers(0, 1000))
def test_no_function_beats_the_variational_optimum(divergence, measures, seed):
    support = merge(*measures)
    p, q = support.fake_weights, support.real_weights
    value = divergence.value(*measures)
    best = divergence.critic(*measures)(support.points)

    def terms(values):
        with np.errstate(over="ignore", invalid="ignore"):
            gain, cost = q * values, p * divergence.conjugate(values)
        return np.where(q > 0, gain, 0.0), np.where(p > 0, cost, 0.0)

    def objective(values):
        gain, cost = terms(values)
        return float(gain.sum() - cost.sum())

    if np.isfinite(best).all() and np.isfinite(value.value):
        scale = 1 + sum(np.abs(part).sum() for part in terms(best))
        assert abs(objective(best) - value.value) <= value.error + 64 * EPS * scale
    other = 0.45 * np.tanh(np.random.default_rng(seed).normal(size=len(p)))  # inside every domain but that of JS
    other = np.minimum(other, 0.34)
    assert objective(other) <= value.value + value.error + 64 * EPS


@each
def test_t_star_is_local(divergence):
    """Moving mass and points elsewhere changes nothing at a point whose own masses stay."""
    first = divergence.critic(
        DiscreteMeasure([[0.0], [1.0], [2.0]], [0.25, 0.5, 0.25]),
        DiscreteMeasure([[0.0], [1.0], [2.0]], [0.5, 0.25, 0.25]),
    )
    second = divergence.critic(
        DiscreteMeasure([[0.0], [700.0]], [0.25, 0.75]), DiscreteMeasure([[0.0], [-3.0]], [0.5, 0.5])
    )
    origin = np.zeros((1, 1))
    assert first(origin) == second(origin)
    assert (first.gradient(origin) == 0).all()


def test_names_and_errors():
    with pytest.raises(InputError, match="unknown divergence 'hellingr'; did you mean 'hellinger'"):
        divergences.get("hellingr")
    with pytest.raises(InputError, match="both be a DiscreteMeasure or both a Distribution"):
        divergences.get("kl").value(DiscreteMeasure([[0.0]]), "real")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="1 coordinates and real points 2"):
        divergences.get("kl").value(DiscreteMeasure([[0.0]]), DiscreteMeasure([[0.0, 0.0]]))
