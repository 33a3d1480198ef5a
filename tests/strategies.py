"""Hypothesis strategies for measures, losses, regularisers and problems.

Points lie on a grid of spacing 1/4, so that different points are well separated while ties, collinear
triples, duplicates and shared points all occur often.
"""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from toylab import losses
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty


def examples(count: int) -> settings:
    """So many examples of a dear property, and as many times more where the profile asks for more of all."""
    return settings(max_examples=round(count * settings().max_examples / settings.get_profile("toylab").max_examples))


GRID = 0.25
_CELLS = st.integers(-8, 8)

elementary_losses = st.sampled_from([losses.logistic(), losses.sqrt(), losses.exponential(), losses.wasserstein()])
strictly_convex_losses = st.sampled_from(
    [
        losses.logistic(),
        losses.sqrt(),
        losses.exponential(),
        losses.logistic().shifted(0.5),
        losses.combination((0.5, losses.logistic()), (2.0, losses.sqrt())),
        losses.combination((1.0, losses.exponential()), (0.5, losses.logistic())),
    ]
)
condition_11_losses = st.one_of(elementary_losses, strictly_convex_losses)

penalties = st.integers(-2, 2).map(lambda decade: LipschitzPenalty(10.0**decade))
targets = st.builds(LipschitzPenalty, st.sampled_from([0.1, 1.0]), st.sampled_from([0.5, 1.0]))
balls = st.sampled_from([0.25, 1.0, 4.0]).map(LipschitzBall)
regularizers = st.one_of(penalties, penalties, targets, balls)


@st.composite
def clouds(draw: st.DrawFn, count: int, dimension: int) -> np.ndarray:
    """Points (count, dimension) on the grid: generic, or all on one line through the origin."""
    if dimension > 1 and draw(st.integers(0, 4)) == 0:
        direction = np.array(draw(st.lists(st.sampled_from([-1, 0, 1]), min_size=dimension, max_size=dimension)))
        steps = np.array(draw(st.lists(_CELLS, min_size=count, max_size=count)))
        return GRID * steps[:, None] * direction
    row = st.lists(_CELLS, min_size=dimension, max_size=dimension)
    return GRID * np.array(draw(st.lists(row, min_size=count, max_size=count)), dtype=float)


@st.composite
def masses(draw: st.DrawFn, count: int) -> np.ndarray | None:
    """Weights with zeros and ties, or None for uniform ones; the total is positive."""
    if draw(st.booleans()):
        return None
    weights = np.array(draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)), dtype=float)
    weights[draw(st.integers(0, count - 1))] += 1.0
    return weights


@st.composite
def pairs_of_measures(
    draw: st.DrawFn, most: int = 6, dimensions: tuple[int, ...] = (1, 2, 3, 10)
) -> tuple[DiscreteMeasure, DiscreteMeasure]:
    """(fake, real) in one space: n ≠ m, one point a side, points in both supports, zero weights."""
    dimension = draw(st.sampled_from(dimensions))
    n, m = draw(st.integers(1, most)), draw(st.integers(1, most))
    x, y = draw(clouds(n, dimension)), draw(clouds(m, dimension))
    shared = draw(st.integers(0, min(n, m))) if draw(st.booleans()) else 0
    y[:shared] = x[:shared]
    return DiscreteMeasure(x, draw(masses(n))), DiscreteMeasure(y, draw(masses(m)))


@st.composite
def problems(
    draw: st.DrawFn,
    losses: st.SearchStrategy = condition_11_losses,
    regularizers: st.SearchStrategy = regularizers,
    most: int = 6,
    dimensions: tuple[int, ...] = (1, 2, 3, 10),
) -> CriticProblem:
    """A critic problem that has an optimum."""
    fake, real = draw(pairs_of_measures(most, dimensions))
    return CriticProblem(fake, real, draw(losses), draw(regularizers))


seeds = st.integers(0, 2**16 - 1)
