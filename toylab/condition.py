"""A yes or no with its reasons: what a hypothesis, or a condition on losses, answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """Whether something holds, and if not, why.

    Attributes:
        holds: the answer.
        reasons: one sentence for each thing that fails; empty where the condition holds.
    """

    holds: bool
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.holds

    @classmethod
    def that(cls, holds: bool, reason: str) -> Condition:
        """The condition with this outcome; `reason` is kept only where it fails."""
        return cls(holds=bool(holds), reasons=() if holds else (reason,))
