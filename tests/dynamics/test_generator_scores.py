"""Scores of samples against closed forms, and what a generator that fails has to get."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from toylab.distributions import Gaussian, Mixture, Ring, SwissRoll
from toylab.dynamics import Scoring
from toylab.dynamics.networks import TARGETS, CurveTarget, GaussianModes, swiss_roll, target
from toylab.errors import InputError

SCORING = Scoring(w1_points=200)


def reals(goal, count, seed):
    rng = np.random.default_rng(seed)
    return rng.permutation(goal.distribution.sample_points(count, rng))


@pytest.mark.parametrize("name", TARGETS)
def test_real_samples_have_the_shares_of_the_normal_distribution(name):
    goal = target(name)
    scores = SCORING.of(reals(goal, 2500, 0), goal, reals(goal, 200, 1))
    assert scores.covered == goal.parts
    # around a centre the squared distance is χ² with two degrees of freedom, across a curve a normal one; a bent curve
    # and its ends change that by less than the 5 standard deviations of a share of 2500 samples
    for share, width in ((scores.quality, 3.0), (scores.near, 4.0)):
        expected = chi2(2).cdf(width**2) if isinstance(goal, GaussianModes) else norm.cdf(width) - norm.cdf(-width)
        assert share == pytest.approx(expected, abs=float(5 * np.sqrt(expected * (1 - expected) / 2500) + 1e-3))


def test_a_collapsed_generator_gets_one_mode_and_the_distance_to_all_others():
    goal = target("25-gaussians")
    assert isinstance(goal, GaussianModes)
    judges = reals(goal, 200, 0)
    scores = SCORING.of(np.repeat(goal.centres[12:13], 2500, axis=0), goal, judges)
    assert scores.covered == 1
    assert scores.quality == scores.near == 1.0
    assert scores.w1 == pytest.approx(np.linalg.norm(judges - goal.centres[12], axis=1).mean(), rel=1e-9)


@pytest.mark.parametrize("kept", [1, 3, 7])
def test_dropped_modes_are_not_covered(kept):
    goal = target("8-gaussians")
    assert isinstance(goal, GaussianModes)
    part = GaussianModes(name="some", distribution=Mixture(goal.distribution.components[:kept]))
    scores = SCORING.of(reals(part, 2500, 0), goal, reals(goal, 200, 1))
    assert scores.covered == kept
    assert scores.quality > 0.97


def test_an_even_spread_hits_modes_by_chance_and_covers_none():
    goal = target("8-gaussians")
    samples = np.random.default_rng(0).uniform(-1.6, 1.6, size=(2500, 2))
    scores = SCORING.of(samples, goal, reals(goal, 200, 1))
    expected = 8 * np.pi * (3 * goal.scale) ** 2 / 3.2**2
    assert scores.quality == pytest.approx(expected, abs=5 * np.sqrt(expected / 2500))
    assert scores.covered == 0
    chance = Scoring(least=1, w1_points=200).of(samples, goal, reals(goal, 200, 1))
    assert chance.covered >= 5  # each mode is hit 1.4 times on average, so that three in four count


def test_pieces_of_the_curve_and_the_distance_across_it():
    goal = swiss_roll()
    roll = goal.distribution
    t = np.linspace(roll.start, 0.5 * (roll.start + roll.end), 2500)
    judges = reals(goal, 200, 0)
    assert SCORING.of(roll.at(t), goal, judges).covered == goal.parts // 2
    tangent = np.stack([np.cos(t) - t * np.sin(t), np.sin(t) + t * np.cos(t)], axis=1)
    across = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1) / np.linalg.norm(tangent, axis=1)[:, None]
    beside = SCORING.of(roll.at(t) + 3.5 * goal.scale * across, goal, judges)
    assert (beside.covered, beside.quality, beside.near) == (0, 0.0, 1.0)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: target("8-gausians"), "8-gaussians"),
        (lambda: GaussianModes(name="x", distribution=Mixture([Ring([0, 0], 1.0)])), "are Gaussians"),
        (
            lambda: GaussianModes(name="x", distribution=Mixture([Gaussian([0.0], 1.0), Gaussian([1.0], 2.0)])),
            "one standard deviation",
        ),
        (lambda: CurveTarget(name="x", distribution=SwissRoll(noise=0.0)), "needs noise"),
        (lambda: CurveTarget(name="x", distribution=SwissRoll(), pieces=0), "pieces"),
        (lambda: Scoring(within=4.0, near=3.0), "within <= near"),
        (lambda: Scoring(samples=10, w1_points=20), "at most the 10 samples"),
        (lambda: Scoring(least=0), "cover a part"),
        (lambda: SCORING.of(np.full((3, 2), np.nan), target("swiss-roll"), np.zeros((3, 2))), "finite"),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    with pytest.raises(InputError, match=words):
        build()
