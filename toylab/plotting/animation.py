"""animate(): a flow as a moving picture, GIF or MP4."""

from __future__ import annotations

import os
import subprocess
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, overload

import numpy as np
from matplotlib.animation import FFMpegWriter, PillowWriter
from matplotlib.colors import to_rgb
from PIL import Image
from typing_extensions import override

from toylab.dynamics import Trajectory
from toylab.errors import InputError, ToylabError, real_number, whole_number
from toylab.plotting.canvas import FAKE, INK, REAL
from toylab.plotting.scenes import Choices, Scene, steps_shown
from toylab.storage import replacing

#: Endings of moving pictures.
MOVING = (".gif", ".mp4")
#: Seconds for which the last picture stands.
_REST = 1.5
#: Colours of a GIF, found on this many of its pictures together, and those that must not be changed.
_COLOURS, _LOOKED_AT = 128, 4
_NAMED = (255 * np.array([to_rgb(colour) for colour in ("white", FAKE, REAL, INK)])).round().astype(int)
#: Colours nearer than this to a named one stand aside: Pillow looks for the nearest in steps of four levels.
_APART = 8

#: progress(pictures drawn, pictures in all)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class MovingPicture:
    """A GIF that shows itself in a notebook.

    Attributes:
        data: the file's bytes.
    """

    data: bytes

    def __repr__(self) -> str:
        return f"MovingPicture(GIF, {len(self.data) / 1024:.0f} kB)"

    def _repr_html_(self) -> str:
        return f'<img alt="fakes on their way" src="data:image/gif;base64,{b64encode(self.data).decode()}">'


@overload
def animate(
    trajectory: Trajectory, path: None = None, *,
    fps: float = ..., every: int = ..., dpi: int = ..., extent: tuple[float, ...] | None = ...,
    surface: bool = ..., arrows: bool = ..., progress: Progress | None = ...,
) -> MovingPicture: ...  # fmt: skip


@overload
def animate(
    trajectory: Trajectory, path: str | os.PathLike[str], *,
    fps: float = ..., every: int = ..., dpi: int = ..., extent: tuple[float, ...] | None = ...,
    surface: bool = ..., arrows: bool = ..., progress: Progress | None = ...,
) -> Path: ...  # fmt: skip


def animate(
    trajectory: Trajectory,
    path: str | os.PathLike[str] | None = None,
    *,
    fps: float = 10.0,
    every: int = 1,
    dpi: int = 100,
    extent: tuple[float, ...] | None = None,
    surface: bool = True,
    arrows: bool = True,
    progress: Progress | None = None,
) -> Path | MovingPicture:
    """Write a flow as a moving picture: fakes on their way, the critic they follow, W₁ and k* beside it.

    In the plane the critic is a coloured surface (where the trajectory keeps its values: exact Lipschitz critics), on
    the line a curve; beyond the plane points move on two principal axes. The surface is f* less its mean over the
    reals. Axes, colours and arrows keep one scale over all pictures, so that a critic that fades is seen to fade. The
    last picture stands still for a while. An older file stays as it was if drawing fails.

    Args:
        trajectory: what `toylab.dynamics.follow` returned.
        path: ends in .gif (by Pillow) or .mp4 (by ffmpeg, where it is installed); a GIF to look at when not given.
        fps: pictures a second, > 0 and at most 50.
        every: every so many steps are shown, and the last one.
        dpi: dots per inch; the picture is 7.2 inches wide.
        extent: (left, right, bottom, top), or (left, right) on the line; the whole flow with a margin when not given.
        surface: draw the critic's surface.
        arrows: draw what the fakes are told.
        progress: called after every picture.

    Returns:
        The path; without one the moving picture, which shows itself in a notebook.

    Raises:
        InputError: no trajectory, another ending, MP4 without ffmpeg, a number out of range, or a folder that does
            not exist or cannot be written; before drawing.
    """
    if not isinstance(trajectory, Trajectory):
        raise InputError(
            f"animate shows a Trajectory, which toylab.dynamics.follow(problem) returns, got "
            f"{type(trajectory).__name__}."
        )
    target = checked_choices("flow.gif" if path is None else path, fps=fps, every=every, dpi=dpi)
    choices = Choices(extent=extent, arrows=arrows, surface=surface)
    if path is not None:
        return _written(trajectory, target, choices, fps=fps, every=every, dpi=dpi, progress=progress)
    with TemporaryDirectory(prefix="toylab-") as folder:
        passing = Path(folder) / target
        _written(trajectory, passing, choices, fps=fps, every=every, dpi=dpi, progress=progress)
        return MovingPicture(data=passing.read_bytes())


def _written(
    trajectory: Trajectory, target: Path, choices: Choices, *, fps: float, every: int, dpi: int,
    progress: Progress | None,
) -> Path:  # fmt: skip
    writer = (_Gif if target.suffix.lower() == ".gif" else _Mp4)(fps=fps)  # type: ignore[arg-type]
    steps = steps_shown(trajectory, every)
    with replacing(target) as temporary:
        scene = Scene(trajectory, choices)
        try:
            with writer.saving(scene.figure, str(temporary), dpi):
                for done, step in enumerate(steps, start=1):
                    scene.show(step)
                    writer.grab_frame()
                    if progress is not None:
                        progress(done, len(steps))
                writer.rest(round(_REST * fps))
        except (subprocess.CalledProcessError, BrokenPipeError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise ToylabError(
                f"ffmpeg could not write {str(target)!r}: {said[-1] if said else 'no reason given'}."
            ) from None
    return target


def checked_choices(path: str | os.PathLike[str], *, fps: float, every: int, dpi: int) -> Path:
    """The target of a moving picture and its numbers, checked before anything is solved or drawn.

    Raises:
        InputError: another ending than .gif and .mp4, MP4 without ffmpeg, a folder, or a number out of range.
    """
    if not 0 < real_number(fps, "fps") <= 50:
        raise InputError(f"fps must be positive and at most 50, got {fps}.")
    whole_number(every, "every", least=1)
    whole_number(dpi, "dpi", least=20)
    target = Path(path)
    if target.suffix.lower() not in MOVING:
        raise InputError(f"cannot tell the format of {target.name!r}; end the name in {' or '.join(MOVING)}.")
    if target.suffix.lower() == ".mp4" and not FFMpegWriter.isAvailable():
        raise InputError("MP4 is written by ffmpeg, which is not installed here; install it, or end the name in .gif.")
    if target.is_dir():
        raise InputError(f"{str(target)!r} is a folder; give the name of a file.")
    return target


class _Mp4(FFMpegWriter):
    """H.264 by ffmpeg, which every browser plays."""

    def __init__(self, fps: float) -> None:
        super().__init__(fps=fps, codec="h264")  # type: ignore[arg-type]

    def rest(self, pictures: int) -> None:
        """Leave the last picture for so many more."""
        for _ in range(pictures):
            self.grab_frame()


class _Gif(PillowWriter):
    """GIF whose pictures share one palette, without dithering: what stands still does not flicker and costs nothing."""

    _frames: list[Any]

    @override
    def grab_frame(self, **savefig_kwargs: Any) -> None:
        """Draw once, where `savefig` would lay out and draw twice."""
        self.fig.set_dpi(self.dpi)
        self.fig.canvas.draw()
        pixels = np.asarray(self.fig.canvas.buffer_rgba())  # type: ignore[attr-defined]
        self._frames.append(Image.fromarray(pixels).convert("RGB"))

    def rest(self, pictures: int) -> None:
        """Leave the last picture for so many more."""
        self._frames += self._frames[-1:] * pictures

    @override
    def finish(self) -> None:
        if not self._frames:
            return
        looked_at = self._frames[:: max(1, len(self._frames) // _LOOKED_AT)]
        sheet = Image.new("RGB", (looked_at[0].width, looked_at[0].height * len(looked_at)))
        for index, picture in enumerate(looked_at):
            sheet.paste(picture, (0, index * picture.height))
        found = sheet.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).getpalette() or []
        others = np.array(found[: 3 * _COLOURS]).reshape(-1, 3)
        apart = np.abs(others[:, None] - _NAMED).max(axis=2).min(axis=1) >= _APART
        palette = Image.new("P", (1, 1))
        palette.putpalette(np.concatenate([_NAMED, others[apart]]).ravel().tolist())
        self._frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in self._frames]
        super().finish()


__all__ = ["MOVING", "MovingPicture", "Progress", "animate", "checked_choices"]
