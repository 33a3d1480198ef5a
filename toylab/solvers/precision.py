"""Why a solver could get no closer: what float64 cannot resolve in a problem, in sentences."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from toylab.certificate import Certificate
from toylab.problem import CriticProblem, LipschitzPenalty

_EPS = float(np.finfo(np.float64).eps)
#: Digits lost before something is worth a sentence: rounding of this size, relative to what is to be resolved.
_NOTABLE = 1e-11
#: Ratios of weights, or of distances, from which on sums of them lose the small ones.
_WIDE = 1e8


def limits_of_precision(problem: CriticProblem, certificate: Certificate) -> tuple[str, ...]:
    """One sentence for each property of the problem that costs digits; empty where none is known.

    Args:
        problem: the problem.
        certificate: of the critic that was reached.
    """
    found = (
        _equal_measures(problem),
        _level_of_values(problem, certificate),
        _small_penalty(problem),
        _spread("weights", np.concatenate([problem.fake.weights, problem.real.weights])),
        _spread("distances", _distances(problem)),
    )
    return tuple(sentence for sentence in found if sentence)


def _equal_measures(problem: CriticProblem) -> str | None:
    support = problem.support
    different = 0.5 * float(np.abs(support.fake_weights - support.real_weights).sum())
    if different == 0 or _NOTABLE * different >= _EPS:
        return None
    return f"the measures differ in {different:.2g} of their mass, of which rounding is {_EPS / different:.0e}"


def _level_of_values(problem: CriticProblem, certificate: Certificate) -> str | None:
    level = float(np.abs(certificate.values).max())
    varies = certificate.k_support * problem.support.diameter
    if _EPS * level <= _NOTABLE * varies or varies == 0:
        return None
    return f"critic values near {level:.3g} vary by only {varies:.2g}, of which rounding is {_EPS * level / varies:.0e}"


def _small_penalty(problem: CriticProblem) -> str | None:
    regularizer, diameter = problem.regularizer, problem.support.diameter
    if not isinstance(regularizer, LipschitzPenalty) or diameter == 0:
        return None
    share = regularizer.weight / diameter**2
    if 1e-10 <= share <= 1e10:
        return None
    return f"lambda is {share:.1g} of the squared diameter of the points"


def _distances(problem: CriticProblem) -> np.ndarray:
    """Some distances: from the first points of both measures to all points."""
    points = problem.support.points
    anchors = points[:: max(1, len(points) // 64)]
    return cdist(anchors, points).ravel()


def _spread(what: str, values: np.ndarray) -> str | None:
    positive = values[values > 0]
    if len(positive) == 0 or positive.max() <= _WIDE * positive.min():
        return None
    return f"{what} range over {np.log10(positive.max() / positive.min()):.0f} orders of magnitude"
