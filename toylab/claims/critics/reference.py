"""The derivative of the optimal value with respect to a fake point, against the critic's one-sided slopes."""

from __future__ import annotations

import numpy as np

from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import standard
from toylab.claims.certified import certified
from toylab.claims.critics.gradients import wrong_plan
from toylab.claims.critics.quotients import LIPSCHITZ_CRITIC, SCALE, Quotients
from toylab.claims.critics.uninformative import optimal_values_other_gradients
from toylab.claims.explanation.reference import between_slopes
from toylab.claims.hypotheses import CERTIFIED, RESTRICTED
from toylab.critics import unit_vectors
from toylab.solution import Candidate

_SLOPE_RESOLUTION = 0.05
#: Directions looked at beside the axes.
_AT_RANDOM = 4


def _directions(pull: np.ndarray) -> np.ndarray:
    """(e, d): both ways along the axes, along the pull itself, and a few at random."""
    size = len(pull)
    some = np.random.default_rng(5).normal(size=(_AT_RANDOM if size > 1 else 0, size))
    return unit_vectors(np.concatenate([np.eye(size), -np.eye(size), pull[None], some]))


def _measure(candidate: Candidate) -> Evidence:
    known, problem = certified(candidate), candidate.problem
    plan = candidate.certificate.plan.toarray()
    distance = np.linalg.norm(problem.fake.points[:, None] - problem.real.points, axis=2)
    plan = np.where(distance > 0, plan, 0.0)
    reference = candidate.reference_directions()
    own = plan * np.maximum(candidate.slack(), 0.0)
    constant = float(getattr(candidate.critic, "lipschitz_constant", None) or known.k)
    steeper = max(constant - known.k, 0.0)
    parts = []
    for i in np.flatnonzero(plan.sum(axis=1) * 1e-3 * known.resolution > known.gap):
        used = plan[i] > 0
        share = plan[i, used] / plan[i].sum()
        pull = reference[i] / plan[i].sum()
        # the step is short beside every way that the plan uses
        h = SCALE * float(distance[i, used].min())
        directions = _directions(pull)
        directions = directions[np.linalg.norm(directions, axis=1) > 0.5]  # a pull of 0 has no direction
        at = np.tile(problem.fake.points[i], (len(directions), 1))
        quotients = Quotients(candidate, at, directions, np.full(len(directions), h))
        # f(x + he) ≥ f(y) − k‖y − x − he‖ ≥ f(x) + hk u·e − slack − k h²/2d, averaged over the plan's ways
        slack = min(float(own[i].sum()), known.gap) / plan[i].sum()
        bent = 0.5 * known.k * h * float((share / distance[i, used]).sum())
        longest = float(share @ distance[i, used])
        parts.append(
            Evidence.of(
                np.maximum(directions @ pull - quotients.forward, 0.0),
                (slack + steeper * longest) / h + bent + quotients.rounding,
                resolution=_SLOPE_RESOLUTION * known.k,
                scale=known.k,
                labels=[f"fake {i} along {direction[:3].round(3).tolist()}" for direction in directions],
                arrays={"pulls": directions @ pull, "slopes": quotients.forward},
            )
        )
    return Evidence.joined(parts)


REFERENCE = Claim(
    id="own.reference-direction",
    title="∂V/∂x is a mean of the critic's one-sided gradients",
    statement=(
        "∂V/∂x_i = k Σ_j γ_ij (y_j − x_i)/‖y_j − x_i‖, divided by the mass Σ_j γ_ij, is no larger in any direction "
        "than the optimal critic's one-sided slope there: a convex combination of its one-sided gradients."
    ),
    sources=("own fact on the generator's direction",),
    rests_on=("complementary slackness",),
    subject_type=Candidate,
    hypotheses=(RESTRICTED, LIPSCHITZ_CRITIC, CERTIFIED),
    cases=standard,
    measure=_measure,
    controls=(
        Control(
            breaks=LIPSCHITZ_CRITIC.name,
            subject=optimal_values_other_gradients,
            why="a smooth function with the optimal values points down at the fakes, where the plan goes across",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=wrong_plan,
            why="a plan along the long sides of a rectangle, where the critic rises along the short ones",
        ),
    ),
    rationale=(
        "Over a step h a k-Lipschitz critic rises by h k u·e − slack − k h²/2d at least, averaged over the plan's "
        "ways; Σ γ·slack ≤ gap. Rounding over h is added."
    ),
    argument=between_slopes,
)
