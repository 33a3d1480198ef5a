"""Generators beside one another: every method on every toy from several seeds, scored alike; resumable.

Each seed is a round: its trainings follow one another in an order of their own, drawn at random, so that a machine that
is busy for a while hits all methods alike; costs are CPU seconds of one thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from toylab.bench.generator_methods import DEPTH, RATE, WEIGHT, WIDTH, chosen_methods
from toylab.bench.journal import Journal, code_fingerprint, key_number
from toylab.dynamics import GeneratorRun, GeneratorTraining, Scoring, train_generator
from toylab.dynamics.networks import RunStop, target
from toylab.errors import InputError, whole_number

#: progress(steps done, steps in all, what runs now)
Progress = Callable[[int, int, str], None]

#: What `--quick` shows in a minute: that it works, not how good anybody is.
QUICK = GeneratorTraining(
    width=48, steps=60, evaluations=3, kept=200, scoring=Scoring(samples=500, least=4, w1_points=200)
)


@dataclass(frozen=True, kw_only=True, order=True)
class RunKey:
    """Which training."""

    target: str
    method: str
    seed: int

    @property
    def index(self) -> int:
        """A number that no other key has."""
        return key_number(self)


@dataclass(frozen=True, kw_only=True)
class BenchRun:
    """A finished training and which one it is."""

    key: RunKey
    run: GeneratorRun

    def to_json(self) -> dict[str, Any]:
        """A line of a journal."""
        lost = [self.run.stop.value] if self.run.stop is RunStop.LOST else []
        return {"index": self.key.index, "failures": lost, "key": asdict(self.key), "run": self.run.to_json()}

    @staticmethod
    def from_json(data: dict[str, Any]) -> BenchRun:
        """The run of `to_json`."""
        return BenchRun(key=RunKey(**data["key"]), run=GeneratorRun.from_json(data["run"]))


@dataclass(frozen=True, kw_only=True)
class GeneratorBench:
    """What is compared on what.

    Attributes:
        targets: names of targets.
        methods: names of methods, empty for the usual ones.
        seeds: how many.
        start: the first of them.
        training: of every generator.

    Raises:
        InputError: a name that does not exist, a number outside its range, or nothing to compare.
    """

    targets: tuple[str, ...] = ("8-gaussians", "25-gaussians", "swiss-roll")
    methods: tuple[str, ...] = ()
    seeds: int = 3
    start: int = 0
    training: GeneratorTraining = field(default_factory=GeneratorTraining)

    def __post_init__(self) -> None:
        whole_number(self.seeds, "the number of seeds", least=1)
        whole_number(self.start, "the first seed", least=0)
        if not self.targets:
            raise InputError("the comparison of generators needs at least one target.")
        for name in self.targets:
            target(name)
        chosen_methods(self.methods or None)

    def names(self) -> list[str]:
        """Of the methods."""
        return [method.name for method in chosen_methods(self.methods or None)]

    def keys(self) -> list[RunKey]:
        """All trainings, seed after seed, each in a random order of its own."""
        keys = []
        for seed in range(self.start, self.start + self.seeds):
            each = [RunKey(target=goal, method=name, seed=seed) for goal in self.targets for name in self.names()]
            keys += [each[i] for i in np.random.default_rng([seed, 11]).permutation(len(each))]
        return keys

    def notes(self) -> list[str]:
        """What is behind the numbers."""
        training = self.training
        return [
            f"Generators: seeds {self.start} to {self.start + self.seeds - 1}; {training.describe()}.",
            f"Trained critics: LeakyReLU networks {WIDTH}×{DEPTH}, learning rate {RATE:g}, on fresh minibatches of the "
            f"same size, warm-started from step to step, 100 updates before the first; λ = {WEIGHT:g}. Settings "
            "were chosen by a few short runs on 8-gaussians, seed 0, and are not tuned method by method.",
            f"Scores: {training.scoring.describe()}. High quality within 3σ is the convention of VEEGAN (Srivastava et "
            "al. 2017) and PacGAN (Lin et al. 2018), where one such sample is enough to capture a mode.",
            "Gap: certified relative gap of the last critic, on one minibatch, to the optimum of its loss with λ k², "
            "which MaxGP trains for; WGAN-GP and WGAN do not.",
            "CPU seconds of one thread, scoring left out; they depend on what else the machine does.",
            f"The papers train such generators for some 100 000 steps: this says who gets how far in {training.steps}, "
            "not where anybody ends.",
        ]

    def header(self) -> dict[str, Any]:
        """What must agree for the trainings in a folder to be compared."""
        return {"bench": "generators", "training": self.training.to_json(), "code": code_fingerprint()}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "training": self.training.to_json()}


def run_generator_bench(
    bench: GeneratorBench, folder: str | Path, *, progress: Progress | None = None
) -> list[BenchRun]:
    """Train what the folder does not hold yet.

    Every finished training is kept, and the one that is interrupted goes on from its last evaluation.

    Args:
        bench: what is compared.
        folder: of the trainings; the same call continues an interrupted one, more seeds or methods are added to it.
        progress: called after every step of a generator.

    Returns:
        All trainings of the bench, those done before included.

    Raises:
        InputError: the folder holds trainings that cannot be compared with these, or cannot be written.
        KeyboardInterrupt: it was interrupted; what is done is kept.
    """
    journal = Journal.opened(folder, bench.header())
    keys, steps = bench.keys(), bench.training.steps
    done = {found.key: found for found in _kept(journal) if found.key in set(keys)}
    missing, total = [key for key in keys if key not in done], len(keys) * steps
    for number, key in enumerate(missing):
        before = (len(keys) - len(missing) + number) * steps
        words = f"{key.method}, {key.target} {key.seed}"

        def say(now: int, _: int, __: str, before: int = before, words: str = words) -> None:
            if progress is not None:
                progress(before + now, total, words)

        done[key] = _trained(bench, key, journal.folder / f"{key.target}-{key.method}-{key.seed}.state", say)
        journal.append([done[key]])
        (journal.folder / f"{key.target}-{key.method}-{key.seed}.state").unlink(missing_ok=True)
    return [done[key] for key in keys]


def _trained(bench: GeneratorBench, key: RunKey, state: Path, say: Progress) -> BenchRun:
    (method,) = chosen_methods([key.method])
    run = train_generator(
        key.target,
        method.make(key.seed),
        pull=method.pull,
        training=bench.training,
        seed=key.seed,
        state=state,
        progress=say,
    )
    if run.stop is RunStop.INTERRUPTED:
        raise KeyboardInterrupt
    return BenchRun(key=key, run=run)


def _kept(journal: Journal) -> Sequence[BenchRun]:
    found = []
    for record in journal.records():
        try:
            found.append(BenchRun.from_json(record))
        except (KeyError, TypeError, ValueError):
            continue
    return found


__all__ = ["QUICK", "BenchRun", "GeneratorBench", "RunKey", "run_generator_bench"]
