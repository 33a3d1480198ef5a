"""How far an iterative solver has come: what it tells a progress function, and through it a bar with an ETA."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from toylab.errors import InputError

#: Called with (done, total, named numbers); KeyboardInterrupt that it raises stops a solver as Ctrl-C does.
Progress = Callable[[int, int, Mapping[str, float]], None]

#: A solve is told of in so many parts.
PARTS = 1000


def check_progress(progress: Any) -> None:
    """Raise InputError where a solver's `progress` cannot be called."""
    if progress is not None and not callable(progress):
        raise InputError(f"progress must be a function of (done, total, numbers), got {progress!r}.")


class Headway:
    """The way to an optimum in stretches, each with a share of the work and a gap to reach.

    On a stretch the gap shrinks by about the same factor at every step, so that its logarithm is the distance left.
    What was reported never shrinks, whatever the gap does.
    """

    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress
        self._begin, self._end, self._goal, self._first, self._done = 0.0, 1.0, 0.0, np.nan, 0.0

    @property
    def watched(self) -> bool:
        """Whether anyone is told: who watches may stop a solver and keep what it has."""
        return self._progress is not None

    def stretch(self, begin: float, end: float, goal: float) -> None:
        """Begin a stretch.

        Args:
            begin: share of the work before it.
            end: share of the work when it is done.
            goal: relative gap at which it ends.
        """
        self._begin, self._end, self._goal, self._first = begin, end, goal, np.nan

    def at(self, gap: float, k: float) -> None:
        """Report an iterate: its relative gap, as far as it is known, and its Lipschitz constant."""
        if self._progress is None:
            return
        if np.isfinite(gap) and gap > 0:
            self._first = np.fmax(self._first, gap)
            decades = np.log(self._first / self._goal) if self._first > self._goal else 0.0
            share = np.clip(np.log(self._first / gap) / decades, 0.0, 1.0) if decades > 0 else 1.0
            self._done = max(self._done, self._begin + (self._end - self._begin) * float(share))
        self._progress(int(PARTS * self._done), PARTS, {"relative_gap": float(gap), "k": float(k)})
