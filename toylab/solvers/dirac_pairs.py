"""One fake point, one real point at distance d: the optimum in closed form (THEORY §2, Two Diracs; ICLR Lemma 3).

For losses with ϕ(t) = φ(−t) the optimum is f = ∓ s with s = k d/2, and under R(k) = λ (max(k, k₀) − k₀)²

    φ'(−s) = (4λ/d²)(s − s₀),    s₀ = k₀ d/2,    wherever the right-hand side is positive:

    Wasserstein      s = s₀ + d²/4λ, that is k = k₀ + d/2λ
    exponential      s = s₀ + W(e^{−s₀} d²/4λ), W Lambert's function
    hinge            s = min(1, s₀ + d²/4λ)
    logistic, sqrt   the root of a decreasing function

and least squares rises by f(y) − f(x) = (β−α)/(1 + 2λ/d²) for k₀ = 0. A ball k ≤ K has s = K d/2, unless less is
enough. The one-sided target k₀ = 1 is the LP penalty; the two-sided one (GP) has the same optimum for the Wasserstein
loss, k = 1 + d/2λ, as that is beyond the target.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import lambertw

from toylab.errors import InputError
from toylab.losses import Exponential, Hinge, Linear, LossPair, Reflected, Softplus, Square, SquareRoot
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer, Unrestricted


@dataclass(frozen=True, kw_only=True)
class DiracOptimum:
    """The optimal critic of two Diracs.

    Attributes:
        fake_value: f*(x).
        real_value: f*(y).
        lipschitz_constant: (f*(y) − f*(x))/d.
        value: the least value of the problem.
    """

    fake_value: float
    real_value: float
    lipschitz_constant: float
    value: float


def dirac_pair(losses: LossPair, distance: float, regularizer: Regularizer) -> DiracOptimum:
    """The optimum for one fake and one real point at this distance.

    Args:
        losses: wasserstein, logistic, sqrt, exponential, hinge or quadratic.
        distance: d > 0.
        regularizer: a LipschitzPenalty (its target included), a LipschitzBall, or Unrestricted.

    Raises:
        InputError: another pair of losses, a distance that is not positive, or a problem without an optimum.
    """
    if not (np.isfinite(distance) and distance > 0):
        raise InputError(f"the distance of two Diracs must be positive and finite, got {distance}.")
    fake, real = losses.fake_loss, losses.real_loss
    if isinstance(fake, Square) and isinstance(real, Square):
        middle = 0.5 * (fake.target + real.target)
        half = _least_squares(real.target - fake.target, distance, regularizer) / 2.0
    elif real == Reflected(fake) and isinstance(fake, Linear | Softplus | SquareRoot | Exponential | Hinge):
        middle, half = 0.0, _symmetric(losses, distance, regularizer)
    else:
        raise InputError(f"no closed form for two Diracs is known for {losses.name!r}; use toylab.solve.")
    low, high = np.array(middle - half), np.array(middle + half)
    constant = 2.0 * half / distance
    cost = regularizer.value(regularizer.constant_for(constant))
    value = float(fake.value(low) + real.value(high)) + cost
    return DiracOptimum(fake_value=float(low), real_value=float(high), lipschitz_constant=constant, value=value)


def matched_pairs(losses: LossPair, distances: npt.ArrayLike, weight: float) -> np.ndarray:
    """Slopes (n,) under λ E‖∇f‖² with matched blends, for n pairs of points far from one another.

    Each pair, at distance d_i, carries 1/n of both measures and of the blends, so the problem falls apart into one
    with penalty λ k_i² for each pair: for the Wasserstein loss k_i = d_i/2λ. λ k² with one constant for all (MaxGP)
    gives every pair k = E d/2λ instead.
    """
    lengths = np.atleast_1d(np.asarray(distances, dtype=np.float64))
    penalty = LipschitzPenalty(weight)
    return np.array([dirac_pair(losses, float(d), penalty).lipschitz_constant for d in lengths])


def _least_squares(rise: float, distance: float, regularizer: Regularizer) -> float:
    """f*(y) − f*(x): with m = 2λ(k − k₀) d⁻¹ the mass that flows, it is rise − m (rise = β − α ≥ 0)."""
    match regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            if rise <= target * distance:
                return rise
            return (rise * distance**2 + 2.0 * weight * target * distance) / (distance**2 + 2.0 * weight)
        case LipschitzBall(radius=radius):
            return min(rise, radius * distance)
        case Unrestricted():
            return rise
    raise _unknown(regularizer)


def _symmetric(losses: LossPair, distance: float, regularizer: Regularizer) -> float:
    """s, half of the optimal rise."""
    hinge = isinstance(losses.fake_loss, Hinge)
    match regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            return _half_rise(losses, 0.5 * target * distance, 4.0 * weight / distance**2)
        case LipschitzBall(radius=radius):
            return min(1.0, 0.5 * radius * distance) if hinge else 0.5 * radius * distance
        case Unrestricted():
            if hinge:
                return 1.0
            raise InputError(
                f"two Diracs have no optimal {losses.name} critic without restriction: f wants to be ∓∞ on them."
            )
    raise _unknown(regularizer)


def _half_rise(losses: LossPair, start: float, ratio: float) -> float:
    """The s with φ'(−s) = ratio · (s − start)."""
    match losses.fake_loss:
        case Linear():
            return start + 1.0 / ratio
        case Exponential():
            return start + float(lambertw(np.exp(-start) / ratio).real)
        case Hinge():
            return min(1.0, start + 1.0 / ratio)

    def surplus(step: float) -> float:
        return float(losses.fake_loss.slope(np.array(-start - step))) - ratio * step

    highest = float(losses.fake_loss.slope(np.array(-start))) / ratio  # φ' rises, so the root lies below
    eps = float(np.finfo(np.float64).eps)
    return start + float(brentq(surplus, 0.0, highest, xtol=1e-300, rtol=4.0 * eps))  # type: ignore[arg-type]


def _unknown(regularizer: Regularizer) -> InputError:
    return InputError(f"two Diracs have no closed form under {type(regularizer).__name__}; use toylab.solve.")
