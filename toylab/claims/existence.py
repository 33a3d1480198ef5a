"""Existence of the optimal critic: LGAN Theorem 1, first half."""

from __future__ import annotations

import numpy as np

from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import standard
from toylab.claims.certified import Certified, certified
from toylab.claims.hypotheses import CONDITION_11
from toylab.critics import tabulated
from toylab.losses import LARGEST_VALUE, Linear, LossPair, Reflected, Scaled, Softplus, Total
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate

_EPS = float(np.finfo(np.float64).eps)


def _best_offset(known: Certified) -> float:
    """The offset c that minimises J(f + c), by bisection of its slope on |c| ≤ LARGEST_VALUE."""

    def slope(c: float) -> float:
        return float(known.objective.slope(known.values + c).sum())

    reach = LARGEST_VALUE - float(np.abs(known.values).max())
    low, high = -reach, reach
    if abs(slope(0.0)) <= 64 * _EPS * float(np.abs(known.objective.slope(known.values)).sum()):
        return 0.0
    if slope(low) >= 0:
        return low
    if slope(high) <= 0:
        return high
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if slope(middle) < 0 else (low, middle)
    return 0.5 * (low + high)


def _measure_existence(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    return Evidence.of(
        abs(_best_offset(known)) / LARGEST_VALUE,
        0.5,
        resolution=0.5,
        scale=1.0,
        labels=["best offset of the critic, as a share of the float64 range"],
    )


def _without_balance(pair: LossPair) -> Candidate:
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, pair, LipschitzPenalty(0.1))
    return Candidate.of(problem, tabulated(np.array([[0.0], [1.0]]), np.array([0.0, 0.5])), np.zeros((1, 1)))


def _unbounded() -> Candidate:
    return _without_balance(LossPair("t against -2t", Linear(), Scaled(Reflected(Linear()), 2.0)))


def _never_attained() -> Candidate:
    pair = LossPair("softplus(t) + t against softplus(-t)", Total((Softplus(), Linear())), Reflected(Softplus()))
    return _without_balance(pair)


EXISTENCE = Claim(
    id="lgan.theorem-1.existence",
    title="an optimal critic exists",
    statement="Under condition (11) the infimum of J(f) + λ k(f)² is attained.",
    sources=("LGAN Theorem 1, existence",),
    subject_type=Candidate,
    hypotheses=(CONDITION_11,),
    cases=standard,
    measure=_measure_existence,
    controls=(
        Control(
            breaks=CONDITION_11.name,
            subject=_unbounded,
            why="φ = t, ϕ = −2t: every constant added to the critic improves it, without bound",
        ),
        Control(
            breaks=CONDITION_11.name,
            subject=_never_attained,
            why="φ = softplus(t) + t, ϕ = softplus(−t): the infimum 0 is approached as the critic falls to −∞",
        ),
    ),
    rationale=(
        "Without a best offset there is no best critic. The offset is sought on the whole range of float64 "
        "(|c| ≤ 700); a best offset beyond half of that range counts as none."
    ),
)
