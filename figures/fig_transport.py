"""How the plan of each loss differs from the W1 plan, λ from 0.01 to 10.

The optimal critic of a curved loss transports reweighted measures: its plan is optimal between φ'(f*) P_g and
−ϕ'(f*) P_r, not between P_g and P_r. On the same points as the W1 plan (top left) each loss shows its plan for three λ;
the curves follow the share of the mass that goes where W1's plan sends none, and how far the fakes' weights have moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import toylab
from figures.building import panels
from figures.building.panels import Given, note
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE, LOSS_NAMES, LOSSES
from toylab import losses, zoo
from toylab.plotting.marks import coupling_pairs
from toylab.problem import LipschitzPenalty

SPEC = FigureSpec(
    name="fig_transport",
    paper="LGAN (ICML 2019) section 4, the coupling behind Theorems 1 to 3",
    parameters={
        "losses": ["logistic", "sqrt", "exponential"],
        "shown": [0.01, 0.3, 10.0],
        "n": 10,
        "seed": 0,
        "penalties": 13,
    },
    quick={"n": 6, "penalties": 4},
    seconds=10.0,
)

_CURVES = {"moved": "mass where W₁ sends none", "reweighted": "weights moved, TV"}


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Certified plans of each loss against the W1 plan of the same points.

    Args:
        parameters: `losses` (names), `shown`: penalty weights λ whose plans are drawn, `n` points a side and `seed` of
            case4, `penalties`: how many λ from 0.01 to 10 the curves have.
        rng: not used.

    Returns:
        fake, real (n, 2); names (l,), shown (s,), penalties (t,); moved, reweighted, k_star, gap (l, t): the share of
        the plan's mass on pairs that W1's plan leaves out, the total variation between the normalised fake marginal of
        the plan and P_g, and the critic's certificate; the plans w1.pairs (e, 2), w1.mass (e,), w1 (1,), and for each
        loss and each number I of shown: LOSS.I.pairs, LOSS.I.mass, LOSS.I.moved and LOSS.I.k_star (1,).
    """
    flat = _solved(parameters, losses.wasserstein(), 1.0)
    w1 = _plan(flat) > 1e-9
    rows, columns, mass = coupling_pairs(flat)
    data = {
        "fake": flat.problem.fake.points,
        "real": flat.problem.real.points,
        "names": np.array(parameters["losses"]),
        "shown": np.array(parameters["shown"]),
        "penalties": np.logspace(-2.0, 1.0, parameters["penalties"]),
        "w1.pairs": np.stack([rows, columns], axis=1),
        "w1.mass": mass,
        "w1": np.array(
            [flat.problem.fake.expectation(-flat.fake_values) + flat.problem.real.expectation(flat.real_values)]
        ),
    }
    data["w1"] = data["w1"] / flat.lipschitz_constant
    curves = {key: [] for key in ("moved", "reweighted", "k_star", "gap")}
    for name in parameters["losses"]:
        found = [_measured(_solved(parameters, losses.get(name), weight), w1) for weight in data["penalties"]]
        for key, rows_of in curves.items():
            rows_of.append([own[key] for own in found])
        for index, weight in enumerate(parameters["shown"]):
            solution = _solved(parameters, losses.get(name), weight)
            rows, columns, mass = coupling_pairs(solution)
            own = _measured(solution, w1)
            data |= {f"{name}.{index}.pairs": np.stack([rows, columns], axis=1), f"{name}.{index}.mass": mass}
            data |= {f"{name}.{index}.{key}": np.array([own[key]]) for key in ("moved", "k_star")}
    return data | {key: np.array(values) for key, values in curves.items()}


def _solved(parameters: Mapping[str, Any], pair: Any, weight: float) -> Any:
    place = {"n": parameters["n"], "seed": parameters["seed"]}
    return toylab.solve(zoo.load("case4", losses=pair, regularizer=LipschitzPenalty(float(weight)), **place))


def _plan(solution: Any) -> np.ndarray:
    """The plan as shares of its mass, (n, n)."""
    plan = solution.certificate.plan.toarray()
    return plan / plan.sum()


def _measured(solution: Any, w1: np.ndarray) -> dict[str, float]:
    plan = _plan(solution)
    return {
        "moved": float(plan[~w1].sum()),
        "reweighted": 0.5 * float(np.abs(plan.sum(axis=1) - solution.problem.fake.weights).sum()),
        "k_star": solution.lipschitz_constant,
        "gap": solution.certificate.relative_gap,
    }


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """For each loss the share of mass moved at the smallest and the largest λ, and the largest gap of all."""
    quoted: dict[str, Any] = {"w1": float(data["w1"][0]), "largest_gap": float(data["gap"].max())}
    for name, moved in zip(data["names"], data["moved"], strict=True):
        quoted |= {f"{name}_percent_moved_smallest": 100.0 * float(moved[0])}
        quoted |= {f"{name}_percent_moved_largest": 100.0 * float(moved[-1])}
    return quoted


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """Panels w1, moved, reweighted, and LOSS.I: the plan of a loss for the I-th λ shown."""
    names = [str(name) for name in data["names"]]
    first = ["w1", *_CURVES, *("." for _ in names)][: len(names)]
    mosaic = [
        [left, *(f"{name}.{i}" for i in range(len(data["shown"])))] for left, name in zip(first, names, strict=True)
    ]
    figure, places = panels.arranged(axes, mosaic, DOUBLE, 1.62 * len(names) + 0.45)
    for panel, place in places.items():
        if panel in _CURVES:
            _draw_curve(place, data, panel)
        else:
            _draw_plan(place, data, panel)
    if axes is None:
        for index, weight in enumerate(data["shown"]):
            places[f"{names[0]}.{index}"].set_title(f"λ = {weight:g}")
        for name in names:
            places[f"{name}.0"].set_ylabel(LOSS_NAMES.get(name, name))
        entries, _ = places["moved"].get_legend_handles_labels()
        panels.legend_below(figure, [*panels.handles(coupling="mass of the plan"), *entries])
    return figure


def _draw_plan(axes: Axes, data: Mapping[str, np.ndarray], panel: str) -> None:
    rows, columns = data[f"{panel}.pairs"].T
    panels.draw_coupling(axes, data["fake"][rows], data["real"][columns], data[f"{panel}.mass"])
    panels.draw_points(axes, data["fake"], data["real"], size=12.0)
    both = np.concatenate([data["fake"], data["real"]])
    low, high = both.min(axis=0) - 0.12, both.max(axis=0) + 0.12
    axes.set(xlim=(low[0], high[0]), ylim=(low[1] - 0.3 * (high[1] - low[1]), high[1]), xticks=[], yticks=[])
    if panel == "w1":
        axes.set_title("plan of W₁, any λ")
        note(axes, f"W₁ = {data['w1'][0]:.4g}", at="lower center")
    else:
        moved, k = 100.0 * data[f"{panel}.moved"][0], data[f"{panel}.k_star"][0]
        note(axes, f"k* = {k:.3g}; {moved:.2g} % elsewhere", at="lower center")


def _draw_curve(axes: Axes, data: Mapping[str, np.ndarray], key: str) -> None:
    for name, values in zip(data["names"], data[key], strict=True):
        axes.plot(data["penalties"], values, label=LOSS_NAMES.get(str(name)), gid=str(name), **LOSSES[str(name)])
    axes.set_xscale("log")
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("λ" if key == "reweighted" else "")
    axes.set_title(_CURVES[key])
