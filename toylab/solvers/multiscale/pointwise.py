"""The pointwise part of the exact program: h_z(f) = p_z φ(f) + q_z ϕ(f), and what Newton's method sees of it.

Each loss is asked at the points that carry its mass only. Newton's method on h' = s stalls where h'' vanishes around f;
the curvature is therefore at least that of the chord to where h' = s, found in a table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from toylab.losses import Loss, SlopeRange
from toylab.problem import CriticProblem
from toylab.regularizers import Regularizer
from toylab.solvers.growth import LARGEST_GROWTH, growth_room
from toylab.solvers.kinked_terms import KinkedTerms
from toylab.solvers.straight_piece import is_straight

#: Steps to h' = s shorter than this (in critic units) need no chord.
_SHORT = 1e-3
#: The table's arguments, on a hyperbolic scale around the best constant.
_REACH, _ENTRIES = 8.5, 6001
_BISECTIONS = 26


@dataclass(frozen=True, eq=False)
class Side:
    """The points of one measure.

    Attributes:
        at: (g,), their places among the N points.
        mass: (g,).
        loss: of their values.
        smooth: the loss less its kinks.
        grows: 1 where the loss grows upwards, −1 where it grows downwards.
    """

    at: np.ndarray
    mass: np.ndarray
    loss: Loss
    smooth: Loss
    grows: float

    @property
    def slopes_outwards(self) -> SlopeRange:
        """Slopes of the loss in the direction in which it grows."""
        slopes = self.loss.slope_range
        return slopes if self.grows > 0 else slopes.reflected()


class Pointwise:
    """Σ_z h_z and the regulariser, in normalised units.

    Kinks of the losses are taken out of slopes and curvatures, and become slacks of their own (`kinks`).
    """

    def __init__(  # noqa: PLR0917 - two measures
        self,
        problem: CriticProblem,
        fakes: np.ndarray,
        reals: np.ndarray,
        p: np.ndarray,
        q: np.ndarray,
        size: int,
        length: float,
    ) -> None:
        """Take the losses of a problem for other points.

        Args:
            problem: with a penalty or a ball.
            fakes: (g,), places of the fake points among the N points.
            reals: (r,), places of the real points.
            p: (g,), fake masses.
            q: (r,), real masses.
            size: N.
            length: the unit of length.
        """
        losses = problem.losses.without_constants()
        self.size = size
        self.fakes = Side(fakes, p, losses.fake_loss, losses.fake_loss.smooth, 1.0)
        self.reals = Side(reals, q, losses.real_loss, losses.real_loss.smooth, -1.0)
        masses = (torch.from_numpy(self.gathered(p, 0.0)), torch.from_numpy(self.gathered(0.0, q)))
        self.kinks = KinkedTerms.of(losses, *masses)
        self.regularizer: Regularizer = problem.regularizer.rescaled(length)
        self.best_constant = float(losses.best_constant or 0.0)
        c = np.array(self.best_constant)
        self.slope_at_constant = float(losses.fake_loss.slope(c))
        self.constant_value = float(losses.fake_loss.value(c) + losses.real_loss.value(c))
        self._shared = np.intersect1d(fakes, reals)
        self._floor, self._ceiling = losses.fake_loss.minimisers[1], losses.real_loss.minimisers[0]
        self._tables = [_slope_table(side.smooth, self.best_constant) for side in (self.fakes, self.reals)]

    def value(self, f: np.ndarray) -> float:
        """J(f)."""
        return sum(float(side.mass @ side.loss.value(f[side.at])) for side in (self.fakes, self.reals))

    def slope(self, f: np.ndarray) -> np.ndarray:
        """h'(f) less the jumps of the kinks below f, (N,)."""
        return self.gathered(*(side.mass * side.smooth.slope(f[side.at]) for side in (self.fakes, self.reals)))

    def gathered(self, of_fakes: np.ndarray | float, of_reals: np.ndarray | float) -> np.ndarray:
        """What fakes (g,) and reals (r,) have, summed at every point, (N,)."""
        total = np.zeros(self.size)
        total[self.fakes.at] = of_fakes
        total[self.reals.at] += of_reals
        return total

    def local_model(self, f: np.ndarray, slope: np.ndarray, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Curvature of every point's objective without kinks, and its Fenchel–Young gap to the dual's slope, (N,) each.

        Args:
            f: (N,), critic values.
            slope: (N,), h'(f) without kinks.
            residual: (N,), h'(f) − s, with what the multipliers of the kinks add to h'.
        """
        sides = (self.fakes, self.reals)
        curvature = self.gathered(*(side.mass * side.smooth.curvature(f[side.at]) for side in sides))
        step, goal = np.zeros(self.size), slope - residual
        for side, table in zip(sides, self._tables, strict=True):
            if table is not None:
                step[side.at] = f[side.at] - np.interp(goal[side.at] / side.mass, *table)
        if len(self._shared):
            step[self._shared] = f[self._shared] - self._inverse(goal)
        long = (np.abs(step) > _SHORT) & (residual * step > 0)
        chord = np.divide(residual, step, out=np.zeros(self.size), where=long)
        curvature = np.maximum(curvature, chord)
        near = np.divide(residual**2, 2.0 * curvature, out=np.zeros(self.size), where=curvature > 0)
        far = np.abs(residual) * (LARGEST_GROWTH + np.abs(f - self.best_constant))
        near = np.where(curvature > 0, np.minimum(near, far), np.where(residual != 0, far, 0.0))
        return curvature, np.where(long, 0.5 * np.abs(residual * step), near)

    def _inverse(self, goal: np.ndarray) -> np.ndarray:
        """Where h' = goal at the shared points, by bisection on a hyperbolic scale."""
        at = self._shared
        masses = []
        for side in (self.fakes, self.reals):
            mass = np.zeros(self.size)
            mass[side.at] = side.mass
            masses.append(mass[at])
        low, high = np.full(len(at), -_REACH), np.full(len(at), _REACH)
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            t = self.best_constant + np.sinh(middle)
            with np.errstate(over="ignore"):
                above = masses[0] * self.fakes.smooth.slope(t) + masses[1] * self.reals.smooth.slope(t) > goal[at]
            low, high = np.where(above, low, middle), np.where(above, middle, high)
        return self.best_constant + np.sinh(0.5 * (low + high))

    def relieved(self, f: np.ndarray) -> np.ndarray:
        """Critic values (N,) without what brings no loss down and only strains constraints.

        Below its minimisers φ does not fall and above its own ϕ does not: a fake value there is raised to the greatest
        minimiser of φ, a real value lowered to the least one of ϕ. No objective rises, every slack k d + f(x) − f(y)
        grows. Points of both measures stay.
        """
        fakes, reals = f[self.fakes.at], f[self.reals.at]
        if np.isfinite(self._floor):
            fakes = np.maximum(fakes, self._floor)
        if np.isfinite(self._ceiling):
            reals = np.minimum(reals, self._ceiling)
        result = f.copy()
        result[self.fakes.at], result[self.reals.at] = fakes, reals
        result[self._shared] = f[self._shared]
        return result

    def growth_limit(self, f: np.ndarray, df: np.ndarray) -> float:
        """The step along which no value moves more than a few units into the growing direction of its loss."""
        limit = np.inf
        for side in (self.fakes, self.reals):
            above, move = side.grows * (f[side.at] - self.best_constant), side.grows * df[side.at]
            room = growth_room(side.slopes_outwards, above, float(np.abs(above).max(initial=0.0)))
            worst = 0.0 if room is None else float((move / room).max(initial=0.0))
            limit = min(limit, 1.0 / worst) if worst > 0 else limit
        return limit


def _slope_table(loss: Loss, centre: float) -> tuple[np.ndarray, np.ndarray] | None:
    """Slopes of a loss, increasing, and where it has them; None where it has one slope only."""
    if is_straight(loss):
        return None
    t = centre + np.sinh(np.linspace(-_REACH, _REACH, _ENTRIES))
    with np.errstate(over="ignore"):
        slopes = np.asarray(loss.slope(t))
    finite = np.isfinite(slopes)
    slopes, t = slopes[finite], t[finite]
    rising = np.append(True, slopes[1:] > slopes[:-1])
    return slopes[rising], t[rising]
