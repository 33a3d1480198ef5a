"""Theorem by hypothesis: which statements fail without which hypothesis, by the counterexample that a search found.

Every claim of the toolkit is searched for a counterexample with each of its hypotheses waived, and every statement held
to be false as it stands. A filled square: the search found one, so that the hypothesis is needed. An open one: nothing
was found among the subjects that were decided. The table is the one kept in the package (`make necessity`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from figures.building import panels
from figures.building.panels import Given
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import claims
from toylab.falsification import necessity
from toylab.plotting.canvas import FAKE, INK, REAL

SPEC = FigureSpec(
    name="fig_necessity",
    paper="the table of theorem × hypothesis (LGAN, ICLR, Arjovsky and Bottou, WGAN, Mescheder)",
    parameters={"columns": 14},
    quick={"columns": 12},
    seconds=3.0,
)

#: Marks of the outcomes: label, marker, face, edge.
_LOOKS = {
    "COUNTEREXAMPLE": ("fails without it: found by search", "s", FAKE, FAKE),
    "NOTHING": ("nothing found", "s", "white", REAL),
    "UNDECIDED": ("nothing decided", "x", INK, INK),
    "NO_SPACE": ("not searched", ".", INK, INK),
    "NOT_SEARCHED": ("not searched", ".", INK, INK),
}
_CONTROL = "made by hand"
_SOURCES = ("lgan", "iclr", "arjovsky-bottou", "wgan", "mescheder", "own")


def inputs(parameters: Mapping[str, Any]) -> list[Path]:
    """The table kept in the package."""
    return [Path(str(files("toylab.falsification").joinpath("necessity.json")))]


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The table, one entry a cell.

    Args:
        parameters: `columns`: so many hypotheses have a column of their own, the most frequent ones; the others share
            the last one.
        rng: not used.

    Returns:
        claims (c,): ids, source by source; hypotheses (h,): names of the columns; for each cell claim, column (k,):
        indices, outcome (k,): names of Found, by_hand (k,): controls that break the same hypothesis; others (h,): how
        many hypotheses a column stands for; seed, examples (1,) of the searches.
    """
    table = necessity.kept()
    known = sorted(claims.ALL, key=lambda claim: _place(claim.id))
    rows = necessity.rows(known, table)
    names, counts = np.unique([row.hypothesis for row in rows], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    own = [str(name) for name in names[order][: parameters["columns"]]]
    columns = [*own, "others"]
    return {
        "claims": np.array([claim.id for claim in known]),
        "hypotheses": np.array(columns),
        "others": np.array([*([1] * len(own)), len(names) - len(own)]),
        "claim": np.array([known.index(row.claim) for row in rows]),
        "column": np.array([columns.index(row.hypothesis) if row.hypothesis in own else len(own) for row in rows]),
        "outcome": np.array([row.cell.found.name for row in rows]),
        "by_hand": np.array([len(row.controls) for row in rows]),
        "seed": np.array([table.seed]),
        "examples": np.array([table.examples]),
    }


def _place(claim: str) -> tuple[int, list[tuple[str, int]]]:
    """Source by source, and numbers by size: lemma 8 before lemma 10."""
    source, rest = claim.split(".", 1)
    return _SOURCES.index(source), [(word, int(part or 0)) for word, part in re.findall(r"([^0-9]*)([0-9]*)", rest)]


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """How many claims, cells, and cells with a counterexample by search, by hand, or either."""
    found, by_hand = data["outcome"] == "COUNTEREXAMPLE", data["by_hand"] > 0
    return {
        "claims": len(data["claims"]),
        "cells": len(data["outcome"]),
        "found_by_search": int(found.sum()),
        "made_by_hand": int(by_hand.sum()),
        "either": int((found | by_hand).sum()),
        "undecided": int((data["outcome"] == "UNDECIDED").sum()),
    }


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels left and right: the claims in two halves."""
    half = -(-len(data["claims"]) // 2)
    figure, places = panels.arranged(axes, [["left", "right"]], DOUBLE, 0.112 * half + 2.0)
    for name, panel in places.items():
        _draw_half(panel, data, slice(0, half) if name == "left" else slice(half, len(data["claims"])))
    if axes is None:
        quoted = numbers(data)
        panels.legend_below(figure, _legend(data))
        figure.suptitle(
            f"{quoted['claims']} claims, {quoted['cells']} cells: {quoted['found_by_search']} counterexamples found by "
            f"search, {quoted['either']} by search or by hand"
        )
    return figure


def _legend(data: Mapping[str, np.ndarray]) -> list[Any]:
    from matplotlib.lines import Line2D

    shown = {}
    for outcome in np.unique(data["outcome"]):
        label, marker, face, edge = _LOOKS[str(outcome)]
        shown[label] = Line2D([], [], ls="", marker=marker, ms=4, mfc=face, mec=edge, mew=0.8, label=label)
    ring = Line2D([], [], ls="", marker="o", ms=7, mfc="none", mec=INK, mew=0.6, label=_CONTROL)
    return [*shown.values(), ring]


def _draw_half(axes: Axes, data: Mapping[str, np.ndarray], part: slice) -> None:
    names = [str(name) for name in data["claims"][part]]
    inside = (data["claim"] >= part.start) & (data["claim"] < part.stop)
    for outcome, (_, marker, face, edge) in _LOOKS.items():
        chosen = inside & (data["outcome"] == outcome)
        x, y = _spread(data, chosen), data["claim"][chosen] - part.start
        axes.plot(x, y, ls="", marker=marker, ms=3.2, mfc=face, mec=edge, mew=0.7, gid=outcome)
    ringed = inside & (data["by_hand"] > 0)
    style = {"ls": "", "marker": "o", "ms": 5.6, "mfc": "none", "mec": INK, "mew": 0.5}
    axes.plot(_spread(data, ringed), data["claim"][ringed] - part.start, gid="control", **style)
    columns = [
        f"{name} ({count})" if count > 1 else str(name)
        for name, count in zip(data["hypotheses"], data["others"], strict=True)
    ]
    axes.set(xlim=(-0.7, len(columns) + 1.8), ylim=(len(names) - 0.4, -0.6))
    axes.set_yticks(range(len(names)), names, fontsize=4.3)
    axes.set_xticks(range(len(columns)), columns, fontsize=4.8, rotation=90)
    axes.set_xlabel("without the hypothesis")
    axes.xaxis.tick_top()
    axes.xaxis.set_label_position("top")
    axes.tick_params(length=0)
    axes.grid(alpha=0.25)
    for edge in axes.spines.values():
        edge.set_visible(False)


def _spread(data: Mapping[str, np.ndarray], chosen: np.ndarray) -> np.ndarray:
    """Columns, where several cells of one claim share the last one side by side."""
    last = len(data["hypotheses"]) - 1
    place = data["column"].astype(np.float64)
    for claim in np.unique(data["claim"]):
        shared = np.flatnonzero((data["claim"] == claim) & (data["column"] == last))
        place[shared] += 0.75 * np.arange(len(shared))
    return place[chosen]
