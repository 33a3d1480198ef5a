"""What an option's value may be: read and checked by argparse, so that an error names the option that was typed."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A whole number of at least `least` and at most `most`."""
    kind = "a positive whole number" if least == 1 else f"a whole number of at least {least}"
    kind = kind if most is None else f"a whole number from {least} to {most}"

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least or (most is not None and number > most):
            raise argparse.ArgumentTypeError(f"must be {kind}, got {text}")
        return number

    return read


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"must be a number, got {text!r}") from None


def positive(text: str) -> float:
    """A positive, finite number."""
    number = _number(text)
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"must be positive and finite, got {text}")
    return number


def penalty_weight(text: str) -> float:
    """λ of a Lipschitz penalty."""
    try:
        return positive(text)
    except argparse.ArgumentTypeError as error:
        raise argparse.ArgumentTypeError(f"{error}: without any penalty a critic is --unrestricted") from None


def not_negative(text: str) -> float:
    """A finite number of at least 0."""
    number = _number(text)
    if not 0 <= number < math.inf:
        raise argparse.ArgumentTypeError(f"must be finite and not negative, got {text}")
    return number


def between(low: float, high: float, *, open_end: bool = False) -> Callable[[str], float]:
    """A number above `low` and at most `high`, or below it where the end is open."""
    kind = f"above {low:g} and {'below' if open_end else 'at most'} {high:g}"

    def read(text: str) -> float:
        number = _number(text)
        if not (low < number < high or (number == high and not open_end)):
            raise argparse.ArgumentTypeError(f"must be {kind}, got {text}")
        return number

    return read


def listed(kind: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """The different values of a list with commas, one at least."""

    def read(text: str) -> tuple[T, ...]:
        parts = dict.fromkeys(part.strip() for part in text.split(",") if part.strip())
        if not parts:
            raise argparse.ArgumentTypeError("needs at least one value; commas separate several")
        return tuple(kind(part) for part in parts)

    return read


names = listed(str)
