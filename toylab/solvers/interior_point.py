"""The exact critic by a primal-dual interior point over every fake→real pair, in float64.

    minimise over f, k:  Σ_z h_z(f_z) + R(k)   subject to   w_xy = k d_xy + f(x) − f(y) ≥ 0

with multipliers γ_xy ≥ 0, which are the dual plan. Four things keep the digits: the start is primal and dual
feasible (f constant, γ = φ'(c) p ⊗ q); the unknown df is split as dg + dk (f − c)/k, which turns the
border of the Newton system from θ d, where everything cancels, into γ/k; the central path is weighted,
γ w = μ p ⊗ q, because no step gets far towards equal products where the weights differ by many orders;
and w is carried along instead of recomputed, because between points that nearly coincide it is far smaller
than the values it is a difference of.

Source: the convex program of THEORY section 2; Mehrotra (1992) for the predictor-corrector.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy import sparse
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.critics import LowerExtension
from toylab.errors import InputError
from toylab.losses import LossPair, SlopeRange
from toylab.plans import split_plan
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.newton import Edges, LaplacianSystem
from toylab.solvers.threads import suited_threads

_STALLED_AFTER = 20
_ROUNDING = 8.0 * float(np.finfo(np.float64).eps)
_FRACTION_TO_BOUNDARY = 0.995
_LARGEST_GROWTH = 4.0  # critic units per step


@dataclass(frozen=True, kw_only=True)
class InteriorPoint(AbstractSolver):
    """The exact solver for every loss with condition (11), penalty or ball, overlapping supports included.

    Memory grows with (fake points) × (real points). Relative gap 1e-8 by default.

    Attributes:
        rtol: relative gap to be certified.
        max_iterations: Newton steps at most.
        device: "cpu", "cuda", or "auto" (a GPU where there is one).
    """

    rtol: float = 1e-8
    max_iterations: int = 200
    device: str = "cpu"

    @override
    def check(self, problem: CriticProblem) -> None:
        if not 0 < self.rtol < 1:
            raise InputError(f"rtol must lie between 0 and 1, got {self.rtol}.")
        if self.max_iterations < 1:
            raise InputError(f"max_iterations must be at least 1, got {self.max_iterations}.")
        condition = problem.losses.condition_11()
        if not condition:
            raise InputError(
                f"the interior point needs condition (11), and {problem.losses.name!r} fails it: "
                f"{'; '.join(condition.reasons)}. Use toylab.solvers.Reference()."
            )
        resolve_device(self.device)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        with suited_threads(len(problem.fake) * len(problem.real)):
            return _Run(problem, self).outcome()


def resolve_device(name: str) -> torch.device:
    """The torch device of this name; "auto" is CUDA where there is one.

    Raises:
        InputError: unknown name, or a device this machine does not have.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise InputError(f"unknown device {name!r}; use 'cpu', 'cuda' or 'auto'.") from None
    if device.type == "cuda" and not torch.cuda.is_available():
        raise InputError("device 'cuda' was asked for, but torch finds none here; use 'auto' or 'cpu'.")
    return device


@dataclass(eq=False)
class _Point:
    """One iterate: critic values, constant, multipliers, and what follows from them."""

    values: torch.Tensor
    k: float
    gamma: torch.Tensor
    slack: torch.Tensor


class _Run:
    """One problem in normalised units (median distance 1) with its iterates."""

    def __init__(self, problem: CriticProblem, solver: InteriorPoint) -> None:
        self.problem, self.solver = problem, solver
        support = problem.support
        self.carried = np.flatnonzero(support.in_fake | support.in_real)
        points = support.points[self.carried]
        fakes = np.flatnonzero(support.in_fake[self.carried])
        reals = np.flatnonzero(support.in_real[self.carried])
        distance = cdist(points[fakes], points[reals])
        moving = distance > 0
        self.length = float(np.median(distance[moving])) if moving.any() else 1.0
        self.regularizer = problem.regularizer.rescaled(self.length)
        self.losses: LossPair = problem.losses
        self.best_constant = float(self.losses.best_constant or 0.0)

        device = resolve_device(solver.device)

        def tensor(array: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(array, device=device)

        self.edges = Edges(tensor(fakes), tensor(reals), len(points))
        self.fake_weights = tensor(support.fake_weights[self.carried])
        self.real_weights = tensor(support.real_weights[self.carried])
        self.distance = tensor(distance / self.length)
        self.moving = tensor(moving)
        self.count = int(moving.sum())
        products = self.fake_weights[self.edges.fakes][:, None] * self.real_weights[self.edges.reals]
        self.path = torch.where(self.moving, products, 0.0 * products)
        if self.count:
            self.path = self.path / self.path.sum()
        c = np.array(self.best_constant)
        self.slope_at_constant = float(self.losses.fake_loss.slope(c))
        self.constant_value = float(self.losses.fake_loss.value(c) + self.losses.real_loss.value(c))
        ranges = (self.losses.fake_loss.slope_range, self.losses.real_loss.slope_range)
        self.affine = all(slopes.lower == slopes.upper for slopes in ranges)
        self.iterations = 0

    # --- the pointwise objective ---------------------------------------------------------------------

    def slope(self, f: torch.Tensor) -> torch.Tensor:
        return self.fake_weights * self.losses.fake_loss.slope(f) + self.real_weights * self.losses.real_loss.slope(f)

    def value(self, point: _Point) -> float:
        """J(f) + R(k)."""
        p, q = self.fake_weights, self.real_weights
        fake, real = self.losses.fake_loss.value(point.values), self.losses.real_loss.value(point.values)
        total = torch.where(p > 0, p * fake, 0.0 * p) + torch.where(q > 0, q * real, 0.0 * q)
        return float(total.sum()) + self.regularizer.value(point.k)

    def curvature(self, f: torch.Tensor, outflow: torch.Tensor) -> torch.Tensor:
        """H'' at f, at the dual's own f on points of one measure, or along a step as long as f is large.

        The largest of the three: where h'' vanishes around f, the mismatch of the slopes would ask for a step
        that leaves the region in which the Newton system means anything.
        """
        p, q, fake, real = self.fake_weights, self.real_weights, self.losses.fake_loss, self.losses.real_loss
        here = p * fake.curvature(f) + q * real.curvature(f)
        ones = torch.ones_like(p)
        from_fake = p * fake.curvature_at_slope(outflow / torch.where(p > 0, p, ones))
        from_real = q * real.curvature_at_slope(outflow / torch.where(q > 0, q, ones))
        there = torch.where(q == 0, from_fake, torch.where(p == 0, from_real, 0.0 * p))
        known = torch.maximum(here, torch.nan_to_num(there, nan=0.0, posinf=0.0))
        if self.affine:
            return known
        reach = _LARGEST_GROWTH + (f - self.best_constant).abs()
        return torch.maximum(known, (self.slope(f) - outflow).abs() / reach)

    # --- the iteration -------------------------------------------------------------------------------

    def start(self) -> _Point:
        """A constant critic with the plan φ'(c) p ⊗ q: feasible for the primal and for the dual."""
        c = self.best_constant
        mass = (
            self.slope_at_constant * self.fake_weights[self.edges.fakes][:, None] * self.real_weights[self.edges.reals]
        )
        gamma = torch.where(self.moving, mass, 0.0 * mass)
        cost = float((gamma * self.distance).sum())
        match self.regularizer:
            case LipschitzBall(radius=radius):
                k = radius
            case LipschitzPenalty(weight=weight, target=target):
                k = target + cost / (2.0 * weight)
            case other:
                raise InputError(f"the interior point does not know the regulariser {type(other).__name__}.")
        slack = torch.where(self.moving, k * self.distance, torch.ones_like(self.distance))
        return _Point(torch.full_like(self.fake_weights, c), k, gamma, slack)

    def gap_and_room(self, point: _Point) -> tuple[float, float]:
        """The certificate's gap, to first order, and a lower bound of the J_const − dual it is measured against."""
        w, outflow = point.slack, self.edges.outflow(point.gamma)
        residual = self.slope(point.values) - outflow
        curvature = self.curvature(point.values, outflow)
        size = self.fake_weights + self.real_weights
        pointwise = torch.where(
            curvature > 0, 0.5 * residual**2 / curvature, residual.abs() * (residual.abs() > 1e-14 * size)
        )
        cost = float((point.gamma * self.distance).sum())
        gap = float(pointwise.sum() + (point.gamma * w).sum()) + self.regularizer.fenchel_young(point.k, cost)
        room = max(self.regularizer.conjugate(cost), self.constant_value - self.value(point) + gap)
        return gap, max(room, 1e-12 * self.slope_at_constant)

    def outcome(self) -> Outcome:
        point = self.start()
        rounding = _ROUNDING * (self.fake_weights + self.real_weights)  # of masses that are equal
        if self.count == 0 or not bool((self.slope(point.values).abs() > rounding).any()):
            return self.finished(_Point(point.values, 0.0, 0.0 * point.gamma, point.slack), Status.OPTIMAL, [])
        best, best_gap, least, record, since = point, np.inf, np.inf, [], 0
        status = Status.ITERATION_LIMIT
        for iteration in range(self.solver.max_iterations):
            absolute, room = self.gap_and_room(point)
            gap = absolute / room
            record.append(gap)
            # while the constant shrinks by orders of magnitude, gap and room do so together
            since = 0 if gap < 0.9 * best_gap or absolute < 0.9 * least else since + 1
            least = min(least, absolute)
            if gap < best_gap:
                best, best_gap = point, gap
            if best_gap <= 0.1 * self.solver.rtol:
                status = Status.OPTIMAL
                break
            if since >= _STALLED_AFTER or not np.isfinite(gap):
                status = Status.INACCURATE
                break
            try:
                point = self.step(point)
            except (FloatingPointError, ZeroDivisionError):
                status = Status.INACCURATE
                break
            self.iterations = iteration + 1
        return self.finished(best, status, record)

    def step(self, point: _Point) -> _Point:
        """One predictor-corrector step."""
        w, gamma, k = point.slack, point.gamma, point.k
        outflow, slope = self.edges.outflow(gamma), self.slope(point.values)
        curvature = self.curvature(point.values, outflow)
        border = _Border(self, point, w, outflow, curvature)
        mu = float((gamma * w).sum())

        aim = torch.zeros_like(w)
        df, dk, dw, dgamma = border.direction(aim, slope)
        reach = min(_reach(w, dw), _reach(gamma, dgamma), 1.0)
        ahead = float(((gamma + reach * dgamma) * (w + reach * dw)).sum())
        residual = slope - outflow
        pointwise = torch.where(curvature > 0, 0.5 * residual**2 / curvature, 0.0 * residual)
        target = max(mu * min(max(ahead / mu, 0.0), 1.0) ** 3, 0.1 * float(pointwise.sum()))

        aim = target * self.path - torch.where(self.moving, dgamma * dw, 0.0 * w)
        df, dk, dw, dgamma = border.direction(aim, slope)
        reach = _FRACTION_TO_BOUNDARY * min(_reach(w, dw), _reach(gamma, dgamma), -k / dk if dk < 0 else np.inf)
        step = min(reach, 1.0, self.growth_limit(point, df))
        return _Point(point.values + step * df, k + step * dk, gamma + step * dgamma, w + step * dw)

    def growth_limit(self, point: _Point, df: torch.Tensor) -> float:
        """The step along which no value moves more than a few units into the growing direction of its loss."""
        above = point.values - self.best_constant
        fake, real = self.losses.fake_loss.slope_range, self.losses.real_loss.slope_range.reflected()
        return min(
            _growth_limit(fake, torch.where(self.fake_weights > 0, df, 0.0 * df), above),
            _growth_limit(real, torch.where(self.real_weights > 0, -df, 0.0 * df), -above),
        )

    # --- back to the caller --------------------------------------------------------------------------

    def finished(self, point: _Point, status: Status, record: list[float]) -> Outcome:
        support = self.problem.support
        size = len(support.points)
        fakes = self.carried[self.edges.fakes.cpu().numpy()]
        reals = self.carried[self.edges.reals.cpu().numpy()]
        values = point.values[self.edges.reals].cpu().numpy()
        mass = sparse.coo_array(point.gamma.cpu().numpy())
        merged = sparse.coo_array((mass.data, (fakes[mass.coords[0]], reals[mass.coords[1]])), shape=(size, size))
        critic = LowerExtension(support.points[reals], values, point.k / self.length)
        stats: dict[str, Any] = {"iterations": self.iterations, "device": str(point.values.device)}
        plan = split_plan(self.problem, merged.tocsr())
        return Outcome(critic=critic, plan=plan, status=status, stats=stats, history={"relative_gap": np.array(record)})


class _Border:
    """The Newton system of one iterate with its bordering unknown dk."""

    def __init__(
        self, run: _Run, point: _Point, slack: torch.Tensor, outflow: torch.Tensor, curvature: torch.Tensor
    ) -> None:
        self.run, self.point, self.slack = run, point, slack
        self.system = system = LaplacianSystem(run.edges, point.gamma / slack, curvature)
        self.shape = (point.values - run.best_constant) / point.k  # df = dg + dk · shape
        self.fixed = isinstance(run.regularizer, LipschitzBall)
        if self.fixed:
            return
        self.vector = curvature * self.shape + outflow / point.k
        self.solved = system.solve(self.vector[:, None])[:, 0]
        corner = (
            _second_derivative(run.regularizer)
            + float((curvature * self.shape**2).sum())
            + float((point.gamma * slack).sum()) / point.k**2
        )
        self.pivot = corner - float(self.vector @ self.solved)

    def direction(
        self, aim: torch.Tensor, slope: torch.Tensor
    ) -> tuple[torch.Tensor, float, torch.Tensor, torch.Tensor]:
        """(df, dk, dw, dγ) that aims at γ w + γ dw + w dγ = aim."""
        run, point, w = self.run, self.point, self.slack
        push = aim / w
        dg = self.system.solve((run.edges.outflow(push) - slope)[:, None])[:, 0]
        dk = 0.0
        if not self.fixed:
            right = float(aim.sum()) / point.k - _derivative(run.regularizer, point.k) - float(self.shape @ slope)
            dk = (right - float(self.vector @ dg)) / self.pivot
            dg = dg - dk * self.solved
        moved = run.edges.drop(dg) + (dk / point.k) * w
        dw = torch.where(run.moving, moved, 0.0 * w)
        dgamma = torch.where(run.moving, push - point.gamma - point.gamma / w * dw, 0.0 * w)
        return dg + dk * self.shape, dk, dw, dgamma


def _derivative(regularizer: Regularizer, k: float) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight * (k - regularizer.target)


def _second_derivative(regularizer: Regularizer) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight


def _growth_limit(slopes: SlopeRange, rise: torch.Tensor, above: torch.Tensor) -> float:
    """The longest step for values `above` their best constant that move by `rise`; see `_Run.growth_limit`."""
    if slopes.lower == slopes.upper:
        return np.inf
    room = _LARGEST_GROWTH + torch.clamp(-above, min=0.0)
    if np.isfinite(slopes.upper):
        room = room + above.abs()  # a loss that grows like a straight line does no harm further out
    return float(torch.where(rise > 0, room / rise, torch.inf).min())


def _reach(values: torch.Tensor, change: torch.Tensor) -> float:
    """The longest step that keeps positive values positive."""
    ratio = torch.where((change < 0) & (values > 0), -values / change, torch.inf)
    return float(ratio.min())
