"""Networks that see every coordinate at unit size.

Training has points of unit root mean square norm, so that in R^d a coordinate has the size 1/√d and the random kinks of
a first layer, spread over the units of its inputs, pass by most of the data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError
from toylab.problem import Regularizer
from toylab.solvers.network.architectures import MLP, AbstractArchitecture, Parameters


@dataclass(frozen=True, kw_only=True)
class UnitCoordinates(AbstractArchitecture):
    """z ↦ g(√d z)/√d with a network g, whose slopes it keeps.

    Attributes:
        network: g.

    Raises:
        InputError: no architecture.
    """

    network: AbstractArchitecture = field(default_factory=MLP)

    def __post_init__(self) -> None:
        if not isinstance(self.network, AbstractArchitecture):
            raise InputError(f"network must be an architecture such as MLP(), got {self.network!r}.")

    @override
    def init(
        self, ensemble_size: int, dimension: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Parameters:
        unit = torch.tensor(math.sqrt(dimension), dtype=dtype, device=generator.device)
        # √d travels with the parameters because rescaling does not see the points; its gradient stays 0
        held = unit.expand(ensemble_size, 1, 1).clone().requires_grad_()
        return [held, *self.network.init(ensemble_size, dimension, generator, dtype)]

    @override
    def place(self, parameters: Parameters, draw: Callable[[int], Tensor]) -> None:
        unit = float(parameters[0].detach().reshape(-1)[0])
        self.network.place(parameters[1:], lambda count: unit * draw(count))

    @override
    def trained_for(self, regularizer: Regularizer) -> UnitCoordinates:
        return replace(self, network=self.network.trained_for(regularizer))

    @override
    def features(self, parameters: Parameters, z: Tensor) -> Tensor:
        unit = math.sqrt(z.shape[-1])
        return self.network.features(parameters[1:], unit * z) / unit

    @override
    def value(self, parameters: Parameters, z: Tensor) -> Tensor:
        unit = math.sqrt(z.shape[-1])
        return self.network.value(parameters[1:], unit * z) / unit

    @override
    def value_and_input_gradient(
        self, parameters: Parameters, z: Tensor, *, last: int | None = None
    ) -> tuple[Tensor, Tensor]:
        unit = math.sqrt(z.shape[-1])
        values, gradient = self.network.value_and_input_gradient(parameters[1:], unit * z, last=last)
        return values / unit, gradient

    @override
    def rescaled(self, parameters: Parameters, scale: Tensor, offset: Tensor) -> Parameters:
        unit = parameters[0].detach().reshape(-1)
        return [parameters[0], *self.network.rescaled(parameters[1:], scale, offset * unit)]

    @override
    def lipschitz_bound(self, parameters: Parameters) -> Tensor | None:
        return self.network.lipschitz_bound(parameters[1:])

    @override
    def settle(self, parameters: Parameters) -> None:
        self.network.settle(parameters[1:])


__all__ = ["UnitCoordinates"]
