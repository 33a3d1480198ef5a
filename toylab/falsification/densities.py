"""The search space of pairs of densities on the line, each with what a critic is trained for.

In the plane one measure of a statement takes seconds, so that only the line is searched.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass

from hypothesis import strategies as st
from typing_extensions import override

from toylab import losses
from toylab.claims.kinds import DensityKind, ObjectiveKind, PlaceKind
from toylab.distributions import Distribution, Gaussian, Mixture, UniformBox
from toylab.divergences import DensityPair, FisherIPM, Objective, Uniform, UnrestrictedLoss, WassersteinOnLine
from toylab.divergences.quadrature import sharpened
from toylab.falsification.fractions import fraction, listed, vector
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection

#: How much smaller the tolerance of integrals is when a counterexample is confirmed.
_SHARPER = 1e-3
_LOSSES = (losses.logistic(), losses.quadratic(0.0, 1.0), losses.sqrt(), losses.exponential())
_WIDTHS = (1.0, 0.5, 2.0, 0.25)
_WIDE = Gaussian([0.0], 16.0)


@dataclass(frozen=True, kw_only=True, eq=False)
class DensityRecipe(AbstractRecipe):
    """Two densities and an objective, which need no solver.

    Attributes:
        pair: the subject.
        labels: what was drawn.
    """

    pair: DensityPair
    labels: tuple[str, ...]

    @override
    def subject(self) -> DensityPair:
        return self.pair

    @override
    def second_opinion(self) -> tuple[DensityPair, str]:
        """The same pair from its plain data; its integrals are asked for at a thousandth of the tolerance."""
        how = f"closed forms, and integrals at {_SHARPER:g} times the tolerance"
        return DensityPair.from_json(self.pair.to_json()), how

    @override
    def confirming(self) -> AbstractContextManager[None]:
        return sharpened(_SHARPER)

    @override
    def size(self) -> tuple[float, ...]:
        parts = [*_parts(self.pair.fake), *_parts(self.pair.real)]
        return len(parts), sum(abs(place) for place, _ in parts), sum(abs(width - 1.0) for _, width in parts)

    @override
    def words(self, subject: DensityPair) -> list[tuple[str, str]]:
        goal = "none" if subject.objective is None else subject.objective.name
        return [("fake", _said(subject.fake)), ("real", _said(subject.real)), ("objective", goal)]


def _parts(distribution: Distribution) -> list[tuple[float, float]]:
    """Place and width of every component."""
    match distribution:
        case Gaussian(mean=mean, scale=scale):
            return [(float(mean[0]), float(scale))]
        case UniformBox(centre=centre, half_side=half):
            return [(float(centre[0]), float(half[0]))]
        case Mixture(components=components):
            return [part for component in components for part in _parts(component)]
    return []


def _said(distribution: Distribution) -> str:
    """A density as a person would write it, with fractions."""
    match distribution:
        case Gaussian(mean=mean, scale=scale):
            return f"N({fraction(mean[0])}, {fraction(scale)}²)"
        case UniformBox(centre=centre, half_side=half):
            return f"uniform from {vector(centre - half)} to {vector(centre + half)}"
        case Mixture(components=components, weights=weights):
            return listed(f"{fraction(w)} {_said(part)}" for part, w in zip(components, weights, strict=True))
    return type(distribution).__name__


def _objective(draw: st.DrawFn, kind: ObjectiveKind) -> Objective:
    match kind:
        case ObjectiveKind.FISHER:
            return FisherIPM(Uniform())
        case ObjectiveKind.WIDE_FISHER:
            return FisherIPM(_WIDE)
        case ObjectiveKind.MEAN_FISHER:
            return FisherIPM(None)
        case ObjectiveKind.WASSERSTEIN:
            return WassersteinOnLine()
    return UnrestrictedLoss(draw(st.sampled_from(_LOSSES)))


_places = st.integers(-8, 8).map(lambda at: at / 2.0)
_widths = st.sampled_from(_WIDTHS)
_one = st.one_of(
    st.builds(lambda at, width: Gaussian([at], width), _places, _widths),
    st.builds(lambda at, width: UniformBox([at], width), _places, _widths),
)
_two = st.builds(lambda parts, w: Mixture(list(parts), [w, 1.0]), st.tuples(_one, _one), st.sampled_from([1.0, 2.0]))


@st.composite
def _beside_a_mode(draw: st.DrawFn, kind: DensityKind, place: PlaceKind) -> tuple[Distribution, Distribution]:
    """Two modes of one width at 0 and further right, and fakes between them, nearer to the first."""
    width = draw(_widths)
    apart = draw(st.sampled_from([8, 10, 12, 20]))
    if place is PlaceKind.CLEAR:
        at = draw(st.sampled_from([at / 2 for at in range(6, apart)]))
    else:
        at = draw(st.sampled_from([1.0, 0.5, 2.0, 1.5, 2.5]))
    real = Mixture([Gaussian([0.0], width), Gaussian([apart * width], width)])
    factor = draw(st.sampled_from([2.0, 0.5, 3.0])) if kind is DensityKind.OTHER_WIDTH else 1.0
    room = apart / 2.0 - 2.0 - at
    if kind is DensityKind.MODES and place is PlaceKind.CLEAR and room > 0 and draw(st.booleans()):
        return UniformBox([at * width], min(room, 1.0) * width), real
    return Gaussian([at * width], factor * width), real


@st.composite
def density_recipes(draw: st.DrawFn, selection: Selection) -> DensityRecipe:
    """A pair of the selected kinds, on the line."""
    goal = draw(st.sampled_from(selection.of(ObjectiveKind)))
    kind = draw(st.sampled_from(selection.of(DensityKind)))
    place = draw(st.sampled_from(selection.of(PlaceKind)))
    if kind is DensityKind.ANY:
        fake, real = draw(_one), draw(st.one_of(_one, _two))
    else:
        fake, real = draw(_beside_a_mode(kind, place))
    labels = [f"objective: {goal.value}", f"densities: {kind.value}"]
    labels += [f"place: {place.value}"] if kind is not DensityKind.ANY else []
    shapes = sorted({type(side).__name__ for side in (fake, real)})
    return DensityRecipe(
        pair=DensityPair(fake, real, _objective(draw, goal)), labels=(*labels, f"shapes: {' and '.join(shapes)}")
    )


DENSITY_PAIRS = SearchSpace(axes=(ObjectiveKind, DensityKind, PlaceKind), recipes=density_recipes)
