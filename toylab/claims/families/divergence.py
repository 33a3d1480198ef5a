"""D = φ(a) + ϕ(a) − V as a divergence between P_g and P_r (THEORY section 2): what holds of it, and what does not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, VerdictStatus
from toylab.claims.cases import ALL_LOSSES, Budget, Case, compared, overlapping_pair
from toylab.claims.certified import RESOLUTION
from toylab.claims.explanation import families as arguments
from toylab.claims.families.arrangements import CHAIN, COMMON_NOISE, MEASURES, MIXTURES, chain, mixed, with_noise
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.hypotheses import CERTIFIED, CONDITION_11, PENALISED, SAME_TERMS
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import Reading, compare, readings, value_unit
from toylab.claims.rounding import ROUNDING
from toylab.critics import tabulated
from toylab.divergences import wasserstein1
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate
from toylab.zoo import load


def w1_interval(problem: CriticProblem) -> Interval:
    """W₁ by POT, with rounding of each of its distances and of their sum."""
    value, support = wasserstein1(problem.fake, problem.real), problem.support
    return Interval.of(value, ROUNDING * (value + len(support.points) * support.diameter))


def _weight(candidate: Candidate) -> float:
    regularizer = candidate.problem.regularizer
    return regularizer.weight if isinstance(regularizer, LipschitzPenalty) else 1.0


def _measure(family: Family) -> Evidence:
    parts = []
    unit = value_unit(family)
    for label, reading in zip(family.labels, readings(family), strict=True):
        weight = _weight(reading.candidate)
        least = reading.constant.squared() * weight
        most = (w1_interval(reading.candidate.problem) * reading.slope_at_best).squared() / (4.0 * weight)
        parts.append(compare(f"D against λk*², {label}", reading.divergence, "≥", least, unit))
        parts.append(compare(f"(φ'(a) W₁)²/4λ against D, {label}", most, "≥", reading.divergence, unit))
        if reading.candidate.problem.support.equal_measures:
            parts.append(compare(f"D where P_g = P_r, {label}", reading.divergence, "=", Interval.of(0.0), unit))
        else:
            parts.append(_positive(f"D where P_g ≠ P_r, {label}, against any positive number", reading, unit))
    return Evidence.joined(parts)


def _positive(label: str, reading: Reading, unit: float) -> Evidence:
    """That D > 0: certified, or undecided, or refuted where a constant minimises both losses, so that D = 0 exactly."""
    certified = reading.divergence.low > 0.0
    is_zero = reading.candidate.problem.losses.common_minimiser is not None
    return Evidence.of(
        unit if is_zero else 0.0,
        0.0 if is_zero or certified else np.inf,
        resolution=RESOLUTION * unit,
        scale=unit,
        labels=[label],
        arrays={
            "left": np.array([reading.divergence.middle]),
            "right": np.zeros(1),
            "relation": np.array([">"], dtype=object),
        },
    )


def _measure_convex(family: Family) -> Evidence:
    members, unit = readings(family), value_unit(family)
    left, right = members[0].divergence, members[-1].divergence
    parts = []
    for t, reading in zip(family.at[1:-1], members[1:-1], strict=True):
        share = (t - family.at[0]) / (family.at[-1] - family.at[0])
        mean = left * (1.0 - share) + right * share
        parts.append(compare(f"mean of D at the ends against D at {t:.4g}", mean, "≥", reading.divergence, unit))
    return Evidence.joined(parts)


def _measure_noise(family: Family) -> Evidence:
    clean, *noisy = readings(family)
    unit = value_unit(family)
    return Evidence.joined(
        [
            compare(f"D without noise against D, {label}", clean.divergence, "≥", reading.divergence, unit)
            for label, reading in zip(family.labels[1:], noisy, strict=True)
        ]
    )


def _measure_metric(family: Family) -> Evidence:
    first, second, whole = (reading.divergence for reading in readings(family))
    label = "D(first, second) + D(second, third) against D(first, third)"
    return compare(label, first + second, "≥", whole, value_unit(family))


# --- cases and controls ---


def _pairs(budget: Budget) -> tuple:
    return (losses.wasserstein, losses.logistic) if budget is Budget.QUICK else ALL_LOSSES


def _cases(budget: Budget) -> Iterator[Case]:
    for make in _pairs(budget):
        for weight in (0.1,) if budget is Budget.QUICK else (0.01, 0.1, 1.0):
            penalty = LipschitzPenalty(weight)
            apart = load("case4", n=5, losses=make(), regularizer=penalty)
            roles = {
                "five and five": apart,
                "on two shared points": CriticProblem(*overlapping_pair(), make(), penalty),
                "fake = real": CriticProblem(apart.real, apart.real, make(), penalty),
            }
            name = f"D of three pairs, {make().name}, lambda {weight:g}"
            yield compared(name, ProblemFamily.in_roles("far, overlapping, equal", roles))


def _convex_cases(budget: Budget) -> Iterator[Case]:
    shares = (0.5,) if budget is Budget.QUICK else (0.1, 0.5, 0.8)
    for make in _pairs(budget):
        left = load("case4", n=4, losses=make(), regularizer=LipschitzPenalty(0.1))
        right = load("case4", n=4, seed=1, losses=make(), regularizer=LipschitzPenalty(0.1))
        yield compared(f"two draws of case4 mixed, {make().name}", mixed("two draws of case4", left, right, shares))
        points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        ends = [
            CriticProblem(DiscreteMeasure(points, p), DiscreteMeasure(points, q), make(), LipschitzPenalty(0.1))
            for p, q in (((0.7, 0.2, 0.1), (0.1, 0.1, 0.8)), ((0.2, 0.2, 0.6), (0.5, 0.4, 0.1)))
        ]
        yield compared(
            f"three shared points mixed, {make().name}", mixed("three shared points", ends[0], ends[1], shares)
        )


def _noise_cases(budget: Budget) -> Iterator[Case]:
    atoms, masses = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]]), np.array([0.5, 0.25, 0.25])
    scales = (0.5,) if budget is Budget.QUICK else (0.1, 0.5, 2.0)
    for make in _pairs(budget):
        clean = load("case4", n=3, losses=make(), regularizer=LipschitzPenalty(0.1))
        members = {"without noise": clean}
        for scale in scales:
            fake, real = (with_noise(m, scale * atoms, masses) for m in (clean.fake, clean.real))
            members[f"noise of size {scale:g}"] = CriticProblem(fake, real, clean.losses, clean.regularizer)
        yield compared(f"case4 under common noise, {make().name}", ProblemFamily.in_roles("common noise", members))


def _metric_cases(budget: Budget) -> Iterator[Case]:
    for places in ((0.0, 1.0, 2.0), (0.0, 5.0, 1.0)):  # half way, and a detour, where the inequality holds
        points = tuple(DiscreteMeasure([[z]]) for z in places)
        where = f"Diracs at {', '.join(f'{z:g}' for z in places)}"
        for make in _pairs(budget):
            yield compared(f"{where}, {make().name}", chain(where, points, make(), 1.0))


def _family(name: str, **members: Candidate) -> Family:
    return Family.in_roles(name, {label.replace("_", " "): member for label, member in members.items()})


def _steep_critic() -> Family:
    wrong = two_diracs(losses.logistic(), 1.0, LipschitzPenalty(0.1), factor=2.5)
    return _family("two Diracs", a_critic_that_is_too_steep=wrong)


def _common_minimum() -> Family:
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])
    problem = CriticProblem(fake, real, losses.quadratic(0.0, 0.0), LipschitzPenalty(0.1))
    critic = tabulated(np.array([[0.0], [1.0]]), np.zeros(2))
    return _family("two Diracs", both_targets_0=Candidate.of(problem, critic, np.zeros((1, 1))))


def _ball_family() -> Family:
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))
    critic = tabulated(np.array([[0.0], [1.0]]), np.array([0.0, 1.0]))
    return _family("two Diracs", in_the_ball=Candidate.of(problem, critic, [[1.0]]))


def _moved_points() -> Family:
    pair, penalty = losses.logistic(), LipschitzPenalty(0.1)
    members = [(t, two_diracs(pair, d, penalty)) for t, d in ((0.0, 0.05), (0.5, 10.0), (1.0, 19.95))]
    return Family.along("a real Dirac that moves away", "t", members)


def _mixture_with_other_weight() -> Family:
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]])
    critic = tabulated(np.array([[0.0], [1.0]]), np.array([0.0, 0.0]))
    members = []
    for t, weight in ((0.0, 1.0), (0.5, 0.25), (1.0, 1.0)):
        problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(weight))
        k = 0.5 / weight
        critic = tabulated(np.array([[0.0], [1.0]]), np.array([0.0, k]))
        members.append((t, Candidate.of(problem, critic, [[1.0]])))
    return Family.along("one pair throughout, cheaper in the middle", "t", members)


def _poor_end() -> Family:
    pair, penalty = losses.wasserstein(), LipschitzPenalty(0.5)
    members = [(t, two_diracs(pair, 1.0, penalty, factor=f)) for t, f in ((0.0, 0.1), (0.5, 1.0), (1.0, 1.0))]
    return Family.along("one pair throughout, a poor critic at one end", "t", members)


def _noise_that_parts() -> Family:
    pair, penalty = losses.wasserstein(), LipschitzPenalty(0.5)
    members = {"without noise": two_diracs(pair, 1.0, penalty), "moved apart": _shifted_pair(pair, penalty)}
    return Family.in_roles("fakes moved left, reals moved right", members)


def _shifted_pair(pair: LossPair, penalty: LipschitzPenalty) -> Candidate:
    problem = CriticProblem(DiscreteMeasure([[-1.0]]), DiscreteMeasure([[2.0]]), pair, penalty)
    return Candidate.of(problem, tabulated(np.array([[-1.0], [2.0]]), np.array([0.0, 9.0])), [[1.0]])


def _cheaper_noise() -> Family:
    pair = losses.wasserstein()
    members = {
        "without noise": two_diracs(pair, 1.0, LipschitzPenalty(1.0)),
        "no noise, half the λ": two_diracs(pair, 1.0, LipschitzPenalty(0.5)),
    }
    return Family.in_roles("two Diracs", members)


def _poor_without_noise() -> Family:
    pair, penalty = losses.wasserstein(), LipschitzPenalty(0.5)
    members = {
        "without noise": two_diracs(pair, 1.0, penalty, factor=0.5),
        "noise of size 0": two_diracs(pair, 1.0, penalty),
    }
    return Family.in_roles("two Diracs", members)


def diracs_in_a_row() -> Family:
    """Diracs at 0, 1 and 2, Wasserstein, λ = 1: D = 1/4, 1/4 and 1."""
    members = {}
    for i, j in ((0, 1), (1, 2), (0, 2)):
        fake, real = DiscreteMeasure([[float(i)]]), DiscreteMeasure([[float(j)]])
        problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(1.0))
        rise = 0.5 * (j - i) ** 2
        critic = tabulated(np.array([[float(i)], [float(j)]]), np.array([0.0, rise]))
        members[f"{MEASURES[i]} and {MEASURES[j]}"] = Candidate.of(problem, critic, [[1.0]])
    return Family.in_roles("Diracs at 0, 1 and 2", members)


DIVERGENCE = Claim(
    id="own.divergence",
    title="D = φ(a) + ϕ(a) − V is ≥ 0, and 0 only for P_g = P_r",
    statement="Under condition (11) λk*² ≤ D ≤ (φ'(a) W₁)²/4λ: D is never negative, and 0 exactly if P_g = P_r.",
    sources=("toylab, D as a divergence; the upper bound is ICLR Theorem 5's",),
    rests_on=("weak duality", "lgan.theorem-2d", "own.value-along-radius"),
    subject_type=Family,
    hypotheses=(CONDITION_11, PENALISED, CERTIFIED),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=CONDITION_11.name,
            subject=_common_minimum,
            why="least squares with both targets 0: f = 0 is optimal for all measures, and D = 0 for two Diracs",
        ),
        Control(
            breaks=PENALISED.name,
            subject=_ball_family,
            why="a ball has no λ to pay with: D = W₁ is more than W₁²/4 (λ read as 1)",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_steep_critic,
            why="a critic two and a half times too steep, claimed to be optimal, pays more than it gains",
        ),
    ),
    rationale="V in [dual, primal]; k* within √(gap/λ) of C/2λ; W₁ by POT up to rounding.",
    argument=arguments.divergence,
)

DIVERGENCE_CONVEX = Claim(
    id="own.divergence.convex",
    title="D is jointly convex in (P_g, P_r)",
    statement="D of (1 − t)(P_g, P_r) + t(Q_g, Q_r) is at most (1 − t) D(P_g, P_r) + t D(Q_g, Q_r).",
    sources=("toylab, D as a divergence",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(MIXTURES, SAME_TERMS, CERTIFIED),
    cases=_convex_cases,
    measure=_measure_convex,
    controls=(
        Control(
            breaks=MIXTURES.name,
            subject=_moved_points,
            why="points that move instead of masses that mix: logistic D of two Diracs levels off at 2 ln 2",
        ),
        Control(
            breaks=SAME_TERMS.name,
            subject=_mixture_with_other_weight,
            why="a quarter of λ in the middle: D = 1 there, 1/4 at both ends",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_poor_end,
            why="a poor critic at one end, claimed to be optimal, makes D there too small",
        ),
    ),
    rationale="V in [dual, primal] for each problem; the mean of two intervals against a third, rounded outwards.",
    argument=arguments.divergence_convex,
)

DIVERGENCE_NOISE = Claim(
    id="own.divergence.noise",
    title="D shrinks under common noise",
    statement="D of P_g * N and P_r * N is at most D(P_g, P_r), for any noise N independent of both.",
    sources=("toylab, D as a divergence",),
    rests_on=("own.divergence.convex", "own.isometries"),
    subject_type=Family,
    hypotheses=(COMMON_NOISE, SAME_TERMS, CERTIFIED),
    cases=_noise_cases,
    measure=_measure_noise,
    controls=(
        Control(
            breaks=COMMON_NOISE.name,
            subject=_noise_that_parts,
            why="noise that moves fakes left and reals right: D grows from .5 to 4.5",
        ),
        Control(breaks=SAME_TERMS.name, subject=_cheaper_noise, why="half of λ beside the noise doubles D"),
        Control(
            breaks=CERTIFIED.name,
            subject=_poor_without_noise,
            why="half the optimal values without noise, claimed to be optimal, make D there too small",
        ),
    ),
    rationale="V in [dual, primal] for each problem.",
    argument=arguments.divergence_noise,
)

METRIC = Claim(
    id="lgan.section-4.1.metric",
    title="the objective is a distance metric (false)",
    statement=(
        "D = φ(a) + ϕ(a) − V is a distance metric: it obeys the triangle inequality D(P, R) ≤ D(P, Q) + D(Q, R). False."
    ),
    sources=("LGAN section 4.1: the Nash equilibrium 'ensures that the objective is a well-defined distance metric'",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("own.divergence",),
    superseded_by="own.divergence",
    subject_type=Family,
    hypotheses=(CHAIN, SAME_TERMS, PENALISED, CERTIFIED),
    cases=_metric_cases,
    measure=_measure_metric,
    controls=(
        Control(
            breaks=None, subject=diracs_in_a_row, why="Wasserstein, Diracs at 0, 1 and 2, in units of 1/4λ: 1 + 1 < 4"
        ),
    ),
    rationale="V in [dual, primal] for each of the three problems.",
    argument=arguments.metric,
)
