"""What does not change the optimum, or changes it in a known way: scaling, isometries, swapping fake and real."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import ALL_LOSSES, Budget, Case, compared
from toylab.claims.explanation import families as arguments
from toylab.claims.families.copies import (
    ISOMETRIC,
    MIRRORED,
    SAME_DISTANCES,
    SCALED,
    SWAPPED,
    distortion,
    pair_distances,
)
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.hypotheses import CERTIFIED, PENALISED, SAME_TERMS
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import Reading, compare, readings, value_unit
from toylab.claims.rounding import ROUNDING
from toylab.critics import tabulated
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.zoo import load

Carried = Callable[[Candidate, CriticProblem], tuple[np.ndarray, np.ndarray]]


def _measure(family: Family, *, factor: float = 1.0, swap: bool = False) -> Evidence:
    """Every member against the first, whose critic is carried over: the value, the constant, and what it costs there.

    Args:
        family: the reference first; the places are scales where `factor` is 0.
        factor: what lengths are multiplied by; 0 where each member's place says so.
        swap: whether fake and real are exchanged, and the critic's sign.
    """
    first, *others = readings(family)
    unit = value_unit(family)
    parts = []
    for place, label, other in zip(family.at[1:], family.labels[1:], others, strict=True):
        scale = factor or (place / family.at[0] if min(family.at) > 0.0 else 1.0)
        epsilon = distortion(scale * _lengths(first, swap), _lengths(other, False))
        spread = _spread(first, scale, epsilon)
        parts.append(
            compare(f"V, {label}, against V, {family.labels[0]}", other.value, "=", first.value + spread, unit)
        )
        k, width = first.known.k / scale, epsilon + float(np.sqrt(spread.radius / _weight(other)))
        parts.append(
            compare(
                f"k*, {label}, against k* of the first in its unit",
                other.constant,
                "=",
                first.constant / scale + Interval.of(0.0, 2.0 * width * max(k, 1.0)),
                k or 1.0,
            )
        )
        # the critic at hand costs its gap more than f*, and what its certificate repaired where there is no mass
        cost = _cost(first, other, swap)
        repaired = max(_cost(first, first, False) - float(first.candidate.certificate.primal), 0.0)
        carried = Interval(cost - first.known.gap - repaired, cost) + Interval.of(0.0, first.rounding) + spread
        parts.append(compare(f"V, {label}, against what f* of the first costs there", other.value, "≥", carried, unit))
    return Evidence.joined(parts)


def _lengths(reading: Reading, swap: bool) -> np.ndarray:
    distance = pair_distances(reading.candidate.problem)
    return distance.T if swap else distance


def _weight(reading: Reading) -> float:
    regularizer = reading.candidate.problem.regularizer
    return regularizer.weight if isinstance(regularizer, LipschitzPenalty) else 1.0


def _spread(first: Reading, scale: float, epsilon: float) -> Interval:
    """How much V may change where distances agree up to ε only: R(k (1 + 2ε)) − R(k), k at its upper bound.

    Distances that do not agree at all are not excused by it: the statement asks for a copy, and a copy it must be.
    """
    if epsilon > SAME_DISTANCES:
        return Interval.of(0.0)
    high = first.constant.high
    regularizer = first.candidate.problem.regularizer
    rise = regularizer.value(high * (1.0 + 2.0 * epsilon)) - regularizer.value(high)
    return Interval.of(0.0, 2.0 * abs(rise) + ROUNDING * abs(regularizer.value(high)))


def _cost(first: Reading, other: Reading, swap: bool) -> float:
    """J + R of the first member's values, moved to the points of the other and held together by the least constant."""
    sign = -1.0 if swap else 1.0
    values = sign * first.candidate.fake_values, sign * first.candidate.real_values
    fake, real = (values[1], values[0]) if swap else values
    problem = other.candidate.problem
    if (len(fake), len(real)) != (len(problem.fake), len(problem.real)):
        return np.inf
    distance = pair_distances(problem)
    rise = real - fake[:, None]
    k = float(np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0).max(initial=0.0))
    objective = problem.fake.expectation(problem.losses.fake_loss.value(fake)) + problem.real.expectation(
        problem.losses.real_loss.value(real)
    )
    return objective + problem.regularizer.value(problem.regularizer.constant_for(k))


# --- cases and controls ---


def _moved(problem: CriticProblem, move: Callable[[np.ndarray], np.ndarray], factor: float = 1.0) -> CriticProblem:
    """The problem with all points moved, and λ multiplied by the square of a factor."""
    regularizer = problem.regularizer
    assert isinstance(regularizer, LipschitzPenalty)
    fake, real = (DiscreteMeasure(move(m.points), m.weights) for m in (problem.fake, problem.real))
    return CriticProblem(fake, real, problem.losses, LipschitzPenalty(regularizer.weight * factor**2))


def _scaled(problem: CriticProblem, factors: tuple[float, ...]) -> ProblemFamily:
    members = [(c, _moved(problem, lambda z, c=c: c * z, c)) for c in (1.0, *factors)]
    return ProblemFamily.along("the same picture in another unit", "c", members)


def _turned(z: np.ndarray) -> np.ndarray:
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    return z @ turn.T


def _isometric(problem: CriticProblem) -> ProblemFamily:
    moves: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "as it is": lambda z: z,
        "translated": lambda z: z + np.array([3.0, -2.0]),
        "turned": _turned,
        "mirrored": lambda z: z * np.array([-1.0, 1.0]),
        "in space": lambda z: np.column_stack([_turned(z), np.full(len(z), 0.5)]),
    }
    return ProblemFamily.in_roles("isometric copies", {name: _moved(problem, move) for name, move in moves.items()})


def _problems(budget: Budget) -> Iterator[tuple[str, CriticProblem]]:
    pairs = (losses.wasserstein, losses.logistic) if budget is Budget.QUICK else ALL_LOSSES
    for make in pairs:
        for name in ("case4",) if budget is Budget.QUICK else ("case4", "random-overlap", "case6"):
            n = None if name == "case6" else 5
            yield f"{name}, {make().name}", load(name, n=n, losses=make(), regularizer=LipschitzPenalty(0.1))


def _scaling_cases(budget: Budget) -> Iterator[Case]:
    factors = (3.0,) if budget is Budget.QUICK else (0.1, 3.0, 1000.0)
    for name, problem in _problems(budget):
        yield compared(f"{name}, scaled", _scaled(problem, factors))


def _isometry_cases(budget: Budget) -> Iterator[Case]:
    for name, problem in _problems(budget):
        yield compared(f"{name}, moved", _isometric(problem))


def _swap_cases(budget: Budget) -> Iterator[Case]:
    for name, problem in _problems(budget):
        family = ProblemFamily.in_roles("swapped", {"as it is": problem, "swapped": problem.swapped()})
        yield compared(f"{name}, swapped", family)


def _scaled_without_weight() -> Family:
    members = [(c, two_diracs(losses.logistic(), c, LipschitzPenalty(0.1))) for c in (1.0, 2.0)]
    return Family.along("two Diracs, λ kept", "c", members)


def _wrong_when_scaled() -> Family:
    pair = losses.logistic()
    second = two_diracs(pair, 2.0, LipschitzPenalty(0.4), factor=0.5)
    return Family.along("two Diracs", "c", [(1.0, two_diracs(pair, 1.0, LipschitzPenalty(0.1))), (2.0, second)])


def _stretched(factor: float = 1.0, distance: float = 1.0) -> Family:
    pair, penalty = losses.logistic(), LipschitzPenalty(0.1)
    moved = two_diracs(pair, distance, penalty, factor=factor)
    return Family.in_roles("two Diracs", {"as they are": two_diracs(pair, 1.0, penalty), "moved": moved})


def _dearer_when_moved() -> Family:
    pair = losses.logistic()
    members = {w: two_diracs(pair, 1.0, LipschitzPenalty(w)) for w in (0.1, 0.2)}
    return Family.in_roles("two Diracs", {"as they are": members[0.1], "at twice the λ": members[0.2]})


def _swapped_pair(pair: LossPair, values: tuple[float, float], back: tuple[float, float], mass: float) -> Family:
    """Two Diracs at distance 1, λ = .1, and the same with fake and real exchanged; critics given by their values."""
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])
    problem = CriticProblem(fake, real, pair, LipschitzPenalty(0.1))
    line = np.array([[0.0], [1.0]])
    members = {
        name: Candidate.of(one, tabulated(line, np.array(at)), [[mass]])
        for name, one, at in (("as it is", problem, values), ("swapped", problem.swapped(), back))
    }
    return Family.in_roles("two Diracs, swapped", members)


def _least_squares_swapped() -> Family:
    """Least squares with targets 0 and 1: f = (1/12, 11/12), swapped (11/12, 1/12), and not (−1/12, −11/12)."""
    low, high = 1.0 / 12.0, 11.0 / 12.0
    return _swapped_pair(losses.quadratic(0.0, 1.0), (low, high), (high, low), 2.0 * low)


def _not_the_swap() -> Family:
    pair, penalty = losses.wasserstein(), LipschitzPenalty(0.1)
    members = {"as it is": two_diracs(pair, 1.0, penalty), "swapped": two_diracs(pair, 2.0, penalty)}
    return Family.in_roles("other Diracs", members)


SCALING = Claim(
    id="own.scaling",
    title="(cX, c²λ): same f*, same V, k*/c",
    statement=(
        "With all lengths multiplied by c and λ by c², f* keeps its values at the moved points, V stays, and k* is "
        "divided by c."
    ),
    sources=("toylab, facts about the penalised problem of LGAN Eq. 10",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(SCALED, PENALISED, CERTIFIED),
    cases=_scaling_cases,
    measure=lambda family: _measure(family, factor=0.0),
    controls=(
        Control(
            breaks=SCALED.name, subject=_scaled_without_weight, why="twice the lengths at the same λ: V falls, k* ≠ k/2"
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_wrong_when_scaled,
            why="half the optimal values, claimed to be the optimum of the scaled problem",
        ),
    ),
    rationale="V in [dual, primal], k* within √(gap/λ) of C/2λ; rounded distances change V by R(k(1 + ε)) − R(k).",
    argument=arguments.carried_over,
)

ISOMETRIES = Claim(
    id="own.isometries",
    title="isometries of space change neither V nor k*",
    statement="If both measures are moved by one isometry, f* moves with the points, and V and k* stay.",
    sources=("toylab, facts about the penalised problem of LGAN Eq. 10",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(ISOMETRIC, SAME_TERMS, PENALISED, CERTIFIED),
    cases=_isometry_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=ISOMETRIC.name,
            subject=lambda: _stretched(distance=1.5),
            why="a stretch by 1.5 is no isometry: V falls",
        ),
        Control(breaks=SAME_TERMS.name, subject=_dearer_when_moved, why="twice the λ on the same points: V rises"),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _stretched(factor=0.5),
            why="half the optimal values, claimed to be the optimum of the moved problem",
        ),
    ),
    rationale="V in [dual, primal], k* within √(gap/λ) of C/2λ; rounded distances change V by R(k(1 + ε)) − R(k).",
    argument=arguments.carried_over,
)

SWAP = Claim(
    id="own.swap",
    title="swapping fake and real: f* → −f*",
    statement="For losses with ϕ(t) = φ(−t), exchanging fake and real turns f* into −f* and keeps V and k*.",
    sources=("toylab, facts about the penalised problem of LGAN Eq. 10",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(MIRRORED, SWAPPED, SAME_TERMS, PENALISED, CERTIFIED),
    cases=_swap_cases,
    measure=lambda family: _measure(family, swap=True),
    controls=(
        Control(
            breaks=MIRRORED.name,
            subject=_least_squares_swapped,
            why="least squares with targets 0 and 1: f* = (1/12, 11/12) turns into 1 − f*, and −f* costs 2.5",
        ),
        Control(
            breaks=SWAPPED.name, subject=_not_the_swap, why="other Diracs, twice as far apart, have another V and k*"
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _swapped_pair(losses.wasserstein(), (-2.5, 2.5), (1.0, -1.0), 1.0),
            why="k = 2 instead of 5 in the swapped problem, claimed to be optimal",
        ),
    ),
    rationale="V in [dual, primal], k* within √(gap/λ) of C/2λ; nothing is rounded by exchanging names.",
    argument=arguments.carried_over,
)
