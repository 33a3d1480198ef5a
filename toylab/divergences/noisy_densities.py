"""Densities of translated and of noisy distributions, with their scores.

A translation moves all of it. Noise N(0, s² I) on a Gaussian, on point masses or on a mixture of such gives Gaussians
again; on a uniform box it gives, coordinate by coordinate, with u the distance from the centre and h half the side,

    p = (Φ((h − u)/s) − Φ((−h − u)/s)) / 2h,    ∂ ln p/∂u = φ((h − u)/s) (exp(−2hu/s²) − 1) / (2h s p),

which is evaluated in logarithms: no digits are lost in the tails.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.special import log_ndtr

from toylab.distributions import (
    Distribution,
    Gaussian,
    Masses,
    Mixture,
    Noisy,
    Translated,
    UniformBox,
    gaussian_mixture,
)
from toylab.divergences.densities import Piece, log_density, pieces, score
from toylab.errors import InputError

#: Beyond this many coordinates nothing is integrated, and the corners of a box are too many to name.
_MOST_COORDINATES = 2


@log_density.register
def _(distribution: Translated, z: np.ndarray) -> np.ndarray:
    return log_density(distribution.distribution, z - distribution.offset)


@score.register
def _(distribution: Translated, z: np.ndarray) -> np.ndarray:
    return score(distribution.distribution, z - distribution.offset)


@pieces.register
def _(distribution: Translated) -> list[Piece]:
    moved = pieces(distribution.distribution)
    return [Piece(centre=p.centre + distribution.offset, width=p.width, bounded=p.bounded) for p in moved]


def _simpler(distribution: Noisy) -> Distribution | None:
    """The same distribution with the noise further inside, None where it is as far inside as it gets."""
    inner, scale = distribution.distribution, distribution.scale
    match inner:
        case Gaussian():
            return Gaussian(inner.mean, float(np.hypot(inner.scale, scale)))
        case Masses():
            weights = inner.measure.weights
            return gaussian_mixture(inner.atoms, scale, weights[weights > 0])
        case Mixture():
            return Mixture([Noisy(part, scale) for part in inner.components], inner.weights)
        case Translated():
            return Translated(Noisy(inner.distribution, scale), inner.offset)
        case Noisy():
            return Noisy(inner.distribution, float(np.hypot(inner.scale, scale)))
    return None


@log_density.register
def _(distribution: Noisy, z: np.ndarray) -> np.ndarray:
    simpler, inner = _simpler(distribution), distribution.distribution
    if simpler is not None:
        return log_density(simpler, z)
    if isinstance(inner, UniformBox):
        return (_log_shares(inner, distribution.scale, z) - np.log(2.0 * inner.half_side)).sum(axis=1)
    with np.errstate(divide="ignore"):
        return np.log(distribution.density(z))


@score.register
def _(distribution: Noisy, z: np.ndarray) -> np.ndarray:
    simpler, inner, scale = _simpler(distribution), distribution.distribution, distribution.scale
    if simpler is not None:
        return score(simpler, z)
    if isinstance(inner, UniformBox):
        offset, half = z - inner.centre, inner.half_side
        beyond = np.abs(offset)
        log_normal = -0.5 * ((half - beyond) / scale) ** 2 - 0.5 * np.log(2.0 * np.pi)
        steepness = np.exp(log_normal - _log_shares(inner, scale, z))
        return np.sign(offset) * steepness * np.expm1(-2.0 * half * beyond / scale**2) / scale
    raise _unknown(inner, "gradient")


@pieces.register
def _(distribution: Noisy) -> list[Piece]:
    simpler, inner = _simpler(distribution), distribution.distribution
    if simpler is not None:
        return pieces(simpler)
    if isinstance(inner, UniformBox):
        whole = Piece(centre=inner.centre, width=inner.half_side + distribution.scale, bounded=False)
        if len(inner.centre) > _MOST_COORDINATES:
            return [whole]
        width = np.full(len(inner.centre), distribution.scale)
        signs = product((-1.0, 1.0), repeat=len(inner.centre))
        corners = [inner.centre + np.array(sign) * inner.half_side for sign in signs]
        return [whole, *(Piece(centre=corner, width=width, bounded=False) for corner in corners)]
    raise _unknown(inner, "extent")


def _log_shares(box: UniformBox, scale: float, z: np.ndarray) -> np.ndarray:
    """Logarithm of the probability that a normal variable around z_c lies in the box's side, (m, d)."""
    beyond = np.abs(z - box.centre)
    near, far = log_ndtr((box.half_side - beyond) / scale), log_ndtr((-box.half_side - beyond) / scale)
    return near + np.log(-np.expm1(far - near))


def _unknown(inner: Distribution, what: str) -> InputError:
    return InputError(
        f"no {what} of the density of {type(inner).__name__} plus Gaussian noise is known: it is for Gaussian, Masses, "
        "UniformBox and their mixtures, translations and noise."
    )
