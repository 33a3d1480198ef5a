"""What an averaged gradient penalty comes to on the line, in closed form for the Wasserstein loss.

    minimise over f:  E_fake f − E_real f + λ E h(|f'(z)| − k₀),   z = t x + (1 − t) y,  x fake, y real, independent

h(s) = s² (GP for k₀ = 1, the mean square for k₀ = 0) or max(s, 0)² (LP). With G = F_fake − F_real, the difference of
the distribution functions, and ρ the density of the blends, the objective is ∫ −G f' + λ ρ h(|f'| − k₀), so that

    f'(u) = sign G(u) · (k₀ + |G(u)| / (2 λ ρ(u)))        wherever G(u) ≠ 0

(derived here; THEORY section 2 has the two-Dirac case, 1 + d/2λ). λ k² has one slope, W₁/2λ, for all u with G(u) ≠ 0:
the two agree only where |G|/ρ is the same everywhere, and that ratio is what such a penalty gets wrong. It does not
vanish when f is rescaled.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.errors import InputError
from toylab.losses import Linear, Reflected
from toylab.problem import CriticProblem, LipschitzPenalty


@dataclass(frozen=True, kw_only=True, eq=False)
class LineOptimum:
    """A piecewise linear critic on the line, with slope 0 outside its points.

    Attributes:
        points: (N,), the sorted points of both measures.
        slopes: (N − 1,), between neighbours.
        density: (N − 1,), ρ there, the density of the blends.
        value: the least value of the penalised objective.
    """

    points: np.ndarray
    slopes: np.ndarray
    density: np.ndarray
    value: float

    @property
    def values(self) -> np.ndarray:
        """(N,), f at the points, 0 at the first."""
        return np.concatenate([[0.0], np.cumsum(self.slopes * np.diff(self.points))])

    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Values (m,) at points (m, 1)."""
        return np.interp(np.asarray(z)[:, 0], self.points, self.values)

    def gradient(self, z: np.ndarray) -> np.ndarray:
        """(m, 1); at a point of the measures the slope to its right."""
        padded = np.concatenate([[0.0], self.slopes, [0.0]])
        return padded[np.searchsorted(self.points, np.asarray(z)[:, 0], side="right")][:, None]


def averaged_penalty(problem: CriticProblem, *, target: float = 0.0, weight: float | None = None) -> LineOptimum:
    """The optimum of the Wasserstein loss under an averaged penalty, for points on the line.

    One-sided and two-sided penalties share it. Where G = 0 any slope up to the target is optimal under the one-sided
    penalty and the target itself, up or down, under the two-sided one; the target is taken, 0 for k₀ = 0.

    Args:
        problem: in one dimension, with the Wasserstein loss and a LipschitzPenalty.
        target: k₀ ≥ 0; the problem's own is not used.
        weight: λ; the problem's when None.

    Raises:
        InputError: another dimension, loss or regulariser, or a number out of range.
    """
    if problem.dimension != 1:
        raise InputError(f"this closed form is for points on the line, got {problem.dimension} coordinates.")
    if not (isinstance(problem.losses.fake_loss, Linear) and problem.losses.real_loss == Reflected(Linear())):
        raise InputError(f"this closed form is for the Wasserstein loss, got {problem.losses.name!r}.")
    if not isinstance(problem.regularizer, LipschitzPenalty):
        raise InputError(f"this closed form needs a LipschitzPenalty, got {type(problem.regularizer).__name__}.")
    penalty = LipschitzPenalty(problem.regularizer.weight if weight is None else weight, target)
    support = problem.support
    order = np.argsort(support.points[:, 0])
    points, fake, real = support.points[order, 0], support.fake_weights[order], support.real_weights[order]
    imbalance = np.cumsum(fake - real)[:-1]
    imbalance[np.abs(imbalance) < 1e-14] = 0.0
    density = _density_of_blends(points, fake, real)
    crossed = density > 0
    steepness = np.zeros_like(density)
    steepness[crossed] = np.abs(imbalance[crossed]) / (2.0 * penalty.weight * density[crossed])
    slopes = np.where(imbalance < 0, -1.0, 1.0) * (penalty.target + steepness)
    price = penalty.weight * density * steepness**2
    value = float(np.sum(np.diff(points) * (price - np.abs(imbalance) * np.abs(slopes))))
    return LineOptimum(points=points, slopes=slopes, density=density, value=value)


def _density_of_blends(points: np.ndarray, fake: np.ndarray, real: np.ndarray) -> np.ndarray:
    """ρ between neighbours: Σ p q / |x − y| over the pairs whose segment covers the interval.

    Pairs of one and the same point put mass on that point alone, where a slope costs nothing to bend.
    """
    distance = np.abs(points[:, None] - points[None, :])
    np.fill_diagonal(distance, 1.0)
    mass = np.outer(fake, real) / distance
    np.fill_diagonal(mass, 0.0)
    mass = mass + mass.T
    return np.array([mass[:cut, cut:].sum() for cut in range(1, len(points))])


__all__ = ["LineOptimum", "averaged_penalty"]
