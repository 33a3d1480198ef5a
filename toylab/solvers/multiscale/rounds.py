"""The interior point on one level, while pairs come and go.

The gap of the whole problem is known from the pairs that the iterate violates, of all pairs. Once the gap on the
listed pairs is well below that of the whole problem, these pairs are added, those far from being tight are dropped, and
the iteration goes back to where the listed pairs had the gap that all pairs have now. (Of losses with kinks no pair is
dropped: where they are straight, groups of points float, and what holds them is far from tight.) From there on it
begins near its new central path: the values are raised and lowered until the new pairs are nearly satisfied, and the
multipliers are those of the central path for these slacks, scaled to the plan's marginals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toylab.solution import Status
from toylab.solvers.headway import Headway
from toylab.solvers.multiscale.edge_program import EdgeProgram, Iterate, edge_dot
from toylab.solvers.multiscale.edge_step import edge_step
from toylab.solvers.multiscale.kinks import balanced, beside
from toylab.solvers.multiscale.pricing import Pricing, Violations
from toylab.solvers.multiscale.refinement import to_keep
from toylab.solvers.multiscale.stage import Stage

#: Pairs are exchanged when the gap on those listed is this share of what it began with.
_EXCHANGE = 0.1
#: Pairs are dropped only when the gap of all pairs has shrunk by this factor: none come and go for ever.
_PROGRESS = 0.7
#: Pairs of every row and column that are added at most, and that are kept at most.
_ADDED, _KEPT = 2, 10
#: Slack, in units of what is typical, beyond which a pair is dropped.
_FAR = 30.0
#: Products that the iteration goes on with, as a share of the gap of all pairs, at least: where they are ahead of what
#: is left of the other conditions, steps are short.
_PRODUCTS = 0.5
#: Multiplier of a pair at most, as a share of the smaller plan of its two points, when it is new.
_NEW_SHARE = 0.2
#: Scalings of the multipliers to both marginals.
_SWEEPS = 10
#: Steps without a tenth gained after which the iteration has stalled.
_STALLED_AFTER = 60
_TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Reached:
    """Where a level has ended.

    Attributes:
        program: its last program.
        point: the last iterate.
        gap: relative gap of the repaired iterate over all pairs, as of the last scan.
        status: how it ended.
        iterations: steps.
        scans: scans of all pairs.
    """

    program: EdgeProgram
    point: Iterate
    gap: float
    status: Status
    iterations: int
    scans: int


class Rounds:
    """One level with its listed pairs.

    Args:
        stage: the level.
        program: the pairs to begin with.
        point: an iterate over them.
        headway: who is told of every step.
    """

    def __init__(self, stage: Stage, program: EdgeProgram, point: Iterate, headway: Headway) -> None:
        self.stage, self.program, self.point, self._headway = stage, program, point, headway
        self._best = (np.inf, program, point)
        self._pricing = Pricing(stage.fakes.points, stage.reals.points)
        self.iterations = self.scans = 0

    def run(self, goal: float, max_iterations: int) -> Reached:
        """Iterate until the repaired iterate has this relative gap over all pairs, or the user stops it.

        Args:
            goal: relative gap.
            max_iterations: steps at most.
        """
        try:
            status = self._iterate(goal, max_iterations)
        except KeyboardInterrupt:
            if not self._headway.watched:
                raise
            status = Status.INTERRUPTED
        if np.isfinite(self._best[0]):
            _, self.program, self.point = self._best
        return Reached(self.program, self.point, self._best[0], status, self.iterations, self.scans)

    def _iterate(self, goal: float, max_iterations: int) -> Status:
        began, least, lacked, since = np.inf, np.inf, np.inf, 0
        trail: list[tuple[float, Iterate]] = []
        while True:
            absolute, room = self.program.gap_and_room(self.point)
            gap = absolute / room + self._missing(room)
            # of weights over many orders most gap is in a few pairs, and long nothing seems to happen but to the others
            lacking = 0.0 if self.point.miss is None else float(np.abs(self.point.miss).max())
            since = 0 if gap < 0.9 * least or lacking < 0.9 * lacked else since + 1
            least, lacked = min(least, gap), min(lacked, lacking)
            if not np.isfinite(gap) or since > _STALLED_AFTER:
                return Status.INACCURATE
            trail.append((gap, self.point))
            if gap <= max(_EXCHANGE * began, 0.5 * goal):
                found = self._scanned()
                whole = self.program.repaired_gap(self.point, found.least)
                progress = whole <= _PROGRESS * self._best[0]
                self._best = min(self._best, (whole, self.program, self.point), key=lambda each: each[0])
                if whole <= goal:
                    return Status.OPTIMAL
                self._exchange(found, _at_gap(trail, whole), whole, drop=progress and not len(self.program.kinks))
                began, least, lacked, since, trail = max(gap, whole), np.inf, np.inf, 0, []
            self._headway.at(self._known(gap), self.point.k / self.stage.length)
            if self.iterations == max_iterations:
                return Status.ITERATION_LIMIT
            try:
                self.point = edge_step(self.program, self.point)
            except (FloatingPointError, ZeroDivisionError):
                return Status.INACCURATE
            self.iterations += 1

    def _known(self, gap: float) -> float:
        """The gap of all pairs, as far as it is known."""
        return max(gap, self._best[0]) if np.isfinite(self._best[0]) else gap

    def _missing(self, room: float) -> float:
        return 0.0 if self.point.miss is None else edge_dot(np.abs(self.point.miss), self.point.gamma) / room

    def _scanned(self) -> Violations:
        self.scans += 1
        return self._pricing.scan(self.stage.critic(self.point), _ADDED)

    def _exchange(self, found: Violations, base: Iterate, whole: float, *, drop: bool) -> None:
        """List violated pairs, drop those that are far from tight, and go on from an earlier iterate."""
        program, later, shape = self.program, self.point, self.stage.shape
        base = replace(base, values=self.stage.pointwise.relieved(base.values))
        kept, width = np.ones(len(program.rows), dtype=bool), shape[1]
        if drop:
            kept = to_keep(program.rows, program.columns, later.gamma, later.slack, shape, _KEPT, _FAR)
        listed = program.rows * np.int64(width) + program.columns
        new = found.rows * np.int64(width) + found.columns  # each of them once
        new = new[listed[np.minimum(np.searchsorted(listed, new), len(listed) - 1)] != new]
        code = np.concatenate([listed[kept], new])
        order = np.argsort(code, kind="stable")
        fresh = self.stage.program(*np.divmod(code[order], width))
        none = np.zeros(len(new))
        before = np.concatenate([base.slack[kept], none])[order]
        products = np.concatenate([(base.gamma * base.slack)[kept] / base.complementarity, none])[order]
        products = np.where(products > 0, products, fresh.path)
        least = _PRODUCTS * whole * program.gap_and_room(base)[1]
        self.point = _recentred(self.stage, program, base, fresh, before, products, least)
        self.program = fresh


def _at_gap(trail: list[tuple[float, Iterate]], gap: float) -> Iterate:
    """The last iterate with at least this gap, or the first one."""
    return next((point for reached, point in reversed(trail) if reached >= gap), trail[0][1])


def _recentred(  # noqa: PLR0917 - the arrays of the pairs
    stage: Stage,
    program: EdgeProgram,
    base: Iterate,
    fresh: EdgeProgram,
    before: np.ndarray,
    products: np.ndarray,
    least: float,
) -> Iterate:
    """An iterate over other pairs, near its central path.

    Args:
        stage: the level.
        program: the pairs of the iterate.
        base: the iterate.
        fresh: the other pairs.
        before: (E,), their slacks in the iterate, 0 where a pair is new.
        products: (E,), γ w of every pair as a share of all.
        least: Σ γ w at least.
    """
    out = np.bincount(program.rows, weights=base.gamma, minlength=stage.shape[0])
    into = np.bincount(program.columns, weights=base.gamma, minlength=stage.shape[1])
    short = np.maximum(-(base.k * fresh.distance + fresh.drop(base.values)), 0.0)
    up, down = np.zeros(len(out)), np.zeros(len(into))
    np.maximum.at(up, fresh.rows, 0.5 * short)
    np.maximum.at(down, fresh.columns, 0.5 * short)
    values = base.values.copy()
    values[stage.pointwise.fakes.at] += up
    values[stage.pointwise.reals.at] -= down
    total = max(base.complementarity, least) + float(out @ up + into @ down)
    pointwise = stage.pointwise
    values = balanced(fresh.kinks, values, pointwise.gathered(out, -into) - pointwise.slope(values), total)
    slack = base.k * fresh.distance + fresh.drop(values)

    products = total * products
    most = _NEW_SHARE * np.minimum(out[fresh.rows], into[fresh.columns])
    positive = np.maximum(slack, np.where(before > 0, before, products / most))
    gamma = products / positive
    for _ in range(_SWEEPS):
        for group, goal in ((fresh.rows, out), (fresh.columns, into)):
            gamma *= (goal / np.maximum(np.bincount(group, weights=gamma, minlength=len(goal)), _TINY))[group]
    miss = slack - positive
    gamma = np.maximum(gamma, _TINY)
    kinks = beside(fresh.kinks, values, total)
    return Iterate(values, base.k, gamma, positive, kinks, miss if miss.any() else None)
