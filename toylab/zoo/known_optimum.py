"""What is known exactly about the optimum of a problem, computed without any solver.

Three arguments carry all of it.

* W₁ known: for the Wasserstein loss the optimum is that of min_k R(k) − k W₁ (LGAN Lemma 15).
* Equidistant: every fake can be matched with a real at distance d, and no fake and real are nearer than d. Averaging
  over the matching bounds the objective below by that of two Diracs at distance d, and the two values of the Diracs'
  critic, one on all fakes and one on all reals, attain it: any loss, one scalar equation.
* Mirrored: P_g = p δ_A + (1 − p) δ_B and P_r the mirror image, with ϕ(t) = φ(−t): f = ∓s, one scalar equation.

Source: ICLR Lemmas 3 and 4 (two Diracs); LGAN Lemma 15.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import brentq, linear_sum_assignment
from scipy.spatial.distance import cdist

from toylab.losses import Loss, LossPair, Reflected, Scaled, Total
from toylab.losses.inversion import invert_increasing
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer, Unrestricted

EPS = float(np.finfo(np.float64).eps)
#: Roots are bracketed to a few units in the last place, and evaluated in some ten roundings.
ROOT_ERROR = 256 * EPS


@dataclass(frozen=True, kw_only=True)
class KnownOptimum:
    """The optimum of one problem, as far as it is known exactly; None where it is not.

    Attributes:
        w1: W₁(P_g, P_r) of the two finite measures.
        value: V, the optimal value.
        constant: k*, the optimal Lipschitz constant (the radius, for a ball).
        error: relative error of all three.
    """

    w1: float | None = None
    value: float | None = None
    constant: float | None = None
    error: float = ROOT_ERROR


def from_w1(problem: CriticProblem, w1: float, error: float = ROOT_ERROR) -> KnownOptimum:
    """What W₁ says: everything for the Wasserstein loss, nothing beyond itself for the others."""
    known = KnownOptimum(w1=w1, error=error)
    if not problem.losses.is_wasserstein:
        return known
    match problem.regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            return replace(known, value=-w1 * target - w1**2 / (4.0 * weight), constant=target + w1 / (2.0 * weight))
        case LipschitzBall(radius=radius):
            return replace(known, value=-radius * w1, constant=radius)
    return known


def from_pairs(problem: CriticProblem) -> KnownOptimum:
    """Fake i and real i are an optimal coupling of two uniform measures: W₁ is the mean distance of the pairs."""
    lengths = np.linalg.norm(problem.fake.points - problem.real.points, axis=1)
    size = float(np.abs(problem.fake.points).max() + np.abs(problem.real.points).max())
    w1 = float(lengths.mean())
    # coordinates are rounded once where the pair was made, and once in the difference
    absolute = 4.0 * EPS * size * np.sqrt(problem.dimension)
    return from_w1(problem, w1, ROOT_ERROR + (absolute / w1 if w1 > 0 else 0.0))


def from_assignment(problem: CriticProblem) -> KnownOptimum:
    """W₁ of two uniform measures of equal size: the cheapest assignment (Birkhoff), for a handful of points."""
    distance = cdist(problem.fake.points, problem.real.points)
    rows, columns = linear_sum_assignment(distance)
    return from_w1(problem, float(distance[rows, columns].mean()))


def on_the_line(problem: CriticProblem) -> KnownOptimum:
    """Points that differ in their first coordinate alone: W₁ is the area between the distribution functions."""
    from scipy.stats import wasserstein_distance

    fake, real = problem.fake, problem.real
    w1 = wasserstein_distance(fake.points[:, 0], real.points[:, 0], fake.weights, real.weights)
    return from_w1(problem, float(w1))


def equidistant(problem: CriticProblem, distance: float) -> KnownOptimum:
    """A perfect matching at `distance`, no fake and real nearer than that: the optimum of two Diracs, for any loss."""
    wasserstein = from_w1(problem, distance)
    if problem.losses.is_wasserstein or distance == 0 or isinstance(problem.regularizer, Unrestricted):
        return wasserstein  # without restriction the optimum is toylab.divergences.UnrestrictedLoss's, if there is one
    pull = _pull(problem.losses)
    return wasserstein if pull is None else _along_one_length(problem, distance, *pull)


def mirrored(problem: CriticProblem, share: float, distance: float) -> KnownOptimum:
    """P_g = p δ_A + (1 − p) δ_B, P_r = (1 − p) δ_A + p δ_B with p > ½: f = ∓s where ϕ(t) = φ(−t)."""
    known = from_w1(problem, (2.0 * share - 1.0) * distance)
    loss = problem.losses.fake_loss
    unrestricted = isinstance(problem.regularizer, Unrestricted)
    if problem.losses.is_wasserstein or unrestricted or not _is_symmetric(problem.losses):
        return known

    def value(rise: float) -> float:
        return 2.0 * (share * _at(loss.value, -rise / 2.0) + (1.0 - share) * _at(loss.value, rise / 2.0))

    def pull(rise: float) -> float:
        return share * _at(loss.slope, -rise / 2.0) - (1.0 - share) * _at(loss.slope, rise / 2.0)

    return replace(_along_one_length(problem, distance, value, pull), w1=known.w1)


def _is_symmetric(losses: LossPair) -> bool:
    """Whether ϕ(t) = φ(−t), read off from how the losses are made."""
    return losses.real_loss == _reflected(losses.fake_loss)


def _reflected(loss: Loss) -> Loss:
    match loss:
        case Total(terms=terms):
            return Total(tuple(_reflected(term) for term in terms))
        case Scaled(loss=inner, factor=factor):
            return Scaled(_reflected(inner), factor)
    return Reflected(loss)


def _at(function: Callable[[np.ndarray], np.ndarray], t: float) -> float:
    return float(function(np.array([t]))[0])


def _pull(losses: LossPair) -> tuple[Callable[[float], float], Callable[[float], float]] | None:
    """m(r) = min_a φ(a) + ϕ(a + r) and −m'(r) = φ'(a(r)): what a rise r between two Diracs costs, and gains."""
    fake, real = losses.fake_loss, losses.real_loss
    if losses.best_constant is None:
        return None
    symmetric = _is_symmetric(losses)

    def lower(rise: float) -> float:
        if symmetric:
            return -rise / 2.0
        return float(invert_increasing(lambda a: fake.slope(a) + real.slope(a + rise), np.zeros(1))[0])

    def value(rise: float) -> float:
        return _at(fake.value, lower(rise)) + _at(real.value, lower(rise) + rise)

    return value, lambda rise: _at(fake.slope, lower(rise))


def _along_one_length(
    problem: CriticProblem, distance: float, value: Callable[[float], float], pull: Callable[[float], float]
) -> KnownOptimum:
    """min_k m(k d) + R(k) for a decreasing convex m with −m' = pull: k* and V."""
    constant = _best_constant(problem.regularizer, distance, pull)
    rise = constant * distance
    if pull(rise) < 0:  # a constant that is free up to its bound: the rise stays where nothing more is gained
        rise = _root(pull, 0.0, rise)
    total = value(rise) + problem.regularizer.value(constant)
    return KnownOptimum(w1=distance, value=total, constant=constant)


def _best_constant(regularizer: Regularizer, distance: float, pull: Callable[[float], float]) -> float:
    """The k with d · pull(k d) = R'(k): φ'(−s) = 4 λ s/d² with s = k d/2 for two Diracs and λ k²."""
    match regularizer:
        case LipschitzBall(radius=radius):
            return radius
        case LipschitzPenalty(weight=weight, target=target):
            steepest = target + distance * max(pull(0.0), 0.0) / (2.0 * weight)
            # where the loss has a kink the pull jumps over the line: the root is where the sign changes
            return _root(lambda k: distance * pull(k * distance) - 2.0 * weight * (k - target), target, steepest)
    raise NotImplementedError(f"no scalar equation for {regularizer!r}")


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """The place in [low, high] where a nonincreasing function changes its sign; an end if it does not."""
    if function(low) <= 0:
        return low
    if function(high) >= 0:
        return high
    return float(brentq(function, low, high, xtol=1e-300, rtol=4 * EPS, maxiter=500))  # type: ignore[arg-type]
