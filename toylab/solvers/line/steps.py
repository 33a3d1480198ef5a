"""One predictor-corrector step of the interior point on a line.

The unknown df is split as dg + dk (f − c)/k, which turns the border of the Newton system into flow/k, where nothing
cancels. Its matrix is a chain: the curvature of every point and, between neighbours, flow/slack in both directions.

Source: Mehrotra (1992).
"""

from __future__ import annotations

import numpy as np

from toylab.problem import LipschitzBall, LipschitzPenalty
from toylab.solvers.growth import growth_room
from toylab.solvers.line.chain_system import ChainSystem
from toylab.solvers.line.corners import products
from toylab.solvers.line.program import Iterate, LineProgram, outflow

_FRACTION_TO_BOUNDARY = 0.995
#: How often the model of the losses is bent where a value would leave its room.
_BENDS = 3
#: Share of a step that is worth no other direction.
_LONG_ENOUGH = 0.5


def predictor_corrector(program: LineProgram, point: Iterate) -> Iterate:
    """The next iterate."""
    change = _change(program, point, _Border(program, point))
    limit = _growth_limit(program, point, change.values)
    for _ in range(_BENDS):
        if limit > _LONG_ENOUGH:
            break
        change = _change(program, point, _Border(program, point, _bend(program, point, change.values)))
        limit = _growth_limit(program, point, change.values)
    shrinking = -point.k / change.k if change.k < 0 else np.inf
    step = min(_FRACTION_TO_BOUNDARY * min(_reach(point, change), shrinking), 1.0)
    return point.moved(change, min(step, limit))


def _change(program: LineProgram, point: Iterate, border: _Border) -> Iterate:
    """The corrected direction."""
    mu = point.complementarity
    ahead = border.direction(np.zeros_like(point.slack), np.zeros((2, len(program.corners))))
    promised = point.moved(ahead, min(_reach(point, ahead), 1.0)).complementarity
    target = max(mu * min(max(promised / mu, 0.0), 1.0) ** 3, 0.1 * border.pointwise)
    aim = target * program.path - ahead.flow * ahead.slack
    corners = target * program.corner_path - products(ahead.corners)
    return border.direction(aim, corners)


class _Border:
    """The Newton system of one iterate with its bordering unknown dk.

    Attributes:
        pointwise: the Fenchel-Young part of the gap, to first order.
    """

    def __init__(self, program: LineProgram, point: Iterate, bend: np.ndarray | None = None) -> None:
        self.program, self.point = program, point
        self.slope, leaving = program.slope(point), outflow(point.net_flow)
        curvature, pointwise = program.local_model(point.values, self.slope - leaving)
        self.pointwise = float(pointwise.sum())
        if bend is not None:
            curvature = np.maximum(curvature, bend)
        curvature = curvature + program.corners.curvature(point.corners)
        if not (curvature > 0).any():
            raise FloatingPointError("no curvature is left at any point")
        self.stiffness = point.flow / point.slack
        self.curvature, self.system = curvature, ChainSystem(curvature, self.stiffness.sum(axis=0))
        self.shape = (point.values - program.best_constant) / point.k  # df = dg + dk · shape
        self.fixed = isinstance(program.regularizer, LipschitzBall)
        if self.fixed:
            return
        assert isinstance(program.regularizer, LipschitzPenalty)
        self.vector = curvature * self.shape + leaving / point.k
        self.solved = self.system.solve(self.vector)
        self.solved_drops = self.system.drops(self.vector, self.solved)
        corner = 2.0 * program.regularizer.weight + float(curvature @ self.shape**2)
        corner += float((point.flow * point.slack).sum()) / point.k**2
        self.pivot = corner - float(self.vector @ self.solved)

    def direction(self, aim: np.ndarray, corner_aim: np.ndarray) -> Iterate:
        """The change of the iterate that aims at these products of flow and slack (2, N − 1), and of the kinks."""
        program, point = self.program, self.point
        push = aim / point.slack
        slope = self.slope
        if len(program.corners):
            slope = slope + program.corners.shift(point.corners, corner_aim)
        right = outflow(push[0] - push[1]) - slope
        dg = self.system.solve(right)
        drops, dk = self.system.drops(right, dg), 0.0
        if not self.fixed:
            assert isinstance(program.regularizer, LipschitzPenalty)
            rest = float(aim.sum()) / point.k - float(self.shape @ slope)
            rest -= 2.0 * program.regularizer.weight * (point.k - program.regularizer.target)
            dk = (rest - float(self.vector @ dg)) / self.pivot
            dg, drops = dg - dk * self.solved, drops - dk * self.solved_drops
        dslack = (dk / point.k) * point.slack + np.stack([drops, -drops])
        dflow = push - point.flow - self.stiffness * dslack
        df = dg + dk * self.shape
        corners = program.corners.step(point.corners, corner_aim, df)
        return Iterate(df, dk, dflow, dslack, corners)


def _growth_limit(program: LineProgram, point: Iterate, df: np.ndarray) -> float:
    """The step along which no value moves more than a few units into the growing direction of its loss."""
    up, down = _growth_rooms(program, point)
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.where(df > 0, up / df, np.where(df < 0, -down / df, np.inf)).min())


def _bend(program: LineProgram, point: Iterate, df: np.ndarray) -> np.ndarray:
    """(N,): the curvature of the chord to the end of its room, for values that would leave it; 0 for others."""
    up, down = _growth_rooms(program, point)
    left = (df > up) | (df < -down)
    step = np.where(left, np.clip(df, -down, up), 1.0)
    f = point.values
    rise = (program.smooth_slope(f + step) - program.smooth_slope(f)) / step
    return np.where(left, rise, 0.0)


def _growth_rooms(program: LineProgram, point: Iterate) -> tuple[np.ndarray, np.ndarray]:
    """How far each value may go up and down."""
    above = point.values - program.best_constant
    fake, real = program.losses.fake_loss.slope_range, program.losses.real_loss.slope_range.reflected()
    farthest = float(np.abs(above).max())
    up, down = growth_room(fake, above, farthest), growth_room(real, -above, farthest)
    return (
        np.full_like(above, np.inf) if up is None else np.where(program.fake_weights > 0, up, np.inf),
        np.full_like(above, np.inf) if down is None else np.where(program.real_weights > 0, down, np.inf),
    )


def _reach(point: Iterate, change: Iterate) -> float:
    """The longest step that keeps slacks and multipliers positive."""
    pairs = ((point.slack, change.slack), (point.flow, change.flow), (point.corners, change.corners))
    return min(_longest_step(values, step) for values, step in pairs)


def _longest_step(values: np.ndarray, change: np.ndarray) -> float:
    ratio = np.divide(values, -change, out=np.full(values.shape, np.inf), where=change < 0)
    return float(ratio.min(initial=np.inf))
