"""Where the fakes went, and what was known about the critic at every step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from toylab.critics import LowerExtension
from toylab.errors import InputError
from toylab.markup import card, facts, number
from toylab.measures import DiscreteMeasure
from toylab.storage import numbers_from_json, numbers_to_json, state_from_json, state_to_json

#: Kept as arrays with a first axis of steps; the last ones are missing in files that were written before they were.
SERIES = ("positions", "constants", "gaps", "values", "w1", "clarity", "gradients", "fake_values", "real_values")
_LATER = SERIES[6:]


class Stop(Enum):
    """Why a flow ended; the value is a sentence."""

    ARRIVED = "W1 is within the tolerance: fake and real agree"
    STANDSTILL = "no fake moves any more, though W1 is not 0"
    NO_PROGRESS = "W1 has stopped falling, though fakes still move"
    STEP_LIMIT = "the number of steps was reached"
    LOST = "positions are no longer finite; take shorter steps"
    INTERRUPTED = "it was interrupted; with `start` it goes on"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Trajectory:
    """The path of fake particles, T steps of it.

    Attributes:
        objective: name of what they followed.
        real: the real measure.
        weights: (n,), masses of the fakes.
        positions: (T + 1, n, d).
        constants: (T + 1,), k* of the critic at these positions, NaN where there is none.
        gaps: (T + 1,), certified relative gaps of the critics, NaN where there is no certificate.
        values: (T + 1,), of the objective at its optimum, NaN where it is not computed.
        w1: (T + 1,), W₁ between fake and real, exact.
        clarity: (T + 1, n), length of the mean unit vector towards the partners of each fake: 1 where it has one,
            less at a kink, 0 where one-sided gradients cancel or nothing is said.
        gradients: (T + 1, n, d), what the fakes were told at these positions: ∇f*, and its mean at a kink.
        fake_values: (T + 1, n), f* at the fakes, NaN where it is not kept.
        real_values: (T + 1, m), f* at the reals, NaN where it is not kept.
        last_move: (n, d), the displacement that led to the last positions.
        stop: why it ended.
        kept: what an objective that learns carried along at the last positions, before it looked at them: a critic in
            training its parameters, its optimiser's moments and its random numbers. None where nothing is carried.
    """

    objective: str
    real: DiscreteMeasure
    weights: np.ndarray
    positions: np.ndarray
    constants: np.ndarray
    gaps: np.ndarray
    values: np.ndarray
    w1: np.ndarray
    clarity: np.ndarray
    gradients: np.ndarray
    fake_values: np.ndarray
    real_values: np.ndarray
    last_move: np.ndarray
    stop: Stop
    kept: dict[str, Any] | None = None

    def __repr__(self) -> str:
        return f"Trajectory({self.describe()})"

    def _repr_html_(self) -> str:
        rows = [
            ("followed", self.objective),
            ("steps", str(self.steps)),
            ("W1", f"{number(float(self.w1[0]), 6)} → {number(float(self.w1[-1]), 6)}"),
            ("constant k*", f"{number(float(self.constants[0]), 6)} → {number(float(self.constants[-1]), 6)}"),
            ("largest relative gap", number(self.largest_gap, 2)),
            ("end", self.why()),
        ]
        return card("Trajectory", facts(rows))

    @property
    def steps(self) -> int:
        """T."""
        return len(self.positions) - 1

    @property
    def share_left(self) -> float:
        """Final W₁ / initial W₁; 0 where it was 0 at the start."""
        return float(self.w1[-1] / self.w1[0]) if self.w1[0] > 0 else 0.0

    @property
    def largest_gap(self) -> float:
        """The loosest certificate on the way, infinite where one says nothing, NaN where there is none."""
        known = self.gaps[~np.isnan(self.gaps)]
        return float(known.max()) if len(known) else float("nan")

    def fake(self, step: int = -1) -> DiscreteMeasure:
        """The fake measure at a step."""
        return DiscreteMeasure(self.positions[step], self.weights)

    def critic(self, step: int = -1) -> LowerExtension | None:
        """The optimal critic at a step: the smallest k*-Lipschitz function with its values; None where not kept."""
        values = np.concatenate([self.real_values[step], self.fake_values[step]])
        if not (np.isfinite(values).all() and np.isfinite(self.constants[step])):
            return None
        centres = np.concatenate([self.real.points, self.positions[step]])
        return LowerExtension(centres, values, float(self.constants[step]))

    def coinciding(self, step: int = -1, within: float = 1e-6) -> list[np.ndarray]:
        """Groups of two or more fakes within this distance, chains included; indices of each."""
        from scipy.sparse.csgraph import connected_components
        from scipy.spatial.distance import cdist

        points = self.positions[step]
        _, owner = connected_components(cdist(points, points) <= within, directed=False)
        groups = [np.flatnonzero(owner == place) for place in np.unique(owner)]
        return [group for group in groups if len(group) > 1]

    def why(self) -> str:
        """How it ended, with what explains a flow that did not arrive."""
        if self.stop in {Stop.ARRIVED, Stop.LOST}:
            return self.stop.value
        together, torn = self.coinciding(), int((self.clarity[-1] < 0.99).sum())
        told = int((self.clarity[-1] > 0).sum())
        parts = [self.stop.value]
        if told == 0:
            parts.append("the critic says nothing at any fake")
        elif torn:
            parts.append(f"{torn} of {len(self.weights)} fakes stand on a kink or are told nothing")
        if together:
            places = "one place" if len(together) == 1 else f"{len(together)} places"
            parts.append(f"{sum(map(len, together))} fakes coincide in {places} and share a gradient")
        return "; ".join(parts)

    def describe(self) -> str:
        """One line."""
        return (
            f"{self.objective}: {self.steps} steps, W1 {number(float(self.w1[0]), 4)} → "
            f"{number(float(self.w1[-1]), 4)}, k* {number(float(self.constants[0]), 4)} → "
            f"{number(float(self.constants[-1]), 4)}; {self.stop.value}"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same trajectory."""
        series = {name: numbers_to_json(getattr(self, name)) for name in SERIES}
        return {
            "objective": self.objective,
            "real": self.real.to_json(),
            "weights": self.weights.tolist(),
            **series,
            "last_move": numbers_to_json(self.last_move),
            "stop": self.stop.name,
            "kept": None if self.kept is None else state_to_json(self.kept),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Trajectory:
        """The trajectory of `to_json`.

        Raises:
            InputError: a field is missing, or does not fit.
        """
        try:
            real = DiscreteMeasure.from_json(data["real"])
            series = {name: numbers_from_json(data[name]) for name in SERIES if name in data or name not in _LATER}
            positions = series["positions"]
            blank = np.full(positions.shape, np.nan)
            series = {
                "gradients": blank,
                "fake_values": blank[..., 0],
                "real_values": np.full((len(positions), len(real)), np.nan),
                **series,
            }
            lengths = {len(array) for array in series.values()}
            if len(lengths) != 1:
                raise ValueError(f"series of different lengths {sorted(lengths)}")
            return Trajectory(
                objective=str(data["objective"]),
                real=real,
                weights=np.array(data["weights"], dtype=np.float64),
                last_move=numbers_from_json(data["last_move"]),
                stop=Stop[data["stop"]],
                kept=None if data.get("kept") is None else dict(state_from_json(data["kept"])),
                **series,
            )
        except (KeyError, TypeError, ValueError, IndexError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError(
                f"a trajectory in JSON is what Trajectory.to_json() wrote; this one does not fit ({error!r})."
            ) from None


__all__ = ["Stop", "Trajectory"]
