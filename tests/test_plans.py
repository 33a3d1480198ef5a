import numpy as np
import pytest
from hypothesis import given
from scipy import sparse
from strategies import problems, seeds

from toylab import losses, plans
from toylab.errors import InputError
from toylab.fenchel_young import SLOPE_ROUNDING, PointwiseObjective
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty

EPS = float(np.finfo(float).eps)


def line(p, q, pair=None) -> CriticProblem:
    """Fakes at 0, 1, …, reals at 10, 11, …"""
    x, y = np.arange(len(p), dtype=float), 10.0 + np.arange(len(q))
    pair = pair or losses.logistic()
    return CriticProblem(DiscreteMeasure(x[:, None], p), DiscreteMeasure(y[:, None], q), pair, LipschitzPenalty(1.0))


def objective(problem):
    return PointwiseObjective(problem.losses, problem.support.fake_weights, problem.support.real_weights)


def random_plan(problem, seed, scale=1.0):
    rng = np.random.default_rng(seed)
    plan = rng.uniform(size=(len(problem.fake), len(problem.real)))
    return scale * plan * (rng.uniform(size=plan.shape) < 0.7)


@pytest.mark.parametrize(
    "kind", [np.asarray, sparse.csr_array, sparse.coo_array, sparse.csc_matrix, lambda plan: plan.tolist()]
)
def test_plans_may_be_dense_or_sparse(kind):
    plan = np.array([[0.5, 0.0], [0.25, 0.25]])
    assert (plans.check_plan(line([1, 1], [1, 1]), kind(plan)).toarray() == plan).all()


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (np.zeros((2, 3)), r"must have shape \(2, 2\).*got \(2, 3\)"),
        (np.full((2, 2), -1.0), "not negative"),
        (np.full((2, 2), np.nan), "finite masses"),
        (np.full((2, 2), np.inf), "finite masses"),
        ("plan", "cannot be read"),
        (np.zeros((2, 2, 2)), "must have shape|cannot be read"),
    ],
)
def test_bad_plans_are_named(plan, words):
    with pytest.raises(InputError, match=words):
        plans.check_plan(line([1, 1], [1, 1]), plan)


@given(problems(), seeds)
def test_merging_and_splitting_keep_outflow_and_cost(problem, seed):
    support = problem.support
    merged = plans.merge_plan(support, plans.check_plan(problem, random_plan(problem, seed)))
    again = plans.merge_plan(support, plans.check_plan(problem, plans.split_plan(problem, merged)))
    rounding = 64 * EPS * (1 + float(merged.sum()))
    np.testing.assert_allclose(plans.net_outflow(again), plans.net_outflow(merged), rtol=0, atol=rounding)
    np.testing.assert_allclose(
        plans.plan_cost(support, again), plans.plan_cost(support, merged), rtol=64 * EPS, atol=rounding
    )


def test_mass_on_points_without_weight_is_dropped():
    problem = line([1, 0], [1, 0])
    merged = plans.merge_plan(problem.support, plans.check_plan(problem, np.full((2, 2), 0.25)))
    assert plans.split_plan(problem, merged).toarray().tolist() == [[0.25, 0.0], [0.0, 0.0]]


def test_mass_that_stays_is_dropped():
    same = DiscreteMeasure([[0.0], [1.0]])
    problem = CriticProblem(same, same, losses.logistic(), LipschitzPenalty(1.0))
    merged = plans.merge_plan(problem.support, plans.check_plan(problem, np.diag([0.5, 0.5])))
    assert merged.nnz == 0


def test_duplicates_share_by_weight():
    problem = CriticProblem(
        DiscreteMeasure([[0.0], [0.0]], [3, 1]), DiscreteMeasure([[1.0]]), losses.logistic(), LipschitzPenalty(1.0)
    )
    merged = plans.merge_plan(problem.support, plans.check_plan(problem, [[0.1], [0.3]]))
    np.testing.assert_allclose(plans.split_plan(problem, merged).toarray(), [[0.3], [0.1]], rtol=4 * EPS)


@given(problems(), seeds)
def test_every_plan_is_brought_into_the_dual_domain(problem, seed):
    support, h = problem.support, objective(problem)
    for scale in (0.0, 0.01, 1.0, 100.0):
        merged = plans.merge_plan(support, plans.check_plan(problem, random_plan(problem, seed, scale)))
        inside = plans.into_dual_domain(support, h, merged)
        assert (h.excess(plans.net_outflow(inside)) <= SLOPE_ROUNDING).all()
        assert inside.nnz == 0 or inside.data.min() >= 0


def test_a_large_plan_on_shared_points_is_brought_into_the_dual_domain():
    """More was to be made up for than the 1 that a point was allowed to take."""
    line = np.array([[-1.0], [0.0], [1.0]])
    fake, real = DiscreteMeasure(line, [1, 4, 1]), DiscreteMeasure(line[:2], [1, 6])
    problem = CriticProblem(fake, real, losses.sqrt(), LipschitzPenalty(1.0))
    support, h = problem.support, objective(problem)
    merged = plans.merge_plan(support, plans.check_plan(problem, [[0, 205], [61, 0], [86, 217]]))
    inside = plans.into_dual_domain(support, h, merged)
    assert (h.excess(plans.net_outflow(inside)) <= SLOPE_ROUNDING).all()


@given(problems(), seeds)
def test_a_plan_inside_the_domain_is_left_alone(problem, seed):
    """The plan of the constant critic, φ'(c) p ⊗ q, is always inside."""
    support, h = problem.support, objective(problem)
    scale = float(problem.losses.fake_loss.slope(np.array(problem.losses.best_constant)))
    outer = scale * np.outer(problem.fake.weights, problem.real.weights)
    merged = plans.merge_plan(support, plans.check_plan(problem, outer))
    moved = plans.into_dual_domain(support, h, merged)
    assert abs(moved - merged).sum() <= 256 * EPS * scale


def test_missing_mass_of_an_affine_loss_is_routed():
    problem = line([1, 1], [1, 1], losses.wasserstein())
    h = objective(problem)
    moved = plans.into_dual_domain(problem.support, h, sparse.csr_array((4, 4)))
    np.testing.assert_allclose(plans.net_outflow(moved), [0.5, 0.5, -0.5, -0.5], rtol=1e-14)
    assert 9.0 <= plans.plan_cost(problem.support, moved) <= 11.0  # every pair of these is that far apart


def test_rows_are_scaled_into_the_range_of_the_slopes():
    problem = line([1, 3], [1])  # logistic: row sums at most p
    moved = plans.into_dual_domain(
        problem.support,
        objective(problem),
        plans.merge_plan(problem.support, plans.check_plan(problem, [[1.0], [0.5]])),
    )
    np.testing.assert_allclose(plans.net_outflow(moved), [0.25, 0.5, -0.75], rtol=1e-14)


@given(problems(), seeds)
def test_reweighted_plan_couples_the_slopes_of_the_critic(problem, seed):
    support = problem.support
    values = np.random.default_rng(seed).normal(size=len(support.points))
    slopes = objective(problem).slope(values)
    out = plans.net_outflow(plans.reweighted_plan(problem, values))
    supply, demand = np.maximum(slopes, 0).sum(), np.maximum(-slopes, 0).sum()
    mass = min(supply, demand)
    expected = np.maximum(slopes, 0) * (mass / supply if supply else 0) + np.minimum(slopes, 0) * (
        mass / demand if demand else 0
    )
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-12 * (1 + mass))  # POT's flow tolerance


def test_many_points_are_coupled_without_their_distances(monkeypatch):
    """At the same cost as with them, from supports that share points; both are vertices, whose plans may differ."""
    rng = np.random.default_rng(3)
    fake, real = rng.normal(size=(40, 2)), rng.normal(size=(30, 2)) + 1.0
    real[:5] = fake[:5]
    problem = CriticProblem(
        DiscreteMeasure(fake, rng.random(40)), DiscreteMeasure(real), losses.wasserstein(), LipschitzPenalty(1.0)
    )
    support = problem.support
    sources, sinks = np.flatnonzero(support.in_fake), np.flatnonzero(support.in_real)
    masses = sources, support.fake_weights[sources], sinks, 0.5 * support.real_weights[sinks]
    usual = plans.couple(support, *masses)
    monkeypatch.setattr(plans, "_MANY_DISTANCES", 0)
    lazy = plans.couple(support, *masses)
    assert plans.plan_cost(support, lazy) == pytest.approx(plans.plan_cost(support, usual), rel=1e-13)
    np.testing.assert_allclose(lazy.sum(axis=0)[sinks], masses[3], rtol=1e-13)
    monkeypatch.setattr(plans, "_MOST_PAIRS", 0)
    with pytest.raises(InputError, match=r"40 fake and 30 real points would take a day; give certify a plan"):
        plans.couple(support, *masses)
