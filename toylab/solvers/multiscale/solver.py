"""The exact critic at scale: a sparse interior point from coarse to fine.

    minimise over f, k:  Σ_z h_z(f_z) + R(k)   subject to   k d_xy + f(x) − f(y) ≥ 0 for every fake x and real y

Both clouds are aggregated into the cells of a kd-tree. The coarsest level is solved with all pairs; each finer one
begins with the children of the pairs that matter, on the central path, and exchanges pairs on the way (`rounds`).
The certificate is that of every solver: over all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import sparse
from typing_extensions import override

from toylab.certificate import certify
from toylab.critics import LowerExtension
from toylab.errors import InputError, whole_number
from toylab.measures import DiscreteMeasure
from toylab.plans import split_plan
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Forecast, Outcome, check_restricted
from toylab.solvers.devices import DeviceMemoryError
from toylab.solvers.headway import PARTS, Headway, Progress, check_progress
from toylab.solvers.interior_point import InteriorPoint
from toylab.solvers.multiscale.coarsening import Level, levels, on_level
from toylab.solvers.multiscale.edge_program import EdgeProgram, Iterate
from toylab.solvers.multiscale.kinks import beside
from toylab.solvers.multiscale.pointwise import Pointwise
from toylab.solvers.multiscale.rounds import Reached, Rounds
from toylab.solvers.multiscale.stage import Stage, constant_start, refined
from toylab.solvers.normalised_program import NormalisedProgram, carried_points
from toylab.solvers.predictor_corrector import predictor_corrector
from toylab.solvers.recession import recession_pair
from toylab.solvers.starting_point import starting_point
from toylab.solvers.straight_piece import straight_piece
from toylab.solvers.threads import one_thread
from toylab.solvers.transport import transport_outcome

#: Relative gap at which the coarsest level is left, and that of the others but the finest times their cells: the
#: error of coarsening goes with the square of the size of a cell.
_AT_COARSEST, _BETWEEN = 1e-2, 0.3
_STEPS_AT_COARSEST = 60
_SAMPLED_DISTANCES = 10_001
_SIMPLEX_ITERATIONS = 10_000_000
#: Measured up to 30,000 points a side.
_FORECAST = Forecast(kib=24.0, seconds=30.0, exponent=1.7)
#: Pairs up to which the dense engine, in a minute or two, is asked where this one has missed its tolerance.
_DENSE_HELPS = 8_000_000


@dataclass(frozen=True, kw_only=True)
class Multiscale(AbstractSolver):
    """The exact solver for many points: memory O(points + listed pairs), on the CPU.

    For the losses but Wasserstein whose fake→real program is the whole problem: condition (11), the hinge, least
    squares with α ≤ β, a user's own convex pair of this kind; with a penalty or a ball; supports may overlap. Relative
    gap 1e-6 by default and 1e-8 on request, certified over every fake→real pair. Clouds of at most `coarsest` points
    are left to `InteriorPoint`, and so is what misses its tolerance where all pairs are few enough.

    Attributes:
        rtol: relative gap to be certified.
        max_iterations: Newton steps of one level at most, in each attempt at it.
        coarsest: points of a cloud at the coarsest level at most.
        progress: called before every step with (thousandths done, 1000, relative_gap and k), the gap being that of the
            level. Where there is one, KeyboardInterrupt, from it or from the keyboard, ends the run and keeps the best
            critic so far.
    """

    rtol: float = 1e-6
    max_iterations: int = 500
    coarsest: int = 128
    progress: Progress | None = None

    @override
    def check_settings(self) -> None:
        super().check_settings()
        whole_number(self.coarsest, "coarsest", least=1)
        check_progress(self.progress)

    @override
    def check(self, problem: CriticProblem) -> None:
        check_restricted(problem, self)
        if max(len(problem.fake), len(problem.real)) <= self.coarsest:
            self._dense().check(problem)
            return
        if problem.losses.is_wasserstein:
            raise InputError("Multiscale needs a curved loss; use toylab.solvers.Transport() for Wasserstein.")
        compact = problem.losses.compact_form()
        if not compact:
            raise InputError(f"fake→real pairs do not describe {problem.losses.name!r}: {'; '.join(compact.reasons)}.")
        _FORECAST.check(problem, self)

    def _dense(self) -> InteriorPoint:
        return InteriorPoint(rtol=min(self.rtol, 1e-8), max_iterations=self.max_iterations, progress=self.progress)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        carried, points, fakes, reals = carried_points(problem)
        if max(len(fakes), len(reals)) <= self.coarsest:
            return self._dense().attempt(problem)
        piece = straight_piece(problem.losses)
        if piece is not None and not problem.support.equal_measures:
            straight = transport_outcome(problem, piece, self.rtol, _SIMPLEX_ITERATIONS)
            if straight is not None:
                return straight
        support = problem.support
        p, q = support.fake_weights[carried][fakes], support.real_weights[carried][reals]
        fake_levels, real_levels = levels(points[fakes], p, self.coarsest), levels(points[reals], q, self.coarsest)
        length = _typical_distance(points[fakes], points[reals])
        with one_thread(), np.errstate(all="ignore"):  # an iterate that is not finite ends the iteration
            finest = Stage(
                fake_levels[0],
                real_levels[0],
                points,
                Pointwise(problem, fakes, reals, p, q, len(points), length),
                length,
            )
            headway = Headway(self.progress)
            reached = self._from_coarse_to_fine(problem, fake_levels, real_levels, finest, headway)
            lines = recession_pair(problem.losses)
            if reached.status is Status.INACCURATE and lines is not None:  # a large critic is first seen from far away
                far = replace(problem, losses=lines)
                again = self._from_coarse_to_fine(far, fake_levels, real_levels, finest, headway)
                reached = _better(again, reached)
        outcome = _outcome(problem, carried, finest, reached)
        lost = reached.status in {Status.INACCURATE, Status.ITERATION_LIMIT}
        if lost and len(fakes) * len(reals) <= _DENSE_HELPS:
            return self._helped(problem, outcome)
        return outcome

    def _helped(self, problem: CriticProblem, outcome: Outcome) -> Outcome:
        """The outcome of the dense engine where that is closer to optimal."""
        try:
            dense = replace(self._dense(), progress=self._at_the_end()).attempt(problem)
        except DeviceMemoryError:
            return outcome
        except KeyboardInterrupt:
            if self.progress is None:
                raise
            return replace(outcome, status=Status.INTERRUPTED)
        gaps = [certify(problem, each.critic, each.plan).relative_gap for each in (dense, outcome)]
        if gaps[0] > gaps[1]:
            stopped = dense.status is Status.INTERRUPTED
            return replace(outcome, status=dense.status) if stopped else outcome
        why = f"InteriorPoint, because Multiscale came to a relative gap of {gaps[1]:.2g}"
        return replace(dense, stats={**dense.stats, "instead": why})

    def _at_the_end(self) -> Progress | None:
        """The progress function, told of gap and constant alone: all levels are done."""
        if self.progress is None:
            return None
        tell = self.progress
        return lambda _done, _total, numbers: tell(PARTS, PARTS, numbers)

    def _from_coarse_to_fine(
        self,
        problem: CriticProblem,
        fake_levels: list[Level],
        real_levels: list[Level],
        finest: Stage,
        headway: Headway,
    ) -> Reached:
        depth = max(len(fake_levels), len(real_levels))
        stage = _coarse_stage(
            problem, on_level(fake_levels, depth - 1), on_level(real_levels, depth - 1), finest.length
        )
        program, point = _coarsest(problem, stage)
        shares = _shares_of_work(fake_levels, real_levels, depth)
        interrupted = False
        for number in range(depth - 2, -1, -1):
            fine = finest
            if number:
                fine = _coarse_stage(
                    problem, on_level(fake_levels, number), on_level(real_levels, number), finest.length
                )
            program, point = refined(stage, program, point, fine)
            goal = max(_BETWEEN / max(fine.shape), self.rtol) if number else self.rtol
            if interrupted:  # what the coarser level has reached is carried to the points themselves
                reached = Reached(program, point, np.inf, Status.INTERRUPTED, 0, 0)
            else:
                headway.stretch(shares[number + 1], shares[number], goal)
                reached = self._on_level(fine, program, point, goal, headway)
                interrupted = reached.status is Status.INTERRUPTED
            stage, program, point = fine, reached.program, reached.point
        return reached

    def _on_level(self, stage: Stage, program: EdgeProgram, point: Iterate, goal: float, headway: Headway) -> Reached:
        reached = Rounds(stage, program, point, headway).run(goal, self.max_iterations)
        if reached.status is not Status.INACCURATE:
            return reached
        again = Rounds(stage, program, _constant_start(program), headway).run(goal, self.max_iterations)
        return _better(again, reached)


def _better(again: Reached, before: Reached) -> Reached:
    """Of two attempts the one with the smaller gap; that the user has stopped the second is not lost."""
    best = min((again, before), key=lambda each: each.gap)
    return replace(best, status=again.status) if again.status is Status.INTERRUPTED else best


def _shares_of_work(fakes: list[Level], reals: list[Level], depth: int) -> np.ndarray:
    """(depth,), share of the work that is done when a level is, the finest first: points to the power of 1.6."""
    points = np.array(
        [len(on_level(fakes, level).points) + len(on_level(reals, level).points) for level in range(depth)]
    )
    work = points[::-1] ** 1.6
    return (np.cumsum(work) / work.sum())[::-1]


def _coarse_stage(problem: CriticProblem, fakes: Level, reals: Level, length: float) -> Stage:
    """Cells of both clouds, none of them shared."""
    g, r = len(fakes.points), len(reals.points)
    pointwise = Pointwise(problem, np.arange(g), g + np.arange(r), fakes.weights, reals.weights, g + r, length)
    return Stage(fakes, reals, np.concatenate([fakes.points, reals.points]), pointwise, length)


def _coarsest(problem: CriticProblem, stage: Stage) -> tuple[EdgeProgram, Iterate]:
    """The coarsest level by the dense interior point, as an iterate over all its pairs."""
    coarse = CriticProblem(
        DiscreteMeasure(stage.fakes.points, stage.fakes.weights),
        DiscreteMeasure(stage.reals.points, stage.reals.weights),
        problem.losses,
        problem.regularizer,
    )
    rows, columns = np.divmod(np.arange(stage.shape[0] * stage.shape[1]), stage.shape[1])
    program = stage.program(rows, columns)
    dense = NormalisedProgram(coarse, torch.device("cpu"), length=stage.length)
    if dense.equal_measures or not dense.count:
        return program, _constant_start(program)
    point = starting_point(dense)
    for _ in range(_STEPS_AT_COARSEST):
        gap, room = dense.gap_and_room(point)
        if gap <= _AT_COARSEST * room:
            break
        try:
            point = predictor_corrector(dense, point)
        except (FloatingPointError, ZeroDivisionError):
            return program, _constant_start(program)
    place = _places(coarse, dense)
    ends = place[0][rows], place[1][columns]
    gamma = point.gamma.numpy()[ends]
    for owner, weights, group in ((place[0], stage.fakes.weights, rows), (place[1], stage.reals.weights, columns)):
        gamma = gamma * (weights / np.bincount(owner, weights=weights)[owner])[group]
    support = coarse.support
    values = np.empty(len(support.points))
    values[dense.carried] = point.values.numpy()
    values = np.concatenate([values[support.fake_owner], values[support.real_owner]])
    slack = np.maximum(point.slack.numpy()[ends], 1e-300)
    gamma = np.maximum(gamma, 1e-300)
    return program, Iterate(values, point.k, gamma, slack, beside(program.kinks, values, float(gamma @ slack)))


def _constant_start(program: EdgeProgram) -> Iterate:
    """As `constant_start`, with the plan and the constant that a constant critic asks for."""
    pointwise = program.pointwise
    cost = pointwise.slope_at_constant * float(program.path @ program.distance)
    match pointwise.regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            return constant_start(program, cost, target + cost / (2.0 * weight))
        case LipschitzBall(radius=radius):
            return constant_start(program, cost, radius)
    raise InputError(f"Multiscale does not know the regulariser {type(pointwise.regularizer).__name__}.")


def _places(problem: CriticProblem, dense: NormalisedProgram) -> tuple[np.ndarray, np.ndarray]:
    """The row of every fake point and the column of every real point in the dense program; points may coincide."""
    support, places = problem.support, []
    for owner, listed in ((support.fake_owner, dense.pairs.fakes), (support.real_owner, dense.pairs.reals)):
        place = np.full(len(support.points), -1)
        place[dense.carried[listed.numpy()]] = np.arange(len(listed))
        places.append(place[owner])
    return places[0], places[1]


def _typical_distance(fakes: np.ndarray, reals: np.ndarray) -> float:
    """The median of sampled distances, which scales with the problem."""
    rng = np.random.default_rng(0)
    rows, columns = (rng.integers(len(cloud), size=_SAMPLED_DISTANCES) for cloud in (fakes, reals))
    distance = np.linalg.norm(fakes[rows] - reals[columns], axis=1)
    return float(np.median(distance[distance > 0])) if (distance > 0).any() else 1.0


def _outcome(problem: CriticProblem, carried: np.ndarray, stage: Stage, reached: Reached) -> Outcome:
    """The iterate in the caller's units and point order."""
    program, point, size = reached.program, reached.point, len(problem.support.points)
    ends = carried[program.sources], carried[program.sinks]
    merged = sparse.coo_array((point.gamma, ends), shape=(size, size)).tocsr()
    return Outcome(
        critic=_critic(problem, stage, point),
        plan=split_plan(problem, merged),
        status=reached.status,
        stats={"iterations": reached.iterations, "scans": reached.scans, "pairs": len(program.rows)},
    )


def _critic(problem: CriticProblem, stage: Stage, point: Iterate) -> LowerExtension:
    """The lower extension over the real points; over fakes as well where it would cost to lower them to it."""
    values = stage.critic(point)
    critic = LowerExtension(values.reals, values.v, values.k, 1e-6 * point.k)
    if problem.losses.fake_loss.slope_range.lower >= 0:
        return critic
    above = values.u > critic(values.fakes) + critic.apex_tolerance
    centres = np.concatenate([values.reals, values.fakes[above]])
    return LowerExtension(centres, np.concatenate([values.v, values.u[above]]), values.k, critic.apex_tolerance)
