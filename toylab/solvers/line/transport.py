"""The Wasserstein loss on a line, in closed form by sorting: O((n + m) log (n + m)).

With G the difference of the distribution functions of fake and real mass, E_fake f − E_real f = −∫ G f', so that

    f' = k sign G,     W₁ = ∫ |G|,     k the minimum of R(k) − k W₁  (LGAN Lemma 15).

Where G = 0 any slope between −k and k is optimal; 0 is taken. The plan is the monotone coupling of what each measure
has more than the other.

Source: Santambrogio (2015), section 2.2; Vallender (1974) for W₁.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.collinear import check_collinear, cumulated, monotone_plan
from toylab.critics import LowerExtension
from toylab.plans import split_plan
from toylab.problem import CriticProblem
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.straight_piece import StraightPiece
from toylab.solvers.transport import best_constant, check_wasserstein
from toylab.straight_line import Line

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True)
class LineTransport(AbstractSolver):
    """Exact critic of the Wasserstein loss for points on one line, in any dimension.

    Exact up to rounding of sums over n + m masses; a hundred thousand points a side take a second. Points count
    as collinear when they lie off the line by less than 16 roundings of their coordinates.

    Attributes:
        rtol: relative gap to be certified.
    """

    rtol: float = 1e-8

    @override
    def check(self, problem: CriticProblem) -> None:
        check_wasserstein(problem, self)
        check_collinear(problem, type(self).__name__)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        outcome = sorted_outcome(problem, StraightPiece(low=-np.inf, high=np.inf, slope=1.0))
        assert outcome is not None  # everything fits on an infinite line
        return outcome


def sorted_outcome(problem: CriticProblem, piece: StraightPiece) -> Outcome | None:
    """K* times the Kantorovich potential on a straight piece of the losses; None where it does not fit there.

    Args:
        problem: on one line, with a penalty or a ball, and measures that differ.
        piece: where the losses are straight.
    """
    support = problem.support
    carried = np.flatnonzero(support.in_fake | support.in_real)  # points without mass may lie anywhere
    positions = np.zeros(len(support.points))
    positions[carried] = Line.through(support.points[carried]).positions
    order = carried[np.argsort(positions[carried], kind="stable")]
    ahead = imbalance(support.fake_weights[order], support.real_weights[order])
    steps = np.diff(positions[order])
    w1 = float(piece.slope * np.sum(np.abs(ahead) * steps))
    k = best_constant(problem.regularizer, w1)
    values = np.zeros(len(support.points))
    values[order[1:]] = k * np.cumsum(np.sign(ahead) * steps, dtype=np.longdouble)
    shift = piece.shift(values[order])
    if shift is None:
        return None
    real = support.in_real
    critic = LowerExtension(support.points[real], values[real] + shift, k)
    surplus = support.fake_weights - support.real_weights
    merged = monotone_plan(
        support, positions, piece.slope * np.maximum(surplus, 0.0), piece.slope * np.maximum(-surplus, 0.0)
    )
    return Outcome(critic=critic, plan=split_plan(problem, merged))


def imbalance(fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """G between neighbours, (N − 1,): fake less real mass so far, 0 where that is a rounding of the masses.

    Args:
        fake: (N,), masses in the order of the points.
        real: (N,), the same.
    """
    so_far, other = cumulated(fake), cumulated(real)
    difference = (so_far - other)[:-1].astype(np.float64)
    rounding = 2.0 * _EPS * (so_far + other)[:-1].astype(np.float64)
    return np.where(np.abs(difference) <= rounding, 0.0, difference)
