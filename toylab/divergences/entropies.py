"""The divergences that are relative entropies: Kullback-Leibler both ways, and Jensen-Shannon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, xlogy
from typing_extensions import override

from toylab.distributions import Gaussian
from toylab.divergences.f_divergence import FDivergence, exactly, weighted
from toylab.divergences.local import log_ratio
from toylab.divergences.quadrature import Quadrature

_LN2 = float(np.log(2.0))


def _relative_entropy(log_first: np.ndarray, log_second: np.ndarray) -> np.ndarray:
    """A ln(a/b) − a + b for a = exp(log_first), b = exp(log_second): a (e^{−r} − 1 + r), r = ln(a/b)."""
    ratio = log_ratio(log_second, log_first)
    with np.errstate(over="ignore", invalid="ignore"):
        # for large −r the exponential overflows before it meets its weight; b − a − a |r| is exact enough there
        near = weighted(log_first, np.expm1(-ratio) + ratio)
        far = weighted(log_second, np.ones_like(ratio)) - weighted(log_first, 1.0 - ratio)
    empty = np.isneginf(log_first)
    return np.where(empty, weighted(log_second, np.ones_like(ratio)), np.where(ratio < -1.0, far, near))


def _gaussian_kl(first: Gaussian, second: Gaussian) -> Quadrature:
    """KL(first ‖ second) of isotropic Gaussians."""
    dimension, distance = len(first.mean), float(np.linalg.norm(first.mean - second.mean))
    shrink = (first.scale / second.scale) ** 2
    spread = 0.5 * dimension * (shrink - 1.0 - float(np.log(shrink)))
    return exactly(spread + 0.5 * (distance / second.scale) ** 2, 1.0 + dimension)


@dataclass(frozen=True)
class KullbackLeibler(FDivergence):
    """KL(P_r ‖ P_g): +∞ where a real point carries no fake mass. f*(t) = eᵗ − 1."""

    name = "kl"

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return xlogy(u, u) - u + 1.0

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        return np.expm1(t)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        return 1.0 * ratio

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return np.ones_like(ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        """Q ln(q/p) − q + p."""
        return _relative_entropy(log_real, log_fake)

    @override
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature:
        return _gaussian_kl(real, fake)


@dataclass(frozen=True)
class ReverseKullbackLeibler(FDivergence):
    """KL(P_g ‖ P_r): +∞ where a fake point carries no real mass. f*(t) = −ln(1 − t), t < 1."""

    name = "reverse-kl"

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return u - 1.0 - np.log(u)

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(t < 1.0, -np.log1p(-t), np.inf)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return -np.expm1(-ratio)

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return np.exp(-ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        """P ln(p/q) − p + q."""
        return _relative_entropy(log_fake, log_real)

    @override
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature:
        return _gaussian_kl(fake, real)


@dataclass(frozen=True)
class JensenShannon(FDivergence):
    """½ KL(P_r ‖ M) + ½ KL(P_g ‖ M), M = (P_g + P_r)/2: at most ln 2, reached on disjoint supports.

    f(u) = ½ [u ln(2u/(1+u)) + ln(2/(1+u))], f*(t) = −½ ln(2 − e²ᵗ) for t < ½ ln 2.
    """

    name = "jensen-shannon"

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return 0.5 * (xlogy(u, 2.0 * u / (1.0 + u)) + np.log(2.0 / (1.0 + u)))

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            rest = 2.0 - np.exp(2.0 * t)
            return np.where(rest > 0, -0.5 * np.log(np.where(rest > 0, rest, 1.0)), np.inf)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        return 0.5 * (_LN2 - np.logaddexp(0.0, -ratio))

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return 0.5 * expit(-ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        """½ q ln(q/m) + ½ p ln(p/m), m = (p+q)/2, each as a relative entropy of its own."""
        with np.errstate(invalid="ignore"):
            middle = np.logaddexp(log_fake, log_real) - _LN2
        return 0.5 * (_relative_entropy(log_real, middle) + _relative_entropy(log_fake, middle))
