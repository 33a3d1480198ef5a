"""Pairs that a critic violates: all pairs are scanned by blocks of rows, in memory O(n + block)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from toylab.critics import row_blocks
from toylab.solvers.multiscale.refinement import smallest


@dataclass(frozen=True, eq=False)
class Violations:
    """What a scan of all pairs found.

    Attributes:
        rows: (V,), fakes of the most violated pairs.
        columns: (V,), their reals.
        least: (g,), max_j v_j − k d_ij: what every fake point must have at least.
    """

    rows: np.ndarray
    columns: np.ndarray
    least: np.ndarray


def scan(  # noqa: PLR0917 - two measures
    fakes: np.ndarray, reals: np.ndarray, u: np.ndarray, v: np.ndarray, k: float, tolerance: float, count: int
) -> Violations:
    """The `count` most violated pairs, k d + u − v < −tolerance, of every row and every column.

    Args:
        fakes: (g, d).
        reals: (r, d).
        u: (g,), critic values at the fakes.
        v: (r,), at the reals.
        k: the constant.
        tolerance: a violation that does not count.
        count: pairs of each row and column at most.
    """
    least = np.empty(len(fakes))
    rows, columns, slacks = [], [], []
    for block in row_blocks(len(fakes), len(reals)):
        slack = cdist(fakes[block], reals)
        slack *= k
        slack -= v
        least[block] = -slack.min(axis=1)
        bad = np.flatnonzero(u[block] < least[block] - tolerance)
        slack = slack[bad]
        slack += u[block][bad, None]
        row, column = np.nonzero(slack < -tolerance)
        found = slack[row, column]
        kept = smallest(row, found, count) | smallest(column, found, count)
        rows.append(block.start + bad[row[kept]])
        columns.append(column[kept])
        slacks.append(found[kept])
    row, column, found = np.concatenate(rows), np.concatenate(columns), np.concatenate(slacks)
    kept = smallest(row, found, count) | smallest(column, found, count)
    return Violations(row[kept], column[kept], least)
