"""The picture of the critics' comparison: relative gap against CPU seconds, all methods on the same axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylab.bench.critic_cell import Cell
from toylab.bench.critic_summary import GAPS, Group

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito without yellow, which is too light for a line; told apart by every kind of colour vision.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#1A1A1A")
#: One for each round through the colours, so that no two methods look alike.
_DASHES = ("-", (0, (5, 2)), (0, (1, 1.3)))
_MARKERS = ("o", "s", "D")
_COLUMNS = 2
#: Gaps below this are drawn as this.
_FLOOR = 1e-9


def best_so_far(cell: Cell, measure: str = "gap") -> tuple[np.ndarray, np.ndarray]:
    """CPU seconds and the best gap judged up to then, both (judgements,)."""
    seconds = np.asarray(cell.series["cpu"], dtype=np.float64)
    values = np.asarray(cell.series[measure], dtype=np.float64)
    return seconds, np.fmin.accumulate(np.where(np.isnan(values), np.inf, values))


def median_line(cells: Sequence[Cell], measure: str = "gap") -> tuple[np.ndarray, np.ndarray]:
    """The median over trainings of the best gap so far, at every time at which one of them changes.

    From the time on at which half of them have been judged, until the last of them has ended; one that ended early
    keeps its gap.
    """
    curves = [best_so_far(cell, measure) for cell in cells]
    times = np.unique(np.concatenate([seconds for seconds, _ in curves]))
    held = np.full((len(curves), len(times)), np.inf)
    for row, (seconds, values) in zip(held, curves, strict=True):
        index = np.searchsorted(seconds, times, side="right") - 1
        row[index >= 0] = values[index[index >= 0]]
    middle = np.sort(held, axis=0)[(len(curves) - 1) // 2]
    return times[np.isfinite(middle)], middle[np.isfinite(middle)]


def plot_time_to_gap(groups: Sequence[Group], measure: str = "gap") -> Axes:
    """A panel for each (n, loss): the median of each method as a line, its seeds thin.

    Args:
        groups: what was measured.
        measure: "gap" (after rescaling) or "raw" (gap and excess together, as it stands).

    Returns:
        The first panel; `.figure` is what `toylab.plotting.save` writes.
    """
    from matplotlib.lines import Line2D

    from toylab.plotting.canvas import SMALL, TEXT, ShownAxes, new_figure

    columns = min(_COLUMNS, len(groups))
    rows = -(-len(groups) // columns)
    names = list(dict.fromkeys(summary.method for group in groups for summary in group.methods))
    styles = {name: _style(index) for index, name in enumerate(names)}
    figure = new_figure(4.4 * columns + 0.4, 3.3 * rows + 0.9)
    panels: list[Axes] = []
    for index, group in enumerate(groups):
        shared = panels[0] if panels else None
        axes = figure.add_subplot(rows, columns, index + 1, axes_class=ShownAxes, sharex=shared, sharey=shared)
        panels.append(axes)
        for summary in group.methods:
            if summary.worked:
                _draw(axes, summary.worked, styles[summary.method], measure)
        for gap in GAPS:
            axes.axhline(gap, color="#999999", lw=0.6, ls=":", zorder=0)
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_title(group.title, fontsize=TEXT, parse_math=False)
        axes.tick_params(which="both", labelsize=SMALL)
        axes.grid(alpha=0.2, lw=0.5)
        if index >= len(groups) - columns:
            axes.set_xlabel("CPU seconds of training", fontsize=TEXT)
        if index % columns == 0:
            axes.set_ylabel("relative gap" if measure == "gap" else "gap + excess, not rescaled", fontsize=TEXT)
    handles = [Line2D([], [], lw=1.8, ms=4.5, label=name, **styles[name]) for name in names]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=min(len(handles), 5), frameon=False, fontsize=SMALL
    )
    return panels[0]


def _style(index: int) -> dict:
    turn = (index // len(_COLOURS)) % len(_DASHES)
    return {"color": _COLOURS[index % len(_COLOURS)], "ls": _DASHES[turn], "marker": _MARKERS[turn]}


def _draw(axes: Axes, cells: Sequence[Cell], style: dict, measure: str) -> None:
    for cell in cells:
        seconds, values = best_so_far(cell, measure)
        shown = np.isfinite(values)
        if len(cells) > 1 and shown.any():
            axes.step(
                seconds[shown],
                np.maximum(values[shown], _FLOOR),
                where="post",
                color=style["color"],
                ls=style["ls"],
                lw=0.6,
                alpha=0.4,
                zorder=2,
                gid="seed",
            )
    times, middle = median_line(cells, measure)
    if len(times):
        line = np.maximum(middle, _FLOOR)
        axes.step(times, line, where="post", color=style["color"], ls=style["ls"], lw=1.8, zorder=3, gid="median")
        axes.plot(times[-1:], line[-1:], color=style["color"], marker=style["marker"], ms=4.5, zorder=4, gid="end")
