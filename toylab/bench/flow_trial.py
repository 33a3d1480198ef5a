"""One flow of the bench: where it starts, how it goes, and what is kept of it."""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from toylab.bench.flow_methods import OBJECTIVES, SPLITS, STEPS, Start, started
from toylab.dynamics import AbstractObjective, Stop, Trajectory, follow
from toylab.errors import ToylabError

#: A real point is covered by a fake this near, in units of the initial W₁: one step and half of one.
NEAR = 0.15
#: A fake whose mean unit vector towards its partners is shorter stands on a kink.
_CLEAR = 0.99
#: The word for a flow that raised.
FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True, order=True)
class FlowKey:
    """Which flow.

    Attributes:
        problem: of the zoo.
        objective: of OBJECTIVES.
        step: of STEPS.
        split: of SPLITS.
        n: points a side.
        seed: of the points, and of the jitter.
        doubled: whether fakes start in pairs at one place.
    """

    problem: str
    objective: str
    step: str = "unit"
    split: str = "together"
    n: int = 8
    seed: int = 0
    doubled: bool = False


@dataclass(frozen=True, kw_only=True)
class FlowTrial:
    """What is kept of a flow.

    Attributes:
        key: which.
        stop: name of the `Stop`, or "FAILED".
        steps: that were taken.
        w1: initial and final W₁.
        constants: k* at the start and at the end, None where there is none.
        curve: W₁ over its initial value after each step.
        coinciding: fakes that share their place with another at the end.
        torn: fakes on a kink, or told nothing, at the end.
        covered: share of the reals with a fake within NEAR initial W₁ at the end.
        gap: the loosest certificate on the way; None where there is none.
        cpu: seconds.
        failure: what was raised.
    """

    key: FlowKey
    stop: str
    steps: int = 0
    w1: tuple[float, float] = (np.nan, np.nan)
    constants: tuple[float, float] | None = None
    curve: tuple[float, ...] = field(default=(1.0,))
    coinciding: int = 0
    torn: int = 0
    covered: float = 0.0
    gap: float | None = None
    cpu: float = 0.0
    failure: str = ""

    @property
    def left(self) -> float:
        """Final W₁ / initial W₁; 1 for a flow that failed."""
        return 1.0 if self.stop == FAILED else self.w1[1] / self.w1[0] if self.w1[0] > 0 else 0.0

    @property
    def arrived(self) -> bool:
        """Whether P_g = P_r within the tolerance."""
        return self.stop == Stop.ARRIVED.name

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> FlowTrial:
        """The trial that `to_json` wrote; what a journal adds is left out."""
        names = cls.__dataclass_fields__
        found = {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}
        return cls(**{**{name: found[name] for name in names if name in found}, "key": FlowKey(**data["key"])})


def measured(key: FlowKey, steps: int, tolerance: float, patience: int) -> FlowTrial:
    """Let the fakes of a key go, in one thread.

    Args:
        key: which flow.
        steps: at most.
        tolerance: share of the initial W₁ at which it has arrived.
        patience: steps without progress after which it has stopped.
    """
    from toylab.verification.cases import one_thread

    one_thread()
    begun = time.process_time()
    try:
        start = started(key.problem, key.n, key.seed, doubled=key.doubled)
        objective = OBJECTIVES[key.objective].build(start)
        if STEPS[key.step].needs_constant:
            start = replace(start, constant=_first_constant(objective, start))
        trajectory = follow(
            start.problem,
            objective,
            step=STEPS[key.step].build(start),
            split=SPLITS[key.split](start, key.seed),
            steps=steps,
            tolerance=tolerance,
            patience=patience,
        )
    except ToylabError as error:
        return FlowTrial(key=key, stop=FAILED, failure=str(error), cpu=time.process_time() - begun)
    return _kept(key, trajectory, time.process_time() - begun)


def _first_constant(objective: AbstractObjective, start: Start) -> float:
    return objective.answer(start.fake, start.real).constant


def _kept(key: FlowKey, trajectory: Trajectory, cpu: float) -> FlowTrial:
    w1, constants = trajectory.w1, trajectory.constants
    distances = cdist(trajectory.positions[-1], trajectory.real.points)
    gap = trajectory.largest_gap
    return FlowTrial(
        key=key,
        stop=trajectory.stop.name,
        steps=trajectory.steps,
        w1=(float(w1[0]), float(w1[-1])),
        constants=(float(constants[0]), float(constants[-1])) if np.isfinite(constants[0]) else None,
        curve=tuple(float(f"{value:.4g}") for value in w1 / w1[0]),
        coinciding=sum(map(len, trajectory.coinciding())),
        torn=int((trajectory.clarity[-1] < _CLEAR).sum()),
        covered=float((distances.min(axis=0) <= NEAR * w1[0]).mean()),
        gap=None if np.isnan(gap) else min(gap, sys.float_info.max),  # JSON has no infinity
        cpu=round(cpu, 4),
    )


__all__ = ["FAILED", "NEAR", "FlowKey", "FlowTrial", "measured"]
