"""Measures on a straight line, in any dimension: positions along it, and transport plans by sorting.

On a line an optimal transport plan never crosses itself: the mass that lies furthest to the left goes to where mass is
wanted furthest to the left (the monotone coupling, or north-west corner of the sorted masses).

Source: Santambrogio (2015), Optimal Transport for Applied Mathematicians, section 2.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from toylab.errors import InputError
from toylab.problem import CriticProblem
from toylab.support import Support

_EPS = float(np.finfo(np.float64).eps)
#: Points may lie off their line by this many roundings of their largest coordinate.
_ROUNDINGS = 16.0


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
        """How far points on the line may seem to lie off it."""
        return _ROUNDINGS * _EPS * float(np.sqrt(self.points.shape[1]) * np.abs(self.points).max())

    @property
    def holds_all(self) -> bool:
        """Whether all points lie on the line, up to rounding."""
        return bool((self.distances <= self.rounding).all())


def is_collinear(problem: CriticProblem) -> bool:
    """Whether all points with mass lie on one line, up to the rounding of their coordinates."""
    support = problem.support
    if support.points.shape[1] == 1:
        return True
    points = support.points[support.in_fake | support.in_real]
    return Line.through(points[:8]).holds_all and Line.through(points).holds_all  # most are refused by a few points


def check_collinear(problem: CriticProblem, who: str) -> None:
    """Raise InputError, which names the point furthest off the line, unless all points with mass lie on one."""
    support = problem.support
    carried = np.flatnonzero(support.in_fake | support.in_real)
    line = Line.through(support.points[carried])
    if line.holds_all:
        return
    worst = int(line.distances.argmax())
    owner = carried[worst]
    side, owners = ("fake", support.fake_owner) if support.in_fake[owner] else ("real", support.real_owner)
    raise InputError(
        f"{who} is for points on one line, and {side} point {int(np.flatnonzero(owners == owner)[0])} at "
        f"{support.points[owner].tolist()} lies {line.distances[worst]:.3g} off the line through "
        f"{line.origin.tolist()} in the direction {np.round(line.direction, 6).tolist()}; leave the solver out."
    )


def monotone_plan(
    support: Support, positions: np.ndarray, supply: np.ndarray, demand: np.ndarray
) -> sparse.csr_array:
    """The optimal plan between masses on a line, (N, N) with at most as many entries as points.

    Args:
        support: the merged points.
        positions: (N,), along the line.
        supply: (N,), mass that is to leave a point, ≥ 0.
        demand: (N,), mass that is to arrive, ≥ 0; what one total has more than the other is not moved.
    """
    order = np.argsort(positions, kind="stable")
    sources, sinks = order[supply[order] > 0], order[demand[order] > 0]
    size = len(support.points)
    if not (len(sources) and len(sinks)):
        return sparse.csr_array((size, size))
    left, arrived = cumulated(supply[sources]), cumulated(demand[sinks])
    ends = np.union1d(left, arrived)
    ends = ends[ends <= min(left[-1], arrived[-1])]
    rows = sources[np.minimum(np.searchsorted(left, ends), len(sources) - 1)]
    columns = sinks[np.minimum(np.searchsorted(arrived, ends), len(sinks) - 1)]
    mass = np.diff(ends, prepend=ends.dtype.type(0)).astype(np.float64)
    return sparse.coo_array((mass, (rows, columns)), shape=(size, size)).tocsr()


def cumulated(masses: np.ndarray) -> np.ndarray:
    """Sums of the first masses, in extended precision where the machine has it."""
    return np.cumsum(masses, dtype=np.longdouble)
