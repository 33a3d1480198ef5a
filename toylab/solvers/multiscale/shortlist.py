"""A shortlist of fake→real pairs: what the interior point iterates on when all pairs are too many."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch
from typing_extensions import override

from toylab.solvers.pairs import Pairs


@dataclass(frozen=True, eq=False)
class Shortlist(Pairs):
    """Some pairs; quantities have shape (E,).

    Attributes:
        rows: (E,), position of each pair's fake point among `fakes`.
        columns: (E,), position of its real point among `reals`.
    """

    rows: torch.Tensor
    columns: torch.Tensor
    _ends: tuple[torch.Tensor, torch.Tensor] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ends", (self.fakes[self.rows], self.reals[self.columns]))

    @cached_property
    def pattern(self) -> object:
        """Where the pairs stand in the Newton matrix, and the order its unknowns are eliminated in."""
        sources, sinks = self._ends
        return object(sources.numpy(), sinks.numpy(), self.size)

    @override
    def distances(self, points: np.ndarray) -> np.ndarray:
        sources, sinks = self._ends
        return np.linalg.norm(points[sources.numpy()] - points[sinks.numpy()], axis=1)

    @override
    def outflow(self, mass: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(self.size, dtype=mass.dtype)
        total.index_add_(0, self._ends[0], mass)
        return total.index_add_(0, self._ends[1], mass, alpha=-1)

    @override
    def drop(self, values: torch.Tensor) -> torch.Tensor:
        return values[self._ends[0]] - values[self._ends[1]]

    @override
    def products(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return a[self.rows] * b[self.columns]

    @override
    def least(self, each: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        far = torch.full((len(self.fakes),), torch.inf, dtype=each.dtype)
        near_reals = far.scatter_reduce(0, self.rows, each, "amin")
        far = torch.full((len(self.reals),), torch.inf, dtype=each.dtype)
        return near_reals, far.scatter_reduce(0, self.columns, each, "amin")

    @override
    def factorised(self, theta: torch.Tensor, curvature: torch.Tensor) -> object:
        return object(self.pattern, theta.numpy(), curvature.numpy())

    @override
    def owners(self) -> tuple[np.ndarray, np.ndarray]:
        return self._ends[0].numpy(), self._ends[1].numpy()
