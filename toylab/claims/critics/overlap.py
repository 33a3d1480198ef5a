"""Whom a point is bounded by when the supports overlap: ICLR Theorem 2, false as printed, true when disjoint."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, VerdictStatus
from toylab.claims.cases import STRICT_LOSSES, Budget, Case, overlapping_pair, standard, tailored
from toylab.claims.certified import Certified, certified, described_pairs
from toylab.claims.critics.bounding import NOT_OPTIMAL, SLACKNESS, ratio, with_positive_constant
from toylab.claims.explanation.bounding import opposite_measures
from toylab.claims.hypotheses import CERTIFIED, CONDITION_11, DISJOINT_SUPPORTS, RESTRICTED
from toylab.critics import tabulated
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate


def _slack_floor(known: Certified, plan: np.ndarray) -> np.ndarray:
    """(N, N): a lower bound of the slack of f* from x to y, by the flow that meets it at x or leaves it at y.

    Flow γ into x from z says f(x) − f(z) ≥ k d_zx − gap/γ; were x to y tight as well, z to y would rise by
    k (d_zx + d_xy) − gap/γ, but it cannot rise by more than k d_zy. Likewise for flow out of y.
    """
    d, k = known.distance, known.constant_bounds[0]
    charge = ratio(known.gap, plan)  # (from, to)
    size = len(d)
    floor = np.zeros((size, size))
    for z in range(size):
        into_x = k * (d[z][:, None] + d - d[z][None, :]) - charge[z][:, None]
        out_of_y = k * (d + d[z][None, :] - d[:, z][:, None]) - charge[:, z][None, :]
        floor = np.maximum(floor, np.maximum(into_x, out_of_y))
    return floor


def _measure_iclr_2(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    floor = _slack_floor(known, candidate.certificate.merged_plan.toarray()[np.ix_(known.carried, known.carried)])
    bound_by_anything = known.rising() | known.falling()
    fakes, reals = np.flatnonzero(known.in_fake), np.flatnonzero(known.in_real)
    parts = []
    for points, partners, slack, low, wide, flow, rising in (
        (fakes, reals, known.slack, floor, known.slack_error, known.slopes, True),
        (reals, fakes, known.slack.T, floor.T, known.slack_error.T, -known.slopes, False),
    ):
        chosen = points[bound_by_anything[points]]
        block = np.ix_(chosen, partners)
        other = chosen[:, None] != partners
        possible = np.where(other, slack[block], np.inf)
        least = possible.min(axis=1)
        nearest = np.where(np.isfinite(least), partners[possible.argmin(axis=1)], -1)
        ends = (chosen, nearest) if rising else (nearest, chosen)
        by_flow = np.where(other, slack[block] - low[block], -np.inf).max(axis=1)
        by_interval = np.where(other, wide[block], -np.inf).max(axis=1)
        by_slackness = ratio(known.gap, np.maximum(flow[chosen], 0.0))
        parts.append(
            Evidence.of(
                least,
                np.minimum(np.minimum(by_flow, by_interval), by_slackness) + known.rounding,
                resolution=known.resolution,
                scale=known.k * known.diameter,
                labels=[known.name(i) for i in chosen],
                arrays={"slope": known.slopes[chosen], **described_pairs(known, *ends)},
            )
        )
    return with_positive_constant(known, Evidence.joined(parts))


def _overlap_wasserstein() -> Candidate:
    """The overlapping pair with the Wasserstein loss, λ = .5: .8 flows from A to B, k = .8, and B has nobody above."""
    fake, real = overlapping_pair()
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5))
    return Candidate.of(problem, tabulated(fake.points, np.array([0.0, 0.8])), [[0.1, 0.8], [0.0, 0.1]])


def _overlapping_cases(budget: Budget) -> Iterator[Case]:
    fake, real = overlapping_pair()
    for make in (losses.wasserstein, *STRICT_LOSSES):
        yield tailored("shared points A, B", fake, real, make(), LipschitzPenalty(0.5))
    yield from standard(budget, balls=False)


def _disjoint_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(budget, where=lambda problem: not (problem.support.in_fake & problem.support.in_real).any())


ICLR_THEOREM_2 = Claim(
    id="iclr.theorem-2",
    title="a fake bounded by anything is bounded by a real above it (false)",
    statement=(
        "Every x in S_g that has a bounding partner has a real y with f*(y) − f*(x) = k*‖y − x‖, and every y in S_r "
        "that has one has such a fake x. False when the supports overlap."
    ),
    sources=("ICLR Theorem 2",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("complementary slackness",),
    superseded_by="lgan.theorem-3",
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, CERTIFIED),
    cases=_overlapping_cases,
    measure=_measure_iclr_2,
    controls=(
        Control(
            breaks=None,
            subject=_overlap_wasserstein,
            why="P_g = .9 A + .1 B, P_r = .1 A + .9 B: B is bounded from below by A and has no real point above it",
        ),
    ),
    rationale=SLACKNESS + " Flow into a point bounds from below how far it is from touching anything further on.",
    argument=opposite_measures,
)

ICLR_THEOREM_2_DISJOINT = Claim(
    id="iclr.theorem-2.disjoint",
    title="…and true once the supports are disjoint",
    statement="If S_g, S_r are disjoint, every x in S_g has a real y with f*(y) − f*(x) = k*‖y − x‖, and conversely.",
    sources=("ICLR Theorem 2, with disjoint supports",),
    rests_on=("lgan.theorem-2b", "lgan.theorem-3", "lgan.lemma-12"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, DISJOINT_SUPPORTS, CERTIFIED),
    cases=_disjoint_cases,
    measure=_measure_iclr_2,
    controls=(
        Control(
            breaks=DISJOINT_SUPPORTS.name,
            subject=_overlap_wasserstein,
            why="P_g = .9 A + .1 B, P_r = .1 A + .9 B: B is bounded from below by A and has no real point above it",
        ),
        NOT_OPTIMAL,
    ),
    rationale=SLACKNESS + " Flow into a point bounds from below how far it is from touching anything further on.",
    argument=opposite_measures,
)
