"""Local objectives: their optimal critic at z is a function of the two densities at z alone (LGAN §3.1, ICLR §4.1).

Almost all of them depend on the densities through the log-ratio r = ln(q/p) only, fake density p, real density q:

    f*(z) = F(r(z)),    ∇f*(z) = F'(r(z)) (∇ln q(z) − ∇ln p(z)),

and their value is the sum or the integral of a function of (p, q). On finite measures p and q are masses.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from typing_extensions import override

from toylab.critics import Critic, NearestPoint
from toylab.distributions import Distribution, Gaussian
from toylab.divergences.densities import DensityPair, score
from toylab.divergences.objective import Objective
from toylab.divergences.quadrature import Quadrature, integrate
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.support import Support, merge

Measure = DiscreteMeasure | Distribution
_EPS = float(np.finfo(np.float64).eps)


def paired(fake: Measure, real: Measure) -> Support | DensityPair:
    """Two finite measures as their merged support, two distributions as a pair of densities.

    Raises:
        InputError: one of each, anything else, or two spaces.
    """
    if isinstance(fake, DiscreteMeasure) and isinstance(real, DiscreteMeasure):
        if fake.dimension != real.dimension:
            raise InputError(
                f"fake points have {fake.dimension} coordinates and real points {real.dimension}; "
                "both measures must live in one space."
            )
        return merge(fake, real)
    if isinstance(fake, Distribution) and isinstance(real, Distribution):
        return DensityPair(fake, real)
    raise InputError(
        "fake and real must both be a DiscreteMeasure or both a Distribution with a density, got "
        f"{type(fake).__name__} and {type(real).__name__}."
    )


def log_masses(support: Support) -> tuple[np.ndarray, np.ndarray]:
    """Ln p and ln q at the merged points, (N,) each; −inf where there is no mass."""
    with np.errstate(divide="ignore"):
        return np.log(support.fake_weights), np.log(support.real_weights)


def log_ratio(log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
    """Ln q − ln p, (m,); NaN where both are 0: no local objective says anything there."""
    with np.errstate(invalid="ignore"):
        return log_real - log_fake


class LocalObjective(Objective):
    """An objective whose optimal critic is local."""

    @override
    @abstractmethod
    def critic(self, fake: Measure, real: Measure) -> Critic:
        """The optimal critic f*, larger on real points.

        On distributions: values and gradients on all of space; ±inf where the infimum is only approached, NaN
        where neither measure has density. On finite measures: values at the merged points, and between them those
        of the nearest point with gradient 0, which is arbitrary (`NearestPoint`).

        Args:
            fake: P_g; both a DiscreteMeasure, or both a Distribution with a known density.
            real: P_r.
        """

    @abstractmethod
    def value(self, fake: Measure, real: Measure) -> Quadrature:
        """The objective's value at f*, with its error: an exact sum, or a quadrature in one or two dimensions."""


class RatioObjective(LocalObjective):
    """A local objective whose critic is a function F of the log-ratio r = ln(q/p)."""

    #: Whether the contribution is smooth where p = q; a kink there costs digits in the plane.
    smooth: bool = True

    @abstractmethod
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        """F(r), (m,); r and F(r) may be ±inf."""

    @abstractmethod
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        """F'(r), (m,), for finite r."""

    @abstractmethod
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        """What points of these densities contribute to the value, (m,), from ln p and ln q."""

    def log_tail(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray | None:
        """Logarithm of the contribution where that decays more slowly than p and q; None where it does not."""
        return None

    def _closed_form(self, fake: Gaussian, real: Gaussian) -> Quadrature | None:
        """The value between two isotropic Gaussians in any dimension, None where no formula is known."""
        return None

    @override
    def critic(self, fake: Measure, real: Measure) -> Critic:
        pair = paired(fake, real)
        if isinstance(pair, Support):
            carried = pair.in_fake | pair.in_real
            ratio = log_ratio(*log_masses(pair))[carried]
            return NearestPoint(pair.points[carried], self.of_ratio(ratio))
        return RatioCritic(pair, self.of_ratio, self.ratio_slope)

    @override
    def value(self, fake: Measure, real: Measure) -> Quadrature:
        pair = paired(fake, real)
        if isinstance(pair, Support):
            return summed(pair, self.contribution)
        if isinstance(fake, Gaussian) and isinstance(real, Gaussian):
            closed = self._closed_form(fake, real)
            if closed is not None:
                return closed
        return self.integrated(pair)

    def integrated(self, pair: DensityPair, *, rtol: float | None = None) -> Quadrature:
        """The value by quadrature, also where a closed form is known.

        Args:
            pair: the densities, in one or two dimensions.
            rtol: tolerance of the rule; 1e-9 when not given, 1e-5 for a kink along a curve in the plane.
        """
        if rtol is None:
            rtol = 1e-9 if self.smooth or pair.dimension == 1 else 1e-5

        def tail(z: np.ndarray) -> np.ndarray:
            height = self.log_tail(*pair.log_densities(z))
            assert height is not None
            return height

        none = self.log_tail(np.zeros(1), np.zeros(1)) is None
        return integrate(
            lambda z: self.contribution(*pair.log_densities(z)),
            (pair.fake, pair.real),
            rtol=rtol,
            log_tail=None if none else tail,
            level=lambda z: log_ratio(*pair.log_densities(z)),
        )


def summed(support: Support, contribution: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Quadrature:
    """Σ contribution over the merged points, with a bound of its rounding; ±inf with the reason."""
    carried = support.in_fake | support.in_real
    logs = [array[carried] for array in log_masses(support)]
    parts = contribution(*logs)
    infinite = ~np.isfinite(parts)
    if infinite.any():
        alone = int((support.in_fake & ~support.in_real).sum()), int((support.in_real & ~support.in_fake).sum())
        note = (
            f"infinite at {int(infinite.sum())} of {len(parts)} points; points with fake mass alone: {alone[0]}, "
            f"with real mass alone: {alone[1]}"
        )
        return Quadrature(value=float(parts[infinite][0]), error=0.0, note=note)
    digits = 1.0 + sum(np.where(np.isfinite(log), np.abs(log), 0.0) for log in logs)
    mass = (support.fake_weights + support.real_weights)[carried]
    error = 16.0 * _EPS * float(((np.abs(parts) + mass) * digits).sum())
    return Quadrature(value=float(parts.sum()), error=error)


@dataclass(frozen=True, eq=False)
class RatioCritic(Critic):
    """z ↦ F(ln q(z) − ln p(z)) for two densities.

    Where one density is 0 the log-ratio is ±inf and locally constant: the gradient is 0 if F is finite there. Where f*
    is infinite the gradient is NaN, and where both densities are 0 the value is NaN as well.

    Attributes:
        pair: the densities.
        of_ratio: F.
        ratio_slope: F'.
    """

    pair: DensityPair
    of_ratio: Callable[[np.ndarray], np.ndarray]
    ratio_slope: Callable[[np.ndarray], np.ndarray]

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        ratio = log_ratio(*self.pair.log_densities(self.pair.points(z)))
        somewhere = ~np.isnan(ratio)
        return np.where(somewhere, self.of_ratio(np.where(somewhere, ratio, 0.0)), np.nan)

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        z = self.pair.points(z)
        ratio = log_ratio(*self.pair.log_densities(z))
        inner = np.isfinite(ratio)
        with np.errstate(over="ignore", invalid="ignore"):
            slope = self.ratio_slope(np.where(inner, ratio, 0.0))
            inside = slope[:, None] * (score(self.pair.real, z) - score(self.pair.fake, z))
        defined = np.isfinite(self(z))[:, None]
        return np.where(defined, np.where(inner[:, None], inside, 0.0), np.nan)


def optimal_discriminator(fake: Measure, real: Measure) -> Critic:
    """D* = q/(p + q) = σ(f*), the optimal discriminator of the vanilla GAN: attained even on disjoint supports.

    There it is 1 on the reals and 0 on the fakes with gradient 0 on both (Arjovsky and Bottou, Theorem 2.1), while
    f* = ln(q/p) itself is infinite.

    Args:
        fake: P_g; both a DiscreteMeasure, or both a Distribution with a known density.
        real: P_r.
    """
    pair = paired(fake, real)
    if isinstance(pair, Support):
        carried = pair.in_fake | pair.in_real
        return NearestPoint(pair.points[carried], expit(log_ratio(*log_masses(pair))[carried]))
    return RatioCritic(pair, expit, lambda ratio: expit(ratio) * expit(-ratio))
