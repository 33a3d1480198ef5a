"""Dirac-GANs without regularisation circle: Mescheder, Geiger and Nowozin, Lemmas 2.2 to 2.5."""

from __future__ import annotations

from collections.abc import Iterator

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.diracgan.hypotheses import AT_ONCE, IN_TURN, NOTHING, OPPOSED, overshoot
from toylab.claims.diracgan.linearisation import (
    eigenvalue_entries,
    entry,
    field_matrix,
    radial_entries,
    round_matrix,
)
from toylab.claims.explanation.diracgan import alternating, eigenvalues, integral_curves, simultaneous
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import compare
from toylab.claims.rounding import ROUNDING
from toylab.diracgan import (
    AbstractGenerator,
    AbstractMethod,
    AbstractRule,
    Alternating,
    Consensus,
    DiracGAN,
    DiracTraining,
    NonSaturating,
    Simultaneous,
    Unregularised,
    ZeroCentredPenalty,
    ZeroSum,
)
from toylab.losses import LossPair


def training(
    rule: AbstractRule,
    method: AbstractMethod | None = None,
    *,
    pair: LossPair | None = None,
    generator: AbstractGenerator | None = None,
    start: tuple[float, float] = (1.0, 0.0),
    rounds: int = 100,
) -> DiracTraining:
    """A training of the GAN, unregularised where nothing is said."""
    game = DiracGAN(
        losses=pair or losses.logistic(), generator=generator or ZeroSum(), method=method or Unregularised()
    )
    return DiracTraining(game=game, rule=rule, start=start, rounds=rounds)


def named(trainings: Iterator[DiracTraining]) -> Iterator[Case]:
    """Cases under their descriptions."""
    for subject in trainings:
        yield Case(name=subject.describe(), engine=Engine.NONE, subject=subject)


def _measure_field(subject: DiracTraining) -> Evidence:
    return Evidence.joined(eigenvalue_entries("the field", field_matrix(subject), 0.0, subject.game.slope**2))


def _measure_curves(subject: DiracTraining) -> Evidence:
    return Evidence.joined(radial_entries(subject, "="))


def _measure_simultaneous(subject: DiracTraining) -> Evidence:
    """1 ± h a i have the sum 2 and the product 1 + h²a²; and no round comes nearer."""
    growth = 1.0 + subject.rule.step**2 * subject.game.slope**2
    radius = subject.orbit.radius
    least = float((radius[1:] / radius[:-1]).min())
    nearer = compare(
        f"least quotient of the distances of two rounds, of {subject.rounds}",
        Interval.of(least, ROUNDING),
        "≥",
        Interval.of(1.0),
        1.0,
    )
    return Evidence.joined(
        [*eigenvalue_entries("a round", round_matrix(subject), 2.0, growth), entry("rounds", nearer)]
    )


def _measure_alternating(subject: DiracTraining) -> Evidence:
    return Evidence.joined(eigenvalue_entries("a round", round_matrix(subject), 2.0 - overshoot(subject), 1.0))


# --- cases ---

_SIM, _ALT = Simultaneous(step=0.1), Alternating(step=0.1)


def _games(rules: tuple[AbstractRule, ...], *, opposed: bool) -> Iterator[DiracTraining]:
    for rule in rules:
        yield training(rule)
        yield training(rule, pair=losses.wasserstein(), start=(0.5, 0.5))
        if not opposed:
            yield training(rule, generator=NonSaturating())


def _any(budget: Budget) -> Iterator[DiracTraining]:
    yield from _games((_SIM,), opposed=False)
    if budget is Budget.FULL:
        yield training(_SIM, pair=losses.get("sqrt"), generator=NonSaturating())
        yield training(_SIM, pair=losses.get("exponential"))


def _opposed(budget: Budget) -> Iterator[DiracTraining]:
    yield from _games((_SIM,), opposed=True)
    if budget is Budget.FULL:
        yield from _games((Simultaneous(step=1.0), Simultaneous(step=0.001)), opposed=True)
        yield training(_SIM, pair=losses.get("sqrt"))


def _alternating(budget: Budget) -> Iterator[DiracTraining]:
    yield from _games((_ALT, Alternating(step=0.5, critic_steps=5)), opposed=False)
    if budget is Budget.FULL:
        yield from _games(
            (Alternating(step=5.0), Alternating(step=0.2, critic_steps=2, generator_steps=3)), opposed=False
        )


_DAMPED = ZeroCentredPenalty(weight=0.5)

LEMMA_2_2 = Claim(
    id="mescheder.lemma-2.2",
    title="the unregularised Dirac-GAN's field has the eigenvalues ± f'(0) i at the equilibrium",
    statement=(
        "At its equilibrium θ = ψ = 0 the field (−ψ f'(ψθ), θ f'(ψθ)) of the unregularised Dirac-GAN has a Jacobian "
        "with the eigenvalues ± f'(0) i: nothing draws the players in."
    ),
    sources=("Mescheder 2018 Lemma 2.2",),
    rests_on=("linearisation at a fixed point",),
    subject_type=DiracTraining,
    hypotheses=(NOTHING,),
    cases=lambda budget: named(_any(budget)),
    measure=_measure_field,
    controls=(
        Control(
            breaks=NOTHING.name,
            subject=lambda: training(_SIM, _DAMPED),
            why="a zero-centred penalty adds −γ to the sum of the eigenvalues",
        ),
        Control(
            breaks=NOTHING.name,
            subject=lambda: training(_SIM, Consensus(weight=1.0)),
            why="consensus moves both eigenvalues to the left by γ f'(0)²",
        ),
    ),
    rationale="Central differences over two steps, whose difference bounds their error; intervals rounded outwards.",
    argument=eigenvalues,
)

LEMMA_2_3 = Claim(
    id="mescheder.lemma-2.3",
    title="θ² + ψ² is constant along every integral curve of the unregularised zero-sum Dirac-GAN",
    statement=(
        "Along every integral curve of the unregularised zero-sum Dirac-GAN θ² + ψ² is constant: but for the "
        "equilibrium itself none converges to it."
    ),
    sources=("Mescheder 2018 Lemma 2.3",),
    rests_on=("conserved quantities",),
    subject_type=DiracTraining,
    hypotheses=(NOTHING, OPPOSED),
    cases=lambda budget: named(_opposed(budget)),
    measure=_measure_curves,
    controls=(
        Control(
            breaks=NOTHING.name,
            subject=lambda: training(_SIM, _DAMPED),
            why="a zero-centred penalty takes 2γψ² from the rate of θ² + ψ²",
        ),
        Control(
            breaks=OPPOSED.name,
            subject=lambda: training(_SIM, generator=NonSaturating()),
            why="the non-saturating generator: the rate is −2s tanh(s/2), s = ψθ, and the flow creeps in as √(8/t)",
        ),
    ),
    rationale="⟨x, v⟩ is a sum of two products: rounding alone.",
    argument=integral_curves,
)

LEMMA_2_4 = Claim(
    id="mescheder.lemma-2.4",
    title="simultaneous gradient descent on the unregularised Dirac-GAN leads away in every round, for every h",
    statement=(
        "For simultaneous gradient descent on the unregularised zero-sum Dirac-GAN a round has the eigenvalues "
        "1 ± h f'(0) i at the equilibrium, of absolute value √(1 + h² f'(0)²), and θ² + ψ² rises in every round, "
        "however short h is."
    ),
    sources=("Mescheder 2018 Lemma 2.4",),
    rests_on=("mescheder.lemma-2.2", "mescheder.lemma-2.3"),
    subject_type=DiracTraining,
    hypotheses=(NOTHING, OPPOSED, AT_ONCE),
    cases=lambda budget: named(_opposed(budget)),
    measure=_measure_simultaneous,
    controls=(
        Control(
            breaks=NOTHING.name,
            subject=lambda: training(_SIM, _DAMPED),
            why="with a zero-centred penalty and a short step rounds come nearer",
        ),
        Control(
            breaks=OPPOSED.name,
            subject=lambda: training(_SIM, generator=NonSaturating(), start=(1.5, 1.5)),
            why="the non-saturating generator comes nearer from afar, down to a circle of radius about √(2h)",
        ),
        Control(
            breaks=AT_ONCE.name,
            subject=lambda: training(_ALT),
            why="players that take turns swing around a circle: some rounds lead away, others come nearer",
        ),
    ),
    rationale="Differences of one round; the quotient of two distances is known up to rounding.",
    argument=simultaneous,
)

LEMMA_2_5 = Claim(
    id="mescheder.lemma-2.5",
    title="alternating gradient descent on the unregularised Dirac-GAN: eigenvalues on the unit circle, or outside",
    statement=(
        "For alternating gradient descent with n_g and n_d steps on the unregularised Dirac-GAN a round has "
        "eigenvalues with the product 1 and the sum 2 − α², α = √(n_g n_d) h f'(0), at the equilibrium: on the unit "
        "circle for α ≤ 2, one of them outside for α > 2. It never converges at a linear rate."
    ),
    sources=("Mescheder 2018 Lemma 2.5",),
    rests_on=("mescheder.lemma-2.2", "linearisation at a fixed point"),
    subject_type=DiracTraining,
    hypotheses=(NOTHING, IN_TURN),
    cases=lambda budget: named(_alternating(budget)),
    measure=_measure_alternating,
    controls=(
        Control(
            breaks=NOTHING.name,
            subject=lambda: training(_ALT, _DAMPED),
            why="with a zero-centred penalty the product is 1 − hγ: both eigenvalues are inside",
        ),
        Control(
            breaks=IN_TURN.name,
            subject=lambda: training(_SIM),
            why="simultaneous steps: the product is 1 + h² f'(0)²",
        ),
    ),
    rationale="Differences of one round of all its steps; sum and product are carried through as intervals.",
    argument=alternating,
)

__all__ = ["LEMMA_2_2", "LEMMA_2_3", "LEMMA_2_4", "LEMMA_2_5", "named", "training"]
