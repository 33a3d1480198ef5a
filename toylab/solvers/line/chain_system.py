"""Linear systems of a chain, without cancellation: cyclic reduction on conductances.

    (e_i + θ_{i−1} + θ_i) x_i − θ_{i−1} x_{i−1} − θ_i x_{i+1} = b_i,      e ≥ 0, θ ≥ 0, some e > 0

is a chain of N nodes with conductances θ between neighbours and e to the ground. Every other node is eliminated (star
to line), which leaves a chain of half the nodes whose conductances are sums, products and quotients of positive
numbers: every one keeps its digits however many orders of magnitude θ and e are apart, where the pivots of an ordinary
elimination lose e as soon as it is a rounding of θ.

Source: Grassmann, Taksar, Heyman (1985) for elimination without subtraction; Hockney (1965) for cyclic reduction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np


class _Halving(NamedTuple):
    """What eliminating every other node leaves behind, for the nodes that go."""

    pivot: np.ndarray
    to_left: np.ndarray
    to_right: np.ndarray


@dataclass(frozen=True, eq=False)
class ChainSystem:
    """A factorised chain.

    Attributes:
        ground: (N,), e.
        conductance: (N − 1,), θ.
    """

    ground: np.ndarray
    conductance: np.ndarray
    _steps: tuple[_Halving, ...] = field(init=False, repr=False)
    _last: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        steps: list[_Halving] = []
        ground, between = self.ground, self.conductance
        while len(ground) > 1:
            goes = ground[1::2]
            left = between[0::2]
            right = np.zeros(len(goes))
            right[: len(between[1::2])] = between[1::2]
            pivot = goes + left + right
            step = _Halving(pivot, left / pivot, right / pivot)
            stays = ground[0::2].copy()
            stays[: len(goes)] += step.to_left * goes
            stays[1:] += (step.to_right * goes)[: len(stays) - 1]
            between = (left * step.to_right)[: len(stays) - 1]
            ground = stays
            steps.append(step)
        object.__setattr__(self, "_steps", tuple(steps))
        object.__setattr__(self, "_last", ground[0])

    def solve(self, right: np.ndarray) -> np.ndarray:
        """The solution x, (N,), for a right-hand side b, (N,)."""
        given: list[np.ndarray] = []
        for step in self._steps:
            goes, stays = right[1::2], right[0::2].copy()
            stays[: len(goes)] += step.to_left * goes
            stays[1:] += (step.to_right * goes)[: len(stays) - 1]
            given.append(goes)
            right = stays
        x = right / self._last
        for step, goes in zip(reversed(self._steps), reversed(given), strict=True):
            whole = np.empty(len(x) + len(goes))
            whole[0::2] = x
            beyond = np.zeros(len(goes))
            beyond[: len(x) - 1] = x[1:]
            whole[1::2] = goes / step.pivot + step.to_left * x[: len(goes)] + step.to_right * beyond
            x = whole
        return x

    def drops(self, right: np.ndarray, x: np.ndarray) -> np.ndarray:
        """The differences x_i − x_{i+1}, (N − 1,), to more digits than they have where θ is large.

        What flows from a node to the next is θ (x_i − x_{i+1}), and it is what has entered so far and not left
        through the ground.
        """
        plain = x[:-1] - x[1:]
        entered = right - self.ground * x
        flow = np.cumsum(entered)[:-1]
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            better = self.conductance * np.abs(x).max() > np.abs(flow).max()
            return np.where(better, flow / self.conductance, plain)
