"""The compact dual of optimal transport: LGAN Theorem 5 (ICLR Theorems 6 and 7)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.certificate import evaluate, steepest_rise
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine, standard
from toylab.claims.certified import CERTIFIED_GAP, RESOLUTION, AssumedOptimal, certified, certified_optimal
from toylab.claims.explanation.duality import compact_dual
from toylab.claims.hypotheses import WASSERSTEIN
from toylab.claims.kinds import CriticKind, RegularizerKind
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.divergences.transport import wasserstein1
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall
from toylab.solution import Candidate


def radius_of(candidate: Candidate) -> float:
    """K of the ball; the critic's own constant where there is no ball."""
    regularizer = candidate.problem.regularizer
    return regularizer.radius if isinstance(regularizer, LipschitzBall) else candidate.lipschitz_constant


def _steepest(candidate: Candidate) -> float:
    """The largest rise per distance from a fake to a real point."""
    support = candidate.problem.support
    return steepest_rise(support, evaluate(candidate.critic, support.points))


def _optimum(candidate: Candidate) -> Condition:
    """Every fake→real constraint holds, and the dual bound is attained."""
    steepest, radius = _steepest(candidate), radius_of(candidate)
    feasible = Condition.that(
        steepest <= radius * (1 + 1e-9), f"some fake→real pair rises at {steepest:.4g}, more than {radius:g}"
    )
    return feasible if not feasible else certified_optimal(candidate)


BALL = Hypothesis(
    name="Lipschitz ball",
    sentence="the critic's constant is bounded, k ≤ K",
    test=lambda candidate: Condition.that(
        isinstance(candidate.problem.regularizer, LipschitzBall),
        f"the regulariser is {candidate.problem.regularizer.describe()}: the constant is not bounded",
    ),
    met=lambda candidate: f"K = {candidate.problem.regularizer.radius:g}",
    repair="take regularizer = LipschitzBall(1.0)",
    relax=(RegularizerKind.PENALTY, RegularizerKind.TARGET, RegularizerKind.UNRESTRICTED),
)
COMPACT_OPTIMUM = Hypothesis(
    name="compact-dual optimum",
    sentence="f(y) − f(x) ≤ K‖x − y‖ for every fake x and real y, and E_real f − E_fake f attains the dual bound",
    test=_optimum,
    assume=AssumedOptimal.taking,
    met=lambda candidate: (
        f"every fake→real pair rises at {_steepest(candidate):.6g} at most, K = {radius_of(candidate):g}; the relative "
        f"gap is {candidate.certificate.relative_gap:.2g}, at most {CERTIFIED_GAP:g}"
    ),
    repair="solve with toylab.solvers.CompactDual()",
    relax=(CriticKind.GIVEN, CriticKind.WRONG_PLAN),
)


def _measure(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    problem, radius = candidate.problem, radius_of(candidate)
    values = evaluate(candidate.critic, known.points)
    w1 = wasserstein1(problem.fake, problem.real)
    dual_value = float((known.objective.real_weights - known.objective.fake_weights) @ values)
    rounding = known.rounding + 1e-14 * radius * known.diameter * len(known.points)
    same_value = Evidence.of(
        abs(dual_value - radius * w1),
        known.gap + rounding,
        resolution=RESOLUTION * radius * known.diameter,
        scale=radius * known.diameter,
        labels=["compact dual value against POT's W1"],
        arrays={
            "radius": np.array([radius]),
            "dual_value": np.array([dual_value]),
            "transport_cost": np.array([radius * w1]),
        },
    )
    rise = values - values[:, None] - radius * known.distance
    np.fill_diagonal(rise, -np.inf)
    at = np.unravel_index(np.argmax(rise), rise.shape)
    least = float((known.objective.fake_weights + known.objective.real_weights).min())
    lipschitz = Evidence.of(
        max(float(rise[at]), 0.0),
        2.0 * known.gap / least + rounding,
        resolution=RESOLUTION * radius * known.diameter,
        scale=radius * known.diameter,
        labels=[f"{known.name(int(at[0]))} to {known.name(int(at[1]))}, any ordered pair"],
        arrays={"rise": np.array([values[at[1]] - values[at[0]]]), "distance": np.array([known.distance[at]])},
    )
    return Evidence.joined([same_value, lipschitz])


def dropped_constraint() -> Candidate:
    """Fakes (0,0), (0,1), reals (1,0), (1,1), the first pair left free: the value rises from 1 to √2."""
    fake = DiscreteMeasure(np.array([[0.0, 0.0], [0.0, 1.0]]))
    real = DiscreteMeasure(np.array([[1.0, 0.0], [1.0, 1.0]]))
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0))
    root = np.sqrt(2.0)
    values = np.array([0.0, root - 1.0, 2.0 * root - 1.0, root])
    return Candidate.of(problem, tabulated(np.concatenate([fake.points, real.points]), values), 0.5 * np.eye(2))


def _cases(budget: Budget) -> Iterator[Case]:
    yield from standard(
        budget,
        pairs=(losses.wasserstein,),
        engines=(Engine.COMPACT_DUAL,),
        where=lambda problem: isinstance(problem.regularizer, LipschitzBall),
    )


THEOREM_5 = Claim(
    id="lgan.theorem-5",
    title="compact dual = Kantorovich-Rubinstein dual = W₁",
    statement=(
        "Maximising E_real f − E_fake f under f(y) − f(x) ≤ ‖x − y‖ for fake x and real y only has the value "
        "W₁(P_g, P_r), and every maximiser is 1-Lipschitz on all points with mass."
    ),
    sources=("LGAN Theorem 5", "ICLR Theorem 6", "ICLR Theorem 7"),
    aliases=("iclr.theorem-6", "iclr.theorem-7"),
    rests_on=("Kantorovich–Rubinstein duality", "weak duality"),
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, BALL, COMPACT_OPTIMUM),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=COMPACT_OPTIMUM.name,
            subject=dropped_constraint,
            why="one constraint that every optimal plan uses is dropped: the value grows from 1 to 1.41421",
        ),
    ),
    rationale=(
        "Value: the certified gap, plus rounding of POT's cost. Lipschitz on every ordered pair: raising a real point "
        "or lowering a fake one by the violation would gain its mass times the violation, so the violation is at most "
        "2·gap over the least mass."
    ),
    argument=compact_dual,
)
