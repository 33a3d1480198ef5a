"""The pointwise part of the duality gap, computed as an integral so that nothing cancels.

At a merged point with masses p and q the objective is h(t) = p φ(t) + q ϕ(t). For a critic value f and a
slope s of the dual,

    h(f) + h*(s) − s f  =  ∫ (h'(τ) − s) dτ  from t_s to f,     h'(t_s) = s,

is never negative, and 0 exactly where f is optimal for s (Fenchel-Young).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.losses import LossPair
from toylab.losses.inversion import FURTHEST, invert_increasing

# Gauss-Legendre on intervals of length at most 1: the losses are analytic within distance 1 of the real
# axis, so the error is below 4e-16 of the integral (Bernstein ellipse of parameter 2 + √5, 14 nodes).
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(14)
_HALF_WAYS, _WEIGHTS = 0.5 * (1.0 + _NODES), 0.5 * _WEIGHTS  # on [0, 1]
#: Of sums of a few products, in units of their largest term.
_ROUNDING = 16.0 * float(np.finfo(np.float64).eps)
#: Slopes may leave the range of h' by this much (total mass is 1): rounding of sums over the plan.
SLOPE_ROUNDING = 1e-12


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
        fake, real = self.losses.fake_loss.slope_range, self.losses.real_loss.slope_range
        lower = _weighted(self.fake_weights, fake.lower) + _weighted(self.real_weights, real.lower)
        upper = _weighted(self.fake_weights, fake.upper) + _weighted(self.real_weights, real.upper)
        return lower, upper

    def invert_slope(self, slopes: np.ndarray) -> np.ndarray:
        """Some t with h'(t) = s, (N,); ±inf where s is an end of the range; 0 where h is affine."""

        def slope(t: np.ndarray, p: np.ndarray, q: np.ndarray) -> np.ndarray:
            return PointwiseObjective(self.losses, p, q).slope(t)

        result = invert_increasing(slope, slopes, (self.fake_weights, self.real_weights))
        lower, upper = self.slope_bounds()
        return np.where(lower == upper, 0.0, result)

    def _conjugate_at_end(self, upper: np.ndarray) -> np.ndarray:
        """h* at the upper (else lower) end of the range of h', (N,): both losses at their own ends."""
        fake, real = self.losses.fake_loss, self.losses.real_loss
        ends = []
        for name in ("lower", "upper"):
            u, v = np.array(getattr(fake.slope_range, name)), np.array(getattr(real.slope_range, name))
            first = float(fake.conjugate(u)) if np.isfinite(u) else np.inf
            second = float(real.conjugate(v)) if np.isfinite(v) else np.inf
            ends.append(_weighted(self.fake_weights, first) + _weighted(self.real_weights, second))
        return np.where(upper, ends[1], ends[0])

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
        left, right = self.invert_slope(slopes - unsure), self.invert_slope(slopes + unsure)
        return np.minimum(left, root), np.maximum(right, root)

    def value_interval(self, slopes: np.ndarray, gap: float) -> tuple[np.ndarray, np.ndarray]:
        """All t with h(t) + h*(s) − s t ≤ gap, as two arrays (N,), rounded outwards; ±inf where h is flat.

        Every critic within `gap` of a dual bound with slopes s has its values in these intervals. The gap is taken
        less its rounding here, and searched outwards from where the slope is certainly another one.
        """
        lower, upper = self.slope_bounds()
        slopes = np.clip(slopes, lower, upper)
        best = self.invert_slope(slopes)
        affine = lower == upper
        ends = []
        for sign, bracket in zip((-1.0, 1.0), self._root_bracket(slopes), strict=True):
            centre = np.where(np.isfinite(bracket), bracket, 0.0)
            low, high = np.full(slopes.shape, -60.0), np.full(slopes.shape, np.log(2.0 * FURTHEST))

            def within(log_step: np.ndarray, centre: np.ndarray = centre, sign: float = sign) -> np.ndarray:
                with np.errstate(over="ignore", invalid="ignore"):
                    found, charge = self._gap_from(best, centre + sign * np.exp(log_step), slopes)
                    return found - charge <= gap

            unbounded = within(high) | (bracket == sign * np.inf) | affine
            for _ in range(28):  # leaves the step within 2e-6 of itself, on the outer side
                middle = 0.5 * (low + high)
                inside = within(middle)
                low, high = np.where(inside, middle, low), np.where(inside, high, middle)
            ends.append(np.where(unbounded, sign * np.inf, centre + sign * np.exp(high)))
        return ends[0], ends[1]


def _weighted(weights: np.ndarray, values: np.ndarray | float) -> np.ndarray:
    """Weights · values with 0 · inf = 0."""
    with np.errstate(invalid="ignore"):
        return np.where(weights > 0, weights * values, 0.0)
