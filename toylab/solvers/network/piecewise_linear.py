"""Activations α(t) = α'(t) t that are linear on either side of 0, in place: their slope is not differentiated."""

from __future__ import annotations

import torch
from torch import Tensor

from toylab.solvers.network.architectures import Abs, AbstractActivation, LeakyReLU

#: The activations that `bend` knows.
PIECEWISE_LINEAR = (Abs, LeakyReLU)


def bend(activation: AbstractActivation, t: Tensor, slope: Tensor) -> None:
    """Replace t by α(t), and write α'(t) to `slope`, of the same shape."""
    match activation:
        case Abs():
            torch.sign(t, out=slope)
            t.abs_()
        case LeakyReLU(leak=leak):
            torch.gt(t, 0.0, out=slope)
            slope.mul_(1.0 - leak).add_(leak)
            t.mul_(slope)
        case _:
            raise TypeError(f"{activation!r} is not linear on either side of 0")


__all__ = ["PIECEWISE_LINEAR", "bend"]
