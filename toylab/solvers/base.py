"""solve(): one way into every solver, and one certificate for what comes out."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from toylab.certificate import certify
from toylab.errors import InputError, SolverError
from toylab.problem import CriticProblem
from toylab.solution import Solution, Status


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What an algorithm hands back before anyone has checked it.

    Attributes:
        critic: the critic it found.
        plan: its dual plan (n_fake, n_real), or None where it has none.
        status: how the algorithm itself says it ended; OPTIMAL is only a claim until it is certified.
        stats: iterations and what else it counts.
        history: named series.
    """

    critic: Any
    plan: Any = None
    status: Status = Status.OPTIMAL
    stats: Mapping[str, Any] = field(default_factory=dict)
    history: Mapping[str, np.ndarray] = field(default_factory=dict)


class AbstractSolver(ABC):
    """A configured algorithm for critic problems; immutable, all data comes with the problem."""

    #: The relative gap this solver promises.
    rtol: float
    #: Whether OPTIMAL is what it aims at; trained critics stop by their own rule and report their gap.
    exact: bool = True

    @abstractmethod
    def check(self, problem: CriticProblem) -> None:
        """Raise InputError where this solver does not apply to the problem, before any work is done."""

    @abstractmethod
    def run(self, problem: CriticProblem) -> Outcome:
        """Run the algorithm."""


def check_has_optimum(problem: CriticProblem) -> None:
    """Raise InputError where no critic attains the infimum, with the reason."""
    reason = problem.losses.describe_missing_optimum()
    if reason is not None:
        raise InputError(f"the loss {problem.losses.name!r} has no optimal critic: {reason}.")


def default_solver(problem: CriticProblem) -> AbstractSolver:
    """The exact solver that fits the problem."""
    from toylab.losses import Linear
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.reference import Reference
    from toylab.solvers.transport import Transport

    if isinstance(problem.losses.fake_loss, Linear):
        return Transport()
    return InteriorPoint() if problem.losses.condition_11() else Reference()


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
    solver.check(problem)
    start = time.perf_counter()
    outcome = solver.run(problem)
    seconds = time.perf_counter() - start
    certificate = certify(problem, outcome.critic, outcome.plan)
    solution = Solution(
        problem=problem,
        critic=outcome.critic,
        certificate=certificate,
        status=_confirmed(outcome.status, certificate.relative_gap, solver),
        rtol=solver.rtol,
        stats=MappingProxyType({"solver": type(solver).__name__, "seconds": seconds, **outcome.stats}),
        history=MappingProxyType(dict(outcome.history)),
    )
    if throw and solver.exact and solution.status is not Status.OPTIMAL:
        raise SolverError(
            f"{type(solver).__name__} reached a relative gap of {certificate.relative_gap:.2g}, not {solver.rtol:.2g}, "
            f"on {problem.describe()}: {solution.status.value}; throw=False returns what was reached."
        )
    return solution


def _confirmed(claimed: Status, relative_gap: float, solver: AbstractSolver) -> Status:
    if relative_gap <= solver.rtol and claimed is not Status.DIVERGED:
        return Status.OPTIMAL if solver.exact else claimed
    return Status.INACCURATE if claimed is Status.OPTIMAL else claimed
