"""Muon against singular value decompositions; its two homes agree; kinks that start on the data."""

import numpy as np
import pytest
import torch

from toylab import CriticProblem, DiscreteMeasure, LipschitzPenalty, losses
from toylab.errors import InputError
from toylab.solution import Status
from toylab.solvers.network import (
    MLP,
    Abs,
    BoundedMLP,
    Distances,
    MaxGP,
    MaxMin,
    Muon,
    Schedule,
    SpectralNorm,
    Tanh,
    UnitCoordinates,
)
from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.muon import is_hidden, orthogonalised
from toylab.solvers.network.updates import updates_for
from toylab.solvers.solving import solve

#: What five rounds of the polynomial leave of singular values from .01 to 1: Jordan et al. 2024.
LEAST, LARGEST = 0.6, 1.3


def matrices(*shape, seed=0, condition=50.0):
    """Random matrices with singular values between 1/condition and 1, log-uniform."""
    generator = torch.Generator().manual_seed(seed)
    u, s, vt = torch.linalg.svd(torch.randn(*shape, generator=generator, dtype=torch.float64), full_matrices=False)
    s = torch.exp(-np.log(condition) * torch.rand(s.shape, generator=generator, dtype=torch.float64))
    return u @ torch.diag_embed(s) @ vt


@pytest.mark.parametrize("shape", [(3, 16, 16), (2, 8, 24), (2, 24, 8)])
def test_singular_vectors_stay_and_singular_values_come_near_one(shape):
    given = matrices(*shape)
    u, _, vt = torch.linalg.svd(given, full_matrices=False)
    core = u.mT @ orthogonalised(given, rounds=5) @ vt.mT
    values = torch.diagonal(core, dim1=-2, dim2=-1)
    assert (core - torch.diag_embed(values)).abs().max() < 1e-10
    assert values.min() > LEAST
    assert values.max() < LARGEST


def test_a_matrix_of_zeros_stays():
    assert orthogonalised(torch.zeros(2, 8, 8), rounds=5).eq(0.0).all()


def test_matrices_of_one_product_do_not_meet():
    given = matrices(5, 12, 12, seed=1)
    alone = torch.cat([orthogonalised(one.unsqueeze(0), rounds=5) for one in given])
    assert torch.allclose(orthogonalised(given, rounds=5), alone, rtol=0.0, atol=1e-12)


def net_with_derivative(members=3, width=12, depth=3):
    generator = torch.Generator().manual_seed(7)
    architecture = MLP(width=width, depth=depth)
    parameters = architecture.init(members, 2, generator, torch.float64)
    net = FlatMLP.of(architecture, parameters)
    derivative = net.like()
    derivative.flat.copy_(torch.randn(derivative.flat.shape, generator=generator, dtype=torch.float64))
    return net, derivative, parameters


def test_the_step_without_autograd_is_the_step_with_it():
    net, derivative, parameters = net_with_derivative()
    schedule = Schedule(learning_rate=1e-2, optimizer=Muon())
    updates, running = updates_for(schedule, net), schedule.begin(parameters)
    for count in range(1, 4):
        updates.step(net, derivative, torch.tensor(1e-2), torch.tensor(float(count)))
        for parameter, slope in zip(parameters, derivative.parameters(), strict=True):
            assert parameter.grad is not None
            parameter.grad.copy_(slope)
        running.step(1e-2)
    for one, other in zip(net.parameters(), parameters, strict=True):
        assert torch.allclose(one, other.detach(), rtol=0.0, atol=1e-7)  # the rate is kept in float32


def test_hidden_matrices_move_by_the_rate_and_the_rest_by_adam():
    net, derivative, _ = net_with_derivative()
    before = [weight.clone() for weight in net.weights]
    updates_for(Schedule(optimizer=Muon(share=0.5)), net).step(net, derivative, torch.tensor(1e-2), torch.tensor(1.0))
    assert [is_hidden(weight) for weight in net.weights] == [False, True, True, False]
    for weight, old in zip(net.weights[1:3], before[1:3], strict=True):
        steps = torch.linalg.matrix_norm(weight - old, ord=2)
        assert (steps <= 0.5e-2 * LARGEST).all()
        assert (steps >= 0.5e-2 * LEAST).all()
    first_of_adam = (net.weights[0] - before[0]).abs()  # its first step is the rate, whatever the gradient
    assert torch.allclose(first_of_adam, torch.full_like(first_of_adam, 1e-2), rtol=1e-4)


def test_members_that_go_on_keep_their_momenta():
    net, derivative, _ = net_with_derivative()
    updates = updates_for(Schedule(optimizer=Muon()), net)
    updates.step(net, derivative, torch.tensor(1e-2), torch.tensor(1.0))
    chosen = torch.tensor([2])
    rest, rest_derivative, rest_updates = net.chosen(chosen), derivative.chosen(chosen), updates.chosen(net, chosen)
    updates.step(net, derivative, torch.tensor(1e-2), torch.tensor(2.0))
    rest_updates.step(rest, rest_derivative, torch.tensor(1e-2), torch.tensor(2.0))
    for one, all_of_them in zip(rest.parameters(), net.parameters(), strict=True):
        assert torch.allclose(one, all_of_them[chosen], rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("activation", [Abs(), MaxMin(), Tanh()])
def test_every_kink_starts_at_a_blend_of_its_own(activation):
    architecture = MLP(width=6, depth=3, activation=activation, kinks_on_data=True)
    generator = torch.Generator().manual_seed(3)
    parameters = architecture.init(2, 2, generator, torch.float64)
    blends = torch.randn(2, 18, 2, generator=generator, dtype=torch.float64)
    architecture.place(parameters, lambda count: blends[:, :count])
    hidden = [blends[:, :6], blends[:, 6:12], blends[:, 12:]]
    for layer in range(3):
        for below in range(layer):
            values = torch.baddbmm(parameters[2 * below + 1], hidden[layer], parameters[2 * below])
            hidden[layer], _ = activation.value_and_slope(values)
        at_own = torch.baddbmm(parameters[2 * layer + 1], hidden[layer], parameters[2 * layer])
        assert torch.diagonal(at_own, dim1=1, dim2=2).abs().max() < 1e-12


def test_kinks_stay_where_they_are_unless_asked():
    architecture = MLP(width=6, depth=2)
    parameters = architecture.init(1, 2, torch.Generator().manual_seed(0))
    before = [parameter.detach().clone() for parameter in parameters]
    architecture.place(parameters, lambda count: torch.zeros(1, count, 2))
    assert all(torch.equal(one, other) for one, other in zip(before, parameters, strict=True))


def test_a_training_by_autograd_takes_muon_too():
    problem = CriticProblem(
        DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]]),
        DiscreteMeasure([[1.0, 0.0], [2.0, 1.0]]),
        losses.logistic(),
        LipschitzPenalty(0.1),
    )
    smooth = MLP(width=16, depth=3, activation=Tanh())
    trained = solve(problem, MaxGP(architecture=smooth, steps=300, device="cpu"), throw=False)
    best_constant = 2.0 * np.log(2.0)
    assert trained.value < best_constant - 0.5 * (best_constant - solve(problem).value)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"share": 0.0}, "share"),
        ({"momentum": 1.0}, "averaging"),
        ({"betas": (0.9, 1.5)}, "averaging"),
        ({"rounds": 0}, "rounds"),
    ],
)
def test_bad_settings(settings, word):
    with pytest.raises(InputError, match=word):
        Muon(**settings)


@pytest.mark.parametrize(
    "wrapper",
    [lambda network: UnitCoordinates(network=network), lambda network: Distances(places=5, network=network)],
    ids=["unit coordinates", "distances"],
)
def test_kinks_start_on_the_data_inside_other_architectures(wrapper):
    architecture = wrapper(MLP(width=6, depth=1, kinks_on_data=True))
    generator = torch.Generator().manual_seed(3)
    parameters = architecture.init(2, 3, generator, torch.float64)
    blends = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    architecture.place(parameters, lambda count: blends[:, :count])
    # |t| has its minimum where the kink is
    at_own = torch.diagonal(architecture.features(parameters, blends), dim1=1, dim2=2)
    assert at_own.abs().max() < 1e-12


def test_bounded_weights_do_not_take_kinks_on_the_data():
    with pytest.raises(InputError, match="kinks_on_data"):
        BoundedMLP(network=MLP(kinks_on_data=True))


def test_memories_that_are_no_matrices_are_left_to_adam():
    problem = CriticProblem(
        DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]]), losses.logistic(), LipschitzPenalty(0.1)
    )
    schedule = Schedule(steps=20, optimizer=Muon())
    trained = solve(problem, SpectralNorm(schedule=schedule, ensemble_size=8, device="cpu"), throw=False)
    assert np.isfinite(trained.value)


@pytest.mark.parametrize("preset", [MaxGP, SpectralNorm])
def test_where_all_points_coincide_the_best_constant_is_kept(preset):
    shared = DiscreteMeasure([[0.1, 0.3]] * 3)
    trained = solve(CriticProblem(shared, shared, losses.logistic(), LipschitzPenalty(0.1)), preset(steps=60))
    assert trained.status is Status.CONVERGED
    assert trained.certificate.critic_excess == 0.0
