"""The two χ² divergences, which are infinite between Gaussians of very different widths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.distributions import Gaussian
from toylab.divergences.f_divergence import FDivergence, exactly
from toylab.divergences.local import log_ratio
from toylab.divergences.quadrature import Quadrature


def _chi_squared(log_first: np.ndarray, log_second: np.ndarray) -> np.ndarray:
    """(a − b)²/b from ln a and ln b, as b (a/b − 1)²."""
    ratio = log_ratio(log_second, log_first)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        root = np.sign(ratio) * np.exp(0.5 * log_second + np.log(np.abs(np.expm1(np.minimum(ratio, 1.0)))))
        far = np.exp(log_first - 0.5 * log_second) - np.exp(0.5 * log_second)
        square = np.where(ratio > 1.0, far, root) ** 2
    both_zero = np.isneginf(log_first) & np.isneginf(log_second)
    only_first = np.isfinite(log_first) & np.isneginf(log_second)
    return np.where(both_zero, 0.0, np.where(only_first, np.inf, np.where(ratio == 0.0, 0.0, square)))


def _log_square_over(log_first: np.ndarray, log_second: np.ndarray) -> np.ndarray:
    """ln(a²/b + b): what (a − b)²/b is bounded by; −inf where there is no mass at all."""
    with np.errstate(invalid="ignore"):
        quotient = np.where(np.isneginf(log_first), -np.inf, 2.0 * log_first - log_second)
    return np.maximum(quotient, log_second)


def _gaussian_chi_squared(first: Gaussian, second: Gaussian) -> Quadrature:
    """∫ a²/b − 1 of isotropic Gaussians: +∞ where a is wider than √2 times b."""
    s, t, dimension = first.scale**2, second.scale**2, len(first.mean)
    room = 2.0 * t - s  # of the exponent's quadratic form, times s t
    if room <= 0:
        return exactly(np.inf)
    square = float(((first.mean - second.mean) ** 2).sum())
    spread = dimension * (np.log(t) - 0.5 * np.log(s) - 0.5 * np.log(room))
    with np.errstate(over="ignore"):
        value = float(np.expm1(spread + square / room))
    return exactly(value, 1.0 + (dimension + square / room) * (1.0 + t / room))


@dataclass(frozen=True)
class PearsonChiSquared(FDivergence):
    """∫ (q−p)²/p = χ²(P_r ‖ P_g). f*(t) = t + t²/4 for t ≥ −2, −1 below."""

    name = "pearson"

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return (u - 1.0) ** 2

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        return np.where(t >= -2.0, t + t * t / 4.0, -1.0)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return 2.0 * np.expm1(ratio)

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return 2.0 * np.exp(ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        return _chi_squared(log_real, log_fake)

    @override
    def log_tail(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        return _log_square_over(log_real, log_fake)

    @override
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature:
        return _gaussian_chi_squared(real, fake)


@dataclass(frozen=True)
class NeymanChiSquared(FDivergence):
    """∫ (q−p)²/q = χ²(P_g ‖ P_r). f*(t) = 2 − 2√(1 − t) for t ≤ 1."""

    name = "neyman"

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return (u - 1.0) ** 2 / u

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        return np.where(t <= 1.0, 2.0 - 2.0 * np.sqrt(np.maximum(1.0 - t, 0.0)), np.inf)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return -np.expm1(-2.0 * ratio)

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return 2.0 * np.exp(-2.0 * ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        return _chi_squared(log_fake, log_real)

    @override
    def log_tail(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        return _log_square_over(log_fake, log_real)

    @override
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature:
        return _gaussian_chi_squared(fake, real)
