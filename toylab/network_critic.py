"""Where NumPy meets torch: any torch function of points as a critic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from toylab.critics import Critic
from toylab.errors import InputError

if TYPE_CHECKING:
    import torch

#: Points evaluated at once.
_BATCH = 65536


def is_torch_module(critic: object) -> bool:
    """Whether `critic` is a torch module, asked without importing torch."""
    return any(kind.__module__.startswith("torch.nn") and kind.__name__ == "Module" for kind in type(critic).__mro__)


@dataclass(frozen=True, eq=False)
class NetworkCritic(Critic):
    """A torch module as a critic: points go to its device and dtype, answers come back as float64 NumPy.

    The module is called in evaluation mode and left in the mode it was in.

    Attributes:
        module: maps (m, d) tensors to (m,) or (m, 1) tensors.
        lipschitz_constant: a constant known to hold everywhere, or None.

    Raises:
        InputError: the module returns another shape, or values that are not finite.
    """

    module: torch.nn.Module
    lipschitz_constant: float | None = field(default=None, kw_only=True)

    def _evaluate(self, z: np.ndarray, *, gradient: bool) -> np.ndarray:
        import torch

        points = np.array(z, dtype=np.float64)  # a copy: torch refuses memory it may not write
        sample = next(
            (p for p in self.module.parameters() if p.is_floating_point()),
            torch.zeros((), dtype=torch.float64),
        )
        training = self.module.training
        self.module.eval()
        try:
            batches = [
                self._batch(torch.as_tensor(points[start : start + _BATCH]).to(sample), gradient=gradient)
                for start in range(0, max(len(points), 1), _BATCH)
            ]
        finally:
            self.module.train(training)
        result = np.concatenate(batches)
        if not np.isfinite(result).all():
            what = "gradients" if gradient else "values"
            raise InputError(f"the critic returned {what} that are not finite (NaN or infinity); check its training.")
        return result

    def _batch(self, points: torch.Tensor, *, gradient: bool) -> np.ndarray:
        import torch

        points = points.detach().requires_grad_(gradient)
        with torch.set_grad_enabled(gradient):
            try:
                values: Any = self.module(points)
            except (RuntimeError, NotImplementedError) as error:
                reason = str(error).splitlines()[0]
                raise InputError(f"the critic failed on points of shape {tuple(points.shape)}: {reason}.") from None
            if not isinstance(values, torch.Tensor) or values.shape not in {(len(points),), (len(points), 1)}:
                shape = tuple(values.shape) if isinstance(values, torch.Tensor) else type(values).__name__
                raise InputError(
                    f"the critic must map ({len(points)}, d) points to ({len(points)},) values, got {shape}."
                )
            answer = self._derivative(values, points) if gradient else values.reshape(-1)
        return answer.detach().to("cpu", torch.float64).numpy()

    @staticmethod
    def _derivative(values: torch.Tensor, points: torch.Tensor) -> torch.Tensor:
        import torch

        found = None
        if values.requires_grad:
            (found,) = torch.autograd.grad(values.sum(), points, allow_unused=True)
        if found is None:
            raise InputError(
                "torch finds no path from the critic's values to its input, so there is no gradient: "
                "the module ignores its input, detaches it, or computes outside torch."
            )
        return found

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        return self._evaluate(z, gradient=False)

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        return self._evaluate(z, gradient=True)
