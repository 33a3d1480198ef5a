"""What is done to a trained critic after the fact: small convex problems solved exactly."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from typing_extensions import override

#: (scale, offset) -> J(scale · f + offset) + R(|scale| k).
Objective = Callable[[float, float], float]


def best_scale_and_offset(objective: Objective, spread: float) -> tuple[float, float]:
    """Minimise a convex function of a scale and an offset, starting from (1, 0).

    Without derivatives: the hinge has kinks, and two variables need none.

    Args:
        objective: (scale, offset) -> a number, +inf where it overflows.
        spread: natural size of an offset, > 0.

    Returns:
        A pair that is at least as good as (1, 0).
    """

    def scaled(v: np.ndarray) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            value = objective(float(v[0]), float(spread * v[1]))
        return value if np.isfinite(value) else np.inf

    start = np.array([1.0, 0.0])
    best, value = start, scaled(start)
    for size in (0.5, 1e-3):  # the second simplex starts afresh where the first one may have collapsed
        simplex = best + size * np.array([[0.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
        options = {"initial_simplex": simplex, "xatol": 1e-9, "fatol": 1e-14, "maxiter": 400}
        found = minimize(scaled, best, method="Nelder-Mead", options=options)
        if found.fun < value:
            best, value = found.x, float(found.fun)
    return float(best[0]), float(spread * best[1])


def after(objective: Objective, scale: float, offset: float) -> Objective:
    """The objective of a further scale and offset, on top of these."""
    return lambda s, c: objective(s * scale, s * offset + c)


class AbstractPolish(ABC):
    """A map of the critic's values that can only lower its objective."""

    @abstractmethod
    def scale_and_offset(self, objective: Objective, spread: float) -> tuple[float, float]:
        """The (s, c) for which s · f + c replaces f."""


@dataclass(frozen=True)
class ScaleAndOffset(AbstractPolish):
    """min over s, c of J(s f + c) + R(|s| k), k the steepest gradient found on blends: convex, two variables."""

    @override
    def scale_and_offset(self, objective: Objective, spread: float) -> tuple[float, float]:
        return best_scale_and_offset(objective, spread)


__all__ = ["AbstractPolish", "Objective", "ScaleAndOffset", "after", "best_scale_and_offset"]
