"""Writing figures to files: whole or not at all, and the same bytes for the same figure."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from toylab.errors import InputError
from toylab.plotting.canvas import figure_of
from toylab.storage import replacing

#: What each format must leave out so that it says nothing about when it was written.
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None},
    "pdf": {"CreationDate": None},
    "svg": {"Date": None},
}
#: The salt of SVG ids can only be set globally; one figure at a time is written under it.
_SALT: dict[Any, Any] = {"svg.hashsalt": "toylab"}
_LOCK = threading.Lock()


def save(figure: Figure | Axes, path: str | os.PathLike[str], *, dpi: int = 200) -> Path:
    """Write a figure as PNG, PDF or SVG, by the ending of the path.

    The figure is drawn into a temporary file beside the path, which takes its name once it is complete: an
    older file stays as it was if drawing fails. The same figure gives the same bytes.

    Args:
        figure: a figure, or axes, which stand for their whole figure.
        path: where to; an existing file is replaced.
        dpi: dots per inch of PNG, and of what is rasterised in PDF and SVG.

    Returns:
        The path.

    Raises:
        InputError: unknown ending, or a folder that does not exist or cannot be written; before drawing.
    """
    target = Path(path)
    ending = target.suffix.lower().removeprefix(".")
    if ending not in _METADATA:
        raise InputError(f"cannot tell the format of {target.name!r}; end the name in .png, .pdf or .svg.")
    if isinstance(figure, Axes):
        figure = figure_of(figure)
    if not isinstance(figure, Figure):
        raise InputError(f"save writes a matplotlib Figure or Axes, got {type(figure).__name__}.")
    if target.is_dir():
        raise InputError(f"{str(target)!r} is a folder; give the name of a file.")
    with replacing(target) as temporary, _LOCK, matplotlib.rc_context(_SALT):
        figure.savefig(
            temporary, format=ending, dpi=dpi, metadata=_METADATA[ending], bbox_inches="tight", pad_inches=0.06
        )
    return target
