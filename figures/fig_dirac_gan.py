"""The Dirac-GAN: which training methods come to rest at its equilibrium (Mescheder et al. Fig. 3), with MaxGP.

The fake is a point at θ, the real one at 0, the critic D(x) = ψx. Each panel has the field of the two players, its flow
from (1, 0), and alternating gradient descent from there. Below are the distances from the equilibrium, round by round,
and the eigenvalues of the field's Jacobian there by their closed forms, with the spectral radius of a round: below 1
training converges at a linear rate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from figures.building import panels
from figures.building.panels import Given
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import losses
from toylab.diracgan import (
    Alternating,
    Consensus,
    DiracGAN,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    NonSaturating,
    Simultaneous,
    WeightClipping,
    ZeroCentredPenalty,
)
from toylab.plotting.canvas import FAKE, INK, REAL

SPEC = FigureSpec(
    name="fig_dirac_gan",
    paper="Mescheder, Geiger and Nowozin (ICML 2018) Figure 3, Lemmas 2.2 to 3.3",
    parameters={"step": 0.2, "rounds": 300, "turns": 5.0, "points": 800, "arrows": 13, "reach": 1.25},
    quick={"rounds": 60, "points": 60, "arrows": 5, "turns": 1.0},
    seconds=3.0,
)

#: Name -> title, colour, dash, and the game.
_LOOKS = {
    "gan": ("GAN", INK, "-"),
    "ns_gan": ("non-saturating GAN", "#7F7F7F", "--"),
    "clipping": ("WGAN, |ψ| ≤ 0.5", "#56B4E9", ":"),
    "wgan_gp": ("WGAN-GP, target 0.5", "#E69F00", "-."),
    "noise": ("GAN, noise σ = 1", "#CC79A7", "--"),
    "r1": ("GAN, R1 γ = 0.4", "#009E73", "-."),
    "consensus": ("GAN, consensus γ = 0.6", "#7F7F7F", ":"),
    "maxgp": ("WGAN, MaxGP λ = 0.3", FAKE, "-"),
}
_MOSAIC = (
    ("gan", "ns_gan", "clipping", "wgan_gp"),
    ("noise", "r1", "consensus", "maxgp"),
    ("distance", "distance", "table", "table"),
)
_PALE = "#9A9A9A"


def games() -> dict[str, DiracGAN]:
    """The games of the panels, by name."""
    wasserstein = losses.wasserstein()
    return {
        "gan": DiracGAN(),
        "ns_gan": DiracGAN(generator=NonSaturating()),
        "clipping": DiracGAN(losses=wasserstein, method=WeightClipping(bound=0.5)),
        "wgan_gp": DiracGAN(losses=wasserstein, method=GradientPenalty(weight=1.0, target=0.5)),
        "noise": DiracGAN(method=InstanceNoise(scale=1.0)),
        "r1": DiracGAN(method=ZeroCentredPenalty(weight=0.4)),
        "consensus": DiracGAN(method=Consensus(weight=0.6)),
        "maxgp": DiracGAN(losses=wasserstein, method=MaxGP(weight=0.3)),
    }


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Field, flow, rounds and eigenvalues of every game.

    Args:
        parameters: `step` h and `rounds` of both rules; `turns` of the field for which the flow is followed, in
            `points`; `arrows` along a side of a panel; `reach`, half that side.
        rng: not used.

    Returns:
        names (8,); at (arrows,): where arrows stand, along both axes; field (8, 2, arrows, arrows): θ' and ψ' there;
        flow (8, 2, points); rounds (8, 2, rounds + 1): θ and ψ of alternating steps; simultaneous (8, rounds + 1):
        distances; eigenvalues (8, 2, 2): real and imaginary parts, NaN where there are none; radii (8, 2): spectral
        radius of a round of alternating and of simultaneous steps.
    """
    start, side = (1.0, 0.0), parameters["reach"]
    at = side * (2.0 * np.arange(parameters["arrows"]) + 1.0 - parameters["arrows"]) / parameters["arrows"]
    theta, psi = np.meshgrid(at, at)
    rules = (Alternating(step=parameters["step"]), Simultaneous(step=parameters["step"]))
    flows, rounds, apart, values, radii = [], [], [], [], []
    for game in games().values():
        flow = game.flow(start, parameters["turns"] * 2.0 * np.pi / game.slope, parameters["points"])
        flows.append((flow.theta, flow.psi))
        turn, both = (game.trajectory(start, parameters["rounds"], rule) for rule in rules)
        rounds.append((turn.theta, turn.psi))
        apart.append(both.radius)
        found = game.eigenvalues()
        values.append(np.full((2, 2), np.nan) if found is None else np.stack([np.real(found), np.imag(found)], axis=1))
        radii.append([_radius(game.eigenvalues(rule)) for rule in rules])
    return {
        "names": np.array(list(games())),
        "at": at,
        "field": np.array([game.vector_field(theta, psi) for game in games().values()]),
        "flow": np.array(flows),
        "rounds": np.array(rounds),
        "simultaneous": np.array(apart),
        "eigenvalues": np.array(values),
        "radii": np.array(radii),
    }


def _radius(eigenvalues: np.ndarray | None) -> float:
    return float("nan") if eigenvalues is None else float(np.abs(eigenvalues).max())


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Where alternating descent ends, and the spectral radius of its rounds."""
    quoted: dict[str, Any] = {}
    for name, rounds, radius in zip(data["names"], data["rounds"], data["radii"], strict=True):
        quoted |= {
            f"{name}_distance_left": float(np.hypot(*rounds[:, -1])),
            f"{name}_spectral_radius": float(radius[0]),
        }
    return quoted


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """One panel for each game, named like it, and the panels distance and table."""
    heights = [1.0, 1.0, 0.95]
    figure, places = panels.arranged(axes, _MOSAIC, DOUBLE, 6.0, height_ratios=heights)
    for name, panel in places.items():
        if name == "distance":
            _draw_distances(panel, data)
        elif name == "table":
            _draw_table(panel, data)
        else:
            _draw_game(panel, data, list(data["names"]).index(name))
    if axes is None:
        for row in _MOSAIC[:2]:
            places[row[0]].set_ylabel("ψ")
            for name in row[1:]:
                places[name].set_yticklabels([])
        for name in _MOSAIC[0]:
            places[name].set_xticklabels([])
        for name in _MOSAIC[1]:
            places[name].set_xlabel("θ")
        panels.legend_below(figure, _legend())
    return figure


def _legend() -> list[Any]:
    return [
        Line2D([], [], ls="", marker=r"$\rightarrow$", ms=9, mew=0.0, color=_PALE, label="field"),
        Line2D([], [], color=REAL, lw=1.3, label="flow"),
        Line2D([], [], color=FAKE, marker="o", ms=2.5, lw=0.5, label="alternating gradient descent"),
        Line2D([], [], ls="", marker="o", ms=4.5, mfc="white", mec=INK, label="start"),
        Line2D([], [], ls="", marker="P", ms=6.5, mfc=INK, mec="white", label="equilibrium"),
    ]


def _draw_game(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    name, at, (to_theta, to_psi) = str(data["names"][index]), data["at"], data["field"][index]
    size = np.hypot(to_theta, to_psi)
    spacing = float(at[1] - at[0])
    stretch = 0.9 * spacing * np.sqrt(size / size.max()) / np.where(size > 0, size, 1.0)
    axes.quiver(
        *np.meshgrid(at, at),
        *(stretch * to_theta, stretch * to_psi),
        angles="xy",
        scale_units="xy",
        scale=1.0,
        pivot="middle",
        width=0.006,
        headwidth=4.0,
        minlength=0.0,
        color=_PALE,
    )
    axes.plot(*data["flow"][index], color=REAL, lw=1.3, gid="flow")
    axes.plot(*data["rounds"][index], color=FAKE, marker="o", ms=1.8, mew=0.0, lw=0.4, gid="rounds")
    axes.plot(*data["flow"][index][:, 0], ls="", marker="o", ms=4.5, mfc="white", mec=INK, gid="start")
    axes.plot([0.0], [0.0], ls="", marker="P", ms=6.5, mfc=INK, mec="white", gid="equilibrium")
    side = float(at[-1]) + 0.5 * spacing
    axes.set(xlim=(-side, side), ylim=(-side, side), aspect="equal", xticks=[-1, 0, 1], yticks=[-1, 0, 1])
    axes.set_title(_LOOKS[name][0])


def _draw_distances(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    for name, rounds in zip(data["names"], data["rounds"], strict=True):
        title, colour, dash = _LOOKS[str(name)]
        axes.plot(np.hypot(*rounds), color=colour, ls=dash, lw=1.1, label=title, gid=str(name))
    axes.set_yscale("log")
    axes.set_ylim(bottom=1e-10)
    axes.set_xlabel("rounds of alternating gradient descent")
    axes.set_ylabel("distance √(θ² + ψ²)")
    axes.legend(loc="lower left", ncols=2, fontsize=5.8)


def _draw_table(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    """Eigenvalues and spectral radii, a row for each game."""
    axes.set_axis_off()
    columns = (("", 0.0), ("eigenvalues", 0.4), ("alternating", 0.675), ("at once", 0.87))
    rows = len(data["names"]) + 1
    for text, x in columns:
        axes.text(x, 1.0 - 0.5 / rows, text, fontsize=6.0, va="center", fontweight="bold")
    for index, name in enumerate(data["names"]):
        y = 1.0 - (index + 1.5) / rows
        cells = [_LOOKS[str(name)][0], _shown(data["eigenvalues"][index]), *map(_verdict, data["radii"][index])]
        for cell, (_, x) in zip(cells, columns, strict=True):
            axes.text(x, y, cell, fontsize=6.0, va="center", gid="cell")
    axes.set(xlim=(0.0, 1.0), ylim=(0.0, 1.0))
    axes.set_title("field at the equilibrium, and spectral radius of a round", fontsize=7.0, loc="right")


def _shown(parts: np.ndarray) -> str:
    if np.isnan(parts).any():
        return "none: it jumps"
    (real, imaginary), (other, _) = parts
    left = "" if real == 0 else f"{real:.3g} ".replace("-", "−")
    return f"{real:.3g}, {other:.3g}".replace("-", "−") if imaginary == 0 else f"{left}± {abs(imaginary):.3g} i"


def _verdict(radius: float) -> str:
    if np.isnan(radius):
        return "– ✗"
    return f"{radius:.4f} {'✓' if radius < 1.0 - 1e-9 else '✗'}"
