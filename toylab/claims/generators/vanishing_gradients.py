"""Next to a perfect discriminator the generator's gradient vanishes: Arjovsky and Bottou, Theorem 2.4."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.generators import vanishing
from toylab.claims.generators.update_hypotheses import SATURATING, same_law
from toylab.claims.kinds import DiscriminatorKind, SettingKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Distribution, Gaussian, UniformBox
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    AffineDiscriminator,
    Average,
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

_RESOLUTION = 1e-6


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
    if made and law is not None and same_law(discriminator.fake, law) and same_law(discriminator.real, update.real):
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
