"""Which cones can be the highest over which points: maxima of many cones without looking at every pair.

Given centres w with heights g(w) and a slope k ≥ 0, the maximum max_w g(w) − k‖z − w‖ is wanted at many points z. They
are split into ever smaller balls. Of a ball of radius ρ around c, with b the centre whose cone is the highest over c,
only those centres w are handed on to its parts that

    g(w) − k‖c − w‖  ≥  g(b) − k‖c − b‖ − k t − margin,

where t bounds the change of ‖z − b‖ − ‖z − w‖ over the ball: 2ρ at most, and ρ‖u_b − u_w‖ + ½ρ² (1/(‖c − b‖ − ρ) +
1/(‖c − w‖ − ρ)) where both centres lie outside, u the unit vectors from c to them (a distance D from the point has
second derivatives of at most 1/D). Centres that lie under the cone of b are dropped, too: its cone is higher
everywhere. Where all centres and points lie on one line, running maxima from both ends do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.spatial.distance import cdist

from toylab.critics.base import row_blocks
from toylab.straight_line import line_of

_EPS = float(np.finfo(np.float64).eps)
#: (Points) × (centres) up to which every pair is looked at.
_EVERY_PAIR = 2**19
#: The same inside a ball: below it the arithmetic costs less than another split.
_SMALL_BALL = 2**17
#: Points by which most clouds are told from a line.
_FEW = 4
#: Balls of fewer points are not split.
_FEWEST_POINTS = 32


class Shortlist(NamedTuple):
    """Some points with all centres that matter to them.

    Attributes:
        rows: indices (R,) of points, or a slice.
        centres: indices (C,) of centres, ascending, or a slice; (R, C) where every point has a list of its own.
    """

    rows: np.ndarray | slice
    centres: np.ndarray | slice

    def pick(self, columns: np.ndarray) -> np.ndarray:
        """The centre (R,) in a column (R,) of the list of every point."""
        if isinstance(self.centres, slice):
            return columns
        return self.centres[columns] if self.centres.ndim == 1 else self.centres[np.arange(len(columns)), columns]


@dataclass(frozen=True, eq=False)
class Cones:
    """The functions z ↦ g(w) − k‖z − w‖.

    Attributes:
        centres: (N, d), w.
        heights: (N,), g(w).
        slope: k ≥ 0.
    """

    centres: np.ndarray
    heights: np.ndarray
    slope: float

    def rounding(self, z: np.ndarray) -> float:
        """What a computed g(w) − k‖z − w‖ may be off by, at any of the points z."""
        if not (len(z) and len(self.centres)):
            return 0.0
        low = np.minimum(z.min(axis=0), self.centres.min(axis=0))
        reach = float(np.linalg.norm(np.maximum(z.max(axis=0), self.centres.max(axis=0)) - low))
        # a sum of d squares in any order, its root, a product and a difference
        return (8.0 + z.shape[1]) * _EPS * (float(np.abs(self.heights).max()) + self.slope * reach)

    def over(self, z: np.ndarray, short: Shortlist) -> tuple[np.ndarray, np.ndarray]:
        """Cones over the points of a shortlist, and how far each lies below its apex, (R, C) both."""
        points, centres = z[short.rows], self.centres[short.centres]
        own = centres.ndim == 3  # a list for every point
        below = np.linalg.norm(points[:, None] - centres, axis=2) if own else cdist(points, centres)
        below *= self.slope
        return self.heights[short.centres] - below, below

    def shortlists(self, z: np.ndarray, *, margin: float = 0.0, ties: bool = True) -> Iterator[Shortlist]:
        """Every point once, with all centres that may be the highest over it.

        Args:
            z: (M, d), points.
            margin: cones that come so near to the highest one matter as well.
            ties: leave out centres that the cone of another one in the list passes through, up to `rounding`. The
                maximum of what is left is at most twice the rounding too low, and points in the same direction.
        """
        everything = len(z) * len(self.centres) <= _EVERY_PAIR or not np.isfinite(self.slope)
        if not everything and ties and (line := line_of(np.concatenate([z[:_FEW], self.centres, z]))) is not None:
            yield from self._along(line.positions[len(z[:_FEW]) :])
            return
        if everything:
            for rows in row_blocks(len(z), len(self.centres)):
                yield Shortlist(rows, slice(None))
            return
        slack, none = self.rounding(z), np.zeros(0, dtype=np.intp)
        balls = [(np.arange(len(z)), np.arange(len(self.centres)), none)]
        while balls:
            rows, centres, kept = balls.pop()
            ball, points = None, z[:0]
            if len(rows) * len(centres) > _SMALL_BALL and len(rows) > _FEWEST_POINTS:
                points = z[rows]
                ball = _Ball.around(points)
                centres, kept = self._matter(ball, centres, kept, margin + 4.0 * slack, slack if ties else None)
            if ball is None or ball.radius == 0:
                for block in row_blocks(len(rows), len(centres)):
                    yield Shortlist(rows[block], centres)
                continue
            first, second = ball.halves(points)
            balls += [(rows[second], centres, kept), (rows[first], centres, kept)]

    def _along(self, positions: np.ndarray) -> Iterator[Shortlist]:
        """The highest cone from the left and from the right of every point, with and without its own.

        Args:
            positions: (N + M,), of centres and points along the line that all of them lie on.
        """
        where, here = positions[: len(self.centres)], positions[len(self.centres) :]
        order = np.argsort(where, kind="stable")
        where, heights = where[order], self.heights[order]
        level = self.slope * (where - 0.5 * (where[0] + where[-1]))
        numbers = np.arange(len(where))
        rising, falling = heights + level, (heights - level)[::-1]
        best_left = np.maximum.accumulate(np.where(rising >= np.maximum.accumulate(rising), numbers, 0))
        best_right = np.maximum.accumulate(np.where(falling >= np.maximum.accumulate(falling), numbers, 0))[::-1]
        best_right = len(where) - 1 - best_right
        before, after = np.searchsorted(where, here, side="left"), np.searchsorted(where, here, side="right")
        last = len(where) - 1
        columns = [
            np.where(before > 0, best_left[np.maximum(before - 1, 0)], best_right[0]),
            np.where(after > 0, best_left[np.maximum(after - 1, 0)], best_right[0]),
            np.where(before <= last, best_right[np.minimum(before, last)], best_left[last]),
            np.where(after <= last, best_right[np.minimum(after, last)], best_left[last]),
        ]
        lists = np.sort(order[np.stack(columns, axis=1)], axis=1)
        for rows in row_blocks(len(here), lists.shape[1] * self.centres.shape[1]):
            yield Shortlist(rows, lists[rows])

    def _matter(
        self, ball: _Ball, centres: np.ndarray, kept: np.ndarray, margin: float, tie: float | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The centres that matter in a ball; those in `kept` have others left out for them and stay for that."""
        where, heights = self.centres[centres], self.heights[centres]
        distance = cdist(ball.centre[None], where)[0]
        cones = heights - self.slope * distance
        # of those that are the highest over c up to rounding, the one that others lie under
        best = int(np.where(cones >= cones.max() - (tie or 0.0), heights, -np.inf).argmax())
        apart = cdist(where[best][None], where)[0]
        change = _largest_change(ball.radius, distance, distance[best], apart)
        matter = cones >= cones[best] - self.slope * change - margin
        under = heights - (heights[best] - self.slope * apart)
        free = under >= (-margin if tie is None else tie)
        free[best] = True
        if tie is not None:
            if len(kept):
                place = np.minimum(np.searchsorted(centres, kept), len(centres) - 1)
                free[place[centres[place] == kept]] = True
            if not free.all():
                kept = np.append(kept, centres[best])
        return centres[matter & free], kept


def _largest_change(radius: float, distance: np.ndarray, other: float, apart: np.ndarray) -> np.ndarray:
    """How much ‖z − b‖ − ‖z − w‖ can change over a ball, (C,).

    Args:
        radius: of the ball.
        distance: (C,), ‖c − w‖ from its centre.
        other: ‖c − b‖.
        apart: (C,), ‖b − w‖.
    """
    outside = np.minimum(distance, other) > radius
    far, near = np.where(outside, distance, 2.0 * radius + 1.0), other if other > radius else 2.0 * radius + 1.0
    # ‖u_b − u_w‖² = (‖b − w‖² − (‖c − b‖ − ‖c − w‖)²) / (‖c − b‖ ‖c − w‖), with what distances may be rounded by
    step = np.abs(distance - other)
    short = np.maximum(apart - step, 0.0) + 64.0 * _EPS * (distance + other)
    turn = np.sqrt(short * (apart + step) / (far * near))
    bend = 0.5 * radius * (1.0 / (far - radius) + 1.0 / (near - radius))
    return radius * np.where(outside, np.minimum(turn + bend, 2.0), 2.0)


class _Ball(NamedTuple):
    """A ball that holds some points.

    Attributes:
        centre: (d,).
        radius: rounded up.
        widest: the coordinate in which the points spread most.
    """

    centre: np.ndarray
    radius: float
    widest: int

    @classmethod
    def around(cls, points: np.ndarray) -> _Ball:
        low = np.array([column.min() for column in points.T])  # of few coordinates, much faster than along the axis
        high = np.array([column.max() for column in points.T])
        centre = low + 0.5 * (high - low)
        radius = float(cdist(centre[None], points).max()) * (1.0 + (8.0 + len(centre)) * _EPS)
        return cls(centre, radius, int((high - low).argmax()))

    def halves(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Indices of the points in the lower and in the upper half of the widest coordinate."""
        order = points[:, self.widest].argpartition(len(points) // 2)
        return order[: len(points) // 2], order[len(points) // 2 :]


def nearest(points: np.ndarray, z: np.ndarray) -> np.ndarray:
    """(M,), the number of the nearest of the points (N, d) to every z (M, d); the first one of equally near ones."""
    cones = Cones(points, np.zeros(len(points)), 1.0)  # of which the nearest point's is the highest
    result = np.zeros(len(z), dtype=np.intp)
    for short in cones.shortlists(z, ties=False):
        result[short.rows] = short.pick(cones.over(z, short)[0].argmax(axis=1))
    return result
