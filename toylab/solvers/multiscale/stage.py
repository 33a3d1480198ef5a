"""One level of the multiscale engine: two clouds, their objective, and how an iterate gets from one level to the next.

The pairs of the finer level are the children of the best pairs of the coarser one, the plan is shared out by mass, and
values go on along the mean gradient at each cell, k Σ γ (y − x)/d over its plan. Products γ w are kept as they were, so
that the finer level begins on its central path, near where the coarser one has left it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.solvers.multiscale.coarsening import Level
from toylab.solvers.multiscale.edge_program import EdgeProgram, Iterate
from toylab.solvers.multiscale.kinks import balanced, beside
from toylab.solvers.multiscale.pointwise import Pointwise
from toylab.solvers.multiscale.pricing import Critic
from toylab.solvers.multiscale.refinement import children, to_refine

#: Pairs of every row and column by slack, and by slack for their mass, whose children a finer level begins with.
_REFINED = 3
#: A slack may differ from what the path has by this factor.
_OFF_THE_PATH = 10.0
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Stage:
    """Two clouds as one program.

    Attributes:
        fakes: the fake cloud.
        reals: the real cloud.
        points: (N, d), of both.
        pointwise: their objective.
        length: the unit of length.
    """

    fakes: Level
    reals: Level
    points: np.ndarray
    pointwise: Pointwise
    length: float

    @property
    def shape(self) -> tuple[int, int]:
        """Fake and real points."""
        return len(self.fakes.points), len(self.reals.points)

    def program(self, rows: np.ndarray, columns: np.ndarray) -> EdgeProgram:
        """The program on these pairs."""
        return EdgeProgram(self.pointwise, self.points, rows, columns, self.length)

    def critic(self, point: Iterate) -> Critic:
        """An iterate as a critic in the points' own unit of length, relieved of what only strains constraints."""
        f, k = self.pointwise.relieved(point.values), point.k / self.length
        at = self.pointwise.fakes.at, self.pointwise.reals.at
        return Critic(self.fakes.points, self.reals.points, f[at[0]], f[at[1]], k)

    def apart(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Mask of the pairs of two different points."""
        return self.pointwise.fakes.at[rows] != self.pointwise.reals.at[columns]


def refined(coarse: Stage, program: EdgeProgram, point: Iterate, fine: Stage) -> tuple[EdgeProgram, Iterate]:
    """Program and iterate of a finer level.

    Args:
        coarse: the level above.
        program: its program.
        point: its iterate.
        fine: the finer level; the parents of its clouds are the points of the coarser one.
    """
    kept = to_refine(program.rows, program.columns, point.gamma, point.slack, coarse.shape, _REFINED)
    rows, columns, gamma = program.rows[kept], program.columns[kept], point.gamma[kept]
    values = _prolonged(coarse, point, rows, columns, gamma, fine)

    # what the pairs that are dropped carried is left to the others of their row and column
    for group, all_of, size in ((rows, program.rows, coarse.shape[0]), (columns, program.columns, coarse.shape[1])):
        total = np.bincount(all_of, weights=point.gamma, minlength=size)
        gamma = gamma * np.sqrt(total / np.maximum(np.bincount(group, weights=gamma, minlength=size), _TINY))[group]
    fine_rows, fine_columns, pair = children(rows, columns, fine.fakes.parents, fine.reals.parents)
    mass = gamma[pair] * _share(fine.fakes)[fine_rows] * _share(fine.reals)[fine_columns]
    order = np.argsort(fine_rows * fine.shape[1] + fine_columns)
    order = order[fine.apart(fine_rows[order], fine_columns[order])]
    fresh, mass = fine.program(fine_rows[order], fine_columns[order]), mass[order]
    mass = np.maximum(mass, _TINY)

    slope = fresh.outflow(mass) - fine.pointwise.slope(values)
    values = balanced(fresh.kinks, values, slope, point.complementarity)
    slack = point.k * fresh.distance + fresh.drop(values)
    on_path = point.complementarity * fresh.path / mass
    w = np.clip(slack, on_path / _OFF_THE_PATH, on_path * _OFF_THE_PATH)
    kinks = beside(fresh.kinks, values, point.complementarity)
    return fresh, Iterate(values, point.k, mass, w, kinks, slack - w)


def constant_start(program: EdgeProgram, cost: float, k: float) -> Iterate:
    """A constant critic on its central path: feasible, if far from optimal.

    Args:
        program: the level's program.
        cost: Σ γ d of the plan.
        k: the constant.
    """
    pointwise = program.pointwise
    slack = k * np.maximum(program.distance, _TINY)
    gamma = program.path / slack
    gamma *= cost / float(gamma @ program.distance)
    values = np.full(program.size, pointwise.best_constant)
    return Iterate(values, k, gamma, slack, beside(program.kinks, values, float(gamma @ slack)))


def _prolonged(  # noqa: PLR0917 - the arrays of the pairs
    coarse: Stage, point: Iterate, rows: np.ndarray, columns: np.ndarray, gamma: np.ndarray, fine: Stage
) -> np.ndarray:
    """Critic values at the points of the finer level, (N,)."""
    critic = coarse.critic(point)
    step = critic.reals[columns] - critic.fakes[rows]
    pull = critic.k * gamma[:, None] * step / np.maximum(np.linalg.norm(step, axis=1), _TINY)[:, None]
    values = []
    for level, old, group, own in (
        (fine.fakes, critic.fakes, rows, critic.u),
        (fine.reals, critic.reals, columns, critic.v),
    ):
        total = np.maximum(np.bincount(group, weights=gamma, minlength=len(old)), _TINY)
        gradient = np.stack([np.bincount(group, weights=each, minlength=len(old)) for each in pull.T], axis=1)
        gradient /= total[:, None]
        move = level.points - old[level.parents]
        values.append(own[level.parents] + np.einsum("ij,ij->i", move, gradient[level.parents]))
    fakes, reals = fine.pointwise.fakes.at, fine.pointwise.reals.at
    total, count = np.zeros(fine.pointwise.size), np.zeros(fine.pointwise.size)
    for at, each in ((fakes, values[0]), (reals, values[1])):
        total[at] += each
        count[at] += 1.0
    return total / count


def _share(level: Level) -> np.ndarray:
    """Mass of every cell as a share of its parent's."""
    return level.weights / np.bincount(level.parents, weights=level.weights)[level.parents]
