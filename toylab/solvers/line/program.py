"""The exact program of points on a line in normalised units: constraints between neighbours only.

    minimise over f, k:  Σ_i h_i(f_i) + R(k)   subject to   |f_i − f_{i+1}| ≤ k (z_{i+1} − z_i)

for the points in their order along the line. A function whose steps between neighbours keep the constant keeps it
between all points, so that this is the whole problem, with two constraints a gap instead of one a pair: its
multipliers say how much mass crosses every gap to the right and to the left.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toylab.losses.inversion import invert_increasing
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.growth import LARGEST_GROWTH
from toylab.solvers.line.corners import Corners, products
from toylab.solvers.straight_piece import is_straight
from toylab.straight_line import Line

#: Beyond this many critic units past the best constant a slope has reached its limit, or is not worth going to.
_FARTHEST_SLOPE = 100.0
#: Of a slope, as a share of the mass.
_SLOPE_ROUNDING = 1e-14
_BISECTIONS = 14
#: Scales of a first critic that are tried, half decades around 1, on so many points at most.
_SCALES = 10.0 ** np.arange(-24.0, 24.25, 0.5)
_SAMPLE = 4096
#: Share of its slope at the best constant that a point keeps at the start.
_LEAST_SHARE = 1e-8
#: Multipliers against the flow at the start, as a share of the largest flow.
_COUNTERFLOW = 0.05


@dataclass(frozen=True, eq=False)
class Iterate:
    """One iterate, or the change of one.

    Attributes:
        values: (N,), f.
        k: the constant.
        flow: (2, N − 1), multipliers: mass that crosses each gap to the right and to the left.
        slack: (2, N − 1), k d + f_i − f_{i+1} and k d − f_i + f_{i+1}.
        corners: (4, K), see `Corners`.
    """

    values: np.ndarray
    k: float
    flow: np.ndarray
    slack: np.ndarray
    corners: np.ndarray

    def moved(self, change: Iterate, step: float) -> Iterate:
        """This iterate + step · change."""
        return Iterate(
            self.values + step * change.values,
            self.k + step * change.k,
            self.flow + step * change.flow,
            self.slack + step * change.slack,
            self.corners + step * change.corners,
        )

    @property
    def complementarity(self) -> float:
        """Σ flow · slack and the products of the kinks: what is driven to 0."""
        return float((self.flow * self.slack).sum() + products(self.corners).sum())

    @property
    def net_flow(self) -> np.ndarray:
        """(N − 1,), to the right less to the left."""
        return self.flow[0] - self.flow[1]


def outflow(net_flow: np.ndarray) -> np.ndarray:
    """What leaves every point and does not come in, (N,), for flows (N − 1,) to the right."""
    return np.diff(net_flow, prepend=0.0, append=0.0)


class LineProgram:
    """One problem in normalised units."""

    def __init__(self, problem: CriticProblem) -> None:
        support = problem.support
        carried = np.flatnonzero(support.in_fake | support.in_real)
        positions = Line.through(support.points[carried]).positions
        order = np.argsort(positions, kind="stable")
        #: (N,), the merged points in their order along the line.
        self.order = carried[order]
        self.fake_weights, self.real_weights = support.fake_weights[self.order], support.real_weights[self.order]
        points = support.points[self.order]
        gaps = np.linalg.norm(np.diff(points, axis=0), axis=1)  # not 0, even where two positions are equal
        self.positions = positions[order]
        self.length = self._typical_distance()
        #: (N − 1,), d.
        self.gaps = gaps / self.length
        self.regularizer: Regularizer = problem.regularizer.rescaled(self.length)
        self.losses = problem.losses.without_constants()
        self._smooth = self.losses.fake_loss.smooth, self.losses.real_loss.smooth
        self.corners = Corners.of(self.losses, self.fake_weights, self.real_weights)
        self.best_constant = float(self.losses.best_constant or 0.0)
        c = np.array(self.best_constant)
        self.slope_at_constant = float(self.losses.fake_loss.slope(c))
        self.constant_value = float(self.losses.fake_loss.value(c) + self.losses.real_loss.value(c))
        share = 0.5 if len(self.corners) else 1.0
        #: Shares of the products on the central path: a flow against any gap then costs the same.
        self.path = np.tile(0.5 * share * self.gaps / self.gaps.sum(), (2, 1))
        self.corner_path = np.tile(0.25 * self.corners.jumps / max(float(self.corners.jumps.sum()), 1e-300), (2, 1))

    def _typical_distance(self) -> float:
        """The median distance from some fake to some real points."""
        sides = [self.positions[weights > 0] for weights in (self.fake_weights, self.real_weights)]
        some = [side[np.linspace(0, len(side) - 1, min(len(side), 200)).astype(int)] for side in sides]
        distance = np.abs(some[0][:, None] - some[1])
        return float(np.median(distance[distance > 0]))

    @cached_property
    def affine(self) -> np.ndarray:
        """(N,), points whose objective is affine between its kinks."""
        fake, real = (is_straight(loss) for loss in (self.losses.fake_loss, self.losses.real_loss))
        return ((self.fake_weights == 0) | fake) & ((self.real_weights == 0) | real)

    def smooth_slope(self, f: np.ndarray, which: np.ndarray | slice = slice(None)) -> np.ndarray:
        """The slope h'(f) less the jumps of the kinks below f, at all or some of the points."""
        fake, real = self._smooth
        return _carried(self.fake_weights[which], fake.slope(f)) + _carried(self.real_weights[which], real.slope(f))

    def slope(self, point: Iterate) -> np.ndarray:
        """The slope h'(f), (N,), of which every kink gives its multiplier."""
        return self.smooth_slope(point.values) + self.corners.slope(point.corners)

    def plain_slope(self, f: np.ndarray) -> np.ndarray:
        """The slope h'(f), kinks included."""
        fake, real = self.losses.fake_loss, self.losses.real_loss
        return _carried(self.fake_weights, fake.slope(f)) + _carried(self.real_weights, real.slope(f))

    def objective(self, f: np.ndarray) -> float:
        """J(f)."""
        fake, real = self.losses.fake_loss, self.losses.real_loss
        return float((_carried(self.fake_weights, fake.value(f)) + _carried(self.real_weights, real.value(f))).sum())

    def local_model(self, f: np.ndarray, residual: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Curvature of every point's objective without kinks, and its Fenchel-Young gap to the dual's slope.

        Where Newton's method on h'(f) = s asks for a long step, because h'' vanishes or jumps, the curvature is that
        of the chord to where h' = s; where no such point is in sight, that of the plateau.

        Args:
            f: (N,), critic values.
            residual: (N,), h'(f) − s.
        """
        p, q, (fake, real) = self.fake_weights, self.real_weights, self._smooth
        here = _carried(p, fake.curvature(f)) + _carried(q, real.curvature(f))
        size, reach = np.abs(residual), LARGEST_GROWTH + np.abs(f - self.best_constant)
        far = (size > here) | self.affine
        gap = size * np.where(far, reach, 0.5 * size / np.where(here > 0, here, 1.0))
        far &= ~self.affine & (size > _SLOPE_ROUNDING * (p + q))
        if far.any():
            steps = self._steps_to_slope(f[far], residual[far], far)
            here[far] = np.maximum(here[far], size[far] / steps)
            gap[far] = size[far] * np.where(np.isfinite(steps), 0.5 * steps, reach[far])
        return here, gap

    def _steps_to_slope(self, f: np.ndarray, residual: np.ndarray, far: np.ndarray) -> np.ndarray:
        """How far from f the slope loses its residual, by bisection on a logarithmic scale; +inf if it never does."""
        which, sign = np.flatnonzero(far), np.sign(residual)
        goal = self.smooth_slope(f, which) - residual

        def passed(log_step: np.ndarray) -> np.ndarray:
            return sign * (self.smooth_slope(f - sign * np.exp(log_step), which) - goal) <= 0

        low = np.full(f.shape, np.log(0.5))
        farthest = high = np.log(_FARTHEST_SLOPE + 2.0 * np.abs(f - self.best_constant))
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            beyond = passed(middle)
            low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
        return np.where(passed(farthest), np.exp(high), np.inf)

    def gap_and_room(self, point: Iterate) -> tuple[float, float]:
        """The certificate's gap, to first order, and a lower bound of the J_const − dual it is measured against."""
        _, pointwise = self.local_model(point.values, self.slope(point) - outflow(point.net_flow))
        cost = float((point.flow.sum(axis=0) * self.gaps).sum())
        gap = float(pointwise.sum()) + point.complementarity + self.regularizer.fenchel_young(point.k, cost)
        value = self.objective(point.values) + self.regularizer.value(point.k)
        room = max(self.regularizer.conjugate(cost), self.constant_value - value + gap)
        return gap, max(room, 1e-12 * self.slope_at_constant)

    def start(self, *, constant: bool = False) -> Iterate:
        """A strictly feasible iterate: the best critic m + t ψ of one shape ψ, or a constant critic.

        ψ is half the distance to the other measure, negative on fake points: it has the constant 1. The flow is what
        balances its slopes, with some in both directions.
        """
        shape = self._shape()
        t = 0.0 if constant else self._best_scale(shape)
        values = self._brought_back(self._level(t * shape) + t * shape)
        slopes = self.plain_slope(values)
        total = float(np.abs(slopes).sum())
        if total > 0:
            slopes = slopes - np.abs(slopes) * (slopes.sum() / total)
        net = np.cumsum(slopes)[:-1]
        least = _COUNTERFLOW * max(float(np.abs(net).max()), _LEAST_SHARE * self.slope_at_constant)
        flow = np.stack([np.maximum(net, 0.0), np.maximum(-net, 0.0)]) + least
        k = _first_constant(self.regularizer, t, float((flow.sum(axis=0) * self.gaps).sum()))
        drop = values[:-1] - values[1:]
        slack = np.stack([k * self.gaps + drop, k * self.gaps - drop])
        return Iterate(values, k, flow, slack, self.corners.start(values))

    def _shape(self) -> np.ndarray:
        shape = np.zeros(len(self.order))
        p, q = self.fake_weights, self.real_weights
        for sign, own, other in ((-0.5, p, q), (0.5, q, p)):
            here, there = own > 0, self.positions[other > 0]
            at = self.positions[here]
            after = np.searchsorted(there, at)
            right = np.append(there, np.inf)[after] - at
            left = at - np.concatenate([[-np.inf], there])[after]
            shape[here] += sign * np.minimum(left, right) / self.length
        return np.where((self.fake_weights > 0) & (self.real_weights > 0), 0.0, shape)

    def _best_scale(self, shape: np.ndarray) -> float:
        """The t with the least J + R on a sample, 0 where none beats the constant critic."""
        scales = _SCALES
        if isinstance(self.regularizer, LipschitzBall):
            scales = scales[scales <= 0.5 * self.regularizer.radius]
        totals = np.zeros(len(scales))
        sides = ((self.fake_weights, self.losses.fake_loss), (self.real_weights, self.losses.real_loss))
        for weights, loss in sides:
            here = weights > 0
            every = -(-int(here.sum()) // _SAMPLE)
            some, mass = shape[here][::every], np.add.reduceat(weights[here], np.arange(0, int(here.sum()), every))
            with np.errstate(over="ignore", invalid="ignore"):
                totals += np.array([mass @ loss.value(self.best_constant + t * some) for t in scales])
        with np.errstate(over="ignore"):
            totals += np.array([self.regularizer.value(t) for t in scales])
        totals = np.nan_to_num(totals, nan=np.inf)
        best = int(np.argmin(totals)) if len(totals) else -1
        return float(scales[best]) if best >= 0 and totals[best] < self.constant_value else 0.0

    def _level(self, shape: np.ndarray) -> float:
        """The m at which the slopes of m + shape sum to 0, near enough, by bisection."""
        reach = float(np.abs(shape).max())
        low, high = self.best_constant - reach, self.best_constant + reach
        for _ in range(30 if reach > 0 else 0):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if self.plain_slope(middle + shape).sum() > 0 else (middle, high)
        return 0.5 * (low + high)

    def _brought_back(self, values: np.ndarray) -> np.ndarray:
        """The values clipped to where the least share of its slope is left to a fake and to a real point."""
        least = _LEAST_SHARE * self.slope_at_constant
        ends = [-np.inf, np.inf]
        if (self.losses.fake_loss.slope(values) < least).any():
            ends[0] = float(invert_increasing(self.losses.fake_loss.slope, np.array([least]))[0])
        if (self.losses.real_loss.slope(values) > -least).any():
            ends[1] = float(invert_increasing(self.losses.real_loss.slope, np.array([-least]))[0])
        return np.clip(values, ends[0], ends[1]) if ends[0] < ends[1] else values


def _carried(mass: np.ndarray, each: np.ndarray) -> np.ndarray:
    """Mass times what a loss says, 0 where there is no mass even if the loss overflows there."""
    return np.multiply(mass, each, out=np.zeros(mass.shape), where=mass > 0)


def _first_constant(regularizer: Regularizer, t: float, cost: float) -> float:
    """A constant with room above t, and with R'(k) = C where that is larger."""
    if isinstance(regularizer, LipschitzBall):
        return regularizer.radius
    assert isinstance(regularizer, LipschitzPenalty)
    return max(2.0 * t, regularizer.target + cost / (2.0 * regularizer.weight))
