"""The picture of the generators' comparison: samples at the end beside one another, and the scores' curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylab.bench.generators import BenchRun
from toylab.dynamics import GeneratorRun
from toylab.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito without yellow, and a dash for every second round.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#1A1A1A")
_MARKERS = ("o", "s", "D", "^", "v", "P", "X")
_SCORES = ("covered", "quality", "w1")


def plot_generators(runs: Sequence[BenchRun], targets: Sequence[str], methods: Sequence[str]) -> Axes:
    """A row for each target: above the samples of every method, below its scores along the training.

    Samples are those of the seed with the median W₁; lines are medians over seeds, bands reach from the least to the
    most, dashed levels are those of real samples.

    Returns:
        The first panel; `.figure` is what `toylab.plotting.save` writes.

    Raises:
        InputError: nothing was finished.
    """
    from matplotlib.lines import Line2D

    from toylab.plotting.canvas import REAL, SMALL, new_figure

    if not runs:
        raise InputError("there are no generators to draw.")
    width = max(2.0 * len(methods), 7.5)
    tall = (2.05 * len(targets) + 0.3, 1.9 * len(targets) + 0.6)
    figure = new_figure(width + 0.4, sum(tall))
    grid = figure.add_gridspec(2, 1, height_ratios=tall)
    top, bottom = (figure.add_subfigure(part) for part in (grid[0], grid[1]))
    first = _gallery(top, runs, targets, methods)
    for row, name in enumerate(targets):
        for column, score in enumerate(_SCORES):
            axes = _panel(bottom, len(targets), 3, 3 * row + column + 1)
            _curves(axes, runs, name, methods, score)
            if column == 0:
                axes.set_ylabel(name, fontsize=SMALL)
            if row == len(targets) - 1:
                axes.set_xlabel("step of the generator", fontsize=SMALL)
    handles = [Line2D([], [], lw=1.6, ms=4.0, label=name, **_style(index)) for index, name in enumerate(methods)]
    handles.append(Line2D([], [], color=REAL, lw=1.0, ls="--", label="real samples"))
    bottom.legend(
        handles=handles, loc="outside lower center", ncols=min(len(handles), 6), frameon=False, fontsize=SMALL
    )
    return first


def _gallery(figure: object, runs: Sequence[BenchRun], targets: Sequence[str], methods: Sequence[str]) -> Axes:
    from toylab.plotting.canvas import SMALL, TEXT
    from toylab.plotting.generator_runs import draw_samples, frame

    panels = []
    for row, name in enumerate(targets):
        for column, method in enumerate(methods):
            own = _of(runs, name, method)
            axes = _panel(figure, len(targets), len(methods), row * len(methods) + column + 1)
            panels.append(axes)
            axes.set(xticks=[], yticks=[])
            if row == 0:
                axes.set_title(method, fontsize=TEXT)
            if column == 0:
                axes.set_ylabel(name, fontsize=TEXT)
            if own:
                middle = sorted(own, key=lambda run: run.w1[-1])[(len(own) - 1) // 2]
                draw_samples(axes, middle, -1, frame(middle))
                scores, parts = middle.scores, middle.target.parts
                words = f"{scores.covered} of {parts}, {scores.quality:.0%}, W₁ {scores.w1:.2f}"
                axes.set_xlabel(words, fontsize=SMALL)
    return panels[0]


def _curves(axes: Axes, runs: Sequence[BenchRun], target: str, methods: Sequence[str], score: str) -> None:
    from toylab.plotting.generator_runs import dress

    shown = None
    for index, method in enumerate(methods):
        own = _of(runs, target, method)
        if not own:
            continue
        shown, style = own[0], _style(index)
        # a training that was lost ends early: bands and medians are over those that are left
        longest = max(own, key=lambda run: len(run.steps)).steps
        table = np.full((len(own), len(longest)), np.nan)
        for line, run in zip(table, own, strict=True):
            line[: len(run.steps)] = getattr(run, score)
        axes.plot(longest, np.nanmedian(table, axis=0), lw=1.4, ms=3.0, gid=method, **style)
        low, high = np.nanmin(table, axis=0), np.nanmax(table, axis=0)
        axes.fill_between(longest, low, high, color=style["color"], alpha=0.13, lw=0.0)
    if shown is not None:
        dress(axes, shown, score)


def _of(runs: Sequence[BenchRun], target: str, method: str) -> list[GeneratorRun]:
    return [found.run for found in runs if found.key.target == target and found.key.method == method]


def _panel(figure: object, rows: int, columns: int, number: int) -> Axes:
    from toylab.plotting.canvas import ShownAxes

    return figure.add_subplot(rows, columns, number, axes_class=ShownAxes)  # type: ignore[attr-defined]


def _style(index: int) -> dict:
    dashed = (index // len(_COLOURS)) % 2
    return {
        "color": _COLOURS[index % len(_COLOURS)],
        "marker": _MARKERS[index % len(_MARKERS)],
        "ls": (0, (4, 2)) if dashed else "-",
    }


__all__ = ["plot_generators"]
