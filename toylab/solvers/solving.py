"""solve() and solve_many(): one way into every solver, and one certificate for what comes out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy import sparse

from toylab.certificate import certify
from toylab.collinear import is_collinear
from toylab.critics import LowerExtension
from toylab.errors import Advice, InputError, SolverError
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted
from toylab.solution import Solution, Status
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.precision import limits_of_precision

#: (Fake points) × (real points) from which on collinear data is left to the solver for lines.
_MANY_PAIRS = 2**18
#: Pairs of a fake and a real point from which on the sparse engine is faster than the dense one, on the CPU, and points
#: of the smaller side (of few the dense engine eliminates all others).
_SPARSE_FROM, _SPARSE_SIDE = 80_000, 200
#: The same for losses with kinks, on which the sparse engine needs more steps, and sometimes the dense one's help.
_KINKED_FROM = 2_000_000
#: Pairs up to which the sparse engine, too, is asked for what the dense one promises.
_PRECISE_UP_TO = 600_000
#: Bytes of GPU memory that the dense engine takes for every pair.
_DENSE_BYTES = 8.0 * 16


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
    """The exact solver that fits the problem and the machine.

    The dense interior point for few pairs, and for very many where a GPU has room for them; else the sparse one, which
    is asked for the eight digits of the dense one up to some hundred thousand pairs and for six beyond.
    """
    from toylab.solvers.closed_form import ClosedForm
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.line import LineInteriorPoint, LineTransport
    from toylab.solvers.multiscale import Multiscale
    from toylab.solvers.transport import Transport

    if isinstance(problem.regularizer, Unrestricted):
        return ClosedForm()
    if problem.losses.is_wasserstein:
        return LineTransport() if is_collinear(problem) else Transport()
    pairs = len(problem.fake) * len(problem.real)
    if pairs > _MANY_PAIRS and is_collinear(problem):
        return LineInteriorPoint()
    kinked = problem.losses.fake_loss.kinks or problem.losses.real_loss.kinks
    if pairs < (_KINKED_FROM if kinked else _SPARSE_FROM):
        return InteriorPoint()
    if pairs >= _PRECISE_UP_TO:
        return _engine_for_many(pairs)
    few = min(len(problem.fake), len(problem.real)) < _SPARSE_SIDE
    return InteriorPoint() if few else Multiscale(rtol=InteriorPoint.rtol)


def _engine_for_many(pairs: int) -> AbstractSolver:
    import torch

    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.multiscale import Multiscale

    if torch.cuda.is_available() and _DENSE_BYTES * pairs < torch.cuda.mem_get_info()[0]:
        return InteriorPoint(device="cuda")
    return Multiscale()


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
    return solve_many([problem], solver, throw=throw)[0]


def solve_many(
    problems: CriticProblem | Sequence[CriticProblem],
    solver: AbstractSolver | Sequence[AbstractSolver | None] | None = None,
    *,
    throw: bool = True,
) -> list[Solution]:
    """Find the optimal critics of many problems: seeds, penalty weights, losses, data sets.

    Critics that can be trained side by side are: networks of one architecture and schedule, whatever their seeds,
    penalty weights, losses and data, become one batch of matrices. Others are found one after the other. A result
    does not depend on who was beside it, up to the rounding of the arithmetic, which grows over a training.

    Args:
        problems: critic problems; one problem goes with every solver.
        solver: one for all problems, or one for each (None: the exact solver that fits).
        throw: as of `solve`; the first failure raises.

    Returns:
        Solutions in the order of the problems. The `seconds` of a critic that was trained beside others are those
        until it was done.

    Raises:
        InputError: a problem has no optimum or its solver does not apply, found before any work is done; or there
            are not as many solvers as problems.
        SolverError: an exact solver missed its tolerance and `throw` is true.
    """
    jobs = _jobs(problems, solver)
    solutions: dict[int, Solution] = {}
    for together in _side_by_side(jobs):
        start = time.perf_counter()
        outcomes = _run_together([jobs[number] for number in together])
        seconds = time.perf_counter() - start
        for number, outcome in zip(together, outcomes, strict=True):
            own, problem = jobs[number]
            solutions[number] = _certified(problem, own, outcome, seconds, throw=throw)
    return [solutions[number] for number in range(len(jobs))]


_Job = tuple[AbstractSolver, CriticProblem]


def _jobs(problems: Any, solver: Any) -> list[_Job]:
    """Pairs of a solver and a problem, each checked before any work is done."""
    solvers = list(solver) if isinstance(solver, list | tuple) else None
    if isinstance(problems, CriticProblem):
        problems = [problems] * (1 if solvers is None else len(solvers))
    elif not isinstance(problems, Iterable):
        raise InputError(f"solve needs a CriticProblem, got {type(problems).__name__}.")
    problems = list(problems)
    solvers = [solver] * len(problems) if solvers is None else solvers
    if len(solvers) != len(problems):
        raise InputError(
            f"solve_many got {len(problems)} problems and {len(solvers)} solvers; give one solver to each."
        )
    jobs: list[_Job] = []
    for number, (problem, own) in enumerate(zip(problems, solvers, strict=True)):
        try:
            jobs.append(_checked(problem, own))
        except InputError as error:
            if len(problems) == 1:
                raise
            raise InputError(f"problem {number} of {len(problems)}: {error}") from None
    return jobs


def _checked(problem: Any, solver: Any) -> _Job:
    if not isinstance(problem, CriticProblem):
        raise InputError(f"solve needs a CriticProblem, got {type(problem).__name__}.")
    check_has_optimum(problem)
    solver = default_solver(problem) if solver is None else solver
    if not isinstance(solver, AbstractSolver):
        raise InputError(f"solver must be a toylab solver object such as InteriorPoint(), got {solver!r}.")
    solver.check_settings()
    solver.check(problem)
    return solver, problem


def _side_by_side(jobs: list[_Job]) -> list[list[int]]:
    """Numbers of the jobs that are run together."""
    groups: list[list[int]] = []
    for number, (solver, problem) in enumerate(jobs):
        for group in groups:
            first, its_problem = jobs[group[0]]
            if first.goes_with(its_problem, solver, problem):
                group.append(number)
                break
        else:
            groups.append([number])
    return groups


def _run_together(jobs: list[_Job]) -> list[Outcome]:
    solver, problem = jobs[0]
    constant = problem.support.equal_measures or problem.losses.common_minimiser is not None
    if constant and solver.exact:
        return [_best_constant(problem)]
    return solver.run_many(jobs) if len(jobs) > 1 else [solver.run(problem)]


def _certified(
    problem: CriticProblem, solver: AbstractSolver, outcome: Outcome, seconds: float, *, throw: bool
) -> Solution:
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
        raise shortfall(solution, solver)
    return solution


def shortfall(solution: Solution, solver: AbstractSolver) -> SolverError:
    """Why an exact solver has missed its tolerance, and what to try."""
    gap, limits = solution.certificate.relative_gap, solution.stats["limits"]
    why = f" ({'; '.join(limits)})" if limits else ""
    python, command = _what_to_try(solution.status, gap, solver)
    return SolverError(
        f"{type(solver).__name__} reached a relative gap of {gap:.2g}, not {solver.rtol:.2g}, "
        f"on {solution.problem.describe()}: {solution.status.value}{why};",
        Advice(
            python=f"{python}throw=False returns what was reached.",
            command=f"{command}--json keeps what was reached.",
        ),
    )


def _what_to_try(status: Status, relative_gap: float, solver: AbstractSolver) -> tuple[str, str]:
    """What else could be asked of an exact solver that missed its tolerance, in Python and as options, or nothing."""
    limit = getattr(solver, "max_iterations", None)
    if status is Status.ITERATION_LIMIT and limit is not None:
        return f"try max_iterations={2 * limit}; ", f"try --max-iterations {2 * limit}; "
    if relative_gap <= 1e-3 and status is not Status.INTERRUPTED:
        had = f"{10.0 ** np.ceil(np.log10(relative_gap)):.0e}"
        return f"rtol={had} can be had; ", f"--rtol {had} can be had; "
    return "", ""


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
