"""Networks whose slope is bounded by construction: f = s · g + c, no layer of g stretches, and s is in plain sight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError
from toylab.problem import LipschitzBall, Regularizer
from toylab.solvers.network.activations import ReLU
from toylab.solvers.network.architectures import MLP, AbstractArchitecture, Parameters
from toylab.solvers.network.bounded_weights import AbstractWeights, SpectralWeights


@dataclass(frozen=True, kw_only=True)
class BoundedMLP(AbstractArchitecture):
    """f = s · g + c, g an MLP with every weight matrix bounded and an activation of slopes in [−1, 1].

    So ‖∇f‖ ≤ |s| everywhere, not on blends only. Parameters are those of the MLP (its last bias is c), a memory for
    each of its weights, and s.

    Attributes:
        network: the MLP.
        weights: what bounds its weights.
        free_scale: whether s is trained; otherwise it stays where it starts.

    Raises:
        InputError: an argument of the wrong kind.
    """

    network: MLP = field(default_factory=lambda: MLP(activation=ReLU()))
    weights: AbstractWeights = field(default_factory=SpectralWeights)
    free_scale: bool = True

    def __post_init__(self) -> None:
        for name, kind in (("network", MLP), ("weights", AbstractWeights)):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be a {kind.__name__}, got {getattr(self, name)!r}.")
        if self.network.kinks_on_data:
            raise InputError("kinks_on_data is not for a BoundedMLP: bounded weights move the kinks; leave it out.")

    @property
    def _plain(self) -> int:
        return 2 * (self.network.depth + 1)

    @override
    def init(
        self, ensemble_size: int, dimension: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Parameters:
        plain = self.network.init(ensemble_size, dimension, generator, dtype)
        memories = []
        with torch.no_grad():
            for weight in plain[::2]:
                begun, memory = self.weights.begin(weight)
                weight.copy_(begun)
                memories.append(memory)
        scale = plain[0].new_ones(ensemble_size, 1, 1)
        return [*plain, *(extra.detach().requires_grad_() for extra in (*memories, scale))]

    def effective(self, parameters: Parameters) -> Parameters:
        """Parameters of the MLP that f is: bounded weights, with s in the last one."""
        plain, memories, scale = parameters[: self._plain], parameters[self._plain : -1], parameters[-1]
        bounded = [self.weights.bounded(weight, memory) for weight, memory in zip(plain[::2], memories, strict=True)]
        bounded[-1] = bounded[-1] * (scale if self.free_scale else scale.detach())
        return [part for pair in zip(bounded, plain[1::2], strict=True) for part in pair]

    @override
    def value(self, parameters: Parameters, z: Tensor) -> Tensor:
        return self.network.value(self.effective(parameters), z)

    @override
    def value_and_input_gradient(
        self, parameters: Parameters, z: Tensor, *, last: int | None = None
    ) -> tuple[Tensor, Tensor]:
        return self.network.value_and_input_gradient(self.effective(parameters), z, last=last)

    @override
    def features(self, parameters: Parameters, z: Tensor) -> Tensor:
        return self.network.features(self.effective(parameters), z)

    @override
    def rescaled(self, parameters: Parameters, scale: Tensor, offset: Tensor) -> Parameters:
        scale, offset = scale.reshape(-1, 1, 1), offset.reshape(-1, 1, 1)
        plain, rest = parameters[: self._plain], parameters[self._plain :]
        return [*plain[:-1], plain[-1] * scale + offset, *rest[:-1], rest[-1] * scale]

    @override
    def lipschitz_bound(self, parameters: Parameters) -> Tensor:
        return parameters[-1].reshape(-1).abs()

    @torch.no_grad()
    @override
    def settle(self, parameters: Parameters) -> None:
        for weight, memory in zip(parameters[: self._plain : 2], parameters[self._plain : -1], strict=True):
            self.weights.settle(weight, memory)

    @override
    def trained_for(self, regularizer: Regularizer) -> BoundedMLP:
        return replace(self, free_scale=False) if isinstance(regularizer, LipschitzBall) else self


__all__ = ["BoundedMLP"]
