"""What slopes, constant and measures have to do with one another: LGAN Lemmas 8, 9, 11 and 12."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import Budget, Case, standard
from toylab.claims.certified import RESOLUTION, Certified, certified
from toylab.claims.critics.bounding import NOT_OPTIMAL, SLACKNESS, all_cases, opposite_partners, positive_constant
from toylab.claims.critics.equilibrium import bounded_wasserstein, cases_of_penalties, idle_critic, largest_constant
from toylab.claims.explanation.bounding import opposite_slopes
from toylab.claims.explanation.lemmas import constant_and_measures, signs, slopes_and_constant
from toylab.claims.hypotheses import CERTIFIED, CONDITION_11, PENALISED, RESTRICTED
from toylab.claims.rounding import ROUNDING
from toylab.critics import LowerExtension, tabulated
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate


def _surplus(known: Certified) -> tuple[float, float, float]:
    """S = Σ max(slope, 0) of the critic, and where that of f* must lie; slopes below rounding are 0."""
    slopes = known.objective.slope(known.values)
    low, high = known.slope_bounds
    rounding = known.mass_rounding
    now, fewest, most = (float(np.where(s > rounding, s, 0.0).sum()) for s in (slopes, low, high))
    return now, fewest, most


def _constants(known: Certified, surplus: float) -> tuple[float, float]:
    """δ S/2λ and D S/2λ: between them lies the constant that a flow of this mass pays for.

    Where the constant is not penalised a flow says nothing, but without any flow it should be 0 all the same.
    """
    apart = known.distance[known.distance > 0]
    regularizer = known.candidate.problem.regularizer
    if not isinstance(regularizer, LipschitzPenalty):
        return 0.0, np.inf if surplus > 0 else 0.0
    least = float(apart.min()) if apart.size else 0.0
    return least * surplus / (2.0 * regularizer.weight), known.diameter * surplus / (2.0 * regularizer.weight)


def _measure_8(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    surplus, fewest, most = _surplus(known)
    low, high = _constants(known, surplus)
    bottom, top = _constants(known, fewest)[0], _constants(known, most)[1]
    unit = largest_constant(known)
    rounding = ROUNDING * (known.k + (high if np.isfinite(high) else 0.0))
    if isinstance(candidate.problem.regularizer, LipschitzPenalty):  # what was read as slope 0 may flow as well
        rounding += _constants(known, float(known.mass_rounding.sum()))[1]
    with np.errstate(invalid="ignore"):  # without a penalty and with a flow both ends are infinite
        wider = 0.0 if top == high else top - high
    return Evidence.of(
        [max(known.k - high, 0.0), max(low - known.k, 0.0)],
        known.constant_error + np.array([wider, low - bottom]) + rounding,
        resolution=RESOLUTION * max(unit, high if np.isfinite(high) else 0.0),
        scale=unit,
        labels=["k* against the most that the flow pays for", "k* against the least that the flow pays for"],
        arrays={
            "surplus": np.array([surplus]),
            "least_constant": np.array([low]),
            "most_constant": np.array([high]),
        },
    )


def _measure_9(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    if not candidate.problem.support.equal_measures:
        return positive_constant(known)
    unit = largest_constant(known)
    return Evidence.of(
        known.k, known.constant_error, resolution=RESOLUTION * unit, scale=unit, labels=["P_g = P_r: k* = 0"]
    )


def _measure_11(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    return opposite_partners(known, np.minimum(np.abs(known.slack), np.abs(known.slack.T)))


def _measure_12(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    alone = np.flatnonzero(known.in_fake != known.in_real)
    slopes = known.objective.slope(known.values)[alone]
    wrong = np.where(known.in_fake[alone], -slopes, slopes)
    return Evidence.of(
        np.maximum(wrong, 0.0),
        0.0,  # the sign of one product: an underflow to 0 is no violation either
        resolution=1.0,
        scale=1.0,
        labels=[known.name(int(i)) for i in alone],
        arrays={"slope": slopes},
    )


# --- controls ----------------------------------------------------------------------------------------------


def _without_slopes() -> Candidate:
    """The critic ln(q/p) on two shared points, logistic: every slope is 0, and k = .81093 is paid for in vain."""
    line = np.array([[0.0], [1.0]])
    p, q = np.array([0.6, 0.4]), np.array([0.4, 0.6])
    problem = CriticProblem(
        DiscreteMeasure(line, p), DiscreteMeasure(line, q), losses.logistic(), LipschitzPenalty(0.1)
    )
    return Candidate.of(problem, tabulated(line, np.log(q / p)), np.zeros((2, 2)))


def _one_target() -> Candidate:
    """Least squares with α = β = 0: the critic 0 is everybody's target, whatever the measures."""
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, losses.quadratic(0.0, 0.0), LipschitzPenalty(0.1))
    return Candidate.of(problem, LowerExtension(problem.support.points, np.zeros(2), 0.0), np.zeros((1, 1)))


def _below_the_target() -> Candidate:
    """Least squares (0, 1) and a critic of −1 at the fake: below α its slope is negative."""
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, losses.quadratic(0.0, 1.0), LipschitzPenalty(0.1))
    return Candidate.of(problem, tabulated(problem.support.points, np.array([-1.0, 0.5])))


def _single_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(budget, balls=False)


LEMMA_8 = Claim(
    id="lgan.lemma-8",
    title="all slopes are 0 if and only if k* = 0",
    statement=(
        "slope(z) = 0 at every point if and only if k* = 0; in numbers, δ S/2λ ≤ k* ≤ D S/2λ with S = Σ max(slope, 0), "
        "δ the least and D the largest distance of two points."
    ),
    sources=("LGAN Lemma 8",),
    rests_on=("lgan.theorem-1.existence", "weak duality"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, PENALISED, CERTIFIED),
    cases=cases_of_penalties,
    measure=_measure_8,
    controls=(
        Control(
            breaks=PENALISED.name,
            subject=bounded_wasserstein,
            why="in a ball nothing draws the constant to 0: P_g = P_r has no slope, and k = 1",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_without_slopes,
            why="f = ln(q/p) has slope 0 everywhere and constant .81093: optimal only as long as that costs nothing",
        ),
    ),
    rationale="Error bounds: the certificate's intervals for k* and for the slopes of f*, and rounding.",
    argument=slopes_and_constant,
)

LEMMA_9 = Claim(
    id="lgan.lemma-9",
    title="k* = 0 if and only if P_g = P_r",
    statement="f* has one value at all points, that is k* = 0, if and only if P_g = P_r.",
    sources=("LGAN Lemma 9",),
    rests_on=("lgan.lemma-8",),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, PENALISED, CERTIFIED),
    cases=cases_of_penalties,
    measure=_measure_9,
    controls=(
        Control(
            breaks=CONDITION_11.name,
            subject=_one_target,
            why="least squares with α = β: one critic value suits fakes and reals alike, wherever they are",
        ),
        Control(
            breaks=PENALISED.name,
            subject=bounded_wasserstein,
            why="in a ball P_g = P_r keeps a critic of constant 1",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=idle_critic,
            why="the constant critic, claimed to be optimal for P_g ≠ P_r",
        ),
    ),
    rationale=(
        "Error bounds: all k with R(k) + R*(C) − kC ≤ gap, that is √(gap/λ) to either side of C/2λ, against the "
        "largest constant that any masses on these points could need."
    ),
    argument=constant_and_measures,
)

LEMMA_11 = Claim(
    id="lgan.lemma-11",
    title="a tight pair joins every slope > 0 to a slope < 0",
    statement=(
        "Every x with slope(x) > 0 has some y with slope(y) < 0 and |f*(y) − f*(x)| = k*‖y − x‖, and conversely."
    ),
    sources=("LGAN Lemma 11",),
    rests_on=("lgan.theorem-2a", "lgan.lemma-10", "complementary slackness"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, CERTIFIED),
    cases=all_cases,
    measure=_measure_11,
    controls=(NOT_OPTIMAL,),
    rationale=SLACKNESS + " Flow that may end at points of uncertain slope is deducted.",
    argument=opposite_slopes,
)

LEMMA_12 = Claim(
    id="lgan.lemma-12",
    title="slope > 0 only where there is fake mass, slope < 0 only where there is real mass",
    statement="For every critic, slope(x) > 0 implies x in S_g, and slope(y) < 0 implies y in S_r.",
    sources=("LGAN Lemma 12",),
    rests_on=("condition (11) at a point",),
    subject_type=Candidate,
    hypotheses=(CONDITION_11,),
    cases=_single_cases,
    measure=_measure_12,
    controls=(
        Control(
            breaks=CONDITION_11.name,
            subject=_below_the_target,
            why="least squares: a fake value below α wants to rise, so its slope is negative without any real mass",
        ),
    ),
    rationale="The sign of a single product p φ'(f) or q ϕ'(f), which rounding does not change.",
    argument=signs,
)
