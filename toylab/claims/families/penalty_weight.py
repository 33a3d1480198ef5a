"""V and k* along the penalty's weight λ (THEORY section 2): exact inequalities between any two λ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, permutations

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import ALL_LOSSES, Budget, Case, compared
from toylab.claims.explanation import families as arguments
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.hypotheses import CERTIFIED, ONE_GAME, PENALISED, related
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import compare, constant_unit, readings, value_unit
from toylab.claims.kinds import CountKind, LossKind, SupportKind
from toylab.critics import tabulated
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.zoo import load


def _weight(candidate: Candidate) -> float:
    regularizer = candidate.problem.regularizer
    return regularizer.weight if isinstance(regularizer, LipschitzPenalty) else 0.0


def _measure_value(family: Family) -> Evidence:
    members, unit = readings(family), value_unit(family)
    parts = []
    for one, other in permutations(members, 2):
        first, second = _weight(one.candidate), _weight(other.candidate)
        step = Interval.of(second) - first
        label = f"tangent at λ = {first:.6g}, taken at λ = {second:.6g}, against V there"
        parts.append(compare(label, one.value + one.constant.squared() * step, "≥", other.value, unit))
        if second > first:
            label = f"V at λ = {second:.6g} against V at λ = {first:.6g}"
            parts.append(compare(label, other.value, "≥", one.value, unit))
    return Evidence.joined(parts)


def _measure_constant(family: Family) -> Evidence:
    members = sorted(readings(family), key=lambda reading: _weight(reading.candidate))
    unit = constant_unit(family)
    parts = []
    for one, other in pairwise(members):
        first, second = _weight(one.candidate), _weight(other.candidate)
        names = f"at λ = {first:.6g} and at {second:.6g}"
        parts.append(compare(f"k* {names}", one.constant, "≥", other.constant, unit))
        moved = one.constant * first, other.constant * second
        largest = max(moved[0].middle, moved[1].middle) or 1.0
        parts.append(compare(f"λk* at {second:.6g} and at {first:.6g}", moved[1], "≥", moved[0], largest))
    return Evidence.joined(parts)


def _distance(candidate: Candidate) -> float:
    fake, real = (side.points[np.argmax(side.weights)] for side in (candidate.problem.fake, candidate.problem.real))
    return float(np.linalg.norm(real - fake))


def _measure_plateau(family: Family) -> Evidence:
    parts = []
    for reading in readings(family):
        weight, d = _weight(reading.candidate), _distance(reading.candidate)
        known = min(2.0 / d, d / (2.0 * weight))
        expected = Interval.of(known, 1e-14 * known)
        side = "≤" if weight <= d * d / 4.0 else ">"
        parts.append(compare(f"k* at λ = {weight:.6g} {side} d²/4", reading.constant, "=", expected, 2.0 / d))
    return Evidence.joined(parts)


# --- cases and controls ---


def along_weight(name: str, problem: CriticProblem, weights: tuple[float, ...]) -> ProblemFamily:
    """One game under several penalties."""
    problems = [
        (weight, CriticProblem(problem.fake, problem.real, problem.losses, LipschitzPenalty(weight)))
        for weight in weights
    ]
    return ProblemFamily.along(name, "λ", problems)


def _cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    weights = (0.03, 0.1, 1.0) if quick else (0.03, 0.1, 0.3, 1.0, 3.0)
    pairs = (losses.wasserstein, losses.logistic) if quick else ALL_LOSSES
    for make in pairs:
        for name, n in (("case4", 5), ("random-overlap", 6)):
            problem = load(name, n=n, losses=make())
            yield compared(f"{name}, {make().name}, along λ", along_weight(f"{name} along λ", problem, weights))


def _plateau_cases(budget: Budget) -> Iterator[Case]:
    for distance in (1.0,) if budget is Budget.QUICK else (0.5, 1.0, 3.0):
        fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[distance]])
        problem = CriticProblem(fake, real, losses.hinge(), LipschitzPenalty(1.0))
        weights = tuple(share * distance**2 / 4.0 for share in (0.2, 0.7, 1.5, 4.0))
        name = f"two Diracs at distance {distance:g}, hinge"
        yield compared(f"{name}, along λ", along_weight(f"{name}, along λ", problem, weights))


def _diracs_along(pair: LossPair, weights: tuple[float, ...], **wrong: float) -> Family:
    """Optimal critics of two Diracs at distance 1; of the last weight a wrong one where a factor is given."""
    members = [(weight, two_diracs(pair, 1.0, LipschitzPenalty(weight))) for weight in weights]
    if wrong:
        members[-1] = (weights[-1], two_diracs(pair, 1.0, LipschitzPenalty(weights[-1]), **wrong))
    return Family.along("two Diracs at distance 1", "λ", members)


def _moving_apart() -> Family:
    members = [(w, two_diracs(losses.wasserstein(), d, LipschitzPenalty(w))) for w, d in ((0.5, 1.0), (1.0, 3.0))]
    return Family.along("Diracs that move apart as λ grows", "λ", members)


def _towards_one() -> Family:
    members = [(w, two_diracs(losses.wasserstein(), 1.0, LipschitzPenalty(w, 1.0))) for w in (0.5, 1.0)]
    return Family.along("two Diracs, penalty λ(k − 1)²", "λ", members)


def _too_flat() -> Family:
    return _diracs_along(losses.logistic(), (1.0, 0.1), factor=0.05)


def _hinge_at(weights: tuple[float, ...], rises: tuple[float, ...]) -> Family:
    members = [
        (w, two_diracs(losses.hinge(), 1.0, LipschitzPenalty(w), half_rise=s))
        for w, s in zip(weights, rises, strict=True)
    ]
    return Family.along("two Diracs at distance 1, hinge", "λ", members)


def _hinge_on_three() -> Family:
    """Fakes −10 and 0, real 1, λ = .1: k* = 2, the distance of the outer pair says 2/11."""
    problem = CriticProblem(
        DiscreteMeasure([[-10.0], [0.0]]), DiscreteMeasure([[1.0]]), losses.hinge(), LipschitzPenalty(0.1)
    )
    critic = tabulated(np.array([[-10.0], [0.0], [1.0]]), np.array([-1.0, -1.0, 1.0]))
    return Family.along("fakes −10 and 0, real 1", "λ", [(0.1, Candidate.of(problem, critic, [[0.0], [0.4]]))])


def _not_hinge(family: Family) -> str | None:
    for label, member in zip(family.labels, family.members, strict=True):
        pair = member.problem.losses
        if pair.to_json() != losses.hinge().to_json():
            return f"{label}: the losses are {pair.name!r}"
    return None


def _not_diracs(family: Family) -> str | None:
    for label, member in zip(family.labels, family.members, strict=True):
        support = member.problem.support
        if (support.in_fake.sum(), support.in_real.sum()) != (1, 1) or (support.in_fake & support.in_real).any():
            return f"{label}: {support.in_fake.sum()} fake and {support.in_real.sum()} real points with mass"
    return None


HINGE = related(
    "hinge loss",
    "φ(t) = max(0, 1 + t) and ϕ(t) = max(0, 1 − t)",
    _not_hinge,
    "all losses are the hinge",
    "take losses.hinge()",
    tuple(kind for kind in LossKind if kind is not LossKind.HINGE),
)
TWO_DIRACS = related(
    "two Diracs",
    "each measure is one point, and the two are different",
    _not_diracs,
    "one fake and one real point, apart, in every problem",
    "put all fake mass on one point and all real mass on another",
    (CountKind.SEVERAL, SupportKind.OVERLAPPING, SupportKind.SAME, SupportKind.EQUAL),
)

VALUE_ALONG_WEIGHT = Claim(
    id="own.value-along-lambda",
    title="V is concave and nondecreasing in λ, V' = k*²",
    statement=(
        "For one game and any λ, μ > 0: V(μ) ≤ V(λ) + k*(λ)² (μ − λ), so that V is concave in λ with V' = k*², and V "
        "is nondecreasing."
    ),
    sources=("toylab, facts about the penalised problem of LGAN Eq. 10",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(ONE_GAME, PENALISED, CERTIFIED),
    cases=_cases,
    measure=_measure_value,
    controls=(
        Control(
            breaks=ONE_GAME.name,
            subject=_moving_apart,
            why="Diracs that move from distance 1 to 3 as λ doubles: V falls from −.5 to −2.25",
        ),
        Control(
            breaks=PENALISED.name,
            subject=_towards_one,
            why="under λ(k − 1)² the slope of V is (k* − 1)², not k*²: the tangent at λ = 1 lies below V(1/2) = −1.5",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_too_flat,
            why="a twentieth of the optimal critic at λ = .1 costs 1.35, where the tangent at λ = 1 allows 1.29",
        ),
    ),
    rationale=(
        "V in [dual, primal] and k* within √(gap/λ) of C/2λ, for each λ; the inequality between two λ is exact, so the "
        "error bound is what these intervals leave open, rounded outwards."
    ),
    argument=arguments.value_along_weight,
)

CONSTANT_ALONG_WEIGHT = Claim(
    id="own.constant-along-lambda",
    title="k* is nonincreasing in λ, λk* nondecreasing",
    statement="For one game k*(λ) never rises with λ, and λ k*(λ) never falls.",
    sources=("toylab, facts about the penalised problem of LGAN Eq. 10",),
    rests_on=("own.value-along-lambda", "own.value-along-radius"),
    subject_type=Family,
    hypotheses=(ONE_GAME, PENALISED, CERTIFIED),
    cases=_cases,
    measure=_measure_constant,
    controls=(
        Control(
            breaks=ONE_GAME.name,
            subject=_moving_apart,
            why="Diracs that move apart as λ grows: k* rises from 1 to 1.5",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_too_flat,
            why="a twentieth of the optimal critic at λ = .1 is flatter than the optimal one at λ = 1",
        ),
    ),
    rationale="k* within √(gap/λ) of C/2λ for each λ; two such intervals are compared.",
    argument=arguments.constant_along_weight,
)

HINGE_PLATEAU = Claim(
    id="own.hinge-plateau",
    title="hinge on two Diracs: k* = min(2/d, d/2λ)",
    statement="For the hinge loss and two Diracs at distance d, k* = 2/d for every λ ≤ d²/4, and d/2λ beyond.",
    sources=("toylab, two Diracs under the hinge loss",),
    rests_on=("weak duality",),
    subject_type=Family,
    hypotheses=(HINGE, TWO_DIRACS, PENALISED, CERTIFIED),
    cases=_plateau_cases,
    measure=_measure_plateau,
    controls=(
        Control(
            breaks=HINGE.name,
            subject=lambda: _diracs_along(losses.logistic(), (0.01, 0.1)),
            why="logistic: k* goes on rising as λ falls, as σ(−s) > 0 for every s",
        ),
        Control(
            breaks=TWO_DIRACS.name,
            subject=_hinge_on_three,
            why="fakes −10 and 0, real 1: k* = 2, set by the near fake; the far pair would say 2/11",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _hinge_at((0.1, 0.2), (1.0, 0.8)),
            why="a critic that stops short of the margin, claimed to be optimal, is below the plateau",
        ),
    ),
    rationale="k* within √(gap/λ) of C/2λ; the closed form up to rounding.",
    argument=arguments.hinge_plateau,
)
