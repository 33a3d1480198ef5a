import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit
from strategies import condition_11_losses, seeds, strictly_convex_losses

from toylab import losses
from toylab.certificate import certify
from toylab.fenchel_young import PointwiseObjective
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.solving import solve

EPS = float(np.finfo(float).eps)


def objective(pair, seed, size=12):
    """Random masses: points of one measure and points of both."""
    rng = np.random.default_rng(seed)
    p, q = rng.uniform(0.01, 0.2, (2, size))
    p[::3] = 0.0
    q[1::3] = 0.0
    return PointwiseObjective(pair, p, q), rng


def conjugates(pair, point_weights, slopes):
    """p φ*(s/p) or q ϕ*(s/q) for points of one measure."""
    p, q = point_weights
    fake = p * pair.fake_loss.conjugate(np.divide(slopes, p, out=np.zeros_like(p), where=p > 0))
    real = q * pair.real_loss.conjugate(np.divide(slopes, q, out=np.zeros_like(q), where=q > 0))
    return np.where(q == 0, fake, real)


@given(strictly_convex_losses, seeds)
def test_gap_is_the_sum_it_replaces(pair, seed):
    h, rng = objective(pair, seed)
    values = rng.uniform(-4, 4, 12)
    slopes = h.slope(rng.uniform(-4, 4, 12))
    alone = (h.fake_weights == 0) | (h.real_weights == 0)
    terms = [h.value(values), conjugates(pair, (h.fake_weights, h.real_weights), slopes), slopes * values]
    naive = terms[0] + terms[1] - terms[2]
    rounding = 256 * EPS * sum(np.abs(term) for term in terms)  # of the naive sum and of the conjugates
    assert (np.abs(h.gap(values, slopes) - naive) <= rounding)[alone].all()


@given(condition_11_losses, seeds, st.floats(1e-12, 3))
def test_gap_at_a_distance_is_the_integral(pair, seed, step):
    """With s = h'(t), the gap at t + δ lies between 0 and δ (h'(t + δ) − h'(t)); and at δ = 0 it is 0."""
    h, rng = objective(pair, seed)
    t = rng.uniform(-4, 4, 12)
    rise = h.slope_difference(t, np.full(12, step))
    gap = h.gap(t + step, h.slope(t))
    # s itself carries a rounding of h', which acts over the whole step
    rounding = 16 * EPS * (np.abs(h.slope(t)) + h.fake_weights + h.real_weights) * (step + EPS * 8)
    assert (gap >= 0).all()
    assert (gap <= step * rise * (1 + 1e-9) + 8 * rounding + 8 * EPS * 4 * rise).all()


@given(strictly_convex_losses, seeds)
def test_small_gaps_are_half_the_curvature_times_the_square(pair, seed):
    h, rng = objective(pair, seed)
    t, step = rng.uniform(-1, 1, 12), 1e-5
    curvature = (h.slope_difference(t, np.full(12, 1e-4)) - h.slope_difference(t, np.full(12, -1e-4))) / 2e-4
    # relative error: the next Taylor term, step · h'''/h'', and the rounding of s (eps h'/(h'' step))
    np.testing.assert_allclose(h.gap(t + step, h.slope(t)), 0.5 * curvature * step**2, rtol=1e-3)


@given(condition_11_losses, seeds)
def test_slope_inversion_inverts(pair, seed):
    h, rng = objective(pair, seed)
    slopes = h.slope(rng.uniform(-8, 8, 12))
    again = h.slope(h.invert_slope(slopes))
    np.testing.assert_allclose(again, slopes, rtol=1e-13, atol=16 * EPS)  # h' sums terms of both signs


def test_slopes_out_of_range_cost_everything_and_roundings_nothing():
    h = PointwiseObjective(losses.logistic(), np.array([0.5]), np.array([0.0]))
    value = np.zeros(1)
    assert h.gap(value, np.array([0.6])) == np.inf
    assert h.gap(value, np.array([-0.1])) == np.inf
    # far out the gap is a difference of values of up to 700, rounded there
    rounding = 4 * EPS * 700.0
    np.testing.assert_allclose(h.gap(value, np.array([0.5 + 1e-13])), 0.5 * np.log(2.0), rtol=0, atol=rounding)
    np.testing.assert_allclose(h.excess(np.array([0.5 + 1e-13])), 1e-13, rtol=1e-2)


def test_wasserstein_points_have_one_slope_only():
    h = PointwiseObjective(losses.wasserstein(), np.array([0.5]), np.array([0.2]))
    assert h.gap(np.array([17.0]), np.array([0.3])) == 0.0
    assert h.gap(np.array([17.0]), np.array([0.31])) == np.inf


def test_a_point_without_mass_costs_nothing():
    h = PointwiseObjective(losses.exponential(), np.zeros(1), np.zeros(1))
    assert h.gap(np.array([5.0]), np.zeros(1)) == 0.0


def test_a_kink_is_charged_in_full():
    # hinge, s = p: t_s = anything above −1; at f = −3 the gap is p (φ(−3) + φ*(1) − (−3)) = p (0 − 1 + 3)
    h = PointwiseObjective(losses.hinge(), np.array([0.5]), np.array([0.0]))
    np.testing.assert_allclose(h.gap(np.array([-3.0]), np.array([0.5])), 1.0, rtol=1e-12)


@given(strictly_convex_losses, seeds, st.sampled_from([1e-10, 1e-4, 0.1]))
def test_value_interval_holds_exactly_the_values_within_the_gap(pair, seed, gap):
    h, rng = objective(pair, seed)
    t = rng.uniform(-2, 2, 12)
    slopes = h.slope(t)
    low, high = h.value_interval(slopes, gap)
    assert (low <= t).all()
    assert (t <= high).all()
    width = high - low
    for outside in (low - 0.01 * width, high + 0.01 * width):
        finite = np.isfinite(outside)
        assert (h.gap(np.where(finite, outside, 0.0), slopes) > gap)[finite].all()


@pytest.mark.parametrize("name", ["logistic", "sqrt", "exponential"])
def test_values_far_from_their_slope_do_not_overflow(name):
    h = PointwiseObjective(losses.get(name), np.array([0.5, 0.0]), np.array([0.0, 0.5]))
    gap = h.gap(np.array([1e4, -1e4]), np.array([0.25, -0.25]))
    assert (gap > 1).all()
    assert not np.isnan(gap).any()


@pytest.mark.parametrize(
    ("pair", "weights", "slope", "inside"),
    [
        (losses.hinge(), (0.5, 0.0), 0.5, (-1.0, np.inf)),  # every value above −1 is best for the saturated slope
        (losses.hinge(), (0.5, 0.5), 0.0, (-1.0, 1.0)),
        (losses.logistic(), (0.0, 0.5), -0.5 / (1 + np.exp(-30.0)), (-31.5, -29.5)),  # exact gap 3.4e-14 at −31.5
    ],
)
def test_value_interval_contains_flats_and_what_rounding_hides(pair, weights, slope, inside):
    objective = PointwiseObjective(pair, np.array([weights[0]]), np.array([weights[1]]))
    low, high = objective.value_interval(np.array([slope]), 1e-13)
    assert low[0] <= inside[0]
    assert high[0] >= inside[1]


def softplus_and_hinge(t):
    """ln(1 + exp t) + ½ max(0, 1 + t)."""
    return np.logaddexp(0.0, t) + 0.5 * np.maximum(0.0, 1.0 + t)


KINKED = losses.logistic() + 0.5 * losses.hinge()
OWN = LossPair.from_functions("own", fake=softplus_and_hinge, fake_slope=lambda t: expit(t) + 0.5 * (t > -1.0))
PROMISED = LossPair.from_functions(
    "promised", fake=lambda t: np.logaddexp(0.0, t), fake_slope=expit, analytic_within=1.0
)
PLAIN = LossPair.from_functions("plain", fake=lambda t: np.logaddexp(0.0, t), fake_slope=expit)
#: (pair, share of the hinge in it, factor by which the bound may exceed the gap)
BOUNDED = [(KINKED, 0.5, 1 + 1e-12), (OWN, 0.5, 1.07), (PROMISED, 0.0, 1 + 1e-12), (PLAIN, 0.0, 1.07)]


def exact_gap(p, q, hinge, value, slope):
    """h(f) + h*(s) − s f in fifty digits, for φ = softplus + hinge · max(0, 1 + t) and ϕ(t) = φ(−t)."""

    def loss(t):
        return mpmath.log1p(mpmath.exp(t)) + hinge * max(mpmath.mpf(0), 1 + t)

    def left(t):
        fake = 1 / (1 + mpmath.exp(-t)) + hinge * (t > -1)
        return p * fake - q * (1 / (1 + mpmath.exp(t)) + hinge * (-t >= -1))

    def whole(t):
        return p * loss(t) + q * loss(-t)

    with mpmath.workdps(50):
        p, q, hinge, slope, value = (mpmath.mpf(float(number)) for number in (p, q, hinge, slope, value))
        low, high = mpmath.mpf(-200), mpmath.mpf(200)
        for _ in range(220):
            middle = (low + high) / 2
            low, high = (middle, high) if left(middle) <= slope else (low, middle)
        return float(whole(value) - whole(low) - slope * (value - low))


@pytest.mark.parametrize(("pair", "hinge", "factor"), BOUNDED, ids=lambda case: getattr(case, "name", None))
@pytest.mark.parametrize("step", [0.0, 1e-9, -1e-6, 1e-3, -0.4, 3.0, -20.0])
def test_gaps_against_fifty_digits(pair, hinge, factor, step):
    """Never too small; across kinks and without analyticity too large by a rounding or a few percent."""
    h, rng = objective(pair, 5, size=15)
    start = np.concatenate([rng.uniform(-3, 3, 9), [-1.0, 1.0, -1.0, 1.0, -1.0 + 1e-7, 1.0 - 1e-7]])
    inside = rng.uniform(0.0, 1.0, 15) * hinge
    # slopes at start; at a kink anywhere in its jump
    slopes = h.slope(start) + inside * (h.fake_weights * (start == -1.0) + h.real_weights * (start == 1.0))
    values = start + step
    gap, charge = h.gap_and_charge(values, slopes)
    exact = np.array(
        [
            exact_gap(*point)
            for point in zip(h.fake_weights, h.real_weights, np.full(15, hinge), values, slopes, strict=True)
        ]
    )
    # what is of second order in roundings, squares of them over a curvature, is left out
    assert (gap + charge >= exact - 1e-28).all()
    # charged are a few roundings of the slope over the step, of the values where it is long, of a kink's place
    crossed = ((values > -1) != (start > -1)) | ((values > 1) != (start > 1))
    rounding = 64 * EPS * (1.0 + np.abs(values)) * (abs(step) + (abs(step) > 1) + hinge * crossed)
    assert (gap + charge <= factor * exact + rounding + 1e-28).all()


@pytest.mark.parametrize("pair", [KINKED, OWN, PLAIN], ids=lambda pair: pair.name)
@pytest.mark.parametrize("gap", [1e-14, 1e-8, 0.01])
def test_value_interval_holds_every_value_across_kinks_and_without_analyticity(pair, gap):
    hinge = 0.0 if pair is PLAIN else 0.5
    h, rng = objective(pair, 7, size=9)
    slopes = h.slope(rng.uniform(-2, 2, 9))
    low, high = h.value_interval(slopes, gap)
    for end, outward in ((low, -1.0), (high, 1.0)):
        for i in np.flatnonzero(np.isfinite(end)):
            point = (h.fake_weights[i], h.real_weights[i], hinge)
            # outside the interval the gap is larger than allowed
            assert exact_gap(*point, end[i] + outward * 1e-9 * abs(end[i]), slopes[i]) > gap


@pytest.mark.parametrize("name", ["logistic", "hinge", "quadratic", "exponential"])
def test_added_constants_leave_every_gap_as_it_is(name):
    pair = losses.get(name)
    h, rng = objective(pair, 3)
    raised = PointwiseObjective(pair.raised(fake=1e9, real=-1e12), h.fake_weights, h.real_weights)
    values, slopes = rng.uniform(-4, 4, 12), h.slope(rng.uniform(-4, 4, 12))
    for ours, theirs in zip(h.gap_and_charge(values, slopes), raised.gap_and_charge(values, slopes), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_user_s_loss_is_certified_as_tightly_as_the_same_loss_with_formulas():
    problem = CriticProblem(
        DiscreteMeasure([[0.0, 0.0], [0.0, 1.0]]),
        DiscreteMeasure([[1.0, 0.0], [1.0, 1.0]]),
        losses.logistic(),
        LipschitzPenalty(0.1),
    )
    solution = solve(problem)
    own = CriticProblem(problem.fake, problem.real, PLAIN, problem.regularizer)
    ours = certify(own, solution.critic, solution.certificate.plan)
    assert ours.relative_gap <= 1e-8
    assert ours.gap <= 1.07 * solution.certificate.gap + 64 * EPS


@given(condition_11_losses, seeds, st.floats(-12, 0))
def test_intervals_for_several_gaps_are_those_for_each(pair, seed, exponent):
    h, rng = objective(pair, seed)
    slopes = h.slope(rng.uniform(-4, 4, 12))
    gaps = [10.0**exponent, 3.0 * 10.0**exponent]
    together = h.value_intervals(slopes, gaps)
    for gap, pair_of_ends in zip(gaps, together, strict=True):
        alone = PointwiseObjective(h.losses, h.fake_weights, h.real_weights).value_interval(slopes, gap)
        assert all(np.array_equal(one, other) for one, other in zip(alone, pair_of_ends, strict=True))
    (low, high), (lower, higher) = together
    assert (lower <= low).all()
    assert (high <= higher).all()
