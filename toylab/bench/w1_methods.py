"""Methods that `toylab bench w1` compares: trained networks, exact critics of samples, trained funnels."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from typing_extensions import override

from toylab import losses
from toylab.bench.w1_judging import Clock, Judge, Result
from toylab.critics import Critic, FormulaCritic, UpperExtension
from toylab.distributions import Distribution, MinFunnels
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty

if TYPE_CHECKING:
    from toylab.solvers.network import AbstractArchitecture, NetworkSolver

#: Called with a method's name and the share of it that is done.
Progress = Callable[[str, float], None]

#: λ of λ(‖∇f‖ − 1)₊², and points a side of the fixed sample that gives the units of a training.
_WEIGHT, _FIXED_SAMPLE = 10.0, 512
#: Steps that are timed to see how many fit into a budget, after as many that warm up.
_TIMED_STEPS, _FEWEST_STEPS = 10, 50


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much work a method may do in a cell.

    Attributes:
        budget: seconds of training for each critic; the number of steps follows from the speed of the machine.
        steps: of training, in place of the budget, where a run is to be repeated exactly.
        samples: points a side of the exact critics.
        seed: of everything random.
        device: of trainings.
    """

    budget: float = 120.0
    steps: int | None = None
    samples: int = 4000
    seed: int = 0
    device: str = "cpu"


class AbstractMethod(ABC):
    """Finds critics of a min-funnel pair from samples of its two measures; it sees nothing else of the pair."""

    @abstractmethod
    def run(self, judge: Judge, effort: Effort, progress: Progress) -> list[Result]:
        """Critics of the pair, judged."""


@contextmanager
def _timed() -> Iterator[Callable[[], Clock]]:
    wall, processor = time.perf_counter(), time.process_time()
    yield lambda: Clock(time.perf_counter() - wall, time.process_time() - processor)


def _problem(fake: Distribution, real: Distribution, effort: Effort) -> CriticProblem:
    rng = np.random.default_rng([effort.seed, 1])
    sides = fake.sample(_FIXED_SAMPLE, rng), real.sample(_FIXED_SAMPLE, rng)
    return CriticProblem(*sides, losses.wasserstein(), LipschitzPenalty(_WEIGHT, 1.0))


def _trainer(
    architecture: AbstractArchitecture, fake: Distribution, real: Distribution, effort: Effort
) -> NetworkSolver:
    """Wasserstein critics with λ(‖∇f‖ − 1)₊² on blends, on fresh samples."""
    from toylab.solvers.network import CertifiedGap, FreshSamples, GradientPenalty, NetworkSolver, Schedule

    return NetworkSolver(
        architecture=architecture,
        penalty=GradientPenalty(one_sided=True, samples=256),
        batches=FreshSamples(fake=fake, real=real, size=512),
        schedule=Schedule(steps=effort.steps or _FEWEST_STEPS, learning_rate=3e-3),
        stopping=CertifiedGap(first=2**62),  # a fixed sample says nothing about when to stop
        seed=effort.seed,
        device=effort.device,
    )


def _within_budget(solver: NetworkSolver, problem: CriticProblem, effort: Effort) -> NetworkSolver:
    """The solver with as many steps as fit into the budget, judged by the first few."""
    if effort.steps is not None:
        return solver
    from toylab.solvers.devices import find_device
    from toylab.solvers.network.loop import TrainingLoop
    from toylab.solvers.network.normalisation import NormalisedProblem

    loop = TrainingLoop(solver, NormalisedProblem.of(problem), find_device(effort.device))
    for _ in range(_TIMED_STEPS):
        loop.step()
    loop.last_losses()  # waits for the device
    start = time.perf_counter()
    for _ in range(_TIMED_STEPS):
        loop.step()
    loop.last_losses()
    each = (time.perf_counter() - start) / _TIMED_STEPS
    steps = max(_FEWEST_STEPS, int(effort.budget / each))
    return replace(solver, schedule=replace(solver.schedule, steps=steps))


def _trained(solver: NetworkSolver, problem: CriticProblem, effort: Effort, progress: Callable[[float], None]):
    """The critic of a training, with its number of steps and its status."""
    from toylab.solvers import solve

    solver = _within_budget(solver, problem, effort)
    solution = solve(problem, replace(solver, progress=lambda done, steps, _: progress(done / steps)), throw=False)
    return solution.critic, {"steps": int(solution.stats["steps"]), "status": solution.status.value}


@dataclass(frozen=True)
class TrainedNetwork(AbstractMethod):
    """A network trained on fresh samples with the one-sided penalty: nothing in it knows of funnels.

    Up to four dimensions it sees distances to places of its own beside the coordinates.

    Attributes:
        name: of the method.
    """

    name: str = "network"

    @override
    def run(self, judge: Judge, effort: Effort, progress: Progress) -> list[Result]:
        pair = judge.funnels
        problem = _problem(pair.fake, pair.real, effort)
        with _timed() as clock:
            solver = _trainer(self.architecture(pair.dimension), pair.fake, pair.real, effort)
            critic, details = _trained(solver, problem, effort, lambda share: progress(self.name, share))
        return [judge.judged(self.name, "general", critic, clock(), **details)]

    @staticmethod
    def architecture(dimension: int) -> AbstractArchitecture:
        """What is trained in R^d."""
        from toylab.solvers.network import MLP, Distances, UnitCoordinates

        network = MLP(width=max(2 * dimension, 128), depth=3)
        return Distances(places=128, network=network) if dimension <= 4 else UnitCoordinates(network=network)


@dataclass(frozen=True)
class SampleCritic(AbstractMethod):
    """The exact critic of m fake and m real samples, extended between them in three ways.

    Off its samples an optimal critic may be anything between its McShane extensions: the lower one (a maximum of
    cones over the reals), the upper one (a minimum of cones over the fakes, like the truth) and their mean.
    """

    @override
    def run(self, judge: Judge, effort: Effort, progress: Progress) -> list[Result]:
        from toylab.solvers.transport import Transport

        rng, m, pair = np.random.default_rng([effort.seed, 2]), effort.samples, judge.funnels
        with _timed() as clock:
            fake, real = pair.fake.sample(m, rng), pair.real.sample(m, rng)
            problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))
            solver = Transport()
            solver.check(problem)
            lower = solver.run(problem).critic
            upper = UpperExtension(fake.points, lower(fake.points), 1.0)
        progress("exact critic", 1.0)
        extensions = {"lower": lower, "upper": upper, "mean": _mean(lower, upper)}
        families = {"lower": "general", "upper": "truth's shape", "mean": "general"}
        return [
            judge.judged(f"exact critic, {name} extension", families[name], critic, clock(), samples=m)
            for name, critic in extensions.items()
        ]


def _mean(one: Critic, other: Critic) -> FormulaCritic:
    return FormulaCritic(
        lambda z: 0.5 * (one(z) + other(z)), lambda z: 0.5 * (one.gradient(z) + other.gradient(z)), 1.0
    )


@dataclass(frozen=True)
class TrainedFunnel(AbstractMethod):
    """f(z) = min_j (v_j + s‖z − c_j‖), the truth's own shape, with trained heights, slope and centres.

    Centres start at a sample of the fakes. Training is that of the maximum −f with fake and real exchanged.

    Attributes:
        centres: how many; more than any cell has funnels.
    """

    centres: int = 512

    @override
    def run(self, judge: Judge, effort: Effort, progress: Progress) -> list[Result]:
        from toylab.solvers.network import Funnel
        from toylab.solvers.network.normalisation import NormalisedProblem

        pair: MinFunnels = judge.funnels
        problem = _problem(pair.real, pair.fake, effort)
        start = pair.fake.sample_points(self.centres, np.random.default_rng([effort.seed, 3]))
        with _timed() as clock:
            architecture = Funnel(centres=NormalisedProblem.of(problem).points(start), moving=True)
            solver = _trainer(architecture, pair.real, pair.fake, effort)
            critic, details = _trained(solver, problem, effort, lambda share: progress("funnel", share))
        turned = FormulaCritic(lambda z: -critic(z), lambda z: -critic.gradient(z))
        return [judge.judged("funnel critic", "truth's shape", turned, clock(), centres=self.centres, **details)]


#: By the name of the command line.
METHODS: dict[str, AbstractMethod] = {
    "network": TrainedNetwork(),
    "exact": SampleCritic(),
    "funnel": TrainedFunnel(),
}

__all__ = ["METHODS", "AbstractMethod", "Effort", "Progress", "SampleCritic", "TrainedFunnel", "TrainedNetwork"]
