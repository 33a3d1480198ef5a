"""Point clouds and weights for random problems: generic ones, and every way of being degenerate that we know.

Clouds have size about 1 around the origin; weights need not sum to anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toylab import zoo

#: By name, so that a new entry of the zoo changes no problem of a campaign.
_FROM_ZOO = (
    "case1",
    "case1.1",
    "case2",
    "case3",
    "two-gaussians",
    "case4",
    "case5",
    "case6",
    "mode-collapse",
    "translated-sample",
    "translated-square",
    "parallel-lines",
    "independent-lines",
    "8-gaussians",
    "25-gaussians",
    "swiss-roll",
    "rings",
    "images",
    "min-funnels",
    "min-funnels-16",
    "two-diracs",
    "midway",
    "overlapping-pair",
    "shared-points",
    "three-fakes",
    "far-fake",
    "chain",
    "two-islands",
    "four-on-a-line",
    "unit-square",
    "corner",
    "far-pairs",
    "random-overlap",
)
#: Shares of dimensions 1, 2, 3, 10.
_DIMENSIONS, _DIMENSION_SHARES = (1, 2, 3, 10), (0.3, 0.4, 0.15, 0.15)


@dataclass(frozen=True, kw_only=True, eq=False)
class Clouds:
    """The points of both measures.

    Attributes:
        fake: (n, d).
        real: (m, d).
        equal: whether both measures are to get the same weights.
    """

    fake: np.ndarray
    real: np.ndarray
    equal: bool = False


def _dimension(rng: np.random.Generator) -> int:
    return int(rng.choice(_DIMENSIONS, p=_DIMENSION_SHARES))


def _count(rng: np.random.Generator) -> int:
    """Mostly up to 8 points, one time in ten up to 40."""
    return int(rng.integers(1, 9) if rng.uniform() < 0.9 else rng.integers(9, 41))


def _generic(rng: np.random.Generator) -> Clouds:
    d = _dimension(rng)
    return Clouds(fake=rng.normal(size=(_count(rng), d)), real=rng.normal(size=(_count(rng), d)))


def _grid(rng: np.random.Generator) -> Clouds:
    """Points with coordinates in {−1, −3/4, …, 1}: many equal distances."""
    d = _dimension(rng)
    cells = rng.integers(-4, 5, size=(_count(rng) + 1, d)) / 4.0
    more = rng.integers(-4, 5, size=(_count(rng), d)) / 4.0
    return Clouds(fake=cells, real=more)


def _duplicates(rng: np.random.Generator) -> Clouds:
    """Each side repeats its points."""
    base = _generic(rng)
    return Clouds(
        fake=base.fake[rng.integers(len(base.fake), size=len(base.fake) + 3)],
        real=base.real[rng.integers(len(base.real), size=len(base.real) + 3)],
    )


def _some_shared(rng: np.random.Generator) -> Clouds:
    base = _generic(rng) if rng.uniform() < 0.5 else _grid(rng)
    count = int(rng.integers(1, min(len(base.fake), len(base.real)) + 1))
    real = base.real.copy()
    real[:count] = base.fake[:count]
    return Clouds(fake=base.fake, real=rng.permutation(real))


def _all_shared(rng: np.random.Generator) -> Clouds:
    base = _generic(rng) if rng.uniform() < 0.5 else _grid(rng)
    return Clouds(fake=base.fake, real=base.fake.copy())


def _equal_measures(rng: np.random.Generator) -> Clouds:
    base = _generic(rng) if rng.uniform() < 0.5 else _grid(rng)
    return Clouds(fake=base.fake, real=base.fake.copy(), equal=True)


def _collinear(rng: np.random.Generator) -> Clouds:
    """All on one line, half of the time at multiples of one step."""
    d, n, m = _dimension(rng), _count(rng), _count(rng)
    at = rng.normal(size=n + m) if rng.uniform() < 0.5 else rng.integers(-6, 7, size=n + m) / 4.0
    points = at[:, None] * rng.normal(size=d)
    return Clouds(fake=points[:n], real=points[n:])


def _one_a_side(rng: np.random.Generator) -> Clouds:
    d = _dimension(rng)
    return Clouds(fake=rng.normal(size=(1, d)), real=rng.normal(size=(1, d)))


def _one_against_many(rng: np.random.Generator) -> Clouds:
    d = _dimension(rng)
    one, many = rng.normal(size=(1, d)), rng.normal(size=(20, d))
    return Clouds(fake=one, real=many) if rng.uniform() < 0.5 else Clouds(fake=many, real=one)


def _nearly_coincident(rng: np.random.Generator) -> Clouds:
    """Every real point within 1e-9 (or 1e-12, or 1e-6) of a fake one, a few further ones beside them."""
    base = _generic(rng)
    near = base.fake + 10.0 ** rng.choice([-12.0, -9.0, -6.0]) * rng.normal(size=base.fake.shape)
    return Clouds(fake=base.fake, real=near if rng.uniform() < 0.5 else np.concatenate([near, base.real]))


def _near_twins(rng: np.random.Generator) -> Clouds:
    """Twins of fake points among the fakes, of real points among the reals, at distance 1e-9."""
    base = _generic(rng)
    twins = [points + 1e-9 * rng.normal(size=points.shape) for points in (base.fake, base.real)]
    return Clouds(fake=np.concatenate([base.fake, twins[0]]), real=np.concatenate([base.real, twins[1]]))


def _far_outlier(rng: np.random.Generator) -> Clouds:
    base = _generic(rng)
    far = 10.0 ** rng.uniform(2, 6) * rng.normal(size=(1, base.fake.shape[1]))
    if rng.uniform() < 0.5:
        return Clouds(fake=np.concatenate([base.fake, far]), real=base.real)
    return Clouds(fake=base.fake, real=np.concatenate([base.real, far]))


def _clusters(rng: np.random.Generator) -> Clouds:
    """Tight groups of different sizes, as a generator that covers one mode of two sees them."""
    d, spread = _dimension(rng), 10.0 ** rng.uniform(-4, -0.5)
    centres = rng.normal(size=(3, d))
    n, m = _count(rng), _count(rng)
    fake = centres[0] + spread * rng.normal(size=(n, d))
    real = centres[rng.integers(3, size=m)] + spread * rng.normal(size=(m, d))
    return Clouds(fake=fake, real=real)


def _from_zoo(rng: np.random.Generator) -> Clouds:
    name = str(rng.choice(_FROM_ZOO))
    size = None if zoo.get(name).default_size is None else int(rng.integers(2, 13))
    problem = zoo.load(name, n=size, seed=int(rng.integers(2**31)))
    return Clouds(fake=problem.fake.points, real=problem.real.points)


#: name -> (share, maker).
CLOUDS: dict[str, tuple[float, Callable[[np.random.Generator], Clouds]]] = {
    "generic": (1.5, _generic),
    "grid": (2.0, _grid),
    "duplicates": (1.0, _duplicates),
    "some shared": (2.0, _some_shared),
    "all shared": (1.5, _all_shared),
    "equal measures": (0.5, _equal_measures),
    "collinear": (1.0, _collinear),
    "one a side": (0.5, _one_a_side),
    "one against many": (0.7, _one_against_many),
    "nearly coincident": (1.0, _nearly_coincident),
    "near twins": (0.7, _near_twins),
    "far outlier": (1.0, _far_outlier),
    "clusters": (1.0, _clusters),
    "zoo": (1.0, _from_zoo),
}


def _uniform(rng: np.random.Generator, count: int) -> np.ndarray:
    return np.ones(count)


def _integers(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.integers(1, 5, size=count).astype(float)


def _with_zeros(rng: np.random.Generator, count: int) -> np.ndarray:
    weights = rng.integers(0, 3, size=count).astype(float)
    weights[rng.integers(count)] = 1.0
    return weights


def _simplex(rng: np.random.Generator, count: int) -> np.ndarray:
    return rng.dirichlet(np.ones(count))


def _some_tiny(rng: np.random.Generator, count: int) -> np.ndarray:
    """One weight of order 1, the others down to 1e-12."""
    weights = 10.0 ** rng.uniform(-12, 0, size=count)
    weights[rng.integers(count)] = 1.0
    return weights


#: name -> (share, maker).
WEIGHTS: dict[str, tuple[float, Callable[[np.random.Generator, int], np.ndarray]]] = {
    "uniform": (3.0, _uniform),
    "small integers": (2.0, _integers),
    "zeros": (1.0, _with_zeros),
    "random": (2.0, _simplex),
    "down to 1e-12": (1.5, _some_tiny),
}
