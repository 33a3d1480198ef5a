"""WGAN with clipped weights and WGAN-GP on the Dirac-GAN: Mescheder, Geiger and Nowozin, Lemma 3.1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import Budget
from toylab.claims.diracgan.circling import named, training
from toylab.claims.diracgan.hypotheses import KEPT_AWAY, MODERATE, WASSERSTEIN, overshoot
from toylab.claims.diracgan.linearisation import entry
from toylab.claims.explanation.diracgan import orbits
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import compare
from toylab.claims.rounding import ROUNDING
from toylab.diracgan import (
    AbstractMethod,
    AbstractRule,
    Alternating,
    DiracTraining,
    GradientPenalty,
    MaxGP,
    Simultaneous,
    WeightClipping,
)


def kept_distance(subject: DiracTraining) -> float:
    """A distance from the equilibrium within which no tail of a training can stay, proved for f(t) = t.

    With a target: while |θ|, |ψ| ≤ ρ, each critic step moves ψ by h (γ(g − |ψ|) − |θ|) or more in one direction, but no
    two points within ρ are further than 2ρ apart: ρ ≥ hγg/(2 + h(1 + γ)). Without: let p, q be how far θ and ψ go in a
    round. Simultaneous steps make θ² + ψ² grow, alternating ones keep Q = qθ² − pqθψ + pψ²; clipping sets |ψ| to c,
    where θ² + ψ² ≥ c² and Q ≥ pc²(1 − pq/4); and Q is at most its largest eigenvalue times θ² + ψ².
    """
    method, rule = subject.game.method, subject.rule
    h, (p, q) = rule.step, rule.reach
    if isinstance(method, GradientPenalty):
        return h * method.weight * method.target / (2.0 + h * (1.0 + method.weight))
    bound = method.bound if isinstance(method, WeightClipping) else np.inf
    theta, psi = subject.start[0], float(method.projected(np.array(subject.start[1])))
    if isinstance(rule, Simultaneous):
        return min(float(np.hypot(theta, psi)), bound)
    kept = min(q * theta**2 - p * q * theta * psi + p * psi**2, p * bound**2 * (1.0 - 0.25 * overshoot(subject)))
    largest = 0.5 * (p + q) + 0.5 * float(np.hypot(p - q, p * q))
    return float(np.sqrt(max(kept, 0.0) / largest))


def _measure(subject: DiracTraining) -> Evidence:
    """The largest distance in the second half of the rounds against the distance that is kept."""
    tail = subject.orbit.radius[subject.rounds // 2 :]
    furthest, kept = float(tail.max()), kept_distance(subject)
    label = f"largest distance in the last {len(tail)} rounds, against the distance that is kept"
    rounding = ROUNDING * subject.rounds * (furthest + kept)
    return entry("rounds", compare(label, Interval.of(furthest, rounding), "≥", Interval.of(kept), max(furthest, kept)))


def _wgan(rule: AbstractRule, method: AbstractMethod, rounds: int = 600) -> DiracTraining:
    return training(rule, method, pair=losses.wasserstein(), start=(1.0, 0.1), rounds=rounds)


_CLIPPED, _TARGET = WeightClipping(bound=0.3), GradientPenalty(weight=1.0, target=0.3)


def _cases(budget: Budget) -> Iterator[DiracTraining]:
    rules: tuple[AbstractRule, ...] = (Simultaneous(step=0.1), Alternating(step=0.1))
    if budget is Budget.FULL:
        rules += (
            Alternating(step=0.1, critic_steps=5),
            Alternating(step=0.02, critic_steps=2),
            Simultaneous(step=0.01),
        )
    for rule in rules:
        yield _wgan(rule, _CLIPPED)
        yield _wgan(rule, _TARGET)
    if budget is Budget.FULL:
        yield _wgan(rules[0], GradientPenalty(weight=4.0, target=0.3))  # comes to rest elsewhere, at θ = ±γg, ψ = 0


LEMMA_3_1 = Claim(
    id="mescheder.lemma-3.1",
    title="WGAN with clipped weights and WGAN-GP stay away from the Dirac-GAN's equilibrium, for every fixed h and n_d",
    statement=(
        "WGAN with clipped weights and WGAN-GP, trained by simultaneous or alternating gradient descent with fixed "
        "numbers of steps and a fixed h, do not converge to the equilibrium of the Dirac-GAN: no tail of a training "
        "stays within a distance that is known beforehand."
    ),
    sources=("Mescheder 2018 Lemma 3.1", "Mescheder 2018 section 3.1, WGAN-GP"),
    rests_on=("steps of a convergent sequence", "conserved quantities"),
    subject_type=DiracTraining,
    hypotheses=(WASSERSTEIN, KEPT_AWAY, MODERATE),
    cases=lambda budget: named(_cases(budget)),
    measure=_measure,
    controls=(
        Control(
            breaks=KEPT_AWAY.name,
            subject=lambda: _wgan(Alternating(step=0.1), MaxGP(weight=0.5)),
            why="MaxGP draws the slope to 0, not to a target: training ends at the equilibrium",
        ),
    ),
    rationale=(
        "The distance that is kept follows from an invariant of the rounds, or from the least length of a critic step; "
        "the rounding of all rounds is added."
    ),
    argument=orbits,
)

__all__ = ["LEMMA_3_1", "kept_distance"]
