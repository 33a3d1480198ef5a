"""Curves in the plane, with or without Gaussian noise: rings and the swiss roll."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from scipy.special import i0e
from typing_extensions import override

from toylab.distributions.base import Box, Distribution, in_blocks, not_negative, one_point, positive
from toylab.errors import InputError


@dataclass(frozen=True, eq=False)
class Ring(Distribution):
    """Uniform on a circle, plus N(0, noise² I).

    Two rings about one centre have W₁ = |difference of the radii| (noise 0): every point moves along its ray, and
    z ↦ ‖z − centre‖ is a critic that proves it.

    Attributes:
        centre: (2,).
        radius: > 0.
        noise: standard deviation of the noise, ≥ 0; without it there is no density.
    """

    centre: np.ndarray
    radius: float
    noise: float

    def __init__(self, centre: npt.ArrayLike, radius: float, noise: float = 0.0) -> None:
        middle = one_point(centre, "centre")
        if len(middle) != 2:
            raise InputError(f"a ring lies in the plane, got a centre with {len(middle)} coordinates.")
        object.__setattr__(self, "centre", middle)
        object.__setattr__(self, "radius", positive(radius, "the radius of a ring"))
        object.__setattr__(self, "noise", not_negative(noise, "the noise of a ring"))

    @property
    @override
    def dimension(self) -> int:
        return 2

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        angle = rng.uniform(0.0, 2.0 * np.pi, size=n)
        points = self.centre + self.radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return points + rng.normal(0.0, self.noise, size=(n, 2)) if self.noise > 0 else points

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return self._blurred(z, self.noise) if self.noise > 0 else super().density(z)

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        return self._blurred(z, float(np.hypot(self.noise, positive(scale, "the scale of the noise"))))

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        distance = np.linalg.norm(self._points(z) - self.centre, axis=1)
        return np.abs(distance - self.radius) if self.noise == 0 else np.zeros_like(distance)

    @override
    def bounding_box(self) -> Box | None:
        return (self.centre - self.radius, self.centre + self.radius) if self.noise == 0 else None

    def _blurred(self, z: np.ndarray, scale: float) -> np.ndarray:
        """∫ N(z; ring at angle, scale² I) over all angles: a Bessel function of the distance from the centre."""
        distance = np.linalg.norm(self._points(z) - self.centre, axis=1)
        across = np.exp(-0.5 * ((distance - self.radius) / scale) ** 2) / (2.0 * np.pi * scale**2)
        return across * i0e(distance * self.radius / scale**2)


@dataclass(frozen=True, eq=False)
class SwissRoll(Distribution):
    """((t cos t, t sin t) + N(0, noise² I)) / scale, t uniform in [3π/2, 9π/2].

    The first and third coordinates of scikit-learn's make_swiss_roll; with noise 0.25 and scale 7.5 the toy of WGAN-GP.

    Attributes:
        noise: standard deviation of the noise before the division, ≥ 0; without it there is no density.
        scale: what everything is divided by, > 0.
    """

    noise: float = 0.25
    scale: float = 7.5

    #: The range of t.
    start = 1.5 * np.pi
    end = 4.5 * np.pi

    def __post_init__(self) -> None:
        object.__setattr__(self, "noise", not_negative(self.noise, "the noise of a swiss roll"))
        object.__setattr__(self, "scale", positive(self.scale, "the scale of a swiss roll"))

    @property
    @override
    def dimension(self) -> int:
        return 2

    def at(self, t: np.ndarray) -> np.ndarray:
        """The points of the noiseless curve, t (n,) -> (n, 2)."""
        return np.stack([t * np.cos(t), t * np.sin(t)], axis=1) / self.scale

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        points = self.at(rng.uniform(self.start, self.end, size=n))
        return points + rng.normal(0.0, self.noise / self.scale, size=(n, 2)) if self.noise > 0 else points

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return self._blurred(z, self.noise / self.scale) if self.noise > 0 else super().density(z)

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        noise = positive(scale, "the scale of the noise")
        return self._blurred(z, float(np.hypot(self.noise / self.scale, noise)))

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        """Distance to the curve, too large by at most 1e-5/scale; 0 with noise."""
        points = self._points(z)
        if self.noise > 0:
            return np.zeros(len(points))
        return in_blocks(self._distance, points, len(self._grid))

    @override
    def bounding_box(self) -> Box | None:
        if self.noise > 0:
            return None
        points = self.at(self._grid)
        # between two points of the grid a coordinate rises above both by at most step²/8 · max |x''|
        step, bend = self._grid[1] - self._grid[0], (self.end + 2.0) / self.scale
        margin = step**2 / 8.0 * bend
        return points.min(axis=0) - margin, points.max(axis=0) + margin

    @cached_property
    def _grid(self) -> np.ndarray:
        return np.linspace(self.start, self.end, 4097)

    def _distance(self, z: np.ndarray) -> np.ndarray:
        """The nearest point of a grid, then Newton's method on the squared distance, kept where it gets nearer."""
        nearest = cdist(z, self.at(self._grid))
        best, t = nearest.min(axis=1), self._grid[nearest.argmin(axis=1)]
        for _ in range(3):
            turn, speed = np.stack([np.cos(t), np.sin(t)]), np.stack([-np.sin(t), np.cos(t)])
            velocity, bend = turn + t * speed, 2.0 * speed - t * turn
            offset = t * turn - self.scale * z.T
            first = (offset * velocity).sum(axis=0)
            second = (velocity**2 + offset * bend).sum(axis=0)
            t = np.clip(t - np.divide(first, second, out=np.zeros_like(first), where=second > 0), self.start, self.end)
            best = np.minimum(best, np.linalg.norm(self.at(t) - z, axis=1))
        return best

    def _blurred(self, z: np.ndarray, scale: float) -> np.ndarray:
        """∫ N(z; curve(t), scale² I) dt/3π by Gauss-Legendre on panels no longer than `scale`, eight nodes each."""
        if scale * self.scale < 0.01:
            raise InputError(
                f"the density of a swiss roll needs noise of at least {0.01 / self.scale:.2g} in its own unit of "
                f"length, got {scale:.2g}: it is computed by quadrature along the curve."
            )
        panels = int(np.ceil(1.05 * (self.end**2 - self.start**2) / 2.0 / (scale * self.scale)))
        edges = np.sqrt(np.linspace(self.start**2, self.end**2, panels + 1))
        nodes, weights = np.polynomial.legendre.leggauss(8)
        half = np.diff(edges)[:, None] / 2.0
        t = (edges[:-1, None] + half * (nodes + 1.0)).ravel()
        mass = (half * weights).ravel() / (self.end - self.start) / (2.0 * np.pi * scale**2)
        curve = self.at(t)
        return in_blocks(
            lambda rows: np.exp(-0.5 * cdist(rows, curve, "sqeuclidean") / scale**2) @ mass, self._points(z), len(t)
        )
