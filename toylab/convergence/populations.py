"""Pairs of distributions with a known optimum, to compare finite samples with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from toylab import losses
from toylab.convergence import rates
from toylab.convergence.rates import Rate
from toylab.distributions import Distribution, MinFunnels, Segment, Translated, UniformBox
from toylab.errors import unknown_name
from toylab.losses import LossPair
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.zoo import funnels

#: λ of every study: the papers'.
WEIGHT = 0.1


@dataclass(frozen=True, kw_only=True, eq=False)
class Population:
    """Two distributions, losses and λ, with the optimum in closed form.

    Attributes:
        name: how it is asked for.
        summary: what the distributions are.
        fake: the law of generated points.
        real: the law of real points.
        losses: φ and ϕ.
        constant: k* of the distributions.
        value: V of the distributions.
        gradient: (n, d) -> (n, d), ∇f* at fake points; None where P_g = P_r, and it is 0.
        predictions: the predicted rate of each quantity ("k", "V", "gradient"); None where no prediction is known.
        largest: n up to which solving takes about a second.
    """

    name: str
    summary: str
    fake: Distribution
    real: Distribution
    losses: LossPair
    constant: float
    value: float
    gradient: Callable[[np.ndarray], np.ndarray] | None
    predictions: Mapping[str, Rate | None]
    largest: int = 2048

    def draw(self, n: int, rng: np.random.Generator) -> CriticProblem:
        """The problem of n independent fake and n independent real points."""
        return CriticProblem(self.fake.sample(n, rng), self.real.sample(n, rng), self.losses, LipschitzPenalty(WEIGHT))


def _wasserstein(
    name: str,
    summary: str,
    laws: tuple[Distribution, Distribution],
    w1: float,
    *,
    predictions: Mapping[str, Rate | None],
    direction: Callable[[np.ndarray], np.ndarray] | None,
) -> Population:
    """The Wasserstein loss: k* = W₁/2λ, V = −W₁²/4λ, ∇f* = k* times the direction of transport."""
    k = w1 / (2.0 * WEIGHT)
    return Population(
        name=name,
        summary=summary,
        fake=laws[0],
        real=laws[1],
        losses=losses.wasserstein(),
        constant=k,
        value=-(w1**2) / (4.0 * WEIGHT),
        gradient=None if direction is None else lambda z: k * direction(z),
        predictions=predictions,
    )


def _towards(vector: list[float]) -> Callable[[np.ndarray], np.ndarray]:
    unit = np.array(vector) / np.linalg.norm(vector)
    return lambda z: np.tile(unit, (len(z), 1))


def _to_itself(name: str, summary: str, law: Distribution, first: Rate, second: Rate) -> Population:
    return _wasserstein(name, summary, (law, law), 0.0, predictions={"k": first, "V": second}, direction=None)


def _translated(name: str, summary: str, law: Distribution, offset: list[float]) -> Population:
    w1 = float(np.linalg.norm(offset))
    known = {"k": rates.MEANS, "V": rates.MEANS, "gradient": rates.MEANS if len(offset) == 1 else rates.DIRECTIONS}
    laws = law, Translated(law, offset)
    return _wasserstein(name, summary, laws, w1, predictions=known, direction=_towards(offset))


_THETA = 0.5
_LINES = Segment([0.0, 0.0], [0.0, 1.0]), Segment([_THETA, 0.0], [_THETA, 1.0])
_ACROSS: dict[str, Rate | None] = {"k": rates.ACROSS, "V": rates.ACROSS, "gradient": rates.DIRECTIONS}


def _logistic_lines() -> Population:
    """Every pair is at least θ apart and straight pairs are θ apart: the optimum is that of two Diracs."""
    from toylab.solvers.dirac_pairs import dirac_pair

    pair = losses.logistic()
    optimum = dirac_pair(pair, _THETA, LipschitzPenalty(WEIGHT))
    across = _towards([1.0, 0.0])
    return Population(
        name="parallel-lines-logistic",
        summary="the same lines under the logistic loss, solved by the interior point",
        fake=_LINES[0],
        real=_LINES[1],
        losses=pair,
        constant=optimum.lipschitz_constant,
        value=optimum.value,
        gradient=lambda z: optimum.lipschitz_constant * across(z),
        predictions=_ACROSS,
        largest=256,
    )


def _funnels() -> Population:
    pair: MinFunnels = funnels(dimension=2, funnels=4, degree=2.0)
    known: dict[str, Rate | None] = {"k": rates.MEANS, "V": rates.MEANS, "gradient": None}
    return _wasserstein(
        "min-funnels",
        "four funnels in the plane: reals uniform in a box, fakes drawn down to the tips",
        (pair.fake, pair.real),
        pair.population_w1,
        predictions=known,
        direction=pair.potential.gradient,
    )


_BUILDERS: dict[str, Callable[[], Population]] = {
    "line-to-itself": lambda: _to_itself(
        "line-to-itself",
        "uniform on [0, 1], fake and real alike",
        UniformBox([0.5], 0.5),
        rates.LINE_TO_ITSELF,
        rates.LINE_TO_ITSELF_SQUARED,
    ),
    "square-to-itself": lambda: _to_itself(
        "square-to-itself",
        "uniform on the unit square, fake and real alike",
        UniformBox([0.5, 0.5], 0.5),
        rates.PLANE_TO_ITSELF,
        rates.PLANE_TO_ITSELF_SQUARED,
    ),
    "line-translated": lambda: _translated(
        "line-translated", "uniform on [0, 1] against the same, moved by 2", UniformBox([0.5], 0.5), [2.0]
    ),
    "square-translated": lambda: _translated(
        "square-translated",
        "uniform on a unit square against the same, moved by 2 along the first axis (LGAN case1.1)",
        UniformBox([-1.0, 0.0], 0.5),
        [2.0, 0.0],
    ),
    "parallel-lines": lambda: _wasserstein(
        "parallel-lines",
        f"two parallel unit segments at distance {_THETA:g}, independent heights (WGAN Example 1)",
        _LINES,
        _THETA,
        predictions=_ACROSS,
        direction=_towards([1.0, 0.0]),
    ),
    "parallel-lines-logistic": _logistic_lines,
    "min-funnels": _funnels,
}

#: Names of all populations, in the order of tables.
POPULATIONS = tuple(_BUILDERS)


def names() -> list[str]:
    """The names of all populations."""
    return list(_BUILDERS)


def get(name: str) -> Population:
    """The population of this name.

    Raises:
        InputError: unknown name; the nearest match is suggested.
    """
    if name not in _BUILDERS:
        raise unknown_name("population", name, _BUILDERS)
    return _BUILDERS[name]()
