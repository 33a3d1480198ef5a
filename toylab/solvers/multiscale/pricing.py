"""Pairs that a critic violates: all pairs are scanned in tiles that stay in the cache, in memory O(n + tile).

The scan is in float32, which tells the few pairs worth a second look; those are decided in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from toylab.solvers.multiscale.refinement import smallest

Pairs = tuple[np.ndarray, np.ndarray]

#: Pairs of one tile.
_TILE = 2**18
#: Rounding of a slack in float32, in units of the largest term.
_ROUNDING = 4e-7


@dataclass(frozen=True, eq=False)
class Violations:
    """What a scan of all pairs found.

    Attributes:
        rows: (V,), fakes of the most violated pairs.
        columns: (V,), their reals.
        least: (g,), what every fake point must have at least, where that is more than it has.
    """

    rows: np.ndarray
    columns: np.ndarray
    least: np.ndarray


def scan(  # noqa: PLR0917 - two measures
    fakes: np.ndarray, reals: np.ndarray, u: np.ndarray, v: np.ndarray, k: float, count: int
) -> Violations:
    """The `count` most violated pairs, k d + u − v < 0, of every row and every column.

    Args:
        fakes: (g, d).
        reals: (r, d).
        u: (g,), critic values at the fakes.
        v: (r,), at the reals.
        k: the constant.
        count: pairs of each row and column at most.
    """
    centre = 0.5 * (fakes.mean(axis=0) + reals.mean(axis=0))
    level = 0.5 * (u.mean() + v.mean())
    x = torch.from_numpy((k * (fakes - centre)).astype(np.float32))
    y = torch.from_numpy((k * (reals - centre)).astype(np.float32)).T.contiguous()
    a, b = (torch.from_numpy((each - level).astype(np.float32)) for each in (u, v))
    size = float(max(x.abs().max(), y.abs().max(), a.abs().max(), b.abs().max()))
    tolerance = _ROUNDING * size
    found = []
    block = max(1, _TILE // len(reals))
    square, part = torch.empty(2, block, len(reals), dtype=torch.float32)
    for start in range(0, len(fakes), block):
        rows = slice(start, min(start + block, len(fakes)))
        height = rows.stop - start
        total, each = square[:height], part[:height]
        torch.sub(x[rows, 0, None], y[0], out=total)
        total.mul_(total)
        for axis in range(1, len(y)):
            torch.sub(x[rows, axis, None], y[axis], out=each)
            total.addcmul_(each, each)
        total.sqrt_().sub_(b).add_(a[rows, None])
        found.extend(_least_of_rows(total, start, tolerance, count))
        found.append(_least_of_columns(total, start, tolerance))
    row, column = (np.concatenate(part) for part in zip(*found, strict=True)) if found else np.zeros((2, 0), np.intp)
    step = fakes[row] - reals[column]
    slack = k * np.sqrt(np.einsum("ij,ij->i", step, step)) + u[row] - v[column]
    least = u.copy()
    np.maximum.at(least, row, u[row] - slack)
    negative = slack < 0
    _, once = np.unique(row[negative] * len(reals) + column[negative], return_index=True)
    row, column = _worst(row[negative][once], column[negative][once], slack[negative][once], count)
    return Violations(row, column, least)


def _least_of_rows(total: torch.Tensor, start: int, tolerance: float, count: int) -> list[Pairs]:
    bad = torch.nonzero(total.min(dim=1).values < tolerance)[:, 0]
    if not len(bad):
        return []
    slack, column = total[bad].topk(min(count, total.shape[1]), dim=1, largest=False, sorted=False)
    near = (slack < tolerance).numpy()
    return [(np.broadcast_to(start + bad.numpy()[:, None], near.shape)[near], column.numpy()[near])]


def _least_of_columns(total: torch.Tensor, start: int, tolerance: float) -> Pairs:
    slack, row = total.min(dim=0)
    column = torch.nonzero(slack < tolerance)[:, 0]
    return start + row[column].numpy(), column.numpy()


def _worst(row: np.ndarray, column: np.ndarray, slack: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Those among the `count` least of their row or column."""
    kept = smallest(row, slack, count) | smallest(column, slack, count)
    return row[kept], column[kept]
