"""Ten photographs against ten pictures of noise: where ∇f* takes a fake in 3072 dimensions (LGAN Fig. 3).

In each row: a fake x, the gradient there, x + ε∇f for growing ε, and the real picture that bounds x. The paper shows
that noise turns into a photograph. With the certified critic it does so exactly, at ε = ‖y − x‖/k*, since the gradient
is k* times the unit vector to the bounding partner; beside it stands what a trained critic (MaxGP) makes of the same
fake at the same distance, with its gap and its angle.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import toylab
from figures import pictures
from figures.building.panels import Given, arranged, number
from figures.building.spec import FigureSpec, Option
from figures.building.style import DOUBLE, LOSS_NAMES
from toylab import losses
from toylab.comparison import angles_to_cones
from toylab.critics import unit_vectors
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers import MaxGP
from toylab.solvers.network import CertifiedGap

SPEC = FigureSpec(
    name="fig03_high_dimension",
    paper="LGAN (ICML 2019) Figure 3; ICLR 2019 submission Figure 4",
    parameters={
        "cifar": "",
        "n": 10,
        "shown": 5,
        "loss": "logistic",
        "others": ["wasserstein", "sqrt", "exponential"],
        "penalty": 0.1,
        "steps": 800,
        "published": False,
        "shares": [0.3, 0.5, 0.7, 0.85, 1.0],
    },
    quick={"n": 4, "shown": 3, "others": ["wasserstein"], "steps": 30},
    published={"steps": 100_000, "published": True},
    seconds=20.0,
    options=(Option(parameter="cifar", metavar="DIR", help="folder of CIFAR-10's python batches for fig03 and fig12"),),
)

#: A gradient within this many degrees of the way to its partner goes there.
_STRAIGHT = 1e-3


def inputs(parameters: Mapping[str, Any]) -> list[Path]:
    """The files that the real pictures come from."""
    return pictures.real_files(parameters)


def problem_of(parameters: Mapping[str, Any], rng: np.random.Generator, loss: str) -> CriticProblem:
    """Noise against pictures, with this loss."""
    real = pictures.real_pictures(parameters)
    fake = pictures.noise(len(real), rng)
    penalty = LipschitzPenalty(parameters["penalty"])
    return CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.get(loss), penalty)


def partners_of(exact: Candidate) -> np.ndarray:
    """(n,), for each fake the real picture that its certified gradient points to most closely."""
    fake, real = exact.problem.fake.points, exact.problem.real.points
    ways = unit_vectors(real[None] - fake[:, None])
    return np.einsum("nmd,nd->nm", ways, _gradients(exact)).argmax(axis=1)


def apart(partners: np.ndarray, count: int) -> np.ndarray:
    """So many fakes, those with partners of their own first."""
    _, first = np.unique(partners, return_index=True)
    rest = np.setdiff1d(np.arange(len(partners)), first)
    return np.concatenate([np.sort(first), rest])[:count]


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Solve noise against pictures exactly with several losses, and train one critic.

    Args:
        parameters: `cifar` (a folder, or "" for photographs), `n` pictures a side, `shown` rows, `loss` of the rows,
            `others` (losses that are solved as well), `penalty` λ, `steps` of the training, `published` (the paper's
            network and optimiser), `shares` of the way at which pictures are drawn.
        rng: draws the noise.

    Returns:
        fake, partner, gradients, trained_gradients (shown, 3072), float32; distances (shown,), shares (e,);
        k_star, gap, trained_gap, trained_k, steps (1,); trained_angles (n,) in degrees to the cones of partners;
        names (l,), angles (l, n) of the certified gradients to the way to that partner, gaps (l,) and constants (l,) of
        every loss; nearest and planned (1,): how many fakes have their partner as the nearest real picture, and as the
        one to which the plan sends most of their mass; spread (2,): least and largest distance between a fake and a
        real picture.
    """
    problem = problem_of(parameters, rng, parameters["loss"])
    exact = toylab.solve(problem)
    steps = parameters["steps"]
    # a small gap alone must not end it: the values fit long before the gradients do
    training = MaxGP(published=parameters["published"], steps=steps, seed=0, stopping=CertifiedGap(first=steps + 1))
    trained = toylab.solve(problem, training, throw=False)
    partners = partners_of(exact)
    rows = apart(partners, parameters["shown"])
    fake, real = problem.fake.points, problem.real.points
    certified = {parameters["loss"]: exact}
    for name in parameters["others"]:
        other = CriticProblem(problem.fake, problem.real, losses.get(name), problem.regularizer)
        certified[name] = toylab.solve(other)
    slopes = np.asarray(trained.critic.gradient(fake))
    distances = np.linalg.norm(fake[:, None] - real, axis=2)
    scalars = {
        "k_star": exact.lipschitz_constant,
        "gap": exact.certificate.relative_gap,
        "trained_gap": trained.certificate.relative_gap,
        "trained_k": trained.lipschitz_constant,
        "steps": parameters["steps"],
        "planned": int((exact.certificate.plan.toarray().argmax(axis=1) == partners).sum()),
        "nearest": int((distances.argmin(axis=1) == partners).sum()),
    }
    return {
        "fake": fake[rows].astype(np.float32),
        "partner": real[partners[rows]].astype(np.float32),
        "gradients": _gradients(exact)[rows].astype(np.float32),
        "trained_gradients": slopes[rows].astype(np.float32),
        "distances": distances[rows, partners[rows]],
        "shares": np.array(parameters["shares"]),
        "trained_angles": angles_to_cones(slopes, exact.bounding_directions()),
        "names": np.array(list(certified)),
        "angles": np.array([_angles(own) for own in certified.values()]),
        "gaps": np.array([own.certificate.relative_gap for own in certified.values()]),
        "constants": np.array([own.lipschitz_constant for own in certified.values()]),
        "spread": np.array([distances.min(), distances.max()]),
        **{name: np.array([value]) for name, value in scalars.items()},
    }


def _gradients(exact: Candidate) -> np.ndarray:
    return np.asarray(exact.critic.gradient(exact.problem.fake.points))


def _angles(exact: Candidate) -> np.ndarray:
    """Degrees between each certified gradient and the way to its partner."""
    fake, real = exact.problem.fake.points, exact.problem.real.points
    towards = unit_vectors(real[partners_of(exact)] - fake)
    return angles_to_cones(_gradients(exact), [way[None] for way in towards])


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Gaps, constants, angles, and for each loss how many gradients go straight to a partner."""
    straight = {
        f"straight_{name}": int((own <= _STRAIGHT).sum())
        for name, own in zip(data["names"], data["angles"], strict=True)
    }
    constants = {f"k_star_{name}": float(k) for name, k in zip(data["names"], data["constants"], strict=True)}
    return {
        "pictures": data["angles"].shape[1],
        "certified_gap": float(data["gaps"].max()),
        "trained_gap": float(data["trained_gap"][0]),
        "trained_median_angle": float(np.nanmedian(data["trained_angles"])),
        "trained_worst_angle": float(np.nanmax(data["trained_angles"])),
        "planned_is_partner": int(data["planned"][0]),
        "nearest_is_partner": int(data["nearest"][0]),
        "least_distance": float(data["spread"][0]),
        "largest_distance": float(data["spread"][1]),
        **straight,
        **constants,
    }


def strip(fake: np.ndarray, gradient: np.ndarray, distance: float, shares: np.ndarray) -> list[np.ndarray]:
    """x, its gradient, and x moved along it by shares of a distance."""
    way = distance * unit_vectors(gradient[None].astype(np.float64))[0]
    return [fake, pictures.as_gradient(gradient), *[fake + share * way for share in shares]]


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """A strip for every fake: panels row0, row1 and so on."""
    count = len(data["fake"])
    names = [f"row{index}" for index in range(count)]
    figure, panels = arranged(axes, [[name] for name in names], DOUBLE, 0.66 * count + 0.75)
    shares = data["shares"]
    for name, panel in panels.items():
        index = names.index(name)
        fake, distance = data["fake"][index], float(data["distances"][index])
        certified = strip(fake, data["gradients"][index], distance, shares)
        learned = strip(fake, data["trained_gradients"][index], distance, shares[-1:])
        pictures.draw_strip(panel, [*certified, *learned[1:], data["partner"][index]])
    first = next(iter(panels.values()))
    words = ["x", "∇f*(x)", *[f"ε = {share:.2g} ε*" for share in shares], "∇f, MaxGP", "x + ε∇f, MaxGP", "real y"]
    first.set_xticks(range(len(words)), words, fontsize=5.6)
    first.tick_params(length=0, pad=1.5, labeltop=True, labelbottom=False)
    if axes is None:
        panels[names[-1]].set_xlabel("x + ε∇f*(x) ends on a bounding picture y at ε* = ‖y − x‖/k*")
        figure.suptitle(_summary(data), fontsize=7.0)
        _legend(figure, data)
    return figure


def _summary(data: Mapping[str, np.ndarray]) -> str:
    angles, loss = data["trained_angles"], str(data["names"][0])
    return (
        f"{LOSS_NAMES.get(loss, loss)}; certified: gap {number(float(data['gap'][0]))}, "
        f"k* = {float(data['k_star'][0]):.4g}; "
        f"MaxGP after {int(data['steps'][0])} steps: gap {number(float(data['trained_gap'][0]))}, "
        f"angles {np.nanmedian(angles):.2g}° (median), {np.nanmax(angles):.2g}° (worst)"
    )


def _legend(figure: Figure, data: Mapping[str, np.ndarray]) -> None:
    """One entry that says what is seen: these panels hold pictures, no marks."""
    from matplotlib.lines import Line2D

    straight = ", ".join(
        f"{LOSS_NAMES.get(str(name), name)} {int((own <= _STRAIGHT).sum())}"
        for name, own in zip(data["names"], data["angles"], strict=True)
    )
    text = f"certified gradients that go straight to a bounding picture, of {data['angles'].shape[1]}: {straight}"
    figure.legend(handles=[Line2D([], [], ls="", label=text)], loc="outside lower center", handlelength=0.0)
