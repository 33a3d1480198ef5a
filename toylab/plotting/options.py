"""What a caller of plot() may choose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a subject is drawn.

    Attributes:
        extent: (left, right) on the line, (left, right, bottom, top) in the plane, or None: fit the points.
        resolution: cells along the longer side.
        arrows: draw gradients.
        coupling: draw the pairs of the plan.

    Raises:
        InputError: resolution is not a whole number from 2 to 4096.
    """

    extent: tuple[float, ...] | None = None
    resolution: int = 160
    arrows: bool = True
    coupling: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.resolution, int | np.integer) or not 2 <= self.resolution <= 4096:
            raise InputError(f"resolution must be a whole number from 2 to 4096, got {self.resolution!r}.")
