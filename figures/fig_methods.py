"""Time to a certified gap: every way of training a critic on the same points, from the data of the bench (own figure).

The papers compare penalties by pictures and by scores of images. Here each method trains a critic on the same two
problems with one thread, and its relative gap to the certified optimum is judged as it goes. Times are measured, so
they are data and not computed with the figure: `toylab bench critic` writes them, `figures/data/critic.json` holds
those that are shown, and --bench draws others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.building.panels import Given, arranged
from figures.building.spec import FigureSpec, Option
from figures.building.style import DOUBLE, LOSS_NAMES
from toylab.bench.critic_cell import Cell
from toylab.bench.critic_plot import median_line
from toylab.bench.critic_summary import GAPS, first_time, median
from toylab.errors import InputError
from toylab.plotting.canvas import INK

SPEC = FigureSpec(
    name="fig_methods",
    paper="own: what LGAN (ICML 2019) Section 5.4 and Figure 12 compare by pictures",
    parameters={"bench": "", "methods": [], "losses": ["wasserstein", "logistic"], "n": 10},
    quick={"methods": ["MaxGP", "FunnelMaxGP", "gp", "published"]},
    seconds=0.5,
    options=(Option(parameter="bench", metavar="FILE", help="a critic.json of `toylab bench critic` for fig_methods"),),
)

#: Okabe and Ito without yellow, each with a dash of its own in the second round.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#1A1A1A")
_DASHES = ("-", (0, (4, 1.5)))
_MARKERS = {0.1: "o", 0.01: "s", 0.001: "D"}
_FLOOR = 1e-5


def _file(parameters: Mapping[str, Any]) -> Path:
    return Path(parameters["bench"]) if parameters["bench"] else Path(__file__).parent / "data" / "critic.json"


def inputs(parameters: Mapping[str, Any]) -> list[Path]:
    """The file of the bench.

    Raises:
        InputError: it is not there.
    """
    file = _file(parameters)
    if not file.is_file():
        raise InputError(f"there is no file {str(file)!r} of trainings; `toylab bench critic` writes one.")
    return [file]


def _cells(parameters: Mapping[str, Any]) -> list[Cell]:
    """The trainings of the file.

    Raises:
        InputError: the file is missing or of another kind.
    """
    (file,) = inputs(parameters)
    try:
        return [Cell.from_json(data) for data in json.loads(file.read_text(encoding="utf-8"))["trainings"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{str(file)!r} is no critic.json of `toylab bench critic` ({error!r}).") from None


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Read the trainings and sum them up.

    Args:
        parameters: `bench` (a file, or "" for the one that comes with the figures), `methods` (names, or none for all),
            `losses` (names) and `n` points a side of the trainings that are shown.
        rng: not used.

    Returns:
        methods (m,), losses (l,), n (1,), seeds (1,): trainings of each; times (l, m, 3): median CPU seconds to each of
        `levels` (3,), infinite where more than half did not get there; ends and steps (l, m): medians of the last best
        gap and of the steps; allowed (1,): the longest training; lines: owner (s, 2) loss and method, seconds and gaps
        (s,), the median of the best gap so far.

    Raises:
        InputError: the file is missing, damaged, or holds no training that is asked for.
    """
    cells = [cell for cell in _cells(parameters) if cell.key.n == parameters["n"] and not cell.failure]
    names = [loss for loss in parameters["losses"] if any(cell.key.loss == loss for cell in cells)]
    methods = list(parameters["methods"]) or _ordered(cells)
    grid = [
        [[cell for cell in cells if (cell.key.loss, cell.key.method) == (loss, method)] for method in methods]
        for loss in names
    ]
    if not names or not any(own for row in grid for own in row):
        raise InputError(
            f"the file of trainings holds none with n = {parameters['n']} of the losses and methods asked for."
        )
    owners, seconds, gaps = [], [], []
    for row, per_method in enumerate(grid):
        for column, own in enumerate(per_method):
            times, values = median_line(own) if own else (np.zeros(0), np.zeros(0))
            owners += [(row, column)] * len(times)
            seconds.extend(times)
            gaps.extend(values)
    return {
        "methods": np.array(methods),
        "losses": np.array(names),
        "n": np.array([parameters["n"]]),
        "seeds": np.array([max(len(own) for row in grid for own in row)]),
        "levels": np.array(GAPS),
        "times": np.array([[[median([first_time(c, g) for c in own]) for g in GAPS] for own in row] for row in grid]),
        "steps": np.array([[median([float(c.steps) for c in own]) for own in row] for row in grid]),
        "ends": np.array([[median([_best(c) for c in own]) for own in row] for row in grid]),
        "allowed": np.array([max(cell.cpu_seconds for cell in cells)]),
        "owner": np.array(owners).reshape(-1, 2),
        "seconds": np.array(seconds),
        "gaps": np.array(gaps),
    }


def _best(cell: Cell) -> float:
    known = np.array(cell.series["gap"], dtype=np.float64)
    return float(np.nanmin(known)) if np.isfinite(known).any() else np.inf


def _ordered(cells: list[Cell]) -> list[str]:
    """All methods, those with the smallest gaps first."""
    names = sorted({cell.key.method for cell in cells})
    return sorted(names, key=lambda name: median([_best(cell) for cell in cells if cell.key.method == name]))


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """For each loss and method: the seconds to a gap of 1 %, and the gap at the end."""
    found: dict[str, Any] = {"trainings_each": int(data["seeds"][0]), "seconds_allowed": float(data["allowed"][0])}
    level = int(np.flatnonzero(data["levels"] == 0.01)[0])
    for row, loss in enumerate(data["losses"]):
        for column, method in enumerate(data["methods"]):
            key = f"{loss}_{str(method).lower().replace('-', '_')}"
            found[f"{key}_seconds"] = float(data["times"][row, column, level])
            found[f"{key}_end"] = float(data["ends"][row, column])
    return found


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels LOSS.gap (gap against CPU seconds) and LOSS.time (seconds to each level, method by method)."""
    names = [str(name) for name in data["losses"]]
    mosaic = [[f"{name}.gap", f"{name}.time"] for name in names]
    figure, panels = arranged(axes, mosaic, DOUBLE, 2.35 * len(names) + 0.75, width_ratios=[1.15, 1.0])
    for name, panel in panels.items():
        loss, kind = name.split(".")
        (_draw_gaps if kind == "gap" else _draw_times)(panel, data, names.index(loss))
        panel.set_title(f"{LOSS_NAMES.get(loss, loss)}: " + ("gap in training" if kind == "gap" else "time to a gap"))
        if loss == names[-1]:
            panel.set_xlabel(f"CPU seconds (n = {int(data['n'][0])}, {_count(data)})")
    if axes is None:
        lines = [Line2D([], [], label=str(name), **_look(index)) for index, name in enumerate(data["methods"])]
        dots = [
            Line2D([], [], ls="", marker=_MARKERS[float(gap)], ms=4, color=INK, label=f"first gap ≤ {gap:g}")
            for gap in data["levels"]
        ]
        figure.legend(handles=[*lines, *dots], loc="outside lower center", ncols=5)
    return figure


def _count(data: Mapping[str, np.ndarray]) -> str:
    seeds = int(data["seeds"][0])
    return "one training each" if seeds == 1 else f"medians of {seeds}"


def _look(index: int) -> dict[str, Any]:
    return {"color": _COLOURS[index % len(_COLOURS)], "ls": _DASHES[index // len(_COLOURS) % len(_DASHES)], "lw": 1.2}


def _draw_gaps(axes: Axes, data: Mapping[str, np.ndarray], row: int) -> None:
    for column in range(len(data["methods"])):
        own = (data["owner"] == (row, column)).all(axis=1)
        if own.any():
            values = np.maximum(data["gaps"][own], _FLOOR)
            axes.step(data["seconds"][own], values, where="post", gid="median", **_look(column))
    for gap in data["levels"]:
        axes.axhline(gap, color="#999999", lw=0.5, ls=":", zorder=0)
    axes.set(xscale="log", yscale="log")
    axes.set_ylabel("relative gap, certified")


def _draw_times(axes: Axes, data: Mapping[str, np.ndarray], row: int) -> None:
    count = len(data["methods"])
    for column in range(count):
        times, look = data["times"][row, column], _look(column)
        reached = np.isfinite(times)
        if reached.any():
            axes.plot(times[reached][[0, -1]], [column, column], color=look["color"], lw=0.8, zorder=2)
        for gap, seconds in zip(data["levels"][reached], times[reached], strict=True):
            axes.plot(
                seconds, column, marker=_MARKERS[float(gap)], ms=4, color=look["color"], mec="white", mew=0.4, zorder=3
            )
        end = float(data["ends"][row, column])
        axes.text(1.02, column, f"{end:.1g}", transform=axes.get_yaxis_transform(), va="center", fontsize=5.6)
    axes.text(1.02, -0.95, "end", transform=axes.get_yaxis_transform(), va="center", fontsize=5.6)
    axes.set_xscale("log")
    axes.set_yticks(range(count), [str(name) for name in data["methods"]], fontsize=6.0)
    axes.set_ylim(count - 0.4, -0.6)
    axes.set_xlim(right=1.15 * float(data["allowed"][0]))
    axes.grid(axis="x")
