"""The picture of the bench of flows: what every seed has left of W₁, and why it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylab.bench.flow_methods import OBJECTIVES, PROBLEMS, STEPS
from toylab.bench.flow_summary import REASONS, FlowRow, objectives_of, splits_of, steps_of
from toylab.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito, a marker of its own for each reason.
_STYLES = {
    "ARRIVED": ("#009E73", "o"),
    "NO_PROGRESS": ("#D55E00", "^"),
    "STANDSTILL": ("#7A7A7A", "s"),
    "STEP_LIMIT": ("#0072B2", "D"),
    "LOST": ("#1A1A1A", "x"),
    "FAILED": ("#CC79A7", "x"),
}
#: What has less left is drawn here: the tolerance of a flow.
_FLOOR = 1e-3
_ROW, _SEED = 0.24, 0


def plot_flows(rows: Sequence[FlowRow]) -> Axes:
    """A column a problem: objectives, step rules, split rules; a dot a seed, a bar the median.

    Returns:
        The first panel; `.figure` is what `toylab.plotting.save` writes.

    Raises:
        InputError: no flow has been finished.
    """
    from toylab.plotting.canvas import SMALL, TEXT, ShownAxes, new_figure

    blocks = [
        ("objectives, equal steps", objectives_of(rows), lambda key: OBJECTIVES[key.objective].words),
        ("step rules", steps_of(rows), lambda key: f"{OBJECTIVES[key.objective].words}: {STEPS[key.step].words}"),
        ("fakes start in pairs", splits_of(rows), lambda key: f"{OBJECTIVES[key.objective].words}: {key.split}"),
    ]
    blocks = [block for block in blocks if block[1]]
    problems = list(dict.fromkeys(row.key.problem for row in rows))
    if not blocks:
        raise InputError("there are no flows to draw; give the bench more seconds.")
    labels = [list(dict.fromkeys(words(row.key) for row in own)) for _, own, words in blocks]
    counts = [len(each) for each in labels]
    figure = new_figure(3.0 * len(problems) + 2.6, _ROW * sum(counts) + 0.5 * len(blocks) + 1.0)
    grid = figure.add_gridspec(len(blocks), len(problems), height_ratios=counts)
    panels: list[list[Axes]] = []
    for line, (title, own, words) in enumerate(blocks):
        panels.append([])
        for column, problem in enumerate(problems):
            first = panels[0][0] if panels[0] else None
            axes = figure.add_subplot(grid[line, column], axes_class=ShownAxes, sharex=first)
            panels[-1].append(axes)
            strips = {words(row.key): row for row in own if row.key.problem == problem}
            _strips(axes, [strips.get(label) for label in labels[line]])
            axes.set_yticks(range(counts[line]), labels[line], parse_math=False)
            axes.tick_params(axis="y", labelsize=SMALL, labelleft=column == 0, length=0)
            axes.tick_params(axis="x", which="both", labelsize=SMALL, labelbottom=line == len(blocks) - 1)
            if line == 0:
                axes.set_title(PROBLEMS.get(problem, problem), fontsize=TEXT, parse_math=False)
        panels[-1][0].set_ylabel(title, fontsize=TEXT)
    for axes in panels[-1]:
        axes.set_xlabel("final W₁ / initial W₁, from 0.001 on", fontsize=TEXT)
    figure.align_ylabels([each[0] for each in panels])
    _legend(panels[0][0], rows)
    return panels[0][0]


def _strips(axes: Axes, rows: Sequence[FlowRow | None]) -> None:
    """A strip of dots for each row, the first at the top; an empty one where there are no flows yet."""
    rng = np.random.default_rng(_SEED)
    most = 1.0
    for at, row in enumerate(rows):
        if row is None:
            continue
        height = at + rng.uniform(-0.28, 0.28, size=len(row.trials))
        left = np.maximum([trial.left for trial in row.trials], _FLOOR)
        most = max(most, left.max())
        for reason, (colour, marker) in _STYLES.items():
            own = np.array([trial.stop == reason for trial in row.trials])
            if own.any():
                axes.plot(left[own], height[own], ls="", marker=marker, ms=3.2, mew=0.7, color=colour, alpha=0.75)
        axes.plot([max(row.left[1], _FLOOR)] * 2, [at - 0.4, at + 0.4], color="#1A1A1A", lw=1.6, gid="median")
    axes.set_xscale("log")
    axes.set_xlim(0.7 * _FLOOR, 1.6 * most)
    axes.axvline(1.0, color="#1A1A1A", lw=0.6, ls=":")
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", alpha=0.25, lw=0.5)


def _legend(axes: Axes, rows: Sequence[FlowRow]) -> None:
    """Why a flow stopped, above the figure; only what occurs."""
    from matplotlib.lines import Line2D

    from toylab.plotting.canvas import SMALL, figure_of

    seen = {trial.stop for row in rows for trial in row.trials}
    shown: list[Any] = [
        Line2D([], [], ls="", marker=marker, color=colour, ms=4.5, label=REASONS[reason])
        for reason, (colour, marker) in _STYLES.items()
        if reason in seen
    ]
    shown.append(Line2D([], [], color="#1A1A1A", lw=1.6, label="median"))
    figure_of(axes).legend(handles=shown, loc="outside upper center", ncols=len(shown), fontsize=SMALL, frameon=False)


__all__ = ["plot_flows"]
