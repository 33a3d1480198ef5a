"""What a generator is to learn, and to which part of it a sample belongs: the field's toys.

8 Gaussians, 25 Gaussians and the swiss roll are those of the WGAN-GP line of papers (Gulrajani et al. 2017, toy code).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.spatial import KDTree
from typing_extensions import override

from toylab.distributions import Distribution, Gaussian, Mixture, SwissRoll, gaussians_on_circle, gaussians_on_grid
from toylab.errors import InputError, unknown_name, whole_number


class AbstractTarget(ABC):
    """A distribution that consists of parts, each of them a narrow set plus noise of one standard deviation.

    Attributes:
        name: as a user asks for it.
        distribution: the reals.
    """

    name: str
    distribution: Distribution
    #: What the parts are called, in the plural.
    what: str

    @property
    @abstractmethod
    def scale(self) -> float:
        """σ, the standard deviation of the noise in every coordinate."""

    @property
    @abstractmethod
    def parts(self) -> int:
        """How many parts there are; they have equal mass."""

    @abstractmethod
    def locate(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The distance from samples (m, d) to the noiseless set, (m,), and the number of the nearest part, (m,)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class GaussianModes(AbstractTarget):
    """Equal Gaussians; a part is a mode, and distances are those to the nearest centre.

    Attributes:
        name: as a user asks for it.
        distribution: the mixture.

    Raises:
        InputError: not Gaussians of one scale and one weight.
    """

    name: str
    distribution: Mixture
    what = "modes"

    def __post_init__(self) -> None:
        parts = self.distribution.components
        if not all(isinstance(part, Gaussian) for part in parts):
            raise InputError("the modes of a target are Gaussians; one of these components is not.")
        if len({part.scale for part in parts if isinstance(part, Gaussian)}) > 1 or np.ptp(self.distribution.weights):
            raise InputError("the modes of a target share one standard deviation and one weight; these do not.")

    @cached_property
    def centres(self) -> np.ndarray:
        """(modes, d)."""
        return np.stack([part.mean for part in self.distribution.components if isinstance(part, Gaussian)])

    @property
    @override
    def scale(self) -> float:
        first = self.distribution.components[0]
        assert isinstance(first, Gaussian)
        return float(first.scale)

    @property
    @override
    def parts(self) -> int:
        return len(self.distribution.components)

    @override
    def locate(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        distance, part = KDTree(self.centres).query(samples)
        return np.asarray(distance), np.asarray(part)


@dataclass(frozen=True, kw_only=True, eq=False)
class CurveTarget(AbstractTarget):
    """A swiss roll with noise; its parts are pieces of the curve with equal mass, distances those to the curve.

    Attributes:
        name: as a user asks for it.
        distribution: the roll.
        pieces: how many parts.

    Raises:
        InputError: a roll without noise, or no pieces.
    """

    name: str
    distribution: SwissRoll
    pieces: int = 20
    what = "pieces"

    def __post_init__(self) -> None:
        whole_number(self.pieces, "the number of pieces of a curve", least=1)
        if not self.distribution.noise > 0:
            raise InputError("a curve as a target needs noise: distances are counted in its standard deviations.")

    @property
    @override
    def scale(self) -> float:
        return self.distribution.noise / self.distribution.scale

    @property
    @override
    def parts(self) -> int:
        return self.pieces

    @override
    def locate(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        roll = self.distribution
        distance = SwissRoll(noise=0.0, scale=roll.scale).distance_to_support(samples)
        _, nearest = self._tree.query(samples)
        # t is uniform along the curve, so pieces of equal length in t have equal mass
        return distance, np.asarray(nearest) * self.pieces // self._tree.n

    @cached_property
    def _tree(self) -> KDTree:
        roll = self.distribution
        count = 400 * self.pieces
        t = roll.start + (roll.end - roll.start) * (np.arange(count) + 0.5) / count
        return KDTree(roll.at(t))


def eight_gaussians() -> GaussianModes:
    """Eight Gaussians on a circle of radius 1.414, σ = 0.0141."""
    return GaussianModes(name="8-gaussians", distribution=gaussians_on_circle())


def twenty_five_gaussians() -> GaussianModes:
    """Twenty-five Gaussians on a grid of spacing 0.707, σ = 0.0177."""
    return GaussianModes(name="25-gaussians", distribution=gaussians_on_grid())


def swiss_roll() -> CurveTarget:
    """The swiss roll with σ = 0.0333, in twenty pieces."""
    return CurveTarget(name="swiss-roll", distribution=SwissRoll())


#: The targets by name.
TARGETS: dict[str, Callable[[], AbstractTarget]] = {
    "8-gaussians": eight_gaussians,
    "25-gaussians": twenty_five_gaussians,
    "swiss-roll": swiss_roll,
}


def target(name: str) -> AbstractTarget:
    """The target of this name.

    Raises:
        InputError: there is none; the nearest names are suggested.
    """
    if name not in TARGETS:
        raise unknown_name("target", name, TARGETS)
    return TARGETS[name]()


__all__ = [
    "TARGETS",
    "AbstractTarget",
    "CurveTarget",
    "GaussianModes",
    "eight_gaussians",
    "swiss_roll",
    "target",
    "twenty_five_gaussians",
]
