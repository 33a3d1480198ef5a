"""Toy distributions: samplers with explicit generators, and densities where they exist."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats
from typing_extensions import override

from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


class Distribution(ABC):
    """A probability distribution on R^d that can be sampled."""

    @abstractmethod
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """N independent points, shape (n, d)."""

    def density(self, z: np.ndarray) -> np.ndarray:
        """Lebesgue density at z, shape (m, d) -> (m,).

        Raises:
            InputError: the distribution has none.
        """
        raise InputError(f"{type(self).__name__} has no density: it lives on a set of volume zero.")

    def sample(self, n: int, rng: np.random.Generator) -> DiscreteMeasure:
        """The empirical measure of n independent points, uniform weights.

        Raises:
            InputError: n < 1, or `rng` is not a NumPy generator (seeds are always explicit).
        """
        if not isinstance(rng, np.random.Generator):
            raise InputError(f"rng must be a numpy.random.Generator such as default_rng(0), got {type(rng).__name__}.")
        if int(n) != n or n < 1:
            raise InputError(f"the number of points must be a positive whole number, got {n}.")
        return DiscreteMeasure(self.sample_points(int(n), rng))


def _point(values: npt.ArrayLike, what: str) -> np.ndarray:
    array = np.atleast_1d(np.array(values, dtype=np.float64))
    if array.ndim != 1 or not np.isfinite(array).all():
        raise InputError(f"{what} must be one point with finite coordinates, got {values!r}.")
    array.setflags(write=False)
    return array


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
        if not (np.isfinite(scale) and scale > 0):
            raise InputError(f"the scale of a Gaussian must be positive and finite, got {scale}.")
        object.__setattr__(self, "mean", _point(mean, "mean"))
        object.__setattr__(self, "scale", float(scale))

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return rng.normal(self.mean, self.scale, size=(n, len(self.mean)))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return np.asarray(stats.norm.pdf(np.asarray(z), loc=self.mean, scale=self.scale).prod(axis=1))


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
        middle = _point(centre, "centre")
        half = _point(half_side, "half_side")
        if half.shape not in {(1,), middle.shape}:
            raise InputError(f"half_side must be one number or {len(middle)} of them, got {len(half)}.")
        half = np.broadcast_to(half, middle.shape)
        if (half <= 0).any():
            raise InputError(f"half_side must be positive, got {half_side!r}.")
        object.__setattr__(self, "centre", middle)
        object.__setattr__(self, "half_side", half)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.centre + self.half_side * rng.uniform(-1.0, 1.0, size=(n, len(self.centre)))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        inside = (np.abs(np.asarray(z) - self.centre) <= self.half_side).all(axis=1)
        return np.asarray(inside / np.prod(2.0 * self.half_side))


@dataclass(frozen=True, eq=False)
class Segment(Distribution):
    """Uniform on the segment from start to end; two of them make the parallel lines of WGAN Example 1."""

    start: np.ndarray
    end: np.ndarray

    def __init__(self, start: npt.ArrayLike, end: npt.ArrayLike) -> None:
        first, last = _point(start, "start"), _point(end, "end")
        if first.shape != last.shape or (first == last).all():
            raise InputError("a segment needs two different ends in one space.")
        object.__setattr__(self, "start", first)
        object.__setattr__(self, "end", last)

    def at(self, position: np.ndarray) -> np.ndarray:
        """The points start + position (end − start), position (n,) in [0, 1]."""
        return self.start + np.asarray(position)[:, None] * (self.end - self.start)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.at(rng.uniform(size=n))


@dataclass(frozen=True, eq=False)
class Masses(Distribution):
    """Finitely many point masses, drawn with their weights."""

    measure: DiscreteMeasure

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.measure.points[rng.choice(len(self.measure), size=n, p=self.measure.weights)]


@dataclass(frozen=True, eq=False)
class Mixture(Distribution):
    """Σ_c w_c D_c, for instance a Gaussian mixture.

    Attributes:
        components: the distributions D_c, all in one dimension.
        weights: (number of components,), uniform when not given.
    """

    components: tuple[Distribution, ...]
    weights: np.ndarray

    def __init__(self, components: tuple[Distribution, ...] | list[Distribution], weights: npt.ArrayLike | None = None):
        parts = tuple(components)
        if not parts:
            raise InputError("a mixture needs at least one component.")
        dimensions = {part.sample_points(1, np.random.default_rng(0)).shape[1] for part in parts}
        if len(dimensions) > 1:
            raise InputError(f"the components of a mixture must share a dimension, got {sorted(dimensions)}.")
        mass = DiscreteMeasure(np.arange(len(parts)).reshape(-1, 1), weights).weights
        object.__setattr__(self, "components", parts)
        object.__setattr__(self, "weights", mass)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        counts = rng.multinomial(n, self.weights)
        return np.concatenate(
            [part.sample_points(count, rng) for part, count in zip(self.components, counts, strict=True)]
        )

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return sum(
            (w * part.density(z) for w, part in zip(self.weights, self.components, strict=True)),
            np.zeros(len(z)),
        )


def gaussian_mixture(means: npt.ArrayLike, scale: float, weights: npt.ArrayLike | None = None) -> Mixture:
    """Σ_c w_c N(means_c, scale² I), means of shape (components, d)."""
    return Mixture([Gaussian(mean, scale) for mean in np.asarray(means, dtype=np.float64)], weights)
