"""What a critic is: values and gradients at points, in NumPy."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

#: Entries of a distance block held at once (64 MiB of float64).
_BLOCK_ENTRIES = 2**23


def row_blocks(rows: int, columns: int) -> Iterator[slice]:
    """Slices of the rows, so that a block times all columns stays within 64 MiB."""
    size = max(1, _BLOCK_ENTRIES // max(columns, 1))
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def unit_vectors(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., d) divided by their Euclidean lengths; 0 stays 0."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)


class Critic(ABC):
    """A real function on R^d with gradients: points (m, d) -> values (m,) and gradients (m, d), float64."""

    #: A Lipschitz constant that is known to hold on all of R^d (Euclidean norm); None where none is known.
    lipschitz_constant: float | None = None

    @abstractmethod
    def __call__(self, z: np.ndarray) -> np.ndarray:
        """Values at z."""

    @abstractmethod
    def gradient(self, z: np.ndarray) -> np.ndarray:
        """Gradients at z."""
