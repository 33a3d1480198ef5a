"""Which pairs a critic violates, of all pairs: by tiles, in float32 as far as that decides, without all distances.

Both clouds are in the order of a kd-tree, and a tile is a block of fakes times a block of reals. The slacks
k d + u − v of a tile are found in float32; pairs within its rounding of 0 are looked at again in float64. What is
known of the least slack of a tile goes on from one scan to the next: it has fallen by no more than the values of its
points have moved, so that late scans look at few tiles, in any dimension. Tiles of which nothing is known are looked
at only where a bound by projections (`tile_bounds`) leaves them open.

The pairs that a point violates most lie side by side, and one of them stands for the others: of the pairs of a point
with a cell of neighbours only the most violated one is taken. With two for a point instead of four, 9 rounds do for
15 at 30,000 points.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from toylab.solvers.multiscale.coarse_cones import CoarseCones
from toylab.solvers.multiscale.coarsening import kd_order
from toylab.solvers.multiscale.refinement import smallest_apart
from toylab.solvers.multiscale.tile_bounds import CriticBounds, TileBounds

#: Fakes and reals of a tile, and reals that are looked at together.
_ROWS, _COLUMNS, _TOGETHER = 64, 64, 4096
#: Neighbours of a cell, of which a point is paired with one at a time; tiles consist of whole cells.
_CELL = 16
#: Pairs for each point of a block from which on only the most violated ones of every point are taken.
_MANY = 8
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Critic:
    """The values of a critic on two clouds.

    Attributes:
        fakes: (g, d), points.
        reals: (r, d), points.
        u: (g,), values at the fakes.
        v: (r,), values at the reals.
        k: the constant.
    """

    fakes: np.ndarray
    reals: np.ndarray
    u: np.ndarray
    v: np.ndarray
    k: float

    def slack(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """K d + u − v of these pairs."""
        step = self.fakes[rows] - self.reals[columns]
        return self.k * np.sqrt(np.einsum("ij,ij->i", step, step)) + self.u[rows] - self.v[columns]


@dataclass(frozen=True, eq=False)
class Violations:
    """What was found.

    Attributes:
        rows: (V,), fakes of the most violated pairs.
        columns: (V,), their reals.
        least: (g,), the value every fake point must have at least.
    """

    rows: np.ndarray
    columns: np.ndarray
    least: np.ndarray


class Pricing:
    """Scans of all pairs of two clouds for one critic after another."""

    def __init__(self, fakes: np.ndarray, reals: np.ndarray) -> None:
        """Lay out tiles.

        Args:
            fakes: (g, d), points.
            reals: (r, d), points.
        """
        self._rows, self._columns = kd_order(fakes), kd_order(reals)
        self._cells = _cells(self._rows), _cells(self._columns)
        self._fakes, self._reals = fakes[self._rows], reals[self._columns]
        self._starts = np.arange(0, len(fakes), _ROWS), np.arange(0, len(reals), _COLUMNS)
        #: (tiles of rows, tiles of columns), no more than the least slack of each, for the values of the last scan.
        self._least = np.full([len(starts) for starts in self._starts], -np.inf)
        self._bounds = TileBounds(self._fakes, self._reals, _ROWS, _COLUMNS)
        self._farthest: np.ndarray | None = None
        self._last: Critic | None = None

    def scan(self, critic: Critic, count: int) -> Violations:
        """The most violated pairs, k d + u − v < 0, of every row and every column.

        Args:
            critic: values and constant.
            count: pairs of each row and column at most, each with another cell.
        """
        self._go_on(critic)
        values = critic.u[self._rows], critic.v[self._columns]
        sieve = _Sieve(self._fakes, self._reals, *values, critic.k, self._bounds.of(*values, critic.k))
        pairs = [
            sieve.violated(int(start), least, count) for start, least in zip(self._starts[0], self._least, strict=True)
        ]
        rows = self._rows[np.concatenate([each[0] for each in pairs])]
        columns = self._columns[np.concatenate([each[1] for each in pairs])]
        slack = critic.slack(rows, columns)
        bad = slack < 0
        rows, columns, slack = rows[bad], columns[bad], slack[bad]
        least = critic.u.copy()
        np.maximum.at(least, rows, critic.u[rows] - slack)
        kept = smallest_apart(rows, self._cells[1][columns], slack, count)
        kept |= smallest_apart(columns, self._cells[0][rows], slack, count)
        return Violations(rows[kept], columns[kept], least)

    def _go_on(self, critic: Critic) -> None:
        """Lower what is known of the least slacks by what the values have moved since the last scan."""
        last, self._last = self._last, critic
        if last is None:
            return
        up = np.minimum.reduceat((critic.u - last.u)[self._rows], self._starts[0])
        down = np.maximum.reduceat((critic.v - last.v)[self._columns], self._starts[1])
        size = max(float(np.abs(each).max(initial=0.0)) for each in (critic.u, critic.v, last.u, last.v))
        self._least += up[:, None] - down - 8.0 * _EPS * size
        if critic.k < last.k:
            if self._farthest is None:
                self._farthest = _farthest((self._fakes, self._reals), self._starts)
            self._least -= (last.k - critic.k) * self._farthest


class _Sieve:
    """One critic over tiles: coarse heights v − k d − u, positive where a pair is violated."""

    def __init__(  # noqa: PLR0917 - a critic on two clouds
        self, fakes: np.ndarray, reals: np.ndarray, u: np.ndarray, v: np.ndarray, k: float, bounds: CriticBounds
    ) -> None:
        self._critic = fakes, u, reals, v, k
        self._bounds, self._coarse = bounds, [CoarseCones(*self._critic)]

    def violated(self, start: int, least: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a block of rows that may be violated, the most violated of every point among them.

        Args:
            start: the first row.
            least: (tiles of columns,), no more than the least slack of each; those that are looked at are updated.
            count: pairs of each row and column that are wanted at least, where so many are violated.
        """
        rows = slice(start, min(start + _ROWS, len(self._critic[0])))
        found = [(np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp))]
        open_ = np.flatnonzero(~(least > 0.0))  # what is not known is looked at
        least[open_] = np.fmax(least[open_], self._bounds.least(start // _ROWS, open_))
        open_ = open_[~(least[open_] > 0.0)]
        for first in range(0, len(open_), _TOGETHER // _COLUMNS):
            tiles = open_[first : first + _TOGETHER // _COLUMNS]
            columns = (tiles[:, None] * _COLUMNS + np.arange(_COLUMNS)).ravel()
            columns = columns[: np.searchsorted(columns, len(self._critic[2]))]
            at, picked, highest = self._of_block(rows, columns, count)
            least[tiles] = -np.maximum.reduceat(highest, np.arange(0, len(columns), _COLUMNS))
            found.append((start + at, columns[picked]))
        return np.concatenate([pairs[0] for pairs in found]), np.concatenate([pairs[1] for pairs in found])

    def _of_block(self, rows: slice, columns: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places of the pairs that may be violated, and an upper bound of v − k d − u for every column, (C,)."""
        for coarse in self._precisions():
            over = coarse.block(rows, columns)
            highest = over.max(axis=0)
            some = np.flatnonzero(highest >= -coarse.rounding)
            among = over if len(some) == len(columns) else over[:, some]
            wanted = among >= -coarse.rounding
            if np.count_nonzero(wanted) > sum(over.shape):
                wanted &= _peaks(among, columns[some] // _CELL, count, 2.0 * coarse.rounding)
            at, picked = np.divmod(np.flatnonzero(wanted), max(len(some), 1))
            bound = (highest.astype(np.float64) + coarse.rounding) * coarse.unit
            if len(at) <= _MANY * sum(over.shape):
                return at, some[picked], bound
        at, picked = _highest(among, count)
        return at, some[picked], bound

    def _precisions(self) -> Iterator[CoarseCones]:
        """As coarse as will do first; in float64 where that leaves too much undecided."""
        yield self._coarse[0]
        if self._coarse[0].single:
            if len(self._coarse) == 1:
                self._coarse.append(CoarseCones(*self._critic, single=False))
            yield self._coarse[1]


def _cells(order: np.ndarray) -> np.ndarray:
    """The cell of every point, (n,), of points in this order."""
    cell = np.empty(len(order), dtype=np.intp)
    cell[order] = np.arange(len(order)) // _CELL
    return cell


def _peaks(over: np.ndarray, cells: np.ndarray, count: int, rounding: float) -> np.ndarray:
    """Mask of the entries that may be the highest of their row in one of its `count` highest cells, or of their column.

    Args:
        over: (R, C), rows from the beginning of a cell on.
        cells: (C,), of the columns, ascending.
        count: cells of every row and column that are wanted.
        rounding: what two entries are known to.
    """
    mask = np.zeros(over.shape, dtype=bool)
    for axis, groups in ((0, np.arange(len(over)) // _CELL), (1, cells)):
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        highest = np.maximum.reduceat(over, starts, axis=axis)
        if len(starts) > count:
            enough = np.partition(highest, -count, axis=axis).take([-count], axis=axis)
            highest[highest < enough - rounding] = np.inf
        mask |= over >= np.repeat(highest - rounding, np.diff(starts, append=len(groups)), axis=axis)
    return mask


def _highest(over: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the `count` highest entries of every row and of every column."""
    mask = np.zeros(over.shape, dtype=bool)
    for axis in (0, 1):
        few = min(count, over.shape[axis])
        highest = np.argpartition(over, -few, axis=axis).take(np.arange(-few, 0), axis=axis)
        np.put_along_axis(mask, highest, True, axis=axis)
    at, picked = np.divmod(np.flatnonzero(mask), over.shape[1])
    return at, picked


def _farthest(clouds: tuple[np.ndarray, np.ndarray], starts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """An upper bound of the distances of every tile: between the centres of its boxes, and half their diagonals."""
    centres, radii = [], []
    for points, begin in zip(clouds, starts, strict=True):
        low, high = np.minimum.reduceat(points, begin), np.maximum.reduceat(points, begin)
        centres.append(0.5 * (low + high))
        radii.append(0.5 * np.linalg.norm(high - low, axis=1))
    return cdist(*centres) + radii[0][:, None] + radii[1]
