"""Further activations: of the published recipes, and those that keep the norm of a gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor
from typing_extensions import override

from toylab.solvers.network.architectures import AbstractActivation


@dataclass(frozen=True)
class ReLU(AbstractActivation):
    """α(t) = max(t, 0)."""

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return torch.relu(t), (t.detach() > 0).to(t.dtype)


@dataclass(frozen=True)
class SELU(AbstractActivation):
    """α(t) = s t for t > 0 and s a (eᵗ − 1) below, self-normalising (Klambauer et al. 2017)."""

    scale: ClassVar[float] = 1.0507009873554805
    depth: ClassVar[float] = 1.6732632423543772

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        below = self.scale * self.depth * torch.exp(t.clamp_max(0.0))
        return torch.selu(t), torch.where(t > 0, self.scale, below)


@dataclass(frozen=True)
class MaxMin(AbstractActivation):
    """Every pair of units becomes (larger, smaller): GroupSort with groups of two (Anil et al. 2019).

    A permutation at every point, so that it never loses gradient norm.
    """

    group: ClassVar[int] = 2

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        first, second = t.unflatten(-1, (-1, 2)).unbind(-1)
        value = torch.stack([torch.maximum(first, second), torch.minimum(first, second)], dim=-1)
        return value.flatten(-2), (first < second).detach().unsqueeze(-1)  # whether a pair was swapped

    @override
    def pull_back(self, gradient: Tensor, slope: Tensor) -> Tensor:
        pairs = gradient.unflatten(-1, (-1, 2))
        return torch.where(slope, pairs.flip(-1), pairs).flatten(-2)


@dataclass(frozen=True)
class CReLU(AbstractActivation):
    """α(t) = (max(t, 0), max(−t, 0)): twice the outputs, and the norm of t is kept (Shang et al. 2016)."""

    widening: ClassVar[int] = 2

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        return torch.cat([torch.relu(t), torch.relu(-t)], dim=-1), (t.detach() > 0).to(t.dtype)

    @override
    def pull_back(self, gradient: Tensor, slope: Tensor) -> Tensor:
        above, below = gradient.chunk(2, dim=-1)
        return above * slope - below * (1.0 - slope)


__all__ = ["SELU", "CReLU", "MaxMin", "ReLU"]
