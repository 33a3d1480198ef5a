"""The master problem of the bundle method: the best critic among mixtures of potentials.

    minimise over c and w ≥ 0:  Σ_z h_z(f_z) + R(Σ w),   f = c + Σ_r w_r π_r,   h_z = p_z φ + q_z ϕ

by Newton's method on the weights that are not 0 (an active set): a step that would make a weight negative ends there
and fixes it at 0, a weight at 0 whose slope is negative is freed. Under a ball the potential 0 is among the π_r and
Σ w = K, so that a smaller constant costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.losses import LossPair
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer

_NEWTON_STEPS = 60
_LINE_STEPS = 60
#: Relative size of what is added to a Hessian's diagonal: potentials become nearly dependent.
_RIDGE = 1e-14
#: Relative size of a second derivative that counts as 0.
_FLAT = 1e-30


@dataclass(frozen=True, kw_only=True, eq=False)
class Objective:
    """Σ_z h_z at the merged points, with losses flat beyond their minimisers.

    Where fake→real pairs describe the problem, no critic gains by values below the minimiser of φ on fakes or above
    that of ϕ on reals (cut off there, it keeps its constant), so both losses may be continued flat.

    Attributes:
        losses: φ and ϕ, without kinks.
        p: (N,), fake masses.
        q: (N,), real masses.
        low: infimum of argmin φ, −∞ where φ increases everywhere.
        high: supremum of argmin ϕ, ∞ where ϕ decreases everywhere.
    """

    losses: LossPair
    p: np.ndarray
    q: np.ndarray
    low: float
    high: float

    @classmethod
    def of(cls, losses: LossPair, p: np.ndarray, q: np.ndarray) -> Objective:
        """The objective with the minimisers of the losses."""
        return cls(losses=losses, p=p, q=q, low=losses.fake_loss.minimisers[0], high=losses.real_loss.minimisers[1])

    def value(self, f: np.ndarray) -> np.ndarray:
        """h_z(f_z), (N,)."""
        fake, real = self.losses.fake_loss, self.losses.real_loss
        return _times(self.p, fake.value(np.maximum(f, self.low))) + _times(
            self.q, real.value(np.minimum(f, self.high))
        )

    def slope(self, f: np.ndarray) -> np.ndarray:
        """h_z'(f_z), (N,)."""
        fake, real = self.losses.fake_loss, self.losses.real_loss
        return _times(self.p, np.maximum(fake.slope(f), 0.0)) + _times(self.q, np.minimum(real.slope(f), 0.0))

    def curvature(self, f: np.ndarray) -> np.ndarray:
        """h_z''(f_z), (N,)."""
        fake, real = self.losses.fake_loss, self.losses.real_loss
        return _times(self.p, np.where(f > self.low, fake.curvature(f), 0.0)) + _times(
            self.q, np.where(f < self.high, real.curvature(f), 0.0)
        )

    def cut_off(self, f: np.ndarray) -> np.ndarray:
        """Values where neither loss is flat."""
        return np.clip(f, self.low, self.high)


def _times(mass: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mass · values with 0 · inf = 0."""
    return np.multiply(mass, values, out=np.zeros_like(mass), where=mass > 0)


@dataclass(eq=False)
class Master:
    """A mixture of potentials and the Newton iteration that improves it.

    Attributes:
        objective: Σ h.
        regularizer: R, in the unit of length of the potentials.
        potentials: (N, r).
        weights: (r,), w.
        constant: c.
    """

    objective: Objective
    regularizer: Regularizer
    potentials: np.ndarray
    weights: np.ndarray
    constant: float

    @classmethod
    def start(cls, objective: Objective, regularizer: Regularizer, constant: float) -> Master:
        """The constant critic: no potentials, or under a ball the potential 0 with all the weight."""
        ball = isinstance(regularizer, LipschitzBall)
        potentials = np.zeros((len(objective.p), 1 if ball else 0))
        weights = np.full(potentials.shape[1], regularizer.radius) if ball else np.zeros(0)
        return cls(objective, regularizer, potentials, weights, constant)

    @property
    def values(self) -> np.ndarray:
        """The critic at the merged points, (N,)."""
        return self.constant + self.potentials @ self.weights

    @property
    def k(self) -> float:
        """Σ w, a Lipschitz constant of f."""
        return self.regularizer.radius if isinstance(self.regularizer, LipschitzBall) else float(self.weights.sum())

    def add(self, potential: np.ndarray) -> None:
        """Another potential (N,), with weight 0."""
        self.potentials = np.column_stack([self.potentials, potential])
        self.weights = np.append(self.weights, 0.0)

    def forget(self, most: int) -> None:
        """Drop the oldest potentials of weight 0 where there are more than so many in all."""
        surplus = len(self.weights) - most
        if surplus > 0:
            idle = np.flatnonzero(self.weights == 0)
            idle = idle[idle > 0][:surplus]
            self.potentials = np.delete(self.potentials, idle, axis=1)
            self.weights = np.delete(self.weights, idle)

    def improve(self, tolerance: float) -> int:
        """Newton steps until no slope of the free weights, and none negative of the others, exceeds the tolerance.

        Args:
            tolerance: relative to Σ |slope π|, the size of the terms that cancel in a slope.

        Returns:
            The number of steps.
        """
        free = self.weights > 0
        for step in range(_NEWTON_STEPS):
            slopes, allowed = self._slopes(tolerance)
            reduced = slopes[1:] - self._multiplier(slopes)
            if (np.abs(reduced[free]) <= allowed[1]).all() and abs(slopes[0]) <= allowed[0]:
                falling = np.where(free, 0.0, reduced)
                if not len(falling) or falling.min() >= -allowed[1]:
                    return step
                free[falling.argmin()] = True
            elif not free[-1:].all():  # the newest potential enters at once
                free[-1] = reduced[-1] < 0
            if not self._move(self._direction(slopes, free), slopes, free):
                return step
        return _NEWTON_STEPS

    def _slopes(self, tolerance: float) -> tuple[np.ndarray, tuple[float, float]]:
        """Derivatives along c and every w, (1 + r,), and how large those along c and along any w may be left."""
        slope = self.objective.slope(self.values)
        marginal = _marginal(self.regularizer, self.k)
        along = np.append(slope.sum(), self.potentials.T @ slope + marginal)
        pull = np.abs(slope)
        size = float((np.abs(self.potentials).T @ pull).max(initial=0.0)) + marginal
        return along, (tolerance * float(pull.sum()), tolerance * size)

    def _multiplier(self, slopes: np.ndarray) -> float:
        """Of Σ w = K under a ball: the mean slope, weighted; 0 under a penalty."""
        return float(self.weights @ slopes[1:]) / self.k if isinstance(self.regularizer, LipschitzBall) else 0.0

    def _direction(self, slopes: np.ndarray, free: np.ndarray) -> np.ndarray:
        """Newton's step (1 + r,), 0 along weights that are not free."""
        base = self._base(free)
        moved = free.copy()
        columns = self.potentials
        if base is not None:  # Σ w stays: what another weight gains the heaviest loses
            moved[base] = False
            columns = columns - columns[:, [base]]
            slopes = np.append(slopes[0], slopes[1:] - slopes[1 + base])
        chosen = np.append(True, moved)
        columns = np.column_stack([np.ones(len(self.objective.p)), columns[:, moved]])
        hessian = columns.T @ (self.objective.curvature(self.values)[:, None] * columns)
        hessian[1:, 1:] += _bend(self.regularizer, self.k)
        result = np.zeros(len(slopes))
        result[chosen] = _solved(hessian, -slopes[chosen])
        if base is not None:
            result[1 + base] = -result[1:].sum()
        return result

    def _base(self, free: np.ndarray) -> int | None:
        """Under a ball the heaviest potential."""
        return (
            int(np.argmax(np.where(free, self.weights, -1.0))) if isinstance(self.regularizer, LipschitzBall) else None
        )

    def _move(self, direction: np.ndarray, slopes: np.ndarray, free: np.ndarray) -> bool:
        """Go along the direction as far as it descends and no weight gets negative; whether anything moved."""
        descent = float(slopes @ direction)
        if not (np.isfinite(descent) and descent < 0):
            return False
        step, weights = direction[1:], self.weights
        falling = free & (step < 0)
        limits = np.where(falling, -weights / np.where(falling, step, -1.0), np.inf)
        most = float(limits.min(initial=np.inf))
        length = self._length(direction, descent, most)
        if length == 0 and most > 0:
            return False
        self.constant += length * direction[0]
        self.weights = np.maximum(weights + length * step, 0.0)
        if length == most:
            hit = limits.argmin()
            self.weights[hit] = 0.0
            free[hit] = False
        return True

    def _length(self, direction: np.ndarray, descent: float, most: float) -> float:
        """A step length at which the descent has mostly ended: the objective is convex along the direction."""
        start, k = self.values, self.k
        change = direction[0] + self.potentials @ direction[1:]
        rise = float(direction[1:].sum())

        def slope_at(length: float) -> float:
            slope = self.objective.slope(start + length * change)
            return float(slope @ change) + _marginal(self.regularizer, k + length * rise) * rise

        low, high, length = 0.0, np.inf, min(1.0, most)
        for _ in range(_LINE_STEPS):
            now = slope_at(length)
            if now < 0.5 * descent:
                if length == most:
                    return length
                low = length
            elif now <= -0.1 * descent:
                return length
            else:  # too far, or not finite
                high = length
            length = min(2.0 * low, most) if high == np.inf else 0.5 * (low + high)
        return low


def _marginal(regularizer: Regularizer, k: float) -> float:
    """R'(k); 0 under a ball, whose constant is fixed."""
    if isinstance(regularizer, LipschitzPenalty):
        return 2.0 * regularizer.weight * max(k - regularizer.target, 0.0)
    return 0.0


def _bend(regularizer: Regularizer, k: float) -> float:
    """R''(k)."""
    return 2.0 * regularizer.weight if isinstance(regularizer, LipschitzPenalty) and k >= regularizer.target else 0.0


def _solved(hessian: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The solution of a nearly singular, not negative system, scaled to a diagonal of ones."""
    diagonal = np.diag(hessian)
    largest = float(diagonal.max()) or 1.0
    scale = np.sqrt(np.where(diagonal > _FLAT * largest, diagonal, largest))
    matrix = hessian / scale / scale[:, None] + _RIDGE * len(scale) * np.eye(len(scale))
    solution, *_ = np.linalg.lstsq(matrix, right / scale)
    return solution / scale
