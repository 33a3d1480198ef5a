"""Which points have bounding partners: LGAN Theorems 2a-2c and 3.

A bounding pair is z ≠ w with f(w) − f(z) = k‖w − z‖. Two rigorous bounds decide whether a slack that was
measured is compatible with 0 for the optimal critic:

* complementary slackness: Σ γ·slack ≤ gap, so a point with net outflow s has a partner with slack ≤ gap/|s|;
* the certificate's intervals for f* and k*, which bound how far any slack can be off.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import STRICT_LOSSES, Budget, Case, same_support, standard, tailored
from toylab.claims.certified import RESOLUTION, Certified, certified, described_pairs
from toylab.claims.explanation.bounding import (
    lone_point_has_partner,
    opposite_slopes,
    rising_pair,
    slope_has_partner,
)
from toylab.claims.explanation.wording import POSITIVE
from toylab.claims.hypotheses import (
    CERTIFIED,
    CONDITION_11,
    DIFFERENT_MEASURES,
    PENALISED,
    RESTRICTED,
    SAME_SUPPORT,
)
from toylab.critics import tabulated
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate

SLACKNESS = (
    "Error bounds: complementary slackness of the certificate (gap divided by the mass that flows), or the "
    "certificate's own intervals for f* and k*, whichever is smaller."
)


def ratio(gap: float, mass: np.ndarray) -> np.ndarray:
    """Gap / mass with +inf where nothing flows."""
    return np.where(mass > 0, gap / np.where(mass > 0, mass, 1.0), np.inf)


def _partner_evidence(known: Certified, points: np.ndarray) -> Evidence:
    """For each listed point: its least slack against any partner, above or below."""
    upwards, downwards = np.abs(known.slack)[points], np.abs(known.slack.T)[points]
    slack = np.minimum(upwards, downwards)
    partners = slack.argmin(axis=1) if len(points) else points
    above = np.take_along_axis(upwards <= downwards, partners[:, None], axis=1)[:, 0]
    uncertainty = known.slack_error[points].max(axis=1)
    error = np.minimum(ratio(known.gap, np.abs(known.slopes[points])), uncertainty) + known.rounding
    return Evidence.of(
        slack.min(axis=1) if len(points) else np.zeros(0),
        error,
        resolution=known.resolution,
        scale=known.k * known.diameter,
        labels=[known.name(int(i)) for i in points],
        arrays={
            "slope": known.slopes[points],
            **described_pairs(known, np.where(above, points, partners), np.where(above, partners, points)),
        },
    )


def _measure_2a(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    return with_positive_constant(known, _partner_evidence(known, np.flatnonzero(known.rising() | known.falling())))


def _measure_2b(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    return with_positive_constant(known, _partner_evidence(known, np.flatnonzero(known.in_fake != known.in_real)))


def steepest_pair(known: Certified, allowed: np.ndarray) -> Evidence:
    """The least slack per distance over the allowed (lower, upper) pairs: some pair must reach k."""
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = np.where(allowed, known.slack / known.distance, np.inf)
        uncertainty = np.where(allowed, known.slack_error / known.distance, -np.inf)
    lower, upper = divmod(int(np.argmin(relative)), len(relative))
    cost = float(known.candidate.certificate.cost)
    bound = min(known.gap / cost if cost > 0 else np.inf, float(uncertainty.max()))
    return Evidence.of(
        max(float(relative[lower, upper]), 0.0),
        bound + known.rounding / known.distance[lower, upper],
        resolution=RESOLUTION * known.k,
        scale=known.k,
        labels=[f"{known.name(lower)} to {known.name(upper)}"],
        arrays=described_pairs(known, np.array([lower]), np.array([upper])),
    )


def positive_constant(known: Certified) -> Evidence:
    """Whether k* > 0 in units of k: violated where the certificate proves k* = 0, open where its error reaches k."""
    low, highest = known.constant_bounds
    relative = known.constant_error / known.k if known.k > 0 else np.inf
    return Evidence.of(
        1.0 if highest == 0.0 else 0.0,
        0.0 if highest == 0.0 else relative,
        resolution=1.0 - 1e-9,
        scale=1.0,
        labels=[POSITIVE],
        arrays={"constant_bounds": np.array([low, highest])},
    )


def with_positive_constant(known: Certified, evidence: Evidence) -> Evidence:
    """The evidence on bounding pairs with that on k* > 0, without which every pair is trivially tight."""
    return Evidence.joined([evidence, positive_constant(known)]) if len(evidence) else evidence


def _measure_2c(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    if known.k == 0.0:
        return positive_constant(known)
    return Evidence.joined([steepest_pair(known, known.distance > 0), positive_constant(known)])


def _measure_3(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    return opposite_partners(known, known.slack)


def opposite_partners(known: Certified, slack: np.ndarray) -> Evidence:
    """For each point of certain slope: its least slack against any point of the opposite one.

    Args:
        known: the candidate's certificate.
        slack: (N, N), from the point of positive slope (row) to that of negative slope (column).
    """
    up, down = known.rising(), known.falling()
    stray_down = float(np.maximum(-known.slopes, 0.0)[~down].sum())  # flow that may end at uncertain points
    stray_up = float(np.maximum(known.slopes, 0.0)[~up].sum())
    parts = []
    certain = bool((up | down).all())  # else a point of uncertain slope may be the partner that is missing
    for points, partners, towards, uncertainty, stray, rising in (
        (np.flatnonzero(up), np.flatnonzero(down), slack, known.slack_error, stray_down, True),
        (np.flatnonzero(down), np.flatnonzero(up), slack.T, known.slack_error.T, stray_up, False),
    ):
        block = np.ix_(points, partners)
        nearest = np.full(len(points), -1)
        if len(partners):
            nearest = partners[np.abs(towards[block]).argmin(axis=1)]
        ends = (points, nearest) if rising else (nearest, points)
        bound = uncertainty[block].max(axis=1, initial=0.0) if certain else np.full(len(points), np.inf)
        flow = ratio(known.gap, np.abs(known.slopes[points]) - stray)
        parts.append(
            Evidence.of(
                np.abs(towards[block]).min(axis=1, initial=2.0 * known.k * known.diameter),
                np.minimum(flow, bound) + known.rounding,
                resolution=known.resolution,
                scale=known.k * known.diameter,
                labels=[known.name(int(i)) for i in points],
                arrays={"slope": known.slopes[points], **described_pairs(known, *ends)},
            )
        )
    return with_positive_constant(known, Evidence.joined(parts))


# --- controls ----------------------------------------------------------------------------------------------


def not_optimal() -> Candidate:
    """Fakes 0 and .5, real 1, critic values 0, .9, 1: Lipschitz, but nobody's optimum."""
    fake = DiscreteMeasure(np.array([[0.0, 0.0], [0.5, 0.0]]))
    real = DiscreteMeasure(np.array([[1.0, 0.0]]))
    problem = CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1))
    critic = tabulated(np.array([[0.0, 0.0], [0.5, 0.0], [1.0, 0.0]]), np.array([0.0, 0.9, 1.0]))
    # the constant of these values between fake and real points is 1; the steeper chord is fake to fake
    return Candidate.of(problem, critic)


def _quadratic_far_fake() -> Candidate:
    """Least squares (0, 1), fakes −10 and 0, real 1, λ = .1: the far fake sits at its own target, f = 0."""
    fake = DiscreteMeasure(np.array([[-10.0], [0.0]]))
    real = DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, losses.quadratic(0.0, 1.0), LipschitzPenalty(0.1))
    # slope(0) = f(0) = γ, slope(1) = 2 (f(1) − 1) = −γ, k = γ / .2 = f(1) − f(0)
    gamma = 2.0 / 13.0
    values = np.array([0.0, gamma, 1.0 - gamma / 2.0])
    return Candidate.of(problem, tabulated(np.array([[-10.0], [0.0], [1.0]]), values), [[0.0], [gamma]])


def _ball_beyond_need() -> Candidate:
    """Logistic on two shared points, ball of radius .82: the unrestricted optimum needs only .81093."""
    line = np.array([[0.0], [1.0]])
    p, q = np.array([0.6, 0.4]), np.array([0.4, 0.6])
    problem = CriticProblem(DiscreteMeasure(line, p), DiscreteMeasure(line, q), losses.logistic(), LipschitzBall(0.82))
    return Candidate.of(problem, tabulated(line, np.log(q / p)), np.zeros((2, 2)))


def _idle_on_shared_points() -> Candidate:
    line = np.array([[0.0], [1.0]])
    fake, real = DiscreteMeasure(line, [0.6, 0.4]), DiscreteMeasure(line, [0.4, 0.6])
    problem = CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(0.1))
    return Candidate.of(problem, tabulated(line, np.zeros(2)), np.zeros((2, 2)))


NOT_OPTIMAL = Control(
    breaks=CERTIFIED.name,
    subject=not_optimal,
    why="for values that are Lipschitz but not optimal nothing forces the fake at .5 to touch anything",
)


# --- cases -------------------------------------------------------------------------------------------------


def _same_support_cases(budget: Budget) -> Iterator[Case]:
    weights = (0.1,) if budget is Budget.QUICK else (0.02, 0.1, 1.0)
    for name, fake, real in same_support(budget):
        for make in (losses.wasserstein, *STRICT_LOSSES):
            for weight in weights:
                yield tailored(name, fake, real, make(), LipschitzPenalty(weight))


def all_cases(budget: Budget) -> Iterator[Case]:
    """The standard problems, and pairs of measures on one support."""
    yield from standard(budget)
    yield from _same_support_cases(budget)


THEOREM_2A = Claim(
    id="lgan.theorem-2a",
    title="slope ≠ 0 ⇒ bounding partner",
    statement="A point z with slope(z) ≠ 0 has a bounding partner: some w ≠ z with |f*(w) − f*(z)| = k*‖w − z‖ > 0.",
    sources=("LGAN Theorem 2 (a)", "ICLR Theorem 1 (a)"),
    aliases=("iclr.theorem-1a",),
    rests_on=("lgan.theorem-1.existence", "complementary slackness"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, CERTIFIED),
    cases=all_cases,
    measure=_measure_2a,
    controls=(NOT_OPTIMAL,),
    rationale=SLACKNESS,
    argument=slope_has_partner,
)

THEOREM_2B = Claim(
    id="lgan.theorem-2b",
    title="a point of one measure only ⇒ bounding partner",
    statement="Every point that lies in exactly one of S_g and S_r has a bounding partner.",
    sources=("LGAN Theorem 2 (b)", "ICLR Theorem 1 (b)"),
    aliases=("iclr.theorem-1b",),
    rests_on=("lgan.theorem-2a",),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, CERTIFIED),
    cases=standard,
    measure=_measure_2b,
    controls=(
        Control(
            breaks=CONDITION_11.name,
            subject=_quadratic_far_fake,
            why="the least-squares loss has slope 0 at its target, so a far fake is content without a partner",
        ),
        NOT_OPTIMAL,
    ),
    rationale=SLACKNESS,
    argument=lone_point_has_partner,
)

THEOREM_2C = Claim(
    id="lgan.theorem-2c",
    title="same support, different measures ⇒ a rising bounding pair",
    statement="If S_g = S_r and P_g ≠ P_r, then k* > 0 and some bounding pair has different values.",
    sources=("LGAN Theorem 2 (c)", "ICLR Theorem 1 (c)"),
    aliases=("iclr.theorem-1c",),
    rests_on=("lgan.theorem-2a", "lgan.lemma-8", "lgan.lemma-9"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, SAME_SUPPORT, DIFFERENT_MEASURES, PENALISED, CERTIFIED),
    cases=_same_support_cases,
    measure=_measure_2c,
    controls=(
        Control(
            breaks=PENALISED.name,
            subject=_ball_beyond_need,
            why="a ball wider than the unrestricted optimum needs is never touched: .82 against .81093",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_idle_on_shared_points,
            why="the constant critic, claimed to be optimal for two different measures, rises nowhere",
        ),
    ),
    rationale=SLACKNESS,
    argument=rising_pair,
)

THEOREM_3 = Claim(
    id="lgan.theorem-3",
    title="slope > 0 is bounded by some slope < 0 above it, and conversely",
    statement=(
        "Every x with slope(x) > 0 has some y with slope(y) < 0 and f*(y) − f*(x) = k*‖y − x‖, "
        "and every y with slope(y) < 0 has such an x."
    ),
    sources=("LGAN Theorem 3",),
    rests_on=("lgan.theorem-2a", "lgan.lemma-10", "lgan.lemma-11", "complementary slackness"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, CERTIFIED),
    cases=all_cases,
    measure=_measure_3,
    controls=(NOT_OPTIMAL,),
    rationale=SLACKNESS + " Flow that may end at points of uncertain slope is deducted.",
    argument=opposite_slopes,
)
