"""The Wasserstein loss through POT's network simplex: f* = k* · (Kantorovich potential).

All pairs at once where they are few; else lists of pairs that grow (`column_generation`), memory O(points + pairs).

For φ(t) = t the penalised problem factorises (LGAN Lemma 15): the best k-Lipschitz critic is k times the
best 1-Lipschitz one, so J = −k W₁ + R(k) and only the constant is left to choose.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.critics import LowerExtension
from toylab.errors import Advice, InputError
from toylab.plans import split_plan
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Forecast, Outcome, check_restricted
from toylab.solvers.straight_piece import StraightPiece

#: (Fake points) × (real points) up to which the network simplex gets all of them at once; beyond, lists are faster.
_ALL_PAIRS = 4_000_000
#: Measured up to 30,000 points a side.
_FORECAST = Forecast(kib=6.0, seconds=20.0, exponent=1.7)


def check_wasserstein(problem: CriticProblem, solver: AbstractSolver) -> None:
    """Raise InputError unless the problem has the Wasserstein loss and a Lipschitz penalty or ball."""
    check_restricted(problem, solver)
    if not problem.losses.is_wasserstein:
        raise InputError(
            f"{type(solver).__name__} solves the Wasserstein loss only, not {problem.losses.name!r};",
            Advice(python="use toylab.solvers.InteriorPoint().", command="use --solver interior-point."),
        )


def best_constant(regularizer: Regularizer, w1: float) -> float:
    """The k that minimises R(k) − k W₁."""
    match regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            return target + w1 / (2.0 * weight)
        case LipschitzBall(radius=radius):
            return radius
    raise InputError(f"no rule for the best constant under {type(regularizer).__name__}.")


@dataclass(frozen=True, kw_only=True)
class Transport(AbstractSolver):
    """Exact critic of the Wasserstein loss from an optimal transport plan and its potentials.

    Attributes:
        rtol: relative gap to be certified.
        max_iterations: of the network simplex; POT's own default stops early on a few thousand points.
    """

    rtol: float = 1e-8
    max_iterations: int = 10_000_000

    @override
    def check(self, problem: CriticProblem) -> None:
        check_wasserstein(problem, self)
        _FORECAST.check(problem, self)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        everywhere = StraightPiece(low=-np.inf, high=np.inf, slope=1.0)
        outcome = transport_outcome(problem, everywhere, self.rtol, self.max_iterations)
        assert outcome is not None  # everything fits on an infinite line
        return outcome


def transport_outcome(problem: CriticProblem, piece: StraightPiece, rtol: float, max_iterations: int) -> Outcome | None:
    """K* times a Kantorovich potential on a straight piece of the losses; None where it does not fit there.

    Args:
        problem: with a penalty or a ball, and measures that differ.
        piece: where the losses are straight.
        rtol: relative gap to be certified.
        max_iterations: of the network simplex.
    """
    support = problem.support
    # mass that both measures have at a point stays there (the cost is a metric); what is left is resolved to its own
    # last digit, however little it is, and every point of it has mass (POT's potentials are free elsewhere)
    surplus = support.fake_weights - support.real_weights
    fakes, reals = np.flatnonzero(surplus > 0), np.flatnonzero(surplus < 0)
    p, q = surplus[fakes], -surplus[reals]
    points, shares = (support.points[fakes], support.points[reals]), (p / p.sum(), q / q.sum())
    solver = _on_all_pairs if len(fakes) * len(reals) <= _ALL_PAIRS else _on_a_shortlist
    found = solver(points, shares, rtol, max_iterations)
    mass = piece.slope * p.sum() * found.mass
    k = best_constant(problem.regularizer, float(mass @ found.distance))
    critic = LowerExtension(points[1], k * found.potential, k)
    shift = piece.shift(critic(support.points[support.in_fake | support.in_real]))
    if shift is None:
        return None
    if shift:
        critic = LowerExtension(points[1], k * found.potential + shift, k)
    size = len(support.points)
    merged = sparse.coo_array((mass, (fakes[found.rows], reals[found.columns])), shape=(size, size))
    return Outcome(critic=critic, plan=split_plan(problem, merged.tocsr()), status=found.status, stats=found.stats)


_Arrays = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True, eq=False)
class _Moved:
    """A plan between fakes and reals: (P,) pairs, their masses and distances; and a potential at the reals, (r,)."""

    rows: np.ndarray
    columns: np.ndarray
    mass: np.ndarray
    distance: np.ndarray
    potential: np.ndarray
    status: Status
    stats: dict[str, int]


def _on_all_pairs(points: _Arrays, masses: _Arrays, rtol: float, max_iterations: int) -> _Moved:
    import ot

    distance = cdist(*points)
    unit = float(np.median(distance))  # the simplex has absolute tolerances
    moved, log = ot.emd(*masses, distance / unit, numItermax=max_iterations, log=True)
    # potentials u + v ≤ d: the 1-Lipschitz critic above −u on the fakes and v on the reals is the c-transform
    potential = (distance - unit * np.asarray(log["u"])[:, None]).min(axis=0)
    plan = sparse.coo_array(np.asarray(moved))
    status = Status.OPTIMAL if log["warning"] is None else Status.ITERATION_LIMIT
    rows, columns = plan.coords
    return _Moved(rows, columns, plan.data, distance[rows, columns], potential, status, {})


def _on_a_shortlist(points: _Arrays, masses: _Arrays, rtol: float, max_iterations: int) -> _Moved:
    from toylab.solvers.column_generation import shortlisted_transport

    # where k = k₀ + C/2λ, a share δ of C = W₁ is worth at most 2 δ of what the best constant critic leaves to gain
    found = shortlisted_transport(
        points[0], masses[0], points[1], masses[1], 0.25 * rtol, max_iterations=max_iterations
    )
    stats = {"lists": found.lists, "pairs": found.pairs}
    return _Moved(found.rows, found.columns, found.mass, found.distance, found.v, found.status, stats)
