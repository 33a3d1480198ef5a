"""Where the gradient of the Wasserstein critic points: LGAN Proposition 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import Budget, Case, Engine, standard
from toylab.claims.certified import Certified, certified
from toylab.claims.critics.segments import POSITIONS, cone_error
from toylab.claims.explanation.gradients import along_the_plan
from toylab.claims.explanation.wording import vector
from toylab.claims.hypotheses import CERTIFIED, LIPSCHITZ_EXTENSION, WASSERSTEIN
from toylab.critics import LowerExtension, hermite, tabulated, unit_vectors
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate

#: A gradient off by more than this share of k is too uncertain to decide anything.
_GRADIENT_RESOLUTION = 0.05


def _moves(candidate: Candidate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    plan = candidate.certificate.plan.tocoo()
    rows, columns = plan.coords
    x, y = candidate.problem.fake.points[rows], candidate.problem.real.points[columns]
    moved = (plan.data > 0) & (x != y).any(axis=1)
    return rows[moved], columns[moved], plan.data[moved]


def _measure_proposition_1(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    rows, columns, mass = _moves(candidate)
    # the entries that matter: where the certificate proves the pair tight to well within the resolution
    if not known.exact:
        proven = mass * (1e-4 * known.resolution) >= known.gap
        rows, columns, mass = rows[proven], columns[proven], mass[proven]
    x, y = candidate.problem.fake.points[rows], candidate.problem.real.points[columns]
    length = np.linalg.norm(y - x, axis=1)
    slack = known.k * length - (candidate.real_values[columns] - candidate.fake_values[rows])
    names = [f"fake {i} to real {j}" for i, j in zip(rows, columns, strict=True)]
    tight = Evidence.of(
        np.abs(slack),
        known.gap / mass + known.rounding,
        resolution=known.resolution,
        scale=known.k * known.diameter,
        labels=names,
        arrays={
            "lower": x,
            "upper": y,
            "lower_name": np.array([f"fake {vector(point)}" for point in x], dtype=object),
            "upper_name": np.array([f"real {vector(point)}" for point in y], dtype=object),
            "rise": candidate.real_values[columns] - candidate.fake_values[rows],
            "distance": length,
            "mass": mass,
        },
    )
    return Evidence.joined([tight, _gradients_on_segments(known, x, y, slack, names)])


def _gradients_on_segments(
    known: Certified, x: np.ndarray, y: np.ndarray, slack: np.ndarray, names: list[str]
) -> Evidence:
    candidate = known.candidate
    k = float(getattr(candidate.critic, "lipschitz_constant", None) or known.k)
    length = np.linalg.norm(y - x, axis=1)
    direction = unit_vectors(y - x)
    slack = np.maximum(slack + (k - known.k) * length, 0.0) + known.rounding
    centres = known.points
    # x_t is rounded to the grid of its coordinates: that far off, f moves by k and the two ways by 2k times as much,
    # and the direction to y turns by twice the share of the way that is left
    off = 4.0 * float(np.finfo(np.float64).eps) * np.linalg.norm(np.maximum(np.abs(x), np.abs(y)), axis=1)
    slack = slack + 4.0 * k * off
    parts = []
    for t in POSITIONS:
        at = x + t * (y - x)
        gradient = np.asarray(candidate.critic.gradient(at))
        nearest = cdist(at, centres).min(axis=1)
        parts.append(
            Evidence.of(
                np.linalg.norm(gradient - k * direction, axis=1),
                cone_error(k, slack, t * length, nearest) + 1e-12 * k + 2.0 * k * off / ((1.0 - t) * length),
                resolution=_GRADIENT_RESOLUTION * k,
                scale=k,
                labels=[f"gradient at t = {t:g}, {name}" for name in names],
                arrays={"points": at, "gradients": gradient, "goals": k * direction},
            )
        )
    return Evidence.joined(parts)


def _rectangle() -> tuple[CriticProblem, LowerExtension]:
    """Case 4 with two points a side, Wasserstein, λ = .5: W₁ = 1, k = 1, straight up and down."""
    fake = DiscreteMeasure(np.array([[-0.8, 0.5], [0.8, -0.5]]))
    real = DiscreteMeasure(np.array([[0.8, 0.5], [-0.8, -0.5]]))
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5))
    points = np.concatenate([fake.points, real.points])
    return problem, tabulated(points, np.array([0.0, 0.0, 1.0, 1.0]))


def wrong_plan() -> Candidate:
    """The optimal critic of a rectangle with a plan along its long sides."""
    problem, critic = _rectangle()
    return Candidate.of(problem, critic, np.array([[0.5, 0.0], [0.0, 0.5]]))  # along the long sides


def _wrong_gradients() -> Candidate:
    problem, critic = _rectangle()
    points = np.concatenate([problem.fake.points, problem.real.points])
    gradients = np.tile([1.0, 0.0], (4, 1))
    return Candidate.of(problem, hermite(points, critic(points), gradients), np.array([[0.0, 0.5], [0.5, 0.0]]))


def _wasserstein_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(
        budget, pairs=(losses.wasserstein,), engines=(Engine.EXACT, Engine.INTERIOR_POINT, Engine.CROSSED)
    )


PROPOSITION_1 = Claim(
    id="lgan.proposition-1",
    title="Wasserstein: the gradient points along the optimal plan",
    statement=(
        "For (x, y) in an optimal transport plan with x ≠ y, ∇f*(x_t) = k (y − x)/‖y − x‖ at every x_t of the open "
        "segment from x to y."
    ),
    sources=("LGAN Proposition 1", "WGAN-GP Proposition 1"),
    rests_on=("lgan.theorem-4", "lgan.theorem-5", "complementary slackness"),
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, LIPSCHITZ_EXTENSION, CERTIFIED),
    cases=_wasserstein_cases,
    measure=_measure_proposition_1,
    controls=(
        Control(
            breaks=CERTIFIED.name,
            subject=wrong_plan,
            why="a plan that is not optimal holds a pair that is not tight",
        ),
        Control(
            breaks=LIPSCHITZ_EXTENSION.name,
            subject=_wrong_gradients,
            why="a smooth function with the optimal values at all points and gradients of our own choosing",
        ),
    ),
    rationale=(
        "Pairs: slack ≤ gap/π. Gradients: a segment that is tight up to δ leaves ‖∇f − k u‖ at most "
        "√(2kδ(1/‖x_t − x‖ + 1/‖x_t − w‖)), w the nearest centre."
    ),
    argument=along_the_plan,
)
