"""Critics given by formulas, and by the nearest of finitely many points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.critics.base import Critic
from toylab.critics.cones import nearest
from toylab.errors import InputError


@dataclass(frozen=True, eq=False)
class NearestPoint(Critic):
    """The value of the nearest point: how the optimum of an objective without restriction is shown off the supports.

    Such an objective says nothing about a critic between the points (LGAN §3.1): any values are optimal there, and
    any gradients anywhere. These are arbitrary; constant on the Voronoi cells with gradient 0, so that nothing looks
    like information. Where points are equally near, the first one counts.

    Attributes:
        points: (N, d), all different.
        values: (N,), f at the points.
    """

    points: np.ndarray
    values: np.ndarray

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.points.shape[1]:
            raise InputError(f"points must have shape (m, {self.points.shape[1]}), got {z.shape}.")
        return self.values[nearest(self.points, z)]

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """0 everywhere, borders of cells included."""
        return np.zeros(np.shape(z))


@dataclass(frozen=True, eq=False)
class FormulaCritic(Critic):
    """A critic given by formulas, for closed forms and controls.

    Attributes:
        formula: points (m, d) -> values (m,).
        gradient_formula: points (m, d) -> gradients (m, d).
        lipschitz_constant: a constant known to hold on all of R^d, or None.
    """

    formula: Callable[[np.ndarray], np.ndarray]
    gradient_formula: Callable[[np.ndarray], np.ndarray]
    lipschitz_constant: float | None = None

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        return self.formula(np.asarray(z, dtype=np.float64))

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        return self.gradient_formula(np.asarray(z, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class QuadraticForm(Critic):
    """z ↦ b·z + ½ z·Az with a symmetric A: a plane where A = 0.

    Attributes:
        linear: (d,), b.
        matrix: (d, d), A.
    """

    linear: np.ndarray
    matrix: np.ndarray

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)
        return z @ self.linear + 0.5 * ((z @ self.matrix) * z).sum(axis=1)

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """The gradient b + Az."""
        return self.linear + np.asarray(z, dtype=np.float64) @ self.matrix
