"""Numbers that are known up to bounds. Every operation rounds outwards, so that the truth never falls out."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Interval:
    """All numbers from `low` to `high`.

    Attributes:
        low: a lower bound.
        high: an upper bound.
    """

    low: float
    high: float

    @classmethod
    def of(cls, value: float, error: float = 0.0) -> Interval:
        """Everything within `error` of a value; the value alone when no error is given."""
        if error == 0.0:
            return cls(float(value), float(value))
        return _outwards(float(value) - float(error), float(value) + float(error))

    @property
    def middle(self) -> float:
        """The number half way; 0 where an end is infinite."""
        return 0.5 * (self.low + self.high) if math.isfinite(self.low) and math.isfinite(self.high) else 0.0

    @property
    def radius(self) -> float:
        """The largest distance of an end from the middle."""
        return max(self.high - self.middle, self.middle - self.low)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __add__(self, other: Interval | float) -> Interval:
        second = _interval(other)
        return _outwards(self.low + second.low, self.high + second.high)

    __radd__ = __add__

    def __sub__(self, other: Interval | float) -> Interval:
        return self + (-_interval(other))

    def __rsub__(self, other: Interval | float) -> Interval:
        return _interval(other) - self

    def __mul__(self, other: Interval | float) -> Interval:
        second = _interval(other)
        products = [_product(a, b) for a in (self.low, self.high) for b in (second.low, second.high)]
        return _outwards(min(products), max(products))

    __rmul__ = __mul__

    def __truediv__(self, divisor: float) -> Interval:
        """The interval divided by an exact number that is not 0."""
        ends = self.low / divisor, self.high / divisor
        return _outwards(min(ends), max(ends))

    def squared(self) -> Interval:
        """All squares."""
        ends = self.low * self.low, self.high * self.high
        return _outwards(0.0 if self.low <= 0.0 <= self.high else min(ends), max(ends))


def _interval(value: Interval | float) -> Interval:
    return value if isinstance(value, Interval) else Interval(float(value), float(value))


def _product(first: float, second: float) -> float:
    return 0.0 if first == 0.0 or second == 0.0 else first * second


def _outwards(low: float, high: float) -> Interval:
    return Interval(math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
