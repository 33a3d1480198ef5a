"""Training that goes on while the measures move: the same steps as the loop's own, and states that go on bit by bit."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import toylab
from toylab import zoo
from toylab.errors import InputError
from toylab.solvers.network import (
    CT,
    GP,
    MLP,
    RIVALS,
    FullBatch,
    GradientDescent,
    LeakyReLU,
    MaxGP,
    Muon,
    RMSProp,
    Schedule,
)
from toylab.solvers.network.loop import TrainingLoop
from toylab.solvers.network.warm_start import AutogradStep, WarmTraining
from toylab.solvers.network.warm_step import WarmStep

SHAPE = MLP(width=8, depth=2, activation=LeakyReLU())


def problem():
    return zoo.load("case4", n=4, seed=0)


def moved(measure, by):
    return toylab.DiscreteMeasure(measure.points + by, measure.weights)


def test_on_measures_that_stay_it_is_the_training_loop_at_a_constant_rate():
    schedule = Schedule(steps=6, learning_rate=1e-2, final_share=1.0, ramp=0.0)
    solver = GP(architecture=SHAPE, schedule=schedule, seed=2, device="cpu")
    loop = TrainingLoop(solver, solver.normalised(problem()), torch.device("cpu"))
    loop.advance(6)
    warm = WarmTraining(replace(solver, schedule=Schedule(steps=900, learning_rate=1e-2)), problem())
    for _ in range(6):
        warm.step(problem().fake, problem().real)
    assert warm.steps == 6
    for mine, own in zip(warm.critic().module.parameters(), loop.critics(0), strict=True):
        np.testing.assert_array_equal(mine.detach().numpy(), own.numpy())


def test_values_and_gradients_are_the_critics_own_in_the_callers_units():
    warm = WarmTraining(MaxGP(architecture=SHAPE, device="cpu"), problem())
    warm.step(problem().fake, problem().real)
    z = np.random.default_rng(0).normal(size=(7, 2))
    values, gradients = warm.values_and_gradients(z)
    critic = warm.critic()
    scale = np.abs(critic(z)).max()
    np.testing.assert_allclose(values, critic(z), atol=1e-5 * scale)  # float32 has seven digits, here after 2 layers
    np.testing.assert_allclose(gradients, critic.gradient(z), atol=1e-5 * np.abs(critic.gradient(z)).max())


@pytest.mark.parametrize(
    ("make", "optimizer"),
    [(MaxGP, Muon()), (MaxGP, None), (CT, RMSProp()), (RIVALS["spectral-norm"], GradientDescent())],
    ids=["MaxGP, Muon", "MaxGP, Adam", "CT, RMSProp", "spectral norm, descent"],
)
def test_what_is_kept_goes_on_as_if_nothing_had_happened(make, optimizer):
    solver = make(seed=1, device="cpu", schedule=Schedule(learning_rate=1e-3, optimizer=optimizer))
    warm, other = WarmTraining(solver, problem()), WarmTraining(solver, problem())
    fake, real = problem().fake, problem().real
    for step in range(3):
        warm.step(moved(fake, 0.1 * step), real)
    kept = warm.kept()
    warm.step(moved(fake, 0.4), real)
    other.restore(kept)
    other.step(moved(fake, 0.4), real)
    np.testing.assert_array_equal(other.critic()(real.points), warm.critic()(real.points))
    assert other.steps == warm.steps == 4


def test_the_hand_written_step_moves_the_parameters_as_autograd_does():
    """With next to no penalty both see the same loss; they begin alike and differ by the rounding of their gradients.

    Adam's first steps are rate · g/|g|: entries of g near rounding, 1e-7 of the largest, may turn, all others agree.
    """
    own = toylab.CriticProblem(problem().fake, problem().real, toylab.losses.logistic(), toylab.LipschitzPenalty(1e-9))
    schedule = Schedule(learning_rate=1e-3, final_share=1.0, ramp=0.0)
    solver = MaxGP(architecture=SHAPE, schedule=schedule, seed=2, device="cpu")
    written, autograd = WarmTraining(solver, own), WarmTraining(solver, own)
    assert type(written._loop) is WarmStep
    autograd._loop = AutogradStep(autograd._solver, autograd._units, autograd._device)
    for step in range(4):
        for warm in (written, autograd):
            warm.step(moved(own.fake, 0.1 * step), own.real)
    z = np.random.default_rng(0).normal(size=(50, 2))
    one, other = written.critic()(z), autograd.critic()(z)
    assert np.abs(one - other).max() < 1e-5 * np.abs(other).max()


def test_the_hand_written_step_charges_what_autograd_charges():
    """Under a heavy penalty, blends drawn anew at every step, both bring k to the same size and lose the same."""
    own = toylab.CriticProblem(problem().fake, problem().real, toylab.losses.logistic(), toylab.LipschitzPenalty(1.0))
    solver = MaxGP(architecture=SHAPE, schedule=Schedule(learning_rate=1e-2), seed=0, device="cpu")
    found = []
    for step_kind in (WarmStep, AutogradStep):
        warm = WarmTraining(solver, own)
        warm._loop = step_kind(warm._solver, warm._units, warm._device)
        for _ in range(300):
            warm.step(own.fake, own.real)
        found.append(toylab.certify(own, warm.critic()))
    optimum = toylab.solve(own)
    assert all(certificate.relative_gap < 0.05 for certificate in found)
    for certificate in found:  # a gap bounds k: λ (k − k*)² ≤ gap
        assert abs(certificate.constant - optimum.lipschitz_constant) <= np.sqrt(certificate.gap)


def test_what_another_kind_of_step_kept_is_refused():
    one, other = (WarmTraining(make(architecture=SHAPE, device="cpu"), problem()) for make in (MaxGP, GP))
    with pytest.raises(InputError, match="does not fit this one"):
        one.restore(other.kept())


def test_more_points_than_before_are_room_for_more():
    fake, real = problem().fake, problem().real
    more = toylab.DiscreteMeasure(np.concatenate([fake.points, fake.points + 0.1]))
    warm = WarmTraining(MaxGP(architecture=SHAPE, device="cpu"), problem())
    for measure in (fake, more, fake):
        warm.step(measure, real)
    assert np.isfinite(warm.critic()(real.points)).all()
    assert warm.steps == 3


def test_points_without_mass_are_not_trained_on():
    fake, real = problem().fake, problem().real
    more = toylab.DiscreteMeasure(np.concatenate([fake.points, [[50.0, 50.0]]]), [*fake.weights, 0.0])
    one, two = (WarmTraining(GP(architecture=SHAPE, device="cpu"), problem()) for _ in range(2))
    one.step(fake, real)
    two.step(more, real)
    np.testing.assert_array_equal(one.critic()(real.points), two.critic()(real.points))


def test_batches_of_the_solver_do_not_count():
    from toylab.solvers.network import Minibatch

    solver = GP(architecture=SHAPE, device="cpu")
    one, two = WarmTraining(replace(solver, batches=Minibatch(2)), problem()), WarmTraining(solver, problem())
    assert isinstance(solver.batches, FullBatch)
    for warm in (one, two):
        warm.step(problem().fake, problem().real)
    np.testing.assert_array_equal(one.critic()(np.ones((1, 2))), two.critic()(np.ones((1, 2))))
