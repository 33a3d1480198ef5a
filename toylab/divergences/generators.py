"""f-divergences between finite measures and between densities, each with its optimal variational function.

    D_f(P_r ‖ P_g) = E_fake f(q/p) = sup over T of  E_real T − E_fake f*(T),     T* = f'(q/p)

with fake density p, real density q, f convex and, without loss of generality, f(1) = f'(1) = 0: T* is 0 where p = q,
positive where there is more real mass, and every contribution is at least 0. As a critic problem: φ = f*, ϕ(t) = −t,
and its least value is −D_f.

    name              D_f                                f(u)                       T*
    kl                KL(P_r ‖ P_g)                      u ln u − u + 1             ln(q/p)
    reverse-kl        KL(P_g ‖ P_r)                      u − 1 − ln u               1 − p/q
    jensen-shannon    ½ KL(P_r ‖ M) + ½ KL(P_g ‖ M)      (see `JensenShannon`)      ½ ln(2q/(p+q)),  M = (P_g+P_r)/2
    pearson           ∫ (q−p)²/p                         (u − 1)²                   2(q−p)/p
    neyman            ∫ (q−p)²/q                         (u − 1)²/u                 1 − (p/q)²
    hellinger         ½ ∫ (√p − √q)² = 1 − ∫ √(pq)       ½ (√u − 1)²                ½ (1 − √(p/q))
    total-variation   ½ ∫ |p − q|                        ½ |u − 1|                  ½ sign(q − p)

Jensen-Shannon has weights ½, so that it is at most ln 2 (without them it doubles); squared Hellinger and total
variation are at most 1.

Source: Nowozin, Cseke and Tomioka (f-GAN, 2016), Table 1, with P = P_r and Q = P_g.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import erf, expit, xlogy
from typing_extensions import override

from toylab.distributions import Gaussian
from toylab.divergences.local import RatioObjective, log_ratio
from toylab.errors import unknown_name

_LN2 = float(np.log(2.0))


def _weighted(log_weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """exp(log_weight) · values, with 0 · ∞ = 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(np.isneginf(log_weight), 0.0, np.exp(log_weight) * values)


def _softplus(ratio: np.ndarray) -> np.ndarray:
    return np.logaddexp(0.0, ratio)


@dataclass(frozen=True)
class FDivergence(RatioObjective):
    """D_f(P_r ‖ P_g) for one convex generator f; `critic` gives T*, `value` the divergence."""

    @abstractmethod
    def generator(self, u: np.ndarray) -> np.ndarray:
        """f(u) for u > 0."""

    @abstractmethod
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        """f*(t) = sup over u ≥ 0 of u t − f(u); +inf beyond its domain."""


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
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> float:
        return _gaussian_kl(real, fake)


def _relative_entropy(log_first: np.ndarray, log_second: np.ndarray) -> np.ndarray:
    """A ln(a/b) − a + b for a = exp(log_first), b = exp(log_second): a (e^{−r} − 1 + r), r = ln(a/b)."""
    ratio = log_ratio(log_second, log_first)
    with np.errstate(over="ignore", invalid="ignore"):
        # for large −r the exponential overflows before it meets its weight; b − a − a |r| is exact enough there
        near = _weighted(log_first, np.expm1(-ratio) + ratio)
        far = _weighted(log_second, np.ones_like(ratio)) - _weighted(log_first, 1.0 - ratio)
    empty = np.isneginf(log_first)
    return np.where(empty, _weighted(log_second, np.ones_like(ratio)), np.where(ratio < -1.0, far, near))


def _gaussian_kl(first: Gaussian, second: Gaussian) -> float:
    """KL(first ‖ second) of isotropic Gaussians."""
    dimension, distance = len(first.mean), float(np.linalg.norm(first.mean - second.mean))
    shrink = (first.scale / second.scale) ** 2
    return 0.5 * dimension * (shrink - 1.0 - float(np.log(shrink))) + 0.5 * (distance / second.scale) ** 2


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
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> float:
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
        return 0.5 * (_LN2 - _softplus(-ratio))

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        return 0.5 * expit(-ratio)

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        """½ q ln(q/m) + ½ p ln(p/m), m = (p+q)/2, each as a relative entropy of its own."""
        with np.errstate(invalid="ignore"):
            middle = np.logaddexp(log_fake, log_real) - _LN2
        return 0.5 * (_relative_entropy(log_real, middle) + _relative_entropy(log_fake, middle))


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
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> float:
        return _gaussian_chi_squared(real, fake)


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


def _gaussian_chi_squared(first: Gaussian, second: Gaussian) -> float:
    """∫ a²/b − 1 of isotropic Gaussians: +∞ where a is wider than √2 times b."""
    s, t, dimension = first.scale**2, second.scale**2, len(first.mean)
    room = 2.0 * t - s  # of the exponent's quadratic form, times s t
    square = float(((first.mean - second.mean) ** 2).sum())
    if room <= 0:
        return np.inf
    with np.errstate(over="ignore"):
        return float(np.expm1(dimension * (np.log(t) - 0.5 * np.log(s) - 0.5 * np.log(room)) + square / room))


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
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> float:
        return _gaussian_chi_squared(fake, real)


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
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> float:
        """1 − (2 s t/(s² + t²))^{d/2} exp(−‖m‖²/(4 (s² + t²)))."""
        total = fake.scale**2 + real.scale**2
        square = float(((fake.mean - real.mean) ** 2).sum())
        overlap = 0.5 * len(fake.mean) * np.log(2.0 * fake.scale * real.scale / total) - 0.25 * square / total
        return float(-np.expm1(overlap))


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
    def _closed_form(self, fake: Gaussian, real: Gaussian) -> float | None:
        """2 Φ(‖m‖/(2s)) − 1 where both have scale s."""
        if fake.scale != real.scale:
            return None
        return float(erf(np.linalg.norm(fake.mean - real.mean) / (2.0 * np.sqrt(2.0) * fake.scale)))


_MAKERS: tuple[Callable[[], FDivergence], ...] = (
    KullbackLeibler,
    ReverseKullbackLeibler,
    JensenShannon,
    PearsonChiSquared,
    NeymanChiSquared,
    SquaredHellinger,
    TotalVariation,
)
_BY_NAME: dict[str, Callable[[], FDivergence]] = {make().name: make for make in _MAKERS}


def names() -> list[str]:
    """The names that `get` knows."""
    return list(_BY_NAME)


def get(name: str) -> FDivergence:
    """The f-divergence of this name.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown_name("divergence", name, _BY_NAME)
    return _BY_NAME[name]()
