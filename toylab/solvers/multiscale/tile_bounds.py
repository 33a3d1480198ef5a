"""Lower bounds of the slacks of whole tiles of pairs, from projections instead of distances.

For every unit vector e and all x, y the distance is at least e·(y − x), so that over a tile A × B

    min k‖x − y‖ + u(x) − v(y)  ≥  min_A (u(x) − k e·x) + min_B (k e·y − v(y)),

|A| + |B| numbers in place of |A| |B|. With e along the line that joins the centres of A and B both sides differ by
what the tile's own size is worth, and most tiles of a critic that is not tight everywhere are known to hold nothing.
"""

from __future__ import annotations

import numpy as np

_EPS = float(np.finfo(np.float64).eps)


class TileBounds:
    """Tiles of two clouds: blocks of fakes times blocks of reals."""

    def __init__(self, fakes: np.ndarray, reals: np.ndarray, rows: int, columns: int) -> None:
        """Lay out tiles.

        Args:
            fakes: (g, d), points, neighbours next to each other.
            reals: (r, d), points, likewise.
            rows: fakes of a tile.
            columns: reals of a tile.
        """
        middle = 0.5 * (reals.min(axis=0) + reals.max(axis=0))
        self._fakes, self._reals = _blocks(fakes - middle, rows), _blocks(reals - middle, columns)
        self._centres = self._fakes.mean(axis=1), self._reals.mean(axis=1)
        self._rows, self._columns = rows, columns
        self._reach = max(float(np.linalg.norm(each, axis=2).max()) for each in (self._fakes, self._reals))
        self._lines = [np.ascontiguousarray(each) for each in np.moveaxis(self._reals, 2, 0)]

    def of(self, u: np.ndarray, v: np.ndarray, k: float) -> CriticBounds:
        """The bounds of one critic: values at the fakes (g,) and reals (r,), and its constant."""
        return CriticBounds(self, u, v, k)

    def directions(self, block: int, tiles: np.ndarray) -> np.ndarray:
        """Vectors (T, d) of length 1 at most from a block of fakes to blocks of reals."""
        away = self._centres[1][tiles] - self._centres[0][block]
        length = np.sqrt(np.einsum("ij,ij->i", away, away))
        return away * ((1.0 - 8.0 * _EPS) / np.where(length > 0, length, 1.0))[:, None]

    def rounding(self, size: float, k: float) -> float:
        """What a bound is too high by at most: sums of d products, and differences of numbers of this size."""
        return (16.0 + 4.0 * self._fakes.shape[2]) * _EPS * (size + k * self._reach)

    def along(self, block: int, directions: np.ndarray) -> np.ndarray:
        """e·x for the fakes of a block, (T, R)."""
        return directions @ self._fakes[block].T

    def across(self, tiles: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """e·y for the reals of every tile along its own direction, (T, C)."""
        total = self._lines[0][tiles] * directions[:, :1]
        for axis in range(1, len(self._lines)):
            total += self._lines[axis][tiles] * directions[:, axis, None]
        return total

    def blocks(self, u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values in the shape of the tiles."""
        return _blocks(u, self._rows), _blocks(v, self._columns)


class CriticBounds:
    """The bounds of one critic."""

    def __init__(self, tiles: TileBounds, u: np.ndarray, v: np.ndarray, k: float) -> None:
        self._tiles, self._k = tiles, k
        self._u, self._v = tiles.blocks(u, v)
        self._rounding = tiles.rounding(max(float(np.abs(u).max()), float(np.abs(v).max())), k)

    def least(self, block: int, tiles: np.ndarray) -> np.ndarray:
        """No more than the least slack of a block of fakes with every one of these blocks of reals, (T,)."""
        directions = self._k * self._tiles.directions(block, tiles)
        below = (self._u[block] - self._tiles.along(block, directions)).min(axis=1)
        above = (self._tiles.across(tiles, directions) - self._v[tiles]).min(axis=1)
        return below + above - self._rounding


def _blocks(values: np.ndarray, size: int) -> np.ndarray:
    """Values (n, …) in blocks (B, size, …), the last one filled up with its last value."""
    at = np.minimum(np.arange(-(-len(values) // size) * size), len(values) - 1)
    return values[at].reshape(-1, size, *values.shape[1:])
