"""The picture of the exact bench: seconds against n, and against those of a plain transport problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING

import numpy as np

from toylab.bench.exact_summary import Row, grouped, growth
from toylab.bench.exact_trial import CLARABEL, EMD
from toylab.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito; the rivals in grey and black.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_RIVALS = {EMD: ("#1A1A1A", "s", "ot.emd"), CLARABEL: ("#7A7A7A", "^", "Clarabel, all pairs")}


def plot_exact(rows: Sequence[Row]) -> Axes:
    """A column a shape: seconds against n above, the ratio to `ot.emd` below, both logarithmic.

    A line is the median over losses and λ, the band reaches from the least to the largest; the legend of each panel
    says the exponent of growth.

    Returns:
        The first panel; `.figure` is what `toylab.plotting.save` writes.

    Raises:
        InputError: nothing was finished.
    """
    from toylab.plotting.canvas import SMALL, TEXT, ShownAxes, new_figure

    shapes = grouped((row for row in rows if row.seconds is not None), lambda key: key.shape)
    if not shapes:
        raise InputError("there are no solves to draw; give the bench more seconds.")
    methods = list(dict.fromkeys(row.key.method for row in rows if row.key.method not in _RIVALS))
    styles = {name: (_COLOURS[i % len(_COLOURS)], "o", name) for i, name in enumerate(methods)} | _RIVALS
    exponents = {(each.method, each.shape): median(each.exponents) for each in growth(rows)}
    figure = new_figure(4.2 * len(shapes) + 0.4, 6.2)
    panels: list[list[Axes]] = [[], []]
    for column, (shape, own) in enumerate(shapes.items()):
        for line, value in enumerate((lambda row: row.seconds, lambda row: row.times(EMD))):
            first = panels[line][0] if panels[line] else None
            place = line * len(shapes) + column + 1
            axes = figure.add_subplot(2, len(shapes), place, axes_class=ShownAxes, sharex=first, sharey=first)
            panels[line].append(axes)
            for method, group in grouped(own, lambda key: key.method).items():
                power = exponents.get((method, shape))
                words = styles[method][2] + (f", n^{power:.2f}" if power is not None and line == 0 else "")
                _draw(axes, group, value, styles[method], words)
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.tick_params(which="both", labelsize=SMALL)
            axes.grid(alpha=0.25, lw=0.5)
        panels[0][-1].set_title(shape, fontsize=TEXT, parse_math=False)
        panels[0][-1].legend(fontsize=SMALL, frameon=False, loc="upper left")
        panels[1][-1].axhline(1.0, color="#1A1A1A", lw=0.8, ls=":")
        panels[1][-1].set_xlabel("points a side, n", fontsize=TEXT)
    clock = "seconds" if rows[0].clock == "wall" else "CPU seconds"
    panels[0][0].set_ylabel(clock, fontsize=TEXT)
    panels[1][0].set_ylabel("times as long as ot.emd", fontsize=TEXT)
    return panels[0][0]


def _draw(
    axes: Axes, rows: Sequence[Row], value: Callable[[Row], float | None], style: tuple[str, str, str], words: str
) -> None:
    """The median over losses and λ at each n, and the band of all of them."""
    colour, marker, _ = style
    points = []
    for (n, m), same in sorted(grouped(rows, lambda key: (key.n, key.m)).items()):
        values = [found for row in same if (found := value(row)) is not None]
        if values:
            points.append((np.sqrt(n * m), median(values), min(values), max(values)))
    if not points or (rows[0].key.method == EMD and value(rows[0]) == 1.0):
        return
    n, middle, low, high = np.array(points).T
    axes.fill_between(n, low, high, color=colour, alpha=0.15, lw=0.0)
    axes.plot(n, middle, color=colour, marker=marker, ms=4.0, lw=1.6, label=words, gid="median")
