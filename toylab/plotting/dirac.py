"""The Dirac-GAN: the field of its two players, the flow, and where training goes."""

from __future__ import annotations

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from toylab.diracgan import DiracGAN, DiracTraining, Orbit, WeightClipping
from toylab.diracgan.game import complex_number
from toylab.errors import InputError
from toylab.plotting import surface
from toylab.plotting.canvas import FAKE, INK, REAL, SMALL, TEXT, new_axes
from toylab.plotting.options import Options

_SIZE = (4.6, 4.8)
#: Arrows along a side, the longest as a share of their spacing, and their colour.
_ARROWS, _LONGEST, _PALE = 17, 0.9, "#8C8C8C"
#: Where the flow begins when nothing else is said, for how long it is followed in turns of the field, and in points.
_START, _TURNS, _POINTS = (1.0, 0.0), 5.0, 1500
#: Up to so many points of an orbit are shown one by one.
_ROUNDS = 600
#: Half the side of the picture in units of the largest distance that is shown.
_ROOM = 1.15


def draw_game(axes: Axes | None, game: DiracGAN, options: Options) -> tuple[Axes, list[Artist]]:
    """The field with the flow from (1, 0); the legend entries."""
    return _draw(axes, game, options, start=_START, training=None)


def draw_training(axes: Axes | None, training: DiracTraining, options: Options) -> tuple[Axes, list[Artist]]:
    """The field with the flow and the rounds of a training from its start; the legend entries."""
    return _draw(axes, training.game, options, start=training.start, training=training)


def draw_orbit(axes: Axes | None, orbit: Orbit, options: Options) -> tuple[Axes, list[Artist]]:
    """Where the players went, one line for each start, from its beginning to its end; the legend entries.

    Raises:
        InputError: no point of it is finite.
    """
    theta, psi = _paths(orbit)
    radius = np.hypot(theta, psi)
    if not np.isfinite(radius).any():
        raise InputError("this orbit cannot be drawn: none of its points is finite; take a smaller step.")
    most = float(radius[np.isfinite(radius)].max()) or 1.0
    region = surface.box(options.extent or tuple(_ROOM * most * np.array([-1.0, 1.0, -1.0, 1.0])), np.zeros((1, 2)))
    axes = new_axes(*_SIZE) if axes is None else axes
    few = len(orbit.time) <= _ROUNDS
    look = {"color": FAKE, "lw": 0.5 if few else 1.2, "zorder": 5}
    look |= {"marker": "o", "ms": 2.6, "mew": 0.0} if few else {}
    for number, (x, y) in enumerate(zip(theta.T, psi.T, strict=True)):
        axes.plot(x, y, gid=f"orbit {number}", **look)
    ends = [np.flatnonzero(np.isfinite(path))[-1] for path in radius.T if np.isfinite(path).any()]
    alive = np.flatnonzero(np.isfinite(radius).any(axis=0))
    handles: list[Artist] = [Line2D([], [], label="orbits" if theta.shape[1] > 1 else "orbit", **look)]
    look = {"ls": "", "marker": "o", "ms": 6.5, "mfc": "white", "mec": INK, "zorder": 7}
    handles += axes.plot(theta[0], psi[0], label="start", gid="start", **look)
    look = {"ls": "", "marker": "s", "ms": 5.5, "mfc": FAKE, "mec": "white", "zorder": 7.5}
    handles += axes.plot(theta[ends, alive], psi[ends, alive], label="end", gid="end", **look)
    handles.append(draw_equilibrium(axes))
    _dress(axes, region)
    return axes, handles


def orbit_title(orbit: Orbit) -> str:
    """Two lines: how long; what became of the distance, over all starts."""
    radius = np.hypot(*_paths(orbit))
    starts = radius.shape[1]
    many = f"{starts} orbits" if starts > 1 else "an orbit"
    ends = [_range(radius[0]), _range(radius[-1])]
    return f"Dirac-GAN: {many} of {len(orbit.time)} points, to time {orbit.time[-1]:g}\ndistance {' → '.join(ends)}"


def _paths(orbit: Orbit) -> tuple[np.ndarray, np.ndarray]:
    """(T, starts) of both players."""
    size = (len(orbit.time), -1)
    return np.reshape(orbit.theta, size).astype(np.float64), np.reshape(orbit.psi, size).astype(np.float64)


def _range(values: np.ndarray) -> str:
    low, high = float(values.min()), float(values.max())
    return f"{low:.3g}" if low == high or len(values) == 1 else f"{low:.3g} … {high:.3g}"


def game_title(game: DiracGAN) -> str:
    """Two lines: the game; its eigenvalues and what they say of the flow."""
    found = game.eigenvalues()
    shown = (
        "no Jacobian at the equilibrium" if found is None else ", ".join(complex_number(value, 3) for value in found)
    )
    what = "the flow converges" if game.converges() else "no linear convergence"
    return f"{game.describe()}\n{shown}: {what}"


def training_title(training: DiracTraining) -> str:
    """Two lines: the game; the rule and what became of the distance."""
    radius = training.orbit.radius
    ends = f"distance {radius[0]:.3g} → {radius[-1]:.3g}"
    return f"{training.game.describe()}\n{training.rule.describe()}, {training.rounds} rounds: {ends}"


def draw_field(axes: Axes, game: DiracGAN, region: surface.Box) -> Artist:
    """Arrows of the field: along it, their lengths by the root of its size, so that slow places are seen too."""
    sides = ((region.left, region.right), (region.bottom, region.top))
    x, y = (low + (high - low) * (np.arange(_ARROWS) + 0.5) / _ARROWS for low, high in sides)
    theta, psi = np.meshgrid(x, y)
    to_theta, to_psi = game.vector_field(theta, psi)
    size = np.hypot(to_theta, to_psi)
    most = float(size.max()) or 1.0
    unit = _LONGEST * min(region.width, region.height) / _ARROWS
    stretch = unit * np.sqrt(size / most) / np.where(size > 0, size, 1.0)
    return axes.quiver(
        *(theta, psi, stretch * to_theta, stretch * to_psi),
        angles="xy",
        scale_units="xy",
        scale=1.0,
        pivot="middle",
        width=0.0035,
        headwidth=4.0,
        minlength=0.0,
        color=_PALE,
        zorder=2,
        gid="field",
    )


def draw_equilibrium(axes: Axes) -> Artist:
    """θ = ψ = 0."""
    look = {"ls": "", "marker": "P", "ms": 8.5, "color": INK, "mec": "white", "zorder": 8}
    return axes.plot([0.0], [0.0], label="equilibrium", gid="equilibrium", **look)[0]


def _draw(
    axes: Axes | None,
    game: DiracGAN,
    options: Options,
    *,
    start: tuple[float, float],
    training: DiracTraining | None,
) -> tuple[Axes, list[Artist]]:
    flow = game.flow(start, _TURNS * 2.0 * np.pi / game.slope, _POINTS)
    most = float(flow.radius.max())
    if training is not None and np.isfinite(training.orbit.radius).all():
        most = max(most, float(training.orbit.radius.max()))
    region = surface.box(options.extent or tuple(_ROOM * most * np.array([-1.0, 1.0, -1.0, 1.0])), np.zeros((1, 2)))
    axes = new_axes(*_SIZE) if axes is None else axes
    if options.arrows:
        draw_field(axes, game, region)
    handles: list[Artist] = []
    handles += axes.plot(flow.theta, flow.psi, color=REAL, lw=1.3, zorder=4, label="flow", gid="flow")
    if training is not None:
        look = {"ls": "-", "lw": 0.5, "marker": "o", "ms": 2.6, "mew": 0.0, "color": FAKE, "zorder": 5}
        orbit = training.orbit
        handles += axes.plot(orbit.theta, orbit.psi, label="rounds of training", gid="rounds", **look)
    if isinstance(game.method, WeightClipping):
        for bound in (-game.method.bound, game.method.bound):
            axes.axhline(bound, color=INK, lw=0.8, ls=":", zorder=3)
        handles.append(Line2D([], [], color=INK, lw=0.8, ls=":", label="ψ is clipped here"))
    look = {"ls": "", "marker": "o", "ms": 6.5, "mfc": "white", "mec": INK, "zorder": 7}
    handles += axes.plot(*flow_start(game, start), label="start", gid="start", **look)
    handles.append(draw_equilibrium(axes))
    _dress(axes, region)
    return axes, handles


def _dress(axes: Axes, region: surface.Box) -> None:
    axes.set(xlim=(region.left, region.right), ylim=(region.bottom, region.top), aspect="equal")
    axes.set_xlabel("θ, where the fake is", fontsize=TEXT)
    axes.set_ylabel("ψ, slope of the critic", fontsize=TEXT)
    axes.tick_params(labelsize=SMALL)


def flow_start(game: DiracGAN, start: tuple[float, float]) -> tuple[list[float], list[float]]:
    """The start as it is trained from, ψ clipped where it is."""
    return [start[0]], [float(game.method.projected(np.array(start[1])))]
