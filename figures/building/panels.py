"""Parts of figures: where panels stand, critics as surfaces with their points and arrows, notes and legends.

Marks come from `toylab.plotting`, so that a real point, a fake point, a gradient and a coupling look alike everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from toylab.errors import InputError, unknown_name
from toylab.measures import DiscreteMeasure
from toylab.plotting import marks, surface
from toylab.plotting.canvas import FAKE, INK, REAL, figure_of, new_figure

Extent = tuple[float, float, float, float]
#: From so many pairs on a coupling is drawn in thinner lines.
_CROWD = 40
#: A caller's axes: None for a figure of its own, axes for the first panel, or axes by the names of panels.
Given = Axes | Mapping[str, Axes] | None


def arranged(
    axes: Given, mosaic: Sequence[Sequence[str]], width: float, height: float, **layout: Any
) -> tuple[Figure, dict[str, Axes]]:
    """The figure and the axes to draw on, by the names of panels.

    Args:
        axes: None: a new figure with all panels; axes: the first panel alone, there; names -> axes: these panels.
        mosaic: rows of panel names, as `Figure.subplot_mosaic` takes them.
        width: of a new figure, in inches.
        height: of a new figure, in inches.
        **layout: what `subplot_mosaic` takes besides.

    Raises:
        InputError: a name that is no panel of this figure, or no axes at all.
    """
    names = list(dict.fromkeys(name for row in mosaic for name in row if name != "."))
    if axes is None:
        figure = new_figure(width, height)
        return figure, dict(figure.subplot_mosaic([list(row) for row in mosaic], **layout))
    given = {names[0]: axes} if isinstance(axes, Axes) else dict(axes)
    for name in given:
        if name not in names:
            raise unknown_name("panel", name, names)
    if not given:
        raise InputError(f"no axes to draw on; the panels are {', '.join(names)}.")
    return figure_of(next(iter(given.values()))), given


# --- critics in the plane ---


def grid(extent: Extent, resolution: int) -> tuple[np.ndarray, tuple[int, int]]:
    """Points (rows · columns, 2) of a surface, and (rows, columns): `resolution` cells along the longer side."""
    left, right, bottom, top = extent
    return surface.Box(left=left, right=right, bottom=bottom, top=top).grid(resolution)


def scale_of(*values: np.ndarray, trim: float = 0.0) -> Normalize:
    """One colour scale for several surfaces.

    Args:
        *values: of the surfaces.
        trim: the share of the values at each end that may lie beyond the scale.
    """
    together = np.concatenate([value[np.isfinite(value)].ravel() for value in values])
    return surface.colour_scale(np.quantile(together, [trim, 1.0 - trim]))


def draw_surface(axes: Axes, values: np.ndarray, extent: Extent, scale: Normalize) -> AxesImage:
    """Values (rows, columns) as a rasterised image with level lines, without words on the axes."""
    left, right, bottom, top = extent
    region = surface.Box(left=left, right=right, bottom=bottom, top=top)
    image = surface.draw_surface(axes, region, np.ma.masked_invalid(values), scale)
    for lines in axes.collections:
        if lines.get_gid() == "levels":
            lines.set(linewidth=0.35, alpha=0.7)
    size = matplotlib.rcParams["axes.labelsize"]
    axes.set_xlabel("", fontsize=size)
    axes.set_ylabel("", fontsize=size)
    plain_ticks(axes)
    return image


def plain_ticks(axes: Axes, count: int = 4) -> None:
    """Few ticks in the size of the style."""
    axes.tick_params(labelsize=matplotlib.rcParams["xtick.labelsize"])
    axes.xaxis.set_major_locator(MaxNLocator(count))
    axes.yaxis.set_major_locator(MaxNLocator(count))


def draw_points(axes: Axes, fake: np.ndarray, real: np.ndarray, *, size: float = 6.0) -> None:
    """Fake circles over real diamonds, (n, 2) and (m, 2), of this area in square points."""
    for points, is_fake, layer in ((real, False, 5), (fake, True, 6)):
        marks.draw_points(axes, np.ones(len(points)), points, np.full(len(points), size), fake=is_fake, layer=layer)
        axes.collections[-1].set(linewidth=0.3)


def draw_arrows(
    axes: Axes, points: np.ndarray, vectors: np.ndarray, *, norm: float, unit: float, width: float = 0.009
) -> None:
    """Gradients (n, 2) at points: `unit` data units long where the norm is `norm`, cut at twice that.

    Args:
        axes: where to draw.
        points: (n, 2).
        vectors: (n, 2).
        norm: the length of a vector whose arrow is one unit long.
        unit: in data units.
        width: of the shafts, in inches.
    """
    arrows = marks.draw_arrows(axes, points, vectors, norm=norm, unit=unit)
    if arrows is not None:
        arrows.width = width


def draw_coupling(axes: Axes, fake: np.ndarray, real: np.ndarray, mass: np.ndarray) -> None:
    """Segments from fake (e, 2) to real (e, 2), the wider and darker the more mass (e,) they carry."""
    lines = marks.draw_segments(axes, fake, real, mass)
    if lines is not None and len(mass) > _CROWD:
        lines.set_linewidth([0.5 * float(width) for width in np.atleast_1d(lines.get_linewidth())])


def colour_bar(axes: Axes | Sequence[Axes], image: AxesImage, label: str) -> None:
    """A thin colour bar at the right of axes."""
    first = axes if isinstance(axes, Axes) else axes[0]
    bar = figure_of(first).colorbar(image, ax=axes, fraction=0.05, pad=0.015, aspect=30, ticks=MaxNLocator(5))
    bar.set_label(label)
    bar.outline.set_linewidth(0.4)  # type: ignore[operator]


# --- words ---


def note(axes: Axes, text: str, *, at: str | tuple[float, float] = "upper left", size: float = 6.2) -> None:
    """Numbers on white, in a corner ("upper left", "lower center" and so on) or around a place in units of the axes."""
    if isinstance(at, str):
        down, across = at.split()
        x, ha = {"left": (0.025, "left"), "right": (0.975, "right"), "center": (0.5, "center")}[across]
        y, va = {"upper": (0.965, "top"), "lower": (0.035, "bottom")}[down]
    else:
        (x, y), ha, va = at, "center", "center"
    box = {"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    style: dict[str, Any] = {"ha": ha, "va": va, "fontsize": size, "bbox": box, "zorder": 20, "gid": "note"}
    axes.text(x, y, text, transform=axes.transAxes, **style).set_in_layout(False)


def handles(*, fake: bool = True, real: bool = True, gradient: str = "", coupling: str = "") -> list[Artist]:
    """Legend entries: the symbols that mean the same in every figure; words for gradient and coupling show those."""
    shown: list[Artist] = []
    for wanted, label, marker, colour in ((fake, "fake", "o", FAKE), (real, "real", "D", REAL)):
        if wanted:
            shown.append(Line2D([], [], ls="", marker=marker, ms=4.5, mfc=colour, mec="white", mew=0.4, label=label))
    if gradient:
        shown.append(Line2D([], [], ls="", marker=r"$\rightarrow$", ms=9, mew=0.0, color=INK, label=gradient))
    if coupling:
        shown.append(Line2D([], [], color=INK, lw=1.0, alpha=0.6, label=coupling))
    return shown


def legend_below(figure: Figure, entries: Sequence[Artist], *, columns: int | None = None) -> None:
    """One legend under all panels."""
    figure.legend(handles=list(entries), loc="outside lower center", ncols=columns or len(entries))


def number(value: float) -> str:
    """A small number for a note: two digits, powers of ten as 3·10⁻⁹."""
    if value == 0.0 or not np.isfinite(value):
        return f"{value:g}"
    if 1e-3 <= abs(value) < 1e4:
        return (f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}").replace("-", "−")
    mantissa, power = f"{value:.1e}".split("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{mantissa.removesuffix('.0')}·10{raised}".replace("-", "−")


def measure(points: np.ndarray, weights: np.ndarray | None = None) -> DiscreteMeasure:
    """Arrays of a figure's data as a measure."""
    return DiscreteMeasure(points, weights=weights)
