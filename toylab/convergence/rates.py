"""Rates that theory predicts for errors of finite samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A function of n that an error is predicted to follow up to a factor.

    Attributes:
        name: how it is written.
        of: sizes (s,) -> (s,), positive and falling.
        why: where the prediction comes from.
    """

    name: str
    of: Callable[[np.ndarray], np.ndarray]
    why: str

    def exponent(self, sizes: np.ndarray) -> float:
        """The power of n that fits the rate best over these sizes: what a measured exponent is to be compared with."""
        x, y = np.log(sizes), np.log(self.of(sizes))
        return float(np.polyfit(x, y, 1)[0])


def _power(exponent: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda n: np.asarray(n, dtype=np.float64) ** exponent


def _logarithmic(exponent: float) -> Callable[[np.ndarray], np.ndarray]:
    def of(n: np.ndarray) -> np.ndarray:
        size = np.asarray(n, dtype=np.float64)
        return (np.log(size) / size) ** exponent

    return of


LINE_TO_ITSELF = Rate(
    name="n^-1/2",
    of=_power(-0.5),
    why="W₁ of two samples on the line is ∫|F_n − G_n|, of order n^-1/2 (Bobkov and Ledoux, 2019)",
)
LINE_TO_ITSELF_SQUARED = Rate(name="n^-1", of=_power(-1.0), why="V = −W₁²/4λ, the square of an error of order n^-1/2")
PLANE_TO_ITSELF = Rate(
    name="(log n / n)^1/2",
    of=_logarithmic(0.5),
    why="matching two uniform samples in the plane (Ajtai, Komlós and Tusnády, 1984)",
)
PLANE_TO_ITSELF_SQUARED = Rate(
    name="log n / n", of=_logarithmic(1.0), why="V = −W₁²/4λ, the square of an error of order (log n / n)^1/2"
)
MEANS = Rate(
    name="n^-1/2",
    of=_power(-0.5),
    why="with the potential of the distributions W₁ is a difference of means, which vary by n^-1/2 (central limit "
    "theorem); for large n",
)
ACROSS = Rate(
    name="n^-1",
    of=_power(-1.0),
    why="partners miss one another by t of order n^-1/2 along the line, and √(θ² + t²) − θ is about t²/2θ",
)
DIRECTIONS = Rate(
    name="n^-1/2",
    of=_power(-0.5),
    why="partners miss one another across the direction of transport by order n^-1/2, as sorted samples on a line do",
)
