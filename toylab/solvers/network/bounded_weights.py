"""Weight matrices that cannot stretch: normalised by their largest singular value, or with all of them one.

Kept libraries have both for one network at a time (deel-torchlip's `bjorck_normalization`, torch's `spectral_norm` and
`orthogonal` parametrisations of a module); here a weight is a stack of K matrices of an ensemble, and they are a few
batched products each.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize
from typing_extensions import override

from toylab.errors import whole_number


class AbstractWeights(ABC):
    """A map of K stacked matrices (K, in, out) to matrices of spectral norm at most one."""

    @abstractmethod
    def begin(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """The weight to start from, and a memory (K, ·) that goes with it."""

    @abstractmethod
    def bounded(self, weight: Tensor, memory: Tensor) -> Tensor:
        """The bounded matrices, differentiable in the weight."""

    @abstractmethod
    def settle(self, weight: Tensor, memory: Tensor) -> None:
        """Bring weight and memory up to date, in place, after a step."""


@dataclass(frozen=True, kw_only=True)
class SpectralWeights(AbstractWeights):
    """W / σ, with σ = lᵀ W r from a power iteration that goes on from step to step (Miyato et al. 2018, Algorithm 1).

    σ is the largest singular value up to the iteration's error, and never more: the bound of one holds as well as
    the iteration has converged.

    Attributes:
        iterations: of the power method in each step.

    Raises:
        InputError: iterations not a positive whole number.
    """

    iterations: int = 1

    def __post_init__(self) -> None:
        whole_number(self.iterations, "the number of power iterations", least=1)

    @override
    def begin(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        left, _, _ = torch.linalg.svd(weight, full_matrices=False)
        return weight, left[:, :, 0].contiguous()

    @override
    def bounded(self, weight: Tensor, memory: Tensor) -> Tensor:
        left, right = self._directions(weight.detach(), memory.detach())
        largest = (left.unsqueeze(1) @ weight @ right.unsqueeze(2)).clamp_min(torch.finfo(weight.dtype).tiny)
        return weight / largest

    @override
    def settle(self, weight: Tensor, memory: Tensor) -> None:
        memory.copy_(self._directions(weight, memory)[0])

    def _directions(self, weight: Tensor, left: Tensor) -> tuple[Tensor, Tensor]:
        right = normalize(torch.bmm(left.unsqueeze(1), weight).squeeze(1), dim=-1)
        for _ in range(self.iterations):
            left = normalize(torch.bmm(weight, right.unsqueeze(2)).squeeze(2), dim=-1)
            right = normalize(torch.bmm(left.unsqueeze(1), weight).squeeze(1), dim=-1)
        return left, right


@dataclass(frozen=True, kw_only=True)
class OrthonormalWeights(AbstractWeights):
    """The orthonormal matrix closest to W, by Björck's iteration W ← 3/2 W − 1/2 W WᵀW (Anil et al. 2019, Eq. 4).

    Steps start from orthonormal matrices, where the iteration doubles the digits each time, so that few are enough.

    Attributes:
        iterations: in each step.

    Raises:
        InputError: iterations not a positive whole number.
    """

    iterations: int = 3

    def __post_init__(self) -> None:
        whole_number(self.iterations, "the number of Björck iterations", least=1)

    @override
    def begin(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        left, _, right = torch.linalg.svd(weight, full_matrices=False)
        return left @ right, weight.new_zeros(len(weight), 0)

    @override
    def bounded(self, weight: Tensor, memory: Tensor) -> Tensor:
        wide = weight.shape[1] < weight.shape[2]
        for _ in range(self.iterations):
            gram = weight @ weight.mT if wide else weight.mT @ weight
            weight = 1.5 * weight - 0.5 * (gram @ weight if wide else weight @ gram)
        return weight

    @override
    def settle(self, weight: Tensor, memory: Tensor) -> None:
        weight.copy_(self.bounded(weight, memory))


__all__ = ["AbstractWeights", "OrthonormalWeights", "SpectralWeights"]
