"""Where the gradients of trained critics point, against the certified optimum (LGAN Fig. 2, ICLR Fig. 3).

One Gaussian of fakes between two Gaussians of reals, one near, one far; four losses of the family under MaxGP. The
paper shows that the gradient of every fake points to some real sample. Here each trained critic stands above the
certified optimum of the same points, with the relative gap of its values, its constant beside k*, and the angle of
every gradient to the cone of its certified partners; the third row looks at the fakes closely.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import toylab
from figures.building import panels
from figures.building.panels import Extent, Given, note, number
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE, LOSS_NAMES
from toylab import losses, zoo
from toylab.comparison import angles_to_cones
from toylab.critics import unit_vectors
from toylab.plotting.marks import coupling_pairs
from toylab.problem import LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers import MaxGP

SPEC = FigureSpec(
    name="fig02_gradient_directions",
    paper="LGAN (ICML 2019) Figure 2; ICLR 2019 submission Figure 3",
    parameters={
        "losses": ["wasserstein", "logistic", "sqrt", "exponential"],
        "penalty": 0.1,
        "n": 50,
        "steps": 4000,
        "published": False,
        "resolution": 120,
    },
    quick={"n": 10, "steps": 250, "resolution": 32},
    published={"n": 256, "steps": 1_000_000, "published": True},
    seconds=50.0,
)

EXTENT: Extent = (-1.9, 1.6, -1.1, 1.1)
#: Length of an arrow of norm k* in data units, in the whole picture and in the close-up, and of lines to partners.
_ARROW, _CLOSE_ARROW, _PARTNER = 0.22, 0.13, 0.2
_PARTNER_COLOUR = "#56B4E9"


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Train and solve case3 with each loss.

    Args:
        parameters: `losses` (names), `penalty` (λ), `n` points a side, `steps` of each training, `published` (the
            paper's network and optimiser), `resolution` of the surfaces.
        rng: draws the seed of the points.

    Returns:
        names (l,), steps, published, penalty (1,), and for each loss LOSS the arrays of `column` as LOSS.NAME.
    """
    seed = int(rng.integers(2**31))
    problems = [
        zoo.load("case3", n=parameters["n"], seed=seed, losses=losses.get(name), regularizer=_penalty(parameters))
        for name in parameters["losses"]
    ]
    recipe = MaxGP(published=parameters["published"], steps=parameters["steps"], seed=0)
    trained = toylab.solve_many(problems, recipe, throw=False)
    data = {
        "names": np.array(parameters["losses"]),
        "steps": np.array([parameters["steps"]]),
        "published": np.array([parameters["published"]]),
        "penalty": np.array([parameters["penalty"]]),
    }
    for name, problem, own in zip(parameters["losses"], problems, trained, strict=True):
        found = column(own, toylab.solve(problem), parameters["resolution"])
        data |= {f"{name}.{key}": array for key, array in found.items()}
    return data


def _penalty(parameters: Mapping[str, Any]) -> LipschitzPenalty:
    return LipschitzPenalty(parameters["penalty"])


def column(trained: Candidate, exact: Candidate, resolution: int, extent: Extent = EXTENT) -> dict[str, np.ndarray]:
    """What is drawn for one problem in the plane: a trained critic and the certified one.

    Returns:
        fake (n, 2), real (m, 2); trained_surface and exact_surface (rows, columns) over extent (4,), the trained one
        shifted to equal means where the loss leaves a constant free; trained_gradients and exact_gradients (n, 2);
        angles (n,) in degrees to the cone of partners; pairs (e, 2) and mass (e,) of the plan; partner_of (p,) and
        partner_direction (p, 2): whom each unit vector to a partner belongs to; gap and exact_gap, k and k_star,
        excess as a share of R(k*): (1,) each.
    """
    z, shape = panels.grid(extent, resolution)
    rows, columns, mass = coupling_pairs(exact)
    cones = partners(exact)
    fakes = exact.problem.fake.points
    gradients = np.asarray(trained.critic.gradient(fakes))
    comparison = toylab.compare(trained, exact, partners="certified partners", cones=cones)
    scalars = {
        "gap": comparison.relative_gap,
        "exact_gap": exact.certificate.relative_gap,
        "k": comparison.k_gradient,
        "k_star": exact.lipschitz_constant,
        "excess": comparison.excess,
    }
    surfaces = {"trained": trained.critic(z) + _offset(trained, exact), "exact": exact.critic(z)}
    return {
        "extent": np.array(extent),
        "fake": fakes,
        "real": exact.problem.real.points,
        **{f"{name}_surface": values.reshape(shape).astype(np.float32) for name, values in surfaces.items()},
        "trained_gradients": gradients,
        "exact_gradients": exact.critic.gradient(fakes),
        "angles": angles_to_cones(gradients, cones),
        "pairs": np.stack([rows, columns], axis=1),
        "mass": mass,
        "partner_of": np.repeat(np.arange(len(cones)), [len(cone) for cone in cones]),
        "partner_direction": np.concatenate(cones),
        **{name: np.array([value]) for name, value in scalars.items()},
    }


def partners(exact: Candidate) -> list[np.ndarray]:
    """For each fake the unit vectors (c, 2) to its partners: to all bounding ones, for Wasserstein those of the plan.

    The Wasserstein critic is not unique, and what is bounding under one optimum need not be so under another; the pairs
    of an optimal plan are tight under all of them.
    """
    if not exact.problem.losses.is_wasserstein:
        return exact.bounding_directions()
    plan = exact.certificate.plan.toarray()
    vectors = [exact.problem.real.points[row > 1e-9 * plan.max()] for row in plan]
    return [unit_vectors(ends - point) for ends, point in zip(vectors, exact.problem.fake.points, strict=True)]


def _offset(trained: Candidate, exact: Candidate) -> float:
    """What is added to the trained values: 0 unless the loss leaves a constant free."""
    if not exact.problem.losses.is_wasserstein:
        return 0.0
    sides = (
        (exact.problem.fake, exact.fake_values, trained.fake_values),
        (
            exact.problem.real,
            exact.real_values,
            trained.real_values,
        ),
    )
    return 0.5 * sum(measure.expectation(known - own) for measure, known, own in sides)


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Gap, constants and angles of each loss."""
    quoted: dict[str, Any] = {"steps": int(data["steps"][0])}
    for name in data["names"]:
        angles = _known_angles(data, name)
        quoted |= {
            f"{name}_relative_gap": float(data[f"{name}.gap"][0]),
            f"{name}_certified_gap": float(data[f"{name}.exact_gap"][0]),
            f"{name}_k": float(data[f"{name}.k"][0]),
            f"{name}_k_star": float(data[f"{name}.k_star"][0]),
            f"{name}_median_angle": float(np.median(angles)),
            f"{name}_worst_angle": float(angles.max()),
            f"{name}_percent_within_5_degrees": 100.0 * float((angles <= 5.0).mean()),
        }
    return quoted


def _known_angles(data: Mapping[str, np.ndarray], name: str) -> np.ndarray:
    angles = data[f"{name}.angles"]
    return angles[~np.isnan(angles)]


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels LOSS (trained), LOSS.certified and LOSS.close for each loss of the data."""
    names = [str(name) for name in data["names"]]
    mosaic = [names, [f"{name}.certified" for name in names], [f"{name}.close" for name in names]]
    figure, places = panels.arranged(axes, mosaic, DOUBLE, 4.7, gridspec_kw={"height_ratios": [1.0, 1.0, 1.6]})
    for name in names:
        scale = panels.scale_of(data[f"{name}.trained_surface"], data[f"{name}.exact_surface"])
        for panel, part in ((name, "trained"), (f"{name}.certified", "exact")):
            if panel in places:
                _draw_critic(places[panel], data, name, part, scale)
        if f"{name}.close" in places:
            _draw_close(places[f"{name}.close"], data, name)
    if axes is None:
        _finish(figure, places, data, names)
    return figure


def _draw_critic(axes: Axes, data: Mapping[str, np.ndarray], name: str, part: str, scale: Any) -> None:
    own = {
        key: data[f"{name}.{key}"] for key in ("fake", "real", "extent", "pairs", "mass", "k_star", "k", "exact_gap")
    }
    extent: Extent = tuple(own["extent"])
    panels.draw_surface(axes, data[f"{name}.{part}_surface"], extent, scale)
    if part == "exact":
        rows, columns = own["pairs"].T
        panels.draw_coupling(axes, own["fake"][rows], own["real"][columns], own["mass"])
    gradients = data[f"{name}.{part}_gradients"]
    panels.draw_points(axes, own["fake"], own["real"], size=3.5)
    panels.draw_arrows(axes, own["fake"], gradients, norm=float(own["k_star"][0]), unit=_ARROW)
    if part == "exact":
        note(axes, f"k* = {own['k_star'][0]:.4g}, gap {number(own['exact_gap'][0])}", at="lower right", size=5.6)
    else:
        axes.set_title(LOSS_NAMES.get(name, name))
        gap = float(data[f"{name}.gap"][0])
        note(axes, f"k = {own['k'][0]:.4g}, gap {number(gap)}", at="lower right", size=5.6)


def _draw_close(axes: Axes, data: Mapping[str, np.ndarray], name: str) -> None:
    """The fakes alone: trained gradients over lines to certified partners, and the angles between them in numbers."""
    fake, real = data[f"{name}.fake"], data[f"{name}.real"]
    starts = fake[data[f"{name}.partner_of"]]
    ends = starts + _PARTNER * data[f"{name}.partner_direction"]
    lines = LineCollection(list(np.stack([starts, ends], axis=1)), colors=_PARTNER_COLOUR, linewidths=1.1, zorder=3)
    lines.set_gid("partners")
    axes.add_collection(lines, autolim=False)
    panels.draw_points(axes, fake, real, size=7.0)
    norm = float(data[f"{name}.k_star"][0])
    panels.draw_arrows(axes, fake, data[f"{name}.trained_gradients"], norm=norm, unit=_CLOSE_ARROW, width=0.011)
    centre, half = fake.mean(axis=0), 1.05 * float(np.abs(fake - fake.mean(axis=0)).max()) + 0.1
    axes.set(xlim=centre[0] + half * np.array([-1, 1]), ylim=centre[1] + half * np.array([-0.75, 1.2]), aspect="equal")
    panels.plain_ticks(axes)
    angles = _known_angles(data, name)
    within = 100.0 * (angles <= 5.0).mean()
    words = f"angle to partners: median {np.median(angles):.2g}°\nworst {angles.max():.2g}°, {within:.0f} % within 5°"
    note(axes, words, at="upper left", size=5.6)


def _finish(figure: Figure, places: Mapping[str, Axes], data: Mapping[str, np.ndarray], names: list[str]) -> None:
    for row, word in (("", "trained"), (".certified", "certified"), (".close", "trained, the fakes alone")):
        places[f"{names[0]}{row}"].set_ylabel(word)
        for name in names[1:]:
            places[f"{name}{row}"].tick_params(labelleft=False)
    for name in names:
        places[name].tick_params(labelbottom=False)
    partner = Line2D([], [], color=_PARTNER_COLOUR, lw=1.3, label="to certified partners")
    entries = panels.handles(gradient="gradient of the critic", coupling="optimal coupling")
    panels.legend_below(figure, [*entries, partner])
    network = "the published network and optimiser" if data["published"][0] else "64 × 3 units"
    recipe = f"MaxGP with {network}, at most {data['steps'][0]} steps"
    count = len(data[f"{names[0]}.fake"])
    figure.suptitle(f"case3, {count} points a side, λ = {data['penalty'][0]:g}; {recipe}")
