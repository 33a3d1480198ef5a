"""What brings the Dirac-GAN to rest: instance noise, zero-centred penalties, consensus, and MaxGP.

Sources: Mescheder, Geiger and Nowozin (2018), Lemmas 3.2 and 3.3 and the appendix; MaxGP (LGAN Eq. 12) is our own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import Budget
from toylab.claims.diracgan.circling import named, training
from toylab.claims.diracgan.hypotheses import CONSENT, CURVED, LARGEST, NOISE, SHORT, ZERO_CENTRED
from toylab.claims.diracgan.linearisation import (
    contraction_entry,
    eigenvalue_entries,
    field_matrix,
    radial_entries,
)
from toylab.claims.explanation.diracgan import consensus, instance_noise, max_gp, zero_centred
from toylab.diracgan import (
    AbstractMethod,
    AbstractRule,
    Alternating,
    Consensus,
    DiracTraining,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    NonSaturating,
    Simultaneous,
    Unregularised,
    ZeroCentredPenalty,
)

#: training -> (sum, product) of the eigenvalues that a statement gives.
Formula = Callable[[DiracTraining], tuple[float, float]]


def _parameter(subject: DiracTraining, name: str) -> float:
    """A parameter of the method, 0 where the method has none of this name."""
    return float(getattr(subject.game.method, name, 0.0))


def _noise(subject: DiracTraining) -> tuple[float, float]:
    """λ = f''σ² ± √(f''²σ⁴ − f'²)."""
    return -2.0 * subject.game.curvature * _parameter(subject, "scale") ** 2, subject.game.slope**2


def _penalty(subject: DiracTraining) -> tuple[float, float]:
    """λ = −γ/2 ± √(γ²/4 − f'²)."""
    return -_parameter(subject, "weight"), subject.game.slope**2


def _maxgp(subject: DiracTraining) -> tuple[float, float]:
    """λ = −λ ± √(λ² − f'²)."""
    return -2.0 * _parameter(subject, "weight"), subject.game.slope**2


def _consensus(subject: DiracTraining) -> tuple[float, float]:
    """λ = −γf'² ± f' i."""
    damping, square = _parameter(subject, "weight"), subject.game.slope**2
    return -2.0 * damping * square, square + damping**2 * square**2


def _measure(formula: Formula, *, radial: bool = False) -> Callable[[DiracTraining], Evidence]:
    def measure(subject: DiracTraining) -> Evidence:
        parts = eigenvalue_entries("the field", field_matrix(subject), *formula(subject))
        inwards = radial_entries(subject, "≥") if radial else []
        return Evidence.joined([*parts, *inwards, contraction_entry(subject)])

    return measure


# --- cases ---

_SIM, _ALT = Simultaneous(step=0.1), Alternating(step=0.1)


def _cases(methods: tuple[AbstractMethod, ...], *, curved: bool = False) -> Callable[[Budget], Iterator[DiracTraining]]:
    def cases(budget: Budget) -> Iterator[DiracTraining]:
        rules: tuple[AbstractRule, ...] = (_SIM, _ALT)
        if budget is Budget.FULL:
            rules += (Alternating(step=0.1, critic_steps=5), Simultaneous(step=0.02))
        for method in methods if budget is Budget.FULL else methods[:1]:
            for rule in rules:
                yield training(rule, method)
                yield training(rule, method, pair=losses.get("sqrt") if curved else losses.wasserstein())
        yield training(_ALT, methods[0], generator=NonSaturating())

    return cases


_NOISES = _cases((InstanceNoise(scale=1.0), InstanceNoise(scale=0.5), InstanceNoise(scale=2.0)), curved=True)
_PENALTIES = _cases(tuple(ZeroCentredPenalty(weight=weight) for weight in (0.5, 0.2, 3.0)))
_MAXGPS = _cases(tuple(MaxGP(weight=weight) for weight in (0.25, 0.1, 1.5)))
_CONSENTS = _cases((Consensus(weight=1.0), Consensus(weight=0.2)))

_TOO_LONG = "the step is too long: a round has a spectral radius above 1, and training runs away"
_RATIONALE = (
    "Central differences over two steps for the eigenvalues; the rounds are run as they are, and after so many the "
    "linear map leaves a quarter, so that a half leaves room for what is not linear."
)

LEMMA_3_2 = Claim(
    id="mescheder.lemma-3.2",
    title="instance noise brings the Dirac-GAN to rest if f''(0) < 0: eigenvalues f''σ² ± √(f''²σ⁴ − f'²)",
    statement=(
        "With Gaussian instance noise of scale σ > 0 and f''(0) < 0 the field has the eigenvalues "
        "f''(0)σ² ± √(f''(0)²σ⁴ − f'(0)²) at the equilibrium, of negative real part: simultaneous and alternating "
        "gradient descent converge locally for short steps."
    ),
    sources=("Mescheder 2018 Lemma 3.2",),
    rests_on=("linearisation at a fixed point",),
    subject_type=DiracTraining,
    hypotheses=(NOISE, CURVED, SHORT),
    cases=lambda budget: named(_NOISES(budget)),
    measure=_measure(_noise),
    controls=(
        Control(breaks=NOISE.name, subject=lambda: training(_ALT, Unregularised()), why="without noise players circle"),
        Control(
            breaks=CURVED.name,
            subject=lambda: training(_ALT, InstanceNoise(scale=1.0), pair=losses.wasserstein()),
            why="f(t) = t has no curvature: noise averages out and WGAN circles as before",
        ),
        Control(
            breaks=SHORT.name,
            subject=lambda: training(Simultaneous(step=5.0), InstanceNoise(scale=1.0)),
            why=_TOO_LONG,
        ),
    ),
    rationale=_RATIONALE,
    argument=instance_noise,
)

LEMMA_3_3 = Claim(
    id="mescheder.lemma-3.3",
    title="zero-centred gradient penalties bring the Dirac-GAN to rest: eigenvalues −γ/2 ± √(γ²/4 − f'²)",
    statement=(
        "With a zero-centred gradient penalty γ/2 E ‖∇D‖², γ > 0, on reals or on fakes, the field has the eigenvalues "
        "−γ/2 ± √(γ²/4 − f'(0)²) at the equilibrium, of negative real part: simultaneous and alternating gradient "
        "descent converge locally for short steps."
    ),
    sources=("Mescheder 2018 Lemma 3.3",),
    rests_on=("linearisation at a fixed point",),
    subject_type=DiracTraining,
    hypotheses=(ZERO_CENTRED, SHORT),
    cases=lambda budget: named(_PENALTIES(budget)),
    measure=_measure(_penalty),
    controls=(
        Control(
            breaks=ZERO_CENTRED.name,
            subject=lambda: training(_ALT, GradientPenalty(weight=0.5, target=0.3)),
            why="a target for the gradient's norm: ψ is pushed away from 0, and the players orbit",
        ),
        Control(
            breaks=SHORT.name,
            subject=lambda: training(Simultaneous(step=5.0), ZeroCentredPenalty(weight=0.5)),
            why=_TOO_LONG,
        ),
    ),
    rationale=_RATIONALE,
    argument=zero_centred,
)

CONSENSUS = Claim(
    id="mescheder.consensus",
    title="consensus optimisation brings the Dirac-GAN to rest: eigenvalues −γf'² ± f' i",
    statement=(
        "Under consensus optimisation, v − γ ∇ ½‖v‖² with γ > 0, the field has the eigenvalues −γ f'(0)² ± f'(0) i at "
        "the equilibrium: simultaneous and alternating gradient descent converge locally for short steps."
    ),
    sources=("Mescheder 2018 appendix, consensus optimization", "Mescheder 2017"),
    rests_on=("mescheder.lemma-2.2", "linearisation at a fixed point"),
    subject_type=DiracTraining,
    hypotheses=(CONSENT, SHORT),
    cases=lambda budget: named(_CONSENTS(budget)),
    measure=_measure(_consensus),
    controls=(
        Control(breaks=CONSENT.name, subject=lambda: training(_ALT, Unregularised()), why="without it players circle"),
        Control(
            breaks=SHORT.name, subject=lambda: training(Simultaneous(step=8.0), Consensus(weight=1.0)), why=_TOO_LONG
        ),
    ),
    rationale=_RATIONALE,
    argument=consensus,
)

MAX_GP = Claim(
    id="own.dirac-gan-maxgp",
    title="MaxGP brings the Dirac-GAN to rest, WGAN too: eigenvalues −λ ± √(λ² − f'²), and no flow leads away",
    statement=(
        "With MaxGP, λ max ‖∇D‖² and λ > 0, the field has the eigenvalues −λ ± √(λ² − f'(0)²) at the equilibrium, of "
        "negative real part, for every loss, f(t) = t included; θ² + ψ² never rises along the flow, from wherever it "
        "starts; simultaneous and alternating gradient descent converge locally for short steps."
    ),
    sources=("toylab, MaxGP on the Dirac-GAN", "LGAN Eq. 12"),
    rests_on=("linearisation at a fixed point", "conserved quantities"),
    subject_type=DiracTraining,
    hypotheses=(LARGEST, SHORT),
    cases=lambda budget: named(_MAXGPS(budget)),
    measure=_measure(_maxgp, radial=True),
    controls=(
        Control(
            breaks=LARGEST.name,
            subject=lambda: training(_ALT, GradientPenalty(weight=0.5, target=0.3), pair=losses.wasserstein()),
            why="WGAN-GP asks for a norm of 0.3: the players orbit",
        ),
        Control(
            breaks=LARGEST.name,
            subject=lambda: training(_ALT, Unregularised(), pair=losses.wasserstein()),
            why="without a penalty the players circle",
        ),
        Control(breaks=SHORT.name, subject=lambda: training(Alternating(step=5.0), MaxGP(weight=0.25)), why=_TOO_LONG),
    ),
    rationale=_RATIONALE,
    argument=max_gp,
)

__all__ = ["CONSENSUS", "LEMMA_3_2", "LEMMA_3_3", "MAX_GP"]
