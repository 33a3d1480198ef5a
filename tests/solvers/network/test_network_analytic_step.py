import numpy as np
import pytest
import torch

from toylab import losses, zoo
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.network import MLP, Abs, FullBatch, LeakyReLU, MaxGradientPenalty, Minibatch, Schedule
from toylab.solvers.network.analytic_step import AnalyticStep
from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.members import Member, Members
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.penalties import gradient_norms
from toylab.solvers.network.step_blocks import Supply
from toylab.solvers.network.updates import updates_for

CPU = torch.device("cpu")


def weighted(n, m, loss, weight, *, target=0.0, seed=0):
    dimension, rng = 2, np.random.default_rng(seed)
    fake = DiscreteMeasure(rng.normal(size=(n, dimension)), rng.dirichlet(np.ones(n)))
    real = DiscreteMeasure(rng.normal(size=(m, dimension)) + 1.0, rng.dirichlet(np.ones(m)))
    return CriticProblem(fake, real, loss, LipschitzPenalty(weight, target))


MIXED = [
    weighted(5, 7, losses.logistic(), 0.1),
    weighted(3, 4, losses.logistic(), 2.0, seed=1),
    weighted(6, 2, losses.wasserstein(), 0.3, target=0.5, seed=2),
    weighted(4, 4, losses.sqrt(), 0.01, seed=3),
]


def start(problems, architecture, penalty, *, batches=None, schedule=None, device=CPU, dtype=torch.float64):
    """A step ready to be taken, and what supplies it."""
    batches, schedule = batches or FullBatch(), schedule or Schedule(steps=100)
    normalised = [NormalisedProblem.of(problem) for problem in problems]
    members = Members(
        [Member.of(problem, 0, i, dtype, device) for i, problem in enumerate(normalised)],
        batches.size if isinstance(batches, Minibatch) else None,
    )
    supply = Supply(members, batches, penalty, schedule)
    dimension = problems[0].dimension
    inits = [architecture.init(1, dimension, member.generator, dtype) for member in members.list]
    net = FlatMLP.of(architecture, [torch.cat(pieces) for pieces in zip(*inits, strict=True)])
    step = AnalyticStep(net, members, penalty, updates_for(schedule, net))
    step.work.memory.copy_(supply.memory(step.work.memory.shape[1]))
    return step, supply


def loss_by_autograd(step, inputs, parameters, penalty):
    """(K,): the loss of a step from its definition, in torch operations that autograd differentiates twice."""
    members, architecture = step.members, step.net.architecture
    blends = torch.cat([step.work.memory, inputs.fresh], dim=1)
    z = blends[..., :-1].clone().requires_grad_()
    inner = architecture.value(parameters, z) * members.scale
    gradients = torch.autograd.grad(inner.sum(), z, create_graph=True)[0]
    values = members.offset + members.scale * architecture.value(parameters, inputs.points[..., :-1])
    total = members.objectives(values[None], inputs.weights)[0]
    norms = gradient_norms(gradients)
    norms = norms.gather(1, (norms * (1 + 1e-3 * blends[..., -1])).topk(penalty.share, dim=1).indices)
    softness = torch.softmax(norms.detach() / (penalty.temperature * norms.detach().amax(dim=1, keepdim=True)), dim=1)
    k = (softness * norms).sum(dim=1, keepdim=True)
    price = inputs.twice_weight / 2 * (k - members.target).clamp_min(0.0).square()
    return total + price.squeeze(1)


@pytest.mark.parametrize("activation", [Abs(), LeakyReLU(0.2), LeakyReLU(0.0)], ids=repr)
@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("share", [1, 4])
def test_hand_written_derivative_is_that_of_double_backward(activation, depth, share):
    architecture = MLP(width=12, depth=depth, activation=activation)
    penalty = MaxGradientPenalty(samples=24, share=share)
    step, supply = start(MIXED, architecture, penalty)
    for inputs, outputs in supply.block(0, 3).steps():
        parameters = [p.clone().requires_grad_() for p in step.net.parameters()]
        loss = loss_by_autograd(step, inputs, parameters, penalty)
        expected = torch.autograd.grad(loss.sum(), parameters, materialize_grads=True)
        step.take(inputs, outputs)
        for found, wanted in zip(step.derivative.parameters(), expected, strict=True):
            torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("batches", [FullBatch(), Minibatch(5)], ids=repr)
def test_history_is_the_loss_that_was_differentiated(batches):
    penalty = MaxGradientPenalty(samples=24)
    step, supply = start(MIXED, MLP(width=12), penalty, batches=batches)
    block, expected = supply.block(0, 4), []
    for inputs, outputs in block.steps():
        expected.append(loss_by_autograd(step, inputs, step.net.parameters(), penalty))
        step.take(inputs, outputs)
    torch.testing.assert_close(block.losses(step.members), torch.stack(expected), rtol=1e-12, atol=1e-12)


def test_the_step_is_that_of_adam():
    schedule = Schedule(steps=100)
    step, supply = start(MIXED, MLP(width=12), MaxGradientPenalty(), schedule=schedule)
    flat = step.net.flat.clone().requires_grad_()
    reference = torch.optim.Adam([flat], lr=1.0, betas=schedule.betas)
    for number, (inputs, outputs) in enumerate(supply.block(0, 5).steps()):
        step.take(inputs, outputs)
        flat.grad = step.derivative.flat.clone()
        reference.param_groups[0]["lr"] = float(np.float32(schedule.rate(number)))
        reference.step()
    torch.testing.assert_close(step.net.flat, flat.detach(), rtol=1e-12, atol=1e-12)


def test_blends_are_those_of_the_members_own_points():
    step, _ = start([weighted(1, 1, losses.logistic(), 0.1), weighted(9, 8, losses.logistic(), 0.1)], MLP(), PENALTY)
    blends = step.members.blends(torch.rand(3, 2, 500, 4, dtype=torch.float64))[..., :-1]
    x, y = (side[0] for side in (step.members.list[0].everything.fake, step.members.list[0].everything.real))
    along = (blends[:, 0] - x) @ (y - x) / (y - x).square().sum()
    torch.testing.assert_close(blends[:, 0], x + along[..., None] * (y - x), rtol=1e-12, atol=1e-12)
    assert 0.0 <= along.min() < 0.01
    assert 0.99 < along.max() <= 1.0


PENALTY = MaxGradientPenalty()


def test_the_last_uniform_number_stays_on_the_last_point():
    step, _ = start([weighted(10, 10, losses.logistic(), 0.1)], MLP(), PENALTY, dtype=torch.float32)
    last = step.members.blends(torch.ones(1, 1, 1, 4))
    torch.testing.assert_close(last[0, 0, 0, :-1], step.members.list[0].everything.fake[-1])


def test_the_largest_gradients_are_remembered():
    penalty = MaxGradientPenalty(samples=40, remembered=0.25)
    step, supply = start(MIXED[:1], MLP(width=12), penalty)
    ((inputs, outputs),) = supply.block(0, 1).steps()
    candidates = torch.cat([step.work.memory, inputs.fresh], dim=1)
    _, slopes = step.net.architecture.value_and_input_gradient(step.net.parameters(), candidates[..., :-1])
    norms = gradient_norms(step.members.scale[..., None] * slopes)
    order = (norms * (1 + 1e-3 * candidates[..., -1])).topk(10, dim=1).indices
    step.take(inputs, outputs)
    torch.testing.assert_close(step.work.memory[0], candidates[0, order[0]])
    torch.testing.assert_close(outputs.steepness[1, 0, 0], norms.max(), rtol=1e-3, atol=0.0)  # the lots' share


def test_a_zero_network_gets_a_finite_derivative():
    step, supply = start(MIXED, MLP(width=12), PENALTY)
    step.net.flat.zero_()
    ((inputs, outputs),) = supply.block(0, 1).steps()
    step.differentiate(inputs, outputs)
    assert torch.isfinite(step.derivative.flat).all()


def test_zoo_problem_in_float32():
    step, supply = start([zoo.load("case4", n=10)], MLP(), PENALTY, schedule=Schedule(steps=500), dtype=torch.float32)
    block = supply.block(0, 200)
    for inputs, outputs in block.steps():
        step.take(inputs, outputs)
    loss = block.losses(step.members)[:, 0]
    assert loss[-1] < loss[0]


def test_the_step_never_looks_at_a_number():
    """On the meta device tensors have no numbers: what would wait for a GPU, or branch on its answer, fails there."""
    step, supply = start(MIXED, MLP(width=12), PENALTY)
    meta = torch.device("meta")
    ((inputs, outputs),) = supply.block(0, 1).steps()
    for owner in (step.work, step.members):
        for name, value in vars(owner).items():
            if isinstance(value, torch.Tensor):
                setattr(owner, name, value.to(meta))
            elif isinstance(value, list) and value and isinstance(value[0], torch.Tensor):
                setattr(owner, name, [tensor.to(meta) for tensor in value])
    step.net = FlatMLP(step.net.architecture, 2, 4, step.net.flat.to(meta))
    step.derivative = step.net.like()
    for tensors in (inputs, outputs):
        for name, value in vars(tensors).items():
            object.__setattr__(tensors, name, value.to(meta))
    step.differentiate(inputs, outputs)  # the update is one operation of torch's, made for graphs
