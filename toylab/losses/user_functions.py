"""A user's own functions of one critic value, called with arrays and checked.

toylab calls them with one-dimensional float64 NumPy arrays, whoever asks: the interior point and the network
solvers hand over tensors, which are carried to NumPy and back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab.errors import InputError
from toylab.losses.base import Array

_TRIAL = np.array([-2.5, -0.3, 0.0, 0.7, 1.9])


@dataclass(frozen=True)
class NumpyFunction:
    """A function written for NumPy arrays.

    Attributes:
        what: how messages call it ("the value of my loss").
        function: arrays (N,) -> arrays (N,).
    """

    what: str
    function: Callable[..., Any]

    def __call__(self, t: Array) -> Array:
        """The function at every element of t, an array or a tensor of any shape."""
        if hasattr(t, "detach"):
            import torch

            return torch.as_tensor(self._of_numpy(t.detach().cpu().numpy()), dtype=t.dtype, device=t.device)
        return self._of_numpy(np.asarray(t, dtype=np.float64))

    def _of_numpy(self, t: np.ndarray) -> np.ndarray:
        flat = np.array(t, dtype=np.float64).reshape(-1)
        with np.errstate(all="ignore"):
            try:
                answer = self._answer(flat)
            except (TypeError, ValueError, RuntimeError, AttributeError) as error:
                raise InputError(
                    f"{self.what} could not be computed for an array of {len(flat)} numbers ({error}); it must take "
                    "NumPy arrays (np.exp instead of math.exp, np.where instead of if)."
                ) from None
        return self._checked(np.asarray(answer), flat).reshape(np.shape(t))

    def _answer(self, flat: np.ndarray) -> Any:
        return self.function(flat)

    def _checked(self, answer: np.ndarray, flat: np.ndarray) -> np.ndarray:
        if answer.shape != flat.shape:
            raise InputError(
                f"{self.what} must return one number for each of the numbers it is given: it returned shape "
                f"{answer.shape} for {flat.shape} (a constant is np.full_like(t, 1.0))."
            )
        if answer.dtype.kind not in "fiub" or (answer.dtype.kind == "f" and answer.dtype.itemsize < 8):
            raise InputError(f"{self.what} must return float64 numbers, got {answer.dtype}.")
        return answer.astype(np.float64)


@dataclass(frozen=True)
class TorchFunction(NumpyFunction):
    """A function written for torch tensors."""

    def _answer(self, flat: np.ndarray) -> Any:
        import torch

        return _plain(self.function(torch.as_tensor(flat)))


@dataclass(frozen=True)
class Derivative(NumpyFunction):
    """The derivative of a function that torch can differentiate, element by element."""

    def _answer(self, flat: np.ndarray) -> Any:
        import torch

        t = torch.tensor(flat, requires_grad=True)
        value = self.function(t)
        if not (hasattr(value, "requires_grad") and value.requires_grad):
            raise TypeError("torch finds no derivative")
        return torch.autograd.grad(value.sum(), t)[0].numpy()


def _plain(answer: Any) -> Any:
    return answer.detach().cpu().numpy() if hasattr(answer, "detach") else answer


def array_function(what: str, function: Callable[..., Any]) -> NumpyFunction:
    """The function, called as it wants to be called, tried on five numbers.

    Raises:
        InputError: it is not callable, cannot be called with arrays, or does not act element by element.
    """
    if not callable(function):
        raise InputError(f"{what} must be a function of an array, got {function!r}.")
    try:
        return _tried(NumpyFunction(what, function))
    except InputError as refused:
        try:
            return _tried(TorchFunction(what, function))
        except InputError:
            raise refused from None


def derivative(what: str, function: Callable[..., Any], missing: str) -> NumpyFunction:
    """The derivative of a function by torch.

    Raises:
        InputError: torch cannot differentiate it; `missing` names the argument that would help.
    """
    try:
        return _tried(Derivative(what, function))
    except InputError:
        raise InputError(
            f"{what} is not given, and torch cannot differentiate the function: pass {missing}=, or write the function "
            "with operators, torch, or the array API."
        ) from None


def _tried(function: NumpyFunction) -> NumpyFunction:
    together = function(_TRIAL)
    apart = np.concatenate([function(_TRIAL[i : i + 1]) for i in range(len(_TRIAL))])
    if not np.allclose(together, apart, rtol=1e-12, atol=1e-300, equal_nan=True):
        raise InputError(
            f"{function.what} must act on every number by itself: for {_TRIAL.tolist()} together it returned "
            f"{together.tolist()}, one by one {apart.tolist()}."
        )
    return function
