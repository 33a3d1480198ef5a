"""The parameters of K networks in one flat tensor, so that the optimiser is one operation."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor

from toylab.solvers.network.architectures import MLP, Parameters


class FlatMLP:
    """Parameters of an ensemble of MLPs as views of one tensor.

    Attributes:
        architecture: how to read them.
        flat: (total,), all of them.
        weights: of the hidden layers and of the output, each (K, fan in, fan out).
        all_biases: (K, 1, depth · width + 1), the output's last.
        biases: of the hidden layers and of the output, views of `all_biases`.
    """

    def __init__(self, architecture: MLP, dimension: int, members: int, flat: Tensor) -> None:
        self.architecture, self.dimension, self.members, self.flat = architecture, dimension, members, flat
        sizes = [dimension, *[architecture.width] * architecture.depth, 1]
        shapes = [(members, fan_in, fan_out) for fan_in, fan_out in pairwise(sizes)]
        shapes.append((members, 1, sum(sizes[1:])))
        pieces = flat.split([a * b * c for a, b, c in shapes])
        *self.weights, self.all_biases = (piece.view(shape) for piece, shape in zip(pieces, shapes, strict=True))
        self.biases = list(self.all_biases.split(sizes[1:], dim=2))
        self.transposed = [weight.transpose(1, 2) for weight in self.weights]

    @classmethod
    def of(cls, architecture: MLP, parameters: Parameters) -> FlatMLP:
        """A copy of parameters as `MLP.init` makes them."""
        members, dimension = parameters[0].shape[:2]
        total = sum(parameter.numel() for parameter in parameters)
        net = cls(architecture, dimension, members, parameters[0].detach().new_empty(total))
        for own, given in zip(net.parameters(), parameters, strict=True):
            own.copy_(given.detach())
        return net

    def like(self) -> FlatMLP:
        """Zeros of the same shape: room for derivatives."""
        return self.around(torch.zeros_like(self.flat))

    def around(self, flat: Tensor) -> FlatMLP:
        """Another tensor of the same layout, seen in the same way."""
        return FlatMLP(self.architecture, self.dimension, self.members, flat)

    def parameters(self) -> Parameters:
        """The views in the order of `MLP.init`."""
        return [view for pair in zip(self.weights, self.biases, strict=True) for view in pair]

    def chosen(self, members: Tensor) -> FlatMLP:
        """The parameters of some members."""
        return FlatMLP.of(self.architecture, [parameter[members] for parameter in self.parameters()])


__all__ = ["FlatMLP"]
