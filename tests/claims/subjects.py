"""Small candidates with round numbers, for worked evidence: near an optimum, but not at it, so that no bound is 0.

Every one has a certificate that is loose to some per cent; `taken_at_its_word` reads it as if it were optimal, so that
only roundings are left as error bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from toylab import losses
from toylab.claims import Evidence
from toylab.claims.certified import AssumedOptimal
from toylab.critics import LowerExtension, tabulated
from toylab.losses import LossPair, Reflected, Scaled, Softplus
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solution import Candidate

ROUNDING = 64 * float(np.finfo(float).eps)

_APART = ([[0.0, 0.0], [1.0, 0.5]], [0.4, 0.6], [[3.0, 0.0], [3.5, 1.5], [-1.0, 2.0]], [0.5, 0.3, 0.2])
_OVERLAPPING = (
    [[0.0, 0.0], [2.0, 0.0], [5.0, 1.0], [9.0, 9.0]],
    [0.6, 0.3, 0.1, 0.0],
    [[2.0, 0.0], [0.0, 0.0], [1.0, 3.0]],
    [0.2, 0.1, 0.7],
)
_SHARED = [[0.0, 0.0], [2.0, 0.0], [1.0, 1.0]]


def made(  # noqa: PLR0917 - a problem, the values at its fake and real points, and a plan
    sides: tuple, pair: LossPair, regularizer: Regularizer, low: list[float], high: list[float], plan: Any
) -> Candidate:
    """The extension of these values at the fake and the real points, certified with this plan."""
    points, weights, others, masses = sides
    fake, real = DiscreteMeasure(np.array(points), weights), DiscreteMeasure(np.array(others), masses)
    problem = CriticProblem(fake, real, pair, regularizer)
    critic = tabulated(np.concatenate([fake.points, real.points]), np.array([*low, *high]))
    return Candidate.of(problem, critic, np.array(plan))


def apart() -> Candidate:
    """Two fakes, three reals, logistic, λ = .3: k* = .931."""
    plan = [[0.0, 0.0, 0.07], [0.13, 0.05, 0.0]]
    return made(_APART, losses.logistic(), LipschitzPenalty(0.3), [-1.51, -0.87], [1.05, 1.64, 0.57], plan)


def nearly() -> Candidate:
    """The same with three digits: a certificate a hundred times as tight."""
    plan = [[0.0, 0.0, 0.0722], [0.1286, 0.0492, 0.0]]
    return made(_APART, losses.logistic(), LipschitzPenalty(0.3), [-1.5117, -0.8649], [1.0550, 1.6421, 0.5703], plan)


def lopsided() -> Candidate:
    """Twice the logistic loss for fakes alone: a = −ln 2, φ'(a) = ⅔, φ(a) + ϕ(a) = 2 ln 1.5 + ln 3."""
    pair = LossPair("twice for fakes", Scaled(Softplus(), 2.0), Reflected(Softplus()))
    plan = [[0.0, 0.0, 0.08], [0.13, 0.05, 0.0]]
    return made(_APART, pair, LipschitzPenalty(0.3), [-2.21, -1.57], [0.35, 0.94, -0.13], plan)


def apart_in_a_ball() -> Candidate:
    """Two fakes, three reals, logistic, k ≤ .8."""
    plan = [[0.0, 0.0, 0.08], [0.14, 0.06, 0.0]]
    return made(_APART, losses.logistic(), LipschitzBall(0.8), [-1.385, -0.72], [0.93, 1.44, 0.40], plan)


def moved_straight() -> Candidate:
    """The same points under Wasserstein, λ = .5: k* = W₁ = 2.473."""
    plan = [[0.2, 0.0, 0.2], [0.3, 0.3, 0.0]]
    return made(_APART, losses.wasserstein(), LipschitzPenalty(0.5), [-4.45, -2.14], [2.97, 4.52, 1.05], plan)


def moved_in_a_ball() -> Candidate:
    """The same points under Wasserstein, k ≤ 1.5."""
    plan = [[0.2, 0.0, 0.2], [0.3, 0.3, 0.0]]
    return made(_APART, losses.wasserstein(), LipschitzBall(1.5), [-2.69, -1.29], [1.79, 2.74, 0.65], plan)


def sharp() -> Candidate:
    """The optimum of the same, all four pairs of the plan tight, but for 1e-9 at two points."""
    points, _, others, _ = _APART
    (a, b), (c, d, e) = np.array(points), np.array(others)
    to = {name: float(np.linalg.norm(y - x)) for name, x, y in (("ac", a, c), ("ae", a, e), ("bc", b, c), ("bd", b, d))}
    k = 0.2 * to["ac"] + 0.2 * to["ae"] + 0.3 * to["bc"] + 0.3 * to["bd"]
    low = np.array([0.0, k * (to["ac"] - to["bc"])])
    high = [k * to["ac"] - 1e-9, low[1] + k * to["bd"], k * to["ae"] - 2e-9]
    plan = [[0.2, 0.0, 0.2], [0.3, 0.3, 0.0]]
    return made(_APART, losses.wasserstein(), LipschitzPenalty(0.5), low.tolist(), high, plan)


def overlapping() -> Candidate:
    """Two shared points of three, a fake without mass, logistic, λ = .2: k* = .858."""
    plan = np.zeros((4, 3))
    plan[0, 2], plan[2, 2] = 0.09, 0.012
    low, high = [-0.97, -0.41, -2.09, -3.0], [-0.41, -0.97, 1.74]
    return made(_OVERLAPPING, losses.logistic(), LipschitzPenalty(0.2), low, high, plan)


def overlapping_straight() -> Candidate:
    """The same under Wasserstein, λ = .5, with mass that stays: k* = 2.345."""
    plan = np.zeros((4, 3))
    plan[0] = [0.0, 0.1, 0.5]
    plan[1] = [0.2, 0.0, 0.1]
    plan[2, 2] = 0.1
    low, high = [-3.48, -3.5, -6.55, -3.0], [-3.5, -3.48, 3.92]
    return made(_OVERLAPPING, losses.wasserstein(), LipschitzPenalty(0.5), low, high, plan)


def on_one_support() -> Candidate:
    """Three shared points, logistic, λ = .2: k* = .4966."""
    plan = np.zeros((3, 3))
    plan[0, 2] = 0.14
    sides = _SHARED, [0.6, 0.3, 0.1], _SHARED, [0.2, 0.3, 0.5]
    return made(sides, losses.logistic(), LipschitzPenalty(0.2), [-0.3, 0.01, 0.4], [-0.3, 0.01, 0.4], plan)


def equal() -> Candidate:
    """P_g = P_r on two points, logistic, λ = .2, and a critic of constant .01."""
    sides = _SHARED[:2], [0.6, 0.4], _SHARED[:2], [0.6, 0.4]
    values = [-0.01, 0.01]
    return made(sides, losses.logistic(), LipschitzPenalty(0.2), values, values, np.zeros((2, 2)))


def aside() -> Candidate:
    """Values that rise more steeply between two fakes than from any fake to a real: nobody's optimum."""
    plan = [[0.0, 0.0, 0.07], [0.13, 0.05, 0.0]]
    return made(_APART, losses.logistic(), LipschitzPenalty(0.3), [-1.5, 0.9], [1.0, 1.1, 0.2], plan)


def idle() -> Candidate:
    """The constant critic on two fakes and three reals, logistic, λ = .3."""
    return made(_APART, losses.logistic(), LipschitzPenalty(0.3), [0.0, 0.0], [0.0, 0.0, 0.0], np.zeros((2, 3)))


def diracs(pair: LossPair, regularizer: Regularizer, rise: float, mass: float, distance: float = 2.0) -> Candidate:
    """One fake at (1, 0), a real further along, f = ∓rise/2, and a plan of this mass."""
    sides = [[1.0, 0.0]], [1.0], [[1.0 + distance, 0.0]], [1.0]
    return made(sides, pair, regularizer, [-0.5 * rise], [0.5 * rise], [[mass]])


ALL: dict[str, Callable[[], Candidate]] = {
    maker.__name__: cache(maker)
    for maker in (
        apart, nearly, lopsided, apart_in_a_ball, moved_straight, sharp, moved_in_a_ball, overlapping,
        overlapping_straight,        on_one_support, equal, aside, idle,
    )
}  # fmt: skip


@cache
def of(name: str) -> Candidate:
    """The candidate of this name; taken at its word with an asterisk behind the name."""
    return AssumedOptimal.taking(of(name[:-1])) if name.endswith("*") else ALL[name]()


#: Every candidate, as it is and taken at its word.
NAMES = (*ALL, *(f"{name}*" for name in ALL))


def extension_of(candidate: Candidate, constant: float) -> Candidate:
    """The same values under cones of another slope."""
    critic = candidate.critic
    return Candidate.of(
        candidate.problem, LowerExtension(critic.centres, critic.values, constant), candidate.certificate.plan
    )


def agree(evidence: Evidence, /, *, rtol: float = 1e-9, **expected: Any) -> None:
    """Evidence against worked numbers: columns to nine digits, labels and arrays one by one.

    Args:
        evidence: what was measured.
        rtol: of error bounds.
        expected: `residual`, `error`, `resolution`, `scale`, `labels`; every other name is an array of the evidence.
    """
    unit = np.maximum(np.abs(evidence.scale), 1e-300)
    for name, value in expected.items():
        if name == "labels":
            assert list(evidence.labels) == list(value)
            continue
        own = getattr(evidence, name) if name in {"residual", "error", "resolution", "scale"} else evidence.arrays[name]
        wanted = np.broadcast_to(np.asarray(value), own.shape)
        if own.dtype == object:
            assert own.tolist() == wanted.tolist()
        elif name == "residual":
            np.testing.assert_allclose(own / unit, wanted / unit, rtol=1e-9, atol=2e-14, err_msg=name)
        elif name == "error":
            np.testing.assert_allclose(own, wanted, rtol=rtol, atol=0, err_msg=name)
        else:
            np.testing.assert_allclose(own, wanted, rtol=1e-9, atol=1e-12, err_msg=name)
