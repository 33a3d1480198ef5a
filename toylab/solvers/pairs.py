"""The fake→real pairs the interior point works on: every fake point with every real point.

A quantity that every pair has (a slack, a multiplier, a distance) is one tensor (g, r).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from scipy.spatial.distance import cdist

from toylab.solvers.newton import Elimination, LaplacianSystem


@dataclass(frozen=True, eq=False)
class Pairs:
    """All pairs of fake and real points among N merged points.

    Attributes:
        fakes: (g,), indices of the points with fake mass.
        reals: (r,), indices of the points with real mass.
        size: N.
    """

    fakes: torch.Tensor
    reals: torch.Tensor
    size: int

    @cached_property
    def fake_range(self) -> slice | torch.Tensor:
        """What selects the fakes of (N,): a slice where they are one range."""
        return _range(self.fakes)

    @cached_property
    def real_range(self) -> slice | torch.Tensor:
        """The same for the reals."""
        return _range(self.reals)

    @cached_property
    def elimination(self) -> Elimination:
        """Which points the Newton system eliminates; the same for every iterate."""
        return Elimination.of(self.fakes, self.reals, self.fake_range, self.real_range)

    def distances(self, points: np.ndarray) -> np.ndarray:
        """The Euclidean distance of every pair, (g, r), for points (N, d)."""
        return cdist(points[self.fakes.cpu().numpy()], points[self.reals.cpu().numpy()])

    def outflow(self, mass: torch.Tensor) -> torch.Tensor:
        """Net outflow at every point, (N,), of the masses of the pairs."""
        out, into = mass.sum(dim=1), mass.sum(dim=0).neg_()
        if len(out) + len(into) == self.size and self.elimination.disjoint_ranges:
            return torch.cat([out, into])
        total = torch.zeros(self.size, dtype=mass.dtype, device=mass.device)
        return total.index_add_(0, self.fakes, out).index_add_(0, self.reals, into)

    def drop(self, values: torch.Tensor) -> torch.Tensor:
        """f(x) − f(y) of every pair, for values (N,)."""
        return values[self.fake_range][:, None] - values[self.real_range]

    def products(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """a(x) b(y) of every pair, for a (g,) and b (r,)."""
        return a[:, None] * b

    def least(self, each: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The least entry of the pairs of every fake point, (g,), and of every real point, (r,)."""
        return each.min(dim=1).values, each.min(dim=0).values

    def factorised(self, theta: torch.Tensor, curvature: torch.Tensor) -> LaplacianSystem:
        """The Newton system with these weights of the pairs, not negative, and curvatures (N,)."""
        return LaplacianSystem(self.elimination, theta, curvature)


def _range(indices: torch.Tensor) -> slice | torch.Tensor:
    if not len(indices):
        return indices
    first, last = int(indices[0]), int(indices[-1])
    same = last - first + 1 == len(indices) and bool((indices[1:] > indices[:-1]).all())
    return slice(first, last + 1) if same else indices
