"""What the certified critic says about a state: arrays to draw, numbers to show, and how long it took."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from toylab.dynamics.answers import Answer as Told
from toylab.dynamics.answers import along_plan
from toylab.play.state import Objective, State
from toylab.regularizers import Unrestricted
from toylab.solution import Candidate, Solution
from toylab.solvers.solving import solve

#: Cells of the surface along its longer side.
RESOLUTION = 100
#: Length of an arrow of norm k, as a share of the picture's diagonal.
_ARROW = 0.06
#: An arrow is cut at so many times that.
_CUT = 2.0
#: Share of the largest mass of the plan below which a pair is not drawn.
_FAINT = 1e-3
#: A mean of unit vectors shorter than this by so much is one of several directions.
_TORN = 1e-6


@dataclass(frozen=True, kw_only=True)
class View:
    """The part of the plane that is shown."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def diagonal(self) -> float:
        """Its length."""
        return float(np.hypot(self.right - self.left, self.top - self.bottom))

    def grid(self, resolution: int) -> tuple[np.ndarray, tuple[int, int]]:
        """Centres of its cells (m, 2), the first row at the bottom, and the numbers of rows and columns."""
        width, height = self.right - self.left, self.top - self.bottom
        columns = max(round(resolution * width / max(width, height)), 2)
        rows = max(round(resolution * height / max(width, height)), 2)
        x = self.left + (np.arange(columns) + 0.5) * width / columns
        y = self.bottom + (np.arange(rows) + 0.5) * height / rows
        return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2), (rows, columns)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The certified critic, ready to be drawn.

    Attributes:
        surface: (rows, columns), critic values over the view.
        arrows: (at most n_fake, 4), x, y of both ends of every gradient that is not 0; at a kink the mean of the
            one-sided gradients, which is where a fake goes.
        pairs: (m, 5), x, y of both ends and the mass γ of the plan between them.
        told: what the fakes are told, None without a restriction: f* says nothing between the points then.
        solution: what they come from.
        words: k*, V, gap and what else is to be read, as a line each.
        seconds: that it took.
    """

    surface: np.ndarray
    arrows: np.ndarray
    pairs: np.ndarray
    told: Told | None
    solution: Solution
    words: tuple[str, ...]
    seconds: float


def answer(state: State, view: View) -> Answer:
    """Solve a state and prepare its picture.

    Raises:
        InputError: the problem has no optimal critic, with the reason; SolverError: it could not be solved.
    """
    start = time.perf_counter()
    solution = solve(state.problem, throw=False)
    told = _told(solution)
    gradients = np.asarray(solution.critic.gradient(solution.problem.fake.points), dtype=np.float64)
    if told is not None:
        reach = np.linalg.norm(told.directions, axis=1, keepdims=True)
        pushed = (told.plan.sum(axis=1) > 0)[:, None] if told.plan is not None else reach > 0
        gradients = np.where(pushed & (reach < 1.0 - _TORN), told.gradients, gradients)
    return Answer(
        surface=surface_of(solution, view),
        arrows=arrows_of(solution.problem.fake.points, gradients, view, solution.lipschitz_constant),
        pairs=_pairs(solution),
        told=told,
        solution=solution,
        words=_words(state, solution),
        seconds=time.perf_counter() - start,
    )


def _told(solution: Solution) -> Told | None:
    problem = solution.problem
    if isinstance(problem.regularizer, Unrestricted):
        return None
    plan, k = solution.certificate.plan.toarray(), solution.lipschitz_constant
    return along_plan(problem.fake.points, problem.fake.weights, problem.real.points, plan, constant=k)


def picture(candidate: Candidate, view: View, unit: float) -> tuple[np.ndarray, np.ndarray]:
    """Surface (rows, columns) and arrows of a critic's own gradients; `unit` is the slope of a whole arrow."""
    points = candidate.problem.fake.points
    gradients = np.asarray(candidate.critic.gradient(points), dtype=np.float64)
    return surface_of(candidate, view), arrows_of(points, gradients, view, unit)


def surface_of(candidate: Candidate, view: View) -> np.ndarray:
    """(rows, columns), critic values over the view."""
    z, shape = view.grid(RESOLUTION)
    return np.asarray(candidate.critic(z), dtype=np.float64).reshape(shape)


def arrows_of(points: np.ndarray, gradients: np.ndarray, view: View, unit: float) -> np.ndarray:
    """Both ends (m, 4) of the gradients (n, 2) that are not 0: the head of an arrow without length points somewhere."""
    if unit <= 0:
        return np.zeros((0, 4))
    vectors = gradients * (_ARROW * view.diagonal / unit)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    longest = _CUT * _ARROW * view.diagonal
    vectors = np.where(length > longest, vectors * longest / np.where(length > 0, length, 1.0), vectors)
    shown = length[:, 0] > _FAINT * _ARROW * view.diagonal
    return np.hstack([points, points + vectors])[shown]


def _pairs(solution: Solution) -> np.ndarray:
    plan = solution.certificate.plan.tocoo()
    if not plan.nnz or plan.data.max() <= 0:
        return np.zeros((0, 5))
    kept = plan.data > _FAINT * plan.data.max()
    rows, columns = plan.coords[0][kept], plan.coords[1][kept]
    fake, real = solution.problem.fake.points, solution.problem.real.points
    return np.column_stack([fake[rows], real[columns], plan.data[kept]])


def _words(state: State, solution: Solution) -> tuple[str, ...]:
    certificate, how = solution.certificate, solution.status.name.lower().replace("_", " ")
    lines = [
        f"k* = {solution.lipschitz_constant:.6g}",
        f"V = {solution.value:.6g}",
        f"relative gap {certificate.relative_gap:.1e} ({how})",
        f"{len(state.fake)} fake, {len(state.real)} real points",
    ]
    if state.objective is Objective.UNRESTRICTED:
        lines[0] = "no restriction: f* is local, its gradient between points means nothing"
    return tuple(lines)
