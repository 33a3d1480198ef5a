"""The pointwise part of the duality gap, computed as an integral so that nothing cancels.

At a merged point with masses p and q the objective is h(t) = p φ(t) + q ϕ(t). For a critic value f and a
slope s of the dual,

    h(f) + h*(s) − s f  =  ∫ (h'(τ) − s) dτ  from t_s to f,     h'(t_s) = s,

is never negative, and 0 exactly where f is optimal for s (Fenchel-Young).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from toylab.losses import LossPair
from toylab.losses.inversion import FURTHEST, invert_increasing, shrink_bracket

# Gauss-Legendre on intervals of length at most 1: the losses are analytic within distance 1 of the real
# axis, so the error is below 4e-16 of the integral (Bernstein ellipse of parameter 2 + √5, 14 nodes).
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(14)
_HALF_WAYS, _WEIGHTS = 0.5 * (1.0 + _NODES), 0.5 * _WEIGHTS  # on [0, 1]
#: Of sums of a few products, in units of their largest term.
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)
#: Slopes may leave the range of h' by this much (total mass is 1): rounding of sums over the plan.
SLOPE_ROUNDING = 1e-12
#: Logarithms of gaps are searched between ± this.
_FAR_BELOW = 800.0
_TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, eq=False)
class PointwiseObjective:
    """h_z(t) = p_z φ(t) + q_z ϕ(t) for N points at once.

    Attributes:
        losses: φ and ϕ.
        fake_weights: (N,), p.
        real_weights: (N,), q.
    """

    losses: LossPair
    fake_weights: np.ndarray
    real_weights: np.ndarray
    _memory: dict[tuple[str, bytes], Any] = field(default_factory=dict, init=False, repr=False)

    def value(self, t: np.ndarray) -> np.ndarray:
        """h(t)."""
        with np.errstate(over="ignore"):  # the exponential loss of a wild critic is +inf, which is an answer
            fake, real = self.losses.fake_loss.value(t), self.losses.real_loss.value(t)
        return _weighted(self.fake_weights, fake) + _weighted(self.real_weights, real)

    def slope(self, t: np.ndarray) -> np.ndarray:
        """The slope h'(t) of every point."""
        with np.errstate(over="ignore"):
            fake, real = self.losses.fake_loss.slope(t), self.losses.real_loss.slope(t)
        return _weighted(self.fake_weights, fake) + _weighted(self.real_weights, real)

    def slope_difference(self, t: np.ndarray, step: np.ndarray) -> np.ndarray:
        """h'(t + step) − h'(t), without cancellation."""
        return _weighted(self.fake_weights, self.losses.fake_loss.slope_difference(t, step)) + _weighted(
            self.real_weights, self.losses.real_loss.slope_difference(t, step)
        )

    def slope_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Infimum and supremum of h': the domain of h*."""
        return self._slope_bounds

    @cached_property
    def _slope_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        fake, real = self.losses.fake_loss.slope_range, self.losses.real_loss.slope_range
        lower = _weighted(self.fake_weights, fake.lower) + _weighted(self.real_weights, real.lower)
        upper = _weighted(self.fake_weights, fake.upper) + _weighted(self.real_weights, real.upper)
        return lower, upper

    def invert_slope(self, slopes: np.ndarray) -> np.ndarray:
        """Some t with h'(t) = s, (N,); ±inf where s is an end of the range; 0 where h is affine."""
        return self._remembered(self._invert_slope, slopes)

    def _remembered(self, compute: Callable[[np.ndarray], Any], slopes: np.ndarray) -> Any:
        """What was computed before for the same slopes: a certificate and its claims ask for one dual point."""
        key = (compute.__name__, slopes.tobytes())
        if key not in self._memory:
            self._memory[key] = compute(slopes)
        return self._memory[key]

    def _invert_slope(self, slopes: np.ndarray) -> np.ndarray:
        def slope(t: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
            return PointwiseObjective(self.losses, p, q).slope(t)

        result = invert_increasing(slope, slopes, (self.fake_weights, self.real_weights))
        lower, upper = self.slope_bounds()
        return np.where(lower == upper, 0.0, result)

    def _conjugate_at_end(self, upper: np.ndarray) -> np.ndarray:
        """h* at the upper (else lower) end of the range of h', (N,): both losses at their own ends."""
        return np.where(upper, self._conjugate_ends[1], self._conjugate_ends[0])

    @cached_property
    def _conjugate_ends(self) -> list[np.ndarray]:
        fake, real = self.losses.fake_loss, self.losses.real_loss
        ends = []
        for name in ("lower", "upper"):
            u, v = np.array(getattr(fake.slope_range, name)), np.array(getattr(real.slope_range, name))
            first = float(fake.conjugate(u)) if np.isfinite(u) else np.inf
            second = float(real.conjugate(v)) if np.isfinite(v) else np.inf
            ends.append(_weighted(self.fake_weights, first) + _weighted(self.real_weights, second))
        return ends

    def _magnitude(self, t: np.ndarray) -> np.ndarray:
        """P |φ(t)| + q |ϕ(t)|, of which rounding is a small multiple."""
        with np.errstate(over="ignore"):
            fake, real = self.losses.fake_loss.value(t), self.losses.real_loss.value(t)
        return _weighted(self.fake_weights, np.abs(fake)) + _weighted(self.real_weights, np.abs(real))

    def gap(self, values: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """h(f) + h*(s) − s f, (N,), an upper bound exact up to rounding; +inf where s is out of reach.

        Args:
            values: (N,), critic values f.
            slopes: (N,), s; what lies outside the range of h' by rounding (`excess`) is moved to its end.
        """
        gap, charge = self.gap_and_charge(values, slopes)
        return gap + charge

    def gap_and_charge(self, values: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gap and the rounding charged on top of it, (N,) each; their sum is the upper bound."""
        lower, upper = self.slope_bounds()
        inside = np.clip(slopes, lower, upper)
        gap, charge = self._gap_from(self.invert_slope(inside), values, inside)
        return gap + self.excess(slopes, limit=True), charge

    def excess(self, slopes: np.ndarray, *, limit: bool = False) -> np.ndarray:
        """How far slopes lie outside the range of h', (N,); with `limit`, +inf beyond rounding and else 0."""
        lower, upper = self.slope_bounds()
        outside = np.maximum(np.maximum(lower - slopes, slopes - upper), 0.0)
        return np.where(outside > SLOPE_ROUNDING, np.inf, 0.0) if limit else outside

    def _gap_from(self, start: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gap from t_s = start, and a bound on its rounding."""
        lower, upper = self.slope_bounds()
        affine = lower == upper
        inner = np.isfinite(start)
        start = np.where(inner, start, values)
        step = values - start
        near = (np.abs(step) <= 1.0) & self.losses.analytic & inner
        short = np.where(near, step, 0.0)
        nodes = np.broadcast_to(start, (len(_NODES), *start.shape))
        with np.errstate(over="ignore", invalid="ignore"):
            rises = self.slope_difference(nodes, _HALF_WAYS[:, None] * short)
            total = short * (_WEIGHTS @ rises)
            # what is left of h'(t_s) − s after root finding is rounding; it is charged, not ignored
            left = np.abs((self.slope(start) - slopes) * short) + _ROUNDING * total
            size = self._magnitude(values) + np.abs(slopes * values)
            far = (self.value(values) - self.value(start)) - (slopes * values - slopes * start)
            far_charge = _ROUNDING * (size + self._magnitude(start) + np.abs(slopes * start))
            edge = self._conjugate_at_end(slopes >= upper)
            end = self.value(values) + edge - slopes * values
            end_charge = _ROUNDING * (size + np.abs(edge))
        gap = np.where(affine, 0.0, np.where(near, total, np.where(inner, far, end)))
        charge = np.where(affine, 0.0, np.where(near, left, np.where(inner, far_charge, end_charge)))
        return np.maximum(gap, 0.0), charge

    def _root_bracket(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N,), (N,): between them lies every t with h'(t) = s, given that h' and s are known up to rounding."""
        root = self.invert_slope(slopes)
        at = np.clip(root, -FURTHEST, FURTHEST)
        with np.errstate(over="ignore"):
            fake, real = self.losses.fake_loss.slope(at), self.losses.real_loss.slope(at)
        size = _weighted(self.fake_weights, np.abs(fake)) + _weighted(self.real_weights, np.abs(real))
        unsure = _ROUNDING * (size + np.abs(slopes))
        left, right = np.split(self._tiled(2).invert_slope(np.concatenate([slopes - unsure, slopes + unsure])), 2)
        return np.minimum(left, root), np.maximum(right, root)

    def _tiled(self, times: int) -> PointwiseObjective:
        """The objective of every point several times, for all sides of its intervals at once."""
        return PointwiseObjective(self.losses, np.tile(self.fake_weights, times), np.tile(self.real_weights, times))

    def value_interval(self, slopes: np.ndarray, gap: float) -> tuple[np.ndarray, np.ndarray]:
        """All t with h(t) + h*(s) − s t ≤ gap, as two arrays (N,), rounded outwards; ±inf where h is flat.

        Every critic within `gap` of a dual bound with slopes s has its values in these intervals. The gap is taken
        less its rounding here, and searched outwards from where the slope is certainly another one.
        """
        return self.value_intervals(slopes, [gap])[0]

    def value_intervals(self, slopes: np.ndarray, gaps: Sequence[float]) -> list[tuple[np.ndarray, np.ndarray]]:
        """`value_interval` for several gaps in one search, which takes hardly longer than for one."""
        lower, upper = self.slope_bounds()
        slopes = np.clip(slopes, lower, upper)
        size, times = len(slopes), 2 * len(gaps)
        objective, allowed = self._tiled(times), np.repeat(np.asarray(gaps, dtype=np.float64), 2 * size)
        best, twice = np.tile(self.invert_slope(slopes), times), np.tile(slopes, times)
        bracket = np.tile(np.concatenate(self._remembered(self._root_bracket, slopes)), len(gaps))
        sign = np.tile(np.repeat([-1.0, 1.0], size), len(gaps))
        centre = np.where(np.isfinite(bracket), bracket, 0.0)

        def excess(log_step: np.ndarray) -> np.ndarray:
            """How far the gap lies above the one allowed, on a logarithmic scale: positive outside."""
            with np.errstate(all="ignore"):
                found, charge = objective._gap_from(best, centre + sign * np.exp(log_step), twice)
                inside = found - charge <= allowed
                ratio = np.clip(np.log(found - charge) - np.log(allowed), -_FAR_BELOW, _FAR_BELOW)
                return np.where(inside, -np.fmax(-ratio, _TINY), np.fmax(ratio, _TINY))

        low, high = np.full(twice.shape, -60.0), np.full(twice.shape, np.log(2.0 * FURTHEST))
        at_low, at_high = excess(low), excess(high)
        unbounded = (at_high <= 0) | (bracket == sign * np.inf) | np.tile(lower == upper, times)
        at_once = at_low > 0  # outside already at the smallest step, which is then the answer
        # done within 1.5e-6 of the step, on its outer side; what is not searched starts out done
        low = np.where(unbounded | at_once, high, low)
        found = shrink_bracket(excess, (low, at_low), (high, np.where(at_high > 0, at_high, 1.0)), absolute=1.5e-6)
        step = np.exp(np.where(at_once, -60.0, found.upper))
        ends = np.where(unbounded, sign * np.inf, centre + sign * step).reshape(len(gaps), 2, size)
        return [(pair[0], pair[1]) for pair in ends]


def _weighted(weights: np.ndarray, values: np.ndarray | float) -> np.ndarray:
    """Weights · values with 0 · inf = 0."""
    result = np.zeros(np.broadcast_shapes(weights.shape, np.shape(values)))
    return np.multiply(weights, values, out=result, where=weights > 0)
