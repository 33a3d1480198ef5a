"""One step of the interior point, by what every Newton step has to do; and where the steps lead.

For a loss whose slope is linear between its kinks (least squares, the hinge, Wasserstein) the conditions

    h'(f) + Σ β = outflow(γ),    R'(k) = C(γ),    w = k d + drop(f),    a − b = t − τ,    α + β = c

are linear. Whatever products γ w the step aims at, one step of length s leaves exactly the share 1 − s of what was
missing in the first two, the same share at every point, and keeps the others: the whole Newton system, solved by
elimination, is checked without knowing how.
"""

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from tests.oracles import FORMULAS, hinge_diracs, parallel_lines, quadratic_diracs, star, two_diracs, two_shared_points
from tests.strategies import problems, regularizers
from toylab import losses, zoo
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers.growth import LARGEST_GROWTH
from toylab.solvers.normalised_program import Iterate, NormalisedProgram
from toylab.solvers.predictor_corrector import growth_limit, predictor_corrector
from toylab.solvers.starting_point import constant_start, starting_point

EPS = np.finfo(float).eps
CPU = torch.device("cpu")
LINEAR_SLOPES = st.sampled_from(
    [
        losses.quadratic(),
        losses.quadratic(-1.0, 2.0),
        losses.hinge(),
        losses.hinge().rescaled(4.0) + losses.hinge(),
        losses.quadratic(-1.0, 1.0) + losses.hinge(),
        losses.wasserstein(),
        losses.hinge() + 0.5 * losses.wasserstein(),
    ]
)


def penalty_weight(problem: CriticProblem) -> float:
    assert isinstance(problem.regularizer, LipschitzPenalty)
    return problem.regularizer.weight


def missing(program: NormalisedProgram, problem: CriticProblem, point: Iterate) -> tuple[np.ndarray, float]:
    """What the stationarity of f and of k still miss, from the points, the weights and the losses, in NumPy."""
    values, gamma = point.values.numpy(), point.gamma.numpy()
    fakes, reals = program.pairs.fakes.numpy(), program.pairs.reals.numpy()
    support = problem.support
    p, q = (weights[program.carried] for weights in (support.fake_weights, support.real_weights))
    smooth = p * problem.losses.fake_loss.smooth.slope(values) + q * problem.losses.real_loss.smooth.slope(values)
    np.add.at(smooth, program.kinks.points.numpy(), point.kinks.beta.numpy())
    np.add.at(smooth, fakes, -gamma.sum(axis=1))
    np.add.at(smooth, reals, gamma.sum(axis=0))
    if isinstance(problem.regularizer, LipschitzBall):
        return smooth, 0.0
    assert isinstance(program.regularizer, LipschitzPenalty)
    points = support.points[program.carried]
    cost = float((gamma * cdist(points[fakes], points[reals])).sum()) / program.length
    return smooth, 2.0 * program.regularizer.weight * (point.k - program.regularizer.target) - cost


def assert_inside(program: NormalisedProgram, problem: CriticProblem, point: Iterate) -> None:
    """Strictly feasible, the carried slacks are those of the values."""
    moving = program.moving.numpy()
    points = problem.support.points[program.carried]
    fakes, reals = program.pairs.fakes.numpy(), program.pairs.reals.numpy()
    distance = cdist(points[fakes], points[reals]) / program.length
    values = point.values.numpy()
    assert point.k > 0
    assert bool((point.slack.numpy()[moving] > 0).all())
    assert bool((point.gamma.numpy()[moving] > 0).all())
    assert not point.gamma.numpy()[~moving].any()
    expected = point.k * distance + values[fakes][:, None] - values[reals]
    size = point.k * distance.max() + np.abs(values).max()
    assert np.abs(point.slack.numpy() - expected)[moving].max() <= 1e-12 * size
    kinks = point.kinks
    for part in (kinks.above, kinks.below, kinks.alpha, kinks.beta):
        assert bool((part > 0).all())
    beyond = values[program.kinks.points.numpy()] - program.kinks.at.numpy()
    np.testing.assert_allclose(kinks.above - kinks.below, beyond, rtol=0, atol=1e-12 * (size + 1.0))
    np.testing.assert_allclose(kinks.alpha + kinks.beta, program.kinks.jumps, rtol=1e-12)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(problems(losses=LINEAR_SLOPES, regularizers=regularizers), st.integers(0, 3))
def test_a_step_solves_the_whole_newton_system(problem, before):
    program = NormalisedProgram(problem, CPU)
    assume(program.count > 0 and not program.equal_measures)
    point = constant_start(program)
    for _ in range(before):
        point = predictor_corrector(program, point)
    after = predictor_corrector(program, point)
    old, old_k = missing(program, problem, point)
    new, new_k = missing(program, problem, after)
    scale = float(program.slope_at_constant or 1.0)
    lost = 1e-10 * scale  # of the slopes, of which one refinement leaves far less than this
    largest = int(np.argmax(np.abs(old)))
    if abs(old[largest]) > 1e3 * lost:
        share = new[largest] / old[largest]
        assert -1e-6 <= share < 1.0
        assert np.abs(new - share * old).max() <= lost
    else:
        assert np.abs(new).max() <= 2e3 * lost
        share = None
    cost = float((point.gamma * program.distance).sum()) + float((after.gamma * program.distance).sum())
    if share is not None:
        size = abs(old_k) + abs(new_k) + cost + program.regularizer.conjugate(0.0)
        assert abs(new_k - share * old_k) <= 1e-8 * size


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    problems(
        losses=st.one_of(LINEAR_SLOPES, st.sampled_from([losses.logistic(), losses.sqrt(), losses.exponential()])),
        regularizers=regularizers,
    )
)
def test_iterates_stay_strictly_inside(problem):
    program = NormalisedProgram(problem, CPU)
    assume(program.count > 0 and not program.equal_measures)
    point = starting_point(program)
    for _ in range(6):
        point = predictor_corrector(program, point)
        assert_inside(program, problem, point)


WELL_SCALED = (
    *(two_diracs(name, 1.0, 0.1) for name in FORMULAS),
    *(parallel_lines(name, 4, 0.5, 0.1) for name in ("logistic", "sqrt", "exponential")),
    *(two_shared_points(name, 0.9, 0.5) for name in ("logistic", "sqrt", "exponential")),
    star("logistic", [1.0, 2.0, 0.5], [1.0, 2.0, 1.0], 0.1),
    quadratic_diracs(0.0, 1.0, 2.0, 0.1),
    hinge_diracs(1.0, 1.0),
)


@pytest.mark.parametrize("oracle", WELL_SCALED, ids=str)
@pytest.mark.parametrize("start", [starting_point, constant_start])
def test_the_steps_lead_to_the_optimum(oracle, start):
    """In thirty steps to where the gap of weak duality is 1e-9, hence k to √(gap/λ) (strong convexity of λ k²)."""
    program = NormalisedProgram(oracle.problem, CPU)
    point = start(program)
    for _ in range(30):
        gap, room = program.gap_and_room(point)
        if gap <= 1e-10 * room:
            break
        point = predictor_corrector(program, point)
    gap, _ = program.gap_and_room(point)
    weight = penalty_weight(oracle.problem)
    # γ w and the pointwise gaps bound the value only up to their second order, hence the factor 4
    assert gap <= 1e-9 * max(abs(oracle.value), 1.0)
    assert abs(point.k / program.length - oracle.constant) <= np.sqrt(4.0 * gap / weight) + 1e-12 * oracle.constant
    assert abs(program.value(point) - oracle.value) <= 4.0 * gap + 1e-12 * abs(oracle.value)


def test_every_step_close_to_the_end_gains_at_least_a_digit():
    """Mehrotra's step is nearly a full Newton step there: the complementarity falls by more than ten."""
    program = NormalisedProgram(zoo.load("case3", n=12), CPU)
    point, record = starting_point(program), []
    for _ in range(40):
        record.append(point.complementarity(program.kinks))
        if record[-1] < 1e-12:
            break
        point = predictor_corrector(program, point)
    assert record[-1] < 1e-12
    assert record[-1] < 0.1 * record[-2] < 0.01 * record[-3]


def merged(program: NormalisedProgram, point: Iterate) -> dict[str, np.ndarray]:
    """Values (N,) and quantities of pairs (N, N) in the order of the merged points."""
    size = len(program.carried)
    values, ends = np.empty(size), (program.pairs.fakes.numpy(), program.pairs.reals.numpy())
    values[program.carried] = point.values.numpy()
    result: dict[str, np.ndarray] = {"values": values}
    for name in ("gamma", "slack"):
        result[name] = np.zeros((size, size))
        result[name][np.ix_(*(program.carried[end] for end in ends))] = getattr(point, name).numpy()
    return result


@pytest.mark.parametrize("pair", [losses.logistic(), losses.sqrt(), losses.exponential(), losses.hinge()])
@pytest.mark.parametrize("regularizer", [LipschitzPenalty(0.1), LipschitzPenalty(0.1, 0.5), LipschitzBall(1.0)])
def test_a_step_knows_neither_sides_nor_the_order_of_points(pair, regularizer):
    """ϕ(t) = φ(−t): swapping the measures turns f into −f and γ into its transpose; points may come in any order."""
    rng = np.random.default_rng(3)
    fake = DiscreteMeasure(rng.normal(size=(4, 2)), rng.integers(1, 5, 4))
    real = DiscreteMeasure(np.concatenate([fake.points[:1], 1.0 + rng.normal(size=(4, 2))]), rng.integers(1, 5, 5))
    problem = CriticProblem(fake, real, pair, regularizer)
    turned = problem.swapped()
    programs = [NormalisedProgram(one, CPU) for one in (problem, turned)]
    first, second = (predictor_corrector(program, constant_start(program)) for program in programs)
    assert first.k == pytest.approx(second.k, rel=1e-10)
    one, other = (merged(*each) for each in zip(programs, (first, second), strict=True))
    np.testing.assert_allclose(one["values"], -other["values"], rtol=1e-9, atol=1e-10)
    np.testing.assert_allclose(one["gamma"], other["gamma"].T, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(one["slack"], other["slack"].T, rtol=1e-8, atol=1e-10)


def test_lengths_have_no_unit():
    problem = zoo.load("case3", n=6, losses=losses.sqrt())
    scaled = CriticProblem(
        DiscreteMeasure(2.0**10 * problem.fake.points),
        DiscreteMeasure(2.0**10 * problem.real.points),
        problem.losses,
        LipschitzPenalty(2.0**20 * penalty_weight(problem)),
    )
    first, second = (
        predictor_corrector(program, starting_point(program))
        for program in (NormalisedProgram(problem, CPU), NormalisedProgram(scaled, CPU))
    )
    assert first.k == second.k  # powers of two are exact
    assert first.values.tolist() == second.values.tolist()


def direction(program: NormalisedProgram, fakes: float, reals: float) -> torch.Tensor:
    df = torch.zeros_like(program.fake_weights)
    df[program.pairs.fakes] = fakes
    df[program.pairs.reals] = reals
    return df


def test_growth_is_limited_where_a_loss_grows_and_only_there():
    """Along φ = exp no value gets further than `LARGEST_GROWTH` beyond where it is or the best constant is, whichever
    is larger; the other way the loss gets flat, and nothing is in the way."""
    problem = zoo.load("case3", n=3, losses=losses.exponential())
    program = NormalisedProgram(problem, CPU)
    for height in (-10.0, 0.0, 7.0):
        point = constant_start(program)
        point.values[program.pairs.fakes] = height
        up = growth_limit(program, point, direction(program, 1.0, 0.0))
        assert 0 < height + up <= max(height, 0.0) + LARGEST_GROWTH
        assert growth_limit(program, point, direction(program, 4.0, 0.0)) == up / 4.0
        assert growth_limit(program, point, direction(program, -1e9, 1e9)) == np.inf
        point.values[program.pairs.reals] = -height
        assert growth_limit(program, point, direction(program, 0.0, -1.0)) == up  # ϕ(t) = φ(−t)
        assert growth_limit(program, point, direction(program, 1.0, -2.0)) == up / 2.0  # the first to be stopped


def test_a_straight_loss_grows_without_limit_and_one_that_ends_straight_further_than_an_exponential():
    starts = {}
    for pair in (losses.wasserstein(), losses.logistic(), losses.exponential()):
        program = NormalisedProgram(zoo.load("case3", n=3, losses=pair), CPU)
        point = constant_start(program)
        point.values[program.pairs.fakes] = 50.0
        starts[pair.name] = growth_limit(program, point, direction(program, 1.0, 0.0))
    assert starts["wasserstein"] == np.inf
    assert starts["wasserstein"] > starts["logistic"] >= 50.0 > LARGEST_GROWTH >= starts["exponential"] > 0


def test_the_slope_between_kinks_keeps_all_its_digits():
    """Jumps of 1/3, which float32 does not hold: less its kinks the hinge is affine, with the slope 0 or −1/3."""
    problem = zoo.load("case3", n=2, losses=losses.hinge().rescaled(3.0))
    program = NormalisedProgram(problem, CPU)
    far = torch.full_like(program.fake_weights, 10.0)  # beyond both kinks, −3 and 3
    pair, p, q = problem.losses, program.fake_weights.numpy(), program.real_weights.numpy()
    exact = p * pair.fake_loss.smooth.slope(far.numpy()) + q * pair.real_loss.smooth.slope(far.numpy())
    found = program.slope(far, constant_start(program).kinks) - program.kinks.slope(constant_start(program).kinks)
    np.testing.assert_allclose(found, exact, rtol=0, atol=4 * EPS)
