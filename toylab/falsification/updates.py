"""The search space of generators' updates: small generators with few parameters, and what they are trained against.

Reals and fakes live on the line, or on two lines of the plane; with more dimensions, or with more than two points under
instance noise, the integrals of one statement take a tenth of a second and more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims.generators.noisy_discriminator import other_draws
from toylab.claims.kinds import CostKind, CountKind, DiscriminatorKind, NoiseKind, SettingKind
from toylab.distributions import Distribution, Gaussian, Masses, Mixture, UniformBox
from toylab.distributions.plain import words as said
from toylab.divergences.quadrature import sharpened
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection
from toylab.generators import (
    Affine,
    AffineDiscriminator,
    Cost,
    Discriminator,
    Generator,
    GeneratorUpdate,
    LogisticDiscriminator,
    NonSaturating,
    OptimalDiscriminator,
    ParallelLine,
    PerfectDiscriminator,
    Saturating,
    Shift,
    WhiteNoise,
)
from toylab.generators.averages import refined
from toylab.measures import DiscreteMeasure

#: Averages get so many times more points and integrals this share of their tolerance to confirm a counterexample.
_FINER, _SHARPER, _OTHER_SEED = 2.0, 1e-2, 62
_FAR = 9.0

_NOISES = (DiscriminatorKind.WHITE_NOISE, DiscriminatorKind.SHARED_NOISE, DiscriminatorKind.OTHER_NOISE)
_HAND_MADE = (DiscriminatorKind.SMALL, DiscriminatorKind.LARGE, *_NOISES)
#: What can be trained where.
_FITTING = {
    SettingKind.DENSITIES: (
        DiscriminatorKind.OPTIMAL,
        DiscriminatorKind.STALE,
        DiscriminatorKind.FOLLOWING,
        *_HAND_MADE,
    ),
    SettingKind.BOXES: (DiscriminatorKind.OPTIMAL, *_HAND_MADE),
    SettingKind.BATCH: _HAND_MADE,
    SettingKind.NOISY: (DiscriminatorKind.OPTIMAL, DiscriminatorKind.STALE, DiscriminatorKind.LARGE),
}
_COSTS: dict[CostKind, Cost] = {CostKind.SATURATING: Saturating(), CostKind.NON_SATURATING: NonSaturating()}


@dataclass(frozen=True, kw_only=True, eq=False)
class UpdateRecipe(AbstractRecipe):
    """A generator's update, which needs no solver.

    Attributes:
        make: makes the subject.
        parameters: the numbers that were drawn.
        points: how many points, components and parameters there are.
        labels: what was drawn.
    """

    make: Callable[[], GeneratorUpdate]
    parameters: tuple[float, ...]
    points: int
    labels: tuple[str, ...]

    @override
    def subject(self) -> GeneratorUpdate:
        return self.make()

    @override
    def second_opinion(self) -> tuple[GeneratorUpdate, str]:
        """The same update from its plain data, computed more finely, and drawn from other random numbers."""
        how = (
            f"averages over {_FINER:g} times as many points, integrals at {_SHARPER:g} times the tolerance, other draws"
        )
        return GeneratorUpdate.from_json(self.make().to_json()), how

    @override
    def confirming(self) -> AbstractContextManager[None]:
        return _finely()

    @override
    def size(self) -> tuple[float, ...]:
        return self.points, sum(map(abs, self.parameters)), sum(abs(value - 1.0) for value in self.parameters)

    @override
    def words(self, subject: GeneratorUpdate) -> list[tuple[str, str]]:
        rows = [
            ("generator", subject.generator.describe()),
            ("latent", said(subject.latent)),
            ("real", said(subject.real)),
            ("discriminator", subject.discriminator.describe()),
            ("cost", subject.cost.formula),
        ]
        return [*rows, ("instance noise", f"{subject.noise:g}")] if subject.noise else rows


@contextmanager
def _finely() -> Iterator[None]:
    with refined(_FINER), sharpened(_SHARPER), other_draws(_OTHER_SEED):
        yield


_places = st.integers(-6, 6).map(lambda at: at / 2.0)
_widths = st.sampled_from([1.0, 0.5, 2.0])


def _generator(draw: st.DrawFn, *, plane: bool) -> Generator:
    """A shift, an affine map of the line or, where the plane is allowed, a parallel line."""
    shape = draw(st.sampled_from(["shift", "affine", "line"] if plane else ["shift", "affine"]))
    if shape == "line":
        return ParallelLine(draw(_places))
    if shape == "affine":
        return Affine([[draw(st.sampled_from([1.0, 2.0, 0.5, -1.0]))]], [draw(_places)])
    return Shift([draw(_places)])


def _masses(draw: st.DrawFn, least: int, most: int) -> Masses:
    places = draw(st.lists(_places, min_size=least, max_size=most, unique=True))
    return Masses(DiscreteMeasure(np.array(places)[:, None]))


def _latent(draw: st.DrawFn, setting: SettingKind, count: CountKind) -> Distribution:
    match setting:
        case SettingKind.DENSITIES:
            return Gaussian([0.0], draw(_widths))
        case SettingKind.BOXES:
            return UniformBox([draw(_places)], draw(_widths))
        case SettingKind.BATCH:
            return _masses(draw, 1, 4)
    return _masses(draw, 1, 1) if count is CountKind.TWO else _masses(draw, 2, 2)


def _real(draw: st.DrawFn, setting: SettingKind, count: CountKind, dimension: int) -> Distribution:
    if setting is SettingKind.NOISY:
        return _masses(draw, 1, 1 if count is CountKind.TWO else 2)
    if setting is SettingKind.DENSITIES:
        one = Gaussian([draw(_places)], draw(_widths))
        if draw(st.sampled_from([False, False, True])):
            return Mixture([one, Gaussian([draw(_places)], draw(_widths))])
        return one
    return UniformBox(np.append(2.0 * _FAR, np.zeros(dimension - 1)), 0.5)


def _hand_made(draw: st.DrawFn, kind: DiscriminatorKind, dimension: int) -> Discriminator:
    """Discriminators that nobody trained."""
    slope = np.append(1.0, np.zeros(dimension - 1))
    if kind in _NOISES:
        value, level = draw(st.sampled_from([0.02, 0.1])), 0.0
        if kind is DiscriminatorKind.OTHER_NOISE:
            value, level = draw(st.sampled_from([(0.0, 0.1), (0.02, 0.05), (0.1, 0.5)]))
        return WhiteNoise(
            dimension=dimension,
            value_noise=value,
            gradient_noise=draw(st.sampled_from([0.05, 0.1, 1.0])),
            level=level,
            shared=kind is DiscriminatorKind.SHARED_NOISE,
        )
    if kind is DiscriminatorKind.LARGE:
        # affine discriminators leave [0, 1] somewhere on the line, logistic ones nowhere
        return LogisticDiscriminator(draw(st.sampled_from([0.0, 1.0, -1.0])), draw(st.sampled_from([4.0, 2.0])) * slope)
    if draw(st.booleans()):
        size = draw(st.sampled_from([1e-3, 1e-4, 1e-2]))
        return AffineDiscriminator(32.0 * size, size * slope)
    return LogisticDiscriminator(-draw(st.sampled_from([20.0, 25.0])), slope)


def _noise(draw: st.DrawFn, kind: NoiseKind, gap: float) -> float:
    shares = [1.0, 0.5, 0.25] if kind is NoiseKind.ENOUGH else [0.1, 0.125, 2.0]
    return draw(st.sampled_from(shares)) * (gap or 1.0)


@st.composite
def update_recipes(draw: st.DrawFn, selection: Selection) -> UpdateRecipe:
    """An update of the selected kinds; settings and discriminators are drawn together, as not all fit one another."""
    fitting = [
        (setting, kind)
        for setting in selection.of(SettingKind)
        for kind in _FITTING[setting]
        if kind in selection.of(DiscriminatorKind)
    ]
    setting, kind = draw(st.sampled_from(fitting))
    cost = draw(st.sampled_from(selection.of(CostKind)))
    count = draw(st.sampled_from(selection.of(CountKind)))
    width = draw(st.sampled_from(selection.of(NoiseKind)))
    plane = setting in {SettingKind.BOXES, SettingKind.BATCH}
    single = setting is SettingKind.NOISY and count is CountKind.TWO
    generator = Shift([draw(_places)]) if single else _generator(draw, plane=plane)
    latent = _latent(draw, setting, count)
    real = _real(draw, setting, count, generator.dimension)
    noise = 0.0
    if setting is SettingKind.NOISY:
        assert isinstance(latent, Masses)
        assert isinstance(real, Masses)
        gap = abs(float(generator(latent.measure.points[:1])[0, 0] - real.measure.points[0, 0]))
        noise = _noise(draw, width, gap)
    make = _Maker(
        generator=generator,
        latent=latent,
        real=real,
        cost=_COSTS[cost],
        noise=noise,
        kind=kind,
        other=draw(st.sampled_from([1.0, -1.0, 0.5])) if kind is DiscriminatorKind.STALE else 0.0,
        discriminator=_hand_made(draw, kind, generator.dimension) if kind in _HAND_MADE else None,
    )
    labels = [f"setting: {setting.value}", f"discriminator: {kind.value}", f"cost: {cost.value}"]
    labels += [f"points: {count.value}", f"noise: {width.value}"] if setting is SettingKind.NOISY else []
    return UpdateRecipe(
        make=make,
        parameters=tuple(map(float, generator.parameters)),
        points=make.points,
        labels=(*labels, f"generator: {type(generator).__name__}"),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Maker:
    """Makes an update: what was drawn, and against which kind of discriminator.

    Attributes:
        generator: g_θ.
        latent: of z.
        real: P_r.
        cost: c.
        noise: σ of the instance noise.
        kind: of the discriminator.
        other: by how much the fakes had been elsewhere when a stale optimum was found.
        discriminator: where nobody trained it.
    """

    generator: Generator
    latent: Distribution
    real: Distribution
    cost: Cost
    noise: float
    kind: DiscriminatorKind
    other: float
    discriminator: Discriminator | None

    @property
    def points(self) -> int:
        """How many points, components and parameters there are."""
        sides = sum(
            len(side.measure) if isinstance(side, Masses) else len(getattr(side, "components", [side]))
            for side in (self.latent, self.real)
        )
        return sides + len(self.generator.parameters)

    def __call__(self) -> GeneratorUpdate:
        if self.discriminator is not None:
            return self._against(self.discriminator)
        law = self.generator.law(self.latent)
        if self.kind is DiscriminatorKind.OPTIMAL and isinstance(self.latent, UniformBox):
            return self._against(PerfectDiscriminator(fake=law or self.latent, real=self.real))
        follows = self.kind is DiscriminatorKind.FOLLOWING
        update = GeneratorUpdate.against_the_optimum(
            self.generator, self.latent, self.real, cost=self.cost, noise=self.noise, follows=follows
        )
        if self.kind is not DiscriminatorKind.STALE:
            return update
        moved = self.generator.with_parameters(self.generator.parameters + self.other)
        before = GeneratorUpdate.against_the_optimum(moved, self.latent, self.real, noise=self.noise)
        assert isinstance(before.discriminator, OptimalDiscriminator)
        return self._against(before.discriminator)

    def _against(self, discriminator: Discriminator) -> GeneratorUpdate:
        return GeneratorUpdate(
            generator=self.generator,
            latent=self.latent,
            discriminator=discriminator,
            real=self.real,
            cost=self.cost,
            noise=self.noise,
        )


UPDATES = SearchSpace(axes=(DiscriminatorKind, SettingKind, CostKind, CountKind, NoiseKind), recipes=update_recipes)
