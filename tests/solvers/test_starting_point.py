"""Where the interior point starts: inside all constraints, with a plan that bounds, better than a constant."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from tests.strategies import condition_11_losses, problems, regularizers
from toylab import losses, zoo
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.normalised_program import Iterate, NormalisedProgram
from toylab.solvers.starting_point import constant_start, starting_point

EPS = np.finfo(float).eps
CPU = torch.device("cpu")
STARTS = [starting_point, constant_start]
every_loss = st.one_of(
    condition_11_losses,
    st.sampled_from(
        [losses.hinge(), losses.quadratic(), losses.hinge() + losses.logistic(), losses.quadratic(-1.0, 2.0)]
    ),
)


def distances(program: NormalisedProgram, problem: CriticProblem) -> np.ndarray:
    """Fake→real distances in the unit of the program, measured again."""
    points = problem.support.points[program.carried]
    return cdist(points[program.pairs.fakes.numpy()], points[program.pairs.reals.numpy()]) / program.length


def drop(program: NormalisedProgram, values: np.ndarray) -> np.ndarray:
    return values[program.pairs.fakes.numpy()][:, None] - values[program.pairs.reals.numpy()]


def steepest(program: NormalisedProgram, problem: CriticProblem, values: np.ndarray) -> float:
    distance = distances(program, problem)
    apart = distance > 0
    rise = -drop(program, values)
    return max(float((rise[apart] / distance[apart]).max()), 0.0) if apart.any() else 0.0


def assert_strictly_feasible(program: NormalisedProgram, problem: CriticProblem, point: Iterate) -> None:
    values, gamma, slack = (array.numpy() for array in (point.values, point.gamma, point.slack))
    distance = distances(program, problem)
    apart = distance > 0
    assert np.isfinite(values).all()
    assert 0 < point.k < np.inf
    assert (slack[apart] > 0).all()
    assert (gamma[apart] > 0).all()
    assert (gamma[~apart] == 0).all()
    expected = point.k * distance + drop(program, values)
    size = point.k * distance + np.abs(values).max()
    assert (np.abs(slack - expected)[apart] <= 8 * EPS * size[apart]).all()
    if isinstance(problem.regularizer, LipschitzBall):
        assert point.k == pytest.approx(problem.regularizer.radius * program.length, rel=4 * EPS)
    for part in (point.kinks.above, point.kinks.below, point.kinks.alpha, point.kinks.beta):
        assert bool((part > 0).all())


@settings(max_examples=120, deadline=None, derandomize=True)
@given(problems(losses=every_loss, regularizers=regularizers), st.sampled_from(STARTS))
def test_every_start_is_strictly_feasible(problem, start):
    program = NormalisedProgram(problem, CPU)
    assume(program.count > 0)  # measures on one common point leave nothing to move: no pair, no interior
    assert_strictly_feasible(program, problem, start(program))


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("weight", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(
    "pair", [losses.logistic(), losses.exponential(), losses.sqrt(), losses.hinge(), losses.quadratic()]
)
def test_extremes_too(start, scale, weight, pair):
    """A far outlier, weights down to 1e-12, coordinates and λ of every size."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 2)), rng.normal(size=(4, 2))
    x[0] = [1e4, -1e4]
    fake, real = DiscreteMeasure(scale * x, 10.0 ** -np.arange(0.0, 15.0, 3.0)), DiscreteMeasure(scale * y)
    problem = CriticProblem(fake, real, pair, LipschitzPenalty(weight * scale**2))
    program = NormalisedProgram(problem, CPU)
    assert_strictly_feasible(program, problem, start(program))


@st.composite
def disjoint(draw: st.DrawFn) -> CriticProblem:
    """Problems whose measures share no point."""
    problem = draw(problems(losses=every_loss, regularizers=regularizers))
    away = np.zeros(problem.dimension)
    away[0] = draw(st.sampled_from([0.125, 10.125]))  # off the grid of the points
    return CriticProblem(
        problem.fake,
        DiscreteMeasure(problem.real.points + away, problem.real.weights),
        problem.losses,
        problem.regularizer,
    )


@settings(max_examples=120, deadline=None, derandomize=True)
@given(disjoint(), st.sampled_from(STARTS))
def test_the_plan_is_dual_feasible_for_disjoint_supports(problem, start):
    """A plan bounds the optimum where a/p and −b/q are slopes of φ and ϕ: inside their ranges, up to rounding of a sum.

    A range with a least slope above 0 is met only as well as both sides agree on the level, to the bisection's 2⁻⁴⁰.
    """
    program = NormalisedProgram(problem, CPU)
    gamma = start(program).gamma.numpy()
    p = program.fake_weights.numpy()[program.pairs.fakes.numpy()]
    q = program.real_weights.numpy()[program.pairs.reals.numpy()]
    for slopes, found in (
        (problem.losses.fake_loss.slope_range, gamma.sum(axis=1) / p),
        (problem.losses.real_loss.slope_range.reflected(), gamma.sum(axis=0) / q),
    ):
        assert (found <= slopes.upper * (1 + 1e-13)).all()
        assert (found >= slopes.lower * (1 - 1e-9)).all()
        assert (found > 0).all()


@settings(max_examples=80, deadline=None, derandomize=True)
@given(disjoint())
def test_the_outflow_is_the_slope_of_the_objective(problem):
    """Row sums p φ'(f), column sums −q ϕ'(f), both scaled to the smaller of the two totals."""
    program = NormalisedProgram(problem, CPU)
    point = starting_point(program)
    values, gamma = point.values.numpy(), point.gamma.numpy()
    fakes, reals = program.pairs.fakes.numpy(), program.pairs.reals.numpy()
    floor = 1e-7 * program.slope_at_constant  # a slope that has died away is replaced by a small share
    a = program.fake_weights.numpy()[fakes] * np.maximum(problem.losses.fake_loss.slope(values[fakes]), floor)
    b = program.real_weights.numpy()[reals] * np.maximum(-problem.losses.real_loss.slope(values[reals]), floor)
    total, slack = min(a.sum(), b.sum()), 2e-7 * program.slope_at_constant
    np.testing.assert_allclose(gamma.sum(axis=1), a / a.sum() * total, rtol=1e-9, atol=slack)
    np.testing.assert_allclose(gamma.sum(axis=0), b / b.sum() * total, rtol=1e-9, atol=slack)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(problems(losses=every_loss, regularizers=regularizers))
def test_it_is_no_worse_than_the_best_constant(problem):
    """J(f) + R(k_f) ≤ J(c), k_f the constant that its values need; R is 0 up to a ball's radius."""
    program = NormalisedProgram(problem, CPU)
    values = starting_point(program).values.numpy()
    support, pair = problem.support, problem.losses
    p, q = (weights[program.carried] for weights in (support.fake_weights, support.real_weights))
    needed = steepest(program, problem, values)
    cost = program.regularizer.value(needed * (1 - 1e-12))
    objective = float(p @ pair.fake_loss.value(values) + q @ pair.real_loss.value(values))
    best = np.array(pair.best_constant)
    constant = float(pair.fake_loss.value(best) + pair.real_loss.value(best))
    # values are brought back to where 1e-8 of the slope is left, which costs 1e-8 of their move at most
    assert objective + cost <= constant + 1e-8 * (1.0 + np.abs(values - best).max()) + 16 * EPS * abs(constant)


@pytest.mark.parametrize(
    "pair", [losses.logistic(), losses.sqrt(), losses.exponential(), losses.hinge(), losses.wasserstein()]
)
@pytest.mark.parametrize("distance", [0.1, 1.0, 30.0])
def test_two_diracs_start_within_half_a_decade_of_their_optimum(pair, distance):
    """There the shape is the optimal critic itself, so the best scale of the grid is a neighbour of the optimal one."""
    from toylab.solvers.dirac_pairs import dirac_pair

    weight = 0.1
    problem = CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[distance]]), pair, LipschitzPenalty(weight))
    best = dirac_pair(pair, distance, LipschitzPenalty(weight))
    program = NormalisedProgram(problem, CPU)
    found = np.ptp(starting_point(program).values.numpy()) / distance
    assert abs(np.log10(found / best.lipschitz_constant)) <= 0.5


@pytest.mark.parametrize("pair", [losses.logistic(), losses.sqrt(), losses.exponential()])
def test_swapping_the_measures_changes_the_sign(pair):
    """For ϕ(t) = φ(−t) the start is as symmetric as the problem."""
    problem = zoo.load("case3", n=7, losses=pair)
    there, back = (NormalisedProgram(p, CPU) for p in (problem, problem.swapped()))
    first, second = starting_point(there), starting_point(back)
    assert first.k == pytest.approx(second.k, rel=1e-9)
    one, other = np.empty((2, len(there.carried)))
    one[there.carried], other[back.carried] = first.values.numpy(), second.values.numpy()
    np.testing.assert_allclose(one, -other, atol=1e-9)
    np.testing.assert_allclose(first.gamma, second.gamma.T, rtol=1e-6)


def test_a_far_outlier_whose_slope_has_died_away_costs_nothing():
    """One fake of eight at distance 1e6 from the others: its share of the plan's cost is small, not 1e6/8."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(8, 2)), 3.0 + rng.normal(size=(8, 2))
    x[0] = [-1e6, 0.0]
    problem = CriticProblem(DiscreteMeasure(x), DiscreteMeasure(y), losses.exponential(), LipschitzPenalty(0.1))
    program = NormalisedProgram(problem, CPU)
    outlier = int(np.argmax(distances(program, problem).min(axis=1)))
    shares = []
    for start in STARTS:
        cost = (start(program).gamma * program.distance).sum(dim=1)
        shares.append(float(cost[outlier] / cost.sum()))
    best, constant = shares
    assert best < 0.01
    assert constant > 0.99  # what it would be without


def test_the_constant_start_is_the_best_constant_with_the_product_plan():
    problem = zoo.load("case3", n=6, losses=losses.logistic().shifted(2.0))
    program = NormalisedProgram(problem, CPU)
    point = constant_start(program)
    assert point.values.tolist() == [pytest.approx(2.0, rel=1e-12)] * 12
    np.testing.assert_allclose(point.gamma, np.full((6, 6), 0.5 / 36), rtol=1e-12)  # φ'(c) p q
    assert float(program.objective(point.values)) == pytest.approx(2.0 * np.log(2.0), rel=1e-14)
