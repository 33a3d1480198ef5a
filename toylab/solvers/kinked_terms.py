"""Kinks of the losses inside the interior point: each one a pair of complementary slacks.

A loss whose slope jumps by c at τ holds the term c · max(0, t − τ) = min c ξ over ξ ≥ 0, ξ ≥ t − τ. With the
slacks above = ξ and below = ξ − (t − τ) and the multiplier β of the second constraint,

    β in [0, c],     (c − β) · above = 0,     β · below = 0,     above − below = t − τ,

so β is the slope that the term contributes at the optimum: 0 below the kink, c above it, anything between on it.
Eliminating the slacks leaves one curvature and one shift of the slope a kink for the Newton system.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from toylab.losses import LossPair


@dataclass(frozen=True, eq=False)
class KinkedTerms:
    """Every kink of every point's objective, flattened.

    Attributes:
        points: (K,), the point each kink belongs to.
        jumps: (K,), c = mass · jump of the slope, > 0.
        at: (K,), τ.
        size: number of points.
    """

    points: torch.Tensor
    jumps: torch.Tensor
    at: torch.Tensor
    size: int

    @classmethod
    def of(cls, losses: LossPair, fake_weights: torch.Tensor, real_weights: torch.Tensor) -> KinkedTerms:
        """The kinks of both losses at the points that carry their mass."""
        points, jumps, at = [], [], []
        for loss, weights in ((losses.fake_loss, fake_weights), (losses.real_loss, real_weights)):
            carried = torch.nonzero(weights > 0)[:, 0]
            for kink in loss.kinks:
                points.append(carried)
                jumps.append(kink.jump * weights[carried])
                at.append(torch.full_like(weights[carried], kink.at))
        if not points:
            empty = fake_weights[:0]
            return cls(torch.zeros(0, dtype=torch.long, device=empty.device), empty, empty, len(fake_weights))
        return cls(torch.cat(points), torch.cat(jumps), torch.cat(at), len(fake_weights))

    def __len__(self) -> int:
        return len(self.points)

    def start(self, values: torch.Tensor, room: float) -> KinkSlacks:
        """Slacks for critic values (N,), at least `room` inside, and half of every jump as slope."""
        beyond = values[self.points] - self.at
        half = 0.5 * self.jumps
        return KinkSlacks(beyond.clamp(min=0.0) + room, (-beyond).clamp(min=0.0) + room, half, half)

    def slope(self, slacks: KinkSlacks) -> torch.Tensor:
        """Σ β at every point, (N,)."""
        return self._gathered(slacks.beta)

    def curvature(self, slacks: KinkSlacks) -> torch.Tensor:
        """What the eliminated slacks add to the diagonal of the Newton matrix, (N,)."""
        return self._gathered(self._stiffness(slacks))

    def shift(self, slacks: KinkSlacks, aim: KinkAim) -> torch.Tensor:
        """What they add to the slope on its right-hand side, (N,), for steps that aim at these products."""
        return self._gathered(self._stiffness(slacks) * self._offset(slacks, aim))

    def step(self, slacks: KinkSlacks, aim: KinkAim, df: torch.Tensor) -> KinkSlacks:
        """The change of slacks and multipliers that goes with a change df (N,) of the values."""
        if not len(self):
            return slacks
        alpha, beta = slacks.alpha, slacks.beta
        dbeta = self._stiffness(slacks) * (df[self.points] + self._offset(slacks, aim))
        above = (aim.above - alpha * slacks.above + slacks.above * dbeta) / alpha
        below = (aim.below - beta * slacks.below - slacks.below * dbeta) / beta
        return KinkSlacks(above, below, -dbeta, dbeta)

    def _stiffness(self, slacks: KinkSlacks) -> torch.Tensor:
        return 1.0 / (slacks.above / slacks.alpha + slacks.below / slacks.beta)

    def _offset(self, slacks: KinkSlacks, aim: KinkAim) -> torch.Tensor:
        return aim.below / slacks.beta - slacks.below - aim.above / slacks.alpha + slacks.above

    def products(self, slacks: KinkSlacks) -> KinkAim:
        """The complementary products α · above and β · below."""
        if not len(self):
            return KinkAim(slacks.above, slacks.below)
        return KinkAim(slacks.alpha * slacks.above, slacks.beta * slacks.below)

    def _gathered(self, values: torch.Tensor) -> torch.Tensor:
        return torch.zeros(self.size, dtype=values.dtype, device=values.device).index_add_(0, self.points, values)


@dataclass(frozen=True, eq=False)
class KinkSlacks:
    """Slacks and multipliers of every kink (or their change), (K,) each; α = c − β is carried along, not recomputed."""

    above: torch.Tensor
    below: torch.Tensor
    alpha: torch.Tensor
    beta: torch.Tensor

    def moved(self, change: KinkSlacks, step: float) -> KinkSlacks:
        """Slacks + step · change."""
        if not len(self.beta):
            return self
        return KinkSlacks(
            above=self.above + step * change.above,
            below=self.below + step * change.below,
            alpha=self.alpha + step * change.alpha,
            beta=self.beta + step * change.beta,
        )

    def reach(self, change: KinkSlacks) -> float:
        """The longest step that keeps every slack and both multipliers of every kink positive."""
        if not len(self.beta):
            return np.inf
        return min(
            longest_step(self.above, change.above),
            longest_step(self.below, change.below),
            longest_step(self.alpha, change.alpha),
            longest_step(self.beta, change.beta),
        )


@dataclass(frozen=True, eq=False)
class KinkAim:
    """Complementary products of every kink, or what they are to become, (K,) each."""

    above: torch.Tensor
    below: torch.Tensor

    def total(self) -> float:
        """The sum of all products."""
        return float(self.above.sum() + self.below.sum()) if len(self.above) else 0.0


def longest_step(values: torch.Tensor, change: torch.Tensor) -> float:
    """The longest step that keeps positive values positive."""
    ratio = torch.where((change < 0) & (values > 0), -values / change, torch.inf)
    return float(ratio.min())
