"""One predictor-corrector step of the interior point.

The unknown df is split as dg + dk (f − c)/k, which turns the border of the Newton system from θ d, where
everything cancels, into γ/k. The central path is weighted, γ w = μ times a share of each pair, because no step gets
far towards equal products where the weights differ by many orders. Where the direction would take a value beyond the
room in which the local model of its loss means something, as on a plateau before an exponential rise, it is found
once more with the curvature of the chord to the end of that room.

Source: Mehrotra (1992).
"""

from __future__ import annotations

import numpy as np
import torch

from toylab.losses import SlopeRange
from toylab.problem import LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.kinked_terms import KinkAim, longest_step
from toylab.solvers.normalised_program import LARGEST_GROWTH, Iterate, NormalisedProgram

_FRACTION_TO_BOUNDARY = 0.995
_REFINEMENTS = 1
#: A value may move by this share of the farthest one where its loss grows linearly.
_SHARE_OF_FARTHEST = 0.1
#: Where a loss grows without bound a value lands no further than this beyond its best constant, in critic units.
_LANDING = 0.3
#: How often the model of the losses is bent where a value would leave its room.
_BENDS = 3
#: Share of a step that is worth no other direction.
_LONG_ENOUGH = 0.5


def predictor_corrector(program: NormalisedProgram, point: Iterate) -> Iterate:
    """The next iterate."""
    border = _Border(program, point)
    change = _change(program, point, border)
    limit = growth_limit(program, point, change.values)
    for _ in range(_BENDS):
        if limit > _LONG_ENOUGH:
            break
        border = _Border(program, point, _bend(program, point, change.values))
        change = _change(program, point, border)
        limit = growth_limit(program, point, change.values)
    shrinking = -point.k / change.k if change.k < 0 else np.inf
    step = min(_FRACTION_TO_BOUNDARY * min(_reach(point, change), shrinking), 1.0)
    return point.moved(change, min(step, limit))


def _change(program: NormalisedProgram, point: Iterate, border: _Border) -> Iterate:
    """The corrected direction."""
    mu = point.complementarity(program.kinks)
    kinks = KinkAim(0.0 * program.kink_path.above, 0.0 * program.kink_path.below)
    ahead = border.direction(torch.zeros_like(point.slack), kinks)
    promised = point.moved(ahead, min(_reach(point, ahead), 1.0)).complementarity(program.kinks)
    target = max(mu * min(max(promised / mu, 0.0), 1.0) ** 3, 0.1 * border.pointwise)

    aim = target * program.path - torch.where(program.moving, ahead.gamma * ahead.slack, 0.0 * point.slack)
    kinks = KinkAim(
        target * program.kink_path.above - ahead.kinks.alpha * ahead.kinks.above,
        target * program.kink_path.below - ahead.kinks.beta * ahead.kinks.below,
    )
    return border.direction(aim, kinks, refine=True)


def growth_limit(program: NormalisedProgram, point: Iterate, df: torch.Tensor) -> float:
    """The step along which no value moves more than a few units into the growing direction of its loss."""
    up, down = _growth_rooms(program, point)
    return float(torch.where(df > 0, up / df, torch.where(df < 0, -down / df, torch.inf)).min())


def _bend(program: NormalisedProgram, point: Iterate, df: torch.Tensor) -> torch.Tensor:
    """(N,): the curvature of the chord to the end of its room, for values that would leave it; 0 for others."""
    up, down = _growth_rooms(program, point)
    end = torch.minimum(torch.maximum(df, -down), up)
    left = (df > up) | (df < -down)
    step = torch.where(left, end, torch.ones_like(end))
    f = point.values
    rise = (program.smooth_slope(f + step) - program.smooth_slope(f)) / step
    return torch.where(left, rise, 0.0 * rise)


def _growth_rooms(program: NormalisedProgram, point: Iterate) -> tuple[torch.Tensor, torch.Tensor]:
    """How far each value may go up and down."""
    above = point.values - program.best_constant
    fake, real = program.losses.fake_loss.slope_range, program.losses.real_loss.slope_range.reflected()
    up, down = _growth_room(fake, above), _growth_room(real, -above)
    nowhere = torch.full_like(above, torch.inf)
    return (
        torch.where(program.fake_weights > 0, up, nowhere),
        torch.where(program.real_weights > 0, down, nowhere),
    )


class _Border:
    """The Newton system of one iterate with its bordering unknown dk.

    Attributes:
        pointwise: the Fenchel-Young part of the gap, to first order.
    """

    def __init__(self, program: NormalisedProgram, point: Iterate, bend: torch.Tensor | None = None) -> None:
        self.program, self.point, slack = program, point, point.slack
        outflow, self.slope = program.pairs.outflow(point.gamma), program.slope(point.values, point.kinks)
        residual = self.slope - outflow
        curvature, pointwise = program.local_model(point.values, residual)
        self.pointwise = float(pointwise.sum())
        if bend is not None:
            curvature = torch.maximum(curvature, bend)
        if len(program.kinks):
            curvature = curvature + program.kinks.curvature(point.kinks)
        self.curvature = curvature
        self.system = system = program.pairs.factorised(point.gamma / slack, curvature)
        self.shape = (point.values - program.best_constant) / point.k  # df = dg + dk · shape
        self.fixed = isinstance(program.regularizer, LipschitzBall)
        if self.fixed:
            return
        self.vector = curvature * self.shape + outflow / point.k
        self.solved = system.solve(self.vector[:, None])[:, 0]
        corner = (
            _second_derivative(program.regularizer)
            + float((curvature * self.shape**2).sum())
            + float((point.gamma * slack).sum()) / point.k**2
        )
        self.pivot = corner - float(self.vector @ self.solved)

    def direction(self, aim: torch.Tensor, kinks: KinkAim, *, refine: bool = False) -> Iterate:
        """The change of the iterate that aims at γ w + γ dw + w dγ = aim, and at these products of the kinks.

        With `refine`, what the differences of a large dg have lost in the balance of the points is solved for again.
        """
        program, point, w = self.program, self.point, self.point.slack
        push, slope = aim / w, self.slope
        if len(program.kinks):
            slope = slope + program.kinks.shift(point.kinks, kinks)
        right = 0.0
        if not self.fixed:
            right = float(aim.sum()) / point.k - _derivative(program.regularizer, point.k) - float(self.shape @ slope)
        dg, dk = self._solved(program.pairs.outflow(push) - slope, right)
        dw = self._slack_change(dg, dk)
        dgamma = torch.where(program.moving, push - point.gamma - point.gamma / w * dw, 0.0 * w)
        df = dg + dk * self.shape
        for _ in range(_REFINEMENTS if refine else 0):
            missing = program.pairs.outflow(point.gamma + dgamma) - slope - self.curvature * df
            dg, more = self._solved(missing, 0.0)
            moved = self._slack_change(dg, more)
            dw, dgamma = dw + moved, dgamma - point.gamma / w * moved
            df, dk = df + dg + more * self.shape, dk + more
        return Iterate(df, dk, dgamma, dw, program.kinks.step(point.kinks, kinks, df))

    def _solved(self, right: torch.Tensor, corner: float) -> tuple[torch.Tensor, float]:
        """(dg, dk) of the bordered system."""
        dg = self.system.solve(right[:, None])[:, 0]
        if self.fixed:
            return dg, 0.0
        dk = (corner - float(self.vector @ dg)) / self.pivot
        return dg - dk * self.solved, dk

    def _slack_change(self, dg: torch.Tensor, dk: float) -> torch.Tensor:
        moved = self.program.pairs.drop(dg) + (dk / self.point.k) * self.point.slack
        return torch.where(self.program.moving, moved, 0.0 * moved)


def _derivative(regularizer: Regularizer, k: float) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight * (k - regularizer.target)


def _second_derivative(regularizer: Regularizer) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight


def _growth_room(slopes: SlopeRange, above: torch.Tensor) -> torch.Tensor:
    """How far values `above` their best constant may go up; see `growth_limit`."""
    if slopes.lower == slopes.upper:
        return torch.full_like(above, torch.inf)
    below = torch.clamp(-above, min=0.0)
    if np.isinf(slopes.upper):
        return torch.where(above > _LANDING, LARGEST_GROWTH, _LANDING + below)
    # a loss that grows like a straight line does no harm further out, or as far out as others are
    return LARGEST_GROWTH + below + above.abs() + _SHARE_OF_FARTHEST * above.abs().max()


def _reach(point: Iterate, change: Iterate) -> float:
    """The longest step that keeps slacks and multipliers positive."""
    pairs = min(longest_step(point.slack, change.slack), longest_step(point.gamma, change.gamma))
    return min(pairs, point.kinks.reach(change.kinks))
