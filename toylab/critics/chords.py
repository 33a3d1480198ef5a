"""The steepest rise between points: the least Lipschitz constant that given values allow.

The largest (f(y) − f(x)) / ‖x − y‖ over many pairs is a fractional program. Dinkelbach's method takes the largest
quotient k of some pairs, looks at every x for the y with the largest f(y) − k‖x − y‖ (a maximum of cones, which
needs no look at every pair), and goes on from the largest quotient of what it has found, upwards and in few steps,
until no f(y) − f(x) − k‖x − y‖ is positive: then no pair has a larger one.

Source: Dinkelbach (1967), On nonlinear fractional programming.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from toylab.critics.base import row_blocks
from toylab.critics.cones import Cones
from toylab.critics.extensions import LowerExtension
from toylab.errors import InputError

#: (Points) × (points) up to which every pair is looked at.
_EVERY_PAIR = 2**19
#: Coordinates up to which a tree finds nearest points faster than they are needed.
_FEW_COORDINATES = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Rises:
    """Rises of a function from the points x of one set to the points y of another; it has one value where x = y.

    Attributes:
        start: (n, d), x.
        start_values: (n,), f(x).
        end: (m, d), y.
        end_values: (m,), f(y).
        rounding: of f(y) − f(x), taken off every rise, ≥ 0.
        likely: (P,) and (P,), numbers x and y of pairs that are likely to rise steeply, where some are known.
    """

    start: np.ndarray
    start_values: np.ndarray
    end: np.ndarray
    end_values: np.ndarray
    rounding: float = 0.0
    likely: tuple[np.ndarray, np.ndarray] | None = None

    def steepest(self) -> float:
        """Max (f(y) − f(x) − rounding) / ‖x − y‖ over x ≠ y, at least 0.

        Exact for up to half a million pairs. Beyond that some pair has the quotient k that is returned, and no pair
        rises by more than k‖x − y‖ + rounding and what a value and k‖x − y‖ are rounded by.
        """
        if len(self.start) * len(self.end) <= _EVERY_PAIR:
            return self._steepest_of_all()
        steepest = self._first_guess()
        left = np.arange(len(self.start))
        while len(left):
            partners, heights = self._partners(left, steepest)
            # of others no pair has a larger quotient, now or for a larger constant
            open_ = heights - self.start_values[left] - self.rounding > -0.5 * self.rounding
            left, partners = left[open_], partners[open_]
            found = float(self._quotients(left, partners).max(initial=0.0))
            if found <= steepest:
                break
            steepest = found
        return steepest

    def _steepest_of_all(self) -> float:
        steepest = 0.0
        for rows in row_blocks(len(self.start), len(self.end)):
            distance = cdist(self.start[rows], self.end)
            rise = self.end_values - self.start_values[rows][:, None] - self.rounding
            ratio = np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0)
            steepest = max(steepest, float(ratio.max(initial=0.0)))
        return steepest

    def _first_guess(self) -> float:
        """The largest quotient to a nearest point, from the lowest value to all and from all to the highest.

        And of the pairs that are likely, which saves a look at all points where one of them is the steepest.
        """
        every = np.arange(len(self.start))
        pairs = [
            *([] if self.likely is None else [self.likely]),
            (every, np.full(len(every), self.end_values.argmax())),
            (np.full(len(self.end), self.start_values.argmin()), np.arange(len(self.end))),
        ]
        if self.start.shape[1] <= _FEW_COORDINATES:
            count = min(4, len(self.end))  # of which some may be the point itself
            nearest = KDTree(self.end).query(self.start, k=count)[1].reshape(len(every), count)
            pairs += [(every, column) for column in nearest.T]
        return max(0.0, *(float(self._quotients(*pair).max(initial=0.0)) for pair in pairs))

    def _partners(self, rows: np.ndarray, constant: float) -> tuple[np.ndarray, np.ndarray]:
        """For some x, the y with the largest f(y) − k‖x − y‖, and that number."""
        cones, points = Cones(self.end, self.end_values, constant), self.start[rows]
        partners, heights = np.zeros(len(rows), dtype=np.intp), np.zeros(len(rows))
        for short in cones.shortlists(points):
            over, _ = cones.over(points, short)
            best = over.argmax(axis=1)
            partners[short.rows], heights[short.rows] = short.pick(best), over[np.arange(len(best)), best]
        return partners, heights

    def _quotients(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        distance = np.linalg.norm(self.start[rows] - self.end[columns], axis=1)
        rise = self.end_values[columns] - self.start_values[rows] - self.rounding
        return np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0)


def steepest_chord(points: np.ndarray, values: np.ndarray) -> float:
    """Max |f(w) − f(z)| / ‖w − z‖ over all pairs of different points: the Lipschitz constant on them."""
    return Rises(start=points, start_values=values, end=points, end_values=values).steepest()


def tabulated(points: np.ndarray, values: np.ndarray) -> LowerExtension:
    """The lower extension of values at points, with the smallest constant that keeps them all.

    Args:
        points: (N, d); coinciding points must carry equal values.
        values: (N,).
    """
    points, values = np.asarray(points, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if points.ndim != 2 or values.shape != (len(points),):
        raise InputError(f"need points (N, d) and values (N,), got {points.shape} and {values.shape}.")
    return LowerExtension(points, values, steepest_chord(points, values))
