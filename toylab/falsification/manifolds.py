"""The search space of pairs of measures on sets of any dimension: points, segments, boxes and Gaussians."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims.kinds import ManifoldKind
from toylab.distributions import Distribution, Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.falsification.fractions import fraction, vector
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection
from toylab.manifolds import ManifoldPair, Part
from toylab.measures import DiscreteMeasure

#: Further pieces lie this far out, fakes on one side and reals on the other, where they meet nothing.
_FAR = 20.0
_DIRECTIONS = ((1, 0), (0, 1), (1, 1), (1, -1), (2, 1), (1, 2), (3, 1))
_coordinates = st.integers(-3, 3).map(float)
_sizes = st.sampled_from([1.0, 2.0, 0.5])


@dataclass(frozen=True, kw_only=True, eq=False)
class ManifoldRecipe(AbstractRecipe):
    """A pair of measures, which needs no solver.

    Attributes:
        pair: the subject.
        labels: what was drawn.
    """

    pair: ManifoldPair
    labels: tuple[str, ...]

    @override
    def subject(self) -> ManifoldPair:
        return self.pair

    @override
    def second_opinion(self) -> tuple[ManifoldPair, str]:
        """The pair turned and moved: statements on it do not change, places at which it is looked at do."""
        moved = ManifoldPair(_turned(self.pair.fake), _turned(self.pair.real))
        return moved, "no solver: the pieces are compared by their formulas, here and turned by a right angle"

    @override
    def size(self) -> tuple[float, ...]:
        parts = [*self.pair.fake_parts, *self.pair.real_parts]
        numbers = np.concatenate([_numbers(part) for part in parts])
        return len(parts), sum(part.order for part in parts), self.pair.dimension, float(np.abs(numbers).sum())

    @override
    def words(self, subject: ManifoldPair) -> list[tuple[str, str]]:
        return [
            ("fake", "; ".join(map(_said, subject.fake_parts))),
            ("real", "; ".join(map(_said, subject.real_parts))),
            ("separation", fraction(subject.separation())),
        ]


def _numbers(part: Part) -> np.ndarray:
    match part.shape:
        case Segment(start=start, end=end):
            return np.concatenate([start, end])
        case UniformBox(centre=centre, half_side=half):
            return np.concatenate([centre, half])
        case Gaussian(mean=mean, scale=scale):
            return np.append(mean, scale)
    return part.shape.atoms.ravel()  # type: ignore[attr-defined]


def _said(part: Part) -> str:
    mass = fraction(part.weight)
    match part.shape:
        case Segment(start=start, end=end):
            return f"{mass} on the segment from {vector(start)} to {vector(end)}"
        case UniformBox(centre=centre, half_side=half):
            return f"{mass} on the box from {vector(centre - half)} to {vector(centre + half)}"
        case Gaussian(mean=mean, scale=scale):
            return f"{mass} N({vector(mean)}, {fraction(scale)}²)"
    return f"{mass} at {vector(part.shape.atoms[0])}"  # type: ignore[attr-defined]


def _turned(distribution: Distribution) -> Distribution:
    """The image under a turn by a right angle in the plane, a reflection on the line, and a shift."""

    def turned(z: np.ndarray) -> np.ndarray:
        return -z if z.shape[-1] == 1 else np.stack([-z[..., 1], z[..., 0]], axis=-1)

    def moved(z: np.ndarray) -> np.ndarray:
        return turned(z) + 0.25

    match distribution:
        case Segment(start=start, end=end):
            return Segment(moved(start), moved(end))
        case UniformBox(centre=centre, half_side=half):
            return UniformBox(moved(centre), np.abs(turned(half)))
        case Gaussian(mean=mean, scale=scale):
            return Gaussian(moved(mean), scale)
        case Masses(measure=measure):
            return Masses(DiscreteMeasure(moved(measure.points), measure.weights))
    assert isinstance(distribution, Mixture)
    return Mixture([_turned(part) for part in distribution.components], distribution.weights)


def _atom(place: np.ndarray) -> Masses:
    return Masses(DiscreteMeasure(place[None]))


def _segment(draw: st.DrawFn, start: np.ndarray) -> Segment:
    return Segment(start, start + draw(_sizes) * np.array(draw(st.sampled_from(_DIRECTIONS)), dtype=float))


def _apart(draw: st.DrawFn) -> tuple[Distribution, Distribution]:
    """Points and segments; the real ones to the right of the fake ones."""
    gap = draw(_sizes) / 2.0
    shapes = []
    for side in (-1.0, 1.0):
        place = np.array([0.0, draw(_coordinates)])
        if draw(st.booleans()):
            shapes.append(_atom(place))
            continue
        step = np.array(draw(st.sampled_from(_DIRECTIONS)), dtype=float) * draw(_sizes)
        shapes.append(Segment(place, place + side * step))
    fake, real = shapes
    return fake, _shifted(real, gap)


def _shifted(shape: Distribution, by: float) -> Distribution:
    offset = np.array([by, 0.0])
    if isinstance(shape, Segment):
        return Segment(shape.start + offset, shape.end + offset)
    return _atom(shape.atoms[0] + offset)  # type: ignore[attr-defined]


def _crossing(draw: st.DrawFn) -> tuple[Distribution, Distribution]:
    """Two segments that cross, or touch with an end."""
    fake = _segment(draw, np.zeros(2))
    own = fake.end - fake.start
    others = [d for d in _DIRECTIONS if own[0] * d[1] != own[1] * d[0]]
    direction = np.array(draw(st.sampled_from(others)), dtype=float)
    at = draw(st.sampled_from([0.5, 0.25, 0.0])) * own
    return fake, Segment(at - draw(st.sampled_from([1.0, 0.5, 0.0])) * direction, at + draw(_sizes) * direction)


def _touching(draw: st.DrawFn) -> tuple[Distribution, Distribution]:
    """An atom of one measure on the other set, which is an atom at the same place, a segment or both."""
    own = _segment(draw, np.zeros(2))
    on_segment = _atom(own.at(np.array([draw(st.sampled_from([0.5, 0.0, 0.25]))]))[0])
    line: Distribution = own if draw(st.booleans()) else on_segment
    if draw(st.booleans()):
        line = Mixture([line, _segment(draw, np.array([0.0, 10.0]))], [1.0, float(draw(st.integers(1, 3)))])
    return (line, on_segment) if draw(st.booleans()) else (on_segment, line)


def _aligned(draw: st.DrawFn) -> tuple[Distribution, Distribution]:
    """Two segments of one line that share a piece."""
    fake = _segment(draw, np.zeros(2))
    own = fake.end - fake.start
    start, length = draw(st.sampled_from([0.5, 0.0, 0.25, -0.5])), draw(st.sampled_from([1.0, 2.0, 0.75]))
    return fake, Segment(start * own, (start + length) * own)


def _boxes(draw: st.DrawFn, *, overlapping: bool) -> tuple[Distribution, Distribution]:
    """Two boxes side by side."""
    dimension = draw(st.sampled_from([1, 2]))
    halves = [draw(_sizes) / 2.0 for _ in range(2)]
    reach = sum(halves)
    across = np.zeros(dimension)
    across[0] = reach * draw(st.sampled_from([0.5, 0.0, 0.25])) if overlapping else reach + draw(_sizes) / 2.0
    return UniformBox(np.zeros(dimension), halves[0]), UniformBox(across, halves[1])


def _gaussians(draw: st.DrawFn) -> tuple[Distribution, Distribution]:
    dimension = draw(st.sampled_from([1, 2]))
    across = np.zeros(dimension)
    across[0] = float(draw(st.sampled_from([1, 0, 3, 9])))
    return Gaussian(np.zeros(dimension), draw(_sizes)), Gaussian(across, draw(_sizes))


def _arranged(draw: st.DrawFn, kind: ManifoldKind) -> tuple[Distribution, Distribution]:
    match kind:
        case ManifoldKind.CROSSING:
            return _crossing(draw)
        case ManifoldKind.TOUCHING:
            return _touching(draw)
        case ManifoldKind.ALIGNED:
            return _aligned(draw)
        case ManifoldKind.BOXES_APART | ManifoldKind.OVERLAPPING:
            return _boxes(draw, overlapping=kind is ManifoldKind.OVERLAPPING)
        case ManifoldKind.EVERYWHERE:
            return _gaussians(draw)
    return _apart(draw)


def _further(draw: st.DrawFn, side: Distribution, where: float) -> Distribution:
    """One time in three a side has a further piece, far from everything else."""
    if side.dimension != 2 or draw(st.sampled_from([False, False, True])) is False:
        return side
    place = np.array([where, draw(_coordinates)])
    piece = _atom(place) if draw(st.booleans()) else _segment(draw, place)
    return Mixture([side, piece], [float(draw(st.integers(1, 3))), 1.0])


@st.composite
def manifold_recipes(draw: st.DrawFn, selection: Selection) -> ManifoldRecipe:
    """A pair of the selected kinds, in the plane or on the line."""
    kind = draw(st.sampled_from(selection.of(ManifoldKind)))
    fake, real = _arranged(draw, kind)
    pair = ManifoldPair(_further(draw, fake, -_FAR), _further(draw, real, _FAR))
    return ManifoldRecipe(
        pair=pair,
        labels=(
            f"sets: {kind.value}",
            f"dimension: {pair.dimension}",
            f"pieces: {len(pair.fake_parts) + len(pair.real_parts)}",
        ),
    )


MANIFOLD_PAIRS = SearchSpace(axes=(ManifoldKind,), recipes=manifold_recipes)
