"""The exact program on a shortlist of pairs, as arrays over edges.

    minimise over f, k:  Σ_z h_z(f_z) + R(k)   subject to   w_e = k d_e + f(x_e) − f(y_e) ≥ 0

Lengths are in units of a typical distance, masses sum to 1. The slack w is carried along instead of recomputed; `miss`
is what an edge that was added on the way still lacks of w = k d + f(x) − f(y).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from toylab.problem import LipschitzBall
from toylab.solvers.kinked_terms import KinkSlacks
from toylab.solvers.multiscale.factorisation import Factorisation
from toylab.solvers.multiscale.kinks import tight
from toylab.solvers.multiscale.pointwise import Pointwise
from toylab.solvers.normalised_program import BY_MASS, BY_MASS_AND_DISTANCE

#: Share of all products, as a multiple of the mean, below which a pair does not shorten a step. Thousands of such pairs
#: find their values one after the other; what they miss meanwhile is small for their mass and made good later.
_LIGHT = 1e-9


def edge_dot(a: np.ndarray, b: np.ndarray) -> float:
    """Σ a b over the edges by one thread; BLAS starts all, and on a busy machine that costs more than the step."""
    return float(np.einsum("i,i->", a, b))


@dataclass(frozen=True, eq=False)
class Iterate:
    """One iterate.

    Attributes:
        values: (N,), critic values.
        k: the constant.
        gamma: (E,), multipliers.
        slack: (E,), w.
        kinks: slacks of the kinks of the losses.
        miss: (E,), k d + f(x) − f(y) − w; None where it vanishes.
    """

    values: np.ndarray
    k: float
    gamma: np.ndarray
    slack: np.ndarray
    kinks: KinkSlacks
    miss: np.ndarray | None = None

    @property
    def complementarity(self) -> float:
        """Σ γ w."""
        return edge_dot(self.gamma, self.slack)


class View(NamedTuple):
    """What both the step and its gap need to know of an iterate.

    Attributes:
        slope: (N,), h'(f) with the multipliers of the kinks.
        curvature: (N,), of the local model, kinks included.
        pointwise: the Fenchel–Young part of the gap, to first order.
    """

    slope: np.ndarray
    curvature: np.ndarray
    pointwise: float


class EdgeProgram:
    """A pointwise objective and a shortlist of pairs."""

    def __init__(
        self, pointwise: Pointwise, points: np.ndarray, rows: np.ndarray, columns: np.ndarray, length: float
    ) -> None:
        """List pairs.

        Args:
            pointwise: of the N points.
            points: (N, d).
            rows: (E,), positions of the fake points among the fakes.
            columns: (E,), positions of the real points among the reals.
            length: the unit of length.
        """
        self.pointwise, self.size = pointwise, pointwise.size
        self.rows, self.columns = rows, columns
        self.sources, self.sinks = pointwise.fakes.at[rows], pointwise.reals.at[columns]
        step = points[self.sources] - points[self.sinks]
        self.distance = np.sqrt(np.einsum("ij,ij->i", step, step)) / length
        self.kinks = pointwise.kinks
        near = BY_MASS if len(self.kinks) else BY_MASS_AND_DISTANCE
        path = pointwise.fakes.mass[rows] * pointwise.reals.mass[columns] * (near + self.distance)
        #: (E,), share of every product in their sum on the central path.
        self.path = path / path.sum()
        light = self.path * len(self.path) < _LIGHT
        #: (E,), mask of the pairs that carry next to nothing, None where there is none.
        self.light = light if light.any() and not len(self.kinks) else None
        self.fixed = isinstance(pointwise.regularizer, LipschitzBall)
        self._seen: tuple[Iterate, View] | None = None
        self.factorisation = Factorisation(self.sources, self.sinks, self.size)

    def outflow(self, mass: np.ndarray) -> np.ndarray:
        """Net outflow at every point, (N,), of masses (E,)."""
        out = np.bincount(self.sources, weights=mass, minlength=self.size)
        return out - np.bincount(self.sinks, weights=mass, minlength=self.size)

    def drop(self, values: np.ndarray) -> np.ndarray:
        """f(x) − f(y) of every edge."""
        return values[self.sources] - values[self.sinks]

    def view(self, point: Iterate) -> View:
        """What is to be known of an iterate, found once for the gap and the step that follows."""
        if self._seen is None or self._seen[0] is not point:
            slope, extra = self.pointwise.slope(point.values), 0.0
            whole = slope
            if len(self.kinks):
                whole, extra = slope + self.kinks.slope(point.kinks).numpy(), self.kinks.curvature(point.kinks).numpy()
            curvature, terms = self.pointwise.local_model(point.values, slope, whole - self.outflow(point.gamma))
            self._seen = point, View(whole, curvature + extra, float(terms.sum()))
        return self._seen[1]

    def gap_and_room(self, point: Iterate) -> tuple[float, float]:
        """The gap on the shortlist, to first order, and a lower bound of the J_const − dual it is measured against."""
        pointwise, regularizer = self.pointwise, self.pointwise.regularizer
        cost = edge_dot(point.gamma, self.distance)
        gap = self.view(point).pointwise + point.complementarity + self.kinks.products(point.kinks).total()
        gap += regularizer.fenchel_young(point.k, cost)
        gained = pointwise.constant_value - pointwise.value(point.values) - regularizer.value(point.k) + gap
        return gap, max(regularizer.conjugate(cost), gained, 1e-12 * pointwise.slope_at_constant)

    def repaired_gap(self, point: Iterate, least: np.ndarray) -> float:
        """The relative gap once every fake point has been raised to its least value, (g,)."""
        values, fakes = self.pointwise.relieved(point.values), self.pointwise.fakes.at
        values[fakes] = np.maximum(values[fakes], least)
        slack = np.maximum(point.k * self.distance + self.drop(values), 0.0)
        gap, room = self.gap_and_room(
            Iterate(values, point.k, point.gamma, slack, tight(self.kinks, point.kinks, values))
        )
        return gap / room
