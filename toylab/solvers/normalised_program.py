"""The exact program in normalised units, as torch tensors: what the interior point iterates on.

    minimise over f, k:  Σ_z h_z(f_z) + R(k)   subject to   w_xy = k d_xy + f(x) − f(y) ≥ 0

Lengths are divided by the median distance, so that scaled problems give identical iterates; masses sum to 1.
Points without mass are left out. Kinks of the losses are taken out of h and become slacks (`kinked_terms`).
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field

import numpy as np
import torch

from toylab.losses import LossPair
from toylab.problem import CriticProblem
from toylab.solvers.growth import LARGEST_GROWTH
from toylab.solvers.kinked_terms import KinkAim, KinkedTerms, KinkSlacks
from toylab.solvers.pairs import Pairs
from toylab.solvers.sides import Sides
from toylab.solvers.straight_piece import is_straight

#: Beyond this many critic units past the best constant a slope has reached its limit, or is not worth going to.
_FARTHEST_SLOPE = 100.0
#: Of a slope, as a share of the mass.
_SLOPE_ROUNDING = 1e-14
#: Central paths (see `weigh_central_path`): a kink has a share of its own, beside which the pairs of a far outlier, if
#: weighted by distance, leave nothing to all others.
BY_MASS, BY_MASS_AND_DISTANCE = 1e3, 1.0
#: Of the logarithm of a step: enough for two digits.
_BISECTIONS = 14


@dataclass(eq=False)
class Iterate:
    """One iterate: critic values, constant, multipliers, slacks."""

    values: torch.Tensor
    k: float
    gamma: torch.Tensor
    slack: torch.Tensor
    kinks: KinkSlacks
    #: What `NormalisedProgram.view` has found here, and for which program.
    seen: tuple[NormalisedProgram, View] | None = field(default=None, init=False, repr=False)

    def complementarity(self, terms: KinkedTerms) -> float:
        """Σ γ w and the products of the kinks: what is driven to 0."""
        return flat_dot(self.gamma, self.slack) + terms.products(self.kinks).total()


@dataclass(frozen=True, eq=False)
class View:
    """What both the step and its gap need to know of an iterate.

    Attributes:
        outflow: (N,), of the multipliers.
        slope: (N,), h'(f) with the multipliers of the kinks.
        curvature: (N,), of the local model without kinks.
        pointwise: the Fenchel-Young part of the gap, to first order.
        products: Σ γ w of the pairs.
    """

    outflow: torch.Tensor
    slope: torch.Tensor
    curvature: torch.Tensor
    pointwise: float
    products: float


def flat_dot(a: torch.Tensor, b: torch.Tensor) -> float:
    """Σ a b over two quantities of the pairs."""
    return float(torch.dot(a.reshape(-1), b.reshape(-1)))


def carried_points(problem: CriticProblem) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The merged points that carry mass: their indices, their coordinates, and which of them are fakes and reals.

    In the order fakes only, shared, reals only, so that either side is one range.
    """
    support = problem.support
    fake, real = support.in_fake, support.in_real
    sides = [np.flatnonzero(mask) for mask in (fake & ~real, fake & real, real & ~fake)]
    carried = np.concatenate(sides)
    only_fakes, shared, _ = (len(side) for side in sides)
    return (
        carried,
        support.points[carried],
        np.arange(only_fakes + shared),
        np.arange(only_fakes, len(carried)),
    )


class NormalisedProgram:
    """One problem in normalised units: weights, distances, and the functions of an iterate."""

    def __init__(self, problem: CriticProblem, device: torch.device, length: float | None = None) -> None:
        """Normalise.

        Args:
            problem: with a penalty or a ball.
            device: where the tensors live.
            length: the unit of length; the median distance of the pairs when not given.
        """
        support = problem.support
        self.carried, points, fakes, reals = carried_points(problem)

        def tensor(array: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(array, device=device)

        self.pairs = Pairs(tensor(fakes), tensor(reals), len(points))
        distance = self.pairs.distances(points)
        moving = distance > 0
        self.length = length or (float(np.median(distance[moving])) if moving.any() else 1.0)
        self.equal_measures = support.equal_measures
        #: Whether the central path gives less to pairs with a large slack (`path_over_slack`).
        self.favours_tight = True
        self.fake_weights = tensor(support.fake_weights[self.carried])
        self.real_weights = tensor(support.real_weights[self.carried])
        self.distance = tensor(distance / self.length)
        self.moving = tensor(moving)
        #: Pairs of one shared point with itself, which take no part; None where there are none.
        self.resting = None if moving.all() else ~self.moving
        self.count = int(moving.sum())
        self._take(problem)

    def of(self, problem: CriticProblem) -> NormalisedProgram:
        """The same points and pairs with the losses and the regulariser of another problem."""
        other = copy(self)
        other._take(problem)
        return other

    def _take(self, problem: CriticProblem) -> None:
        """Take losses and regulariser."""
        self.regularizer = problem.regularizer.rescaled(self.length)
        self.losses: LossPair = problem.losses.without_constants()
        self._smooth = self.losses.fake_loss.smooth, self.losses.real_loss.smooth
        self._sides = Sides.of(self.pairs, self.fake_weights, self.real_weights, self.losses)
        self._slope_rounding = _SLOPE_ROUNDING * (self.fake_weights + self.real_weights)
        self.best_constant = float(self.losses.best_constant or 0.0)
        self.kinks = KinkedTerms.of(self.losses, self.fake_weights, self.real_weights)
        self.weigh_central_path(BY_MASS if len(self.kinks) else BY_MASS_AND_DISTANCE)
        c = np.array(self.best_constant)
        self.slope_at_constant = float(self.losses.fake_loss.slope(c))
        self.constant_value = float(self.losses.fake_loss.value(c) + self.losses.real_loss.value(c))
        fake_affine, real_affine = (is_straight(loss) for loss in (self.losses.fake_loss, self.losses.real_loss))
        #: (N,), points whose objective is affine between its kinks.
        self.affine = ((self.fake_weights == 0) | fake_affine) & ((self.real_weights == 0) | real_affine)

        self.has_affine = bool(self.affine.any())

    def weigh_central_path(self, near: float) -> None:
        """Choose the share of every product in their sum on the central path.

        Of a pair it is p q (near + d): by distance alone a constant critic with the plan p ⊗ q is on the path, and a
        far outlier never lags behind; near ones need a share that does not vanish where points nearly coincide. Of
        a kink it is its jump.

        Args:
            near: in median distances, not negative.
        """
        self.path = self.pairs.products(
            self.fake_weights[self.pairs.fake_range], self.real_weights[self.pairs.real_range]
        ).mul_(self.distance + near)
        if self.resting is not None:
            self.path.masked_fill_(self.resting, 0.0)
        if self.count:
            self.path /= self.path.sum()
        self.kink_path = KinkAim(self.kinks.jumps, self.kinks.jumps)
        self.pair_share = 1.0
        if len(self.kinks):
            self.pair_share = 0.5
            half = 0.25 * self.kinks.jumps / self.kinks.jumps.sum()
            self.kink_path = KinkAim(half, half)

    def path_over_slack(self, point: Iterate, view: View) -> tuple[torch.Tensor, float]:
        """The products of the pairs on the central path, each over its slack, up to a factor; and their sum.

        Of n m pairs about n + m carry the plan at the optimum. On a path that gives every pair an equal share all
        others together weigh so much that k lags behind while slacks near 0 are resolved already, and tight pairs
        replace one another at every step (n = 400: 69 iterations instead of 27). A share (w̄/w)² for slacks beyond
        the mean slack w̄ of the plan leaves to the others what they are worth.
        """
        slack = point.slack
        if not self.favours_tight:
            return self.path / slack, 1.0
        typical = view.products / float(point.gamma.sum())
        weighed = torch.mul(slack, slack).mul_(slack).mul_(typical**-2.0).add_(slack)
        torch.div(self.path, weighed, out=weighed)
        return weighed, flat_dot(weighed, slack)

    def view(self, point: Iterate) -> View:
        """What is to be known of an iterate, found once."""
        if point.seen is None or point.seen[0] is not self:
            outflow, slope = self.pairs.outflow(point.gamma), self.slope(point.values, point.kinks)
            curvature, pointwise = self.local_model(point.values, slope - outflow)
            products = flat_dot(point.gamma, point.slack)
            point.seen = self, View(outflow, slope, curvature, float(pointwise.sum()), products)
        return point.seen[1]

    def slope(self, f: torch.Tensor, kinks: KinkSlacks) -> torch.Tensor:
        """The slope h'(f), (N,), of which every kink gives its multiplier."""
        total = self.smooth_slope(f)
        return total + self.kinks.slope(kinks) if len(self.kinks) else total

    def smooth_slope(self, f: torch.Tensor) -> torch.Tensor:
        """h'(f) less the jumps of the kinks below f, (N,)."""
        return self._sides.slope(f, *self._smooth)

    def _smooth_slope(self, p: torch.Tensor, q: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
        fake, real = self._smooth
        return _carried(p, fake.slope(f)) + _carried(q, real.slope(f))

    def value(self, point: Iterate) -> float:
        """J(f) + R(k)."""
        return float(self.objective(point.values)) + self.regularizer.value(point.k)

    def objective(self, f: torch.Tensor) -> torch.Tensor:
        """J(f) for values (…, N)."""
        return self._sides.value(f, self.losses.fake_loss, self.losses.real_loss).sum(-1)

    def plain_slope(self, f: torch.Tensor) -> torch.Tensor:
        """The slope h'(f), kinks included, for values (…, N)."""
        return self._sides.slope(f, self.losses.fake_loss, self.losses.real_loss)

    def local_model(self, f: torch.Tensor, residual: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Curvature of every point's objective without kinks, and its Fenchel-Young gap to the dual's slope, (N,) each.

        Newton's method on h'(f) = s fails both where h'' vanishes around f and where the slope jumps from one
        plateau to another far away. Where it asks for a long step, the curvature is that of the chord to where
        h' = s, which leads there at once from either side; where no such point is in sight, that of the plateau.

        Args:
            f: (N,), critic values.
            residual: (N,), h'(f) − s.
        """
        here = self._sides.curvature(f, self.losses.fake_loss, self.losses.real_loss)
        size = residual.abs()
        reach = LARGEST_GROWTH + (f - self.best_constant).abs()
        far = (size > here) | self.affine if self.has_affine else size > here
        gap = size * torch.where(far, reach, 0.5 * size / torch.where(here > 0, here, 1.0))
        far &= size > self._slope_rounding
        if self.has_affine:
            far &= ~self.affine
        if bool(far.any()):
            steps = self._steps_to_slope(f[far], residual[far], far)
            here[far] = torch.maximum(here[far], size[far] / steps)
            gap[far] = size[far] * torch.where(torch.isfinite(steps), 0.5 * steps, reach[far])
        return here, gap

    def _steps_to_slope(self, f: torch.Tensor, residual: torch.Tensor, far: torch.Tensor) -> torch.Tensor:
        """How far from f the slope loses its residual, by bisection on a logarithmic scale; +inf if it never does."""
        p, q, sign = self.fake_weights[far], self.real_weights[far], torch.sign(residual)
        goal = self._smooth_slope(p, q, f) - residual

        def passed(log_step: torch.Tensor) -> torch.Tensor:
            return sign * (self._smooth_slope(p, q, f - sign * torch.exp(log_step)) - goal) <= 0

        low = torch.full_like(f, np.log(0.5))
        farthest = high = torch.log(_FARTHEST_SLOPE + 2.0 * (f - self.best_constant).abs())
        for _ in range(_BISECTIONS):
            middle = 0.5 * (low + high)
            beyond = passed(middle)
            low, high = torch.where(beyond, low, middle), torch.where(beyond, middle, high)
        return torch.where(passed(farthest), torch.exp(high), torch.inf)

    def gap_and_room(self, point: Iterate) -> tuple[float, float]:
        """The certificate's gap, to first order, and a lower bound of the J_const − dual it is measured against."""
        view = self.view(point)
        cost = flat_dot(point.gamma, self.distance)
        gap = view.pointwise + view.products + self.kinks.products(point.kinks).total()
        gap += self.regularizer.fenchel_young(point.k, cost)
        room = max(self.regularizer.conjugate(cost), self.constant_value - self.value(point) + gap)
        return gap, max(room, 1e-12 * self.slope_at_constant)


def _carried(mass: torch.Tensor, each: torch.Tensor) -> torch.Tensor:
    """Mass times what a loss says, 0 where there is no mass even if the loss overflows there."""
    return torch.where(mass > 0, mass * each, torch.zeros_like(each))
