"""Weighted points: the only kind of measure on which every statement can be decided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from toylab.errors import InputError
from toylab.markup import card, facts, number

#: NumPy sums in pairs, from blocks of 128: after dividing by such a sum, another one is 1 up to 2 (19 + log2 n) + 1
#: half units in the last place, less than this many units for every n that fits into memory.
_PAIRWISE = 64


def _finite_array(values: npt.ArrayLike, what: str) -> np.ndarray:
    try:
        if np.iscomplexobj(values):
            raise TypeError("complex numbers have no order")
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InputError(f"{what} cannot be read as an array of numbers ({error}).") from None
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        where = tuple(int(index) for index in bad[0])
        raise InputError(f"{what} holds {array[where]} at index {where}; every entry must be finite.")
    return array


@dataclass(frozen=True, eq=False)
class DiscreteMeasure:
    """A probability measure Σ_i w_i δ(z_i) on finitely many points of R^d.

    Weights are divided by their sum; those that sum to 1 up to its rounding are kept bit by bit, so that a measure
    that is written down and read again is the same measure. A point of weight 0 is kept: it is part of
    the caller's data, but not of the measure's support.

    Attributes:
        points: shape (n, d), float64, read-only.
        weights: shape (n,), float64, non-negative, sum 1, read-only; uniform when not given.

    Raises:
        InputError: empty, not two-dimensional, not finite, negative weights, or no mass at all.
    """

    points: np.ndarray
    weights: np.ndarray

    def __init__(self, points: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> None:
        array = _finite_array(points, "points")
        if array.ndim != 2:
            raise InputError(
                f"points must have shape (n, d), got {array.shape}; for points on a line use reshape(-1, 1)."
            )
        if array.shape[0] == 0 or array.shape[1] == 0:
            raise InputError(f"a measure needs at least one point of at least one coordinate, got shape {array.shape}.")
        mass = np.ones(len(array)) if weights is None else _finite_array(weights, "weights")
        if mass.shape != (len(array),):
            raise InputError(f"weights must have shape ({len(array)},), one for each point, got {mass.shape}.")
        if (mass < 0).any():
            worst = int(np.argmin(mass))
            raise InputError(f"weights must not be negative, got {mass[worst]} for point {worst}.")
        if mass.max() == 0:
            raise InputError("all weights are 0: a measure needs mass on at least one point.")
        with np.errstate(over="ignore"):
            normalised = abs(mass.sum() - 1.0) <= min(len(mass), _PAIRWISE) * np.finfo(np.float64).eps
        if not normalised:
            mass = mass / mass.max()  # first, so that the sum can neither overflow nor underflow
            mass = mass / mass.sum()
        for value in (array, mass):
            value.setflags(write=False)
        object.__setattr__(self, "points", array)
        object.__setattr__(self, "weights", mass)

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return f"DiscreteMeasure({len(self)} points in dimension {self.dimension})"

    def _repr_html_(self) -> str:
        return card("DiscreteMeasure", facts(self.facts()))

    def facts(self) -> list[tuple[str, str]]:
        """What a person wants to know at a glance: how many points, where, with how much mass."""
        mass = self.weights[self.weights > 0]
        low, high = self.points.min(axis=0), self.points.max(axis=0)
        sides = [f"[{number(float(a), 4)}, {number(float(b), 4)}]" for a, b in zip(low, high, strict=True)]
        least, most = number(float(mass.min()), 4), number(float(mass.max()), 4)
        empty = len(self) - len(mass)
        return [
            (
                "points",
                f"{len(self)} in dimension {self.dimension}{f', {empty} of them without mass' if empty else ''}",
            ),
            ("box", " × ".join(sides[:3]) + (" × …" if len(sides) > 3 else "")),
            ("mass of a point", f"{least} each" if np.ptp(mass) <= 1e-12 * mass.max() else f"{least} to {most}"),
        ]

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.points.shape[1]

    def expectation(self, values: np.ndarray) -> float:
        """Σ_i w_i values_i, for `values` of shape (n,)."""
        return float(self.weights @ values)

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same measure, bit by bit."""
        return {"points": self.points.tolist(), "weights": self.weights.tolist()}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> DiscreteMeasure:
        """The measure described by `to_json`."""
        if not isinstance(data, dict) or "points" not in data:
            raise InputError('a measure in JSON is an object {"points": [[...], ...], "weights": [...]}.')
        return cls(data["points"], data.get("weights"))
