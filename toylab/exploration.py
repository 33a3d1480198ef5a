"""explore(): the certified critic of a problem under sliders for the loss and λ; a still picture where there are none.

A notebook that is run shows a menu and a slider; the same notebook on a web page, or one without ipywidgets, shows
a table of small pictures. Both come from the same cache of certified solutions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any

import numpy as np

from toylab import losses as loss_family
from toylab.errors import InputError
from toylab.losses import LossPair
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzPenalty
from toylab.solution import Solution
from toylab.solvers.solving import check_has_optimum, solve

_RESOLUTION = 90
_WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


@dataclass(eq=False, kw_only=True)
class Explorer:
    """What `explore` returns; shows itself in a notebook.

    Attributes:
        problem: whose points are kept.
        losses: loss pairs to choose from.
        weights: penalty weights λ to choose from, increasing.
    """

    problem: CriticProblem
    losses: tuple[LossPair, ...]
    weights: tuple[float, ...]
    _solved: dict[tuple[LossPair, float], Solution] = field(default_factory=dict, repr=False)

    def solution(self, losses: LossPair, weight: float) -> Solution:
        """The certified optimum of one choice, found once."""
        key = (losses, weight)
        if key not in self._solved:
            chosen = replace(self.problem, losses=losses, regularizer=LipschitzPenalty(weight))
            self._solved[key] = solve(chosen, throw=False)
        return self._solved[key]

    def still(self) -> Any:
        """Every loss (rows) with the least, a middle and the largest λ (columns), as a matplotlib figure."""
        from toylab.plotting import plot
        from toylab.plotting.canvas import new_figure

        spread = np.ptp(self.problem.support.points, axis=0)
        height = 2.0 if len(spread) == 1 else 0.6 + 2.6 * min(max(spread[1] / max(spread[0], 1e-300), 0.3), 1.5)
        columns = sorted({self.weights[0], self.weights[len(self.weights) // 2], self.weights[-1]})
        figure = new_figure(3.4 * len(columns), height * len(self.losses))
        panels = figure.subplots(len(self.losses), len(columns), squeeze=False, sharex=True, sharey=True)
        for row, pair in zip(panels, self.losses, strict=True):
            for axes, weight in zip(row, columns, strict=True):
                solution = self.solution(pair, weight)
                plot(solution, axes=axes, resolution=_RESOLUTION)
                if axes.get_legend() is not None:
                    axes.get_legend().remove()
                axes.set_title(f"{pair.name}, λ = {weight:g}: k = {solution.lipschitz_constant:.3g}", fontsize=9.0)
        for panel in panels.flat:
            for axes in (panel, *panel.child_axes):
                axes.set_xlabel("")
                axes.set_ylabel("")
        return figure

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"text/plain": repr(self), "image/png": _png(self.still())}
        view = self._view()
        return {**bundle, **view} if view else bundle

    def _view(self) -> dict[str, Any]:
        """The sliders for a running notebook, or nothing where ipywidgets is not installed."""
        try:
            bundle = self.sliders()._repr_mimebundle_()
        except ImportError:
            return {}
        return {_WIDGET_VIEW: bundle[_WIDGET_VIEW]}

    def sliders(self) -> Any:
        """A menu of losses and a slider of weights over a picture, as an ipywidgets box.

        Raises:
            ImportError: ipywidgets is not installed.
        """
        import ipywidgets

        menu = ipywidgets.Dropdown(options=[(pair.name, pair) for pair in self.losses], description="loss")
        slider = ipywidgets.SelectionSlider(
            options=[(f"{weight:g}", weight) for weight in self.weights],
            value=self.weights[len(self.weights) // 2],
            description="λ",
            continuous_update=False,
        )
        image, text = ipywidgets.Image(format="png", width=520), ipywidgets.HTML()

        def show(*_: Any) -> None:
            pair: Any = menu.value
            solution = self.solution(pair, slider.value)
            image.value = _png(_picture(solution))
            text.value = (
                f"k* = {solution.lipschitz_constant:.6g}, V = {solution.value:.6g}, "
                f"relative gap {solution.certificate.relative_gap:.1e}"
            )

        menu.observe(show, names="value")
        slider.observe(show, names="value")
        show()
        return ipywidgets.VBox([ipywidgets.HBox([menu, slider]), text, image])


def explore(
    problem: CriticProblem,
    *,
    losses: Sequence[LossPair | str] | None = None,
    weights: Sequence[float] = (0.01, 0.03, 0.1, 0.3, 1.0),
) -> Explorer:
    """Look at the certified critic of a problem under several losses and penalty weights.

    Args:
        problem: its points are kept; on the line or in the plane.
        losses: loss pairs or their names; the four of the papers (Wasserstein, logistic, sqrt, exponential) when not
            given.
        weights: λ > 0 of the penalty λ k².

    Raises:
        InputError: not a problem, no choices, a weight that is not positive, or a loss without an optimal critic.
    """
    if not isinstance(problem, CriticProblem):
        raise InputError(f"explore needs a CriticProblem, got {type(problem).__name__}.")
    names = ("wasserstein", "logistic", "sqrt", "exponential") if losses is None else tuple(losses)
    pairs = tuple(name if isinstance(name, LossPair) else loss_family.get(name) for name in names)
    choices = tuple(sorted({float(weight) for weight in weights}))
    if not pairs or not choices:
        raise InputError("explore needs at least one loss and one weight to choose from.")
    for pair in pairs:
        check_has_optimum(replace(problem, losses=pair, regularizer=LipschitzPenalty(choices[0])))
    return Explorer(problem=problem, losses=pairs, weights=choices)


def _picture(solution: Solution) -> Any:
    from toylab.plotting import plot

    return plot(solution, resolution=_RESOLUTION).figure


def _png(figure: Any) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=100, metadata={"Software": None})
    return buffer.getvalue()
