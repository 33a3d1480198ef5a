"""Two Diracs with a critic written down by hand: what controls are made of, since claims have no solver.

For losses with ϕ(t) = φ(−t) the optimum is f = ∓s, k = 2s/d, with φ'(−s) = 4λs/d² under λk², and s = Kd/2 in a ball
(THEORY section 2, Two Diracs).
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from toylab.critics import tabulated
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solution import Candidate


def two_diracs(
    losses: LossPair, distance: float, regularizer: Regularizer, *, half_rise: float | None = None, factor: float = 1.0
) -> Candidate:
    """The optimum for a fake at 0 and a real at `distance`, or what is to pass for it.

    Args:
        losses: a pair with ϕ(t) = φ(−t), differentiable unless the rise is given.
        distance: d > 0.
        regularizer: a penalty or a ball.
        half_rise: s, where it is not to be found here.
        factor: what the optimal values are multiplied by, to make a wrong critic.
    """
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[float(distance)]])
    problem = CriticProblem(fake, real, losses, regularizer)
    s = _half_rise(losses, distance, regularizer) if half_rise is None else half_rise
    mass = float(losses.fake_loss.slope(np.array(-s)))
    values = np.array([-s, s]) * factor
    return Candidate.of(problem, tabulated(problem.support.points, values), [[mass]])


def _half_rise(losses: LossPair, distance: float, regularizer: Regularizer) -> float:
    def slope(s: float) -> float:
        return float(losses.fake_loss.slope(np.array(-s)))

    match regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            start, ratio = 0.5 * target * distance, 4.0 * weight / distance**2
            end = start + slope(start) / ratio
            if slope(end) >= ratio * (end - start):  # φ' is constant
                return end
            root: float = brentq(lambda s: slope(s) - ratio * (s - start), start, end, xtol=1e-16)  # type: ignore[assignment]
            return root
        case LipschitzBall(radius=radius):
            return 0.5 * radius * distance
    raise NotImplementedError(repr(regularizer))


def on_two_points(
    fake: list[float], real: list[float], losses: LossPair, regularizer: Regularizer, values: list[float]
) -> Candidate:
    """Masses on 0 and 1, with critic values there, certified with the plan that the values ask for."""
    points = np.array([[0.0], [1.0]])
    problem = CriticProblem(DiscreteMeasure(points, fake), DiscreteMeasure(points, real), losses, regularizer)
    slopes = np.asarray(fake) * losses.fake_loss.slope(np.array(values)) + np.asarray(real) * losses.real_loss.slope(
        np.array(values)
    )
    plan = np.zeros((2, 2))
    flow = 0.5 * float(slopes[0] - slopes[1])
    plan[(0, 1) if flow > 0 else (1, 0)] = abs(flow)
    return Candidate.of(problem, tabulated(points, np.array(values)), plan)
