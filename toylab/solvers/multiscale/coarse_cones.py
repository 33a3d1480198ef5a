"""Heights of cones over points by blocks, quickly: in float32 where that can be done, up to a rounding that is known.

Lengths and heights are shifted and scaled so that all are about 1; every number is then off by a few units of the
precision, whatever the units of the problem. What the coarse heights leave undecided is looked at again in float64.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

#: Coordinates up to which squares of differences are summed in float32; with more, a block of distances is computed.
FEW_COORDINATES = 8
Selection = slice | np.ndarray
_EPS = float(np.finfo(np.float64).eps)


class CoarseCones:
    """The numbers g(w) − k‖z − w‖ − b(z) for points z and centres w, divided by a unit."""

    def __init__(
        self,
        z: np.ndarray,
        base: np.ndarray,
        centres: np.ndarray,
        heights: np.ndarray,
        slope: float,
        *,
        single: bool = True,
    ) -> None:
        """Scale.

        Args:
            z: (M, d), points.
            base: (M,), b.
            centres: (N, d), w.
            heights: (N,), g.
            slope: k ≥ 0, finite.
            single: in float32 where d is small; in float64 otherwise.
        """
        low = np.minimum(z.min(axis=0), centres.min(axis=0))
        high = np.maximum(z.max(axis=0), centres.max(axis=0))
        middle = low + 0.5 * (high - low)
        least, most = min(heights.min(), base.min()), max(heights.max(), base.max())
        level = 0.5 * (least + most)
        reach = float(np.linalg.norm(high - low))
        #: What a number of a block is to be multiplied by.
        self.unit = 0.5 * float(most - least) + slope * reach or 1.0
        self.single = single and z.shape[1] <= FEW_COORDINATES
        kind = np.float32 if self.single else np.float64
        size = max(abs(least), abs(most)) + slope * float(np.abs([low, high]).max())
        #: What a number of a block is off by, at most: coordinates and values are rounded when they are shifted and
        #: when they are scaled, and so are a sum of d squares, its root and two differences.
        self.rounding = (8.0 + 2.0 * z.shape[1]) * float(np.finfo(kind).eps) + 8.0 * _EPS * size / self.unit
        x, y = (z - middle) * (slope / self.unit), (centres - middle) * (slope / self.unit)
        self._x, self._y = (np.ascontiguousarray(points.T, dtype=kind) for points in (x, y))
        self._heights, self._base = (((each - level) / self.unit).astype(kind) for each in (heights, base))
        self._work = np.empty((2, 0), dtype=kind)

    def block(self, rows: Selection, columns: Selection) -> np.ndarray:
        """The numbers of some points and centres, (R, C), until the next block is asked for."""
        x, y = [each[rows] for each in self._x], [each[columns] for each in self._y]
        heights = self._heights[columns]
        total, other = self._buffers(len(x[0]), len(heights))
        if not self.single:
            total[:] = cdist(np.stack(x, axis=1), np.stack(y, axis=1))
        else:
            _distances(x, y, total, other)
        np.subtract(heights, total, out=total)
        return np.subtract(total, self._base[rows, None], out=total)

    def _buffers(self, rows: int, columns: int) -> np.ndarray:
        if self._work.shape[1] < rows * columns:
            self._work = np.empty((2, rows * columns), dtype=self._work.dtype)
        return self._work[:, : rows * columns].reshape(2, rows, columns)


def _distances(x: list[np.ndarray], y: list[np.ndarray], total: np.ndarray, other: np.ndarray) -> None:
    """Write the distances of points, d coordinates (R,) and d coordinates (C,), into `total` (R, C)."""
    for number, (first, second) in enumerate(zip(x, y, strict=True)):
        square = other if number else total
        np.subtract(first[:, None], second, out=square)
        np.multiply(square, square, out=square)
        if number:
            np.add(total, other, out=total)
    np.sqrt(total, out=total)
