"""The −log D update against a nearly perfect, noisy discriminator: Arjovsky and Bottou, Theorem 2.6."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import numpy as np
from scipy import stats
from scipy.optimize import minimize_scalar

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.generators import cauchy
from toylab.claims.generators.update_hypotheses import NON_SATURATING
from toylab.claims.kinds import DiscriminatorKind, SettingKind
from toylab.condition import Condition
from toylab.distributions import Gaussian, Masses, UniformBox
from toylab.generators import (
    Affine,
    AffineDiscriminator,
    Discriminator,
    GeneratorUpdate,
    HiddenLayer,
    NonSaturating,
    ParallelLine,
    Saturating,
    Shift,
    WhiteNoise,
    average,
)
from toylab.measures import DiscreteMeasure

#: How often the update is drawn, and the probability that a true statement is called violated.
_DRAWS, _LEVEL = 20_000, 1e-6
#: The seed of these draws.
_STREAM: ContextVar[int] = ContextVar("stream", default=26)


def _noise(update: GeneratorUpdate) -> WhiteNoise | None:
    return update.discriminator if isinstance(update.discriminator, WhiteNoise) else None


def _white(update: GeneratorUpdate) -> Condition:
    noise = _noise(update)
    if noise is None:
        return Condition(holds=False, reasons=("the discriminator has no noise of its own: it is fixed",))
    reasons = []
    if noise.value_noise == 0:
        reasons.append("there is no noise in D: it is fixed, and only ∇D is noisy")
    if noise.level != 0:
        reasons.append(f"D* = {noise.level:g} at the fakes, not 0")
    if noise.gradient_noise == 0:
        reasons.append("there is no noise in ∇D")
    return Condition(holds=not reasons, reasons=tuple(reasons))


def _batch(update: GeneratorUpdate) -> Condition:
    return Condition.that(
        isinstance(update.latent, Masses), f"latent points come from a {type(update.latent).__name__}, not from a batch"
    )


WHITE_NOISE = Hypothesis(
    name="white noise around a perfect discriminator",
    sentence="at the fakes D = ε and ∇D = r with centred Gaussian noise in both: D* = 0 and ∇D* = 0 there",
    test=_white,
    met=lambda update: update.discriminator.describe(),
    repair="take WhiteNoise(dimension=2, value_noise=0.01, gradient_noise=0.01)",
    relax=DiscriminatorKind.all_but(DiscriminatorKind.WHITE_NOISE, DiscriminatorKind.SHARED_NOISE),
)
INDEPENDENT = Hypothesis(
    name="independent noise",
    sentence="the noise is independent from fake to fake",
    test=lambda update: Condition.that(
        not getattr(update.discriminator, "shared", False), "one ε is shared by the whole batch"
    ),
    met=lambda update: "every fake has an ε and an r of its own",
    repair="take shared=False",
    relax=(DiscriminatorKind.SHARED_NOISE,),
)
FINITE_BATCH = Hypothesis(
    name="finite batch",
    sentence="the update is the mean over a finite batch of latent points, the same ones every time",
    test=_batch,
    met=lambda update: f"the batch has {len(update.latent.measure)} latent points",
    repair="take latent = Masses(DiscreteMeasure(points))",
    relax=(SettingKind.DENSITIES, SettingKind.BOXES),
)


def drawn_updates(update: GeneratorUpdate, draws: int, rng: np.random.Generator) -> np.ndarray:
    """The gradient Σ_i w_i J_iᵀ c'(D_i) ∇D_i, drawn so many times, (draws, parameters); one value if D is fixed.

    Where the latent points are no batch, every draw is an update over one fresh latent point.
    """
    noise, latent = _noise(update), update.latent
    if not isinstance(latent, Masses):
        return _over_fresh_points(update, draws, rng)
    batch = latent.measure
    fakes, jacobian = update.generator(batch.points), update.generator.jacobian(batch.points)
    if noise is None:
        values, gradients = update.discriminator(fakes)[None], update.discriminator.gradient(fakes)[None]
    else:
        values, gradients = noise.draw(draws, len(batch), rng)
    weighed = update.cost.slope(values) * batch.weights
    found = np.einsum("rn,rnd,ndp->rp", weighed, gradients, jacobian, optimize=True)
    return np.broadcast_to(found, (draws, found.shape[1]))


def _over_fresh_points(update: GeneratorUpdate, draws: int, rng: np.random.Generator) -> np.ndarray:
    """Updates over one latent point each, which is drawn anew every time, (draws, parameters)."""
    noise, z = _noise(update), update.latent.sample_points(draws, rng)
    fakes, jacobian = update.generator(z), update.generator.jacobian(z)
    if noise is None:
        values, gradients = update.discriminator(fakes), update.discriminator.gradient(fakes)
    else:
        values, gradients = (drawn[:, 0] for drawn in noise.draw(draws, 1, rng))
    return np.einsum("r,rd,rdp->rp", update.cost.slope(values), gradients, jacobian)


@lru_cache(maxsize=1)
def nearest_gaussian() -> float:
    """The least Kolmogorov distance of the standard Cauchy law from a centred Gaussian law.

    On the positive half line the difference of the two distribution functions is looked at on a grid; between its
    points, 1e-3 apart, it moves by less than 4e-4, which is taken off.
    """
    x = np.concatenate([np.arange(0.0, 20.0, 1e-3), np.logspace(np.log10(20.0), 6.0, 2000)])
    law = stats.cauchy.cdf(x)

    def distance(scale: float) -> float:
        return float(np.abs(law - stats.norm.cdf(x, scale=scale)).max())

    return float(minimize_scalar(distance, bounds=(0.5, 5.0), method="bounded").fun) - 4e-4  # type: ignore[union-attr]


def critical_distance(tests: int) -> float:
    """The Kolmogorov-Smirnov distance that a true law exceeds with probability 1e-6 over so many tests."""
    return float(stats.kstwo.isf(_LEVEL / tests, _DRAWS))


def miss_probability(tests: int) -> float:
    """An upper bound of the probability that a centred Gaussian law is taken for Cauchy.

    Its empirical distribution function would have to stray by the rest of the distance between the laws, which has
    probability 2 exp(−2 n r²) at most (Dvoretzky, Kiefer and Wolfowitz; Massart).
    """
    room = nearest_gaussian() - critical_distance(tests)
    return min(2.0 * float(np.exp(-2.0 * _DRAWS * max(room, 0.0) ** 2)), 1.0)


def cauchy_scales(update: GeneratorUpdate) -> np.ndarray:
    """E σ_r ‖column of J‖/σ_ε over the latent points, (parameters,): Σ_i w_i … for a batch.

    Where D is not noisy |D| stands for σ_ε, where ∇D is not, ‖∇D‖ for σ_r: the size of the quotient.
    """
    noise = _noise(update)

    def scales(z: np.ndarray) -> np.ndarray:
        lengths = np.linalg.norm(update.generator.jacobian(z), axis=1)
        if noise is not None:
            return lengths * noise.gradient_noise / (noise.value_noise or abs(noise.level))
        fakes = update.generator(z)
        steep = np.linalg.norm(update.discriminator.gradient(fakes), axis=1)
        return lengths * (steep / np.abs(update.discriminator(fakes)))[:, None]

    return average(scales, update.latent).value


@contextmanager
def other_draws(seed: int) -> Iterator[None]:
    """Have updates drawn from another stream of random numbers, to confirm what rests on them."""
    token = _STREAM.set(seed)
    try:
        yield
    finally:
        _STREAM.reset(token)


def _measure(update: GeneratorUpdate) -> Evidence:
    scales = cauchy_scales(update)
    moving = np.flatnonzero(scales > 0)
    sample = drawn_updates(update, _DRAWS, np.random.default_rng(_STREAM.get()))[:, moving]
    found = [
        float(stats.kstest(column, stats.cauchy(scale=scale).cdf).statistic)
        for column, scale in zip(sample.T, scales[moving], strict=True)
    ]
    names = update.generator.parameter_names
    ones = np.ones(len(moving))
    return Evidence.of(
        np.array(found),
        critical_distance(len(moving)),
        resolution=0.5 * nearest_gaussian(),
        scale=nearest_gaussian(),
        labels=[f"∂/∂{names[index]}" for index in moving],
        arrays={
            "scale": scales[moving],
            "quartile": np.median(np.abs(sample), axis=0),
            "draws": _DRAWS * ones,
            "level": _LEVEL * ones,
            "missed": miss_probability(len(moving)) * ones,
        },
    )


def _update(
    generator: object, batch: int, *, seed: int = 0, noise: Discriminator, cost: object = None
) -> GeneratorUpdate:
    latent = Masses(DiscreteMeasure(np.random.default_rng(seed).uniform(size=(batch, generator.latent_dimension))))  # type: ignore[attr-defined]
    dimension = generator.dimension  # type: ignore[attr-defined]
    return GeneratorUpdate(
        generator=generator,  # type: ignore[arg-type]
        latent=latent,
        discriminator=noise,
        real=UniformBox(np.full(dimension, 9.0), 0.5),
        cost=NonSaturating() if cost is None else cost,  # type: ignore[arg-type]
    )


def _white_noise(dimension: int, **changes: object) -> WhiteNoise:
    settings: dict = {"dimension": dimension, "value_noise": 0.02, "gradient_noise": 0.05, **changes}
    return WhiteNoise(**settings)


def _cases(budget: Budget) -> Iterator[Case]:
    yield Case(
        name="a parallel line, 4 fakes",
        engine=Engine.NONE,
        subject=_update(ParallelLine(0.0), 4, noise=_white_noise(2)),
    )
    yield Case(
        name="an affine map, 3 fakes",
        engine=Engine.NONE,
        subject=_update(Affine([[2.0]], [1.0]), 3, noise=_white_noise(1)),
    )
    if budget is Budget.FULL:
        for batch in (1, 16):
            subject = _update(Shift([0.0, 1.0]), batch, noise=_white_noise(2, gradient_noise=1.0))
            yield Case(name=f"a shift, {batch} fakes", engine=Engine.NONE, subject=subject)
        network = HiddenLayer.random(1, 3, 2, np.random.default_rng(6))
        subject = _update(network, 5, noise=_white_noise(2))
        yield Case(name="a hidden layer, 5 fakes", engine=Engine.NONE, subject=subject)


def _fixed() -> GeneratorUpdate:
    return _update(ParallelLine(0.0), 4, noise=AffineDiscriminator(0.02, [0.05, 0.0]))


def _fixed_value() -> GeneratorUpdate:
    return _update(ParallelLine(0.0), 4, noise=_white_noise(2, value_noise=0.0, level=0.02))


def _fresh_points() -> GeneratorUpdate:
    """z₁ ~ N(0, 1) is drawn anew for every update: given z the law is Cauchy of scale |z|, over all z a mixture."""
    return GeneratorUpdate(
        generator=Affine([[2.0]], [1.0]),
        latent=Gaussian([0.0], 1.0),
        discriminator=_white_noise(1),
        real=UniformBox([9.0], 0.5),
        cost=NonSaturating(),
    )


THEOREM_2_6 = Claim(
    id="arjovsky-bottou.theorem-2.6",
    title="against a noisy perfect discriminator the −log D update has a Cauchy law",
    statement=(
        "Let D = ε and ∇D = r at the fakes, independent centred Gaussian noise with standard deviations σ_ε and σ_r. "
        "Then each coordinate of the −log D update over a batch is centred Cauchy with scale the batch mean of σ_r "
        "‖∂g/∂θ_k‖/σ_ε."
    ),
    sources=("Arjovsky–Bottou Theorem 2.6",),
    rests_on=("arjovsky-bottou.theorem-2.1", "stability of the Cauchy law"),
    subject_type=GeneratorUpdate,
    hypotheses=(NON_SATURATING, WHITE_NOISE, INDEPENDENT, FINITE_BATCH),
    cases=_cases,
    measure=_measure,
    controls=(
        Control(breaks=WHITE_NOISE.name, subject=_fixed, why="a fixed D: the update is the same every time"),
        Control(breaks=WHITE_NOISE.name, subject=_fixed_value, why="noise in ∇D alone: the update is Gaussian"),
        Control(
            breaks=WHITE_NOISE.name,
            subject=lambda: _update(ParallelLine(0.0), 4, noise=_white_noise(2, level=0.05)),
            why="D* = .05 at the fakes: the quotient of r and .05 + ε is not centred Cauchy of that scale",
        ),
        Control(
            breaks=INDEPENDENT.name,
            subject=lambda: _update(ParallelLine(0.0), 4, noise=_white_noise(2, shared=True)),
            why="one ε for all four fakes: Cauchy, with a scale half as large",
        ),
        Control(
            breaks=FINITE_BATCH.name,
            subject=_fresh_points,
            why="z ~ N(0, 1) drawn anew for every update of x = 2z + 1: a mixture of Cauchy laws of scales |z|",
        ),
        Control(
            breaks=NON_SATURATING.name,
            subject=lambda: _update(ParallelLine(0.0), 4, noise=_white_noise(2), cost=Saturating()),
            why="under log(1 − D) the update is r/(1 − ε), nearly Gaussian and small",
        ),
    ),
    rationale=(
        "Kolmogorov-Smirnov test on 20,000 draws with a fixed seed: the bound is the distance that the exact null "
        "law exceeds with probability 1e-6 over all coordinates. It must be below half of the least distance of a "
        "Gaussian law from the Cauchy law, which by Dvoretzky, Kiefer and Wolfowitz then is rejected."
    ),
    argument=cauchy,
)
