"""Small parametric generators g_θ with exact Jacobians: maps from latent points z to fake points.

generator          θ                  g_θ(z)             ∂g/∂θ
ParallelLine       one number         (θ, z)             (1, 0)
Shift              d numbers          z + θ              I
Affine             A (d, l), b (d,)   A z + b            z_j in the row of A_ij, 1 in that of b_i
HiddenLayer        W, c, V, b         V tanh(W z + c) + b
Switch             one number         z for θ < 0, z + 1 for θ ≥ 0: not continuous in θ, ∂g/∂θ = 0 elsewhere
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields, replace
from math import prod
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from toylab.distributions import Distribution, Gaussian, Masses, Segment, UniformBox
from toylab.distributions.base import Box
from toylab.divergences import score
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure


def _array(values: npt.ArrayLike, what: str, axes: int) -> np.ndarray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{what} must be numbers, got {values!r}.") from None
    array = np.atleast_1d(array) if axes == 1 else array
    if array.ndim != axes or not array.size or not np.isfinite(array).all():
        raise InputError(f"{what} must be finite, with {axes} axes, got an array of shape {array.shape}.")
    array.setflags(write=False)
    return array


class Generator(ABC):
    """A map g_θ from R^l to R^d that is smooth in its parameters θ, but for `Switch`; immutable."""

    @property
    @abstractmethod
    def latent_dimension(self) -> int:
        """The number l of coordinates of a latent point."""

    @property
    @abstractmethod
    def dimension(self) -> int:
        """The number d of coordinates of a fake point."""

    @abstractmethod
    def __call__(self, z: npt.ArrayLike) -> np.ndarray:
        """Fake points g_θ(z), (m, l) -> (m, d)."""

    @abstractmethod
    def jacobian(self, z: npt.ArrayLike) -> np.ndarray:
        """∂g_θ(z)/∂θ, (m, l) -> (m, d, number of parameters)."""

    @abstractmethod
    def image(self, low: np.ndarray, high: np.ndarray) -> Box:
        """Lower and upper corner of a box that holds g_θ of all of the box [low, high] of latent points."""

    def law(self, latent: Distribution) -> Distribution | None:
        """The distribution of g_θ(z) for z from `latent`, None where no formula is known."""
        if isinstance(latent, Masses):
            return Masses(DiscreteMeasure(self(latent.measure.points), latent.measure.weights))
        return None

    def law_score(self, latent: Distribution, x: np.ndarray) -> np.ndarray:
        """∂ ln p_θ(x)/∂θ, p_θ the density of g_θ(z) at a fixed x: (m, d) -> (m, number of parameters).

        Raises:
            InputError: no formula is known.
        """
        raise InputError(
            f"no formula is known for how the density of {type(self).__name__} with latent points from a "
            f"{type(latent).__name__} changes with the parameters."
        )

    @property
    def parameters(self) -> np.ndarray:
        """θ as one vector, in the order of the columns of `jacobian`."""
        return np.concatenate([np.ravel(getattr(self, field.name)) for field in fields(self)])  # type: ignore[arg-type]

    @property
    def parameter_names(self) -> list[str]:
        """A name for every entry of `parameters`."""
        names = []
        for field in fields(self):  # type: ignore[arg-type]
            shape = np.shape(getattr(self, field.name))
            names += [
                f"{field.name}{list(index) if prod(shape) > 1 else ''}".replace(" ", "") for index in np.ndindex(shape)
            ]
        return names

    def with_parameters(self, parameters: npt.ArrayLike) -> Self:
        """The same generator at another θ.

        Raises:
            InputError: another number of parameters.
        """
        vector = _array(parameters, "parameters", 1)
        if vector.shape != self.parameters.shape:
            raise InputError(f"this generator has {len(self.parameters)} parameters, got {len(vector)}.")
        changes, start = {}, 0
        for field in fields(self):  # type: ignore[arg-type]
            shape = np.shape(getattr(self, field.name))
            changes[field.name] = vector[start : start + prod(shape)].reshape(shape)
            start += prod(shape)
        return replace(self, **changes)  # type: ignore[type-var]

    def rate(self, z: npt.ArrayLike) -> np.ndarray:
        """How fast g_θ(z) moves with θ at most: the operator norm of ∂g_θ(z)/∂θ, (m, l) -> (m,)."""
        return np.linalg.norm(self.jacobian(z), ord=2, axis=(1, 2))

    def jumps_to(self, other: Self) -> bool:
        """Whether g jumps somewhere on the segment of parameters from this θ to that of `other`."""
        return False

    def latent_points(self, z: npt.ArrayLike) -> np.ndarray:
        """The latent points as float64 (m, l).

        Raises:
            InputError: another shape.
        """
        array = np.asarray(z, dtype=np.float64)
        if array.ndim != 2 or array.shape[1] != self.latent_dimension:
            raise InputError(f"latent points must have shape (m, {self.latent_dimension}), got {array.shape}.")
        return array

    def describe(self) -> str:
        """One line."""
        shown = ", ".join(f"{value:.4g}" for value in self.parameters[:4] + 0.0)
        return f"{type(self).__name__} at θ = ({shown}{', …' if len(self.parameters) > 4 else ''})"

    def to_json(self) -> dict[str, Any]:
        """Plain data that `toylab.generators.from_json` turns back into the same generator, bit by bit."""
        values = {field.name: np.asarray(getattr(self, field.name)).tolist() for field in fields(self)}  # type: ignore[arg-type]
        return {"kind": type(self).__name__, **values}


@dataclass(frozen=True, eq=False)
class ParallelLine(Generator):
    """g_θ(z) = (θ, z): a line in the plane that moves sideways (WGAN, Example 1).

    Example:
        >>> ParallelLine(0.5)([[0.0], [1.0]]).tolist()
        [[0.5, 0.0], [0.5, 1.0]]

    Attributes:
        theta: where the line stands, (1,).
    """

    theta: np.ndarray

    def __init__(self, theta: npt.ArrayLike) -> None:
        object.__setattr__(self, "theta", _array(theta, "theta", 1))
        if len(self.theta) != 1:
            raise InputError(f"a parallel line has one parameter, got {len(self.theta)}.")

    latent_dimension = property(lambda self: 1)  # type: ignore[assignment]
    dimension = property(lambda self: 2)  # type: ignore[assignment]

    @override
    def __call__(self, z: npt.ArrayLike) -> np.ndarray:
        z = self.latent_points(z)
        return np.concatenate([np.full(z.shape, self.theta[0]), z], axis=1)

    @override
    def jacobian(self, z: npt.ArrayLike) -> np.ndarray:
        return np.tile([[1.0], [0.0]], (len(self.latent_points(z)), 1, 1))

    @override
    def image(self, low: np.ndarray, high: np.ndarray) -> Box:
        return np.array([self.theta[0], low[0]]), np.array([self.theta[0], high[0]])

    @override
    def law(self, latent: Distribution) -> Distribution | None:
        if isinstance(latent, UniformBox) and latent.dimension == 1:
            low, high = latent.bounding_box()
            return Segment([self.theta[0], low[0]], [self.theta[0], high[0]])
        return super().law(latent)


@dataclass(frozen=True, eq=False)
class Shift(Generator):
    """g_θ(z) = z + θ: with Gaussian latent points the shifted Gaussian of Arjovsky and Bottou.

    Example:
        >>> Shift([1.0, 2.0])([[0.0, 0.5]]).tolist()
        [[1.0, 2.5]]

    Attributes:
        offset: θ, (d,).
    """

    offset: np.ndarray

    def __init__(self, offset: npt.ArrayLike) -> None:
        object.__setattr__(self, "offset", _array(offset, "offset", 1))

    latent_dimension = property(lambda self: len(self.offset))  # type: ignore[assignment]
    dimension = property(lambda self: len(self.offset))  # type: ignore[assignment]

    @override
    def __call__(self, z: npt.ArrayLike) -> np.ndarray:
        return self.latent_points(z) + self.offset

    @override
    def jacobian(self, z: npt.ArrayLike) -> np.ndarray:
        return np.tile(np.eye(len(self.offset)), (len(self.latent_points(z)), 1, 1))

    @override
    def image(self, low: np.ndarray, high: np.ndarray) -> Box:
        return low + self.offset, high + self.offset

    @override
    def law(self, latent: Distribution) -> Distribution | None:
        match latent:
            case Gaussian(mean=mean, scale=scale):
                return Gaussian(mean + self.offset, scale)
            case UniformBox(centre=centre, half_side=half):
                return UniformBox(centre + self.offset, half)
        return super().law(latent)

    @override
    def law_score(self, latent: Distribution, x: np.ndarray) -> np.ndarray:
        """−∇ ln p at x, p the density of the latent points moved by θ; for a Gaussian."""
        if not isinstance(latent, Gaussian):
            return super().law_score(latent, x)
        return -score(Gaussian(latent.mean + self.offset, latent.scale), x)


@dataclass(frozen=True, eq=False)
class Affine(Generator):
    """g_θ(z) = A z + b with θ = (A, b).

    Example:
        >>> Affine([[2.0]], [1.0])([[3.0]]).tolist()
        [[7.0]]

    Attributes:
        matrix: A, (d, l).
        offset: b, (d,).
    """

    matrix: np.ndarray
    offset: np.ndarray

    def __init__(self, matrix: npt.ArrayLike, offset: npt.ArrayLike) -> None:
        object.__setattr__(self, "matrix", _array(matrix, "matrix", 2))
        object.__setattr__(self, "offset", _array(offset, "offset", 1))
        if len(self.matrix) != len(self.offset):
            raise InputError(f"the matrix has {len(self.matrix)} rows and the offset {len(self.offset)} entries.")

    latent_dimension = property(lambda self: self.matrix.shape[1])  # type: ignore[assignment]
    dimension = property(lambda self: self.matrix.shape[0])  # type: ignore[assignment]

    @override
    def __call__(self, z: npt.ArrayLike) -> np.ndarray:
        return self.latent_points(z) @ self.matrix.T + self.offset

    @override
    def jacobian(self, z: npt.ArrayLike) -> np.ndarray:
        return _linear_jacobian(self.latent_points(z), self.dimension)

    @override
    def image(self, low: np.ndarray, high: np.ndarray) -> Box:
        middle, half = 0.5 * (low + high), 0.5 * (high - low)
        centre, reach = self.matrix @ middle + self.offset, np.abs(self.matrix) @ half
        return centre - reach, centre + reach

    @override
    def law(self, latent: Distribution) -> Distribution | None:
        """Gaussian where A Aᵀ is a multiple of the identity, bit by bit; a box on the line where z is uniform."""
        if isinstance(latent, Gaussian):
            square = self.matrix @ self.matrix.T
            if square[0, 0] > 0 and (square == square[0, 0] * np.eye(len(square))).all():
                mean = self.matrix @ latent.mean + self.offset
                return Gaussian(mean, latent.scale * float(np.sqrt(square[0, 0])))
        if isinstance(latent, UniformBox) and self.matrix.shape == (1, 1) and self.matrix[0, 0] != 0:
            return UniformBox(self.matrix[0] * latent.centre + self.offset, np.abs(self.matrix[0]) * latent.half_side)
        return super().law(latent)

    @override
    def law_score(self, latent: Distribution, x: np.ndarray) -> np.ndarray:
        """For Gaussian latent points and square A: ln p = −‖u‖²/(2 s²) − ln |det A|, u = A⁻¹(x − b) − m."""
        if not isinstance(latent, Gaussian) or self.matrix.shape[0] != self.matrix.shape[1]:
            return super().law_score(latent, x)
        inverse = np.linalg.inv(self.matrix)
        z = (x - self.offset) @ inverse.T
        pull = ((z - latent.mean) / latent.scale**2) @ inverse  # A⁻ᵀ u / s²
        of_matrix = pull[:, :, None] * z[:, None, :] - inverse.T
        return np.concatenate([of_matrix.reshape(len(x), -1), pull], axis=1)


@dataclass(frozen=True, eq=False)
class Switch(Generator):
    """g_θ(z) = z for θ < 0 and z + 1 for θ ≥ 0, on the line: what a generator must not do in its parameter.

    Example:
        >>> [Switch(theta)([[0.5]]).tolist() for theta in (-1e-9, 0.0)]
        [[[0.5]], [[1.5]]]

    Attributes:
        theta: (1,).
    """

    theta: np.ndarray

    def __init__(self, theta: npt.ArrayLike) -> None:
        object.__setattr__(self, "theta", _array(theta, "theta", 1))
        if len(self.theta) != 1:
            raise InputError(f"a switch has one parameter, got {len(self.theta)}.")

    latent_dimension = property(lambda self: 1)  # type: ignore[assignment]
    dimension = property(lambda self: 1)  # type: ignore[assignment]

    @property
    def _shift(self) -> Shift:
        return Shift([1.0 if self.theta[0] >= 0.0 else 0.0])

    @override
    def __call__(self, z: npt.ArrayLike) -> np.ndarray:
        return self._shift(z)

    @override
    def jacobian(self, z: npt.ArrayLike) -> np.ndarray:
        """0: the derivative where there is one."""
        return np.zeros((len(self.latent_points(z)), 1, 1))

    @override
    def jumps_to(self, other: Self) -> bool:
        return bool((self.theta[0] >= 0.0) != (other.theta[0] >= 0.0))

    @override
    def image(self, low: np.ndarray, high: np.ndarray) -> Box:
        return self._shift.image(low, high)

    @override
    def law(self, latent: Distribution) -> Distribution | None:
        return self._shift.law(latent)


@dataclass(frozen=True, eq=False)
class HiddenLayer(Generator):
    """g_θ(z) = V tanh(W z + c) + b: a network with one hidden layer of h units.

    Attributes:
        inner: W, (h, l).
        bias: c, (h,).
        outer: V, (d, h).
        offset: b, (d,).
    """

    inner: np.ndarray
    bias: np.ndarray
    outer: np.ndarray
    offset: np.ndarray

    def __init__(self, inner: npt.ArrayLike, bias: npt.ArrayLike, outer: npt.ArrayLike, offset: npt.ArrayLike) -> None:
        for name, values, axes in (("inner", inner, 2), ("bias", bias, 1), ("outer", outer, 2), ("offset", offset, 1)):
            object.__setattr__(self, name, _array(values, name, axes))
        if not (len(self.inner) == len(self.bias) == self.outer.shape[1] and len(self.outer) == len(self.offset)):
            raise InputError(
                "shapes of a hidden layer are inner (h, l), bias (h,), outer (d, h), offset (d,), got "
                f"{self.inner.shape}, {self.bias.shape}, {self.outer.shape}, {self.offset.shape}."
            )

    @classmethod
    def random(cls, latent_dimension: int, hidden: int, dimension: int, rng: np.random.Generator) -> HiddenLayer:
        """Weights of variance 1/fan-in, biases of variance 1, offset 0."""
        return cls(
            rng.normal(size=(hidden, latent_dimension)) / np.sqrt(latent_dimension),
            rng.normal(size=hidden),
            rng.normal(size=(dimension, hidden)) / np.sqrt(hidden),
            np.zeros(dimension),
        )

    latent_dimension = property(lambda self: self.inner.shape[1])  # type: ignore[assignment]
    dimension = property(lambda self: len(self.offset))  # type: ignore[assignment]

    @override
    def __call__(self, z: npt.ArrayLike) -> np.ndarray:
        return self._hidden(z) @ self.outer.T + self.offset

    @override
    def jacobian(self, z: npt.ArrayLike) -> np.ndarray:
        z, hidden = self.latent_points(z), self._hidden(z)
        of_bias = self.outer * (1.0 - hidden**2)[:, None, :]  # (m, d, h)
        of_inner = of_bias[:, :, :, None] * z[:, None, None, :]
        outer = _linear_jacobian(hidden, self.dimension)
        return np.concatenate([of_inner.reshape(*of_bias.shape[:2], -1), of_bias, outer], axis=2)

    @override
    def image(self, low: np.ndarray, high: np.ndarray) -> Box:
        ends = Affine(self.inner, self.bias).image(low, high)
        return Affine(self.outer, self.offset).image(*(np.tanh(end) for end in ends))

    def _hidden(self, z: npt.ArrayLike) -> np.ndarray:
        return np.tanh(self.latent_points(z) @ self.inner.T + self.bias)


def _linear_jacobian(z: np.ndarray, dimension: int) -> np.ndarray:
    """∂(A z + b)/∂(A, b), (m, d, d·l + d)."""
    eye = np.eye(dimension)
    of_matrix = eye[None, :, :, None] * z[:, None, None, :]
    return np.concatenate(
        [of_matrix.reshape(len(z), dimension, -1), np.broadcast_to(eye, (len(z), dimension, dimension))], axis=2
    )
