"""Fakes that move: one step along ∇f*, and in words why they move no more."""

from __future__ import annotations

from collections import deque

import numpy as np

from toylab.dynamics import UnitStep
from toylab.play.answer import Answer, View

#: The fakes' step, as a share of the view's diagonal, where f* is smooth; and the share below which none is made.
_STRIDE, _STILL = 0.01, 1e-4
#: A mean way to partners so short, as a share of the view's diagonal, is none.
_THERE = 2e-3
#: So many moves in which no thousandth of what a critic can gain has gone are no progress.
_PATIENCE, _FALLING = 30, 1e-3
#: The mean of unit vectors to the partners of a fake is shorter than this at a kink.
_CLEAR = 0.99


class Course:
    """The moves since the button was pressed.

    What the best critic gains over a constant one, φ(a) + ϕ(a) − V, is 0 where the measures agree. While it falls, the
    fakes come nearer; where it has not fallen for a while, they have come to rest or swing across a kink.
    """

    def __init__(self) -> None:
        self._room: deque[float] = deque(maxlen=_PATIENCE + 1)
        self._least = np.inf

    def moved(self, last: Answer, view: View) -> np.ndarray | None:
        """Where the fakes (n, 2) go from here, None where they have come to rest."""
        if last.told is None:
            return None
        stride = UnitStep(length=_STRIDE * view.diagonal).move(last.told, np.zeros(last.told.directions.shape))
        self._least = min(self._least, last.solution.certificate.room)
        self._room.append(self._least)
        tired = len(self._room) > _PATIENCE and self._room[-1] > (1.0 - _FALLING) * self._room[0]
        if tired or np.abs(stride).max() <= _STILL * view.diagonal:
            return None
        return last.solution.problem.fake.points + stride


def why_at_rest(last: Answer, view: View) -> str:
    """A sentence on fakes that move no more."""
    told = last.told
    if told is None:
        return "No fake moves: without a restriction f* says nothing about the places between the points."
    assert told.plan is not None
    count, pushed = len(told.directions), told.plan.sum(axis=1)
    if last.solution.certificate.cost <= _THERE * view.diagonal * pushed.sum():
        return "The fakes have arrived: there is nothing left for the critic to tell apart."
    torn = int(((pushed > 0) & (np.linalg.norm(told.directions, axis=1) < _CLEAR)).sum())
    silent = int((pushed <= 0).sum())
    reasons = [
        f"{torn} of {count} stand on a kink of f*, where partners in several directions pull" if torn else "",
        f"{silent} of {count} are told nothing" if silent else "",
        "fakes in one place share a gradient"
        if len(np.unique(last.solution.problem.fake.points, axis=0)) < count
        else "",
    ]
    return "; ".join(["The fakes come no nearer", *filter(None, reasons)]) + "."
