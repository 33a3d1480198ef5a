"""One step of the interior point on a shortlist: predictor, corrector, and corrections of the centre.

As `predictor_corrector`, with df = dg + dk (f − c)/k so that nothing cancels in the border of the Newton system, and
with edges that do not satisfy w = k d + f(x) − f(y) yet. One factorisation serves all right-hand sides. After pairs
have been added the iterate is off its central path, where a few cheap corrections double the steps.

Source: Mehrotra (1992); Gondzio (1996), multiple centrality corrections.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch

from toylab.errors import InputError
from toylab.problem import LipschitzBall, LipschitzPenalty
from toylab.solvers.kinked_terms import KinkAim, KinkSlacks
from toylab.solvers.multiscale.edge_program import EdgeProgram, Iterate, edge_dot
from toylab.solvers.multiscale.kinks import path, share

_FRACTION_TO_BOUNDARY = 0.995
#: Corrections of the centre, unless a step is this long without; products are brought back into this band around
#: their target.
_CORRECTIONS, _LONG_ENOUGH, _BAND = 3, 0.9, 10.0
#: What a slack or a multiplier of a pair of light points keeps of itself in a step, at least.
_LEFT = 0.1
#: Share of the step asked for that a correction has to bring.
_WORTH = 0.1


class Change(NamedTuple):
    """A direction: changes of values, constant, multipliers, slacks, and the slacks of the kinks."""

    values: np.ndarray
    k: float
    gamma: np.ndarray
    slack: np.ndarray
    kinks: KinkSlacks


def edge_step(program: EdgeProgram, point: Iterate) -> Iterate:
    """The next iterate.

    Raises:
        FloatingPointError: the Newton matrix is not finite.
    """
    system, kinks = _System(program, point), program.kinks
    ahead = system.direction(np.zeros_like(point.slack), path(kinks, 0.0))
    step = min(_boundary(program, point, ahead), 1.0)
    mu = point.complementarity + kinks.products(point.kinks).total()
    promised = edge_dot(point.gamma + step * ahead.gamma, point.slack + step * ahead.slack)
    promised += kinks.products(point.kinks.moved(ahead.kinks, step)).total()
    target = max(mu * min(max(promised / mu, 0.0), 1.0) ** 3, 0.1 * system.pointwise_gap)
    of_kinks = target * share(kinks)
    goal, level = path(kinks, of_kinks), (target - of_kinks) * program.path
    aim = KinkAim(goal.above - ahead.kinks.alpha * ahead.kinks.above, goal.below - ahead.kinks.beta * ahead.kinks.below)
    change = system.refined(_centred(system, level, level - ahead.gamma * ahead.slack, aim), aim)
    step = _longest(program, point, change)
    gamma, slack = point.gamma + step * change.gamma, point.slack + step * change.slack
    miss = None if point.miss is None or step >= 1.0 else (1.0 - step) * point.miss
    if program.light is not None:  # such a pair has had no say in the length of the step
        gamma = np.where(program.light, np.maximum(gamma, _LEFT * point.gamma), gamma)
        kept = np.where(program.light, np.maximum(slack, _LEFT * point.slack), slack)
        lifted = kept - slack
        if lifted.any():
            miss = -lifted if miss is None else miss - lifted
        slack = kept
    return Iterate(
        point.values + step * change.values,
        point.k + step * change.k,
        gamma,
        slack,
        point.kinks.moved(change.kinks, step),
        miss,
    )


def _centred(system: _System, level: np.ndarray, aim: np.ndarray, of_kinks: KinkAim) -> Change:
    """The direction towards products `aim`, changed while that makes its longest step longer."""
    program, point = system.program, system.point
    best = system.direction(aim, of_kinks)
    step = _longest(program, point, best)
    for _ in range(_CORRECTIONS):
        if step > _LONG_ENOUGH:
            break
        wanted = min(1.0, max(1.5 * step, step + 0.2))
        product = (point.gamma + wanted * best.gamma) * (point.slack + wanted * best.slack)
        aim = aim + np.maximum(np.clip(product, level / _BAND, _BAND * level) - product, -_BAND * level)
        other = system.direction(aim, of_kinks)
        reached = _longest(program, point, other)
        if reached <= step:
            break
        enough = reached >= step + _WORTH * (wanted - step)
        best, step = other, reached
        if not enough:
            break
    return best


class _System:
    """The Newton system of one iterate with its bordering unknown dk.

    Attributes:
        pointwise_gap: the Fenchel–Young part of the gap, to first order.
    """

    def __init__(self, program: EdgeProgram, point: Iterate) -> None:
        self.program, self.point = program, point
        pointwise, regularizer = program.pointwise, program.pointwise.regularizer
        self._slope, self._curvature, self.pointwise_gap = program.view(point)
        self._theta = point.gamma / point.slack
        program.factorisation.factorise(self._theta, self._curvature)
        self._shape = (point.values - pointwise.best_constant) / point.k  # df = dg + dk · shape
        whole = point.slack if point.miss is None else point.slack + point.miss
        self._rise = whole / point.k  # d + shape(x) − shape(y)
        match regularizer:
            case LipschitzBall():
                return
            case LipschitzPenalty(weight=weight, target=goal):
                self._derivative, second = 2.0 * weight * (point.k - goal), 2.0 * weight
            case _:
                raise InputError(f"the interior point does not know the regulariser {type(regularizer).__name__}.")
        pull = self._theta * self._rise
        self._border = self._curvature * self._shape + program.outflow(pull)
        self._solved = program.factorisation.solve(self._border)
        corner = second + float(self._curvature @ self._shape**2) + edge_dot(pull, self._rise)
        self._pivot = corner - float(self._border @ self._solved)

    def direction(self, aim: np.ndarray, of_kinks: KinkAim) -> Change:
        """The direction with γ w + γ dw + w dγ = aim, and the products of the kinks at theirs."""
        program, point, slope = self.program, self.point, self._shifted(of_kinks)
        push = aim / point.slack
        moved = push if point.miss is None else push - self._theta * point.miss
        corner = 0.0
        if not program.fixed:
            corner = edge_dot(self._rise, moved) - self._derivative - float(self._shape @ slope)
        dg, dk = self._solve(program.outflow(moved) - slope, corner)
        slack = program.drop(dg) + dk * self._rise
        if point.miss is not None:
            slack += point.miss
        df = dg + dk * self._shape
        return Change(df, dk, push - point.gamma - self._theta * slack, slack, self._kinks_moved(of_kinks, df))

    def _shifted(self, of_kinks: KinkAim) -> np.ndarray:
        """The slope (N,) with what the eliminated slacks of the kinks add to it."""
        kinks = self.program.kinks
        return self._slope + kinks.shift(self.point.kinks, of_kinks).numpy() if len(kinks) else self._slope

    def _kinks_moved(self, of_kinks: KinkAim, df: np.ndarray) -> KinkSlacks:
        kinks = self.program.kinks
        return kinks.step(self.point.kinks, of_kinks, torch.from_numpy(df)) if len(kinks) else self.point.kinks

    def refined(self, change: Change, of_kinks: KinkAim) -> Change:
        """The direction with what the differences of a large dg have lost in the balance of the points solved for."""
        missing = self.program.outflow(self.point.gamma + change.gamma) - self._curvature * change.values
        missing -= self._shifted(of_kinks)
        dg, dk = self._solve(missing, 0.0)
        slack = self.program.drop(dg) + dk * self._rise
        df = change.values + dg + dk * self._shape
        return Change(
            df,
            change.k + dk,
            change.gamma - self._theta * slack,
            change.slack + slack,
            self._kinks_moved(of_kinks, df),
        )

    def _solve(self, right: np.ndarray, corner: float) -> tuple[np.ndarray, float]:
        """(dg, dk) of the bordered system."""
        dg = self.program.factorisation.solve(right)
        if self.program.fixed:
            return dg, 0.0
        dk = (corner - float(self._border @ dg)) / self._pivot
        return dg - dk * self._solved, dk


def _longest(program: EdgeProgram, point: Iterate, change: Change) -> float:
    """The step that is taken along a direction."""
    shrinking = -point.k / change.k if change.k < 0 else np.inf
    step = min(_FRACTION_TO_BOUNDARY * min(_boundary(program, point, change), shrinking), 1.0)
    return min(step, program.pointwise.growth_limit(point.values, change.values))


def _boundary(program: EdgeProgram, point: Iterate, change: Change) -> float:
    """The step at which a slack or a multiplier vanishes, of the pairs that have a say in it."""
    slack, gamma = change.slack / point.slack, change.gamma / point.gamma
    if program.light is not None:
        slack, gamma = slack[~program.light], gamma[~program.light]
    steepest = min(float(slack.min()), float(gamma.min()))
    return min(-1.0 / steepest if steepest < 0 else np.inf, point.kinks.reach(change.kinks))
