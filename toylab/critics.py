"""Critics as value-and-gradient objects in NumPy: McShane-Whitney extensions, funnels, nearest points, closed forms.

Off the supports the optimal critic is not unique: every k-Lipschitz extension of its values is optimal,
between lower(z) = max_w f(w) − k‖z − w‖ and upper(z) = min_w f(w) + k‖z − w‖.

Source: McShane (1934), Whitney (1934); the non-uniqueness is LGAN, Theorem 1 and the remark below it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.errors import InputError

#: Entries of a distance block held at once (64 MiB of float64).
_BLOCK_ENTRIES = 2**23


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows, so that a block times all columns stays within 64 MiB."""
    size = max(1, _BLOCK_ENTRIES // max(columns, 1))
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., d) divided by their Euclidean lengths; 0 stays 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


class Critic(ABC):
    """A real function on R^d with gradients: points (m, d) -> values (m,) and gradients (m, d), float64."""

    #: A Lipschitz constant that is known to hold on all of R^d (Euclidean norm); None where none is known.
    lipschitz_constant: float | None = None

    @abstractmethod
    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Values at z."""

    @abstractmethod
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """Gradients at z."""


@dataclass(frozen=True, eq=False)
class _Extension(Critic):
    """Cones of one slope over given centres.

    Attributes:
        centres: (N, d), the points w whose values are extended.
        values: (N,), f(w).
        lipschitz_constant: k ≥ 0.
        apex_tolerance: at a centre whose own cone rises above the others by no more than this, the gradient is that
            of the others. An exact critic is smooth there; one that is optimal up to a gap has a tiny peak.
    """

    centres: np.ndarray
    values: np.ndarray
    lipschitz_constant: float
    apex_tolerance: float = 0.0

    def _cones(self, z: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        z = np.asarray(z, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.centres.shape[1]:
            raise InputError(f"points must have shape (m, {self.centres.shape[1]}), got {z.shape}.")
        if not np.isfinite(z).all():
            raise InputError("a critic was asked for points that are not finite (NaN or infinity).")
        for rows in row_blocks(len(z), len(self.centres)):
            yield rows, z[rows], self.lipschitz_constant * cdist(z[rows], self.centres)

    def _active(self, heights: np.ndarray, cones: np.ndarray) -> np.ndarray:
        """The centre of the highest cone over each point.

        A point that is a centre itself lies under its own apex, which another cone may pass through as well;
        the function is then smooth there, and that other cone gives its gradient.
        """
        others = np.where(cones == 0.0, -np.inf, heights)
        rounding = 64.0 * np.finfo(np.float64).eps * np.abs(heights).max(axis=1)
        through = others.max(axis=1) >= heights.max(axis=1) - rounding - self.apex_tolerance
        return np.where(through, others.argmax(axis=1), heights.argmax(axis=1))


class LowerExtension(_Extension):
    """z ↦ max_w f(w) − k‖z − w‖, the smallest k-Lipschitz function above the given values.

    With centres at the real points this is the funnel form of the optimal critic: at a fake point with one
    bounding partner y it is differentiable, with gradient k (y − x)/‖y − x‖.
    """

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        blocks = [(self.values - cones).max(axis=1) for _, _, cones in self._cones(z)]
        return np.concatenate(blocks) if blocks else np.zeros(0)

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """The direction to the active centre times k; 0 on a centre that only its own cone reaches (a peak).

        Where several centres are active the first one is taken; `active_directions` shows them all.
        """
        result = np.zeros(np.shape(z))
        for rows, block, cones in self._cones(z):
            active = self._active(self.values - cones, cones)
            result[rows] = self.lipschitz_constant * unit_vectors(self.centres[active] - block)
        return result

    def active_directions(self, z: np.ndarray, tolerance: float = 0.0) -> list[np.ndarray]:
        """For each point, the unit vectors (c, d) to every centre within `tolerance` of the maximum.

        The one-sided slope of the extension along each of them is k; with more than one, no critic with
        these values is differentiable at the point.
        """
        result = []
        for _, block, cones in self._cones(z):
            heights = self.values - cones
            near = heights >= heights.max(axis=1, keepdims=True) - tolerance
            for point, mask in zip(block, near, strict=True):
                directions = unit_vectors(self.centres[mask] - point)
                result.append(directions[directions.any(axis=1)])
        return result


class UpperExtension(_Extension):
    """z ↦ min_w f(w) + k‖z − w‖, the largest k-Lipschitz function below the given values."""

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        blocks = [(self.values + cones).min(axis=1) for _, _, cones in self._cones(z)]
        return np.concatenate(blocks) if blocks else np.zeros(0)

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """The direction away from the active centre times k; 0 on a centre that only its own cone reaches."""
        result = np.zeros(np.shape(z))
        for rows, block, cones in self._cones(z):
            active = self._active(-self.values - cones, cones)
            result[rows] = self.lipschitz_constant * unit_vectors(block - self.centres[active])
        return result


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
        owners = [cdist(z[rows], self.points).argmin(axis=1) for rows in row_blocks(len(z), len(self.points))]
        return self.values[np.concatenate(owners)] if owners else np.zeros(0)

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


def steepest_chord(points: np.ndarray, values: np.ndarray) -> float:
    """Max |f(w) − f(z)| / ‖w − z‖ over all pairs of different points: the Lipschitz constant on them."""
    steepest = 0.0
    for rows in row_blocks(len(points), len(points)):
        distance = cdist(points[rows], points)
        rise = np.abs(values[rows][:, None] - values)
        steepest = max(steepest, float(np.divide(rise, distance, out=np.zeros_like(rise), where=distance > 0).max()))
    return steepest


def tabulated(points: np.ndarray, values: np.ndarray) -> LowerExtension:
    """The lower extension of values at points, with the smallest constant that keeps them all.

    Args:
        points: (N, d); coinciding points must carry equal values.
        values: (N,).
    """
    points, values = np.asarray(points, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if points.ndim != 2 or values.shape != (len(points),):
        raise InputError(f"need points (N, d) and values (N,), got {points.shape} and {values.shape}.")
    return LowerExtension(points, values, steepest_chord(points, values))


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

    def _bumps(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Offsets (m, N, d), heights (m, N) and gradients (m, N, d) of the bumps."""
        offset = z[:, None, :] - self.centres[None]
        square = np.minimum((offset**2).sum(axis=2) / self.radius**2, 1.0)
        inside = square < 1.0
        rest = np.where(inside, 1.0 - square, 1.0)
        height = np.where(inside, np.exp(1.0 - 1.0 / rest), 0.0)
        # B as a function of the square s of t: dB/ds = −B / (1 − s)², grad s = 2 offset / r²
        slope = (-height / rest**2)[:, :, None] * 2.0 * offset / self.radius**2
        return offset, height, slope

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)
        result = np.zeros(len(z))
        for rows in row_blocks(len(z), self.centres.size):
            offset, height, _ = self._bumps(z[rows])
            result[rows] = (height * (self.values + np.einsum("mnd,nd->mn", offset, self.gradients))).sum(axis=1)
        return result

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)
        result = np.zeros(z.shape)
        for rows in row_blocks(len(z), self.centres.size):
            offset, height, slope = self._bumps(z[rows])
            local = self.values + np.einsum("mnd,nd->mn", offset, self.gradients)
            result[rows] = np.einsum("mn,nd->md", height, self.gradients) + (local[:, :, None] * slope).sum(axis=1)
        return result

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
    distance = cdist(points, points) + np.diag(np.full(len(points), np.inf))
    radius = 0.5 * float(distance.min())
    if not (np.isfinite(radius) and radius > 0):
        raise InputError("a Hermite critic needs at least two points, all different.")
    return HermiteCritic(points, values, gradients, radius)
