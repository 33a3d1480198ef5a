"""The errors toylab raises: one clear sentence each, saying what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Advice:
    """What to do, for someone who writes Python and for someone who typed a command.

    Attributes:
        python: in names of the package.
        command: in options of the command line.
    """

    python: str
    command: str


class ToylabError(Exception):
    """Base of every error that toylab raises on purpose; the command line prints its sentence, no traceback.

    Args:
        sentence: what is wrong, where, and what to do; no more than its beginning where advice follows.
        advice: the rest of the sentence where it depends on who reads it.
    """

    def __init__(self, sentence: str, advice: Advice | None = None) -> None:
        super().__init__(sentence if advice is None else f"{sentence} {advice.python}")
        self.on_command_line = sentence if advice is None else f"{sentence} {advice.command}"


class InputError(ToylabError, ValueError):
    """Something handed to toylab cannot be used: the sentence says what, where, and what to do."""


class SolverError(ToylabError, RuntimeError):
    """A solver did not reach its tolerance: the sentence says what was reached and what to try."""


def unknown_name(kind: str, name: object, known: Iterable[str]) -> InputError:
    """An error for a name that does not exist, with the nearest known names.

    Args:
        kind: what the name stands for, in the singular ("loss", "claim").
        name: the name that was given.
        known: every name that exists.
    """
    names, most = sorted(known), 40
    by_letters = {known.lower(): known for known in names}  # capitals do not matter
    near = [by_letters[match] for match in difflib.get_close_matches(str(name).lower(), by_letters, n=3, cutoff=0.5)]
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(names)}."
    if not near and len(names) > most:
        hint = f"known: {', '.join(names[:most])} and {len(names) - most} more."
    return InputError(f"unknown {kind} {str(name)!r}; {hint}")


def real_number(value: Any, what: str) -> float:
    """The value as a finite float, or an InputError that names what it was meant to be."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{what} must be a number, got {value!r}.") from None
    if not math.isfinite(number):
        raise InputError(f"{what} must be finite, got {value}.")
    return number


def whole_number(value: Any, what: str, *, least: int) -> int:
    """The value as an int of at least `least`, or an InputError that names what it was meant to be."""
    kind = "a positive whole number" if least == 1 else f"a whole number of at least {least}"
    try:
        number = int(value)
        fits = number == value and number >= least
    except (TypeError, ValueError, OverflowError):
        fits, number = False, least
    if not fits:
        raise InputError(f"{what} must be {kind}, got {value!r}.")
    return number
