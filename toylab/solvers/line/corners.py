"""Kinks of the losses as pairs of complementary slacks, for the interior point on a line.

A loss whose slope jumps by c at τ holds c · max(0, t − τ) = min (c ξ) over ξ ≥ 0, ξ ≥ t − τ. With above = ξ, below =
ξ − (t − τ) and the multiplier β of the second constraint, 0 ≤ β ≤ c is the slope the term contributes, and at the
optimum (c − β) · above = 0 and β · below = 0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.losses import LossPair


@dataclass(frozen=True, eq=False)
class Corners:
    """Every kink of every point's objective, flattened.

    A state (4, K) holds above, below, α = c − β and β, all positive.

    Attributes:
        points: (K,), the point of each kink.
        jumps: (K,), c, mass times jump of the slope.
        at: (K,), τ.
        size: number of points.
    """

    points: np.ndarray
    jumps: np.ndarray
    at: np.ndarray
    size: int

    @classmethod
    def of(cls, losses: LossPair, fake_weights: np.ndarray, real_weights: np.ndarray) -> Corners:
        """The kinks of both losses at the points that carry their mass."""
        points, jumps, at = [np.zeros(0, dtype=np.intp)], [np.zeros(0)], [np.zeros(0)]
        for loss, weights in ((losses.fake_loss, fake_weights), (losses.real_loss, real_weights)):
            carried = np.flatnonzero(weights > 0)
            for kink in loss.kinks:
                points.append(carried)
                jumps.append(kink.jump * weights[carried])
                at.append(np.full(len(carried), kink.at))
        return cls(np.concatenate(points), np.concatenate(jumps), np.concatenate(at), len(fake_weights))

    def __len__(self) -> int:
        return len(self.points)

    def start(self, values: np.ndarray) -> np.ndarray:
        """A state for critic values (N,), one unit inside, with half of every jump as slope."""
        beyond = values[self.points] - self.at
        half = 0.5 * self.jumps
        return np.stack([np.maximum(beyond, 0.0) + 1.0, np.maximum(-beyond, 0.0) + 1.0, half, half])

    def slope(self, state: np.ndarray) -> np.ndarray:
        """Σ β at every point, (N,)."""
        return self._gathered(state[3])

    def curvature(self, state: np.ndarray) -> np.ndarray:
        """What the eliminated slacks add to the diagonal of the Newton matrix, (N,)."""
        return self._gathered(_stiffness(state))

    def shift(self, state: np.ndarray, aim: np.ndarray) -> np.ndarray:
        """What they add to the slope, (N,), where their products (2, K) are to become `aim`."""
        return self._gathered(_stiffness(state) * _offset(state, aim))

    def step(self, state: np.ndarray, aim: np.ndarray, df: np.ndarray) -> np.ndarray:
        """The change (4, K) of the state that goes with a change df (N,) of the values."""
        above, below, alpha, beta = state
        dbeta = _stiffness(state) * (df[self.points] + _offset(state, aim))
        return np.stack(
            [
                (aim[0] - alpha * above + above * dbeta) / alpha,
                (aim[1] - beta * below - below * dbeta) / beta,
                -dbeta,
                dbeta,
            ]
        )

    def _gathered(self, values: np.ndarray) -> np.ndarray:
        return np.bincount(self.points, weights=values, minlength=self.size)


def products(state: np.ndarray) -> np.ndarray:
    """α · above and β · below, (2, K)."""
    return state[2:] * state[:2]


def _stiffness(state: np.ndarray) -> np.ndarray:
    return 1.0 / (state[0] / state[2] + state[1] / state[3])


def _offset(state: np.ndarray, aim: np.ndarray) -> np.ndarray:
    return aim[1] / state[3] - state[1] - aim[0] / state[2] + state[0]
