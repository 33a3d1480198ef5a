"""Coincident and shared points, tiny weights, every scale, n ≠ m by 1000: certified by exact solvers of every loss."""

import numpy as np
import pytest

from toylab import DiscreteMeasure, LipschitzPenalty, losses, solve
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers import InteriorPoint

#: Those that take every loss and every arrangement of points.
SOLVERS = (InteriorPoint(),)


def clouds(n: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(n, 2)), rng.normal(size=(m, 2)) + np.array([1.0, 0.0])


X, Y = clouds(8, 6)
TINY = np.array([1e-12, *np.ones(7)])
INPUTS = {
    "coincident points": (np.concatenate([X, X, X[:3]]), None, np.concatenate([Y, Y[:2]]), None, 1.0),
    "shared points": (np.concatenate([X, Y[:3]]), None, np.concatenate([Y, X[:2]]), None, 1.0),
    "all points shared, other weights": (X, np.arange(1.0, 9.0), X[::-1], None, 1.0),
    "a weight of 1e-12": (X, TINY, Y, None, 1.0),
    "scale 1e-6": (1e-6 * X, None, 1e-6 * Y, None, 1e-12),
    "scale 1e6": (1e6 * X, None, 1e6 * Y, None, 1e12),
    "1000 against 1": (*clouds(1000, 1)[:1], None, Y[:1], None, 1.0),
    "1 against 1000": (X[:1], None, clouds(1, 1000)[1], None, 1.0),
    "one point a side": (X[:1], None, Y[:1], None, 1.0),
}


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: type(solver).__name__)
@pytest.mark.parametrize("pair", [losses.logistic(), losses.exponential(), losses.hinge()], ids=lambda pair: pair.name)
@pytest.mark.parametrize("name", INPUTS)
def test_certified(name, pair, solver):
    x, p, y, q, unit = INPUTS[name]
    problem = CriticProblem(DiscreteMeasure(x, p), DiscreteMeasure(y, q), pair, LipschitzPenalty(0.1 * unit))
    solution = solve(problem, solver, throw=False)
    assert solution.status is Status.OPTIMAL, solution.certificate.relative_gap
    assert solution.certificate.relative_gap <= solver.rtol
