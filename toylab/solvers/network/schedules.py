"""How long to train, by which steps, how fast, and how much of the penalty to charge when."""

from __future__ import annotations

import math
from dataclasses import dataclass

from toylab.errors import InputError
from toylab.solvers.network.adam import Adam
from toylab.solvers.network.architectures import Parameters
from toylab.solvers.network.optimizers import AbstractOptimizer, Steps


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A cosine decay of the learning rate, and a penalty weight that ramps up to λ; Adam where nothing else is said.

    Attributes:
        steps: number of training steps.
        learning_rate: step size at the start; it falls along half a cosine.
        final_share: share of it that is left at the end; 1 keeps it constant.
        betas: Adam's averaging factors, where no other optimizer is given.
        optimizer: another rule for steps than Adam, with settings of its own.
        ramp_start: share of λ charged in the first step.
        ramp: share of the steps after which the full λ is charged; 0 charges it from the start.

    Raises:
        InputError: a number outside its range.
    """

    steps: int = 5000
    learning_rate: float = 3e-3
    final_share: float = 0.0
    betas: tuple[float, float] = (0.9, 0.99)
    optimizer: AbstractOptimizer | None = None
    ramp_start: float = 0.1
    ramp: float = 0.3

    def __post_init__(self) -> None:
        if not (isinstance(self.steps, int) and self.steps >= 1):
            raise InputError(f"the number of training steps must be a positive whole number, got {self.steps!r}.")
        if not (math.isfinite(self.learning_rate) and self.learning_rate > 0):
            raise InputError(f"the learning rate must be positive and finite, got {self.learning_rate}.")
        if not 0.0 <= self.final_share <= 1.0:
            raise InputError(f"the final share of the learning rate must lie in [0, 1], got {self.final_share}.")
        if not all(0.0 <= beta < 1.0 for beta in self.betas):
            raise InputError(f"Adam's betas must lie in [0, 1), got {self.betas}.")
        if not (self.optimizer is None or isinstance(self.optimizer, AbstractOptimizer)):
            raise InputError(f"optimizer must be an object such as RMSProp(), or None, got {self.optimizer!r}.")
        if not (0.0 < self.ramp_start <= 1.0 and 0.0 <= self.ramp <= 1.0):
            raise InputError(
                f"the ramp needs 0 < ramp_start <= 1 and 0 <= ramp <= 1, got {self.ramp_start} and {self.ramp}."
            )

    def begin(self, parameters: Parameters) -> Steps:
        """The running optimiser of these parameters."""
        return Adam(parameters, self.betas) if self.optimizer is None else self.optimizer.begin(parameters)

    def rate(self, step: int) -> float:
        """The learning rate of step 0, 1, …, steps − 1."""
        left = 0.5 * (1.0 + math.cos(math.pi * step / self.steps))
        return self.learning_rate * (self.final_share + (1.0 - self.final_share) * left)

    def penalty_share(self, step: int) -> float:
        """The share of λ that is charged in this step."""
        done = step / self.steps
        if done >= self.ramp:
            return 1.0
        return self.ramp_start + (1.0 - self.ramp_start) * done / self.ramp


__all__ = ["Schedule"]
