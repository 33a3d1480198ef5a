"""Families made of random problems, one kind for each claim on families."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from toylab.claims.families.approach import _approach
from toylab.claims.families.balls import along_radius
from toylab.claims.families.divergence import mixed, with_noise
from toylab.claims.families.moved_point import moved
from toylab.claims.families.penalty_weight import along_weight
from toylab.claims.families.same_support import towards_unrestricted
from toylab.claims.families.symmetries import _isometric, _scaled
from toylab.families import ProblemFamily
from toylab.losses import wasserstein
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer


def penalised(problem: CriticProblem, weight: float = 0.3) -> CriticProblem:
    return CriticProblem(problem.fake, problem.real, problem.losses, LipschitzPenalty(weight))


def lambdas(problem: CriticProblem) -> ProblemFamily:
    return along_weight("along λ", problem, (0.1, 0.3, 3.0))


def radii(problem: CriticProblem) -> ProblemFamily:
    return along_radius("along K", problem, (0.5, 0.9, 2.0))


def scales(problem: CriticProblem) -> ProblemFamily:
    return _scaled(penalised(problem), (0.7, 13.0))


def copies(problem: CriticProblem) -> ProblemFamily:
    return _isometric(penalised(problem))


def swaps(problem: CriticProblem) -> ProblemFamily:
    one = penalised(problem)
    return ProblemFamily.in_roles("swapped", {"as it is": one, "swapped": one.swapped()})


def alone(problem: CriticProblem) -> ProblemFamily:
    return ProblemFamily.in_roles("one pair", {"the pair": penalised(problem)})


def mixtures(problem: CriticProblem) -> ProblemFamily:
    one = penalised(problem)
    other = CriticProblem(
        DiscreteMeasure(one.fake.points[::-1] + 0.5, one.fake.weights), one.real, one.losses, one.regularizer
    )
    return mixed("mixed", one, other, (0.25, 0.5))


def noisy(problem: CriticProblem) -> ProblemFamily:
    one = penalised(problem)
    if one.fake.weights[0] == 0 or one.real.weights[0] == 0:
        return alone(problem)
    atoms, masses = np.array([[0.5, 0.0], [-0.25, 0.75]]), np.array([0.3, 0.7])
    fake, real = (with_noise(m, atoms, masses) for m in (one.fake, one.real))
    noise = CriticProblem(fake, real, one.losses, one.regularizer)
    return ProblemFamily.in_roles("noise", {"without noise": one, "with": noise})


def shared(problem: CriticProblem) -> ProblemFamily:
    points = problem.support.points
    rng = np.random.default_rng(len(points))
    fake, real = (DiscreteMeasure(points, rng.dirichlet(np.ones(len(points)))) for _ in range(2))
    return towards_unrestricted("shared", fake, real, problem.losses, (0.3, 1e-3))


def approached(problem: CriticProblem) -> ProblemFamily:
    count = min(len(problem.fake), len(problem.real))
    fake, real = (DiscreteMeasure(m.points[:count]) for m in (problem.fake, problem.real))
    one = CriticProblem(fake, real, problem.losses, LipschitzPenalty(0.3))
    return _approach(one, (0.0, 0.25, 1.0))


def kinds_of_wasserstein(problem: CriticProblem) -> ProblemFamily:
    regularizers: dict[str, Regularizer] = {
        "ball 1": LipschitzBall(1.0),
        "ball 3": LipschitzBall(3.0),
        "penalty": LipschitzPenalty(0.3),
        "target": LipschitzPenalty(0.3, 1.0),
    }
    members = {
        label: CriticProblem(problem.fake, problem.real, wasserstein(), one) for label, one in regularizers.items()
    }
    return ProblemFamily.in_roles("kinds", members)


def diracs_in_balls(problem: CriticProblem) -> ProblemFamily:
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.5]])
    return along_radius("Diracs", CriticProblem(fake, real, problem.losses, LipschitzBall(1.0)), (0.5, 2.0))


def generator(problem: CriticProblem) -> ProblemFamily:
    members = []
    for angle in (0.0, 0.3, 2.0):
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        fake = DiscreteMeasure(problem.fake.points @ turn.T, problem.fake.weights)
        members.append((angle, CriticProblem(fake, problem.real, wasserstein(), LipschitzBall(1.0))))
    return ProblemFamily.along("turned", "angle", members)


def one_moved(problem: CriticProblem) -> ProblemFamily:
    return moved(penalised(problem), 0, np.array([1.0, 0.5]), (1e-4, 1e-5))


BUILDERS: dict[str, Callable[[CriticProblem], ProblemFamily]] = {
    "own.value-along-lambda": lambdas,
    "own.constant-along-lambda": lambdas,
    "own.scaling": scales,
    "own.isometries": copies,
    "own.swap": swaps,
    "own.divergence": alone,
    "own.divergence.convex": mixtures,
    "own.divergence.noise": noisy,
    "own.same-support-limit": shared,
    "lgan.section-4.1.vanishing-constant": approached,
    "own.value-along-radius": radii,
    "lgan.lemma-15": kinds_of_wasserstein,
    "iclr.lemma-3": diracs_in_balls,
    "iclr.lemma-4": radii,
    "wgan.theorem-1": generator,
    "own.value-derivative": one_moved,
}
