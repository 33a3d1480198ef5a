"""The optimal discriminator saturates, the optimal critic stays linear: two Gaussians on a line (WGAN Fig. 2).

The paper trains both. Here both are exact: D* = q/(p + q), and the Wasserstein critic in closed form, whose slope is
±1. Beside them the certified critics of the Lipschitz family on a sample of the two Gaussians, and below the sizes of
the gradients that a fake would get, over the law of the fakes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from scipy.stats import norm

import toylab
from figures.building import panels
from figures.building.panels import Given, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE, LOSSES
from toylab import losses
from toylab.distributions import Gaussian
from toylab.divergences import UnrestrictedLoss, WassersteinOnLine, optimal_discriminator
from toylab.plotting.canvas import FAKE, REAL
from toylab.problem import CriticProblem, LipschitzPenalty

SPEC = FigureSpec(
    name="fig_wgan2_critic_against_discriminator",
    paper="WGAN (ICML 2017) Figure 2",
    parameters={"real": -3.0, "fake": 3.0, "scale": 1.0, "reach": 8.0, "points": 401, "n": 60, "penalty": 0.1},
    quick={"points": 81, "n": 12},
    seconds=2.0,
)

_MOSAIC = (("values", "gradients"),)
_DISCRIMINATOR = "#CC79A7"


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """D*, the Wasserstein critic and the certified logistic critic, with their gradients.

    Args:
        parameters: means `real` and `fake`, `scale` of both Gaussians, `reach` and `points` of the line, `n` points a
            side and `penalty` λ of the certified critic.
        rng: not used: the sample stands at quantiles.

    Returns:
        z, p, q (points,); discriminator, wasserstein, logistic (points,): values; slope_NAME (points,) of these three
        and of saturating, −ln(1 − D*); median_NAME (1,): the median size of each slope over the law of the fakes;
        k_star, certified_gap (1,).
    """
    fake, real = (Gaussian([parameters[side]], parameters["scale"]) for side in ("fake", "real"))
    z = np.linspace(-parameters["reach"], parameters["reach"], parameters["points"])[:, None]
    quantiles = norm.ppf((np.arange(parameters["n"]) + 0.5) / parameters["n"])[:, None] * parameters["scale"]
    sample = (toylab.DiscreteMeasure(quantiles + parameters[side]) for side in ("fake", "real"))
    exact = toylab.solve(
        CriticProblem(*sample, losses=losses.logistic(), regularizer=LipschitzPenalty(parameters["penalty"]))
    )
    critics = {
        "discriminator": optimal_discriminator(fake, real),
        "wasserstein": WassersteinOnLine().critic(fake, real),
        "logistic": exact.critic,
    }
    at = quantiles + parameters["fake"]
    found: dict[str, np.ndarray] = {name: critic(z) for name, critic in critics.items()}
    slopes = {name: (critic.gradient(z)[:, 0], critic.gradient(at)[:, 0]) for name, critic in critics.items()}
    ratio = UnrestrictedLoss(losses.logistic()).critic(fake, real)  # (ln(1 − σ(r)))' = −σ(r) r'
    slopes["saturating"] = tuple(critics["discriminator"](x) * ratio.gradient(x)[:, 0] for x in (z, at))  # type: ignore
    for name, (on_line, on_fakes) in slopes.items():
        found[f"slope_{name}"] = on_line
        found[f"median_{name}"] = np.array([np.median(np.abs(on_fakes))])
    return {
        "z": z[:, 0],
        "p": fake.density(z),
        "q": real.density(z),
        **found,
        "k_star": np.array([exact.lipschitz_constant]),
        "certified_gap": np.array([exact.certificate.relative_gap]),
    }


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Median sizes of the gradients over the fakes, and the certificate."""
    medians = {f"median_slope_{name}": float(data[f"median_{name}"][0]) for name in _SLOPES}
    return {**medians, "k_star": float(data["k_star"][0]), "certified_gap": float(data["certified_gap"][0])}


_SLOPES = {
    "discriminator": ("|D*'|", {"color": _DISCRIMINATOR, "ls": "-"}),
    "saturating": ("|(ln(1 − D*))'|", {"color": _DISCRIMINATOR, "ls": ":"}),
    "wasserstein": ("Wasserstein critic", LOSSES["wasserstein"]),
    "logistic": ("logistic + λk², certified", LOSSES["logistic"]),
}


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels values (the paper's) and gradients."""
    figure, places = panels.arranged(axes, _MOSAIC, DOUBLE, 2.7)
    for name, panel in places.items():
        (_draw_values if name == "values" else _draw_slopes)(panel, data)
        panel.set_xlabel("z")
        panel.set_xlim(data["z"][0], data["z"][-1])
    if axes is None:
        lines, _ = places["values"].get_legend_handles_labels()
        densities = [Patch(color=c, alpha=0.3, lw=0, label=w) for c, w in ((REAL, "q, real"), (FAKE, "p, fake"))]
        panels.legend_below(figure, [*densities, *lines])
    return figure


def _draw_densities(axes: Axes, data: Mapping[str, np.ndarray], low: float, height: float) -> None:
    top = float(max(data["p"].max(), data["q"].max()))
    for density, colour in ((data["q"], REAL), (data["p"], FAKE)):
        axes.fill_between(data["z"], low, low + height * density / top, color=colour, alpha=0.3, lw=0)


def _draw_values(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    z = data["z"]
    _draw_densities(axes, data, 0.0, 0.4)
    axes.plot(z, data["discriminator"], color=_DISCRIMINATOR, lw=1.6, label="discriminator D*", gid="discriminator")
    for name, label in (
        ("wasserstein", "Wasserstein critic, scaled"),
        ("logistic", "logistic critic, certified, scaled"),
    ):
        own = data[name]
        level = np.interp(0.0, z, own)
        axes.plot(z, 0.5 + 0.7 * (own - level) / np.ptp(own), label=label, gid=name, **LOSSES[name])
    axes.set_ylim(0.0, 1.05)
    axes.set_ylabel("value")
    axes.set_title("values")


def _draw_slopes(axes: Axes, data: Mapping[str, np.ndarray]) -> None:
    floor = 1e-10
    for name, (label, look) in _SLOPES.items():
        shown = np.maximum(np.abs(data[f"slope_{name}"]), floor)
        words = f"{label}: {number(float(data[f'median_{name}'][0]))}"
        axes.plot(data["z"], shown, label=words, gid=f"slope {name}", **look)
    mass = np.cumsum(data["p"]) / data["p"].sum()
    inner = data["z"][(mass > 0.025) & (mass < 0.975)]
    axes.axvspan(inner[0], inner[-1], color=FAKE, alpha=0.15, lw=0, label="95 % of the fakes")
    axes.set_yscale("log")
    axes.set_ylim(floor, 1e7)
    axes.set_yticks([10.0**power for power in range(-10, 1, 2)])
    axes.set_ylabel("size of the gradient")
    axes.set_title(f"gradients; certified k* = {data['k_star'][0]:.3g}, gap {number(float(data['certified_gap'][0]))}")
    axes.legend(loc="upper center", ncols=2, title="median over the fakes", title_fontsize=6.2, fontsize=6.0)
