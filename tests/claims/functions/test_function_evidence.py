"""LGAN Theorem 4 and Lemma 10: their evidence in closed form, and how tight a pair has to be."""

from itertools import pairwise

import numpy as np
import pytest

from tests.claims.subjects import ROUNDING, agree
from toylab import claims
from toylab.claims import Budget
from toylab.claims.functions.full_slope import (
    EUCLIDEAN,
    LIPSCHITZ_FUNCTION,
    TIGHT_PAIR,
    distance_to_segment,
    linear,
    ripple,
)
from toylab.critics import FormulaCritic
from toylab.functions import FunctionOnChain, FunctionOnPair, Norm

POSITIONS = np.array([0.0521, 0.2718, 0.5137, 0.7311, 0.9473])


def on_pair(f, k, x, y, p=2.0):
    return FunctionOnPair(name="test", f=f, k=k, x=np.array(x), y=np.array(y), norm=Norm(p))


def on_chain(f, k, *points, p=2.0):
    x, via, y = (np.array(point) for point in points)
    return FunctionOnChain(name="test", f=f, k=k, x=x, via=via, y=y, norm=Norm(p))


@pytest.mark.parametrize("p", [2.0, 3.0])
def test_gradients_along_the_segment_against_k_u(p):
    """f = 3 z₁ + z₂ between (1, 1) and (3, 5): ∇f − k (2, 4)/‖(2, 4)‖, the ends are the nearest centres."""
    subject, step = on_pair(linear(np.array([3.0, 1.0])), 2.5, [1.0, 1.0], [3.0, 5.0], p), np.array([2.0, 4.0])
    size = np.sum(np.abs(step) ** p) ** (1 / p)
    length, goal = np.sqrt(20.0), 2.5 * step / size
    rounding = ROUNDING * (14.0 + 2.5 * size)
    near = np.minimum(POSITIONS, 1 - POSITIONS) * length
    agree(
        claims.get("lgan.theorem-4").measure(subject), residual=np.full(5, np.linalg.norm([3.0, 1.0] - goal)),
        error=np.sqrt(5.0 * rounding * (1 / (POSITIONS * length) + 1 / near)), resolution=2.5e-3, scale=2.5,
        labels=[f"t = {t:g}" for t in POSITIONS], goal=np.tile(goal, (5, 1)),
        points=[1.0, 1.0] + POSITIONS[:, None] * step, gradients=np.tile([3.0, 1.0], (5, 1)),
    )  # fmt: skip


def test_a_pair_is_tight_to_64_roundings():
    """‖y‖ = 5, f = k z₁ on the axis: a rise that is too small by the rounding of k‖y − x‖ + |f|."""
    for units, tight in ((0.9, True), (1.1, False)):
        off = units * ROUNDING * (10.0 + 10.0)
        for sign in (1.0, -1.0):
            f = FormulaCritic(lambda z, s=sign, off=off: 2.0 * z[:, 0] + s * off * (z[:, 0] > 1), np.ones_like)
            subject = on_pair(f, 2.0, [0.0, 0.0], [5.0, 0.0])
            assert bool(TIGHT_PAIR.test(subject)) is tight
    exact = on_pair(linear(np.array([2.0, 0.0])), 2.0, [0.0, 0.0], [5.0, 0.0])
    assert TIGHT_PAIR.met(exact) == f"f(y) − f(x) misses k‖y − x‖ by 0, rounding is {20 * ROUNDING:.2g}"


@pytest.mark.parametrize(("k", "holds"), [(5.0, True), (5.0 / (1 + 0.9e-9), True), (5.0 / (1 + 1.1e-9), False)])
def test_no_gradient_around_the_pair_is_longer_than_k(k, holds):
    subject = on_pair(linear(np.array([3.0, 4.0])), k, [1.0, 0.0], [2.0, 0.0])
    assert bool(LIPSCHITZ_FUNCTION.test(subject)) is holds
    other = on_pair(linear(np.array([3.0, 4.0])), 4.0, [1.0, 0.0], [2.0, 0.0], p=1.0)
    assert LIPSCHITZ_FUNCTION.test(other)  # the dual norm of ℓ₁ is the largest coordinate


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (lambda z: (np.abs(z[:, 1]) < 1e-12) & (z[:, 0] > 10) & (z[:, 0] < 14), True),  # on the segment itself
        (lambda z: np.linalg.norm(z - [12.0, 0.0], axis=1) < 4.0, True),  # around its middle
        (lambda z: np.linalg.norm(z - [12.0, 0.0], axis=1) > 8.0, True),  # two lengths off
        (lambda z: np.linalg.norm(z - [12.0, 0.0], axis=1) > 24.0, False),  # six lengths off
    ],
)
def test_gradients_are_looked_at_around_the_middle_and_on_the_segment(bad, found):
    f = FormulaCritic(lambda z: z[:, 0], lambda z: np.where(bad(z)[:, None], [2.0, 0.0], [1.0, 0.0]))
    subject = on_pair(f, 1.0, [10.0, 0.0], [14.0, 0.0])
    assert bool(LIPSCHITZ_FUNCTION.test(subject)) is not found
    if found:
        assert LIPSCHITZ_FUNCTION.test(subject).reasons == ("a gradient of dual norm 2 exceeds 1",)


def test_the_euclidean_norm_is_l_2():
    assert EUCLIDEAN.test(on_pair(linear(np.ones(2)), 1.0, [0.0, 0.0], [1.0, 0.0]))
    assert EUCLIDEAN.test(on_pair(linear(np.ones(2)), 1.0, [0.0, 0.0], [1.0, 0.0], p=3.0)).reasons == (
        "the norm is l_3",
    )


def test_functions_of_the_cases_in_closed_form():
    z = np.array([[2.0, 0.5], [1.0, 4.0], [-3.0, -5.0]])
    wall = distance_to_segment(np.array([0.0, -1.0]), np.array([0.0, 1.0]))
    np.testing.assert_allclose(wall(z), [2.0, np.sqrt(10.0), 5.0])
    np.testing.assert_allclose(wall.gradient(z), [[1.0, 0.0], [1 / np.sqrt(10), 3 / np.sqrt(10)], [-0.6, -0.8]])
    slanted = distance_to_segment(np.array([1.0, 1.0]), np.array([3.0, 1.0]))
    np.testing.assert_allclose(slanted(np.array([[2.0, 4.0], [6.0, 5.0], [0.0, 1.0]])), [3.0, 5.0, 1.0])
    cone = ripple(2.0)
    np.testing.assert_allclose(cone(np.array([[2.0, 4.0], [-1.0, 0.0]])), [8.0, -2.0])
    np.testing.assert_allclose(cone.gradient(np.array([[2.0, 4.0]])), [[1.2, 1.6]])
    assert (cone.lipschitz_constant, wall.lipschitz_constant) == (2.0, 1.0)
    np.testing.assert_allclose(linear(np.array([3.0, -1.0]))(z), [5.5, -1.0, -4.0])


# --- Lemma 10 ---


def chain_rounding(f, k, points, p=2.0):
    points = np.array(points)
    lengths = [np.sum(np.abs(b - a) ** p) ** (1 / p) for a, b in pairwise(points)]
    return ROUNDING * (np.abs(f(points)).max() + k * (sum(lengths) + np.abs(points).max() * points.size)), lengths


@pytest.mark.parametrize("p", [1.0, 2.0])
@pytest.mark.parametrize("via", [[1.0, 1.0], [5.0, 1.0], [-1.0, 0.5], [1.5, 2.0]])
def test_the_middle_lies_beside_the_segment_in_a_thin_ellipse(via, p):
    """From (0, 0) to (3, 4): full slope of the whole, and the distance of m from the segment."""
    f, k, points = linear(np.array([0.7, 0.2])), 1.3, [[0.0, 0.0], via, [3.0, 4.0]]
    rounding, lengths = chain_rounding(f, k, points, p)
    whole = 7.0 if p == 1 else 5.0
    share = min(max(np.dot(via, [3.0, 4.0]) / 25, 0.0), 1.0)
    aside = np.linalg.norm(np.array(via) - share * np.array([3.0, 4.0]))
    delta = 3 * rounding
    detour = delta / k
    width = 0.5 * np.sqrt(2 * whole * detour + detour**2) + detour
    agree(
        claims.get("lgan.lemma-10").measure(on_chain(f, k, *points, p=p)),
        residual=[abs(k * whole - 2.9), aside], error=[delta, width],
        resolution=1e-3 * np.array([k, 1.0]) * sum(lengths), scale=np.array([k, 1.0]) * sum(lengths),
        rises=[0.7 * via[0] + 0.2 * via[1], 2.9 - 0.7 * via[0] - 0.2 * via[1]], lengths=lengths, whole=[whole],
        labels=["x to y at full slope", "m beside the segment from x to y"],
    )  # fmt: skip


def test_a_chain_that_returns_has_no_segment():
    evidence = claims.get("lgan.lemma-10").measure(
        on_chain(linear(np.ones(2)), 1.0, [1.0, 1.0], [2.0, 1.0], [1.0, 1.0])
    )
    np.testing.assert_allclose(evidence.residual, [0.0, 1.0])


def test_steps_are_tight_to_their_rounding_and_rise():
    hypotheses = {h.name: h for h in claims.get("lgan.lemma-10").hypotheses}
    tight, one_way = hypotheses["tight steps"], hypotheses["one direction"]
    points = [[0.0, 0.0], [1.0, 0.0], [3.0, 0.0]]
    for units, holds in ((0.9, True), (1.1, False)):
        f = linear(np.array([2.0, 0.0]))
        rounding, _ = chain_rounding(f, 2.0, points)
        off = units * rounding
        for sign in (1.0, -1.0):
            bent = FormulaCritic(lambda z, s=sign, off=off: 2 * z[:, 0] + s * off * (z[:, 0] > 2), np.ones_like)
            assert bool(tight.test(on_chain(bent, 2.0, *points))) is holds
    down = on_chain(linear(np.array([-2.0, 0.0])), 2.0, *points)
    assert tight.test(down)
    assert one_way.test(down).reasons == ("f changes by -2 on the first step and by -4 on the second",)
    assert one_way.met(on_chain(linear(np.array([2.0, 0.0])), 2.0, *points)) == "f rises by 2 and by 4"
    assert not one_way.test(on_chain(linear(np.array([2.0, 0.0])), 2.0, [0.0, 0.0], [0.0, 1.0], [1.0, 1.0]))
    assert not one_way.test(on_chain(linear(np.array([2.0, 0.0])), 2.0, [0.0, 0.0], [1.0, 1.0], [1.0, 2.0]))
    flat = on_chain(linear(np.array([2.0, 0.0])), 2.0, *points)
    assert tight.met(flat).startswith("the steps miss full slope by at most 0, rounding is ")


@pytest.mark.parametrize("name", ["lgan.theorem-4", "lgan.lemma-10"])
def test_cases_are_of_four_kinds_and_meet_every_hypothesis(name):
    """Three of each in the quick run, 25 in the full one; the chain of a critic besides."""
    claim = claims.get(name)
    quick, full = list(claim.cases(Budget.QUICK)), list(claim.cases(Budget.FULL))
    more = name.endswith("10")
    assert (len(quick), len(full)) == (12 + more, 100 + more)
    for case in full:
        assert all(hypothesis.test(case.subject) for hypothesis in claim.hypotheses), case.name
    assert len({case.name for case in full}) == len(full)
    angles = [np.arctan2(*(case.subject.y - case.subject.x)[::-1]) for case in full if "plane" in case.name]
    assert min(angles) < -2
    assert max(angles) > 2
