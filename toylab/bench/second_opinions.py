"""Answers that do not rest on the solver under test: other solvers, rewritten problems, other critics.

Each returns the sentences of what disagrees; none means agreement. Two certified bounds of one optimal value V must
overlap: dual₁ ≤ V ≤ primal₂ and dual₂ ≤ V ≤ primal₁, up to rounding of the sums.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from toylab.certificate import raised, steepest_rise
from toylab.errors import SolverError
from toylab.fenchel_young import PointwiseObjective
from toylab.losses import Reflected
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.solution import Candidate, Solution
from toylab.solvers.base import AbstractSolver
from toylab.solvers.solving import default_solver, solve

_EPS = float(np.finfo(np.float64).eps)
#: Products that fall below the normal numbers have no relative accuracy.
_TINY = float(np.finfo(np.float64).tiny)
#: Pairs up to which a conic or linear program is a second opinion in a fraction of a second.
_MOST_PAIRS = 64


def rounding_of_value(candidate: Candidate) -> float:
    """A bound on the rounding of J(f) + R(k): a few roundings of every term, terms of size |φ|, |ϕ|, R."""
    pair, certificate = candidate.problem.losses, candidate.certificate
    with np.errstate(over="ignore", invalid="ignore"):
        terms = [
            candidate.problem.fake.weights @ np.abs(pair.fake_loss.value(candidate.fake_values)),
            candidate.problem.real.weights @ np.abs(pair.real_loss.value(candidate.real_values)),
            abs(candidate.problem.regularizer.value(certificate.constant)),
            certificate.constant * certificate.cost,
        ]
    size = float(sum(terms))
    # values are differences along k·distance: their own rounding times the slopes they meet (total mass of the plan)
    moved = float(certificate.plan.sum()) * float(np.abs(certificate.values).max())
    return 256.0 * _EPS * (size + moved) if np.isfinite(size + moved) else np.inf


def bounds_overlap(first: Candidate, second: Candidate, what: str, slop: float = 0.0) -> list[str]:
    """The sentences that say which dual bound lies above which primal value.

    Args:
        first: one candidate.
        second: a candidate for a problem with the same optimal value up to `slop`.
        what: what the second is, for the sentence.
        slop: how far the two optimal values may differ.
    """
    room = slop + rounding_of_value(first) + rounding_of_value(second)
    above = {
        f"the dual bound {first.certificate.dual!r} lies above the value {second.value!r} of {what}": (
            first.certificate.dual - second.value
        ),
        f"the value {first.value!r} lies below the dual bound {second.certificate.dual!r} of {what}": (
            second.certificate.dual - first.value
        ),
    }
    return [f"{sentence} by {excess:.2g}" for sentence, excess in above.items() if excess > room]


def second_solver(problem: CriticProblem) -> AbstractSolver | None:
    """An exact solver that shares nothing with the default one, None where the problem is too large for it."""
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.linear_programs import KantorovichRubinstein
    from toylab.solvers.reference import Reference

    if len(problem.fake) * len(problem.real) > _MOST_PAIRS:
        return None
    if problem.losses.is_wasserstein:
        return KantorovichRubinstein()
    return Reference() if isinstance(default_solver(problem), InteriorPoint) else None


def disagreement_with_another_solver(solution: Solution) -> list[str] | None:
    """What a second solver says differently; None where there is none, or where it gave up."""
    solver = second_solver(solution.problem)
    if solver is None:
        return None
    try:
        other = solve(solution.problem, solver, throw=False)
    except SolverError:
        return None  # it is the second opinion, not what is under test
    return bounds_overlap(solution, other, type(solver).__name__)


def rewritten(problem: CriticProblem, rng: np.random.Generator) -> tuple[str, CriticProblem, float]:
    """The same problem said differently: how, the problem, and how far a point was moved by rounding at most."""
    ways = ["relabelled", "translated"]
    if problem.losses.real_loss == Reflected(problem.losses.fake_loss):
        ways.append("swapped")
    match str(rng.choice(ways)):
        case "swapped":
            return "the problem with fake and real swapped", problem.swapped(), 0.0
        case "relabelled":
            fake, real = _shuffled(problem.fake, rng), _shuffled(problem.real, rng)
            return "the problem with points relabelled and split", replace(problem, fake=fake, real=real), 0.0
    step = problem.support.diameter * rng.integers(-8, 9, size=problem.dimension)
    moved = [DiscreteMeasure(side.points + step, side.weights) for side in (problem.fake, problem.real)]
    off = max(
        float(np.linalg.norm((new.points - step) - old.points, axis=1).max() + 2.0 * _EPS * np.abs(new.points).max())
        for new, old in zip(moved, (problem.fake, problem.real), strict=True)
    )
    return "the problem translated", replace(problem, fake=moved[0], real=moved[1]), off * problem.dimension


def _shuffled(measure: DiscreteMeasure, rng: np.random.Generator) -> DiscreteMeasure:
    """The measure with its points in another order and one of them split into two of half its weight."""
    order = rng.permutation(len(measure))
    weights = measure.weights[order]
    weights[0] *= 0.5
    again = np.concatenate([order, order[:1]])
    return DiscreteMeasure(measure.points[again], np.concatenate([weights, weights[:1]]))


def disagreement_with_the_problem_rewritten(solution: Solution, rng: np.random.Generator) -> list[str]:
    """What the same problem, said differently, is said to be worth.

    Moving every point by at most δ changes the cost of a plan by at most 2δ Σγ, hence the dual bound by at most
    R*(C + 2δ Σγ) − R*(C).
    """
    how, problem, off = rewritten(solution.problem, rng)
    other = solve(problem, throw=False)
    slop = max(_rise_of_conjugate(candidate, off) for candidate in (solution, other))
    return bounds_overlap(solution, other, how, slop)


def _rise_of_conjugate(candidate: Candidate, off: float) -> float:
    cost, regularizer = candidate.certificate.cost, candidate.problem.regularizer
    further = cost + 2.0 * off * float(candidate.certificate.plan.sum())
    return regularizer.conjugate(further) - regularizer.conjugate(cost) if off else 0.0


def better_critic(candidate: Candidate, rng: np.random.Generator, *, tries: int = 4) -> list[str]:
    """Random critics near the candidate: none of them may be worth less than the dual bound."""
    problem, certificate = candidate.problem, candidate.certificate
    support = problem.support
    objective = PointwiseObjective(problem.losses, support.fake_weights, support.real_weights)
    size = max(certificate.constant * support.diameter, float(np.ptp(certificate.values)), 1e-300)
    room = rounding_of_value(candidate)
    for reach in 10.0 ** rng.uniform(-8, 0, size=tries):
        values = certificate.values + reach * size * rng.normal(size=len(certificate.values))
        constant = problem.regularizer.constant_for(steepest_rise(support, values))
        if not np.isfinite(problem.regularizer.value(constant)):  # outside the ball: pulled back into it
            values = values * (problem.regularizer.constant_for(0.0) / constant)
            constant = problem.regularizer.constant_for(0.0)
        values = raised(support, values, constant)
        value = float(objective.value(values).sum() + problem.regularizer.value(constant))
        if value < certificate.dual - room - 256.0 * _EPS * abs(value) - _TINY:
            return [f"a random critic is worth {value!r}, less than the dual bound {certificate.dual!r}"]
    return []
