"""Small instances, each of which decides something: counterexamples, ties, and the smallest cases with closed forms.

Source: ICLR Lemmas 3 and 4 (two Diracs); the rest as named in each entry.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from toylab import losses
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.zoo.entry import Entry, Pair, Parameter
from toylab.zoo.known_optimum import KnownOptimum, equidistant, from_assignment, mirrored, on_the_line


def _fixed(fake: DiscreteMeasure, real: DiscreteMeasure) -> Callable[..., Pair]:
    return lambda n, rng: (fake, real)


def _points(*rows: Sequence[float]) -> DiscreteMeasure:
    return DiscreteMeasure(np.array(rows, dtype=float))


def _line(places: Sequence[float], weights: Sequence[float] | None = None) -> DiscreteMeasure:
    """Points on the first axis of the plane."""
    return DiscreteMeasure(np.stack([places, np.zeros(len(places))], axis=1), weights)


def _two_diracs(n: int, rng: np.random.Generator, distance: float) -> Pair:
    return _line([0.0]), _line([distance])


def _two_diracs_known_optimum(problem: CriticProblem) -> KnownOptimum:
    return equidistant(problem, float(np.abs(problem.real.points[0, 0] - problem.fake.points[0, 0])))


def _mirrored_pair(n: int, rng: np.random.Generator, share: float) -> Pair:
    return _line([0.0, 1.0], [share, 1.0 - share]), _line([0.0, 1.0], [1.0 - share, share])


def _mirrored_known_optimum(problem: CriticProblem) -> KnownOptimum | None:
    share = float(problem.fake.weights[0])
    return mirrored(problem, share, 1.0) if 0.5 < share < 1.0 else None


def _hinge_known_optimum(problem: CriticProblem) -> KnownOptimum:
    known = on_the_line(problem)
    if problem.regularizer != LipschitzPenalty(0.1):
        return known
    if problem.losses == losses.hinge():  # f = (≤ -1, -1, 1): nothing but the penalty is left
        return replace(known, value=0.4, constant=2.0)
    if problem.losses == losses.quadratic(0.0, 1.0):  # f = (0, 2/13, 12/13)
        return replace(known, value=1.0 / 13.0, constant=10.0 / 13.0)
    return known


def _far_pairs(n: int, rng: np.random.Generator, apart: float) -> Pair:
    return _points([0.0, 0.0], [0.0, apart]), _points([1.0, 0.0], [3.0, apart])


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


ENTRIES = (
    Entry(
        name="two-diracs",
        summary="one fake point, one real point at distance `distance`",
        known="closed form for every loss: s = k d/2 solves phi'(-s) = 4 lambda s / d^2",
        build=_two_diracs,
        default_size=None,
        parameters=(Parameter(name="distance", default=1.0, meaning="between the two points, positive", least=1e-12),),
        known_optimum=_two_diracs_known_optimum,
    ),
    Entry(
        name="midway",
        summary="one fake midway between two equal reals: the gradient is undefined, every average of it 0",
        known="the optimum of two Diracs at distance 1 for every loss; logistic, lambda 0.5: V = 1.275158, less than "
        "with the fake anywhere near, so the standstill is unstable",
        build=lambda n, rng, place: (_line([place]), _line([-1.0, 1.0])),
        default_size=None,
        parameters=(Parameter(name="place", default=0.0, meaning="of the fake, the reals are at -1 and 1"),),
        regularizer=LipschitzPenalty(0.5),
        known_optimum=lambda problem: (
            equidistant(problem, 1.0) if problem.fake.points[0, 0] == 0 else on_the_line(problem)
        ),
    ),
    Entry(
        name="overlapping-pair",
        summary="P_g = 0.9 A + 0.1 B, P_r = 0.1 A + 0.9 B at distance 1 (the earlier bounding theorem fails at B)",
        known="k* solves one scalar equation: 0.8 Wasserstein, 0.355659 logistic, 0.539541 sqrt, 0.551394 exponential",
        build=_mirrored_pair,
        default_size=None,
        parameters=(Parameter(name="share", default=0.9, meaning="of the fakes at A", least=0.5, most=1.0),),
        regularizer=LipschitzPenalty(0.5),
        known_optimum=_mirrored_known_optimum,
    ),
    Entry(
        name="shared-points",
        summary="the same two points with weights 0.6 / 0.4 and 0.4 / 0.6: where a larger ball stops to matter",
        known="without restriction f* = ln(q/p) has constant 0.81093: in larger balls nothing more is gained",
        build=_mirrored_pair,
        default_size=None,
        parameters=(Parameter(name="share", default=0.6, meaning="of the fakes at A", least=0.5, most=1.0),),
        known_optimum=_mirrored_known_optimum,
    ),
    Entry(
        name="three-fakes",
        summary="three fakes, three reals: for a curved loss the partner by W1 need not be a bounding partner",
        known="the second fake's W1 partner is the second real (slack 6.49 for logistic, lambda 0.05), its bounding "
        "partner the first",
        build=_fixed(_points([-3.0, -2.0], [-3.0, -1.0], [1.0, 1.0]), _points([-2.0, -2.0], [3.0, -1.0], [3.0, 2.0])),
        default_size=None,
        regularizer=LipschitzPenalty(0.05),
        known_optimum=from_assignment,
    ),
    Entry(
        name="far-fake",
        summary="fakes at -10 and 0, a real at 1, hinge loss: a fake that the loss has given up has slope 0",
        known="lambda 0.1: hinge k* = 2 and slope 0 at -10; quadratic(0, 1) k* = 10/13, f = (0, 2/13, 12/13)",
        build=_fixed(_line([-10.0, 0.0]), _line([1.0])),
        default_size=None,
        losses=losses.hinge,
        known_optimum=_hinge_known_optimum,
    ),
    Entry(
        name="chain",
        summary="P_g = 0.9 at 0, 0.1 at 2, P_r = 0.1 at 1, 0.9 at 3: tight pairs with the fake on top",
        known="all three gaps are tight; lambda 0.5: k* = 2.6 Wasserstein, 0.66734 logistic",
        build=_fixed(_line([0.0, 2.0], [0.9, 0.1]), _line([1.0, 3.0], [0.1, 0.9])),
        default_size=None,
        regularizer=LipschitzPenalty(0.5),
        known_optimum=on_the_line,
    ),
    Entry(
        name="two-islands",
        summary="fakes at 0 and 100, reals at 1 and 101: Wasserstein's critic is not unique up to a constant",
        known="W1 = 1; the values (0, 1, c, c + 1) are optimal for Wasserstein for all c in [-98, 100]; curved losses: "
        "two Diracs at distance 1",
        build=_fixed(_line([0.0, 100.0]), _line([1.0, 101.0])),
        default_size=None,
        known_optimum=lambda problem: equidistant(problem, 1.0),
    ),
    Entry(
        name="four-on-a-line",
        summary="fakes at 0 and 1, reals at 2 and 3: four tight pairs, of which a plan needs two",
        known="W1 = 2; tight pairs need not carry mass",
        build=_fixed(_line([0.0, 1.0]), _line([2.0, 3.0])),
        default_size=None,
        known_optimum=on_the_line,
    ),
    Entry(
        name="unit-square",
        summary="two fakes on one side of the unit square, two reals on the other: a unique coupling among many",
        known="W1 = 1, every fake goes straight across, for every loss; a compact dual without the first pair's "
        "constraint grows to 1.41421",
        build=_fixed(_points([0.0, 0.0], [0.0, 1.0]), _points([1.0, 0.0], [1.0, 1.0])),
        default_size=None,
        known_optimum=lambda problem: equidistant(problem, 1.0),
    ),
    Entry(
        name="corner",
        summary="fakes at (-1, 0) and (0, -1), a real at the origin: tight pairs in a row need not be collinear",
        known="the optimum of two Diracs at distance 1 for every loss",
        build=_fixed(_points([-1.0, 0.0], [0.0, -1.0]), _points([0.0, 0.0])),
        default_size=None,
        known_optimum=lambda problem: equidistant(problem, 1.0),
    ),
    Entry(
        name="far-pairs",
        summary="two pairs at distances 1 and 3, far from one another: a mean-square penalty is not a maximum",
        known="W1 = 2; Wasserstein, lambda 0.5: slopes 2 and 2 here, 1 and 3 under E|grad f|^2",
        build=_far_pairs,
        default_size=None,
        parameters=(Parameter(name="apart", default=10.0, meaning="distance of the two pairs", least=4.0),),
        regularizer=LipschitzPenalty(0.5),
        known_optimum=from_assignment,
    ),
    Entry(
        name="random-overlap",
        summary="random masses on a coarse grid; fake and real share some points",
        known="supports overlap: the earlier form of the bounding theorem (ICLR Thm 2) can fail",
        build=_random_overlap,
        default_size=10,
    ),
)
