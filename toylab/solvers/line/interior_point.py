"""The exact critic of any loss for points on one line, by an interior point whose Newton step is O(n + m).

`program` holds the problem, `steps` the predictor-corrector step, `chain_system` its linear system, `corners` what a
kink of a loss adds to it. It shares no code with the solver of all pairs, and is a second opinion for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.collinear import check_collinear, monotone_plan
from toylab.critics import LowerExtension
from toylab.errors import InputError
from toylab.plans import split_plan
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_restricted
from toylab.solvers.line.program import Iterate, LineProgram, outflow
from toylab.solvers.line.steps import predictor_corrector
from toylab.solvers.line.transport import sorted_outcome
from toylab.solvers.straight_piece import straight_piece

_STALLED_AFTER = 20


@dataclass(frozen=True, kw_only=True)
class LineInteriorPoint(AbstractSolver):
    """The exact solver for points on one line, in any dimension, and every loss that `InteriorPoint` takes.

    Time and memory are proportional to the number of points (sorting aside) for every iteration, of which there are
    some tens. Relative gap 1e-8 by default, over every fake→real pair. Where the losses are straight around a critic
    that fits (Wasserstein, a hinge whose margin holds it) the answer is that of `LineTransport`.

    Attributes:
        rtol: relative gap to be certified.
        max_iterations: Newton steps at most.
    """

    rtol: float = 1e-8
    max_iterations: int = 200

    @override
    def check(self, problem: CriticProblem) -> None:
        check_restricted(problem, self)
        compact = problem.losses.compact_form()
        if not compact:
            raise InputError(f"fake→real pairs do not describe {problem.losses.name!r}: {'; '.join(compact.reasons)}.")
        check_collinear(problem, type(self).__name__)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        piece = straight_piece(problem.losses)
        if piece is not None:
            straight = sorted_outcome(problem, piece)
            if straight is not None:
                return straight
        program = LineProgram(problem)
        attempts = []
        for constant in (False, True):
            attempts.append(self._iterate(program, program.start(constant=constant)))
            if attempts[-1][1] is Status.OPTIMAL:
                break
        point, status, gaps = min(attempts, key=lambda attempt: min(attempt[2], default=0.0))
        return _outcome(problem, program, point, status, gaps)

    def _iterate(self, program: LineProgram, point: Iterate) -> tuple[Iterate, Status, list[float]]:
        """The best iterate, how the iteration ended, and the relative gap of every iterate."""
        best, best_gap, least, record, since = point, np.inf, np.inf, [], 0
        for _ in range(self.max_iterations):
            absolute, room = program.gap_and_room(point)
            gap = absolute / room
            record.append(gap)
            since = 0 if gap < 0.9 * best_gap or absolute < 0.9 * least else since + 1
            least = min(least, absolute)
            if gap < best_gap:
                best, best_gap = point, gap
            if best_gap <= 0.1 * self.rtol:
                return best, Status.OPTIMAL, record
            if since >= _STALLED_AFTER or not np.isfinite(gap):
                return best, Status.INACCURATE, record
            try:
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                    point = predictor_corrector(program, point)
            except (FloatingPointError, ZeroDivisionError):
                return best, Status.INACCURATE, record
        return best, Status.ITERATION_LIMIT, record


def _outcome(
    problem: CriticProblem, program: LineProgram, point: Iterate, status: Status, gaps: list[float]
) -> Outcome:
    """The iterate in the caller's units and point order."""
    support, order = problem.support, program.order
    slopes, positions = np.zeros(len(support.points)), np.zeros(len(support.points))
    slopes[order], positions[order] = outflow(point.net_flow), program.positions
    supply = np.where(support.in_fake, np.maximum(slopes, 0.0), 0.0)
    demand = np.where(support.in_real, np.maximum(-slopes, 0.0), 0.0)
    merged = monotone_plan(support, positions, supply, demand)
    return Outcome(
        critic=_critic(problem, program, point),
        plan=split_plan(problem, merged),
        status=status,
        stats={"iterations": max(len(gaps) - 1, 0)},
        history={"relative_gap": np.array(gaps)},
    )


def _critic(problem: CriticProblem, program: LineProgram, point: Iterate) -> LowerExtension:
    """The lower extension over the real points; over fakes as well where it would cost to lower them to it."""
    points, values, k = problem.support.points[program.order], point.values, point.k / program.length
    reals, fakes = program.real_weights > 0, program.fake_weights > 0
    critic = LowerExtension(points[reals], values[reals], k, 1e-6 * point.k)
    if problem.losses.fake_loss.slope_range.lower >= 0:
        return critic
    centres = reals.copy()
    centres[fakes] |= values[fakes] > critic(points[fakes]) + critic.apex_tolerance
    return LowerExtension(points[centres], values[centres], k, critic.apex_tolerance)
