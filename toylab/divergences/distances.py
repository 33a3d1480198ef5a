"""W₁ between distributions where no sample is needed: translations of one shape, and everything on the line.

    translations             W₁ = ‖offset‖: the mean has to move that far, and moving every point by it does it
    one shape on the line    W₁ = E |m + s Z − (m' + s' Z)|: the rising map from one to the other is optimal
    on the line              W₁ = ∫ |F − G|,  F and G the distribution functions

On the line ∫ F over an interval is a difference of I(z) = E (z − X)⁺, which has a closed form, and F and G rise. On
[a, b] the part of F − G that is positive is at most F(b) − G(a), the part that is negative at most G(b) − F(a): where
one of these is negative, ∫ |F − G| = |∫ (F − G)| exactly. Elsewhere the smaller of the two parts is bounded by them,
and intervals are halved until all that is left open is small. The error is a bound, not an estimate.
"""

from __future__ import annotations

from functools import singledispatch

import numpy as np
from scipy.special import ndtr

from toylab.distributions import Distribution, Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.divergences.densities import pieces
from toylab.divergences.on_the_line import cumulative, on_the_line
from toylab.divergences.quadrature import Quadrature
from toylab.errors import InputError

_EPS = float(np.finfo(np.float64).eps)
#: Intervals at first and at most, how often they are halved, and what may be left open, of the length looked at.
_FIRST, _MOST, _ROUNDS, _OPEN = 256, 20_000, 60, 1e-13
#: How far out Gaussians are followed, in standard deviations, and what is left beyond, of one of them.
_REACH, _BEYOND = 12.0, 1e-31


@singledispatch
def integrated_cumulative(distribution: Distribution, z: np.ndarray) -> np.ndarray:
    """I(z) = E (z − X)⁺ = ∫ F up to z, on the line, (m,) -> (m,).

    Raises:
        InputError: no formula is known.
    """
    raise InputError(
        f"no integral of the distribution function of {type(distribution).__name__} is known: it is for Gaussian, "
        "UniformBox and Mixture on the line; teach toylab another one with "
        "toylab.divergences.integrated_cumulative.register."
    )


@integrated_cumulative.register
def _(distribution: Gaussian, z: np.ndarray) -> np.ndarray:
    """σ (u Φ(u) + Φ'(u)), u = (z − m)/σ."""
    on_the_line(distribution)
    u = (np.asarray(z) - distribution.mean[0]) / distribution.scale
    bell = np.exp(-0.5 * np.minimum(np.abs(u), 40.0) ** 2) / np.sqrt(2.0 * np.pi)  # 0 from 39 on
    return distribution.scale * (u * ndtr(u) + bell)


@integrated_cumulative.register
def _(distribution: UniformBox, z: np.ndarray) -> np.ndarray:
    """0 left of the box, t²/(4h) at t = z − (c − h) inside, z − c right of it."""
    on_the_line(distribution)
    half, inside = distribution.half_side[0], np.asarray(z) - distribution.centre[0] + distribution.half_side[0]
    return np.where(inside >= 2.0 * half, inside - half, np.clip(inside, 0.0, 2.0 * half) ** 2 / (4.0 * half))


@integrated_cumulative.register
def _(distribution: Mixture, z: np.ndarray) -> np.ndarray:
    parts = zip(distribution.weights, distribution.components, strict=True)
    return np.sum([weight * integrated_cumulative(part, z) for weight, part in parts], axis=0)


def translation(first: Distribution, second: Distribution) -> np.ndarray | None:
    """The offset (d,) by which the first one, moved, is the second one; None where it is no translation of it."""
    match first, second:
        case Gaussian(), Gaussian() if first.scale == second.scale:
            offset = _difference(first.mean, second.mean)
        case UniformBox(), UniformBox() if np.array_equal(first.half_side, second.half_side):
            offset = _difference(first.centre, second.centre)
        case Segment(), Segment() if np.array_equal(first.end - first.start, second.end - second.start):
            offset = _difference(first.start, second.start)
        case Masses(), Masses() if np.array_equal(first.measure.weights, second.measure.weights):
            offset = _shared(second.measure.points - first.measure.points) if _alike(first, second) else None
        case Mixture(), Mixture() if np.array_equal(first.weights, second.weights):
            offsets = [translation(*pair) for pair in zip(first.components, second.components, strict=True)]
            offset = None if any(o is None for o in offsets) else _shared(np.array(offsets))
        case _:
            offset = None
    return offset


def _difference(first: np.ndarray, second: np.ndarray) -> np.ndarray | None:
    return second - first if first.shape == second.shape else None


def _alike(first: Masses, second: Masses) -> bool:
    return first.measure.points.shape == second.measure.points.shape


def _shared(offsets: np.ndarray) -> np.ndarray | None:
    """The offset (d,) that all rows (n, d) are, bit by bit."""
    return offsets[0] if (offsets == offsets[0]).all() else None


def mean_length(latent: Distribution, slope: float, offset: float) -> Quadrature:
    """E |slope Z + offset| for Z from a distribution on the line: |slope| (2 I(c) − c + E Z), c = −offset/slope.

    Raises:
        InputError: it is not Gaussian, UniformBox or a Mixture of these on the line.
    """
    mean = _mean(latent)
    if abs(slope) <= 1e-200 * abs(offset) or slope == 0.0:  # c would overflow, and slope Z is far below rounding
        return Quadrature(value=abs(offset), error=2.0 * _EPS * abs(offset))
    c = -offset / slope
    below = float(integrated_cumulative(latent, np.array([c]))[0])
    error = 32.0 * _EPS * abs(slope) * (below + abs(c) + abs(mean) + _size(latent))
    return Quadrature(value=max(abs(slope) * (2.0 * below - c + mean), 0.0), error=error)


def _mean(distribution: Distribution) -> float:
    """E X on the line."""
    match distribution:
        case Gaussian(mean=place) | UniformBox(centre=place):
            return float(place[0])
        case Mixture(components=components, weights=weights):
            return float(weights @ [_mean(part) for part in components])
    raise InputError(f"no mean of {type(distribution).__name__} is known.")


def _rescaled(first: Distribution, second: Distribution) -> Quadrature | None:
    """W₁ where both are m + s Z for one Z, Gaussian or uniform on the line; None where they are not."""
    match first, second:
        case Gaussian(mean=one), Gaussian(mean=other) if len(one) == len(other) == 1:
            shape, widen = Gaussian([0.0], 1.0), second.scale - first.scale
        case UniformBox(centre=one), UniformBox(centre=other) if len(one) == len(other) == 1:
            shape, widen = UniformBox([0.0], 1.0), float(second.half_side[0] - first.half_side[0])
        case _:
            return None
    found = mean_length(shape, widen, float(other[0] - one[0]))
    return Quadrature(value=found.value, error=found.error + 8.0 * _EPS * (_size(first) + _size(second)))


def distance_is_known(first: Distribution, second: Distribution) -> bool:
    """Whether `wasserstein_between` computes the distance of these two."""
    if translation(first, second) is not None:
        return True
    try:
        for side in (first, second):
            integrated_cumulative(side, np.zeros(1))
            cumulative(side, np.zeros(1))
    except InputError:
        return False
    return True


def wasserstein_between(first: Distribution, second: Distribution) -> Quadrature:
    """W₁ of two distributions, with a bound of its error.

    Args:
        first: any distribution that is a translation of the other one, or one of Gaussian, UniformBox and Mixture on
            the line.
        second: likewise.

    Raises:
        InputError: neither is the case.

    Example:
        >>> from toylab.distributions import Gaussian
        >>> round(wasserstein_between(Gaussian([0.0], 1.0), Gaussian([0.0], 2.0)).value, 9)  # E|Z| = √(2/π)
        0.797884561
    """
    offset = translation(first, second)
    if offset is not None:
        value, size = float(np.linalg.norm(offset)), _size(first) + _size(second)
        return Quadrature(value=value, error=8.0 * _EPS * (value + size))
    if not distance_is_known(first, second):
        raise InputError(
            f"W₁ of {type(first).__name__} and {type(second).__name__} has no formula here: it is known for "
            "translations of one shape, and for Gaussian, UniformBox and Mixture on the line; sample both and use "
            "toylab.divergences.wasserstein1."
        )
    return _rescaled(first, second) or _enclosed(first, second)


def _size(distribution: Distribution) -> float:
    """How large the coordinates are that say where it is."""
    match distribution:
        case Gaussian(mean=place) | UniformBox(centre=place) | Segment(start=place):
            return float(np.abs(place).max())
        case Mixture(components=components):
            return max(map(_size, components))
        case Masses(measure=measure):
            return float(np.abs(measure.points).max())
    return 0.0


def _enclosed(first: Distribution, second: Distribution) -> Quadrature:
    """∫ |F − G|: Σ |∫ (F − G)| over intervals, plus twice what may cancel inside each."""
    regions = [*pieces(first), *pieces(second)]
    reach = [float(piece.width[0]) * (1.0 if piece.bounded else _REACH) for piece in regions]
    low = min(float(piece.centre[0]) - far for piece, far in zip(regions, reach, strict=True))
    high = max(float(piece.centre[0]) + far for piece, far in zip(regions, reach, strict=True))
    ends = np.linspace(low, high, _FIRST + 1)
    for _ in range(_ROUNDS):
        area, open_, rounding = _intervals(first, second, ends)
        wide = (open_ > _OPEN * (high - low) / len(open_)) & (np.diff(ends) > 4.0 * _EPS * np.abs(ends[1:]))
        if not wide.any() or len(ends) > _MOST:
            break
        ends = np.union1d(ends, 0.5 * (ends[:-1] + ends[1:])[wide])
    cancelled = float(open_.sum())
    beyond = _BEYOND * sum(reach)
    return Quadrature(value=float(np.abs(area).sum()) + cancelled, error=cancelled + rounding + beyond)


def _intervals(first: Distribution, second: Distribution, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Of every interval ∫ (F − G) and how much of both signs may cancel in it, (m,) each; and the rounding of all."""
    integrals = [integrated_cumulative(side, ends) for side in (first, second)]
    one, other = (cumulative(side, ends) for side in (first, second))
    width, area = np.diff(ends), np.diff(integrals[0] - integrals[1])
    above = np.maximum(width * (one[1:] - other[:-1]) - np.maximum(area, 0.0), 0.0)
    below = np.maximum(width * (other[1:] - one[:-1]) - np.maximum(-area, 0.0), 0.0)
    rounding = 16.0 * _EPS * float(np.sum(np.abs(integrals)) + np.abs(ends).max())
    return area, np.minimum(above, below), rounding
