"""What both losses say of critic values, each asked only where it has mass.

A loss overflows far from where its own points are, and asking one for all N points costs twice the work; where
ϕ(t) = φ(−t) one call answers for both sides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from toylab.losses import Loss, LossPair, Reflected
from toylab.solvers.pairs import Pairs

Function = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True, eq=False)
class Sides:
    """The points of either measure and their masses.

    Attributes:
        fakes: what selects the fakes of (N,).
        reals: what selects the reals.
        fake_mass: (g,).
        real_mass: (r,).
        signs: (N,), 1 at fakes and −1 at reals, where ϕ(t) = φ(−t) and no point is shared; else None.
        mass: (N,), p + q.
    """

    fakes: slice | torch.Tensor
    reals: slice | torch.Tensor
    fake_mass: torch.Tensor
    real_mass: torch.Tensor
    signs: torch.Tensor | None
    mass: torch.Tensor

    @classmethod
    def of(cls, pairs: Pairs, p: torch.Tensor, q: torch.Tensor, losses: LossPair) -> Sides:
        """The sides of these pairs, for weights (N,)."""
        mirrored = not losses.fake_loss.kinks and losses.real_loss == Reflected(losses.fake_loss)
        signs = torch.sign(p - q) if mirrored and not bool(((p > 0) & (q > 0)).any()) else None
        return cls(pairs.fake_range, pairs.real_range, p[pairs.fake_range], q[pairs.real_range], signs, p + q)

    def value(self, f: torch.Tensor, fake: Loss, real: Loss) -> torch.Tensor:
        """P φ(f) + q ϕ(f), (…, N)."""
        if self.signs is not None:
            return self.mass * fake.value(self.signs * f)
        return self._sum(f, fake.value, real.value)

    def slope(self, f: torch.Tensor, fake: Loss, real: Loss) -> torch.Tensor:
        """P φ'(f) + q ϕ'(f), (…, N)."""
        if self.signs is not None:
            return self.mass * self.signs * fake.slope(self.signs * f)
        return self._sum(f, fake.slope, real.slope)

    def curvature(self, f: torch.Tensor, fake: Loss, real: Loss) -> torch.Tensor:
        """P φ''(f) + q ϕ''(f), (…, N)."""
        if self.signs is not None:
            return self.mass * fake.curvature(self.signs * f)
        return self._sum(f, fake.curvature, real.curvature)

    def _sum(self, f: torch.Tensor, of_fake: Function, of_real: Function) -> torch.Tensor:
        total = torch.zeros_like(f)
        total[..., self.fakes] = self.fake_mass * of_fake(f[..., self.fakes])
        total[..., self.reals] += self.real_mass * of_real(f[..., self.reals])
        return total
