"""The generator of a campaign: reproducible on its own, and rich in degenerate problems."""

from collections import Counter

import numpy as np
import pytest

from toylab.bench.random_measures import CLOUDS, WEIGHTS
from toylab.bench.random_problems import random_problem
from toylab.errors import InputError
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty

MANY = [random_problem(7, index) for index in range(1500)]


def of_kind(label: str) -> list[CriticProblem]:
    found = [drawn.problem for drawn in MANY if label in drawn.kinds]
    assert len(found) >= 10, f"only {len(found)} of {label}"
    return found


def test_a_problem_depends_on_its_seed_and_index_only():
    again, other = random_problem(7, 123), random_problem(8, 123)
    assert again.kinds == MANY[123].kinds
    assert again.problem.to_json() == MANY[123].problem.to_json()
    assert other.problem.to_json() != again.problem.to_json()


def test_every_kind_of_points_and_weights_occurs():
    counts = Counter(kind for drawn in MANY for kind in drawn.kinds)
    for name in CLOUDS:
        assert counts[f"points: {name}"] >= 10
    for name in WEIGHTS:
        assert counts[f"weights: {name}"] >= 50
    for dimension in (1, 2, 3, 10):
        assert counts[f"dimension: {dimension}"] >= 100
    assert len([kind for kind in counts if kind.startswith("loss: ")]) == 10
    assert len([kind for kind in counts if kind.startswith("regulariser: ")]) == 8
    assert all(len(drawn.kinds) == 7 for drawn in MANY)


@pytest.mark.parametrize(
    ("label", "is_so"),
    [
        ("points: equal measures", lambda p: p.support.equal_measures),
        ("points: all shared", lambda p: set(map(tuple, p.fake.points)) == set(map(tuple, p.real.points))),
        ("points: some shared", lambda p: len(p.support.points) < len(p.fake) + len(p.real)),
        ("points: one a side", lambda p: len(p.fake) == len(p.real) == 1),
        ("points: one against many", lambda p: {len(p.fake), len(p.real)} == {1, 20}),
        ("points: collinear", lambda p: np.linalg.matrix_rank(*centred(p)) <= 1),
        ("weights: zeros", lambda p: min(len(p.fake), len(p.real)) >= 1),
        ("regulariser: target", lambda p: isinstance(p.regularizer, LipschitzPenalty) and p.regularizer.target > 0),
        ("regulariser: small ball", lambda p: isinstance(p.regularizer, LipschitzBall)),
        ("loss: wasserstein", lambda p: p.losses.is_wasserstein),
    ],
)
def test_labels_tell_the_truth(label, is_so):
    assert all(is_so(problem) for problem in of_kind(label))


def centred(problem: CriticProblem) -> tuple[np.ndarray, float]:
    """The points around their first one, and the rounding of their coordinates."""
    points = np.concatenate([problem.fake.points, problem.real.points])
    return points - points[0], 1e-12 * float(np.abs(points).max()) * np.sqrt(points.size)


def test_extremes_are_reached():
    weights = [p.fake.weights[p.fake.weights > 0].min() for p in of_kind("weights: down to 1e-12")]
    assert min(weights) < 1e-11
    assert any((p.fake.weights == 0).any() for p in of_kind("weights: zeros"))
    sizes = [p.support.diameter for p in of_kind("scale: 1e6")]
    assert np.median(sizes) > 1e5
    offsets = [np.abs(drawn.problem.fake.points).max() for drawn in MANY if "scale: 1, offset 1e6" in drawn.kinds]
    assert max(offsets) > 1e5
    near = of_kind("points: nearly coincident")
    assert all(len(p.support.points) >= len(np.unique(p.fake.points, axis=0)) for p in near)
    penalties = [p.regularizer for p in of_kind("regulariser: lambda 1e-6 … 1e-3")]
    assert all(isinstance(penalty, LipschitzPenalty) for penalty in penalties)


@pytest.mark.parametrize(("seed", "index"), [(-1, 0), (0, -1), (0.5, 0)])
def test_bad_numbers_are_refused(seed, index):
    with pytest.raises(InputError, match="must be a whole number of at least 0"):
        random_problem(seed, index)
