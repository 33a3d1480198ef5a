"""Gaussians, boxes, segments and point masses: the shapes that everything else is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, ndtr
from typing_extensions import override

from toylab.distributions.base import Box, Distribution, in_blocks, one_point, positive
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


def _normal_interval(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Φ(high) − Φ(low) for low ≤ high, without cancellation in the right tail."""
    flip = low > 0
    return ndtr(np.where(flip, -low, high)) - ndtr(np.where(flip, -high, low))


def _normal_density(square: np.ndarray, scale: float, dimension: int) -> np.ndarray:
    """Density of N(0, scale² I) at points of this squared length."""
    return np.exp(-0.5 * square / scale**2 - dimension * np.log(np.sqrt(2.0 * np.pi) * scale))


@dataclass(frozen=True, eq=False)
class Gaussian(Distribution):
    """N(mean, scale² I).

    Attributes:
        mean: (d,).
        scale: standard deviation of every coordinate, > 0.
    """

    mean: np.ndarray
    scale: float

    def __init__(self, mean: npt.ArrayLike, scale: float) -> None:
        object.__setattr__(self, "scale", positive(scale, "the scale of a Gaussian"))
        object.__setattr__(self, "mean", one_point(mean, "mean"))

    @property
    @override
    def dimension(self) -> int:
        return len(self.mean)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return rng.normal(self.mean, self.scale, size=(n, len(self.mean)))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return np.asarray(stats.norm.pdf(self._points(z), loc=self.mean, scale=self.scale).prod(axis=1))

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        return Gaussian(self.mean, float(np.hypot(self.scale, positive(scale, "the scale of the noise")))).density(z)

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return np.zeros(len(self._points(z)))


@dataclass(frozen=True, eq=False)
class UniformBox(Distribution):
    """Uniform on the box of all z with |z_c − centre_c| ≤ half_side_c; a square in the plane.

    Attributes:
        centre: (d,).
        half_side: half the length of the sides, one number or (d,).
    """

    centre: np.ndarray
    half_side: np.ndarray

    def __init__(self, centre: npt.ArrayLike, half_side: npt.ArrayLike) -> None:
        middle = one_point(centre, "centre")
        half = one_point(half_side, "half_side")
        if half.shape not in {(1,), middle.shape}:
            raise InputError(f"half_side must be one number or {len(middle)} of them, got {len(half)}.")
        half = np.broadcast_to(half, middle.shape)
        if (half <= 0).any():
            raise InputError(f"half_side must be positive, got {half_side!r}.")
        object.__setattr__(self, "centre", middle)
        object.__setattr__(self, "half_side", half)

    @property
    @override
    def dimension(self) -> int:
        return len(self.centre)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.centre + self.half_side * rng.uniform(-1.0, 1.0, size=(n, len(self.centre)))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        inside = (np.abs(self._points(z) - self.centre) <= self.half_side).all(axis=1)
        return np.asarray(inside / np.prod(2.0 * self.half_side))

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        offset, noise = self._points(z) - self.centre, positive(scale, "the scale of the noise")
        shares = _normal_interval((offset - self.half_side) / noise, (offset + self.half_side) / noise)
        return (shares / (2.0 * self.half_side)).prod(axis=1)

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return np.linalg.norm(np.maximum(np.abs(self._points(z) - self.centre) - self.half_side, 0.0), axis=1)

    @override
    def bounding_box(self) -> Box:
        return self.centre - self.half_side, self.centre + self.half_side


@dataclass(frozen=True, eq=False)
class Segment(Distribution):
    """Uniform on the segment from start to end; two of them make the parallel lines of WGAN Example 1."""

    start: np.ndarray
    end: np.ndarray

    def __init__(self, start: npt.ArrayLike, end: npt.ArrayLike) -> None:
        first, last = one_point(start, "start"), one_point(end, "end")
        if first.shape != last.shape or (first == last).all():
            raise InputError("a segment needs two different ends in one space.")
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "end", last)

    @property
    @override
    def dimension(self) -> int:
        return len(self.start)

    def at(self, position: np.ndarray) -> np.ndarray:
        """The points start + position (end − start), position (n,) in [0, 1]."""
        return self.start + np.asarray(position)[:, None] * (self.end - self.start)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.at(rng.uniform(size=n))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        if self.dimension > 1:
            return super().density(z)
        return self._as_box().density(z)

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        noise = positive(scale, "the scale of the noise")
        along, beside = self._coordinates(z)
        length = float(np.linalg.norm(self.end - self.start))
        across = _normal_density(beside**2, noise, self.dimension - 1)
        return across * _normal_interval((along - length) / noise, along / noise) / length

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        direction = self.end - self.start
        position = np.clip((self._points(z) - self.start) @ direction / (direction @ direction), 0.0, 1.0)
        return np.linalg.norm(self._points(z) - self.at(position), axis=1)

    @override
    def bounding_box(self) -> Box:
        return np.minimum(self.start, self.end), np.maximum(self.start, self.end)

    def _coordinates(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Length along the line from start, and distance from the line, each (m,)."""
        direction = (self.end - self.start) / np.linalg.norm(self.end - self.start)
        offset = self._points(z) - self.start
        along = offset @ direction
        return along, np.linalg.norm(offset - along[:, None] * direction, axis=1)

    def _as_box(self) -> UniformBox:
        return UniformBox((self.start + self.end) / 2.0, np.abs(self.end - self.start) / 2.0)


@dataclass(frozen=True, eq=False)
class Masses(Distribution):
    """Finitely many point masses, drawn with their weights."""

    measure: DiscreteMeasure

    def __post_init__(self) -> None:
        if not isinstance(self.measure, DiscreteMeasure):
            raise InputError(f"Masses takes a DiscreteMeasure, got {type(self.measure).__name__}.")

    @property
    @override
    def dimension(self) -> int:
        return self.measure.dimension

    @property
    def atoms(self) -> np.ndarray:
        """The points of positive weight, (n, d)."""
        return self.measure.points[self.measure.weights > 0]

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.measure.points[rng.choice(len(self.measure), size=n, p=self.measure.weights)]

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        noise, mass = positive(scale, "the scale of the noise"), self.measure.weights[self.measure.weights > 0]

        def block(rows: np.ndarray) -> np.ndarray:
            exponents = -0.5 * cdist(rows, self.atoms, "sqeuclidean") / noise**2
            return np.asarray(logsumexp(exponents, b=mass, axis=1))

        constant = self.dimension * np.log(np.sqrt(2.0 * np.pi) * noise)
        return np.exp(in_blocks(block, self._points(z), len(self.atoms)) - constant)

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return in_blocks(lambda rows: cdist(rows, self.atoms).min(axis=1), self._points(z), len(self.atoms))

    @override
    def bounding_box(self) -> Box:
        return self.atoms.min(axis=0), self.atoms.max(axis=0)


def square_boundary(centre: npt.ArrayLike, half_side: float, count: int = 20) -> Masses:
    """Equal masses on a lattice of `count` points along the boundary of a square, corners included.

    With half side 1/2 and 20 points the spacing is 1/5: the outliers of LGAN's case1.

    Raises:
        InputError: the centre is not in the plane, the half side not positive, or count not a multiple of 4.
    """
    middle, half = one_point(centre, "centre"), positive(half_side, "half_side")
    if len(middle) != 2:
        raise InputError(f"the boundary of a square lies in the plane, got a centre with {len(middle)} coordinates.")
    if int(count) != count or count < 4 or count % 4:
        raise InputError(f"a lattice on the boundary of a square needs a multiple of 4 points, got {count}.")
    step = 2.0 * np.arange(count // 4) / (count // 4) - 1.0  # one side, without its last corner
    ones = np.ones_like(step)
    sides = [(step, -ones), (ones, step), (-step, ones), (-ones, -step)]
    return Masses(DiscreteMeasure(middle + half * np.concatenate([np.stack(side, axis=1) for side in sides])))
