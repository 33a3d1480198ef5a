"""Parallel segments: WGAN's Example 1, where Wasserstein sees a distance that the divergences do not."""

from __future__ import annotations

import numpy as np

from toylab.distributions import Segment
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.zoo.entry import Entry, Pair, Parameter
from toylab.zoo.known_optimum import KnownOptimum, equidistant


def _lines(separation: float) -> tuple[Segment, Segment]:
    return Segment([separation, 0.0], [separation, 1.0]), Segment([0.0, 0.0], [0.0, 1.0])


def _parallel_lines(n: int, rng: np.random.Generator, separation: float) -> Pair:
    grid = (np.arange(n) + 0.5) / n
    fake, real = _lines(separation)
    return DiscreteMeasure(fake.at(grid)), DiscreteMeasure(real.at(grid))


def _independent_lines(n: int, rng: np.random.Generator, separation: float) -> Pair:
    fake, real = _lines(separation)
    return fake.sample(n, rng), real.sample(n, rng)


def _across(problem: CriticProblem) -> KnownOptimum:
    return equidistant(problem, float(np.abs(problem.fake.points[0, 0] - problem.real.points[0, 0])))


def _apart(separation: float) -> float:
    return abs(separation)


_SEPARATION = Parameter(name="separation", default=0.5, meaning="distance of the lines, WGAN's theta")

ENTRIES = (
    Entry(
        name="parallel-lines",
        summary="two parallel segments at distance `separation`, the same grid on both (WGAN Example 1)",
        known="W1 = |separation|, every fake goes straight across, for every loss; Jensen-Shannon divergence log 2 "
        "unless the lines coincide",
        build=_parallel_lines,
        default_size=20,
        parameters=(_SEPARATION,),
        known_optimum=_across,
        population_w1=_apart,
    ),
    Entry(
        name="independent-lines",
        summary="the same segments with independent samples: the control of WGAN Example 1",
        known="W1 is at least |separation| and does not go to 0 with it (0.0297 at 0.001 for one draw of 200 points)",
        build=_independent_lines,
        default_size=20,
        parameters=(_SEPARATION,),
        population_w1=_apart,
    ),
)
