"""Mean-square penalty, WGAN-GP's penalty and MaxGP on ten photographs against noise (LGAN Fig. 12, ICLR Fig. 18).

The paper shows that only MaxGP turns noise into recognisable pictures along x + ε∇f. Here all three train the same
network on the same points for as many steps, and each says how far it is from the certified optimum of the penalised
problem: the relative gap of its values and the angle between its gradients and the certified partners.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import toylab
from figures import pictures
from figures.building.panels import Given, arranged, number
from figures.building.spec import FigureSpec, Option
from figures.building.style import DOUBLE
from figures.fig03_high_dimension import apart, partners_of, problem_of, strip
from toylab.comparison import angles_to_cones
from toylab.solvers import GP, MaxGP, MeanSquare

SPEC = FigureSpec(
    name="fig12_gp_against_maxgp",
    paper="LGAN (ICML 2019) Figure 12; ICLR 2019 submission Figure 18",
    parameters={
        "cifar": "",
        "n": 10,
        "shown": 2,
        "loss": "wasserstein",
        "penalty": 0.1,
        "steps": 800,
        "published": False,
        "shares": [0.3, 0.5, 0.7, 0.85, 1.0, 1.15],
    },
    quick={"n": 4, "shown": 1, "steps": 30},
    published={"steps": 100_000, "published": True},
    seconds=45.0,
    options=(Option(parameter="cifar", metavar="DIR", help="folder of CIFAR-10's python batches for fig03 and fig12"),),
)

#: Method -> what it is called.
METHODS = {
    "certified": "certified f*",
    "maxgp": "MaxGP",
    "gp": "GP, target 1",
    "mean_square": "GP, mean square",
}


#: Degrees below which an angle is rounding.
_ZERO = 1e-6


def inputs(parameters: Mapping[str, Any]) -> list[Path]:
    """The files that the real pictures come from."""
    return pictures.real_files(parameters)


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Train a critic with each penalty on noise against pictures, and solve the problem.

    Args:
        parameters: `cifar` (a folder, or "" for photographs), `n` pictures a side, `shown` fakes, `loss`, `penalty` λ,
            `steps` of each training, `published` (networks and optimisers of the papers), `shares` of the way.
        rng: draws the noise.

    Returns:
        methods (m,), the certified critic first; fake and partner (shown, 3072), gradients (m, shown, 3072), float32;
        distances (shown,), shares (e,); gaps, constants (m,), angles (m, n) in degrees to the certified cones; lengths
        (m, n) of the gradients; steps (1,).
    """
    problem = problem_of(parameters, rng, parameters["loss"])
    exact = toylab.solve(problem)
    found = {"certified": exact}
    for name, preset in (("maxgp", MaxGP), ("gp", GP), ("mean_square", MeanSquare)):
        solver = preset(published=parameters["published"], steps=parameters["steps"], seed=0)
        found[name] = toylab.solve(problem, solver, throw=False)
    partners = partners_of(exact)
    rows = apart(partners, parameters["shown"])
    fake, real = problem.fake.points, problem.real.points
    gradients = np.stack([np.asarray(own.critic.gradient(fake)) for own in found.values()])
    return {
        "methods": np.array(list(found)),
        "fake": fake[rows].astype(np.float32),
        "partner": real[partners[rows]].astype(np.float32),
        "gradients": gradients[:, rows].astype(np.float32),
        "distances": np.linalg.norm(real[partners[rows]] - fake[rows], axis=1),
        "shares": np.array(parameters["shares"]),
        "gaps": np.array([own.certificate.relative_gap for own in found.values()]),
        "constants": np.array([own.lipschitz_constant for own in found.values()]),
        "angles": np.array([angles_to_cones(own, exact.bounding_directions()) for own in gradients]),
        "lengths": np.linalg.norm(gradients, axis=2),
        "steps": np.array([parameters["steps"]]),
    }


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """The gap, the constant, the median and the worst angle of each method."""
    found: dict[str, Any] = {"steps": int(data["steps"][0])}
    for index, method in enumerate(data["methods"]):
        found[f"{method}_gap"] = float(data["gaps"][index])
        found[f"{method}_k"] = float(data["constants"][index])
        found[f"{method}_median_angle"] = float(np.nanmedian(data["angles"][index]))
        found[f"{method}_worst_angle"] = float(np.nanmax(data["angles"][index]))
    return found


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """A panel for each method: for every fake shown a strip x, ∇f(x), x + ε∇f(x), the real partner."""
    methods = [str(name) for name in data["methods"]]
    names = [f"{method}.{row}" for method in methods for row in range(len(data["fake"]))]
    figure, panels = arranged(axes, [[name] for name in names], DOUBLE, 0.72 * len(names) + 0.75)
    for name, panel in panels.items():
        method, row = name.split(".")
        _draw_row(panel, data, methods.index(method), int(row))
        if row == "0":
            panel.set_title(_title(data, methods.index(method)), fontsize=7.0, loc="left", pad=3.0)
    if axes is None:
        last = panels[names[-1]]
        words = ["x", "∇f(x)", *[f"{share:g} ε*" for share in data["shares"]], "real y"]
        last.set_xticks(range(len(words)), words, fontsize=6.0)
        last.tick_params(length=0, pad=1.5)
        last.set_xlabel("x + ε∇f(x); ε* takes x as far as its partner y is")
        text = f"all trained for {int(data['steps'][0])} steps on the same points"
        figure.legend(handles=[Line2D([], [], ls="", label=text)], loc="outside lower center", handlelength=0.0)
    return figure


def _draw_row(panel: Any, data: Mapping[str, np.ndarray], method: int, row: int) -> None:
    fake, gradient = data["fake"][row], data["gradients"][method, row]
    seen = strip(fake, gradient, float(data["distances"][row]), data["shares"])
    pictures.draw_strip(panel, [*seen, data["partner"][row]])


def _title(data: Mapping[str, np.ndarray], index: int) -> str:
    angles = np.where(data["angles"][index] < _ZERO, 0.0, data["angles"][index])
    return (
        f"{METHODS[str(data['methods'][index])]}: relative gap {number(float(data['gaps'][index]))}, "
        f"k = {float(data['constants'][index]):.4g}, angles to the partner {np.nanmedian(angles):.2g}° (median), "
        f"{np.nanmax(angles):.2g}° (worst)"
    )
