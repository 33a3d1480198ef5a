"""solve(): one way into every solver, and one certificate for what comes out."""

from __future__ import annotations

import time
from types import MappingProxyType

import numpy as np
from scipy import sparse

from toylab.certificate import certify
from toylab.critics import LowerExtension
from toylab.errors import InputError, SolverError
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted
from toylab.solution import Solution, Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.precision import limits_of_precision


def check_has_optimum(problem: CriticProblem) -> None:
    """Raise InputError where no critic attains the infimum, with the reason."""
    if isinstance(problem.regularizer, Unrestricted):
        from toylab.solvers.closed_form import check_attained

        check_attained(problem)
        return
    reason = problem.losses.describe_missing_optimum()
    if reason is not None:
        raise InputError(f"the loss {problem.losses.name!r} has no optimal critic: {reason}.")


def default_solver(problem: CriticProblem) -> AbstractSolver:
    """The exact solver that fits the problem."""
    from toylab.solvers.closed_form import ClosedForm
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.transport import Transport

    if isinstance(problem.regularizer, Unrestricted):
        return ClosedForm()
    if problem.losses.is_wasserstein:
        return Transport()
    return InteriorPoint()


def solve(problem: CriticProblem, solver: AbstractSolver | None = None, *, throw: bool = True) -> Solution:
    """Find the optimal critic of a problem, with a certificate of how optimal it is.

    Args:
        problem: the critic problem.
        solver: an exact solver or a network solver; the exact solver that fits the problem when not given.
        throw: raise where an exact solver misses its tolerance; otherwise the status says so.

    Returns:
        A Solution. Its status is `optimal` only if `certify` confirms relative_gap ≤ rtol over every
        fake→real pair.

    Raises:
        InputError: the problem has no optimum, or the solver does not apply to it.
        SolverError: the tolerance was not reached and `throw` is true.
    """
    if not isinstance(problem, CriticProblem):
        raise InputError(f"solve needs a CriticProblem, got {type(problem).__name__}.")
    check_has_optimum(problem)
    solver = default_solver(problem) if solver is None else solver
    if not isinstance(solver, AbstractSolver):
        raise InputError(f"solver must be a toylab solver object such as InteriorPoint(), got {solver!r}.")
    solver.check_settings()
    solver.check(problem)
    start = time.perf_counter()
    constant = problem.support.equal_measures or problem.losses.common_minimiser is not None
    outcome = _best_constant(problem) if constant and solver.exact else solver.run(problem)
    seconds = time.perf_counter() - start
    certificate = certify(problem, outcome.critic, outcome.plan)
    status = _confirmed(outcome.status, certificate.relative_gap, solver)
    missed = solver.exact and status is not Status.OPTIMAL
    limits = limits_of_precision(problem, certificate) if missed else ()
    solution = Solution(
        problem=problem,
        critic=outcome.critic,
        certificate=certificate,
        status=status,
        rtol=solver.rtol,
        stats=MappingProxyType(
            {"solver": type(solver).__name__, "seconds": seconds, "limits": limits, **outcome.stats}
        ),
        history=MappingProxyType(dict(outcome.history)),
    )
    if throw and missed:
        why = f" ({'; '.join(limits)})" if limits else ""
        raise SolverError(
            f"{type(solver).__name__} reached a relative gap of {certificate.relative_gap:.2g}, not {solver.rtol:.2g}, "
            f"on {problem.describe()}: {status.value}{why}; throw=False returns what was reached."
        )
    return solution


def _best_constant(problem: CriticProblem) -> Outcome:
    """The optimum where P_g = P_r (by Jensen's inequality), or where one value minimises both losses."""
    best = float(problem.losses.best_constant or 0.0)
    critic = LowerExtension(problem.support.points, np.full(len(problem.support.points), best), 0.0)
    return Outcome(
        critic=critic, plan=sparse.csr_array((len(problem.fake), len(problem.real))), stats={"iterations": 0}
    )


def _confirmed(claimed: Status, relative_gap: float, solver: AbstractSolver) -> Status:
    if relative_gap <= solver.rtol and claimed is not Status.DIVERGED:
        return Status.OPTIMAL if solver.exact else claimed
    return Status.INACCURATE if claimed is Status.OPTIMAL else claimed
