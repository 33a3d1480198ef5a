"""Critics of a given constant: the optimum is attained, and falls strictly with it (ICLR Lemmas 3 and 4)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import STRICT_LOSSES, Budget, Case, compared
from toylab.claims.certified import RESOLUTION
from toylab.claims.explanation import families as arguments
from toylab.claims.families.balls import (
    along_radius,
    idle_in_larger_ball,
    in_balls,
    moving_balls,
    penalised_instead,
    radii,
    slope_cases,
)
from toylab.claims.families.diracs import on_two_points
from toylab.claims.families.hypotheses import BALLS, CERTIFIED, CONDITION_11, ONE_GAME, related
from toylab.claims.families.intervals import Interval
from toylab.claims.families.penalty_weight import TWO_DIRACS
from toylab.claims.families.readings import Reading, compare, readings, value_unit
from toylab.claims.kinds import SupportKind
from toylab.families import Family
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall


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


def _no_lone_point(family: Family) -> str | None:
    support = family.members[0].problem.support
    return None if (support.in_fake != support.in_real).any() else "every point with mass has mass of both measures"


LONE_POINT = related(
    "a point of one support",
    "some point has mass of exactly one of the two measures",
    _no_lone_point,
    "some point has mass of one measure only",
    "move a point, however little",
    (SupportKind.SAME, SupportKind.EQUAL),
)


def _lone_cases(budget: Budget) -> Iterator[Case]:
    for case in slope_cases(budget):
        if case.family is not None and case.family.members[0].losses.condition_11():
            yield case


def _dirac_cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    for make in (losses.logistic,) if quick else (losses.wasserstein, *STRICT_LOSSES):
        for d in (1.0,) if quick else (0.1, 1.0, 3.0):
            fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[0.6 * d, 0.8 * d]])
            problem = CriticProblem(fake, real, make(), LipschitzBall(1.0))
            name = f"two Diracs at distance {d:g}, {make().name}, along K"
            yield compared(name, along_radius(name, problem, radii(budget)))


def _hinge_beyond_margin() -> Family:
    return in_balls(losses.hinge(), {3.0: 1.0, 4.0: 1.0})


def _shared_beyond() -> Family:
    """Masses (.6, .4) and (.4, .6), logistic: beyond .81093 nothing is left to gain."""
    rise = float(np.log(1.5))
    members = [
        (r, on_two_points([0.6, 0.4], [0.4, 0.6], losses.logistic(), LipschitzBall(r), [-rise, rise]))
        for r in (0.82, 2.0)
    ]
    return Family.along("two shared points", "K", members)


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
        Control(breaks=CERTIFIED.name, subject=idle_in_larger_ball, why="a critic that leaves most of k = 2 unused"),
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
            breaks=ONE_GAME.name, subject=moving_balls, why="Diracs that approach as K grows: J rises from −3 to −2"
        ),
        Control(
            breaks=BALLS.name,
            subject=penalised_instead,
            why="two penalised optima: V includes what the constant costs, and is larger where k is",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=idle_in_larger_ball,
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
