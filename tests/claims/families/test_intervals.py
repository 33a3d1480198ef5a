"""Interval arithmetic never loses the truth: checked against exact fractions."""

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from toylab.claims.families.intervals import Interval

numbers = st.floats(-1e6, 1e6, allow_nan=False, allow_subnormal=False)
_LEAST = 1e-290  # of a divisor: beyond it a quotient overflows, and no fraction is infinite


@st.composite
def known(draw: st.DrawFn) -> tuple[Interval, Fraction]:
    """An interval and a number in it."""
    value, below, above = draw(numbers), abs(draw(numbers)), abs(draw(numbers))
    return Interval(value - below, value + above), Fraction(value)


def holds(interval: Interval, exact: Fraction) -> bool:
    return Fraction(interval.low) <= exact <= Fraction(interval.high)


@given(known(), known())
def test_sums_differences_and_products_stay_inside(first, second):
    (one, a), (other, b) = first, second
    assert holds(one + other, a + b)
    assert holds(one - other, a - b)
    assert holds(one * other, a * b)
    assert holds(-one, -a)
    assert holds(one.squared(), a * a)


@given(known(), numbers)
def test_plain_numbers_join_in(first, number):
    one, a = first
    b = Fraction(number)
    assert holds(one + number, a + b)
    assert holds(number + one, a + b)
    assert holds(number - one, b - a)
    assert holds(number * one, a * b)
    if abs(number) > _LEAST:
        assert holds(one / number, a / b)


def test_middle_and_radius_enclose_it():
    interval = Interval.of(1.0, 0.25)
    assert interval.low <= 0.75
    assert interval.high >= 1.25
    assert interval.middle - interval.radius <= interval.low
    assert interval.middle + interval.radius >= interval.high
    assert Interval.of(0.1) == Interval(0.1, 0.1)
    assert Interval(float("-inf"), 1.0).radius == float("inf")


def tight(interval: Interval, low: Fraction, high: Fraction) -> bool:
    """Whether an interval is the exact one but for two roundings of each end, the operation's and the one outwards."""
    room = [Fraction(math.ulp(end)) * 2 for end in (interval.low, interval.high)]
    return abs(Fraction(interval.low) - low) <= room[0] and abs(Fraction(interval.high) - high) <= room[1]


@given(known(), known(), numbers)
def test_nothing_is_given_away_but_rounding(first, second, number):
    one, other = first[0], second[0]
    a, b = (Fraction(one.low), Fraction(one.high)), (Fraction(other.low), Fraction(other.high))
    products, squares = [x * y for x in a for y in b], [x * x for x in a]
    assert tight(one + other, a[0] + b[0], a[1] + b[1])
    assert tight(one - other, a[0] - b[1], a[1] - b[0])
    assert tight(one * other, min(products), max(products))
    assert tight(one.squared(), Fraction(0) if a[0] <= 0 <= a[1] else min(squares), max(squares))
    if abs(number) > _LEAST:
        quotients = [x / Fraction(number) for x in a]
        assert tight(one / number, min(quotients), max(quotients))


def test_a_bound_that_is_infinite_leaves_a_product_with_nothing_nothing():
    everything = Interval(-math.inf, math.inf)
    assert tight(everything * 0.0, Fraction(0), Fraction(0))
    assert everything.middle == 0.0
    assert Interval(2.0, math.inf).middle == 0.0
    assert Interval(2.0, 5.0).middle == 3.5
    assert Interval(2.0, 5.0).radius == 1.5
    assert tight(Interval.of(3.0, 0.5), Fraction(5, 2), Fraction(7, 2))
