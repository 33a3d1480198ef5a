"""The Newton system of the interior point: a weighted graph Laplacian on the merged points.

Notation of one iteration: edges (x, y) from every fake to every real point with weight θ = γ/w, curvature
h'' at the points. The matrix diag(h'') + Laplacian(θ) is symmetric and diagonally dominant. The larger side
that belongs to one measure only is diagonal and is eliminated; of the Schur complement only quantities of
one sign are ever added, so no digits are lost however unequal the weights are (as in Grassmann, Taksar and
Heyman's elimination).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import torch

Selection = slice | torch.Tensor
#: Points from which on half of the symmetric product is left out, and blocks of columns it is then taken in.
_BLOCKS_FROM, _BLOCKS = 256, 4


@dataclass(frozen=True, eq=False)
class Elimination:
    """Which points are eliminated first: those of the side with more points that belong to one measure only.

    Attributes:
        fakes: whether that side is the fakes'.
        rows: the points of that side, of which `pure` (None: all) are eliminated and `shared` (None: none) are kept.
        kept: the points of the other side.
        pure: positions within `rows`.
        shared: positions within `rows`.
        at: position within `kept` of every shared point.
        disjoint_ranges: whether the points are all fakes first and then all reals.
    """

    fakes: bool
    rows: Selection
    kept: Selection
    pure: torch.Tensor | None
    shared: torch.Tensor | None
    at: torch.Tensor | None
    disjoint_ranges: bool

    @classmethod
    def of(cls, fakes: torch.Tensor, reals: torch.Tensor, fake_range: Selection, real_range: Selection) -> Elimination:
        """The elimination for fakes (g,) and reals (r,), indices of points, and what selects them."""
        shared_fakes, shared_reals = torch.isin(fakes, reals), torch.isin(reals, fakes)
        first = int((~shared_fakes).sum()) >= int((~shared_reals).sum())
        rows, columns = (fakes, reals) if first else (reals, fakes)
        selections = (fake_range, real_range) if first else (real_range, fake_range)
        mask = shared_fakes if first else shared_reals
        if not bool(mask.any()):
            adjacent = False
            if isinstance(fake_range, slice) and isinstance(real_range, slice):
                adjacent = fake_range.start == 0 and fake_range.stop == real_range.start
            return cls(first, *selections, None, None, None, adjacent)
        position = torch.full((int(torch.cat([fakes, reals]).max()) + 1,), -1, dtype=torch.long, device=fakes.device)
        position[columns] = torch.arange(len(columns), device=fakes.device)
        pure, shared = torch.nonzero(~mask)[:, 0], torch.nonzero(mask)[:, 0]
        return cls(first, rows[pure], selections[1], pure, shared, position[rows[shared]], False)


class LaplacianSystem:
    """A factorised diag(curvature) + Laplacian(θ)."""

    def __init__(self, order: Elimination, theta: torch.Tensor, curvature: torch.Tensor) -> None:
        """Factorise.

        Args:
            order: which points are eliminated.
            theta: (g, r) edge weights, not negative; 0 where there is no edge.
            curvature: (N,), not negative; where it vanishes everywhere one point is held fixed.
        """
        weights = theta if order.fakes else theta.T
        self._pure, self._kept = order.rows, order.kept
        self._weights = weights if order.pure is None else weights[order.pure]
        self._pivots = curvature[self._pure] + self._weights.sum(dim=1)

        roots = torch.rsqrt(self._pivots)
        links = _gram(self._weights * roots[:, None])  # positive off-diagonal weights between kept points
        if order.shared is not None and order.at is not None:
            links[order.at] += weights[order.shared]
            links.index_add_(1, order.at, weights[order.shared].T)
        links.fill_diagonal_(0.0)
        surplus = curvature[self._kept] + self._weights.T @ (curvature[self._pure] / self._pivots)
        diagonal = surplus + links.sum(dim=1)
        if not bool((surplus > 0).any()):
            diagonal[0] = 2.0 * diagonal[0] + 1.0
        matrix = links.neg_()
        matrix.diagonal().copy_(diagonal)
        self._factor = _cholesky(matrix)

    def solve(self, right: torch.Tensor) -> torch.Tensor:
        """The solution (N, c) for right-hand sides (N, c)."""
        scaled = right[self._pure] / self._pivots[:, None]
        kept = torch.cholesky_solve(torch.addmm(right[self._kept], self._weights.T, scaled), self._factor)
        result = torch.empty_like(right)
        result[self._kept] = kept
        result[self._pure] = scaled.add_((self._weights @ kept).div_(self._pivots[:, None]))
        return result


def _gram(rows: torch.Tensor) -> torch.Tensor:
    """RᵀR for rows (p, c)."""
    size = rows.shape[1]
    if size < _BLOCKS_FROM:
        return rows.T @ rows
    result = rows.new_empty((size, size))
    ends = [size * part // _BLOCKS for part in range(_BLOCKS + 1)]
    for start, end in pairwise(ends):
        torch.mm(rows[:, start:].T, rows[:, start:end], out=result[start:, start:end])
        result[start:end, end:] = result[end:, start:end].T
    return result


def _cholesky(matrix: torch.Tensor) -> torch.Tensor:
    factor, failed = torch.linalg.cholesky_ex(matrix)
    shift = 1e-15
    while int(failed) != 0 and shift < 1e-3:
        lifted = matrix.clone()
        lifted.diagonal().mul_(1.0 + shift)
        factor, failed = torch.linalg.cholesky_ex(lifted)
        shift *= 10.0
    if int(failed) != 0:
        raise FloatingPointError("the Newton matrix is not positive definite in float64")
    return factor
