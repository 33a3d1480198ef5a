"""Adam in one operation."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from toylab.solvers.network.architectures import Parameters


class FlatAdam:
    """Adam (Kingma and Ba 2015) on one flat tensor.

    A step of a network this small is mostly the overhead of its operations, so this is the fused kernel behind
    `torch.optim.Adam(fused=True)`, called without the bookkeeping around it (a third of a step's time otherwise).

    Attributes:
        mean: running mean of the gradient.
        square: running mean of its square.
    """

    def __init__(self, mean: Tensor, square: Tensor, betas: tuple[float, float]) -> None:
        self.mean, self.square, self.betas = mean, square, betas

    @classmethod
    def at_rest(cls, flat: Tensor, betas: tuple[float, float]) -> FlatAdam:
        """Before the first step on parameters like these."""
        return cls(torch.zeros_like(flat), torch.zeros_like(flat), betas)

    def step(self, flat: Tensor, gradient: Tensor, rate: Tensor, count: Tensor) -> None:
        """Move parameters, in place, without autograd.

        Args:
            flat: the parameters, any shape.
            gradient: of the same shape.
            rate: (), the learning rate, float32 on the device of the parameters (the kernel reads it as such).
            count: (), steps taken, this one included, likewise.
        """
        torch._fused_adam_(  # type: ignore[reportPrivateImportUsage]
            [flat],
            [gradient],
            [self.mean],
            [self.square],
            [],
            [count],
            lr=rate,
            beta1=self.betas[0],
            beta2=self.betas[1],
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


class Adam:
    """Adam on parameters that are made views of one flat tensor, as are their gradients."""

    def __init__(self, parameters: Parameters, betas: tuple[float, float]) -> None:
        self._flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
        self._gradient = torch.zeros_like(self._flat)
        start = 0
        for parameter in parameters:
            piece = slice(start, start + parameter.numel())
            parameter.data = self._flat[piece].view_as(parameter)
            parameter.grad = self._gradient[piece].view_as(parameter)
            start = piece.stop
        self._adam = FlatAdam.at_rest(self._flat, betas)
        self._count = self._flat.new_zeros((), dtype=torch.float32)

    def _carried(self) -> dict[str, Tensor]:
        return {"flat": self._flat, "mean": self._adam.mean, "square": self._adam.square, "count": self._count}

    def state(self) -> dict[str, Any]:
        """Parameters and moments."""
        return {name: tensor.clone() for name, tensor in self._carried().items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        for name, tensor in self._carried().items():
            tensor.copy_(state[name])

    def step(self, rate: float) -> None:
        """Move the parameters, and clear their gradients for the next backward pass."""
        self._count += 1
        self._adam.step(self._flat, self._gradient, self._count.new_tensor(rate), self._count)
        self._gradient.zero_()


__all__ = ["Adam", "FlatAdam"]
