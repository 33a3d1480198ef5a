"""Gradients of optimal critics that say nothing, and where a Lipschitz constant forbids them: LGAN section 3.3."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.certificate import certify
from toylab.chosen_gradients import SteeredCritic, uninformative
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine, standard, tailored
from toylab.claims.certified import RESOLUTION, Certified, certified
from toylab.claims.critics.compact_dual import BALL, COMPACT_OPTIMUM, dropped_constraint
from toylab.claims.critics.quotients import KINK, LIPSCHITZ_CRITIC, SCALE, Quotients, basis
from toylab.claims.explanation.uninformative import anything, forced, steering
from toylab.claims.hypotheses import CERTIFIED, RESTRICTED, WASSERSTEIN
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import HermiteCritic, LowerExtension, UpperExtension, tabulated, unit_vectors
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate

#: Gradients count as known up to this share of k.
_GRADIENT_RESOLUTION = 0.05
#: A pair counts as tight up to this share of k · diameter; its slack is then charged.
_TIGHT = 1e-6
#: Steps of the fine grid, and of differences on it, in units of a bump's radius.
_GRID, _DIFFERENCE = 21, 1e-5
#: Fakes whose bump is looked at on the grid.
_LOOKED_AT = 4


def _fields(candidate: Candidate) -> list[tuple[str, np.ndarray]]:
    """Gradients to ask for at the fakes: away from where the optimum points, and at random, thrice as long."""
    fake = candidate.problem.fake.points
    k = candidate.lipschitz_constant or 1.0
    at_random = np.random.default_rng(33).normal(size=candidate.problem.support.points.shape)
    return [
        ("away from the partners", -k * unit_vectors(candidate.reference_directions())),
        ("at random", 3.0 * k * unit_vectors(at_random)[candidate.problem.support.fake_owner][: len(fake)]),
    ]


def _consistent(candidate: Candidate, wanted: np.ndarray) -> np.ndarray:
    """One vector for each merged point: that of the first fake point there."""
    owner = candidate.problem.support.fake_owner
    first = {int(z): index for index, z in reversed(list(enumerate(owner)))}
    return wanted[[first[int(z)] for z in owner]]


def _cloud(dimension: int) -> np.ndarray:
    """Points (m, d) of the open unit ball: a fine grid, beyond the plane as many random ones."""
    if dimension > 2:
        rng = np.random.default_rng(0)
        shape = (_GRID**2, dimension)
        return unit_vectors(rng.normal(size=shape)) * rng.uniform(0.0, 0.95, size=(shape[0], 1))
    axis = np.linspace(-0.95, 0.95, _GRID)
    grid = np.stack(np.meshgrid(*[axis] * dimension), axis=-1).reshape(-1, dimension)
    return grid[np.linalg.norm(grid, axis=1) < 0.97]


def _smoothness(critic: HermiteCritic, index: int) -> tuple[float, float]:
    """How far the gradient is from difference quotients on a fine grid of one bump, and how far it may be."""
    dimension = critic.centres.shape[1]
    at = critic.centres[index] + critic.radius * _cloud(dimension)
    h = _DIFFERENCE * critic.radius
    gradient, worst = critic.gradient(at), 0.0
    for axis in np.eye(dimension):
        quotient = (critic(at + h * axis) - critic(at - h * axis)) / (2.0 * h)
        worst = max(worst, float(np.abs(quotient - gradient @ axis).max()))
    steep = float(np.linalg.norm(critic.gradients[index]))
    size = float(np.abs(critic.values[index])) + steep * critic.radius
    slope = 3.0 * size / critic.radius + steep  # of the bump: |B'| ≤ 1.4716 · 2/r
    moved = slope * float(np.abs(at).max()) * np.sqrt(dimension)
    return worst, critic.third_derivatives()[index] * h**2 / 6.0 + ROUNDING * (size + moved) / h


def _measure_anything(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    if len(candidate.problem.support.points) < 2 or known.diameter == 0.0:
        return Evidence.nothing()
    return Evidence.joined([_field_evidence(known, name, wanted) for name, wanted in _fields(candidate)])


def _field_evidence(known: Certified, name: str, wanted: np.ndarray) -> Evidence:
    """Optimal for the compact dual, these gradients at the fakes, and smooth around them."""
    candidate = known.candidate
    fake, k = candidate.problem.fake.points, candidate.lipschitz_constant or 1.0
    wanted = _consistent(candidate, wanted)
    critic = uninformative(candidate, wanted)
    gap = certify(candidate.problem, critic, candidate.certificate.plan).gap
    rounding = known.rounding + known.value_rounding
    optimal = Evidence.of(
        gap, known.gap + rounding, resolution=known.resolution, scale=k * known.diameter, labels=[f"gap, {name}"]
    )
    gradient = critic.gradient(fake)
    exact = Evidence.of(
        np.linalg.norm(gradient - wanted, axis=1),
        ROUNDING * np.linalg.norm(wanted, axis=1),
        resolution=_GRADIENT_RESOLUTION * k,
        scale=k,
        labels=[f"gradient at fake {i}, {name}" for i in range(len(fake))],
        arrays={"gradients": gradient, "wanted": wanted},
    )
    bumps = list(dict.fromkeys(candidate.problem.support.fake_owner.tolist()))[:_LOOKED_AT]
    smooth = np.array([_smoothness(critic, index) for index in bumps])
    return Evidence.joined(
        [
            optimal,
            exact,
            Evidence.of(
                smooth[:, 0],
                smooth[:, 1],
                resolution=_GRADIENT_RESOLUTION * k,
                scale=k,
                labels=[f"fine grid around {point.round(4).tolist()}, {name}" for point in critic.centres[bumps]],
            ),
        ]
    )


def _measure_forced(candidate: Candidate) -> Evidence:
    """Difference quotients at every fake where the critic is tight and differentiable, against k u."""
    known = certified(candidate)
    problem, k = candidate.problem, known.k
    parts = []
    allowed = max(float(getattr(candidate.critic, "lipschitz_constant", None) or k) - k, 0.0)
    distance = np.linalg.norm(problem.fake.points[:, None] - problem.real.points, axis=2)
    slack = np.where((distance > 0) & (problem.real.weights > 0), np.abs(candidate.slack()), np.inf)
    for i in np.flatnonzero((slack.min(axis=1) <= _TIGHT * k * known.diameter) & (problem.fake.weights > 0)):
        j = int(slack[i].argmin())
        x, length = problem.fake.points[i], float(distance[i, j])
        axes = basis((problem.real.points[j] - x) / length)
        quotients = Quotients(candidate, np.tile(x, (len(axes), 1)), axes, np.full(len(axes), SCALE * length))
        if k == 0.0 or (quotients.kink > KINK * k).any():
            continue  # several partners, or a centre nearby: there is no gradient to speak of
        found = quotients.symmetric @ axes
        h = SCALE * length
        off = (slack[i, j] + allowed * length) / h + 0.5 * k * SCALE + quotients.rounding.max() + allowed
        parts.append(
            Evidence.of(
                float(np.linalg.norm(found - k * axes[0])),
                np.sqrt(len(axes)) * (off + 0.5 * KINK * k),
                resolution=_GRADIENT_RESOLUTION * k * np.sqrt(len(axes)),
                scale=k,
                labels=[f"fake {i} towards real {j}"],
                arrays={"gradients": found[None], "goals": k * axes[:1]},
            )
        )
    return Evidence.joined(parts)


def _room(candidate: Candidate) -> np.ndarray:
    """(n_fake,): how far each fake value could move, up and down, before a k-Lipschitz constraint stops it."""
    known = certified(candidate)
    if len(known.points) < 2:
        return np.zeros(len(candidate.problem.fake))
    least = np.minimum(known.slack.min(axis=1), known.slack.min(axis=0))
    room = np.zeros(len(candidate.problem.support.points))
    room[known.carried] = np.maximum(least, 0.0)
    return room[candidate.problem.support.fake_owner]


def _freest(candidate: Candidate) -> tuple[int, float]:
    room = _room(candidate)
    return int(room.argmax()), float(room.max())


def _free(candidate: Candidate) -> Condition:
    index, room = _freest(candidate)
    least = 10.0 * RESOLUTION * candidate.lipschitz_constant * candidate.problem.support.diameter
    return Condition.that(
        room > least > 0.0, f"the freest fake point, {index}, has a slack of {room:.3g}, not more than {least:.3g}"
    )


FREE_POINT = Hypothesis(
    name="a fake point that nothing touches",
    sentence="some fake point has slack towards every other point, upwards and downwards",
    test=_free,
    met=lambda candidate: "fake point {} has a slack of {:.4g}".format(*_freest(candidate)),
    repair="give some point as much fake as real mass, far from all others",
)


def _measure_steered(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    index, room = _freest(candidate)
    problem, k = candidate.problem, known.k
    x, owner = problem.fake.points[index], int(problem.support.fake_owner[index])
    if k == 0.0 or len(known.points) < 2:
        return Evidence.nothing()
    others = known.carried != owner
    points, values = known.points[others], known.values[others]
    nearest = float(np.linalg.norm(points - x, axis=1).min())
    h = max(0.25 * room / (2.0 * k), SCALE * nearest)
    axes = np.eye(problem.dimension)
    parts = []
    ends = LowerExtension(points, values, k), UpperExtension(points, values, k)
    turned = unit_vectors(np.random.default_rng(7).normal(size=problem.dimension))
    for name, vector in (("0", 0.0 * turned), ("half of k", -0.5 * k * turned), (".999 k", 0.999 * k * turned)):
        critic = SteeredCritic(*ends, x, float(candidate.certificate.values[owner]), vector)
        steered = Candidate.of(problem, critic, candidate.certificate.plan)
        quotients = Quotients(steered, np.tile(x, (len(axes), 1)), axes, np.full(len(axes), h))
        found = quotients.symmetric
        parts.append(
            Evidence.of(
                [steered.certificate.gap, float(np.linalg.norm(found - vector))],
                [known.gap + 8.0 * (known.rounding + known.value_rounding), float(np.linalg.norm(quotients.rounding))],
                resolution=[known.resolution, _GRADIENT_RESOLUTION * k],
                scale=[k * known.diameter, k],
                labels=[f"gap with length {name}", f"gradient of length {name}"],
                arrays={"gradients": np.stack([found, found]), "wanted": np.stack([vector, vector])},
            )
        )
    return Evidence.joined(parts)


# --- controls and cases ------------------------------------------------------------------------------------


def _square() -> tuple[CriticProblem, LowerExtension]:
    """Two fakes on one side of the unit square, two reals on the other, Wasserstein, λ = .5: k = 1, straight across."""
    fake = DiscreteMeasure(np.array([[0.0, 0.0], [0.0, 1.0]]))
    real = DiscreteMeasure(np.array([[1.0, 0.0], [1.0, 1.0]]))
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5))
    return problem, tabulated(np.concatenate([fake.points, real.points]), np.array([0.0, 0.0, 1.0, 1.0]))


def optimal_values_other_gradients() -> Candidate:
    """The optimal values on the square, joined by a smooth function whose gradient at the fakes points down."""
    problem, critic = _square()
    exact = Candidate.of(problem, critic, 0.5 * np.eye(2))
    return Candidate.of(problem, uninformative(exact, np.tile([0.0, -1.0], (2, 1))), 0.5 * np.eye(2))


def _with_a_shared_point(pair: LossPair, height: float, rise: float) -> Candidate:
    """Fakes 0 and 5, reals 1 and 5, equal weights, λ = .1: the point at 5 carries as much fake as real mass."""
    fake, real = (DiscreteMeasure(np.array([[place, 0.0], [5.0, 0.0]])) for place in (0.0, 1.0))
    problem = CriticProblem(fake, real, pair, LipschitzPenalty(0.1))
    points = np.array([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    values = np.array([-0.5 * rise, 0.5 * rise, height])
    return Candidate.of(problem, tabulated(points, values), np.diag([0.5, 0.5]))


def _free_wasserstein() -> Candidate:
    """W₁ = ½, so k = 2.5; the shared point may have any value within reach, and has 0."""
    return _with_a_shared_point(losses.wasserstein(), 0.0, 2.5)


def _off_its_value() -> Candidate:
    """The logistic loss wants the value 0 at a point with as much fake as real mass; here it has 1."""
    return _with_a_shared_point(losses.logistic(), 1.0, 1.0)


def _tight_everywhere() -> Candidate:
    problem, critic = _square()
    return Candidate.of(problem, critic, 0.5 * np.eye(2))


def _compact_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(
        budget,
        pairs=(losses.wasserstein,),
        engines=(Engine.COMPACT_DUAL,),
        where=lambda problem: isinstance(problem.regularizer, LipschitzBall),
    )


def _free_cases(budget: Budget) -> Iterator[Case]:
    fixed = _free_wasserstein()
    yield Case(name="a shared point far off, wasserstein", engine=Engine.NONE, subject=fixed)
    weights = (0.1,) if budget is Budget.QUICK else (0.02, 0.1, 1.0)
    fake, real = fixed.problem.fake, fixed.problem.real
    for make in (losses.logistic, losses.sqrt, losses.exponential):
        for weight in weights:
            yield tailored("a shared point far off", fake, real, make(), LipschitzPenalty(weight))
    yield tailored("a shared point far off", fake, real, losses.logistic(), LipschitzBall(1.0))


ANYTHING = Claim(
    id="lgan.section-3.3",
    title="the gradient of a compact-dual optimum can be anything",
    statement=(
        "For any vectors v_i there is a smooth function that is optimal for the compact dual of optimal transport and "
        "has ∇f(x_i) = v_i at every fake x_i: its gradient says nothing."
    ),
    sources=("LGAN section 3.3", "ICLR section 2.3"),
    aliases=("iclr.section-2.3",),
    rests_on=("lgan.theorem-5", "smooth bumps"),
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, BALL, COMPACT_OPTIMUM),
    cases=_compact_cases,
    measure=_measure_anything,
    controls=(
        Control(
            breaks=COMPACT_OPTIMUM.name,
            subject=dropped_constraint,
            why="values that break a constraint are not optimal, whatever function joins them",
        ),
    ),
    rationale=(
        "Optimality: the candidate's own gap, since the values stay. Gradients at the fakes: rounding. Smoothness: "
        "central differences of step h on a fine grid are off by M h²/6, M the bound of third derivatives of the "
        "bumps, and by rounding over h."
    ),
    argument=anything,
)

FORCED = Claim(
    id="lgan.section-3.3.tight",
    title="…but a Lipschitz critic has no choice at a tight point",
    statement=(
        "Where a k-Lipschitz critic is differentiable at a fake x, and f(y) − f(x) = k‖y − x‖ for a real y, its "
        "gradient is ∇f(x) = k (y − x)/‖y − x‖."
    ),
    sources=("LGAN section 3.3, own counterpart",),
    rests_on=("lgan.theorem-4",),
    subject_type=Candidate,
    hypotheses=(RESTRICTED, LIPSCHITZ_CRITIC),
    cases=standard,
    measure=_measure_forced,
    controls=(
        Control(
            breaks=LIPSCHITZ_CRITIC.name,
            subject=optimal_values_other_gradients,
            why="a smooth function with the optimal values points down at the fakes, across the way to the reals",
        ),
    ),
    rationale=(
        "Difference quotients over a length h. A pair with slack σ at distance d leaves σ/h + k h/2d, and half of the "
        "jump of slopes up to which a critic counts as differentiable, .01 k; rounding over h."
    ),
    argument=forced,
)

STEERED = Claim(
    id="lgan.section-3.3.untight",
    title="…and every choice at a point that nothing touches",
    statement=(
        "At a fake point with slack towards all others every vector v with ‖v‖ < k is the gradient of an optimal "
        "k-Lipschitz critic."
    ),
    sources=("LGAN section 3.3, own counterpart",),
    rests_on=("weak duality",),
    subject_type=Candidate,
    hypotheses=(RESTRICTED, FREE_POINT, CERTIFIED),
    cases=_free_cases,
    measure=_measure_steered,
    controls=(
        Control(
            breaks=FREE_POINT.name,
            subject=_tight_everywhere,
            why="on the square every fake is tight, and the extensions leave no room for another plane",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_off_its_value,
            why="the shared point has the value 1, where the logistic loss wants 0: no gradient makes that optimal",
        ),
    ),
    rationale=(
        "The critic is max(lower, min(plane, upper)) between the extensions of the other values, k-Lipschitz as each "
        "of the three is. Its gap is that of the candidate, its difference quotients are v up to rounding over h."
    ),
    argument=steering,
)
