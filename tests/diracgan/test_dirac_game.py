"""The Dirac-GAN against automatic differentiation, closed forms of its orbits, and the paper's update formulas."""

import json

import numpy as np
import pytest
import torch
from scipy.special import expit

from toylab import DiracGAN, losses
from toylab.diracgan import (
    METHODS,
    Alternating,
    Consensus,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    NonSaturating,
    Simultaneous,
    Unregularised,
    WeightClipping,
    ZeroCentredPenalty,
    ZeroSum,
)
from toylab.errors import InputError

W, RULE = losses.wasserstein(), Simultaneous(step=0.1)
EXAMPLES = (
    Unregularised(),
    WeightClipping(bound=0.5),
    GradientPenalty(weight=0.7, target=0.3),
    InstanceNoise(scale=0.8),
    ZeroCentredPenalty(weight=0.7),
    MaxGP(weight=0.35),
    Consensus(weight=0.7),
)
SMOOTH = [method for method in EXAMPLES if method.smooth]
RNG = np.random.default_rng(0)
THETA, PSI = RNG.uniform(-1.5, 1.5, size=(2, 20))
by_name = pytest.mark.parametrize("method", EXAMPLES, ids=lambda method: method.kind)


def eigenvalues(game, rule=None) -> np.ndarray:
    found = game.eigenvalues(rule)
    assert found is not None
    return found


def critic_gain(method, theta, psi):
    """What the critic of a GAN maximises, by the paper's words: f(t) = −ln(1 + e^−t), real points at 0."""
    f = torch.nn.functional.logsigmoid
    if isinstance(method, InstanceNoise):
        nodes, weights = np.polynomial.hermite_e.hermegauss(40)
        noise, mass = torch.tensor(method.scale * nodes), torch.tensor(weights / weights.sum())
        return mass @ (f(psi * (theta + noise)) + f(-psi * noise))
    gain = f(psi * theta) + f(torch.zeros((), dtype=torch.float64))
    if isinstance(method, ZeroCentredPenalty):
        return gain - 0.5 * method.weight * psi**2
    if isinstance(method, MaxGP):
        return gain - method.weight * psi**2
    if isinstance(method, GradientPenalty):
        return gain - 0.5 * method.weight * (torch.abs(psi) - method.target) ** 2
    return gain


def derived(method, theta, psi, *, saturating=True):
    """The field by automatic differentiation of both players' objectives."""
    theta = torch.tensor(theta, requires_grad=True)
    psi = torch.tensor(psi, requires_grad=True)
    gain = critic_gain(method, theta, psi)
    plain = Unregularised() if not isinstance(method, InstanceNoise) else method
    cost = critic_gain(plain, theta, psi)
    if not saturating:
        assert isinstance(plain, Unregularised)
        cost = -torch.nn.functional.logsigmoid(-psi * theta)
    to_psi = torch.autograd.grad(gain, psi, create_graph=True)[0]
    to_theta = -torch.autograd.grad(cost, theta, create_graph=True)[0]
    if isinstance(method, Consensus):
        size = 0.5 * (to_theta**2 + to_psi**2)
        by_theta, by_psi = torch.autograd.grad(size, (theta, psi))
        to_theta, to_psi = to_theta - method.weight * by_theta, to_psi - method.weight * by_psi
    return to_theta.item(), to_psi.item()


@by_name
def test_the_field_is_that_of_the_objectives(method):
    to_theta, to_psi = DiracGAN(method=method).vector_field(THETA, 0.3 * PSI)  # within the bound of clipping
    found = np.array([derived(method, theta, psi) for theta, psi in zip(THETA, 0.3 * PSI, strict=True)])
    np.testing.assert_allclose(np.stack([to_theta, to_psi], axis=1), found, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("method", [m for m in EXAMPLES if not isinstance(m, InstanceNoise)], ids=lambda m: m.kind)
def test_the_field_of_the_non_saturating_game(method):
    game = DiracGAN(generator=NonSaturating(), method=method)
    found = np.array([derived(method, t, p, saturating=False) for t, p in zip(THETA, 0.3 * PSI, strict=True)])
    np.testing.assert_allclose(np.stack(game.vector_field(THETA, 0.3 * PSI), axis=1), found, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("pair", [losses.logistic(), W, losses.get("sqrt")], ids=lambda pair: pair.name)
@pytest.mark.parametrize("method", SMOOTH, ids=lambda method: method.kind)
def test_eigenvalues_by_the_lemmas_are_those_of_the_jacobian_by_differences_of_the_field(method, pair):
    """Central differences over 1e-5: off by less than 1e-8 where third derivatives are of size 1."""
    for generator in (ZeroSum(), NonSaturating()):
        game, h = DiracGAN(losses=pair, method=method, generator=generator), 1e-5
        columns = [
            (np.array(game.vector_field(*ahead)) - np.array(game.vector_field(*[-x for x in ahead]))) / (2.0 * h)
            for ahead in ((h, 0.0), (0.0, h))
        ]
        jacobian = game.jacobian()
        assert jacobian is not None
        np.testing.assert_allclose(jacobian, np.stack(columns, axis=1), atol=1e-8)
        np.testing.assert_allclose(
            np.sort_complex(np.linalg.eigvals(jacobian)), np.sort_complex(eigenvalues(game)), atol=1e-7
        )


def test_the_papers_numbers():
    """f'(0) = 1/2 and f''(0) = −1/4: with σ = 1 λ = −1/4 ± √(1/16 − 1/4), with γ = 1 λ = −1/2, twice."""
    assert eigenvalues(DiracGAN()) == pytest.approx([0.5j, -0.5j])
    root = 1j * np.sqrt(3.0 / 16.0)
    assert eigenvalues(DiracGAN(method=InstanceNoise(scale=1.0))) == pytest.approx([-0.25 + root, -0.25 - root])
    assert eigenvalues(DiracGAN(method=ZeroCentredPenalty(weight=1.0))) == pytest.approx([-0.5, -0.5])
    assert eigenvalues(DiracGAN(method=Consensus(weight=2.0))) == pytest.approx([-0.5 + 0.5j, -0.5 - 0.5j])
    h = 0.3
    assert np.abs(eigenvalues(DiracGAN(), Simultaneous(step=h))) == pytest.approx(np.sqrt(1.0 + h**2 / 4.0))
    alpha = np.sqrt(5.0) * h / 2.0
    found = eigenvalues(DiracGAN(), Alternating(step=h, critic_steps=5))
    middle = 1.0 - alpha**2 / 2.0
    assert np.sort_complex(found) == pytest.approx(middle + np.array([-1j, 1j]) * np.sqrt(1.0 - middle**2))


@pytest.mark.parametrize("rule", [Simultaneous(step=0.3), Alternating(step=0.3, critic_steps=3, generator_steps=2)])
@pytest.mark.parametrize("method", SMOOTH, ids=lambda method: method.kind)
def test_eigenvalues_of_a_round_are_those_of_the_rounds_that_are_run(method, rule):
    game, h = DiracGAN(method=method), 1e-5
    start = h * np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    orbit = game.trajectory(start, 1, rule)
    ends = np.stack([orbit.theta[1], orbit.psi[1]])
    matrix = (ends[:, ::2] - ends[:, 1::2]) / (2.0 * h)
    np.testing.assert_allclose(
        np.sort_complex(np.linalg.eigvals(matrix)), np.sort_complex(eigenvalues(game, rule)), atol=1e-7
    )


def test_on_a_linear_critic_maxgp_is_the_zero_centred_penalty_of_twice_the_weight():
    one, other = DiracGAN(method=MaxGP(weight=0.2)), DiracGAN(method=ZeroCentredPenalty(weight=0.4))
    for left, right in zip(one.vector_field(THETA, PSI), other.vector_field(THETA, PSI), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-15)


def test_the_best_critic_of_wgan_with_maxgp_has_the_constant_of_the_certified_one():
    """k* = W₁/2λ (THEORY, Diracs): ψ rests where θ = 2λψ."""
    from toylab import CriticProblem, DiscreteMeasure, LipschitzPenalty, solve

    theta, weight = 0.7, 0.3
    exact = solve(CriticProblem(DiscreteMeasure([[theta]]), DiscreteMeasure([[0.0]]), W, LipschitzPenalty(weight)))
    _, to_psi = DiracGAN(losses=W, method=MaxGP(weight=weight)).vector_field(theta, exact.lipschitz_constant)
    assert abs(float(to_psi)) <= 1e-7


@pytest.mark.parametrize(("weight", "flow_rate"), [(0.1, 0.1), (2.0, 2.0 - np.sqrt(3.0))])
def test_how_long_steps_may_be_under_maxgp(weight, flow_rate):
    """WGAN: simultaneous steps converge below 2λ or 2/(λ + √(λ² − 1)); alternating ones while h² < 4(1 − hλ)."""
    game = DiracGAN(losses=W, method=MaxGP(weight=weight))
    assert -np.real(eigenvalues(game)).max() == pytest.approx(flow_rate)
    most = 2.0 * weight if weight < 1.0 else 2.0 / (weight + np.sqrt(weight**2 - 1.0))
    in_turn = -2.0 * weight + 2.0 * np.sqrt(weight**2 + 1.0)
    for limit, rule in ((most, Simultaneous), (in_turn, Alternating)):
        assert game.converges(rule(step=0.999 * limit))
        assert not game.converges(rule(step=1.001 * limit))


def test_the_flow_of_the_unregularised_gan_runs_on_circles_and_that_of_the_linear_game_is_a_matrix_exponential():
    from scipy.linalg import expm

    flow = DiracGAN().flow((1.0, 0.5), 40.0)
    np.testing.assert_allclose(flow.radius, flow.radius[0], rtol=1e-8)  # 100 times the integrator's tolerance
    game = DiracGAN(losses=W, method=MaxGP(weight=0.3))
    orbit = game.flow((1.0, 0.5), 10.0, 11)
    matrix = game.jacobian()
    assert matrix is not None
    expected = np.array([expm(matrix * time) @ [1.0, 0.5] for time in orbit.time])
    np.testing.assert_allclose(np.stack([orbit.theta, orbit.psi], axis=1), expected, atol=1e-8)


def test_the_non_saturating_gan_creeps_in_and_simultaneous_steps_keep_it_on_a_circle():
    """Averaged over a turn, d(r²)/dt = −r⁴/8 + h r²/4: r² = 8/(t + 8/r₀²) for the flow, and √(2h) at rest.

    Terms of the next order in r² are left out: 2 per cent at these radii.
    """
    game = DiracGAN(generator=NonSaturating())
    assert not game.converges()
    flow = game.flow((0.5, 0.0), 200.0, 5)
    np.testing.assert_allclose(flow.radius**2, 8.0 / (flow.time + 32.0), rtol=0.04)
    h = 0.1
    orbit = game.trajectory((0.4, 0.0), 3000, Simultaneous(step=h))
    assert np.mean(orbit.radius[-1000:]) == pytest.approx(np.sqrt(2.0 * h), rel=0.01)


def test_wgan_gp_orbits_on_the_cycle_of_its_closed_form():
    """Half turns around (∓γg, 0): θ is largest at γg coth(γπ/4ω), ω = √(1 − γ²/4), where ψ = 0."""
    weight, target = 0.6, 0.3
    omega = np.sqrt(1.0 - weight**2 / 4.0)
    largest = weight * target / np.tanh(weight * np.pi / (4.0 * omega))
    game = DiracGAN(losses=W, method=GradientPenalty(weight=weight, target=target))
    flow = game.flow((1.0, 0.0), 40.0, 4001)
    assert np.abs(flow.theta[-1000:]).max() == pytest.approx(largest, rel=1e-4)  # 1/100 between points, squared
    assert game.eigenvalues() is None
    assert "jumps" in game.converges().reasons[0]
    heavy = DiracGAN(losses=W, method=GradientPenalty(weight=4.0, target=target))
    end = heavy.flow((1.0, 0.2), 60.0, 3)
    assert (abs(end.theta[-1]), abs(end.psi[-1])) == pytest.approx((4.0 * target, 0.0), abs=1e-6)


def test_clipped_weights_stay_within_their_bound_and_orbit_there():
    game = DiracGAN(losses=W, method=WeightClipping(bound=0.5))
    flow = game.flow((1.0, 0.9), 8.0)
    for orbit in (flow, game.trajectory((1.0, 0.9), 100, Alternating(step=0.1))):
        assert np.abs(orbit.psi).max() <= 0.5 + 1e-12
    assert flow.radius[-1] == pytest.approx(0.5, abs=1e-6)


def test_simultaneous_rounds_grow_by_the_factor_of_lemma_2_4():
    orbit = DiracGAN().trajectory((1.0, -0.4), 50, Simultaneous(step=0.5))
    slope = expit(-orbit.theta * orbit.psi)
    np.testing.assert_allclose(orbit.radius[1:] / orbit.radius[:-1], np.sqrt(1.0 + 0.25 * slope[:-1] ** 2), rtol=1e-13)


@by_name
def test_games_survive_json_and_speak(method):
    game = DiracGAN(losses=W, generator=NonSaturating(), method=method)
    again = DiracGAN.from_json(json.loads(json.dumps(game.to_json())))
    assert (again.method, again.generator, again.losses.name) == (game.method, game.generator, game.losses.name)
    assert method.title in repr(game)
    assert method.formula.split(":")[0] in game._repr_html_()
    assert {type(example) for example in EXAMPLES} == set(METHODS)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: MaxGP(weight=0.0), "weight of MaxGP must be positive"),
        (lambda: GradientPenalty(weight=1.0, target=-0.3), "target of GP with a target must be positive"),
        (lambda: InstanceNoise(scale=float("nan")), "must be finite"),
        (lambda: Simultaneous(step=0.0), "step of a rule must be positive"),
        (lambda: Alternating(step=0.1, critic_steps=0), "number of critic steps"),
        (lambda: DiracGAN(losses=losses.quadratic(0.0, 1.0)), "take losses such as logistic"),
        (lambda: DiracGAN(method=MaxGP), "must be a Method object"),  # type: ignore[arg-type]
        (
            lambda: DiracGAN().trajectory((1.0, 2.0, 3.0), 5, Simultaneous(step=0.1)),
            r"a start of a Dirac-GAN is \(θ, ψ\)",
        ),
        (lambda: DiracGAN().trajectory("here", 5, Simultaneous(step=0.1)), "a start of a Dirac-GAN"),
        (lambda: DiracGAN().trajectory((1.0, 0.0), -1, Simultaneous(step=0.1)), "number of rounds"),
        (lambda: DiracGAN().flow((1.0, 0.0), 0.0), "duration of a flow"),
        (lambda: DiracGAN().flow([[1.0, 0.0], [0.0, 1.0]], 1.0), "one start"),
        (lambda: DiracGAN.from_json({"losses": {}}), r"DiracGAN\.to_json\(\) wrote"),
        (lambda: DiracGAN.from_json({**DiracGAN().to_json(), "method": {"kind": "maxpg"}}), "did you mean 'maxgp'"),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    with pytest.raises(InputError, match=words):
        build()


def test_wrong_kinds_are_named_in_one_sentence():
    with pytest.raises(InputError, match="method of a Dirac-GAN must be a Method object"):
        DiracGAN(method="maxgp")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"must be Simultaneous\(step=…\) or Alternating"):
        DiracGAN().trajectory((1.0, 1.0), 5, "alternating")  # type: ignore[arg-type]


@pytest.mark.parametrize("place", [("a", 0.0), ([1.0, 2.0], [1.0, 2.0, 3.0])])
def test_places_without_a_field_are_refused_in_one_sentence(place):
    with pytest.raises(InputError, match="arrays of shapes that go together"):
        DiracGAN().vector_field(*place)


def test_an_orbit_shows_itself_in_one_line():
    orbit = DiracGAN().trajectory((1.0, 0.0), 3, Simultaneous(step=0.1))
    assert repr(orbit).startswith("Orbit(4 points to 3, (θ, ψ) from [1.0, 0.0] to [")
