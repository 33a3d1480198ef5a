"""The Newton system of the interior point: a weighted graph Laplacian on the merged points.

Notation of one iteration: edges (x, y) from every fake to every real point with weight θ = γ/w, curvature
h'' at the points. The matrix diag(h'') + Laplacian(θ) is symmetric and diagonally dominant. The larger side
that belongs to one measure only is diagonal and is eliminated; of the Schur complement only quantities of
one sign are ever added, so no digits are lost however unequal the weights are (as in Grassmann, Taksar and
Heyman's elimination).
"""

from __future__ import annotations

import torch


class LaplacianSystem:
    """A factorised diag(curvature) + Laplacian(θ)."""

    def __init__(self, fakes: torch.Tensor, reals: torch.Tensor, theta: torch.Tensor, curvature: torch.Tensor) -> None:
        """Factorise.

        Args:
            fakes: (g,), indices of the points with fake mass.
            reals: (r,), indices of the points with real mass.
            theta: (g, r) edge weights, not negative; 0 where there is no edge.
            curvature: (N,), not negative; where it vanishes everywhere one point is held fixed.
        """
        shared_fakes = torch.isin(fakes, reals)
        shared_reals = torch.isin(reals, fakes)
        eliminate_fakes = int((~shared_fakes).sum()) >= int((~shared_reals).sum())
        rows, columns = (fakes, reals) if eliminate_fakes else (reals, fakes)
        weights = theta if eliminate_fakes else theta.T
        shared = shared_fakes if eliminate_fakes else shared_reals
        self._pure, self._kept = rows[~shared], columns
        self._weights = weights[~shared]
        self._pivots = curvature[self._pure] + self._weights.sum(dim=1)

        share = self._weights / self._pivots[:, None]
        links = share.T @ self._weights  # positive off-diagonal weights between kept points
        if bool(shared.any()):
            position = torch.full((len(curvature),), -1, dtype=torch.long, device=theta.device)
            position[columns] = torch.arange(len(columns), device=theta.device)
            at = position[rows[shared]]
            links[at] += weights[shared]
            links.index_add_(1, at, weights[shared].T)
        links.fill_diagonal_(0.0)
        surplus = curvature[columns] + share.T @ curvature[self._pure]
        diagonal = surplus + links.sum(dim=1)
        if not bool((surplus > 0).any()):
            diagonal[0] = 2.0 * diagonal[0] + 1.0
        matrix = links.neg_()
        matrix.diagonal().copy_(diagonal)
        self._factor = _cholesky(matrix)

    def solve(self, right: torch.Tensor) -> torch.Tensor:
        """The solution (N, c) for right-hand sides (N, c)."""
        scaled = right[self._pure] / self._pivots[:, None]
        kept = torch.cholesky_solve(right[self._kept] + self._weights.T @ scaled, self._factor)
        result = torch.zeros_like(right)
        result[self._kept] = kept
        result[self._pure] = scaled + (self._weights @ kept) / self._pivots[:, None]
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
