"""The certificate: weak duality for any critic and any plan, and nothing lost to rounding at the optimum."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import ORACLES, Oracle, two_diracs, two_shared_points_in_ball
from scipy.spatial.distance import cdist
from strategies import (
    condition_11_losses,
    elementary_losses,
    penalties,
    problems,
    regularizers,
    seeds,
    strictly_convex_losses,
)

from toylab import losses
from toylab.certificate import certify, raised, steepest_gradient
from toylab.critics import FormulaCritic, LowerExtension, tabulated
from toylab.errors import InputError
from toylab.fenchel_young import PointwiseObjective
from toylab.losses import Hinge, Reflected, Shifted
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Unrestricted
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.solving import solve

EPS = float(np.finfo(float).eps)


def random_critic(problem, seed, scale=1.0):
    """A critic with random values at the support points; inside the ball if there is one."""
    points = problem.support.points
    values = scale * np.random.default_rng(seed).normal(size=len(points))
    critic = tabulated(points, values)
    if isinstance(problem.regularizer, LipschitzBall) and critic.lipschitz_constant > 0:
        critic = tabulated(points, values * 0.9 * problem.regularizer.radius / critic.lipschitz_constant)
    return critic


def random_plan(problem, seed):
    rng = np.random.default_rng(seed + 1)
    return rng.uniform(size=(len(problem.fake), len(problem.real))) * 10.0 ** rng.uniform(-3, 1)


def naive_dual(problem: CriticProblem, plan: np.ndarray) -> tuple[float, float]:
    """−Σ p φ*(a/p) − Σ q ϕ*(−b/q) − R*(C) for disjoint supports, with the size of what is added up."""
    p, q = problem.fake.weights, problem.real.weights
    cost = float((plan * cdist(problem.fake.points, problem.real.points)).sum())
    terms = np.concatenate(
        [
            p * problem.losses.fake_loss.conjugate(plan.sum(axis=1) / p),
            q * problem.losses.real_loss.conjugate(-plan.sum(axis=0) / q),
            [problem.regularizer.conjugate(cost)],
        ]
    )
    return -float(terms.sum()), float(np.abs(terms).sum())


@st.composite
def disjoint_problems(draw):
    """Uniform weights, fakes left of 0, reals right of it, no duplicates: where the naive dual is well conditioned."""
    rng = np.random.default_rng(draw(seeds))
    n, m, d = draw(st.integers(1, 5)), draw(st.integers(1, 5)), draw(st.integers(1, 3))
    fake, real = -rng.uniform(0.1, 2, (n, d)), rng.uniform(0.1, 2, (m, d))
    return CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), draw(strictly_convex_losses), draw(penalties))


@given(disjoint_problems(), seeds)
def test_gap_is_primal_minus_dual(problem, seed):
    critic = random_critic(problem, seed)
    scale = float(problem.losses.fake_loss.slope(np.array(problem.losses.best_constant)))
    plan = scale * np.outer(problem.fake.weights, problem.real.weights)
    plan *= np.random.default_rng(seed).uniform(0.5, 1.0, plan.shape)  # inside the domain of the dual
    found = certify(problem, critic, plan)
    dual, size = naive_dual(problem, plan)
    rounding = 512 * EPS * (size + abs(found.primal) + abs(dual))
    assert abs(found.dual - dual) <= rounding
    assert abs(found.gap - (found.primal - dual)) <= rounding


@given(disjoint_problems(), seeds)
def test_primal_is_the_objective_of_the_critic(problem, seed):
    critic = random_critic(problem, seed)
    found = certify(problem, critic)
    x, y = problem.fake.points, problem.real.points
    rise = critic(y) - critic(x)[:, None]
    k = max(float((rise / cdist(x, y)).max()), 0.0)
    naive = (
        problem.fake.expectation(problem.losses.fake_loss.value(critic(x)))
        + problem.real.expectation(problem.losses.real_loss.value(critic(y)))
        + problem.regularizer.value(k)
    )
    np.testing.assert_allclose(found.k_support, k, rtol=1e-13, atol=64 * EPS * 10)  # rounding over a distance ≥ .2
    np.testing.assert_allclose(found.primal, naive, rtol=1e-12)


@given(disjoint_problems(), seeds)
def test_relative_gap_is_measured_against_the_best_constant_critic(problem, seed):
    found = certify(problem, random_critic(problem, seed), random_plan(problem, seed))
    c = np.array(problem.losses.best_constant)
    constant_value = float(problem.losses.fake_loss.value(c) + problem.losses.real_loss.value(c))
    room = constant_value - found.dual
    if room > 1e-6:  # else the naive difference has no digits left
        support = problem.support
        objective = PointwiseObjective(problem.losses, support.fake_weights, support.real_weights)
        # near the end of the slope range h* is known to its charged rounding only, from either side
        charged = sum(
            objective.gap_and_charge(values, found.slopes)[1].sum()
            for values in (found.values, np.full(len(found.values), float(c)))
        )
        bound = 1e-8 + 2.0 * charged / room
        np.testing.assert_allclose(found.room, room, rtol=bound)
        np.testing.assert_allclose(found.relative_gap, found.gap / room, rtol=bound, atol=bound)


@settings(max_examples=60)
@given(problems(most=5), seeds, st.sampled_from([0.01, 1.0, 10.0]))
def test_weak_duality_for_random_critics_and_random_plans(problem, seed, scale):
    """V ≤ primal of any critic, V ≥ dual of any plan; V from a certified solution, up to its own gap."""
    best = solve(problem, throw=False).certificate
    found = certify(problem, random_critic(problem, seed, scale), random_plan(problem, seed))
    rounding = 256 * EPS * (abs(found.primal) + abs(best.primal) + abs(found.gap) + 1)
    assert found.gap >= 0
    assert found.dual <= best.primal + rounding
    assert found.primal >= best.dual - rounding
    low, high = problem.regularizer.constant_interval(found.cost, found.gap)
    assert low - np.sqrt(rounding) <= best.constant + np.sqrt(best.gap / 0.01)
    assert best.constant - np.sqrt(best.gap / 0.01) <= high + np.sqrt(rounding)


@pytest.mark.parametrize("oracle", [o for o in ORACLES if o.name.startswith("two-diracs") and "λ" in o.name], ids=str)
def test_gap_vanishes_at_a_closed_form(oracle: Oracle):
    problem = oracle.problem
    assert isinstance(problem.regularizer, LipschitzPenalty)
    distance = float(problem.real.points[0, 0])
    rise = oracle.constant * distance
    critic = LowerExtension(problem.real.points, np.array([0.5 * rise]), oracle.constant)
    mass = 2.0 * problem.regularizer.weight * oracle.constant / distance  # γ d = C = 2 λ k*
    found = certify(problem, critic, [[mass]])
    np.testing.assert_allclose(found.primal, oracle.value, rtol=1e-13, atol=1e-15)
    # the gap is quadratic in every rounding except the plan's: slopes are charged linearly, over steps that vanish
    assert found.relative_gap <= 1e-13
    np.testing.assert_allclose(found.slopes, [mass, -mass], rtol=EPS)


@given(problems(), seeds)
def test_slopes_sum_to_zero_and_belong_to_the_plan(problem, seed):
    found = certify(problem, random_critic(problem, seed), random_plan(problem, seed))
    size = len(found.slopes)
    mass = float(np.abs(found.slopes).sum()) + 1
    assert abs(found.slopes.sum()) <= size * 64 * EPS * mass
    plan = found.plan.toarray()
    out = np.zeros(size)
    np.add.at(out, found.fake_owner, plan.sum(axis=1))
    np.add.at(out, found.real_owner, -plan.sum(axis=0))
    np.testing.assert_allclose(out, found.slopes, rtol=0, atol=64 * size * EPS * mass)
    assert (plan >= 0).all()


@given(problems(), seeds)
def test_the_order_of_the_callers_points_does_not_matter(problem, seed):
    rng = np.random.default_rng(seed)
    i, j = rng.permutation(len(problem.fake)), rng.permutation(len(problem.real))
    shuffled = CriticProblem(
        DiscreteMeasure(problem.fake.points[i], problem.fake.weights[i]),
        DiscreteMeasure(problem.real.points[j], problem.real.weights[j]),
        problem.losses,
        problem.regularizer,
    )
    critic, plan = random_critic(problem, seed), random_plan(problem, seed)
    first, second = certify(problem, critic, plan), certify(shuffled, critic, plan[i][:, j])
    rounding = 1e-11 * (1 + np.abs(first.slopes).sum())  # weights are normalised in another order
    np.testing.assert_allclose(second.slopes, first.slopes, rtol=0, atol=rounding)
    np.testing.assert_allclose(second.plan.toarray(), first.plan.toarray()[i][:, j], rtol=0, atol=rounding)
    assert (second.values == first.values).all()
    # φ*(u) = −√(u(2 − u)) is infinitely steep at the ends: slopes that differ by δ move each term by up to √(2δ). A
    # slope is a sum over n + m masses that were normalised, cut to the dual's domain and added in another order
    summed = 8.0 * (len(i) + len(j)) * EPS * (1.0 + np.abs(first.slopes).sum())
    moved = np.sqrt(2.0 * (np.abs(second.slopes - first.slopes).max() + summed)) * len(first.slopes)
    np.testing.assert_allclose(second.gap, first.gap, rtol=1e-9, atol=moved)


@settings(max_examples=40)
@given(problems(losses=elementary_losses, regularizers=penalties, most=5))
def test_pot_turns_an_optimal_critic_into_a_certificate(problem):
    """certify(plan=None): at the optimum the coupling of the reweighted marginals is an optimal plan."""
    solution = solve(problem)
    # the slopes of values that are optimal to √gap are off by as much; the gap is then of first order in it
    assert certify(problem, solution.critic).relative_gap <= 1e-3


def test_certify_without_a_plan_is_tight_at_a_closed_form():
    oracle = two_diracs("logistic", 1.0, 0.1)
    rise = 0.5 * oracle.constant
    critic = LowerExtension(oracle.problem.real.points, np.array([rise]), oracle.constant)
    assert certify(oracle.problem, critic).relative_gap <= 1e-13


@pytest.mark.parametrize("radius", [0.5, 0.81])
def test_gap_of_a_ball_is_infinite_outside_it(radius):
    oracle = two_shared_points_in_ball(radius)
    steep = tabulated(oracle.problem.support.points, np.array([-1.0, 1.0]))
    found = certify(oracle.problem, steep)
    assert found.primal == np.inf
    assert found.critic_excess == 0.0  # nothing is allowed that could be exceeded
    assert found.gap == np.inf
    assert found.relative_gap == np.inf
    assert found.dual <= oracle.value + oracle.error


def test_a_critic_out_of_range_of_its_loss_still_has_a_dual_bound():
    oracle = two_diracs("exponential", 1.0, 0.1)
    wild = FormulaCritic(lambda z: -2000.0 * (z[:, 0] - 0.5), lambda z: np.tile([-2000.0, 0.0], (len(z), 1)))
    found = certify(oracle.problem, wild)
    assert found.gap == np.inf
    assert found.relative_gap == np.inf
    assert found.dual <= oracle.value


def test_equal_measures_have_gap_zero_for_the_best_constant():
    same = DiscreteMeasure([[0.0], [1.0]], [1, 2])
    for pair in (losses.logistic(), losses.wasserstein(), losses.exponential()):
        problem = CriticProblem(same, same, pair, LipschitzPenalty(1.0))
        found = certify(problem, lambda z: np.zeros(len(z)))
        assert found.relative_gap == 0.0
        assert found.k_support == 0.0


class TestCriticExcess:
    problem = CriticProblem(
        DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[1.0, 0.0]]), losses.logistic(), LipschitzPenalty(0.5)
    )

    def test_nothing_for_a_critic_as_steep_as_its_values(self):
        found = certify(self.problem, LowerExtension(np.array([[1.0, 0.0]]), np.array([0.5]), 1.5))
        assert found.critic_excess is not None
        assert 0 <= found.critic_excess <= 64 * EPS

    def test_what_steepness_between_the_points_costs(self):
        # f = x² rises by 1 over the unit distance, but with slope up to 2 at the real point
        curved = FormulaCritic(lambda z: z[:, 0] ** 2, lambda z: np.stack([2 * z[:, 0], 0 * z[:, 1]], axis=1))
        steepest = 2 * (1 - 0.5 / 9)  # at the ninth of nine midpoints
        assert steepest_gradient(self.problem, curved) == pytest.approx(steepest, rel=4 * EPS)
        found = certify(self.problem, curved)
        assert found.critic_excess == pytest.approx(0.5 * (steepest**2 - 1.0), rel=1e-14)

    def test_nothing_for_a_critic_whose_gradient_is_less_steep_than_its_values(self):
        flat = FormulaCritic(lambda z: z[:, 0], lambda z: 0 * z)
        assert certify(self.problem, flat).critic_excess == 0.0

    def test_unknown_without_gradients(self):
        assert certify(self.problem, lambda z: z[:, 0]).critic_excess is None

    def test_a_declared_constant_is_believed(self):
        declared = FormulaCritic(lambda z: z[:, 0], lambda z: 0 * z, lipschitz_constant=3.0)
        assert certify(self.problem, declared).critic_excess == pytest.approx(0.5 * (9 - 1), rel=1e-14)

    def test_many_pairs_are_sampled_reproducibly(self):
        rng = np.random.default_rng(0)
        many = CriticProblem(
            DiscreteMeasure(rng.normal(size=(40, 2))), DiscreteMeasure(rng.normal(size=(40, 2))),
            losses.logistic(), LipschitzPenalty(1.0),
        )  # fmt: skip
        curved = FormulaCritic(lambda z: (z**2).sum(axis=1), lambda z: 2 * z)
        some = steepest_gradient(many, curved, pairs=100)
        assert some == steepest_gradient(many, curved, pairs=100)
        every = steepest_gradient(many, curved, pairs=1600)
        assert some is not None
        assert every is not None
        assert some <= every

    def test_gradients_of_a_wrong_shape_are_named(self):
        wrong = FormulaCritic(lambda z: z[:, 0], lambda z: z[:, 0])
        with pytest.raises(InputError, match=r"gradient must return shape \(9, 2\)"):
            certify(self.problem, wrong)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torch_modules_are_certified_as_they_are(dtype):
    problem = TestCriticExcess.problem
    layer = torch.nn.Linear(2, 1, dtype=dtype)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.5, 0.0]]))
        layer.bias.fill_(-0.75)
    found = certify(problem, layer)
    assert found.k_support == pytest.approx(1.5, rel=8 * EPS)
    assert found.critic_excess == pytest.approx(0.0, abs=64 * EPS)
    np.testing.assert_allclose(found.primal, 2 * np.logaddexp(0, -0.75) + 0.5 * 1.5**2, rtol=1e-14)


@pytest.mark.parametrize(
    ("critic", "words"),
    [
        (lambda z: z, r"must return shape \(2,\) for 2 points, got \(2, 2\)"),
        (lambda z: 0.0, r"got \(\)"),
        (lambda z: np.where(z[:, 0] > 0, np.nan, 0.0), r"returned nan at the point \[1.0, 0.0\]"),
        (lambda z: np.full(len(z), np.inf), r"returned inf at the point \[0.0, 0.0\]"),
        ("critic", "must be callable .* got str"),
        (None, "must be callable .* got NoneType"),
    ],
)
def test_bad_critics_are_named(critic, words):
    with pytest.raises(InputError, match=words):
        certify(TestCriticExcess.problem, critic)


def test_a_wrong_plan_is_named():
    with pytest.raises(InputError, match=r"plan must have shape \(1, 1\)"):
        certify(TestCriticExcess.problem, lambda z: z[:, 0], np.zeros((2, 1)))


@given(problems(), seeds)
def test_raised_values_satisfy_every_constraint(problem, seed):
    support = problem.support
    values = np.random.default_rng(seed).normal(size=len(support.points))
    result = raised(support, values, 0.3)
    rounding = 16 * EPS * (np.abs(result).max() + 0.3 * support.diameter)
    assert (result >= values).all()
    assert (result[~support.in_fake] == values[~support.in_fake]).all()
    rise = result[support.in_real] - result[support.in_fake][:, None]
    distance = cdist(support.points[support.in_fake], support.points[support.in_real])
    assert (rise <= 0.3 * distance + rounding).all()


@given(problems(losses=condition_11_losses, regularizers=regularizers), seeds)
def test_every_number_of_a_certificate_is_what_it_says(problem, seed):
    found = certify(problem, random_critic(problem, seed), random_plan(problem, seed))
    parts = found.pointwise_gap.sum() + found.slackness_gap + found.constant_gap
    assert min(found.pointwise_gap.min(), found.slackness_gap, found.constant_gap, found.gap) >= 0
    # what is not in the parts is the charge for slopes out of range by rounding
    assert parts <= found.gap * (1 + 1e-12) + 1e-300
    np.testing.assert_allclose(found.gap, parts, rtol=1e-9, atol=1e-9)
    assert found.dual == found.primal - found.gap


def test_gaps_stay_exact_where_primal_minus_dual_has_no_digits():
    """An offset of 100 in the losses' argument leaves the gap of InteriorPoint as small as without it."""
    oracle = two_diracs("sqrt", 1.0, 0.1)
    moved = CriticProblem(
        oracle.problem.fake, oracle.problem.real, losses.sqrt().shifted(100.0), oracle.problem.regularizer
    )
    assert solve(moved, InteriorPoint()).certificate.relative_gap <= 1e-8


@pytest.mark.parametrize("scale", [300.0, 700.0, 1e3, 1e4])
@pytest.mark.parametrize("name", ["sqrt", "mixture"])
def test_the_dual_bound_holds_for_values_far_out(name, scale):
    """A slope of the square-root loss is approached like 1/t²: its maximiser lies anywhere, and must be found."""
    pair = losses.sqrt() if name == "sqrt" else losses.sqrt() + losses.logistic()
    problem = CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), pair, LipschitzBall(1e5))
    better = certify(problem, tabulated(np.array([[0.0], [1.0]]), np.array([-5e4, 5e4])), [[0.0]])
    for mass in (0.0, 1e-12, 1e-8, 1e-4):
        found = certify(problem, tabulated(np.array([[0.0], [1.0]]), np.array([-scale, scale])), [[mass]])
        assert found.dual <= better.primal


def test_least_squares_with_a_far_target_is_bounded_too():
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), losses.quadratic(0.0, 1000.0), LipschitzBall(1e4)
    )
    found = certify(problem, tabulated(np.array([[0.0], [1.0]]), np.array([0.0, 700.0])), [[0.0]])
    assert found.dual <= 1e-6  # the optimum is 0: both targets can be met
    assert found.relative_gap > 0.1


def test_a_critic_that_overwrites_its_input_spoils_nothing():
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), losses.logistic(), LipschitzPenalty(0.1)
    )

    def careless(z):
        values = 10.0 * z[:, 0]
        z *= 0.0
        return values

    assert certify(problem, careless).k_support == pytest.approx(10.0)
    assert certify(problem, careless).k_support == pytest.approx(10.0)
    with pytest.raises(ValueError, match="read-only"):
        problem.support.points[0] = 7.0


def test_a_huge_value_at_a_point_without_mass_hides_no_rise():
    problem = CriticProblem(
        DiscreteMeasure([[0.0], [1.0], [9.0]], [0.5, 0.5, 0.0]),
        DiscreteMeasure([[0.0], [1.0]]),
        losses.wasserstein(),
        LipschitzPenalty(1.0),
    )
    found = certify(problem, lambda z: np.where(z[:, 0] == 9.0, 1e17, 5.0 * z[:, 0]))
    assert found.k_support == pytest.approx(5.0)
    assert found.gap == pytest.approx(25.0)


@pytest.mark.parametrize("copies", [(3, 7), (300, 700)])
@pytest.mark.parametrize("regularizer", [LipschitzBall(1.0), LipschitzPenalty(0.1)], ids=["ball", "penalty"])
@pytest.mark.parametrize("name", ["wasserstein", "logistic"])
def test_equal_measures_are_solved_however_their_masses_were_summed(name, regularizer, copies):
    line = np.array([[0.0], [1.0]])
    many = DiscreteMeasure(np.repeat(line, copies, axis=0))
    few = DiscreteMeasure(line, [0.3, 0.7])
    assert solve(CriticProblem(many, few, losses.get(name), regularizer)).certificate.relative_gap <= 1e-8


@pytest.mark.parametrize(
    ("critic", "words"),
    [
        (lambda z: ["a"] * len(z), "must return real numbers"),
        (lambda z: {"values": z}, "must return real numbers"),
        (lambda z: z[:, 0] * 1j, "must return real numbers"),
    ],
)
def test_critics_that_return_no_numbers_are_named(critic, words):
    with pytest.raises(InputError, match=words):
        certify(TestCriticExcess.problem, critic)


def test_a_plain_function_of_torch_tensors_is_a_critic():
    module = torch.nn.Linear(1, 1).double()
    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), losses.logistic(), LipschitzPenalty(0.1)
    )
    by_function = certify(problem, lambda z: module(torch.as_tensor(z)))
    assert by_function.primal == pytest.approx(certify(problem, module).primal, rel=1e-14)


def test_certify_needs_a_problem():
    with pytest.raises(InputError, match="needs a CriticProblem first, got str"):
        certify("case3", lambda z: z[:, 0])  # type: ignore[arg-type]


def test_a_slope_near_the_end_of_its_range_keeps_the_critics_own_value():
    """The maximiser lies at −1e20 or so; adding the way back to the critic's value would lose that value."""
    problem = CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), losses.sqrt(), LipschitzPenalty(0.1))
    optimum = solve(problem).value
    for mass in (1e-40, 1e-20, 1e-12):
        found = certify(problem, tabulated(np.array([[0.0], [1.0]]), np.array([5.0, -5.0])), [[mass]])
        assert found.dual <= optimum


def test_nothing_visible_is_taken_for_rounding_where_the_measures_are_equal():
    points = np.array([[0.0], [1e6]])
    problem = CriticProblem(DiscreteMeasure(points), DiscreteMeasure(points), losses.logistic(), LipschitzBall(1e3))
    assert certify(problem, lambda z: 0.02 * z[:, 0] / 1e6, np.zeros((2, 2))).relative_gap > 1.0


@pytest.mark.parametrize("pair", [losses.hinge(), losses.quadratic(1.0, 1.0), losses.hinge() + losses.hinge()])
def test_equal_measures_are_solved_for_losses_with_kinks_and_flats(pair):
    measure = DiscreteMeasure([[0.0], [1.0]])
    # what is left is a product of two roundings, over a floor of 1e-12
    assert solve(CriticProblem(measure, measure, pair, LipschitzPenalty(0.1))).certificate.relative_gap <= 1e-12


class TestByHand:
    """One fake point and two real ones on a line, with a plan that is not optimal: every number from its formula."""

    problem = CriticProblem(
        DiscreteMeasure([[0.0]]), DiscreteMeasure([[3.0], [4.0]]), losses.logistic(), LipschitzPenalty(0.3)
    )
    moved = np.array([0.1, 0.05])
    values = np.array([-0.3, 1.2, 0.7])

    @staticmethod
    def critic(z):
        return np.interp(z[:, 0], [0.0, 3.0, 4.0], TestByHand.values)

    @staticmethod
    def conjugate(slope: float, mass: float) -> float:
        """Of mass · log(1 + eᵗ), at a slope in (0, mass)."""
        share = slope / mass
        return mass * (share * np.log(share) + (1 - share) * np.log(1 - share))

    def test_every_part_of_the_gap(self):
        found = certify(self.problem, self.critic, self.moved[None, :])
        cost, slack = 0.1 * 3 + 0.05 * 4, -0.3 - 0.7 + 0.5 * 4
        pointwise = [
            np.logaddexp(0.0, -0.3) + self.conjugate(0.15, 1.0) + 0.15 * 0.3,
            0.5 * np.logaddexp(0.0, -1.2) + self.conjugate(0.1, 0.5) + 0.1 * 1.2,
            0.5 * np.logaddexp(0.0, -0.7) + self.conjugate(0.05, 0.5) + 0.05 * 0.7,
        ]
        constant_gap = 0.3 * 0.5**2 + cost**2 / (4 * 0.3) - 0.5 * cost
        gap = sum(pointwise) + 0.05 * slack + constant_gap
        primal = np.logaddexp(0.0, -0.3) + 0.5 * np.logaddexp(0.0, [-1.2, -0.7]).sum() + 0.3 * 0.5**2
        assert found.k_support == found.constant == pytest.approx(0.5, rel=64 * EPS)
        assert found.cost == pytest.approx(cost, rel=64 * EPS)
        np.testing.assert_allclose(found.values, self.values, rtol=64 * EPS)
        np.testing.assert_allclose(found.slopes, [0.15, -0.1, -0.05], rtol=64 * EPS)
        np.testing.assert_allclose(found.pointwise_gap, pointwise, rtol=1e-12)
        assert found.slackness_gap == pytest.approx(0.05 * slack, rel=1e-12)
        assert found.constant_gap == pytest.approx(constant_gap, rel=1e-12)
        assert found.gap == pytest.approx(gap, rel=1e-12)
        assert found.primal == pytest.approx(primal, rel=1e-13)
        assert found.dual == pytest.approx(primal - gap, rel=1e-12)
        assert found.relative_gap == pytest.approx(gap / (2 * np.log(2) - (primal - gap)), rel=1e-11)
        assert found.critic_excess is None

    def test_the_dual_outside_the_ball_is_that_of_the_plan(self):
        ball = CriticProblem(self.problem.fake, self.problem.real, losses.logistic(), LipschitzBall(0.2))
        found = certify(ball, self.critic, self.moved[None, :])
        conjugates = self.conjugate(0.15, 1.0) + self.conjugate(0.1, 0.5) + self.conjugate(0.05, 0.5)
        assert found.gap == np.inf
        assert found.dual == pytest.approx(-conjugates - 0.2 * 0.5, rel=1e-12)  # R*(C) = radius · C
        assert found.constant == pytest.approx(0.5, rel=64 * EPS)

    def test_values_inside_a_ball_are_judged_with_its_radius(self):
        ball = CriticProblem(self.problem.fake, self.problem.real, losses.logistic(), LipschitzBall(0.8))
        found = certify(ball, self.critic, self.moved[None, :])
        assert found.k_support == pytest.approx(0.5, rel=64 * EPS)
        assert found.constant == 0.8
        assert found.slackness_gap == pytest.approx(0.1 * (-1.5 + 2.4) + 0.05 * (-1.0 + 3.2), rel=1e-12)

    def test_a_fake_point_is_raised_to_its_steepest_real_one_and_no_further(self):
        lifted = raised(self.problem.support, self.values, 0.25)
        np.testing.assert_allclose(lifted, [1.2 - 0.25 * 3, 1.2, 0.7], rtol=8 * EPS)

    def test_a_critic_that_falls_needs_no_constant(self):
        assert certify(self.problem, lambda z: -z[:, 0]).k_support == 0.0

    def test_no_point_with_mass_rises_from_itself(self):
        same = CriticProblem(
            DiscreteMeasure([[0.0], [2.0]]), DiscreteMeasure([[0.0]]), losses.logistic(), LipschitzPenalty(1.0)
        )
        assert certify(same, lambda z: -z[:, 0]).k_support == pytest.approx(1.0, rel=64 * EPS)

    def test_one_shared_point_leaves_nothing_to_gain_and_the_floor_is_the_unit(self):
        same = CriticProblem(DiscreteMeasure([[1.0]]), DiscreteMeasure([[1.0]]), losses.logistic(), LipschitzPenalty(1))
        found = certify(same, lambda z: 0.1 * z[:, 0])
        gap = np.logaddexp(0.0, [0.1, -0.1]).sum() - 2 * np.log(2)
        assert found.gap == pytest.approx(gap, rel=1e-9)  # φ*(0) is approached, not reached
        assert found.room == 1e-12 * 0.5
        assert found.relative_gap == pytest.approx(gap / (1e-12 * 0.5), rel=1e-9)

    def test_where_the_loss_is_flat_at_the_best_constant_the_floor_is_a_mass_of_one(self):
        same = CriticProblem(
            DiscreteMeasure([[1.0]]), DiscreteMeasure([[1.0]]), losses.quadratic(0.0, 0.0), LipschitzPenalty(1.0)
        )
        found = certify(same, lambda z: 0.1 * z[:, 0])
        assert found.gap > 0
        assert found.room == 1e-12
        assert found.relative_gap == pytest.approx(found.gap / 1e-12, rel=1e-9)

    def test_losses_without_a_best_constant_leave_no_unit(self):
        pair = losses.LossPair("unattained", losses.wasserstein().fake_loss, losses.wasserstein().fake_loss)
        problem = CriticProblem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), pair, LipschitzPenalty(1.0))
        found = certify(problem, lambda z: z[:, 0], np.zeros((1, 1)))
        assert np.isnan(found.room)
        assert found.relative_gap == np.inf


class TestBlends:
    """Where the gradient of a critic is looked at."""

    class Watched:
        def __init__(self):
            self.seen = np.zeros((0, 2))

        def __call__(self, z):
            return z[:, 0]

        def gradient(self, z):
            self.seen = z
            return np.tile([0.6, 0.8], (len(z), 1))

    @staticmethod
    def between(n: int, m: int) -> CriticProblem:
        rng = np.random.default_rng(n * m)
        return CriticProblem(
            DiscreteMeasure(rng.normal(size=(n, 2))), DiscreteMeasure(rng.normal(size=(m, 2))),
            losses.logistic(), LipschitzPenalty(1.0),
        )  # fmt: skip

    def test_every_pair_at_evenly_spaced_places_without_its_ends(self):
        problem, critic = self.between(2, 3), self.Watched()
        assert steepest_gradient(problem, critic, positions=4) == pytest.approx(1.0, rel=4 * EPS)
        expected = [
            t * x + (1 - t) * y
            for t in (0.125, 0.375, 0.625, 0.875) for x in problem.fake.points for y in problem.real.points
        ]  # fmt: skip
        np.testing.assert_allclose(critic.seen, expected, rtol=0, atol=16 * EPS)

    @pytest.mark.parametrize(("n", "m", "pairs"), [(64, 64, 4096), (64, 65, 4096), (3, 4, 12)])
    def test_4096_pairs_at_nine_places_are_the_most(self, n, m, pairs):
        critic = self.Watched()
        steepest_gradient(self.between(n, m), critic)
        assert len(np.unique(critic.seen, axis=0)) == len(critic.seen) == 9 * pairs


def test_values_may_come_as_a_column():
    problem = TestByHand.problem
    column = certify(problem, lambda z: TestByHand.critic(z)[:, None], TestByHand.moved[None, :])
    assert column.gap == certify(problem, TestByHand.critic, TestByHand.moved[None, :]).gap


def test_a_rise_that_is_rounding_needs_no_constant_and_the_fake_point_is_raised_to_meet_it():
    fake, real, above = DiscreteMeasure([[0.0]]), DiscreteMeasure([[1e-9]]), np.nextafter(100.0, np.inf)
    for regularizer, value in ((LipschitzPenalty(0.1), above), (Unrestricted(), 100.0)):
        problem = CriticProblem(fake, real, losses.logistic(), regularizer)
        found = certify(problem, lambda z: np.where(z[:, 0] > 0, above, 100.0), [[0.1]])
        assert found.k_support == 0.0
        assert found.values.tolist() == [value, above]


def test_a_gap_of_nothing_has_parts_without_shares():
    same = DiscreteMeasure([[0.0]])
    found = certify(CriticProblem(same, same, losses.wasserstein(), LipschitzPenalty(1.0)), lambda z: 0 * z[:, 0])
    assert found.gap == 0.0
    assert [term for _, term in found.parts()] == [0.0, 0.0, 0.0]
    assert "slackness" in found._repr_html_()


def test_slopes_out_of_range_by_rounding_are_charged_what_moving_them_costs():
    """Σ excess · (k · diameter + range of f), and nothing else here: f = z is optimal for W₁ on a line."""
    charged = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        fake = DiscreteMeasure(rng.integers(0, 5, size=(3, 1)).astype(float), rng.integers(1, 9, 3))
        real = DiscreteMeasure(rng.integers(6, 12, size=(3, 1)).astype(float), rng.integers(1, 9, 3))
        found = certify(CriticProblem(fake, real, losses.wasserstein(), LipschitzBall(1.0)), lambda z: z[:, 0])
        p, q = np.zeros(len(found.slopes)), np.zeros(len(found.slopes))
        np.add.at(p, found.fake_owner, fake.weights)
        np.add.at(q, found.real_owner, real.weights)
        excess = float(np.abs(found.slopes - (p - q)).sum())  # the range of h' is the one number p − q
        carried = np.concatenate([fake.points, real.points])
        assert found.pointwise_gap.sum() + found.slackness_gap + found.constant_gap == 0.0
        # the masses are summed in another order here: each p − q may differ in its last place
        assert abs(found.gap - excess * 2.0 * np.ptp(carried)) <= 6 * EPS * 2.0 * np.ptp(carried)
        charged += found.gap > 0
        assert found.gap >= 0.0
    assert charged >= 5


def test_the_rounding_of_a_rise_is_that_of_the_largest_value_of_either_side():
    for critic in (lambda z: 1e6 * (z[:, 0] - 1.0), lambda z: 1e6 * z[:, 0]):
        problem = CriticProblem(
            DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]), losses.logistic(), LipschitzPenalty(0.1)
        )
        assert 1.0 - 16 * EPS <= certify(problem, critic).k_support / 1e6 <= 1.0 - 4 * EPS


@pytest.mark.parametrize("gap", [1e-3, 1.0, 1e6])
def test_parts_name_the_rounding_of_the_plan_from_a_billionth_of_the_gap(gap):
    found = certify(TestByHand.problem, TestByHand.critic, TestByHand.moved[None, :])
    pointwise = np.array([gap, 0.0, 0.0])
    for rest, named in ((1e-6, True), (1e-8, True), (1e-10, False), (0.0, False), (np.inf, False)):
        parts = replace(
            found, gap=gap * (1.0 + rest), pointwise_gap=pointwise, slackness_gap=0.0, constant_gap=0.0
        ).parts()  # fmt: skip
        assert [name for name, _ in parts[3:]] == ["rounding of the plan"] * named
        if named:
            assert parts[3][1] == pytest.approx(gap * rest, rel=1e-6)


def test_a_certificate_cannot_be_changed():
    found = certify(TestByHand.problem, TestByHand.critic)
    with pytest.raises(FrozenInstanceError):
        found.gap = 0.0  # type: ignore[misc]


def test_without_restriction_rounding_of_the_masses_is_worth_the_larger_fall_of_the_losses():
    """φ = max(0, 1 + t), ϕ = max(0, 3 − t): at δ more real mass than fake, f = 3 gains 3 δ over f = 0."""
    pair = losses.LossPair("wide hinge", Hinge(), Shifted(Reflected(Hinge()), 2.0))
    assert pair.fake_loss.value(np.array([0.0, -1.0])) == pytest.approx([1.0, 0.0])
    assert pair.real_loss.value(np.array([0.0, 3.0])) == pytest.approx([3.0, 0.0])
    points, delta = np.array([[0.0], [1.0]]), 3e-15  # of the 16 roundings that count as equal
    fake, real = DiscreteMeasure(points, [0.5, 0.5]), DiscreteMeasure(points, [0.5 + delta, 0.5 - delta])
    found = certify(CriticProblem(fake, real, pair, Unrestricted()), lambda z: np.zeros(len(z)))
    assert found.gap >= 3.5 * delta
    assert found.relative_gap == 0.0


def test_nothing_visible_is_taken_for_rounding_without_restriction():
    points = np.array([[0.0], [1.0]])
    problem = CriticProblem(DiscreteMeasure(points), DiscreteMeasure(points), losses.logistic(), Unrestricted())
    assert certify(problem, lambda z: 0.02 * z[:, 0], np.zeros((2, 2))).relative_gap > 1.0
