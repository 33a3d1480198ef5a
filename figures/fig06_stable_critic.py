"""f on real and on fake points along training: the Wasserstein critic drifts, the others do not (LGAN Fig. 6).

With the Wasserstein loss J(f + c) = J(f) for every c, so that nothing holds the offset of a critic in training and
minibatch noise moves it about; with a strictly convex loss the offset is part of the optimum. The paper shows the
curves. Here the certified means E_real f* and E_fake f* stand beside them (for Wasserstein, where an offset is free,
with that of the first steps), and the wandering of the offset is measured in units of the rise E_real f − E_fake f.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

import toylab
from figures.building.panels import Given, arranged, plain_ticks
from figures.building.spec import FigureSpec
from figures.building.style import DOUBLE, LOSS_NAMES
from toylab import losses, zoo
from toylab.bench.drift import DriftPlan, measure_drift
from toylab.plotting.canvas import FAKE, INK, REAL
from toylab.problem import LipschitzPenalty

SPEC = FigureSpec(
    name="fig06_stable_critic",
    paper="LGAN (ICML 2019) Figure 6; ICLR 2019 submission Figure 5",
    parameters={
        "losses": ["wasserstein", "logistic", "sqrt", "exponential"],
        "problem": "case3",
        "n": 50,
        "penalty": 0.1,
        "steps": 3000,
        "batch": 32,
        "seeds": 1,
    },
    quick={"losses": ["wasserstein", "logistic"], "n": 10, "steps": 200},
    seconds=22.0,
)

#: Blocks that say where the offset of the Wasserstein critic starts.
_START = 4


def compute(parameters: Mapping[str, Any], rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Train a MaxGP critic with each loss under minibatch noise at a constant learning rate, and solve the problem.

    Args:
        parameters: `losses` (names), `problem` of the zoo, `n` points a side, `penalty` λ, `steps` and `batch` of the
            trainings, `seeds`: how many trainings of each loss.
        rng: draws the seed of the points.

    Returns:
        names (l,), steps (b,): training steps at the middle of each block of 25; fake and real (l, seeds, b): means of
        f over the points of a block; rise, spread and excursion (l, seeds) of the offset as `DriftSeries` has them;
        certified (l, 2): E_fake f* and E_real f*; gaps (l,); batch (1,).
    """
    seed, penalty = int(rng.integers(2**31)), LipschitzPenalty(parameters["penalty"])
    problem = zoo.load(parameters["problem"], n=parameters["n"], seed=seed, regularizer=penalty)
    plan = DriftPlan(steps=parameters["steps"], batch=parameters["batch"], seeds=range(parameters["seeds"]))
    pairs = [losses.get(name) for name in parameters["losses"]]
    series = measure_drift(problem, pairs, plan)
    exact = [toylab.solve(toylab.CriticProblem(problem.fake, problem.real, pair, penalty)) for pair in pairs]
    means = [(problem.fake.expectation(own.fake_values), problem.real.expectation(own.real_values)) for own in exact]
    return {
        "names": np.array(parameters["losses"]),
        "steps": series[0].steps,
        **{name: np.stack([getattr(own, name) for own in series]) for name in ("fake", "real")},
        **{name: np.stack([getattr(own, name) for own in series]) for name in ("rise", "spread", "excursion")},
        "certified": np.array(means),
        "gaps": np.array([own.certificate.relative_gap for own in exact]),
        "batch": np.array([parameters["batch"]]),
    }


def numbers(data: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Spread and excursion of each loss's offset, in units of its rise; medians over the trainings."""
    found: dict[str, Any] = {"certified_gap": float(data["gaps"].max())}
    for index, name in enumerate(data["names"]):
        found[f"spread_{name}"] = float(np.median(data["spread"][index]))
        found[f"excursion_{name}"] = float(np.median(data["excursion"][index]))
        low, high = data["certified"][index]
        found[f"rise_{name}"] = float(np.median(data["rise"][index]))
        found[f"certified_rise_{name}"] = float(high - low)
    return found


def draw(data: Mapping[str, np.ndarray], axes: Given = None) -> Figure:
    """A panel for each loss, by its name."""
    names = [str(name) for name in data["names"]]
    mosaic = [names[start : start + 2] for start in range(0, len(names), 2)]
    figure, panels = arranged(axes, mosaic, DOUBLE, 1.65 * len(mosaic) + 0.5, sharex=True)
    for name, panel in panels.items():
        _draw_loss(panel, data, names.index(name))
        if name in mosaic[-1]:
            panel.set_xlabel(f"training step, batches of {int(data['batch'][0])} + {int(data['batch'][0])}")
        if name in [row[0] for row in mosaic]:
            panel.set_ylabel("mean of f")
    if axes is None:
        entries = [
            Line2D([], [], color=REAL, label=r"$E_\mathrm{real}\,f$"),
            Line2D([], [], color=FAKE, label=r"$E_\mathrm{fake}\,f$"),
            Line2D([], [], color=INK, lw=0.9, label="offset, the mean of both"),
            Line2D([], [], color="#7F7F7F", lw=0.9, ls="--", label=r"the same of the certified $f^*$"),
        ]
        figure.legend(handles=entries, loc="outside lower center", ncols=4)
    return figure


def _draw_loss(axes: Axes, data: Mapping[str, np.ndarray], index: int) -> None:
    steps, fake, real = data["steps"], data["fake"][index], data["real"][index]
    for one, other in zip(fake, real, strict=True):
        axes.plot(steps, other, color=REAL, lw=0.9, gid="real")
        axes.plot(steps, one, color=FAKE, lw=0.9, gid="fake")
        axes.plot(steps, 0.5 * (one + other), color=INK, lw=0.9, gid="offset")
    name, level = str(data["names"][index]), data["certified"][index]
    if losses.get(name).is_wasserstein:
        level = level - level.mean() + 0.5 * (fake + real)[:, :_START].mean()
    for value in level:
        axes.axhline(value, color="#7F7F7F", lw=0.9, ls="--", zorder=1)
    axes.set_xlim(0, steps[-1] + steps[0])
    plain_ticks(axes)
    excursion = float(np.median(data["excursion"][index]))
    share = f"{100 * excursion:.2g} % of" if excursion < 1 else f"{excursion:.2g} times"
    axes.set_title(f"{LOSS_NAMES.get(name, name)}: offset wanders over {share} the rise")
