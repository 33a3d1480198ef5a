"""The training itself: mutable, and written down so that it can go on after an interruption as if there were none."""

from __future__ import annotations

import hashlib
import pickle
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from toylab.dynamics.networks.generator import GeneratorNetwork
from toylab.dynamics.networks.pulls import AbstractPull
from toylab.dynamics.networks.run import SERIES, GeneratorRun, RunStop
from toylab.dynamics.networks.settings import GeneratorTraining
from toylab.dynamics.networks.targets import AbstractTarget
from toylab.dynamics.networks.training import Progress
from toylab.dynamics.objectives import AbstractObjective
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.storage import replacing, writable_folder

#: Seconds after which the state is written between two evaluations.
_WRITE_EVERY = 30.0


class Trainer:
    """One training on its way."""

    def __init__(
        self,
        target: AbstractTarget,
        objective: AbstractObjective,
        pull: AbstractPull,
        training: GeneratorTraining,
        *,
        seed: int,
        state: str | Path | None,
    ) -> None:
        self._target, self._pull, self._training, self._seed = target, pull, training, int(seed)
        self._state = None if state is None else Path(state)
        if self._state is not None:
            writable_folder(self._state.parent)
        network, reals, judged = np.random.SeedSequence(self._seed).spawn(3)
        self._network = GeneratorNetwork(training, target.distribution.dimension, int(network.generate_state(1)[0]))
        self._reals = np.random.default_rng(reals)
        self._judge(np.random.default_rng(judged))
        fake, real = self._measures()
        objective.check(fake, real)
        self._name = objective.name
        self._mark = _mark(target, objective, pull, training, self._seed)
        self._objective = objective.begun(fake, real)
        self._done, self._cpu, self._written = 0, 0.0, time.monotonic()
        self._series: dict[str, list[float]] = {name: [] for name in SERIES}
        self._samples: list[np.ndarray] = []
        self._evaluated = set(training.evaluated())
        self._read()

    def run(self, progress: Progress | None = None) -> GeneratorRun:
        """Take the steps that are left."""
        stop = None
        try:
            while stop is None:
                stop = self._advance(progress)
        except KeyboardInterrupt:
            if not self._samples:  # nothing has been scored yet
                raise
            stop = RunStop.INTERRUPTED
        return self._result(stop)

    def _advance(self, progress: Progress | None) -> RunStop | None:
        """Score where that is due, then take a step; why the training ends, None where it goes on."""
        if self._done in self._evaluated and self._done not in self._series["steps"]:
            if not self._score():
                return RunStop.LOST
            self._write()
        if self._done == self._training.steps:
            return RunStop.FINISHED
        start = time.process_time()
        alive = self._step()
        self._cpu += time.process_time() - start
        if not alive:
            return RunStop.LOST
        self._done += 1
        if time.monotonic() - self._written > _WRITE_EVERY:
            self._write()
        if progress is not None:
            progress(self._done, self._training.steps, self._words())
        return None

    def _judge(self, rng: np.random.Generator) -> None:
        """What samples are scored by: latent points and reals that stay the same, and the scores of other reals."""
        scoring, distribution = self._training.scoring, self._target.distribution
        self._latent = rng.normal(size=(scoring.samples, self._training.latent))
        self._judges, others = (
            rng.permutation(distribution.sample_points(count, rng)) for count in (scoring.w1_points, scoring.samples)
        )
        self._floor = scoring.of(others, self._target, self._judges)

    def _pair(self) -> tuple[torch.Tensor, DiscreteMeasure, DiscreteMeasure]:
        """A fresh minibatch: the fakes with their graph, and both sides as measures."""
        fakes = self._network.draw()
        points = fakes.detach().to("cpu", torch.float64).numpy()
        if not np.isfinite(points).all():
            raise FloatingPointError("the generator has diverged")
        return fakes, DiscreteMeasure(points), self._target.distribution.sample(self._training.batch, self._reals)

    def _measures(self) -> tuple[DiscreteMeasure, DiscreteMeasure]:
        with torch.no_grad():
            return self._pair()[1:]

    def _step(self) -> bool:
        """One step of the generator; whether everything stayed finite."""
        try:
            self._objective.update(self._measures)
            fakes, fake, real = self._pair()
        except FloatingPointError:
            return False
        pull = self._pull.of(self._objective.uncertified(fake, real))
        if not np.isfinite(pull).all():
            return False
        self._network.ascend(fakes, pull, self._training.rate(self._done))
        return True

    def _score(self) -> bool:
        """Write down where the generator stands; whether its samples are finite."""
        samples = self._network.samples(self._latent)
        if not np.isfinite(samples).all():
            return False
        scores = self._training.scoring.of(samples, self._target, self._judges)
        row = {**vars(scores), "steps": self._done, "cpu_seconds": self._cpu, "gaps": self._gap(samples)}
        for name, value in row.items():
            self._series[name].append(value)
        self._samples.append(samples[: self._training.kept])
        return True

    def _gap(self, samples: np.ndarray) -> float:
        """How far the critic is from the optimum at the first judged points; NaN before it has learned anything."""
        if not self._done:
            return np.nan
        count = min(self._training.batch, len(self._judges), len(samples))
        try:
            return self._objective.answer(DiscreteMeasure(samples[:count]), DiscreteMeasure(self._judges[:count])).gap
        except InputError:  # a network that returns no numbers any more
            return np.nan

    def _words(self) -> str:
        last = {name: self._series[name][-1] for name in ("covered", "w1")}
        return f"{last['covered']:.0f} of {self._target.parts} {self._target.what}, W1 {last['w1']:.3g}"

    def _result(self, stop: RunStop) -> GeneratorRun:
        series = {name: np.array(values, dtype=np.float64) for name, values in self._series.items()}
        whole = {name: series.pop(name).astype(int) for name in ("steps", "covered")}
        return GeneratorRun(
            target=self._target,
            objective=self._name,
            pull=self._pull.name,
            seed=self._seed,
            samples=np.array(self._samples),
            reals=self._judges[: self._training.kept],
            floor=self._floor,
            stop=stop,
            **whole,
            **series,
        )

    def _write(self) -> None:
        if self._state is None:
            return
        kept = {
            "mark": self._mark,
            "done": self._done,
            "cpu": self._cpu,
            "series": self._series,
            "samples": [torch.from_numpy(points) for points in self._samples],
            "network": self._network.kept(),
            "objective": self._objective.kept(),
            "reals": self._reals.bit_generator.state,
        }
        with replacing(self._state) as temporary:
            torch.save(kept, temporary)
        self._written = time.monotonic()

    def _read(self) -> None:
        if self._state is None or not self._state.exists():
            return
        try:
            kept: dict[str, Any] = torch.load(self._state, weights_only=True, map_location="cpu")
            mark = kept["mark"]
        except (OSError, RuntimeError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
            reason = str(error).splitlines()[0]
            raise InputError(f"{str(self._state)!r} is not the state of a generator's training ({reason}).") from None
        if mark != self._mark:
            raise InputError(f"{str(self._state)!r} is the state of another training; give another file, or delete it.")
        self._done, self._cpu, self._series = kept["done"], kept["cpu"], kept["series"]
        self._samples = [points.numpy() for points in kept["samples"]]
        self._network.restore(kept["network"])
        self._objective.restore(kept["objective"])
        self._reals.bit_generator.state = kept["reals"]


def _mark(*parts: Any) -> str:
    """A number that another training does not have: what its settings look like in words, but for addresses."""
    with np.printoptions(threshold=sys.maxsize):
        words = "\n".join(map(repr, parts))
    return hashlib.sha256(re.sub(r" at 0x[0-9a-f]+", "", words).encode()).hexdigest()


__all__ = ["Trainer"]
