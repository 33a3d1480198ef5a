"""Training a funnel: Newton's method on a loss that is annealed, along the path of its minimisers.

The minimisers x(τ) of F_τ form a smooth path that becomes a straight line as τ → 0 (Cominetti and San Martín, 1994,
"Asymptotic analysis of the exponential penalty trajectory in linear programming"). So a step along the tangent is a
good start at the next temperature, and x − τ x'(τ) a far better critic than x(τ) itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from toylab.solvers.network.funnel_objective import Derivatives, SmoothedFunnel

#: Newton decrements, in units of temperature × mass: below the first the next step is the last one at a
#: temperature; a prediction that lands above the second was too bold.
_SETTLED, _TOO_FAR = 1e-3, 0.5
#: Ratio of successive temperatures: at the start, at its boldest, and from where on it is not questioned.
_FIRST_RATIO, _BOLDEST, _TIMID = 0.3, 0.1, 0.9
#: Newton steps at one temperature before float64 is at its end.
_PATIENCE = 60
#: Added to the diagonal of the Hessian, relative to it: the Wasserstein loss leaves the offset free.
_DAMPING = 1e-13


def newton_factor(hessian: Tensor, scale: Tensor) -> Tensor:
    """The Cholesky factor (m, m) of a positive semidefinite Hessian, damped as little as that takes."""
    scale = scale.clamp(min=1e-9 * float(scale.max()))
    damping = _DAMPING
    while damping < 1e3:
        factor, failed = torch.linalg.cholesky_ex(hessian + torch.diag(damping * scale))
        if not bool(failed):
            return factor
        damping *= 100.0
    raise FloatingPointError("the Hessian of a funnel is zero or not finite")


def solved(factor: Tensor, right: Tensor) -> Tensor:
    """The solution (m,) of H x = right."""
    return torch.cholesky_solve(right[:, None], factor)[:, 0]


@dataclass(kw_only=True, eq=False)
class Annealing:
    """Where the training stands.

    Attributes:
        objective: F_τ.
        x: (m + 1,), the funnel (v, k).
        temperature: τ.
        done: Newton steps taken.
        ratio: of the next temperature to this one.
        tangent: (m + 1,), x'(τ) at the last settled point; None before there is one.
        stuck: no further progress is possible in float64.
        record: (loss, k, temperature) of every step.
    """

    objective: SmoothedFunnel
    x: Tensor
    temperature: float
    done: int = 0
    ratio: float = _FIRST_RATIO
    tangent: Tensor | None = None
    stuck: bool = False
    record: list[tuple[float, float, float]] = field(default_factory=list)
    _settled: tuple[Tensor, float] | None = None
    _here: int = 0

    def step(self) -> bool:
        """One Newton step; True where it was the last one at this temperature."""
        here = self.objective.derivatives(self.x, self.temperature)
        self.done, self._here = self.done + 1, self._here + 1
        self.record.append((here.value, float(self.x[-1]) / self.objective.length, self.temperature))
        factor = newton_factor(here.hessian, here.scale)
        direction = -solved(factor, here.gradient)
        decrement = -float(here.gradient @ direction)
        unit = self.temperature * here.mass
        if self._here == 1 and self._settled is not None and decrement > _TOO_FAR * unit and self.ratio < _TIMID:
            self.ratio = self.ratio**0.5
            self._predict()
            return False
        if decrement <= _SETTLED * unit:
            self._settle(direction, -solved(factor, here.cooling))
            return True
        self._search(here, direction, decrement)
        self.stuck = self.stuck or self._here >= _PATIENCE
        return False

    def _settle(self, direction: Tensor, tangent: Tensor) -> None:
        self.x = self.x + direction
        self.tangent = tangent
        self._settled = self.x, self.temperature
        if self._here <= 2:
            self.ratio = max(self.ratio**1.5, _BOLDEST)
        elif self._here >= 4:
            self.ratio = self.ratio**0.7

    def _search(self, here: Derivatives, direction: Tensor, decrement: float) -> None:
        """Move along the direction, as far as the loss falls by a share of what was promised."""
        size, rounding = 1.0, 4e-16 * abs(here.value)
        while size > 1e-10:
            trial = self.x + size * direction
            if self.objective.value(trial, self.temperature) <= here.value - 1e-4 * size * decrement + rounding:
                self.x = trial
                return
            size *= 0.4
        self.stuck = True

    def cool(self) -> None:
        """On to the next temperature, along the tangent."""
        self._predict()

    def _predict(self) -> None:
        assert self._settled is not None
        assert self.tangent is not None
        x, temperature = self._settled
        self.temperature = self.ratio * temperature
        along = x + (self.temperature - temperature) * self.tangent
        # near a change of partners the tangent is of no use
        better = self.objective.value(along, self.temperature) <= self.objective.value(x, self.temperature)
        self.x = along if better else x
        self._here = 0

    def limit(self) -> Tensor:
        """Where the tangent meets τ = 0; the current point before there is a tangent."""
        if self._settled is None or self.tangent is None:
            return self.x
        x, temperature = self._settled
        return x - temperature * self.tangent


__all__ = ["Annealing", "newton_factor", "solved"]
