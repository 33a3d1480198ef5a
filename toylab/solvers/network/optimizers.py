"""Rules other than Adam that turn gradients of the loss into steps of the parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from typing_extensions import override

from toylab.errors import InputError
from toylab.solvers.network.architectures import Parameters


class Steps(Protocol):
    """A running optimiser, with the parameters it moves."""

    def step(self, rate: float) -> None:
        """Move the parameters by their gradients at this learning rate, then clear the gradients."""

    def state(self) -> dict[str, Any]:
        """Parameters and moments as tensors and plain data."""
        ...

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from such a state of the same optimiser on parameters of the same shapes."""


class AbstractOptimizer(ABC):
    """A rule for steps, before it meets any parameters."""

    @abstractmethod
    def begin(self, parameters: Parameters) -> Steps:
        """The running optimiser of these parameters."""


class _FromTorch:
    """A torch optimiser whose learning rate is given at each step."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer

    @property
    def _parameters(self) -> list[torch.Tensor]:
        return [parameter for group in self._optimizer.param_groups for parameter in group["params"]]

    def state(self) -> dict[str, Any]:
        """Parameters and moments."""
        parameters = [parameter.detach().clone() for parameter in self._parameters]
        return {"parameters": parameters, "moments": deepcopy(self._optimizer.state_dict())}

    @torch.no_grad()
    def restore(self, state: dict[str, Any]) -> None:
        """Go on from there."""
        for parameter, kept in zip(self._parameters, state["parameters"], strict=True):
            parameter.copy_(kept)
        self._optimizer.load_state_dict(state["moments"])

    def step(self, rate: float) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        self._optimizer.step()
        self._optimizer.zero_grad()


@dataclass(frozen=True)
class RMSProp(AbstractOptimizer):
    """Gradients divided by the root of their mean square (Tieleman and Hinton 2012), the choice of WGAN.

    Attributes:
        smoothing: averaging factor of the square.

    Raises:
        InputError: a factor outside [0, 1).
    """

    smoothing: float = 0.99

    def __post_init__(self) -> None:
        if not 0.0 <= self.smoothing < 1.0:
            raise InputError(f"RMSProp's smoothing must lie in [0, 1), got {self.smoothing}.")

    @override
    def begin(self, parameters: Parameters) -> Steps:
        return _FromTorch(torch.optim.RMSprop(parameters, alpha=self.smoothing))


@dataclass(frozen=True)
class GradientDescent(AbstractOptimizer):
    """Plain steps along the negative gradient."""

    @override
    def begin(self, parameters: Parameters) -> Steps:
        return _FromTorch(torch.optim.SGD(parameters, lr=1.0))


__all__ = ["AbstractOptimizer", "GradientDescent", "RMSProp", "Steps"]
