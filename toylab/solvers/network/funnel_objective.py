"""The loss that a funnel critic is trained on, with its derivatives.

    F_τ(v, k) = Σ_i p_i φ(u_i) + Σ_j q_j ϕ(v_j) + R(k),    u_i = τ ln Σ_j q_j exp((v_j − k d_ij)/τ)

For τ → 0 the critic value u_i at a fake point is max_j v_j − k d_ij, and min F_0 is the value of the critic problem
(THEORY section 2: under condition (11) some lower extension over the real points is optimal; on a real point it is at
least v_j, and ϕ falls). F_τ is smooth, and convex because φ rises. Its gradient has the form of the dual's constraints:
γ_ij = p_i φ'(u_i) π_ij, π_i the softmax, is a plan whose outflow is φ'(u_i) p_i, whose inflow is −ϕ'(v_j) q_j and whose
cost is R'(k) at the minimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy import sparse
from torch import Tensor

from toylab.critics import LowerExtension, row_blocks
from toylab.plans import split_plan
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty

#: Distances are kept up to this many (256 MiB), and computed again for every pass beyond.
_KEPT_DISTANCES = 2**25
#: Masses of a plan below this are left out.
_LEAST_MASS = 1e-18


@dataclass(frozen=True, kw_only=True, eq=False)
class Derivatives:
    """F_τ and what Newton's method needs, at one point x = (v, k).

    Attributes:
        value: F_τ.
        gradient: (m + 1,).
        hessian: (m + 1, m + 1).
        scale: (m + 1,), diagonal of the Hessian before the shares that are 1 cancel in it: what its rounding is of.
        cooling: (m + 1,), derivative of the gradient in τ.
        mass: Σ γ, what is moved.
    """

    value: float
    gradient: Tensor
    hessian: Tensor
    scale: Tensor
    cooling: Tensor
    mass: float


class SmoothedFunnel:
    """F_τ of a problem, as a function of x = (v, k), in float64; lengths in units of `length`, so that k is a value.

    Attributes:
        problem: the problem.
        length: the unit of length.
        fakes: indices (n,) of the merged points with fake mass.
        reals: indices (m,) of the merged points with real mass, the centres.
    """

    def __init__(self, problem: CriticProblem, length: float, device: torch.device) -> None:
        support = problem.support
        self.problem, self.length = problem, length
        self.fakes, self.reals = np.flatnonzero(support.in_fake), np.flatnonzero(support.in_real)
        self._regularizer = problem.regularizer.rescaled(length)

        def tensor(array: np.ndarray) -> Tensor:
            return torch.tensor(array, dtype=torch.float64, device=device)

        self._x, self._y = tensor(support.points[self.fakes]), tensor(support.points[self.reals])
        self._p, self._q = tensor(support.fake_weights[self.fakes]), tensor(support.real_weights[self.reals])
        self._log_q = self._q.log()
        self._fake_loss, self._real_loss = problem.losses.fake_loss, problem.losses.real_loss
        self._kept: list[Tensor] | None = None
        if len(self.fakes) * len(self.reals) <= _KEPT_DISTANCES:
            self._kept = [distance for _, distance in self._blocks()]

    def _blocks(self) -> Iterator[tuple[slice, Tensor]]:
        """Rows of the distances d_ij, a block at a time."""
        for number, rows in enumerate(row_blocks(len(self.fakes), len(self.reals))):
            if self._kept is not None:
                yield rows, self._kept[number]
            else:
                exact = "donot_use_mm_for_euclid_dist"
                yield rows, torch.cdist(self._x[rows], self._y, compute_mode=exact).div_(self.length)

    def start(self, k: float, value: float) -> Tensor:
        """The funnel x with equal values everywhere."""
        return torch.cat([torch.full_like(self._q, value), self._q.new_tensor([k])])

    def mean_distance(self) -> float:
        """Σ p_i q_j d_ij, in units of `length`."""
        return sum(float(self._p[rows] @ (distance @ self._q)) for rows, distance in self._blocks())

    def _penalty(self, k: float) -> tuple[float, float, float]:
        """R(k), R'(k), R''(k), the two-sided formula; a ball fixes k."""
        match self._regularizer:
            case LipschitzPenalty(weight=weight, target=target) if k >= target:
                return weight * (k - target) ** 2, 2.0 * weight * (k - target), 2.0 * weight
            case _:
                return 0.0, 0.0, 0.0

    def _softmax(self, x: Tensor, temperature: float, distance: Tensor) -> tuple[Tensor, Tensor]:
        """Values u (r,) of some fake points, and their shares π (r, m)."""
        shares = torch.mul(distance, -x[-1] / temperature).add_(x[:-1] / temperature + self._log_q)
        highest = shares.amax(dim=1, keepdim=True)
        total = shares.sub_(highest).exp_().sum(dim=1, keepdim=True)
        return temperature * (highest + total.log()).squeeze(1), shares.div_(total)

    def value(self, x: Tensor, temperature: float) -> float:
        """F_τ(x); +inf or NaN where a loss overflows."""
        total = self._q @ self._real_loss.value(x[:-1])
        for rows, distance in self._blocks():
            total = total + self._p[rows] @ self._fake_loss.value(self._softmax(x, temperature, distance)[0])
        return float(total) + self._penalty(float(x[-1]))[0]

    def sharp_value(self, x: Tensor) -> float:
        """F_0(x), the objective of the critic itself."""
        total = self._q @ self._real_loss.value(x[:-1])
        for rows, distance in self._blocks():
            total = total + self._p[rows] @ self._fake_loss.value((x[:-1] - x[-1] * distance).amax(dim=1))
        return float(total) + self._penalty(float(x[-1]))[0]

    def derivatives(self, x: Tensor, temperature: float) -> Derivatives:
        """F_τ(x), its gradient and Hessian, and how the gradient changes with the temperature."""
        v, m = x[:-1], len(self._q)
        penalty, penalty_slope, penalty_curvature = self._penalty(float(x[-1]))
        value = self._q @ self._real_loss.value(v)
        gradient = torch.cat([self._q * self._real_loss.slope(v), v.new_tensor([penalty_slope])])
        hessian, cooling = v.new_zeros(m + 1, m + 1), torch.zeros_like(x)
        inflow = torch.zeros_like(v)
        curvature = torch.cat([self._q * self._real_loss.curvature(v), v.new_tensor([penalty_curvature])])
        for rows, distance in self._blocks():
            u, share = self._softmax(x, temperature, distance)
            value = value + self._p[rows] @ self._fake_loss.value(u)
            moved, bend = self._p[rows] * self._fake_loss.slope(u), self._p[rows] * self._fake_loss.curvature(u)
            path = share * distance
            mean = path.sum(dim=1)
            # second derivatives of u are (covariance of π)/τ, first derivatives (π, −Σ π d)
            less = moved / temperature - bend
            inflow += moved @ share
            gradient[-1] -= moved @ mean
            hessian[:-1, :-1] -= share.T @ (less[:, None] * share)
            hessian[-1, :-1] += (less * mean) @ share - (moved @ path) / temperature
            variance = (path * distance).sum(dim=1) - mean.square()
            curvature[-1] += moved @ variance / temperature + bend @ mean.square()
            # ∂u/∂τ = Σ π slack/τ and ∂π/∂τ = π (slack/τ − ∂u/∂τ)/τ, slack = u − v + k d
            slack = share * (u[:, None] - v + x[-1] * distance) / temperature
            rise = slack.sum(dim=1)
            cooling[:-1] += (moved @ slack) / temperature - (less * rise) @ share
            cooling[-1] += (less * rise) @ mean - moved @ (slack * distance).sum(dim=1) / temperature
        gradient[:-1] += inflow
        hessian[:-1, -1] = hessian[-1, :-1]
        curvature[:-1] += inflow / temperature
        hessian.diagonal().add_(curvature)
        if isinstance(self._regularizer, LipschitzBall):
            gradient[-1] = cooling[-1] = hessian[-1, :] = hessian[:, -1] = 0.0
            hessian[-1, -1] = curvature[-1] = 1.0
        return Derivatives(
            value=float(value) + penalty,
            gradient=gradient,
            hessian=hessian,
            scale=curvature,
            cooling=cooling,
            mass=float(inflow.sum()),
        )

    def plan(self, x: Tensor, temperature: float) -> sparse.csr_array:
        """The plan γ = p φ'(u) π between the caller's points, (n_fake, n_real)."""
        rows, columns, masses = [], [], []
        for block, distance in self._blocks():
            u, share = self._softmax(x, temperature, distance)
            plan = ((self._p[block] * self._fake_loss.slope(u))[:, None] * share).cpu().numpy()
            row, column = np.nonzero(plan > _LEAST_MASS)
            masses.append(plan[row, column])
            rows.append(self.fakes[block][row])
            columns.append(self.reals[column])
        size = len(self.problem.support.points)
        where = (np.concatenate(rows), np.concatenate(columns))
        merged = sparse.coo_array((np.concatenate(masses), where), shape=(size, size))
        return split_plan(self.problem, merged.tocsr())

    def critic(self, x: Tensor, apex_tolerance: float) -> LowerExtension:
        """The critic max_j v_j − k‖z − y_j‖ in the caller's units."""
        values, regularizer = x.cpu().numpy(), self.problem.regularizer
        k = max(float(values[-1]), 0.0) / self.length
        if isinstance(regularizer, LipschitzBall):  # exactly, to the last digit
            k = min(k, regularizer.radius)
        return LowerExtension(self.problem.support.points[self.reals], values[:-1].copy(), k, apex_tolerance)


__all__ = ["Derivatives", "SmoothedFunnel"]
