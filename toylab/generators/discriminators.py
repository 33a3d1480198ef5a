"""Discriminators D: R^d → (0, 1), larger on real points, with the gradients that a generator follows.

discriminator            D
OptimalDiscriminator     q/(p + q) for two densities: D* of the vanilla GAN, frozen
PerfectDiscriminator     1 on the reals, 0 on the fakes, constant around both
AffineDiscriminator      c + b·x, where that is in (0, 1)
LogisticDiscriminator    σ(c + b·x)
WhiteNoise               a level, plus independent Gaussian noise in D and in ∇D at every point
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from typing_extensions import override

from toylab.distributions import Distribution
from toylab.distributions import plain as distributions
from toylab.distributions.base import not_negative, one_point
from toylab.divergences import DensityPair, score
from toylab.errors import InputError, real_number
from toylab.storage import read_kind

_EPS = float(np.finfo(np.float64).eps)


class Discriminator(ABC):
    """A discriminator with its gradient; immutable."""

    @abstractmethod
    def __call__(self, x: np.ndarray) -> np.ndarray:
        """D(x), (m, d) -> (m,)."""

    @abstractmethod
    def gradient(self, x: np.ndarray) -> np.ndarray:
        """∇D(x), (m, d) -> (m, d)."""

    def log_gradient(self, x: np.ndarray) -> np.ndarray:
        """∇ log D(x), (m, d)."""
        return self.gradient(x) / self(x)[:, None]

    def log_complement_gradient(self, x: np.ndarray) -> np.ndarray:
        """∇ log(1 − D(x)), (m, d)."""
        return -self.gradient(x) / (1.0 - self(x))[:, None]

    def rounding(self, x: np.ndarray) -> np.ndarray:
        """A bound of the rounding of ∇ log D and ∇ log(1 − D) beyond that of their own size, (m, d)."""
        return np.zeros(x.shape)

    def largest(self, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
        """Upper bounds of sup D and of sup ‖∇D‖ on the box [low, high].

        Raises:
            InputError: no bound is known.
        """
        raise InputError(f"no bounds of {type(self).__name__} on a box are known.")

    @abstractmethod
    def describe(self) -> str:
        """One line."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Plain data that `discriminator_from_json` turns back into the same discriminator."""


@dataclass(frozen=True, kw_only=True, eq=False)
class OptimalDiscriminator(Discriminator):
    """D* = q/(p + q) for fake density p and real density q, computed from ln q − ln p so that tails keep their slopes.

    Attributes:
        fake: the distribution of the fakes it was trained against; it stays where it is when the generator moves.
        real: P_r.
        follows: whether D* is the optimal one of every θ, and is differentiated too, rather than frozen at `fake`.
    """

    fake: Distribution
    real: Distribution
    follows: bool = False

    def __post_init__(self) -> None:
        DensityPair(self.fake, self.real)

    def ratio(self, x: np.ndarray) -> np.ndarray:
        """Ln q − ln p, (m,)."""
        fake, real = DensityPair(self.fake, self.real).log_densities(x)
        return real - fake

    @override
    def __call__(self, x: np.ndarray) -> np.ndarray:
        return expit(self.ratio(x))

    def _slope(self, x: np.ndarray) -> np.ndarray:
        return score(self.real, x) - score(self.fake, x)

    @override
    def gradient(self, x: np.ndarray) -> np.ndarray:
        ratio = self.ratio(x)
        return (expit(ratio) * expit(-ratio))[:, None] * self._slope(x)

    @override
    def log_gradient(self, x: np.ndarray) -> np.ndarray:
        return expit(-self.ratio(x))[:, None] * self._slope(x)

    @override
    def log_complement_gradient(self, x: np.ndarray) -> np.ndarray:
        return -expit(self.ratio(x))[:, None] * self._slope(x)

    @override
    def rounding(self, x: np.ndarray) -> np.ndarray:
        """64 roundings of the two scores that are subtracted, and of ln q − ln p."""
        fake, real = DensityPair(self.fake, self.real).log_densities(x)
        digits = 1.0 + np.abs(np.where(np.isfinite(fake), fake, 0.0)) + np.abs(np.where(np.isfinite(real), real, 0.0))
        return 64.0 * _EPS * digits[:, None] * (np.abs(score(self.fake, x)) + np.abs(score(self.real, x)))

    @override
    def describe(self) -> str:
        kind = "that follows the generator" if self.follows else "frozen"
        fake, real = distributions.words(self.fake), distributions.words(self.real)
        return f"the optimal discriminator of fake {fake} and real {real}, {kind}"

    @override
    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "optimal",
            "fake": distributions.to_json(self.fake),
            "real": distributions.to_json(self.real),
            "follows": self.follows,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class PerfectDiscriminator(Discriminator):
    """A smooth D that is 1 around the real support and 0 around the fake one, so that its gradient is 0 on both.

    With t = d_fake/(d_fake + d_real), d the distances from the supports, D = s(3t − 1) where s is the smoothstep
    3t² − 2t³ on [0, 1], 0 below and 1 above: D = 0 where t ≤ 1/3 and 1 where t ≥ 2/3.

    Attributes:
        fake: P_g, with a support whose distance is known.
        real: P_r, likewise.
    """

    fake: Distribution
    real: Distribution

    def _share(self, x: np.ndarray) -> np.ndarray:
        fake, real = self.fake.distance_to_support(x), self.real.distance_to_support(x)
        total = fake + real
        return np.where(total > 0, fake / np.where(total > 0, total, 1.0), 0.5)

    @override
    def __call__(self, x: np.ndarray) -> np.ndarray:
        t = np.clip(3.0 * self._share(x) - 1.0, 0.0, 1.0)
        return t * t * (3.0 - 2.0 * t)

    @override
    def gradient(self, x: np.ndarray) -> np.ndarray:
        """Central differences over at most 1e-6 and a hundredth of the way between the supports; 0 around both."""
        between = self.fake.distance_to_support(x) + self.real.distance_to_support(x)
        step = np.minimum(1e-6 * (1.0 + np.abs(x).max(initial=0.0)), 0.01 * np.where(between > 0, between, 1.0))[
            :, None
        ]
        columns = [(self(x + step * unit) - self(x - step * unit)) / (2.0 * step[:, 0]) for unit in np.eye(x.shape[1])]
        return np.stack(columns, axis=1)

    @override
    def describe(self) -> str:
        return "a perfect discriminator, constant around both supports"

    @override
    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "perfect",
            "fake": distributions.to_json(self.fake),
            "real": distributions.to_json(self.real),
        }


@dataclass(frozen=True, eq=False)
class AffineDiscriminator(Discriminator):
    """D(x) = c + b·x, meant for where that lies in (0, 1).

    Attributes:
        offset: c.
        slope: b, (d,).
    """

    offset: float
    slope: np.ndarray

    def __init__(self, offset: float, slope: npt.ArrayLike) -> None:
        object.__setattr__(self, "offset", real_number(offset, "the offset of a discriminator"))
        object.__setattr__(self, "slope", one_point(slope, "slope"))

    @override
    def __call__(self, x: np.ndarray) -> np.ndarray:
        return self.offset + x @ self.slope

    @override
    def gradient(self, x: np.ndarray) -> np.ndarray:
        return np.tile(self.slope, (len(x), 1))

    @override
    def largest(self, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
        corner = np.where(self.slope > 0, high, low)
        return float(self.offset + self.slope @ corner), float(np.linalg.norm(self.slope))

    @override
    def describe(self) -> str:
        return f"D(x) = {self.offset:.4g} + {np.round(self.slope, 6).tolist()}·x"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "affine", "offset": self.offset, "slope": self.slope.tolist()}


@dataclass(frozen=True, eq=False)
class LogisticDiscriminator(Discriminator):
    """D(x) = σ(c + b·x).

    Attributes:
        offset: c.
        slope: b, (d,).
    """

    offset: float
    slope: np.ndarray

    def __init__(self, offset: float, slope: npt.ArrayLike) -> None:
        object.__setattr__(self, "offset", real_number(offset, "the offset of a discriminator"))
        object.__setattr__(self, "slope", one_point(slope, "slope"))

    def _logit(self, x: np.ndarray) -> np.ndarray:
        return self.offset + x @ self.slope

    @override
    def __call__(self, x: np.ndarray) -> np.ndarray:
        return expit(self._logit(x))

    @override
    def gradient(self, x: np.ndarray) -> np.ndarray:
        logit = self._logit(x)
        return (expit(logit) * expit(-logit))[:, None] * self.slope

    @override
    def log_gradient(self, x: np.ndarray) -> np.ndarray:
        return expit(-self._logit(x))[:, None] * self.slope

    @override
    def log_complement_gradient(self, x: np.ndarray) -> np.ndarray:
        return -expit(self._logit(x))[:, None] * self.slope

    @override
    def largest(self, low: np.ndarray, high: np.ndarray) -> tuple[float, float]:
        ends = [self._logit(np.where(up, high, low)[None])[0] for up in (self.slope > 0, self.slope <= 0)]
        steepest = 0.0 if min(ends) <= 0.0 <= max(ends) else min(abs(end) for end in ends)
        return float(expit(max(ends))), float(expit(steepest) * expit(-steepest) * np.linalg.norm(self.slope))

    @override
    def describe(self) -> str:
        return f"D(x) = σ({self.offset:.4g} + {np.round(self.slope, 6).tolist()}·x)"

    @override
    def to_json(self) -> dict[str, Any]:
        return {"kind": "logistic", "offset": self.offset, "slope": self.slope.tolist()}


@dataclass(frozen=True, kw_only=True)
class WhiteNoise(Discriminator):
    """D(x) = level + ε(x) and ∇D(x) = r(x) with Gaussian noise, independent from point to point and of each other.

    The model of Arjovsky and Bottou's Theorem 2.6 for a discriminator that is nearly perfect: the level is D* = 0 on
    the fakes. ε is drawn at every call of `draw`, so that D may be negative; the theorem does not mind. As a plain
    function it is its level with gradient 0.

    Attributes:
        dimension: d.
        value_noise: σ_ε, the standard deviation of ε.
        gradient_noise: σ_r, the standard deviation of every entry of r.
        level: what ε is added to.
        shared: whether ε is one number for the whole batch rather than independent.
    """

    dimension: int
    value_noise: float
    gradient_noise: float
    level: float = 0.0
    shared: bool = False

    def __post_init__(self) -> None:
        for name in ("value_noise", "gradient_noise"):
            not_negative(getattr(self, name), name)
        real_number(self.level, "level")
        if not isinstance(self.dimension, int | np.integer) or self.dimension < 1:
            raise InputError(f"dimension must be a whole number of at least 1, got {self.dimension!r}.")
        if self.value_noise == 0 and self.level == 0:
            raise InputError("without noise in its values a discriminator needs a level other than 0.")

    @override
    def __call__(self, x: np.ndarray) -> np.ndarray:
        return np.full(len(x), self.level)

    @override
    def gradient(self, x: np.ndarray) -> np.ndarray:
        return np.zeros(x.shape)

    def draw(self, repetitions: int, batch: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """D and ∇D at the fakes of a batch, drawn anew each time: (repetitions, batch) and (repetitions, batch, d)."""
        epsilon = self.value_noise * rng.normal(size=(repetitions, 1 if self.shared else batch))
        gradients = self.gradient_noise * rng.normal(size=(repetitions, batch, self.dimension))
        return np.broadcast_to(self.level + epsilon, (repetitions, batch)), gradients

    @override
    def describe(self) -> str:
        which = "one for the batch" if self.shared else "independent"
        return (
            f"D = {self.level:g} + N(0, {self.value_noise:g}²), {which}, and ∇D = N(0, {self.gradient_noise:g}²) "
            "in every coordinate"
        )

    @override
    def to_json(self) -> dict[str, Any]:
        return {
            "kind": "white-noise",
            "dimension": int(self.dimension),
            "value_noise": float(self.value_noise),
            "gradient_noise": float(self.gradient_noise),
            "level": float(self.level),
            "shared": self.shared,
        }


def discriminator_from_json(data: Any) -> Discriminator:
    """The discriminator that `to_json` wrote.

    Raises:
        InputError: an unknown kind, or fields that are missing or wrong.
    """
    return read_kind(data, "discriminator", _READERS)


_READERS: dict[str, Callable[[Mapping[str, Any]], Discriminator]] = {
    "optimal": lambda data: OptimalDiscriminator(
        fake=distributions.from_json(data["fake"]), real=distributions.from_json(data["real"]), follows=data["follows"]
    ),
    "perfect": lambda data: PerfectDiscriminator(
        fake=distributions.from_json(data["fake"]), real=distributions.from_json(data["real"])
    ),
    "affine": lambda data: AffineDiscriminator(data["offset"], data["slope"]),
    "logistic": lambda data: LogisticDiscriminator(data["offset"], data["slope"]),
    "white-noise": lambda data: WhiteNoise(**{key: data[key] for key in _NOISE}),
}
_NOISE = ("dimension", "value_noise", "gradient_noise", "level", "shared")
