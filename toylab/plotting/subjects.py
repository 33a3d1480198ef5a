"""plot(): one picture for each kind of subject."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from matplotlib.axes import Axes

from toylab.errors import InputError
from toylab.functions import FunctionOnPair
from toylab.plotting import line, plane
from toylab.plotting.labels import candidate_title, pair_title
from toylab.plotting.marks import head
from toylab.plotting.options import Options, check_dimension
from toylab.solution import Candidate

Extent = tuple[float, ...] | None


@singledispatch
def plot(
    subject: Any,
    axes: Axes | None = None,
    *,
    extent: Extent = None,
    resolution: int = 160,
    arrows: bool = True,
    coupling: bool = True,
) -> Axes:
    """Draw a subject on the line or in the plane.

    A Candidate or Solution: the critic's values as a surface (a curve on the line), fake and real points with
    areas by weight, the critic's gradient at every fake point, and the pairs of the dual plan. An arrow's
    length is the gradient's norm in units of k, cut at twice that. A FunctionOnPair: level lines around the
    pair, the segment, gradients along it.

    Args:
        subject: a Candidate, a Solution or a FunctionOnPair, in one or two dimensions.
        axes: where to draw; new axes in a new figure when not given.
        extent: (left, right, bottom, top), or (left, right) on the line; the points with a margin when not given.
        resolution: cells of the surface along its longer side.
        arrows: draw gradients.
        coupling: draw the pairs of the plan that carry mass; the segment of a pair.

    Returns:
        The axes; `.figure` is what `save` writes.

    Raises:
        InputError: nothing that can be drawn, more than two dimensions, or a bad extent or resolution.
    """
    raise InputError(
        f"plot draws a Candidate, a Solution or a FunctionOnPair, got {type(subject).__name__}; "
        "a Verdict is drawn by plot_evidence, a problem is to be solved first."
    )


@plot.register(Candidate)
def _candidate(subject: Candidate, axes: Axes | None = None, **choices: Any) -> Axes:
    options = Options(**choices)
    check_dimension(subject.problem.dimension)
    draw = line.draw_candidate if subject.problem.dimension == 1 else plane.draw_candidate
    axes, handles = draw(axes, subject, options)
    head(axes, candidate_title(subject), handles)
    return axes


@plot.register(FunctionOnPair)
def _function_on_pair(subject: FunctionOnPair, axes: Axes | None = None, **choices: Any) -> Axes:
    options = Options(**choices)
    check_dimension(len(subject.x))
    draw = line.draw_function if len(subject.x) == 1 else plane.draw_function
    axes, handles = draw(axes, subject, options)
    head(axes, pair_title(subject), handles)
    return axes
