"""Distributions made of others: mixtures, translations, added noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from toylab.distributions.base import Box, Distribution, check_distribution, one_point, positive
from toylab.distributions.shapes import Gaussian
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


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
        for index, part in enumerate(parts):
            check_distribution(part, f"component {index} of a mixture")
        dimensions = {part.dimension for part in parts}
        if len(dimensions) > 1:
            raise InputError(f"the components of a mixture must share a dimension, got {sorted(dimensions)}.")
        mass = DiscreteMeasure(np.arange(len(parts)).reshape(-1, 1), weights).weights
        object.__setattr__(self, "components", parts)
        object.__setattr__(self, "weights", mass)

    @property
    @override
    def dimension(self) -> int:
        return self.components[0].dimension

    @property
    def _positive(self) -> list[tuple[float, Distribution]]:
        return [(float(w), part) for w, part in zip(self.weights, self.components, strict=True) if w > 0]

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        counts = rng.multinomial(n, self.weights)
        return np.concatenate(
            [part.sample_points(count, rng) for part, count in zip(self.components, counts, strict=True)]
        )

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return np.sum([weight * part.density(z) for weight, part in self._positive], axis=0)

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        return np.sum([weight * part.smoothed_density(z, scale) for weight, part in self._positive], axis=0)

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return np.min([part.distance_to_support(z) for _, part in self._positive], axis=0)

    @override
    def bounding_box(self) -> Box | None:
        boxes = [part.bounding_box() for _, part in self._positive]
        known = [box for box in boxes if box is not None]
        if len(known) < len(boxes):
            return None
        return np.min([low for low, _ in known], axis=0), np.max([high for _, high in known], axis=0)


@dataclass(frozen=True, eq=False)
class Translated(Distribution):
    """X + offset with X from `distribution`: W₁ to the distribution itself is exactly ‖offset‖.

    The upper bound moves every point by the offset, the lower bound is the critic z ↦ ⟨z, offset⟩/‖offset‖.

    Attributes:
        distribution: what is moved.
        offset: (d,).
    """

    distribution: Distribution
    offset: np.ndarray

    def __init__(self, distribution: Distribution, offset: npt.ArrayLike) -> None:
        check_distribution(distribution, "what is translated")
        shift = one_point(offset, "offset")
        if len(shift) != distribution.dimension:
            raise InputError(f"the offset has {len(shift)} coordinates, the distribution {distribution.dimension}.")
        object.__setattr__(self, "distribution", distribution)
        object.__setattr__(self, "offset", shift)

    @property
    @override
    def dimension(self) -> int:
        return len(self.offset)

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.distribution.sample_points(n, rng) + self.offset

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return self.distribution.density(self._points(z) - self.offset)

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        return self.distribution.smoothed_density(self._points(z) - self.offset, scale)

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return self.distribution.distance_to_support(self._points(z) - self.offset)

    @override
    def bounding_box(self) -> Box | None:
        box = self.distribution.bounding_box()
        return None if box is None else (box[0] + self.offset, box[1] + self.offset)


@dataclass(frozen=True, eq=False)
class Noisy(Distribution):
    """X + N(0, scale² I) with X from `distribution`: instance noise, and the fakes of WGAN-GP's toys.

    Attributes:
        distribution: what the noise is added to.
        scale: standard deviation of every coordinate of the noise, > 0.
    """

    distribution: Distribution
    scale: float

    def __init__(self, distribution: Distribution, scale: float) -> None:
        check_distribution(distribution, "what noise is added to")
        object.__setattr__(self, "distribution", distribution)
        object.__setattr__(self, "scale", positive(scale, "the scale of the noise"))

    @property
    @override
    def dimension(self) -> int:
        return self.distribution.dimension

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.distribution.sample_points(n, rng) + rng.normal(0.0, self.scale, size=(n, self.dimension))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        return self.distribution.smoothed_density(z, self.scale)

    @override
    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        noise = positive(scale, "the scale of the noise")
        return self.distribution.smoothed_density(z, float(np.hypot(self.scale, noise)))

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return np.zeros(len(self._points(z)))


def gaussian_mixture(means: npt.ArrayLike, scale: float, weights: npt.ArrayLike | None = None) -> Mixture:
    """Σ_c w_c N(means_c, scale² I), means of shape (components, d)."""
    return Mixture([Gaussian(mean, scale) for mean in np.asarray(means, dtype=np.float64)], weights)
