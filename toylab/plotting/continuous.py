"""Densities, sets of lower dimension, and a generator's update: on the line and in the plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle

from toylab.distributions import Distribution, Masses, Segment, UniformBox
from toylab.divergences import DensityPair
from toylab.divergences.densities import pieces
from toylab.errors import InputError
from toylab.generators import GeneratorUpdate, WhiteNoise
from toylab.manifolds import ManifoldPair
from toylab.plotting import marks, surface
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, new_axes
from toylab.plotting.options import Options

_SIZE = (6.0, 3.8)
#: How many fakes carry an arrow, the longest arrow as a share of the width, and how far pieces are shown in widths.
_ARROWS, _LONGEST, _REACH = 32, 0.07, 3.5
#: On the line: how many fakes carry an arrow, and from how many drawn ones their range is taken.
_SPREAD, _MANY = 11, 2000
#: Seed of the points that stand for a distribution.
_SEED = 0


def _check_dimension(dimension: int, what: str) -> None:
    if dimension > 2:
        raise InputError(f"{what} is drawn on the line and in the plane, not in dimension {dimension}.")


def _quantiles(distribution: Distribution, count: int) -> np.ndarray:
    """Points (n, d) that stand for a distribution: its own where it is finite, else drawn with a fixed seed."""
    if isinstance(distribution, Masses):
        return distribution.atoms
    return distribution.sample_points(count, np.random.default_rng(_SEED))


def _spread(points: np.ndarray, width: float) -> np.ndarray:
    """Points on a line of this width that can be told apart: few as they are, else spread over the middle 98 %."""
    if len(points) <= _SPREAD:
        return np.sort(points, axis=0)
    low, high = np.quantile(points[:, 0], [0.01, 0.99])
    count = int(np.clip((high - low) / (_LONGEST * width) + 1.0, 3.0, _SPREAD))
    return np.linspace(low, high, count)[:, None]


def _swatch(colour: str, label: str) -> Artist:
    return Patch(facecolor=colour, alpha=0.35, edgecolor=colour, label=label)


def _arrow_handle(label: str) -> Artist:
    return Line2D([], [], ls="", marker=r"$\rightarrow$", ms=12, mew=0.0, color=INK, label=label)


def _dot(colour: str, marker: str, label: str) -> Artist:
    return Line2D([], [], ls="", marker=marker, ms=6.5, mfc=colour, mec="white", mew=0.8, label=label)


# --- densities ---


def draw_densities(axes: Axes | None, pair: DensityPair, options: Options) -> tuple[Axes, list[Artist]]:
    """Both densities, f* where there is an objective, and its gradient at fakes; the legend entries."""
    _check_dimension(pair.dimension, "a pair of densities")
    return (_densities_on_line if pair.dimension == 1 else _densities_in_plane)(axes, pair, options)


def _corners(pair: DensityPair) -> np.ndarray:
    regions = [piece for side in (pair.fake, pair.real) for piece in pieces(side)]
    reach = [piece.width * (1.0 if piece.bounded else _REACH) for piece in regions]
    ends = [(p.centre - r, p.centre + r) for p, r in zip(regions, reach, strict=True)]
    return np.concatenate([np.stack(end) for end in ends])


def _densities_on_line(axes: Axes | None, pair: DensityPair, options: Options) -> tuple[Axes, list[Artist]]:
    left, right = surface.interval(options.extent, _corners(pair))
    axes = new_axes(*_SIZE) if axes is None else axes
    z = np.linspace(left, right, 4 * options.resolution + 1)[:, None]
    heights = [np.exp(log) for log in pair.log_densities(z)]
    for height, colour, name in zip(heights, (FAKE, REAL), ("fake", "real"), strict=True):
        axes.fill_between(z[:, 0], height, color=colour, alpha=0.25, lw=0, zorder=2)
        axes.plot(z[:, 0], height, color=colour, lw=1.4, zorder=3, gid=f"{name} density")
    top = float(max(height.max() for height in heights))
    handles = [_swatch(FAKE, "fake density p"), _swatch(REAL, "real density q")]
    axes.set_xlim(left, right)
    axes.set_ylim(-0.18 * top, 1.08 * top)
    axes.set_xlabel("coordinate z", fontsize=TEXT)
    axes.set_ylabel("density", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    if pair.objective is None:
        return axes, handles
    handles.append(_critic_curve(axes, pair, z))
    if options.arrows:
        fakes = _spread(_quantiles(pair.fake, _MANY), right - left)
        _line_arrows(axes, fakes, marks.gradients_at(pair.critic, fakes), -0.09 * top, right - left)
        handles.append(_arrow_handle("direction of ∇f* at fakes"))
    return axes, handles


def _critic_curve(axes: Axes, pair: DensityPair, z: np.ndarray) -> Artist:
    """f* on an axis of its own at the right."""
    values = np.asarray(pair.critic(z), dtype=np.float64)
    beside = axes.twinx()
    beside.plot(z[:, 0], np.where(np.isfinite(values), values, np.nan), color=INK, lw=1.2, ls="--", gid="critic")
    low, high = beside.get_ylim()
    beside.set_ylim(low - 0.17 * (high - low), high)  # clear of the fakes at the bottom
    beside.set_ylabel("critic f*(z)", fontsize=TEXT)
    beside.tick_params(labelsize=SMALL)
    return Line2D([], [], color=INK, lw=1.2, ls="--", label="critic f*")


def _line_arrows(axes: Axes, points: np.ndarray, vectors: np.ndarray, height: float, width: float) -> None:
    """Fakes on a line below the curves, with arrows of one length that say which way they go."""
    where = np.stack([points[:, 0], np.full(len(points), height)], axis=1)
    axes.scatter(*where.T, s=14, color=FAKE, edgecolors="white", linewidths=0.4, zorder=5, gid="fakes")
    signs = np.concatenate([np.sign(vectors), np.zeros_like(vectors)], axis=1)
    apart = np.diff(points[:, 0]).min() if len(points) > 1 else width
    marks.draw_arrows(axes, where, signs, norm=1.0, unit=min(0.5 * _LONGEST * width, 0.75 * float(apart)))


def _densities_in_plane(axes: Axes | None, pair: DensityPair, options: Options) -> tuple[Axes, list[Artist]]:
    region = surface.box(options.extent, _corners(pair))
    axes = new_axes(*region.figure_size()) if axes is None else axes
    z, shape = region.grid(options.resolution)
    handles: list[Artist] = []
    if pair.objective is not None:
        values = surface.values_on(pair.critic, region, options.resolution)
        image = surface.draw_surface(axes, region, values, surface.colour_scale(values))
        surface.draw_colour_bar(axes, image, "critic f*(z)")
    for log, colour, name in zip(
        pair.log_densities(z), (FAKE, REAL), ("fake density p", "real density q"), strict=True
    ):
        height = np.exp(log).reshape(shape)
        levels = float(height.max()) * np.array([0.05, 0.25, 0.5, 0.75, 0.95])
        axes.contour(
            *(axis.reshape(shape) for axis in z.T), height, levels=levels, colors=colour, linewidths=1.1, zorder=3
        )
        handles.append(Line2D([], [], color=colour, lw=1.2, label=name))
    if pair.objective is not None and options.arrows:
        fakes = _quantiles(pair.fake, _ARROWS)
        _plane_arrows(axes, fakes, marks.gradients_at(pair.critic, fakes), region)
        axes.scatter(*fakes.T, s=14, color=FAKE, edgecolors="white", linewidths=0.4, zorder=5, gid="fakes")
        handles.append(_arrow_handle("∇f* at fakes"))
    _frame(axes, region)
    return axes, handles


def _frame(axes: Axes, region: surface.Box) -> None:
    axes.set(xlim=(region.left, region.right), ylim=(region.bottom, region.top), aspect="equal")
    axes.tick_params(labelsize=SMALL)


def _plane_arrows(axes: Axes, points: np.ndarray, vectors: np.ndarray, region: surface.Box) -> bool:
    """Arrows whose longest is a share of the picture; whether there are any."""
    longest = float(np.linalg.norm(vectors, axis=1).max(initial=0.0))
    drawn = marks.draw_arrows(axes, points, vectors, norm=longest, unit=_LONGEST * region.diagonal)
    return drawn is not None


# --- sets of lower dimension ---


def draw_manifolds(axes: Axes | None, pair: ManifoldPair, options: Options) -> tuple[Axes, list[Artist]]:
    """Boxes, segments and points of both sides, and where the nearer side changes; the legend entries."""
    _check_dimension(pair.dimension, "a pair of sets")
    points, _, _ = pair.probes()
    shown = points if pair.dimension == 2 else np.concatenate([points, np.zeros_like(points)], axis=1)
    region = surface.box(options.extent if pair.dimension == 2 else None, shown)
    axes = new_axes(*region.figure_size()) if axes is None else axes
    for parts, colour, marker in ((pair.fake_parts, FAKE, "o"), (pair.real_parts, REAL, "D")):
        for part in parts:
            _draw_shape(axes, part.shape, colour, marker)
    handles = [_swatch(FAKE, "fake support"), _swatch(REAL, "real support")]
    if pair.dimension == 2:
        z, shape = region.grid(options.resolution)
        nearer = pair.distance(z, real=True) - pair.distance(z, real=False)
        axes.contour(
            *(axis.reshape(shape) for axis in z.T),
            nearer.reshape(shape),
            levels=[0.0],
            colors=INK,
            linewidths=0.9,
            linestyles="--",
        )
        handles.append(Line2D([], [], color=INK, lw=0.9, ls="--", label="both as near"))
    else:
        axes.set_yticks([])
    _frame(axes, region)
    return axes, handles


def _draw_shape(axes: Axes, shape: Distribution, colour: str, marker: str) -> None:
    match shape:
        case Masses():
            at = shape.atoms[0]
            axes.plot(at[0], at[1] if len(at) > 1 else 0.0, marker, ms=8, color=colour, mec="white", zorder=5)
        case Segment(start=start, end=end):
            ends = np.stack([start, end])
            axes.plot(ends[:, 0], ends[:, 1] if ends.shape[1] > 1 else [0.0, 0.0], color=colour, lw=2.4, zorder=4)
        case UniformBox(centre=centre, half_side=half):
            low, side = centre - half, 2.0 * half
            corner, size = (low, side) if len(low) > 1 else ((low[0], -0.05), (side[0], 0.1))
            style = {"facecolor": colour, "alpha": 0.35, "edgecolor": colour, "zorder": 3}
            axes.add_patch(Rectangle((float(corner[0]), float(corner[1])), float(size[0]), float(size[1]), **style))
        case _:
            for share in (1.0, 2.0):
                angles = np.linspace(0.0, 2.0 * np.pi, 121)
                ring = shape.mean[:2] + share * shape.scale * np.stack([np.cos(angles), np.sin(angles)], axis=1)  # type: ignore[attr-defined]
                axes.plot(*ring.T, color=colour, lw=1.1, zorder=3)


# --- a generator's update ---


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """What stands in a picture of an update.

    Attributes:
        fakes: (m, d).
        moved: (m, d), the way each fake is moved.
        reals: (n, d).
    """

    fakes: np.ndarray
    moved: np.ndarray
    reals: np.ndarray


def draw_update(axes: Axes | None, update: GeneratorUpdate, options: Options) -> tuple[Axes, list[Artist]]:
    """D, fakes with the way they are moved, and reals; the legend entries."""
    _check_dimension(update.generator.dimension, "a generator's update")
    on_line = update.generator.dimension == 1
    fakes = update.generator(_quantiles(update.latent, _MANY if on_line else _ARROWS))
    reals = _quantiles(update.real, _ARROWS)
    if on_line:
        left, right = surface.interval(options.extent, np.concatenate([fakes, reals]))
        fakes = _spread(fakes, right - left)
    scene = Scene(fakes=fakes, moved=_moved(update, fakes), reals=reals)
    draw = _update_on_line if on_line else _update_in_plane
    axes, handles = draw(axes, update, options, scene)
    if options.arrows and np.abs(scene.moved).max(initial=0.0) > 0:
        label = "one draw of where fakes go" if isinstance(update.discriminator, WhiteNoise) else "where fakes go"
        handles.append(_arrow_handle(label))
    return axes, handles


def _moved(update: GeneratorUpdate, fakes: np.ndarray) -> np.ndarray:
    """The way each fake is moved, (m, d); against white noise one draw of it."""
    if isinstance(update.discriminator, WhiteNoise):
        values, gradients = update.discriminator.draw(1, len(fakes), np.random.default_rng(_SEED))
        return -update.cost.slope(values[0])[:, None] * gradients[0]
    pull = update.pull(fakes)
    return np.where(np.isfinite(pull), pull, 0.0)


def _update_on_line(
    axes: Axes | None, update: GeneratorUpdate, options: Options, scene: Scene
) -> tuple[Axes, list[Artist]]:
    left, right = surface.interval(options.extent, np.concatenate([scene.fakes, scene.reals]))
    axes = new_axes(*_SIZE) if axes is None else axes
    z = np.linspace(left, right, 4 * options.resolution + 1)
    values = surface.values_at(update.discriminator, z[:, None])
    axes.plot(z, values, color=INK, lw=1.4, zorder=3, gid="discriminator")
    low, high = min(float(values.min()), 0.0), max(float(values.max()), 1e-12)
    height = high - low
    axes.set_ylim(low - 0.25 * height, high + 0.08 * height)
    axes.scatter(
        scene.reals[:, 0],
        np.full(len(scene.reals), low - 0.17 * height),
        s=16,
        marker="D",
        color=REAL,
        edgecolors="white",
        gid="reals",
    )
    if options.arrows:
        _line_arrows(axes, scene.fakes, scene.moved, low - 0.08 * height, right - left)
    axes.set_xlim(left, right)
    axes.set_xlabel("coordinate x", fontsize=TEXT)
    axes.set_ylabel("discriminator D(x)", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)
    curve = Line2D([], [], color=INK, lw=1.4, label="D")
    return axes, [curve, _dot(FAKE, "o", "fake"), _dot(REAL, "D", "real")]


def _update_in_plane(
    axes: Axes | None, update: GeneratorUpdate, options: Options, scene: Scene
) -> tuple[Axes, list[Artist]]:
    region = surface.box(options.extent, np.concatenate([scene.fakes, scene.reals]))
    axes = new_axes(*region.figure_size()) if axes is None else axes
    values = surface.values_on(update.discriminator, region, options.resolution)
    image = surface.draw_surface(axes, region, values, surface.colour_scale(values))
    surface.draw_colour_bar(axes, image, "discriminator D(x)")
    axes.scatter(
        *scene.reals.T, s=16, marker="D", color=REAL, edgecolors="white", linewidths=0.4, zorder=5, gid="reals"
    )
    axes.scatter(*scene.fakes.T, s=16, color=FAKE, edgecolors="white", linewidths=0.4, zorder=6, gid="fakes")
    if options.arrows:
        _plane_arrows(axes, scene.fakes, scene.moved, region)
    _frame(axes, region)
    return axes, [_dot(FAKE, "o", "fake"), _dot(REAL, "D", "real")]
