"""Candidates and functions in the plane: a surface with what is drawn over it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.functions import FunctionOnChain, FunctionOnPair
from toylab.plotting import marks, surface
from toylab.plotting.canvas import new_axes
from toylab.plotting.labels import value_label
from toylab.plotting.options import Options
from toylab.solution import Candidate


def draw_candidate(axes: Axes | None, candidate: Candidate, options: Options) -> tuple[Axes, list[Artist]]:
    """A candidate in the plane; the axes and the legend entries."""
    region = surface.box(options.extent, candidate.problem.support.points)
    axes = new_axes(*region.figure_size()) if axes is None else axes
    values = surface.values_on(candidate.critic, region, options.resolution)
    image = surface.draw_surface(axes, region, values, surface.colour_scale(values))
    surface.draw_colour_bar(axes, image, value_label(candidate.problem))
    return axes, draw_overlay(axes, candidate, region, options)


def draw_overlay(axes: Axes, candidate: Candidate, region: surface.Box, options: Options) -> list[Artist]:
    """Plan, arrows and points of a candidate, with the legend entries for them."""
    fake, real = candidate.problem.fake, candidate.problem.real
    lines = quiver = None
    if options.coupling:
        rows, columns, mass = marks.coupling_pairs(candidate)
        lines = marks.draw_segments(axes, fake.points[rows], real.points[columns], mass)
    if options.arrows:
        vectors = marks.gradients_at(candidate.critic, fake.points)
        unit = marks.arrow_unit(candidate, region.diagonal)
        quiver = marks.draw_arrows(axes, fake.points, vectors, norm=candidate.lipschitz_constant, unit=unit)
    marks.draw_both(axes, candidate.problem, fake.points, real.points)
    return marks.legend_handles(candidate.problem, arrows=quiver is not None, coupling=lines is not None)


def draw_function(axes: Axes | None, subject: FunctionOnPair, options: Options) -> tuple[Axes, list[Artist]]:
    """Level lines of a function around its points, with gradients along the segments between them."""
    middle = [subject.via] if isinstance(subject, FunctionOnChain) else []
    ends = np.stack([subject.x, *middle, subject.y])
    region = surface.box(options.extent, ends)
    axes = new_axes(*region.figure_size()) if axes is None else axes
    values = surface.values_on(subject.f, region, options.resolution)
    image = surface.draw_surface(axes, region, values, surface.colour_scale(values))
    surface.draw_colour_bar(axes, image, "value f(z)")
    quiver = None
    if options.arrows:
        along = np.concatenate([marks.positions_on(a, b) for a, b in pairwise(ends)])
        vectors = marks.gradients_at(subject.f, along)
        steepest, length = np.linalg.norm(vectors, axis=1).max(), np.linalg.norm(np.diff(ends, axis=0), axis=1).sum()
        quiver = marks.draw_arrows(axes, along, vectors, norm=float(steepest), unit=0.2 * float(length))
    return axes, marks.draw_pair(axes, ends, arrows=quiver is not None, segment=options.coupling)
