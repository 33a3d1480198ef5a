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
from dataclasses import dataclass

import numpy as np

from toylab.divergences.local import RatioObjective
from toylab.divergences.quadrature import Quadrature

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class FDivergence(RatioObjective):
    """D_f(P_r ‖ P_g) for one convex generator f; `critic` gives T*, `value` the divergence."""

    @abstractmethod
    def generator(self, u: np.ndarray) -> np.ndarray:
        """f(u) for u > 0."""

    @abstractmethod
    def conjugate(self, t: np.ndarray) -> np.ndarray:
        """f*(t) = sup over u ≥ 0 of u t − f(u); +inf beyond its domain."""


def weighted(log_weight: np.ndarray, values: np.ndarray) -> np.ndarray:
    """exp(log_weight) · values, with 0 · ∞ = 0."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(np.isneginf(log_weight), 0.0, np.exp(log_weight) * values)


def exactly(value: float, condition: float = 1.0) -> Quadrature:
    """A closed form, with 32 roundings of numbers of this size; `condition` says how much they are blown up."""
    if not np.isfinite(value):
        return Quadrature(value=value, error=0.0, note="the integrand does not decay in the tails")
    return Quadrature(value=value, error=32.0 * _EPS * condition * (1.0 + abs(value)))
