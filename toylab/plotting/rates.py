"""Rates: mean errors of finite samples against n, with the fitted power, its band, and the predicted one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from toylab.errors import InputError
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, ShownAxes, new_figure

if TYPE_CHECKING:
    from toylab.convergence import Fit, RateStudy

_COLUMNS = 3
#: Colour and marker of each quantity.
_STYLES = {"k": (REAL, "o"), "V": (FAKE, "D"), "gradient": (INK, "s")}
_NAMES = {"k": "constant k*", "V": "value V", "gradient": "gradient ∇f*"}


def plot_rates(studies: Sequence[RateStudy]) -> Axes:
    """Draw a panel for each population: errors against n on logarithmic axes.

    Markers are means with their t intervals, solid lines the fitted power of n within its confidence band (of the
    geometric mean, which lies below the mean), dashed lines the prediction, through the middle of the fit.

    Returns:
        The first panel; `.figure` is what `save` writes.

    Raises:
        InputError: nothing to draw.
    """
    if not studies:
        raise InputError("there are no rates to draw: give at least one population.")
    columns = min(_COLUMNS, len(studies))
    count = -(-len(studies) // columns)
    figure = new_figure(3.6 * columns + 0.4, 3.1 * count + 0.6)
    panels = [figure.add_subplot(count, columns, index + 1, axes_class=ShownAxes) for index in range(len(studies))]
    for axes, study in zip(panels, studies, strict=True):
        for name, fit in study.fits.items():
            _draw(axes, fit, *_STYLES[name])
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.set_title(f"{study.population}\n{_exponents(study)}", fontsize=TEXT, parse_math=False)
        axes.tick_params(which="both", labelsize=SMALL)
        axes.grid(alpha=0.25, lw=0.5)
        axes.set_xlabel("n", fontsize=TEXT)
    panels[0].set_ylabel("error", fontsize=TEXT)
    shown = [name for name in _STYLES if any(name in study.fits for study in studies)]
    handles = [Line2D([], [], color=_STYLES[n][0], marker=_STYLES[n][1], ms=5, lw=1.4, label=_NAMES[n]) for n in shown]
    handles.append(Line2D([], [], color=INK, ls="--", lw=1.0, label="predicted rate"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False, fontsize=SMALL)
    return panels[0]


def _exponents(study: RateStudy) -> str:
    return ", ".join(f"{name} n^{fit.exponent:.2f}" for name, fit in study.fits.items())


def _draw(axes: Axes, fit: Fit, colour: str, marker: str) -> None:
    mean, half = fit.means()
    below = np.minimum(half, 0.95 * mean)  # an interval that reaches 0 has no end on a logarithmic axis
    axes.errorbar(fit.sizes, mean, yerr=[below, half], color=colour, ls="", marker=marker, ms=4.0, lw=1.0, capsize=2.0)
    at = np.geomspace(fit.sizes[0], fit.sizes[-1], 33)
    middle, low, high = fit.band(at)
    axes.plot(at, middle, color=colour, lw=1.4, gid="fit")
    axes.fill_between(at, low, high, color=colour, alpha=0.18, lw=0.0)
    if fit.prediction is not None:
        shape = fit.prediction.of(at)
        anchor = np.exp(np.mean(np.log(middle)) - np.mean(np.log(shape)))
        axes.plot(at, anchor * shape, color=colour, ls="--", lw=1.0, gid="prediction")
