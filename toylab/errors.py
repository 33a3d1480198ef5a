"""The errors toylab raises: one clear sentence each, saying what is wrong, where, and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ToylabError(Exception):
    """Base of every error that toylab raises on purpose; the command line prints its sentence, no traceback."""


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
    names = sorted(known)
    near = difflib.get_close_matches(str(name), names, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(names)}."
    return InputError(f"unknown {kind} {str(name)!r}; {hint}")
