"""What the bench of flows compares: problems, starts, objectives, step rules and split rules, each by its name.

Lengths are in units of the initial W₁, so that the same rules fit every problem.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toylab import losses, zoo
from toylab.divergences import FisherIPM, LocalObjective, Uniform, UnrestrictedLoss, wasserstein1
from toylab.dynamics import (
    AbstractObjective,
    AbstractSplit,
    AbstractStep,
    FixedStep,
    Jitter,
    LipschitzCritic,
    MomentumStep,
    NoisyDensities,
    PointwiseOptimum,
    ProportionalStep,
    ShareOut,
    Together,
    UnitStep,
)
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty

#: λ of every penalty, and the radius of the ball.
WEIGHT, RADIUS = 0.1, 1.0
#: A step of equal length, and the first one of a fixed rate, in units of the initial W₁; the share of the way.
LENGTH, SHARE = 0.1, 0.25
MOMENTUM = 0.8
#: Standard deviation of a jitter, in units of the initial W₁.
JITTER = 1e-3
#: Standard deviations of the noise that gives densities: narrow, and as wide as the way to go.
NARROW, WIDE = 0.1, 0.5


@dataclass(frozen=True, kw_only=True)
class Start:
    """The measures before the first step, and two numbers that rules are set by.

    Attributes:
        fake: the fakes.
        real: the reals.
        length: W₁ between them.
        constant: k* of the objective's critic, NaN where no rule asked for it.
    """

    fake: DiscreteMeasure
    real: DiscreteMeasure
    length: float
    constant: float = np.nan

    @property
    def problem(self) -> CriticProblem:
        """The measures as a problem; its objective is not used."""
        return CriticProblem(self.fake, self.real, losses.wasserstein(), LipschitzPenalty(WEIGHT))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """An objective that is compared.

    Attributes:
        words: what the tables call it.
        build: start -> the objective.
        restricted: whether its critic is Lipschitz, and so has a constant and a certificate.
        still: whether its fakes do not move at all: the null of the comparison, whose W₁ stays what it was.
    """

    words: str
    build: Callable[[Start], AbstractObjective]
    restricted: bool = True
    still: bool = False


def _penalty(name: str, words: str) -> Kind:
    objective = LipschitzCritic(losses=losses.get(name), regularizer=LipschitzPenalty(WEIGHT))
    return Kind(words=f"{words}, λ k²", build=lambda start: objective)


def _ball(name: str, words: str) -> Kind:
    objective = LipschitzCritic(losses=losses.get(name), regularizer=LipschitzBall(RADIUS))
    return Kind(words=f"{words}, k ≤ {RADIUS:g}", build=lambda start: objective)


def _points(local: LocalObjective, words: str) -> Kind:
    objective = PointwiseOptimum(local=local)
    return Kind(words=f"{words}, on the points", build=lambda start: objective, restricted=False, still=True)


def _noisy(local: LocalObjective, words: str, share: float) -> Kind:
    return Kind(
        words=f"{words}, noise {share:g} W₁",
        build=lambda start: NoisyDensities(local=local, scale=share * start.length),
        restricted=False,
    )


_VANILLA, _LEAST_SQUARES = UnrestrictedLoss(losses.logistic()), UnrestrictedLoss(losses.quadratic(0.0, 1.0))

#: By name, in the order of the tables. The vanilla critic is the logit, whichever loss the generator is given.
OBJECTIVES: dict[str, Kind] = {
    "wasserstein": _penalty("wasserstein", "Wasserstein"),
    "logistic": _penalty("logistic", "logistic"),
    "sqrt": _penalty("sqrt", "sqrt"),
    "exponential": _penalty("exponential", "exponential"),
    "hinge": _penalty("hinge", "hinge"),
    "least-squares": _penalty("quadratic(0, 1)", "least squares"),
    "wasserstein-ball": _ball("wasserstein", "Wasserstein"),
    "logistic-ball": _ball("logistic", "logistic"),
    "vanilla-points": _points(_VANILLA, "vanilla"),
    "least-squares-points": _points(_LEAST_SQUARES, "least squares"),
    "fisher-points": _points(FisherIPM(), "Fisher"),
    "vanilla-narrow": _noisy(_VANILLA, "vanilla", NARROW),
    "least-squares-narrow": _noisy(_LEAST_SQUARES, "least squares", NARROW),
    "fisher-narrow": _noisy(FisherIPM(mu=Uniform()), "Fisher", NARROW),
    "vanilla-wide": _noisy(_VANILLA, "vanilla", WIDE),
    "least-squares-wide": _noisy(_LEAST_SQUARES, "least squares", WIDE),
    "fisher-wide": _noisy(FisherIPM(mu=Uniform()), "Fisher", WIDE),
}


@dataclass(frozen=True, kw_only=True)
class StepKind:
    """A step rule that is compared.

    Attributes:
        words: what the tables call it.
        build: start -> the rule.
        needs_constant: whether the rule is set by k* at the start.
    """

    words: str
    build: Callable[[Start], AbstractStep]
    needs_constant: bool = False


#: By name. A fixed rate is set so that the first step is as long as one of equal length.
STEPS: dict[str, StepKind] = {
    "unit": StepKind(words=f"{LENGTH:g} W₁ each", build=lambda start: UnitStep(length=LENGTH * start.length)),
    "proportional": StepKind(words=f"{SHARE:g} of the way", build=lambda start: ProportionalStep(share=SHARE)),
    "fixed": StepKind(
        words="fixed rate",
        build=lambda start: FixedStep(rate=LENGTH * start.length / start.constant),
        needs_constant=True,
    ),
    "momentum": StepKind(
        words=f"momentum {MOMENTUM:g}",
        build=lambda start: MomentumStep(
            rate=(1.0 - MOMENTUM) * LENGTH * start.length / start.constant, momentum=MOMENTUM
        ),
        needs_constant=True,
    ),
}

#: What is done about fakes in one place, by name: start, seed -> the rule.
SPLITS: dict[str, Callable[[Start, int], AbstractSplit]] = {
    "together": lambda start, seed: Together(),
    "jitter": lambda start, seed: Jitter(scale=JITTER * start.length, seed=seed),
    "share-out": lambda start, seed: ShareOut(),
}

#: The problems of the default comparison and what they are called; any of the zoo with so many points as one likes.
PROBLEMS: dict[str, str] = {
    "two-gaussians": "separated clouds",
    "case3": "two modes, one near",
    "independent-lines": "parallel lines",
}


def started(problem: str, n: int, seed: int, *, doubled: bool) -> Start:
    """The measures of a problem of the zoo.

    Args:
        problem: name.
        n: points a side.
        seed: of the points.
        doubled: whether every second fake stands where the one before it stands.
    """
    drawn = zoo.load(problem, n=n, seed=seed)
    fake = drawn.fake
    if doubled:
        fake = DiscreteMeasure(fake.points[np.arange(n) // 2 * 2], fake.weights)
    return Start(fake=fake, real=drawn.real, length=wasserstein1(fake, drawn.real))


__all__ = [
    "OBJECTIVES",
    "PROBLEMS",
    "SPLITS",
    "STEPS",
    "Kind",
    "Start",
    "StepKind",
    "started",
]
