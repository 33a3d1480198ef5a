"""Interval arithmetic never loses the truth: checked against exact fractions."""

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
