from dataclasses import replace

import numpy as np
import pytest
import torch

from toylab import solve, solve_many, zoo
from toylab.solvers.network import MLP, CertifiedGap, FullBatch, MaxGP, MaxGradientPenalty, Schedule
from toylab.solvers.network.analytic_step import AnalyticStep
from toylab.solvers.network.captured_step import CapturedStep
from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.members import Member, Members
from toylab.solvers.network.normalisation import NormalisedProblem
from toylab.solvers.network.step_blocks import Supply
from toylab.solvers.network.updates import updates_for

PROBLEMS = [zoo.load("case4", n=n, seed=n) for n in (10, 7)]
STEPS, PENALTY = Schedule(steps=100), MaxGradientPenalty()


def start(device, dtype=torch.float32):
    members = Members([Member.of(NormalisedProblem.of(problem), 0, 0, dtype, device) for problem in PROBLEMS])
    supply = Supply(members, FullBatch(), PENALTY, STEPS)
    inits = [MLP().init(1, 2, member.generator, dtype) for member in members.list]
    net = FlatMLP.of(MLP(), [torch.cat(pieces) for pieces in zip(*inits, strict=True)])
    step = AnalyticStep(net, members, PENALTY, updates_for(STEPS, net))
    step.work.memory.copy_(supply.memory(step.work.memory.shape[1]))
    return step, supply


def train(step, stepper, supply, steps=40):
    losses = []
    for first in range(0, steps, 20):
        block = supply.block(first, 20)
        for inputs, outputs in block.steps():
            stepper.take(inputs, outputs)
        losses.append(block.losses(step.members))
    return torch.cat(losses)


def test_a_recording_is_played_with_the_inputs_of_its_step(monkeypatch):
    """The bookkeeping around a CUDA graph, with a stand-in that does when played what was recorded."""

    class Recording:
        def __init__(self, play):
            self.replay = play

    def record(self, inputs, outputs):
        recorded.append(self)
        return Recording(lambda: self.step.take(inputs, outputs))

    recorded = []
    monkeypatch.setattr(CapturedStep, "_record", record)
    monkeypatch.setattr(CapturedStep, "_take_aside", lambda self, *fixed: self.step.take(*fixed))
    (one, supply), (other, same_supply) = start(torch.device("cpu")), start(torch.device("cpu"))
    expected = train(one, one, supply)
    found = train(other, CapturedStep(other), same_supply)
    assert len(recorded) == 1
    assert torch.equal(found, expected)
    assert torch.equal(one.net.flat, other.net.flat)


@pytest.fixture
def cuda():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device on this machine")
    return torch.device("cuda")


@pytest.mark.gpu
def test_the_graph_takes_the_steps_of_the_eager_step(cuda):
    (one, supply), (other, same_supply) = start(cuda), start(cuda)
    expected = train(one, one, supply)
    found = train(other, CapturedStep(other), same_supply)
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(one.net.flat, other.net.flat, rtol=1e-6, atol=1e-6)


@pytest.mark.gpu
def test_the_step_is_the_same_on_both_devices(cuda):
    """From the same parameters and inputs, in float64."""
    step, supply = start(torch.device("cpu"), torch.float64)
    there, _ = start(cuda, torch.float64)
    there.net.flat.copy_(step.net.flat)
    there.work.memory.copy_(step.work.memory)
    ((inputs, outputs),) = supply.block(0, 1).steps()
    moved = [
        replace(part, **{name: value.to(cuda) for name, value in vars(part).items()}) for part in (inputs, outputs)
    ]
    step.differentiate(inputs, outputs)
    there.differentiate(*moved)  # type: ignore[arg-type]
    torch.testing.assert_close(there.derivative.flat.cpu(), step.derivative.flat, rtol=1e-10, atol=1e-10)


@pytest.mark.gpu
def test_training_many_on_the_gpu(cuda):
    """Deterministic, with members that leave on the way, which makes a new recording necessary."""
    rule = CertifiedGap(relative_gap=0.2, relative_excess=0.2, first=100)
    solver = MaxGP(steps=1000, device="cuda", stopping=rule)
    first, second = (solve_many(PROBLEMS, solver) for _ in range(2))
    z = np.random.default_rng(0).normal(size=(20, 2))
    for one, other in zip(first, second, strict=True):
        assert one.stats["device"] == "cuda"
        assert np.array_equal(one.critic(z), other.critic(z))
    alone = solve(PROBLEMS[0], solver)
    assert first[0].history["loss"][:50] == pytest.approx(alone.history["loss"][:50], rel=1e-3)
