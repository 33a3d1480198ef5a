"""Kinked losses on a shortlist: the formula of the central path, and the optimum beside the dense engine's."""

import numpy as np
import pytest
import torch

from toylab import losses
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.kinked_terms import KinkedTerms
from toylab.solvers.multiscale import Multiscale
from toylab.solvers.multiscale.kinks import balanced, on_path, tight
from toylab.solvers.multiscale.pointwise import Pointwise
from toylab.solvers.solving import solve

EPS = np.finfo(float).eps
SMALL = Multiscale(coarsest=16)
PAIRS = {
    "hinge": losses.hinge(),
    "leaky": losses.hinge() + 0.1 * losses.wasserstein(),
    "twice": losses.hinge() + losses.hinge().rescaled(0.25),
    "curved": losses.combination((0.5, losses.hinge()), (2.0, losses.logistic())),
    "uneven": losses.hinge().rescaled(3.0).weighted(fake=2.0, real=2.0),
    "with a straight part": losses.combination((1.0, losses.logistic()), (0.1, losses.wasserstein())),
}


def clouds(n=60, m=60, shift=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + np.array([shift, 0.0])


def terms_and_values(rng):
    points = torch.arange(9)
    jumps, at = torch.tensor(10.0 ** rng.uniform(-3, 3, 9)), torch.tensor(rng.normal(size=9))
    return KinkedTerms(points, jumps, at, 9), rng.normal(size=9) * 10.0 ** rng.uniform(-6, 3, 9)


@pytest.mark.parametrize("products", [1e-12, 1e-3, 1e3])
def test_a_kink_on_its_central_path(products):
    """α a = β b = π, a − b = t − τ, α + β = c, to a few roundings of the larger slack."""
    terms, values = terms_and_values(np.random.default_rng(0))
    slacks = on_path(terms, values, products)
    found = terms.products(slacks)
    assert found.total() == pytest.approx(products, rel=100 * EPS)
    np.testing.assert_allclose(found.above, found.below, rtol=32 * EPS)
    np.testing.assert_allclose(slacks.alpha + slacks.beta, terms.jumps, rtol=8 * EPS)
    beyond = torch.from_numpy(values) - terms.at
    larger = torch.maximum(slacks.above, slacks.below)
    assert bool(((slacks.above - slacks.below - beyond).abs() <= 8 * EPS * larger).all())


def test_least_slacks_are_those_of_the_loss_itself():
    terms, values = terms_and_values(np.random.default_rng(1))
    slacks = tight(terms, on_path(terms, values, 1.0), values)
    assert bool((torch.minimum(slacks.above, slacks.below) == 0).all())
    np.testing.assert_allclose(slacks.above - slacks.below, values - terms.at.numpy(), rtol=0, atol=1e-300)


def test_values_give_way_until_their_kinks_have_the_slope_of_the_plan():
    terms, _ = terms_and_values(np.random.default_rng(2))
    slope = np.linspace(0.2, 0.8, 9) * terms.jumps.numpy()
    values = terms.at.numpy() + 1e-3 * np.where(slope > 0.5 * terms.jumps.numpy(), 1.0, -1.0)
    products = 1e-6
    moved = balanced(terms, values, slope, products)
    before, after = (
        np.abs(terms.slope(on_path(terms, each, products)).numpy() - slope) / terms.jumps.numpy()
        for each in (values, moved)
    )
    assert before.max() > 0.15
    # a product may be a tenth or ten times that of the path
    assert (after <= before + 1e-12).all()
    assert (np.abs(moved - terms.at.numpy()) <= np.abs(values - terms.at.numpy()) + 1e-15).all()


@pytest.mark.parametrize(
    ("name", "regularizer"),
    [(name, LipschitzPenalty(0.02)) for name in PAIRS]
    + [("hinge", LipschitzPenalty(1.0, target=0.2)), ("hinge", LipschitzBall(0.7))],
)
def test_both_engines_agree_within_their_gaps(name, regularizer):
    fake, real = (DiscreteMeasure(each) for each in clouds(50, 70))
    task = CriticProblem(fake, real, PAIRS[name], regularizer)
    sparse, dense = solve(task, SMALL), solve(task, InteriorPoint())
    assert sparse.certificate.relative_gap <= 1e-6
    rounding = 1e-13 * (1.0 + abs(dense.value))
    assert dense.certificate.dual - rounding <= sparse.value <= dense.value + sparse.certificate.gap + rounding


def test_shared_points_and_tiny_weights_have_kinks_of_their_own():
    fake, real = clouds(60, 60)
    weights = np.random.default_rng(3).random(60)
    weights[:20] *= 1e-9
    measures = DiscreteMeasure(np.concatenate([fake[:40], real[:20]]), weights), DiscreteMeasure(real)
    assert (
        solve(CriticProblem(*measures, losses.hinge(), LipschitzPenalty(0.05)), SMALL).certificate.relative_gap <= 1e-6
    )


@pytest.mark.parametrize("weight", [0.01, 0.1])
def test_groups_that_float_in_the_margin_are_held_without_the_help_of_the_dense_engine(weight):
    """Inside the margin the hinge is straight, and groups of points in balance may move until a pair holds them."""
    fake, real = (DiscreteMeasure(each) for each in clouds(500, 500, 0.5))
    solution = solve(CriticProblem(fake, real, losses.hinge(), LipschitzPenalty(weight)), Multiscale())
    assert solution.certificate.relative_gap <= 1e-6
    assert "instead" not in solution.stats


def test_values_beyond_the_minimisers_are_relieved_and_cost_no_more():
    fake, real = clouds(6, 5)
    problem = CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.hinge(), LipschitzPenalty(0.1))
    places, masses = (np.arange(6), 4 + np.arange(5)), (np.full(6, 1.0 / 6.0), np.full(5, 0.2))  # two points are shared
    pointwise = Pointwise(problem, *places, *masses, 9, 1.0)
    f = np.array([-3.0, -0.5, 2.0, -1.0, -3.0, 3.0, 3.0, 0.5, -2.0])
    relieved = pointwise.relieved(f)
    np.testing.assert_array_equal(relieved, [-1.0, -0.5, 2.0, -1.0, -3.0, 3.0, 1.0, 0.5, -2.0])
    assert pointwise.value(relieved) == pytest.approx(pointwise.value(f), rel=4 * EPS)


@pytest.mark.long
@pytest.mark.parametrize("weight", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("shift", [0.5, 8.0])
@pytest.mark.parametrize("name", ["hinge", "twice", "curved"])
def test_kinks_are_certified_at_scale(name, shift, weight):
    fake, real = (DiscreteMeasure(each) for each in clouds(2000, 2000, shift))
    assert solve(CriticProblem(fake, real, PAIRS[name], LipschitzPenalty(weight))).certificate.relative_gap <= 1e-6
