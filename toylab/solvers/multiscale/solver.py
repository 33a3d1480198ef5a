"""The exact critic at scale: a sparse interior point from coarse to fine."""

from __future__ import annotations

from dataclasses import dataclass
import time
import os
from typing import Any

import numpy as np
import torch
from scipy import sparse
from typing_extensions import override

from toylab.measures import DiscreteMeasure
from toylab.plans import split_plan
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_restricted
from toylab.solvers.interior_point import _outcome
from toylab.solvers.multiscale.coarsening import Level, levels
from toylab.solvers.multiscale.pricing import scan
from toylab.solvers.multiscale.refinement import children, forest, smallest
from toylab.solvers.multiscale.shortlist import Shortlist
from toylab.solvers.normalised_program import Iterate, NormalisedProgram, carried_points
from toylab.solvers.predictor_corrector import predictor_corrector
from toylab.solvers.starting_point import starting_point

VERBOSE = bool(os.environ.get("MSV"))
FOREST_EXTRA = 3
ADD = 3
CPU = torch.device("cpu")


@dataclass(frozen=True, kw_only=True)
class Multiscale(AbstractSolver):
    rtol: float = 1e-6
    max_iterations: int = 200
    coarsest: int = 256

    @override
    def check(self, problem: CriticProblem) -> None:
        check_restricted(problem, self)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        carried, points, fakes, reals = carried_points(problem)
        support = problem.support
        p, q = support.fake_weights[carried][fakes], support.real_weights[carried][reals]
        fake_levels, real_levels = levels(points[fakes], p, self.coarsest), levels(points[reals], q, self.coarsest)
        depth = max(len(fake_levels), len(real_levels))
        length = _length(points[fakes], points[reals])
        plan = None
        stats: dict[str, Any] = {"iterations": 0}
        t0 = time.process_time()
        for level in range(depth - 1, -1, -1):
            fl = fake_levels[level] if level < len(fake_levels) else None
            rl = real_levels[level] if level < len(real_levels) else None
            fl, rl = _level(fake_levels, level), _level(real_levels, level)
            if level == 0:
                own = problem
            else:
                own = CriticProblem(
                    DiscreteMeasure(fl.points, fl.weights), DiscreteMeasure(rl.points, rl.weights),
                    problem.losses, problem.regularizer)
            g, r = len(fl.points), len(rl.points)
            if plan is None:
                rows, columns = np.divmod(np.arange(g * r), r)
            else:
                rows, columns = children(*plan, fl_parents, rl_parents) if False else children(
                    *plan, fl.parents, rl.parents)
            rows, columns, status = self._level(own, rows, columns, length, level, stats, t0)
            plan = rows, columns
        return stats.pop("outcome")

    def _level(self, problem, rows, columns, length, level, stats, t0):
        carried, points, fakes, reals = carried_points(problem)
        if level > 0:
            # cells -> merged
            pos = np.full(len(problem.support.points), -1); pos[carried] = np.arange(len(carried))
            fpos = np.full(len(carried), -1); fpos[fakes] = np.arange(len(fakes))
            rpos = np.full(len(carried), -1); rpos[reals] = np.arange(len(reals))
            fmap = fpos[pos[problem.support.fake_owner]]
            rmap = rpos[pos[problem.support.real_owner]]
        else:
            fmap, rmap = np.arange(len(fakes)), np.arange(len(reals))
        code = np.unique(fmap[rows] * len(reals) + rmap[columns])
        goal = 1e-3 if level else 1e-2
        rtol = 1e-3 if level else self.rtol
        full = len(code) == len(fakes) * len(reals)
        if full and level == 0: goal = 0.1*rtol
        for rnd in range(30):
            er, ec = np.divmod(code, len(reals))
            t = lambda a: torch.from_numpy(np.ascontiguousarray(a))
            pairs = Shortlist(t(fakes), t(reals), len(carried), t(er), t(ec))
            program = NormalisedProgram(problem, CPU, pairs=pairs, length=length)
            point, gap, its = _iterate(program, starting_point(program), goal, self.max_iterations)
            stats["iterations"] += its
            f = point.values.numpy()
            if full:
                total = gap
                least = None
                vio = np.zeros(0)
            else:
                tol = 1e-12
                k = point.k / length
                v = scan(points[fakes], points[reals], f[fakes], f[reals], k, tol, ADD)
                vio = v.rows
                total = _total_gap(program, point, fakes, v.least)
            if VERBOSE:
                print(f"level {level} n {len(fakes)}x{len(reals)} E {len(code)} goal {goal:.1e} its {its} gap {gap:.2e} total {total:.2e} viol {len(vio)} t {time.process_time()-t0:.2f}")
            if total <= rtol:
                break
            goal = max(min(0.01 * total, 0.1*goal if len(vio)==0 else goal), .3 * rtol if level == 0 else 1e-3)
            code = np.union1d(code, v.rows * len(reals) + v.columns)
        if level == 0:
            stats["outcome"] = _outcome(problem, program, point, Status.OPTIMAL, [gap])
            return None, None, None
        gam, w = point.gamma.numpy(), point.slack.numpy()
        ratio = np.log(w) - np.log(np.maximum(gam, 1e-300))
        keep = forest(er, ec, gam, (len(fakes), len(reals)))
        for group in (er, ec):
            for key in (ratio, w):
                keep |= smallest(group, key, FOREST_EXTRA)
        er, ec = er[keep], ec[keep]
        # back to cells
        return *_unmap(er, ec, fmap, rmap), None


def _unmap(er, ec, fmap, rmap):
    return children(er, ec, fmap, rmap)


def _total_gap(program, point, fakes, least):
    values = point.values.clone()
    f = values.numpy()
    f[fakes] = np.maximum(f[fakes], least)
    slack = torch.where(program.moving, point.k * program.distance + program.pairs.drop(values), point.slack).clamp(min=0.)
    gap, room = program.gap_and_room(Iterate(values, point.k, point.gamma, slack, point.kinks))
    return gap / room


def _iterate(program, point, goal, most):
    for its in range(most):
        gap, room = program.gap_and_room(point)
        if gap <= goal * room:
            break
        point = predictor_corrector(program, point)
    return point, gap / room, its


def _level(levels_: list[Level], level: int) -> Level:
    if level < len(levels_):
        return levels_[level]
    last = levels_[-1]
    n = len(last.points)
    return Level(last.points, last.weights, np.arange(n))


def _length(fakes, reals):
    rng = np.random.default_rng(0)
    d = np.linalg.norm(fakes[rng.integers(len(fakes), size=10001)] - reals[rng.integers(len(reals), size=10001)], axis=1)
    return float(np.median(d[d > 0]))
