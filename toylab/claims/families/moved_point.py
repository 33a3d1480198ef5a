"""The derivative of V in a fake point: ∂V/∂x_i = k* Σ_j γ_ij (y_j − x_i)/‖y_j − x_i‖ (THEORY section 2)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import ALL_LOSSES, Budget, Case, compared
from toylab.claims.explanation import families as arguments
from toylab.claims.families.divergence import w1_interval
from toylab.claims.families.hypotheses import (
    CERTIFIED,
    CONDITION_11,
    PENALISED,
    SAME_TERMS,
    related,
    same_measure,
)
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import Reading, compare, readings
from toylab.claims.kinds import FamilyKind
from toylab.claims.rounding import ROUNDING
from toylab.critics import tabulated
from toylab.families import Family, ProblemFamily
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.zoo import load


@dataclass(frozen=True, kw_only=True, eq=False)
class Move:
    """How a family moves one fake point.

    Attributes:
        base: index of the member where it rests.
        point: index of the point.
        direction: (d,), the unit vector u along which it moves by t, t the member's place.
    """

    base: int
    point: int
    direction: np.ndarray


def the_move(family: Family) -> Move | str:
    """The move, or what is wrong with it in words."""
    if 0.0 not in family.at or len(family) < 3:
        return "there is no problem at t = 0 between two others"
    base = family.at.index(0.0)
    rest = family.members[base].problem
    far = int(np.argmax(np.abs(family.at)))
    shape = rest.fake.points.shape
    if any(member.problem.fake.points.shape != shape for member in family.members):
        return "the problems have different numbers of fake points"
    shift = family.members[far].problem.fake.points - rest.fake.points
    point = int(np.argmax(np.linalg.norm(shift, axis=1)))
    length = float(np.linalg.norm(shift[point]))
    if length == 0.0:
        return "no fake point moves"
    direction = shift[point] / length * np.sign(family.at[far])
    size = float(np.abs(rest.fake.points).max()) + abs(family.at[far])
    for t, label, member in zip(family.at, family.labels, family.members, strict=True):
        expected = rest.fake.points.copy()
        expected[point] += t * direction
        off = float(np.abs(member.problem.fake.points - expected).max())
        if off > ROUNDING * size or not np.array_equal(member.problem.fake.weights, rest.fake.weights):
            return f"{label}: more changes than that one fake point moves by t along a line"
        if not same_measure(member.problem.real, rest.real):
            return f"{label}: the real measure is another one"
    return Move(base=base, point=point, direction=direction)


def _bend(reading: Reading, move: Move, reach: float) -> float:
    """M with V(x + tu) + M t²/2 convex for |t| ≤ reach, from what can leave the point and how far it has to go.

    For one plan −C²/4λ has second derivative −((C')² + C C'')/2λ, where |C'| is at most the mass a that leaves the
    point and 0 ≤ C'' ≤ a/δ, δ its distance to real points; C ≤ φ'(a₀) W₁, and a ≤ min(p sup φ', C/δ).
    """
    problem = reading.candidate.problem
    regularizer = problem.regularizer
    weight = regularizer.weight if isinstance(regularizer, LipschitzPenalty) else 1.0
    real = problem.real.points[problem.real.weights > 0]
    near = float(np.linalg.norm(real - problem.fake.points[move.point], axis=1).min()) - reach
    if near <= 0.0:
        return np.inf
    mass = float(problem.fake.weights[move.point])
    cost = reading.slope_at_best * (w1_interval(problem).high + mass * reach)
    steepest = float(problem.losses.fake_loss.slope_range.upper)
    leaving = min(mass * steepest, cost / near)
    return (leaving**2 + cost * leaving / near) / (2.0 * weight)


def plan_derivative(reading: Reading, move: Move) -> Interval:
    """K Σ_j γ_ij ⟨y_j − x_i, u⟩/‖y_j − x_i‖ of the candidate's plan."""
    candidate = reading.candidate
    moves = candidate.certificate.plan.tocoo()
    rows, columns = moves.coords
    own = rows == move.point
    steps = candidate.problem.real.points[columns[own]] - candidate.problem.fake.points[move.point]
    length = np.linalg.norm(steps, axis=1)
    away = length > 0
    slope = float((moves.data[own][away] * (steps[away] @ move.direction) / length[away]).sum())
    mass = float(moves.data[own].sum())
    return reading.constant * Interval.of(slope, ROUNDING * mass)


def _bracket(family: Family, move: Move) -> Interval:
    """What all steps together leave for the derivative of V at rest."""
    members = readings(family)
    rest = members[move.base]
    low, high = -np.inf, np.inf
    for t, reading in zip(family.at, members, strict=True):
        if t == 0.0:
            continue
        bend = 0.5 * abs(t) * _bend(rest, move, abs(t))
        # the plan at rest is optimal up to its gap only, and places are rounded: both tilt the quotient by 1/t
        moved = rest.constant.high * float(rest.candidate.problem.fake.weights[move.point]) * rest.slope_at_best
        rounding = ROUNDING * float(np.abs(rest.candidate.problem.fake.points).max()) * moved
        quotient = (reading.value - rest.value + Interval.of(0.0, rest.known.gap + rounding)) / t
        if t > 0:
            high = min(high, quotient.high + bend)
        else:
            low = max(low, quotient.low - bend)
    return Interval(float(low), float(high))


def _measure(family: Family) -> Evidence:
    move = the_move(family)
    if isinstance(move, str):
        move = _nearest_move(family)
    rest = readings(family)[move.base]
    problem = rest.candidate.problem
    unit = rest.known.k * float(problem.fake.weights[move.point]) * rest.slope_at_best or 1.0
    words = ", ".join(f"{c:.3g}" for c in move.direction)
    label = f"difference quotients of V along ({words}) against k*Σγ(y − x)/‖y − x‖ of the plan"
    return compare(label, _bracket(family, move), "=", plan_derivative(rest, move), unit)


def _nearest_move(family: Family) -> Move:
    """The point that moves most, where a family moves more than one (and the hypothesis on it is waived)."""
    base = int(np.argmin(np.abs(family.at)))
    far = int(np.argmax(np.abs(family.at)))
    shift = family.members[far].problem.fake.points - family.members[base].problem.fake.points
    point = int(np.argmax(np.linalg.norm(shift, axis=1)))
    length = float(np.linalg.norm(shift[point])) or 1.0
    return Move(base=base, point=point, direction=shift[point] / length * np.sign(family.at[far]))


def _wrong_move(family: Family) -> str | None:
    move = the_move(family)
    return move if isinstance(move, str) else None


ONE_POINT_MOVES = related(
    "one point moves",
    "from problem to problem one fake point moves along a line, by the family's parameter, and nothing else changes",
    _wrong_move,
    "one fake point moves along a line",
    "move one fake point, by t along a unit vector, t = 0 among the values",
    FamilyKind.all_but(FamilyKind.POINT),
)

# --- cases and controls ---


def moved(problem: CriticProblem, point: int, direction: np.ndarray, steps: tuple[float, ...]) -> ProblemFamily:
    """The problem with one fake point moved by ±steps along a direction, and at rest."""
    unit = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    members = []
    for t in (0.0, *steps, *(-s for s in steps)):
        points = problem.fake.points.copy()
        points[point] += t * unit
        fake = DiscreteMeasure(points, problem.fake.weights)
        members.append((t, CriticProblem(fake, problem.real, problem.losses, problem.regularizer)))
    return ProblemFamily.along(f"fake point {point} moved", "t", members)


def _cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    rng = np.random.default_rng(8)
    for make in (losses.wasserstein, losses.logistic) if quick else ALL_LOSSES:
        problem = load("case4", n=4, losses=make(), regularizer=LipschitzPenalty(0.5))
        for repeat in range(1 if quick else 3):
            point, angle = repeat, float(rng.uniform(0.0, 2.0 * np.pi))
            family = moved(
                problem, point, np.array([np.cos(angle), np.sin(angle)]), (1e-5,) if quick else (1e-6, 1e-5, 1e-4)
            )
            yield compared(f"case4, {make().name}, fake {point} moved at {np.degrees(angle):.0f} degrees", family)


def _wasserstein_pair(x: float, y: float, critic_scale: float = 1.0, *, second: float = 3.0) -> Candidate:
    """Fakes at (x, 0) and (second, 0), reals at (y, 0) and (9, 0), Wasserstein, λ = 1, the identity as plan."""
    fake, real = DiscreteMeasure([[x, 0.0], [second, 0.0]]), DiscreteMeasure([[y, 0.0], [9.0, 0.0]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(1.0))
    k = 0.25 * abs(y - x) + 0.25 * (9.0 - second)
    points = np.concatenate([fake.points, real.points])
    critic = tabulated(points, critic_scale * k * points[:, 0])
    return Candidate.of(problem, critic, np.diag([0.5, 0.5]))


def _step_family(candidates: dict[float, Candidate], name: str) -> Family:
    return Family.along(name, "t", sorted(candidates.items()))


def _two_points_move() -> Family:
    step = 1e-5
    members = {t: _wasserstein_pair(t, 1.0, second=3.0 + t / 2.0) for t in (-step, 0.0, step)}
    return _step_family(members, "two fakes that move at once")


def _crossed_plan() -> Family:

    step = 1e-5
    return _step_family({t: _square(t, swapped=t == 0.0) for t in (-step, 0.0, step)}, "a plan that is not optimal")


def _square(t: float, *, swapped: bool) -> Candidate:
    """Fakes (t, 0), (4, 0), reals (0, 1), (4, 1), Wasserstein, λ = 1; the critic is optimal, the plan may not be."""
    fake, real = DiscreteMeasure([[t, 0.0], [4.0, 0.0]]), DiscreteMeasure([[0.0, 1.0], [4.0, 1.0]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(1.0))
    first = float(np.hypot(t, 1.0))
    k = 0.25 * (first + 1.0)
    points = np.concatenate([fake.points, real.points])
    critic = tabulated(points, k * np.array([0.0, 0.0, first, 1.0]))
    plan = 0.5 * (np.eye(2)[::-1] if swapped else np.eye(2))
    return Candidate.of(problem, critic, plan)


def _other_terms() -> Family:
    step = 1e-5
    members = {t: _wasserstein_pair(t, 1.0) for t in (-step, 0.0)}
    dearer = _wasserstein_pair(step, 1.0).problem
    problem = CriticProblem(dearer.fake, dearer.real, dearer.losses, LipschitzPenalty(0.99))
    points = problem.support.points
    k = (0.5 * (1.0 - step) + 3.0) / (2.0 * 0.99)
    members[step] = Candidate.of(problem, tabulated(points, k * points[:, 0]), np.diag([0.5, 0.5]))
    return _step_family(members, "λ changes with t")


VALUE_DERIVATIVE = Claim(
    id="own.value-derivative",
    title="∂V/∂x_i = k* Σ_j γ_ij (y_j − x_i)/‖y_j − x_i‖",
    statement=(
        "As the fake point x_i moves along u, k* Σ_j γ_ij ⟨y_j − x_i, u⟩/‖y_j − x_i‖ lies between the left and the "
        "right derivative of V; where the plan γ is unique it is the derivative."
    ),
    sources=("toylab, the reference direction where f* has a kink",),
    rests_on=("comparison of problems", "lgan.section-4.1.vanishing-constant"),
    subject_type=Family,
    hypotheses=(CONDITION_11, ONE_POINT_MOVES, SAME_TERMS, PENALISED, CERTIFIED),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=ONE_POINT_MOVES.name,
            subject=_two_points_move,
            why="two fakes move at once, and V changes by what both contribute",
        ),
        Control(
            breaks=SAME_TERMS.name, subject=_other_terms, why="λ falls by a hundredth beside the move, and V with it"
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_crossed_plan,
            why="a plan that crosses over, claimed to be optimal: its derivative is .243, that of V is 0",
        ),
    ),
    rationale=(
        "Difference quotients of certified values, ± gap/h for values and plan, ± Mh/2 for the step, M derived from "
        "the mass that can leave the point and its distance to real points; inconclusive where that bracket is wide, "
        "as at kinks of V, where plans differ."
    ),
    argument=arguments.value_derivative,
)
