"""The μ-Fisher IPM: local up to one global factor (LGAN §3.2).

    F = max over f with E_μ f² ≤ 1 of  E_real f − E_fake f = √ Σ (q − p)²/μ,      f* = (q − p)/(F μ)

Source: Mroueh et al. (Fisher GAN, 2017); ICLR Eq. 5.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.critics import Critic, NearestPoint
from toylab.distributions import Distribution, Mixture
from toylab.divergences.densities import DensityPair, log_density, pieces, score
from toylab.divergences.local import LocalObjective, Measure, log_masses, paired
from toylab.divergences.quadrature import Quadrature, integrate
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.support import Support, merge

_LN2 = float(np.log(2.0))
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Uniform:
    """The measure μ = 1 everywhere: Lebesgue measure for densities, counting measure for finite measures.

    Its mass is infinite, which the IPM does not mind: F² = ∫ (q − p)² dz.
    """


@dataclass(frozen=True, eq=False)
class FisherIPM(LocalObjective):
    """max over E_μ f² ≤ 1 of E_real f − E_fake f: `value` is F, `critic` is f* = (q − p)/(F μ).

    Attributes:
        mu: the measure in the constraint: a DiscreteMeasure or a Distribution like fake and real, or `Uniform()`;
            (P_g + P_r)/2, the choice of the Fisher GAN, when not given. It has to have mass wherever P_g and P_r
            differ.
    """

    mu: Measure | Uniform | None = None
    name = "fisher"

    @override
    def critic(self, fake: Measure, real: Measure) -> Critic:
        """f*; where P_g = P_r every critic is optimal and 0 is returned.

        Raises:
            InputError: μ has no mass where fake and real differ, so that F = ∞; else as in `LocalObjective`.
        """
        total = self.value(fake, real)
        if not np.isfinite(total.value):
            raise InputError(f"the Fisher IPM is infinite ({total.note}), so there is no optimal critic; widen mu.")
        pair = paired(fake, real)
        if isinstance(pair, Support):
            carried = pair.in_fake | pair.in_real
            excess = (pair.real_weights - pair.fake_weights)[carried]
            weight = np.exp(self._log_masses(pair)[carried])
            with np.errstate(invalid="ignore", divide="ignore"):
                values = np.where(excess == 0.0, 0.0, excess / (weight * total.value))
            return NearestPoint(pair.points[carried], values)
        return FisherCritic(pair, self._reference(pair), total.value)

    @override
    def value(self, fake: Measure, real: Measure) -> Quadrature:
        pair = paired(fake, real)
        if isinstance(pair, Support):
            return self._sum(pair)
        mu = self._reference(pair)

        def integrand(z: np.ndarray) -> np.ndarray:
            log_fake, log_real = pair.log_densities(z)
            return _square_over(log_fake, log_real, _log_reference(mu, z))

        def tail(z: np.ndarray) -> np.ndarray:
            largest = np.maximum(*pair.log_densities(z))
            with np.errstate(invalid="ignore"):
                return np.where(np.isneginf(largest), -np.inf, 2.0 * largest - _log_reference(mu, z))

        given = (self.mu,) if isinstance(self.mu, Distribution) else ()
        square = integrate(integrand, (pair.fake, pair.real, *given), log_tail=tail if given else None)
        if not np.isfinite(square.value):
            note = "mu has no mass where fake and real differ, or decays too fast in the tails"
            return Quadrature(value=np.inf, error=0.0, note=note)
        return square.root()

    def _sum(self, support: Support) -> Quadrature:
        carried = support.in_fake | support.in_real
        log_fake, log_real = (logs[carried] for logs in log_masses(support))
        parts = _square_over(log_fake, log_real, self._log_masses(support)[carried])
        if np.isinf(parts).any():
            note = f"mu has no mass at {int(np.isinf(parts).sum())} points where fake and real differ"
            return Quadrature(value=np.inf, error=0.0, note=note)
        total = float(parts.sum())
        return Quadrature(value=total, error=64.0 * _EPS * total * len(parts)).root()

    def _reference(self, pair: DensityPair) -> Distribution | Uniform:
        """The measure μ for two densities."""
        if self.mu is None:
            return Mixture([pair.fake, pair.real])
        if isinstance(self.mu, Uniform):
            return self.mu
        if not isinstance(self.mu, Distribution):
            raise InputError(
                f"mu must be a Distribution with a density, like fake and real, got {type(self.mu).__name__}."
            )
        if len(pieces(self.mu)[0].centre) != pair.dimension:
            raise InputError(f"mu must live in dimension {pair.dimension}, like fake and real.")
        return self.mu

    def _log_masses(self, support: Support) -> np.ndarray:
        """Ln μ at the merged points, (N,)."""
        if self.mu is None:
            return np.logaddexp(*log_masses(support)) - _LN2
        if isinstance(self.mu, Uniform):
            return np.zeros(len(support.points))
        if not isinstance(self.mu, DiscreteMeasure):
            raise InputError(f"mu must be a DiscreteMeasure, like fake and real, got {type(self.mu).__name__}.")
        if self.mu.dimension != support.points.shape[1]:
            raise InputError(f"mu must live in dimension {support.points.shape[1]}, like fake and real.")
        both = merge(self.mu, DiscreteMeasure(support.points))
        with np.errstate(divide="ignore"):
            return np.log(both.fake_weights[both.real_owner])


def _log_reference(mu: Distribution | Uniform, z: np.ndarray) -> np.ndarray:
    return np.zeros(len(z)) if isinstance(mu, Uniform) else log_density(mu, z)


def _square_over(log_fake: np.ndarray, log_real: np.ndarray, log_mu: np.ndarray) -> np.ndarray:
    """(q − p)²/μ, (m,): +inf where μ is 0 and p ≠ q."""
    largest = np.maximum(log_fake, log_real)
    with np.errstate(invalid="ignore", over="ignore"):
        root = np.exp(largest - 0.5 * log_mu) * -np.expm1(-np.abs(log_real - log_fake))
        return np.where(np.isneginf(largest) | (log_real == log_fake), 0.0, root**2)


@dataclass(frozen=True, eq=False)
class FisherCritic(Critic):
    """z ↦ (q(z) − p(z))/(F μ(z)) for densities; NaN where μ has none.

    Attributes:
        pair: the densities p and q.
        mu: the distribution with density μ, or the uniform measure.
        total: F.
    """

    pair: DensityPair
    mu: Distribution | Uniform
    total: float

    def _shares(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """p/(F μ) and q/(F μ) at z, (m,) each."""
        log_mu = _log_reference(self.mu, z)
        with np.errstate(invalid="ignore", over="ignore"):
            fake, real = (np.exp(logs - log_mu) / (self.total or 1.0) for logs in self.pair.log_densities(z))
        return fake, real

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        fake, real = self._shares(self.pair.points(z))
        with np.errstate(invalid="ignore"):
            return real - fake

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """(∇q − ∇p)/(F μ) − f* ∇ln μ."""
        z = self.pair.points(z)
        fake, real = self._shares(z)
        base = np.zeros(z.shape) if isinstance(self.mu, Uniform) else score(self.mu, z)
        up, down = score(self.pair.real, z) - base, score(self.pair.fake, z) - base
        with np.errstate(invalid="ignore"):
            return real[:, None] * up - fake[:, None] * down
