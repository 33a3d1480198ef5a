"""What a toy distribution has to answer: samples, and where they exist density, smoothed density and support."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from toylab.errors import InputError, real_number, whole_number
from toylab.measures import DiscreteMeasure

Box = tuple[np.ndarray, np.ndarray]


class Distribution(ABC):
    """A probability distribution on R^d that can be sampled.

    Everything beyond sampling is optional: what has no closed form raises an InputError that says so.
    """

    @abstractmethod
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """N independent points, shape (n, d)."""

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.sample_points(1, np.random.default_rng(0)).shape[1]

    def density(self, z: np.ndarray) -> np.ndarray:
        """Lebesgue density at z, shape (m, d) -> (m,).

        Raises:
            InputError: the distribution has none.
        """
        raise InputError(f"{type(self).__name__} has no density: it lives on a set of volume zero.")

    def smoothed_density(self, z: np.ndarray, scale: float) -> np.ndarray:
        """Density at z of X + N(0, scale² I) with X from this distribution, scale > 0; (m, d) -> (m,).

        Raises:
            InputError: no formula is known.
        """
        raise InputError(f"no formula is known for the density of {type(self).__name__} plus Gaussian noise.")

    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        """Euclidean distance from z to the closed support, 0 inside; (m, d) -> (m,).

        Raises:
            InputError: the support has no formula.
        """
        raise InputError(f"no formula is known for the support of {type(self).__name__}.")

    def bounding_box(self) -> Box | None:
        """Lower and upper corner of a box that holds the support, each (d,); None where none is known or possible."""
        return None

    def sample(self, n: int, rng: np.random.Generator) -> DiscreteMeasure:
        """The empirical measure of n independent points, uniform weights.

        Raises:
            InputError: n < 1, or `rng` is not a NumPy generator (seeds are always explicit).
        """
        check_generator(rng)
        return DiscreteMeasure(self.sample_points(whole_number(n, "the number of points", least=1), rng))

    def _points(self, z: npt.ArrayLike) -> np.ndarray:
        array = np.asarray(z, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != self.dimension:
            raise InputError(f"points must have shape (m, {self.dimension}), got {array.shape}.")
        return array


def check_generator(rng: object) -> None:
    """Raise InputError unless this is a NumPy generator: no global random state, ever."""
    if not isinstance(rng, np.random.Generator):
        raise InputError(f"rng must be a numpy.random.Generator such as default_rng(0), got {type(rng).__name__}.")


def check_distribution(value: object, what: str) -> None:
    """Raise InputError unless this is a Distribution."""
    if not isinstance(value, Distribution):
        raise InputError(f"{what} must be a Distribution such as Gaussian([0, 0], 1), got {value!r}.")


def one_point(values: npt.ArrayLike, what: str) -> np.ndarray:
    """The values as one read-only point (d,) with finite coordinates."""
    try:
        array = np.atleast_1d(np.array(values, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputError(f"{what} must be one point with finite coordinates, got {values!r}.") from None
    if array.ndim != 1 or not array.size or not np.isfinite(array).all():
        raise InputError(f"{what} must be one point with finite coordinates, got {values!r}.")
    array.setflags(write=False)
    return array


def positive(value: object, what: str) -> float:
    """The value as a positive finite float."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what} must be a positive number, got {value!r}.") from None
    if not (np.isfinite(number) and number > 0):
        raise InputError(f"{what} must be positive and finite, got {value}.")
    return number


def not_negative(value: object, what: str) -> float:
    """The value as a finite float that is at least 0."""
    number = real_number(value, what)
    if number < 0:
        raise InputError(f"{what} must not be negative, got {value}.")
    return number


def in_blocks(function: Callable[[np.ndarray], np.ndarray], z: np.ndarray, columns: int) -> np.ndarray:
    """The function of z (m, d) -> (m,), over rows in blocks so that rows × columns stays within 64 MiB of doubles."""
    size = max(1, 2**23 // max(columns, 1))
    parts = [function(z[start : start + size]) for start in range(0, len(z), size)]
    return np.concatenate(parts) if parts else np.zeros(0)
