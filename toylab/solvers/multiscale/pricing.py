"""Which pairs a critic violates, of all pairs: branch and bound over the cones k d, in float64, without all distances.

The pairs that violate k d + u − v ≥ 0 most have v − k d highest over their fake point, or −u − k d over their real
point. `Cones` leaves out what cannot be the highest one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from toylab.critics.cones import Cones
from toylab.solvers.multiscale.refinement import smallest


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


def scan(critic: Critic, count: int) -> Violations:
    """The most violated pair of every row and every column, k d + u − v < 0, and others among the most violated.

    Args:
        critic: values and constant.
        count: pairs of each row and column at most.
    """
    rows, columns = _worst_of_rows(critic, count)
    more_columns, more_rows = _worst_of_rows(critic.swapped(), count)
    width = len(critic.reals)
    code = np.concatenate([rows * width + columns, more_rows * width + more_columns])
    rows, columns = np.divmod(np.unique(code), width)
    slack = critic.slack(rows, columns)
    bad = slack < 0
    rows, columns, slack = rows[bad], columns[bad], slack[bad]
    least = critic.u.copy()
    np.maximum.at(least, rows, critic.u[rows] - slack)
    kept = smallest(rows, slack, count) | smallest(columns, slack, count)
    return Violations(rows[kept], columns[kept], least)


def _worst_of_rows(critic: Critic, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Violated pairs, among them the worst of every row and up to `count` of each."""
    cones = Cones(critic.reals, critic.v, critic.k)
    numbers = np.arange(len(critic.fakes))
    found_rows, found_columns = [numbers[:0]], [numbers[:0]]
    for short in cones.shortlists(critic.fakes, ties=False):
        heights = torch.from_numpy(cones.over(critic.fakes, short)[0])
        highest, column = (part.numpy() for part in heights.topk(min(count, heights.shape[1]), dim=1, sorted=False))
        row, place = np.nonzero(highest > critic.u[short.rows, None])
        found_rows.append(numbers[short.rows][row])
        found_columns.append(short.pick(column[row, place]))
    return np.concatenate(found_rows), np.concatenate(found_columns)
