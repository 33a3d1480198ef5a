"""Curves: the two losses of a pair, and what a solver recorded on its way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from toylab.errors import InputError
from toylab.losses import Loss, LossPair
from toylab.plotting import surface
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, ShownAxes, new_axes, new_figure
from toylab.plotting.options import Options

_SIZE = (6.0, 3.8)
#: How far to either side of the best constant losses are drawn, and the steepest value shown, in heights at a.
_REACH, _HIGHEST = 4.0, 6.0
#: What numbers of a history are called.
_NAMES = {
    "loss": "loss of the step",
    "relative_gap": "certified relative gap",
    "steepest_gradient": "steepest gradient found",
    "relative_excess": "excess of the penalty",
}
#: Kept at every judgement, not at every step; and what says when rather than what, of which there is no panel.
_JUDGED = {"relative_gap", "relative_excess"}
_WHEN = {"judged_step", "judged_seconds", "judged_cpu_seconds"}


def draw_losses(axes: Axes | None, pair: LossPair, options: Options) -> Axes:
    """Two curves φ and ϕ, and their sum's best constant a with the slopes φ'(a) = −ϕ'(a) as tangents."""
    axes = new_axes(*_SIZE) if axes is None else axes
    best = pair.best_constant
    centre = 0.0 if best is None else best
    left, right = surface.interval(options.extent, centre + _REACH * np.array([-0.75, 0.75]))
    t = np.linspace(left, right, 4 * options.resolution + 1)
    with np.errstate(over="ignore"):
        curves = [np.asarray(loss.value(t)) for loss in (pair.fake_loss, pair.real_loss)]
    for curve, name, colour in zip(curves, ("φ(t), on fakes", "ϕ(t), on reals"), (FAKE, REAL), strict=True):
        axes.plot(t, curve, color=colour, lw=1.8, label=name, zorder=3, gid="loss")
    if best is not None:
        _tangents(axes, pair, best, 0.12 * (right - left))
    middle = [float(loss.value(np.array(centre))) for loss in (pair.fake_loss, pair.real_loss)]
    unit = max(1.0, *(abs(value) for value in middle))
    low, high = min(float(c[np.isfinite(c)].min()) for c in curves), max(float(c[np.isfinite(c)].max()) for c in curves)
    axes.set_xlim(left, right)
    margin = 0.05 * (min(high, _HIGHEST * unit) - max(low, -_HIGHEST * unit))
    axes.set_ylim(max(low, -_HIGHEST * unit) - margin, min(high, _HIGHEST * unit) + margin)
    axes.set_xlabel("critic value t", fontsize=TEXT)
    axes.set_ylabel("loss", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    return axes


def _tangents(axes: Axes, pair: LossPair, best: float, reach: float) -> None:
    """Short tangents at a, where the slopes of both losses cancel."""
    at = np.array([best - reach, best + reach])

    def tangent(loss: Loss) -> np.ndarray:
        return float(loss.value(np.array(best))) + float(loss.slope(np.array(best))) * (at - best)

    axes.axvline(best, color=INK, lw=0.8, ls=":", zorder=1, gid="best constant")
    label = f"slopes cancel at a = {best:.3g}"
    for loss in (pair.fake_loss, pair.real_loss):
        axes.plot(at, tangent(loss), color=INK, lw=1.1, zorder=4, label=label, gid="tangent")
        label = "_again"


def draw_history(history: Mapping[str, Any]) -> Axes:
    """The uppermost panel of a figure with one for each series.

    An axis is logarithmic where all is positive and spans a decade.

    Raises:
        InputError: nothing was recorded.
    """
    judged = history.get("judged_step")
    names = [name for name, series in history.items() if name not in _WHEN and np.size(series) > 0]
    if not names:
        raise InputError("there is no history to draw: this solver recorded nothing on its way.")
    figure = new_figure(6.4, 0.6 + 1.7 * len(names))
    panels: list[Axes] = []
    for index in range(len(names)):
        shared = panels[0] if panels and judged is not None else None
        panels.append(figure.add_subplot(len(names), 1, index + 1, sharex=shared, axes_class=ShownAxes))
    for axes, name in zip(panels, names, strict=True):
        series = np.asarray(history[name], dtype=np.float64)
        on_judged = judged is not None and len(series) == len(judged) and name in _JUDGED
        steps = np.asarray(judged) if on_judged else np.arange(1, len(series) + 1)
        few = len(series) <= 60
        axes.plot(steps, series, color=INK, lw=1.0, marker="o" if few else "", ms=3.5, gid=name)
        shown = series[np.isfinite(series)]
        if len(shown) and shown.min() > 0 and shown.max() >= 10.0 * shown.min():
            axes.set_yscale("log")
        axes.set_title(_NAMES.get(name, name.replace("_", " ")), fontsize=TEXT, loc="left")
        axes.tick_params(labelsize=SMALL)
        axes.grid(alpha=0.25, lw=0.5)
    panels[-1].set_xlabel("iteration" if judged is None else "step", fontsize=TEXT)
    return panels[0]
