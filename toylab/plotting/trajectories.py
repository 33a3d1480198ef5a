"""Fake particles on their way: where they began, their paths, where they are."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from toylab.dynamics import Trajectory
from toylab.errors import InputError
from toylab.plotting import marks, surface
from toylab.plotting.canvas import FAKE, REAL, new_axes
from toylab.plotting.options import Options
from toylab.plotting.points import Projection


def draw_trajectory(axes: Axes | None, path: Trajectory, options: Options) -> tuple[Axes, list[Artist]]:
    """Paths of the fakes among the reals, in the plane or on the two leading principal axes.

    Raises:
        InputError: the flow lives on the line, where W₁ against the step says more.
    """
    dimension = path.positions.shape[2]
    if dimension < 2:
        raise InputError("a trajectory is drawn in the plane; on the line, draw its .w1 against the step.")
    every = np.concatenate([path.positions.reshape(-1, dimension), path.real.points])
    project = Projection.of(every)
    region = surface.box(options.extent, project(every))
    axes = new_axes(*region.figure_size()) if axes is None else axes
    axes.set(xlim=(region.left, region.right), ylim=(region.bottom, region.top), aspect="equal")
    project.label(axes)
    ways = np.stack([project(place) for place in path.positions], axis=1)
    axes.add_collection(LineCollection(list(ways), colors=FAKE, linewidths=1.0, alpha=0.7, zorder=2))
    start, end = ways[:, 0], ways[:, -1]
    crowd = len(end) + len(path.real)
    here, reals = 0.5 * marks.areas(path.fake(), crowd=crowd), marks.areas(path.real, crowd=crowd)
    axes.scatter(*start.T, s=here, facecolors="white", edgecolors=FAKE, linewidths=1.0, zorder=3, gid="start")
    marks.draw_points(axes, path.real.weights, project(path.real.points), reals, fake=False, layer=5)
    marks.draw_points(axes, path.weights, end, here, fake=True, layer=6)
    return axes, [_dot("start", "o", "white", FAKE), _dot("fake", "o", FAKE, "white"), _dot("real", "D", REAL, "white")]


def title(path: Trajectory) -> str:
    """What was followed, and what became of W₁ and k*."""
    ends = [f"W₁ {path.w1[0]:.3g} → {path.w1[-1]:.3g}"]
    if np.isfinite(path.constants).all():
        ends.append(f"k* {path.constants[0]:.3g} → {path.constants[-1]:.3g}")
    return f"{path.objective}\n{path.steps} steps: {', '.join(ends)}"


def _dot(label: str, marker: str, face: str, edge: str) -> Line2D:
    return Line2D([], [], ls="", marker=marker, ms=6.5, mfc=face, mec=edge, mew=0.8, label=label)
