"""Which fake and real points an average over blends t x + (1 − t) y couples."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError
from toylab.solvers.network.batches import Batch


class AbstractPairs(ABC):
    """Draws the pairs (x, y) on whose segments gradients are averaged."""

    @abstractmethod
    def draw(self, batch: Batch, shape: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Fake and real ends, each (K, s, d), for shape (K, s)."""

    def blends(self, batch: Batch, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
        """Points (K, s, d) at uniform positions on the segments of such pairs."""
        x, y = self.draw(batch, shape, generator)
        t = torch.rand(*shape, 1, dtype=x.dtype, device=x.device, generator=generator)
        return torch.lerp(y, x, t)


def _indices(weights: Tensor, shape: tuple[int, int], generator: torch.Generator) -> Tensor:
    return torch.multinomial(weights.expand(shape[0], -1), shape[1], replacement=True, generator=generator)


@dataclass(frozen=True)
class IndependentPairs(AbstractPairs):
    """x from the fake and y from the real points of the batch, independently, by their weights.

    What averaging over "pairs of the same batch" comes to: a batch lists its points in no order
    (Gulrajani et al. 2017, Algorithm 1).
    """

    @override
    def draw(self, batch: Batch, shape: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        x = batch.fake[_indices(batch.fake_weights, shape, generator)]
        return x, batch.real[_indices(batch.real_weights, shape, generator)]


@dataclass(frozen=True)
class MatchedPairs(AbstractPairs):
    """The i-th fake with the i-th real point, i by the fake weights: a coupling known beforehand.

    Raises:
        InputError: (when drawing) sides of different numbers of points or of different weights.
    """

    @override
    def draw(self, batch: Batch, shape: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
        same = batch.fake_weights.shape == batch.real_weights.shape
        if not (same and torch.equal(batch.fake_weights, batch.real_weights)):
            raise InputError("matched pairs need as many fake as real points, with the same weights in order.")
        index = _indices(batch.fake_weights, shape, generator)
        return batch.fake[index], batch.real[index]


__all__ = ["AbstractPairs", "IndependentPairs", "MatchedPairs"]
