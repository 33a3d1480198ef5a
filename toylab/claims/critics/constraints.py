"""Which constraints are enough: fake→real pairs for the values, blends of them for the gradients."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.certificate import evaluate
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine, standard
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.critics.compact_dual import BALL, COMPACT_OPTIMUM, dropped_constraint, radius_of
from toylab.claims.explanation.reference import along_blends, any_ordered_pair
from toylab.claims.hypotheses import WASSERSTEIN
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import Critic, FormulaCritic, LowerExtension, UpperExtension
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall
from toylab.solution import Candidate

#: Blends looked at on every segment, and segments looked at.
_POSITIONS, _SEGMENTS = 64, 512


def _all_carry(candidate: Candidate) -> Condition:
    support = candidate.problem.support
    empty = int((~(support.in_fake | support.in_real)).sum())
    return Condition.that(empty == 0, f"{empty} point{'s' * (empty != 1)} carry no mass")


POSITIVE_MASSES = Hypothesis(
    name="positive masses",
    sentence="every point of the problem carries mass",
    test=_all_carry,
    met=lambda candidate: f"all {len(candidate.problem.support.points)} points do",
    repair="drop the points of weight 0",
)


def _measure_lipschitz(candidate: Candidate) -> Evidence:
    known, support, radius = certified(candidate), candidate.problem.support, radius_of(candidate)
    values = evaluate(candidate.critic, support.points)
    distance = np.linalg.norm(support.points[:, None] - support.points, axis=2)
    beyond = values - values[:, None] - radius * distance
    np.fill_diagonal(beyond, -np.inf if len(values) > 1 else 0.0)
    at = np.unravel_index(int(beyond.argmax()), beyond.shape)
    masses = support.fake_weights + support.real_weights
    rounding = ROUNDING * (float(np.abs(values).max()) + radius * support.diameter)
    unit = radius * support.diameter
    return Evidence.of(
        max(float(beyond[at]), 0.0),
        2.0 * known.gap / float(masses[masses > 0].min()) + rounding,
        resolution=RESOLUTION * unit,
        scale=unit,
        labels=[f"{support.points[at[0]].round(4).tolist()} to {support.points[at[1]].round(4).tolist()}"],
        arrays={"rise": np.array([values[at[1]] - values[at[0]]]), "most": np.array([radius * distance[at]])},
    )


# --- blends ------------------------------------------------------------------------------------------------


def _segments(candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """Fake and real indices of pairs at different places, all of them or a fixed random choice."""
    problem = candidate.problem
    distance = np.linalg.norm(problem.fake.points[:, None] - problem.real.points, axis=2)
    rows, columns = np.nonzero((distance > 0) & (problem.fake.weights > 0)[:, None] & (problem.real.weights > 0))
    if len(rows) > _SEGMENTS:
        chosen = np.random.default_rng(0).choice(len(rows), _SEGMENTS, replace=False)
        rows, columns = rows[chosen], columns[chosen]
    return rows, columns


def _longest(candidate: Candidate) -> float:
    """The longest gradient on blends."""
    rows, columns = _segments(candidate)
    if not rows.size:
        return 0.0
    x, y = candidate.problem.fake.points[rows], candidate.problem.real.points[columns]
    t = ((np.arange(_POSITIONS) + 0.5) / _POSITIONS)[:, None, None]
    blends = ((1.0 - t) * x + t * y).reshape(-1, candidate.problem.dimension)
    return float(np.linalg.norm(np.asarray(candidate.critic.gradient(blends)), axis=1).max())


def _short_on_blends(candidate: Candidate) -> Condition:
    if not hasattr(candidate.critic, "gradient"):
        return Condition(holds=False, reasons=("the critic has no gradient",))
    longest, radius = _longest(candidate), radius_of(candidate)
    return Condition.that(
        longest <= radius * (1.0 + 1e-9), f"on some blend the gradient has length {longest:.4g}, K = {radius:g}"
    )


BLENDS = Hypothesis(
    name="short gradients on blends",
    sentence="‖∇f‖ ≤ K on all blends of a fake and a real point",
    test=_short_on_blends,
    met=lambda candidate: (
        f"the longest of {_POSITIONS} gradients on each of {len(_segments(candidate)[0])} segments has length "
        f"{_longest(candidate):.6g}, K = {radius_of(candidate):g}"
    ),
    repair="scale the critic down to the gradient it is allowed",
)


def _measure_blends(candidate: Candidate) -> Evidence:
    problem, radius = candidate.problem, radius_of(candidate)
    rows, columns = _segments(candidate)
    x, y = problem.fake.points[rows], problem.real.points[columns]
    if not rows.size:
        return Evidence.nothing()
    length = np.linalg.norm(y - x, axis=1)
    low, high = evaluate(candidate.critic, x), evaluate(candidate.critic, y)
    rounding = ROUNDING * (np.abs(low) + np.abs(high) + radius * (length + np.abs(x).max() + np.abs(y).max()))
    return Evidence.of(
        np.maximum(high - low - radius * length, 0.0),
        rounding + 1e-9 * radius * length,  # up to which the gradient may be longer than K
        resolution=RESOLUTION * radius * length,
        scale=radius * length,
        labels=[f"fake {i} to real {j}" for i, j in zip(rows, columns, strict=True)],
        arrays={"rise": high - low, "most": radius * length},
    )


# --- controls and cases ------------------------------------------------------------------------------------


def _empty_point() -> Candidate:
    """Fakes 0 with mass 1 and 5 without, a real 1, ball of radius 1: f(5) is nobody's business, and is 50."""
    fake, real = DiscreteMeasure(np.array([[0.0], [5.0]]), [1.0, 0.0]), DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))
    values = FormulaCritic(lambda z: np.where(z[:, 0] > 3.0, 50.0, z[:, 0]), lambda z: np.where(z > 3.0, 0.0, 1.0))
    return Candidate.of(problem, values, [[1.0], [0.0]])


def _two_rows() -> CriticProblem:
    """Three fakes at (0, j), three reals at (1, j), ball of radius 1."""
    fake, real = (DiscreteMeasure(np.array([[place, float(j)] for j in range(3)])) for place in (0.0, 1.0))
    return CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))


def _smoothstep() -> Candidate:
    """Flat at all points, with a step of height 2 halfway: gradients of 0 at the fakes and reals, 4 between."""
    problem = _two_rows()

    def value(z: np.ndarray) -> np.ndarray:
        t = np.clip(2.0 * z[:, 0] - 0.5, 0.0, 1.0)
        return 2.0 * t * t * (3.0 - 2.0 * t)

    def gradient(z: np.ndarray) -> np.ndarray:
        t = np.clip(2.0 * z[:, :1] - 0.5, 0.0, 1.0)
        return np.concatenate([24.0 * t * (1.0 - t), np.zeros((len(z), 1))], axis=1)

    return Candidate.of(problem, FormulaCritic(value, gradient))


def _critics() -> Iterator[tuple[str, Critic]]:
    """Optimal critics of the two rows, 0 on the fakes and 1 on the reals: alike on the blends, and nowhere else."""
    problem = _two_rows()
    points = np.concatenate([problem.fake.points, problem.real.points])
    values = np.repeat([0.0, 1.0], 3)
    yield "a plane", FormulaCritic(lambda z: z[:, 0], lambda z: np.tile([1.0, 0.0], (len(z), 1)))
    yield (
        "steep above the points",
        FormulaCritic(
            lambda z: z[:, 0] + 9.0 * np.maximum(z[:, 1] - 2.0, 0.0) ** 2,
            lambda z: np.stack([np.ones(len(z)), 18.0 * np.maximum(z[:, 1] - 2.0, 0.0)], axis=1),
        ),
    )
    yield "cones from below", LowerExtension(points, values, 1.0)
    yield "cones from above", UpperExtension(points, values, 1.0)


def _blend_cases(budget: Budget) -> Iterator[Case]:
    for name, critic in _critics():
        yield Case(
            name=f"two rows, {name}", engine=Engine.NONE, subject=Candidate.of(_two_rows(), critic, np.eye(3) / 3.0)
        )
    yield from standard(
        budget,
        pairs=(losses.wasserstein, losses.logistic),
        where=lambda problem: isinstance(problem.regularizer, LipschitzBall),
    )


def _compact_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(
        budget,
        pairs=(losses.wasserstein,),
        engines=(Engine.COMPACT_DUAL,),
        where=lambda problem: isinstance(problem.regularizer, LipschitzBall),
    )


COMPACT_LIPSCHITZ = Claim(
    id="own.compact-lipschitz",
    title="a compact-dual optimum with all masses positive is Lipschitz on the points",
    statement=(
        "Where every point carries mass, an optimum of the compact dual satisfies f(w) − f(z) ≤ K‖w − z‖ for every "
        "ordered pair of points, shared ones included; a point without mass may have any value that suits the "
        "constraints."
    ),
    sources=("own fact on the compact dual (LGAN Theorem 5)",),
    rests_on=("lgan.theorem-5",),
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, BALL, POSITIVE_MASSES, COMPACT_OPTIMUM),
    cases=_compact_cases,
    measure=_measure_lipschitz,
    controls=(
        Control(
            breaks=POSITIVE_MASSES.name,
            subject=_empty_point,
            why="a fake of weight 0 five units away has the value 50, at no cost",
        ),
        Control(
            breaks=COMPACT_OPTIMUM.name,
            subject=dropped_constraint,
            why="values that break a fake→real constraint",
        ),
    ),
    rationale=(
        "Raising a real point or lowering a fake one by the violation would gain its mass times the violation: 2·gap "
        "over the least mass, and rounding."
    ),
    argument=any_ordered_pair,
)

BLENDS_SUFFICE = Claim(
    id="own.blends-suffice",
    title="gradients on blends are enough for the compact constraints",
    statement=(
        "If ‖∇f‖ ≤ K on all blends of a fake and a real point, then f(y) − f(x) ≤ K‖y − x‖ for every fake x and real "
        "y: what MaxGP penalises is all that the compact dual asks for."
    ),
    sources=("own fact on penalties on blends (LGAN Eq. 12)",),
    rests_on=("integral of the gradient",),
    subject_type=Candidate,
    hypotheses=(BALL, BLENDS),
    cases=_blend_cases,
    measure=_measure_blends,
    controls=(
        Control(
            breaks=BLENDS.name,
            subject=_smoothstep,
            why="gradients of 0 at all fakes and reals, and a step of height 2 between them",
        ),
    ),
    rationale=(
        "Rounding of f(y) − f(x), and 1e-9·K per unit of length, up to which a gradient counts as no longer than K."
    ),
    argument=along_blends,
)
