"""The interior point on one level, while pairs come and go.

Whenever the gap has shrunk by a factor, the pairs that the iterate violates are added and those far from being tight
are dropped; the iteration goes on from where it is. A new pair lacks part of its slack, which the next full step makes
up for; its multiplier is small beside the plan of its points. The gap of the whole problem is known after a scan of
all pairs only.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toylab.solution import Status
from toylab.solvers.multiscale.edge_program import EdgeProgram, Iterate
from toylab.solvers.multiscale.edge_step import edge_step
from toylab.solvers.multiscale.pricing import Candidates, Violations, scan
from toylab.solvers.multiscale.refinement import to_keep
from toylab.solvers.multiscale.stage import Stage

#: Pairs are exchanged when the gap has shrunk by this factor.
_EXCHANGE = 0.1
_BACK = 0.5
_ALWAYS = 0
_SWEEPS = 10
#: Relative gaps below which all pairs are scanned at the next exchange.
_SCANS = (5e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6, 1e-6, 3e-7, 1e-7, 3e-8)
#: Pairs of every row and column that are added at most, and that are kept at most.
_ADDED, _KEPT = 3, 10
#: Slack, in units of what is typical, beyond which a pair is dropped.
_FAR = 30.0
#: Multiplier of a new pair at most, as a share of the smaller plan of its two points.
_NEW_SHARE = 0.03
#: Steps without a tenth gained after which the iteration has stalled.
_STALLED_AFTER = 60


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
    """One level with its listed pairs and its candidates."""

    def __init__(self, stage: Stage, program: EdgeProgram, point: Iterate, candidates: Candidates) -> None:
        self.stage, self.program, self.point, self.candidates = stage, program, point, candidates
        self.scans = 0
        self._clean = True

    def run(self, goal: float, max_iterations: int, *, scans: bool = True) -> Reached:
        """Iterate until the repaired iterate has this relative gap over all pairs.

        Args:
            goal: relative gap.
            max_iterations: steps at most.
            scans: whether all pairs are scanned on the way, and not at the end only.
        """
        last, least, since, status, whole = np.inf, np.inf, 0, Status.ITERATION_LIMIT, np.inf
        best = (np.inf, self.program, self.point)
        trail: list[tuple[float, Iterate]] = []
        iteration = 0
        for iteration in range(max_iterations + 1):
            absolute, room = self.program.gap_and_room(self.point)
            gap = absolute / room
            missing = self._missing(room)
            done = gap + missing <= 0.5 * goal
            since = 0 if gap < 0.9 * least else since + 1
            least = min(least, gap)
            if not np.isfinite(gap) or since > _STALLED_AFTER:
                status = Status.INACCURATE
                break
            trail.append((gap, self.point))
            if done or (gap + missing <= _EXCHANGE * last):
                wanted = done or (scans and (self._clean or _ALWAYS))
                found = self._scanned() if wanted else self._priced()
                estimate = self.program.repaired_gap(self.point, found.least)
                self.est = estimate
                if not wanted:
                    self._clean = estimate <= 3.0 * gap
                else:
                    whole = estimate
                    best = min(best, (whole, self.program, self.point), key=lambda each: each[0])
                    if done and whole <= goal:
                        status = Status.OPTIMAL
                        break
                    self._clean = whole <= 3.0 * gap
                later = self.point
                back = [each for each in trail if each[0] >= _BACK * estimate]
                if _BACK:
                    self.point = back[-1][1] if back else trail[0][1]
                last, least, since, trail = max(gap, _BACK * estimate), np.inf, 0, []
                self._exchange(found.rows, found.columns, later, drop=True)
            if iteration == max_iterations:
                break
            try:
                self.point = edge_step(self.program, self.point)
            except (FloatingPointError, ZeroDivisionError):
                status = Status.INACCURATE
                break
        if status is not Status.OPTIMAL and np.isfinite(best[0]):
            whole, self.program, self.point = best
        return Reached(self.program, self.point, whole, status, iteration, self.scans)

    def _missing(self, room: float) -> float:
        return 0.0 if self.point.miss is None else float(np.abs(self.point.miss) @ self.point.gamma) / room

    def _priced(self) -> Violations:
        return self.candidates.violations(self.stage.critic(self.point, 1.0), _ADDED)

    def _scanned(self) -> Violations:
        self.scans += 1
        found = scan(self.stage.critic(self.point), _ADDED)
        distance = self.stage.distance(found.rows, found.columns)
        self.candidates = self.candidates.extended(found.rows, found.columns, distance)
        return found

    def _exchange(self, rows: np.ndarray, columns: np.ndarray, later: Iterate, *, drop: bool) -> None:
        """List these pairs, and drop those that are far from tight."""
        stage, program, point = self.stage, self.program, self.point
        kept = np.ones(len(program.rows), dtype=bool)
        if drop:
            kept = to_keep(program.rows, program.columns, later.gamma, later.slack, stage.shape, _KEPT, _FAR)
        width = stage.shape[1]
        old = program.rows[kept] * width + program.columns[kept]
        new = np.setdiff1d(rows * np.int64(width) + columns, program.rows * width + program.columns)
        code = np.concatenate([old, new])
        order = np.argsort(code, kind="stable")
        fresh = stage.program(*np.divmod(code[order], width))
        added = order >= len(old)
        miss = np.zeros_like(point.slack) if point.miss is None else point.miss

        def spread(values: np.ndarray) -> np.ndarray:
            return np.concatenate([values[kept], np.zeros(len(new))])[order]

        values, shape = point.values.copy(), stage.shape
        short = np.maximum(-(point.k * fresh.distance + fresh.drop(values)), 0.0)
        half = [np.zeros(size) for size in shape]
        for each, group in zip(half, (fresh.rows, fresh.columns), strict=True):
            np.maximum.at(each, group, 0.5 * short)
        values[stage.pointwise.fakes.at] += half[0]
        values[stage.pointwise.reals.at] -= half[1]
        out = np.bincount(program.rows, weights=point.gamma, minlength=shape[0])
        into = np.bincount(program.columns, weights=point.gamma, minlength=shape[1])
        true = point.k * fresh.distance + fresh.drop(values)
        mu = point.complementarity + float(out @ half[0] + into @ half[1])
        smaller = np.minimum(out[fresh.rows], into[fresh.columns])
        slack = np.maximum(true, mu * fresh.path / (_NEW_SHARE * smaller))
        if not added.all():
            old_slack = spread(point.slack)
            slack = np.where(added, slack, np.maximum(true, old_slack))
        gamma = mu * fresh.path / slack
        for _ in range(_SWEEPS):
            for group, goal in ((fresh.rows, out), (fresh.columns, into)):
                gamma *= (goal / np.maximum(np.bincount(group, weights=gamma, minlength=len(goal)), 1e-300))[group]
        gamma = np.maximum(gamma, 1e-300)
        miss = true - slack
        self.program = fresh
        self.point = replace(point, values=values, gamma=gamma, slack=slack, miss=miss if miss.any() else None)


def _smaller_plan(program: EdgeProgram, gamma: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """The smaller of the masses that both points of every pair give and take."""
    out = np.bincount(program.rows, weights=gamma, minlength=shape[0])
    into = np.bincount(program.columns, weights=gamma, minlength=shape[1])
    return np.minimum(out[program.rows], into[program.columns])
