"""How fast a training step is: the usual loop beside ours, one critic beside many, all in one interleaved run.

The usual loop is what a practitioner writes: a torch module, `autograd.grad(create_graph=True)` at all blends for the
gradient penalty, `torch.optim.Adam`. Both train the same objective, MaxGP with the same number of blends.

Times are CPU seconds of one thread (on a GPU seconds until the device is done), so that a busy machine blurs them
less; the contestants take turns, and medians over the turns are compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from toylab import zoo
from toylab.errors import InputError
from toylab.problem import CriticProblem, LipschitzPenalty

if TYPE_CHECKING:
    import torch

#: (points a side, width): the sizes for which a single critic converges within seconds.
CASES = ((10, 64), (50, 128))

#: Sizes of the ensembles.
ENSEMBLES = (1, 16, 64)


@dataclass(frozen=True, kw_only=True)
class StepTimes:
    """Medians over the turns of one case.

    Attributes:
        points: points a side.
        width: units of each of the three layers.
        device: where the steps were taken.
        double_backward: microseconds a step of the usual loop.
        autograd: of this package's step by autograd, for compositions without a hand-written one.
        ensembles: of the hand-written step, for each number of critics at once.
    """

    points: int
    width: int
    device: str
    double_backward: float
    autograd: float
    ensembles: dict[int, float]

    def rows(self) -> Iterator[tuple[str, float, float, float, float]]:
        """What, microseconds a step and a critic, and how many times faster than the usual loop and than ours alone."""
        alone = self.ensembles[1]
        times = [("double backward", 1, self.double_backward), ("autograd once", 1, self.autograd)]
        times += [(f"hand-written, {size} at once", size, time) for size, time in self.ensembles.items()]
        for name, size, microseconds in times:
            each = microseconds / size
            yield name, microseconds, each, self.double_backward / each, alone / each

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**vars(self), "ensembles": {str(size): time for size, time in self.ensembles.items()}}


class DoubleBackward:
    """The usual loop for MaxGP with the memory S_max, in a torch module's own terms.

    Attributes:
        module: the critic.
        loss: of the last step.
    """

    def __init__(self, points: int, width: int, device: torch.device) -> None:
        import torch

        from toylab.solvers.network import MaxGP, MaxGradientPenalty
        from toylab.solvers.network.normalisation import NormalisedProblem
        from toylab.solvers.network.workspace import remembered_count

        penalty = MaxGP().penalty
        assert isinstance(penalty, MaxGradientPenalty)
        normalised = NormalisedProblem.of(_problem(points))
        assert isinstance(normalised.regularizer, LipschitzPenalty)
        self._penalty, self._weight = penalty, normalised.regularizer.weight
        self._remembered = remembered_count(penalty)
        batch = normalised.batch(torch.float32, device)
        self._fake, self._real, self._losses = batch.fake, batch.real, normalised.problem.losses
        self._generator = torch.Generator(device=device).manual_seed(0)
        with torch.random.fork_rng(devices=[]):
            self.module = _module(width).to(device)
        self._adam = torch.optim.Adam(self.module.parameters(), lr=3e-3, betas=(0.9, 0.99))
        self._memory, self.loss = self._fake[:0], self._fake.new_zeros(())

    def step(self) -> None:
        """One step of Adam."""
        import torch

        penalty, losses = self._penalty, self._losses
        blends = torch.cat([self._memory, self._fresh(penalty.samples - len(self._memory))]).requires_grad_()
        (slopes,) = torch.autograd.grad(self.module(blends).sum(), blends, create_graph=True)
        norms = slopes.norm(dim=1)
        steepest = norms.topk(max(penalty.share, self._remembered))
        shared = steepest.values[: penalty.share]
        k = torch.softmax(shared.detach() / (penalty.temperature * shared[0].detach()), dim=0).dot(shared)
        loss = losses.fake_loss.value(self.module(self._fake)).mean()
        loss = loss + losses.real_loss.value(self.module(self._real)).mean() + self._weight * k**2
        self._adam.zero_grad()
        loss.backward()
        self._adam.step()
        self._memory = blends.detach()[steepest.indices[: self._remembered]]
        self.loss = loss.detach()

    def _fresh(self, count: int) -> torch.Tensor:
        import torch

        options = {"generator": self._generator, "device": self._fake.device}
        x = self._fake[torch.randint(len(self._fake), (count,), **options)]
        y = self._real[torch.randint(len(self._real), (count,), **options)]
        return torch.lerp(y, x, torch.rand(count, 1, **options))


def _problem(points: int) -> CriticProblem:
    return zoo.load("case4", n=points, seed=0)


def _module(width: int) -> torch.nn.Module:
    """Three layers with absolute values, as `MaxGP()` has."""
    import torch

    class Abs(torch.nn.Module):
        def forward(self, t: torch.Tensor) -> torch.Tensor:
            return t.abs()

    layers = []
    for fan_in in (2, width, width):
        layers += [torch.nn.Linear(fan_in, width), Abs()]
    return torch.nn.Sequential(*layers, torch.nn.Linear(width, 1))


def _ensemble(points: int, width: int, size: int, device: torch.device) -> Any:
    import torch

    from toylab.solvers.network import MaxGP
    from toylab.solvers.network.ensemble import Ensemble
    from toylab.solvers.network.members import Member
    from toylab.solvers.network.normalisation import NormalisedProblem

    problem = NormalisedProblem.of(_problem(points))
    members = [Member.of(problem, seed, 0, torch.float32, device) for seed in range(size)]
    return Ensemble(MaxGP(width=width, steps=10**6), members)


def _contestants(points: int, width: int, device: torch.device) -> dict[Any, Callable[[int], Any]]:
    from toylab.solvers.network import MaxGP
    from toylab.solvers.network.loop import TrainingLoop
    from toylab.solvers.network.normalisation import NormalisedProblem

    usual = DoubleBackward(points, width, device)
    problem = NormalisedProblem.of(_problem(points))
    once = TrainingLoop(MaxGP(width=width, steps=10**5), problem, device)
    ensembles = {size: _ensemble(points, width, size, device).advance for size in ENSEMBLES}
    return {"usual": lambda steps: [usual.step() for _ in range(steps)], "once": once.advance, **ensembles}


def _seconds(take: Callable[[int], Any], steps: int, device: torch.device) -> float:
    import torch

    if device.type == "cpu":
        start = time.process_time()
        take(steps)
        return time.process_time() - start
    torch.cuda.synchronize(device)
    start = time.perf_counter()
    take(steps)
    torch.cuda.synchronize(device)
    return time.perf_counter() - start


def time_steps(
    points: int,
    width: int,
    *,
    device: str = "cpu",
    rounds: int = 9,
    steps: int = 50,
    progress: Callable[[], None] | None = None,
) -> StepTimes:
    """Time one case.

    Args:
        points: points a side.
        width: units a layer.
        device: as of the network solvers.
        rounds: turns of every contestant, after one that warms up.
        steps: of a single critic in a turn; an ensemble takes fewer, ten at least.
        progress: called after every round.

    Raises:
        InputError: no such device, or rounds or steps that are not positive.
    """
    from toylab.solvers.devices import find_device

    if rounds < 1 or steps < 1:
        raise InputError(f"rounds and steps must be at least 1, got {rounds} and {steps}.")
    place = find_device(device)
    from toylab.solvers.threads import one_thread

    with one_thread():
        contestants = _contestants(points, width, place)
        times: dict[Any, list[float]] = {name: [] for name in contestants}
        for turn in range(rounds + 1):
            for name, take in contestants.items():
                count = steps if isinstance(name, str) else max(10, steps // name)
                seconds = _seconds(take, count, place) / count
                if turn:
                    times[name].append(1e6 * seconds)
            if progress is not None:
                progress()
    medians = {name: median(series) for name, series in times.items()}
    return StepTimes(
        points=points,
        width=width,
        device=str(place),
        double_backward=medians["usual"],
        autograd=medians["once"],
        ensembles={size: medians[size] for size in ENSEMBLES},
    )


__all__ = ["CASES", "ENSEMBLES", "DoubleBackward", "StepTimes", "time_steps"]
