"""The search space of generators along their parameter: on the line, and on parallel lines of the plane."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from typing_extensions import override

from toylab.claims.kinds import PathKind
from toylab.distributions import Distribution, Gaussian, Mixture, Segment, UniformBox
from toylab.distributions.plain import words as said
from toylab.divergences.quadrature import sharpened
from toylab.falsification.fractions import listed, vector
from toylab.falsification.spaces import AbstractRecipe, SearchSpace, Selection
from toylab.generators import Affine, Generator, GeneratorPath, ParallelLine, Shift, Switch
from toylab.generators.averages import refined

#: Averages get so many times more points and integrals this share of their tolerance to confirm a counterexample.
_FINER, _SHARPER = 2.0, 1e-2


@dataclass(frozen=True, kw_only=True, eq=False)
class PathRecipe(AbstractRecipe):
    """A generator along its parameter, which needs no solver.

    Attributes:
        path: the subject.
        labels: what was drawn.
    """

    path: GeneratorPath
    labels: tuple[str, ...]

    @override
    def subject(self) -> GeneratorPath:
        return self.path

    @override
    def second_opinion(self) -> tuple[GeneratorPath, str]:
        """The same path backwards, from its plain data, computed more finely."""
        data = self.path.to_json()
        backwards = GeneratorPath.from_json({**data, "thetas": data["thetas"][::-1]})
        how = f"the path backwards, averages over {_FINER:g} times the points, integrals to {_SHARPER:g} of the error"
        return backwards, how

    @override
    def confirming(self) -> AbstractContextManager[None]:
        return _finely()

    @override
    def size(self) -> tuple[float, ...]:
        parts = len(self.path.real.components) if isinstance(self.path.real, Mixture) else 1
        return len(self.path), parts, float(np.abs(self.path.thetas).sum())

    @override
    def words(self, subject: GeneratorPath) -> list[tuple[str, str]]:
        return [
            ("generator", type(subject.generator).__name__),
            ("θ", listed(vector(theta) for theta in subject.thetas)),
            ("latent", said(subject.latent)),
            ("real", said(subject.real)),
        ]


@contextmanager
def _finely() -> Iterator[None]:
    with refined(_FINER), sharpened(_SHARPER):
        yield


_places = st.integers(-4, 4).map(lambda at: at / 2.0)
_widths = st.sampled_from([1.0, 0.5, 2.0])
_near = st.sampled_from([1.0, 1e-2, 1e-4, 1e-6])
_gaussians = st.builds(lambda at, width: Gaussian([at], width), _places, _widths)
_boxes = st.builds(lambda at, width: UniformBox([at], width), _places, _widths)
_mixtures = st.builds(lambda one, other: Mixture([one, other]), _gaussians, st.one_of(_gaussians, _boxes))
_any = st.one_of(_gaussians, _boxes, _mixtures)


@st.composite
def _thetas(draw: st.DrawFn) -> list[float]:
    """Two to four parameters, the last two of them perhaps close to one another."""
    thetas = draw(st.lists(_places, min_size=1, max_size=3, unique=True))
    return [*thetas, thetas[-1] + draw(_near)]


def _rescaled(draw: st.DrawFn) -> tuple[Generator, list, Distribution, Distribution]:
    """Affine maps of the line, no two neighbours of one width."""
    factors = draw(st.lists(st.sampled_from([1.0, 0.5, 2.0, -1.0, 0.01]), min_size=2, max_size=3, unique_by=abs))
    thetas = [[factor, draw(_places)] for factor in factors]
    latent = draw(st.one_of(_gaussians, _boxes))
    return Affine([[1.0]], [0.0]), thetas, latent, draw(_any)


def _drawn(draw: st.DrawFn, kind: PathKind) -> tuple[Generator, list, Distribution, Distribution]:
    match kind:
        case PathKind.RESCALED:
            return _rescaled(draw)
        case PathKind.BOX:
            return Shift([0.0]), draw(_thetas()), draw(_boxes), draw(st.one_of(_boxes, _any))
        case PathKind.LINES:
            low, at = draw(_places), draw(_places)
            latent, line = UniformBox([low + 0.5], [0.5]), Segment([at, low], [at, low + 1.0])
            return ParallelLine(0.0), draw(_thetas()), latent, line
        case PathKind.SWITCH:
            return Switch(0.0), [-draw(_near), draw(st.sampled_from([0.0, 1.0]))], draw(_gaussians), draw(_gaussians)
    return Shift([0.0]), draw(_thetas()), draw(_gaussians), draw(_gaussians)


@st.composite
def path_recipes(draw: st.DrawFn, selection: Selection) -> PathRecipe:
    """A path of the selected kinds."""
    kind = draw(st.sampled_from(selection.of(PathKind)))
    generator, thetas, latent, real = _drawn(draw, kind)
    path = GeneratorPath.along(generator, thetas, latent=latent, real=real)
    labels = (f"path: {kind.value}", f"parameters: {len(path)}", f"reals: {type(real).__name__}")
    return PathRecipe(path=path, labels=labels)


PATHS = SearchSpace(axes=(PathKind,), recipes=path_recipes)
