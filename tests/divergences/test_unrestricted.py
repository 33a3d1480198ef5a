"""Unrestricted problems: f* point by point, and their values against divergences computed independently."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.stats import norm
from strategies import pairs_of_measures

from toylab import divergences, losses
from toylab.distributions import Gaussian, UniformBox, gaussian_mixture
from toylab.divergences import FisherIPM, Uniform, UnrestrictedLoss, integrate, optimal_discriminator
from toylab.errors import InputError
from toylab.losses import Reflected, Softplus, Total
from toylab.measures import DiscreteMeasure
from toylab.problem import merge

EPS = float(np.finfo(float).eps)
KNOWN = {
    "logistic": losses.logistic(),
    "sqrt": losses.sqrt(),
    "exponential": losses.exponential(),
    "hinge": losses.hinge(),
    "quadratic(0, 1)": losses.quadratic(),
    "quadratic(-1, 3)": losses.quadratic(-1.0, 3.0),
}
#: What the value is, written out with the densities p and q (docstring of divergences.unrestricted).
IDENTITIES = {
    "logistic": lambda p, q: np.log(4.0) * (p + q) / 2 - _entropy(p, (p + q) / 2) - _entropy(q, (p + q) / 2),
    "sqrt": lambda p, q: 2 * np.sqrt(p) * np.sqrt(q),
    "exponential": lambda p, q: 2 * np.sqrt(p) * np.sqrt(q),
    "hinge": lambda p, q: p + q - abs(p - q),
    "quadratic(0, 1)": lambda p, q: 0.5 * ((p + q) / 2 - ((p - q) / 2) ** 2 / ((p + q) / 2)),
    "quadratic(-1, 3)": lambda p, q: 8.0 * ((p + q) / 2 - ((p - q) / 2) ** 2 / ((p + q) / 2)),
}


def _entropy(a, b):
    return a * np.log(a / b) if a > 0 else 0.0


@pytest.mark.parametrize("name", KNOWN)
@given(pairs_of_measures(dimensions=(1, 2)))
def test_on_finite_measures_the_value_is_the_divergence(name, measures):
    support = merge(*measures)
    masses = [(p, q) for p, q in zip(support.fake_weights, support.real_weights, strict=True) if p + q > 0]
    expected = sum(IDENTITIES[name](p, q) for p, q in masses)
    found = UnrestrictedLoss(KNOWN[name]).value(*measures)
    assert abs(found.value - expected) <= found.error + 64 * EPS * (1 + expected)
    assert found.error < 1e-12


@pytest.mark.parametrize("name", KNOWN)
def test_on_densities_the_value_is_the_divergence(name):
    fake, real = Gaussian([0.0], 0.7), gaussian_mixture([[-1.0], [0.8]], 0.4, [1, 2])

    def at(t):
        p = norm.pdf(t, 0.0, 0.7)
        return IDENTITIES[name](p, (norm.pdf(t, -1.0, 0.4) + 2 * norm.pdf(t, 0.8, 0.4)) / 3)

    cuts = np.linspace(-6.0, 6.0, 61)
    pieces = [quad(at, a, b, epsabs=1e-12) for a, b in pairwise(cuts)]
    found = UnrestrictedLoss(KNOWN[name]).value(fake, real)
    assert abs(found.value - sum(v for v, _ in pieces)) <= found.error + sum(e for _, e in pieces)
    assert found.error < 1e-8


@given(pairs_of_measures(dimensions=(1,)))
def test_the_identities_between_objectives(measures):
    def value(name):
        return divergences.get(name).value(*measures).value

    def least(name):
        return UnrestrictedLoss(KNOWN[name]).value(*measures).value

    middle = DiscreteMeasure(
        np.concatenate([m.points for m in measures]), np.concatenate([m.weights for m in measures])
    )
    chi = divergences.get("pearson").value(middle, measures[1]).value  # χ²(P_r ‖ M)
    slop = 1e-13  # both sides are sums of at most 12 terms below 10
    assert least("logistic") == pytest.approx(2 * np.log(2) - 2 * value("jensen-shannon"), abs=slop)
    assert least("hinge") == pytest.approx(2 - 2 * value("total-variation"), abs=slop)
    assert least("exponential") == pytest.approx(2 - 2 * value("hellinger"), abs=slop)
    assert least("sqrt") == pytest.approx(2 - 2 * value("hellinger"), abs=slop)
    assert least("quadratic(0, 1)") == pytest.approx(0.5 * (1 - chi), abs=slop)


def test_kl_is_the_exponential_loss_on_fakes_against_a_linear_one():
    """φ = f* = eᵗ − 1 and ϕ = −t: the same critic and minus the divergence, up to the constant −1."""
    pair = losses.LossPair("kl", losses.Exponential(), Reflected(losses.Linear()))
    fake, real = Gaussian([0.0], 1.0), Gaussian([0.5], 0.8)
    z = np.linspace(-3, 3, 11)[:, None]
    kl, own = divergences.get("kl"), UnrestrictedLoss(pair)
    np.testing.assert_allclose(own.critic(fake, real)(z), kl.critic(fake, real)(z), rtol=1e-12)
    found, expected = own.value(fake, real), kl.value(fake, real)
    assert abs(found.value - 1.0 + expected.value) <= found.error + expected.error


def test_pearson_is_a_square_on_fakes_against_a_linear_loss():
    """φ = f* = t + t²/4 = (t + 2)²/4 − 1 where it is increasing, ϕ = −t: solved by inversion."""
    pair = losses.LossPair("pearson", losses.Scaled(losses.Square(-2.0), 0.25), Reflected(losses.Linear()))
    ratio = np.array([-1.0, 0.0, 0.5, 2.0])
    np.testing.assert_allclose(UnrestrictedLoss(pair).of_ratio(ratio), 2 * np.expm1(ratio), rtol=1e-9, atol=1e-12)


OTHERS = {
    "one-term total": losses.LossPair("t", Total((Softplus(),)), Reflected(Total((Softplus(),)))),
    "mixed": losses.combination((0.5, losses.logistic()), (2.0, losses.sqrt())),
    "with a square": losses.combination((1.0, losses.hinge()), (0.3, losses.quadratic(-1.0, 2.0))),
    "unequal factors": losses.LossPair("u", losses.Scaled(Softplus(), 3.0), Reflected(Softplus())),
    "shifted": losses.sqrt().shifted(-1.5),
    "scaled": 4.0 * losses.exponential(),
    "unequal shifts": losses.LossPair("v", losses.Shifted(Softplus(), 1.0), Reflected(Softplus())),
    "shifted squares": losses.quadratic(0.0, 2.0).shifted(1.0),
    "shifted hinge": (2.0 * losses.hinge()).shifted(1.0),
}


@pytest.mark.parametrize("name", [*KNOWN, *OTHERS])
@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.9])
def test_f_star_is_least_at_every_point(name, p):
    pair = {**KNOWN, **OTHERS}[name]
    q = 1.0 - p

    def h(t):
        t = np.array(float(t))
        return float(p * pair.fake_loss.value(t) + q * pair.real_loss.value(t))

    best: Any = minimize_scalar(h, bracket=(-5.0, 5.0), options={"xtol": 1e-12})
    at = UnrestrictedLoss(pair).of_ratio(np.log([q / p]))[0]
    assert h(at) <= best.fun + 1e-13 * (1 + abs(best.fun))  # rounding of h


def test_inversion_and_closed_form_agree():
    ratio = np.linspace(-30, 30, 13)
    by_root = UnrestrictedLoss(OTHERS["one-term total"])
    assert by_root.formula is None
    np.testing.assert_allclose(by_root.of_ratio(ratio), ratio, atol=1e-9)
    np.testing.assert_allclose(by_root.ratio_slope(ratio), 1.0, rtol=1e-6)
    factor = UnrestrictedLoss(OTHERS["unequal factors"])
    np.testing.assert_allclose(factor.of_ratio(ratio), ratio - np.log(3.0), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["mixed", "with a square", "unequal shifts", "shifted", "shifted squares"])
def test_slopes_of_the_inversion_are_derivatives(name):
    objective, ratio, step = UnrestrictedLoss(OTHERS[name]), np.array([-1.3, 0.4, 2.0]), 1e-4
    difference = (objective.of_ratio(ratio + step) - objective.of_ratio(ratio - step)) / (2 * step)
    np.testing.assert_allclose(objective.ratio_slope(ratio), difference, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("name", KNOWN)
@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_locality_on_densities(name, seed):
    """f* at z feels p(z) and q(z) alone: a real mode moved from 30 to 40 changes nothing around 0."""
    z = np.random.default_rng(seed).uniform(-1, 1, size=(5, 1))
    fake = Gaussian([0.0], 0.5)
    near, far = (gaussian_mixture([[0.5], [place]], 0.5) for place in (30.0, 40.0))
    objective = UnrestrictedLoss(KNOWN[name])
    np.testing.assert_array_equal(objective.critic(fake, near)(z), objective.critic(fake, far)(z))
    np.testing.assert_allclose(
        objective.critic(fake, near).gradient(z), objective.critic(fake, far).gradient(z), rtol=1e-12
    )


def test_least_squares_on_disjoint_supports_knows_no_distance():
    critics = [
        UnrestrictedLoss(losses.quadratic(-1.0, 1.0)).critic(DiscreteMeasure([[0.0]]), DiscreteMeasure([[d]]))
        for d in (1.0, 4.0)
    ]
    for critic, d in zip(critics, (1.0, 4.0), strict=True):
        assert critic(np.array([[0.0], [d]])).tolist() == [-1.0, 1.0]


def test_wasserstein_without_restriction_is_unbounded_unless_equal():
    objective = UnrestrictedLoss(losses.wasserstein())
    measure = DiscreteMeasure([[0.0], [1.0]])
    assert objective.value(measure, measure).value == 0.0
    assert objective.value(measure, DiscreteMeasure([[0.0]])).value == -np.inf
    gaussian = Gaussian([0.0], 1.0)
    assert objective.value(gaussian, gaussian).value == 0.0
    found = objective.value(gaussian, Gaussian([0.0], 2.0))
    assert found.value == -np.inf
    assert found.note


def test_the_discriminator_is_perfect_on_disjoint_supports():
    """Arjovsky and Bottou 2.1: D* is 0 and 1 with gradient 0 where f* = ln(q/p) is ∓∞."""
    z = np.array([[0.2], [5.1]])
    for fake, real in (
        (UniformBox([0.0], 0.5), UniformBox([5.0], 0.5)),
        (DiscreteMeasure([[0.2]]), DiscreteMeasure([[5.1]])),
    ):
        critic = optimal_discriminator(fake, real)
        assert critic(z).tolist() == [0.0, 1.0]
        assert critic.gradient(z).ravel().tolist() == [0.0, 0.0]
        assert UnrestrictedLoss(losses.logistic()).critic(fake, real)(z).tolist() == [-np.inf, np.inf]


def test_the_discriminator_is_q_over_p_plus_q():
    fake, real, z = Gaussian([0.0], 1.0), Gaussian([1.0], 2.0), np.linspace(-3, 3, 9)[:, None]
    p, q = norm.pdf(z[:, 0]), norm.pdf(z[:, 0], 1.0, 2.0)
    np.testing.assert_allclose(optimal_discriminator(fake, real)(z), q / (p + q), rtol=1e-13)


# --- ICLR section 4.2: mode collapse by locality ---------------------------------------------------------


def drawn_to(mode, objective, fake, real):
    """The share of the fakes whose gradient points to a mode, by quadrature between the gradient's zeros."""
    critic = objective.critic(fake, real)

    def along(z):
        return critic.gradient(z)[:, 0]

    return integrate(
        lambda z: np.where(along(z) * (mode - z[:, 0]) > 0, fake.density(z), 0.0), (fake, real), level=along
    ).value


LOCAL = {"vanilla": UnrestrictedLoss(losses.logistic()), "least squares": UnrestrictedLoss(losses.quadratic())}


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize(("middle", "printed"), [(-0.75, 0.99955), (-1.15, 0.7475)])
def test_gaussian_fakes_near_one_mode_are_drawn_to_it(name, middle, printed):
    """Equal widths: Φ(|A − m|/σ) of the fakes goes to the near mode A, up to what the far mode adds."""
    fake, real = Gaussian([middle], 0.15), gaussian_mixture([[1.0], [-1.25]], 0.15)
    share = drawn_to(-1.25, LOCAL[name], fake, real)
    assert share == pytest.approx(printed, abs=5e-5 if printed < 0.9 else 5e-6)
    assert share == pytest.approx(norm.cdf(abs(-1.25 - middle) / 0.15), abs=1e-4)


@pytest.mark.parametrize("name", LOCAL)
def test_uniform_fakes_near_one_mode_are_all_drawn_to_it(name):
    real = gaussian_mixture([[1.0], [-1.25]], 0.15)
    assert drawn_to(-1.25, LOCAL[name], UniformBox([-0.75], 0.3), real) == pytest.approx(1.0, abs=1e-12)


def test_the_uniform_fisher_critic_pushes_half_of_gaussian_fakes_away():
    fake, real = Gaussian([-0.75], 0.15), gaussian_mixture([[1.0], [-1.25]], 0.15)
    away = 1.0 - drawn_to(-1.25, FisherIPM(Uniform()), fake, real)
    z = np.linspace(-0.75 - 1.5, -0.75 + 1.5, 2_000_001)  # ten standard deviations, a grid without any library
    rise = sum(0.5 * norm.pdf(z, m, 0.15) * (m - z) for m in (1.0, -1.25)) + norm.pdf(z, -0.75, 0.15) * (z + 0.75)
    counted = (norm.pdf(z, -0.75, 0.15) * (rise * (-1.25 - z) <= 0)).sum() * (z[1] - z[0])
    assert away == pytest.approx(counted, abs=2 * (z[1] - z[0]) * norm.pdf(0, 0, 0.15))  # one cell at each zero
    assert away == pytest.approx(0.49751, abs=1e-5)
    none = 1.0 - drawn_to(-1.25, FisherIPM(Uniform()), UniformBox([-0.75], 0.3), real)
    assert none == pytest.approx(0.0, abs=1e-12)


def test_a_loss_pair_is_needed():
    with pytest.raises(InputError, match="losses must be a LossPair"):
        UnrestrictedLoss("logistic")  # type: ignore[arg-type]
