"""The search space of candidates: a critic problem, and where its critic comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims import Case, Engine
from toylab.claims.kinds import CriticKind, LossKind, RegularizerKind, SupportKind
from toylab.critics import NearestPoint, hermite, steepest_chord, tabulated
from toylab.errors import InputError, SolverError
from toylab.falsification.fractions import atoms, fraction, listed, vector
from toylab.falsification.losses import loss_pairs, regularizers
from toylab.falsification.measures import measure_pair, sites
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solution import Candidate

#: Relative gap asked of the second opinion; a claim about f* accepts 1e-6.
_REFERENCE_RTOL = 1e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class CandidateRecipe(AbstractRecipe):
    """A problem and how its critic is made.

    Attributes:
        problem: the problem.
        kind: where the critic comes from.
        labels: what was drawn.
        values: (N,), critic values at the merged points, of a critic of our own.
        direction: (d,), the gradient at all points, of a critic that has optimal values only.
    """

    problem: CriticProblem
    kind: CriticKind
    labels: tuple[str, ...]
    values: np.ndarray
    direction: np.ndarray

    @override
    def subject(self) -> Candidate:
        from toylab.verification.cases import subject_of

        if self.kind is CriticKind.GIVEN:
            return self._given()
        return self._made_of(subject_of(Case(name="search", engine=Engine.EXACT, problem=self.problem)))

    @override
    def second_opinion(self) -> tuple[Candidate, str]:
        if self.kind is CriticKind.GIVEN:
            return self._given(), self._distance_from_optimum()
        exact, how = reference_solution(self.problem)
        return self._made_of(exact), how

    def _made_of(self, optimum: Candidate) -> Candidate:
        """The candidate of this kind, given the optimal critic."""
        if self.kind is CriticKind.STEERED:
            points = self.problem.support.points
            gradients = np.tile(self.direction, (len(points), 1))
            critic = hermite(points, optimum.certificate.values, gradients)
            return Candidate.of(self.problem, critic, optimum.certificate.plan)
        if self.kind is CriticKind.WRONG_PLAN:
            product = np.outer(self.problem.fake.weights, self.problem.real.weights)
            return Candidate.of(self.problem, optimum.critic, product)
        return optimum

    def _given(self) -> Candidate:
        points, ball = self.problem.support.points, self.problem.regularizer
        if isinstance(ball, LipschitzBall) and steepest_chord(points, self.values) > ball.radius:
            raise InputError("values of our own that do not fit into the ball.")
        return Candidate.of(self.problem, tabulated(points, self.values))

    def _distance_from_optimum(self) -> str:
        """That the values are not optimal, by the reference solver; nothing else hangs on a solver here."""
        from toylab.solvers.solving import check_has_optimum

        try:
            check_has_optimum(self.problem)
        except InputError:
            return "no solver: the values are given, and no critic attains the infimum"
        own = self._given().value
        best, how = reference_solution(self.problem)
        if not best.value < own:
            raise SolverError(f"these values reach {own:.9g}, the reference solver only {best.value:.9g}.")
        return f"{how}: a critic of value {best.value:.6g} where these values reach {own:.6g}"

    @property
    @override
    def numbers(self) -> dict[str, float]:
        match self.problem.regularizer:
            case LipschitzPenalty(weight=weight, target=target):
                return {"λ": weight, "target": target}
            case LipschitzBall(radius=radius):
                return {"K": radius}
        return {}

    @override
    def size(self) -> tuple[float, ...]:
        fake, real = self.problem.fake, self.problem.real
        masses = sum(len(fraction(float(mass))) for measure in (fake, real) for mass in measure.weights)
        spread = sum(float(np.abs(measure.points).sum()) for measure in (fake, real))
        return len(self.problem.support.points), len(fake) + len(real), self.problem.dimension, masses, spread

    @override
    def words(self, subject: Candidate) -> list[tuple[str, str]]:
        problem = self.problem
        rows = [
            ("fake", atoms(problem.fake)),
            ("real", atoms(problem.real)),
            ("losses", problem.losses.name),
            ("regulariser", _regularizer(problem)),
            ("critic", f"{self.kind.value}, k = {subject.lipschitz_constant:.6g}"),
        ]
        points = problem.support.points
        values = subject.certificate.values
        rows.append(("values", listed(f"f{vector(z)} = {v:.6g}" for z, v in zip(points, values, strict=True))))
        if self.kind is CriticKind.STEERED:
            rows.append(("gradients", f"{vector(self.direction)} at every point"))
        return rows

    @override
    def to_json(self, subject: Candidate) -> dict[str, Any]:
        data = subject.to_json()
        if self.kind is CriticKind.STEERED:
            data["gradients"] = np.tile(self.direction, (len(self.problem.support.points), 1)).tolist()
        return data


def _regularizer(problem: CriticProblem) -> str:
    match problem.regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            return f"λ = {fraction(weight)}" + (f", target {fraction(target)}" if target else "")
        case LipschitzBall(radius=radius):
            return f"k ≤ {fraction(radius)}"
    return problem.regularizer.describe()


def reference_solution(problem: CriticProblem) -> tuple[Candidate, str]:
    """The optimum by cvxpy with Clarabel, which shares nothing with the exact solvers, and how it was found.

    A problem without restriction is solved in a ball that is twice as large as its optimum needs.

    Raises:
        ToylabError: the reference solver does not apply, or misses its tolerance.
    """
    from toylab.solvers.reference import Reference
    from toylab.solvers.solving import solve

    free = isinstance(problem.regularizer, Unrestricted)
    asked = problem
    if free:
        needed = solve(problem).certificate.k_support
        asked = CriticProblem(problem.fake, problem.real, problem.losses, LipschitzBall(2.0 * needed + 1.0))
    exact = solve(asked, Reference(rtol=_REFERENCE_RTOL), throw=False)
    gap = exact.certificate.relative_gap
    if gap > _REFERENCE_RTOL:
        raise SolverError(f"the reference solver reached a relative gap of {gap:.2g}, not {_REFERENCE_RTOL:g}.")
    if problem.support.equal_measures or problem.losses.common_minimiser is not None:
        return exact, "no solver: the best constant is optimal, by Jensen's inequality"
    if not free:
        return exact, f"cvxpy with Clarabel, relative gap {gap:.2g}"
    nearest = NearestPoint(problem.support.points, exact.certificate.values)
    plain = Candidate.of(problem, nearest, np.zeros((len(problem.fake), len(problem.real))))
    return plain, f"cvxpy with Clarabel in a wide ball, relative gap {plain.certificate.relative_gap:.2g}"


#: Values of critics that are given.
VALUES = st.integers(-8, 8).map(lambda at: at / 4.0)


@st.composite
def candidate_recipes(draw: st.DrawFn, selection: Selection) -> CandidateRecipe:
    """A problem of the selected kinds with a critic."""
    critic = draw(st.sampled_from(often_optimal(selection.of(CriticKind))))
    loss = draw(st.sampled_from(_with_optimum(selection.of(LossKind), critic)))
    regularizer = draw(st.sampled_from(selection.of(RegularizerKind)))
    support = draw(st.sampled_from(selection.of(SupportKind)))
    dimension = draw(st.sampled_from([1, 2, 1, 2, 3]))
    fake, real = measure_pair(draw(sites(support, dimension)))
    problem = CriticProblem(fake, real, draw(loss_pairs(loss)), draw(regularizers(regularizer)))
    count = len(problem.support.points)
    values = draw(st.lists(VALUES, min_size=count, max_size=count)) if critic is CriticKind.GIVEN else []
    direction = [0] * dimension
    if critic is CriticKind.STEERED:
        direction = draw(st.lists(st.integers(-2, 2), min_size=dimension, max_size=dimension))
    return CandidateRecipe(
        problem=problem,
        kind=critic,
        labels=(
            f"supports: {support.value}",
            f"losses: {loss.value}",
            f"regulariser: {regularizer.value}",
            f"critic: {critic.value}",
            f"dimension: {dimension}",
            f"points: {count}",
            f"masses: {'equal' if max(np.ptp(fake.weights), np.ptp(real.weights)) == 0 else 'unequal'}",
        ),
        values=np.array(values, dtype=np.float64),
        direction=np.array(direction, dtype=np.float64),
    )


def often_optimal(kinds: tuple[CriticKind, ...]) -> list[CriticKind]:
    """Where optimal critics are drawn at all, they are half of what is drawn."""
    optimal = [CriticKind.OPTIMAL] if CriticKind.OPTIMAL in kinds else []
    return [*optimal * max(len(kinds) - 1, 1), *(kind for kind in kinds if kind is not CriticKind.OPTIMAL)]


def _with_optimum(kinds: tuple[LossKind, ...], critic: CriticKind) -> tuple[LossKind, ...]:
    """Losses without an optimal constant are for critics that are given: nothing can be solved with them."""
    attained = tuple(kind for kind in kinds if kind is not LossKind.UNATTAINED)
    return kinds if critic is CriticKind.GIVEN or not attained else attained


def load_engines() -> None:
    """Load the engines, which takes seconds the first time, and keep torch to one thread."""
    import importlib

    from toylab.verification.cases import one_thread

    for engine in ("toylab.solvers.interior_point", "toylab.solvers.transport", "ot"):
        importlib.import_module(engine)
    one_thread()


CANDIDATES = SearchSpace(
    axes=(LossKind, RegularizerKind, SupportKind, CriticKind), recipes=candidate_recipes, prepare=load_engines
)
