"""Value surfaces on the toys of WGAN-GP with real + noise as fake: clipping, GP, MaxGP, certified (WGAN-GP Fig. 2).

The paper holds the generator at the real points plus Gaussian noise and draws the critic: weight clipping gives simple
shapes, a gradient penalty follows the data. Here every critic stands beside the certified optimum of the same points,
with the relative gap of its values after the best rescaling, and the cosine between its gradients and the certified
ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import toylab
from figures.building import panels
from figures.building.panels import Given, note, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import losses, zoo
from toylab.comparison import angles_to_cones
from toylab.problem import LipschitzPenalty
from toylab.solvers import GP, MaxGP, WeightClipping

SPEC = FigureSpec(
    name="fig_gan_toys",
    paper="WGAN-GP (Gulrajani et al. 2017) Figure 2, value surfaces",
    parameters={
        "problems": ["8-gaussians", "25-gaussians", "swiss-roll"],
        "n": 40,
        "noise": 1.0,
        "penalty": 0.1,
        "steps": 600,
        "published": False,
        "resolution": 80,
    },
    quick={"problems": ["8-gaussians"], "n": 12, "steps": 40, "resolution": 24},
    published={"n": 256, "steps": 100_000, "published": True},
    seconds=20.0,
)

#: Method -> what it is called.
METHODS = {"clipping": "weight clipping", "gp": "GP, target 1", "maxgp": "MaxGP", "certified": "certified f*"}
_TITLES = {"8-gaussians": "8 Gaussians", "25-gaussians": "25 Gaussians", "swiss-roll": "swiss roll"}


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Train critics by three methods on every toy, and solve each with the Wasserstein loss.

    Args:
        parameters: `problems` (names in the zoo), `n` points a side, `noise` that is added, `penalty` λ, `steps` of the
            trainings, `published` (networks and optimisers of the papers), `resolution` of the surfaces.
        rng: draws the seed of the points.

    Returns:
        problems (p,), methods (m,), extents (p, 4), fake and real (p, n, 2); surfaces (p, m, side, side); gaps and
        constants (p, m); angles (p, m, n) of the gradients in degrees to the certified cones; steps (1,).
    """
    seed, penalty = int(rng.integers(2**31)), LipschitzPenalty(parameters["penalty"])
    problems = [
        zoo.load(
            name,
            n=parameters["n"],
            seed=seed,
            losses=losses.wasserstein(),
            regularizer=penalty,
            noise=parameters["noise"],
        )
        for name in parameters["problems"]
    ]
    found = {}
    for name, preset in (("clipping", WeightClipping), ("gp", GP), ("maxgp", MaxGP)):
        solver = preset(published=parameters["published"], steps=parameters["steps"], seed=0)
        found[name] = toylab.solve_many(problems, solver, throw=False)
    found["certified"] = toylab.solve_many(problems)
    extents = [_extent(problem) for problem in problems]
    surfaces, angles = [], []
    for index, extent in enumerate(extents):
        z, shape = panels.grid(extent, parameters["resolution"])
        own = [solutions[index] for solutions in found.values()]
        surfaces.append([np.asarray(each.critic(z)).reshape(shape).astype(np.float32) for each in own])
        cones = own[-1].bounding_directions()
        angles.append([angles_to_cones(each.critic.gradient(each.problem.fake.points), cones) for each in own])
    return {
        "problems": np.array(parameters["problems"]),
        "methods": np.array(list(found)),
        "extents": np.array(extents),
        "fake": np.array([problem.fake.points for problem in problems]),
        "real": np.array([problem.real.points for problem in problems]),
        "surfaces": np.array(surfaces),
        "gaps": np.array([[own[i].certificate.relative_gap for own in found.values()] for i in range(len(problems))]),
        "constants": np.array([[own[i].lipschitz_constant for own in found.values()] for i in range(len(problems))]),
        "angles": np.array(angles),
        "steps": np.array([parameters["steps"]]),
    }


def _extent(problem: toylab.CriticProblem) -> panels.Extent:
    """A square around the real points, with room for most of the fakes."""
    points = problem.real.points
    middle = 0.5 * (points.min(axis=0) + points.max(axis=0))
    half = 0.85 * float(np.ptp(points, axis=0).max())
    return (middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half)


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """For each toy and method the gap and the median angle."""
    found: dict[str, Any] = {"steps": int(data["steps"][0])}
    for row, problem in enumerate(data["problems"]):
        key = str(problem).replace("-", "_")
        key = {"8_gaussians": "eight", "25_gaussians": "twenty_five"}.get(key, key)
        for column, method in enumerate(data["methods"]):
            found[f"{key}_{method}_gap"] = float(data["gaps"][row, column])
            found[f"{key}_{method}_median_angle"] = float(np.nanmedian(data["angles"][row, column]))
    return found


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """A panel PROBLEM/METHOD for each, problems in rows."""
    problems, methods = [str(name) for name in data["problems"]], [str(name) for name in data["methods"]]
    mosaic = [[f"{problem}/{method}" for method in methods] for problem in problems]
    figure, places = panels.arranged(axes, mosaic, DOUBLE, 1.62 * len(problems) + 0.6)
    for name, place in places.items():
        problem, method = name.split("/")
        _draw_panel(place, data, problems.index(problem), methods.index(method))
    if axes is None:
        for column, method in enumerate(methods):
            places[mosaic[0][column]].set_title(METHODS[method])
        for row, problem in enumerate(problems):
            places[mosaic[row][0]].set_ylabel(_TITLES.get(problem, problem))
        entries = panels.handles(gradient="")
        entries[0].set_label(f"fake: real + noise (trainings of {int(data['steps'][0])} steps)")
        panels.legend_below(figure, entries)
    return figure


def _draw_panel(axes: Axes, data: Mapping[str, np.ndarray], row: int, column: int) -> None:
    surface, (left, right, bottom, top) = data["surfaces"][row, column], data["extents"][row]
    panels.draw_surface(axes, surface, (left, right, bottom, top), panels.scale_of(surface))
    axes.set(xticks=[], yticks=[])
    panels.draw_points(axes, data["fake"][row], data["real"][row], size=5.0)
    gap, angle = float(data["gaps"][row, column]), float(np.nanmedian(data["angles"][row, column]))
    note(axes, f"gap {number(gap)}, angle {angle:.0f}°", at="lower left", size=5.4)
