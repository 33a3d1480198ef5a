"""The hinge loss is Wasserstein's once its critic fits the margin, as a claim on candidates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from toylab import losses, zoo
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, tailored
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.critics.bounds import transport_cost
from toylab.claims.critics.diracs import line_problem, weight_and_target
from toylab.claims.explanation.bounds import hinge_margin
from toylab.claims.hypotheses import CERTIFIED, PENALISED
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.problem import LipschitzPenalty
from toylab.solution import Candidate


def _enough(candidate: Candidate) -> tuple[float, float]:
    """λ, and W₁ · diameter / 4."""
    known = certified(candidate)
    return weight_and_target(candidate.problem.regularizer)[0], transport_cost(candidate.problem) * known.diameter / 4.0


def _in_margin(candidate: Candidate) -> Condition:
    weight, enough = _enough(candidate)
    return Condition.that(weight >= enough, f"λ = {weight:g} is less than W₁·diameter/4 = {enough:.4g}")


def _said_margin(candidate: Candidate) -> str:
    weight, enough = _enough(candidate)
    start = f"λ = {weight:g}" if np.isfinite(weight) else "the constant is bounded, which counts as a large λ"
    return f"{start}, W₁·diameter/4 = {enough:.4g}"


HINGE = Hypothesis(
    name="hinge loss",
    sentence="φ(t) = max(0, 1 + t) and ϕ(t) = max(0, 1 − t)",
    test=lambda candidate: Condition.that(
        candidate.problem.losses == losses.hinge(), f"the loss is {candidate.problem.losses.name!r}"
    ),
    met=lambda candidate: "φ(t) = max(0, 1 + t) and ϕ(t) = max(0, 1 − t)",
    repair="take losses.hinge()",
)
MARGIN = Hypothesis(
    name="within the margin",
    sentence="λ ≥ W₁·diameter/4, so that a Wasserstein critic stays within [−1, 1]",
    test=_in_margin,
    met=_said_margin,
    repair="take a larger λ",
)


def _measure_hinge(candidate: Candidate) -> Evidence:
    known, w1 = certified(candidate), transport_cost(candidate.problem)
    weight = weight_and_target(candidate.problem.regularizer)[0]
    constant, value = w1 / (2.0 * weight), 2.0 - w1**2 / (4.0 * weight)
    rounding = ROUNDING * (len(known.points) + 1)
    return Evidence.of(
        [abs(known.k - constant), abs(candidate.value - value)],
        [
            known.constant_error + rounding * (constant + known.k),
            known.gap + rounding * (4.0 + abs(candidate.value)) + known.value_rounding,
        ],
        resolution=RESOLUTION * np.array([max(constant, 1e-12), 2.0]),
        scale=np.array([max(constant, 1e-12), 2.0]),
        labels=["k* against W₁/2λ", "V against 2 − W₁²/4λ"],
        arrays={"closed": np.array([constant, value]), "found": np.array([known.k, candidate.value])},
    )


def _hinge_diracs(weight: float, half: float) -> Candidate:
    """Two points at distance 1 under the hinge loss, f = ∓half."""
    problem = line_problem([0.0], [1.0], losses.hinge(), weight)
    return Candidate.of(
        problem, tabulated(problem.support.points, np.array([-half, half])), [[min(4.0 * weight * half, 1.0)]]
    )


def _logistic_in_margin() -> Candidate:
    """Logistic Diracs at distance 1, λ = 1: σ(−s) = 4 s, far less steep than Wasserstein's."""
    s = float(brentq(lambda t: float(expit(-t) - 4.0 * t), 0.0, 1.0))  # type: ignore[arg-type]
    problem = line_problem([0.0], [1.0], losses.logistic(), 1.0)
    return Candidate.of(problem, tabulated(problem.support.points, np.array([-s, s])))


def _hinge_cases(budget: Budget) -> Iterator[Case]:
    names = {"two-diracs": None, "case6": None, "case4": 6, "chain": None, "two-gaussians": 8}
    for name, size in names.items():
        plain = zoo.load(name, n=size, losses=losses.hinge(), regularizer=LipschitzPenalty(1.0))
        spread = float(np.linalg.norm(np.ptp(plain.support.points, axis=0)))
        for factor in (1.0,) if budget is Budget.QUICK else (1.0, 3.0, 30.0):
            weight = float(np.round(factor * transport_cost(plain) * spread / 4.0, 3)) + 1e-3
            yield tailored(name, plain.fake, plain.real, losses.hinge(), LipschitzPenalty(weight))


HINGE_MARGIN = Claim(
    id="own.hinge-is-wasserstein",
    title="the hinge loss is Wasserstein's once its critic fits the margin",
    statement=(
        "If λ ≥ W₁·diameter/4, the hinge loss has k* = W₁/(2λ) and V = 2 − W₁²/(4λ), those of the Wasserstein loss but "
        "for the constant 2."
    ),
    sources=("own fact on the hinge loss",),
    rests_on=("Kantorovich–Rubinstein duality", "weak duality"),
    subject_type=Candidate,
    hypotheses=(HINGE, PENALISED, MARGIN, CERTIFIED),
    cases=_hinge_cases,
    measure=_measure_hinge,
    controls=(
        Control(
            breaks=MARGIN.name,
            subject=lambda: _hinge_diracs(0.1, 1.0),
            why="two Diracs, d = 1, λ = .1 < .25: the hinge stops at f = ∓1, k = 2, where Wasserstein goes on to 5",
        ),
        Control(
            breaks=HINGE.name,
            subject=_logistic_in_margin,
            why="the logistic loss bends at once: k = .1219 in place of ½",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _hinge_diracs(1.0, 0.5),
            why="two Diracs, λ = 1, f = ∓½: twice as steep as the optimum",
        ),
    ),
    rationale="The certificate's interval for k* and its gap for V; rounding of POT's W₁.",
    argument=hinge_margin,
)
