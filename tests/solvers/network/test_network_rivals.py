"""Rivals of MaxGP: their prices, and trained critics against closed forms."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

import toylab.losses
from toylab.certificate import certify
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solvers import solve
from toylab.solvers.averaged_penalties import averaged_penalty
from toylab.solvers.dirac_pairs import dirac_pair, matched_pairs
from toylab.solvers.network import (
    GP,
    LP,
    MLP,
    PRESETS,
    RIVALS,
    Blends,
    CertifiedGap,
    ClippedWeights,
    GradientDescent,
    GradientPenalty,
    IndependentPairs,
    MatchedPairs,
    MaxGP,
    MeanSquare,
    RMSProp,
    Schedule,
    WeightClipping,
)
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.penalties import ConsistencyPenalty, CriticUnderTraining, NoPenalty

NEVER = CertifiedGap(first=10**6)
WEIGHTS = torch.tensor([0.25, 0.75], dtype=torch.float64)
FAKE = torch.tensor([[0.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
REAL = torch.tensor([[1.0, 0.0], [3.0, 4.0]], dtype=torch.float64)


def problem(fake, real, weight=0.5, target=0.0, losses=None):
    sides = (DiscreteMeasure(fake), DiscreteMeasure(real))
    return CriticProblem(*sides, losses or toylab.losses.wasserstein(), LipschitzPenalty(weight, target))


def state(penalty, *, length=1.0, members=1):
    generator = torch.Generator().manual_seed(0)
    begun = penalty.begin(members, LipschitzPenalty(0.5), Blends(FAKE, REAL), generator)
    return replace(begun, length=length, batch=Batch(FAKE, WEIGHTS, REAL, WEIGHTS))


@pytest.mark.parametrize(
    ("penalty", "expected"),
    [
        (GradientPenalty(), 0.5 * (16.0 + 0.25) / 2),
        (GradientPenalty(one_sided=True), 0.5 * 16.0 / 2),
        (GradientPenalty(target=0.0), 0.5 * (25.0 + 0.25) / 2),
        (GradientPenalty(weight=10.0), 10.0 * (16.0 + 0.25) / 2),
    ],
)
def test_the_price_is_a_mean_over_gradients(penalty, expected):
    gradients = torch.tensor([[[3.0, 4.0], [0.0, 0.5]]], dtype=torch.float64)
    price, after = penalty.term(gradients, state(penalty))
    assert price.tolist() == pytest.approx([expected])
    assert after.steepest.tolist() == [5.0]


def test_weight_and_target_of_its_own_are_in_the_callers_units():
    """With z = 4 z' slopes are four times as large, and λ a sixteenth."""
    penalty = GradientPenalty(weight=10.0, target=1.0)
    gradients = torch.tensor([[[12.0, 16.0]]], dtype=torch.float64)  # 5 in the caller's units
    assert penalty.term(gradients, state(penalty, length=4.0))[0].item() == pytest.approx(10.0 * 16.0)


def test_independent_pairs_honour_weights():
    count = 20_000
    x, y = IndependentPairs().draw(Batch(FAKE, WEIGHTS, REAL, WEIGHTS), (2, count), torch.Generator().manual_seed(0))
    joint = np.zeros((2, 2))
    np.add.at(joint, (x[..., 1].long().ravel().numpy(), (y[..., 0] > 2).long().ravel().numpy()), 1 / (2 * count))
    # five standard deviations of a share of 2 · 20000 draws
    assert joint == pytest.approx(np.outer(WEIGHTS, WEIGHTS), abs=5 * 0.5 / math.sqrt(2 * count))


def test_matched_pairs_keep_to_their_segments():
    z = MatchedPairs().blends(Batch(FAKE, WEIGHTS, REAL, WEIGHTS), (1, 200), torch.Generator().manual_seed(0))[0]
    first = z[:, 1] == 0.0
    assert first.any()
    torch.testing.assert_close(z[~first, 1], 1.0 + z[~first, 0])
    with pytest.raises(InputError, match="same weights"):
        MatchedPairs().draw(Batch(FAKE, WEIGHTS, REAL, WEIGHTS.flip(0)), (1, 2), torch.Generator())


def test_the_consistency_term_of_a_linear_critic_is_its_mean_square_difference():
    """f(z) = 3 z₁: E |f(y′) − f(y″)|² = 2 (3 σ)², up to five standard deviations of the mean of n draws."""
    count, noise = 4000, 0.2
    penalty = ConsistencyPenalty(weight=2.0, hidden_share=0.0, noise=noise)
    network = MLP(width=2, depth=1)
    one = torch.zeros(1, 2, 2, dtype=torch.float64)
    one[0, 0, 0] = 3.0
    shift = torch.tensor([[[100.0, 0.0]]], dtype=torch.float64)  # far to the right of the kink of |t|
    parameters = [one, shift, torch.tensor([[[1.0], [0.0]]], dtype=torch.float64), torch.zeros(1, 1, 1).double()]
    even = torch.full((count,), 1.0 / count, dtype=torch.float64)
    begun = replace(state(penalty), batch=Batch(FAKE, WEIGHTS, torch.zeros(count, 2).double(), even))
    price = penalty.surcharge(CriticUnderTraining(network, parameters, 1.0, 0.0), begun).item()
    mean = 2 * (3 * noise) ** 2
    assert price / 2.0 == pytest.approx(mean, rel=5 * math.sqrt(2 / count))
    free = ConsistencyPenalty(weight=2.0, hidden_share=0.0, noise=noise, margin=1e3)
    assert free.surcharge(CriticUnderTraining(network, parameters, 1.0, 0.0), begun).item() == 0.0


def test_clipped_weights_stay_in_their_box():
    solution = solve(
        problem([[0.0, 0.0]], [[1.0, 0.0]]),
        WeightClipping(published=True, width=16, steps=30, learning_rate=0.1, device="cpu"),
    )
    weights = torch.cat([weight.reshape(-1) for weight in solution.critic.module.weights][:-2])
    assert weights.detach().abs().max().item() == pytest.approx(0.01, rel=1e-6)  # reached, at this rate, and not passed


@pytest.mark.parametrize("preset", [GP, LP])
def test_two_diracs_get_the_slope_of_target_one(preset):
    """The optimum is that of λ (k − 1)²₊, k = 1 + d/2λ; a primal gap of ε moves k by √(ε/λ) at most."""
    distance, weight = 2.0, 0.5
    one = problem([[0.0, 0.0]], [[distance, 0.0]], weight, target=1.0)
    known = dirac_pair(one.losses, distance, one.regularizer)
    assert known.lipschitz_constant == pytest.approx(1.0 + distance / (2.0 * weight))
    solution = solve(one, preset(schedule=Schedule(steps=250, ramp=0.0), stopping=NEVER, device="cpu"))
    gap = solution.stats["raw_relative_gap"] * abs(known.value)
    assert gap <= 1e-3 * abs(known.value)
    assert abs(solution.stats["raw_constant"] - known.lipschitz_constant) <= math.sqrt(gap / weight) + 1e-9


def test_the_mean_square_with_matched_pairs_gives_each_pair_its_own_slope():
    """Two pairs at distances 1 and 3, far apart: slopes 1 and 3, where MaxGP has 2 and 2."""
    far = 8.0
    pairs = problem([[0.0, 0.0], [0.0, far]], [[1.0, 0.0], [3.0, far]])
    known = matched_pairs(pairs.losses, [1.0, 3.0], 0.5)
    assert known == pytest.approx([1.0, 3.0])
    solver = MeanSquare(
        penalty=GradientPenalty(target=0.0, pairs=MatchedPairs()),
        schedule=Schedule(steps=400, ramp=0.0),
        stopping=NEVER,
        polish=(),
        device="cpu",
    )
    critic = solve(pairs, solver).critic
    slopes = (critic(pairs.real.points) - critic(pairs.fake.points)) / [1.0, 3.0]
    t = (np.arange(200) + 0.5)[:, None] / 200
    squares = [
        float((critic.gradient(x + t * (y - x)) ** 2).sum(axis=1).mean())
        for x, y in zip(pairs.fake.points, pairs.real.points, strict=True)
    ]
    reached = -0.5 * float(slopes @ [1.0, 3.0]) + 0.5 * float(np.mean(squares))
    least = -0.5 * 10.0 + 0.5 * 5.0
    # ½ λ (k_i − k_i*)² for each pair, by Jensen, is at most what the objective is above its least value
    assert reached - least <= 0.02
    assert slopes == pytest.approx(known, abs=math.sqrt((max(reached - least, 0.0) + 1e-3) / 0.25))


@pytest.mark.parametrize("target", [0.0, 1.0])
def test_on_the_line_short_ways_stay_flat(target):
    """One fake between reals at distances 1 and 3: the trained slopes are those of the closed form.

    The objective is quadratic in the slopes, with curvature 2 λ ρ · length on an interval, so that an objective
    within ε = 0.01 of the least one has slopes within √(ε / λ ρ length), 0.2. The λ of the problem is a smaller one,
    so that such a critic is not worse than a constant there.
    """
    uneven = problem([[0.0]], [[-1.0], [3.0]], 0.05)
    known = averaged_penalty(uneven, target=target, weight=0.5)
    solver = GP(
        penalty=GradientPenalty(target=target, weight=0.5),
        schedule=Schedule(steps=400, ramp=0.0),
        stopping=NEVER,
        polish=(),
        device="cpu",
    )
    solution = solve(uneven, solver)
    slopes = np.diff(solution.critic(known.points[:, None])) / np.diff(known.points)
    within = np.sqrt(0.01 / (0.5 * known.density * np.diff(known.points)))
    assert within == pytest.approx([0.2, 0.2])
    assert (np.abs(slopes - known.slopes) <= within).all()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_reports_alike(name):
    pairs = problem([[0.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [2.0, 1.0]], 0.1, losses=toylab.losses.logistic())
    exact = solve(pairs)
    solution = solve(pairs, PRESETS[name](steps=20, width=16, device="cpu"))
    again = certify(pairs, solution.critic, exact.certificate.plan)
    assert exact.certificate.primal >= solution.certificate.dual - 1e-12  # a valid bound
    assert again.relative_gap >= -1e-12
    assert {"raw_relative_gap", "raw_constant", "raw_steepest_gradient", "weight"} <= set(solution.stats)
    assert solution.stats["raw_relative_gap"] >= 0.0
    for series in ("loss", "steepest_gradient", "mean_fake_value", "mean_real_value"):
        assert solution.history[series].shape == (20,)
        assert np.isfinite(solution.history[series]).all()


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_had_as_published(name):
    published = PRESETS[name](published=True, steps=7, seed=3, width=32)
    assert (published.schedule.steps, published.seed, published.normalise) == (7, 3, False)
    assert published.schedule.rate(0) == published.schedule.rate(6)
    assert published != PRESETS[name](steps=7, seed=3, width=32)
    assert (PRESETS[name].__doc__ or "").count("ublished") >= 1


def test_which_weight_is_used_is_said():
    said = {name: make(published=True).penalty.weight_used(LipschitzPenalty(0.1)) for name, make in PRESETS.items()}
    assert said["maxgp"] == said["mean-square"] == "lambda = 0.1"
    assert said["gp"] == said["lp"] == "lambda = 10, target 1 of its own"
    assert said["ct"] == "lambda = 10, target 1 of its own, consistency 2"
    assert said["spectral-norm"] == said["orthogonal"] == "none: k <= 1"
    assert said["weight-clipping"] == "none: weights within ±0.01"
    assert said["unrestricted"] == "none"


@pytest.mark.parametrize("name", ["gp", "lp", "mean-square", "ct", "weight-clipping", "unrestricted"])
def test_a_ball_is_refused_with_what_to_use_instead(name):
    plain = problem([[0.0]], [[1.0]])
    ball = CriticProblem(plain.fake, plain.real, plain.losses, LipschitzBall(1.0))
    with pytest.raises(InputError, match="SpectralNorm"):
        solve(ball, PRESETS[name](device="cpu"))


@pytest.mark.parametrize("name", sorted(set(RIVALS) - {"unrestricted"}))
def test_an_unrestricted_problem_is_for_plain_training(name):
    plain = problem([[0.0]], [[1.0]])
    free = CriticProblem(plain.fake, plain.real, toylab.losses.quadratic(0.0, 1.0), Unrestricted())
    with pytest.raises(InputError, match="Unrestricted"):
        solve(free, PRESETS[name](device="cpu"))


def test_plain_training_of_least_squares_finds_the_unrestricted_optimum():
    """(αp + βq)/(p + q) on shared points (LGAN §3.1): here 1/4 and 3/4, certified without any restriction."""
    points = np.array([[0.0, 0.0], [1.0, 0.0]])
    fake, real = DiscreteMeasure(points, [0.75, 0.25]), DiscreteMeasure(points, [0.25, 0.75])
    free = CriticProblem(fake, real, toylab.losses.quadratic(0.0, 1.0), Unrestricted())
    solution = solve(free, PRESETS["unrestricted"](steps=300, device="cpu"))
    # J is ½ |f_z − f_z*|² · 2 (p_z + q_z)/2 = |f_z − f_z*|² above its least value, summed over two points
    assert solution.certificate.gap <= 1e-4
    assert solution.fake_values == pytest.approx([0.25, 0.75], abs=1e-2)


@pytest.mark.parametrize("name", PRESETS)
def test_a_misspelt_setting_is_named(name):
    with pytest.raises(InputError, match="steps"):
        PRESETS[name](step=3)


@pytest.mark.parametrize(
    "make",
    [
        lambda: GradientPenalty(target=-1.0),
        lambda: GradientPenalty(weight=0.0),
        lambda: GradientPenalty(samples=0),
        lambda: GradientPenalty(pairs="same"),  # type: ignore[arg-type]
        lambda: ConsistencyPenalty(weight=-1.0),
        lambda: ConsistencyPenalty(gradient=NoPenalty()),  # type: ignore[arg-type]
        lambda: ClippedWeights(bound=0.0),
        lambda: RMSProp(smoothing=1.0),
        lambda: Schedule(final_share=2.0),
        lambda: Schedule(optimizer="Adam"),  # type: ignore[arg-type]
    ],
)
def test_bad_settings_are_refused(make):
    with pytest.raises(InputError):
        make()


def test_optimisers_step_as_they_should():
    """One step at rate r: −r g for gradient descent, −r g / √((1 − α) g²) for RMSProp."""
    for rule, expected in ((GradientDescent(), 0.1 * 4.0), (RMSProp(0.75), 0.1 / math.sqrt(0.25))):
        parameter = torch.tensor([1.0], dtype=torch.float64, requires_grad=True)
        steps = Schedule(optimizer=rule).begin([parameter])
        (4.0 * parameter).sum().backward()
        steps.step(0.1)
        assert parameter.item() == pytest.approx(1.0 - expected, rel=1e-6)
        assert parameter.grad is None or not parameter.grad.any()


def test_the_learning_rate_may_stay_constant_or_end_at_a_share():
    assert Schedule(steps=10, learning_rate=0.5, final_share=1.0).rate(9) == 0.5
    half = Schedule(steps=1000, learning_rate=1.0, final_share=0.5)
    assert half.rate(0) == 1.0
    assert half.rate(999) == pytest.approx(0.5, abs=1e-5)


def test_a_published_recipe_sees_the_callers_points():
    """Its bare network is the critic: no centre, no length, no scale and offset of the start."""
    pairs = problem([[100.0, 0.0]], [[101.0, 0.0]])
    module = solve(pairs, MaxGP(published=True, width=8, depth=1, steps=2, device="cpu")).critic.module
    assert module.centre.tolist() == [0.0, 0.0]
    assert module.length.item() == 1.0
