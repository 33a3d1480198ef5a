"""The exact program on a shortlist of pairs, as NumPy arrays over edges; lengths and masses in normalised units."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from toylab.losses import Loss
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.multiscale.factorisation import Factorisation


@dataclass(frozen=True, eq=False)
class Measures:
    """N."""

    fakes: np.ndarray
    reals: np.ndarray
    p: np.ndarray
    q: np.ndarray
    size: int


class Objective:
    """h and its slopes at the N points; each loss is asked at the points that carry its mass only."""

    def __init__(self, problem, fakes, reals, p, q, size, length):
        self.losses = problem.losses.without_constants()
        self.regularizer = problem.regularizer.rescaled(length)
        self.fakes, self.reals, self.p, self.q, self.size = fakes, reals, p, q, size
        self.sides = [(fakes, p, self.losses.fake_loss), (reals, q, self.losses.real_loss)]
        self.shared = np.intersect1d(fakes, reals)
        self.centre = float(self.losses.best_constant or 0.0)
        c = np.array(self.centre)
        self.slope_at_constant = float(self.losses.fake_loss.slope(c))
        self.constant_value = float(self.losses.fake_loss.value(c) + self.losses.real_loss.value(c))
        self.inverses = [Inverse(loss, self.centre) for _, _, loss in self.sides]
        self.mass = np.zeros(size)
        self.mass[fakes] += p
        self.mass[reals] += q

    def _sum(self, name, f):
        total = np.zeros(self.size)
        for at, mass, loss in self.sides:
            total[at] += mass * getattr(loss, name)(f[at])
        return total

    def slope(self, f):
        return self._sum("slope", f)

    def value(self, f):
        return float(self._sum("value", f).sum())

    def local_model(self, f, residual, slope):
        here = self._sum("curvature", f)
        goal = slope - residual
        step = np.zeros(self.size)
        for (at, mass, _), inverse in zip(self.sides, self.inverses, strict=True):
            step[at] = f[at] - inverse(goal[at] / mass)
        if len(self.shared):
            step[self.shared] = residual[self.shared] / np.maximum(here[self.shared], 1e-300)
        with np.errstate(all="ignore"):
            chord = np.where(np.abs(step) > 1e-3, residual / step, 0.0)
        chord = np.where(np.isfinite(chord) & (chord > 0), chord, 0.0)
        curvature = np.maximum(here, chord)
        size = np.abs(residual)
        with np.errstate(all="ignore"):
            newton = 0.5 * residual**2 / curvature
        gap = np.where(np.abs(step) > 1e-3, 0.5 * np.abs(residual * step), newton)
        gap = np.where(size > 0, gap, 0.0)
        reach = 4.0 + np.abs(f - self.centre)
        return curvature, np.where(np.isfinite(gap), gap, size * reach)


class Inverse:
    """Where a loss has a given slope, from a table."""

    def __init__(self, loss: Loss, centre: float) -> None:
        t = centre + np.sinh(np.linspace(-8.5, 8.5, 6001))
        with np.errstate(all="ignore"):
            s = np.asarray(loss.slope(t))
        ok = np.isfinite(s)
        t, s = t[ok], s[ok]
        new = np.flatnonzero(np.diff(s, prepend=-np.inf) > 0)
        self.t, self.s = t[new], s[new]
        self.logarithmic = None

    def __call__(self, s):
        return np.interp(s, self.s, self.t)


@dataclass(eq=False)
class Point:
    f: np.ndarray
    k: float
    gamma: np.ndarray
    w: np.ndarray
    miss: np.ndarray | None = None  # k d + drop f − w


class EdgeProgram:
    def __init__(self, objective: Objective, points, rows, columns, length, near=1.0):
        self.o = objective
        self.rows, self.columns = rows, columns
        self.sources, self.sinks = objective.fakes[rows], objective.reals[columns]
        step = points[self.sources] - points[self.sinks]
        self.d = np.sqrt(np.einsum("ij,ij->i", step, step)) / length
        self.size = objective.size
        path = objective.p[rows] * objective.q[columns] * (near + self.d)
        self.path = path / path.sum()
        self.factor = Factorisation(self.sources, self.sinks, self.size)
        reg = objective.regularizer
        self.fixed = isinstance(reg, LipschitzBall)

    def outflow(self, mass):
        return np.bincount(self.sources, weights=mass, minlength=self.size) - np.bincount(
            self.sinks, weights=mass, minlength=self.size
        )

    def drop(self, f):
        return f[self.sources] - f[self.sinks]

    def gap_and_room(self, x: Point):
        o = self.o
        slope = o.slope(x.f)
        residual = slope - self.outflow(x.gamma)
        _, fy = o.local_model(x.f, residual, slope)
        cost = float(x.gamma @ self.d)
        gap = float(fy.sum()) + float(x.gamma @ x.w) + o.regularizer.fenchel_young(x.k, cost)
        room = max(o.regularizer.conjugate(cost), o.constant_value - o.value(x.f) - o.regularizer.value(x.k) + gap)
        return gap, max(room, 1e-12 * o.slope_at_constant)


class Step:
    def __init__(self, program: EdgeProgram, x: Point):
        self.P, self.x = program, x
        o = program.o
        self.slope = o.slope(x.f)
        residual = self.slope - program.outflow(x.gamma)
        self.H, fy = o.local_model(x.f, residual, self.slope)
        self.fy = float(fy.sum())
        self.theta = x.gamma / x.w
        program.factor.factorise(self.theta, self.H)
        self.shape = (x.f - o.centre) / x.k
        self.t = x.w / x.k if x.miss is None else (x.w + x.miss) / x.k
        if not program.fixed:
            tt = self.theta * self.t
            self.vector = self.H * self.shape + program.outflow(tt)
            self.solved = program.factor.solve(self.vector)
            corner = 2.0 * o.regularizer.weight + float(self.H @ self.shape**2) + float(tt @ self.t)
            self.pivot = corner - float(self.vector @ self.solved)
            self.dR = 2.0 * o.regularizer.weight * (x.k - o.regularizer.target)

    def solve(self, right, corner):
        dg = self.P.factor.solve(right)
        if self.P.fixed:
            return dg, 0.0
        dk = (corner - float(self.vector @ dg)) / self.pivot
        return dg - dk * self.solved, dk

    def direction(self, aim, refine):
        P, x = self.P, self.x
        push = aim / x.w if aim is not None else np.zeros_like(x.w)
        full = push if x.miss is None else push - self.theta * x.miss
        corner = 0.0
        if not P.fixed:
            corner = float(self.t @ full) - self.dR - float(self.shape @ self.slope)
        dg, dk = self.solve(P.outflow(full) - self.slope, corner)
        dw = P.drop(dg) + dk * self.t
        if x.miss is not None:
            dw += x.miss
        dgamma = push - x.gamma - self.theta * dw
        df = dg + dk * self.shape
        return df, dk, dgamma, dw

    def refined(self, change):
        P, x = self.P, self.x
        df, dk, dgamma, dw = change
        missing = P.outflow(x.gamma + dgamma) - self.slope - self.H * df
        dg, more = self.solve(missing, 0.0)
        moved = P.drop(dg) + more * self.t
        return df + dg + more * self.shape, dk + more, dgamma - self.theta * moved, dw + moved


def longest(values, change):
    with np.errstate(all="ignore"):
        least = float((change / values).min())
    return -1.0 / least if least < 0 else np.inf


def predictor_corrector(P: EdgeProgram, x: Point) -> Point:
    s = Step(P, x)
    mu = float(x.gamma @ x.w)
    df, dk, dgam, dw = s.direction(None, False)
    a = min(longest(x.w, dw), longest(x.gamma, dgam), 1.0)
    promised = float((x.gamma + a * dgam) @ (x.w + a * dw))
    target = max(mu * min(max(promised / mu, 0.0), 1.0) ** 3, 0.1 * s.fy)
    level = target * P.path
    aim = level - dgam * dw
    best = s.direction(aim, False)
    a = reach(P, x, best)
    for _ in range(CORRECTORS):
        if a > 0.9:
            break
        trial = min(1.0, max(1.5 * a, a + 0.2))
        df, dk, dgam, dw = best
        product = (x.gamma + trial * dgam) * (x.w + trial * dw)
        more = np.clip(product, 0.1 * level, 10.0 * level) - product
        np.maximum(more, -10.0 * level, out=more)
        other = s.direction(aim + more, False)
        b = reach(P, x, other)
        if b < a + 0.1 * (trial - a):
            if b > a:
                best, a, aim = other, b, aim + more
            break
        best, a, aim = other, b, aim + more
    df, dk, dgam, dw = s.refined(best)
    a = reach(P, x, (df, dk, dgam, dw))
    miss = None if x.miss is None or a >= 1.0 else (1.0 - a) * x.miss
    return Point(x.f + a * df, x.k + a * dk, x.gamma + a * dgam, x.w + a * dw, miss)


CORRECTORS = int(__import__("os").environ.get("CORR", 3))


def reach(P, x, change):
    df, dk, dgam, dw = change
    shrink = -x.k / dk if dk < 0 else np.inf
    a = min(0.995 * min(longest(x.w, dw), longest(x.gamma, dgam), shrink), 1.0)
    return min(a, growth(P.o, x.f, df))


def growth(o: Objective, f, df):
    """Cap steps where a loss grows."""
    limit = np.inf
    for (at, _, loss), sign in zip(o.sides, (1.0, -1.0), strict=True):
        if np.isinf(loss.slope_range.upper) or np.isinf(loss.slope_range.lower):
            above, move = sign * (f[at] - o.centre), sign * df[at]
            room = np.where(above > 0.3, 4.0, 0.3 + np.maximum(-above, 0.0))
        else:
            above, move = sign * (f[at] - o.centre), sign * df[at]
            room = 4.0 + np.maximum(-above, 0.0) + np.abs(above) + 0.1 * np.abs(above).max()
        up = move > 0
        if up.any():
            limit = min(limit, float((room[up] / move[up]).min()))
    return limit
