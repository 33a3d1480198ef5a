"""Two measures on sets of any dimension: boxes, segments, points, and their mixtures.

Where measures live on sets of lower dimension neither has a density, but P_r still has one with respect to P_g + P_r:
the optimal discriminator D* = dP_r/d(P_g + P_r). Points carry more than segments do, and segments more than boxes.

Source: Arjovsky and Bottou (2017), Theorems 2.1 to 2.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from toylab.distributions import Distribution, Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.distributions.plain import from_json, to_json, words
from toylab.errors import InputError
from toylab.markup import card, facts, number
from toylab.measures import DiscreteMeasure

#: Points at which a segment and each side of a box are looked at.
_ALONG, _ACROSS = 41, 9
#: Share of a stratum at which its point stands: irrational, so that crossings at round places are not hit.
_PLACE = float(np.sqrt(2.0) - 1.0)
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, eq=False)
class Part:
    """A piece of a measure: convex, of one dimension.

    Attributes:
        weight: its mass, positive.
        shape: a point mass, a segment, a box or a Gaussian.
    """

    weight: float
    shape: Distribution

    @property
    def order(self) -> int:
        """Dimension of the set: 0 for points, 1 for segments, d for boxes and Gaussians."""
        match self.shape:
            case Masses():
                return 0
            case Segment():
                return 1
        return self.shape.dimension

    def probes(self) -> tuple[np.ndarray, np.ndarray]:
        """Points (n, d) of the set, one in each of n strata of equal mass, and the masses (n,)."""
        match self.shape:
            case Masses():
                points = self.shape.atoms
            case Segment():
                points = self.shape.at((np.arange(_ALONG) + _PLACE) / _ALONG)
            case UniformBox(centre=centre, half_side=half):
                steps = 2.0 * (np.arange(_ACROSS) + _PLACE) / _ACROSS - 1.0
                points = centre + half * np.array(list(product(steps, repeat=len(centre))))
            case _:
                mean, scale = self.shape.mean, self.shape.scale  # type: ignore[attr-defined]
                steps = np.linspace(-2.0, 2.0, _ACROSS)
                points = mean + scale * np.array(list(product(steps, repeat=len(mean))))
        return points, np.full(len(points), self.weight / len(points))

    def density(self, z: np.ndarray) -> np.ndarray:
        """Mass per unit of length, area or number at z, with respect to the set's own dimension, (m,)."""
        match self.shape:
            case Masses():
                unit = 1.0
            case Segment(start=start, end=end):
                unit = 1.0 / float(np.linalg.norm(end - start))
            case UniformBox(half_side=half):
                unit = 1.0 / float(np.prod(2.0 * half))
            case _:
                return self.weight * self.shape.density(z)
        near = self.shape.distance_to_support(z) <= 64.0 * _EPS * (1.0 + np.abs(z).max(initial=0.0))
        return np.where(near, self.weight * unit, 0.0)


def parts(distribution: Distribution) -> list[Part]:
    """The convex pieces of a distribution that carry mass.

    Raises:
        InputError: it is not made of Gaussian, UniformBox, Segment and Masses.
    """
    match distribution:
        case Masses(measure=measure):
            carried = np.flatnonzero(measure.weights > 0)
            return [
                Part(weight=float(measure.weights[i]), shape=Masses(DiscreteMeasure(measure.points[i : i + 1])))
                for i in carried
            ]
        case Mixture(components=components, weights=weights):
            return [
                Part(weight=float(w) * inner.weight, shape=inner.shape)
                for w, component in zip(weights, components, strict=True)
                if w > 0
                for inner in parts(component)
            ]
        case Segment() | UniformBox() | Gaussian():
            return [Part(weight=1.0, shape=distribution)]
    raise InputError(
        f"supports are compared for Gaussian, UniformBox, Segment, Masses and their Mixture, got "
        f"{type(distribution).__name__}."
    )


@dataclass(frozen=True, eq=False)
class ManifoldPair:
    """A fake and a real distribution on sets of any dimension: the subject of statements on perfect discrimination.

    Attributes:
        fake: P_g.
        real: P_r.

    Raises:
        InputError: not made of Gaussian, UniformBox, Segment and Masses, or in different dimensions.

    Example:
        >>> lines = ManifoldPair(Segment([0.0, 0.0], [0.0, 1.0]), Segment([0.5, 0.0], [0.5, 1.0]))
        >>> lines.separation()
        0.5
        >>> lines.optimal_discriminator([[0.0, 0.5], [0.5, 0.5]]).tolist()
        [0.0, 1.0]
    """

    fake: Distribution
    real: Distribution

    def __post_init__(self) -> None:
        for name in ("fake", "real"):
            if not isinstance(getattr(self, name), Distribution):
                raise InputError(f"{name} must be a Distribution, got {type(getattr(self, name)).__name__}.")
            parts(getattr(self, name))
        if self.fake.dimension != self.real.dimension:
            raise InputError(
                f"the fake distribution has {self.fake.dimension} coordinates and the real one {self.real.dimension}; "
                "both must live in one space."
            )

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.fake.dimension

    @cached_property
    def fake_parts(self) -> list[Part]:
        """The pieces of P_g."""
        return parts(self.fake)

    @cached_property
    def real_parts(self) -> list[Part]:
        """The pieces of P_r."""
        return parts(self.real)

    def probes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Points (n, d) of both supports, what each stands for in mass (n,), and whether it is real (n,)."""
        found = [(*part.probes(), label) for label in (False, True) for part in self._side(real=label)]
        points = np.concatenate([points for points, _, _ in found])
        mass = np.concatenate([mass for _, mass, _ in found])
        return points, mass, np.concatenate([np.full(len(points), label) for points, _, label in found])

    def _side(self, *, real: bool) -> list[Part]:
        return self.real_parts if real else self.fake_parts

    def distance(self, z: np.ndarray, *, real: bool) -> np.ndarray:
        """Distance from z (m, d) to the support of one side, (m,)."""
        return (self.real if real else self.fake).distance_to_support(np.asarray(z, dtype=np.float64))

    def nearest_side(self, z: np.ndarray) -> np.ndarray:
        """1 where the real support is nearer, 0 where the fake one is, ½ where both are as near, (m,)."""
        fake, real = self.distance(z, real=False), self.distance(z, real=True)
        return np.where(real < fake, 1.0, np.where(fake < real, 0.0, 0.5))

    def optimal_discriminator(self, z: Any) -> np.ndarray:
        """D* = dP_r/d(P_g + P_r) at z (m, d), (m,): NaN off both supports.

        At every point the pieces of the least dimension that carry it decide.
        """
        z = np.asarray(z, dtype=np.float64)
        result = np.full(len(z), np.nan)
        for order in range(self.dimension, -1, -1):  # the least dimension comes last and has the last word
            fake, real = (
                np.sum([part.density(z) for part in side if part.order == order] + [np.zeros(len(z))], axis=0)
                for side in (self.fake_parts, self.real_parts)
            )
            there = fake + real > 0
            result = np.where(there, real / np.where(there, fake + real, 1.0), result)
        return result

    def separation(self) -> float:
        """The distance of the two supports, 0 where they meet."""
        return min(_separation(a.shape, b.shape) for a in self.fake_parts for b in self.real_parts)

    def mass_near(self, distance: float, *, real: bool) -> float:
        """How much mass of one side lies within a distance of the other side's support.

        Exact for points and segments: the distance to a convex set is convex along a segment. A box or a Gaussian
        counts whole where it meets a piece of its own dimension, and not at all where it meets a lesser one.
        """
        total = 0.0
        for part in self._side(real=real):
            shares = [_share_near(part, other, distance) for other in self._side(real=not real)]
            total += part.weight * min(sum(shares), 1.0)
        return total

    def describe(self) -> str:
        """One line."""
        return f"{words(self.fake)} against {words(self.real)}"

    def __repr__(self) -> str:
        return f"ManifoldPair({self.describe()})"

    def _repr_html_(self) -> str:
        rows = [("fake", words(self.fake)), ("real", words(self.real)), ("separation", number(self.separation()))]
        return card("ManifoldPair", facts(rows))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same pair, bit by bit."""
        return {"subject": "manifold-pair", "fake": to_json(self.fake), "real": to_json(self.real)}

    @classmethod
    def from_json(cls, data: Any) -> ManifoldPair:
        """The pair of `to_json`.

        Raises:
            InputError: the data are not those of a pair.
        """
        if not isinstance(data, Mapping) or not {"fake", "real"} <= set(data):
            raise InputError("a manifold pair in JSON is what ManifoldPair.to_json() wrote, with 'fake' and 'real'.")
        return cls(from_json(data["fake"]), from_json(data["real"]))


def _nearest(segment: Segment, other: Distribution) -> tuple[float, float]:
    """The position in [0, 1] of the point of a segment nearest to a convex set, and its distance."""

    def distance(t: float) -> float:
        return float(other.distance_to_support(segment.at(np.array([t])))[0])

    found = minimize_scalar(distance, bounds=(0.0, 1.0), method="bounded", options={"xatol": 1e-12})
    candidates = [0.0, 1.0, float(found.x), *_crossing(segment, other)]
    best = min(candidates, key=distance)
    return best, distance(best)


def _crossing(segment: Segment, other: Distribution) -> list[float]:
    """Where two segments of the plane cross, as a position on the first."""
    if not isinstance(other, Segment) or segment.dimension != 2:
        return []
    first, second = segment.end - segment.start, other.end - other.start
    determinant = first[0] * second[1] - first[1] * second[0]
    if determinant == 0:
        return []
    offset = other.start - segment.start
    return [float(np.clip((offset[0] * second[1] - offset[1] * second[0]) / determinant, 0.0, 1.0))]


def _separation(first: Distribution, second: Distribution) -> float:
    """Distance of two convex sets."""
    if isinstance(first, Gaussian) or isinstance(second, Gaussian):
        return 0.0
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Masses):
            return float(other.distance_to_support(one.atoms)[0])
    for one, other in ((first, second), (second, first)):
        if isinstance(one, Segment):
            distance = _nearest(one, other)[1]
            return distance if distance > 64.0 * _EPS * (1.0 + float(np.abs(one.start).max())) else 0.0
    a, b = first, second
    assert isinstance(a, UniformBox)
    assert isinstance(b, UniformBox)
    return float(np.linalg.norm(np.maximum(np.abs(a.centre - b.centre) - a.half_side - b.half_side, 0.0)))


def _share_near(part: Part, other: Part, distance: float) -> float:
    """Which share of a piece lies within a distance of another piece."""
    shape = part.shape
    if isinstance(shape, Masses):
        return float(other.shape.distance_to_support(shape.atoms)[0] <= distance)
    if isinstance(shape, Segment):
        return _share_of_segment(shape, other.shape, distance)
    return float(other.order == part.order and _separation(shape, other.shape) == 0.0)


def _share_of_segment(segment: Segment, other: Distribution, distance: float) -> float:
    place, least = _nearest(segment, other)
    if least > distance:
        return 0.0

    def beyond(t: float) -> float:
        return float(other.distance_to_support(segment.at(np.array([t])))[0]) - distance

    def reached(end: float) -> float:
        if beyond(end) <= 0:
            return end
        return float(brentq(beyond, min(place, end), max(place, end), xtol=1e-15))  # type: ignore[arg-type]

    return reached(1.0) - reached(0.0)
