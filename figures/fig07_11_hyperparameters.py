"""Unrestricted least-squares critics under five settings of network and optimiser (LGAN App. B, Fig. 7 to 11).

The optimum is the same in every column, f* = q/(p + q) where there is density and nothing elsewhere; what a network
makes of it depends on its width, depth, activation and optimiser. The paper draws the five surfaces of each
arrangement. Here each one says how far it is from f* on a sample, by how many degrees the fakes' gradients miss the
certified partners of the Lipschitz critic (90° is chance in the plane), and how long it was trained: far less than the
paper's million steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import toylab
from figures.building import panels
from figures.building.panels import Extent, Given, note
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from figures.fig01_uninformative_gradient import measures, unrestricted_optimum
from toylab import losses
from toylab.comparison import angles_to_cones
from toylab.critics import Critic, unit_vectors
from toylab.distributions import Distribution
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.network import MLP, SELU, GradientDescent, ReLU, Schedule, TrainedCritic

SPEC = FigureSpec(
    name="fig07_11_hyperparameters",
    paper="LGAN (ICML 2019) Appendix B, Figures 7, 8, 9, 10, 11",
    parameters={
        "arrangements": ["a", "b", "c"],
        "settings": ["fig07", "fig08", "fig09", "fig10", "fig11"],
        "n": 30,
        "steps": 400,
        "batch": 64,
        "relu_width": 256,
        "selu_width": 128,
        "selu_depth": 16,
        "penalty": 0.1,
        "resolution": 72,
    },
    quick={
        "arrangements": ["c"],
        "n": 8,
        "steps": 15,
        "batch": 16,
        "relu_width": 32,
        "selu_width": 16,
        "selu_depth": 4,
        "resolution": 24,
    },
    published={"n": 256, "steps": 1_000_000, "batch": 256, "relu_width": 1024, "selu_depth": 64},
    seconds=45.0,
)

EXTENT: Extent = (-2.0, 2.0, -1.5, 1.5)
_ARROW = 0.26


def _setting(name: str, parameters: Mapping[str, Any]) -> tuple[str, str, MLP, Schedule]:
    """The network in words, the optimiser in words, and both."""
    relu, selu, deep = parameters["relu_width"], parameters["selu_width"], parameters["selu_depth"]
    activation, width, depth, rate = {
        "fig07": (ReLU(), relu, 1, 1e-2),
        "fig08": (ReLU(), relu, 4, 1e-2),
        "fig09": (ReLU(), relu, 4, 1e-5),
        "fig10": (SELU(), selu, deep, 1e-3),
        "fig11": (SELU(), selu, deep, 1e-4),
    }[name]
    rectified = isinstance(activation, ReLU)
    schedule = Schedule(
        steps=parameters["steps"],
        learning_rate=rate,
        final_share=1.0,
        betas=(0.0, 0.9),
        ramp=0.0,
        optimizer=None if rectified else GradientDescent(),
    )
    network = MLP(width=width, depth=depth, activation=activation)
    words = f"{'ReLU' if rectified else 'SELU'} {width}×{depth}"
    return words, f"{'Adam' if rectified else 'SGD'} {rate:.0e}".replace("e-0", "e-"), network, schedule


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Train a least-squares critic under every setting on every arrangement.

    Args:
        parameters: `arrangements` (of Fig. 1: a, b, c) and `settings` (by their figures), `n` points a side that are
            drawn and judged, `steps` and `batch` of the trainings, `relu_width`, `selu_width`, `selu_depth` of the
            networks, `penalty` λ of the certified critic that arrows are held against, `resolution` of the surfaces.
        rng: draws the points.

    Returns:
        arrangements (a,), settings, networks and optimisers (s,), steps (1,), batch (1,); fake and real (a, n, 2);
        surfaces (a, s, rows, columns), gradients (a, s, n, 2) at the fakes, angles (a, s, n) in degrees to the cones of
        certified partners, errors (a, s): root mean square of f − f* over the points.
    """
    chosen = [_setting(name, parameters) for name in parameters["settings"]]
    pairs = measures()
    rows = [_row(*pairs[name], chosen, parameters, rng) for name in parameters["arrangements"]]
    return {
        "arrangements": np.array(parameters["arrangements"]),
        "settings": np.array(parameters["settings"]),
        "networks": np.array([words for words, *_ in chosen]),
        "optimisers": np.array([words for _, words, *_ in chosen]),
        "steps": np.array([parameters["steps"]]),
        "batch": np.array([parameters["batch"]]),
        **{name: np.stack([row[name] for row in rows]) for name in rows[0]},
    }


def _row(
    fake: Distribution,
    real: Distribution,
    chosen: list[tuple[str, str, MLP, Schedule]],
    parameters: Mapping[str, Any],
    rng: np.random.Generator,
) -> dict[str, np.ndarray]:
    """All settings on one arrangement."""
    pair, n = losses.quadratic(0.0, 1.0), parameters["n"]
    fakes, reals = fake.sample(n, rng), real.sample(n, rng)
    held = CriticProblem(fakes, reals, losses=pair, regularizer=LipschitzPenalty(parameters["penalty"]))
    cones = toylab.solve(held).bounding_directions()
    best = unrestricted_optimum(fake, real)
    z, shape = panels.grid(EXTENT, parameters["resolution"])
    support = np.concatenate([fakes.points, reals.points])
    found: dict[str, list[Any]] = {"surfaces": [], "gradients": [], "angles": [], "errors": []}
    for _, _, network, schedule in chosen:
        critic = _as_trained(fake, real, network, schedule, batch=parameters["batch"])
        gradients = np.asarray(critic.gradient(fakes.points))
        found["surfaces"].append(np.asarray(critic(z)).reshape(shape).astype(np.float32))
        found["gradients"].append(gradients)
        found["angles"].append(angles_to_cones(gradients, cones))
        found["errors"].append(np.sqrt(np.nanmean((critic(support) - best(support)) ** 2)))
    return {"fake": fakes.points, "real": reals.points, **{name: np.array(parts) for name, parts in found.items()}}


def _as_trained(
    fake: Distribution, real: Distribution, network: MLP, schedule: Schedule, *, batch: int, seed: int = 0
) -> Critic:
    """The network as its last step left it: minimise E_fake f² + E_real (f − 1)² on fresh points.

    `toylab.solvers` would keep the best critic seen and certify it; how a training that was cut short looks is the
    point here.
    """
    import torch

    generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
    parameters = network.init(1, fake.dimension, generator)
    optimiser = schedule.begin(parameters)
    target = torch.cat([torch.zeros(batch), torch.ones(batch)])
    for step in range(schedule.steps):
        points = np.concatenate([side.sample_points(batch, rng) for side in (fake, real)])
        values = network.value(parameters, torch.as_tensor(points, dtype=torch.float32))[0]
        (2.0 * (values - target).square().mean()).backward()
        optimiser.step(schedule.rate(step))
    final = [parameter.detach().to(torch.float64) for parameter in parameters]
    return TrainedCritic(network, final, np.zeros(fake.dimension), 1.0).as_critic()


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """For each setting the error and the median angle, means over the arrangements."""
    found: dict[str, Any] = {"steps": int(data["steps"][0])}
    for index, setting in enumerate(data["settings"]):
        found[f"{setting}_error"] = float(data["errors"][:, index].mean())
        found[f"{setting}_median_angle"] = float(np.nanmedian(data["angles"][:, index]))
    return found


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """A panel ARRANGEMENT.SETTING for each, arrangements in rows."""
    arrangements, settings = [str(a) for a in data["arrangements"]], [str(s) for s in data["settings"]]
    mosaic = [[f"{a}.{s}" for s in settings] for a in arrangements]
    height = 1.02 * len(arrangements) + 0.75
    figure, places = panels.arranged(axes, mosaic, DOUBLE, height, sharex=True, sharey=True)
    for name, place in places.items():
        arrangement, setting = name.split(".")
        _draw_panel(place, data, arrangements.index(arrangement), settings.index(setting))
    if axes is None:
        for column, setting in enumerate(settings):
            figure_number = setting.removeprefix("fig").lstrip("0")
            words = f"{data['networks'][column]}\n{data['optimisers'][column]}"
            places[mosaic[0][column]].set_title(f"Fig. {figure_number}: {words}", fontsize=6.8)
        for row, arrangement in enumerate(arrangements):
            places[mosaic[row][0]].set_ylabel(f"({arrangement})", rotation=0, labelpad=9)
        words = f"{int(data['steps'][0])} steps of {int(data['batch'][0])} + {int(data['batch'][0])} fresh points"
        entries = panels.handles(gradient=f"direction of ∇f at a fake ({words}; colours: each panel its own range)")
        panels.legend_below(figure, entries)
    return figure


def _draw_panel(axes: Axes, data: Mapping[str, np.ndarray], row: int, column: int) -> None:
    surface, fake = data["surfaces"][row, column], data["fake"][row]
    panels.draw_surface(axes, surface, EXTENT, panels.scale_of(surface, trim=0.005))
    panels.plain_ticks(axes, 3)
    panels.draw_points(axes, fake, data["real"][row], size=3.5)
    panels.draw_arrows(axes, fake, unit_vectors(data["gradients"][row, column]), norm=1.0, unit=_ARROW)
    angle = float(np.nanmedian(data["angles"][row, column]))
    span = f"{np.quantile(surface, 0.005):.2g} … {np.quantile(surface, 0.995):.2g}"
    note(axes, f"f from {span}\n|f − f*| {data['errors'][row, column]:.2g}, {angle:.0f}°", at="lower left", size=5.0)
