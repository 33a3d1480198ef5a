"""McShane-Whitney extensions: the smallest and the largest k-Lipschitz function with given values.

Off the supports the optimal critic is not unique: every k-Lipschitz extension of its values is optimal,
between lower(z) = max_w f(w) − k‖z − w‖ and upper(z) = min_w f(w) + k‖z − w‖.

Neither needs memory for all points times all centres, nor time for it where few cones come near the highest one:
`cones` says which do. Up to some half a million pairs every pair is looked at, and beyond that values are the same up
to a rounding of g + k‖z − w‖.

Source: McShane (1934), Whitney (1934); the non-uniqueness is LGAN, Theorem 1 and the remark below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from typing_extensions import override

from toylab.critics.base import Critic, unit_vectors
from toylab.critics.cones import Cones
from toylab.errors import InputError


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

    #: 1 where cones point upwards and the highest one counts, −1 where they hang and the lowest one does.
    orientation: ClassVar[float] = 1.0

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        z, cones = self._checked(z)
        result = np.zeros(len(z))
        for short in cones.shortlists(z):
            result[short.rows] = cones.over(z, short)[0].max(axis=1)
        return self.orientation * result

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """The direction to the active centre (away from it, for an upper extension) times k, 0 on a peak.

        A peak is a centre that only its own cone reaches. Where several centres are active the first one is taken;
        `LowerExtension.active_directions` shows them all.
        """
        z, cones = self._checked(z)
        result = np.zeros(z.shape)
        for short in cones.shortlists(z, margin=self.apex_tolerance + 8.0 * cones.rounding(z)):
            active = self._active(*cones.over(z, short))
            result[short.rows] = unit_vectors(self.centres[short.pick(active)] - z[short.rows])
        return self.orientation * self.lipschitz_constant * result

    def _checked(self, z: np.ndarray) -> tuple[np.ndarray, Cones]:
        z = np.asarray(z, dtype=np.float64)
        if z.ndim != 2 or z.shape[1] != self.centres.shape[1]:
            raise InputError(f"points must have shape (m, {self.centres.shape[1]}), got {z.shape}.")
        if not np.isfinite(z).all():
            raise InputError("a critic was asked for points that are not finite (NaN or infinity).")
        return z, Cones(self.centres, self.orientation * self.values, self.lipschitz_constant)

    def _active(self, heights: np.ndarray, below: np.ndarray) -> np.ndarray:
        """The centre of the highest cone over each point.

        A point that is a centre itself lies under its own apex, which another cone may pass through as well;
        the function is then smooth there, and that other cone gives its gradient.
        """
        others = np.where(below == 0.0, -np.inf, heights)
        rounding = 64.0 * np.finfo(np.float64).eps * np.abs(heights).max(axis=1)
        through = others.max(axis=1) >= heights.max(axis=1) - rounding - self.apex_tolerance
        return np.where(through, others.argmax(axis=1), heights.argmax(axis=1))


class LowerExtension(_Extension):
    """z ↦ max_w f(w) − k‖z − w‖, the smallest k-Lipschitz function above the given values.

    With centres at the real points this is the funnel form of the optimal critic: at a fake point with one
    bounding partner y it is differentiable, with gradient k (y − x)/‖y − x‖.
    """

    def active_directions(self, z: np.ndarray, tolerance: float = 0.0) -> list[np.ndarray]:
        """For each point, the unit vectors (c, d) to every centre within `tolerance` of the maximum.

        The one-sided slope of the extension along each of them is k; with more than one, no critic with
        these values is differentiable at the point.
        """
        z, cones = self._checked(z)
        result = [np.zeros((0, z.shape[1]))] * len(z)
        rows = np.arange(len(z))
        for short in cones.shortlists(z, margin=tolerance, ties=False):
            heights, _ = cones.over(z, short)
            near = heights >= heights.max(axis=1, keepdims=True) - tolerance
            centres = self.centres[short.centres]
            for row, mask in zip(rows[short.rows], near, strict=True):
                directions = unit_vectors(centres[mask] - z[row])
                result[row] = directions[directions.any(axis=1)]
        return result


class UpperExtension(_Extension):
    """z ↦ min_w f(w) + k‖z − w‖, the largest k-Lipschitz function below the given values."""

    orientation: ClassVar[float] = -1.0
