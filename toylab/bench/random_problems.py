"""Random critic problems with degenerate ones over-represented; problem i of seed s is reproducible on its own.

Every problem is drawn in units of its own: points of size 1, then weights, then scale and offset, then a loss and a
regulariser whose strength is relative to the scale. Each choice leaves a label, so that outcomes can be counted by
kind.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from toylab import losses
from toylab.bench.random_measures import CLOUDS, WEIGHTS, Clouds
from toylab.errors import whole_number
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer

#: Raised whenever the same (seed, index) gives another problem than before.
GENERATOR_VERSION = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class RandomProblem:
    """One problem of a campaign.

    Attributes:
        seed: of the campaign.
        index: within the campaign.
        kinds: labels "axis: kind" of what was drawn, for counting.
        problem: the problem.
    """

    seed: int
    index: int
    kinds: tuple[str, ...]
    problem: CriticProblem


def _pick(rng: np.random.Generator, table: dict[str, tuple[float, Callable]]) -> tuple[str, Callable]:
    """A name and its maker, drawn with the weights of the table."""
    names = list(table)
    weights = np.array([table[name][0] for name in names])
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    return name, table[name][1]


_LOSSES: dict[str, tuple[float, Callable[[np.random.Generator], LossPair]]] = {
    "wasserstein": (4.0, lambda rng: losses.wasserstein()),
    "logistic": (4.0, lambda rng: losses.logistic()),
    "sqrt": (3.0, lambda rng: losses.sqrt()),
    "exponential": (3.0, lambda rng: losses.exponential()),
    "hinge": (1.0, lambda rng: losses.hinge()),
    "quadratic": (1.0, lambda rng: losses.quadratic(*np.sort(rng.choice([-1.0, 0.0, 0.5, 1.0], size=2)))),
    "shifted": (1.0, lambda rng: _smooth(rng).shifted(float(rng.choice([-3.0, 0.5, 20.0])))),
    "combination": (
        1.5,
        lambda rng: losses.combination(
            (float(10.0 ** rng.uniform(-2, 2)), _smooth(rng)), (float(10.0 ** rng.uniform(-2, 2)), _smooth(rng))
        ),
    ),
    "mixed with wasserstein": (
        1.0,
        lambda rng: losses.combination((float(10.0 ** rng.uniform(-2, 1)), losses.wasserstein()), (1.0, _smooth(rng))),
    ),
    "rescaled": (1.0, lambda rng: losses.combination((float(10.0 ** rng.uniform(-3, 3)), _smooth(rng)))),
}


def _smooth(rng: np.random.Generator) -> LossPair:
    return (losses.logistic, losses.sqrt, losses.exponential)[rng.integers(3)]()


# regularisers in units of the points: lambda in (loss · length²), constants in (loss / length)
_REGULARIZERS: dict[str, tuple[float, Callable[[np.random.Generator, float], Regularizer]]] = {
    "lambda 1e-6 … 1e-3": (2.0, lambda rng, unit: LipschitzPenalty(unit**2 * 10.0 ** rng.uniform(-6, -3))),
    "lambda 1e-3 … 1": (4.0, lambda rng, unit: LipschitzPenalty(unit**2 * 10.0 ** rng.uniform(-3, 0))),
    "lambda 1 … 1e3": (2.0, lambda rng, unit: LipschitzPenalty(unit**2 * 10.0 ** rng.uniform(0, 3))),
    "lambda 1e3 … 1e6": (2.0, lambda rng, unit: LipschitzPenalty(unit**2 * 10.0 ** rng.uniform(3, 6))),
    "target": (
        2.0,
        lambda rng, unit: LipschitzPenalty(unit**2 * 10.0 ** rng.uniform(-3, 3), 10.0 ** rng.uniform(-2, 1) / unit),
    ),
    "small ball": (1.5, lambda rng, unit: LipschitzBall(10.0 ** rng.uniform(-4, -1) / unit)),
    "ball": (1.5, lambda rng, unit: LipschitzBall(10.0 ** rng.uniform(-1, 1) / unit)),
    "large ball": (1.0, lambda rng, unit: LipschitzBall(10.0 ** rng.uniform(1, 4) / unit)),
}

_SCALES: dict[str, tuple[float, float]] = {
    "1": (8.0, 1.0),
    "1e-6": (1.0, 1e-6),
    "1e6": (1.0, 1e6),
    "1e-3": (0.5, 1e-3),
    "1e3": (0.5, 1e3),
}


def random_problem(seed: int, index: int) -> RandomProblem:
    """Problem `index` of the campaign of this seed.

    Raises:
        InputError: seed or index is no whole number of at least 0.
    """
    seed = whole_number(seed, "the campaign's seed", least=0)
    index = whole_number(index, "the problem's index", least=0)
    rng = np.random.default_rng([seed, index])
    cloud_name, draw_clouds = _pick(rng, CLOUDS)
    clouds: Clouds = draw_clouds(rng)
    weights_name, draw_weights = _pick(rng, WEIGHTS)
    fake_weights, real_weights = draw_weights(rng, len(clouds.fake)), draw_weights(rng, len(clouds.real))
    if clouds.equal:
        real_weights = fake_weights
    scale_name, scale = _pick_scale(rng)
    offset = 1e6 * scale * rng.uniform(-1.0, 1.0, size=clouds.fake.shape[1]) if rng.uniform() < 0.1 else 0.0
    fake = DiscreteMeasure(scale * clouds.fake + offset, fake_weights)
    real = DiscreteMeasure(scale * clouds.real + offset, real_weights)
    loss_name, make_loss = _pick(rng, _LOSSES)
    pair = make_loss(rng)
    regularizer_name, make_regularizer = _pick(rng, _REGULARIZERS)
    problem = CriticProblem(fake, real, pair, make_regularizer(rng, scale))
    kinds = (
        f"points: {cloud_name}",
        f"weights: {weights_name}",
        f"scale: {scale_name}{', offset 1e6' if np.ndim(offset) else ''}",
        f"dimension: {fake.dimension}",
        f"size: {_size(len(fake) + len(real))}",
        f"loss: {loss_name}",
        f"regulariser: {regularizer_name}",
    )
    return RandomProblem(seed=seed, index=index, kinds=kinds, problem=problem)


def _pick_scale(rng: np.random.Generator) -> tuple[str, float]:
    names = list(_SCALES)
    weights = np.array([_SCALES[name][0] for name in names])
    name = names[int(rng.choice(len(names), p=weights / weights.sum()))]
    return name, _SCALES[name][1]


def _size(points: int) -> str:
    return next((f"up to {most}" for most in (2, 8, 16, 40) if points <= most), "more than 40")
