"""J(k), the least J among k-Lipschitz critics: its slope, Lemma 15, and ICLR Lemmas 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import ALL_LOSSES, Budget, Case, compared
from toylab.claims.explanation import families as arguments
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.divergence import w1_interval
from toylab.claims.families.hypotheses import BALLS, CERTIFIED, ONE_GAME, WASSERSTEIN
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import Reading, compare, constant_unit, readings, value_unit
from toylab.claims.rounding import ROUNDING
from toylab.divergences import wasserstein1
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.zoo import load


def reweighted_w1(reading: Reading) -> Interval:
    """W₁(a, b) of the reweighted measures a = s⁺, b = s⁻, by POT; 0 where nothing flows."""
    slopes, points = reading.known.slopes, reading.known.points
    up, down = slopes > 0, slopes < 0
    mass = min(float(slopes[up].sum()), float(-slopes[down].sum()))
    if mass <= 0.0:
        return Interval.of(0.0)
    value = mass * wasserstein1(DiscreteMeasure(points[up], slopes[up]), DiscreteMeasure(points[down], -slopes[down]))
    imbalance = abs(float(slopes.sum())) + ROUNDING * float(np.abs(slopes).sum())
    return Interval.of(value, (imbalance + ROUNDING * mass) * reading.known.diameter)


def _measure_slope(family: Family) -> Evidence:
    members, unit = readings(family), value_unit(family)
    parts = []
    for one, other in permutations(members, 2):
        first, second = one.known.k, other.known.k
        # k of a penalised optimum is not a datum; for balls it is exact
        tangent = one.value - one.cost * (Interval.of(second) - first)
        label = f"J in the ball of {second:.6g} against the tangent at {first:.6g}"
        parts.append(compare(label, other.value, "≥", tangent, unit))
    for one, other in pairwise(sorted(members, key=lambda reading: reading.known.k)):
        label = f"J in the ball of {one.known.k:.6g} against J in that of {other.known.k:.6g}"
        parts.append(compare(label, one.value, "≥", other.value, unit))
    for one in members:
        loose = one.known.gap / one.known.k if one.known.k > 0 else np.inf
        cost = one.cost + Interval.of(0.0, loose)
        label = f"C of the plan in the ball of {one.known.k:.6g} against W₁(a, b)"
        parts.append(compare(label, cost, "=", reweighted_w1(one), one.known.diameter))
    return Evidence.joined(parts)


def _measure_15(family: Family) -> Evidence:
    members, unit = readings(family), value_unit(family)
    w1 = w1_interval(family.members[0].problem)
    parts = []
    reference = next((m for m in members if isinstance(m.candidate.problem.regularizer, LipschitzBall)), None)
    for label, reading in zip(family.labels, members, strict=True):
        match reading.candidate.problem.regularizer:
            case LipschitzBall(radius=radius):
                parts.append(compare(f"J, {label}, against −kW₁", reading.value, "=", -(w1 * radius), unit))
                if reference is not None and reading is not reference:
                    share = reference.value * (radius / reference.known.k)
                    parts.append(
                        compare(
                            f"J, {label}, against J of the first ball in proportion", reading.value, "=", share, unit
                        )
                    )
            case LipschitzPenalty(weight=weight, target=target):
                best = w1 / (2.0 * weight) + target
                parts.append(
                    compare(f"k*, {label}, against k₀ + W₁/2λ", reading.constant, "=", best, constant_unit(family))
                )
    return Evidence.joined(parts)


# --- hypotheses, cases and controls ---


def along_radius(name: str, problem: CriticProblem, radii: tuple[float, ...]) -> ProblemFamily:
    """One game in several balls."""
    problems = [(r, CriticProblem(problem.fake, problem.real, problem.losses, LipschitzBall(r))) for r in radii]
    return ProblemFamily.along(name, "K", problems)


def radii(budget: Budget) -> tuple[float, ...]:
    """The radii on which claims about balls are decided."""
    return (0.5, 1.0, 2.0) if budget is Budget.QUICK else (0.1, 0.5, 1.0, 2.0, 4.0)


def slope_cases(budget: Budget) -> Iterator[Case]:
    """Games on disjoint and on overlapping supports, in several balls."""
    quick = budget is Budget.QUICK
    for make in (losses.wasserstein, losses.logistic) if quick else ALL_LOSSES:
        for name, n in (("case4", 5), ("random-overlap", 6)):
            problem = load(name, n=n, losses=make())
            yield compared(f"{name}, {make().name}, along K", along_radius(f"{name} along K", problem, radii(budget)))


def _cases_15(budget: Budget) -> Iterator[Case]:
    for name, n in (("case4", 5), ("random-overlap", 6)):
        for seed in range(1 if budget is Budget.QUICK else 3):
            problem = load(name, n=n, seed=seed, losses=losses.wasserstein())
            regularizers: dict[str, Regularizer] = {f"ball {r:g}": LipschitzBall(r) for r in (1.0, 2.0, 0.3)}
            regularizers |= {
                f"λ = {w:g}, k₀ = {t:g}": LipschitzPenalty(w, t) for w, t in ((0.1, 0.0), (0.1, 1.0), (10.0, 1.0))
            }
            members = {
                label: CriticProblem(problem.fake, problem.real, problem.losses, one)
                for label, one in regularizers.items()
            }
            label = f"{name} seed {seed}, Wasserstein, balls and penalties"
            yield compared(label, ProblemFamily.in_roles("balls and penalties", members))


def in_balls(pair: LossPair, rises: dict[float, float], name: str = "two Diracs at distance 1") -> Family:
    """Critics ∓s on two Diracs at distance 1 in balls of several radii, by radius."""
    members = [(r, two_diracs(pair, 1.0, LipschitzBall(r), half_rise=s)) for r, s in rises.items()]
    return Family.along(name, "K", members)


def _logistic_balls() -> Family:
    return in_balls(losses.logistic(), {1.0: 0.5, 2.0: 1.0})


def moving_balls() -> Family:
    """Other measures in the larger ball, and in that a larger J: Wasserstein, −3 at K = 1 and −2 at K = 2."""
    pair = losses.wasserstein()
    members = [(r, two_diracs(pair, d, LipschitzBall(r))) for r, d in ((1.0, 3.0), (2.0, 1.0))]
    return Family.along("Diracs that approach one another as K grows", "K", members)


def penalised_instead() -> Family:
    """Two penalised optima, k close to 1 and 1.57, whose V includes what the constant costs."""
    pair = losses.logistic()
    penalties = LipschitzPenalty(10.0, 1.0), LipschitzPenalty(0.1)
    members = {p.describe(): two_diracs(pair, 1.0, p) for p in penalties}
    return Family.in_roles("two Diracs, penalised", members)


def idle_in_larger_ball() -> Family:
    """The optimum in the unit ball, and a nearly idle critic in the ball of radius 2."""
    return in_balls(losses.logistic(), {1.0: 0.5, 2.0: 0.1})


BALL_SLOPE = Claim(
    id="own.value-along-radius",
    title="J(k) is convex and nonincreasing, dJ/dk = −W₁(a_k, b_k)",
    statement=(
        "Let J(k) be the least J among k-Lipschitz critics. For all k, m: J(m) ≥ J(k) − W₁(a_k, b_k)(m − k), a_k and "
        "b_k the positive and the negative part of slope at the optimum: J is convex and nonincreasing with this slope."
    ),
    sources=("toylab, the slope behind LGAN Lemmas 8 and 9",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(BALLS, ONE_GAME, CERTIFIED),
    cases=slope_cases,
    measure=_measure_slope,
    controls=(
        Control(
            breaks=BALLS.name,
            subject=penalised_instead,
            why="two penalised optima: the steeper one pays .25 for its constant, and its V is larger",
        ),
        Control(
            breaks=ONE_GAME.name, subject=moving_balls, why="Diracs that approach as K grows: J rises from −3 to −2"
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=idle_in_larger_ball,
            why="a nearly idle critic in the larger ball, claimed to be optimal there",
        ),
    ),
    rationale=(
        "J in [dual, primal]; C of the plan up to rounding, and C − W₁(a, b) ≤ gap/k, since a cheaper plan with the "
        "same slopes would raise the dual value by k times what it saves."
    ),
    argument=arguments.ball_slope,
)

LEMMA_15 = Claim(
    id="lgan.lemma-15",
    title="Wasserstein: min over k-Lipschitz = k · min over 1-Lipschitz; best k = k₀ + W₁/2λ",
    statement=(
        "For the Wasserstein loss the least J among k-Lipschitz critics is k times that among 1-Lipschitz ones, −kW₁; "
        "under the penalty λ(k − k₀)² the best constant is k₀ + W₁/2λ."
    ),
    sources=("LGAN Lemma 15", "ICLR Theorem 4"),
    aliases=("iclr.theorem-4",),
    rests_on=("Kantorovich–Rubinstein duality",),
    subject_type=Family,
    hypotheses=(WASSERSTEIN, ONE_GAME, CERTIFIED),
    cases=_cases_15,
    measure=_measure_15,
    controls=(
        Control(
            breaks=WASSERSTEIN.name,
            subject=_logistic_balls,
            why="logistic Diracs at distance 1: .94815 and .62652 at k = 1 and 2, not in proportion",
        ),
        Control(breaks=ONE_GAME.name, subject=moving_balls, why="other measures in the second ball: J = −2, not −6"),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: in_balls(losses.wasserstein(), {1.0: 0.5, 2.0: 0.5}),
            why="the critic of the unit ball in the ball of radius 2, claimed to be optimal there",
        ),
    ),
    rationale="J in [dual, primal]; k* within √(gap/λ) of k₀ + C/2λ; W₁ by POT up to rounding.",
    argument=arguments.lemma_15,
)
