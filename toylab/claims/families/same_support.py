"""Where both measures live on the same points: k* and the constant of the unrestricted optimum (THEORY section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import STRICT_LOSSES, Budget, Case, compared, same_support
from toylab.claims.explanation import families as arguments
from toylab.claims.families.diracs import on_two_points, two_diracs
from toylab.claims.families.hypotheses import CERTIFIED, ONE_GAME, SAME_SUPPORT, related
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import Reading, compare, readings
from toylab.claims.kinds import FamilyKind
from toylab.critics import tabulated
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty, Regularizer, Unrestricted
from toylab.solution import Candidate

UNRESTRICTED = "unrestricted"


def _steepest(reading: Reading, spread: np.ndarray | float) -> float:
    """The largest rise per distance from a fake to a real point, each rise less the spread of both values."""
    known = reading.known
    pairs = known.in_fake[:, None] & known.in_real & (known.distance > 0)
    rise = known.values - known.values[:, None]
    uncertain = np.add.outer(spread, spread) if isinstance(spread, np.ndarray) else 2.0 * spread
    ratio = np.divide(rise - uncertain, known.distance, out=np.full(rise.shape, -np.inf), where=pairs)
    return max(float(ratio.max()), 0.0)


def unrestricted_constant(reading: Reading) -> Interval:
    """k∞, the constant that the unrestricted optimum has between fake and real points."""
    known = reading.known
    # a point of one support alone wants an infinite value: what is handed in as optimal there is taken at its word
    nowhere = (known.in_fake != known.in_real) & ~np.isfinite(known.value_error)
    error = np.where(nowhere, 0.0, known.value_error) + known.rounding
    return Interval(_steepest(reading, error), max(_steepest(reading, -error), 0.0)) + Interval.of(0.0, 1e-300)


def _lower_bound(reading: Reading, weight: float, constant: float) -> float:
    """What k* is at least: unrestricted values, each off by no more than a loss of λk∞² (and the gap) allows."""
    known = reading.known
    allowed = weight * constant**2 + known.gap + 2.0 * known.value_rounding
    low, high = known.objective.value_interval(np.zeros(len(known.values)), allowed)
    spread = np.maximum(high - known.values, known.values - low)
    return _steepest(reading, spread + known.rounding) if np.isfinite(spread).all() else 0.0


def _measure(family: Family) -> Evidence:
    members = dict(zip(family.labels, readings(family), strict=True))
    free = members.pop(UNRESTRICTED)
    limit = unrestricted_constant(free)
    unit = limit.middle or 1.0
    parts = []
    for label, reading in members.items():
        parts.append(compare(f"k∞ against k*, {label}", limit, "≥", reading.constant, unit))
        regularizer = reading.candidate.problem.regularizer
        weight = regularizer.weight if isinstance(regularizer, LipschitzPenalty) else 0.0
        least = Interval.of(_lower_bound(free, weight, limit.high))
        parts.append(compare(f"k*, {label}, against what λk∞² leaves of k∞", reading.constant, "≥", least, unit))
    return Evidence.joined(parts)


def _roles(family: Family) -> str | None:
    if UNRESTRICTED not in family.labels or len(family) < 2:
        return f"no member is called {UNRESTRICTED!r}, beside one with a penalty"
    for label, member in zip(family.labels, family.members, strict=True):
        regularizer = member.problem.regularizer
        if label == UNRESTRICTED and not isinstance(regularizer, Unrestricted):
            return f"{label}: the regulariser is {regularizer.describe()}"
        if label != UNRESTRICTED and not (isinstance(regularizer, LipschitzPenalty) and regularizer.target == 0):
            return f"{label}: the regulariser is {regularizer.describe()}, not λk²"
    return None


TOWARDS_UNRESTRICTED = related(
    "penalties and none",
    "one problem is unrestricted, all others have a penalty λk²",
    _roles,
    "one problem is unrestricted, the others have penalties",
    "give the problem with Unrestricted() beside those with LipschitzPenalty(weight)",
    FamilyKind.all_but(FamilyKind.FREE),
)


def towards_unrestricted(
    name: str, fake: DiscreteMeasure, real: DiscreteMeasure, pair: LossPair, weights: tuple[float, ...]
) -> ProblemFamily:
    """One game without restriction and under penalties."""
    regularizers: dict[str, Regularizer] = {f"λ = {weight:g}": LipschitzPenalty(weight) for weight in weights}
    regularizers[UNRESTRICTED] = Unrestricted()
    problems = {label: CriticProblem(fake, real, pair, one) for label, one in regularizers.items()}
    return ProblemFamily.in_roles(name, problems)


def _cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    weights = (0.1, 1e-3, 1e-6) if quick else (1.0, 0.1, 1e-2, 1e-4, 1e-6)
    for name, fake, real in islice(same_support(budget), 3):
        for make in (losses.logistic,) if quick else STRICT_LOSSES:
            family = towards_unrestricted(f"{name}, λ → 0", fake, real, make(), weights)
            yield compared(f"{name}, {make().name}, lambda to 0", family)


def _two_points(regularizer: Regularizer, rise: float) -> Candidate:
    """Masses (.6, .4) and (.4, .6) on 0 and 1, logistic, f = ∓rise/2."""
    return on_two_points([0.6, 0.4], [0.4, 0.6], losses.logistic(), regularizer, [-0.5 * rise, 0.5 * rise])


def _free() -> Candidate:
    candidate = _two_points(Unrestricted(), 2.0 * float(np.log(1.5)))
    return Candidate.of(candidate.problem, candidate.critic, np.zeros((2, 2)))


def _too_steep() -> Family:
    members = {"λ = 0.001": _two_points(LipschitzPenalty(1e-3), 0.9), UNRESTRICTED: _free()}
    return Family.in_roles("two shared points", members)


def _other_game() -> Family:
    """Masses (.99, .01) and (.01, .99): f = ∓s with .99 σ(−s) − .01 σ(s) = 4λs."""
    s: float = brentq(lambda t: 0.99 * expit(-t) - 0.01 * expit(t) - 4e-3 * t, 0.0, 10.0, xtol=1e-15)  # type: ignore[assignment]
    far = on_two_points([0.99, 0.01], [0.01, 0.99], losses.logistic(), LipschitzPenalty(1e-3), [-s, s])
    return Family.in_roles("two shared points, other masses", {"λ = 0.001": far, UNRESTRICTED: _free()})


def _apart() -> Family:
    """Two Diracs: the infimum 0 of the unrestricted logistic problem is not attained; f = ∓15 comes within 7e-7."""
    pair = losses.logistic()
    restricted = two_diracs(pair, 1.0, LipschitzPenalty(1e-11))
    problem = CriticProblem(restricted.problem.fake, restricted.problem.real, pair, Unrestricted())
    critic = tabulated(np.array([[0.0], [1.0]]), np.array([-15.0, 15.0]))
    free = Candidate.of(problem, critic, np.zeros((1, 1)))
    return Family.in_roles("two Diracs", {"λ = 1e-11": restricted, UNRESTRICTED: free})


SAME_SUPPORT_LIMIT = Claim(
    id="own.same-support-limit",
    title="S_g = S_r: k* → the unrestricted constant as λ → 0, from below",
    statement=(
        "On a common support k*(λ) never exceeds k∞, the constant of the unrestricted optimum between fake and real "
        "points, and k*(λ) ≥ k∞ − max (r_z + r_w)/‖z − w‖, where r_z, the reach of the sublevel set of height λk∞² at "
        "z, goes to 0 with λ."
    ),
    sources=("toylab, facts about the penalised problem of LGAN Eq. 10",),
    rests_on=("comparison of problems",),
    subject_type=Family,
    hypotheses=(TOWARDS_UNRESTRICTED, ONE_GAME, SAME_SUPPORT, CERTIFIED),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=SAME_SUPPORT.name,
            subject=_apart,
            why="two Diracs have no unrestricted optimum: whatever is taken for one, ∓15 say, a smaller λ exceeds it",
        ),
        Control(
            breaks=ONE_GAME.name,
            subject=_other_game,
            why="the unrestricted optimum of other masses, .99 and .01, is steeper",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_too_steep,
            why="a critic of constant .9 on two shared points, where k∞ = .81093, claimed to be optimal",
        ),
    ),
    rationale=(
        "k* within √(gap/λ) of C/2λ; unrestricted values in their Fenchel-Young intervals at slope 0, whose width at "
        "height λk∞² + gap is also the reach r_z."
    ),
    argument=arguments.same_support,
)
