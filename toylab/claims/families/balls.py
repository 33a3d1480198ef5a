"""J(k), the least J among k-Lipschitz critics: its slope, Lemma 15, and ICLR Lemmas 3 and 4."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import ALL_LOSSES, STRICT_LOSSES, Budget, Case, compared
from toylab.claims.certified import RESOLUTION
from toylab.claims.explanation import families as arguments
from toylab.claims.families.diracs import on_two_points, two_diracs
from toylab.claims.families.divergence import w1_interval
from toylab.claims.families.hypotheses import BALLS, CERTIFIED, CONDITION_11, ONE_GAME, WASSERSTEIN, related
from toylab.claims.families.intervals import Interval
from toylab.claims.families.penalty_weight import TWO_DIRACS
from toylab.claims.families.readings import Reading, compare, constant_unit, readings, value_unit
from toylab.divergences import wasserstein1
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.zoo import load

_EPS = float(np.finfo(np.float64).eps)


def reweighted_w1(reading: Reading) -> Interval:
    """W₁(a, b) of the reweighted measures a = s⁺, b = s⁻, by POT; 0 where nothing flows."""
    slopes, points = reading.known.slopes, reading.known.points
    up, down = slopes > 0, slopes < 0
    mass = min(float(slopes[up].sum()), float(-slopes[down].sum()))
    if mass <= 0.0:
        return Interval.of(0.0)
    value = mass * wasserstein1(DiscreteMeasure(points[up], slopes[up]), DiscreteMeasure(points[down], -slopes[down]))
    imbalance = abs(float(slopes.sum())) + 64.0 * _EPS * float(np.abs(slopes).sum())
    return Interval.of(value, (imbalance + 64.0 * _EPS * mass) * reading.known.diameter)


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


def _measure_attained(family: Family) -> Evidence:
    parts = []
    for label, reading in zip(family.labels, readings(family), strict=True):
        known = reading.known
        pairs = known.in_fake[:, None] & known.in_real & (known.distance > 0)
        at = np.unravel_index(np.argmin(np.where(pairs, np.abs(known.slack), np.inf)), known.slack.shape)
        low, high = int(at[0]), int(at[1])
        rise = Interval.of(
            float(known.values[high] - known.values[low]), min(_rise_error(reading, low, high), 1e300) + known.rounding
        )
        full = Interval.of(known.k) * float(known.distance[low, high])
        parts.append(compare(f"f*(y) − f*(x), {label}, against kd", rise, "=", full, full.middle or 1.0))
    return Evidence.joined(parts)


def _rise_error(reading: Reading, low: int, high: int) -> float:
    """By how much f*(y) − f*(x) may differ: the values' intervals, or what the plan between them says of the slack."""
    known = reading.known
    intervals = float(known.value_error[low] + known.value_error[high])
    moved = abs(float(known.slopes[low]))
    if moved == 0.0 and slope_may_vanish(reading):
        return 0.0  # nothing holds the two together: this critic is optimal, and the statement is about it as well
    return min(intervals, 2.0 * known.gap / moved if moved > 0 else np.inf)


def slope_may_vanish(reading: Reading) -> bool:
    """Whether slope(z) can be 0 at every point of the supports: no point of one support alone, or a flat loss."""
    pair = reading.candidate.problem.losses
    fake, real = pair.fake_loss.slope_range, pair.real_loss.slope_range
    positive = fake.lower > 0 or (fake.lower == 0 and not fake.lower_attained)
    negative = real.upper < 0 or (real.upper == 0 and not real.upper_attained)
    return not (positive and negative and len(_lone(reading)[0]))


def _lone(reading: Reading) -> tuple[np.ndarray, np.ndarray]:
    """Points of exactly one support, and how far the other support is from each."""
    known = reading.known
    lone = np.flatnonzero(known.in_fake != known.in_real)
    other = np.where(known.in_fake[lone][:, None], known.in_real, known.in_fake)
    distance = np.where(other, known.distance[lone], np.inf).min(axis=1) if len(lone) else np.zeros(0)
    return lone, distance


def guaranteed_rate(reading: Reading) -> float:
    """How fast J falls at least at this radius k: the largest |slope(z)| · distance over points z of one support.

    f* takes values on both sides of a, so f(z) ≥ a − k·diameter on fakes, where φ' is least, and f(z) ≤ a + k·diameter
    on reals. 0 where there is no such point, or the losses have slope 0 there.
    """
    lone, distance = _lone(reading)
    if not len(lone):
        return 0.0
    known, pair = reading.known, reading.candidate.problem.losses
    reach = known.k * known.diameter
    best = pair.best_constant or 0.0
    fake = float(pair.fake_loss.slope(np.array(best - reach)))
    real = -float(pair.real_loss.slope(np.array(best + reach)))
    support = known.objective
    slope = np.where(known.in_fake[lone], support.fake_weights[lone] * fake, support.real_weights[lone] * real)
    return float((np.maximum(slope, 0.0) * distance).max())


def _measure_falls(family: Family) -> Evidence:
    members = sorted(readings(family), key=lambda reading: reading.known.k)
    unit = value_unit(family)
    parts = []
    for one, other in pairwise(members):
        step = other.known.k - one.known.k
        fall = one.value - other.value
        rate = guaranteed_rate(other)
        names = f"from {one.known.k:.6g} to {other.known.k:.6g}"
        parts.append(compare(f"fall of J {names} against its least rate", fall, "≥", Interval.of(step * rate), unit))
        if rate == 0.0 and slope_may_vanish(other) and fall.low <= 0.0:
            # nothing promises a fall, and the certificates see none: what is missing is the fall itself
            wanted = Interval.of(RESOLUTION * step * unit) + 2.0 * fall.radius
            parts.append(compare(f"fall of J {names} against any fall at all", fall, "≥", wanted, unit))
    return Evidence.joined(parts)


# --- hypotheses, cases and controls ---


def _no_lone_point(family: Family) -> str | None:
    support = family.members[0].problem.support
    return None if (support.in_fake != support.in_real).any() else "every point with mass has mass of both measures"


LONE_POINT = related(
    "a point of one support",
    "some point has mass of exactly one of the two measures",
    _no_lone_point,
    "some point has mass of one measure only",
    "move a point, however little",
)


def along_radius(name: str, problem: CriticProblem, radii: tuple[float, ...]) -> ProblemFamily:
    """One game in several balls."""
    problems = [(r, CriticProblem(problem.fake, problem.real, problem.losses, LipschitzBall(r))) for r in radii]
    return ProblemFamily.along(name, "K", problems)


def _radii(budget: Budget) -> tuple[float, ...]:
    return (0.5, 1.0, 2.0) if budget is Budget.QUICK else (0.1, 0.5, 1.0, 2.0, 4.0)


def _slope_cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    for make in (losses.wasserstein, losses.logistic) if quick else ALL_LOSSES:
        for name, n in (("case4", 5), ("random-overlap", 6)):
            problem = load(name, n=n, losses=make())
            yield compared(f"{name}, {make().name}, along K", along_radius(f"{name} along K", problem, _radii(budget)))


def _lone_cases(budget: Budget) -> Iterator[Case]:
    for case in _slope_cases(budget):
        if case.family is not None and case.family.members[0].losses.condition_11():
            yield case


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


def _dirac_cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    for make in (losses.logistic,) if quick else (losses.wasserstein, *STRICT_LOSSES):
        for d in (1.0,) if quick else (0.1, 1.0, 3.0):
            fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[0.6 * d, 0.8 * d]])
            problem = CriticProblem(fake, real, make(), LipschitzBall(1.0))
            name = f"two Diracs at distance {d:g}, {make().name}, along K"
            yield compared(name, along_radius(name, problem, _radii(budget)))


def _in_balls(pair: LossPair, rises: dict[float, float], name: str = "two Diracs at distance 1") -> Family:
    """Critics ∓s on two Diracs at distance 1 in balls of several radii, by radius."""
    members = [(r, two_diracs(pair, 1.0, LipschitzBall(r), half_rise=s)) for r, s in rises.items()]
    return Family.along(name, "K", members)


def _logistic_balls() -> Family:
    return _in_balls(losses.logistic(), {1.0: 0.5, 2.0: 1.0})


def _moving_balls() -> Family:
    pair = losses.wasserstein()
    members = [(r, two_diracs(pair, d, LipschitzBall(r))) for r, d in ((1.0, 3.0), (2.0, 1.0))]
    return Family.along("Diracs that approach one another as K grows", "K", members)


def _penalised_instead() -> Family:
    pair = losses.logistic()
    penalties = LipschitzPenalty(10.0, 1.0), LipschitzPenalty(0.1)
    members = {p.describe(): two_diracs(pair, 1.0, p) for p in penalties}
    return Family.in_roles("two Diracs, penalised", members)


def _idle_in_larger_ball() -> Family:
    return _in_balls(losses.logistic(), {1.0: 0.5, 2.0: 0.1})


def _hinge_beyond_margin() -> Family:
    return _in_balls(losses.hinge(), {3.0: 1.0, 4.0: 1.0})


def _shared_beyond() -> Family:
    """Masses (.6, .4) and (.4, .6), logistic: beyond .81093 nothing is left to gain."""
    rise = float(np.log(1.5))
    members = [
        (r, on_two_points([0.6, 0.4], [0.4, 0.6], losses.logistic(), LipschitzBall(r), [-rise, rise]))
        for r in (0.82, 2.0)
    ]
    return Family.along("two shared points", "K", members)


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
    cases=_slope_cases,
    measure=_measure_slope,
    controls=(
        Control(
            breaks=BALLS.name,
            subject=_penalised_instead,
            why="two penalised optima: the steeper one pays .25 for its constant, and its V is larger",
        ),
        Control(
            breaks=ONE_GAME.name, subject=_moving_balls, why="Diracs that approach as K grows: J rises from −3 to −2"
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_idle_in_larger_ball,
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
        Control(breaks=ONE_GAME.name, subject=_moving_balls, why="other measures in the second ball: J = −2, not −6"),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _in_balls(losses.wasserstein(), {1.0: 0.5, 2.0: 0.5}),
            why="the critic of the unit ball in the ball of radius 2, claimed to be optimal there",
        ),
    ),
    rationale="J in [dual, primal]; k* within √(gap/λ) of k₀ + C/2λ; W₁ by POT up to rounding.",
    argument=arguments.lemma_15,
)

ATTAINED_IN_BALL = Claim(
    id="iclr.lemma-3",
    title="two Diracs: the least J at fixed k is attained, with f(y) − f(x) = kd",
    statement=(
        "For two Diracs at distance d and every k > 0, J has a minimum over the critics of constant k, and "
        "f*(y) − f*(x) = kd there."
    ),
    sources=("ICLR Lemma 3",),
    rests_on=("weak duality", "lgan.theorem-2b"),
    subject_type=Family,
    hypotheses=(CONDITION_11, TWO_DIRACS, BALLS, CERTIFIED),
    cases=_dirac_cases,
    measure=_measure_attained,
    controls=(
        Control(
            breaks=TWO_DIRACS.name,
            subject=_shared_beyond,
            why="masses (.6, .4) and (.4, .6) on two shared points: beyond .81093 the optimum uses no more of k",
        ),
        Control(
            breaks=CONDITION_11.name,
            subject=_hinge_beyond_margin,
            why="the hinge has its margin at k = 2/d, and f = ∓1 is optimal in every larger ball",
        ),
        Control(breaks=CERTIFIED.name, subject=_idle_in_larger_ball, why="a critic that leaves most of k = 2 unused"),
    ),
    rationale="Both values of f* in their certified intervals; or slack ≤ gap over the mass that the plan moves.",
    argument=arguments.attained,
)

FALLS_IN_RADIUS = Claim(
    id="iclr.lemma-4",
    title="the least J falls strictly in k while some point is in one support only",
    statement=(
        "While some point z has mass of exactly one measure, the least J among k-Lipschitz critics falls strictly as k "
        "grows: at a rate of at least |slope(z)| times the distance of z from the other support."
    ),
    sources=("ICLR Lemma 4, which states it for two Diracs",),
    rests_on=("own.value-along-radius", "lgan.theorem-2b"),
    subject_type=Family,
    hypotheses=(CONDITION_11, LONE_POINT, BALLS, ONE_GAME, CERTIFIED),
    cases=_lone_cases,
    measure=_measure_falls,
    controls=(
        Control(
            breaks=LONE_POINT.name,
            subject=_shared_beyond,
            why="masses (.6, .4) and (.4, .6) on two shared points: J is the same for all k ≥ .81093",
        ),
        Control(
            breaks=CONDITION_11.name,
            subject=_hinge_beyond_margin,
            why="hinge: J = max(0, 2 − kd) stays at 0 for k ≥ 2/d",
        ),
        Control(
            breaks=ONE_GAME.name, subject=_moving_balls, why="Diracs that approach as K grows: J rises from −3 to −2"
        ),
        Control(
            breaks=BALLS.name,
            subject=_penalised_instead,
            why="two penalised optima: V includes what the constant costs, and is larger where k is",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_idle_in_larger_ball,
            why="a nearly idle critic in the larger ball, claimed to be optimal there",
        ),
    ),
    rationale=(
        "J in [dual, primal]. The rate holds for every optimum: f* takes values on both sides of a, hence lies above "
        "a − k·diameter. Where no rate is promised (no lone point, or a slope 0) and the certificates see no fall, the "
        "fall itself is what is missing."
    ),
    argument=arguments.falls,
)
