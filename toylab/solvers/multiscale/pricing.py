"""Which pairs a critic violates, and which it nearly does: all pairs in tiles that stay in the cache, or a longer list.

All pairs are looked at in float32, in memory O(n + tile), which tells the few worth a second look; those are decided
in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from toylab.solvers.multiscale.refinement import smallest

#: Pairs of one tile.
_TILE = 2**18
#: Rounding of a slack in float32, in units of the largest term.
_ROUNDING = 4e-7

Ends = tuple[np.ndarray, np.ndarray]


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

    def swapped(self) -> Critic:
        """The same slacks with rows and columns exchanged."""
        return Critic(self.reals, self.fakes, -self.v, -self.u, self.k)


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


class Candidates:
    """A longer list of pairs that is looked through between scans of all."""

    def __init__(self, rows: np.ndarray, columns: np.ndarray, distance: np.ndarray) -> None:
        self._rows, self._columns, self._distance = rows, columns, distance

    def __len__(self) -> int:
        return len(self._rows)

    def violations(self, critic: Critic, count: int) -> Violations:
        """As `scan`, of the pairs of the list.

        Args:
            critic: with its constant in units of the distances of the list.
            count: pairs of each row and column at most.
        """
        slack = critic.k * self._distance
        slack += critic.u[self._rows]
        slack -= critic.v[self._columns]
        bad = slack < 0
        return _violations(critic.u, self._rows[bad], self._columns[bad], slack[bad], count)

    def extended(self, rows: np.ndarray, columns: np.ndarray, distance: np.ndarray) -> Candidates:
        """The list with more pairs; that one may be there already does no harm."""
        return Candidates(
            np.concatenate([self._rows, rows]),
            np.concatenate([self._columns, columns]),
            np.concatenate([self._distance, distance]),
        )


def scan(critic: Critic, count: int) -> Violations:
    """The `count` most violated pairs, k d + u − v < 0, of every row and every column, of all pairs.

    Args:
        critic: values and constant.
        count: pairs of each row and column at most.
    """
    found: list[Ends] = []
    for start, slack, tolerance in _tiles(critic):
        found.extend(_least_of_rows(slack, start, tolerance, count))
        least, row = slack.min(dim=0)
        column = torch.nonzero(least < tolerance)[:, 0]
        found.append((start + row[column].numpy(), column.numpy()))
    row, column = (np.concatenate(part) for part in zip(*found, strict=True))
    code = np.unique(row * len(critic.reals) + column)
    row, column = np.divmod(code, len(critic.reals))
    slack = critic.slack(row, column)
    bad = slack < 0
    return _violations(critic.u, row[bad], column[bad], slack[bad], count)


def nearest(critic: Critic, count: int) -> Ends:
    """The `count` pairs of least slack of every row and every column, with repetitions."""
    rows, columns = _nearest_of_rows(critic, count)
    more_columns, more_rows = _nearest_of_rows(critic.swapped(), count)
    return np.concatenate([rows, more_rows]), np.concatenate([columns, more_columns])


def _violations(u: np.ndarray, rows: np.ndarray, columns: np.ndarray, slack: np.ndarray, count: int) -> Violations:
    least = u.copy()
    np.maximum.at(least, rows, u[rows] - slack)
    kept = smallest(rows, slack, count) | smallest(columns, slack, count)
    return Violations(rows[kept], columns[kept], least)


def _nearest_of_rows(critic: Critic, count: int) -> Ends:
    found = []
    depth = min(count, len(critic.reals))
    for _, slack, _ in _tiles(critic):
        found.append(slack.topk(depth, dim=1, largest=False, sorted=False).indices.numpy().ravel())
    return np.repeat(np.arange(len(critic.fakes)), depth), np.concatenate(found)


def _least_of_rows(slack: torch.Tensor, start: int, tolerance: float, count: int) -> list[Ends]:
    bad = torch.nonzero(slack.min(dim=1).values < tolerance)[:, 0]
    if not len(bad):
        return []
    least, column = slack[bad].topk(min(count, slack.shape[1]), dim=1, largest=False, sorted=False)
    near = (least < tolerance).numpy()
    return [(np.broadcast_to(start + bad.numpy()[:, None], near.shape)[near], column.numpy()[near])]


def _tiles(critic: Critic) -> Iterator[tuple[int, torch.Tensor, float]]:
    """Slacks of consecutive rows with all columns in float32: the first row, the slacks, and their rounding.

    The tensor is written over by the next tile.
    """
    centre = 0.5 * (critic.fakes.mean(axis=0) + critic.reals.mean(axis=0))
    level = 0.5 * float(critic.u.mean() + critic.v.mean())
    x, y = (_single(critic.k * (each - centre)) for each in (critic.fakes, critic.reals))
    u, v = (_single(each - level) for each in (critic.u, critic.v))
    tolerance = _ROUNDING * float(max(each.abs().max() for each in (x, y, u, v)))
    y = y.T.contiguous()
    block = max(1, _TILE // len(v))
    whole, part = torch.empty(2, min(block, len(u)), len(v), dtype=torch.float32)
    for start in range(0, len(u), block):
        rows = slice(start, min(start + block, len(u)))
        total, step = whole[: rows.stop - start], part[: rows.stop - start]
        torch.sub(x[rows, 0, None], y[0], out=total)
        total.mul_(total)
        for axis in range(1, len(y)):
            torch.sub(x[rows, axis, None], y[axis], out=step)
            total.addcmul_(step, step)
        total.sqrt_().sub_(v).add_(u[rows, None])
        yield start, total, tolerance


def _single(values: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32))
