"""The pointwise part of the duality gap, computed as an integral so that nothing cancels.

At a merged point with masses p and q the objective is h(t) = p φ(t) + q ϕ(t). For a critic value f and a
slope s of the dual,

    h(f) + h*(s) − s f  =  ∫ (h'(τ) − s) dτ  from t_s to f,     h'(t_s) = s,

is never negative, and 0 exactly where f is optimal for s (Fenchel-Young). The slope h' is that of a smooth part, which
is integrated by Gauss's rule where the losses are analytic and bounded from above step by step where all that is known
is that it rises, and of kinks, whose share is a formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from toylab.losses import LossPair
from toylab.losses.inversion import FURTHEST, invert_increasing, shrink_bracket

# Gauss-Legendre on intervals no longer than the distance r to which the losses are analytic around the real axis:
# the error is below 4e-16 of the integral (Bernstein ellipse of parameter 2 + √5, 14 nodes).
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(14)
_HALF_WAYS, _WEIGHTS = 0.5 * (1.0 + _NODES), 0.5 * _WEIGHTS  # on [0, 1]
#: Steps of the bound that only uses that slopes rise: at most 1/64 of (whole rise × length) is given away.
_STEPS = 64
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

    @cached_property
    def _pair(self) -> LossPair:
        """The losses without added constants, which every gap is free of."""
        return self.losses.without_constants()

    @cached_property
    def _smooth(self) -> LossPair:
        """The losses without their kinks."""
        return LossPair(self.losses.name, self._pair.fake_loss.smooth, self._pair.real_loss.smooth)

    @cached_property
    def _kinks(self) -> list[tuple[float, np.ndarray]]:
        """Place and jump (N,) of every kink of h."""
        sides = ((self.fake_weights, self.losses.fake_loss), (self.real_weights, self.losses.real_loss))
        return [(kink.at, weights * kink.jump) for weights, loss in sides for kink in loss.kinks]

    def _smooth_slope(self, t: np.ndarray, which: slice | np.ndarray = slice(None)) -> np.ndarray:
        """The slope of h without its kinks, at all or some of the points."""
        with np.errstate(over="ignore"):
            fake, real = self._smooth.fake_loss.slope(t), self._smooth.real_loss.slope(t)
        return _weighted(self.fake_weights[which], fake) + _weighted(self.real_weights[which], real)

    def _left_slope(self, t: np.ndarray, which: slice | np.ndarray = slice(None)) -> np.ndarray:
        """The slope of h from the left, with the kinks exactly where `_kinks` has them."""
        return self._smooth_slope(t, which) + sum(jump[which] * (t > at) for at, jump in self._kinks)

    def invert_slope(self, slopes: np.ndarray) -> np.ndarray:
        """Some t with h'(t) = s, (N,), a kink where s lies in its jump.

        ±inf where s is an end of the range that no kink reaches; 0 where h is affine.
        """
        return self._remembered(self._invert_slope, slopes)

    def _remembered(self, compute: Callable[[np.ndarray], Any], slopes: np.ndarray) -> Any:
        """What was computed before for the same slopes: a certificate and its claims ask for one dual point."""
        key = (compute.__name__, slopes.tobytes())
        if key not in self._memory:
            self._memory[key] = compute(slopes)
        return self._memory[key]

    def _invert_slope(self, slopes: np.ndarray) -> np.ndarray:
        result = invert_increasing(self._left_slope, slopes, (np.arange(len(slopes)),))
        for place, _ in self._kinks:
            at = np.full(slopes.shape, place)
            left, jump = self._left_slope(at), sum(jump for other, jump in self._kinks if other == place)
            result = np.where((jump > 0) & (left <= slopes) & (slopes <= left + jump), at, result)
        lower, upper = self.slope_bounds()
        return np.where(lower == upper, 0.0, result)

    def _conjugate_at_end(self, upper: np.ndarray) -> np.ndarray:
        """h* at the upper (else lower) end of the range of h', (N,): both losses at their own ends."""
        return np.where(upper, self._conjugate_ends[1], self._conjugate_ends[0])

    @cached_property
    def _conjugate_ends(self) -> list[np.ndarray]:
        fake, real = self._pair.fake_loss, self._pair.real_loss
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
            fake, real = self._pair.fake_loss.value(t), self._pair.real_loss.value(t)
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
        start = self.invert_slope(inside)
        gap, charge = self._gap_from(start, values, inside)
        return gap + self.excess(slopes, limit=True), charge + self._flat_charge(start, inside)

    def excess(self, slopes: np.ndarray, *, limit: bool = False) -> np.ndarray:
        """How far slopes lie outside the range of h', (N,); with `limit`, +inf beyond rounding and else 0."""
        lower, upper = self.slope_bounds()
        outside = np.maximum(np.maximum(lower - slopes, slopes - upper), 0.0)
        return np.where(outside > SLOPE_ROUNDING, np.inf, 0.0) if limit else outside

    def _gap_from(
        self, start: np.ndarray, values: np.ndarray, slopes: np.ndarray, *, least: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """The gap from t_s = start, and a bound on its rounding; with `least` a lower bound where it is not exact."""
        lower, upper = self.slope_bounds()
        inner = np.isfinite(start)
        begin = np.where(inner, start, values)
        step = values - begin
        radius = min(self._smooth.fake_loss.analytic_radius, self._smooth.real_loss.analytic_radius)
        near = inner & ((np.abs(step) <= radius) | (radius == 0))
        short = np.where(near, step, 0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            total, charge = self._rise(begin, short) if radius > 0 else self._rise_bound(begin, short, least)
            corner, corner_charge = self._corners(begin, short, slopes)
            total, charge = total + corner, charge + corner_charge
            zero = np.zeros(values.shape)
            needed = radius == 0 or not (near | ~inner).all()
            far, far_charge = self._differences(begin, values, slopes) if needed else (zero, zero)
            end, end_charge = (zero, zero) if inner.all() else self._from_end(values, slopes, upper)
            if radius == 0:  # both are bounds: take the tighter one
                near &= ~(far - far_charge > total - charge if least else far + far_charge < total + charge)
        affine = lower == upper
        gap = np.where(affine, 0.0, np.where(near, total, np.where(inner, far, end)))
        charge = np.where(affine, 0.0, np.where(near, charge, np.where(inner, far_charge, end_charge)))
        return np.where(np.isnan(gap), np.inf, np.maximum(gap, 0.0)), charge

    def _rise(self, begin: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """∫ (g(τ) − g(begin)) dτ over the step, g the slope of the smooth part, by Gauss's rule."""
        total = step * (_WEIGHTS @ self._smooth_rises(begin, _HALF_WAYS[:, None] * step))
        return total, _ROUNDING * np.abs(total)

    def _rise_bound(self, begin: np.ndarray, step: np.ndarray, least: bool) -> tuple[np.ndarray, np.ndarray]:
        """The same from above (from below with `least`) for any g that rises: on each of 64 steps its larger end."""
        shares = (np.arange(_STEPS) + (0 if least else 1))[:, None] / _STEPS
        total = step * self._smooth_rises(begin, shares * step).mean(axis=0)
        size = np.abs(self._smooth_slope(begin)) + np.abs(self._smooth_slope(begin + step))
        return total, _ROUNDING * (np.abs(total) + size * np.abs(step))

    def _smooth_rises(self, begin: np.ndarray, steps: np.ndarray) -> np.ndarray:
        """The rise g(begin + step) − g(begin), (rows, N)."""
        nodes = np.broadcast_to(begin, steps.shape)
        fake, real = self._smooth.fake_loss, self._smooth.real_loss
        return _weighted(self.fake_weights, fake.slope_difference(nodes, steps)) + _weighted(
            self.real_weights, real.slope_difference(nodes, steps)
        )

    def _corners(self, begin: np.ndarray, step: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The share of the kinks and of h'(begin) − s.

        Away from a kink h'(begin) − s is what root finding left, rounding, and is charged; at a kink s may be anything
        between the one-sided slopes, and the difference counts.
        """
        ahead = begin + step
        total, charge = np.zeros(begin.shape), np.zeros(begin.shape)
        at_kink = np.zeros(begin.shape, dtype=bool)
        for at, jump in self._kinks:
            beyond = np.where(begin > at, np.maximum(at - ahead, 0.0), np.maximum(ahead - at, 0.0))
            total += jump * beyond
            charge += _ROUNDING * jump * (beyond + np.where(beyond > 0, abs(at) + np.abs(ahead), 0.0))
            at_kink |= (begin == at) & (jump > 0)
        left = self._left_slope(begin)
        rest = (left - slopes) * step
        charge += self._slope_rounding(begin, slopes) * np.abs(step) + np.where(at_kink, 0.0, np.abs(rest))
        return np.where(at_kink, total + rest, total), charge

    def _slope_rounding(self, t: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """What the sums of h'(t) and s may be off by."""
        with np.errstate(over="ignore"):
            fake, real = self.losses.fake_loss.slope(t), self.losses.real_loss.slope(t)
        size = _weighted(self.fake_weights, np.abs(fake)) + _weighted(self.real_weights, np.abs(real))
        return _ROUNDING * (size + np.abs(slopes))

    def _flat_charge(self, start: np.ndarray, slopes: np.ndarray) -> np.ndarray:
        """What start may cost by not being t_s, beyond second order: a rounding of h' over the width of the roots.

        Where h is strictly convex the width is itself a rounding, and nothing is charged.
        """
        if self.losses.strictly_convex:
            return np.zeros(start.shape)
        left, right = self._remembered(self._root_bracket, slopes)
        at = np.where(np.isfinite(start), start, 0.0)
        finite = np.isfinite(left) & np.isfinite(right)  # where the flat stretch has no end, s is an end of the range
        return np.where(
            finite, self._slope_rounding(at, slopes) * (np.where(finite, right, 0.0) - np.where(finite, left, 0.0)), 0.0
        )

    def _differences(self, begin: np.ndarray, values: np.ndarray, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gap as a difference of values, for points far from t_s."""
        fake, real = self._pair.fake_loss, self._pair.real_loss
        rise = _weighted(self.fake_weights, fake.value(values)) - _weighted(self.fake_weights, fake.value(begin))
        rise += _weighted(self.real_weights, real.value(values)) - _weighted(self.real_weights, real.value(begin))
        size = self._magnitude(values) + self._magnitude(begin) + np.abs(slopes * values) + np.abs(slopes * begin)
        return rise - (slopes * values - slopes * begin), _ROUNDING * size

    def _from_end(self, values: np.ndarray, slopes: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The gap where the slope is an end of the range of h', so that t_s lies infinitely far out."""
        edge = self._conjugate_at_end(slopes >= upper)
        value = _weighted(self.fake_weights, self._pair.fake_loss.value(values)) + _weighted(
            self.real_weights, self._pair.real_loss.value(values)
        )
        return value + edge - slopes * values, _ROUNDING * (
            self._magnitude(values) + np.abs(slopes * values) + np.abs(edge)
        )

    def _root_bracket(self, slopes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N,), (N,): between them lies every t with h'(t) = s, given that h' and s are known up to rounding."""
        root = self.invert_slope(slopes)
        at = np.clip(root, -FURTHEST, FURTHEST)
        unsure = self._slope_rounding(at, slopes)
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
                found, charge = objective._gap_from(best, centre + sign * np.exp(log_step), twice, least=True)
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
