"""The source of mode collapse on the line: which way each objective sends the fakes (ICLR Fig. 2).

Fakes stand beside the near one of two modes. Under the vanilla GAN, least squares, and the Fisher IPM with uniform μ,
f* depends on the densities at one point alone, and the fakes are sent to the near mode or away from both. Beside the
paper's three panels stands the Wasserstein critic, which sends half of the mass to the far mode. The share of the fakes
whose gradient points to the far mode is computed from the densities, not counted on a sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from figures.building import panels
from figures.building.panels import Given, note, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import losses
from toylab.claims.densities.mode_collapse import fraction_towards
from toylab.distributions import Gaussian, gaussian_mixture
from toylab.divergences import DensityPair, FisherIPM, Objective, Uniform, UnrestrictedLoss, WassersteinOnLine
from toylab.plotting.canvas import FAKE, INK, REAL

SPEC = FigureSpec(
    name="fig_iclr2_mode_collapse",
    paper="ICLR 2019 submission Figure 2",
    parameters={"near": -1.25, "far": 1.0, "fakes": -0.75, "scale": 0.15, "points": 601, "arrows": 13},
    quick={"points": 101},
    seconds=0.5,
)

OBJECTIVES: dict[str, Objective] = {
    "vanilla": UnrestrictedLoss(losses.logistic()),
    "quadratic": UnrestrictedLoss(losses.quadratic(0.0, 1.0)),
    "fisher": FisherIPM(Uniform()),
    "wasserstein": WassersteinOnLine(),
}
_TITLES = {
    "vanilla": "vanilla GAN: f* = ln(q/p)",
    "quadratic": "least squares: f* = q/(p + q)",
    "fisher": "Fisher, uniform μ: f* ∝ q − p",
    "wasserstein": "Wasserstein: 1-Lipschitz",
}
_MOSAIC = (("vanilla", "quadratic"), ("fisher", "wasserstein"))
#: Height of the densities, and where the row of fakes with their arrows stands, in heights of the panel.
_DENSITY, _ROW = 0.42, -0.16


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """f* of each objective on the line, and where it sends the fakes.

    Args:
        parameters: `near`, `far`, `fakes` (means), `scale` of all three Gaussians, `points` of the curves, `arrows`.
        rng: not used.

    Returns:
        z (points,), p and q (points,): the densities; names (4,), f (4, points); at (arrows,): where fakes are looked
        at, direction (4, arrows): the sign of f*' there; to_near and to_far (4,): shares of the fakes' mass, with
        error (4,); modes (2,).
    """
    near, far, scale = parameters["near"], parameters["far"], parameters["scale"]
    fake, real = Gaussian([parameters["fakes"]], scale), gaussian_mixture([[near], [far]], scale)
    z = np.linspace(near - 3.5 * scale, far + 3.5 * scale, parameters["points"])[:, None]
    at = parameters["fakes"] + 2.6 * scale * np.linspace(-1.0, 1.0, parameters["arrows"])
    curves, directions, shares = [], [], []
    for objective in OBJECTIVES.values():
        pair = DensityPair(fake, real, objective)
        curves.append(pair.critic(z))
        directions.append(np.sign(pair.critic.gradient(at[:, None])[:, 0]))
        (to_near, error), (to_far, more) = (fraction_towards(pair, mode) for mode in (near, far))
        shares.append((to_near, to_far, max(error, more)))
    to_near, to_far, error = np.array(shares).T
    return {
        "z": z[:, 0],
        "p": fake.density(z),
        "q": real.density(z),
        "names": np.array(list(OBJECTIVES)),
        "f": np.stack(curves),
        "at": at,
        "direction": np.stack(directions),
        "to_near": to_near,
        "to_far": to_far,
        "error": error,
        "modes": np.array([near, far]),
    }


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The percentage of the fakes that each objective sends to the near and to the far mode."""
    quoted = {}
    for name, near, far in zip(data["names"], data["to_near"], data["to_far"], strict=True):
        quoted |= {f"{name}_percent_to_near": 100.0 * float(near), f"{name}_percent_to_far": 100.0 * float(far)}
    return quoted


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """One panel for each objective, named vanilla, quadratic, fisher, wasserstein."""
    figure, places = panels.arranged(axes, _MOSAIC, DOUBLE, 3.7, sharex=True)
    for name, panel in places.items():
        _draw_objective(panel, data, list(data["names"]).index(name))
    if axes is None:
        for row in _MOSAIC:
            places[row[0]].set_ylabel("f*(z), scaled to the panel")
        for name in _MOSAIC[-1]:
            places[name].set_xlabel("z")
        panels.legend_below(figure, _legend())
    return figure


def _legend() -> list[Any]:
    densities = [
        Patch(color=colour, alpha=0.3, lw=0, label=word) for colour, word in ((FAKE, "p, fake"), (REAL, "q, real"))
    ]
    ways = [
        Line2D([], [], ls="", marker=marker, ms=4, mew=0.0, color=FAKE, label=f"fakes sent {word}")
        for marker, word in (("<", "to the left"), (">", "to the right"))
    ]
    return [*densities, Line2D([], [], color=INK, label="f*"), *ways]


def _draw_objective(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    z, f, name = data["z"], data["f"][index], str(data["names"][index])
    top = float(max(data["p"].max(), data["q"].max())) / _DENSITY
    for density, colour in ((data["p"], FAKE), (data["q"], REAL)):
        axes.fill_between(z, 0.0, density / top, color=colour, alpha=0.3, lw=0)
    low, high = float(f.min()), float(f.max())
    axes.plot(z, (f - low) / (high - low), color=INK, gid="critic")
    for marker, sign in (("<", -1.0), (">", 1.0)):
        at = data["at"][data["direction"][index] == sign]
        axes.plot(at, np.full(len(at), _ROW), ls="", marker=marker, ms=4.0, mew=0.0, color=FAKE, gid="fake")
    edge = {"edgecolors": "white", "linewidths": 0.3}
    axes.scatter(data["modes"], [_ROW, _ROW], s=16, marker="D", color=REAL, gid="real", **edge)
    axes.set(xlim=(z[0], z[-1]), ylim=(-0.28, 1.38), yticks=[0.0, 1.0])
    axes.set_yticklabels([number(low), number(high)])
    axes.set_title(_TITLES[name])
    near, far = 100.0 * data["to_near"][index], 100.0 * data["to_far"][index]
    note(axes, f"to the near mode {near:.4g} %, to the far one {number(far)} %", at="upper center")
