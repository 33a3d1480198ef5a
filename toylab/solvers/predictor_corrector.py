"""One predictor-corrector step of the interior point.

The unknown df is split as dg + dk (f − c)/k, which turns the border of the Newton system from θ d, where
everything cancels, into γ/k. The central path is weighted, γ w = μ p ⊗ q, because no step gets far towards
equal products where the weights differ by many orders.

Source: Mehrotra (1992).
"""

from __future__ import annotations

import numpy as np
import torch

from toylab.losses import SlopeRange
from toylab.problem import LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.newton import LaplacianSystem
from toylab.solvers.normalised_program import LARGEST_GROWTH, Iterate, NormalisedProgram

_FRACTION_TO_BOUNDARY = 0.995


def predictor_corrector(program: NormalisedProgram, point: Iterate) -> Iterate:
    """The next iterate."""
    w, gamma, k = point.slack, point.gamma, point.k
    outflow, slope = program.edges.outflow(gamma), program.slope(point.values)
    curvature = program.curvature(point.values, outflow)
    border = _Border(program, point, outflow, curvature)
    mu = float((gamma * w).sum())

    aim = torch.zeros_like(w)
    df, dk, dw, dgamma = border.direction(aim, slope)
    reach = min(_reach(w, dw), _reach(gamma, dgamma), 1.0)
    ahead = float(((gamma + reach * dgamma) * (w + reach * dw)).sum())
    residual = slope - outflow
    pointwise = torch.where(curvature > 0, 0.5 * residual**2 / curvature, 0.0 * residual)
    target = max(mu * min(max(ahead / mu, 0.0), 1.0) ** 3, 0.1 * float(pointwise.sum()))

    aim = target * program.path - torch.where(program.moving, dgamma * dw, 0.0 * w)
    df, dk, dw, dgamma = border.direction(aim, slope)
    reach = _FRACTION_TO_BOUNDARY * min(_reach(w, dw), _reach(gamma, dgamma), -k / dk if dk < 0 else np.inf)
    step = min(reach, 1.0, growth_limit(program, point, df))
    return Iterate(point.values + step * df, k + step * dk, gamma + step * dgamma, w + step * dw)


def growth_limit(program: NormalisedProgram, point: Iterate, df: torch.Tensor) -> float:
    """The step along which no value moves more than a few units into the growing direction of its loss."""
    above = point.values - program.best_constant
    fake, real = program.losses.fake_loss.slope_range, program.losses.real_loss.slope_range.reflected()
    return min(
        _growth_limit(fake, torch.where(program.fake_weights > 0, df, 0.0 * df), above),
        _growth_limit(real, torch.where(program.real_weights > 0, -df, 0.0 * df), -above),
    )


class _Border:
    """The Newton system of one iterate with its bordering unknown dk."""

    def __init__(
        self,
        program: NormalisedProgram,
        point: Iterate,
        outflow: torch.Tensor,
        curvature: torch.Tensor,
    ) -> None:
        self.program, self.point, slack = program, point, point.slack
        self.system = system = LaplacianSystem(program.edges, point.gamma / slack, curvature)
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

    def direction(
        self, aim: torch.Tensor, slope: torch.Tensor
    ) -> tuple[torch.Tensor, float, torch.Tensor, torch.Tensor]:
        """(df, dk, dw, dγ) that aims at γ w + γ dw + w dγ = aim."""
        program, point, w = self.program, self.point, self.point.slack
        push = aim / w
        dg = self.system.solve((program.edges.outflow(push) - slope)[:, None])[:, 0]
        dk = 0.0
        if not self.fixed:
            right = float(aim.sum()) / point.k - _derivative(program.regularizer, point.k) - float(self.shape @ slope)
            dk = (right - float(self.vector @ dg)) / self.pivot
            dg = dg - dk * self.solved
        moved = program.edges.drop(dg) + (dk / point.k) * w
        dw = torch.where(program.moving, moved, 0.0 * w)
        dgamma = torch.where(program.moving, push - point.gamma - point.gamma / w * dw, 0.0 * w)
        return dg + dk * self.shape, dk, dw, dgamma


def _derivative(regularizer: Regularizer, k: float) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight * (k - regularizer.target)


def _second_derivative(regularizer: Regularizer) -> float:
    assert isinstance(regularizer, LipschitzPenalty)
    return 2.0 * regularizer.weight


def _growth_limit(slopes: SlopeRange, rise: torch.Tensor, above: torch.Tensor) -> float:
    """The longest step for values `above` their best constant that move by `rise`; see `growth_limit`."""
    if slopes.lower == slopes.upper:
        return np.inf
    room = LARGEST_GROWTH + torch.clamp(-above, min=0.0)
    if np.isfinite(slopes.upper):
        room = room + above.abs()  # a loss that grows like a straight line does no harm further out
    return float(torch.where(rise > 0, room / rise, torch.inf).min())


def _reach(values: torch.Tensor, change: torch.Tensor) -> float:
    """The longest step that keeps positive values positive."""
    ratio = torch.where((change < 0) & (values > 0), -values / change, torch.inf)
    return float(ratio.min())
