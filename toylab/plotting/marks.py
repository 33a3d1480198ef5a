"""What is drawn over a surface: points, gradient arrows, the plan, the legend."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.quiver import Quiver
from scipy.spatial.distance import cdist

from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL
from toylab.problem import CriticProblem
from toylab.solution import Candidate

#: A pair is drawn if it carries this share of what leaves its fake point or arrives at its real point …
_SHARE = 1e-2
#: … and this share of the whole plan: what is smaller is the rounding of an interior point.
_FLOOR = 1e-6
#: Largest area of a circle over a diamond, and of a diamond over a circle, as shares of the lower one.
_INSIDE_DIAMOND, _INSIDE_CIRCLE = 0.45, 0.25
#: Colour and width in points of segments that lie on one curve.
_BAND, _BAND_WIDTH = "#A6CEE3", 7.0
#: Arrows longer than this many units (gradients steeper than so many times k) are cut.
_LONGEST = 2.0


def coupling_pairs(candidate: Candidate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The pairs of the plan that move mass worth drawing: fake indices, real indices, masses, each (e,)."""
    moves = candidate.certificate.plan.tocoo()
    rows, columns = moves.coords
    mass = np.asarray(moves.data, dtype=np.float64)
    if not mass.size or mass.max() <= 0.0:
        empty = np.zeros(0, dtype=np.intp)
        return empty, empty, np.zeros(0)
    out, into = (np.bincount(index, weights=mass)[index] for index in (rows, columns))
    moved = (candidate.problem.fake.points[rows] != candidate.problem.real.points[columns]).any(axis=1)
    kept = moved & (mass >= _SHARE * np.minimum(out, into)) & (mass >= _FLOOR * mass.sum())
    return rows[kept], columns[kept], mass[kept]


def draw_segments(
    axes: Axes, starts: np.ndarray, ends: np.ndarray, mass: np.ndarray, *, band: bool = False
) -> LineCollection | None:
    """Segments from starts (e, 2) to ends (e, 2), the wider and darker the more mass they carry; None without any.

    Args:
        axes: where to draw.
        starts: (e, 2), data coordinates.
        ends: (e, 2), data coordinates.
        mass: (e,), positive.
        band: wide and light instead of thin and dark, where all segments lie on one curve.
    """
    if not len(mass):
        return None
    share = np.sqrt(mass / mass.max())
    width = _BAND_WIDTH if band else float(np.clip(8.0 / np.sqrt(len(mass)), 0.7, 1.8))
    lines = LineCollection(
        list(np.stack([starts, ends], axis=1)),
        linewidths=width * (0.2 + 0.8 * share),
        alpha=None if band else 0.2 + 0.35 * share,
        colors=_BAND if band else INK,
        capstyle="round",
        zorder=2,
        gid="coupling",
    )
    axes.add_collection(lines, autolim=False)
    return lines


def gradients_at(critic: Any, points: np.ndarray) -> np.ndarray:
    """Gradients (m, d); zeros where the critic has none to offer or they are not finite."""
    if not hasattr(critic, "gradient"):
        return np.zeros(points.shape)
    gradients = np.asarray(critic.gradient(points), dtype=np.float64)
    if gradients.shape != points.shape:
        raise InputError(f"the critic's gradient must return shape {points.shape}, got {gradients.shape}.")
    return np.where(np.isfinite(gradients).all(axis=1, keepdims=True), gradients, 0.0)


def arrow_unit(candidate: Candidate, diagonal: float) -> float:
    """Length in data units of an arrow for a gradient of norm k: half the way to the nearest real point, bounded."""
    distance = cdist(candidate.problem.fake.points, candidate.problem.real.points)
    nearest = np.where(distance > 0, distance, np.inf).min(axis=1)
    nearest = nearest[np.isfinite(nearest)]
    half_way = 0.5 * float(np.median(nearest)) if len(nearest) else np.inf
    return float(np.clip(half_way, 0.045 * diagonal, 0.09 * diagonal))


def draw_arrows(axes: Axes, points: np.ndarray, vectors: np.ndarray, *, norm: float, unit: float) -> Quiver | None:
    """Arrows of `unit` data units where a vector (m, 2) has this norm, in proportion elsewhere; none for vector 0."""
    length = np.linalg.norm(vectors, axis=1)
    reference = norm if norm > 0 else float(length.max(initial=0.0))
    shown = length > 1e-9 * reference
    if not shown.any():
        return None
    stretch = np.minimum(1.0, _LONGEST * reference / length[shown])[:, None] * unit / reference
    return axes.quiver(
        *points[shown].T,
        *(stretch * vectors[shown]).T,
        angles="xy",
        scale_units="xy",
        scale=1.0,
        units="inches",
        width=float(np.clip(0.1 / np.sqrt(shown.sum()), 0.011, 0.018)),
        headwidth=4.0,
        headlength=4.5,
        headaxislength=4.0,
        color=INK,
        zorder=4,
        gid="arrows",
    )


def areas(measure: DiscreteMeasure, *, crowd: int) -> np.ndarray:
    """Marker areas (n,) in square points: by weight within bounds, and the more points, the smaller."""
    base = float(np.clip(330.0 / np.sqrt(crowd), 8.0, 60.0))
    positive = measure.weights > 0
    return base * np.where(positive, np.clip(measure.weights * positive.sum(), 0.3, 3.0), 0.6)


def draw_points(
    axes: Axes, weights: np.ndarray, where: np.ndarray, sizes: np.ndarray, *, fake: bool, layer: int
) -> None:
    """Points at `where` (n, 2): fake circles or real diamonds, hollow where the weight is 0."""
    colour, marker = (FAKE, "o") if fake else (REAL, "D")
    positive = weights > 0
    axes.scatter(
        *where.T,
        s=sizes,
        marker=marker,
        c=np.where(positive, colour, "none"),
        edgecolors=list(np.where(positive, "white", colour)),
        linewidths=list(np.where(positive, 0.6, 1.1)),
        zorder=layer,
        gid="fake" if fake else "real",
    )


def draw_both(axes: Axes, problem: CriticProblem, fake: np.ndarray, real: np.ndarray) -> None:
    """Fake and real points of a problem at these places.

    Where they share a place the smaller marker is on top, made small enough to leave the other a rim.
    """
    crowd = len(fake) + len(real)
    circles, diamonds = 0.75 * areas(problem.fake, crowd=crowd), areas(problem.real, crowd=crowd)
    diamond_at, circle_at = np.zeros((2, len(problem.support.points)))
    np.maximum.at(circle_at, problem.support.fake_owner, circles)
    np.maximum.at(diamond_at, problem.support.real_owner, diamonds)
    diamond, circle = diamond_at[problem.support.fake_owner], circle_at[problem.support.real_owner]
    on_top = diamonds < circle
    circles = np.where(circles <= diamond, np.minimum(circles, _INSIDE_DIAMOND * diamond), circles)
    diamonds = np.where(on_top, np.minimum(diamonds, _INSIDE_CIRCLE * circle), diamonds)
    draw_points(axes, problem.fake.weights, fake, circles, fake=True, layer=6)
    for chosen, layer in ((~on_top, 5), (on_top, 7)):
        if chosen.any():
            draw_points(axes, problem.real.weights[chosen], real[chosen], diamonds[chosen], fake=False, layer=layer)


def positions_on(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Points (5, d) of the open segment between two points, where gradients are drawn."""
    return x + np.array([0.05, 0.25, 0.5, 0.75, 0.95])[:, None] * (y - x)


def draw_pair(axes: Axes, where: np.ndarray, *, arrows: bool, segment: bool, band: bool = False) -> list[Artist]:
    """The points of a pair (2, 2) or of a chain (3, 2) and the segments between them; the legend entries."""
    if segment:
        draw_segments(axes, where[:-1], where[1:], np.ones(len(where) - 1), band=band)
    handles: list[Artist] = []
    looks = [("x", FAKE, "o"), *[("m", INK, "s")] * (len(where) - 2), ("y", REAL, "D")]
    for at, (label, colour, marker) in zip(where, looks, strict=True):
        handles += axes.plot(*at, ls="", marker=marker, ms=8, color=colour, mec="white", label=label, zorder=6)
    handles += [_arrow_entry()] if arrows else []
    return handles + ([_segment_entry("segment", band=band)] if segment else [])


def _arrow_entry() -> Line2D:
    return Line2D([], [], ls="", marker=r"$\rightarrow$", ms=12, mew=0.0, color=INK, label="gradient")


def _segment_entry(label: str, *, band: bool) -> Line2D:
    style = {"color": _BAND, "lw": _BAND_WIDTH} if band else {"color": INK, "lw": 1.2, "alpha": 0.6}
    return Line2D([], [], label=label, solid_capstyle="butt", **style)


def legend_handles(problem: CriticProblem, *, arrows: bool, coupling: bool, band: bool = False) -> list[Artist]:
    """Entries for what is really in the picture."""

    def dot(label: str, marker: str, face: str, edge: str) -> Line2D:
        return Line2D([], [], ls="", marker=marker, ms=6.5, mfc=face, mec=edge, mew=0.8, label=label)

    handles: list[Artist] = [dot("fake", "o", FAKE, "white"), dot("real", "D", REAL, "white")]
    if min(problem.fake.weights.min(), problem.real.weights.min()) == 0:
        handles.append(dot("weight 0", "o", "none", INK))
    if arrows:
        handles.append(_arrow_entry())
    if coupling:
        handles.append(_segment_entry("coupling", band=band))
    return handles


def head(axes: Axes, title: str, handles: list[Artist], *, columns: int | None = None) -> None:
    """The legend above the axes, in one row or this many columns, and the title above it."""
    columns = columns or len(handles)
    axes.legend(
        handles=handles,
        loc="lower center",
        bbox_to_anchor=(0.5, 1.0),
        ncols=columns,
        frameon=False,
        fontsize=SMALL,
        handletextpad=0.4,
        columnspacing=1.4,
        borderaxespad=0.2,
    )
    axes.set_title(title, parse_math=False, fontsize=10.0, y=1.0, pad=7.0 + 15.0 * -(-len(handles) // columns))
