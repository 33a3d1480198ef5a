"""What a solver is: a configured algorithm, and what it hands back before anyone has checked it."""

from __future__ import annotations

import os
import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylab.errors import InputError, real_number, whole_number
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted
from toylab.solution import Status

#: Seconds from which on a person is told in advance.
_LONG = 3600.0


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

    def check_settings(self) -> None:
        """Raise InputError where a number of the configuration is out of its range."""
        if not 0 < real_number(self.rtol, "rtol") < 1:
            raise InputError(f"rtol must lie between 0 and 1, got {self.rtol}.")
        limit = getattr(self, "max_iterations", None)
        if limit is not None:
            whole_number(limit, "max_iterations", least=1)

    @abstractmethod
    def run(self, problem: CriticProblem) -> Outcome:
        """Run the algorithm."""

    def goes_with(self, problem: CriticProblem, other: AbstractSolver, its_problem: CriticProblem) -> bool:
        """Whether `run_many` gains by taking both jobs, this solver's first; never does for most solvers."""
        return False

    def run_many(self, jobs: Sequence[tuple[AbstractSolver, CriticProblem]]) -> list[Outcome]:
        """Outcomes of jobs that go with one another, in order; each what `run` gives on its own."""
        return [solver.run(problem) for solver, problem in jobs]


def check_restricted(problem: CriticProblem, solver: AbstractSolver) -> None:
    """Raise InputError where the problem does not restrict the critic's Lipschitz constant at all."""
    if isinstance(problem.regularizer, Unrestricted):
        raise InputError(
            f"{type(solver).__name__} needs a Lipschitz penalty or ball, and this problem is unrestricted; "
            "use toylab.solvers.ClosedForm()."
        )


def check_memory(problem: CriticProblem, solver: AbstractSolver, *, arrays: int, gib: float = 16.0) -> None:
    """Raise InputError where (fake points) × (real points) arrays of this number would not fit in so many GiB."""
    needed = 8.0 * arrays * len(problem.fake) * len(problem.real) / 2**30
    if needed > gib:
        raise InputError(
            f"{type(solver).__name__} would need about {needed:.0f} GiB for {len(problem.fake)} × {len(problem.real)} "
            "pairs; leave the solver out, or take fewer points."
        )


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a solver on lists of pairs takes, as measured and rounded up.

    Attributes:
        kib: memory for every point, of both measures, beyond that of the libraries.
        seconds: for 10,000 fake and 10,000 real points, on one core.
        exponent: of the points, by which the seconds grow.
    """

    kib: float
    seconds: float
    exponent: float

    def check(self, problem: CriticProblem, solver: AbstractSolver) -> None:
        """Refuse, or warn of, what would take more than this machine has or a person expects, before it is begun.

        Raises:
            InputError: it would need more memory than this machine has.
        """
        points = len(problem.fake) + len(problem.real)
        gib, seconds = self.kib * points / 2**20, self.seconds * (points / 20_000) ** self.exponent
        machine = machine_gib()
        name = f"{type(solver).__name__} on {len(problem.fake)} fake and {len(problem.real)} real points"
        if gib > machine:
            raise InputError(
                f"{name} would need about {gib:.0f} GiB, and this machine has {machine:.0f}; take fewer points."
            )
        if seconds > _LONG:
            warnings.warn(
                f"{name} will take about {seconds / 3600.0:.0f} hours and {gib:.0f} GiB; a sample of the points is "
                "far quicker.",
                RuntimeWarning,
                stacklevel=2,
            )


def machine_gib() -> float:
    """The memory of this machine in GiB, +inf where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        return np.inf
