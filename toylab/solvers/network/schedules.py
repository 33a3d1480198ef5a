"""How long to train, how fast, and how much of the penalty to charge when."""

from __future__ import annotations

import math
from dataclasses import dataclass

from toylab.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """Adam with a cosine decay of the learning rate, and a penalty weight that ramps up to λ.

    Attributes:
        steps: number of training steps.
        learning_rate: Adam's step size at the start; it falls to 0 along half a cosine.
        betas: Adam's averaging factors.
        ramp_start: share of λ charged in the first step.
        ramp: share of the steps after which the full λ is charged; 0 charges it from the start.

    Raises:
        InputError: a number outside its range.
    """

    steps: int = 5000
    learning_rate: float = 3e-3
    betas: tuple[float, float] = (0.9, 0.99)
    ramp_start: float = 0.1
    ramp: float = 0.3

    def __post_init__(self) -> None:
        if not (isinstance(self.steps, int) and self.steps >= 1):
            raise InputError(f"the number of training steps must be a positive whole number, got {self.steps!r}.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(f"the learning rate must be positive and finite, got {self.learning_rate}.")
        if not all(0.0 <= beta < 1.0 for beta in self.betas):
            raise InputError(f"Adam's betas must lie in [0, 1), got {self.betas}.")
        if not (0.0 < self.ramp_start <= 1.0 and 0.0 <= self.ramp <= 1.0):
            raise InputError(
                f"the ramp needs 0 < ramp_start <= 1 and 0 <= ramp <= 1, got {self.ramp_start} and {self.ramp}."
            )

    def rate(self, step: int) -> float:
        """The learning rate of step 0, 1, …, steps − 1."""
        return self.learning_rate * 0.5 * (1.0 + math.cos(math.pi * step / self.steps))

    def penalty_share(self, step: int) -> float:
        """The share of λ that is charged in this step."""
        done = step / self.steps
        if done >= self.ramp:
            return 1.0
        return self.ramp_start + (1.0 - self.ramp_start) * done / self.ramp


__all__ = ["Schedule"]
