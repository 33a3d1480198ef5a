"""A trained critic beside the certified one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from toylab.errors import InputError
from toylab.plotting import marks, surface
from toylab.plotting.canvas import REAL, SMALL, new_figure
from toylab.plotting.labels import gap_text, has_free_offset, problem_label, value_label
from toylab.plotting.options import Options
from toylab.plotting.plane import draw_overlay
from toylab.solution import Candidate

#: Length of the lines towards the bounding partners, in arrows of a gradient of norm k*.
_BEYOND = 1.6


def plot_training(
    trained: Candidate, exact: Candidate, *, numbers: Mapping[str, Any] | None = None, resolution: int = 160
) -> Figure:
    """Draw a trained critic beside the certified one: the same extent, the same colours, the same unit of arrows.

    On the left each fake has the trained gradient as an arrow and, as thin blue lines, the directions to its
    bounding partners under the certified critic. Where the loss leaves a constant free, the trained surface is
    shifted so that both critics have the same mean over the support, each measure counting half.

    Args:
        trained: the trained critic with its certificate.
        exact: the certified optimum of the same problem.
        numbers: what the figure's title says, with the keys of `Comparison.to_json`: relative_gap, k_support,
            k_star, angle_median, angle_worst (degrees); whatever else is a number follows under its own name.
            Gap and constants are taken from the certificates when not given.
        resolution: cells of the surfaces along their longer side.

    Raises:
        InputError: not in the plane, or the two critics belong to different points.
    """
    _check_pair(trained, exact)
    options = Options(resolution=resolution)
    region = surface.box(None, exact.problem.support.points)
    offset = _offset(trained, exact)
    left_values = surface.values_on(trained.critic, region, options.resolution) + offset
    right_values = surface.values_on(exact.critic, region, options.resolution)
    scale = surface.colour_scale(left_values, right_values)

    width, height = region.figure_size()
    figure = new_figure(min(2.0 * width - 1.2, 11.0), min(height + 0.3, 5.2))
    left, right = figure.subplots(1, 2, sharex=True, sharey=True)
    surface.draw_surface(left, region, left_values, scale)
    image = surface.draw_surface(right, region, right_values, scale)
    surface.draw_colour_bar(right, image, value_label(exact.problem))
    right.set_ylabel("")

    unit = marks.arrow_unit(exact, region.diagonal)
    lines = _draw_directions(left, exact, _BEYOND * unit)
    vectors = marks.gradients_at(trained.critic, trained.problem.fake.points)
    marks.draw_arrows(left, trained.problem.fake.points, vectors, norm=exact.lipschitz_constant, unit=unit)
    marks.draw_both(left, trained.problem, trained.problem.fake.points, trained.problem.real.points)
    handles = draw_overlay(right, exact, region, options)
    left.set_title(_trained_title(trained, offset), fontsize=10.0, y=1.0)
    right.set_title("certified optimum", fontsize=10.0, y=1.0)
    _legend(figure, [*handles, *([lines] if lines is not None else [])])
    figure.suptitle(f"{problem_label(exact.problem)}\n{_summary(trained, exact, numbers)}", fontsize=10.0)
    return figure


def _check_pair(trained: Candidate, exact: Candidate) -> None:
    for name, candidate in (("trained", trained), ("exact", exact)):
        if not isinstance(candidate, Candidate):
            raise InputError(f"{name} must be a Candidate or a Solution, got {type(candidate).__name__}.")
    if exact.problem.dimension != 2:
        raise InputError(
            f"plot_training draws the plane, and these points have {exact.problem.dimension} coordinate(s); "
            "draw each critic on its own with plot, or project the points first."
        )
    for measure in ("fake", "real"):
        one, other = (getattr(candidate.problem, measure).points for candidate in (trained, exact))
        if not np.array_equal(one, other):
            raise InputError(f"the {measure} points of the trained critic are not those of the exact one.")


def _offset(trained: Candidate, exact: Candidate) -> float:
    """What is added to the trained critic: 0 unless the loss leaves a constant free."""
    if not has_free_offset(exact.problem):
        return 0.0
    fake, real = exact.problem.fake, exact.problem.real
    return 0.5 * (
        fake.expectation(exact.fake_values - trained.fake_values)
        + real.expectation(exact.real_values - trained.real_values)
    )


def _trained_title(trained: Candidate, offset: float) -> str:
    return f"trained critic {offset:+.3g}, means aligned" if has_free_offset(trained.problem) else "trained critic"


def _draw_directions(axes: Axes, exact: Candidate, length: float) -> LineCollection | None:
    """Thin lines from every fake along its bounding directions under the exact critic."""
    segments = [
        np.stack([point, point + length * direction])
        for point, directions in zip(exact.problem.fake.points, exact.bounding_directions(), strict=True)
        for direction in directions
    ]
    if not segments:
        return None
    lines = LineCollection(
        segments, colors=REAL, linewidths=0.9, zorder=3, label="to certified partners", gid="directions"
    )
    axes.add_collection(lines, autolim=False)
    return lines


#: Angles among the numbers, and what they are called.
_ANGLES = {"angle_median": "median", "angle_worst": "worst"}


def _summary(trained: Candidate, exact: Candidate, numbers: Mapping[str, Any] | None) -> str:
    known: dict[str, Any] = {
        "relative_gap": trained.certificate.relative_gap,
        "k_support": trained.lipschitz_constant,
        "k_star": exact.lipschitz_constant,
        **(numbers or {}),
    }
    rest = {name: value for name, value in known.items() if isinstance(value, int | float)}
    constants = f"k = {rest.pop('k_support'):.4g} against k* = {rest.pop('k_star'):.4g}"
    parts = [gap_text(rest.pop("relative_gap")), constants]
    angles = [f"{word} {rest.pop(key):.2g}°" for key, word in _ANGLES.items() if key in rest]
    if angles:
        parts.append(f"angle to partners: {', '.join(angles)}")
    parts += [f"{name.replace('_', ' ')} {value:.3g}" for name, value in rest.items()]
    return "; ".join(parts)


def _legend(figure: Figure, handles: list[Artist]) -> None:
    figure.legend(
        handles=handles,
        loc="outside lower center",
        ncols=len(handles),
        frameon=False,
        fontsize=SMALL,
        handletextpad=0.4,
        columnspacing=1.4,
    )
