"""k* as the fake measure approaches the real one: LGAN section 4.1 and Appendix A.7's remark on Lemma 15."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, VerdictStatus
from toylab.claims.cases import ALL_LOSSES, Budget, Case, compared
from toylab.claims.explanation import families as arguments
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.divergence import w1_interval
from toylab.claims.families.hypotheses import (
    CERTIFIED,
    CONDITION_11,
    PENALISED,
    SAME_TERMS,
    related,
)
from toylab.claims.families.readings import Reading, compare, constant_unit, readings
from toylab.claims.kinds import FamilyKind
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.zoo import load


def _weight(family: Family) -> float:
    """λ; where nothing is penalised the one for which the furthest problem meets its bound with equality."""
    regularizer = family.members[0].problem.regularizer
    if isinstance(regularizer, LipschitzPenalty):
        return regularizer.weight
    furthest = max(readings(family), key=_w1)
    return furthest.slope_at_best * _w1(furthest) / (2.0 * furthest.known.k)


def _w1(reading: Reading) -> float:
    return w1_interval(reading.candidate.problem).middle


def _measure_bound(family: Family) -> Evidence:
    weight = _weight(family)
    parts = []
    for label, reading in zip(family.labels, readings(family), strict=True):
        bound = w1_interval(reading.candidate.problem) * (reading.slope_at_best / (2.0 * weight))
        unit = bound.middle or constant_unit(family)
        parts.append(compare(f"φ'(a) W₁/2λ against k*, {label}", bound, "≥", reading.constant, unit))
        if reading.candidate.problem.losses.is_wasserstein:
            parts.append(compare(f"k* against W₁/2λ, {label}", reading.constant, "=", bound, unit))
    return Evidence.joined(parts)


def _measure_monotone(family: Family) -> Evidence:
    order = np.argsort([_w1(reading) for reading in readings(family)], kind="stable")
    unit = constant_unit(family)
    members = [(family.labels[i], readings(family)[i].constant) for i in order]
    return Evidence.joined(
        [
            compare(f"k*, {far}, against k*, {near}", second, "≥", first, unit)
            for (near, first), (far, second) in pairwise(members)
        ]
    )


def _not_approaching(family: Family) -> str | None:
    distances = [_w1(reading) for reading in readings(family)]
    if len(family) < 2:
        return "there is one problem only"
    return None if min(distances) < max(distances) else f"W₁ is {distances[0]:.4g} in all problems"


APPROACHING = related(
    "approaching measures",
    "W₁(P_g, P_r) differs between the problems",
    _not_approaching,
    "W₁(P_g, P_r) goes down along the family",
    "move the fake points towards the real ones",
    (FamilyKind.GAME, FamilyKind.MOVED, FamilyKind.SWAPPED, FamilyKind.FREE),
)


def _approach(problem: CriticProblem, shares: tuple[float, ...]) -> ProblemFamily:
    """Fake points moved to a share of their way from the real points of the same number; 0 is P_g = P_r."""
    members = []
    for share in shares:
        points = problem.real.points + share * (problem.fake.points - problem.real.points)
        fake = DiscreteMeasure(points, problem.fake.weights)
        members.append((share, CriticProblem(fake, problem.real, problem.losses, problem.regularizer)))
    return ProblemFamily.along("fakes that approach the reals", "share of the way", members)


def diracs_at(pair: LossPair, distances: tuple[float, ...], weight: float) -> ProblemFamily:
    """Two Diracs at several distances."""
    fake = DiscreteMeasure([[0.0]])
    problems = [(d, CriticProblem(fake, DiscreteMeasure([[d]]), pair, LipschitzPenalty(weight))) for d in distances]
    return ProblemFamily.along("two Diracs", "distance", problems)


def _cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    shares = (0.0, 1e-3, 1.0) if quick else (0.0, 1e-4, 1e-2, 0.1, 0.5, 1.0)
    for make in (losses.wasserstein, losses.logistic) if quick else ALL_LOSSES:
        problem = load("case4", n=4, losses=make(), regularizer=LipschitzPenalty(0.1))
        yield compared(f"case4 approached, {make().name}", _approach(problem, shares))


def _monotone_cases(budget: Budget) -> Iterator[Case]:
    distances = (0.1, 1.5, 10.0) if budget is Budget.QUICK else (0.1, 1.0, 1.5, 3.0, 10.0)
    pairs = (losses.logistic, losses.wasserstein, losses.exponential)  # Wasserstein: k* = d/2λ does fall
    for make in pairs[:2] if budget is Budget.QUICK else pairs:
        yield compared(f"two Diracs at several distances, {make().name}", diracs_at(make(), distances, 0.1))


def _written(pair: LossPair, regularizer: Regularizer, factors: dict[float, float], name: str) -> Family:
    """Two Diracs at several distances, with optimal values times a factor."""
    members = [(d, two_diracs(pair, d, regularizer, factor=factor)) for d, factor in factors.items()]
    return Family.along(name, "distance", members)


def _dearer_far_away() -> Family:
    pair = losses.wasserstein()
    members = [(d, two_diracs(pair, d, LipschitzPenalty(w))) for d, w in ((0.5, 0.1), (1.0, 1.0))]
    return Family.along("two Diracs, a larger λ further away", "distance", members)


CONSTANT_VANISHES = Claim(
    id="lgan.section-4.1.vanishing-constant",
    title="k* ≤ φ'(a) W₁/2λ: penalising k, k* → 0 as P_g → P_r",
    statement=(
        "With a penalty λk² on the constant k* ≤ φ'(a) W₁(P_g, P_r)/2λ, with equality for the Wasserstein loss: k* "
        "goes to 0 as P_g approaches P_r, so that a WGAN gains from the penalty too."
    ),
    sources=("LGAN section 4.1, remark on the penalty in WGAN", "LGAN Appendix A, remark on Lemma 15"),
    rests_on=("weak duality", "Kantorovich–Rubinstein duality"),
    subject_type=Family,
    hypotheses=(CONDITION_11, APPROACHING, SAME_TERMS, PENALISED, CERTIFIED),
    cases=_cases,
    measure=_measure_bound,
    controls=(
        Control(
            breaks=PENALISED.name,
            subject=lambda: _written(
                losses.wasserstein(),
                LipschitzBall(1.0),
                {0.01: 1.0, 0.1: 1.0, 1.0: 1.0},
                "two Diracs, Wasserstein ball",
            ),
            why="in a ball k stays at 1 however near the measures are (λ read off the furthest pair)",
        ),
        Control(
            breaks=SAME_TERMS.name,
            subject=_dearer_far_away,
            why="with a smaller λ nearby k* is larger there than the far pair's λ allows",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _written(losses.logistic(), LipschitzPenalty(0.1), {0.1: 2.0, 1.0: 1.0}, "two Diracs"),
            why="twice the optimal values at distance .1, claimed to be optimal",
        ),
    ),
    rationale="k* within √(gap/λ) of C/2λ; W₁ by POT up to rounding.",
    argument=arguments.vanishing,
)

FALLS_MONOTONICALLY = Claim(
    id="lgan.section-4.1.monotone",
    title="k* falls monotonically as P_g → P_r (false)",
    statement="The nearer P_g is to P_r in W₁, the smaller is k*. False for losses with a bounded slope.",
    sources=("a loose reading of LGAN Appendix A: 'when W₁ goes to zero, the optimal k decreases'",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("weak duality",),
    superseded_by="lgan.section-4.1.vanishing-constant",
    subject_type=Family,
    hypotheses=(APPROACHING, SAME_TERMS, PENALISED, CERTIFIED),
    cases=_monotone_cases,
    measure=_measure_monotone,
    controls=(
        Control(
            breaks=None,
            subject=lambda: _written(
                losses.logistic(), LipschitzPenalty(0.1), dict.fromkeys((0.1, 1.0, 1.5, 3.0, 10.0), 1.0), "two Diracs"
            ),
            why="logistic, λ = .1: k* = .248, 1.568, 1.668, 1.477, .819 at distances .1, 1, 1.5, 3, 10",
        ),
    ),
    rationale="k* within √(gap/λ) of C/2λ; two such intervals are compared.",
    argument=arguments.monotone,
)
