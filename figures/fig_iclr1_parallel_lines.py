"""f* on two parallel lines: without restriction, under the compact dual, and Lipschitz (ICLR Fig. 1).

Fakes on one line, reals on the other. Without restriction f* is a number on each line and says nothing elsewhere. The
compact dual of W1 bounds values at the points alone: the critic in the middle is optimal for it, certified by its gap,
smooth everywhere, and its gradients at the fakes are those we chose, straight up and down. With a Lipschitz constant
every gradient is forced across.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import toylab
from figures.building import panels
from figures.building.panels import Extent, Given, note, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import losses, zoo
from toylab.comparison import angles_to_cones
from toylab.critics import unit_vectors
from toylab.problem import LipschitzBall
from toylab.solution import Candidate
from toylab.solvers import CompactDual

SPEC = FigureSpec(
    name="fig_iclr1_parallel_lines",
    paper="ICLR 2019 submission Figure 1",
    parameters={"n": 5, "separation": 0.6, "resolution": 160},
    quick={"resolution": 40},
    seconds=2.0,
)

EXTENT: Extent = (-0.35, 0.95, -0.15, 1.15)
_NAMES = ("unrestricted", "compact", "lipschitz")
_TITLES = {
    "unrestricted": "original GAN: D* = q/(p + q)",
    "compact": "compact dual of W₁",
    "lipschitz": "1-Lipschitz critic",
}
_ARROW = 0.09


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The three optima on two parallel lines.

    Args:
        parameters: `n` points a line, their `separation`, `resolution` of the surfaces.
        rng: not used.

    Returns:
        fake, real (n, 2), extent (4,); compact and lipschitz (rows, columns): surfaces; NAME_gradients (n, 2) at the
        fakes, NaN for unrestricted; NAME_angles (n,) in degrees to the real straight across; compact_gap,
        lipschitz_gap, compact_steepest (the largest difference quotient of the surface), w1 (1,); discriminator (2,):
        D* on fakes and on reals.
    """
    problem = zoo.load(
        "parallel-lines",
        n=parameters["n"],
        separation=parameters["separation"],
        losses=losses.wasserstein(),
        regularizer=LipschitzBall(1.0),
    )
    fakes, reals = problem.fake.points, problem.real.points
    exact, compact = toylab.solve(problem), toylab.solve(problem, CompactDual())
    signs = np.where(np.arange(len(fakes)) % 2 == 0, 1.0, -1.0)
    chosen = Candidate.of(
        problem,
        toylab.uninformative(compact, np.stack([0.0 * signs, signs], axis=1)),
        compact.certificate.plan,
    )
    discriminator = toylab.divergences.optimal_discriminator(problem.fake, problem.real)
    z, shape = panels.grid(EXTENT, parameters["resolution"])
    cones = [unit_vectors(reals[i : i + 1] - fakes[i : i + 1]) for i in range(len(fakes))]
    data = {
        "fake": fakes,
        "real": reals,
        "extent": np.array(EXTENT),
        "discriminator": np.array([discriminator(fakes)[0], discriminator(reals)[0]]),
        "unrestricted_gradients": np.full(fakes.shape, np.nan),
        "unrestricted_angles": np.full(len(fakes), np.nan),
        "w1": np.array([-exact.certificate.primal]),
    }
    for name, solution in (("compact", chosen), ("lipschitz", exact)):
        values, gradients = solution.critic(z).reshape(shape), solution.critic.gradient(fakes)
        data |= {
            name: values.astype(np.float32),
            f"{name}_gradients": gradients,
            f"{name}_angles": angles_to_cones(gradients, cones),
            f"{name}_gap": np.array([solution.certificate.relative_gap]),
            f"{name}_steepest": np.array([_steepest(values)]),
        }
    return data


def _steepest(values: np.ndarray) -> float:
    """The largest difference quotient of a surface over EXTENT."""
    steps = (EXTENT[3] - EXTENT[2]) / values.shape[0], (EXTENT[1] - EXTENT[0]) / values.shape[1]
    return float(np.hypot(*np.gradient(values, *steps)).max())


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """W1, the gaps of both certified critics, and their angles to the real straight across."""
    quoted: dict[str, Any] = {"w1": float(data["w1"][0])}
    for name in ("compact", "lipschitz"):
        quoted |= {
            f"{name}_gap": float(data[f"{name}_gap"][0]),
            f"{name}_steepest": float(data[f"{name}_steepest"][0]),
            f"{name}_median_angle": float(np.median(data[f"{name}_angles"])),
        }
    return quoted


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels unrestricted, compact and lipschitz."""
    figure, places = panels.arranged(axes, [_NAMES], DOUBLE, 2.75, sharey=True)
    for name, panel in places.items():
        _draw_panel(panel, data, name)
    if axes is None:
        panels.legend_below(figure, panels.handles(gradient="gradient of f* at a fake"))
    return figure


def _draw_panel(axes: Axes, data: Mapping[str, np.ndarray], name: str) -> None:
    extent: Extent = tuple(data["extent"])
    if name == "unrestricted":
        axes.set(xlim=extent[:2], ylim=extent[2:], aspect="equal")
        panels.plain_ticks(axes)
        low, high = data["discriminator"]
        for points, value, side in ((data["fake"], low, 1.0), (data["real"], high, -1.0)):
            for x, y in points:
                axes.text(x + 0.07 * side, y, f"{value:g}", ha="center", va="center", fontsize=7)
        words = "D* is a number on each line,\nwherever the other line is"
    else:
        scale = panels.scale_of(data["compact"], data["lipschitz"], trim=0.01)
        panels.draw_surface(axes, data[name], extent, scale)
        gap, angle = number(float(data[f"{name}_gap"][0])), float(np.median(data[f"{name}_angles"]))
        reached = "chosen by us" if name == "compact" else "forced"
        words = f"optimal: gap {gap}, W₁ = {data['w1'][0]:.3g}\nangle to the reals {angle:.3g}°, {reached}"
        gradients = data[f"{name}_gradients"]
        panels.draw_arrows(axes, data["fake"], gradients, norm=1.0, unit=_ARROW, width=0.012)
    panels.draw_points(axes, data["fake"], data["real"], size=14.0)
    axes.set_title(_TITLES[name])
    axes.set_ylim(extent[2], extent[3] + 0.33)
    note(axes, words, at="upper center")
