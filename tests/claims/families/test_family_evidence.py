"""Claims on families: every comparison of intervals, worked out from what the members' certificates prove.

Intervals are pairs of plain numbers here; those of the claims are rounded outwards besides, by a unit or two in the
last place, which shows only where nothing else is uncertain.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations, pairwise, permutations
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from tests.claims import subjects
from tests.claims.subjects import ROUNDING, diracs, made
from toylab import claims, losses
from toylab.claims.certified import AssumedOptimal, Certified
from toylab.claims.families.balls import reweighted_w1
from toylab.claims.families.fixed_constant import guaranteed_rate, slope_may_vanish
from toylab.claims.families.intervals import Interval
from toylab.claims.families.moved_point import Move, _bend, plan_derivative, the_move
from toylab.claims.families.readings import Reading, compare, constant_unit, readings, value_unit
from toylab.claims.families.same_support import UNRESTRICTED
from toylab.divergences import JensenShannon, KullbackLeibler, ReverseKullbackLeibler, TotalVariation
from toylab.families import Family
from toylab.losses import Linear, LossPair, Reflected, Softplus
from toylab.problem import LipschitzBall, LipschitzPenalty
from toylab.regularizers import Unrestricted
from toylab.solution import Candidate

EPS = ROUNDING / 64
TRUSTED = 1e-3


@dataclass(frozen=True)
class Ends:
    """All numbers from low to high."""

    low: float
    high: float

    @staticmethod
    def of(value, error=0.0):
        return Ends(value - error, value + error)

    def __add__(self, other):
        other = other if isinstance(other, Ends) else Ends.of(other)
        return Ends(self.low + other.low, self.high + other.high)

    def __neg__(self):
        return Ends(-self.high, -self.low)

    def __sub__(self, other):
        return self + -(other if isinstance(other, Ends) else Ends.of(other))

    def times(self, other):
        other = other if isinstance(other, Ends) else Ends.of(other)
        products = [0.0 if 0.0 in {a, b} else a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Ends(min(products), max(products))

    @property
    def middle(self):
        return (self.low + self.high) / 2 if np.isfinite([self.low, self.high]).all() else 0.0


def transport(points, mass, others, masses):
    """W₁ as a linear program over plans, by HiGHS."""
    n, m = len(mass), len(masses)
    cost = np.linalg.norm(points[:, None] - others, axis=2)
    rows = np.concatenate([np.kron(np.eye(n), np.ones(m)), np.kron(np.ones(n), np.eye(m))])
    return linprog(cost.ravel(), A_eq=rows, b_eq=np.concatenate([mass, masses])).fun


BEST = {"logistic": (0.5, np.log(2.0), np.log(2.0)), "wasserstein": (1.0, 0.0, 0.0), "hinge": (1.0, 1.0, 1.0),
        "twice for fakes": (2 / 3, 2 * np.log(1.5), np.log(3.0))}  # fmt: skip


class Told:
    """What is proved about one member, in plain numbers."""

    def __init__(self, candidate: Candidate):
        self.candidate, self.known = candidate, Certified(candidate)
        self.problem, self.certificate = candidate.problem, candidate.certificate
        known, k = self.known, self.known.k
        self.k = k
        self.weight: Any = getattr(self.problem.regularizer, "weight", None)
        self.rounding = known.value_rounding + ROUNDING * abs(self.problem.regularizer.value(k))
        primal, cost = self.certificate.primal, self.certificate.cost
        self.value = Ends(primal - known.gap, primal) + Ends.of(0.0, self.rounding)
        self.constant = Ends(*known.constant_bounds) + Ends.of(0.0, ROUNDING * k)
        self.cost = Ends.of(cost, ROUNDING * (cost + known.diameter * np.abs(known.slopes).sum()))
        self.slope, *terms = BEST[self.problem.losses.name]
        self.best = Ends.of(sum(terms), ROUNDING * (sum(map(abs, terms)) + 1))
        self.divergence = self.best - self.value

    @property
    def w1(self):
        fake, real, support = self.problem.fake, self.problem.real, self.problem.support
        value = transport(fake.points, fake.weights, real.points, real.weights)
        return Ends.of(value, ROUNDING * (value + len(support.points) * support.diameter))


def along(names):
    places = (0.5, 1.0, 2.0, 3.0)
    return Family.along("members", "t", list(zip(places, map(subjects.of, names), strict=False)))


GROUPS = {
    "penalties": ("apart", "lopsided", "nearly"),
    "taken at their word": ("apart*", "lopsided*", "nearly*"),
    "straight": ("moved_straight", "moved_in_a_ball", "overlapping_straight"),
    "straight, taken": ("moved_straight*", "moved_in_a_ball*", "sharp*"),
    "balls": ("apart_in_a_ball", "moved_in_a_ball"),
    "on shared points": ("overlapping", "on_one_support", "equal"),
    "two idle ones": ("idle", "apart"),
}
each_group = pytest.mark.parametrize("group", GROUPS)


def unit_of_values(told):
    return max([0.0, *(one.divergence.middle for one in told)]) or 1.0


def unit_of_constants(told):
    return max([0.0, *(one.k for one in told)]) or 1.0


def check(claim, family, rows):
    """Evidence against rows (left, relation, right, unit[, label])."""
    evidence = claims.get(claim).measure(family)
    assert len(evidence) == len(rows)
    for at, (one, relation, other, unit, *label) in enumerate(rows):
        left, right = (side if isinstance(side, Ends) else Ends.of(side) for side in (one, other))
        excess = right - left
        off = abs(excess.middle) if relation == "=" else max(excess.middle, 0.0)
        radius = max(excess.high - excess.middle, excess.middle - excess.low)
        size = max((abs(x) for x in (left.low, left.high, right.low, right.high) if np.isfinite(x)), default=0.0)
        assert evidence.residual[at] == pytest.approx(off, rel=1e-9, abs=1e-13 * size), (at, evidence.labels[at])
        blurred = radius > 1e-10 * size  # else only roundings are left, and rounding outwards shows
        np.testing.assert_allclose(
            evidence.error[at], radius, rtol=1e-6 if blurred else 0.05, atol=1e-18 + 2 * EPS**2 * unit, err_msg=str(at)
        )
        assert evidence.scale[at] == pytest.approx(unit, rel=1e-9)
        assert evidence.resolution[at] == pytest.approx(TRUSTED * unit, rel=1e-9)
        assert evidence.arrays["relation"][at] == relation
        for name, side in (("left", left), ("right", right)):
            np.testing.assert_allclose(evidence.arrays[name][at], side.middle, rtol=1e-9, atol=1e-13 * size)
        assert not label or evidence.labels[at] == label[0]


# --- readings and comparisons ---


@pytest.mark.parametrize("name", subjects.NAMES)
def test_a_reading_has_the_intervals_of_its_certificate(name):
    told, reading = Told(subjects.of(name)), Reading(subjects.of(name))
    for mine, own in ((told.value, reading.value), (told.constant, reading.constant), (told.cost, reading.cost),
                      (told.best, reading.best_constant_value), (told.divergence, reading.divergence)):  # fmt: skip
        size = max((abs(x) for x in (mine.low, mine.high) if np.isfinite(x)), default=0.0)
        np.testing.assert_allclose([own.low, own.high], [mine.low, mine.high], rtol=1e-12, atol=3 * EPS * (size + 1))
        radius = (mine.high - mine.low) / 2
        if 0 < radius < np.inf and name != "idle*":
            np.testing.assert_allclose((own.high - own.low) / 2, radius, rtol=0.05)
    assert reading.rounding == pytest.approx(told.rounding, rel=1e-12)
    assert reading.slope_at_best == pytest.approx(told.slope, rel=1e-12)


@each_group
def test_units_are_the_largest_of_a_family(group):
    family, told = along(GROUPS[group]), [Told(subjects.of(name)) for name in GROUPS[group]]
    assert value_unit(family) == pytest.approx(unit_of_values(told), rel=1e-12)
    assert constant_unit(family) == pytest.approx(unit_of_constants(told), rel=1e-12)


def test_units_of_a_family_that_gains_nothing():
    alone = along(("idle*",))
    assert value_unit(alone) == pytest.approx(1.0)
    assert constant_unit(alone) == 1.0


def test_two_numbers_are_compared_up_to_their_intervals():
    left, right = Interval(1.0, 2.0), Interval(4.0, 8.0)
    for relation, off in (("=", 4.5), ("≥", 4.5)):
        found = compare("words", left, relation, right, 10.0)
        assert found.residual[0] == pytest.approx(off)
        assert found.error[0] == pytest.approx(2.5, rel=1e-14)
        assert (found.resolution[0], found.scale[0]) == (1e-2, 10.0)
        assert (found.arrays["left"][0], found.arrays["right"][0]) == (1.5, 6.0)
    assert compare("words", right, "≥", left, 10.0).residual[0] == 0.0
    assert compare("words", right, "=", left, 10.0).residual[0] == pytest.approx(4.5)
    exact = compare("words", Interval(0.0, 0.0), "=", Interval(0.0, 0.0), 2.0)
    assert 2 * EPS**2 <= exact.error[0] <= 2 * EPS**2 * (1 + 1e-6)


# --- along λ and along K ---


@each_group
def test_v_is_concave_and_rises_along_lambda(group):
    told = [Told(subjects.of(name)) for name in GROUPS[group]]
    unit, rows = unit_of_values(told), []
    for one, other in permutations(told, 2):
        here, there = (m.weight or 0.0 for m in (one, other))
        square = Ends(0.0 if one.constant.low <= 0 else one.constant.low**2, one.constant.high**2)
        rows.append((one.value + square.times(there - here), "≥", other.value, unit,
                     f"tangent at λ = {here:.6g}, taken at λ = {there:.6g}, against V there"))  # fmt: skip
        if there > here:
            rows.append((other.value, "≥", one.value, unit, f"V at λ = {there:.6g} against V at λ = {here:.6g}"))
    check("own.value-along-lambda", along(GROUPS[group]), rows)


@each_group
def test_the_constant_falls_and_lambda_times_it_rises(group):
    told = sorted((Told(subjects.of(name)) for name in GROUPS[group]), key=lambda one: one.weight or 0.0)
    unit, rows = unit_of_constants(told), []
    for one, other in pairwise(told):
        first, second = (m.weight or 0.0 for m in (one, other))
        rows.append((one.constant, "≥", other.constant, unit, f"k* at λ = {first:.6g} and at {second:.6g}"))
        moved = one.constant.times(first), other.constant.times(second)
        rows.append((moved[1], "≥", moved[0], max(m.middle for m in moved) or 1.0,
                     f"λk* at {second:.6g} and at {first:.6g}"))  # fmt: skip
    check("own.constant-along-lambda", along(GROUPS[group]), rows)


def test_the_hinge_has_a_plateau():
    """d = 2: k* = min(2/d, d/2λ) = min(1, 1/λ), the plateau up to λ = d²/4 = 1; the heaviest points count."""
    family = Family.along("hinge", "λ", [
        (w, diracs(losses.hinge(), LipschitzPenalty(w), 1.8, 0.9)) for w in (0.4, 1.0, 2.5)
    ])  # fmt: skip
    rows = [
        (Told(member).constant, "=", Ends.of(expected, 1e-14 * expected), 1.0, f"k* at λ = {weight:g} {side} d²/4")
        for member, (weight, expected, side) in zip(
            family.members, ((0.4, 1.0, "≤"), (1.0, 1.0, "≤"), (2.5, 0.4, ">")), strict=True)
    ]  # fmt: skip
    check("own.hinge-plateau", family, rows)
    sides = [[0.0], [50.0]], [0.7, 0.3], [[-9.0], [4.0]], [0.2, 0.8]
    far = made(sides, losses.hinge(), LipschitzPenalty(5.0), [0.0, 0.0], [0.1, 0.1], np.zeros((2, 2)))
    evidence = claims.get("own.hinge-plateau").measure(Family.along("hinge", "λ", [(5.0, far)]))
    assert evidence.arrays["right"][0] == pytest.approx(0.4)
    assert evidence.scale[0] == 0.5
    assert evidence.labels[0] == "k* at λ = 5 > d²/4"


def reweighted(told):
    """W₁ of s⁺ and s⁻ brought to the smaller of their masses, and what their difference may move."""
    s, points = told.known.slopes, told.known.points
    up, down = s > 0, s < 0
    if not up.any() or not down.any():
        return Ends.of(0.0)
    mass = min(s[up].sum(), -s[down].sum())
    value = mass * transport(points[up], s[up] / s[up].sum(), points[down], s[down] / s[down].sum())
    off = abs(s.sum()) + ROUNDING * np.abs(s).sum() + ROUNDING * mass
    return Ends.of(value, off * told.known.diameter)


@each_group
def test_j_is_convex_in_the_constant_and_its_slope_is_the_cost(group):
    told = [Told(subjects.of(name)) for name in GROUPS[group]]
    unit, rows = unit_of_values(told), []
    for one, other in permutations(told, 2):
        rows.append((other.value, "≥", one.value - one.cost.times(other.k - one.k), unit,
                     f"J in the ball of {other.k:.6g} against the tangent at {one.k:.6g}"))  # fmt: skip
    for one, other in pairwise(sorted(told, key=lambda m: m.k)):
        rows.append((one.value, "≥", other.value, unit,
                     f"J in the ball of {one.k:.6g} against J in that of {other.k:.6g}"))  # fmt: skip
    for one in told:
        loose = one.known.gap / one.k if one.k > 0 else np.inf
        rows.append((one.cost + Ends.of(0.0, loose), "=", reweighted(one), one.known.diameter,
                     f"C of the plan in the ball of {one.k:.6g} against W₁(a, b)"))  # fmt: skip
    check("own.value-along-radius", along(GROUPS[group]), rows)


@pytest.mark.parametrize("name", ["apart", "apart*", "overlapping*", "overlapping_straight", "equal*", "idle"])
def test_reweighted_measures(name):
    mine, own = reweighted(Told(subjects.of(name))), reweighted_w1(Reading(subjects.of(name)))
    np.testing.assert_allclose([own.low, own.high], [mine.low, mine.high], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(own.high - own.low, mine.high - mine.low, rtol=0.05)


@pytest.mark.parametrize("group", ["straight", "straight, taken", "balls"])
def test_lemma_15_scales_the_ball_and_shifts_the_penalty(group):
    told = [Told(subjects.of(name)) for name in GROUPS[group]]
    family, unit, w1, rows = along(GROUPS[group]), unit_of_values(told), told[0].w1, []
    reference = next(one for one in told if one.weight is None)
    for label, one in zip(family.labels, told, strict=True):
        if one.weight is None:
            regularizer: Any = one.problem.regularizer
            radius = regularizer.radius
            rows.append((one.value, "=", -w1.times(radius), unit, f"J, {label}, against −kW₁"))
            if one is not reference:
                share = reference.value.times(radius / reference.k)
                rows.append((one.value, "=", share, unit, f"J, {label}, against J of the first ball in proportion"))
        else:
            best = w1.times(1 / (2 * one.weight))
            rows.append((one.constant, "=", best, unit_of_constants(told), f"k*, {label}, against k₀ + W₁/2λ"))
    check("lgan.lemma-15", family, rows)


def test_lemma_15_with_a_target():
    one = diracs(losses.wasserstein(), LipschitzPenalty(2.0, 1.5), 3.8, 0.9)
    told = Told(one)
    w1 = told.w1.times(1 / 4.0) + 1.5
    check("lgan.lemma-15", Family.along("target", "t", [(0.0, one)]), [(told.constant, "=", w1, 1.9)])


# --- critics of a given constant ---


def may_vanish(told):
    """Wasserstein and logistic slopes are never 0; only shared points then have a slope that may be."""
    known = told.known
    return not any(known.in_fake[i] != known.in_real[i] for i in range(len(known.values)))


@each_group
def test_lemma_3_reaches_full_slope_on_the_tightest_pair(group):
    rows = []
    family = along(GROUPS[group])
    for label, name in zip(family.labels, GROUPS[group], strict=True):
        told = Told(subjects.of(name))
        known = told.known
        pairs = [(i, j) for i in range(len(known.values)) for j in range(len(known.values))
                 if known.in_fake[i] and known.in_real[j] and known.distance[i, j] > 0]  # fmt: skip
        low, high = min(pairs, key=lambda pair: abs(known.slack[pair]))
        moved = abs(known.slopes[low])
        if moved == 0 and may_vanish(told):
            error = 0.0
        else:
            error = min(known.value_error[low] + known.value_error[high], 2 * known.gap / moved if moved else np.inf)
        rise = Ends.of(known.values[high] - known.values[low], min(error, 1e300) + known.rounding)
        full = known.k * known.distance[low, high]
        rows.append((rise, "=", full, full or 1.0, f"f*(y) − f*(x), {label}, against kd"))
    check("iclr.lemma-3", family, rows)


def rate(told):
    """p φ'(a − kD) or −q ϕ'(a + kD) times the way to the other support, the largest over lone points."""
    known, problem = told.known, told.problem
    best, reach = 0.0, known.k * known.diameter
    a = problem.losses.best_constant or 0.0
    for i in range(len(known.values)):
        if known.in_fake[i] == known.in_real[i]:
            continue
        others = [j for j in range(len(known.values)) if (known.in_real if known.in_fake[i] else known.in_fake)[j]]
        way = min(known.distance[i, j] for j in others)
        if known.in_fake[i]:
            slope = problem.support.fake_weights[known.carried[i]] * problem.losses.fake_loss.slope(np.array(a - reach))
        else:
            slope = -problem.support.real_weights[known.carried[i]] * problem.losses.real_loss.slope(
                np.array(a + reach)
            )
        best = max(best, max(float(slope), 0.0) * way)
    return best


@each_group
def test_lemma_4_falls_at_a_rate(group):
    told = sorted((Told(subjects.of(name)) for name in GROUPS[group]), key=lambda one: one.k)
    unit, rows = unit_of_values(told), []
    for one, other in pairwise(told):
        step, fall = other.k - one.k, one.value - other.value
        names = f"from {one.k:.6g} to {other.k:.6g}"
        rows.append((fall, "≥", step * rate(other), unit, f"fall of J {names} against its least rate"))
        if rate(other) == 0 and may_vanish(other) and fall.low <= 0:
            radius = max(fall.high - fall.middle, fall.middle - fall.low)
            rows.append((fall, "≥", TRUSTED * step * unit + 2 * radius, unit,
                         f"fall of J {names} against any fall at all"))  # fmt: skip
    check("iclr.lemma-4", along(GROUPS[group]), rows)


@pytest.mark.parametrize("name", ["apart", "apart_in_a_ball", "overlapping", "moved_straight", "lopsided", "equal"])
def test_the_least_rate_by_hand(name):
    told = Told(subjects.of(name))
    assert guaranteed_rate(Reading(subjects.of(name))) == pytest.approx(rate(told), rel=1e-12)
    assert slope_may_vanish(Reading(subjects.of(name))) is may_vanish(told)


@pytest.mark.parametrize(
    ("pair", "vanishes"),
    [
        (losses.logistic(), False), (losses.wasserstein(), False), (losses.hinge(), True),
        (losses.quadratic(0.0, 1.0), True),
        (LossPair("flat below", losses.hinge().fake_loss, Reflected(Softplus())), True),
        (LossPair("flat above", Softplus(), losses.hinge().real_loss), True),
        (LossPair("straight", Linear(), Reflected(Softplus())), False),
        (LossPair("straight too", Softplus(), Reflected(Linear())), False),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
def test_slopes_that_are_reached_may_vanish(pair, vanishes):
    assert slope_may_vanish(Reading(diracs(pair, LipschitzBall(1.0), 0.5, 0.0))) is vanishes


def test_a_loss_that_is_flat_promises_no_fall():
    """Hinge beyond its margin: φ'(−kD) = 0, so that any fall at all would have to be seen, and is not."""
    members = [(r, diracs(losses.hinge(), LipschitzBall(r), 2.0, 0.0)) for r in (2.0, 3.0)]
    told = [Told(AssumedOptimal.taking(member)) for _, member in members]
    family = Family.along("hinge", "K", [(r, AssumedOptimal.taking(member)) for r, member in members])
    fall = told[0].value - told[1].value
    unit = unit_of_values(told)
    wanted = TRUSTED * unit + 2 * (fall.high - fall.middle)
    assert fall.low <= 0
    check("iclr.lemma-4", family, [(fall, "≥", 0.0, unit), (fall, "≥", wanted, unit)])


# --- towards P_g = P_r ---


@each_group
def test_the_constant_is_bounded_by_w1(group):
    family, told = along(GROUPS[group]), [Told(subjects.of(name)) for name in GROUPS[group]]
    weight = told[0].weight
    if weight is None:  # that of the furthest, with equality
        furthest = max(told, key=lambda one: one.w1.middle)
        weight = furthest.slope * furthest.w1.middle / (2 * furthest.k)
    rows = []
    for label, one in zip(family.labels, told, strict=True):
        bound = one.w1.times(one.slope / (2 * weight))
        unit = bound.middle or unit_of_constants(told)
        rows.append((bound, "≥", one.constant, unit, f"φ'(a) W₁/2λ against k*, {label}"))
        if one.problem.losses.is_wasserstein:
            rows.append((one.constant, "=", bound, unit, f"k* against W₁/2λ, {label}"))
    if not any(one.problem.support.equal_measures for one in told):  # where W₁ is 0 it is rounding to POT
        check("lgan.section-4.1.vanishing-constant", family, rows)


@pytest.mark.parametrize("group", ["penalties", "straight", "on shared points"])
def test_constants_in_the_order_of_w1(group):
    family, told = along(GROUPS[group]), [Told(subjects.of(name)) for name in GROUPS[group]]
    order = sorted(zip(told, family.labels, strict=True), key=lambda pair: round(pair[0].w1.middle, 9))
    rows = [
        (far.constant, "≥", near.constant, unit_of_constants(told), f"k*, {there}, against k*, {here}")
        for (near, here), (far, there) in pairwise(order)
    ]
    check("lgan.section-4.1.monotone", family, rows)


# --- the divergence ---


@each_group
def test_d_lies_between_the_penalty_and_the_transport(group):
    family, told = along(GROUPS[group]), [Told(subjects.of(name)) for name in GROUPS[group]]
    unit = unit_of_values(told)
    evidence = claims.get("own.divergence").measure(family)
    assert len(evidence) == 3 * len(told)
    for at, (label, one) in enumerate(zip(family.labels, told, strict=True)):
        weight = one.weight or 1.0
        k, w1 = one.constant, one.w1.times(one.slope)
        square = Ends(0.0 if k.low <= 0 else k.low**2, k.high**2).times(weight)
        most = Ends(0.0 if w1.low <= 0 else w1.low**2, w1.high**2).times(1 / (4 * weight))
        pick = slice(3 * at, 3 * at + 3)
        for row, (left, right) in enumerate(((one.divergence, square), (most, one.divergence))):
            excess = right - left
            index = 3 * at + row
            assert evidence.residual[index] == pytest.approx(max(excess.middle, 0.0), rel=1e-9, abs=1e-12)
            blurred = excess.high - excess.low > 1e-10 * unit
            radius = max(excess.high - excess.middle, excess.middle - excess.low)
            np.testing.assert_allclose(evidence.error[index], radius, rtol=1e-6 if blurred else 0.05, atol=1e-31)
        assert evidence.labels[pick][:2] == (f"D against λk*², {label}", f"(φ'(a) W₁)²/4λ against D, {label}")
        assert (evidence.scale[pick] == unit).all() or evidence.scale[pick] == pytest.approx(unit)
        last = 3 * at + 2
        assert evidence.arrays["left"][last] == pytest.approx(one.divergence.middle, rel=1e-9, abs=1e-12)
        assert evidence.arrays["right"][last] == 0.0
        if one.problem.support.equal_measures:
            assert evidence.labels[last] == f"D where P_g = P_r, {label}"
            assert evidence.residual[last] == pytest.approx(abs(one.divergence.middle))
            assert evidence.arrays["relation"][last] == "="
        else:
            assert evidence.labels[last] == f"D where P_g ≠ P_r, {label}, against any positive number"
            assert evidence.residual[last] == 0.0
            assert evidence.error[last] == (0.0 if one.divergence.low > 0 else np.inf)
            assert evidence.arrays["relation"][last] == ">"
        np.testing.assert_allclose(evidence.resolution[pick], TRUSTED * unit)


def test_where_one_constant_is_best_for_both_d_is_0():
    family = Family.along(
        "least squares", "t", [(0.0, diracs(losses.quadratic(0.0, 0.0), LipschitzPenalty(0.1), 0.5, 0.1))]
    )
    evidence = claims.get("own.divergence").measure(family)
    assert (evidence.residual[2], evidence.error[2]) == (evidence.scale[2], 0.0)


@each_group
def test_d_is_convex_along_the_family(group):
    names = GROUPS[group]
    told, at = [Told(subjects.of(name)) for name in names], (0.5, 1.0, 2.0)
    rows, unit = [], unit_of_values(told)
    for place, one in list(zip(at, told, strict=False))[1:-1]:
        share = (place - at[0]) / (at[len(told) - 1] - at[0])
        mean = told[0].divergence.times(1 - share) + told[-1].divergence.times(share)
        rows.append((mean, "≥", one.divergence, unit, f"mean of D at the ends against D at {place:.4g}"))
    check("own.divergence.convex", along(names), rows)


@each_group
def test_noise_lets_d_fall_and_three_are_compared_in_pairs(group):
    family, told = along(GROUPS[group]), [Told(subjects.of(name)) for name in GROUPS[group]]
    unit = unit_of_values(told)
    check("own.divergence.noise", family, [
        (told[0].divergence, "≥", one.divergence, unit, f"D without noise against D, {label}")
        for one, label in zip(told[1:], family.labels[1:], strict=True)
    ])  # fmt: skip
    if len(told) == 3:
        first, second, whole = (one.divergence for one in told)
        label = "D(first, second) + D(second, third) against D(first, third)"
        check("lgan.section-4.1.metric", family, [(first + second, "≥", whole, unit, label)])


# --- copies ---


def carried_over(claim, members, scales, swap=False):
    """The first critic on the other members: what V, k* and its own costs there have to be."""
    told = [Told(member) for member in members]
    first, unit, rows = told[0], unit_of_values(told), []
    labels = claim_family(members, scales).labels
    for other, place, label in zip(told[1:], scales[1:], labels[1:], strict=True):
        scale = place / scales[0] if claim == "own.scaling" else 1.0
        lengths, own = first_lengths(first.candidate, swap), first_lengths(other.candidate, False)
        epsilon = max(abs(b / (scale * a) - 1) for a, b in zip(lengths, own, strict=True)) + ROUNDING
        high, weight = first.constant.high, first.weight
        rise = weight * (high * (1 + 2 * epsilon)) ** 2 - weight * high**2
        spread = 0.0 if epsilon > 1e-9 else 2 * rise + ROUNDING * weight * high**2
        rows.append((other.value, "=", first.value + Ends.of(0.0, spread), unit, f"V, {label}, against V, {labels[0]}"))
        k, width = first.k / scale, epsilon + np.sqrt(spread / other.weight)
        rows.append((other.constant, "=", first.constant.times(1 / scale) + Ends.of(0.0, 2 * width * max(k, 1.0)), k,
                     f"k*, {label}, against k* of the first in its unit"))  # fmt: skip
        sign = -1 if swap else 1
        fake, real = (sign * first.candidate.fake_values, sign * first.candidate.real_values)[::sign]
        problem = other.problem
        steep = max([0.0, *((r - f) / np.linalg.norm(x - y) for f, x in zip(fake, problem.fake.points, strict=True)
                            for r, y in zip(real, problem.real.points, strict=True) if (x != y).any())])  # fmt: skip
        cost = (problem.fake.weights @ problem.losses.fake_loss.value(fake)
                + problem.real.weights @ problem.losses.real_loss.value(real) + other.weight * steep**2)  # fmt: skip
        carried = Ends(cost - first.known.gap, cost) + Ends.of(0.0, first.rounding + spread)
        rows.append((other.value, "≥", carried, unit, f"V, {label}, against what f* of the first costs there"))
    return rows


def first_lengths(candidate, swap):
    fake, real = candidate.problem.fake.points, candidate.problem.real.points
    table = [[np.linalg.norm(x - y) for y in real] for x in fake]
    return [d for row in (np.transpose(table) if swap else table) for d in row]


def claim_family(members, scales):
    if scales[0] == 0:
        return Family.in_roles("copies", dict(zip(map(str, scales), members, strict=True)))
    return Family.along("copies", "c", list(zip(scales, members, strict=True)))


def copy_of(name, factor=1.0, shift=0.0, taken=False, noise=0.0):
    """A subject in another unit and at another place, λ as the unit asks for, values a little off."""
    one = subjects.of(name)
    sides = [z for side in (one.problem.fake, one.problem.real) for z in (factor * side.points + shift, side.weights)]
    low, high = one.fake_values + noise, one.real_values - noise
    regularizer: Any = one.problem.regularizer
    weight = regularizer.weight * factor**2
    moved = made(tuple(sides), one.problem.losses, LipschitzPenalty(weight), list(low), list(high),
                 one.certificate.plan.toarray())  # fmt: skip
    return AssumedOptimal.taking(moved) if taken else moved


@pytest.mark.parametrize("taken", [False, True])
def test_scaled_copies_keep_v_and_divide_k(taken):
    members = [copy_of("apart", 2.0, taken=taken), copy_of("apart", 3.0, taken=taken, noise=0.01),
               copy_of("apart", 5.0 * (1 + 4e-10), taken=taken)]  # fmt: skip
    scales = (2.0, 3.0, 5.0)
    check("own.scaling", claim_family(members, scales), carried_over("own.scaling", members, scales))


def test_a_stretch_by_more_than_a_billionth_is_no_excuse():
    members, scales = [copy_of("apart"), copy_of("apart", 2.0 * (1.0 + 3e-9))], (1.0, 2.0)
    check("own.scaling", claim_family(members, scales), carried_over("own.scaling", members, scales))


@pytest.mark.parametrize("taken", [False, True])
def test_isometric_copies_keep_both(taken):
    members = [copy_of("apart", taken=taken), copy_of("apart", shift=2.0, taken=taken, noise=0.02)]
    rows = carried_over("own.isometries", members, (0, 1))
    family = claim_family(members, (0, 1))
    check("own.isometries", family, rows)


@pytest.mark.parametrize("taken", [False, True])
def test_swapped_copies_change_the_sign(taken):
    one = copy_of("apart", taken=taken)
    swapped = one.problem.swapped()
    sides = (swapped.fake.points, swapped.fake.weights, swapped.real.points, swapped.real.weights)
    low, high = list(-one.real_values + 0.01), list(-one.fake_values)
    other = made(sides, swapped.losses, swapped.regularizer, low, high, one.certificate.plan.toarray().T)
    other = AssumedOptimal.taking(other) if taken else other
    members = [one, other]
    rows = carried_over("own.swap", members, (0, 1), swap=True)
    check("own.swap", claim_family(members, (0, 1)), rows)


def test_the_critic_of_another_number_of_points_costs_everything():
    for name in ("on_one_support", "overlapping"):
        family = claim_family([subjects.of("apart"), subjects.of(name)], (1.0, 1.5))
        if name == "on_one_support":
            with pytest.raises(ValueError, match="broadcast"):
                claims.get("own.scaling").measure(family)


# --- one support ---


def steepest(told, spread):
    known = told.known
    rises = [(known.values[j] - known.values[i] - spread[i] - spread[j]) / known.distance[i, j]
             for i in range(len(spread)) for j in range(len(spread))
             if known.in_fake[i] and known.in_real[j] and known.distance[i, j] > 0]  # fmt: skip
    return max([*rises, 0.0])


@pytest.mark.parametrize("taken", [False, True])
def test_penalised_constants_lie_below_the_unrestricted_one(taken):
    penalised = subjects.of("on_one_support*" if taken else "on_one_support")
    values = [-0.95, 0.05, 1.4]  # of ln q/p = −1.0986, 0, 1.6094
    sides = tuple(x for side in (penalised.problem.fake, penalised.problem.real) for x in (side.points, side.weights))
    free = made(sides, losses.logistic(), Unrestricted(), values, values, np.zeros((3, 3)))
    cheap = made(sides, losses.logistic(), LipschitzPenalty(1e-4), values, values, np.zeros((3, 3)))
    free = AssumedOptimal.taking(free) if taken else free
    told = Told(free)
    known = told.known
    spread = known.value_error + known.rounding
    limit = Ends(steepest(told, spread), steepest(told, -spread))
    rows = []
    for label, member in (("λ = 0.2", penalised), ("λ = 0.0001", cheap)):
        one = Told(member)
        allowed = one.weight * limit.high**2 + known.gap + 2 * known.value_rounding
        low, high = known.objective.value_interval(np.zeros(3), allowed)
        reach = np.maximum(high - known.values, known.values - low)
        least = steepest(told, reach + known.rounding)
        rows.append((limit, "≥", one.constant, limit.middle, f"k∞ against k*, {label}"))
        rows.append((one.constant, "≥", least, limit.middle, f"k*, {label}, against what λk∞² leaves of k∞"))
    family = Family.in_roles("one support", {"λ = 0.2": penalised, UNRESTRICTED: free, "λ = 0.0001": cheap})
    check("own.same-support-limit", family, rows)
    assert rows[3][2] > 0.1 or not taken


# --- a generator's parameter ---


@pytest.mark.parametrize("group", ["penalties", "straight, taken", "straight"])
def test_w1_moves_no_faster_than_the_fakes(group):
    names = [name for name in GROUPS[group] if not name.startswith("overlapping")]
    members = [copy_of(name, shift=0.1 * i, taken=name.endswith("*")) if not name.startswith("moved_in")
               else subjects.of(name) for i, name in enumerate(names)]  # fmt: skip
    family = Family.along("moved", "θ", list(zip((0.0, 1.0, 2.0), members, strict=False)))
    told = [Told(member) for member in members]
    unit = max(one.problem.support.diameter for one in told)
    rows = []
    for (here, one), (there, other) in combinations(zip(family.labels, told, strict=True), 2):
        first, second = one.problem.fake, other.problem.fake
        mean = sum(
            w * np.linalg.norm(x - y) for w, x, y in zip(first.weights, first.points, second.points, strict=True)
        )
        move = Ends.of(mean, ROUNDING * (mean + np.abs(first.points).max() + np.abs(second.points).max()))
        for change, at in ((one.value - other.value, here), (other.value - one.value, there)):
            rows.append((move, "≥", change, unit,
                         f"E‖g_θ − g_θ'‖ between {here} and {there} against V there, "
                         f"less V elsewhere, at {at}"))  # fmt: skip
    check("wgan.theorem-1", family, rows)


def lines(theta, rise, taken):
    sides = [[theta, 0.25], [theta, 0.75]], [0.5, 0.5], [[0.0, 0.25], [0.0, 0.75]], [0.5, 0.5]
    one = made(sides, losses.wasserstein(), LipschitzBall(1.0), [0.0] * 2, [rise] * 2, np.diag([0.5, 0.5]))
    return AssumedOptimal.taking(one) if taken else one


@pytest.mark.parametrize("taken", [False, True])
def test_parallel_lines_jump_in_everything_but_w1(taken):
    members = [(-0.5, lines(-0.5, 0.49, taken)), (0.0, lines(0.0, 0.0, taken)), (2.0, lines(2.0, 1.9, taken))]
    family = Family.along("parallel lines", "θ", members)
    rows, unit, jsd = [], members[2][1].problem.support.diameter, float(np.log(2.0))
    for (theta, member), label in zip(members, family.labels, strict=True):
        apart = theta != 0
        words = "its jump" if apart else "its value for equal measures"
        rows.append((-Told(member).value, "=", Ends.of(abs(theta), ROUNDING * abs(theta)), unit,
                     f"W₁ = −V, {label}, against |θ|"))  # fmt: skip
        for name, jump in (("JSD", jsd), ("TV", 1.0)):
            known = Ends.of(jump if apart else 0.0, ROUNDING)
            rows.append((known, "=", known, jump, f"{name}, {label}, against {words}"))  # fmt: skip
        known = Ends.of(0.0 if apart else 1.0, ROUNDING)
        rows.extend(
            (
                known,
                "=",
                known.middle,
                1.0,
                f"exp(−{name}), {label}, against {'0, as it is infinite' if apart else '1'}",
            )
            for name in ("KL(P_r‖P_g)", "KL(P_g‖P_r)")
        )
    own = {JensenShannon: 1, TotalVariation: 2, KullbackLeibler: 3, ReverseKullbackLeibler: 4}
    slips = {
        (5 * at + row): min(kind().value(member.problem.fake, member.problem.real).error, 1.0)
        for at, (_, member) in enumerate(members)
        for kind, row in own.items()
    }
    evidence = claims.get("wgan.example-1").measure(family)
    assert list(evidence.labels) == [row[4] for row in rows]
    np.testing.assert_allclose(evidence.scale, [row[3] for row in rows])
    for at, (left, _, end, _, _) in enumerate(rows):
        right = end if isinstance(end, Ends) else Ends.of(end)
        excess = right - left
        assert evidence.residual[at] == pytest.approx(abs(excess.middle), rel=1e-9, abs=2 * ROUNDING)
        radius = (excess.high - excess.low) / 2 + slips.get(at, 0.0)
        np.testing.assert_allclose(evidence.error[at], radius, rtol=0.05, atol=1e-30, err_msg=str(at))


# --- a point that moves ---

_DIRECTION = np.array([0.6, 0.8])


def moved_apart(name, t):
    """The first fake moved by t along (.6, .8); values and plan as they were, λ too."""
    one = subjects.of(name)
    fake = one.problem.fake.points.copy()
    fake[0] += t * _DIRECTION
    sides = fake, one.problem.fake.weights, one.problem.real.points, one.problem.real.weights
    moved = made(sides, one.problem.losses, one.problem.regularizer, list(one.fake_values), list(one.real_values),
                 one.certificate.plan.toarray())  # fmt: skip
    return AssumedOptimal.taking(moved) if name.endswith("*") else moved


def bend(told, reach):
    """(a² + C a/δ)/2λ with a = min(p sup φ', C/δ) and C = φ'(a₀)(W₁ + p reach), δ the way to the nearest real."""
    problem = told.problem
    near = min(np.linalg.norm(y - problem.fake.points[0]) for y, q in zip(problem.real.points, problem.real.weights,
                                                                         strict=True) if q > 0) - reach  # fmt: skip
    if near <= 0:
        return np.inf
    p = problem.fake.weights[0]
    cost = told.slope * (told.w1.high + p * reach)
    steepest = {"logistic": 1.0, "wasserstein": 1.0, "twice for fakes": 2.0}[problem.losses.name]
    leaving = min(p * steepest, cost / near)
    return (leaving**2 + cost * leaving / near) / (2 * (told.weight or 1.0))


@pytest.mark.parametrize(
    "name", ["apart", "nearly", "lopsided", "moved_straight", "moved_straight*", "apart_in_a_ball"]
)
def test_difference_quotients_enclose_the_derivative(name):
    steps = (-0.2, -0.01, 0.0, 0.02, 0.3)
    family = Family.along("moved", "t", [(t, moved_apart(name, t)) for t in steps])
    told = {t: Told(member) for t, member in zip(steps, family.members, strict=True)}
    rest, low, high = told[0.0], -np.inf, np.inf
    p = rest.problem.fake.weights[0]
    for t, one in told.items():
        if t == 0:
            continue
        slip = ROUNDING * np.abs(rest.problem.fake.points).max() * rest.constant.high * p * rest.slope
        ends = (one.value - rest.value + Ends.of(0.0, rest.known.gap + slip)).times(1 / t)
        if t > 0:
            high = min(high, ends.high + 0.5 * t * bend(rest, t))
        else:
            low = max(low, ends.low - 0.5 * -t * bend(rest, -t))
    plan = rest.certificate.plan.toarray()[0]
    ways = rest.problem.real.points - rest.problem.fake.points[0]
    slope = sum(g * way @ _DIRECTION / np.linalg.norm(way) for g, way in zip(plan, ways, strict=True))
    derivative = rest.constant.times(Ends.of(slope, ROUNDING * plan.sum()))
    label = "difference quotients of V along (0.6, 0.8) against k*Σγ(y − x)/‖y − x‖ of the plan"
    check("own.value-derivative", family, [(Ends(low, high), "=", derivative, rest.k * p * rest.slope, label)])
    own = plan_derivative(readings(family)[2], Move(base=2, point=0, direction=_DIRECTION))
    np.testing.assert_allclose([own.low, own.high], [derivative.low, derivative.high], rtol=1e-9)


def test_a_fake_that_reaches_a_real_point_bends_without_bound():
    reading, move = Reading(subjects.of("apart")), Move(base=0, point=0, direction=_DIRECTION)
    near = np.sqrt(5.0)  # of (0, 0) from (−1, 2)
    assert _bend(reading, move, near) == np.inf
    assert _bend(reading, move, near - 0.5) == pytest.approx(bend(Told(subjects.of("apart")), near - 0.5), rel=1e-12)
    alone = Reading(subjects.of("overlapping"))
    assert _bend(alone, Move(base=0, point=2, direction=_DIRECTION), 0.0) > 0  # the real points, not the shared fakes


def moved_family(changes=None, places=(-0.1, 0.0, 0.2), along_x=0.0):
    members = []
    for t in places:
        one = moved_apart("apart", t)
        if changes and t in changes:
            one = changes[t](one)
        members.append((t, one))
    return Family.along("moved", "t", members)


def test_the_move_of_a_family():
    move = the_move(moved_family())
    assert not isinstance(move, str)
    assert (move.base, move.point) == (1, 0)
    np.testing.assert_allclose(move.direction, _DIRECTION, rtol=1e-12)
    backwards = the_move(moved_family(places=(-0.3, 0.0, 0.2)))
    assert not isinstance(backwards, str)
    np.testing.assert_allclose(backwards.direction, _DIRECTION, rtol=1e-12)


def replaced(one, *, fake=None, weights=None, real=None):
    problem = one.problem
    sides = (problem.fake.points if fake is None else fake, problem.fake.weights if weights is None else weights,
             problem.real.points if real is None else real, problem.real.weights)  # fmt: skip
    low = list(one.fake_values) if fake is None or len(fake) == 2 else [0.0] * len(fake)
    return made(sides, problem.losses, problem.regularizer, low, list(one.real_values), np.zeros((len(sides[0]), 3)))


@pytest.mark.parametrize(
    ("family", "why"),
    [
        (lambda: moved_family(places=(0.1, 0.2, 0.3)), "there is no problem at t = 0 between two others"),
        (lambda: moved_family(places=(0.0, 0.2)), "there is no problem at t = 0 between two others"),
        (lambda: moved_family(dict.fromkeys((0.2, -0.1), lambda one: moved_apart("apart", 0.0))),
         "no fake point moves"),
        (lambda: moved_family({-0.1: lambda one: replaced(one, fake=one.problem.fake.points + 1e-9)}),
         "t = -0.1: more changes than that one fake point moves by t along a line"),
        (lambda: moved_family({-0.1: lambda one: replaced(one, weights=[0.5, 0.5])}),
         "t = -0.1: more changes than that one fake point moves by t along a line"),
        (lambda: moved_family({-0.1: lambda one: replaced(one, real=one.problem.real.points + 1e-9)}),
         "t = -0.1: the real measure is another one"),
        (lambda: moved_family({-0.1: lambda one: subjects.of("overlapping")}),
         "the problems have different numbers of fake points"),
    ],
)  # fmt: skip
def test_other_families_move_no_one_point(family, why):
    assert the_move(family()) == why


def test_where_more_points_move_the_one_that_moves_most_is_taken():
    both = moved_family({-0.1: lambda one: replaced(one, fake=one.problem.fake.points - [[0.0, 0.0], [0.3, 0.4]])},
                        places=(-0.1, 0.0, 0.05))  # fmt: skip
    evidence = claims.get("own.value-derivative").measure(both)
    assert "along (0.6, 0.8)" in evidence.labels[0]
    assert evidence.scale[0] == pytest.approx(readings(both)[1].known.k * 0.6 * 0.5)
