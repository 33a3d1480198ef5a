"""The straight line through points of any dimension, and whether they lie on it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

_EPS = float(np.finfo(np.float64).eps)
#: Points may lie off their line by this many roundings of their largest coordinate.
_ROUNDINGS = 16.0
#: Share of the extent from which on a distance off the line is one.
_SEEN = 1e-9
#: Most clouds are told from a line by this many points.
_FEW = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class Line:
    """The line through two points that lie as far apart as the first is from any.

    Attributes:
        points: (m, d), those it is to go through.
        origin: (d,), the first of them.
        direction: (d,), of length 1; its first coordinate that is not 0 is positive.
    """

    points: np.ndarray
    origin: np.ndarray
    direction: np.ndarray

    @classmethod
    def through(cls, points: np.ndarray) -> Line:
        """The line through the first point (of one or more) and the one farthest from it."""
        steps = points - points[0]
        farthest = steps[np.einsum("md,md->m", steps, steps).argmax()]
        length = float(np.linalg.norm(farthest))
        direction = farthest / length if length > 0 else np.eye(points.shape[1])[0]
        sign = np.sign(direction[np.flatnonzero(direction)[0]])
        return cls(points=points, origin=points[0], direction=sign * direction)

    @cached_property
    def positions(self) -> np.ndarray:
        """(m,), where the points lie along the line; their only coordinate where they have one."""
        if self.points.shape[1] == 1:
            return self.points[:, 0]
        return (self.points - self.origin) @ self.direction

    @cached_property
    def distances(self) -> np.ndarray:
        """(m,), how far the points lie off the line."""
        if self.points.shape[1] == 1:
            return np.zeros(len(self.points))
        return np.linalg.norm(self.points - self.origin - self.positions[:, None] * self.direction, axis=1)

    @property
    def rounding(self) -> float:
        """How far points on the line may seem to lie off it; never a share of their extent that would be seen."""
        coordinates = _ROUNDINGS * _EPS * float(np.sqrt(self.points.shape[1]) * np.abs(self.points).max())
        return min(coordinates, _SEEN * float(np.ptp(self.positions)))

    @property
    def holds_all(self) -> bool:
        """Whether all points lie on the line, up to rounding."""
        return bool((self.distances <= self.rounding).all())


def line_of(points: np.ndarray) -> Line | None:
    """The line that all points (m, d) lie on, up to the rounding of their coordinates; None where there is none."""
    if not len(points) or (points.shape[1] > 1 and not Line.through(points[:_FEW]).holds_all):
        return None
    line = Line.through(points)
    return line if line.holds_all else None
