"""The losses of the family, φ on fakes and ϕ on reals, and where condition (11) stands (LGAN Fig. 13, ICLR Fig. 12).

The paper plots pairs that satisfy condition (11): φ' > 0, ϕ' < 0, both convex, and a point a with φ'(a) + ϕ'(a) = 0.
Here the toolkit decides the condition from the losses themselves, marks a and the slopes that cancel there, and shows
beside the family two losses of the literature that fail, hinge and least squares, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.building.panels import Given, arranged, note
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE, LOSS_NAMES
from toylab import losses
from toylab.plotting.canvas import FAKE, INK, REAL

SPEC = FigureSpec(
    name="fig13_losses",
    paper="LGAN (ICML 2019) Figure 13; ICLR 2019 submission Figure 12",
    parameters={
        "losses": ["wasserstein", "logistic", "sqrt", "exponential", "hinge", "quadratic"],
        "reach": 3.0,
        "points": 241,
    },
    quick={"points": 61},
    seconds=0.1,
)

#: Half the length of the tangents at a, and the highest value shown.
_TANGENT, _TOP = 0.8, 6.0
_MOSAIC = (("wasserstein", "logistic", "sqrt"), ("exponential", "hinge", "quadratic"))


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Values of φ and ϕ, and condition (11), for each loss by name.

    Args:
        parameters: `losses` (names), `reach` (t runs from −reach to reach), `points`.
        rng: not used.

    Returns:
        t (points,), names (l,); fake_loss and real_loss (l, points); holds (l,); a and slope (l,), NaN where no single
        a exists; reason (l,), empty where the condition holds.
    """
    t = np.linspace(-parameters["reach"], parameters["reach"], parameters["points"])
    pairs = [losses.get(name) for name in parameters["losses"]]
    conditions = [pair.condition_11() for pair in pairs]
    best = [np.nan if pair.best_constant is None else pair.best_constant for pair in pairs]
    return {
        "t": t,
        "names": np.array(parameters["losses"]),
        "fake_loss": np.stack([pair.fake_loss.value(t) for pair in pairs]),
        "real_loss": np.stack([pair.real_loss.value(t) for pair in pairs]),
        "holds": np.array([bool(condition) for condition in conditions]),
        "a": np.array(best),
        "slope": np.array([float(pair.fake_loss.slope(np.array(a))) for pair, a in zip(pairs, best, strict=True)]),
        "reason": np.array(["; ".join(condition.reasons) for condition in conditions]),
    }


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """How many losses satisfy condition (11), and the slope at which each balances."""
    own = {f"slope_{name}": float(slope) for name, slope in zip(data["names"], data["slope"], strict=True)}
    return {"losses": len(data["names"]), "condition_holds": int(data["holds"].sum()), **own}


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """One panel for each loss of the data; panels are named by the losses."""
    names = [str(name) for name in data["names"]]
    mosaic = _MOSAIC if set(names) == {name for row in _MOSAIC for name in row} else [names]
    figure, panels = arranged(axes, mosaic, DOUBLE, 1.75 * len(mosaic) + 0.35, sharex=True)
    for name, panel in panels.items():
        _draw_pair(panel, data, names.index(name))
    if axes is None:
        for panel in [panels[name] for name in mosaic[-1]]:
            panel.set_xlabel("critic value t")
        for row in mosaic:
            panels[row[0]].set_ylabel("loss")
        entries, labels = panels[names[0]].get_legend_handles_labels()
        figure.legend(entries, labels, loc="outside lower center", ncols=len(entries))
    return figure


def _draw_pair(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    t, fake, real = data["t"], data["fake_loss"][index], data["real_loss"][index]
    name, a, slope = str(data["names"][index]), float(data["a"][index]), float(data["slope"][index])
    axes.plot(t, fake, color=FAKE, label="φ(t), on fakes", gid="fake loss")
    axes.plot(t, real, color=REAL, ls=(0, (4, 1.2)), label="ϕ(t), on reals", gid="real loss")
    axes.axvline(a, color=INK, lw=0.6, ls=":", zorder=1, label="a: φ'(a) + ϕ'(a) = 0")
    for height, own in ((np.interp(a, t, fake), slope), (np.interp(a, t, real), -slope)):
        ends = np.array([a - _TANGENT, a + _TANGENT])
        axes.plot(ends, height + own * (ends - a), color=INK, lw=0.8, zorder=4, gid="tangent")
    low = min(float(fake.min()), float(real.min()))
    axes.set_ylim(max(low, -_TOP) - 0.6, min(max(float(fake.max()), float(real.max())), _TOP) + 0.4)
    axes.set_xlim(t[0], t[-1])
    axes.set_title(LOSS_NAMES.get(name, name))
    if data["holds"][index]:
        note(axes, f"(11) holds, a = {a:.3g}\nφ'(a) = {slope:.3g}", at="upper center")
    else:
        failing = [reason.split(":")[0].replace(" fails", "") for reason in str(data["reason"][index]).split("; ")]
        note(axes, "(11) fails: not\n" + ", ".join(failing[:2]), at="upper center")
