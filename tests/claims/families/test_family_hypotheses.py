"""How members of a family have to belong together: what is accepted, what is refused, and by which margin."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from tests.claims.subjects import ROUNDING
from toylab import losses
from toylab.claims.families import arrangements, copies, hypotheses
from toylab.claims.families.approach import APPROACHING
from toylab.claims.families.arrangements import CHAIN, COMMON_NOISE, MIXTURES, chain, mixed, with_noise
from toylab.claims.families.copies import ISOMETRIC, MIRRORED, SCALED, SWAPPED, distortion, pair_distances
from toylab.claims.families.diracs import on_two_points, two_diracs
from toylab.claims.families.fixed_constant import LONE_POINT
from toylab.claims.families.generator_parameter import ONE_LATENT, PARALLEL, W1_PROBLEMS
from toylab.claims.families.hypotheses import BALLS, ONE_GAME, PENALISED, SAME_TERMS, same_measure
from toylab.claims.families.penalty_weight import HINGE, TWO_DIRACS
from toylab.claims.families.same_support import TOWARDS_UNRESTRICTED, UNRESTRICTED
from toylab.families import Family
from toylab.losses import Linear, LossPair, Reflected, Softplus
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.regularizers import Unrestricted

EPS = ROUNDING / 64
FAKE = DiscreteMeasure([[0.0, 0.0], [1.0, 0.5]], [0.4, 0.6])
REAL = DiscreteMeasure([[3.0, 0.0], [3.5, 1.5], [-1.0, 2.0]], [0.5, 0.3, 0.2])
LOGISTIC, STRAIGHT = losses.logistic(), losses.wasserstein()


def problem(fake=FAKE, real=REAL, pair=LOGISTIC, regularizer=None) -> CriticProblem:
    return CriticProblem(fake, real, pair, regularizer or LipschitzPenalty(0.3))


def roles(*problems, **named) -> Family:
    members = {**{f"member {i}": one for i, one in enumerate(problems)}, **named}
    return Family.in_roles("roles", {name: unsolved(one) for name, one in members.items()})


def along(members) -> Family:
    return Family.along("along", "t", [(t, unsolved(one)) for t, one in members.items()])


def unsolved(one) -> Any:
    return SimpleNamespace(problem=one)


def moved(measure, by):
    return DiscreteMeasure(measure.points + by, measure.weights)


def reason(hypothesis, family) -> Any:
    """Why a family fails, None where it does not."""
    condition = hypothesis.test(family)
    assert len(condition.reasons) == (not condition)
    return condition.reasons[0] if condition.reasons else None


def test_measures_are_the_same_up_to_rounding():
    size = 2 * 1.0
    for units, same in ((0.9, True), (1.1, False)):
        shift = units * ROUNDING * size
        assert same_measure(FAKE, moved(FAKE, [0.0, shift])) is same
    for units, same in ((0.9, True), (3.0, False)):
        weights = np.array([0.4, 0.6]) + units * ROUNDING * np.array([1.0, -1.0])
        assert same_measure(FAKE, DiscreteMeasure(FAKE.points, weights)) is same
    assert not same_measure(FAKE, REAL)


def test_one_game_and_the_same_terms():
    other = LipschitzBall(2.0)
    assert reason(ONE_GAME, roles(problem(), problem(regularizer=other))) is None
    assert (
        reason(ONE_GAME, roles(problem(), problem(fake=moved(FAKE, 1.0))))
        == "member 1 has another fake measure than member 0"
    )
    assert (
        reason(ONE_GAME, roles(problem(), problem(real=moved(REAL, 1.0))))
        == "member 1 has another real measure than member 0"
    )
    assert reason(ONE_GAME, roles(problem(), problem(pair=STRAIGHT))) == (
        "member 1 has the losses 'wasserstein', not 'logistic'"
    )
    assert reason(SAME_TERMS, roles(problem(), problem(fake=moved(FAKE, 1.0)))) is None
    assert reason(SAME_TERMS, roles(problem(), problem(regularizer=other))) == (
        f"member 1 has {other.describe()}, not lambda = 0.3"
    )
    assert reason(SAME_TERMS, roles(problem(), problem(pair=STRAIGHT))).startswith("member 1 has the losses")
    assert reason(BALLS, roles(problem(regularizer=other))) is None
    assert reason(BALLS, roles(problem(regularizer=other), problem())).startswith("member 1: the regulariser is lambda")


def test_a_hypothesis_on_every_member_names_the_first_three_that_fail():
    family = roles(problem(), *[problem(regularizer=LipschitzBall(1.0))] * 4)
    condition = PENALISED.test(family)
    assert condition.reasons == tuple(
        f"member {i}: the Lipschitz constant is bounded, not penalised" for i in (1, 2, 3)
    )
    assert PENALISED.met(roles(problem(), problem())) == "for all of them the penalty is 0.3·k²"
    two = roles(problem(), problem(regularizer=LipschitzPenalty(1.0)))
    assert PENALISED.met(two) == "for all of them; member 0: the penalty is 0.3·k²"
    target = roles(problem(regularizer=LipschitzPenalty(1.0, 0.5)))
    assert reason(PENALISED, target) == "member 0: the penalty starts at the target 0.5, not at 0"
    assert "unrestricted" in reason(PENALISED, roles(problem(regularizer=Unrestricted())))
    assert hypotheses.PENALISED.name == "penalised constant"


def test_approaching_measures_differ_in_w1():
    near = problem(fake=DiscreteMeasure(np.array([[2.0, 0.0]])), real=DiscreteMeasure(np.array([[3.0, 0.0]])))
    far = problem(fake=DiscreteMeasure(np.array([[0.0, 0.0]])), real=DiscreteMeasure(np.array([[3.0, 0.0]])))
    assert reason(APPROACHING, roles(near, far)) is None
    assert reason(APPROACHING, roles(far, near)) is None
    assert reason(APPROACHING, roles(far, far)) == "W₁ is 3 in all problems"
    assert reason(APPROACHING, roles(far)) == "there is one problem only"


# --- mixtures, noise, chains ---


def mixing(shares=(0.25,), **changes) -> Family:
    left, right = problem(), problem(fake=moved(FAKE, 1.0), real=DiscreteMeasure(REAL.points, [0.1, 0.1, 0.8]))
    family = mixed("mixed", left, right, shares)
    members = {
        t: changes.get(f"at_{at}", one) for at, (t, one) in enumerate(zip(family.at, family.members, strict=True))
    }
    return along(members)


def test_mixtures_have_the_masses_of_both_ends():
    assert reason(MIXTURES, mixing()) is None
    assert reason(MIXTURES, mixing((0.25, 0.5))) is None
    middle = mixing().members[1].problem
    for units, holds in ((0.9, True), (8.0, False)):
        weights = middle.fake.weights + units * ROUNDING * np.eye(len(middle.fake))[0]
        bent = problem(fake=DiscreteMeasure(middle.fake.points, weights), real=middle.real)
        off = np.abs(bent.fake.weights - middle.fake.weights).max()
        assert bool(off <= ROUNDING) is holds
        assert (reason(MIXTURES, mixing(at_1=bent)) is None) is holds
    assert reason(MIXTURES, mixing(at_1=problem(fake=middle.fake))) == (
        "t = 0.25: the real measure is not (1 − t)·left + t·right, t = 0.25"
    )
    assert reason(MIXTURES, mixing(at_1=problem(real=middle.real))).startswith("t = 0.25: the fake measure is not")
    assert reason(MIXTURES, along({0.0: problem(), 1.0: problem()})) == (
        "there are 2 problems; two ends and a mixture are needed"
    )
    line = problem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]))
    assert (
        reason(MIXTURES, along({0.0: problem(), 0.5: line, 1.0: problem()}))
        == "the problems live in different dimensions"
    )
    places = mixed("mixed", problem(), problem(fake=moved(FAKE, 1.0)), (0.5,))
    assert reason(MIXTURES, along(dict(zip((2.0, 3.0, 4.0), places.members, strict=True)))) is None
    assert reason(MIXTURES, along(dict(zip((2.0, 2.5, 4.0), places.members, strict=True)))) is not None


def test_masses_are_added_where_points_coincide():
    points = np.array([[0.0, 0.0], [1.0, 0.0]])
    twice = DiscreteMeasure([[1.0, -0.0], [0.0, 0.0], [1.0, 0.0]], [0.2, 0.3, 0.5])
    np.testing.assert_allclose(arrangements._masses(points, twice), [0.3, 0.7])


ATOMS, MASSES = np.array([[0.5, 0.0], [-0.25, 0.75]]), np.array([0.3, 0.7])


def noisy(atoms=ATOMS, masses=MASSES, others=None, weights=None) -> CriticProblem:
    fake = with_noise(FAKE, atoms, masses)
    real = with_noise(REAL, atoms if others is None else others, masses if weights is None else weights)
    return problem(fake, real)


def test_noise_is_added_copy_by_copy():
    whole = with_noise(FAKE, ATOMS, MASSES)
    np.testing.assert_allclose(whole.points, [[0.5, 0.0], [-0.25, 0.75], [1.5, 0.5], [0.75, 1.25]])
    np.testing.assert_allclose(whole.weights, [0.12, 0.28, 0.18, 0.42])


def test_common_noise_is_the_same_on_both_sides():
    assert reason(COMMON_NOISE, roles(problem(), noisy())) is None
    size = 1.0 + np.abs(noisy().real.points).max()
    for units, holds in ((0.5, True), (1.5, False)):
        shifted = ATOMS + np.array([units * ROUNDING * size, 0.0])
        assert (reason(COMMON_NOISE, roles(problem(), noisy(others=shifted))) is None) is holds
    for off, holds in ((0.5e-12, True), (2e-12, False)):
        other = roles(problem(), noisy(weights=MASSES + np.array([off, -off])))
        assert (reason(COMMON_NOISE, other) is None) is holds
    assert reason(COMMON_NOISE, roles(problem(), noisy(weights=np.array([0.5, 0.5])))) == (
        "member 1: the noise has other masses on fake than on real points"
    )
    assert reason(COMMON_NOISE, roles(problem(), noisy(others=2 * ATOMS))) == (
        "member 1: fake and real points are given different noise"
    )
    three = np.array([[0.5, 0.0], [-0.25, 0.75], [1.0, 1.0]])
    assert "different noise" in reason(COMMON_NOISE, roles(problem(), noisy(others=three, weights=np.ones(3) / 3)))
    uneven = problem(DiscreteMeasure(np.arange(6.0).reshape(3, 2)), noisy().real)
    assert reason(COMMON_NOISE, roles(problem(), uneven)) == (
        "member 1: the measures are not those of member 0 plus independent noise"
    )
    bent = problem(noisy().fake, DiscreteMeasure(noisy().real.points + np.eye(6, 2), noisy().real.weights))
    assert "plus independent noise" in reason(COMMON_NOISE, roles(problem(), bent))
    line = problem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[1.0]]))
    assert reason(COMMON_NOISE, roles(problem(), line)) == "the problems live in different dimensions"


def test_noise_is_read_from_the_heaviest_point():
    clean = DiscreteMeasure([[0.0], [5.0]], [0.0, 1.0])
    found = arrangements._noise_of(clean, with_noise(clean, np.array([[1.0], [2.0]]), MASSES))
    assert found is not None
    np.testing.assert_allclose(found[0], [[1.0], [2.0]])
    np.testing.assert_allclose(found[1], MASSES)


def test_a_chain_compares_three_measures():
    points = tuple(DiscreteMeasure([[z]]) for z in (0.0, 1.0, 5.0))
    family = chain("chain", points, LOGISTIC, 0.7)
    assert family.labels == ("first and second", "second and third", "first and third")
    one, two, three = family.members
    assert [one.fake, one.real, two.fake, two.real, three.fake, three.real] == [points[i] for i in (0, 1, 1, 2, 0, 2)]
    assert {getattr(member.regularizer, "weight", None) for member in family.members} == {0.7}
    assert reason(CHAIN, roles(one, two, three)) is None
    assert reason(CHAIN, roles(one, two)) == "there are 2 problems, not three"
    wrong = problem(DiscreteMeasure([[9.0]]), DiscreteMeasure([[8.0]]))
    for members in ((one, problem(wrong.fake, two.real), three), (one, two, problem(wrong.fake, three.real)),
                    (one, two, problem(three.fake, wrong.real))):  # fmt: skip
        assert reason(CHAIN, roles(*members)) == "the problems do not compare three measures with one another"


# --- copies ---


def test_distortion_is_the_largest_change_of_a_distance():
    first = np.array([[1.0, 2.0], [0.0, 4.0]])
    assert distortion(first, first * [[1.0, 1.5], [1.0, 0.75]]) == pytest.approx(0.5, rel=1e-12)
    assert distortion(first, first) == ROUNDING
    assert distortion(first, np.ones((2, 2))) == np.inf
    np.testing.assert_allclose(pair_distances(problem())[1], [np.hypot(2, 0.5), np.hypot(2.5, 1.0), 2.5])


def scaled(c, weight=0.3, fake=FAKE, real=REAL):
    moved_fake, moved_real = (DiscreteMeasure(c * side.points, side.weights) for side in (fake, real))
    return problem(moved_fake, moved_real, regularizer=LipschitzPenalty(weight * c**2))


def test_copies_in_another_unit():
    assert reason(SCALED, along({2.0: scaled(2.0), 6.0: scaled(6.0)})) is None
    assert reason(SCALED, along({0.0: scaled(2.0), 6.0: scaled(6.0)})).startswith("the places [0.0, 6.0] are no scales")
    assert reason(SCALED, along({2.0: scaled(2.0), 6.0: scaled(5.0)})) == "c = 6".replace("c", "t") + (
        ": distances are not those of t = 2 times 3"
    )
    for factor, holds in ((1 + 0.9e-9, True), (1 + 1.1e-9, False)):
        copy = scaled(2.0 * factor)
        exact = CriticProblem(copy.fake, copy.real, copy.losses, LipschitzPenalty(1.2))
        assert (reason(SCALED, along({1.0: scaled(1.0), 2.0: exact})) is None) is holds
    for factor, holds in ((1 + 0.5e-14, True), (1 + 3e-14, False), (1 - 3e-14, False)):
        bent = scaled(2.0)
        dearer = CriticProblem(bent.fake, bent.real, bent.losses, LipschitzPenalty(1.2 * factor))
        assert (reason(SCALED, along({1.0: scaled(1.0), 2.0: dearer})) is None) is holds
    weights = DiscreteMeasure(FAKE.points, [0.5, 0.5])
    assert reason(SCALED, along({1.0: scaled(1.0), 2.0: scaled(2.0, fake=weights)})) == (
        "t = 2: the masses are not those of t = 1"
    )
    heavier = DiscreteMeasure(REAL.points, [0.4, 0.4, 0.2])
    assert "masses" in reason(SCALED, along({1.0: scaled(1.0), 2.0: scaled(2.0, real=heavier)}))
    for units, holds in ((0.9, True), (4.0, False)):
        near = DiscreteMeasure(FAKE.points, FAKE.weights + units * ROUNDING * np.array([1.0, -1.0]))
        assert (reason(SCALED, along({1.0: scaled(1.0), 2.0: scaled(2.0, fake=near)})) is None) is holds
    straight = CriticProblem(scaled(2.0).fake, scaled(2.0).real, STRAIGHT, LipschitzPenalty(1.2))
    assert "losses" in reason(SCALED, along({1.0: scaled(1.0), 2.0: straight}))
    assert copies.SAME_DISTANCES == 1e-9


def test_isometric_copies_may_cost_what_they_like():
    copy = problem(moved(FAKE, 2.0), moved(REAL, 2.0), regularizer=LipschitzBall(1.0))
    assert reason(ISOMETRIC, roles(problem(), copy)) is None
    assert reason(ISOMETRIC, roles(problem(), problem(moved(FAKE, 2.0)))) == (
        "member 1: distances are not those of member 0"
    )
    fewer = problem(real=DiscreteMeasure(REAL.points[:2]))
    assert "distances" in reason(ISOMETRIC, roles(problem(), fewer))


def test_swapped_measures_are_exchanged_exactly():
    one = problem()
    assert reason(SWAPPED, roles(one, one.swapped())) is None
    assert reason(SWAPPED, roles(one, one.swapped(), one)) == "there are 3 problems, not two"
    for changed, what in ((problem(REAL, moved(FAKE, 1e-15)), "real"), (problem(moved(REAL, 1e-12), FAKE), "fake"),
                          (problem(REAL, DiscreteMeasure(FAKE.points, [0.5, 0.5])), "real"),
                          (problem(REAL, REAL), "real")):  # fmt: skip
        assert (
            reason(SWAPPED, roles(one, changed)) == f"the {what} measure of member 1 is not the other one of member 0"
        )


def test_mirrored_losses():
    doubled = LossPair("doubled", Softplus(), losses.combination((1.0, LOGISTIC)).real_loss)
    for pair, mirrored in ((LOGISTIC, True), (STRAIGHT, True), (doubled, True), (losses.quadratic(0.0, 1.0), False),
                           (LossPair("mixed", Softplus(), Reflected(Linear())), False)):  # fmt: skip
        assert (reason(MIRRORED, roles(problem(), problem(pair=pair))) is None) is mirrored, pair.name
    nearly = losses.combination((1.0 + 1e-11, LOGISTIC)).real_loss
    assert reason(MIRRORED, roles(problem(pair=LossPair("nearly", Softplus(), nearly)))) == (
        "member 0: ϕ(t) is not φ(−t) for the losses 'nearly'"
    )


# --- one support, fixed constants, generators ---


def test_roles_of_penalties_and_none():
    free = problem(regularizer=Unrestricted())
    good = {"λ = 0.3": problem(), UNRESTRICTED: free}
    assert reason(TOWARDS_UNRESTRICTED, roles(**good)) is None
    missing = f"no member is called {UNRESTRICTED!r}, beside one with a penalty"
    assert reason(TOWARDS_UNRESTRICTED, roles(problem(), free)) == missing
    assert reason(TOWARDS_UNRESTRICTED, roles(**{UNRESTRICTED: free})) == missing
    assert reason(TOWARDS_UNRESTRICTED, roles(**{**good, UNRESTRICTED: problem()})).startswith("unrestricted: ")
    for wrong in (LipschitzPenalty(0.3, 1.0), LipschitzBall(1.0), Unrestricted()):
        assert "not λk²" in reason(TOWARDS_UNRESTRICTED, roles(**{**good, "other": problem(regularizer=wrong)}))


def test_a_lone_point_and_two_diracs():
    line = DiscreteMeasure([[0.0], [1.0]])
    assert reason(LONE_POINT, roles(problem(line, line))) == "every point with mass has mass of both measures"
    assert reason(LONE_POINT, roles(problem(line, DiscreteMeasure([[0.0]])))) is None
    first, second = problem(line, DiscreteMeasure([[0.0]])), problem(line, line)
    assert reason(LONE_POINT, roles(first, second)) is None
    assert reason(LONE_POINT, roles(second, first)) is not None
    pair = problem(DiscreteMeasure([[0.0], [9.0]], [1.0, 0.0]), DiscreteMeasure([[1.0]]), losses.hinge())
    assert reason(TWO_DIRACS, roles(pair)) is None
    assert reason(TWO_DIRACS, roles(pair, problem())) == "member 1: 2 fake and 3 real points with mass"
    assert "1 fake and 1 real" in reason(TWO_DIRACS, roles(problem(DiscreteMeasure([[0.0]]), DiscreteMeasure([[0.0]]))))
    assert "2 fake and 1 real" in reason(TWO_DIRACS, roles(problem(line, DiscreteMeasure([[5.0]]))))
    assert reason(HINGE, roles(pair)) is None
    assert reason(HINGE, roles(pair, problem())) == "member 1: the losses are 'logistic'"


def test_images_of_one_latent_measure():
    straight = {"pair": STRAIGHT, "regularizer": LipschitzBall(1.0)}
    one, other = problem(**straight), problem(fake=moved(FAKE, 1.0), **straight)
    assert reason(ONE_LATENT, roles(one, other)) is None
    assert reason(ONE_LATENT, roles(one, problem(fake=DiscreteMeasure(FAKE.points, [0.5, 0.5])))) == (
        "member 1: the fake points are not images of the latent points of member 0"
    )
    assert "fake points are not images" in reason(ONE_LATENT, roles(one, problem(fake=REAL)))
    assert reason(ONE_LATENT, roles(one, problem(real=moved(REAL, 1.0)))) == "member 1: the real measure is another one"
    assert reason(W1_PROBLEMS, roles(one, other)) is None
    assert "V is not −W₁" in reason(W1_PROBLEMS, roles(one, problem(regularizer=LipschitzBall(1.0))))
    assert "V is not −W₁" in reason(W1_PROBLEMS, roles(one, problem(pair=STRAIGHT, regularizer=LipschitzBall(2.0))))
    assert "V is not −W₁" in reason(W1_PROBLEMS, roles(one, problem(pair=STRAIGHT)))


def line(theta, *, other=None, at=0.0, masses=None):
    heights, weights = (0.25, 0.75), (0.5, 0.5)
    fake = DiscreteMeasure([[theta, z] for z in heights], list(weights))
    real = DiscreteMeasure([[at, z] for z in other or heights], list(masses or weights))
    return problem(fake, real, STRAIGHT, LipschitzBall(1.0))


def test_lines_are_parallel():
    assert reason(PARALLEL, along({0.0: line(0.0), 0.5: line(0.5)})) is None
    heights = "t = 0.5: the heights z of fake and real points differ"
    assert reason(PARALLEL, along({0.5: line(0.5, other=(0.25, 0.7))})) == heights
    assert reason(PARALLEL, along({0.5: line(0.5, other=(0.25, 0.75, 0.8), masses=(0.2, 0.3, 0.5))})) == heights
    off = "t = 0.5: the points do not lie on the lines at 0 and θ"
    assert reason(PARALLEL, along({0.5: line(0.6)})) == off
    assert reason(PARALLEL, along({0.5: line(0.5, at=0.1)})) == off
    bent = problem(DiscreteMeasure([[0.5, 0.25], [0.6, 0.75]]), line(0.5).real, STRAIGHT, LipschitzBall(1.0))
    assert reason(PARALLEL, along({0.5: bent})) == off
    reals = DiscreteMeasure([[0.0, 0.25], [0.1, 0.75]])
    assert reason(PARALLEL, along({0.5: problem(line(0.5).fake, reals, STRAIGHT, LipschitzBall(1.0))})) == off
    masses = "t = 0.5: the masses of fake and real points differ"
    assert reason(PARALLEL, along({0.5: line(0.5, masses=(0.4, 0.6))})) == masses


# --- Diracs written down ---


@pytest.mark.parametrize("target", [0.0, 0.4])
@pytest.mark.parametrize("pair", [LOGISTIC, losses.exponential(), losses.sqrt(), STRAIGHT], ids=lambda pair: pair.name)
def test_two_diracs_are_at_the_optimum(pair, target):
    """φ'(−s) = (4λ/d²)(s − k₀d/2) and f = ∓s, the mass φ'(−s) goes over."""
    d, weight = 1.7, 0.2
    one = two_diracs(pair, d, LipschitzPenalty(weight, target))
    s = one.real_values[0]
    slope = float(pair.fake_loss.slope(np.array(-s)))
    assert slope == pytest.approx(4 * weight / d**2 * (s - target * d / 2), rel=1e-9)
    assert one.fake_values[0] == pytest.approx(-s, rel=1e-12)
    assert one.certificate.plan.toarray()[0, 0] == pytest.approx(slope)
    assert one.certificate.relative_gap < 1e-12
    half = two_diracs(pair, d, LipschitzPenalty(weight, target), factor=0.5)
    assert half.real_values[0] == pytest.approx(0.5 * s)
    ball = two_diracs(pair, d, LipschitzBall(0.8))
    assert ball.real_values[0] == pytest.approx(0.4 * d)
    given = two_diracs(pair, d, LipschitzBall(0.8), half_rise=0.3)
    assert given.real_values[0] == pytest.approx(0.3)
    with pytest.raises(NotImplementedError):
        two_diracs(pair, d, Unrestricted())


@pytest.mark.parametrize("values", [[-0.3, 0.2], [0.4, -0.1]])
def test_masses_on_two_points_flow_downhill_of_their_slopes(values):
    p, q = [0.7, 0.3], [0.4, 0.6]
    one = on_two_points(p, q, LOGISTIC, LipschitzPenalty(0.2), values)
    slopes = [a / (1 + np.exp(-v)) - b / (1 + np.exp(v)) for a, b, v in zip(p, q, values, strict=True)]
    flow = (slopes[0] - slopes[1]) / 2
    expected = [[0.0, max(flow, 0.0)], [max(-flow, 0.0), 0.0]]
    np.testing.assert_allclose(one.certificate.plan.toarray(), expected, rtol=0.2, atol=1e-12)
    np.testing.assert_allclose(one.fake_values, values)
