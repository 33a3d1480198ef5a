"""A generator along its parameter: W₁(P_θ, P_r) and two divergences against θ, as in Figure 1 of WGAN."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.distributions import Segment
from toylab.divergences import FDivergence, JensenShannon, TotalVariation, log_density, pieces
from toylab.errors import InputError
from toylab.generators import GeneratorPath
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, new_axes

_SIZE = (6.0, 3.8)
#: Places of a curve between the first θ and the last one: between segments, on the line, and in the plane, where
#: integrals are dear.
_MANY, _PLACES, _FEW = 240, 48, 16
#: Where densities on the line are looked at for a curve, in widths from the centre of each of their pieces.
_STEPS = np.linspace(-8.0, 8.0, 801)
#: A line is broken where a value jumps by more than this share of the axis from one place to the next.
_JUMP = 0.2


def draw_path(axes: Axes | None, path: GeneratorPath) -> tuple[Axes, list[Artist]]:
    """W₁ on the left axis, JSD and TV on the right one: dots at the θ of the path, curves in between.

    Curves stand at the middles of small steps, so that they show what happens next to a θ, and dots what happens at it.
    """
    if path.generator.dimension > 2:
        raise InputError(f"divergences are drawn on the line and in the plane, not in dimension {path.real.dimension}.")
    axes = new_axes(*_SIZE) if axes is None else axes
    right = axes.twinx()
    right.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    between, at = _between(path)
    handles = [
        _series(axes, (at, [between.to_real(i).value for i in range(len(between))]), path, None, (INK, "-", "o")),
        _series(right, (at, _roughly(between, JensenShannon())), path, JensenShannon(), (REAL, "--", "D")),
        _series(right, (at, _roughly(between, TotalVariation())), path, TotalVariation(), (FAKE, ":", "s")),
    ]
    axes.set_xlabel("θ" if path.thetas.shape[1] == 1 else "length of the path of θ", fontsize=TEXT)
    for side, name in ((axes, "W₁ to the reals"), (right, "JSD, TV")):
        side.set_ylabel(name, fontsize=TEXT)
        side.tick_params(labelsize=SMALL)
        side.margins(x=0.04)
    axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    right.set_ylim(-0.16, 1.08)  # zeros of the two sides apart, so that no dot hides another one
    axes.grid(alpha=0.25, lw=0.5)
    return axes, handles


def _between(path: GeneratorPath) -> tuple[GeneratorPath, np.ndarray]:
    """The path through the middles of small steps from the first θ to the last one, and where they stand."""
    order = np.argsort(path.at, kind="stable")
    on_segments = isinstance(path.laws[0], Segment)
    count = _MANY if on_segments else _PLACES if path.generator.dimension == 1 else _FEW
    steps = (np.arange(count) + 0.5) / count
    known = path.at[order]
    at = known[0] + steps * (known[-1] - known[0])
    thetas = np.stack([np.interp(at, known, column[order]) for column in path.thetas.T], axis=1)
    return replace(path, thetas=thetas), at


def _roughly(path: GeneratorPath, divergence: FDivergence) -> list[float]:
    """A divergence at every θ as exactly as a curve shows it: on the line by the trapezoidal rule."""
    if path.generator.dimension > 1:
        return _values(path, divergence)
    found = []
    for law in path.laws:
        regions = [*pieces(law), *pieces(path.real)]
        z = np.unique([piece.centre[0] + piece.width[0] * _STEPS for piece in regions])
        logs = (log_density(side, z[:, None]) for side in (law, path.real))
        with np.errstate(divide="ignore", invalid="ignore"):
            found.append(float(np.trapezoid(np.nan_to_num(divergence.contribution(*logs)), z)))
    return found


def _values(path: GeneratorPath, divergence: FDivergence) -> list[float]:
    return [path.divergence(divergence, index).value for index in range(len(path))]


def _series(
    axes: Axes,
    curve: tuple[np.ndarray, list[float]],
    path: GeneratorPath,
    divergence: FDivergence | None,
    look: tuple[str, str, str],
) -> Artist:
    """One curve, broken where it jumps, with its dots; the legend entry."""
    colour, style, marker = look
    dots = [path.to_real(i).value for i in range(len(path))] if divergence is None else _values(path, divergence)
    name = {"jensen-shannon": "JSD", "total-variation": "TV"}.get("" if divergence is None else divergence.name, "W₁")
    at, heights = curve[0], np.array(curve[1])
    top = max(float(heights.max()), *dots, 1e-300)
    breaks = np.flatnonzero(np.abs(np.diff(heights)) > _JUMP * top)
    at, heights = (np.insert(series, breaks + 1, np.nan) for series in (at, heights))
    axes.plot(at, heights, color=colour, ls=style, lw=1.4, gid=name)
    size, fill = (8.0, "none") if marker == "s" else (5.5, "full")  # a square around the diamond where both are 0
    (shown,) = axes.plot(
        path.at, dots, color=colour, ls="", marker=marker, ms=size, fillstyle=fill, label=name, gid=f"{name} at θ"
    )
    return shown
