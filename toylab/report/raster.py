"""Figures as pixels: drawn once, cut to what is on them, as PNG in full and in few colours."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from PIL import Image

#: Dots per inch of a picture, and of the screen it is laid out for: twice as sharp as it is large.
DPI, SCREEN = 192, 96
#: Colours of a picture: of the surface, of points and lines, and of the edges of letters.
_PALETTE = 192
#: Colours nearer than this to a named one stand aside: Pillow looks for the nearest in steps of four levels.
_APART = 8
#: Of zlib: the last levels take five times as long for a few per cent.
_COMPRESSION = 6
#: Inches that axes leave to what is around them, and of paper around everything.
_DECORATION, _PAPER = 1.1, 0.06
#: Inches of empty canvas on every side to begin with, and how often a figure is drawn until that is enough.
_ROOM, _ATTEMPTS = 1.5, 6
#: Inches of a letter or a space: what ends nearer to the canvas's edge may go on beyond it.
_GAP = 0.25


def drawn(figure: Figure) -> Image.Image:
    """The figure in RGB.

    Matplotlib's layout measures every letter four times before it draws; axes alone are placed by hand on a canvas
    with room to spare, which is cut to what is on it.
    """
    figure.set_dpi(DPI)
    if len(figure.axes) != 1:
        figure.canvas.draw()
        _make_room_for_titles(figure)
        return _pixels(figure)
    axes, rooms = figure.axes[0], np.full(4, _ROOM)
    sides = [max(float(side) - _DECORATION, 1.0) for side in figure.get_size_inches()]
    figure.set_layout_engine("none")
    for _ in range(_ATTEMPTS):
        image, inked = _drawn_with(rooms, figure, axes, sides)
        left, upper, right, lower = inked
        touched = np.array([left, upper, image.width - right, image.height - lower]) < _GAP * DPI
        if not touched.any():
            break
        rooms = np.where(touched, 2.0 * rooms, rooms)
    edge = round(_PAPER * DPI)
    return image.crop((inked[0] - edge, inked[1] - edge, inked[2] + edge, inked[3] + edge))


def _drawn_with(
    rooms: np.ndarray, figure: Figure, axes: Axes, sides: list[float]
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """Axes of this size with so much room around them, and the box (left, upper, right, lower) of what is on paper."""
    from PIL import Image, ImageChops

    left, upper, right, lower = rooms
    width, height = sides[0] + left + right, sides[1] + upper + lower
    figure.set_size_inches(width, height)
    axes.set_position((left / width, lower / height, sides[0] / width, sides[1] / height))
    figure.canvas.draw()
    image = _pixels(figure)
    inked = ImageChops.difference(image, Image.new("RGB", image.size, "white")).getbbox()
    return image, inked or (1, 1, image.width - 1, image.height - 1)


def _pixels(figure: Any) -> Image.Image:
    from PIL import Image

    return Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")


def _make_room_for_titles(figure: Any) -> None:
    """Widen a figure whose title does not fit, and draw it again: layouts keep titles whole in height only."""
    titles = [axes.title for axes in figure.axes]
    left = min(title.get_window_extent().x0 for title in titles)
    right = max(title.get_window_extent().x1 for title in titles)
    beyond = max(-left, right - figure.bbox.width)
    if beyond > 0:
        figure.set_figwidth(figure.get_figwidth() + 2.0 * beyond / figure.dpi + 0.1)
        figure.canvas.draw()


def png(image: Image.Image) -> bytes:
    """A picture as PNG that says nothing about when it was made."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=_COMPRESSION, dpi=(DPI, DPI))
    return buffer.getvalue()


def with_palette(image: Image.Image) -> Image.Image:
    """The picture in few colours, a quarter of the size: those of a smaller copy, and those that mean something."""
    from PIL import Image

    small = image.resize((max(image.width // 3, 1), max(image.height // 3, 1)), Image.Resampling.NEAREST)
    found = small.quantize(_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette() or []
    named = _named_colours()
    others = np.array(found[: 3 * _PALETTE]).reshape(-1, 3)
    apart = np.abs(others[:, None] - named).max(axis=2).min(axis=1) >= _APART
    palette = Image.new("P", (1, 1))
    palette.putpalette(np.concatenate([named, others[apart]]).ravel().tolist())
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def _named_colours() -> np.ndarray:
    """(c, 3): the colours of points, lines and paper, with the tints that smooth edges are made of."""
    from toylab.plotting.canvas import FAKE, INK, REAL

    pure = np.array([[int(name[i : i + 2], 16) for i in (1, 3, 5)] for name in ("#FFFFFF", FAKE, REAL, INK)])
    tints = [pure + (255 - pure) * white for white in (0.0, 0.25, 0.5, 0.75)]
    return np.unique(np.concatenate(tints).round().astype(int), axis=0)
