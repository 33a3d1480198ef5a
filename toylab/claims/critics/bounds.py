"""How low the objective and how high the constant can be: ICLR Theorem 5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, same_support, standard, tailored
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.explanation.bounds import least_value, most_constant
from toylab.claims.hypotheses import CERTIFIED, PENALISED
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import LowerExtension, tabulated
from toylab.divergences.transport import wasserstein1
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import AtConstant, Candidate


def _constant(candidate: Candidate) -> float | None:
    """The a that a candidate brings, or the best constant of its losses."""
    return candidate.a if isinstance(candidate, AtConstant) else candidate.problem.losses.best_constant


def _slopes(candidate: Candidate, a: float) -> tuple[float, float]:
    pair = candidate.problem.losses
    return float(pair.fake_loss.slope(np.array(a))), float(pair.real_loss.slope(np.array(a)))


def _stationary(candidate: Candidate) -> Condition:
    a = _constant(candidate)
    if a is None:
        return Condition(holds=False, reasons=(f"no a has φ'(a) + ϕ'(a) = 0 for {candidate.problem.losses.name!r}",))
    up, down = _slopes(candidate, a)
    return Condition.that(
        up >= 0.0 and abs(up + down) <= 1e-9 * max(abs(up), abs(down), 1e-300),
        f"φ'({a:g}) + ϕ'({a:g}) = {up:.6g} + {down:.6g} is not 0",
    )


FROM_11 = Hypothesis(
    name="a of condition (11)",
    sentence="φ'(a) + ϕ'(a) = 0, φ'(a) ≥ 0",
    test=_stationary,
    met=lambda candidate: (
        f"a = {_constant(candidate):.6g}, φ'(a) = {_slopes(candidate, _constant(candidate) or 0.0)[0]:.6g}"
    ),
    repair="take a = losses.best_constant",
)


@lru_cache(maxsize=4)
def transport_cost(problem: CriticProblem) -> float:
    """W₁(P_g, P_r) by POT's network simplex; 0 where the measures differ by rounding of their masses only."""
    return 0.0 if problem.support.equal_measures else wasserstein1(problem.fake, problem.real)


@dataclass(frozen=True, kw_only=True)
class _Bounds:
    """φ(a) + ϕ(a), φ'(a) W₁, λ, the relative rounding of a, of φ' there and of W₁, and the absolute one of φ'(a) W₁."""

    start: float
    pull: float
    weight: float
    rounding: float
    carried: float

    @classmethod
    def of(cls, candidate: Candidate) -> _Bounds:
        problem, a = candidate.problem, _constant(candidate) or 0.0
        pair, regularizer = problem.losses, problem.regularizer
        weight = regularizer.weight if isinstance(regularizer, LipschitzPenalty) else np.inf
        value = float(pair.fake_loss.value(np.array(a)) + pair.real_loss.value(np.array(a)))
        slope, support = _slopes(candidate, a)[0], problem.support
        pull = slope * transport_cost(problem)
        count = len(problem.fake) + len(problem.real)
        # masses that are off by their rounding are carried across the support at most
        carried = 0.0 if support.equal_measures else slope * float(support.mass_rounding.sum()) * support.diameter
        return cls(start=value, pull=pull, weight=weight, rounding=ROUNDING * (count + 1.0 + abs(a)), carried=carried)

    @property
    def gain_error(self) -> float:
        """How far the gain (φ'(a) W₁)²/4λ is off by what is carried."""
        return (2.0 * self.pull + self.carried) * self.carried / (4.0 * self.weight)


def _measure_value(candidate: Candidate) -> Evidence:
    known, bounds = certified(candidate), _Bounds.of(candidate)
    gain = bounds.pull**2 / (4.0 * bounds.weight)
    bound, value = bounds.start - gain, candidate.value
    return Evidence.of(
        max(bound - value, 0.0),
        bounds.rounding * (abs(bounds.start) + gain + abs(value)) + known.value_rounding + bounds.gain_error,
        resolution=RESOLUTION * max(gain, 1e-9 * abs(bounds.start)),
        scale=max(gain, 1e-9),
        labels=["the bound against J + λk²"],
        arrays={"bound": np.array([bound]), "value": np.array([value]), "start": np.array([bounds.start])},
    )


def _measure_constant(candidate: Candidate) -> Evidence:
    known, bounds = certified(candidate), _Bounds.of(candidate)
    most = bounds.pull / (2.0 * bounds.weight)
    error = known.constant_error + bounds.rounding * (most + known.k) + bounds.carried / (2.0 * bounds.weight)
    labels, residuals = ["k* against the bound"], [max(known.k - most, 0.0)]
    if candidate.problem.losses.is_wasserstein:
        labels.append("k* equal to the bound, for Wasserstein")
        residuals.append(abs(known.k - most))
    unit = max(most, known.k, 1e-300)
    return Evidence.of(
        residuals,
        error,
        resolution=RESOLUTION * unit if unit > 1e-300 else np.inf,
        scale=unit,
        labels=labels,
        arrays={"most": np.array([most])},
    )


# --- controls and cases ------------------------------------------------------------------------------------


def _diracs(distance: float, weight: float) -> CriticProblem:
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[distance]]))
    return CriticProblem(fake, real, losses.logistic(), LipschitzPenalty(weight))


def _wrong_a() -> Candidate:
    """Logistic, W₁ = .1, λ = 1, f = 0: J = 1.38629, and with a = 1 in place of 0 the bound would be 1.62519."""
    problem = _diracs(0.1, 1.0)
    idle = LowerExtension(problem.support.points, np.zeros(2), 0.0)
    return AtConstant.beside(Candidate.of(problem, idle), 1.0)


def _flat_a() -> Candidate:
    """Logistic Diracs at distance 1, λ = .1: k* = 1.5675, and a = −4 has φ'(a) = .018, so the bound would be .09."""
    from scipy.optimize import brentq
    from scipy.special import expit

    problem = _diracs(1.0, 0.1)
    s = float(brentq(lambda t: expit(-t) - 0.4 * t, 0.0, 5.0, xtol=1e-15, rtol=1e-15))  # type: ignore[arg-type]
    critic = tabulated(problem.support.points, np.array([-s, s]))
    return AtConstant.beside(Candidate.of(problem, critic), -4.0)


def _too_steep() -> Candidate:
    """Logistic Diracs at distance 1, λ = .1 under a critic of constant 10, more than φ'(0) W₁/2λ = 2.5."""
    problem = _diracs(1.0, 0.1)
    return Candidate.of(problem, tabulated(problem.support.points, np.array([-5.0, 5.0])))


def _penalty_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(budget, balls=False)
    for name, fake, real in same_support(budget):
        for make in (losses.wasserstein, losses.logistic):
            yield tailored(name, fake, real, make(), LipschitzPenalty(0.1))


LEAST_VALUE = Claim(
    id="iclr.theorem-5",
    title="the objective is bounded below through W₁",
    statement=(
        "For every critic f, J(f) + λ k(f)² ≥ φ(a) + ϕ(a) − (φ'(a) W₁(P_g, P_r))²/(4λ), a the constant of condition "
        "(11)."
    ),
    sources=("ICLR Theorem 5",),
    rests_on=("Kantorovich–Rubinstein duality",),
    subject_type=Candidate,
    hypotheses=(FROM_11, PENALISED),
    cases=_penalty_cases,
    measure=_measure_value,
    controls=(
        Control(
            breaks=FROM_11.name,
            subject=_wrong_a,
            why="logistic with a = 1, W₁ = .1, λ = 1, f = 0: the bound would be 1.62519, but J = 1.38629",
        ),
    ),
    rationale="Rounding alone: of J, of φ and φ' at a, and of POT's W₁. Any critic will do, optimal or not.",
    argument=least_value,
)

MOST_CONSTANT = Claim(
    id="iclr.theorem-5.constant",
    title="k* ≤ φ'(a) W₁/(2λ), with equality for Wasserstein",
    statement=(
        "k* ≤ φ'(a) W₁(P_g, P_r)/(2λ), a the constant of condition (11); for the Wasserstein loss they are equal."
    ),
    sources=("ICLR Theorem 5, own consequence",),
    rests_on=("Kantorovich–Rubinstein duality", "weak duality"),
    subject_type=Candidate,
    hypotheses=(FROM_11, PENALISED, CERTIFIED),
    cases=_penalty_cases,
    measure=_measure_constant,
    controls=(
        Control(
            breaks=FROM_11.name,
            subject=_flat_a,
            why="logistic with a = −4, where φ' is .018: two Diracs at distance 1, λ = .1, need 1.568, not .09",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_too_steep,
            why="a critic of constant 10 that is not optimal: the bound is 2.5",
        ),
    ),
    rationale=(
        "min J over k-Lipschitz critics is convex in k, with slope −φ'(a) W₁ at k = 0 and −2λk* at k*. Error bounds: "
        "the certificate's interval for k*, rounding of φ'(a) and of POT's W₁."
    ),
    argument=most_constant,
)
