"""Figures without pyplot, and the colours every picture shares."""

from __future__ import annotations

from io import BytesIO

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

#: Vermilion and blue of Okabe and Ito: told apart by every kind of colour vision, and in grey.
FAKE, REAL, INK = "#D55E00", "#0072B2", "#1A1A1A"
#: Share of white in the surface's colours, so that points and lines stand out.
_WHITE = 0.5
#: Text sizes in points.
TEXT, SMALL = 9.0, 8.0


def _surface_colours() -> ListedColormap:
    colours = matplotlib.colormaps["cividis"](np.linspace(0.0, 1.0, 256))
    colours[:, :3] = (1.0 - _WHITE) * colours[:, :3] + _WHITE
    return ListedColormap(colours, name="toylab")


SURFACE = _surface_colours()


def _png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


class ShownFigure(Figure):
    """A figure that a notebook shows, though pyplot does not know it."""

    def _repr_png_(self) -> bytes:
        return _png(self)


class ShownAxes(Axes):
    """Axes that a notebook shows with their whole figure."""

    def _repr_png_(self) -> bytes:
        return _png(self.get_figure(root=True))  # type: ignore[arg-type]


def new_figure(width: float, height: float) -> ShownFigure:
    """An empty figure of this size in inches, laid out so that nothing is clipped."""
    figure = ShownFigure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def new_axes(width: float, height: float) -> Axes:
    """Axes alone in a figure of this size in inches."""
    return new_figure(width, height).add_subplot(axes_class=ShownAxes)


def figure_of(axes: Axes) -> Figure:
    """The whole figure that axes belong to, subfigures passed over."""
    figure = axes.get_figure(root=True)
    assert isinstance(figure, Figure)
    return figure
