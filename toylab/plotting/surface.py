"""The value of a critic as a coloured surface with level lines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.image import AxesImage
from matplotlib.ticker import MaxNLocator

from toylab.errors import InputError
from toylab.plotting.canvas import INK, SMALL, SURFACE, TEXT

#: Room around the points, as a share of their larger side, and the flattest box that is drawn.
_MARGIN, _FLATTEST, _NARROWEST = 0.15, 0.45, 0.8
#: Level lines between the lowest and the highest value.
_LEVELS = 12

Values = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Box:
    """A rectangle of the plane, in data units."""

    left: float
    right: float
    bottom: float
    top: float

    @property
    def width(self) -> float:
        """Right minus left."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Top minus bottom."""
        return self.top - self.bottom

    @property
    def diagonal(self) -> float:
        """Length of the diagonal."""
        return float(np.hypot(self.width, self.height))

    def figure_size(self) -> tuple[float, float]:
        """Inches of a figure that holds the box at equal aspect with title, legend and colour bar."""
        scale = min(4.6 / self.width, 3.6 / self.height)
        return max(scale * self.width, 3.2) + 1.5, scale * self.height + 1.25

    def grid(self, resolution: int) -> tuple[np.ndarray, tuple[int, int]]:
        """Cell centres (rows · columns, 2), row by row from the bottom, and (rows, columns); cells are about square."""
        cell = max(self.width, self.height) / resolution
        rows, columns = (max(2, round(side / cell)) for side in (self.height, self.width))
        x = self.left + self.width * (np.arange(columns) + 0.5) / columns
        y = self.bottom + self.height * (np.arange(rows) + 0.5) / rows
        return np.stack([a.ravel() for a in np.meshgrid(x, y)], axis=1), (rows, columns)


def interval(extent: Any, points: np.ndarray) -> tuple[float, float]:
    """The part of the line to draw: the extent (left, right), or the points with a margin."""
    if extent is not None:
        return _checked(extent, 2)  # type: ignore[return-value]
    low, high = float(points.min()), float(points.max())
    margin = _MARGIN * (high - low) or 1.0
    return low - margin, high + margin


def box(extent: Any, points: np.ndarray) -> Box:
    """The part of the plane to draw: the extent (left, right, bottom, top), or the points with a margin."""
    if extent is not None:
        left, right, bottom, top = _checked(extent, 4)
        return Box(left=left, right=right, bottom=bottom, top=top)
    low, high = points.min(axis=0), points.max(axis=0)
    margin = _MARGIN * float((high - low).max()) or 1.0
    width, height = high - low + 2.0 * margin
    half = 0.5 * np.array([max(width, _NARROWEST * height), max(height, _FLATTEST * width)])
    (left, bottom), (right, top) = 0.5 * (low + high) - half, 0.5 * (low + high) + half
    return Box(left=float(left), right=float(right), bottom=float(bottom), top=float(top))


def _checked(extent: Any, count: int) -> tuple[float, ...]:
    names = "(left, right)" if count == 2 else "(left, right, bottom, top)"
    try:
        numbers = tuple(float(value) for value in extent)
    except (TypeError, ValueError):
        numbers = ()
    ordered = len(numbers) == count and all(a < b for a, b in zip(numbers[::2], numbers[1::2], strict=True))
    if not (ordered and np.isfinite(numbers).all()):
        raise InputError(f"extent must be {names}, finite and in ascending order, got {extent!r}.")
    return numbers


def values_at(critic: Values, points: np.ndarray) -> np.ma.MaskedArray:
    """Critic values (m,), masked where they are not finite."""
    values = np.asarray(critic(points), dtype=np.float64)
    if values.shape not in {(len(points),), (len(points), 1)}:
        raise InputError(
            f"the critic must return ({len(points)},) values for {len(points)} points, got {values.shape}."
        )
    masked = np.ma.masked_invalid(values.reshape(-1))
    if masked.count() == 0:
        raise InputError("the critic has no finite value in the part of space that is to be drawn.")
    return masked


def values_on(critic: Values, region: Box, resolution: int) -> np.ma.MaskedArray:
    """Critic values (rows, columns) on the cells of a box, the first row at the bottom."""
    z, shape = region.grid(resolution)
    return values_at(critic, z).reshape(shape)


def colour_scale(*values: np.ndarray) -> Normalize:
    """One scale for all the values, never empty."""
    low, high = min(float(v.min()) for v in values), max(float(v.max()) for v in values)
    if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5, high + 0.5
    return Normalize(low, high)


def draw_surface(axes: Axes, region: Box, values: np.ndarray, scale: Normalize) -> AxesImage:
    """Values (rows, columns) as a rasterised image under thin level lines, at equal aspect."""
    edges = (region.left, region.right, region.bottom, region.top)
    image = axes.imshow(
        values, cmap=SURFACE, norm=scale, extent=edges, origin="lower", interpolation="bilinear", zorder=0
    )
    image.set_rasterized(True)
    levels = np.linspace(float(scale.vmin or 0.0), float(scale.vmax or 0.0), _LEVELS + 2)[1:-1]
    levels = levels[(levels > values.min()) & (levels < values.max())]
    if len(levels):
        style = {"colors": "white", "linestyles": "solid", "linewidths": 0.6, "alpha": 0.8}
        lines = axes.contour(values, levels=levels, extent=edges, origin="lower", zorder=1, **style)
        lines.set_gid("levels")
    axes.set_aspect("equal")
    axes.set(xlim=edges[:2], ylim=edges[2:])
    axes.set_xlabel("first coordinate", fontsize=TEXT)
    axes.set_ylabel("second coordinate", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    return image


def draw_colour_bar(axes: Axes, surface: ScalarMappable, label: str) -> None:
    """A colour bar as high as the axes, at their right."""
    beside = axes.inset_axes((1.03, 0.0, 0.035, 1.0))
    bar = axes.figure.colorbar(surface, cax=beside, ticks=MaxNLocator(6))
    bar.set_label(label, fontsize=TEXT)
    bar.ax.tick_params(labelsize=SMALL)
    bar.outline.set_linewidth(0.5)  # type: ignore[operator]
