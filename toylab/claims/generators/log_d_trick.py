"""What the −log D update descends on, with the discriminator held fixed: Arjovsky and Bottou, Theorem 2.5."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.generators import kl_minus_two_jsd, wrong_divergence
from toylab.claims.generators.update_hypotheses import NON_SATURATING, same_law
from toylab.claims.kinds import DiscriminatorKind, SettingKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Gaussian, gaussian_mixture
from toylab.distributions.plain import words
from toylab.divergences import DensityPair, integrate
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    Average,
    GeneratorUpdate,
    OptimalDiscriminator,
    Saturating,
    Shift,
    average,
)

_LN2 = float(np.log(2.0))
_RESOLUTION = 1e-6


def _optimal(update: GeneratorUpdate) -> Condition:
    discriminator, law = update.discriminator, update.law
    if not isinstance(discriminator, OptimalDiscriminator) or law is None:
        return Condition(holds=False, reasons=("the discriminator is no q/(p + q) of known densities",))
    stale = [
        f"D* was made for {side} {words(made)}, and they are {words(now)}"
        for side, made, now in (("fakes", discriminator.fake, law), ("reals", discriminator.real, update.real))
        if not same_law(made, now)
    ]
    if update.noise:
        stale.append(f"instance noise {update.noise:g} is added to the fakes")
    return Condition(holds=not stale, reasons=tuple(stale))


OPTIMAL = Hypothesis(
    name="optimal discriminator",
    sentence="D = D* = q/(p + q) for the fakes at this θ and the reals",
    test=_optimal,
    met=lambda update: f"D is {update.discriminator.describe()}",
    repair="take GeneratorUpdate.against_the_optimum(generator, latent, real)",
    relax=(
        *DiscriminatorKind.all_but(DiscriminatorKind.OPTIMAL, DiscriminatorKind.FOLLOWING),
        *SettingKind.all_but(SettingKind.DENSITIES),
    ),
)
FROZEN = Hypothesis(
    name="frozen discriminator",
    sentence="D* stays what it is while the generator moves",
    test=lambda update: Condition.that(
        not getattr(update.discriminator, "follows", False), "D* follows the generator, and is differentiated too"
    ),
    met=lambda update: "D* is held fixed",
    repair="take an OptimalDiscriminator with follows=False",
    relax=(DiscriminatorKind.FOLLOWING,),
)
#: (ln p, ln q) -> what ∂p/∂θ is multiplied with.
_Weight = Callable[[np.ndarray, np.ndarray], np.ndarray]


def against_slopes(update: GeneratorUpdate, weight: _Weight) -> Average:
    """∫ ∂p/∂θ · weight(ln p, ln q) dx by cubature, parameter by parameter; ∂p/∂θ = p ∂ ln p/∂θ in closed form."""
    law = update.law
    if law is None:
        raise InputError("no formula is known for the density of the fakes, so that no divergence of it is.")
    pair = DensityPair(law, update.real)
    found = []
    for index in range(len(update.generator.parameters)):

        def integrand(x: np.ndarray, index: int = index) -> np.ndarray:
            log_fake, log_real = pair.log_densities(x)
            slope = np.exp(log_fake) * update.generator.law_score(update.latent, x)[:, index]
            return slope * weight(log_fake, log_real)

        found.append(integrate(integrand, (law, update.real), rtol=1e-9 if pair.dimension == 1 else 1e-7))
    error = np.array([q.error for q in found]) + _slope_rounding(update, pair)
    return Average(value=np.array([q.value for q in found]), error=error)


def _slope_rounding(update: GeneratorUpdate, pair: DensityPair) -> np.ndarray:
    """64 roundings of ln p and ln q under ∫ |∂p/∂θ| = E |∂ ln p/∂θ|, (parameters,)."""

    def size(z: np.ndarray) -> np.ndarray:
        x = update.generator(z)
        logs = [np.where(np.isfinite(log), np.abs(log), 0.0) for log in pair.log_densities(x)]
        return np.abs(update.generator.law_score(update.latent, x)) * (1.0 + logs[0] + logs[1])[:, None]

    return ROUNDING * average(size, update.latent).value


def reverse_kl(log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
    """∇ KL(P_g‖P_r) = ∫ ∂p ln(p/q)."""
    return log_fake - log_real


def doubled_jsd(log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
    """∇ 2 JSD = ∫ ∂p ln(2p/(p + q))."""
    return _LN2 + log_fake - np.logaddexp(log_fake, log_real)


def forward_kl(log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
    """∇ KL(P_r‖P_g) = −∫ ∂p q/p."""
    return -np.exp(np.minimum(log_real - log_fake, 700.0))


def _compared(update: GeneratorUpdate, right: Average) -> Evidence:
    left = update.gradient()
    size = 1.0 + np.abs(right.value)
    return Evidence.of(
        np.abs(left.value - right.value),
        left.error + right.error,
        resolution=_RESOLUTION * size,
        scale=size,
        labels=[f"∂/∂{name}" for name in update.generator.parameter_names],
        arrays={"left": left.value, "right": right.value},
    )


def _measure_2_5(update: GeneratorUpdate) -> Evidence:
    return _compared(update, against_slopes(update, lambda p, q: reverse_kl(p, q) - doubled_jsd(p, q)))


def _measure_forward(update: GeneratorUpdate) -> Evidence:
    return _compared(update, against_slopes(update, lambda p, q: forward_kl(p, q) - doubled_jsd(p, q)))


def _measure_single(update: GeneratorUpdate) -> Evidence:
    return _compared(update, against_slopes(update, lambda p, q: reverse_kl(p, q) - 0.5 * doubled_jsd(p, q)))


_STANDARD = Gaussian([0.0], 1.0)
_WIDE = Gaussian([0.0], 1.5)


def _equal() -> GeneratorUpdate:
    return GeneratorUpdate.against_the_optimum(Shift([0.0]), _STANDARD, _STANDARD)


def _printed() -> GeneratorUpdate:
    return GeneratorUpdate.against_the_optimum(Shift([1.3]), _STANDARD, _WIDE)


def _cases_2_5(budget: Budget) -> Iterator[Case]:
    make = GeneratorUpdate.against_the_optimum
    yield Case(name="N(1.3, 1) against N(0, 1.5²)", engine=Engine.NONE, subject=_printed())
    yield Case(name="fakes like the reals", engine=Engine.NONE, subject=_equal())
    scaled = make(Affine([[0.8]], [-0.5]), _STANDARD, gaussian_mixture([[-1.0], [1.5]], 0.6, [1.0, 2.0]))
    yield Case(name="place and width against two modes", engine=Engine.NONE, subject=scaled)
    if budget is Budget.FULL:
        for offset in (-2.0, 0.3, 3.0):
            subject = make(Shift([offset]), _STANDARD, _WIDE)
            yield Case(name=f"N({offset:g}, 1) against N(0, 1.5²)", engine=Engine.NONE, subject=subject)
        plane = make(Shift([0.7, -0.4]), Gaussian([0.0, 0.0], 1.0), Gaussian([0.0, 0.0], 1.3))
        yield Case(name="the plane", engine=Engine.NONE, subject=plane)


def _false_cases(budget: Budget) -> Iterator[Case]:
    for case in _cases_2_5(budget):
        if case.name != "the plane":
            yield case


def _stale() -> GeneratorUpdate:
    return GeneratorUpdate(
        generator=Shift([1.3]),
        latent=_STANDARD,
        discriminator=OptimalDiscriminator(fake=Gaussian([0.8], 1.0), real=_WIDE),
        real=_WIDE,
    )


_HYPOTHESES_2_5 = (NON_SATURATING, OPTIMAL, FROZEN)
_QUADRATURE = (
    "The left side by two trapezoidal or Gauss-Legendre rules over latent points and exact Jacobians, the right side "
    "by cubature over fake points and ∂p/∂θ in closed form, each with the difference of two rules as its error."
)

THEOREM_2_5 = Claim(
    id="arjovsky-bottou.theorem-2.5",
    title="the −log D update descends on KL(P_g‖P_r) − 2 JSD",
    statement=(
        "With D* = q/(p + q) frozen at θ₀, E[−∇_θ log D*(g_θ(z))] = ∇_θ[KL(P_g‖P_r) − 2 JSD(P_g, P_r)] at θ₀ "
        "(JSD with weights ½ and ½)."
    ),
    sources=("Arjovsky–Bottou Theorem 2.5",),
    rests_on=("lgan.section-3.1.densities", "integration by parts"),
    subject_type=GeneratorUpdate,
    hypotheses=_HYPOTHESES_2_5,
    cases=_cases_2_5,
    measure=_measure_2_5,
    controls=(
        Control(
            breaks=FROZEN.name,
            subject=lambda: GeneratorUpdate.against_the_optimum(Shift([1.3]), _STANDARD, _WIDE, follows=True),
            why="D* differentiated too: .4145 instead of .288736",
        ),
        Control(breaks=OPTIMAL.name, subject=_stale, why="D* of the fakes as they were at θ = .8"),
        Control(
            breaks=NON_SATURATING.name,
            subject=lambda: GeneratorUpdate.against_the_optimum(Shift([3.0]), _STANDARD, _WIDE, cost=Saturating()),
            why="log(1 − D) descends on 2 JSD",
        ),
    ),
    rationale=_QUADRATURE,
    argument=kl_minus_two_jsd,
)


def _false_claim(
    suffix: str, title: str, statement: str, measure: Callable[[GeneratorUpdate], Evidence], why: str
) -> Claim:
    """A reading of Theorem 2.5 that is false."""
    return Claim(
        id=f"arjovsky-bottou.theorem-2.5.{suffix}",
        title=title,
        statement=statement,
        sources=("a loose reading of Arjovsky–Bottou Theorem 2.5",),
        expected=VerdictStatus.VIOLATED,
        superseded_by="arjovsky-bottou.theorem-2.5",
        rests_on=("arjovsky-bottou.theorem-2.5",),
        subject_type=GeneratorUpdate,
        hypotheses=_HYPOTHESES_2_5,
        cases=_false_cases,
        measure=measure,
        controls=(Control(breaks=None, subject=_printed, why=why),),
        rationale=_QUADRATURE,
        argument=wrong_divergence,
    )


FORWARD_KL = _false_claim(
    "forward-kl",
    "the −log D update descends on KL(P_r‖P_g) − 2 JSD (false)",
    "With D* frozen, E[−∇_θ log D*(g_θ(z))] = ∇_θ[KL(P_r‖P_g) − 2 JSD(P_g, P_r)]. False: the KL is the other one.",
    _measure_forward,
    "N(1.3, 1) against N(0, 1.5²): 1.011 instead of .288736",
)
SINGLE_JSD = _false_claim(
    "single-jsd",
    "the −log D update descends on KL(P_g‖P_r) − JSD (false)",
    "With D* frozen, E[−∇_θ log D*(g_θ(z))] = ∇_θ[KL(P_g‖P_r) − JSD(P_g, P_r)], JSD with weights ½ and ½. False.",
    _measure_single,
    "N(1.3, 1) against N(0, 1.5²): .43326 instead of .288736",
)
