"""The equilibrium of the game between generator and critic: LGAN Theorem 2d."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import STRICT_LOSSES, Budget, Case, same_support, standard, tailored
from toylab.claims.certified import RESOLUTION, Certified, certified
from toylab.claims.critics.bounding import not_optimal, positive_constant, steepest_pair
from toylab.claims.explanation.bounding import equilibrium
from toylab.claims.hypotheses import CERTIFIED, CONDITION_11, PENALISED
from toylab.critics import FormulaCritic, LowerExtension
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate


def largest_constant(known: Certified) -> float:
    """φ'(c) · diameter / (2λ), an upper bound of k* for any masses on these points; the radius of a ball."""
    problem = known.candidate.problem
    match problem.regularizer:
        case LipschitzPenalty(weight=weight):
            best = problem.losses.best_constant or 0.0
            slope = float(problem.losses.fake_loss.slope(np.array(best)))
            return slope * (known.diameter or 1.0) / (2.0 * weight)
        case LipschitzBall(radius=radius):
            return radius
    return known.k


def _measure(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    if candidate.problem.support.equal_measures:
        unit = largest_constant(known)
        return Evidence.of(
            known.k, known.constant_error, resolution=RESOLUTION * unit, scale=unit, labels=["P_g = P_r: k* = 0"]
        )
    pairs = known.in_fake[:, None] & known.in_real & (known.distance > 0)
    if known.k == 0.0:
        return positive_constant(known)
    return Evidence.joined([steepest_pair(known, pairs), positive_constant(known)])


def bounded_wasserstein() -> Candidate:
    """P_g = P_r, Wasserstein ball of radius 1, f = −dist(z, S_r): optimal, steep everywhere, and at rest."""
    points = np.array([[0.0, 0.0], [1.0, 0.0]])
    measure = DiscreteMeasure(points)
    problem = CriticProblem(measure, measure, losses.wasserstein(), LipschitzBall(1.0))
    cones = LowerExtension(points, np.zeros(2), 1.0)
    return Candidate.of(problem, FormulaCritic(cones, cones.gradient, 1.0), np.diag([0.5, 0.5]))


def idle_critic() -> Candidate:
    """The constant critic, claimed to be optimal for fakes 0 and .5 against a real 1."""
    problem = not_optimal().problem
    points = problem.support.points
    return Candidate.of(problem, LowerExtension(points, np.zeros(len(points)), 0.0))


def cases_of_penalties(budget: Budget) -> Iterator[Case]:
    """The standard problems under penalties, and pairs of different and of equal measures on one support."""
    yield from standard(budget, balls=False)
    for name, fake, real in same_support(budget):
        for make in (losses.wasserstein, *STRICT_LOSSES):
            yield tailored(name, fake, real, make(), LipschitzPenalty(0.1))
            yield tailored(f"{name}, fake = real", real, real, make(), LipschitzPenalty(0.1))


THEOREM_2D = Claim(
    id="lgan.theorem-2d",
    title="the only equilibrium is P_g = P_r, and there k* = 0",
    statement=(
        "If P_g ≠ P_r, then k* > 0 and some fake x has a real y with f*(y) − f*(x) = k*‖y − x‖ > 0, so that the "
        "generator improves by moving x: not a Nash equilibrium in law. If P_g = P_r, then k* = 0."
    ),
    sources=("LGAN Theorem 2 (d)",),
    rests_on=("lgan.theorem-1.existence", "complementary slackness", "lgan.lemma-8", "lgan.lemma-9"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, PENALISED, CERTIFIED),
    cases=cases_of_penalties,
    measure=_measure,
    controls=(
        Control(
            breaks=PENALISED.name,
            subject=bounded_wasserstein,
            why="with a bound in place of the penalty P_g = P_r is at rest under a critic of constant 1",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=idle_critic,
            why="the constant critic, claimed to be optimal for P_g ≠ P_r, moves nobody",
        ),
    ),
    rationale=(
        "Error bounds: complementary slackness, gap/C per unit of distance, for the rising pair; √(gap/λ) for k*, "
        "against the largest constant that any masses on these points could need."
    ),
    argument=equilibrium,
)
