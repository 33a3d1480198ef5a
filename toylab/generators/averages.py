"""Expectations over latent points, with their error.

Every integral is computed twice, with a rule and with one of 1.6 times fewer points in each direction, and the finer
value is returned. Its error is at most the difference of the two as soon as that many more points halve the error,
which they do by far: for integrands that are analytic around the line both rules converge geometrically, the
trapezoidal rule on the line like exp(−2πa/h) for a strip of half width a (Trefethen and Weideman, 2014, Theorem 5.1),
Gauss-Legendre on an interval like ρ^(−2n). The ratio is irrational, so that no wave is mistaken for the same one by
both. Gaussians are cut 12 standard deviations out; beyond are less than 4e-33 of the mass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from toylab.distributions import Distribution, Gaussian, Masses, Mixture, UniformBox
from toylab.errors import InputError

_EPS = float(np.finfo(np.float64).eps)
_REACH, _BEYOND = 12.0, 1e-32
#: Steps of the trapezoidal rule in standard deviations and points of Gauss-Legendre rules, by dimension.
_STEPS, _POINTS = {1: 1.0 / 32.0, 2: 1.0 / 8.0}, {1: 128, 2: 40}

#: The golden ratio: how many times fewer points the coarser rule has.
_COARSER = 0.5 * (1.0 + float(np.sqrt(5.0)))

#: How many times more points the rules have than they need.
_FINENESS: ContextVar[float] = ContextVar("fineness", default=1.0)

VectorFunction = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True, eq=False)
class Average:
    """An expectation of a vector, with a bound of its error.

    Attributes:
        value: (k,).
        error: (k,).
    """

    value: np.ndarray
    error: np.ndarray

    def norm(self) -> tuple[float, float]:
        """The Euclidean norm and its error."""
        return float(np.linalg.norm(self.value)), float(np.linalg.norm(self.error))

    def __sub__(self, other: Average) -> Average:
        return Average(value=self.value - other.value, error=self.error + other.error)

    def __add__(self, other: Average) -> Average:
        return Average(value=self.value + other.value, error=self.error + other.error)


def average(function: VectorFunction, latent: Distribution) -> Average:
    """E function(z) for z from `latent`.

    Args:
        function: points (m, l) -> vectors (m, k), analytic on the support of every part of the distribution.
        latent: Gaussian or UniformBox in one or two dimensions, Masses, or a Mixture of these.

    Raises:
        InputError: another distribution, or more dimensions.
    """
    match latent:
        case Masses(measure=measure):
            return _finite(function, measure.points, measure.weights)
        case Mixture(components=components, weights=weights):
            parts = [(float(w), average(function, part)) for w, part in zip(weights, components, strict=True) if w > 0]
            return Average(
                value=np.sum([w * part.value for w, part in parts], axis=0),
                error=np.sum([w * part.error for w, part in parts], axis=0),
            )
    fine, coarse = (_finite(function, *rule) for rule in rules(latent))
    tail = _BEYOND * np.abs(function(next(rules(latent))[0])).max(axis=0)
    return Average(value=fine.value, error=np.abs(fine.value - coarse.value) + fine.error + tail)


def _finite(function: VectorFunction, points: np.ndarray, weights: np.ndarray) -> Average:
    values = np.asarray(function(points))
    rounding = 64.0 * _EPS * (weights[:, None] * np.abs(values)).sum(axis=0)
    return Average(value=weights @ values, error=rounding)


def rules(latent: Distribution) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The finer rule and the coarser one, each as points (n, l) and weights (n,).

    Raises:
        InputError: not a Gaussian or a box in one or two dimensions.
    """
    if not isinstance(latent, Gaussian | UniformBox) or latent.dimension > 2:
        raise InputError(
            "expectations over latent points are exact for Masses and computed for Gaussian and UniformBox in one or "
            f"two dimensions, got {type(latent).__name__} in dimension {latent.dimension}; give a batch of points."
        )
    gaussian = isinstance(latent, Gaussian)
    for share in (1.0, _COARSER):
        nodes, weights = _rule(gaussian, latent.dimension, share / _FINENESS.get())
        if isinstance(latent, Gaussian):
            yield latent.mean + latent.scale * nodes, weights
        else:
            yield latent.centre + latent.half_side * nodes, weights


@contextmanager
def refined(factor: float) -> Iterator[None]:
    """Have every average computed with so many times more points along each axis, to confirm what rests on it."""
    token = _FINENESS.set(_FINENESS.get() * factor)
    try:
        yield
    finally:
        _FINENESS.reset(token)


@lru_cache(maxsize=8)
def _rule(gaussian: bool, dimension: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Nodes (n, l) and weights (n,) for N(0, I) or the uniform distribution on [−1, 1]^l."""
    if gaussian:
        step = share * _STEPS[dimension]
        count = round(_REACH / step)
        nodes = step * np.arange(-count, count + 1)
        weights = step * np.exp(-0.5 * nodes**2) / np.sqrt(2.0 * np.pi)
    else:
        nodes, weights = np.polynomial.legendre.leggauss(round(_POINTS[dimension] / share))
        weights = 0.5 * weights
    if dimension == 1:
        return nodes[:, None], weights
    grid = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1).reshape(-1, 2)
    return grid, np.outer(weights, weights).ravel()
