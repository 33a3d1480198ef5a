"""Families: the constant k and the value V of every member, against the parameter or side by side."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.families import Family
from toylab.plotting.canvas import FAKE, REAL, SMALL, TEXT, new_axes
from toylab.plotting.labels import gap_text, problem_label

_SIZE = (6.0, 3.8)
#: A parameter that is positive and spans more than this ratio is drawn on a logarithmic axis.
_WIDE = 30.0
#: Labels of roles longer than this many characters in all are turned.
_ROOM = 40


def draw_family(axes: Axes | None, family: Family) -> tuple[Axes, list[Artist]]:
    """K on the left axis, V on the right one with its certified bracket; the axes and the legend entries.

    Members along a parameter are joined by lines, members in roles stand side by side.
    """
    axes = new_axes(*_SIZE) if axes is None else axes
    at = np.array(family.at)
    k = np.array([member.lipschitz_constant for member in family.members])
    value = np.array([member.value for member in family.members])
    gap = np.array([member.certificate.gap for member in family.members])
    line = "-" if family.parameter else ""
    shift = 0.0 if family.parameter else 0.06
    right = axes.twinx()
    right.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    constants = axes.plot(at - shift, k, color=REAL, ls=line, lw=1.4, marker="o", ms=5.5, label="constant k", gid="k")
    bracket = np.stack([np.where(np.isfinite(gap), gap, 0.0), np.zeros_like(gap)])
    style = "--" if line else ""
    values = right.plot(at + shift, value, color=FAKE, ls=style, lw=1.4, marker="D", ms=5.0, label="value V", gid="V")
    right.errorbar(at + shift, value, yerr=bracket, fmt="none", ecolor=FAKE, lw=1.0, capsize=2.5)
    for side, name, colour in ((axes, "constant k", REAL), (right, "value V", FAKE)):
        side.set_ylabel(name, fontsize=TEXT, color=colour)
        side.tick_params(labelsize=SMALL)
        side.margins(x=0.08, y=0.15)
    _label_places(axes, family, at)
    axes.grid(alpha=0.25, lw=0.5)
    return axes, [*constants, *values]


def _label_places(axes: Axes, family: Family, at: np.ndarray) -> None:
    if family.parameter:
        axes.set_xlabel(family.parameter, fontsize=TEXT)
        if at.min() > 0 and at.max() > _WIDE * at.min():
            axes.set_xscale("log")
        return
    long = sum(map(len, family.labels)) > _ROOM
    axes.set_xticks(at, family.labels, rotation=20 if long else 0, ha="right" if long else "center")


def family_title(family: Family) -> str:
    """Two lines: what the family is; losses, and the loosest certificate."""
    problem = family.members[0].problem
    same = len({member.problem.regularizer for member in family.members}) == 1
    name = problem.losses.name
    terms = problem_label(problem) if same else f"{name[:1].upper()}{name[1:]} loss, {len(family)} problems"
    gap = max(float(member.certificate.relative_gap) for member in family.members)
    loosest = "loosest relative gap"
    return f"{family.name}\n{terms}, {gap_text(gap).replace('relative gap', loosest)}"
