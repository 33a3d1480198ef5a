"""One predictor-corrector step of the interior point.

The unknown df is split as dg + dk (f − c)/k, which turns the border of the Newton system from θ d, where
everything cancels, into γ/k. Of slacks and multipliers the relative changes dw/w and dγ/γ are what is computed: the
Newton equation of a pair is then dw/w + dγ/γ = aim/(γ w) − 1, and the longest step is read off their least entries.
The central path is weighted (`NormalisedProgram.path_over_slack`). Where the direction would take a value beyond the
room in which the local model of its loss means something, as on a plateau before an exponential rise, it is found
once more with the curvature of the chord to the end of that room.

Source: Mehrotra (1992).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from toylab.problem import LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.growth import growth_room
from toylab.solvers.kinked_terms import KinkAim, KinkSlacks
from toylab.solvers.normalised_program import Iterate, NormalisedProgram, flat_dot

_FRACTION_TO_BOUNDARY = 0.995
#: How often the model of the losses is bent where a value would leave its room.
_BENDS = 3
#: Share of a step that is worth no other direction.
_LONG_ENOUGH = 0.5


def predictor_corrector(program: NormalisedProgram, point: Iterate) -> Iterate:
    """The next iterate."""
    change = _Newton(program, point).corrected()
    limit = growth_limit(program, point, change.values)
    for _ in range(_BENDS):
        if limit > _LONG_ENOUGH:
            break
        change = _Newton(program, point, _bend(program, point, change.values)).corrected()
        limit = growth_limit(program, point, change.values)
    shrinking = -point.k / change.k if change.k < 0 else np.inf
    step = min(_FRACTION_TO_BOUNDARY * min(change.reach(point), shrinking), 1.0)
    return change.applied(point, min(step, limit))


def growth_limit(program: NormalisedProgram, point: Iterate, df: torch.Tensor) -> float:
    """The step along which no value moves more than a few units into the growing direction of its loss."""
    up, down = _growth_rooms(program, point)
    pairs, limit = program.pairs, np.inf
    for rooms, moves in ((up, df[pairs.fake_range]), (down, -df[pairs.real_range])):
        if rooms is not None:
            # the largest share of its room that a value would take
            limit = min(limit, 1.0 / max(float((moves / rooms).max()), 1e-300))
    return limit if limit < 1e299 else np.inf


def _bend(program: NormalisedProgram, point: Iterate, df: torch.Tensor) -> torch.Tensor:
    """(N,): the curvature of the chord to the end of its room, for values that would leave it; 0 for others."""
    pairs = program.pairs
    up, down = torch.full_like(df, torch.inf), torch.full_like(df, torch.inf)
    of_fakes, of_reals = _growth_rooms(program, point)
    if of_fakes is not None:
        up[pairs.fake_range] = of_fakes
    if of_reals is not None:
        down[pairs.real_range] = of_reals
    end = torch.minimum(torch.maximum(df, -down), up)
    left = (df > up) | (df < -down)
    step = torch.where(left, end, torch.ones_like(end))
    f = point.values
    rise = (program.smooth_slope(f + step) - program.smooth_slope(f)) / step
    return torch.where(left, rise, 0.0 * rise)


def _growth_rooms(program: NormalisedProgram, point: Iterate) -> tuple[torch.Tensor | None, torch.Tensor | None]:
    """How far each fake value may go up, (g,), and each real value down, (r,); None where as far as they like."""
    above = point.values - program.best_constant
    fake, real = program.losses.fake_loss.slope_range, program.losses.real_loss.slope_range.reflected()
    fakes, reals = above[program.pairs.fake_range], -above[program.pairs.real_range]
    farthest = 0.0
    if np.isfinite(fake.upper) or np.isfinite(real.upper):
        farthest = float(above.abs().max())
    return growth_room(fake, fakes, farthest), growth_room(real, reals, farthest)


@dataclass(frozen=True, eq=False)
class _Change:
    """A direction: absolute in the values, the constant and the kinks, relative in slacks and multipliers."""

    values: torch.Tensor
    k: float
    slack: torch.Tensor
    gamma: torch.Tensor
    kinks: KinkSlacks

    def reach(self, point: Iterate) -> float:
        """The longest step that keeps slacks and multipliers positive."""
        least = min(float(self.slack.min()), float(self.gamma.min()))
        return min(-1.0 / least if least < 0 else np.inf, point.kinks.reach(self.kinks))

    def applied(self, point: Iterate, step: float) -> Iterate:
        """The point, step · change further."""
        return Iterate(
            values=point.values + step * self.values,
            k=point.k + step * self.k,
            gamma=torch.addcmul(point.gamma, point.gamma, self.gamma, value=step),
            slack=torch.addcmul(point.slack, point.slack, self.slack, value=step),
            kinks=point.kinks.moved(self.kinks, step),
        )


class _Newton:
    """The Newton system of one iterate with its bordering unknown dk."""

    def __init__(self, program: NormalisedProgram, point: Iterate, bend: torch.Tensor | None = None) -> None:
        self.program, self.point = program, point
        self.view = view = program.view(point)
        self.curvature = view.curvature if bend is None else torch.maximum(view.curvature, bend)
        if len(program.kinks):
            self.curvature = self.curvature + program.kinks.curvature(point.kinks)
        self.system = program.pairs.factorised(point.gamma / point.slack, self.curvature)
        self.shape = (point.values - program.best_constant) / point.k  # df = dg + dk · shape
        self.fixed = isinstance(program.regularizer, LipschitzBall)
        if self.fixed:
            return
        self.vector = torch.addcmul(view.outflow / point.k, self.curvature, self.shape)
        self.border = self.system.solve(self.vector[:, None])[:, 0]
        corner = _second_derivative(program.regularizer) + view.products / point.k**2
        corner += float(torch.dot(self.curvature * self.shape, self.shape))
        self.pivot = corner - float(torch.dot(self.vector, self.border))

    def corrected(self) -> _Change:
        """The predictor's direction, corrected to second order and towards the central path."""
        program, point, view = self.program, self.point, self.view
        mu = view.products + program.kinks.products(point.kinks).total()
        ahead, kinks = self._predicted()
        low, high = torch.aminmax(ahead)  # dγ/γ = −1 − dw/w
        reach = 1.0 / max(-float(low), 1.0 + float(high), 1.0)
        step = min(reach, point.kinks.reach(kinks))
        push = torch.addcmul(ahead, ahead, ahead).mul_(point.gamma)  # −dγ dw/w
        second = flat_dot(push, point.slack)
        promised = (1.0 - step) * view.products - step**2 * second
        promised += program.kinks.products(point.kinks.moved(kinks, step)).total()
        target = max(mu * min(max(promised / mu, 0.0), 1.0) ** 3, 0.1 * view.pointwise)
        path, total = program.path_over_slack(point, view)
        push.add_(path, alpha=target * program.pair_share / total)
        aim = KinkAim(
            target * program.kink_path.above - kinks.alpha * kinks.above,
            target * program.kink_path.below - kinks.beta * kinks.below,
        )
        return self._direction(push, target * program.pair_share + second, aim)

    def _predicted(self) -> tuple[torch.Tensor, KinkSlacks]:
        """Relative changes of the slacks, and changes of the kinks, of the step that aims at products of 0."""
        program, point = self.program, self.point
        aim = KinkAim(0.0 * program.kink_path.above, 0.0 * program.kink_path.below)
        slope = self._slope(aim)
        dg, dk = self._solved(-slope, self._corner(slope, 0.0))
        return self._slack_change(dg, dk), program.kinks.step(point.kinks, aim, dg + dk * self.shape)

    def _direction(self, push: torch.Tensor, products: float, aim: KinkAim) -> _Change:
        """The change that aims at products push · w of the pairs, which sum to `products`, and at these of the kinks.

        What the differences of a large dg have lost in the balance of the points is solved for again.
        """
        program, point = self.program, self.point
        slope = self._slope(aim)
        dg, dk = self._solved(program.pairs.outflow(push) - slope, self._corner(slope, products))
        rho, df = self._slack_change(dg, dk), dg + dk * self.shape
        after = torch.addcmul(push, point.gamma, rho, value=-1.0)  # γ + dγ
        missing = program.pairs.outflow(after) - slope - self.curvature * df
        dg, more = self._solved(missing, 0.0)
        rho.add_(self._slack_change(dg, more))
        df, dk = df + dg + more * self.shape, dk + more
        delta = push.div_(point.gamma).sub_(rho).sub_(1.0)
        if program.resting is not None:
            delta.masked_fill_(program.resting, 0.0)
        return _Change(df, dk, rho, delta, program.kinks.step(point.kinks, aim, df))

    def _slope(self, aim: KinkAim) -> torch.Tensor:
        if not len(self.program.kinks):
            return self.view.slope
        return self.view.slope + self.program.kinks.shift(self.point.kinks, aim)

    def _corner(self, slope: torch.Tensor, products: float) -> float:
        """The right-hand side of the stationarity of k."""
        if self.fixed:
            return 0.0
        point = self.point
        return products / point.k - _derivative(self.program.regularizer, point.k) - float(torch.dot(self.shape, slope))

    def _solved(self, right: torch.Tensor, corner: float) -> tuple[torch.Tensor, float]:
        """(dg, dk) of the bordered system."""
        dg = self.system.solve(right[:, None])[:, 0]
        if self.fixed:
            return dg, 0.0
        dk = (corner - float(torch.dot(self.vector, dg))) / self.pivot
        return dg - dk * self.border, dk

    def _slack_change(self, dg: torch.Tensor, dk: float) -> torch.Tensor:
        """dw/w."""
        change = self.program.pairs.drop(dg).div_(self.point.slack).add_(dk / self.point.k)
        if self.program.resting is not None:
            change.masked_fill_(self.program.resting, 0.0)
        return change


def _derivative(regularizer: Regularizer, k: float) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight * (k - regularizer.target)


def _second_derivative(regularizer: Regularizer) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight
