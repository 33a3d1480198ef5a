"""Instance noise: Arjovsky and Bottou, Theorem 3.2 and Corollary 3.2, and how much of it is enough."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import logsumexp

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.generators import attraction_and_repulsion, informative
from toylab.claims.generators.update_hypotheses import SATURATING
from toylab.claims.kinds import CountKind, DiscriminatorKind, NoiseKind, SettingKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Masses
from toylab.distributions.plain import to_json
from toylab.divergences import DensityPair, integrate
from toylab.errors import InputError
from toylab.generators import (
    Affine,
    Average,
    GeneratorUpdate,
    HiddenLayer,
    NonSaturating,
    OptimalDiscriminator,
    ParallelLine,
    Saturating,
    Shift,
    smoothed,
)
from toylab.measures import DiscreteMeasure

_LN2 = float(np.log(2.0))
_EPS = float(np.finfo(np.float64).eps)
_RESOLUTION = 1e-6
#: The gradient is called informative from here on, in units of 1/d, and noise enough from here on, in units of d.
_INFORMATIVE, _ENOUGH = 0.1, 0.2


def _noisy(update: GeneratorUpdate) -> Condition:
    discriminator, law = update.discriminator, update.law
    if update.noise == 0 or not isinstance(law, Masses) or not isinstance(update.real, Masses):
        return Condition(holds=False, reasons=("there is no noise on a finite batch of fakes and finitely many reals",))
    if not isinstance(discriminator, OptimalDiscriminator):
        return Condition(holds=False, reasons=("the discriminator is no q/(p + q)",))
    reasons = [
        f"D* is not that of {side} with noise {update.noise:g}"
        for side, made, now in (("fakes", discriminator.fake, law), ("reals", discriminator.real, update.real))
        if to_json(made) != to_json(smoothed(now, update.noise))
    ]
    return Condition(holds=not reasons, reasons=tuple(reasons))


NOISE_ON_BOTH = Hypothesis(
    name="the same noise on fakes and reals",
    sentence=(
        "N(0, σ² I) is added to the fakes of a finite batch and to finitely many reals, and D* is the optimum of these"
    ),
    test=_noisy,
    met=lambda update: f"σ = {update.noise:g} on both sides, and D* = q/(p + q) of the noisy measures",
    repair="take GeneratorUpdate.against_the_optimum(generator, batch, real, noise=σ)",
    relax=(
        *DiscriminatorKind.all_but(DiscriminatorKind.OPTIMAL, DiscriminatorKind.FOLLOWING),
        *SettingKind.all_but(SettingKind.NOISY),
    ),
)


def _finite_sides(update: GeneratorUpdate) -> tuple[Masses, Masses]:
    """Fakes and reals, both finite, with noise on them."""
    if not isinstance(update.law, Masses) or not isinstance(update.real, Masses) or update.noise == 0:
        raise InputError("this is computed for instance noise on a finite batch of fakes and finitely many reals.")
    return update.law, update.real


def attraction_minus_repulsion(update: GeneratorUpdate) -> Average:
    """E[Jᵀ(a ∫ P_ε(x − y) 2(x − y) dP_r(y) − b ∫ P_ε(x − y) 2(x − y) dP_g(y))] at noisy fakes x.

    P_ε is the density of N(0, σ² I), a = 1/(2σ²(p + q)) and b = a q/p with the noisy densities p and q.
    """
    (law, real), sigma = _finite_sides(update), update.noise

    def log_terms(x: np.ndarray, measure: DiscreteMeasure) -> tuple[np.ndarray, np.ndarray]:
        """ln(weight P_ε(x − y)), (m, n), and x − y, (m, n, d)."""
        offset = x[:, None, :] - measure.points
        constant = x.shape[1] * np.log(np.sqrt(2.0 * np.pi) * sigma)
        with np.errstate(divide="ignore"):
            return np.log(measure.weights) - 0.5 * (offset**2).sum(axis=2) / sigma**2 - constant, offset

    def field(x: np.ndarray) -> np.ndarray:
        fake, from_fake = log_terms(x, law.measure)
        real_terms, from_real = log_terms(x, real.measure)
        log_p, log_q = logsumexp(fake, axis=1), logsumexp(real_terms, axis=1)
        log_a = -np.logaddexp(np.asarray(log_p), np.asarray(log_q)) - np.log(2.0 * sigma**2)
        log_b = log_a + log_q - log_p
        attraction = np.einsum("mn,mnd->md", np.exp(log_a[:, None] + real_terms), 2.0 * from_real)
        repulsion = np.einsum("mn,mnd->md", np.exp(log_b[:, None] + fake), 2.0 * from_fake)
        return attraction - repulsion

    return update.expected(field)


def doubled_jsd_gradient(update: GeneratorUpdate) -> Average:
    """∇_θ 2 JSD of the noisy measures: ∫ ∂p/∂θ ln(2p/(p + q)) dx, ∂p/∂θ = Σ_i w_i N(x; x_i, σ²)(x − x_i)ᵀJ_i/σ²."""
    (law, real), sigma = _finite_sides(update), update.noise
    batch = update.latent.measure  # type: ignore[attr-defined]
    pair = DensityPair(smoothed(law, sigma), smoothed(real, sigma))
    fakes, jacobians = update.generator(batch.points), update.generator.jacobian(batch.points)
    constant = fakes.shape[1] * np.log(np.sqrt(2.0 * np.pi) * sigma)
    found = []
    for index in range(jacobians.shape[2]):

        def integrand(x: np.ndarray, index: int = index) -> np.ndarray:
            offset = x[:, None, :] - fakes
            bumps = batch.weights * np.exp(-0.5 * (offset**2).sum(axis=2) / sigma**2 - constant)
            slope = np.einsum("mn,mnd,nd->m", bumps, offset, jacobians[:, :, index]) / sigma**2
            log_fake, log_real = pair.log_densities(x)
            return slope * (_LN2 + log_fake - np.logaddexp(log_fake, log_real))

        found.append(integrate(integrand, (pair.fake, pair.real), rtol=1e-9 if pair.dimension == 1 else 1e-7))
    # 64 roundings of ln p and ln q, of the size 16 + (D/σ)² where the fakes are, under ∫ |∂p/∂θ| ≤ Σ w_i ‖J_i‖/σ
    reach = np.linalg.norm(fakes[:, None, :] - real.measure.points, axis=2).max() / sigma
    spread = batch.weights @ np.linalg.norm(jacobians, axis=1) / sigma
    error = np.array([q.error for q in found]) + ROUNDING * (16.0 + reach**2) * spread
    return Average(value=np.array([q.value for q in found]), error=error)


def _measure_corollary(update: GeneratorUpdate) -> Evidence:
    mean, names = update.gradient(), update.generator.parameter_names
    parts = []
    for what, other in (
        ("attraction − repulsion", attraction_minus_repulsion(update)),
        ("∇ 2 JSD", doubled_jsd_gradient(update)),
    ):
        size = 1.0 / update.noise + np.abs(mean.value)
        parts.append(
            Evidence.of(
                np.abs(mean.value - other.value),
                mean.error + other.error,
                resolution=_RESOLUTION * size,
                scale=size,
                labels=[
                    f"∂/∂{name}: E ∇ log(1 − D*) = {found:.6g} against {what} = {value:.6g}"
                    for name, found, value in zip(names, mean.value, other.value, strict=True)
                ],
            )
        )
    return Evidence.joined(parts)


def _points(points: object, weights: object = None) -> Masses:
    return Masses(DiscreteMeasure(np.array(points, dtype=np.float64), weights))  # type: ignore[arg-type]


def _diracs(sigma: float, distance: float = 1.0) -> GeneratorUpdate:
    return GeneratorUpdate.against_the_optimum(
        Shift([0.0]), _points([[0.0]]), _points([[distance]]), cost=Saturating(), noise=sigma
    )


def _corollary_cases(budget: Budget) -> Iterator[Case]:
    make = GeneratorUpdate.against_the_optimum
    for sigma in (1.0, 0.2):
        yield Case(name=f"two points, sigma {sigma:g}", engine=Engine.NONE, subject=_diracs(sigma))
    two = make(
        Affine([[1.0]], [0.0]),
        _points([[-0.5], [0.4]], [0.3, 0.7]),
        _points([[1.0], [2.0], [-1.5]]),
        cost=Saturating(),
        noise=0.6,
    )
    yield Case(name="place and width of two fakes among three reals", engine=Engine.NONE, subject=two)
    if budget is Budget.FULL:
        line = make(
            ParallelLine(0.0),
            _points([[0.0], [0.5], [1.0]]),
            _points([[0.6, 0.0], [0.6, 0.5], [0.6, 1.0]]),
            cost=Saturating(),
            noise=0.5,
        )
        yield Case(name="parallel lines of three points", engine=Engine.NONE, subject=line)
        network = make(
            HiddenLayer.random(1, 2, 1, np.random.default_rng(3)),
            _points([[-1.0], [0.0], [1.0]]),
            _points([[1.0], [2.0]]),
            cost=Saturating(),
            noise=0.7,
        )
        yield Case(name="a hidden layer", engine=Engine.NONE, subject=network)


def _other_noise() -> GeneratorUpdate:
    """D* was trained with noise .5, and the generator's fakes get noise 1."""
    trained, used = _diracs(0.5), _diracs(1.0)
    return GeneratorUpdate(
        generator=used.generator,
        latent=used.latent,
        discriminator=trained.discriminator,
        real=used.real,
        cost=Saturating(),
        noise=1.0,
    )


COROLLARY_3_2 = Claim(
    id="arjovsky-bottou.corollary-3.2",
    title="with instance noise the update is attraction minus repulsion, and ∇ 2 JSD",
    statement=(
        "With noise N(0, σ² I) on fakes and reals and D* frozen, E ∇_θ log(1 − D*(x)) is the attraction of x to the "
        "reals with a = 1/(2σ²(p + q)) minus its repulsion from the fakes with b = a q/p, and equals ∇_θ 2 JSD of "
        "the noisy measures."
    ),
    sources=("Arjovsky–Bottou Corollary 3.2", "Arjovsky–Bottou Theorem 3.2"),
    rests_on=("integration by parts",),
    subject_type=GeneratorUpdate,
    hypotheses=(SATURATING, NOISE_ON_BOTH),
    cases=_corollary_cases,
    measure=_measure_corollary,
    controls=(
        Control(
            breaks=NOISE_ON_BOTH.name,
            subject=_other_noise,
            why="D* was trained with noise .5, and the fakes get noise 1",
        ),
        Control(
            breaks=SATURATING.name,
            subject=lambda: GeneratorUpdate.against_the_optimum(
                Shift([0.0]), _points([[0.0]]), _points([[1.0]]), cost=NonSaturating(), noise=1.0
            ),
            why="−log D descends on KL − 2 JSD",
        ),
    ),
    rationale=(
        "The expectations by two trapezoidal rules over the noise around every fake, the gradient of JSD by cubature "
        "over space with ∂p/∂θ in closed form, each with the difference of two rules as its error."
    ),
    argument=attraction_and_repulsion,
)

# --- how much noise is enough ---


def _distance(update: GeneratorUpdate) -> float:
    law, real = _finite_sides(update)
    return float(np.linalg.norm(law.measure.points[0] - real.measure.points[0]))


def _two_points(update: GeneratorUpdate) -> bool:
    sides = (update.law, update.real)
    return all(isinstance(side, Masses) and len(side.measure) == 1 for side in sides)


def _is_pair(update: GeneratorUpdate) -> Condition:
    return Condition.that(
        _two_points(update) and isinstance(update.generator, Shift),
        "not one fake that is shifted towards one real point",
    )


def _enough(update: GeneratorUpdate) -> Condition:
    if not _two_points(update):
        return Condition(holds=True, reasons=())
    distance = _distance(update)
    if distance == 0.0:
        return Condition(holds=False, reasons=("fake and real point coincide: there is no gap",))
    share = update.noise / distance
    return Condition.that(_ENOUGH * (1.0 - 4.0 * _EPS) <= share <= 1.0, f"σ = {share:.4g} d")


ENOUGH_NOISE = Hypothesis(
    name="noise as wide as the gap",
    sentence="d/5 ≤ σ ≤ d",
    test=_enough,
    met=lambda update: f"σ = {update.noise / _distance(update):.4g} d",
    repair="take noise between a fifth of the distance and the distance",
    relax=(NoiseKind.LITTLE,),
)
ONE_AND_ONE = Hypothesis(
    name="one fake, one real point",
    sentence="the generator shifts one fake, and there is one real point, at distance d",
    test=_is_pair,
    met=lambda update: f"d = {_distance(update):.6g}",
    repair="take Shift(θ) with a batch of one point",
    relax=(CountKind.SEVERAL,),
)


def _measure_informative(update: GeneratorUpdate) -> Evidence:
    doubled, error = update.gradient().norm()
    distance = _distance(update)
    length = 0.5 * doubled * distance
    return Evidence.of(
        max(_INFORMATIVE - length, 0.0),
        0.5 * error * distance,
        resolution=_RESOLUTION,
        scale=1.0,
        labels=[f"how far d ‖∇JSD‖ stays below {_INFORMATIVE:g}"],
        arrays={"share": np.array([update.noise / distance]), "length": np.array([length])},
    )


def _informative_cases(budget: Budget) -> Iterator[Case]:
    shares = (1.0, 0.5, 0.2) if budget is Budget.QUICK else (1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2)
    for share in shares:
        for distance in (1.0,) if budget is Budget.QUICK else (1.0, 10.0):
            yield Case(
                name=f"two points at distance {distance:g}, sigma {share:g} d",
                engine=Engine.NONE,
                subject=_diracs(share * distance, distance),
            )


ENOUGH = Claim(
    id="arjovsky-bottou.instance-noise",
    title="instance noise is informative from a fifth of the gap on",
    statement=(
        "For one fake and one real point at distance d with noise N(0, σ² I) on both, d ‖∇JSD‖ ≥ 0.1 for d/5 ≤ σ ≤ d."
    ),
    sources=("Arjovsky–Bottou section 3", "Sønderby et al. (2017)"),
    rests_on=("arjovsky-bottou.corollary-3.2",),
    subject_type=GeneratorUpdate,
    hypotheses=(SATURATING, NOISE_ON_BOTH, ONE_AND_ONE, ENOUGH_NOISE),
    cases=_informative_cases,
    measure=_measure_informative,
    controls=(
        Control(breaks=ENOUGH_NOISE.name, subject=lambda: _diracs(0.1), why="σ = d/10: d ‖∇JSD‖ = 2e-5"),
        Control(breaks=ENOUGH_NOISE.name, subject=lambda: _diracs(0.05), why="σ = d/20: nothing is left"),
    ),
    rationale="Two trapezoidal rules over the noise; the difference bounds the error of the finer one.",
    argument=informative,
)
