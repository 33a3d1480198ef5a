"""The convex program of the critic, written in cvxpy and solved by Clarabel: the independent second opinion.

Nothing is shared with the interior point: the model is stated on the caller's own points (coinciding ones
are tied by equality constraints), with every loss as a disciplined-convex expression.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import singledispatch
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.critics import LowerExtension, UpperExtension
from toylab.errors import InputError, SolverError, real_number
from toylab.losses import (
    Exponential,
    Hinge,
    Linear,
    Loss,
    Reflected,
    Scaled,
    Shifted,
    Softplus,
    Square,
    SquareRoot,
    Total,
)
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_restricted

_MOST_PAIRS = 1_000_000
_ADVICE = "rescale the data, or take fewer points; InteriorPoint() solves every smooth loss with condition (11)."
#: Fake values this close to the cones of the reals count as on them: what a conic solver leaves open.
_CONTACT = 1e-8


@singledispatch
def expression(loss: Loss, t: Any) -> Any:
    """φ(t) as a cvxpy expression of a vector t."""
    raise InputError(f"the reference solver has no cvxpy expression for {type(loss).__name__}.")


@expression.register
def _(loss: Linear, t: Any) -> Any:
    return t


@expression.register
def _(loss: Softplus, t: Any) -> Any:
    import cvxpy as cp

    return cp.logistic(t)


@expression.register
def _(loss: SquareRoot, t: Any) -> Any:
    import cvxpy as cp

    return t + cp.norm(cp.vstack([t, np.ones(t.shape)]), axis=0)


@expression.register
def _(loss: Exponential, t: Any) -> Any:
    import cvxpy as cp

    return cp.exp(t)


@expression.register
def _(loss: Hinge, t: Any) -> Any:
    import cvxpy as cp

    return cp.pos(1.0 + t)


@expression.register
def _(loss: Square, t: Any) -> Any:
    import cvxpy as cp

    return cp.square(t - loss.target)


@expression.register
def _(loss: Reflected, t: Any) -> Any:
    return expression(loss.loss, -t)


@expression.register
def _(loss: Scaled, t: Any) -> Any:
    return loss.factor * expression(loss.loss, t)


@expression.register
def _(loss: Shifted, t: Any) -> Any:
    return expression(loss.loss, t - loss.offset)


@expression.register
def _(loss: Total, t: Any) -> Any:
    return sum(expression(term, t) for term in loss.terms)


@dataclass(frozen=True, kw_only=True)
class Reference(AbstractSolver):
    """cvxpy with Clarabel over every fake→real pair, for small problems and for losses without condition (11).

    Attributes:
        rtol: relative gap to be certified; conic solvers reach 1e-6 reliably on this program.
        tolerance: handed to Clarabel for gap and feasibility.
    """

    rtol: float = 1e-6
    tolerance: float = 1e-10

    @override
    def check(self, problem: CriticProblem) -> None:
        if not 0 < real_number(self.tolerance, "tolerance") < 1:
            raise InputError(f"tolerance must lie between 0 and 1, got {self.tolerance}.")
        check_restricted(problem, self)
        pairs = len(problem.fake) * len(problem.real)
        if pairs > _MOST_PAIRS:
            raise InputError(
                f"the reference solver would have {pairs} constraints, more than {_MOST_PAIRS}; "
                "use toylab.solvers.InteriorPoint()."
            )

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        import cvxpy as cp

        x, y = problem.fake.points, problem.real.points
        p, q = problem.fake.weights, problem.real.weights
        distance = cdist(x, y)
        length = float(np.median(distance[distance > 0])) if (distance > 0).any() else 1.0
        regularizer = problem.regularizer.rescaled(length)
        u, v, k = cp.Variable(len(x)), cp.Variable(len(y)), cp.Variable(nonneg=True)
        carried = np.argwhere((p[:, None] > 0) & (q > 0))
        rows, columns = carried[:, 0], carried[:, 1]
        lipschitz = v[columns] - u[rows] <= k * distance[rows, columns] / length
        constraints: list[Any] = [lipschitz]
        constraints += [u[i] == v[j] for i, j in carried if distance[i, j] == 0]
        constraints += [u[i] == u[j] for i, j in _coinciding(x)] + [v[i] == v[j] for i, j in _coinciding(y)]
        objective = p @ expression(problem.losses.fake_loss, u) + q @ expression(problem.losses.real_loss, v)
        match regularizer:
            case LipschitzPenalty(weight=weight, target=target):
                objective += weight * cp.square(cp.pos(k - target))
            case LipschitzBall(radius=radius):
                constraints.append(k <= radius)
        model = cp.Problem(cp.Minimize(objective), constraints)
        status = self._solve(cp, model)
        multipliers = np.zeros(distance.shape)
        multipliers[rows, columns] = np.maximum(np.asarray(lipschitz.dual_value), 0.0)
        constant = max(float(np.asarray(k.value)), 0.0) / length
        if isinstance(problem.regularizer, LipschitzBall):
            constant = (
                problem.regularizer.radius
            )  # a larger ball than needed costs nothing, one rounding more everything
        critic = _extension(problem, np.asarray(u.value), np.asarray(v.value), constant)
        return Outcome(
            critic=critic, plan=multipliers, status=status, stats={"iterations": model.solver_stats.num_iters}
        )

    def _solve(self, cp: Any, model: Any) -> Status:
        options = {f"tol_{name}": self.tolerance for name in ("gap_abs", "gap_rel", "feas")}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the certificate is what says how accurate the answer is
            try:
                model.solve(solver=cp.CLARABEL, **options)
            except cp.SolverError as error:
                raise SolverError(f"Clarabel failed ({error}); {_ADVICE}") from None
        if model.status not in {"optimal", "optimal_inaccurate"}:
            raise SolverError(f"Clarabel ended with status {model.status!r}; {_ADVICE}")
        return Status.OPTIMAL if model.status == "optimal" else Status.INACCURATE


def _coinciding(points: np.ndarray) -> list[tuple[int, int]]:
    """Index pairs that tie each repeated point to its first occurrence."""
    _, first, owner = np.unique(points + 0.0, axis=0, return_index=True, return_inverse=True)
    anchors = first[owner.reshape(-1)]
    return [(int(i), int(a)) for i, a in enumerate(anchors) if i != a]


def _extension(problem: CriticProblem, u: np.ndarray, v: np.ndarray, constant: float) -> LowerExtension:
    """The critic of solved values, repaired to constant k without raising the objective (THEORY section 2).

    Real points first: f(y) ← min over fakes of f(x) + k‖x − y‖ may only lower the reals that are out of
    reach. A fake point keeps its value where that is above the lower extension over the reals (a loss that
    falls below its target, such as the square, pays for less), lowered to constant k among the fakes.
    """
    carried, reachable = problem.fake.weights > 0, problem.real.weights > 0
    x, y = problem.fake.points[carried], problem.real.points[reachable]
    lowered = np.minimum(v[reachable], UpperExtension(x, u[carried], constant)(y))
    floor = LowerExtension(y, lowered, constant)(x)
    kept = UpperExtension(x, np.maximum(u[carried], floor), constant)(x)
    above = kept > floor + _CONTACT * (1.0 + np.abs(floor))
    return LowerExtension(np.concatenate([y, x[above]]), np.concatenate([lowered, kept[above]]), constant)
