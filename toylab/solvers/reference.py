"""The convex program of the critic, written in cvxpy and solved by Clarabel: the independent second opinion.

Nothing is shared with the interior point: the model is stated on the caller's own points (coinciding ones
are tied by equality constraints), first with every loss as a disciplined-convex expression, then, around what that
gave, as quadratic programs, whose kinks and straight pieces are exact and whose numbers are all of order one.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.certificate import certify
from toylab.critics import LowerExtension, UpperExtension
from toylab.errors import Advice, InputError, SolverError, real_number
from toylab.losses import Loss
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_restricted
from toylab.solvers.convex_expressions import expression, quadratic_model

_MOST_PAIRS = 1_000_000
_MOST_REFINEMENTS = 6
_ADVICE = "rescale the data, or take fewer points; InteriorPoint() solves every problem of this kind."
#: A box around the values beyond this many units does more harm than good.
_FURTHEST_BOX = 1e4
#: Fake values this close to the cones of the reals count as on them: what a conic solver leaves open.
_CONTACT = 1e-8


@dataclass(frozen=True, kw_only=True)
class Reference(AbstractSolver):
    """cvxpy with Clarabel over every fake→real pair, for small problems: the second opinion.

    The exact conic program comes first. Its answer is refined by quadratic programs around it (Newton's method with
    exact kinks) until the certificate is content or stops improving.

    Attributes:
        rtol: relative gap to be certified.
        tolerance: handed to Clarabel for gap and feasibility.
    """

    rtol: float = 1e-8
    tolerance: float = 1e-10

    @override
    def check(self, problem: CriticProblem) -> None:
        if not 0 < real_number(self.tolerance, "tolerance") < 1:
            raise InputError(f"tolerance must lie between 0 and 1, got {self.tolerance}.")
        check_restricted(problem, self)
        compact = problem.losses.compact_form()
        if not compact:
            raise InputError(f"fake→real pairs do not describe {problem.losses.name!r}: {'; '.join(compact.reasons)}.")
        for loss in (problem.losses.fake_loss, problem.losses.real_loss):
            _check_expression(loss)
        pairs = len(problem.fake) * len(problem.real)
        if pairs > _MOST_PAIRS:
            raise InputError(
                f"the reference solver would have {pairs} constraints, more than {_MOST_PAIRS};",
                Advice(python="use toylab.solvers.InteriorPoint().", command="use --solver interior-point."),
            )

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        model = _Model(problem, self.tolerance)
        best, failure, iterations = None, None, 0
        least = np.inf
        start = (np.full(len(problem.fake), model.centre), np.full(len(problem.real), model.centre))
        for refinement in range(_MOST_REFINEMENTS + 1):
            try:
                with np.errstate(over="ignore", invalid="ignore"):  # of an exponential at values that are far off
                    answer = model.exact() if refinement == 0 else model.refined(*start)
            except SolverError as error:
                failure = error
                if refinement > 0:
                    break
                continue
            iterations += answer.iterations
            critic = _extension(problem, answer, _CONTACT * model.unit)
            plan, gap = self._better_plan(problem, critic, answer.plan)
            start = (answer.fake_values, answer.real_values)
            improved = gap < 0.5 * least
            if best is None or gap < least:
                best, least = Outcome(critic=critic, plan=plan, status=answer.status), gap
            if least <= 0.1 * self.rtol or (refinement > 1 and not improved):
                break
        if best is None:
            raise failure or SolverError(f"Clarabel found nothing; {_ADVICE}")
        claim = "optimal" if best.status is Status.OPTIMAL else "almost optimal"
        return replace(best, stats={"iterations": iterations, "claim": claim})  # Clarabel's own word, not a certificate

    def _better_plan(self, problem: CriticProblem, critic: LowerExtension, plan: np.ndarray) -> tuple[Any, float]:
        """The multipliers, or POT's coupling of the critic's own slopes, and the relative gap of the better one.

        Where the losses are straight, slopes that are off by 1e-12 cost as much times the distance to the next kink.
        """
        gap = certify(problem, critic, plan).relative_gap
        if gap <= 0.1 * self.rtol:
            return plan, gap
        coupled = certify(problem, critic)
        return (coupled.plan, coupled.relative_gap) if coupled.relative_gap < gap else (plan, gap)


def _check_expression(loss: Loss) -> None:
    """Raise InputError where a part of the loss has no expression."""
    import cvxpy as cp

    for part in loss.parts:
        _check_expression(part)
    if not loss.parts:
        expression(loss, cp.Variable(1))


@dataclass(frozen=True, kw_only=True, eq=False)
class _Answer:
    """What one solve gave, in the caller's units: values (n,), (m,), the constant, multipliers (n, m)."""

    fake_values: np.ndarray
    real_values: np.ndarray
    constant: float
    plan: np.ndarray
    status: Status
    iterations: int


@dataclass(eq=False)
class _Model:
    """The program in its own units: lengths of the median distance, values f = centre + unit · g.

    Attributes:
        problem: what is solved.
        tolerance: Clarabel's.
        centre: the best constant critic.
        unit: how far from it values are expected to go: as far as the bound of k allows, at most 1 for curved losses.
        reach: |g| beyond which no optimal value lies.
    """

    problem: CriticProblem
    tolerance: float
    centre: float = field(init=False)
    unit: float = field(init=False)
    reach: float = field(init=False)

    def __post_init__(self) -> None:
        problem = self.problem
        self.p, self.q = problem.fake.weights, problem.real.weights
        self.distance = cdist(problem.fake.points, problem.real.points)
        self.length = float(np.median(self.distance[self.distance > 0])) if (self.distance > 0).any() else 1.0
        self.regularizer = problem.regularizer.rescaled(self.length)
        self.centre = float(problem.losses.best_constant or 0.0)
        self.slope = self._steepness()
        cost = self.slope * float(self.p @ self.distance @ self.q) / self.length
        match self.regularizer:
            case LipschitzPenalty(weight=weight, target=target):
                steepest = target + cost / weight  # λ k² ≤ J(c) − J(f) ≤ k φ'(c) W₁
            case LipschitzBall(radius=radius):
                steepest = radius
            case other:
                raise InputError(f"the reference solver does not know the regulariser {type(other).__name__}.")
        # a loss that is straight everywhere lets values go as far as the penalty does
        self.unit = (steepest if self._straight() else min(steepest, 1.0)) or 1.0
        self.reach = 2.0 + 2.0 * steepest * problem.support.diameter / (self.length * self.unit)

    def _straight(self) -> bool:
        ranges = (self.problem.losses.fake_loss.slope_range, self.problem.losses.real_loss.slope_range)
        return all(slopes.lower == slopes.upper for slopes in ranges)

    def _steepness(self) -> float:
        """The largest one-sided |φ'(c)|, |ϕ'(c)| of the best constant c: the unit of the multipliers."""
        sides = np.array([self.centre - 1e-9, self.centre + 1e-9])
        losses = (self.problem.losses.fake_loss, self.problem.losses.real_loss)
        return max(float(np.abs(loss.slope(sides)).max()) for loss in losses) or 1.0

    def exact(self) -> _Answer:
        """The conic program with every loss as it is."""

        def objective(weights: np.ndarray, loss: Loss, g: Any) -> Any:
            return (weights / self.unit) @ expression(loss, self.centre + self.unit * g)

        losses = self.problem.losses
        return self._solved(
            lambda u, v: objective(self.p, losses.fake_loss, u) + objective(self.q, losses.real_loss, v)
        )

    def refined(self, fake_values: np.ndarray, real_values: np.ndarray) -> _Answer:
        """The quadratic program around given values."""
        losses, where = self.problem.losses, {"unit": self.unit, "centre": self.centre, "reach": self.reach}
        return self._solved(
            lambda u, v: (
                quadratic_model(losses.fake_loss, self.p, u, fake_values, **where)
                + quadratic_model(losses.real_loss, self.q, v, real_values, **where)
            )
        )

    def _solved(self, objective: Any) -> _Answer:
        import cvxpy as cp

        x, y = self.problem.fake.points, self.problem.real.points
        u, v, k = cp.Variable(len(x)), cp.Variable(len(y)), cp.Variable(nonneg=True)
        carried = np.argwhere((self.p[:, None] > 0) & (self.q > 0))
        rows, columns = carried[:, 0], carried[:, 1]
        lipschitz = v[columns] - u[rows] <= k * self.distance[rows, columns] / self.length
        constraints: list[Any] = [lipschitz]
        constraints += [u[i] == v[j] for i, j in carried if self.distance[i, j] == 0]
        constraints += [u[i] == u[j] for i, j in _coinciding(x)] + [v[i] == v[j] for i, j in _coinciding(y)]
        if self.reach <= _FURTHEST_BOX:
            constraints += [cp.abs(u) <= self.reach, cp.abs(v) <= self.reach]
        total = objective(u, v)
        match self.regularizer:
            case LipschitzPenalty(weight=weight, target=target):
                total += weight * self.unit * cp.square(cp.pos(k - target / self.unit))
            case LipschitzBall(radius=radius):
                constraints.append(k <= radius / self.unit)
        model = cp.Problem(cp.Minimize(total / self.slope), constraints)
        status = _run_clarabel(model, self.tolerance)
        plan = np.zeros(self.distance.shape)
        plan[rows, columns] = self.slope * np.maximum(np.asarray(lipschitz.dual_value), 0.0)
        constant = self.unit * max(float(np.asarray(k.value)), 0.0) / self.length
        if isinstance(self.problem.regularizer, LipschitzBall):
            # a larger ball than needed costs nothing, one rounding more everything
            constant = self.problem.regularizer.radius
        return _Answer(
            fake_values=self.centre + self.unit * np.asarray(u.value),
            real_values=self.centre + self.unit * np.asarray(v.value),
            constant=constant,
            plan=plan,
            status=status,
            iterations=int(model.solver_stats.num_iters or 0),
        )


def _run_clarabel(model: Any, tolerance: float) -> Status:
    import cvxpy as cp

    options = {f"tol_{name}": tolerance for name in ("gap_abs", "gap_rel", "feas")}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the certificate is what says how accurate the answer is
        try:
            model.solve(solver=cp.CLARABEL, **options)
        except (cp.SolverError, ValueError) as error:  # data that overflow are refused as ValueError
            raise SolverError(f"Clarabel failed ({error}); {_ADVICE}") from None
    if model.status not in {"optimal", "optimal_inaccurate"}:
        raise SolverError(f"Clarabel ended with status {model.status!r}; {_ADVICE}")
    return Status.OPTIMAL if model.status == "optimal" else Status.INACCURATE


def _coinciding(points: np.ndarray) -> list[tuple[int, int]]:
    """Index pairs that tie each repeated point to its first occurrence."""
    _, first, owner = np.unique(points + 0.0, axis=0, return_index=True, return_inverse=True)
    anchors = first[owner.reshape(-1)]
    return [(int(i), int(a)) for i, a in enumerate(anchors) if i != a]


def _extension(problem: CriticProblem, answer: _Answer, contact: float) -> LowerExtension:
    """The critic of solved values, repaired to constant k without raising the objective (THEORY section 2).

    Real points first: f(y) ← min over fakes of f(x) + k‖x − y‖ may only lower the reals that are out of
    reach. A fake point keeps its value where that is above the lower extension over the reals (a loss that
    falls below its target, such as the square, pays for less), lowered to constant k among the fakes.
    """
    constant = answer.constant
    carried, reachable = problem.fake.weights > 0, problem.real.weights > 0
    x, y, u = problem.fake.points[carried], problem.real.points[reachable], answer.fake_values[carried]
    lowered = np.minimum(answer.real_values[reachable], UpperExtension(x, u, constant)(y))
    floor = LowerExtension(y, lowered, constant)(x)
    kept = UpperExtension(x, np.maximum(u, floor), constant)(x)
    above = kept > floor + contact + 1e-15 * np.abs(floor)
    return LowerExtension(np.concatenate([y, x[above]]), np.concatenate([lowered, kept[above]]), constant)
