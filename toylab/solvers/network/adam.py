"""Adam in six operations."""

from __future__ import annotations

import math

import torch

from toylab.solvers.network.architectures import Parameters


class Adam:
    """Adam (Kingma and Ba 2015) on parameters that are made views of one flat tensor.

    A step of a network this small is mostly the overhead of its operations, so there are few of them.
    """

    def __init__(self, parameters: Parameters, betas: tuple[float, float]) -> None:
        self._flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self._gradient = torch.zeros_like(self._flat)
        start = 0
        for parameter in parameters:
            piece = slice(start, start + parameter.numel())
            parameter.data = self._flat[piece].view_as(parameter)
            parameter.grad = self._gradient[piece].view_as(parameter)
            start = piece.stop
        self._mean, self._square = torch.zeros_like(self._flat), torch.zeros_like(self._flat)
        self._betas, self._steps = betas, 0

    def step(self, rate: float) -> None:
        """Move the parameters, and clear their gradients for the next backward pass."""
        self._steps += 1
        first, second = self._betas
        self._mean.lerp_(self._gradient, 1.0 - first)
        self._square.mul_(second).addcmul_(self._gradient, self._gradient, value=1.0 - second)
        root = self._square.sqrt().mul_(1.0 / math.sqrt(1.0 - second**self._steps)).add_(1e-8)
        self._flat.addcdiv_(self._mean, root, value=-rate / (1.0 - first**self._steps))
        self._gradient.zero_()


__all__ = ["Adam"]
