"""Candidates and functions on the line: the critic's curve with its points on it."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.critics import FormulaCritic, NearestPoint
from toylab.functions import FunctionOnChain, FunctionOnPair
from toylab.plotting import marks, surface
from toylab.plotting.canvas import INK, SMALL, TEXT, new_axes
from toylab.plotting.labels import value_label
from toylab.plotting.options import Options
from toylab.solution import Candidate

_SIZE = (6.0, 3.8)
#: Length of an arrow for a gradient of norm k, as a share of the line drawn.
_ARROW = 0.06


def draw_candidate(axes: Axes | None, candidate: Candidate, options: Options) -> tuple[Axes, list[Artist]]:
    """A candidate on the line; the axes and the legend entries.

    The pairs of the plan are drawn as wide bands under the curve: where the curve runs along them, they are
    tight.
    """
    problem = candidate.problem
    ends = surface.interval(options.extent, problem.support.points)
    axes = _curve(axes, candidate.critic, ends, options.resolution, value_label(problem))
    fake, real = (
        np.stack([measure.points[:, 0], surface.values_at(candidate.critic, measure.points).filled(np.nan)], axis=1)
        for measure in (problem.fake, problem.real)
    )
    lines = quiver = None
    if options.coupling:
        rows, columns, mass = marks.coupling_pairs(candidate)
        lines = marks.draw_segments(axes, fake[rows], real[columns], mass, band=True)
    if options.arrows:
        quiver = _arrows(axes, candidate.critic, fake, ends, norm=candidate.lipschitz_constant)
    marks.draw_both(axes, problem, fake, real)
    return axes, marks.legend_handles(problem, arrows=quiver is not None, coupling=lines is not None, band=True)


def draw_function(axes: Axes | None, subject: FunctionOnPair, options: Options) -> tuple[Axes, list[Artist]]:
    """A function on the line with its pair and the gradients between."""
    middle = [subject.via] if isinstance(subject, FunctionOnChain) else []
    points = np.stack([subject.x, *middle, subject.y])
    ends = surface.interval(options.extent, points)
    axes = _curve(axes, subject.f, ends, options.resolution, "value f(z)")
    quiver = None
    if options.arrows:
        along = marks.positions_on(subject.x, subject.y)
        at = np.stack([along[:, 0], surface.values_at(subject.f, along).filled(np.nan)], axis=1)
        quiver = _arrows(axes, subject.f, at, ends, norm=subject.k)
    where = np.stack([points[:, 0], surface.values_at(subject.f, points).filled(np.nan)], axis=1)
    return axes, marks.draw_pair(axes, where, arrows=quiver is not None, segment=options.coupling, band=True)


def along_the_pair(subject: FunctionOnPair) -> FunctionOnPair:
    """A function of any dimension on the line through its pair: x at 0, y at the (Euclidean) length of the pair."""
    length = float(np.linalg.norm(subject.y - subject.x))
    direction = (subject.y - subject.x) / length

    def lifted(z: np.ndarray) -> np.ndarray:
        return subject.x + z[:, :1] * direction

    return FunctionOnPair(
        name=subject.name,
        f=FormulaCritic(lambda z: subject.f(lifted(z)), lambda z: subject.f.gradient(lifted(z)) @ direction[:, None]),
        k=subject.k * float(subject.norm(direction)),
        x=np.zeros(1),
        y=np.array([length]),
    )


def _curve(axes: Axes | None, critic: surface.Values, ends: tuple[float, float], resolution: int, label: str) -> Axes:
    axes = new_axes(*_SIZE) if axes is None else axes
    z = np.linspace(*ends, 4 * resolution + 1)
    style = "--" if isinstance(critic, NearestPoint) else "-"  # what is arbitrary between the points is dashed
    axes.plot(z, surface.values_at(critic, z[:, None]), color=INK, lw=1.2, ls=style, zorder=3, gid="curve")
    axes.set_xlim(*ends)
    axes.margins(y=0.12)
    axes.set_xlabel("coordinate z", fontsize=TEXT)
    axes.set_ylabel(label, fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    return axes


def _arrows(axes: Axes, critic: object, where: np.ndarray, ends: tuple[float, float], *, norm: float) -> Artist | None:
    gradients = marks.gradients_at(critic, where[:, :1])
    vectors = np.concatenate([gradients, np.zeros_like(gradients)], axis=1)
    return marks.draw_arrows(axes, where, vectors, norm=norm, unit=_ARROW * (ends[1] - ends[0]))
