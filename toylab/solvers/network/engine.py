"""What takes the training steps: by the hand-written step where there is one, by autograd elsewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from torch import Tensor

from toylab.solvers.network.architectures import Parameters


class AbstractEngine(ABC):
    """Networks in training, in the units of their normalised problems.

    Attributes:
        done: steps taken.
    """

    done: int

    @abstractmethod
    def advance(self, steps: int) -> None:
        """Take so many steps."""

    @abstractmethod
    def critic(self, member: int) -> tuple[Parameters, Tensor]:
        """A member in float64 on the CPU, ensemble axis of length 1, with scale and offset folded in; and the blends.

        The blends (s, d) are where its gradient was found to be steep.
        """

    @abstractmethod
    def last(self) -> np.ndarray:
        """(2, K), losses and steepest gradients of the last step, in the units of the training."""

    @abstractmethod
    def history(self, member: int, length: float) -> dict[str, np.ndarray]:
        """Series of one member, (done,), in the caller's units: loss and steepest gradient among others."""

    @abstractmethod
    def keep(self, members: list[int]) -> None:
        """Go on with these members only."""


__all__ = ["AbstractEngine"]
