"""The divergences that measure overlap, at most 1: squared Hellinger and total variation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import erf
from typing_extensions import override

from toylab.distributions import Gaussian
from toylab.divergences.f_divergence import FDivergence, exactly
from toylab.divergences.quadrature import Quadrature


@dataclass(frozen=True)
class SquaredHellinger(FDivergence):
    """½ ∫ (√p − √q)² = 1 − ∫ √(pq), at most 1. f*(t) = t/(1 − 2t) for t < ½."""

    name = "hellinger"

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return 0.5 * (np.sqrt(u) - 1.0) ** 2

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return np.where(t < 0.5, t / (1.0 - 2.0 * np.minimum(t, 0.5)), np.inf)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        with np.errstate(over="ignore"):
            return -0.5 * np.expm1(-0.5 * ratio)

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return 0.25 * np.exp(-0.5 * ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        return 0.5 * (np.exp(0.5 * log_fake) - np.exp(0.5 * log_real)) ** 2

    @override
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature:
        """1 − (2 s t/(s² + t²))^{d/2} exp(−‖m‖²/(4 (s² + t²)))."""
        total = fake.scale**2 + real.scale**2
        square = float(((fake.mean - real.mean) ** 2).sum())
        overlap = 0.5 * len(fake.mean) * np.log(2.0 * fake.scale * real.scale / total) - 0.25 * square / total
        return exactly(float(-np.expm1(overlap)), 1.0 + len(fake.mean))


@dataclass(frozen=True)
class TotalVariation(FDivergence):
    """½ ∫ |p − q|, at most 1. f*(t) = max(t, −½) for t ≤ ½."""

    name = "total-variation"
    smooth = False

    @override
    def generator(self, u: np.ndarray) -> np.ndarray:
        return 0.5 * np.abs(u - 1.0)

    @override
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        return np.where(t <= 0.5, np.maximum(t, -0.5), np.inf)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        return 0.5 * np.sign(ratio)

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return np.zeros_like(ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        return 0.5 * np.abs(np.exp(log_fake) - np.exp(log_real))

    @override
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature | None:
        """2 Φ(‖m‖/(2s)) − 1 where both have scale s."""
        if fake.scale != real.scale:
            return None
        return exactly(float(erf(np.linalg.norm(fake.mean - real.mean) / (2.0 * np.sqrt(2.0) * fake.scale))))
