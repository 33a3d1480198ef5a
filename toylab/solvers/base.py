"""What a solver is: a configured algorithm, and what it hands back before anyone has checked it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylab.problem import CriticProblem
from toylab.solution import Status


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
