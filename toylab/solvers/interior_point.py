"""The exact critic by a primal-dual interior point over every fake→real pair, in float64.

    minimise over f, k:  Σ_z h_z(f_z) + R(k)   subject to   w_xy = k d_xy + f(x) − f(y) ≥ 0

with multipliers γ_xy ≥ 0, which are the dual plan. The slack w is carried along instead of recomputed, because
between points that nearly coincide it is far smaller than the values it is a difference of.
`normalised_program` holds the problem, `starting_point`, `recession` and `continuation` where it begins,
`predictor_corrector` the step, `newton` its linear system, `kinked_terms` what a kink of a loss adds to it.

Source: the convex program of THEORY section 2.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from typing_extensions import override

from toylab.certificate import certify
from toylab.critics import LowerExtension
from toylab.errors import InputError
from toylab.losses import LossPair
from toylab.plans import split_plan
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_memory, check_restricted
from toylab.solvers.continuation import continued
from toylab.solvers.devices import DeviceMemoryError, find_device, memory_gib, run_on
from toylab.solvers.headway import Headway, Progress, check_progress
from toylab.solvers.normalised_program import BY_MASS, BY_MASS_AND_DISTANCE, Iterate, NormalisedProgram
from toylab.solvers.predictor_corrector import predictor_corrector
from toylab.solvers.recession import recession_pair
from toylab.solvers.starting_point import constant_start, starting_point
from toylab.solvers.straight_piece import straight_piece
from toylab.solvers.threads import suited_threads
from toylab.solvers.transport import transport_outcome

_STALLED_AFTER = 20
#: Share of a row's mass, and of a column's, that rounding of its sum loses.
_ROUNDING = 1e-17
_SIMPLEX_ITERATIONS = 10_000_000
#: Critic values, in units of the loss, from which on a loss is first seen from far away.
_FAR_AWAY = 30.0
#: The same where a loss that never gets flat explodes on the other side: nothing else has led there.
_VERY_FAR_AWAY = 1000.0
#: Critic units of the first of the small critics from which a large one is reached.
_FIRST_SIZES = (4.0, 2.0, 6.0)
#: Complementarity at which the central path of a kink is as wide as the bend of a loss.
_WIDTH_OF_BEND = 4.0


@dataclass(frozen=True, kw_only=True)
class InteriorPoint(AbstractSolver):
    """The exact solver for every loss whose fake→real program is the whole problem (`LossPair.compact_form`).

    That is condition (11), the hinge, least squares with α ≤ β, and a user's own convex pair of this kind; with a
    penalty or a ball; supports may overlap. Memory grows with (fake points) × (real points); where it runs out on the
    way, `Multiscale` starts again, with a warning. Relative gap 1e-8 by default.

    Attributes:
        rtol: relative gap to be certified.
        max_iterations: Newton steps at most.
        device: "cpu", "cuda", or "auto" (a GPU where there is one).
        progress: called before every Newton step with (thousandths done, 1000, relative_gap and k). Where there is one,
            KeyboardInterrupt, from it or from the keyboard, ends the run and keeps the best critic so far.
    """

    rtol: float = 1e-8
    max_iterations: int = 200
    device: str = "cpu"
    progress: Progress | None = None

    @override
    def check_settings(self) -> None:
        super().check_settings()
        check_progress(self.progress)

    @override
    def check(self, problem: CriticProblem) -> None:
        check_restricted(problem, self)
        compact = problem.losses.compact_form()
        if not compact:
            raise InputError(f"fake→real pairs do not describe {problem.losses.name!r}: {'; '.join(compact.reasons)}.")
        check_memory(problem, self, arrays=16, gib=memory_gib(find_device(self.device)))

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        try:
            return self.attempt(problem)
        except DeviceMemoryError as error:
            return self._on_a_shortlist(problem, error)

    def attempt(self, problem: CriticProblem) -> Outcome:
        """As `run`, with no other engine where memory runs out.

        Raises:
            DeviceMemoryError: the device has too little.
        """
        import torch

        piece = straight_piece(problem.losses)
        if piece is not None and not problem.support.equal_measures:
            straight = transport_outcome(problem, piece, self.rtol, _SIMPLEX_ITERATIONS)
            if straight is not None:
                return straight
        with suited_threads(len(problem.fake) * len(problem.real)), torch.inference_mode():
            return run_on(self.device, lambda device: self._best(problem, NormalisedProgram(problem, device)))

    def _on_a_shortlist(self, problem: CriticProblem, error: DeviceMemoryError) -> Outcome:
        """What the sparse engine finds instead, whose memory does not grow with the number of pairs."""
        import torch

        from toylab.solvers.multiscale import Multiscale

        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        sparse_engine = Multiscale(rtol=self.rtol, progress=self.progress)
        if max(len(problem.fake), len(problem.real)) <= sparse_engine.coarsest:  # which it leaves to this one
            raise error
        reason = str(error).split("; take")[0]
        warnings.warn(f"{reason}; starting again with Multiscale(rtol={self.rtol:g}).", RuntimeWarning, stacklevel=2)
        outcome = sparse_engine.run(problem)
        return replace(outcome, stats={**outcome.stats, "instead": f"Multiscale, because {reason}"})

    def _best(self, problem: CriticProblem, program: NormalisedProgram) -> Outcome:
        """The first start that leads to the tolerance, or the one that leads closest."""
        # of a loss that never gets flat the gap to first order says too little: mass that is missing is routed far
        steep = problem.losses.fake_loss.slope_range.lower > 0
        best, least, headway = None, np.inf, Headway(self.progress)
        headway.stretch(0.0, 1.0, 0.1 * self.rtol)
        try:
            for start in self._starts(problem, program):
                point, status, gaps = self._iterate(program, start, headway)
                outcome = _outcome(problem, program, point, status, gaps)
                reached = min(gaps, default=0.0)
                if steep:
                    reached = certify(problem, outcome.critic, outcome.plan).relative_gap
                if best is None or reached < least:
                    best, least = outcome, reached
                if status is Status.INTERRUPTED:
                    return replace(best, status=status)
                if status is Status.OPTIMAL and reached <= self.rtol:
                    break
        except KeyboardInterrupt:
            if best is None or not headway.watched:
                raise
            return replace(best, status=Status.INTERRUPTED)
        assert best is not None
        return best

    def _starts(self, problem: CriticProblem, program: NormalisedProgram) -> Iterator[Iterate]:
        """Where to start, the next one only where the one before has failed.

        The best critic of one shape, on the path that favours tight pairs, which is by far the shortest; where a loss
        never gets flat on one side and explodes on the other that path is worse, and a large critic is best reached
        from a small one. The others are on the path that gives every pair its share: first, where a loss never gets
        flat and the critic is therefore large, and second where it does, the central path of the losses seen from far
        away; a constant critic, which is on the path weighted by distances; the best critic again, on the path that is
        not.
        """
        near = starting_point(program)
        slopes = problem.losses.fake_loss.slope_range
        rough = slopes.lower > 0 and np.isinf(slopes.upper)
        large = near.k * float(program.distance.max()) > _FAR_AWAY
        if not rough:
            yield near
        program.favours_tight = False
        very_large = near.k * float(program.distance.max()) > _VERY_FAR_AWAY
        if rough and very_large:
            yield from self._from_small_ones(problem, program, near)
        lines = recession_pair(problem.losses)
        if lines is None or not large:
            yield near
        elif lines.fake_loss.slope_range.lower > 0:
            yield self._from_far_away(problem, program, lines, near)
            yield near
        else:
            yield near
            yield self._from_far_away(problem, program, lines, near)
        program.weigh_central_path(0.0)
        yield constant_start(program)
        program.weigh_central_path(BY_MASS)
        yield near
        if large and not (rough and very_large):
            program.weigh_central_path(BY_MASS_AND_DISTANCE)
            yield from self._from_small_ones(problem, program, near)

    def _from_small_ones(self, problem: CriticProblem, program: NormalisedProgram, near: Iterate) -> Iterator[Iterate]:
        """Large critics reached from small ones of several sizes: which one leads there is a matter of luck."""
        for first in _FIRST_SIZES:
            with contextlib.suppress(FloatingPointError, ZeroDivisionError):
                yield continued(problem, program, near, predictor_corrector, first=first)

    def _from_far_away(
        self, problem: CriticProblem, program: NormalisedProgram, lines: LossPair, near: Iterate
    ) -> Iterate:
        """Where the central path of the straight-line losses is as wide as the bend of the losses."""
        far = program.of(replace(problem, losses=lines))
        point = replace(near, kinks=far.kinks.start(near.values, near.k))
        for _ in range(self.max_iterations):
            if point.complementarity(far.kinks) <= _WIDTH_OF_BEND:
                break
            try:
                point = predictor_corrector(far, point)
            except (FloatingPointError, ZeroDivisionError):
                break
        return replace(point, kinks=program.kinks.start(point.values, 1.0))

    def _iterate(
        self, program: NormalisedProgram, point: Iterate, headway: Headway
    ) -> tuple[Iterate, Status, list[float]]:
        """The best iterate, how the iteration ended, and the relative gap of every iterate."""
        if program.count == 0 or program.equal_measures:
            return replace(point, k=0.0, gamma=0.0 * point.gamma), Status.OPTIMAL, []
        best, best_gap, least, record, since = point, np.inf, np.inf, [], 0
        status = Status.ITERATION_LIMIT
        for _ in range(self.max_iterations):
            absolute, room = program.gap_and_room(point)
            gap = absolute / room
            record.append(gap)
            # while the constant shrinks by orders of magnitude, gap and room do so together
            since = 0 if gap < 0.9 * best_gap or absolute < 0.9 * least else since + 1
            least = min(least, absolute)
            if gap < best_gap:
                best, best_gap = point, gap
            if best_gap <= 0.1 * self.rtol:
                status = Status.OPTIMAL
                break
            if since >= _STALLED_AFTER or not np.isfinite(gap):
                status = Status.INACCURATE
                break
            try:
                headway.at(gap, point.k / program.length)
                point = predictor_corrector(program, point)
            except (FloatingPointError, ZeroDivisionError):
                status = Status.INACCURATE
                break
            except KeyboardInterrupt:
                if not headway.watched:
                    raise
                status = Status.INTERRUPTED
                break
        return best, status, record


def _outcome(
    problem: CriticProblem, program: NormalisedProgram, point: Iterate, status: Status, gaps: list[float]
) -> Outcome:
    """The iterate in the caller's units and point order."""
    support = problem.support
    size = len(support.points)
    mass = point.gamma.cpu().numpy()
    # what is below the rounding of its row and of its column, which is all but a few, is no part of the plan
    kept = mass > _ROUNDING * mass.sum(axis=1)[:, None]
    kept |= mass > _ROUNDING * mass.sum(axis=0)
    fakes, reals = np.nonzero(kept)
    ends = (program.carried[side.cpu().numpy()] for side in (program.pairs.fakes, program.pairs.reals))
    rows, columns = (owner[at] for owner, at in zip(ends, (fakes, reals), strict=True))
    merged = sparse.coo_array((mass[fakes, reals], (rows, columns)), shape=(size, size))
    critic = _critic(problem, program, point)
    stats = {"iterations": max(len(gaps) - 1, 0), "device": str(point.values.device)}
    plan = split_plan(problem, merged.tocsr())
    return Outcome(critic=critic, plan=plan, status=status, stats=stats, history={"relative_gap": np.array(gaps)})


def _critic(problem: CriticProblem, program: NormalisedProgram, point: Iterate) -> LowerExtension:
    """The lower extension over the real points; over fakes as well where it would cost to lower them to it.

    A loss that falls below its minimiser (least squares) leaves fakes without a bounding partner above the cones.
    """
    points, values = problem.support.points[program.carried], point.values.cpu().numpy()
    k = point.k / program.length
    fakes, reals = program.pairs.fakes.cpu().numpy(), program.pairs.reals.cpu().numpy()
    critic = LowerExtension(points[reals], values[reals], k, 1e-6 * point.k)
    if problem.losses.fake_loss.slope_range.lower >= 0:
        return critic
    above = fakes[values[fakes] > critic(points[fakes]) + critic.apex_tolerance]
    centres = np.concatenate([reals, above])
    return LowerExtension(points[centres], values[centres], k, critic.apex_tolerance)
