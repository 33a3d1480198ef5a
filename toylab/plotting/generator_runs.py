"""A generator on its way: samples among the reals at several steps, and the scores along all of them."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from toylab.dynamics import GeneratorRun
from toylab.plotting import surface
from toylab.plotting.canvas import FAKE, REAL, SMALL, TEXT, ShownAxes, new_figure
from toylab.plotting.points import Projection

#: Moments that are shown.
_MOMENTS = 5
#: Where W₁ spans less than this factor, 1, 2 and 5 times a power of ten are too few ticks.
_DECADE = 6.0


def draw_run(run: GeneratorRun) -> Axes:
    """A figure of its own: above the samples, below parts covered, share of high quality and W₁; its first panel."""
    moments = np.unique(np.linspace(0, len(run.steps) - 1, _MOMENTS).round().astype(int))
    figure = new_figure(2.0 * max(len(moments), 3) + 0.3, 4.7)
    grid = figure.add_gridspec(2, 1)
    top, bottom = (figure.add_subfigure(part) for part in (grid[0], grid[1]))
    box = frame(run)
    panels = [top.add_subplot(1, len(moments), index + 1, axes_class=ShownAxes) for index in range(len(moments))]
    for axes, moment in zip(panels, moments, strict=True):
        draw_samples(axes, run, int(moment), box)
        axes.set_title(f"step {run.steps[moment]}", fontsize=TEXT)
    for index, name in enumerate(("covered", "quality", "w1")):
        axes = bottom.add_subplot(1, 3, index + 1, axes_class=ShownAxes)
        axes.plot(run.steps, getattr(run, name), color=FAKE, lw=1.4, marker="o", ms=3.5, gid=name)
        dress(axes, run, name)
        axes.set_xlabel("step", fontsize=TEXT)
    figure.suptitle(f"{run.target.name}: {run.objective}, seed {run.seed}", fontsize=10.0)
    return panels[0]


def draw_samples(axes: Axes, run: GeneratorRun, moment: int, box: surface.Box) -> None:
    """Samples of one evaluation over the reals."""
    project = Projection.of(run.reals)
    for points, colour, size, name in ((run.reals, REAL, 5.0, "real"), (run.samples[moment], FAKE, 4.0, "fake")):
        axes.scatter(*project(points).T, s=size, c=colour, alpha=0.55, linewidths=0.0, gid=name)
    axes.set(xlim=(box.left, box.right), ylim=(box.bottom, box.top), aspect="equal", xticks=[], yticks=[])


def dress(axes: Axes, run: GeneratorRun, name: str) -> None:
    """Title, limits and the level of real samples for the curve of a score."""
    level, title = {
        "covered": (run.target.parts, f"{run.target.what} covered, of {run.target.parts}"),
        "quality": (run.floor.quality, "share of high quality"),
        "w1": (run.floor.w1, "W₁ to the reals"),
    }[name]
    axes.axhline(level, color=REAL, lw=1.0, ls="--", zorder=1, gid="reals")
    axes.set_title(title, fontsize=TEXT)
    axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))  # of one step, too
    if name == "w1":
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        wide = high > _DECADE * low
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)) if wide else MaxNLocator(4))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(-0.03 * level, 1.06 * level)
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=name == "covered"))
    axes.tick_params(which="both", labelsize=SMALL)
    axes.grid(alpha=0.25, lw=0.5)


def frame(run: GeneratorRun) -> surface.Box:
    """Around the reals, with room; samples far away are outside the picture."""
    return surface.box(None, _widened(Projection.of(run.reals)(run.reals)))


def _widened(points: np.ndarray) -> np.ndarray:
    low, high = points.min(axis=0), points.max(axis=0)
    room = 0.08 * (high - low)
    return np.stack([low - room, high + room])


__all__ = ["draw_run", "draw_samples", "dress", "frame"]
