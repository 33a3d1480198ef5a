"""The parts of the sparse engine against brute force."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial.distance import cdist

from toylab import losses
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.multiscale import pricing
from toylab.solvers.multiscale.coarsening import levels
from toylab.solvers.multiscale.factorisation import Factorisation
from toylab.solvers.multiscale.pointwise import Pointwise
from toylab.solvers.multiscale.pricing import Critic, Pricing
from toylab.solvers.multiscale.refinement import children, forest, smallest, smallest_apart, to_keep


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def critic(rng, n=37, m=53):
    fakes, reals = rng.normal(size=(n, 3)), rng.normal(size=(m, 3))
    return Critic(fakes, reals, rng.normal(size=n), rng.normal(size=m) + 1.0, 0.7)


def test_every_level_has_the_mass_and_the_mean_of_the_cloud(rng):
    points, weights = rng.normal(size=(333, 2)), rng.random(333)
    cloud = levels(points, weights, 8)
    assert [len(level.points) for level in cloud] == [333, 84, 21, 6]
    for finer, coarser in pairwise(cloud):
        assert np.bincount(finer.parents, weights=finer.weights) == pytest.approx(coarser.weights)
        assert coarser.weights @ coarser.points == pytest.approx(weights @ points)
        assert np.bincount(finer.parents).max() <= 4


def test_cells_are_small(rng):
    points = rng.random((1024, 2))
    cloud = levels(points, np.ones(1024), 16)
    assert len(cloud[-1].points) == 16
    parents = cloud[0].parents
    for level in cloud[1:-1]:
        parents = level.parents[parents]
    spread = np.linalg.norm(points - cloud[-1].points[parents], axis=1)
    assert spread.max() < 0.35  # the unit square in 16 cells: half a diagonal is 0.18 where they are square


def test_the_forest_is_one_of_largest_mass(rng):
    rows, columns = np.divmod(rng.choice(20 * 30, 150, replace=False), 30)
    mass = rng.random(150)
    kept = forest(rows, columns, mass, (20, 30))
    graph = sparse.csr_array((mass, (rows, 20 + columns)), shape=(50, 50))
    heaviest = csgraph.minimum_spanning_tree(sparse.csr_array((2.0 - mass, (rows, 20 + columns)), shape=(50, 50)))
    parts = csgraph.connected_components(graph, directed=False)[0]
    assert kept.sum() == 50 - parts
    assert mass[kept].sum() == pytest.approx((2.0 - heaviest.data).sum())


def test_the_smallest_of_every_group(rng):
    group, key = rng.integers(7, size=60), rng.random(60)
    mask = smallest((group,), key, 3)
    for each in range(7):
        inside = np.flatnonzero(group == each)
        assert set(inside[np.argsort(key[inside])[:3]]) == set(np.flatnonzero(mask & (group == each)))


def test_the_smallest_of_every_group_are_of_different_cells(rng):
    group, cell, key = rng.integers(7, size=90), rng.integers(5, size=90), rng.random(90)
    mask = smallest_apart(group, cell, key, 2)
    for each in range(7):
        least = [min(key[(group == each) & (cell == c)], default=np.inf) for c in range(5)]
        assert sorted(key[mask & (group == each)]) == sorted(x for x in least if np.isfinite(x))[:2]


def test_what_is_kept_joins_every_point_that_was_joined(rng):
    rows, columns = np.divmod(np.arange(400), 20)
    kept = to_keep(rows, columns, rng.random(400), rng.random(400), (20, 20), 4, 0.5)
    assert 39 <= kept.sum() < 200
    graph = sparse.csr_array((np.ones(kept.sum()), (rows[kept], 20 + columns[kept])), shape=(40, 40))
    assert csgraph.connected_components(graph, directed=False)[0] == 1


def test_children_are_all_pairs_of_children():
    row_parents, column_parents = np.array([0, 1, 0, 1, 1]), np.array([1, 0, 1])
    rows, columns, pair = children(np.array([1, 0]), np.array([1, 1]), row_parents, column_parents)
    found = set(zip(rows.tolist(), columns.tolist(), pair.tolist(), strict=True))
    assert found == {(i, j, 0) for i in (1, 3, 4) for j in (0, 2)} | {(i, j, 1) for i in (0, 2) for j in (0, 2)}


def test_a_scan_finds_the_worst_pairs_of_all(monkeypatch, rng):
    monkeypatch.setattr(pricing, "_CELL", 1)  # where no pair stands for its neighbours
    values = critic(rng)
    slack = values.k * cdist(values.fakes, values.reals) + values.u[:, None] - values.v
    found = Pricing(values.fakes, values.reals).scan(values, 2)
    assert found.least == pytest.approx(np.maximum(values.u, values.u - slack.min(axis=1)), abs=1e-14)
    chosen = set(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    for i in range(len(values.u)):
        assert all((i, int(j)) in chosen for j in np.argsort(slack[i])[:2] if slack[i, j] < 0)
    assert all(slack[pair] < 0 for pair in chosen)


def test_tiles_find_the_worst_pair_of_every_point(rng):
    values = critic(rng, 900, 700)
    slack = values.k * cdist(values.fakes, values.reals) + values.u[:, None] - values.v
    found = Pricing(values.fakes, values.reals).scan(values, 4)
    assert found.least == pytest.approx(np.maximum(values.u, values.u - slack.min(axis=1)), abs=1e-13)
    chosen = set(zip(found.rows.tolist(), found.columns.tolist(), strict=True))
    worst = [(i, int(j)) for i, j in enumerate(slack.argmin(axis=1))]
    worst += [(int(i), j) for j, i in enumerate(slack.argmin(axis=0))]
    assert all(pair in chosen for pair in worst if slack[pair] < 0)
    assert all(slack[pair] < 0 for pair in chosen)


def test_factors_solve_with_the_laplacian_again_and_again(rng):
    sources, sinks = rng.integers(0, 12, size=40), rng.integers(12, 25, size=40)  # some pairs twice
    factorisation = Factorisation(sources, sinks, 25)
    for _ in range(3):
        theta, curvature, right = rng.random(40), rng.random(25), rng.normal(size=25)
        matrix = np.diag(curvature)
        for i, j, weight in zip(sources, sinks, theta, strict=True):
            matrix[[i, j], [i, j]] += weight
            matrix[[i, j], [j, i]] -= weight
        factorisation.factorise(theta, curvature)
        assert matrix @ factorisation.solve(right) == pytest.approx(right)
    with pytest.raises(FloatingPointError):
        factorisation.factorise(np.full(40, np.nan), curvature)


@pytest.mark.parametrize("pair", [losses.logistic(), losses.sqrt(), losses.exponential(), losses.quadratic()])
def test_the_local_model_bounds_the_fenchel_young_gap(pair, rng):
    """Σ h(f) + h*(s) − s f at a fake point with slope s, a real point and a shared one, to within a factor 4."""
    points = np.array([[0.0], [1.0], [2.0]])
    task = CriticProblem(DiscreteMeasure(points[:2]), DiscreteMeasure(points[1:]), pair, LipschitzPenalty(1.0))
    p = np.array([0.5, 0.5])
    pointwise = Pointwise(task, np.array([0, 1]), np.array([1, 2]), p, p, 3, 1.0)
    f = np.array([0.4, 0.3, 0.7])
    goal = f + np.array([0.3, -0.4, 0.2])
    s, slope = pointwise.slope(goal), pointwise.slope(f)
    curvature, gap = pointwise.local_model(f, slope, slope - s)

    def h(t):
        return np.array(
            [
                0.5 * float(pair.fake_loss.value(t[:1])[0]),
                0.5 * float(pair.fake_loss.value(t[1:2])[0] + pair.real_loss.value(t[1:2])[0]),
                0.5 * float(pair.real_loss.value(t[2:])[0]),
            ]
        )

    true = h(f) - h(goal) - s * (f - goal)  # Bregman: h*(s) = s t − h(t) at h'(t) = s
    assert (gap >= 0.25 * true).all()
    assert (gap <= 4.0 * true).all()
    assert (curvature > 0).all()
