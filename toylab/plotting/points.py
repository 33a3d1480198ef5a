"""Measures, problems before they are solved, and whatever lives in more than two dimensions: points alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.measures import DiscreteMeasure
from toylab.plotting import marks, surface
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, new_axes
from toylab.plotting.options import Options
from toylab.problem import CriticProblem
from toylab.solution import Candidate

_LINE_SIZE = (6.0, 2.8)


@dataclass(frozen=True, eq=False)
class Projection:
    """Points of R^d in the plane: as they are for d = 2, else on their two leading principal axes.

    Attributes:
        centre: (d,), what is subtracted.
        axes: (d, 2), orthonormal columns.
        share: the share of the points' variance that the plane holds, 1 where it holds all.
    """

    centre: np.ndarray
    axes: np.ndarray
    share: float

    @classmethod
    def of(cls, points: np.ndarray) -> Projection:
        """The projection that suits these points (n, d), d ≥ 2."""
        dimension = points.shape[1]
        if dimension == 2:
            return cls(np.zeros(2), np.eye(2), 1.0)
        centre = points.mean(axis=0)
        _, spread, rows = np.linalg.svd(points - centre, full_matrices=False)
        axes = np.zeros((dimension, 2))
        axes[:, : len(rows[:2])] = rows[:2].T
        axes *= np.where(axes.sum(axis=0) < 0, -1.0, 1.0)  # principal axes have no sign of their own
        total = float((spread**2).sum())
        return cls(centre, axes, float((spread[:2] ** 2).sum()) / total if total > 0 else 1.0)

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """Places in the plane, (n, 2)."""
        return (points - self.centre) @ self.axes

    def label(self, axes: Axes) -> None:
        """Name the axes."""
        flat = len(self.centre) == 2
        names = ("first coordinate", "second coordinate") if flat else ("first principal axis", "second principal axis")
        axes.set_xlabel(names[0], fontsize=TEXT)
        axes.set_ylabel(names[1], fontsize=TEXT)

    def note(self) -> str:
        """What a title has to say about the projection."""
        dimension = len(self.centre)
        return "" if dimension == 2 else f", R^{dimension} on two axes with {100 * self.share:.0f} % of the variance"


def draw_measure(axes: Axes | None, measure: DiscreteMeasure, options: Options) -> tuple[Axes, list[Artist], str]:
    """A measure alone; the axes, the legend entries, and what a title has to add."""
    if measure.dimension == 1:
        return _stems(axes, [(measure, INK, "o")], options), [], ""
    axes, projection = _plane(axes, measure.points, options)
    positive = measure.weights > 0
    axes.scatter(
        *projection(measure.points).T,
        s=marks.areas(measure, crowd=len(measure)),
        c=np.where(positive, INK, "none"),
        edgecolors=list(np.where(positive, "white", INK)),
        linewidths=0.7,
        gid="points",
    )
    return axes, [], projection.note()


def draw_problem(axes: Axes | None, problem: CriticProblem, options: Options) -> tuple[Axes, list[Artist], str]:
    """Both measures of a problem; the axes, the legend entries, and what a title has to add."""
    handles = marks.legend_handles(problem, arrows=False, coupling=False)
    if problem.dimension == 1:
        return _stems(axes, [(problem.fake, FAKE, "o"), (problem.real, REAL, "D")], options), handles, ""
    axes, projection = _plane(axes, problem.support.points, options)
    marks.draw_both(axes, problem, projection(problem.fake.points), projection(problem.real.points))
    return axes, handles, projection.note()


def draw_projected(axes: Axes | None, candidate: Candidate, options: Options) -> tuple[Axes, list[Artist], str]:
    """A candidate beyond the plane: points, plan and gradients in projection; its values are no function of a plane."""
    problem = candidate.problem
    axes, projection = _plane(axes, problem.support.points, options)
    fake, real = projection(problem.fake.points), projection(problem.real.points)
    lines = quiver = None
    if options.coupling:
        rows, columns, mass = marks.coupling_pairs(candidate)
        lines = marks.draw_segments(axes, fake[rows], real[columns], mass)
    if options.arrows:
        vectors = marks.gradients_at(candidate.critic, problem.fake.points) @ projection.axes
        diagonal = float(np.hypot(*np.ptp(np.array([axes.get_xlim(), axes.get_ylim()]), axis=1)))
        unit = 0.06 * diagonal
        quiver = marks.draw_arrows(axes, fake, vectors, norm=candidate.lipschitz_constant, unit=unit)
    marks.draw_both(axes, problem, fake, real)
    handles = marks.legend_handles(problem, arrows=quiver is not None, coupling=lines is not None)
    return axes, handles, projection.note()


def _plane(axes: Axes | None, points: np.ndarray, options: Options) -> tuple[Axes, Projection]:
    projection = Projection.of(points)
    region = surface.box(options.extent, projection(points))
    axes = new_axes(*region.figure_size()) if axes is None else axes
    axes.set(xlim=(region.left, region.right), ylim=(region.bottom, region.top), aspect="equal")
    axes.tick_params(labelsize=SMALL, color=INK)
    projection.label(axes)
    return axes, projection


def _stems(axes: Axes | None, sides: list[tuple[DiscreteMeasure, str, str]], options: Options) -> Axes:
    """Masses over the line: a stem for every point, as high as its mass."""
    axes = new_axes(*_LINE_SIZE) if axes is None else axes
    ends = surface.interval(options.extent, np.concatenate([measure.points for measure, _, _ in sides]))
    for measure, colour, marker in sides:
        z = measure.points[:, 0]
        axes.vlines(z, 0.0, measure.weights, colors=colour, lw=1.2, zorder=2)
        face = [colour if mass > 0 else "none" for mass in measure.weights]
        axes.scatter(z, measure.weights, c=face, edgecolors=colour, marker=marker, s=26, zorder=3, gid="points")
    axes.axhline(0.0, color=INK, lw=0.8, zorder=1)
    axes.set_xlim(*ends)
    axes.set_ylim(0.0, 1.15 * max(float(measure.weights.max()) for measure, _, _ in sides))
    axes.set_xlabel("coordinate z", fontsize=TEXT)
    axes.set_ylabel("mass", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    return axes
