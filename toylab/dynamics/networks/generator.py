"""The network G(z; θ) itself: float32 while it is trained, float64 when its samples are judged."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor

from toylab.dynamics.networks.settings import GeneratorTraining
from toylab.solvers.devices import find_device
from toylab.solvers.network.adam import Adam


class GeneratorNetwork:
    """A ReLU network from R^latent to R^d with its optimiser; mutable.

    Attributes:
        parameters: weights (fan in, fan out) and biases, layer by layer.
    """

    def __init__(self, training: GeneratorTraining, dimension: int, seed: int) -> None:
        self._training = training
        self._device = find_device(training.device)
        self._random = torch.Generator().manual_seed(seed)  # of the CPU: devices draw the same numbers
        sizes = [training.latent, *[training.width] * training.depth, dimension]
        parameters = []
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes)):
            gain = math.sqrt(2.0 if layer < training.depth else 1.0)  # He et al. 2015, before a ReLU
            weight = gain * torch.randn(fan_in, fan_out, generator=self._random) / math.sqrt(fan_in)
            parameters += [weight, torch.zeros(fan_out)]
        self.parameters = [parameter.to(self._device).requires_grad_() for parameter in parameters]
        self._adam = Adam(self.parameters, training.betas)

    def draw(self) -> Tensor:
        """Fakes of a fresh minibatch, (batch, d), differentiable in the parameters."""
        shape = (self._training.batch, self._training.latent)
        return _through(self.parameters, torch.randn(*shape, generator=self._random).to(self._device))

    def ascend(self, fakes: Tensor, pull: np.ndarray, rate: float) -> None:
        """One step of Adam along Σ_i ⟨pull_i, ∂G(z_i)/∂θ⟩ / n, for fakes of `draw` and pull (n, d)."""
        way = torch.as_tensor(pull, dtype=fakes.dtype, device=self._device)
        (-(way * fakes).sum() / len(fakes)).backward()
        self._adam.step(rate)

    @torch.no_grad()
    def samples(self, latent: np.ndarray) -> np.ndarray:
        """G at latent points (m, latent), in float64: (m, d)."""
        points = torch.as_tensor(latent, dtype=torch.float64, device=self._device)
        return _through([parameter.double() for parameter in self.parameters], points).cpu().numpy()

    def kept(self) -> dict[str, Any]:
        """Everything that another network of the same training needs to go on from here."""
        return {"adam": self._adam.state(), "random": self._random.get_state()}

    def restore(self, kept: dict[str, Any]) -> None:
        """Go on from what another one kept."""
        self._adam.restore(kept["adam"])
        self._random.set_state(kept["random"])


def _through(parameters: list[Tensor], z: Tensor) -> Tensor:
    for weight, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        z = torch.relu(torch.addmm(bias, z, weight))
    return torch.addmm(parameters[-1], z, parameters[-2])


__all__ = ["GeneratorNetwork"]
