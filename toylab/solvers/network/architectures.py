"""Critic networks: an ensemble of K networks at once, with the gradient in the input in closed form.

    f(z) = w · h_L + c,   h_l = α(h_{l−1} W_l + b_l),   ∇f(z) = (((w ⊙ α'_L) W_Lᵀ) ⊙ α'_{L−1} …) W_1ᵀ

The gradient is built from matrix products and activation slopes, so that one more pass of autograd gives the
derivative of a gradient penalty; double backward is not needed.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError
from toylab.problem import Regularizer

#: Weights and biases of an ensemble, layer by layer, each with the ensemble as its first axis.
Parameters = list[Tensor]


class AbstractActivation(ABC):
    """A function of the hidden units of a layer; of every unit on its own where nothing else is said.

    Attributes:
        group: how many units are mapped together; it divides the width.
        widening: how many outputs a unit has.
    """

    group: ClassVar[int] = 1
    widening: ClassVar[int] = 1

    @abstractmethod
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """α(t), and α'(t) of the shape of t; at a kink a number between the one-sided slopes.

        Where α is not elementwise, the second is whatever `pull_back` needs, (K, m, ·) as t.
        """

    def pull_back(self, gradient: Tensor, slope: Tensor) -> Tensor:
        """The gradient in t from the one in α(t), (K, m or 1, ·), and the slope of `value_and_slope`."""
        return gradient * slope


@dataclass(frozen=True)
class Abs(AbstractActivation):
    """α(t) = |t|: every slope is ±1, so that a layer never loses gradient norm in its units."""

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        slope = torch.sign(t.detach())
        return t * slope, slope


@dataclass(frozen=True)
class LeakyReLU(AbstractActivation):
    """α(t) = max(t, 0) + leak · min(t, 0).

    Attributes:
        leak: slope on the negative side; 0 is the plain ReLU, −1 would be `Abs`.
    """

    leak: float = 0.2

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        slope = torch.where(t.detach() > 0, t.new_tensor(1.0), t.new_tensor(self.leak))
        return t * slope, slope


@dataclass(frozen=True)
class Tanh(AbstractActivation):
    """α(t) = tanh t, smooth: the penalty then also differentiates α'."""

    @override
    def value_and_slope(self, t: Tensor) -> tuple[Tensor, Tensor]:
        value = torch.tanh(t)
        return value, 1.0 - value * value


class AbstractArchitecture(ABC):
    """A family of functions R^d → R with trainable parameters, evaluated K members at a time."""

    @abstractmethod
    def init(
        self, ensemble_size: int, dimension: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Parameters:
        """Random parameters of K members, leaves that require gradients, on the generator's device."""

    def place(self, parameters: Parameters, draw: Callable[[int], Tensor]) -> None:
        """Adapt fresh parameters, in place, to where the data are; nothing by default.

        Args:
            parameters: of K members, as `init` made them.
            draw: a number c -> blends (K, c, d) of fake and real points.
        """
        return

    @abstractmethod
    def value(self, parameters: Parameters, z: Tensor) -> Tensor:
        """Values (K, m) at z, (m, d) shared by all members or (K, m, d)."""

    @abstractmethod
    def value_and_input_gradient(
        self, parameters: Parameters, z: Tensor, *, last: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """Values (K, m) and gradients in z (K, m, d), both differentiable in the parameters.

        Args:
            parameters: of K members.
            z: (m, d) or (K, m, d).
            last: gradients at the last so many points only, (K, last, d); at all points when not given.
        """

    @abstractmethod
    def rescaled(self, parameters: Parameters, scale: Tensor, offset: Tensor) -> Parameters:
        """Parameters of scale · f + offset, with scale and offset (K,)."""

    def features(self, parameters: Parameters, z: Tensor) -> Tensor:
        """The last hidden layer, (K, m, ·); the values themselves, (K, m, 1), where nothing is hidden."""
        return self.value(parameters, z).unsqueeze(-1)

    def lipschitz_bound(self, parameters: Parameters) -> Tensor | None:
        """(K,), bounds on the Lipschitz constants that hold by construction, differentiable; None by default."""
        return None

    def settle(self, parameters: Parameters) -> None:
        """Bring parameters in place, after a step, to where the architecture keeps them; nothing by default."""
        return

    def trained_for(self, regularizer: Regularizer) -> AbstractArchitecture:
        """The same functions, as they are to be trained under this regulariser; itself by default."""
        return self


@dataclass(frozen=True, kw_only=True)
class MLP(AbstractArchitecture):
    """A fully connected network.

    Attributes:
        width: units of each hidden layer.
        depth: number of hidden layers.
        activation: α; the piecewise linear ones reach kinked optima best.
        kinks_on_data: whether every hidden unit starts with its kink through a random blend of fake and real points;
            otherwise kinks start anywhere within the unit size of the data, and many of them miss it.

    Raises:
        InputError: width or depth not a positive whole number, or something that is not an activation.
    """

    width: int = 64
    depth: int = 3
    activation: AbstractActivation = field(default_factory=Abs)
    kinks_on_data: bool = False

    def __post_init__(self) -> None:
        for name in ("width", "depth"):
            size = getattr(self, name)
            if not (isinstance(size, int) and size >= 1):
                raise InputError(f"the {name} of a network must be a positive whole number, got {size!r}.")
        if not isinstance(self.activation, AbstractActivation):
            raise InputError(f"activation must be an object such as Abs() or LeakyReLU(), got {self.activation!r}.")
        if self.width % self.activation.group:
            raise InputError(
                f"{type(self.activation).__name__} maps {self.activation.group} units together, which must divide the "
                f"width, got {self.width}."
            )

    @override
    def init(
        self, ensemble_size: int, dimension: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Parameters:
        sizes = [dimension, *[self.width] * self.depth, 1]
        options = {"generator": generator, "dtype": dtype, "device": generator.device}
        parameters = []
        for layer, (before, fan_out) in enumerate(pairwise(sizes)):
            fan_in = before * (self.activation.widening if layer else 1)
            weight = torch.randn(ensemble_size, fan_in, fan_out, **options) / math.sqrt(fan_in)
            # kinks spread over the data, which has unit size; no random offset on the output
            spread = 1.0 if layer < self.depth else 0.0
            bias = spread * (2.0 * torch.rand(ensemble_size, 1, fan_out, **options) - 1.0)
            parameters += [weight, bias]
        return [parameter.requires_grad_() for parameter in parameters]

    @override
    @torch.no_grad()
    def place(self, parameters: Parameters, draw: Callable[[int], Tensor]) -> None:
        if not self.kinks_on_data:
            return
        blends = draw(self.width * self.depth)
        for layer, own in enumerate(blends.split(self.width, dim=1)):
            weight, bias = parameters[2 * layer], parameters[2 * layer + 1]
            below, _ = self._hidden(parameters[: 2 * layer + 2], own)
            bias.copy_(-(below * weight.transpose(1, 2)).sum(dim=-1).unsqueeze(1))  # every unit at a blend of its own

    @override
    def value(self, parameters: Parameters, z: Tensor) -> Tensor:
        hidden, _ = self._hidden(parameters, z)
        return torch.baddbmm(parameters[-1], hidden, parameters[-2]).squeeze(-1)

    @override
    def value_and_input_gradient(
        self, parameters: Parameters, z: Tensor, *, last: int | None = None
    ) -> tuple[Tensor, Tensor]:
        hidden, slopes = self._hidden(parameters, z)
        values = torch.baddbmm(parameters[-1], hidden, parameters[-2]).squeeze(-1)
        start = 0 if last is None else z.shape[-2] - last
        gradient = parameters[-2].transpose(1, 2)
        for weight, slope in zip(reversed(parameters[:-2:2]), reversed(slopes), strict=True):
            gradient = torch.bmm(self.activation.pull_back(gradient, slope[:, start:]), weight.transpose(1, 2))
        return values, gradient

    @override
    def features(self, parameters: Parameters, z: Tensor) -> Tensor:
        return self._hidden(parameters, z)[0]

    def _hidden(self, parameters: Parameters, z: Tensor) -> tuple[Tensor, list[Tensor]]:
        hidden = z if z.dim() == 3 else z.expand(len(parameters[0]), *z.shape)
        slopes = []
        for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            hidden, slope = self.activation.value_and_slope(torch.baddbmm(bias, hidden, weight))
            slopes.append(slope)
        return hidden, slopes

    @override
    def rescaled(self, parameters: Parameters, scale: Tensor, offset: Tensor) -> Parameters:
        scale, offset = scale.reshape(-1, 1, 1), offset.reshape(-1, 1, 1)
        return [*parameters[:-2], parameters[-2] * scale, parameters[-1] * scale + offset]


__all__ = ["MLP", "Abs", "AbstractActivation", "AbstractArchitecture", "LeakyReLU", "Parameters", "Tanh"]
