"""A look at a critic of one's own before anything is decided on it: what it returns, twice."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np

from toylab.certificate import as_critic, evaluate
from toylab.errors import InputError
from toylab.network_critic import NetworkCritic, is_torch_module
from toylab.problem import CriticProblem


def examined_critic(critic: Any, problem: CriticProblem) -> Any:
    """The critic as a NumPy callable, after two calls on the problem's points.

    A torch module is taken as the function that its weights define: it is copied to float64 on the CPU where it can
    be, so that no verdict hangs on the rounding of float32. The module itself, its device, dtype and mode stay as
    they are.

    Raises:
        InputError: it is no critic, or a call returns a wrong shape, integers, values that are not finite, or another
            answer the second time.
    """
    points = problem.support.points
    call = f"critic(z), z of shape {points.shape}"
    function = _in_double(critic, points) if is_torch_module(critic) else as_critic(critic)
    answers = [_called(function, points, call) for _ in range(2)]
    _same(answers, call)
    gradient = getattr(function, "gradient", None)
    if gradient is not None:
        call = f"critic.gradient(z), z of shape {points.shape}"
        _same([_gradient(gradient, points, call) for _ in range(2)], call)
    return function


def needs_gradient(function: Any, claim: str) -> None:
    """Raise InputError where a claim about gradients is asked of a critic without any."""
    if not hasattr(function, "gradient"):
        raise InputError(
            f"{claim} looks at the critic's gradients and this critic has none; hand over a torch module, or an object "
            "with gradient(z) -> (m, d) beside its call."
        )


def _in_double(module: Any, points: np.ndarray) -> Any:
    """The module in float64 on the CPU; the module as it is where it cannot be copied or does not run there."""
    import torch

    try:
        double = NetworkCritic(copy.deepcopy(module).to(device="cpu", dtype=torch.float64))
        double(points)
    except (RuntimeError, TypeError, ValueError, NotImplementedError):  # whatever is wrong shows in the original too
        return NetworkCritic(module)
    return double


def _called(function: Callable[..., Any], points: np.ndarray, call: str) -> np.ndarray:
    raw = _guarded(lambda: function(points.copy()), call)
    kind = np.asarray(raw.detach().cpu() if hasattr(raw, "detach") else raw).dtype
    if kind.kind in "biu":
        raise InputError(f"{call} returned {kind} values; a critic returns floating-point numbers, not labels.")
    return _guarded(lambda: evaluate(lambda z: raw, points), call)


def _gradient(gradient: Callable[..., Any], points: np.ndarray, call: str) -> np.ndarray:
    answer = np.asarray(_guarded(lambda: gradient(points.copy()), call), dtype=np.float64)
    if answer.shape != points.shape:
        raise InputError(f"{call} returned shape {answer.shape}; gradients have the shape of the points.")
    if not np.isfinite(answer).all():
        raise InputError(f"{call} returned gradients that are not finite (NaN or infinity).")
    return answer


def _guarded(call: Callable[[], Any], what: str) -> Any:
    """The answer of a call; what goes wrong inside becomes one sentence that names the call."""
    try:
        return call()
    except InputError as error:
        raise InputError(f"{what}: {error}") from None
    except Exception as error:
        raise InputError(f"{what} failed with {type(error).__name__}: {error}.") from error


def _same(answers: list[np.ndarray], call: str) -> None:
    first, second = answers
    if not np.array_equal(first, second):
        off = float(np.abs(first - second).max())
        raise InputError(
            f"{call} gave two answers to one question, {off:.3g} apart: the critic is not deterministic. Fix its "
            "noise, and put its dropout and batch statistics into evaluation mode."
        )
