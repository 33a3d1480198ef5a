"""The unrestricted problem: minimise E_fake φ(f) + E_real ϕ(f) over all functions f, point by point (LGAN §3.1).

    loss           f*(z)                 value of the problem
    logistic       ln(q/p)               2 ln 2 − 2 JSD           (JSD with weights ½, at most ln 2)
    exponential    ½ ln(q/p)             2 − 2 H²                 (H² = 1 − ∫ √(pq))
    sqrt           (q−p)/(2√(pq))        2 − 2 H²                 (the exponential pair on the axis sinh t)
    least squares  (αp+βq)/(p+q)         (β−α)² (1 − χ²)/2        (Pearson χ²(P_r ‖ (P_g+P_r)/2))
    hinge          sign(q−p)             2 − 2 TV
    Wasserstein    none                  −∞ unless P_g = P_r

Each follows by minimising p φ(t) + q ϕ(t) in t: logistic: t = ln(q/p) leaves −p ln(p/(p+q)) − q ln(q/(p+q)), which is
the density of 2 ln 2 − 2 JSD; exponential: 2√(pq); sqrt: √((p+q)² − (p−q)²) = 2√(pq); least squares:
(β−α)² pq/(p+q), and pq/(p+q) = ((p+q) − (p−q)²/(p+q))/4; hinge: 2 min(p, q).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import expit
from typing_extensions import override

from toylab.divergences.local import RatioObjective
from toylab.divergences.pointwise import infimum, minimiser
from toylab.errors import InputError
from toylab.fenchel_young import PointwiseObjective
from toylab.losses import (
    Exponential,
    Hinge,
    Linear,
    Loss,
    LossPair,
    Reflected,
    Scaled,
    Shifted,
    Softplus,
    Square,
    SquareRoot,
)


@dataclass(frozen=True, kw_only=True)
class RatioFormula:
    """F and F' as functions of the log-ratio r."""

    value: Callable[[np.ndarray], np.ndarray]
    slope: Callable[[np.ndarray], np.ndarray]


def _zero(ratio: np.ndarray) -> np.ndarray:
    return np.zeros(np.shape(ratio))


def _symmetric(loss: Loss) -> tuple[Loss, Loss]:
    return loss, Reflected(loss)


_FORMULAS: dict[tuple[Loss, Loss], RatioFormula] = {
    _symmetric(Softplus()): RatioFormula(value=lambda r: 1.0 * r, slope=np.ones_like),
    _symmetric(Exponential()): RatioFormula(value=lambda r: 0.5 * r, slope=lambda r: np.full(r.shape, 0.5)),
    _symmetric(SquareRoot()): RatioFormula(value=lambda r: np.sinh(0.5 * r), slope=lambda r: 0.5 * np.cosh(0.5 * r)),
    _symmetric(Hinge()): RatioFormula(value=np.sign, slope=_zero),
    (Exponential(), Reflected(Linear())): RatioFormula(value=lambda r: 1.0 * r, slope=np.ones_like),
}


def _least_squares(alpha: float, beta: float) -> RatioFormula:
    return RatioFormula(
        value=lambda r: alpha * expit(-r) + beta * expit(r),
        slope=lambda r: (beta - alpha) * expit(r) * expit(-r),
    )


def _stripped(loss: Loss) -> tuple[Loss, float, float]:
    """The loss without its factor and its offset, the factor, the offset."""
    match loss:
        case Scaled(loss=inner, factor=factor):
            core, more, offset = _stripped(inner)
            return core, factor * more, offset
        case Shifted(loss=inner, offset=shift):
            core, factor, offset = _stripped(inner)
            return core, factor, offset + shift
    return loss, 1.0, 0.0


def closed_form(losses: LossPair) -> RatioFormula | None:
    """F and F' for the known pairs with any factors and a common offset, None for all others.

    Factors a and b of φ and ϕ move the ratio to r + ln(b/a), an offset moves the axis.
    """
    (fake, a, left), (real, b, right) = _stripped(losses.fake_loss), _stripped(losses.real_loss)
    if isinstance(fake, Square) and isinstance(real, Square):
        formula = _least_squares(fake.target + left, real.target + right)
        left = 0.0
    elif left != right or (fake, real) not in _FORMULAS:
        return None
    else:
        formula = _FORMULAS[fake, real]
    move, offset = float(np.log(b / a)), left
    return RatioFormula(value=lambda r: formula.value(r + move) + offset, slope=lambda r: formula.slope(r + move))


@dataclass(frozen=True)
class UnrestrictedLoss(RatioObjective):
    """min over all f of E_fake φ(f) + E_real ϕ(f) for any pair of losses.

    Known pairs have closed forms; for the others h'(t) = p φ'(t) + q ϕ'(t) = 0 is solved point by point, and
    F'(r) = p̂ q̂ (φ' − ϕ')/(p̂ φ'' + q̂ ϕ'') follows from it, p̂ = 1 − q̂ = p/(p + q); it is 0 while f* rests on a kink.

    Attributes:
        losses: φ and ϕ.
    """

    losses: LossPair

    def __post_init__(self) -> None:
        if not isinstance(self.losses, LossPair):
            raise InputError(
                f"losses must be a LossPair such as toylab.losses.logistic(), got {type(self.losses).__name__}."
            )

    @property
    def name(self) -> str:  # type: ignore[override]
        """The losses."""
        return f"unrestricted {self.losses.name}"

    @property
    def smooth(self) -> bool:  # type: ignore[override]
        """Losses with kinks leave a kink where p = q."""
        return self.losses.analytic

    @cached_property
    def formula(self) -> RatioFormula | None:
        """The closed form where one is known."""
        return closed_form(self.losses)

    @override
    def of_ratio(self, ratio: np.ndarray) -> np.ndarray:
        if self.formula is not None:
            with np.errstate(over="ignore"):
                return self.formula.value(ratio)
        return minimiser(self._normalised(ratio))

    @override
    def ratio_slope(self, ratio: np.ndarray) -> np.ndarray:
        if self.formula is not None:
            return self.formula.slope(ratio)
        at, p, q = self.of_ratio(ratio), expit(-ratio), expit(ratio)
        fake, real = self.losses.fake_loss, self.losses.real_loss
        curvature = p * fake.curvature(at) + q * real.curvature(at)
        rise = p * q * (fake.slope(at) - real.slope(at))
        kinks = [kink.at for loss in (fake, real) for kink in loss.kinks]
        stuck = np.any([np.abs(at - kink) <= 1e-9 * (1.0 + abs(kink)) for kink in kinks], axis=0) if kinks else False
        return np.divide(rise, curvature, out=np.zeros_like(rise), where=(curvature > 0) & ~np.asarray(stuck))

    @override
    def contribution(self, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
        """inf_t p φ(t) + q ϕ(t)."""
        largest = np.maximum(log_fake, log_real)
        somewhere = np.isfinite(largest)
        with np.errstate(invalid="ignore"):
            p, q = np.exp(log_fake - largest), np.exp(log_real - largest)
        objective = PointwiseObjective(self.losses, np.where(somewhere, p, 0.0), np.where(somewhere, q, 0.0))
        if self.formula is None:
            least = infimum(objective)
        else:
            with np.errstate(invalid="ignore"):
                at = self.of_ratio(log_real - log_fake)
            reached = np.isfinite(at)
            least = objective.value(np.where(reached, at, 0.0))
            if not reached.all():
                least = np.where(reached, least, infimum(objective))
        return np.where(somewhere, np.exp(largest), 0.0) * np.where(somewhere, least, 0.0)

    def _normalised(self, ratio: np.ndarray) -> PointwiseObjective:
        """The objective up to a factor: only the ratio of the masses decides where it is least."""
        p, q = np.exp(np.minimum(-ratio, 0.0)), np.exp(np.minimum(ratio, 0.0))
        return PointwiseObjective(self.losses, p, q)
