"""Where V is differentiable in the fake points: the plan must be unique (THEORY section 2, the reference direction)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from toylab import losses, zoo
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import ALL_LOSSES, Budget, Case, tailored
from toylab.claims.certified import RESOLUTION, Certified, certified
from toylab.claims.critics.partners import TIGHT, edges
from toylab.claims.explanation.reference import one_derivative
from toylab.claims.hypotheses import CERTIFIED, CONDITION_11, DISJOINT_SUPPORTS, RESTRICTED
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate

#: Feasibility that is asked of the linear programs, relative to the mass that is moved, and what they may fall short.
_TOLERANCE = 1e-9
#: Programs with more variables than this take too long to be worth it, and so do more of them: two for each
#: coordinate of each fake point.
_LARGEST, _MOST = 400, 400


def _excess_edges(candidate: Candidate) -> int:
    """How many tight pairs there are beyond those of a forest."""
    known = certified(candidate)
    rows, columns = edges(known)
    size = len(known.values)
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    components = int(connected_components(graph, directed=False)[0])
    return len(rows) - (size - components)


def _forest(candidate: Candidate) -> Condition:
    excess = _excess_edges(candidate)
    return Condition.that(
        excess == 0, f"{excess} tight pair(s) more than a forest has: mass can go round a closed walk of them"
    )


UNIQUE_PLAN = Hypothesis(
    name="unique plan",
    sentence="the tight pairs from fake to real points (up to 1e-7 k·diameter) form a forest: one plan uses no others",
    test=_forest,
    met=lambda candidate: f"the {len(edges(certified(candidate))[0])} tight pairs form a forest",
    repair="move a point a little, so that no sums of distances are equal",
)


def _programs(known: Certified, rising: np.ndarray, falling: np.ndarray) -> dict:
    """The constraints on plans between the points of positive and of negative slope.

    All plans are meant that cost no more than the cheapest one, up to rounding: these are optimal in the dual.
    """
    a, b = known.slopes[rising], -known.slopes[falling]
    mass = float(a.sum())
    n, m = len(a), len(b)
    marginals = np.concatenate([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])[:-1]
    right = np.concatenate([a / mass, b / b.sum()])[:-1]
    cost = known.distance[np.ix_(rising, falling)].ravel() / known.diameter  # the tolerances are absolute
    options = {"primal_feasibility_tolerance": 0.1 * _TOLERANCE, "dual_feasibility_tolerance": 0.1 * _TOLERANCE}
    cheapest = _least(cost, {"A_eq": marginals, "b_eq": right, "options": options})
    if not np.isfinite(cheapest):
        raise InputError("no plan between the reweighted measures could be found: their masses differ; certify anew.")
    limit = cheapest + _TOLERANCE
    return {"A_eq": marginals, "b_eq": right, "A_ub": cost[None], "b_ub": [limit], "options": options}


def _least(goal: np.ndarray, programs: dict) -> float:
    """The least Σ goal·γ over these plans; NaN, which leaves a verdict open, where no optimum was found."""
    found = linprog(goal, **programs)
    return float(found.fun) if found.status == 0 else float("nan")


def _spread(known: Certified) -> float:
    """Share of the mass that such a plan may have off the tight pairs, Σ γ·slack being bounded."""
    pairs = known.in_fake[:, None] & known.in_real & (known.distance > 0)
    loose = known.slack[pairs & (known.slack > TIGHT * known.k * known.diameter)]
    mass = float(known.slopes[known.slopes > 0].sum())
    allowed = 2.0 * _TOLERANCE * known.k * known.diameter + known.gap / mass
    return allowed / float(loose.min()) if len(loose) else 0.0


def _measure(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    rising, falling = np.flatnonzero(known.slopes > 0), np.flatnonzero(known.slopes < 0)
    if not len(rising) or not len(falling):
        return Evidence.nothing()
    if len(rising) * len(falling) > _LARGEST or len(rising) * known.points.shape[1] > _MOST:
        return Evidence.nothing()
    programs = _programs(known, rising, falling)
    mass = float(known.slopes[rising].sum())
    off = (len(rising) + len(falling)) * (_spread(known) + _TOLERANCE)
    parts = []
    for row, index in enumerate(rising):
        steps = known.points[falling] - known.points[index]
        length = known.distance[index, falling][:, None]
        directions = np.divide(steps, length, where=length > 0, out=np.zeros_like(steps))
        share = known.slopes[index] / mass
        for axis in range(known.points.shape[1]):
            goal = np.zeros((len(rising), len(falling)))
            goal[row] = directions[:, axis]
            least, most = (sign * _least(sign * goal.ravel(), programs) / share for sign in (1.0, -1.0))
            jump = known.k * (np.maximum(most - least, 0.0) + 2.0 * _standing(known, int(index)) / known.slopes[index])
            parts.append(
                Evidence.of(
                    jump,
                    known.k * 4.0 * off / share,
                    resolution=RESOLUTION * known.k,
                    scale=known.k,
                    labels=[f"∂V along axis {axis + 1} at {known.name(int(index))}, per mass, from the right and left"],
                    arrays={"least": np.array([known.k * least]), "most": np.array([known.k * most])},
                )
            )
    return Evidence.joined(parts)


def _standing(known: Certified, index: int) -> float:
    """The mass that stays where it is at a shared point: it must be carried as soon as the fake point leaves it."""
    if not (known.in_fake[index] and known.in_real[index]):
        return 0.0
    problem, value = known.objective, known.values[index]
    pair = known.candidate.problem.losses
    out = float(problem.fake_weights[index] * pair.fake_loss.slope(value))
    back = -float(problem.real_weights[index] * pair.real_loss.slope(value))
    return max(min(out, back), 0.0)


def _square() -> Candidate:
    """Two fakes and two reals on the corners of a square: all four pairs are tight, and two plans optimal."""
    problem = CriticProblem(
        DiscreteMeasure([[0.0, 1.0], [1.0, 0.0]]),
        DiscreteMeasure([[0.0, 0.0], [1.0, 1.0]]),
        losses.wasserstein(),
        LipschitzPenalty(0.5),
    )
    points = np.concatenate([problem.fake.points, problem.real.points])
    return Candidate.of(problem, tabulated(points, np.array([0.0, 0.0, 1.0, 1.0])), 0.5 * np.eye(2))


def _cases(budget: Budget) -> Iterator[Case]:
    between = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[-1.0, 0.0], [1.0, 0.0]])
    quick = budget is Budget.QUICK
    for make in (losses.wasserstein, losses.logistic) if quick else ALL_LOSSES:
        for regularizer in (LipschitzPenalty(0.5),) if quick else (LipschitzPenalty(0.5), LipschitzBall(1.0)):
            terms = f"{make().name}, {regularizer.describe()}"
            yield tailored(f"one fake midway between two reals, {terms}", *between, make(), regularizer)
            for n in (2, 3):
                clouds = zoo.load("case4", n=n, losses=make(), regularizer=regularizer)
                yield tailored(f"{n} and {n}, {terms}", clouds.fake, clouds.real, make(), regularizer)


def _shared_point() -> Candidate:
    """A fake at 0, reals at 0 and 1, half of the mass each: k = W₁ = ½, and half of the mass stays where it is."""
    fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[0.0], [1.0]])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5))
    points = problem.support.points
    return Candidate.of(problem, tabulated(points, 0.5 * points[:, 0]), [[0.5, 0.5]])


UNIQUE_DERIVATIVE = Claim(
    id="own.value-derivative.unique-plan",
    title="V is differentiable in the fake points where the plan is unique",
    statement=(
        "The derivatives of V in x_i from the two sides are the largest and the least k* Σ_j γ_ij ⟨y_j − x_i, u⟩/"
        "‖y_j − x_i‖ over all optimal plans γ. Where the tight pairs form a forest there is one plan, they agree, and "
        "V is differentiable: also at fakes with several partners, where f* has a kink."
    ),
    sources=("toylab, the reference direction where f* has a kink",),
    rests_on=("own.value-derivative", "own.bounding-forest"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, RESTRICTED, DISJOINT_SUPPORTS, UNIQUE_PLAN, CERTIFIED),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=UNIQUE_PLAN.name,
            subject=_square,
            why="fakes and reals on the corners of a square: two plans, and a fake that moves along a side takes the "
            "nearer real with it: derivatives 0 and k from the two sides",
        ),
        Control(
            breaks=DISJOINT_SUPPORTS.name,
            subject=_shared_point,
            why="half of the mass of a fake at a real point stays; wherever the fake goes, that mass has to be carried",
        ),
    ),
    rationale=(
        "Linear programs over all plans between the reweighted measures whose cost is the least up to 1e-9. Such a "
        "plan has (2e-9 k·diameter + gap)/σ of its mass off the tight pairs at most, σ the least slack of others, and "
        "a forest passes that on to each of its edges at most once."
    ),
    argument=one_derivative,
)
