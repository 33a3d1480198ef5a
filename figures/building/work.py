"""One figure: its arrays, its pictures as bytes, its numbers. Nothing is written here; the caller writes."""

from __future__ import annotations

import hashlib
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from matplotlib.figure import Figure

from figures.building import arrays, texts
from figures.building.scripts import Script
from figures.building.style import style
from toylab.errors import ToylabError

#: Dots per inch of the pictures in the gallery.
_GALLERY_DPI = 120


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is to be done for one figure.

    Attributes:
        name: the script.
        parameters: what `compute` gets.
        kept: the file of arrays of an earlier build with the same key; None to compute.
        gallery: whether a small picture is wanted as well.
    """

    name: str
    parameters: Mapping[str, Any]
    kept: bytes | None = None
    gallery: bool = False


@dataclass(frozen=True, kw_only=True)
class Made:
    """A finished figure.

    Attributes:
        name: the script.
        files: ending -> contents, of json, pdf and png; `gallery` for the small picture.
        numbers: what a text would quote.
        computed: seconds of `compute`, None where kept arrays were drawn.
        drawn: seconds of drawing.
    """

    name: str
    files: Mapping[str, bytes]
    numbers: Mapping[str, float | int | str]
    computed: float | None
    drawn: float


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A figure that could not be made.

    Attributes:
        name: the script.
        sentence: what went wrong.
        trace: the traceback of a fault of ours, empty for bad input and missed tolerances.
    """

    name: str
    sentence: str
    trace: str = ""


def make(job: Job) -> Made | Failed:
    """Make one figure; whatever goes wrong is told, not raised."""
    try:
        return _made(job)
    except ToylabError as error:
        return Failed(name=job.name, sentence=str(error))
    except Exception as error:
        sentence = f"{type(error).__name__}: {error}".split("\n", 1)[0]
        return Failed(name=job.name, sentence=sentence, trace=traceback.format_exc())


def _made(job: Job) -> Made:
    script = Script.load(job.name)
    start, contents = time.perf_counter(), job.kept
    if contents is None:
        header = {
            "figure": script.name,
            "paper": script.spec.paper,
            "seed": script.spec.seed,
            "parameters": dict(job.parameters),
        }
        contents = arrays.to_bytes(header, script.compute(job.parameters))
    middle = time.perf_counter()
    data = arrays.from_bytes(contents)  # kept arrays and new ones are drawn alike
    files = {"json": contents, **pictures(script, data, gallery=job.gallery)}
    return Made(
        name=job.name,
        files=files,
        numbers=texts.checked(script.name, script.numbers(data)),
        computed=None if job.kept is not None else middle - start,
        drawn=time.perf_counter() - middle,
    )


def pictures(script: Script, data: Mapping[str, Any], *, gallery: bool = False) -> dict[str, bytes]:
    """The figure as PDF and PNG (and small, for the gallery): the same data, the same bytes."""
    with style():
        figure = script.draw(dict(data))
        figure.draw_without_rendering()  # lays it out, once for all formats
        figure.set_layout_engine("none")
        made = {"pdf": _bytes(figure, "pdf"), "png": _bytes(figure, "png")}
        return {**made, "gallery": _bytes(figure, "png", dpi=_GALLERY_DPI)} if gallery else made


def _bytes(figure: Figure, kind: str, **changes: Any) -> bytes:
    """One format, without a word on when it was written; at the figure's own size, so that widths are the paper's."""
    timeless = {"pdf": {"CreationDate": None}, "png": {"Software": None}}[kind]
    buffer = BytesIO()
    figure.savefig(buffer, format=kind, metadata=timeless, **changes)
    return buffer.getvalue()


def digest(contents: bytes) -> str:
    """The hash by which files are told apart."""
    return hashlib.sha256(contents).hexdigest()
