"""Existence of the optimal critic: LGAN Theorem 1, first half."""

from __future__ import annotations

import numpy as np

from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import standard
from toylab.claims.explanation.uniqueness import existence
from toylab.claims.hypotheses import CONDITION_11, RESTRICTED
from toylab.critics import tabulated
from toylab.fenchel_young import PointwiseObjective
from toylab.losses import Linear, LossPair, Reflected, Scaled, Softplus, Total, logistic
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzPenalty, Regularizer, Unrestricted
from toylab.solution import Candidate


def _measure(candidate: Candidate) -> Evidence:
    """Whether the best offset exists: J(f + c) has to fall from c = −∞ and to rise towards c = +∞.

    The slopes of c ↦ J(f + c) at both ends are Σ inf h' and Σ sup h', whatever the critic; J attains its
    infimum in c where 0 lies strictly between them, or where an end is 0 and attained (affine losses). Without any
    restriction every point has an offset of its own, and it is the slopes of h at each point that count.
    """
    support, pair = candidate.problem.support, candidate.problem.losses
    objective = PointwiseObjective(pair, support.fake_weights, support.real_weights)
    unrestricted = isinstance(candidate.problem.regularizer, Unrestricted)
    ends = objective.slope_bounds()
    lower, upper = (float(ends[0].max()), float(ends[1].min())) if unrestricted else (float(e.sum()) for e in ends)
    fake, real = pair.fake_loss.slope_range, pair.real_loss.slope_range
    # an end that is not attained has to be passed by more than rounding of the masses; one that is, reached up to it
    rounding = float(support.mass_rounding.sum())
    below = lower - rounding if fake.lower_attained and real.lower_attained else lower + rounding
    above = -upper - rounding if fake.upper_attained and real.upper_attained else -upper + rounding
    return Evidence.of(
        np.maximum([below, above], 0.0),
        0.0,
        resolution=1.0,
        scale=1.0,
        arrays={"end_slopes": np.array([lower, upper])},
        labels=["slope of J along constants towards −∞, where it must not stay positive", "minus its slope towards +∞"],
    )


def _two_diracs(pair: LossPair, regularizer: Regularizer) -> Candidate:
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, pair, regularizer)
    return Candidate.of(problem, tabulated(np.array([[0.0], [1.0]]), np.array([0.0, 0.5])), np.zeros((1, 1)))


def _unbounded() -> Candidate:
    return _two_diracs(LossPair("t against -2t", Linear(), Scaled(Reflected(Linear()), 2.0)), LipschitzPenalty(0.1))


def _never_attained() -> Candidate:
    pair = LossPair("softplus(t) + t against softplus(-t)", Total((Softplus(), Linear())), Reflected(Softplus()))
    return _two_diracs(pair, LipschitzPenalty(0.1))


def _without_restriction() -> Candidate:
    return _two_diracs(logistic(), Unrestricted())


EXISTENCE = Claim(
    id="lgan.theorem-1.existence",
    title="an optimal critic exists",
    statement="Under condition (11) the infimum of J(f) + λ k(f)² is attained.",
    sources=("LGAN Theorem 1, existence",),
    rests_on=("LGAN Lemmas 1–6",),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED),
    cases=standard,
    measure=_measure,
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
        Control(
            breaks=RESTRICTED.name,
            subject=_without_restriction,
            why="the vanilla GAN on disjoint supports: f* = ln(q/p) is ∓∞, the infimum 0 is never attained",
        ),
    ),
    rationale=(
        "Decided in closed form from the ranges of the slopes: without a best offset there is no best critic, and with "
        "one, a bounded constant leaves a compact set of values. Error: rounding of the masses."
    ),
    argument=existence,
)
