"""Numbers and measures as a person would write them: small fractions, points with their masses."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from toylab.markup import number
from toylab.measures import DiscreteMeasure

#: Larger denominators are no help to a reader.
_LARGEST_DENOMINATOR = 1000


def fraction(value: float) -> str:
    """The number as a fraction with a small denominator where it is one up to rounding, else in decimals."""
    if not np.isfinite(value):
        return str(value)
    near = Fraction(value).limit_denominator(_LARGEST_DENOMINATOR)
    exact = abs(float(near) - value) <= 4.0 * np.finfo(np.float64).eps * max(abs(value), 1.0)
    return str(near) if exact else number(value, 6)


def vector(point: Iterable[float]) -> str:
    """(1, 0), coordinates as fractions."""
    return f"({', '.join(fraction(float(c)) for c in point)})"


def atoms(measure: DiscreteMeasure) -> str:
    """1/2 at (0), 1/2 at (1)."""
    return listed(
        f"{fraction(float(mass))} at {vector(point)}"
        for mass, point in zip(measure.weights, measure.points, strict=True)
    )


def listed(parts: Iterable[str]) -> str:
    """The parts, separated by commas."""
    return ", ".join(parts)
