"""Which pairs a critic violates, of all pairs: by tiles, in float32 as far as that decides, without all distances.

Both clouds are in the order of a kd-tree, and a tile is a block of fakes times a block of reals. The slacks
k d + u − v of a tile are found in float32; pairs within its rounding of 0 are looked at again in float64. What is
known of the least slack of a tile goes on from one scan to the next: it has fallen by no more than the values of its
points have moved, so that late scans look at few tiles, in any dimension.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from toylab.solvers.multiscale.coarsening import kd_order
from toylab.solvers.multiscale.refinement import smallest

#: Fakes and reals of a tile, and reals that are looked at together.
_ROWS, _COLUMNS, _TOGETHER = 64, 64, 4096
#: Coordinates up to which distances are sums of squares in float32.
_FEW_COORDINATES = 8
#: Pairs for each point of a block from which on only the most violated ones of every point are taken.
_MANY = 8


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


def scan(critic: Critic, count: int) -> Violations:
    """One scan of all pairs; see `Pricing.scan`."""
    return Pricing(critic.fakes, critic.reals).scan(critic, count)


class Pricing:
    """Scans of all pairs of two clouds for one critic after another."""

    def __init__(self, fakes: np.ndarray, reals: np.ndarray) -> None:
        """Lay out tiles.

        Args:
            fakes: (g, d), points.
            reals: (r, d), points.
        """
        self._rows, self._columns = kd_order(fakes), kd_order(reals)
        self._fakes, self._reals = fakes[self._rows], reals[self._columns]
        self._row_starts = np.arange(0, len(fakes), _ROWS)
        self._column_starts = np.arange(0, len(reals), _COLUMNS)
        low = np.minimum(fakes.min(axis=0), reals.min(axis=0))
        high = np.maximum(fakes.max(axis=0), reals.max(axis=0))
        self._centre, self._reach = 0.5 * (low + high), float(np.linalg.norm(high - low))
        #: (tiles of rows, tiles of columns), no more than the least slack of each, for the values of the last scan.
        self._least = np.full((len(self._row_starts), len(self._column_starts)), -np.inf)
        self._farthest: np.ndarray | None = None
        self._last: Critic | None = None

    def scan(self, critic: Critic, count: int) -> Violations:
        """The most violated pairs, k d + u − v < 0, of every row and every column.

        Args:
            critic: values and constant.
            count: pairs of each row and column at most.
        """
        self._go_on(critic)
        found = _Sieve(critic, self._fakes, self._reals, self._rows, self._columns, self._centre, self._reach)
        pairs = [found.violated(tile, start, self._least[tile], count) for tile, start in enumerate(self._row_starts)]
        rows, columns = (self._rows[np.concatenate([p[0] for p in pairs])], np.concatenate([p[1] for p in pairs]))
        columns = self._columns[columns]
        slack = critic.slack(rows, columns)
        bad = slack < 0
        rows, columns, slack = rows[bad], columns[bad], slack[bad]
        least = critic.u.copy()
        np.maximum.at(least, rows, critic.u[rows] - slack)
        kept = smallest(rows, slack, count) | smallest(columns, slack, count)
        return Violations(rows[kept], columns[kept], least)

    def _go_on(self, critic: Critic) -> None:
        """Lower what is known of the least slacks by what the values have moved since the last scan."""
        last, self._last = self._last, critic
        if last is None:
            return
        up = np.minimum.reduceat((critic.u - last.u)[self._rows], self._row_starts)
        down = np.maximum.reduceat((critic.v - last.v)[self._columns], self._column_starts)
        self._least += up[:, None] - down
        if critic.k < last.k:
            if self._farthest is None:
                self._farthest = _farthest(self._fakes, self._row_starts, self._reals, self._column_starts)
            self._least -= (last.k - critic.k) * self._farthest


class _Sieve:
    """One critic in tiles, in units in which values and distances are about 1."""

    def __init__(  # noqa: PLR0917 - two clouds in two orders
        self,
        critic: Critic,
        fakes: np.ndarray,
        reals: np.ndarray,
        rows: np.ndarray,
        columns: np.ndarray,
        centre: np.ndarray,
        reach: float,
    ) -> None:
        level = 0.5 * (min(critic.u.min(), critic.v.min()) + max(critic.u.max(), critic.v.max()))
        u, v = critic.u[rows] - level, critic.v[columns] - level
        self._unit = float(max(np.abs(u).max(), np.abs(v).max()) + critic.k * reach) or 1.0
        self._points = (fakes - centre) * (critic.k / self._unit), (reals - centre) * (critic.k / self._unit)
        self._values = u / self._unit, v / self._unit
        dimension = fakes.shape[1]
        self._single = dimension <= _FEW_COORDINATES
        # coordinates and values are rounded, so are a sum of d squares, its root and two differences
        self._margins = {t: (16.0 + 4.0 * dimension) * float(np.finfo(t).eps) for t in (np.float32, np.float64)}
        if self._single:
            self._x, self._y = (np.ascontiguousarray(points.T, dtype=np.float32) for points in self._points)
            self._u, self._v = (values.astype(np.float32) for values in self._values)
            self._work = np.empty((2, _ROWS * _TOGETHER), dtype=np.float32)

    def violated(self, tile: int, start: int, least: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Pairs of a block of rows that may be violated, in the order of the tiles; their least slacks are noted."""
        end = min(start + _ROWS, len(self._values[0]))
        found_rows, found_columns = [], []
        open_ = np.flatnonzero(least <= 0.0)
        for first in range(0, len(open_), _TOGETHER // _COLUMNS):
            tiles = open_[first : first + _TOGETHER // _COLUMNS]
            columns = (tiles[:, None] * _COLUMNS + np.arange(_COLUMNS)).ravel()
            columns = columns[: np.searchsorted(columns, len(self._values[1]))]
            rows, picked, lowest = self._of_block(slice(start, end), columns, count)
            least[tiles] = self._unit * np.minimum.reduceat(lowest, np.arange(0, len(columns), _COLUMNS))
            found_rows.append(start + rows)
            found_columns.append(columns[picked])
        if not found_rows:
            return np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
        return np.concatenate(found_rows), np.concatenate(found_columns)

    def _of_block(
        self, rows: slice, columns: np.ndarray, count: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places of the pairs that may be violated, and a lower bound of the least slack of every column, (C,)."""
        most = _MANY * (rows.stop - rows.start + len(columns))
        for single in (True, False) if self._single else (False,):
            slack = self._slacks_single(rows, columns) if single else self._slacks(rows, columns)
            margin = self._margins[np.float32 if single else np.float64]
            lowest = slack.min(axis=0)
            some = np.flatnonzero(lowest <= margin)
            among = slack if len(some) == len(columns) else slack[:, some]
            at, picked = np.nonzero(among <= margin)
            if len(at) <= most:
                return at, some[picked], lowest - margin
        at, picked = _worst(among, count)
        return at, some[picked], lowest - margin

    def _slacks_single(self, rows: slice, columns: np.ndarray) -> np.ndarray:
        """K d + u − v of a block in float32."""
        shape = rows.stop - rows.start, len(columns)
        total, other = (work[: shape[0] * shape[1]].reshape(shape) for work in self._work)
        for number, (x, y) in enumerate(zip(self._x, self._y, strict=True)):
            square = other if number else total
            np.subtract(x[rows, None], y[columns], out=square)
            np.multiply(square, square, out=square)
            if number:
                np.add(total, other, out=total)
        np.sqrt(total, out=total)
        np.subtract(total, self._v[columns], out=total)
        return np.add(total, self._u[rows, None], out=total)

    def _slacks(self, rows: slice, columns: np.ndarray) -> np.ndarray:
        """The same in float64."""
        (x, y), (u, v) = self._points, self._values
        return cdist(x[rows], y[columns]) + u[rows, None] - v[columns]


def _worst(slack: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Places of the `count` least entries of every row and of every column."""
    mask = np.zeros(slack.shape, dtype=bool)
    for axis in (0, 1):
        few = min(count, slack.shape[axis])
        least = np.argpartition(slack, few - 1, axis=axis).take(np.arange(few), axis=axis)
        np.put_along_axis(mask, least, True, axis=axis)
    return np.nonzero(mask)


def _farthest(
    fakes: np.ndarray, row_starts: np.ndarray, reals: np.ndarray, column_starts: np.ndarray
) -> np.ndarray:
    """An upper bound of the distances of every tile: between the centres of its boxes, and half their diagonals."""
    boxes = []
    for points, starts in ((fakes, row_starts), (reals, column_starts)):
        low, high = np.minimum.reduceat(points, starts), np.maximum.reduceat(points, starts)
        boxes.append((0.5 * (low + high), 0.5 * np.linalg.norm(high - low, axis=1)))
    (first, near), (second, far) = boxes
    return cdist(first, second) + near[:, None] + far
