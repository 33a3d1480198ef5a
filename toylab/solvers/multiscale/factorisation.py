"""Sparse LDLᵀ factors of diag(curvature) + Laplacian(θ) whose pattern stays while the weights change."""

from __future__ import annotations

import numpy as np
import qdldl
import torch
from scipy import sparse
from typing_extensions import override

from toylab.solvers.pairs import NewtonSystem


class Pattern:
    """The places of the pairs in the upper triangle of the matrix, and a solver that has seen the pattern."""

    def __init__(self, sources: np.ndarray, sinks: np.ndarray, size: int) -> None:
        apart = sources != sinks
        upper, lower = np.minimum(sources, sinks), np.maximum(sources, sinks)
        code = np.concatenate([lower[apart] * size + upper[apart], np.arange(size) * (size + 1)])
        places, slot = np.unique(code, return_inverse=True)
        self.indices = (places % size).astype(np.int32)
        self.indptr = np.searchsorted(places // size, np.arange(size + 1)).astype(np.int32)
        self.sources, self.sinks, self.size, self.apart = sources, sinks, size, apart
        self.slot, self.diagonal = slot[:-size], slot[-size:]
        self.solver: qdldl.Solver | None = None

    def matrix(self, theta: np.ndarray, curvature: np.ndarray) -> sparse.csc_matrix:
        """The upper triangle."""
        weights = np.where(self.apart, theta, 0.0)
        ends = np.bincount(self.sources, weights=weights, minlength=self.size)
        ends += np.bincount(self.sinks, weights=weights, minlength=self.size)
        data = np.bincount(self.slot, weights=-theta[self.apart], minlength=len(self.indices))
        data[self.diagonal] = curvature + ends
        if not (curvature > 0).any():
            data[self.diagonal[0]] = 2.0 * data[self.diagonal[0]] + 1.0
        return sparse.csc_matrix((data, self.indices, self.indptr), shape=(self.size, self.size))


class SparseSystem(NewtonSystem):
    """A factorised diag(curvature) + Laplacian(θ)."""

    def __init__(self, pattern: Pattern, theta: np.ndarray, curvature: np.ndarray) -> None:
        matrix = pattern.matrix(theta, curvature)
        if not np.isfinite(matrix.data).all():
            raise FloatingPointError("the Newton matrix is not finite")
        if pattern.solver is None:
            pattern.solver = qdldl.Solver(matrix, upper=True)
        else:
            pattern.solver.update(matrix, upper=True)
        self._solver = pattern.solver

    @override
    def solve(self, right: torch.Tensor) -> torch.Tensor:
        columns = [torch.from_numpy(self._solver.solve(column.contiguous().numpy())) for column in right.T]
        return torch.stack(columns, dim=1)
