"""The exact critic at scale: a sparse interior point from coarse to fine."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from typing_extensions import override

from toylab.measures import DiscreteMeasure
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
FOREST_EXTRA = int(os.environ.get("FE", 3))
ADD = int(os.environ.get("ADD", 3))
KEEP = int(os.environ.get("KEEP", 6))
CAND = int(os.environ.get("CAND", 15))
FACTOR = float(os.environ.get("FACTOR", 0.3))
MID = float(os.environ.get("MID", 1e-3))
CPU = torch.device("cpu")
T = {"ipm": 0.0, "scan": 0.0, "cand": 0.0, "prog": 0.0, "its": 0}


class Stage:
    """One level."""

    def __init__(self, problem, level, length):
        self.problem, self.level, self.length = problem, level, length
        self.carried, self.points, self.fakes, self.reals = carried_points(problem)
        self.P, self.Q = self.points[self.fakes], self.points[self.reals]
        g, r = len(self.fakes), len(self.reals)
        self.shape = g, r
        if level:
            support = problem.support
            pos = np.full(len(support.points), -1)
            pos[self.carried] = np.arange(len(self.carried))
            fpos = np.full(len(self.carried), -1)
            fpos[self.fakes] = np.arange(g)
            rpos = np.full(len(self.carried), -1)
            rpos[self.reals] = np.arange(r)
            self.fmap, self.rmap = fpos[pos[support.fake_owner]], rpos[pos[support.real_owner]]
        else:
            self.fmap, self.rmap = np.arange(g), np.arange(r)

    def code(self, rows, columns):
        return rows * self.shape[1] + columns

    def program(self, code):
        er, ec = np.divmod(code, self.shape[1])
        t = torch.from_numpy
        if len(code) == self.shape[0] * self.shape[1]:
            return NormalisedProgram(self.problem, CPU, length=self.length)
        pairs = Shortlist(t(self.fakes), t(self.reals), len(self.carried), t(er), t(ec))
        return NormalisedProgram(self.problem, CPU, pairs=pairs, length=self.length)


from toylab.solvers.multiscale.edge_program import EdgeProgram, Objective, Point
from toylab.solvers.multiscale import edge_program as EP
DROP = float(os.environ.get("DROP", 8))
MIDGAP = float(os.environ.get("MIDGAP", 3e-3))
SCANS = eval(os.environ.get('SCANS','(1e-3,3e-5)'))
GCAP = float(os.environ.get('GCAP', 0.03))
LASTW = float(os.environ.get("LASTW", 0.1))


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
        t0 = time.process_time()
        fl, rl = _level(fake_levels, depth - 1), _level(real_levels, depth - 1)
        own = problem if depth == 1 else CriticProblem(
            DiscreteMeasure(fl.points, fl.weights), DiscreteMeasure(rl.points, rl.weights), problem.losses, problem.regularizer)
        top = NormalisedProgram(own, CPU, length=length)
        x = starting_point(top)
        goal = 0.1 * self.rtol if depth == 1 else float(os.environ.get("TOPGAP", 1e-2))
        x, gap, its = _iterate(top, x, goal, self.max_iterations)
        if depth == 1:
            return _outcome(problem, top, x, Status.OPTIMAL, [gap])
        # to cells (merged coarse points are treated as cells)
        stage = Stage(own, 1, length)
        f = x.values.numpy()
        u, v = f[stage.fakes][stage.fmap], f[stage.reals][stage.rmap]
        gam = x.gamma.numpy()[stage.fmap][:, stage.rmap]
        pf = stage_share(fl.weights, stage.fmap)
        qf = stage_share(rl.weights, stage.rmap)
        gam = gam * pf[:, None] * qf
        w = x.slack.numpy()[stage.fmap][:, stage.rmap]
        g, r = gam.shape
        rows, columns = np.divmod(np.arange(g * r), r)
        mu = float(gam.ravel() @ w.ravel())
        state = dict(P=fl.points, Q=rl.points, u=u, v=v, k=x.k, rows=rows, columns=columns, gam=gam.ravel(), w=w.ravel(), mu=mu)
        if VERBOSE:
            print(f"top {g}x{r} its {its} gap {gap:.2e} t {time.process_time()-t0:.2f}")
        for level in range(depth - 2, -1, -1):
            fl2, rl2 = _level(fake_levels, level), _level(real_levels, level)
            state = self._level(problem, state, fl2, rl2, length, level, points, fakes, reals, t0)
        return self._outcome(problem, state, carried, points, fakes, reals, length)

    def _level(self, problem, s, fl, rl, length, level, points, fakes, reals, t0):
        tm = time.process_time()
        g, r = len(fl.points), len(rl.points)
        if level == 0:
            N, fk, rk, pts = len(points), fakes, reals, points
        else:
            N, fk, rk = g + r, np.arange(g), g + np.arange(r)
            pts = np.concatenate([fl.points, rl.points])
        o = Objective(problem, fk, rk, fl.weights, rl.weights, N, length)
        shape0 = (len(s["P"]), len(s["Q"]))
        keep = chosen(s["rows"], s["columns"], s["gam"], s["w"], shape0, FOREST_EXTRA, FOREST_EXTRA)
        er, ec, gam = s["rows"][keep], s["columns"][keep], s["gam"][keep]
        # candidates
        near = nearest(s["P"], s["Q"], s["u"], s["v"], s["k"] / length, CAND)
        ncode = np.union1d(near[0] * shape0[1] + near[1], er * shape0[1] + ec)
        cr, cc = children(*np.divmod(ncode, shape0[1]), fl.parents, rl.parents)
        # prolong values
        a0, b0 = np.bincount(er, weights=gam, minlength=shape0[0]), np.bincount(ec, weights=gam, minlength=shape0[1])
        step = s["Q"][ec] - s["P"][er]
        unit = step / np.maximum(np.linalg.norm(step, axis=1), 1e-300)[:, None]
        kk = s["k"] / length
        gx = kk * np.stack([np.bincount(er, weights=gam * c, minlength=shape0[0]) for c in unit.T], 1) / a0[:, None]
        gy = kk * np.stack([np.bincount(ec, weights=gam * c, minlength=shape0[1]) for c in unit.T], 1) / b0[:, None]
        u = s["u"][fl.parents] + ((fl.points - s["P"][fl.parents]) * gx[fl.parents]).sum(1)
        v = s["v"][rl.parents] + ((rl.points - s["Q"][rl.parents]) * gy[rl.parents]).sum(1)
        # edges
        full_a = np.bincount(s["rows"], weights=s["gam"], minlength=shape0[0])
        full_b = np.bincount(s["columns"], weights=s["gam"], minlength=shape0[1])
        scaled = gam * np.sqrt((full_a[er] / a0[er]) * (full_b[ec] / b0[ec]))
        rows, columns, pair = children(er, ec, fl.parents, rl.parents, which=True)
        order = np.argsort(rows * r + columns)
        rows, columns, pair = rows[order], columns[order], pair[order]
        sp = fl.weights / np.bincount(fl.parents, weights=fl.weights, minlength=shape0[0])[fl.parents]
        sq = rl.weights / np.bincount(rl.parents, weights=rl.weights, minlength=shape0[1])[rl.parents]
        ge = scaled[pair] * sp[rows] * sq[columns]
        f = np.zeros(N)
        f[fk] = u
        if level == 0 and len(o.shared):
            f[rk] = np.where(np.isin(rk, fk), 0.5 * (f[rk] + v), v)
        else:
            f[rk] = v
        P = EdgeProgram(o, pts, rows, columns, length)
        moving = P.d > 0
        if not moving.all():
            rows, columns, ge = rows[moving], columns[moving], ge[moving]
            P = EdgeProgram(o, pts, rows, columns, length)
        wc = s["mu"] * P.path / ge
        slack = s["k"] * P.d + P.drop(f)
        w = np.clip(slack, LASTW * wc, wc / LASTW)
        x = Point(f, s["k"], ge, w, slack - w)
        cd = np.sqrt(((fl.points[cr] - rl.points[cc]) ** 2).sum(1)) / length
        ok = cd > 0
        cr, cc, cd = cr[ok], cc[ok], cd[ok]
        ccode = np.sort(cr * r + cc)
        extra_c = []
        T["prog"] += time.process_time() - tm
        rtol = self.rtol if level == 0 else MIDGAP
        its, fresh, last, scans, nextscan = 0, 0, np.inf, 0, 0
        while its < self.max_iterations:
            gap, room = P.gap_and_room(x)
            rel = gap / room
            missing = 0.0 if x.miss is None else float(np.abs(x.miss) @ x.gamma) / room
            # price
            done = rel + missing <= 0.5 * rtol
            if rel <= FACTOR * last or done:
                last = rel
                tm = time.process_time()
                uu, vv = x.f[fk], x.f[rk]
                sl = x.k * cd
                sl += uu[cr]
                sl -= vv[cc]
                bad = np.flatnonzero(sl < 0)
                br, bc, bs = cr[bad], cc[bad], sl[bad]
                kept = smallest(br, bs, ADD) | smallest(bc, bs, ADD)
                br, bc, bs = br[kept], bc[kept], bs[kept]
                known = among(br * r + bc, P.rows * r + P.columns)
                br, bc, bs = br[~known], bc[~known], bs[~known]
                T["cand"] += time.process_time() - tm
                total, scanned = np.nan, False
                if done or (nextscan < len(SCANS) and rel < SCANS[nextscan] and level == 0):
                    while nextscan < len(SCANS) and rel < SCANS[nextscan]:
                        nextscan += 1
                    tm = time.process_time()
                    if True:
                        sc = scan(fl.points, rl.points, uu, vv, x.k / length, ADD)
                        scans += 1
                        total = self._total(P, x, fk, sc.least)
                        scanned = True
                        new = sc.rows * r + sc.columns
                        new = new[~among(new, P.rows * r + P.columns)]
                        cand_code = new[~among(new, ccode)]
                        extra_c.append(cand_code)
                        br, bc = np.divmod(new, r)
                        nr, nc = np.divmod(cand_code, r)
                        nd = np.linalg.norm(fl.points[nr] - rl.points[nc], axis=1) / length
                        cr, cc, cd = np.r_[cr, nr], np.r_[cc, nc], np.r_[cd, nd]
                    T["scan"] += time.process_time() - tm
                    if done and total <= rtol:
                        break
                if VERBOSE:
                    print(f"lev {level} {g}x{r} E {len(P.d)} C {len(cr)} it {its} gap {rel:.2e} miss {missing:.1e} new {len(br)} total {total:.2e} t {time.process_time()-t0:.2f}")
                tm = time.process_time()
                if len(br):
                    P, x = self._with(P, x, o, pts, br, bc, length, (g, r))
                T["prog"] += time.process_time() - tm
            tm = time.process_time()
            x = EP.predictor_corrector(P, x)
            T["ipm"] += time.process_time() - tm
            its += 1
            T["its"] += 1
        if VERBOSE:
            print(f"lev {level} {g}x{r} E {len(P.d)} END it {its} gap {rel:.2e} miss {missing:.1e} total {total:.2e} t {time.process_time()-t0:.2f}")
        return dict(P=fl.points, Q=rl.points, u=x.f[fk], v=x.f[rk], k=x.k, rows=P.rows, columns=P.columns, gam=x.gamma, w=x.w, mu=float(x.gamma @ x.w), f=x.f)

    def _with(self, P, x, o, pts, br, bc, length, shape):
        rows, columns, gam, w = P.rows, P.columns, x.gamma, x.w
        miss = np.zeros_like(w) if x.miss is None else x.miss
        mu = float(gam @ w)
        if len(rows) > DROP * sum(shape):
            keep = chosen(rows, columns, gam, w, shape, KEEP, 0)
            rows, columns, gam, w, miss = (a[keep] for a in (rows, columns, gam, w, miss))
        n0 = len(rows)
        rows, columns = np.r_[rows, br], np.r_[columns, bc]
        order = np.lexsort((columns, rows))
        fresh = EdgeProgram(o, pts, rows[order], columns[order], length)
        slack = x.k * fresh.d + fresh.drop(x.f)
        new = (order >= n0)
        wn = np.where(new, 0, np.r_[w, np.zeros(len(br))][order])
        gn = np.r_[gam, np.zeros(len(br))][order]
        mn = np.r_[miss, np.zeros(len(br))][order]
        typical = mu * np.sqrt(0) 
        a = np.bincount(fresh.rows, weights=gn, minlength=shape[0])
        b = np.bincount(fresh.columns, weights=gn, minlength=shape[1])
        cap = GCAP * np.minimum(a[fresh.rows], b[fresh.columns])
        wn[new] = np.maximum(np.abs(slack[new]), mu * fresh.path[new] / cap[new])
        gn[new] = mu * fresh.path[new] / wn[new]
        mn[new] = slack[new] - wn[new]
        return fresh, Point(x.f, x.k, gn, wn, mn if np.abs(mn).max() > 0 else None)

    def _total(self, P, x, fk, least):
        f = x.f.copy()
        f[fk] = np.maximum(f[fk], least)
        w = np.maximum(x.k * P.d + P.drop(f), 0.0)
        gap, room = P.gap_and_room(Point(f, x.k, x.gamma, w))
        return gap / room

    def _outcome(self, problem, s, carried, points, fakes, reals, length):
        from scipy import sparse
        from toylab.critics import LowerExtension
        from toylab.plans import split_plan
        size = len(problem.support.points)
        merged = sparse.coo_array((s["gam"], (carried[fakes][s["rows"]], carried[reals][s["columns"]])), shape=(size, size))
        critic = LowerExtension(points[reals], s["v"], s["k"] / length, 1e-6 * s["k"])
        return Outcome(critic=critic, plan=split_plan(problem, merged.tocsr()), stats={"iterations": T["its"]})


BAND = float(os.environ.get("BAND", 30))


def banded(rows, columns, gam, w, shape, most):
    ratio = w / np.maximum(gam, 1e-300)
    keep = smallest(rows, ratio, most) | smallest(columns, ratio, most)
    a, aw = np.bincount(rows, weights=gam, minlength=shape[0]), np.bincount(rows, weights=gam * w, minlength=shape[0])
    b, bw = np.bincount(columns, weights=gam, minlength=shape[1]), np.bincount(columns, weights=gam * w, minlength=shape[1])
    typical = (aw / np.maximum(a, 1e-300))[rows] + (bw / np.maximum(b, 1e-300))[columns]
    keep &= w < BAND * typical
    return keep | forest(rows, columns, gam, shape) | smallest(rows, ratio, 2) | smallest(columns, ratio, 2)


def stage_share(weights, owner):
    return weights / np.bincount(owner, weights=weights)[owner]


def among(code, ordered):
    at = np.searchsorted(ordered, code)
    return ordered[np.minimum(at, len(ordered) - 1)] == code


def nearest(P, Q, u, v, k, count):
    from scipy.spatial.distance import cdist

    s = k * cdist(P, Q) + u[:, None] - v
    c0, c1 = min(count, s.shape[1]), min(count, s.shape[0])
    a = np.argpartition(s, c0 - 1, axis=1)[:, :c0]
    b = np.argpartition(s, c1 - 1, axis=0)[:c1]
    return (
        np.concatenate([np.repeat(np.arange(len(P)), c0), b.ravel()]),
        np.concatenate([a.ravel(), np.tile(np.arange(len(Q)), c1)]),
    )


def chosen(er, ec, gam, w, shape, by_ratio, by_slack):
    ratio = w / np.maximum(gam, 1e-300)
    keep = forest(er, ec, gam, shape)
    for group in (er, ec):
        keep |= smallest(group, ratio, by_ratio)
        if by_slack:
            keep |= smallest(group, w, by_slack)
    return keep


def warm(stage, program, point, code, new, least):
    er, ec = np.divmod(code, stage.shape[1])
    gam, w = point.gamma.numpy(), point.slack.numpy()
    if len(code) > 4 * sum(stage.shape):
        keep = chosen(er, ec, gam, w, stage.shape, KEEP, 0)
        code, gam, w = code[keep], gam[keep], w[keep]
    f = point.values.numpy().copy()
    u = f[stage.fakes]
    lift = np.maximum(least - u, 0.0)
    lift = lift + np.where(lift > 0, lift, 0.0)
    f[stage.fakes] += lift
    # sorted union
    both = np.concatenate([code, new])
    order = np.argsort(both, kind="stable")
    both = both[order]
    fresh = stage.program(both)
    change = torch.from_numpy(f) - point.values
    values = torch.from_numpy(f)
    old_w = np.concatenate([w, np.zeros(len(new))])[order]
    is_old = np.concatenate([np.ones(len(code), bool), np.zeros(len(new), bool)])[order]
    dropc = fresh.pairs.drop(change).numpy()
    exact = (point.k * fresh.distance + fresh.pairs.drop(values)).numpy()
    slack = np.where(is_old, old_w + dropc, exact)
    mu = point.complementarity(program.kinks)
    path = fresh.path.numpy()
    slack = torch.from_numpy(slack)
    gamma = np.concatenate([gam, np.zeros(len(new))])[order]
    gamma = np.where(is_old, gamma, mu * path / np.maximum(slack.numpy(), 1e-300))
    if VERBOSE and (slack[fresh.moving] <= 0).any():
        print("NONPOSITIVE", float(slack.min()))
    slack = torch.where(fresh.moving, slack, 1.0)
    gamma = torch.where(fresh.moving, torch.from_numpy(gamma), 0.0)
    return fresh, Iterate(values, point.k, gamma, slack, point.kinks), both


def price_list(ends, P, Q, u, v, k):
    rows, columns = ends
    d = P[rows]
    d -= Q[columns]
    slack = np.sqrt(np.einsum("ij,ij->i", d, d))
    slack *= k
    slack += u[rows]
    slack -= v[columns]
    bad = np.flatnonzero(slack < 0)
    r, c, s = rows[bad], columns[bad], slack[bad]
    least = u.copy()
    np.maximum.at(least, r, u[r] - s)
    kept = smallest(r, s, ADD) | smallest(c, s, ADD)
    return r[kept], c[kept], least


def _total_gap(program, point, fakes, least):
    values = point.values.clone()
    f = values.numpy()
    f[fakes] = np.maximum(f[fakes], least)
    slack = torch.where(
        program.moving, point.k * program.distance + program.pairs.drop(values), point.slack
    ).clamp(min=0.0)
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
    d = np.linalg.norm(
        fakes[rng.integers(len(fakes), size=10001)] - reals[rng.integers(len(reals), size=10001)], axis=1
    )
    return float(np.median(d[d > 0]))
