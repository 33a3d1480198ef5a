"""What became of a generator: its samples and their scores along the training."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from toylab.dynamics.networks.scores import Scores
from toylab.dynamics.networks.targets import AbstractTarget, target
from toylab.errors import InputError
from toylab.markup import card, facts, number
from toylab.storage import numbers_from_json, numbers_to_json

SERIES = ("steps", "covered", "quality", "near", "w1", "gaps", "cpu_seconds")


class RunStop(Enum):
    """Why a training ended; the value is a sentence."""

    FINISHED = "all steps were taken"
    INTERRUPTED = "it was interrupted; with its state file it goes on"
    LOST = "samples are no longer finite"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class GeneratorRun:
    """The training of one generator, scored E times, the start included.

    Attributes:
        target: what it was to learn.
        objective: name of what it followed.
        pull: name of the generator's loss ψ.
        seed: of everything random in it.
        steps: (E,), steps done.
        samples: (E, m, d), some samples, from the same latent points every time.
        reals: (m', d), some real samples.
        covered: (E,), parts of the target that are covered.
        quality: (E,), share of samples of high quality.
        near: (E,), the wider share.
        w1: (E,), W₁ to real samples.
        gaps: (E,), certified relative gap of the critic that is followed from there, on one minibatch; NaN where there
            is no certificate.
        cpu_seconds: (E,), of this process, spent on training and not on scoring.
        floor: scores of as many real samples.
        stop: why it ended.
    """

    target: AbstractTarget
    objective: str
    pull: str
    seed: int
    steps: np.ndarray
    samples: np.ndarray
    reals: np.ndarray
    covered: np.ndarray
    quality: np.ndarray
    near: np.ndarray
    w1: np.ndarray
    gaps: np.ndarray
    cpu_seconds: np.ndarray
    floor: Scores
    stop: RunStop

    @property
    def scores(self) -> Scores:
        """The last ones."""
        covered, quality, near, w1 = (getattr(self, name)[-1] for name in ("covered", "quality", "near", "w1"))
        return Scores(covered=int(covered), quality=float(quality), near=float(near), w1=float(w1))

    def describe(self) -> str:
        """One line."""
        last, what = self.scores, self.target.what
        return (
            f"{self.target.name}, {self.objective}, seed {self.seed}: after {self.steps[-1]} steps {last.covered} of "
            f"{self.target.parts} {what}, {last.quality:.1%} of high quality, W1 {number(last.w1, 3)} "
            f"(reals {number(self.floor.w1, 3)}); {self.stop.value}"
        )

    def __repr__(self) -> str:
        return f"GeneratorRun({self.describe()})"

    def _repr_html_(self) -> str:
        last = self.scores
        rows = [
            ("target", self.target.name),
            ("followed", f"{self.objective}; ψ = {self.pull}"),
            ("steps", str(self.steps[-1])),
            (f"{self.target.what} covered", f"{last.covered} of {self.target.parts}"),
            ("high quality", f"{last.quality:.1%} (reals {self.floor.quality:.1%})"),
            ("W1", f"{number(float(self.w1[0]), 3)} → {number(last.w1, 3)} (reals {number(self.floor.w1, 3)})"),
            ("end", self.stop.value),
        ]
        return card("Generator", facts(rows))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same run."""
        series = {name: numbers_to_json(getattr(self, name)) for name in SERIES}
        return {
            "target": self.target.name,
            "objective": self.objective,
            "pull": self.pull,
            "seed": self.seed,
            **series,
            "samples": self.samples.tolist(),
            "reals": self.reals.tolist(),
            "floor": vars(self.floor),
            "stop": self.stop.name,
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> GeneratorRun:
        """The run of `to_json`.

        Raises:
            InputError: a field is missing, or does not fit.
        """
        try:
            series = {name: numbers_from_json(data[name]) for name in SERIES}
            samples = np.array(data["samples"], dtype=np.float64)
            lengths = {len(array) for array in (*series.values(), samples)}
            if len(lengths) != 1 or samples.ndim != 3:
                raise ValueError(f"series of different lengths {sorted(lengths)}")
            whole = {name: series.pop(name).astype(int) for name in ("steps", "covered")}
            return GeneratorRun(
                target=target(data["target"]),
                objective=str(data["objective"]),
                pull=str(data["pull"]),
                seed=int(data["seed"]),
                samples=samples,
                reals=np.array(data["reals"], dtype=np.float64),
                floor=Scores(**data["floor"]),
                stop=RunStop[data["stop"]],
                **whole,
                **series,
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"a generator's run in JSON is what GeneratorRun.to_json() wrote; this one does not fit ({error!r})."
            ) from None


__all__ = ["GeneratorRun", "RunStop"]
