"""One picture of a flow that can be set to any of its steps: critic, fakes and reals, with W₁ and k* beside them.

Axes, colour scale and the scale of arrows are those of the whole flow, so that nothing but what moves moves.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.quiver import Quiver
from typing_extensions import override

from toylab.critics import LowerExtension
from toylab.dynamics import Trajectory
from toylab.plotting import marks, surface
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, SURFACE, TEXT, new_figure
from toylab.plotting.labels import wrapped
from toylab.plotting.options import Options
from toylab.plotting.points import Projection

#: Inches of the figure, its height within bounds, and how much wider the critic is than the curves.
_WIDTH, _LOWEST, _HIGHEST, _WIDER = 7.2, 3.1, 5.2, 1.75
#: Inches of the critic's axes, and what stands above and below them.
_STAGE, _AROUND = 3.8, 1.35
#: Bands of the surface, cells along its longer side, and cells of the pass that finds the range of colours.
_BANDS, _CELLS, _COARSE = 20, 120, 24
#: Length of the longest arrow as a share of the diagonal, and of the line.
_ARROW, _LINE_ARROW = 0.09, 0.07
#: Characters of a title in one line.
_TITLE = 90


@dataclass(frozen=True, kw_only=True)
class Choices(Options):
    """What a caller of `animate` may choose.

    Attributes:
        surface: draw the critic's surface.
    """

    surface: bool = True


class Scene:
    """A figure of a flow.

    Attributes:
        figure: what is drawn; `show` sets it to a step.
    """

    def __init__(self, path: Trajectory, options: Choices) -> None:
        self._path = path
        self.figure = new_figure(_WIDTH, self._height(path, options))
        told = bool(np.isfinite(path.constants).any())
        rows = [["critic", "w1"], ["critic", "k"]] if told else [["critic", "w1"]]
        places = self.figure.subplot_mosaic(rows, width_ratios=[_WIDER, 1.0])  # type: ignore[arg-type]
        kind = _OnLine if path.positions.shape[2] == 1 else _InPlane
        self._stage: _Stage = kind(places["critic"], path, options)
        self._curves = [_Curve(places["w1"], path.w1, "W₁(fake, real)")]
        self._curves += [_Curve(places["k"], path.constants, "Lipschitz constant k*")] if told else []
        places["k" if told else "w1"].set_xlabel("step", fontsize=TEXT)
        self._title = self.figure.suptitle("", fontsize=10.0)
        self.show(path.steps)
        self.figure.draw_without_rendering()  # lays out once
        self.figure.set_layout_engine("none")

    @staticmethod
    def _height(path: Trajectory, options: Choices) -> float:
        if path.positions.shape[2] == 1:
            return _LOWEST
        every, project = _places(path)
        region = surface.box(options.extent, project(every))
        return float(np.clip(_STAGE * region.height / region.width + _AROUND, _LOWEST, _HIGHEST))

    def show(self, step: int) -> None:
        """Set the picture to a step."""
        self._stage.show(step)
        for curve in self._curves:
            curve.show(step)
        width = len(str(self._path.steps))
        self._title.set_text(f"{wrapped(self._path.objective, _TITLE)} · step {step:>{width}} of {self._path.steps}")


class _Curve:
    """A series against the step: all of it pale, what has been reached dark, with a dot at its end."""

    def __init__(self, axes: Axes, series: np.ndarray, label: str) -> None:
        self._series = series
        steps = np.arange(len(series))
        axes.plot(steps, series, color="0.8", lw=1.2, zorder=1)
        (self._reached,) = axes.plot([], [], color=INK, lw=1.6, zorder=2, gid="reached")
        (self._now,) = axes.plot([], [], ls="", marker="o", ms=5.5, color=INK, mec="white", zorder=3, gid="now")
        top = float(np.nanmax(series, initial=0.0)) or 1.0
        axes.set(xlim=(-0.02 * len(series), 1.02 * max(len(series) - 1, 1)), ylim=(-0.04 * top, 1.08 * top))
        axes.set_title(label, fontsize=TEXT)
        axes.tick_params(labelsize=SMALL)
        axes.grid(alpha=0.25, lw=0.5)

    def show(self, step: int) -> None:
        self._reached.set_data(np.arange(step + 1), self._series[: step + 1])
        self._now.set_data([step], [self._series[step]])


class _Stage(ABC):
    """The axes in which fakes move."""

    @abstractmethod
    def __init__(self, axes: Axes, path: Trajectory, options: Choices) -> None:
        """Draw everything that stays."""

    @abstractmethod
    def show(self, step: int) -> None:
        """Set everything that moves."""


def _places(path: Trajectory) -> tuple[np.ndarray, Projection]:
    """Every place of a fake and every real point, (n, d), and the plane they are drawn in."""
    every = np.concatenate([path.positions.reshape(-1, path.positions.shape[2]), path.real.points])
    return every, Projection.of(every)


def _legend(axes: Axes, *, arrows: bool) -> None:
    handles: list[Artist] = [
        Line2D([], [], ls="", marker="o", ms=6.5, mfc=FAKE, mec="white", mew=0.8, label="fake"),
        Line2D([], [], ls="", marker="D", ms=6.0, mfc=REAL, mec="white", mew=0.8, label="real"),
    ]
    if arrows:
        handles.append(Line2D([], [], ls="", marker=r"$\rightarrow$", ms=12, mew=0.0, color=INK, label="∇f* at fakes"))
    axes.legend(handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False, fontsize=SMALL)


def _quiver(axes: Axes, points: np.ndarray, units: Literal["x", "xy"]) -> Quiver:
    """Arrows at points (n, 2), to be given their places and vectors step by step, in data units."""
    return axes.quiver(
        *points.T,
        *np.zeros_like(points).T,
        angles="uv",
        scale_units=units,
        scale=1.0,
        units="inches",
        width=float(np.clip(0.1 / np.sqrt(len(points)), 0.011, 0.018)),
        headwidth=4.0,
        headlength=4.5,
        headaxislength=4.0,
        minlength=0.0,
        color=INK,
        zorder=4,
        gid="arrows",
    )


def _steepest(path: Trajectory) -> float:
    """The largest norm of a gradient in the whole flow, 0 where no fake was ever told anything."""
    lengths = np.linalg.norm(path.gradients, axis=2)
    return float(np.nanmax(lengths, initial=0.0))


def _levelled(path: Trajectory, step: int) -> LowerExtension | None:
    """The critic of a step less its mean over the reals: a Wasserstein critic has no level of its own."""
    critic = path.critic(step)
    if critic is None:
        return None
    level = float(path.real_values[step] @ path.real.weights)
    return LowerExtension(critic.centres, critic.values - level, critic.lipschitz_constant)


class _InPlane(_Stage):
    """The plane, or two principal axes: the critic's surface where it is kept, paths, arrows, points."""

    @override
    def __init__(self, axes: Axes, path: Trajectory, options: Choices) -> None:
        self._axes, self._path, self._drawn = axes, path, []
        every, project = _places(path)
        self._ways = np.stack([project(place) for place in path.positions])
        self._told = np.nan_to_num(path.gradients @ project.axes)
        self._region = surface.box(options.extent, project(every))
        self._surfaces = options.surface and path.positions.shape[2] == 2 and path.critic(0) is not None
        self._resolution = min(options.resolution, _CELLS)
        axes.set(xlim=(self._region.left, self._region.right), ylim=(self._region.bottom, self._region.top))
        axes.set_aspect("equal")
        axes.tick_params(labelsize=SMALL)
        project.label(axes)
        if self._surfaces:
            self._bands, self._lines = _bands(path, self._region)
        self._trail = LineCollection([], colors=FAKE, linewidths=0.9, alpha=0.6, zorder=2, gid="paths")
        axes.add_collection(self._trail, autolim=False)
        self._arrows = None
        if options.arrows and _steepest(path) > 0:
            self._told *= _ARROW * self._region.diagonal / _steepest(path)
            self._arrows = _quiver(axes, self._ways[0], "xy")
        crowd = path.positions.shape[1] + len(path.real)
        reals, fakes = marks.areas(path.real, crowd=crowd), 0.6 * marks.areas(path.fake(), crowd=crowd)
        marks.draw_points(axes, path.real.weights, project(path.real.points), reals, fake=False, layer=5)
        marks.draw_points(axes, path.weights, self._ways[-1], fakes, fake=True, layer=6)
        self._fakes = next(dots for dots in axes.collections if dots.get_gid() == "fake")
        _legend(axes, arrows=self._arrows is not None)

    @override
    def show(self, step: int) -> None:
        self._fakes.set_offsets(self._ways[step])
        self._trail.set_segments(list(self._ways[: step + 1].transpose(1, 0, 2)) if step else [])
        if self._arrows is not None:
            self._arrows.set_offsets(self._ways[step])
            self._arrows.set_UVC(*self._told[step].T)
        if self._surfaces:
            self._show_surface(step)

    def _show_surface(self, step: int) -> None:
        for old in self._drawn:
            old.remove()
        critic = _levelled(self._path, step)
        if critic is None:
            self._drawn = []
            return
        z, shape = self._region.grid(self._resolution)
        x, y = (axis.reshape(shape) for axis in z.T)
        values = critic(z).reshape(shape)
        lines = self._lines[(self._lines > values.min()) & (self._lines < values.max())]
        look = {"cmap": SURFACE, "extend": "both", "antialiased": False, "zorder": 0}
        self._drawn = [self._axes.contourf(x, y, values, levels=self._bands, **look)]
        if len(lines):
            style = {"colors": "white", "linestyles": "solid", "linewidths": 0.6, "alpha": 0.8, "zorder": 1}
            self._drawn.append(self._axes.contour(x, y, values, levels=lines, **style))


def _bands(path: Trajectory, region: surface.Box) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the bands for the surfaces of all steps, and every second one of them, for lines."""
    z, _ = region.grid(_COARSE)
    critics = [_levelled(path, step) for step in range(path.steps + 1)]
    values = [critic(z) for critic in critics if critic is not None]
    scale = surface.colour_scale(*values)
    edges = np.linspace(float(scale.vmin or 0.0), float(scale.vmax or 0.0), _BANDS + 1)
    return edges, edges[2:-1:2]


class _OnLine(_Stage):
    """The line: the critic's curve where it is kept, with fakes and reals on it."""

    @override
    def __init__(self, axes: Axes, path: Trajectory, options: Choices) -> None:
        self._path = path
        places = np.concatenate([path.positions.ravel(), path.real.points[:, 0]])
        self._ends = surface.interval(options.extent, places)
        self._z = np.linspace(*self._ends, 4 * options.resolution + 1)[:, None]
        self._known = path.critic(0) is not None
        low, high = self._range()
        axes.set(xlim=self._ends, ylim=(low - 0.08 * (high - low), high + 0.08 * (high - low)))
        axes.set_xlabel("coordinate z", fontsize=TEXT)
        axes.set_ylabel("f*(z) − E_real f*" if self._known else "", fontsize=TEXT)
        axes.tick_params(labelsize=SMALL)
        axes.set_yticks([] if not self._known else axes.get_yticks())
        (self._curve,) = axes.plot([], [], color=INK, lw=1.2, zorder=3, gid="curve")
        (self._reals,) = axes.plot([], [], ls="", marker="D", ms=6.0, mfc=REAL, mec="white", zorder=5, gid="real")
        (self._fakes,) = axes.plot([], [], ls="", marker="o", ms=6.5, mfc=FAKE, mec="white", zorder=6, gid="fake")
        steepest = _steepest(path) if options.arrows else 0.0
        self._unit = _LINE_ARROW * (self._ends[1] - self._ends[0]) / steepest if steepest > 0 else 0.0
        self._arrows = _quiver(axes, np.zeros((len(path.weights), 2)), "x")
        axes.set(xlim=self._ends, ylim=axes.get_ylim())
        _legend(axes, arrows=steepest > 0)

    def _range(self) -> tuple[float, float]:
        critics = [_levelled(self._path, step) for step in range(self._path.steps + 1)]
        values = [critic(self._z[:: len(self._z) // _COARSE]) for critic in critics if critic is not None]
        if not values:
            return -1.0, 1.0
        scale = surface.colour_scale(*values)
        return float(scale.vmin or 0.0), float(scale.vmax or 0.0)

    @override
    def show(self, step: int) -> None:
        fakes, reals = self._path.positions[step], self._path.real.points
        critic = _levelled(self._path, step)
        heights = [np.zeros(len(points)) if critic is None else critic(points) for points in (fakes, reals)]
        drawn = self._z[: 0 if critic is None else len(self._z)]
        self._curve.set_data(drawn[:, 0], drawn[:, 0] if critic is None else critic(drawn))
        self._fakes.set_data(fakes[:, 0], heights[0])
        self._reals.set_data(reals[:, 0], heights[1])
        told = self._unit * np.nan_to_num(self._path.gradients[step, :, 0])
        self._arrows.set_offsets(np.stack([fakes[:, 0], heights[0]], axis=1))
        self._arrows.set_UVC(told, 0.0 * told)


def steps_shown(path: Trajectory, every: int) -> Sequence[int]:
    """Every so many steps from the first one, and the last one."""
    return sorted({*range(0, path.steps + 1, every), path.steps})
