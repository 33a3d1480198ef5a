"""The playground's picture in Bokeh: surface, points that can be dragged, gradient arrows, bounding pairs."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import (
    Arrow,
    BasicTicker,
    ColorBar,
    ColumnDataSource,
    HoverTool,
    LinearColorMapper,
    NormalHead,
    PointDrawTool,
)
from bokeh.plotting import figure
from contourpy import LineType, contour_generator

from toylab.play.answer import View
from toylab.plotting.canvas import FAKE, INK, REAL, SURFACE

#: Dot sizes on the screen: large enough for a finger.
_SIZE = 13
_LEVELS = 14
#: Of the frame, in pixels: one picture fits 800, a picture with the tables 1280, and so do two beside each other.
WIDTH, BESIDE = 580, 460
_PALETTE = [f"#{r:02x}{g:02x}{b:02x}" for r, g, b, _ in (255 * SURFACE(np.linspace(0.0, 1.0, 256))).astype(int)]


class Picture:
    """One set of axes with everything in it; the sources of the points may be shared with another one.

    Attributes:
        figure: the Bokeh figure.
        fakes: source with columns x, y.
        reals: source with columns x, y.
        hover: shows the mass of a pair.
        tool: drags, adds and removes points; None where they are only shown.
    """

    def __init__(
        self, title: str, view: View, fakes: ColumnDataSource, reals: ColumnDataSource, *, drawn: bool
    ) -> None:
        self.fakes, self.reals = fakes, reals
        self._surface = ColumnDataSource({"image": [], "x": [], "y": [], "dw": [], "dh": []})
        self._arrows = ColumnDataSource({"x0": [], "y0": [], "x1": [], "y1": []})
        self._pairs = ColumnDataSource({"x0": [], "y0": [], "x1": [], "y1": [], "mass": [], "width": []})
        self.figure = plot = _frame(
            title=title,
            name=title.split(maxsplit=1)[0],
            x_range=(view.left, view.right),
            y_range=(view.bottom, view.top),
            tools="save,wheel_zoom,pan,reset",
            frame_width=WIDTH,
            frame_height=_height(view, WIDTH),
            output_backend="canvas",
            styles={"flex": "0 0 auto"},  # a frame that a row may stretch has unequal units
        )
        self._colours = LinearColorMapper(palette=_PALETTE, low=-1.0, high=1.0)
        plot.image("image", x="x", y="y", dw="dw", dh="dh", source=self._surface, color_mapper=self._colours)
        plot.add_layout(ColorBar(color_mapper=self._colours, ticker=BasicTicker(), title="f(z)", width=10), "right")
        self._levels = ColumnDataSource({"x": [], "y": []})
        plot.line("x", "y", source=self._levels, line_color="white", line_alpha=0.8)
        coupling = plot.segment(
            "x0", "y0", "x1", "y1", source=self._pairs, line_width="width", line_color=INK, line_alpha=0.45,
            **({"legend_label": "bounding pairs, width: mass"} if drawn else {}),
        )  # fmt: skip
        real_dots = plot.scatter("x", "y", source=reals, size=_SIZE + 9, marker="diamond", fill_color=REAL,
                                 line_color="white", legend_label="real", name="real")  # fmt: skip
        fake_dots = plot.scatter("x", "y", source=fakes, size=_SIZE, marker="circle", fill_color=FAKE,
                                 line_color="white", legend_label="fake", name="fake")  # fmt: skip
        for dots in (fake_dots, real_dots):  # a chosen point has a dark rim, and the others stay what they are
            dots.nonselection_glyph = None
            dots.selection_glyph = dots.glyph.clone(line_color=INK, line_width=2)
        line: Any = {"line_color": INK, "line_width": 2}
        plot.add_layout(
            Arrow(end=NormalHead(size=8, fill_color=INK, line_color=INK), source=self._arrows, x_start="x0",
                  y_start="y0", x_end="x1", y_end="y1", **line)
        )  # fmt: skip
        self.hover = HoverTool(renderers=[coupling], tooltips=[("mass γ", "@mass{0.00000}")], limit=3)
        plot.add_tools(self.hover)
        corner = {"x0": [view.left], "y0": [view.bottom], "x1": [view.left], "y1": [view.bottom]}
        plot.segment(
            **corner, legend_label="∇f*" if drawn else "∇f", **line
        )  # arrows are no glyphs: no legend has them
        plot.legend.orientation, plot.legend.location = "horizontal", "left"
        plot.legend.border_line_color, plot.legend.padding, plot.legend.margin = None, 2, 2
        plot.add_layout(plot.legend[0], "above")  # over the frame it would hide points
        self._dots: tuple[Any, Any] = (fake_dots, real_dots)
        self.tool: PointDrawTool | None = None
        if drawn:
            self.tool = PointDrawTool(renderers=list(self._dots), description="drag, add (tap) and remove points")
            plot.add_tools(self.tool)
            plot.toolbar.active_scroll = None  # else the wheel no longer scrolls the page once a point was touched
            plot.toolbar.active_tap = plot.toolbar.active_drag = self.tool  # type: ignore[assignment]

    def entitle(self, title: str) -> None:
        """Set the words above the frame."""
        if self.figure.title.text != title:
            self.figure.title.text = title

    def add_to(self, side: int) -> None:
        """New points are fake (0) or real (1)."""
        if self.tool is not None:
            self.tool.renderers = [self._dots[side], self._dots[1 - side]]

    def look_at(self, view: View, width: int) -> None:
        """Show this part of the plane, the frame so many pixels wide."""
        self.figure.x_range.update(start=view.left, end=view.right)
        self.figure.y_range.update(start=view.bottom, end=view.top)
        self.figure.frame_width, self.figure.frame_height = width, _height(view, width)

    def show(self, view: View, surface: np.ndarray, arrows: np.ndarray, pairs: np.ndarray) -> None:
        """Draw an answer."""
        low, high = float(surface.min()), float(surface.max())
        spread = 1e-9 * max(abs(low), abs(high), 1.0)
        lines = _level_lines(view, surface)
        # everything is ready: what follows reaches the page in one go, and is painted once; an array is a message of
        # its own on the way there, a short list is not
        self._colours.update(low=low - spread, high=high + spread)
        self._surface.data = {
            "image": [surface.astype(np.float32)],
            "x": [view.left],
            "y": [view.bottom],
            "dw": [view.right - view.left],
            "dh": [view.top - view.bottom],
        }
        self._levels.data = lines
        self._arrows.data = _columns(arrows)
        mass = pairs[:, 4]
        width = 0.5 + 4.0 * mass / max(float(mass.max(initial=0.0)), 1e-300)
        self._pairs.data = {**_columns(pairs), "mass": mass.tolist(), "width": width.tolist()}


def _level_lines(view: View, surface: np.ndarray) -> dict[str, Any]:
    """The lines of equal critic value, all of them in one row with NaN between them."""
    rows, columns = surface.shape
    x = view.left + (np.arange(columns) + 0.5) * (view.right - view.left) / columns
    y = view.bottom + (np.arange(rows) + 0.5) * (view.top - view.bottom) / rows
    generator = contour_generator(x, y, surface, line_type=LineType.ChunkCombinedNan)
    levels = np.linspace(surface.min(), surface.max(), _LEVELS + 2)[1:-1]
    found: list[Any] = [points for level in levels for points in generator.lines(level)[0] if points is not None]
    gap = np.full((1, 2), np.nan)
    joined = np.concatenate([part for points in found for part in (points, gap)] or [gap]).astype(np.float32)
    return {"x": joined[:, 0].copy(), "y": joined[:, 1].copy()}


def _frame(**options: Any) -> Any:
    """An empty figure; Bokeh's own types do not know what its plotting methods take."""
    return figure(**options)


def _height(view: View, width: int) -> int:
    """Of the frame, for equal units on both axes."""
    return round(width * (view.top - view.bottom) / (view.right - view.left))


def _columns(ends: np.ndarray) -> dict[str, Any]:
    return dict(zip(("x0", "y0", "x1", "y1"), ends[:, :4].T.tolist(), strict=True))
