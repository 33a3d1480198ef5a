"""A generator's gradient through a discriminator that is held fixed: Arjovsky and Bottou, Theorems 2.4 and 2.5."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.generators import kl_minus_two_jsd, vanishing, wrong_divergence
from toylab.claims.kinds import CostKind, DiscriminatorKind, SettingKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Distribution, Gaussian, UniformBox, gaussian_mixture
from toylab.distributions.plain import to_json, words
from toylab.divergences import DensityPair, integrate
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    AffineDiscriminator,
    Average,
    Cost,
    GeneratorUpdate,
    HiddenLayer,
    LogisticDiscriminator,
    NonSaturating,
    OptimalDiscriminator,
    ParallelLine,
    PerfectDiscriminator,
    Saturating,
    Shift,
    average,
)

_LN2 = float(np.log(2.0))
_RESOLUTION = 1e-6


def _costs(update: GeneratorUpdate, kind: type[Cost]) -> Condition:
    return Condition.that(isinstance(update.cost, kind), f"the generator's cost is {update.cost.formula}")


SATURATING = Hypothesis(
    name="cost log(1 − D)",
    sentence="the generator descends on E log(1 − D(g_θ(z)))",
    test=lambda update: _costs(update, Saturating),
    met=lambda update: f"the cost is {update.cost.formula}",
    repair="take cost = Saturating()",
    relax=(CostKind.NON_SATURATING,),
)
NON_SATURATING = Hypothesis(
    name="cost −log D",
    sentence="the generator descends on E[−log D(g_θ(z))]",
    test=lambda update: _costs(update, NonSaturating),
    met=lambda update: f"the cost is {update.cost.formula}",
    repair="take cost = NonSaturating()",
    relax=(CostKind.SATURATING,),
)

# --- Theorem 2.4 ---


def _same(first: Distribution, second: Distribution) -> bool:
    return to_json(first) == to_json(second)


def _image(update: GeneratorUpdate) -> tuple[np.ndarray, np.ndarray]:
    """A box that holds all fakes; infinite where the latent points are not bounded."""
    box = update.latent.bounding_box()
    if box is None:
        far = np.full(update.generator.dimension, np.inf)
        return -far, far
    return update.generator.image(*box)


def _apart(update: GeneratorUpdate) -> Condition:
    real = update.real.bounding_box()
    low, high = _image(update)
    if real is None or not np.isfinite(high).all():
        which = "real" if real is None else "fake"
        return Condition(holds=False, reasons=(f"the {which} support is not known to be compact",))
    if update.noise:
        return Condition(holds=False, reasons=(f"instance noise {update.noise:g} puts fakes and reals everywhere",))
    gap = float(np.maximum(real[0] - high, low - real[1]).max())
    return Condition.that(gap > 0, "boxes around the fakes and around the reals meet")


def distance_to_perfect(update: GeneratorUpdate) -> float:
    """An upper bound ε of sup |D − D*| + sup ‖∇D − ∇D*‖ over the fakes.

    D* is 0 there with gradient 0 where the supports are apart; 0 in all where D is D* itself.

    Raises:
        InputError: no bounds of this discriminator are known.
    """
    discriminator, law = update.discriminator, update.law
    made = isinstance(discriminator, OptimalDiscriminator | PerfectDiscriminator)
    if made and law is not None and _same(discriminator.fake, law) and _same(discriminator.real, update.real):
        return 0.0
    return float(sum(update.discriminator.largest(*_image(update))))


def _nearly_perfect(update: GeneratorUpdate) -> Condition:
    try:
        epsilon = distance_to_perfect(update)
    except InputError as error:
        return Condition(holds=False, reasons=(str(error).rstrip("."),))
    return Condition.that(epsilon < 1.0, f"ε is up to {epsilon:.4g} on the box around the fakes")


APART = Hypothesis(
    name="disjoint compact supports",
    sentence="fakes and reals live in boxes that do not meet, so that a perfect D* is 0 around all fakes",
    test=_apart,
    met=lambda update: "boxes around fakes and reals do not meet: D* = 0 and ∇D* = 0 at all fakes",
    repair="take bounded latent points and real ones out of the generator's reach",
    relax=(SettingKind.DENSITIES, SettingKind.NOISY),
)
NEARLY_PERFECT = Hypothesis(
    name="nearly perfect discriminator",
    sentence="sup |D − D*| + sup ‖∇D − ∇D*‖ = ε < 1 over the fakes",
    test=_nearly_perfect,
    met=lambda update: f"ε = {distance_to_perfect(update):.6g} on the box around the fakes",
    repair="train the discriminator further, so that D and ∇D are nearer to 0 at the fakes",
    relax=(
        DiscriminatorKind.LARGE,
        DiscriminatorKind.WHITE_NOISE,
        DiscriminatorKind.SHARED_NOISE,
        DiscriminatorKind.OTHER_NOISE,
    ),
)


def mean_square_jacobian(update: GeneratorUpdate) -> Average:
    """M² = E ‖J_θ g_θ(z)‖², spectral norms."""

    def square(z: np.ndarray) -> np.ndarray:
        jacobian = update.generator.jacobian(z)
        return np.linalg.eigvalsh(np.einsum("mdp,mep->mde", jacobian, jacobian))[:, -1:]

    return average(square, update.latent)


def _measure_vanishing(update: GeneratorUpdate) -> Evidence:
    length, length_error = update.gradient().norm()
    square = mean_square_jacobian(update)
    m, epsilon = float(np.sqrt(square.value[0])), distance_to_perfect(update)
    factor = epsilon / (1.0 - epsilon)
    bound, bound_error = m * factor, abs(factor) * float(square.error[0]) / m
    return Evidence.of(
        max(length - bound, 0.0),
        length_error + bound_error + ROUNDING * abs(bound),
        resolution=_RESOLUTION * (m + abs(bound)),
        scale=m,
        labels=["‖∇_θ E c(D(g_θ(z)))‖ beyond M ε/(1 − ε)"],
        arrays={name: np.array([value]) for name, value in (("length", length), ("m", m), ("epsilon", epsilon))},
    )


_UNIT = UniformBox([0.5], [0.5])
_FAR_LINE = UniformBox([4.0], [0.5])
_FAR_SQUARE = UniformBox([4.0, 0.5], 0.5)


def _saturated(generator: object, latent: Distribution, discriminator: object, real: Distribution) -> GeneratorUpdate:
    return GeneratorUpdate(
        generator=generator,  # type: ignore[arg-type]
        latent=latent,
        discriminator=discriminator,  # type: ignore[arg-type]
        real=real,
        cost=Saturating(),
    )


def _vanishing_cases(budget: Budget) -> Iterator[Case]:
    cases = [
        (
            "a parallel line under D = σ(x − 5)",
            _saturated(ParallelLine(0.0), _UNIT, LogisticDiscriminator(-5.0, [1.0, 0.0]), _FAR_SQUARE),
        ),
        ("D = ε(1 + z)/100", _saturated(Shift([0.0]), _UNIT, AffineDiscriminator(1e-3, [1e-3]), _FAR_LINE)),
        (
            "a hidden layer under D = σ(x − 6)",
            _saturated(
                HiddenLayer.random(1, 6, 2, np.random.default_rng(24)),
                _UNIT,
                LogisticDiscriminator(-6.0, [1.0, 0.5]),
                UniformBox([9.0, 0.0], 0.5),
            ),
        ),
    ]
    perfect = PerfectDiscriminator(fake=ParallelLine(0.0).law(_UNIT) or _UNIT, real=_FAR_SQUARE)
    cases.append(("a parallel line under D*", _saturated(ParallelLine(0.0), _UNIT, perfect, _FAR_SQUARE)))
    if budget is Budget.FULL:
        square = UniformBox([0.5, 0.5], 0.5)
        cases += [
            (
                f"an affine map under D = σ({offset:g} + x)",
                _saturated(
                    Affine([[1.0, 0.3], [0.0, 0.7]], [0.0, 0.0]),
                    square,
                    LogisticDiscriminator(offset, [1.0, 0.2]),
                    _FAR_SQUARE,
                ),
            )
            for offset in (-9.0, -4.0, -2.5)
        ]
        for seed in range(4):
            network = HiddenLayer.random(2, 4, 2, np.random.default_rng(seed))
            discriminator = LogisticDiscriminator(-8.0, [1.0, -0.5])
            cases.append(
                (
                    f"a hidden layer, seed {seed}",
                    _saturated(network, square, discriminator, UniformBox([12.0, 0.0], 0.5)),
                )
            )
    for name, update in cases:
        yield Case(name=name, engine=Engine.NONE, subject=update)


def _not_saturating() -> GeneratorUpdate:
    """D = ε(1 + z)/100 on fakes z, ε = .01: E D'/D = E 1/(1 + z) = ln 2 however small ε is."""
    return GeneratorUpdate(
        generator=Shift([0.0]),
        latent=_UNIT,
        discriminator=AffineDiscriminator(1e-4, [1e-4]),
        real=_FAR_LINE,
        cost=NonSaturating(),
    )


def _overlap() -> GeneratorUpdate:
    latent, real = UniformBox([0.5], [0.5]), Gaussian([1.0], 1.0)
    return GeneratorUpdate.against_the_optimum(Shift([0.0]), latent, real, cost=Saturating())


THEOREM_2_4 = Claim(
    id="arjovsky-bottou.theorem-2.4",
    title="next to a perfect discriminator the generator's gradient vanishes",
    statement=(
        "Let D* be perfect, sup |D − D*| + sup ‖∇D − ∇D*‖ = ε < 1 and E ‖J_θ g_θ(z)‖² ≤ M². Then "
        "‖∇_θ E log(1 − D(g_θ(z)))‖ ≤ M ε/(1 − ε)."
    ),
    sources=("Arjovsky–Bottou Theorem 2.4",),
    rests_on=("arjovsky-bottou.theorem-2.1", "Cauchy–Schwarz inequality"),
    subject_type=GeneratorUpdate,
    hypotheses=(SATURATING, APART, NEARLY_PERFECT),
    cases=_vanishing_cases,
    measure=_measure_vanishing,
    controls=(
        Control(
            breaks=SATURATING.name,
            subject=_not_saturating,
            why="D = ε(1 + z)/100 under −log D: the gradient is E 1/(1 + z) = ln 2, about 1, however small ε is",
        ),
        Control(
            breaks=APART.name,
            subject=_overlap,
            why="D = D* itself, ε = 0, with fakes among Gaussian reals: D* has slopes at the fakes",
        ),
        Control(
            breaks=NEARLY_PERFECT.name,
            subject=lambda: _saturated(Shift([0.0]), _UNIT, AffineDiscriminator(0.2, [0.7]), _FAR_LINE),
            why="ε = .9 + .7 > 1: D is as unsure as before it was trained, and so the gradient is large",
        ),
    ),
    rationale=(
        "The gradient and M by two rules, one of 1.6 times as many points: their difference bounds the error of the "
        "finer one, as that far more than halves it. ε is a bound over the box around the fakes, so that the right "
        "side can only be larger."
    ),
    argument=vanishing,
)

# --- Theorem 2.5 ---


def _optimal(update: GeneratorUpdate) -> Condition:
    discriminator, law = update.discriminator, update.law
    if not isinstance(discriminator, OptimalDiscriminator) or law is None:
        return Condition(holds=False, reasons=("the discriminator is no q/(p + q) of known densities",))
    stale = [
        f"D* was made for {side} {words(made)}, and they are {words(now)}"
        for side, made, now in (("fakes", discriminator.fake, law), ("reals", discriminator.real, update.real))
        if not _same(made, now)
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
