"""Which weighted points the loss of one training step is averaged over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError
from toylab.losses import LossPair
from toylab.problem import CriticProblem


@dataclass(frozen=True, eq=False)
class Batch:
    """Weighted fake and real points, on the training device.

    Attributes:
        fake: (n, d).
        fake_weights: (n,), positive, sum 1.
        real: (m, d).
        real_weights: (m,), positive, sum 1.
        centre: (d,), the origin of the training's coordinates in the caller's.
        length: the training's unit of length in the caller's.
    """

    fake: Tensor
    fake_weights: Tensor
    real: Tensor
    real_weights: Tensor
    centre: np.ndarray | float = 0.0
    length: float = 1.0

    @property
    def points(self) -> Tensor:
        """(n + m, d), fake points first."""
        return torch.cat([self.fake, self.real])

    def objective(self, losses: LossPair, values: Tensor) -> Tensor:
        """J = Σ p φ(f) + Σ q ϕ(f), (K,), for critic values (K, n + m) at `points`."""
        fake, real = values[:, : len(self.fake)], values[:, len(self.fake) :]
        return losses.fake_loss.value(fake) @ self.fake_weights + losses.real_loss.value(real) @ self.real_weights

    def means(self, values: Tensor) -> Tensor:
        """(2, K): the means over fake and over real points of values (K, n + m) at `points`."""
        n = len(self.fake)
        return torch.stack([values[:, :n] @ self.fake_weights, values[:, n:] @ self.real_weights])


class AbstractBatches(ABC):
    """Draws the batch of each step, from all points of the problem unless it says otherwise.

    Attributes:
        blends_with_batch: whether penalties look at blends between points of the batch instead of the problem's own.
    """

    blends_with_batch: ClassVar[bool] = False

    def check(self, problem: CriticProblem) -> None:
        """Raise InputError where these batches do not fit the problem; nothing by default."""
        return

    @abstractmethod
    def next(self, everything: Batch, generator: torch.Generator) -> Batch:
        """The batch of the next step; its J is an unbiased estimate of the J of `everything`."""


@dataclass(frozen=True)
class FullBatch(AbstractBatches):
    """Every point with its weight in every step: no noise in J."""

    @override
    def next(self, everything: Batch, generator: torch.Generator) -> Batch:
        return everything


@dataclass(frozen=True)
class Minibatch(AbstractBatches):
    """Points drawn with replacement by their weights, then averaged evenly.

    Attributes:
        size: points a side in each step.

    Raises:
        InputError: size not a positive whole number.
    """

    size: int = 64

    def __post_init__(self) -> None:
        if not (isinstance(self.size, int) and self.size >= 1):
            raise InputError(f"the size of a minibatch must be a positive whole number, got {self.size!r}.")

    @override
    def next(self, everything: Batch, generator: torch.Generator) -> Batch:
        even = everything.fake_weights.new_full((self.size,), 1.0 / self.size)
        fake = torch.multinomial(everything.fake_weights, self.size, replacement=True, generator=generator)
        real = torch.multinomial(everything.real_weights, self.size, replacement=True, generator=generator)
        return Batch(everything.fake[fake], even, everything.real[real], even)


__all__ = ["AbstractBatches", "Batch", "FullBatch", "Minibatch"]
