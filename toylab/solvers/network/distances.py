"""Networks that see distances to places of their own beside the coordinates.

An optimal critic of distributions has kinks of cone shape: f is k times a distance near a point that much mass is
moved from or to. One unit ‖z − c‖ has the cone at every scale, where layers of ridges need ever more facets.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError, whole_number
from toylab.problem import Regularizer
from toylab.solvers.network.architectures import MLP, AbstractArchitecture, Parameters

#: Distances are seen relative to that of two typical points in the units of the training.
_TYPICAL = math.sqrt(2.0)


@dataclass(frozen=True, kw_only=True)
class Distances(AbstractArchitecture):
    """z ↦ g(z, ‖z − c_1‖ − √2, …, ‖z − c_M‖ − √2) with a network g; the places c are trained like any weight.

    Parameters are [c (K, M, d), those of g].

    Attributes:
        places: M; they start at random places among the data.
        network: g.

    Raises:
        InputError: places not a positive whole number, or no architecture.
    """

    places: int = 128
    network: AbstractArchitecture = field(default_factory=MLP)

    def __post_init__(self) -> None:
        whole_number(self.places, "the number of places of a network of distances", least=1)
        if not isinstance(self.network, AbstractArchitecture):
            raise InputError(f"network must be an architecture such as MLP(), got {self.network!r}.")

    @override
    def init(
        self, ensemble_size: int, dimension: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Parameters:
        options = {"generator": generator, "dtype": dtype, "device": generator.device}
        places = torch.randn(ensemble_size, self.places, dimension, **options) / math.sqrt(dimension)
        inner = self.network.init(ensemble_size, dimension + self.places, generator, dtype)
        return [places.requires_grad_(), *inner]

    @override
    def place(self, parameters: Parameters, draw: Callable[[int], Tensor]) -> None:
        self.network.place(parameters[1:], lambda count: self._seen(parameters, draw(count))[0])

    @override
    def trained_for(self, regularizer: Regularizer) -> Distances:
        return replace(self, network=self.network.trained_for(regularizer))

    @override
    def features(self, parameters: Parameters, z: Tensor) -> Tensor:
        return self.network.features(parameters[1:], self._seen(parameters, z)[0])

    @override
    def value(self, parameters: Parameters, z: Tensor) -> Tensor:
        return self.network.value(parameters[1:], self._seen(parameters, z)[0])

    @override
    def value_and_input_gradient(
        self, parameters: Parameters, z: Tensor, *, last: int | None = None
    ) -> tuple[Tensor, Tensor]:
        seen, distance = self._seen(parameters, z)
        values, gradient = self.network.value_and_input_gradient(parameters[1:], seen, last=last)
        start = 0 if last is None else z.shape[-2] - last
        dimension = z.shape[-1]
        # ∇‖z − c‖ = (z − c)/‖z − c‖, and 0 at c itself
        distance = distance[:, start:]
        share = torch.where(distance > 0, gradient[..., dimension:] / distance.clamp_min(1e-30), 0.0)
        pull = share.sum(dim=-1, keepdim=True) * seen[:, start:, :dimension] - torch.bmm(share, parameters[0])
        return values, gradient[..., :dimension] + pull

    def _seen(self, parameters: Parameters, z: Tensor) -> tuple[Tensor, Tensor]:
        """What g sees, (K, m, d + M), and the distances, (K, m, M)."""
        places = parameters[0]
        points = z if z.dim() == 3 else z.expand(len(places), *z.shape)
        distance = torch.cdist(points, places, compute_mode="donot_use_mm_for_euclid_dist")
        return torch.cat([points, distance - _TYPICAL], dim=-1), distance

    @override
    def rescaled(self, parameters: Parameters, scale: Tensor, offset: Tensor) -> Parameters:
        return [parameters[0], *self.network.rescaled(parameters[1:], scale, offset)]

    @override
    def lipschitz_bound(self, parameters: Parameters) -> Tensor | None:
        """None: distances may add up."""
        return None

    @override
    def settle(self, parameters: Parameters) -> None:
        self.network.settle(parameters[1:])


__all__ = ["Distances"]
