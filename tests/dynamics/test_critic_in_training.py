"""A critic that is trained along: its arrows beside those of the exact critic, and what its certificate says."""

import json
from dataclasses import replace

import numpy as np
import pytest

import toylab
from toylab import losses, zoo
from toylab.dynamics import CriticInTraining, FixedStep, Stop, Trajectory, UnitStep, follow
from toylab.dynamics.trajectory import SERIES
from toylab.errors import InputError
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.regularizers import Unrestricted
from toylab.solvers.network import GP, MaxGP, MaxGradientPenalty
from toylab.solvers.network import Unrestricted as NoRestriction

PENALTY = LipschitzPenalty(0.1)


def objective(n_critic=5, first=100, solver=None):
    solver = solver or MaxGP(seed=0, device="cpu", width=16, penalty=MaxGradientPenalty(samples=64))
    return CriticInTraining(
        losses=losses.logistic(), regularizer=PENALTY, solver=solver, n_critic=n_critic, first=first
    )


def problem():
    return zoo.load("case4", n=2, losses=losses.logistic(), regularizer=PENALTY)


def updated(settings, own):
    running = settings.begun(own.fake, own.real)
    running.update(lambda: (own.fake, own.real))
    return running


def test_along_the_exact_plan_the_arrow_points_as_the_certificate_says():
    """The mean of ⟨∇f, u⟩ over a way of length d with mass γ is at least k − gap/(γ d), by Σ γ · slack ≤ gap.

    Divided by the steepest gradient on that way it bounds the mean cosine between the trained arrow and u, which is the
    direction of the exact critic's. At the fake itself, where `follow` asks, no certificate of values says anything;
    there it is measured to be as good.
    """
    own = problem()
    exact = toylab.solve(own)
    running = updated(objective(first=200), own)
    critic = running.critic()
    plan = exact.certificate.plan.toarray()
    certificate = toylab.certify(own, critic, plan=plan)
    assert certificate.relative_gap < 0.05
    answer = running.answer(own.fake, own.real)
    assert answer.gap < 0.05
    t = (np.arange(400) + 0.5) / 400
    checked = 0
    for i, j in zip(*np.nonzero(plan > 0.1), strict=True):
        way = own.real.points[j] - own.fake.points[i]
        length = float(np.linalg.norm(way))
        gradients = critic.gradient(own.fake.points[i] + t[:, None] * way)
        steepest = float(np.linalg.norm(gradients, axis=1).max())
        bound = (certificate.constant - certificate.gap / (plan[i, j] * length)) / steepest
        assert bound > 0.8, "else the certificate says too little for a test"
        cosines = (gradients @ way) / (np.linalg.norm(gradients, axis=1) * length)
        # the mean over 400 places is the integral up to the kinks they straddle, a few of them, each within 1/400
        assert cosines.mean() >= bound - 0.02
        assert answer.directions[i] @ way / length >= bound
        checked += 1
    assert checked == 2


def test_without_training_neither_the_gap_nor_the_arrow_is_good():
    own = problem()
    answer = updated(objective(first=1, n_critic=1), own).answer(own.fake, own.real)
    assert answer.gap > 0.1
    exact = follow(own, step=UnitStep(length=0.1), steps=0)
    way = exact.clarity[0]
    assert (way > 0.99).all()
    arrows = toylab.solve(own).critic.gradient(own.fake.points)
    cosine = (answer.directions * arrows).sum(axis=1) / np.linalg.norm(arrows, axis=1)
    assert cosine.min() < 0.8


def test_a_warm_critic_keeps_up_with_few_updates_and_a_cold_one_does_not():
    own = problem()
    warm = follow(own, objective(n_critic=10, first=100), step=UnitStep(length=0.02), steps=3)
    assert warm.stop is Stop.STEP_LIMIT
    assert warm.w1[-1] < warm.w1[0] - 0.5 * 3 * 0.02
    fake = warm.fake()
    cold = updated(objective(n_critic=10, first=10), CriticProblem(fake, own.real, own.losses, PENALTY))
    assert warm.gaps[-1] < 0.2
    assert cold.answer(fake, own.real).gap > 2 * warm.gaps[-1]


def test_updates_are_counted_and_each_has_a_draw_of_its_own():
    own, draws = problem(), []

    def draw():
        draws.append(1)
        return own.fake, own.real

    running = objective(n_critic=3, first=7, solver=GP(seed=0, device="cpu")).begun(own.fake, own.real)
    running.update(draw)
    assert len(draws) == 7
    running.update(draw)
    assert len(draws) == 10
    quick, whole = running.uncertified(own.fake, own.real), running.answer(own.fake, own.real)
    np.testing.assert_allclose(quick.gradients, whole.gradients, atol=1e-4 * np.abs(whole.gradients).max())
    assert np.isnan(quick.gap)
    assert whole.gap > 0


def test_an_answer_on_its_own_trains_from_the_start_and_a_flow_ends_as_it_begins():
    own = problem()
    settings = objective(n_critic=2, first=4)
    alone = settings.answer(own.fake, own.real)
    one, two = (follow(own, settings, step=FixedStep(rate=0.05), steps=2) for _ in range(2))
    np.testing.assert_array_equal(one.positions, two.positions)
    np.testing.assert_array_equal(one.positions[1], own.fake.points + 0.05 * alone.gradients)


@pytest.mark.parametrize("solver", [None, GP(seed=3, device="cpu")], ids=["MaxGP", "GP, random blends"])
def test_a_resumed_flow_is_the_one_that_never_stopped(solver):
    """Bit by bit, through JSON: parameters, moments, the memory of steep blends and random numbers go on."""
    own, settings, step = problem(), objective(n_critic=3, first=6, solver=solver), UnitStep(length=0.05)
    whole = follow(own, settings, step=step, steps=4)
    half = Trajectory.from_json(json.loads(json.dumps(follow(own, settings, step=step, steps=2).to_json())))
    for _ in range(2):  # what a trajectory holds is not used up
        resumed = follow(own, settings, step=step, steps=2, start=half)
        for name in SERIES:
            np.testing.assert_array_equal(getattr(resumed, name), getattr(whole, name))


def test_a_flow_that_cannot_go_on_says_so():
    own, step = problem(), UnitStep(length=0.05)
    path = follow(own, objective(first=5), step=step, steps=1)
    with pytest.warns(RuntimeWarning, match="does not hold what 'logistic, trained.*begins anew"):
        again = follow(own, objective(first=5), step=step, steps=1, start=replace(path, kept=None))
    assert again.steps == 2
    other = objective(first=5, solver=MaxGP(seed=0, device="cpu", width=8, penalty=MaxGradientPenalty(samples=64)))
    with pytest.raises(InputError, match="holds the critic of another network"):
        follow(own, other, step=step, steps=1, start=path)
    with pytest.raises(InputError, match="a damaged one"):
        follow(own, objective(first=5), step=step, steps=1, start=replace(path, kept={}))
    for kept in (5, {"tensor": ""}, {"tensor": "UEsDBA=="}):
        with pytest.raises(InputError, match="does not fit"):
            Trajectory.from_json({**path.to_json(), "kept": kept})


def test_the_vanilla_critic_moves_what_the_optimum_on_the_points_does_not():
    own = problem()
    vanilla = CriticInTraining(
        losses=losses.logistic(),
        regularizer=Unrestricted(),
        solver=NoRestriction(seed=0, device="cpu"),
        n_critic=1,
        first=5,
    )
    path = follow(own, vanilla, step=UnitStep(length=0.1), steps=1)
    assert path.steps == 1
    assert np.isnan(path.gaps).all()
    assert np.isnan(path.constants).all()
    assert "none" in path.objective


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: CriticInTraining(losses=losses.logistic(), regularizer=PENALTY, solver=3), "a network"),
        (lambda: objective(n_critic=0), "n_critic"),
        (lambda: objective(first=-1), "before the first step"),
        (lambda: follow(problem(), objective()), "transport plan"),
        (
            lambda: follow(
                problem(),
                CriticInTraining(losses=losses.logistic(), regularizer=LipschitzBall(1.0), solver=MaxGP()),
                step=UnitStep(length=0.1),
            ),
            "hard constraint",
        ),
    ],
)
def test_bad_input_is_one_sentence(build, words):
    with pytest.raises(InputError, match=words):
        build()


def test_a_penalty_without_a_restriction_is_refused_before_the_step_is_looked_at():
    misfit = CriticInTraining(losses=losses.logistic(), regularizer=Unrestricted(), solver=GP(seed=0))
    with pytest.raises(InputError, match="a gradient penalty restricts the critic"):
        follow(problem(), misfit)
