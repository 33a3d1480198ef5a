"""What a least-squares critic tells the fakes when nothing restricts it (LGAN Fig. 1 a, b, c).

Three arrangements: fakes apart from the reals (a), both on the same two squares with other shares (b), and one
Gaussian of fakes between two of reals (c). The paper trains a deep network on each and finds random gradients. Here the
optimum itself stands below it, f* = q/(p + q) wherever there is density, and in the third row the certified critic of a
Lipschitz GAN on a sample of the same measures: logistic losses, λ k² added. Each gradient is compared with the cone of
directions to the fake's certified partners, the reals its mass is sent to.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import toylab
from figures.building import panels
from figures.building.panels import Extent, Given, note, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE
from toylab import losses
from toylab.comparison import angles_to_cones
from toylab.distributions import Distribution, Gaussian, Mixture, UniformBox, gaussian_mixture, square_boundary
from toylab.divergences import UnrestrictedLoss
from toylab.plotting.marks import coupling_pairs
from toylab.problem import CriticProblem, LipschitzPenalty, Unrestricted
from toylab.solvers.network import MLP, SELU, FreshSamples
from toylab.solvers.network import Unrestricted as UnrestrictedTraining

SPEC = FigureSpec(
    name="fig01_uninformative_gradient",
    paper="LGAN (ICML 2019) Figure 1 a, b, c",
    parameters={
        "n": 100,
        "steps": 1200,
        "width": 64,
        "depth": 4,
        "batch": 128,
        "learning_rate": 2e-3,
        "judged": 64,
        "penalty": 0.1,
        "published": False,
        "resolution": 120,
    },
    quick={"n": 16, "steps": 60, "depth": 3, "width": 16, "batch": 32, "resolution": 24},
    published={"n": 256, "steps": 1_000_000, "batch": 256, "judged": 256, "published": True},
    seconds=60.0,
)

EXTENT: Extent = (-2.0, 2.0, -1.5, 1.5)
_NAMES = ("a", "b", "c")
_TITLES = {"a": "(a) apart", "b": "(b) the same squares", "c": "(c) Gaussians"}
_LEFT, _RIGHT = UniformBox([-1.0, 0.0], 0.5), UniformBox([1.0, 0.0], 0.5)
_ARROW = 0.2


def measures() -> dict[str, tuple[Distribution, Distribution]]:
    """Fake and real distribution of each panel."""
    frame, core = square_boundary([-1.0, 0.0], 0.5, 20), UniformBox([-1.0, 0.0], 0.25)
    return {
        "a": (Mixture([frame, core], [0.2, 0.8]), _RIGHT),
        "b": (Mixture([_LEFT, _RIGHT], [0.8, 0.2]), Mixture([_LEFT, _RIGHT], [0.2, 0.8])),
        "c": (Gaussian([-0.75, 0.0], 0.15), gaussian_mixture([[1.0, 0.0], [-1.25, 0.0]], 0.15)),
    }


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Train an unrestricted least-squares critic on each pair, and solve what it is compared with.

    Args:
        parameters: `n` points a side, `steps`, `width`, `depth` (SELU), `batch` and `learning_rate` (Adam) of the
            trainings, `judged`: on so many of the points a side the best critic of a training is chosen, `penalty` (λ
            of the restricted critic), `published` (the paper's network and optimiser), `resolution` of the surfaces.
        rng: draws the points.

    Returns:
        names (3,), extent (4,), recipe (1,) in words; for each NAME of a, b, c the arrays of `column` as NAME.ARRAY.
    """
    pairs = measures()
    data = {"names": np.array(_NAMES), "extent": np.array(EXTENT), "recipe": np.array([_recipe(parameters)])}
    for name, (fake, real) in pairs.items():
        found = column(fake, real, parameters, rng)
        data |= {f"{name}.{key}": array for key, array in found.items()}
    return data


def _recipe(parameters: Mapping[str, Any]) -> str:
    if parameters["published"]:
        return f"128 × 64 SELU, gradient descent 1e-4, {parameters['steps']} steps"
    return f"{parameters['width']} × {parameters['depth']} SELU, Adam, {parameters['steps']} steps of fresh samples"


def _training(fake: Distribution, real: Distribution, parameters: Mapping[str, Any]) -> Any:
    fresh = FreshSamples(fake=fake, real=real, size=parameters["batch"])
    if parameters["published"]:
        return UnrestrictedTraining(published=True, steps=parameters["steps"], batches=fresh)
    solver = UnrestrictedTraining(
        architecture=MLP(width=parameters["width"], depth=parameters["depth"], activation=SELU()), batches=fresh
    )
    budget = {"steps": parameters["steps"], "learning_rate": parameters["learning_rate"]}
    return replace(solver, polish=(), schedule=replace(solver.schedule, **budget))


def column(
    fake: Distribution, real: Distribution, parameters: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """One pair of measures: the trained critic, f* = q/(p + q), and the certified Lipschitz critic of a sample.

    Returns:
        fake, real (n, 2); trained, unrestricted and lipschitz (rows, columns): surfaces, f* NaN where neither measure
        has density; and for each of the three gradients (n, 2) at the fakes and angles (n,) in degrees to the cone of
        certified partners, 90 where the gradient is 0; pairs (e, 2) and mass (e,) of the certified coupling;
        k_star, certified_gap (1,), and error (1,): the root mean square of trained − f* over the sample.
    """
    fakes, reals = fake.sample(parameters["n"], rng), real.sample(parameters["n"], rng)
    few = (toylab.DiscreteMeasure(side.points[: parameters["judged"]]) for side in (fakes, reals))
    free = CriticProblem(*few, losses=losses.quadratic(0.0, 1.0), regularizer=Unrestricted())
    penalty = LipschitzPenalty(parameters["penalty"])
    held = CriticProblem(fakes, reals, losses=losses.logistic(), regularizer=penalty)
    trained, lipschitz = toylab.solve(free, _training(fake, real, parameters), throw=False), toylab.solve(held)
    best = unrestricted_optimum(fake, real)
    rows, columns, mass = coupling_pairs(lipschitz)
    z, shape = panels.grid(EXTENT, parameters["resolution"])
    found: dict[str, np.ndarray] = {"fake": fakes.points, "real": reals.points}
    cones = lipschitz.bounding_directions()
    for name, critic in (("trained", trained.critic), ("unrestricted", best), ("lipschitz", lipschitz.critic)):
        gradients = np.nan_to_num(np.asarray(critic.gradient(fakes.points)))
        angles = angles_to_cones(np.where(np.abs(gradients) > 1e-12, gradients, 0.0), cones)
        found |= {f"{name}_gradients": gradients, f"{name}_angles": angles}
        found[name] = np.asarray(critic(z)).reshape(shape).astype(np.float32)
    support = np.concatenate([fakes.points, reals.points])
    error = float(np.sqrt(np.nanmean((trained.critic(support) - best(support)) ** 2)))
    scalars = {
        "k_star": lipschitz.lipschitz_constant,
        "certified_gap": lipschitz.certificate.relative_gap,
        "error": error,
    }
    found |= {"pairs": np.stack([rows, columns], axis=1), "mass": mass}
    return found | {name: np.array([value]) for name, value in scalars.items()}


def unrestricted_optimum(fake: Distribution, real: Distribution) -> Any:
    """f* = q/(p + q): of the densities; atoms among the fakes, where f* = 0, are left out where they have none."""
    if isinstance(fake, Mixture) and any(not _has_density(part) for part in fake.components):
        fake = next(part for part in fake.components if _has_density(part))
    return UnrestrictedLoss(losses.quadratic(0.0, 1.0)).critic(fake, real)


def _has_density(part: Distribution) -> bool:
    return isinstance(part, UniformBox | Gaussian)


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """For each panel how many gradients of the three critics point to a partner, the trained error, k* and its gap."""
    quoted: dict[str, Any] = {}
    for name in data["names"]:
        for critic in ("trained", "unrestricted", "lipschitz"):
            quoted[f"{name}_{critic}_percent_within_15_degrees"] = _percent(data, name, critic)
        quoted[f"{name}_trained_error"] = float(data[f"{name}.error"][0])
        quoted[f"{name}_k_star"] = float(data[f"{name}.k_star"][0])
        quoted[f"{name}_certified_gap"] = float(data[f"{name}.certified_gap"][0])
    return quoted


def _percent(data: Mapping[str, np.ndarray], name: str, critic: str) -> float:
    """The percentage of the fakes with a partner whose gradient is within 15° of the cone of partners."""
    angles = data[f"{name}.{critic}_angles"]
    return 100.0 * float((angles[~np.isnan(angles)] <= 15.0).mean())


_ROWS = {"": "trained", ".unrestricted": "unrestricted", ".lipschitz": "lipschitz"}


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels a, b, c (trained), with .unrestricted (f*) and .lipschitz (certified) for the rows below."""
    names = [str(name) for name in data["names"]]
    mosaic = [[f"{name}{row}" for name in names] for row in _ROWS]
    figure, places = panels.arranged(axes, mosaic, DOUBLE, 5.0, sharex=True, sharey=True)
    images = {}
    for row, critic in _ROWS.items():
        for name in names:
            if f"{name}{row}" in places:
                images[row] = _draw_panel(places[f"{name}{row}"], data, name, critic)
    if axes is None:
        for row, words in (
            ("", "least squares, trained"),
            (".unrestricted", "f* = q/(p + q)"),
            (".lipschitz", "logistic + λk², certified"),
        ):
            places[f"{names[0]}{row}"].set_ylabel(words)
        for name in names:
            places[name].set_title(_TITLES.get(name, name))
        for row, image in images.items():
            panels.colour_bar([places[f"{name}{row}"] for name in names], image, "critic f(z)")
        panels.legend_below(figure, panels.handles(gradient="gradient at a fake", coupling="optimal coupling"))
        figure.suptitle(f"Trained: {data['recipe'][0]}; within 15° of a partner counts as pointing to it")
    return figure


def _draw_panel(axes: Axes, data: Mapping[str, np.ndarray], name: str, critic: str) -> Any:
    extent: Extent = tuple(data["extent"])
    shown = [data[f"{other}.{critic}"] for other in data["names"]] if critic == "lipschitz" else [np.array([-0.1, 1.1])]
    image = panels.draw_surface(axes, data[f"{name}.{critic}"], extent, panels.scale_of(*shown))
    fake, real, gradients = data[f"{name}.fake"], data[f"{name}.real"], data[f"{name}.{critic}_gradients"]
    if critic == "lipschitz":
        rows, columns = data[f"{name}.pairs"].T
        panels.draw_coupling(axes, fake[rows], real[columns], data[f"{name}.mass"])
    panels.draw_points(axes, fake, real, size=4.0)
    lengths = np.linalg.norm(gradients, axis=1)
    typical = float(np.median(lengths[lengths > 0])) if (lengths > 0).any() else 1.0
    panels.draw_arrows(axes, fake, gradients, norm=typical, unit=_ARROW)
    words = f"{_percent(data, name, critic):.0f} % point to a partner"
    if critic == "lipschitz":
        gap = number(float(data[f"{name}.certified_gap"][0]))
        words = f"k* = {data[f'{name}.k_star'][0]:.3g}, gap {gap}\n{words}"
    elif not (lengths > 0).any():
        words = "gradient 0 wherever it exists"
    elif critic == "trained":
        words = f"rms distance to f* {data[f'{name}.error'][0]:.2g}\n{words}"
    note(axes, words, at="upper center")
    return image
