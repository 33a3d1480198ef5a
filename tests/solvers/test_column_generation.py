"""Optimal transport on lists of pairs against POT on all pairs, and on data that is awkward for a network simplex."""

import numpy as np
import ot
import pytest
from scipy.spatial.distance import cdist

from toylab import losses, zoo
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers import Transport, solve, transport
from toylab.solvers.column_generation import shortlisted_transport

EPS = np.finfo(float).eps


def clouds(n=60, m=60, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + np.array([shift, 0.0])


def ring(n, radius, seed):
    angle = 2.0 * np.pi * np.random.default_rng(seed).random(n)
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def awkward(n=80):
    """Pairs of clouds with weights: what has gone wrong elsewhere."""
    fake, real = clouds(n, n)
    rng = np.random.default_rng(1)
    equal = np.full(n, 1.0 / n)
    wild = rng.random(n) * 10.0 ** rng.uniform(-12.0, 0.0, n)
    side = round(n**0.5)
    lattice = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2).astype(float)
    line = np.stack([np.zeros(n), rng.random(n)], axis=1)
    yield "plain", fake, equal, real, equal
    yield "weights", fake, wild / wild.sum(), real, wild[::-1] / wild.sum()
    yield "one-against-many", fake[:1], np.ones(1), real, equal
    yield "few-against-many", fake[:3], np.full(3, 1.0 / 3.0), real, equal
    yield "large", 1e6 * fake, equal, 1e6 * real, equal
    yield "small", 1e-6 * fake, equal, 1e-6 * real, equal
    yield "hardly-moved", fake, equal, fake + 1e-6 * rng.normal(size=fake.shape), equal
    yield "coincident", fake.round(0), equal, real.round(0), equal
    yield "lattice", lattice, np.full(side**2, side**-2.0), lattice + 0.5, np.full(side**2, side**-2.0)
    yield "parallel", line, equal, line[:, [1, 1]] * [0.0, 1.0] + [1.0, 0.0], equal
    yield "rings", ring(n, 1.0, 2), equal, ring(n, 2.0, 3), equal
    yield "outlier", np.concatenate([fake[1:], [[1e4, 0.0]]]), equal, real, equal


@pytest.mark.parametrize(("fake", "p", "real", "q"), [pytest.param(*each, id=name) for name, *each in awkward()])
def test_the_plan_is_one_of_pot_on_all_pairs_and_the_values_prove_it(fake, p, real, q):
    found = shortlisted_transport(fake, p, real, q, 1e-10, coarsest=8)
    distance = cdist(fake, real)
    cost = ot.emd2(p, q, distance / distance.max(), numItermax=1_000_000) * distance.max()
    # a sum of rounded products, and masses POT takes from its own balanced marginals
    rounding = 64.0 * EPS * distance.max()
    assert found.status is Status.OPTIMAL
    assert float(found.mass @ found.distance) == pytest.approx(cost, rel=1e-10, abs=rounding)
    slack = distance + found.u[:, None] - found.v
    raised = float(p @ np.maximum(-slack.min(axis=1), 0.0))
    assert raised <= 1e-10 * cost + rounding
    assert float(q @ found.v - p @ found.u) - raised <= cost + rounding
    assert np.bincount(found.rows, weights=found.mass, minlength=len(p)) == pytest.approx(p, abs=8.0 * EPS)
    assert np.bincount(found.columns, weights=found.mass, minlength=len(q)) == pytest.approx(q, abs=8.0 * EPS)


@pytest.fixture
def shortlists(monkeypatch):
    """Every problem goes the way of the large ones."""
    monkeypatch.setattr(transport, "_ALL_PAIRS", 0)


@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.1), LipschitzPenalty(1.0, target=0.5), LipschitzBall(0.7)])
def test_lists_and_all_pairs_have_the_same_certified_optimum(regularizer, monkeypatch):
    fake, real = clouds(300, 400)
    problem = CriticProblem(
        DiscreteMeasure(np.concatenate([fake, real[:50]])), DiscreteMeasure(real), losses.wasserstein(), regularizer
    )
    plain = solve(problem, Transport())
    monkeypatch.setattr(transport, "_ALL_PAIRS", 0)
    listed = solve(problem, Transport())
    assert listed.stats["lists"] > 1
    assert listed.stats["pairs"] < 0.3 * 350 * 400
    assert listed.certificate.relative_gap <= 1e-8
    both = plain.certificate.gap + listed.certificate.gap
    assert abs(listed.value - plain.value) <= both + 1e-13 * abs(plain.value)


def test_a_hinge_whose_critic_fits_its_margin_goes_the_same_way(shortlists):
    fake, real = clouds(300, 300)
    problem = CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.hinge(), LipschitzPenalty(20.0))
    solution = solve(problem)
    assert solution.stats["lists"] > 1
    assert solution.status is Status.OPTIMAL


def test_an_iteration_limit_is_a_status(shortlists):
    fake, real = clouds(300, 300)
    problem = CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.wasserstein(), LipschitzPenalty(0.1))
    solution = solve(problem, Transport(max_iterations=3), throw=False)
    assert solution.status is Status.ITERATION_LIMIT
    assert solution.certificate.relative_gap > 1e-8


@pytest.mark.long
@pytest.mark.parametrize(
    ("fake", "p", "real", "q"),
    [pytest.param(*each, id=name) for name, *each in awkward(3025) if name != "one-against-many"],
)
def test_awkward_data_is_certified_at_scale(fake, p, real, q):
    measures = DiscreteMeasure(fake, p), DiscreteMeasure(real, q)
    solution = solve(CriticProblem(*measures, losses.wasserstein(), LipschitzPenalty(0.1)), Transport())
    assert solution.status is Status.OPTIMAL


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["rings", "parallel-lines", "independent-lines", "swiss-roll", "25-gaussians", "min-funnels"]
)
def test_the_zoo_is_certified_at_scale(name):
    problem = zoo.load(name, n=3000, losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.1))
    assert solve(problem, Transport()).status is Status.OPTIMAL


@pytest.mark.long
def test_more_points_than_a_matrix_of_distances_could_hold():
    fake, real = clouds(30_000, 30_000, 0.5)
    problem = CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.wasserstein(), LipschitzPenalty(0.1))
    assert solve(problem).certificate.relative_gap <= 1e-8
