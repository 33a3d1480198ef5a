"""A generator along its parameter: the laws P_θ of g_θ(Z) for one latent Z, and how far they are from P_r and apart.

    path = GeneratorPath.along(Shift([0.0]), [-1.0, 0.0, 1.0], latent=Gaussian([0.0], 1.0), real=Gaussian([0.0], 1.0))
    path.to_real(0)           W₁(P_θ, P_r) at the first θ
    path.apart(0, 1)          W₁(P_θ, P_θ') of the first two
    path.moved(0, 1)          E ‖g_θ(Z) − g_θ'(Z)‖
    path.rate()               E L(Z), L(z) the Lipschitz constant of θ ↦ g_θ(z)
    path.divergence(d, 0)     a divergence of P_θ and P_r

Every number comes with its error. Source: Arjovsky, Chintala and Bottou (WGAN, 2017), Theorem 1 and Example 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from toylab.distributions import Distribution, Segment
from toylab.distributions import plain as distributions
from toylab.divergences import DensityPair, FDivergence, Quadrature, mean_length, translation, wasserstein_between
from toylab.divergences.distances import distance_is_known
from toylab.errors import InputError
from toylab.generators.averages import average
from toylab.generators.maps import Affine, Generator, ParallelLine, Shift, Switch
from toylab.generators.update import from_json
from toylab.markup import card, facts, number, quiet, table

_EPS = float(np.finfo(np.float64).eps)
#: Generators for which g_θ(z) − g_θ'(z) is the same for all z.
_RIGID = (ParallelLine, Shift, Switch)


@dataclass(frozen=True, kw_only=True, eq=False)
class GeneratorPath:
    """A generator at several parameters θ, in order: the subject of statements on continuity in θ.

    Attributes:
        generator: one g_θ; its kind says what θ means.
        thetas: (m, p), the parameters in the order of `Generator.parameters`, all different from their neighbours.
        latent: the distribution of Z.
        real: P_r.

    Raises:
        InputError: fewer than two θ, two neighbours that are equal, dimensions that do not fit, or a law whose distance
            W₁ has no formula here.

    Example:
        >>> from toylab.distributions import Segment, UniformBox
        >>> from toylab.generators import ParallelLine
        >>> lines = GeneratorPath.along(
        ...     ParallelLine(0.0), [0.0, 0.25], latent=UniformBox([0.5], [0.5]), real=Segment([0.0, 0.0], [0.0, 1.0])
        ... )
        >>> lines.to_real(1).value
        0.25
    """

    generator: Generator
    thetas: np.ndarray
    latent: Distribution
    real: Distribution

    def __post_init__(self) -> None:
        for name, kind in (("generator", Generator), ("latent", Distribution), ("real", Distribution)):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be a {kind.__name__}, got {type(getattr(self, name)).__name__}.")
        object.__setattr__(self, "thetas", self._checked_thetas())
        if self.latent.dimension != self.generator.latent_dimension:
            raise InputError(
                f"the generator takes latent points with {self.generator.latent_dimension} coordinates, and `latent` "
                f"has {self.latent.dimension}."
            )
        if self.real.dimension != self.generator.dimension:
            raise InputError(
                f"the generator makes points with {self.generator.dimension} coordinates and the real ones have "
                f"{self.real.dimension}; both must live in one space."
            )
        self._check_distances()

    def _checked_thetas(self) -> np.ndarray:
        try:
            thetas = np.array(self.thetas, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError(f"thetas must be numbers, got {self.thetas!r}.") from None
        count = len(self.generator.parameters)
        thetas = thetas[:, None] if thetas.ndim == 1 and count == 1 else thetas
        if thetas.ndim != 2 or thetas.shape[1] != count or len(thetas) < 2 or not np.isfinite(thetas).all():
            raise InputError(
                f"thetas must be finite, at least two, with {count} parameters each for this generator, got an array "
                f"of shape {thetas.shape}."
            )
        if (thetas[1:] == thetas[:-1]).all(axis=1).any():
            raise InputError("two neighbours among thetas are equal; give each parameter once.")
        thetas.setflags(write=False)
        return thetas

    def _check_distances(self) -> None:
        laws = [generator.law(self.latent) for generator in self.generators]
        first = laws[0]
        known = first is not None and all(
            law is not None and distance_is_known(first, law) and distance_is_known(law, self.real) for law in laws
        )
        if not known or not all(self._move_is_known(*pair) for pair in pairwise(self.generators)):
            raise InputError(
                f"W₁ has no formula along this path of {type(self.generator).__name__} with latent points from a "
                f"{type(self.latent).__name__}: it is known on the line for Gaussian and UniformBox, and for "
                "translations of P_r anywhere; sample both sides and compare the problems as a Family instead."
            )

    @staticmethod
    def _move_is_known(one: Generator, other: Generator) -> bool:
        """Whether `moved` is exact and `rate` the same at every θ: of other kinds of generators nothing is known."""
        if isinstance(one, Affine) and isinstance(other, Affine):
            return np.array_equal(one.matrix, other.matrix) or one.latent_dimension == one.dimension == 1
        return isinstance(one, _RIGID)

    @classmethod
    def along(
        cls, generator: Generator, thetas: npt.ArrayLike, *, latent: Distribution, real: Distribution
    ) -> GeneratorPath:
        """The path of a generator of this kind through the parameters θ, (m, p), or (m,) where there is one."""
        return cls(generator=generator, thetas=np.asarray(thetas), latent=latent, real=real)

    def __len__(self) -> int:
        return len(self.thetas)

    @cached_property
    def generators(self) -> tuple[Generator, ...]:
        """g_θ at every θ."""
        return tuple(self.generator.with_parameters(theta) for theta in self.thetas)

    @cached_property
    def laws(self) -> tuple[Distribution, ...]:
        """P_θ at every θ."""
        return tuple(generator.law(self.latent) for generator in self.generators)  # type: ignore[misc]

    @property
    def at(self) -> np.ndarray:
        """Where every θ stands: θ itself where it is one number, else the length of the path up to it, (m,)."""
        if self.thetas.shape[1] == 1:
            return self.thetas[:, 0]
        steps = np.linalg.norm(np.diff(self.thetas, axis=0), axis=1)
        return np.concatenate([[0.0], np.cumsum(steps)])

    def label(self, index: int) -> str:
        """A name for one θ."""
        shown = ", ".join(f"{value:.6g}" for value in self.thetas[index] + 0.0)
        return f"θ = {shown}" if self.thetas.shape[1] == 1 else f"θ = ({shown})"

    def step(self, first: int, second: int) -> float:
        """‖θ − θ'‖."""
        return float(np.linalg.norm(self.thetas[first] - self.thetas[second]))

    def to_real(self, index: int) -> Quadrature:
        """W₁(P_θ, P_r)."""
        return wasserstein_between(self.laws[index], self.real)

    def apart(self, first: int, second: int) -> Quadrature:
        """W₁(P_θ, P_θ')."""
        return wasserstein_between(self.laws[first], self.laws[second])

    def moved(self, first: int, second: int) -> Quadrature:
        """E ‖g_θ(Z) − g_θ'(Z)‖: exact where the difference is the same for all z, else in closed form on the line."""
        origin, ones = np.zeros((1, self.latent.dimension)), np.ones((1, self.latent.dimension))
        one, other = self.generators[first], self.generators[second]
        offset = other(origin)[0] - one(origin)[0]
        rounding = 16.0 * _EPS * float(np.abs(one(origin)).max() + np.abs(other(origin)).max())
        if isinstance(one, Affine) and not np.array_equal(one.matrix, other.matrix):  # type: ignore[attr-defined]
            slope = float((other(ones) - one(ones))[0, 0] - offset[0])
            found = mean_length(self.latent, slope, float(offset[0]))
            wide = float(np.abs(one.matrix).max() + np.abs(other.matrix).max())  # type: ignore[attr-defined]
            reach = mean_length(self.latent, 1.0, 0.0)
            return Quadrature(value=found.value, error=found.error + rounding + 16.0 * _EPS * wide * reach.value)
        length = float(np.linalg.norm(offset))
        return Quadrature(value=length, error=rounding + 8.0 * _EPS * length)

    def jumps(self) -> list[str]:
        """The steps of the path on which g jumps in θ."""
        numbered = enumerate(pairwise(self.generators))
        return [f"{self.label(i)} to {self.label(i + 1)}" for i, (one, other) in numbered if one.jumps_to(other)]

    def rate(self) -> Quadrature:
        """E L(Z), L(z) = ‖∂g_θ(z)/∂θ‖: the Lipschitz constant of θ ↦ g_θ(z) where that does not jump."""
        found = average(lambda z: self.generator.rate(z)[:, None], self.latent)
        return Quadrature(value=float(found.value[0]), error=float(found.error[0]))

    def divergence(self, divergence: FDivergence, index: int) -> Quadrature:
        """D_f(P_r ‖ P_θ): by quadrature between densities, in closed form between translated segments.

        Raises:
            InputError: neither, or more than two dimensions.
        """
        law = self.laws[index]
        if isinstance(law, Segment) and isinstance(self.real, Segment):
            return _of_segments(divergence, law, self.real)
        return divergence.integrated(DensityPair(law, self.real))

    def describe(self) -> str:
        """One line."""
        return (
            f"{type(self.generator).__name__} with z from {distributions.words(self.latent)}, {len(self)} θ "
            f"from {self.label(0)[4:]} to {self.label(len(self) - 1)[4:]}, against {distributions.words(self.real)}"
        )

    def __repr__(self) -> str:
        return f"GeneratorPath({self.describe()})"

    def _repr_html_(self) -> str:
        rows = [
            (self.label(i), distributions.words(law), number(self.to_real(i).value, 10))
            for i, law in enumerate(self.laws)
        ]
        shown = [("latent", distributions.words(self.latent)), ("real", distributions.words(self.real))]
        header = ("parameter", "fakes", "W₁ to the reals")
        return card("GeneratorPath", facts(shown), table(header, rows), quiet("toylab.plot(…) draws it"))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same path, bit by bit."""
        return {
            "subject": "generator-path",
            "generator": self.generator.to_json(),
            "thetas": self.thetas.tolist(),
            "latent": distributions.to_json(self.latent),
            "real": distributions.to_json(self.real),
        }

    @classmethod
    def from_json(cls, data: Any) -> GeneratorPath:
        """The path of `to_json`.

        Raises:
            InputError: the data are not those of a path.
        """
        needed = ("generator", "thetas", "latent", "real")
        if not isinstance(data, Mapping) or not set(needed) <= set(data):
            raise InputError(
                f"a generator's path in JSON is what GeneratorPath.to_json() wrote, with {', '.join(needed)}."
            )
        return cls(
            generator=from_json(data["generator"]),
            thetas=data["thetas"],
            latent=distributions.from_json(data["latent"]),
            real=distributions.from_json(data["real"]),
        )


def _of_segments(divergence: FDivergence, first: Segment, second: Segment) -> Quadrature:
    """D_f of two segments that are translations of one another: they share a piece only along their own line.

    The share 1 − s of the length L that they have in common adds nothing, as the densities agree there, and the rest
    adds what points of one side alone do, s (c(p, 0) + c(0, q)), s = min(‖offset‖/L, 1).
    """
    offset, along = translation(first, second), first.end - first.start
    assert offset is not None
    length, far = float(np.linalg.norm(along)), float(np.linalg.norm(offset))
    beside = float(np.linalg.norm(offset - along * (offset @ along) / length**2))
    alone = min(far / length, 1.0) if beside <= 4.0 * _EPS * far else 1.0
    if alone == 0.0:
        return Quadrature(value=0.0, error=0.0)
    parts = divergence.contribution(np.array([0.0, -np.inf]), np.array([-np.inf, 0.0]))
    total = alone * float(parts.sum())
    note = "" if np.isfinite(total) else "each side has mass where the other has none"
    return Quadrature(value=total, error=32.0 * _EPS * total if np.isfinite(total) else 0.0, note=note)
