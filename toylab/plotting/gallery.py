"""A sheet of small pictures, one for each problem: its fake and real points and nothing else."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from toylab.errors import InputError
from toylab.plotting import marks, surface
from toylab.plotting.canvas import SMALL, TEXT, new_figure
from toylab.problem import CriticProblem

_COLUMNS = 5
#: Width and height of one picture in inches.
_CELL = (2.5, 2.15)


def plot_gallery(problems: Sequence[tuple[str, CriticProblem]]) -> Figure:
    """One picture for each (title, problem), row by row.

    Points of the line are drawn on a line, points of more than two coordinates on their two principal axes, which the
    picture says.

    Raises:
        InputError: no problems.
    """
    if not problems:
        raise InputError("a gallery needs at least one problem.")
    columns = min(_COLUMNS, len(problems))
    rows = -(-len(problems) // columns)
    figure = new_figure(columns * _CELL[0], rows * _CELL[1] + 0.3)
    for index, (title, problem) in enumerate(problems):
        _draw(figure.add_subplot(rows, columns, index + 1), title, problem)
    handles = marks.legend_handles(problems[0][1], arrows=False, coupling=False)[:2]
    figure.legend(handles=handles, loc="outside upper center", ncols=2, frameon=False, fontsize=TEXT)
    return figure


def _draw(axes: Axes, title: str, problem: CriticProblem) -> None:
    fake, real = _in_the_plane(problem)
    region = surface.box(None, np.concatenate([fake, real]))
    marks.draw_both(axes, problem, fake, real)
    axes.set_xlim(region.left, region.right)
    axes.set_ylim(region.bottom, region.top)
    axes.set_aspect("equal")
    axes.set_title(title, fontsize=TEXT)
    axes.tick_params(labelsize=SMALL - 2.0, length=2.0)
    axes.locator_params(nbins=4)
    if problem.dimension > 2:
        axes.set_xlabel(f"two principal axes of {problem.dimension} coordinates", fontsize=SMALL - 1.0)
    if problem.dimension == 1:
        axes.set_yticks([])


def _in_the_plane(problem: CriticProblem) -> tuple[np.ndarray, np.ndarray]:
    """Fake and real points as (n, 2) and (m, 2)."""
    fake, real = problem.fake.points, problem.real.points
    if problem.dimension == 2:
        return fake, real
    if problem.dimension == 1:
        return np.pad(fake, ((0, 0), (0, 1))), np.pad(real, ((0, 0), (0, 1)))
    both = np.concatenate([fake, real])
    centred = both - both.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    flat = centred @ axes.T
    flat = np.pad(flat, ((0, 0), (0, 2 - flat.shape[1])))
    return flat[: len(fake)], flat[len(fake) :]
