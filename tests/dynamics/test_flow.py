"""Flows against closed forms, against the theory's statements, and the ways in which they end."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toylab
from tests.oracles import FORMULAS
from toylab import losses, zoo
from toylab.divergences import FisherIPM, Uniform, UnrestrictedLoss
from toylab.dynamics import (
    FixedStep,
    Jitter,
    LipschitzCritic,
    MomentumStep,
    NoisyDensities,
    PointwiseOptimum,
    ProportionalStep,
    ShareOut,
    Stop,
    Trajectory,
    UnitStep,
    follow,
    objective_of,
)
from toylab.errors import InputError
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.dirac_pairs import dirac_pair

WEIGHT = 0.5


def diracs(pair=None, regularizer=None, distance=1.0):
    """One fake at 0, one real point at this distance along (0.6, 0.8)."""
    real = distance * np.array([[0.6, 0.8]])
    return CriticProblem(
        toylab.DiscreteMeasure(np.zeros((1, 2))),
        toylab.DiscreteMeasure(real),
        pair or losses.wasserstein(),
        regularizer or LipschitzPenalty(WEIGHT),
    )


@pytest.mark.parametrize("name", FORMULAS)
def test_two_diracs_follow_the_closed_form_of_the_discrete_flow(name):
    """Distances obey d ← d − rate · k(d), with k(d) the root that `dirac_pair` finds without any solver."""
    rate, pair = 0.2, FORMULAS[name].pair
    trajectory = follow(diracs(pair), step=FixedStep(rate=rate), steps=5)
    distance, expected = 1.0, [1.0]
    for _ in range(5):
        distance = abs(distance - rate * dirac_pair(pair, distance, LipschitzPenalty(WEIGHT)).lipschitz_constant)
        expected.append(distance)
    # |k − k*| ≤ √(gap/λ), and each step adds rate times that to the distance
    room = max(1.0, trajectory.values.max())
    error = 5 * rate * np.sqrt(trajectory.largest_gap * room / WEIGHT) + 1e-12
    np.testing.assert_allclose(trajectory.w1, expected, rtol=0, atol=error)


def test_the_wasserstein_flow_of_two_diracs_is_geometric():
    """k* = d/(2λ), so that d is multiplied by 1 − rate/(2λ) in every step."""
    trajectory = follow(diracs(), step=FixedStep(rate=0.3), steps=10)
    np.testing.assert_allclose(trajectory.w1, 0.7 ** np.arange(11), rtol=1e-12)
    np.testing.assert_allclose(trajectory.constants, trajectory.w1 / (2 * WEIGHT), rtol=1e-12)


def test_in_a_ball_the_constant_stays_and_the_fake_swings_around_its_partner():
    """LGAN §4.1, remark: only the penalty takes k* to 0."""
    trajectory = follow(diracs(regularizer=LipschitzBall(1.0)), step=FixedStep(rate=0.4), steps=6)
    np.testing.assert_allclose(trajectory.w1, [1.0, 0.6, 0.2, 0.2, 0.2, 0.2, 0.2], atol=1e-12)
    np.testing.assert_array_equal(trajectory.constants, 1.0)


def test_momentum_is_the_recursion_of_the_heavy_ball():
    trajectory = follow(diracs(), step=MomentumStep(rate=0.1, momentum=0.5), steps=8)
    at, before, expected = 1.0, 0.0, [1.0]  # signed distance; its gradient is at/(2λ) = at
    for _ in range(8):
        before = 0.5 * before - 0.1 * at
        at += before
        expected.append(at)
    np.testing.assert_allclose(trajectory.w1, expected, rtol=1e-10)


@pytest.mark.parametrize("step", [ProportionalStep(share=0.4), UnitStep(length=0.2)])
@pytest.mark.parametrize("name", ["wasserstein", "logistic"])
def test_particles_reach_the_real_points(name, step):
    problem = zoo.load("case4", n=3, seed=2, losses=losses.get(name))
    trajectory = follow(problem, step=step, steps=40, tolerance=0.1)
    assert trajectory.stop is Stop.ARRIVED
    assert trajectory.share_left <= 0.1
    assert trajectory.constants[-1] < 0.3 * trajectory.constants[0]
    assert trajectory.largest_gap <= 1e-6
    # fakes move inside the hull of the points, along ways no longer than those the plan gives
    assert np.linalg.norm(np.diff(trajectory.positions, axis=0), axis=2).max() <= problem.support.diameter


def test_wasserstein_falls_in_every_step_that_moves_along_an_optimal_plan():
    """W₁(t + 1) ≤ (1 − share) W₁(t): moving along an optimal plan by a share of the way leaves that cost."""
    problem = zoo.load("case4", n=5, seed=0, losses=losses.wasserstein())
    trajectory = follow(problem, step=ProportionalStep(share=0.3), steps=8, tolerance=0.0)
    ratios = trajectory.w1[1:] / trajectory.w1[:-1]
    assert (ratios <= 0.7 + 1e-9).all()


def test_coinciding_fakes_stay_together_for_ever_unless_they_share_out_or_are_jittered():
    fake, real = np.zeros((2, 2)), np.array([[1.0, 0.5], [1.0, -0.5]])
    problem = CriticProblem(
        toylab.DiscreteMeasure(fake), toylab.DiscreteMeasure(real), losses.logistic(), LipschitzPenalty(0.1)
    )
    stuck = follow(problem, step=ProportionalStep(share=0.8), steps=30, patience=4)
    assert stuck.stop in {Stop.STANDSTILL, Stop.NO_PROGRESS}
    np.testing.assert_array_equal(stuck.positions[:, 0], stuck.positions[:, 1])
    np.testing.assert_allclose(stuck.positions[-1], [[1.0, 0.0], [1.0, 0.0]], atol=1e-3)
    assert "share a gradient" in stuck.why()
    assert stuck.share_left == pytest.approx(0.5 / np.hypot(1.0, 0.5), rel=1e-3)

    shared = follow(problem, step=ProportionalStep(share=0.9), split=ShareOut(), steps=5)
    assert shared.stop is Stop.ARRIVED
    jittered = follow(problem, step=ProportionalStep(share=0.8), split=Jitter(scale=1e-3), steps=8, tolerance=0.02)
    assert jittered.stop is Stop.ARRIVED


def test_a_resumed_flow_jitters_as_the_one_that_never_stopped():
    fakes = toylab.DiscreteMeasure([[0.0, 0.0], [0.005, 0.0], [1.0, 0.0]])
    problem = CriticProblem(fakes, toylab.DiscreteMeasure([[3.0, 0.0]]), losses.logistic(), LipschitzPenalty(0.1))
    split = Jitter(scale=1e-3, within=0.5)
    whole = follow(problem, split=split, steps=4)
    resumed = follow(problem, split=split, steps=2, start=follow(problem, split=split, steps=2))
    np.testing.assert_array_equal(resumed.positions, whole.positions)


def test_a_fake_midway_between_two_reals_stands_still():
    """∂V/∂x = 0 there though k* > 0: a critic with a kink has no direction to give (THEORY, stationarity)."""
    problem = CriticProblem(
        toylab.DiscreteMeasure([[0.0]]),
        toylab.DiscreteMeasure([[-1.0], [1.0]]),
        losses.logistic(),
        LipschitzPenalty(0.5),
    )
    trajectory = follow(problem, steps=2)
    # a gap leaves the plan unsymmetric by less than the share that it moves
    assert trajectory.constants[0] > 0.1
    assert np.abs(trajectory.positions).max() < 1e-3
    assert (trajectory.clarity < 1e-2).all()


@pytest.mark.parametrize("pair", [losses.logistic(), losses.quadratic(0.0, 1.0)], ids=["vanilla", "least squares"])
def test_without_restriction_finite_measures_move_nothing(pair):
    problem = zoo.load("case4", n=4, seed=1)
    trajectory = follow(problem, PointwiseOptimum.of(pair), step=FixedStep(rate=1.0), steps=10)
    assert trajectory.stop is Stop.STANDSTILL
    assert trajectory.steps == 0
    assert trajectory.share_left == 1.0
    assert "says nothing" in trajectory.why()
    assert isinstance(
        objective_of(CriticProblem(problem.fake, problem.real, pair, toylab.Unrestricted())), PointwiseOptimum
    )


@pytest.mark.parametrize("local", [UnrestrictedLoss(losses.logistic()), UnrestrictedLoss(losses.quadratic(0.0, 1.0))])
def test_blurred_densities_draw_every_fake_to_the_near_mode(local):
    """ICLR §4.2: a far mode is not seen; the Lipschitz critic sends half of the fakes there."""
    fake, real = np.linspace(-0.95, -0.65, 4)[:, None], np.array([[-1.25], [1.0]])
    problem = CriticProblem(
        toylab.DiscreteMeasure(fake), toylab.DiscreteMeasure(real), losses.wasserstein(), LipschitzPenalty(0.1)
    )
    local_flow = follow(problem, NoisyDensities(local=local, scale=0.15), step=UnitStep(length=0.05), steps=15)
    assert (local_flow.positions[-1] < -0.5).all()
    assert local_flow.share_left > 0.6
    lipschitz = follow(problem, step=UnitStep(length=0.2), steps=20, tolerance=0.01)
    assert (lipschitz.positions[-1] > 0.9).sum() == 2
    assert lipschitz.stop is Stop.ARRIVED


def test_the_blurred_fisher_critic_is_the_one_by_quadrature():
    """F² = ∫ (q − p)² of Gaussians has a closed form; toylab's own quadrature is the oracle, with its error."""
    from toylab.distributions import Masses, Noisy

    problem = zoo.load("mode-collapse", n=3, seed=0)
    answer = NoisyDensities(local=FisherIPM(mu=Uniform()), scale=0.2).answer(problem.fake, problem.real)
    blurred = [Noisy(Masses(side), 0.2) for side in (problem.fake, problem.real)]
    integral = FisherIPM(mu=Uniform()).value(*blurred)
    assert answer.value == pytest.approx(integral.value, abs=integral.error + 1e-12)
    critic = FisherIPM(mu=Uniform()).critic(*blurred)
    h = 1e-5
    for axis, point in enumerate(problem.fake.points):
        slope = (critic(point[None] + h) - critic(point[None] - h)) / (2 * h)
        assert answer.gradients[axis, 0] == pytest.approx(float(slope[0]), rel=1e-6, abs=1e-8)


def test_a_trained_critic_moves_the_fakes_by_its_own_gradient():
    from toylab.solvers import FunnelMaxGP

    problem = zoo.load("case4", n=2)
    objective = LipschitzCritic(losses=losses.logistic(), regularizer=LipschitzPenalty(0.1), solver=FunnelMaxGP(seed=0))
    trained = follow(problem, objective, step=FixedStep(rate=0.05), steps=1)
    exact = follow(problem, step=FixedStep(rate=0.05), steps=1)
    assert trained.largest_gap < 0.05
    # the funnel's gradient at a fake with one partner is exact but for its constant
    np.testing.assert_allclose(trained.positions[1], exact.positions[1], atol=0.05 * 0.1)
    with pytest.raises(InputError, match="transport plan"):
        follow(problem, objective)


def test_a_trajectory_goes_on_where_it_stopped_and_survives_json():
    problem, step = zoo.load("case4", n=2), MomentumStep(rate=0.01)
    whole = follow(problem, step=step, steps=3)
    half = follow(problem, step=step, steps=1)
    half = Trajectory.from_json(json.loads(json.dumps(half.to_json())))
    resumed = follow(problem, step=step, steps=2, start=half)
    np.testing.assert_array_equal(resumed.positions, whole.positions)
    np.testing.assert_array_equal(resumed.constants, whole.constants)
    assert resumed.stop is whole.stop is Stop.STEP_LIMIT
    assert "3 steps" in repr(whole)
    assert "Trajectory" in whole._repr_html_()


def test_a_flow_that_is_interrupted_keeps_its_steps_and_goes_on():
    problem, step = zoo.load("case4", n=2), MomentumStep(rate=0.01)

    def stop(done, total, w1):
        if done == 2:
            raise KeyboardInterrupt

    half = follow(problem, step=step, steps=5, progress=stop)
    assert half.stop is Stop.INTERRUPTED
    assert half.steps == 2
    resumed = follow(problem, step=step, steps=1, start=half)
    np.testing.assert_array_equal(resumed.positions, follow(problem, step=step, steps=3).positions)


def test_numbers_that_are_not_finite_survive_json():
    path = follow(zoo.load("case4", n=2), steps=2)
    gaps, values = np.array([np.inf, np.nan, 1e-9]), np.array([-np.inf, 0.1, np.nan])
    odd = replace(path, gaps=gaps, values=values)
    again = Trajectory.from_json(json.loads(json.dumps(odd.to_json(), allow_nan=False)))
    np.testing.assert_array_equal(again.gaps, gaps)
    np.testing.assert_array_equal(again.values, values)
    assert again.largest_gap == np.inf


def test_equal_measures_have_arrived_before_they_start():
    problem = zoo.load("case4", n=3, seed=1)
    same = CriticProblem(problem.real, problem.real, problem.losses, problem.regularizer)
    trajectory = follow(same)
    assert trajectory.stop is Stop.ARRIVED
    assert trajectory.steps == 0
    assert trajectory.constants[0] == 0.0
    assert trajectory.share_left == 0.0


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: FixedStep(rate=0.0), "must be positive"),
        (lambda: ProportionalStep(share=1.5), "at most 1"),
        (lambda: MomentumStep(rate=1.0, momentum=1.0), r"\[0, 1\)"),
        (lambda: Jitter(scale=-1.0), "must be positive"),
        (lambda: NoisyDensities(local=FisherIPM(), scale=0.1), "uniform"),
        (lambda: NoisyDensities(local=UnrestrictedLoss(losses.logistic()), scale=0.0), "must be positive"),
        (lambda: LipschitzCritic(losses=losses.logistic(), regularizer=toylab.Unrestricted()), "PointwiseOptimum"),
        (lambda: follow(diracs(), PointwiseOptimum.of(losses.logistic())), "transport plan"),
        (lambda: follow(diracs(), steps=-1), "number of steps"),
        (lambda: follow(diracs(), tolerance=2.0), "tolerance"),
        (lambda: follow("case4"), "CriticProblem"),  # type: ignore[arg-type]
        (lambda: follow(diracs(), start=follow(diracs(distance=2.0), steps=0)), "other fakes or reals"),
        (lambda: Trajectory.from_json({"objective": "x"}), "to_json"),
        (lambda: follow(diracs(), step="unit"), "step of a flow is a rule"),  # type: ignore[arg-type]
        (lambda: follow(diracs(), step=UnitStep), "step of a flow is a rule"),  # type: ignore[arg-type]
        (lambda: follow(diracs(), split=3), "split of a flow is a rule"),  # type: ignore[arg-type]
        (lambda: LipschitzCritic(losses="sqrt", regularizer=LipschitzPenalty(1.0)), "needs a pair"),  # type: ignore[arg-type]
        (lambda: LipschitzCritic(losses=losses.sqrt(), regularizer=0.1), "needs a regulariser"),  # type: ignore[arg-type]
        (
            lambda: LipschitzCritic(losses=losses.sqrt(), regularizer=LipschitzPenalty(1.0), solver="MaxGP"),
            "an object such as MaxGP",
        ),
        (lambda: NoisyDensities(local=losses.sqrt()), "an objective without restriction is"),  # type: ignore[arg-type]
        (lambda: PointwiseOptimum(local="fisher"), "an objective without restriction is"),  # type: ignore[arg-type]
    ],
)
def test_bad_input_is_one_sentence(build, words):
    with pytest.raises(InputError, match=words):
        build()


def test_an_objective_that_is_a_word_is_refused_in_one_sentence():
    with pytest.raises(InputError, match="follow needs an objective such as"):
        follow(zoo.load("case4", n=3), "logistic")  # type: ignore[arg-type]
