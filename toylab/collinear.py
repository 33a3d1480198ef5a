"""Measures on a straight line, in any dimension: positions along it, and transport plans by sorting.

On a line an optimal transport plan never crosses itself: the mass that lies furthest to the left goes to where mass is
wanted furthest to the left (the monotone coupling, or north-west corner of the sorted masses).

Source: Santambrogio (2015), Optimal Transport for Applied Mathematicians, section 2.2.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from toylab.errors import InputError
from toylab.problem import CriticProblem
from toylab.straight_line import Line, line_of
from toylab.support import Support


def is_collinear(problem: CriticProblem) -> bool:
    """Whether all points with mass lie on one line, up to the rounding of their coordinates."""
    support = problem.support
    return line_of(support.points[support.in_fake | support.in_real]) is not None


def check_collinear(problem: CriticProblem, who: str) -> None:
    """Raise InputError, which names the point furthest off the line, unless all points with mass lie on one."""
    support = problem.support
    carried = np.flatnonzero(support.in_fake | support.in_real)
    line = Line.through(support.points[carried])
    if line.holds_all:
        return
    worst = int(line.distances.argmax())
    owner = carried[worst]
    side, owners = ("fake", support.fake_owner) if support.in_fake[owner] else ("real", support.real_owner)
    raise InputError(
        f"{who} is for points on one line, and {side} point {int(np.flatnonzero(owners == owner)[0])} at "
        f"{support.points[owner].tolist()} lies {line.distances[worst]:.3g} off the line through "
        f"{line.origin.tolist()} in the direction {np.round(line.direction, 6).tolist()}; leave the solver out."
    )


def monotone_plan(support: Support, positions: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> sparse.csr_array:
    """The optimal plan between masses on a line, (N, N) with at most as many entries as points.

    Args:
        support: the merged points.
        positions: (N,), along the line.
        supply: (N,), mass that is to leave a point, ≥ 0.
        demand: (N,), mass that is to arrive, ≥ 0; what one total has more than the other is not moved.
    """
    order = np.argsort(positions, kind="stable")
    sources, sinks = order[supply[order] > 0], order[demand[order] > 0]
    size = len(support.points)
    if not (len(sources) and len(sinks)):
        return sparse.csr_array((size, size))
    left, arrived = cumulated(supply[sources]), cumulated(demand[sinks])
    ends = np.union1d(left, arrived)
    ends = ends[ends <= min(left[-1], arrived[-1])]
    rows = sources[np.minimum(np.searchsorted(left, ends), len(sources) - 1)]
    columns = sinks[np.minimum(np.searchsorted(arrived, ends), len(sinks) - 1)]
    mass = np.diff(ends, prepend=ends.dtype.type(0)).astype(np.float64)
    return sparse.coo_array((mass, (rows, columns)), shape=(size, size)).tocsr()


def cumulated(masses: np.ndarray) -> np.ndarray:
    """Sums of the first masses, in extended precision where the machine has it."""
    return np.cumsum(masses, dtype=np.longdouble)
