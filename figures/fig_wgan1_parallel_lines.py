"""W1 and the divergences between two parallel segments, against their distance (WGAN Fig. 1).

The paper plots W1 = |θ| beside the Jensen-Shannon divergence, which is ln 2 for every θ but 0. Here both are computed
on finite measures: W1 by an exact transport solver, with its error against |θ|, and KL and total variation beside
JSD. The same segments sampled independently are the control: their W1 does not go to 0 with θ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.building import panels
from figures.building.panels import Given, note, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import divergences, zoo
from toylab.plotting.canvas import FAKE, INK

SPEC = FigureSpec(
    name="fig_wgan1_parallel_lines",
    paper="WGAN (ICML 2017) Figure 1, Example 1",
    parameters={"n": 100, "reach": 1.0, "steps": 20, "seeds": 5},
    quick={"n": 20, "steps": 4, "seeds": 2},
    seconds=5.0,
)

_MOSAIC = (("wasserstein", "divergences"),)
_CONTROL = "#7F7F7F"


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """W1, JSD, KL and TV of two parallel segments.

    Args:
        parameters: `n` points a side, `reach` and `steps`: θ takes 2·steps + 1 values from −reach to reach, `seeds` of
            the independent samples.
        rng: not used.

    Returns:
        theta (t,), w1, jsd, kl, tv (t,), KL infinite where it is; independent (seeds, t): W1 of independent samples.
    """
    n = parameters["n"]
    theta = parameters["reach"] * np.arange(-parameters["steps"], parameters["steps"] + 1) / parameters["steps"]
    problems = [zoo.load("parallel-lines", n=n, separation=float(t)) for t in theta]
    named = {"jsd": "jensen-shannon", "kl": "kl", "tv": "total-variation"}
    found = {
        key: np.array([float(divergences.get(name).value(problem.fake, problem.real)) for problem in problems])
        for key, name in named.items()
    }
    return {
        "theta": theta,
        "w1": np.array([divergences.wasserstein1(problem.fake, problem.real) for problem in problems]),
        **found,
        "independent": np.array(
            [[_independent(parameters["n"], t, seed) for t in theta] for seed in range(parameters["seeds"])]
        ),
    }


def _independent(n: int, theta: float, seed: int) -> float:
    problem = zoo.load("independent-lines", n=n, seed=seed, separation=float(theta))
    return divergences.wasserstein1(problem.fake, problem.real)


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The largest error of W1, what the divergences are beside 0, and where the control ends."""
    apart, together = data["theta"] != 0.0, data["theta"] == 0.0
    return {
        "largest_error_of_w1": float(np.abs(data["w1"] - np.abs(data["theta"])).max()),
        "jsd_apart": float(data["jsd"][apart].mean()),
        "jsd_largest_distance_from_ln2": float(np.abs(data["jsd"][apart] - np.log(2.0)).max()),
        "tv_apart": float(data["tv"][apart].mean()),
        "independent_w1_at_zero": float(data["independent"][:, together].mean()),
    }


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels wasserstein and divergences, against θ."""
    figure, places = panels.arranged(axes, _MOSAIC, DOUBLE, 2.5)
    for name, panel in places.items():
        (_draw_wasserstein if name == "wasserstein" else _draw_divergences)(panel, data)
        panel.set_xlabel("θ, how far the segments are apart")
        if axes is None:
            panel.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3)
    return figure


def _draw_wasserstein(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    theta, known = data["theta"], numbers(data)
    axes.plot(theta, np.abs(theta), color="#56B4E9", lw=3.0, label="|θ|")
    axes.plot(theta, data["w1"], color=INK, marker=".", ms=3.5, lw=0.8, label="W₁, exact", gid="w1")
    middle = data["independent"].mean(axis=0)
    axes.plot(theta, middle, color=_CONTROL, ls=":", label="independent samples", gid="control")
    axes.fill_between(
        theta, *(end(data["independent"], axis=0) for end in (np.min, np.max)), color=_CONTROL, alpha=0.25, lw=0
    )
    axes.set_ylabel("Wasserstein distance")
    axes.set_ylim(0.0, 1.25 * float(data["independent"].max()))
    error, left = number(known["largest_error_of_w1"]), known["independent_w1_at_zero"]
    note(axes, f"largest error of W₁ {error}\nindependent samples keep {left:.2g} at θ = 0", at="upper center")


def _draw_divergences(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    theta = data["theta"]
    apart = theta != 0.0
    looks = {"tv": (FAKE, "D", "TV"), "jsd": (INK, "o", "JSD"), "kl": ("#009E73", "^", "KL")}
    top = 1.55
    for key, (colour, marker, label) in looks.items():
        shown = np.where(np.isinf(data[key]), top - 0.1, data[key])
        for side in (theta < 0, theta > 0):
            axes.plot(theta[side], shown[side], color=colour, lw=0.9, ls="--" if key == "kl" else "-")
        axes.plot(theta, shown, color=colour, marker=marker, ms=2.8, ls="", label=label, gid=key)
    axes.axhline(np.log(2.0), color=INK, lw=0.5, ls=":")
    axes.set(ylim=(-0.08, top), yticks=[0.0, float(np.log(2.0)), 1.0, top - 0.1])
    axes.set_yticklabels(["0", "ln 2", "1", "∞"])
    axes.set_ylabel("divergence")
    off = float(np.abs(data["jsd"][apart] - np.log(2.0)).max())
    words = f"JSD = ln 2 for every θ ≠ 0, to {number(max(off, 1e-16))}\nall are 0 at θ = 0 alone: no gradient anywhere"
    note(axes, words, at=(0.5, 0.28))
