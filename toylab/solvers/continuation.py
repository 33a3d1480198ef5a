"""A large critic reached from a small one: the same losses under a restriction that is loosened step by step.

Where a loss is a straight line on one side and explodes on the other (a share of Wasserstein with the exponential),
critic values of many thousand units have to be resolved to one unit at the bend. Under R_S(k) = R(S k)/S the optimal
critic g is about S times smaller, f ≈ c + S (g − c), and for S near |f| every value is a few units from the best
constant c. From there S is divided by a factor at a time, as large as leaves no value far up an exponential rise; a few
steps follow each division.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from toylab.errors import InputError
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.normalised_program import Iterate, NormalisedProgram
from toylab.solvers.starting_point import starting_point

#: Relative gap at which a stage is left, and steps it has at most.
_CLOSE, _STEPS = 0.003, 20
#: Critic units beyond the best constant that a value may have after a division, and the factors that are tried.
_LANDING, _LEAST, _MOST = 3.0, 1.5, 10.0
_STAGES = 80

Step = Callable[[NormalisedProgram, Iterate], Iterate]


def continued(
    problem: CriticProblem, program: NormalisedProgram, near: Iterate, step: Step, *, first: float = 4.0
) -> Iterate:
    """An iterate of the program near its central path, reached by loosening the restriction.

    Args:
        problem: what the program is of.
        program: in normalised units.
        near: its starting point, which says how large the critic is.
        step: one step of the interior point.
        first: critic units that the values of the first stage are meant to have.

    Raises:
        FloatingPointError: a step failed.
    """
    scale = max(float((near.values - program.best_constant).abs().max()) / first, 1.0)
    stage = _stage(problem, program, scale)
    point = starting_point(stage)
    for _ in range(_STAGES):
        if scale == 1.0:
            break
        for _ in range(_STEPS):
            gap, room = stage.gap_and_room(point)
            if gap <= _CLOSE * room:
                break
            point = step(stage, point)
        factor = min(max(_LANDING / max(_beyond(program, point), 1e-9), _LEAST), _MOST)
        factor = scale if scale <= factor * (1.0 + 1e-9) else factor
        scale /= factor
        stage = program if scale == 1.0 else _stage(problem, program, scale)
        point = _enlarged(stage, point, factor)
    return point


def _stage(problem: CriticProblem, program: NormalisedProgram, scale: float) -> NormalisedProgram:
    return program.of(replace(problem, regularizer=_softened(problem.regularizer, scale)))


def _softened(regularizer: Regularizer, scale: float) -> Regularizer:
    """R(S k)/S."""
    match regularizer:
        case LipschitzBall(radius=radius):
            return LipschitzBall(radius / scale)
        case LipschitzPenalty(weight=weight, target=target):
            return LipschitzPenalty(weight * scale, target / scale)
    raise InputError(f"the interior point does not know the regulariser {type(regularizer).__name__}.")


def _beyond(program: NormalisedProgram, point: Iterate) -> float:
    """How far the furthest value has gone into the growing direction of its loss."""
    rise = point.values - program.best_constant
    nothing = torch.zeros_like(rise)
    fakes = torch.where(program.fake_weights > 0, rise, nothing)
    reals = torch.where(program.real_weights > 0, -rise, nothing)
    return float(torch.maximum(fakes, reals).max())


def _enlarged(program: NormalisedProgram, point: Iterate, factor: float) -> Iterate:
    """The iterate with its distance from the best constant multiplied."""
    centre = program.best_constant
    values = centre + factor * (point.values - centre)
    regularizer = program.regularizer
    return replace(
        point,
        values=values,
        k=regularizer.radius if isinstance(regularizer, LipschitzBall) else factor * point.k,
        slack=torch.where(program.moving, factor * point.slack, point.slack),
        kinks=program.kinks.start(values, 1.0),
    )
