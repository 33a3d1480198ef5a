"""Named problems: the papers' cases, with what each is for and what is known about it.

Source of the settings: LGAN, released toy code (case3, case3.3, case4, case6); WGAN Example 1 (parallel
lines); ICLR Lemma 3 (two Diracs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toylab import losses as _losses
from toylab.distributions import Gaussian, Segment, UniformBox, gaussian_mixture
from toylab.errors import InputError, unknown_name, whole_number
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty, Regularizer

Pair = tuple[DiscreteMeasure, DiscreteMeasure]

#: Standard deviation of the Gaussians of the papers' cases.
PAPER_SCALE = 0.15


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One named problem.

    Attributes:
        name: how it is asked for.
        summary: what it is for.
        known: what is known about its optimum.
        build: (n, rng) -> (fake, real).
        default_size: n when none is given; None where the number of points is fixed.
        aliases: other names.
    """

    name: str
    summary: str
    known: str
    build: Callable[[int, np.random.Generator], Pair]
    default_size: int | None
    aliases: tuple[str, ...] = ()


def _case3(n: int, rng: np.random.Generator) -> Pair:
    fake = Gaussian([-0.75, 0.0], PAPER_SCALE)
    real = gaussian_mixture([[1.0, 0.0], [-1.25, 0.0]], PAPER_SCALE)
    return fake.sample(n, rng), real.sample(n, rng)


def _two_gaussians(n: int, rng: np.random.Generator) -> Pair:
    return Gaussian([-1.0, 0.0], PAPER_SCALE).sample(n, rng), Gaussian([1.0, 0.0], PAPER_SCALE).sample(n, rng)


def _case4(n: int, rng: np.random.Generator) -> Pair:
    if n == 2:
        return (
            DiscreteMeasure(np.array([[-0.8, 0.5], [0.8, -0.5]])),
            DiscreteMeasure(np.array([[0.8, 0.5], [-0.8, -0.5]])),
        )
    square = UniformBox([0.0, 0.0], 1.0)
    return square.sample(n, rng), square.sample(n, rng)


def _case6(n: int, rng: np.random.Generator) -> Pair:
    return (
        DiscreteMeasure(np.array([[-0.5, 0.5], [0.5, -0.5]])),
        DiscreteMeasure(np.array([[0.5, 0.5], [-0.5, -0.5]])),
    )


def _parallel_lines(n: int, rng: np.random.Generator) -> Pair:
    grid = (np.arange(n) + 0.5) / n
    return (
        DiscreteMeasure(Segment([0.5, 0.0], [0.5, 1.0]).at(grid)),
        DiscreteMeasure(Segment([0.0, 0.0], [0.0, 1.0]).at(grid)),
    )


def _two_diracs(n: int, rng: np.random.Generator) -> Pair:
    return DiscreteMeasure(np.array([[0.0, 0.0]])), DiscreteMeasure(np.array([[1.0, 0.0]]))


def _random_overlap(n: int, rng: np.random.Generator) -> Pair:
    """Points on a coarse grid, so that ties, collinear triples and shared points all occur."""
    total = n + max(n // 2, 1)
    side = max(8, int(np.ceil(np.sqrt(1.5 * total))))
    cells = rng.choice(side * side, size=total, replace=False)
    points = 2.0 * np.stack(np.divmod(cells, side), axis=1) / side - 1.0 + 1.0 / side
    fake, real = points[:n], points[-n:]
    return (
        DiscreteMeasure(fake, rng.integers(1, 10, size=len(fake)).astype(float)),
        DiscreteMeasure(real, rng.integers(1, 10, size=len(real)).astype(float)),
    )


_ENTRIES = (
    Entry(
        name="case3",
        summary="one Gaussian of fakes between two Gaussians of reals, one near, one far",
        known="locality sends every fake to the near mode; a Lipschitz critic sends half of the mass to the far one",
        build=_case3,
        default_size=100,
    ),
    Entry(
        name="two-gaussians",
        summary="one Gaussian of fakes, one of reals, well separated",
        known="population W1 is the distance of the means, 2",
        build=_two_gaussians,
        default_size=100,
        aliases=("case3.3",),
    ),
    Entry(
        name="case4",
        summary="n equal point masses a side; for n = 2 the rectangle, else uniform in the square",
        known="n = 2: W1 = 1, each fake goes to the real point straight above or below it",
        build=_case4,
        default_size=10,
    ),
    Entry(
        name="case6",
        summary="two fakes and two reals on the corners of a square: all four distances are equal",
        known="W1 = 1; the coupling is not unique, so at every fake the critic has two partners and a kink",
        build=_case6,
        default_size=None,
    ),
    Entry(
        name="parallel-lines",
        summary="two parallel segments at distance 1/2, the same grid on both (WGAN Example 1)",
        known="W1 = 1/2, every fake goes straight across; Jensen-Shannon divergence log 2",
        build=_parallel_lines,
        default_size=20,
    ),
    Entry(
        name="two-diracs",
        summary="one fake point, one real point at distance 1",
        known="closed form for every loss: s = k d/2 solves phi'(-s) = 4 lambda s / d^2",
        build=_two_diracs,
        default_size=None,
    ),
    Entry(
        name="random-overlap",
        summary="random masses on a coarse grid; fake and real share some points",
        known="supports overlap: the earlier form of the bounding theorem (ICLR Thm 2) can fail",
        build=_random_overlap,
        default_size=10,
    ),
)
_BY_NAME = {name: entry for entry in _ENTRIES for name in (entry.name, *entry.aliases)}


def names() -> list[str]:
    """The names of all problems, without aliases."""
    return [entry.name for entry in _ENTRIES]


def get(name: str) -> Entry:
    """The entry of this name or alias.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if not isinstance(name, str) or name not in _BY_NAME:
        raise unknown_name("problem", name, _BY_NAME)
    return _BY_NAME[name]


def load(
    name: str,
    *,
    n: int | None = None,
    seed: int = 0,
    losses: LossPair | None = None,
    regularizer: Regularizer | None = None,
) -> CriticProblem:
    """A named problem.

    Args:
        name: one of `names()` or an alias.
        n: points a side; the entry's default when not given.
        seed: of the sampler.
        losses: logistic when not given.
        regularizer: LipschitzPenalty(0.1) when not given, the papers' λ.

    Raises:
        InputError: unknown name, n < 1, or n given where the number of points is fixed.
    """
    entry = get(name)
    if n is not None and entry.default_size is None:
        raise InputError(f"{name!r} has a fixed number of points; leave n out.")
    size = entry.default_size if n is None else whole_number(n, "the number of points", least=1)
    rng = np.random.default_rng(whole_number(seed, "the seed", least=0))
    fake, real = entry.build(size or 0, rng)
    return CriticProblem(fake, real, losses or _losses.logistic(), regularizer or LipschitzPenalty(0.1))
