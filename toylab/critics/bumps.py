"""Smooth critics with values and gradients of one's own choosing at finitely many points."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree
from typing_extensions import override

from toylab.critics.base import Critic
from toylab.critics.cones import nearest
from toylab.errors import InputError


@dataclass(frozen=True, eq=False)
class HermiteCritic(Critic):
    """A smooth function with given values and given gradients at finitely many points.

    f(z) = Σ_i B(‖z − z_i‖/r) (f_i + v_i·(z − z_i)) with B(t) = exp(1 − 1/(1 − t²)) on [0, 1) and 0 beyond: bumps of
    radius r that do not overlap, B(0) = 1 and B'(0) = 0. It shows that optimal values alone say nothing about
    gradients (LGAN section 3.3; ICLR section 2.3).

    Attributes:
        centres: (N, d), the points z_i, at least 2 r from one another.
        values: (N,), f_i.
        gradients: (N, d), v_i.
        radius: r > 0.
    """

    centres: np.ndarray
    values: np.ndarray
    gradients: np.ndarray
    radius: float

    def _bump(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Of the nearest bump, the only one that can be over a point: its number, offset, height and gradient."""
        nearby = nearest(self.centres, z)
        offset = z - self.centres[nearby]
        square = np.minimum((offset**2).sum(axis=1) / self.radius**2, 1.0)
        inside = square < 1.0
        rest = np.where(inside, 1.0 - square, 1.0)
        height = np.where(inside, np.exp(1.0 - 1.0 / rest), 0.0)
        # B as a function of the square s of t: dB/ds = −B / (1 − s)², grad s = 2 offset / r²
        slope = (-height / rest**2)[:, None] * 2.0 * offset / self.radius**2
        return nearby, offset, height, slope

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)
        nearby, offset, height, _ = self._bump(z)
        return height * (self.values[nearby] + (offset * self.gradients[nearby]).sum(axis=1))

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)
        nearby, offset, height, slope = self._bump(z)
        local = self.values[nearby] + (offset * self.gradients[nearby]).sum(axis=1)
        return height[:, None] * self.gradients[nearby] + local[:, None] * slope

    def third_derivatives(self) -> np.ndarray:
        """(N,), bounds of the third derivatives in any direction, inside each bump.

        With w = 1/(1 − s) ≥ 1 and b(s) = exp(1 − w): b' = −w² b, b'' = (w⁴ − 2w³) b, b''' = (−w⁶ + 6w⁵ − 6w⁴) b, whose
        largest sizes are 1.4716, 6.94 and 83. Along a unit vector |s'| ≤ 2/r and s'' = 2/r², so B has second and third
        derivatives of at most 30.8/r² and 748/r³; the affine factor is |f_i| + ‖v_i‖ r at most, with slope ‖v_i‖.
        """
        steep = np.linalg.norm(self.gradients, axis=1) * self.radius
        return (748.0 * (np.abs(self.values) + steep) + 3.0 * 30.8 * steep) / self.radius**3


def hermite(points: np.ndarray, values: np.ndarray, gradients: np.ndarray) -> HermiteCritic:
    """The smooth function with these values and gradients, of bumps as wide as the points allow.

    Args:
        points: (N, d), all different, N ≥ 2.
        values: (N,).
        gradients: (N, d).

    Raises:
        InputError: fewer than two points, coinciding points, or arrays that do not fit.
    """
    points, values, gradients = (np.asarray(a, dtype=np.float64) for a in (points, values, gradients))
    if points.ndim != 2 or values.shape != (len(points),) or gradients.shape != points.shape:
        shapes = points.shape, values.shape, gradients.shape
        raise InputError(f"need points (N, d), values (N,) and gradients (N, d), got {', '.join(map(str, shapes))}.")
    separation = KDTree(points).query(points, k=2)[0][:, 1]  # infinite where there is one point only
    radius = 0.5 * float(separation.min(initial=np.inf))
    if not (np.isfinite(radius) and radius > 0):
        raise InputError("a Hermite critic needs at least two points, all different.")
    return HermiteCritic(points, values, gradients, radius)
