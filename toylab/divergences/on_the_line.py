"""The Wasserstein critic of two densities on the line, in closed form.

    f* = argmax over f with Lipschitz constant 1 of  E_real f − E_fake f,     f*'(z) = sign(F_fake(z) − F_real(z))

F the distribution functions: E_real f − E_fake f = ∫ f' (F_fake − F_real), and W₁ = ∫ |F_fake − F_real|. It is what the
local objectives are compared with: its gradient at z depends on how much mass lies on either side of z.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from itertools import pairwise

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr
from typing_extensions import override

from toylab.critics import Critic
from toylab.distributions import Distribution, Gaussian, Mixture, UniformBox
from toylab.divergences.densities import DensityPair, pieces
from toylab.divergences.objective import Objective
from toylab.errors import InputError

#: Points between which zeros of F_fake − F_real are looked for, and how far out the tails of Gaussians are followed.
_GRID, _REACH = 4097, 12.0


@singledispatch
def cumulative(distribution: Distribution, z: np.ndarray) -> np.ndarray:
    """P(X ≤ z) on the line, (m,) -> (m,).

    Raises:
        InputError: no formula is known, or the distribution does not live on the line.
    """
    raise InputError(
        f"no distribution function of {type(distribution).__name__} is known: it is for Gaussian, UniformBox and "
        "Mixture on the line; teach toylab another one with toylab.divergences.cumulative.register."
    )


@cumulative.register
def _(distribution: Gaussian, z: np.ndarray) -> np.ndarray:
    on_the_line(distribution)
    return np.asarray(ndtr((z - distribution.mean[0]) / distribution.scale))


@cumulative.register
def _(distribution: UniformBox, z: np.ndarray) -> np.ndarray:
    on_the_line(distribution)
    return np.clip(0.5 * ((z - distribution.centre[0]) / distribution.half_side[0] + 1.0), 0.0, 1.0)


@cumulative.register
def _(distribution: Mixture, z: np.ndarray) -> np.ndarray:
    parts = zip(distribution.weights, distribution.components, strict=True)
    return np.sum([weight * cumulative(part, z) for weight, part in parts], axis=0)


def on_the_line(distribution: Distribution) -> None:
    """Raise InputError unless the distribution lives on the line."""
    if distribution.dimension != 1:
        raise InputError(f"distribution functions are for the line, and this has {distribution.dimension} coordinates.")


def crossings(difference: object, ends: np.ndarray) -> np.ndarray:
    """Where a continuous function (m,) -> (m,) changes its sign between consecutive points of a grid, (c,)."""
    height = difference(ends)  # type: ignore[operator]
    changes = np.flatnonzero(np.sign(height[:-1]) * np.sign(height[1:]) < 0)
    touched = ends[1:-1][(height[1:-1] == 0.0) & (np.sign(height[:-2]) * np.sign(height[2:]) < 0)]
    found = [
        float(brentq(lambda t: float(difference(np.array([t]))[0]), ends[i], ends[i + 1], xtol=1e-15, rtol=1e-15))  # type: ignore
        for i in changes
    ]
    return np.sort(np.concatenate([found, touched]))


@dataclass(frozen=True, eq=False)
class LineCritic(Critic):
    """A piecewise linear function on the line: slopes between breaks, 0 at the first break.

    Attributes:
        breaks: (c,), where the slope changes, ascending.
        slopes: (c + 1,), left of the first break, between them, right of the last.
    """

    breaks: np.ndarray
    slopes: np.ndarray

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        z = np.asarray(z, dtype=np.float64)[:, 0]
        if not len(self.breaks):
            return self.slopes[0] * z
        steps = self.slopes[1:-1] * np.diff(self.breaks)
        heights = np.concatenate([[0.0], np.cumsum(steps)])
        inner = np.interp(z, self.breaks, heights)
        left, right = np.minimum(z - self.breaks[0], 0.0), np.maximum(z - self.breaks[-1], 0.0)
        return inner + self.slopes[0] * left + self.slopes[-1] * right

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """The slope of the piece; at a break that of the piece to its right."""
        z = np.asarray(z, dtype=np.float64)
        return self.slopes[np.searchsorted(self.breaks, z[:, 0], side="right")][:, None]


@dataclass(frozen=True)
class WassersteinOnLine(Objective):
    """max over 1-Lipschitz f of E_real f − E_fake f for two densities on the line: not local.

    Example:
        >>> from toylab.distributions import Gaussian
        >>> critic = WassersteinOnLine().critic(Gaussian([0.0], 1.0), Gaussian([3.0], 1.0))
        >>> critic.gradient([[0.0]]).tolist()
        [[1.0]]
    """

    name = "wasserstein"

    @override
    def critic(self, fake: Distribution, real: Distribution) -> LineCritic:
        """The critic with slope sign(F_fake − F_real).

        Raises:
            InputError: not on the line, or a distribution function that is not known.
        """
        pair = DensityPair(fake, real)
        if pair.dimension != 1:
            raise InputError(
                "the Wasserstein critic of densities has a closed form on the line, not in dimension "
                f"{pair.dimension}; sample both measures and solve the CriticProblem."
            )
        regions = [piece for distribution in (fake, real) for piece in pieces(distribution)]
        reach = [piece.width[0] * (1.0 if piece.bounded else _REACH) for piece in regions]
        low = min(float(piece.centre[0]) - far for piece, far in zip(regions, reach, strict=True))
        high = max(float(piece.centre[0]) + far for piece, far in zip(regions, reach, strict=True))

        def difference(z: np.ndarray) -> np.ndarray:
            return cumulative(fake, z) - cumulative(real, z)

        breaks = crossings(difference, np.linspace(low, high, _GRID))
        ends = np.concatenate([[low], breaks, [high]])
        middles = np.array([0.5 * (a + b) for a, b in pairwise(ends)])
        return LineCritic(breaks, np.sign(difference(middles)))
