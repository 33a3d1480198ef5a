"""When training has gone far enough: a certificate says so, not the loss curve."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from typing_extensions import override

from toylab.errors import InputError
from toylab.solution import Status


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What is known about the best critic so far; gap and excess have no unit.

    Attributes:
        step: training steps done.
        relative_gap: of its values, by `certify`.
        relative_excess: what its steepest gradient costs beyond k_support, in the same unit as the gap.
        seconds: since training began, this examination included.
        cpu_seconds: of the whole process since then.
    """

    step: int
    relative_gap: float
    relative_excess: float
    seconds: float = math.nan
    cpu_seconds: float = math.nan

    def within(self, gap: float, excess: float) -> bool:
        """Whether both numbers are at most these."""
        return self.relative_gap <= gap and self.relative_excess <= excess


class AbstractStopping(ABC):
    """A rule for ending before the schedule does."""

    @abstractmethod
    def asks_at(self, step: int) -> bool:
        """Whether a judgement is wanted after this many steps."""

    @abstractmethod
    def done(self, judgement: Judgement) -> Status | None:
        """The status to end with, or None to go on."""


@dataclass(frozen=True, kw_only=True)
class CertifiedGap(AbstractStopping):
    """Stop once gap and excess are certified small, asked at steps first · growthⁿ, n = 0, 1, 2 and so on.

    Attributes:
        relative_gap: largest gap to stop at.
        relative_excess: largest excess to stop at.
        first: step of the first question.
        growth: ratio of successive steps, > 1.

    Raises:
        InputError: a number outside its range.
    """

    relative_gap: float = 1e-3
    relative_excess: float = 1e-3
    first: int = 500
    growth: float = 1.3

    def __post_init__(self) -> None:
        if not (self.relative_gap >= 0 and self.relative_excess >= 0):
            raise InputError("the gap and the excess to stop at must not be negative.")
        if not (self.first >= 1 and self.growth > 1):
            raise InputError(f"questions need first >= 1 and growth > 1, got {self.first} and {self.growth}.")

    @override
    def asks_at(self, step: int) -> bool:
        at = float(self.first)
        while int(at) < step:
            at = max(at * self.growth, at + 1.0)
        return int(at) == step

    @override
    def done(self, judgement: Judgement) -> Status | None:
        return Status.CONVERGED if judgement.within(self.relative_gap, self.relative_excess) else None


__all__ = ["AbstractStopping", "CertifiedGap", "Judgement"]
