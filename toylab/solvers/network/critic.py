"""The trained network as a torch module in the caller's coordinates."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from toylab.network_critic import NetworkCritic
from toylab.solvers.network.architectures import AbstractArchitecture, Parameters


class TrainedCritic(torch.nn.Module):
    """z ↦ f((z − centre) / length), f one member of an ensemble.

    Attributes:
        architecture: how the parameters are to be read.
        weights: the trained parameters, each with an ensemble axis of length 1.
        centre: (d,), what was subtracted from the points before training.
        length: what they were divided by.
    """

    centre: Tensor
    length: Tensor

    def __init__(
        self, architecture: AbstractArchitecture, parameters: Parameters, centre: np.ndarray, length: float
    ) -> None:
        super().__init__()
        self.architecture = architecture
        self.weights = torch.nn.ParameterList(parameter.detach().clone() for parameter in parameters)
        self.register_buffer("centre", torch.tensor(centre, dtype=parameters[0].dtype))
        self.register_buffer("length", torch.tensor(length, dtype=parameters[0].dtype))

    @override
    def forward(self, z: Tensor) -> Tensor:
        """Values (m,) at points (m, d)."""
        return self.architecture.value(list(self.weights), (z - self.centre) / self.length)[0]

    def as_critic(self) -> NetworkCritic:
        """This module as a critic in NumPy; `.module` leads back."""
        return NetworkCritic(self)


__all__ = ["TrainedCritic"]
