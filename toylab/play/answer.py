"""What the certified critic says about a state: arrays to draw, numbers to show, and how long it took."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from toylab.play.state import Objective, State
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
        arrows: (n_fake, 4), x, y of both ends of every gradient.
        pairs: (m, 5), x, y of both ends and the mass of the plan between them, in shares of the largest.
        solution: what they come from.
        words: k*, V, gap and what else is to be read, as a line each.
        seconds: that it took.
    """

    surface: np.ndarray
    arrows: np.ndarray
    pairs: np.ndarray
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
    drawn = picture(solution, view)
    return Answer(
        surface=drawn[0],
        arrows=drawn[1],
        pairs=_pairs(solution),
        solution=solution,
        words=_words(state, solution),
        seconds=time.perf_counter() - start,
    )


def picture(candidate: Candidate, view: View, unit: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Surface (rows, columns) and arrows (n_fake, 4) of any critic; `unit` is the slope of an arrow of full length."""
    z, shape = view.grid(RESOLUTION)
    surface = np.asarray(candidate.critic(z), dtype=np.float64).reshape(shape)
    points = candidate.problem.fake.points
    gradients = np.asarray(candidate.critic.gradient(points), dtype=np.float64)
    k = unit or candidate.lipschitz_constant
    vectors = gradients * (_ARROW * view.diagonal / k) if k > 0 else 0.0 * gradients
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    longest = _CUT * _ARROW * view.diagonal
    vectors = np.where(length > longest, vectors * longest / np.where(length > 0, length, 1.0), vectors)
    return surface, np.hstack([points, points + vectors])


def _pairs(solution: Solution) -> np.ndarray:
    plan = solution.certificate.plan.tocoo()
    if not plan.nnz or plan.data.max() <= 0:
        return np.zeros((0, 5))
    shares = plan.data / plan.data.max()
    kept = shares > _FAINT
    rows, columns = plan.coords[0][kept], plan.coords[1][kept]
    fake, real = solution.problem.fake.points, solution.problem.real.points
    return np.column_stack([fake[rows], real[columns], shares[kept]])


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
