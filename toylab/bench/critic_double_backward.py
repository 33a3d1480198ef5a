"""Gradient-penalty training as a textbook writes it in torch: the yardstick for everything that claims to be faster.

nn.Sequential, torch.autograd.grad(create_graph=True), a second backward pass through it, torch.optim.Adam; nothing of
`toylab.solvers.network` but its stopping rule and its judgement, so that it is also an independent opinion.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import override

from toylab.certificate import certify, steepest_gradient
from toylab.errors import InputError
from toylab.network_critic import NetworkCritic
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.devices import find_device
from toylab.solvers.network import AbstractPolish, AbstractStopping, CertifiedGap, Judgement, ScaleAndOffset, Schedule
from toylab.solvers.network.polish import after

#: Pairs and positions on them at which a wide network's gradients are looked at when it is judged.
_PAIRS, _POSITIONS = 512, 5


class Absolute(nn.Module):
    """t ↦ |t| as a layer."""

    @override
    def forward(self, t: Tensor) -> Tensor:
        return t.abs()


@dataclass(frozen=True, kw_only=True)
class DoubleBackward(AbstractSolver):
    """Minimise J(f) + λ (max ‖∇f‖ on blends)² (LGAN Eq. 12) by the plain loop.

    Attributes:
        width: units of each hidden layer.
        depth: number of hidden layers.
        activation: makes the layer between two linear ones.
        schedule: steps, learning rate and ramp of λ.
        decay: whether the learning rate falls along the schedule's half cosine; constant otherwise.
        batch: points a side in each step, None for all with their weights.
        samples: blends whose gradients enter a step.
        remembered: share of them that are the steepest of the step before (S_max).
        stopping: when to end before the schedule does.
        polish: exact improvements tried on every critic that is judged.
        seed: of everything random.
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        rtol: the relative gap (and excess) that counts as converged.
    """

    width: int = 64
    depth: int = 3
    activation: Callable[[], nn.Module] = Absolute
    schedule: Schedule = field(default_factory=Schedule)
    decay: bool = True
    batch: int | None = None
    samples: int = 128
    remembered: float = 0.25
    stopping: AbstractStopping = field(default_factory=CertifiedGap)
    polish: tuple[AbstractPolish, ...] = (ScaleAndOffset(),)
    seed: int = 0
    device: str = "auto"
    rtol: float = 1e-2

    exact = False

    @override
    def check(self, problem: CriticProblem) -> None:
        if not isinstance(problem.regularizer, LipschitzPenalty):
            raise InputError(
                f"the plain loop trains with a LipschitzPenalty, got {type(problem.regularizer).__name__}."
            )
        find_device(self.device)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        device = find_device(self.device)
        generator = torch.Generator(device=device).manual_seed(int(self.seed))
        network = self._network(problem.dimension, generator)
        examiner = _Examiner(problem=problem, polish=self.polish)
        examiner.consider(network)
        steps, done, status = self._steps(problem, network, generator), 0, Status.ITERATION_LIMIT
        try:
            for done, loss in enumerate(steps, start=1):
                if done % 50 == 0 and not torch.isfinite(loss):
                    status = Status.DIVERGED
                    break
                if self.stopping.asks_at(done):
                    examiner.consider(network)
                    ended = self.stopping.done(examiner.judge(done))
                    if ended is not None:
                        status = ended
                        break
        except KeyboardInterrupt:
            status = Status.INTERRUPTED
        examiner.consider(network)
        last = examiner.judge(done)
        if status is Status.ITERATION_LIMIT and last.within(self.rtol, self.rtol):
            status = Status.CONVERGED
        stats = {"device": str(device), "steps": done, "seed": int(self.seed), "relative_excess": last.relative_excess}
        return Outcome(critic=examiner.critic, status=status, stats=stats)

    def _network(self, dimension: int, generator: torch.Generator) -> nn.Sequential:
        """Linear layers with torch's own initial law, drawn from the generator."""
        layers: list[nn.Module] = []
        sizes = [dimension, *[self.width] * self.depth, 1]
        for fan_in, fan_out in pairwise(sizes):
            linear = nn.utils.skip_init(nn.Linear, fan_in, fan_out, device=generator.device)
            bound = fan_in**-0.5
            for parameter in linear.parameters():
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
            layers += [linear, self.activation()]
        return nn.Sequential(*layers[:-1])

    def _steps(self, problem: CriticProblem, network: nn.Sequential, generator: torch.Generator) -> Iterator[Tensor]:
        """Train; yields the loss of each step."""
        regularizer = problem.regularizer
        assert isinstance(regularizer, LipschitzPenalty)
        schedule, device = self.schedule, generator.device
        sides = [
            (
                torch.tensor(measure.points, dtype=torch.float32, device=device),
                torch.tensor(measure.weights, dtype=torch.float32, device=device),
            )
            for measure in (problem.fake, problem.real)
        ]
        optimizer = torch.optim.Adam(network.parameters(), lr=schedule.learning_rate, betas=schedule.betas)
        kept = int(self.remembered * self.samples)
        memory = sides[0][0].new_zeros(0, problem.dimension)
        for step in range(schedule.steps):
            (x, p), (y, q) = (self._batch(side, generator) for side in sides)
            objective = problem.losses.fake_loss.value(network(x).squeeze(1)) @ p
            objective = objective + problem.losses.real_loss.value(network(y).squeeze(1)) @ q
            blends = torch.cat([memory, _blends(x, y, self.samples - len(memory), generator)]).requires_grad_()
            (gradients,) = torch.autograd.grad(network(blends).sum(), blends, create_graph=True)
            norms = torch.linalg.vector_norm(gradients, dim=1)
            memory = blends.detach()[norms.detach().topk(kept).indices]
            steepness = (norms.max() - regularizer.target).clamp_min(0.0)
            loss = objective + schedule.penalty_share(step) * regularizer.weight * steepness**2
            for group in optimizer.param_groups:
                group["lr"] = schedule.rate(step) if self.decay else schedule.learning_rate
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            yield loss.detach()

    def _batch(self, side: tuple[Tensor, Tensor], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        points, weights = side
        if self.batch is None:
            return side
        chosen = torch.multinomial(weights, self.batch, replacement=True, generator=generator)
        return points[chosen], weights.new_full((self.batch,), 1.0 / self.batch)


def _blends(x: Tensor, y: Tensor, count: int, generator: torch.Generator) -> Tensor:
    i = torch.randint(len(x), (count,), generator=generator, device=x.device)
    j = torch.randint(len(y), (count,), generator=generator, device=x.device)
    t = torch.rand(count, 1, generator=generator, device=x.device)
    return t * x[i] + (1.0 - t) * y[j]


@dataclass(kw_only=True, eq=False)
class _Examiner:
    """Keeps the network with the least J + R(steepest gradient on blends) after its polish, as the solvers do."""

    problem: CriticProblem
    polish: tuple[AbstractPolish, ...]
    objective: float = np.inf
    steepest: float = np.inf
    network: nn.Module | None = None

    def consider(self, network: nn.Sequential) -> None:
        """Polish a network and keep it if it is the best so far."""
        problem, critic = self.problem, NetworkCritic(network)
        try:
            fake, real = critic(problem.fake.points), critic(problem.real.points)
            steepest = steepest_gradient(problem, critic, pairs=_PAIRS, positions=_POSITIONS)
        except InputError:  # values that are not finite
            return
        assert steepest is not None

        def objective(scale: float, offset: float) -> float:
            with np.errstate(over="ignore"):
                loss = problem.fake.expectation(problem.losses.fake_loss.value(scale * fake + offset))
                loss += problem.real.expectation(problem.losses.real_loss.value(scale * real + offset))
            return float(loss) + problem.regularizer.value(abs(scale) * steepest)

        if not np.isfinite(objective(1.0, 0.0)):
            return
        scale, offset = 1.0, 0.0
        spread = max(float(np.ptp(np.concatenate([fake, real]))), 1e-12)
        for polish in self.polish:
            s, c = polish.scale_and_offset(after(objective, scale, offset), spread)
            scale, offset = s * scale, s * offset + c
        reached = objective(scale, offset)
        if reached < self.objective:
            self.objective, self.steepest = reached, abs(scale) * steepest
            self.network = _rescaled(network, scale, offset)

    @property
    def critic(self) -> NetworkCritic:
        """The best network so far."""
        if self.network is None:
            raise InputError("the plain loop never had values that are finite; lower the learning rate.")
        return NetworkCritic(self.network)

    def judge(self, step: int) -> Judgement:
        """The certificate of the best network so far."""
        problem, critic = self.problem, self.critic
        # a function of values only: the gradients have been looked at
        certificate = certify(problem, critic.__call__)
        excess = problem.regularizer.value(self.steepest) - problem.regularizer.value(certificate.k_support)
        return Judgement(
            step=step,
            relative_gap=certificate.relative_gap,
            relative_excess=max(excess, 0.0) / certificate.room,
        )


def _rescaled(network: nn.Sequential, scale: float, offset: float) -> nn.Sequential:
    """The network scale · f + offset in float64, on the CPU."""
    result = copy.deepcopy(network).to("cpu", torch.float64)
    last = result[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.mul_(scale)
        last.bias.mul_(scale).add_(offset)
    return result


__all__ = ["Absolute", "DoubleBackward"]
