"""Muon: steps of hidden matrices along their orthogonalised momentum.

With M a running mean of ∂L/∂W = U S Vᵀ, a step is W ← W − rate · U Vᵀ: every singular direction of the gradient moves
by the same amount, while in Adam's step a few directions outgrow the others. U Vᵀ comes from a polynomial of matrix
products (Newton–Schulz), without a decomposition (Jordan et al. 2024, "Muon: an optimizer for hidden layers").
`torch.optim.Muon` takes one matrix at a time; these take K members at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError, real_number, whole_number
from toylab.solvers.network.adam import Adam
from toylab.solvers.network.architectures import Parameters
from toylab.solvers.network.optimizers import AbstractOptimizer, Steps

#: p(s) = a s + b s³ + c s⁵ sends singular values in (0, 1] towards 1, within some 30 %, in five rounds.
_POLYNOMIAL = (3.4445, -4.7750, 2.0315)

#: Matrices with a shorter side are left to Adam: the first layer of a plane, the last layer.
_SHORTEST_SIDE = 8


def is_hidden(weight: Tensor) -> bool:
    """Whether a parameter is moved by Muon: a matrix (K, fan in, fan out), both of them at least 8."""
    return weight.dim() == 3 and min(weight.shape[-2:]) >= _SHORTEST_SIDE


def orthogonalised(matrices: Tensor, rounds: int) -> Tensor:
    """Roughly U Vᵀ of matrices U S Vᵀ, (K, a, b); 0 for 0."""
    a, b, c = _POLYNOMIAL
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp_min(torch.finfo(x.dtype).tiny)
    for _ in range(rounds):
        square = torch.bmm(x, x.mT)
        mixed = torch.baddbmm(square, square, square, beta=b, alpha=c)
        x = torch.baddbmm(x, mixed, x, beta=a)
    return x.mT if tall else x


@dataclass(frozen=True, kw_only=True)
class Muon(AbstractOptimizer):
    """Muon for matrices of at least 8 × 8, Adam for everything else.

    These are the matrices between hidden layers and, for points of eight dimensions and more, the first layer.

    Attributes:
        share: rate of Muon's steps as a share of the learning rate, which is Adam's.
        momentum: averaging factor of the gradient.
        rounds: of Newton–Schulz.
        betas: Adam's averaging factors; those of the schedule are not used.

    Raises:
        InputError: a number outside its range.
    """

    share: float = 0.5
    momentum: float = 0.9
    rounds: int = 5
    betas: tuple[float, float] = (0.9, 0.99)

    def __post_init__(self) -> None:
        if not real_number(self.share, "Muon's share of the learning rate") > 0:
            raise InputError(f"Muon's share of the learning rate must be positive, got {self.share}.")
        if not all(0.0 <= factor < 1.0 for factor in (self.momentum, *self.betas)):
            raise InputError(f"averaging factors lie in [0, 1), got {self.momentum} and {self.betas}.")
        whole_number(self.rounds, "rounds of Newton–Schulz", least=1)

    @override
    def begin(self, parameters: Parameters) -> Steps:
        return _Running(self, parameters)

    def move(self, weights: list[Tensor], derivatives: list[Tensor], means: list[Tensor], rate: Tensor) -> None:
        """One step of matrices (K, a, b) and of their momenta, in place, at the learning rate ().

        Args:
            weights: the matrices.
            derivatives: of the loss by them.
            means: their momenta.
            rate: (), on their device.
        """
        for shape in {weight.shape for weight in weights}:  # those of one shape in one product
            of_it = [number for number, weight in enumerate(weights) if weight.shape == shape]
            directions = []
            for number in of_it:
                means[number].lerp_(derivatives[number], 1.0 - self.momentum)
                directions.append(torch.lerp(derivatives[number], means[number], self.momentum))
            step = orthogonalised(torch.cat(directions), self.rounds)
            step.mul_(rate * (self.share * math.sqrt(max(1.0, shape[-1] / shape[-2]))))
            for number, part in zip(of_it, step.split(shape[0]), strict=True):
                weights[number].sub_(part)


class _Running:
    """Muon on parameters whose gradients autograd fills in."""

    def __init__(self, settings: Muon, parameters: Parameters) -> None:
        self._settings = settings
        self._adam = Adam(parameters, settings.betas)
        self._hidden = [parameter for parameter in parameters if is_hidden(parameter)]
        self._means = [torch.zeros_like(parameter) for parameter in self._hidden]

    def state(self) -> dict[str, Any]:
        """Parameters and moments."""
        return {"adam": self._adam.state(), "means": [mean.clone() for mean in self._means]}

    @torch.no_grad()
    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state."""
        self._adam.restore(state["adam"])
        for mean, kept in zip(self._means, state["means"], strict=True):
            mean.copy_(kept)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        before = [parameter.clone() for parameter in self._hidden]
        derivatives = [parameter.grad.clone() for parameter in self._hidden if parameter.grad is not None]
        self._adam.step(rate)
        for parameter, held in zip(self._hidden, before, strict=True):
            parameter.copy_(held)
        if self._hidden:
            self._settings.move(self._hidden, derivatives, self._means, self._hidden[0].new_tensor(rate))


__all__ = ["Muon", "is_hidden", "orthogonalised"]
