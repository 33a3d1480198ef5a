"""What entries of the zoo claim to know, against exact solutions, against independent oracles, against samples."""

import numpy as np
import ot
import pytest
from oracles import two_diracs, two_diracs_in_ball, two_shared_points
from scipy.spatial.distance import cdist
from scipy.stats import wasserstein_distance

from toylab import losses, zoo
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solvers import solve

SIZE = 12
EPS = float(np.finfo(float).eps)
MIXED = losses.combination((0.5, losses.wasserstein()), (1.0, losses.logistic()))
PAIRS = (losses.wasserstein(), losses.logistic(), losses.sqrt(), losses.exponential(), MIXED)
REGULARIZERS = (None, LipschitzBall(1.0), LipschitzPenalty(0.5, 1.0))


def small(entry: zoo.Entry, **keywords) -> CriticProblem:
    return entry.load(n=None if entry.default_size is None else SIZE, **keywords)


KNOWN = [entry for entry in zoo.entries() if entry.known_optimum(small(entry)) is not None]
#: Entries whose closed form reaches beyond the Wasserstein loss.
EVERY_LOSS = [
    "case6",
    "parallel-lines",
    "two-diracs",
    "midway",
    "overlapping-pair",
    "shared-points",
    "two-islands",
    "unit-square",
    "corner",
]


def label(value: object) -> str:
    return str(getattr(value, "name", None) or repr(value))


def known_of(name: str, problem: CriticProblem) -> zoo.KnownOptimum:
    known = zoo.get(name).known_optimum(problem)
    assert known is not None
    return known


def w1_of(problem: CriticProblem) -> float:
    """W₁ by POT's network simplex, whose flows are off by up to 1e-13 a node."""
    distance = cdist(problem.fake.points, problem.real.points)
    return float(ot.emd2(problem.fake.weights, problem.real.weights, distance))  # type: ignore[arg-type]


def population_of(name: str, **parameters: float) -> float | None:
    entry = zoo.get(name)
    assert entry.population_w1 is not None
    return entry.population_w1(**entry.checked(parameters))


def assert_agrees(problem: CriticProblem, known: zoo.KnownOptimum) -> None:
    """The certified interval of the value holds the known value, that of the constant the known constant."""
    assert known.value is not None
    assert known.constant is not None
    solution = solve(problem)
    certificate = solution.certificate
    # the certificate is a sum of n + m terms in float64, the closed form has its own error
    terms = 2.0 + abs(known.value) + problem.regularizer.value(known.constant)
    rounding = (known.error + 64 * EPS) * terms
    assert certificate.dual - rounding <= known.value <= certificate.primal + rounding
    assert certificate.gap <= 1e-6 * terms
    low, high = problem.regularizer.constant_interval(certificate.cost, certificate.gap)
    slack = (known.error + 64 * EPS) * known.constant
    assert low - slack <= known.constant <= high + slack


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=repr)
@pytest.mark.parametrize("entry", KNOWN, ids=label)
def test_wasserstein_optimum_is_that_of_the_known_w1(entry, regularizer):
    problem = small(entry, losses=losses.wasserstein(), regularizer=regularizer)
    known = known_of(entry.name, problem)
    assert known.w1 is not None
    if known.w1 > 0:
        assert_agrees(problem, known)


@pytest.mark.parametrize("regularizer", REGULARIZERS, ids=repr)
@pytest.mark.parametrize("pair", PAIRS[1:], ids=label)
@pytest.mark.parametrize("name", EVERY_LOSS)
def test_curved_optimum_is_that_of_the_scalar_equation(name, pair, regularizer):
    problem = small(zoo.get(name), losses=pair, regularizer=regularizer)
    assert_agrees(problem, known_of(name, problem))


@pytest.mark.parametrize(
    ("name", "pair"),
    [("two-diracs", losses.hinge()), ("two-diracs", losses.quadratic(-1.0, 2.0)), ("far-fake", losses.hinge()),
     ("far-fake", losses.quadratic(0.0, 1.0))],
    ids=label,
)  # fmt: skip
def test_losses_without_condition_11_agree_too(name, pair):
    problem = small(zoo.get(name), losses=pair)
    assert_agrees(problem, known_of(name, problem))


@pytest.mark.parametrize("entry", KNOWN, ids=label)
def test_known_w1_is_that_of_the_network_simplex(entry):
    """POT's network simplex knows nothing of matchings, lines or funnels; its flows are off by up to 1e-13 a node."""
    problem = small(entry)
    known, w1 = known_of(entry.name, problem), w1_of(problem)
    distance = cdist(problem.fake.points, problem.real.points)
    assert known.w1 is not None
    assert abs(known.w1 - w1) <= known.error * w1 + 1e-13 * distance.size**0.5 * distance.max()


@pytest.mark.parametrize("distance", [0.1, 1.0, 10.0])
@pytest.mark.parametrize("name", ["wasserstein", "logistic", "sqrt", "exponential"])
def test_two_diracs_have_the_independent_oracles_optimum(name, distance):
    for weight in (0.01, 0.1, 10.0):
        problem = zoo.load(
            "two-diracs", distance=distance, losses=losses.get(name), regularizer=LipschitzPenalty(weight)
        )
        known, oracle = known_of("two-diracs", problem), two_diracs(name, distance, weight)
        assert known.value == pytest.approx(oracle.value, rel=known.error + oracle.error)
        assert known.constant == pytest.approx(oracle.constant, rel=known.error + oracle.error)
    problem = zoo.load("two-diracs", distance=distance, losses=losses.get(name), regularizer=LipschitzBall(1.0))
    known, oracle = known_of("two-diracs", problem), two_diracs_in_ball(name, distance, 1.0)
    assert known.value == pytest.approx(oracle.value, rel=known.error + oracle.error)


@pytest.mark.parametrize("name", ["logistic", "sqrt", "exponential"])
def test_mirrored_masses_have_the_independent_oracles_optimum(name):
    problem = zoo.load("overlapping-pair", losses=losses.get(name))
    known, oracle = known_of("overlapping-pair", problem), two_shared_points(name, 0.9, 0.5)
    assert known.value == pytest.approx(oracle.value, rel=known.error + oracle.error)
    assert known.constant == pytest.approx(oracle.constant, rel=known.error + oracle.error)


def test_least_squares_and_hinge_diracs_have_their_elementary_forms():
    for distance, weight in ((1.0, 0.1), (4.0, 0.1), (0.5, 2.0)):
        regularizer = LipschitzPenalty(weight)
        for pair, rise in (
            (losses.quadratic(0.0, 1.0), 1.0 / (1.0 + 2.0 * weight / distance**2)),
            (losses.hinge(), 2.0 * min(1.0, distance**2 / (4.0 * weight))),
        ):
            problem = zoo.load("two-diracs", distance=distance, losses=pair, regularizer=regularizer)
            known = known_of("two-diracs", problem)
            assert known.constant == pytest.approx(rise / distance, rel=known.error)


def test_a_ball_beyond_the_margin_gains_nothing_more():
    problem = zoo.load("two-diracs", losses=losses.quadratic(0.0, 1.0), regularizer=LipschitzBall(5.0))
    known = known_of("two-diracs", problem)
    assert known.value == pytest.approx(0.0, abs=1e-30)
    problem = zoo.load("shared-points", regularizer=LipschitzBall(2.0))
    wide = known_of("shared-points", problem)
    assert wide.value == pytest.approx(-2 * (0.6 * np.log(0.6) + 0.4 * np.log(0.4)), rel=wide.error)


@pytest.mark.parametrize(
    ("name", "pair", "constant"),
    [
        ("overlapping-pair", "wasserstein", 0.8),
        ("overlapping-pair", "logistic", 0.355659),
        ("overlapping-pair", "sqrt", 0.539541),
        ("overlapping-pair", "exponential", 0.551394),
        ("chain", "wasserstein", 2.6),
        ("chain", "logistic", 0.66734),
    ],
)
def test_printed_constants(name, pair, constant):
    """The numbers in `known`, to the digits that are printed there."""
    digits = 0.5 * 10.0 ** -len(str(constant).partition(".")[2])
    solution = solve(zoo.load(name, losses=losses.get(pair)))
    low, high = solution.problem.regularizer.constant_interval(solution.certificate.cost, solution.certificate.gap)
    assert low - digits <= constant <= high + digits


def test_a_fake_midway_stands_on_an_unstable_place():
    values = [solve(zoo.load("midway", place=place)).value for place in (0.0, 0.5)]
    assert values == pytest.approx([1.275158, 1.280939], abs=5e-7)  # the printed digits


def test_the_second_of_three_fakes_has_another_partner_than_its_bounding_one():
    exact = solve(zoo.load("three-fakes"))
    fake, real = exact.fake_values[1], exact.real_values
    slack = exact.lipschitz_constant * cdist(exact.problem.fake.points[1:2], exact.problem.real.points)[0] - real + fake
    assert slack[0] == pytest.approx(0.0, abs=1e-6)  # gap / slope of the point, generously
    assert slack[1] == pytest.approx(6.49, abs=5e-3)
    wasserstein = solve(zoo.load("three-fakes", losses=losses.wasserstein())).certificate.plan.toarray()
    assert wasserstein[1].argmax() == 1


@pytest.mark.parametrize("name", ["translated-sample", "min-funnels", "min-funnels-16"])
def test_paired_samples_know_their_w1_at_every_seed(name):
    for seed in range(3):
        problem = zoo.load(name, n=40, seed=seed)
        assert known_of(name, problem).w1 == pytest.approx(w1_of(problem), rel=1e-12)
    assert zoo.load("translated-sample", shift=-3.0, dimension=5).dimension == 5


def test_the_funnels_potential_is_an_optimal_wasserstein_critic():
    from toylab.certificate import certify

    problem = zoo.load("min-funnels", n=60, losses=losses.wasserstein(), regularizer=LipschitzBall(1.0))
    u = zoo.funnels(dimension=2, funnels=4, degree=2.0).potential
    certificate = certify(problem, u)
    assert certificate.relative_gap <= 1e-11  # POT's plan, off by 1e-13 a node, beside exact values


@pytest.mark.parametrize("separation", [0.5, 0.125, -1.0])
def test_parallel_lines_are_as_far_apart_as_asked(separation):
    problem = zoo.load("parallel-lines", separation=separation)
    assert known_of("parallel-lines", problem).w1 == abs(separation)


def test_coinciding_lines_have_no_distance_and_independent_ones_have():
    same = zoo.load("parallel-lines", separation=0.0)
    assert known_of("parallel-lines", same).w1 == 0.0
    problem = zoo.load("independent-lines", n=200, separation=0.001)
    assert w1_of(problem) > 0.005


#: Entries of the line or products with a common factor: their first coordinates have the whole W₁.
PROJECTED = ["case1.1", "case2", "case3", "two-gaussians", "mode-collapse", "translated-square", "independent-lines"]


@pytest.mark.parametrize("name", PROJECTED)
def test_population_w1_is_that_of_large_samples(name):
    """The two differ by at most W₁(F_n, F) + W₁(G_n, G), each on average at most ½ ∫ 2 √(F (1 − F)/n) ≤ ½ diameter/√n.

    The diameters are at most 3.
    """
    n = 20_000
    problem, population = zoo.load(name, n=n), population_of(name)
    sampled = wasserstein_distance(problem.fake.points[:, 0], problem.real.points[:, 0])
    assert population is not None
    assert abs(sampled - population) <= 2 * 0.5 * 3.0 / np.sqrt(n)


def test_rings_differ_by_their_radii():
    problem = zoo.load("rings", n=500, inner=0.25, outer=1.5)
    radii = [np.linalg.norm(measure.points, axis=1) for measure in (problem.fake, problem.real)]
    np.testing.assert_allclose(radii[1].mean() - radii[0].mean(), 1.25, rtol=1e-12)  # the critic ‖z‖
    assert population_of("rings", inner=0.25, outer=1.5) == 1.25
    assert population_of("rings", inner=0.25, outer=1.5, noise=0.1) is None


def test_everything_that_is_not_known_is_said_to_be_unknown():
    assert zoo.get("case3").known_optimum(zoo.load("case3")) is None
    curved = known_of("translated-sample", zoo.load("translated-sample"))
    assert curved.w1 is not None
    assert curved.value is None
