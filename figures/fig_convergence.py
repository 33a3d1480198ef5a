"""Fakes that follow ∇f*: certified k* and W₁ step by step, four losses beside the objectives that fail (LGAN Thm 2d).

The papers argue that a Lipschitz critic leads every fake to a real point, and that traditional objectives need not.
Here the critic is solved exactly at every step, so that nothing but the objective decides. All fakes go equally far in
a step, whatever the length of their gradient; what differs is the direction. Theorem 2d speaks of equilibria, not of
the flow: some seeds crawl or stop where one-sided gradients cancel, and they are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.building.panels import Given, arranged, draw_points, handles, number, plain_ticks
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE, LOSS_NAMES, LOSSES
from toylab import losses, zoo
from toylab.divergences import FisherIPM, Uniform, UnrestrictedLoss
from toylab.dynamics import (
    AbstractObjective,
    LipschitzCritic,
    NoisyDensities,
    PointwiseOptimum,
    Trajectory,
    UnitStep,
    follow,
)
from toylab.plotting.canvas import FAKE, INK
from toylab.problem import LipschitzPenalty

SPEC = FigureSpec(
    name="fig_convergence",
    paper="LGAN (ICML 2019) Theorem 2d and Section 4.1; ICLR 2019 submission Section 4.2",
    parameters={
        "losses": ["wasserstein", "logistic", "sqrt", "exponential"],
        "unrestricted": ["vanilla", "least squares", "fisher", "on the points"],
        "n": 6,
        "seeds": 6,
        "steps": 60,
        "length": 0.04,
        "weight": 0.1,
        "noise": 0.15,
        "patience": 25,
    },
    quick={"losses": ["wasserstein", "logistic"], "n": 3, "seeds": 1, "steps": 10, "length": 0.12, "patience": 10},
    seconds=55.0,
)

#: The objectives without restriction: what they are called and how they are drawn.
_UNRESTRICTED: dict[str, dict[str, Any]] = {
    "vanilla": {"color": "#882255", "ls": "-"},
    "least squares": {"color": "#E3B7CD", "ls": (0, (3, 3))},
    "fisher": {"color": "#882255", "ls": (0, (1, 1.2))},
    "on the points": {"color": "#BBBBBB", "ls": "-"},
}
_NAMES = {
    **LOSS_NAMES,
    "vanilla": "vanilla, blurred",
    "least squares": "least squares, blurred",
    "fisher": "Fisher, blurred",
    "on the points": "unrestricted, on the points",
}
_MOSAIC = (
    ("w1", "w1", "w1", "constant", "constant", "constant"),
    ("arrives", "arrives", "worst", "worst", "local", "local"),
)
#: A flow has arrived when this share of its W₁ is left.
_ARRIVED = 1e-3


def _objective(name: str, parameters: Mapping[str, Any]) -> AbstractObjective:
    local = {
        "vanilla": UnrestrictedLoss(losses.logistic()),
        "least squares": UnrestrictedLoss(losses.quadratic(0.0, 1.0)),
        "fisher": FisherIPM(mu=Uniform()),
    }
    if name in local:
        return NoisyDensities(local=local[name], scale=parameters["noise"])
    if name == "on the points":
        return PointwiseOptimum.of(losses.logistic())
    return LipschitzCritic(losses=losses.get(name), regularizer=LipschitzPenalty(parameters["weight"]))


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Every objective followed from every seed; a flow that ends early keeps its last state.

    Args:
        parameters: `losses` and `unrestricted` (names), `n` points a side of case4, `seeds`, `steps`, `length` of a
            step, `weight` λ, `noise` of the blurred densities, `patience` in steps.
        rng: not used; points are those of the zoo's seeds.

    Returns:
        names (o,), lipschitz (o,) bool; w1 and constants (o, s, steps + 1), gaps (o, s), ended (o, s) steps done, stops
        (o, s) words, kinks (o, s) fakes on a kink at the end; worst (2,) objective and seed of the certified flow
        with most left, paths (3, steps + 1, n, 2) of the first loss, of that flow, and of the first unrestricted
        objective from the same seed, path_ends (3,) and real (m, 2).
    """
    names = [*parameters["losses"], *parameters["unrestricted"]]
    flows = [[_flow(name, seed, parameters) for seed in range(parameters["seeds"])] for name in names]
    certified = len(parameters["losses"])
    left = np.array([[flow.share_left for flow in row] for row in flows[:certified]])
    worst = np.unravel_index(int(left.argmax()), left.shape)
    shown = [flows[0][worst[1]], flows[worst[0]][worst[1]], flows[certified][worst[1]]]
    steps = parameters["steps"]
    return {
        "names": np.array(names),
        "lipschitz": np.arange(len(names)) < certified,
        "w1": np.array([[_held(flow.w1, steps) for flow in row] for row in flows]),
        "constants": np.array([[_held(flow.constants, steps) for flow in row] for row in flows]),
        "gaps": np.array([[flow.largest_gap for flow in row] for row in flows]),
        "ended": np.array([[flow.steps for flow in row] for row in flows]),
        "stops": np.array([[flow.stop.name.lower() for flow in row] for row in flows]),
        "kinks": np.array([[int((flow.clarity[-1] < 0.99).sum()) for flow in row] for row in flows]),
        "worst": np.array(worst),
        "paths": np.stack([_held(flow.positions, steps) for flow in shown]),
        "path_ends": np.array([flow.steps for flow in shown]),
        "real": shown[0].real.points.copy(),
    }


def _flow(name: str, seed: int, parameters: Mapping[str, Any]) -> Trajectory:
    return follow(
        zoo.load("case4", n=parameters["n"], seed=seed),
        _objective(name, parameters),
        step=UnitStep(length=parameters["length"]),
        steps=parameters["steps"],
        patience=parameters["patience"],
        tolerance=_ARRIVED,
    )


def _held(series: np.ndarray, steps: int) -> np.ndarray:
    """The series with its last entry repeated up to `steps`."""
    return np.concatenate([series, np.repeat(series[-1:], steps + 1 - len(series), axis=0)])


def _left(data: Mapping[str, np.ndarray]) -> np.ndarray:
    """(o, s), final W₁ over initial W₁."""
    return data["w1"][:, :, -1] / data["w1"][:, :, 0]


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """How many seeds arrive and how much of W₁ is left, objective by objective."""
    left = _left(data)
    found: dict[str, Any] = {"seeds": left.shape[1], "largest_gap": float(np.nanmax(data["gaps"]))}
    for index, name in enumerate(data["names"]):
        key = str(name).replace(" ", "_")
        found[f"arrived_{key}"] = int((left[index] <= _ARRIVED).sum())
        found[f"left_{key}"] = float(np.median(left[index]))
        if data["lipschitz"][index]:
            share = data["constants"][index, :, -1] / data["constants"][index, :, 0]
            found[f"k_left_{key}"] = float(np.median(share))
    found["left_worst"] = float(left[tuple(data["worst"])])
    return found


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels `w1` and `constant` over the steps; paths `arrives`, `worst` and `local` from one seed."""
    figure, panels = arranged(axes, _MOSAIC, DOUBLE, 4.7, height_ratios=[1.0, 1.15])
    drawing = {"w1": _draw_w1, "constant": _draw_constants}
    paths = {"arrives": 0, "worst": 1, "local": 2}
    for name, panel in panels.items():
        if name in paths:
            _draw_paths(panel, data, paths[name])
        else:
            drawing[name](panel, data)
    if axes is None:
        entries = [Line2D([], [], label=_NAMES[str(name)], **_look(str(name))) for name in data["names"]]
        points = [*handles(), Line2D([], [], color=FAKE, lw=0.9, label="path of a fake")]
        figure.legend(handles=[*entries, *points], loc="outside lower center", ncols=4)
    return figure


def _look(name: str) -> dict[str, Any]:
    return _UNRESTRICTED.get(name) or LOSSES[name]


def _draw_series(axes: Axes, series: np.ndarray, name: str) -> None:
    """The seeds thin, their median thick."""
    steps = np.arange(series.shape[1])
    if len(series) > 1:
        axes.plot(steps, series.T, lw=0.5, alpha=0.35, gid="seed", **_look(name))
    axes.plot(steps, np.median(series, axis=0), lw=1.5, gid="median", **_look(name))
    axes.set_xlim(0, steps[-1])
    axes.set_xlabel("step" if len(series) == 1 else f"step (thin: {len(series)} seeds, thick: their median)")
    plain_ticks(axes)


def _draw_w1(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    relative = data["w1"] / data["w1"][:, :, :1]
    own_last = [*np.flatnonzero(~data["lipschitz"]), *np.flatnonzero(data["lipschitz"])[::-1]]
    for index in own_last:
        _draw_series(axes, relative[index], str(data["names"][index]))
    axes.set_ylim(0.0, 1.03 * float(relative.max()))
    axes.set_ylabel("W₁ / W₁ at the start")
    left = _left(data)
    own, others = left[data["lipschitz"]], left[~data["lipschitz"]]
    axes.set_title(
        f"arrived: {int((own <= _ARRIVED).sum())} of {own.size} certified, "
        f"{int((others <= _ARRIVED).sum())} of {others.size} unrestricted flows"
    )


def _draw_constants(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    for index in np.flatnonzero(data["lipschitz"])[::-1]:
        _draw_series(axes, data["constants"][index], str(data["names"][index]))
    axes.set_ylim(bottom=0.0)
    axes.set_ylabel("certified constant k*")
    axes.set_title(f"k* → 0 on arrival (certified gaps ≤ {number(float(np.nanmax(data['gaps'])))})")


def _draw_paths(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    objective, seed = data["worst"]
    end = int(data["path_ends"][index])
    path = data["paths"][index][: end + 1]
    lines = LineCollection(list(path.transpose(1, 0, 2)), colors=FAKE, linewidths=0.9, zorder=4, gid="path")
    axes.add_collection(lines)
    axes.scatter(*path[0].T, s=9, facecolors="white", edgecolors=FAKE, linewidths=0.8, zorder=5, gid="start")
    draw_points(axes, path[-1][:0], data["real"], size=26.0)
    draw_points(axes, path[-1], data["real"][:0], size=9.0)
    everywhere = np.concatenate([data["paths"].reshape(-1, 2), data["real"]])
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    margin = 0.08 * float((high - low).max())
    axes.set(xlim=(low[0] - margin, high[0] + margin), ylim=(low[1] - margin, high[1] + margin), aspect="equal")
    axes.set(xticks=[], yticks=[])
    first = int(np.flatnonzero(~data["lipschitz"])[0])
    which = [0, int(objective), first][index]
    name, left = _NAMES[str(data["names"][which])], _left(data)[which, seed]
    kinks = int(data["kinks"][which, seed])
    torn = f", {kinks} on a kink" if index == 1 and kinks else ""
    axes.set_title(f"{name}, seed {int(seed)}", color=INK)
    axes.set_xlabel(f"W₁ left after {end} steps: {100 * left:.1f} %{torn}")
