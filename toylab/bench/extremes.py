"""Extreme problems: every shape that strains float64 × every loss × every regulariser, solved and certified.

The question of every entry: is the critic certified at 1e-8, and if not, which gap was reached and why?
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab import losses
from toylab.errors import ToylabError
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer

Pair = tuple[DiscreteMeasure, DiscreteMeasure]

#: λ and Lipschitz constants of the table; the coordinates are of size 1 unless the shape says otherwise.
REGULARIZERS: tuple[Regularizer, ...] = (
    *(LipschitzPenalty(10.0**decade) for decade in (-6, -3, -1, 1, 3, 6)),
    *(LipschitzBall(10.0**decade) for decade in (-3, 0, 3)),
)
LOSSES = (
    "wasserstein",
    "logistic",
    "sqrt",
    "exponential",
    "hinge",
    "quadratic(0, 1)",
    "0.5*wasserstein + logistic",
    "shifted(logistic, 100)",
)


@dataclass(frozen=True, kw_only=True)
class ExtremeCase:
    """One entry of the table.

    Attributes:
        shape: name of the two measures.
        loss: the loss as an expression.
        regularizer: the regulariser, as the problem describes it.
        certified: whether the solver's tolerance (1e-8) was certified.
        relative_gap: what was certified, NaN after an error.
        reason: why it is not less, or the error's sentence; empty where certified.
        seconds: of the solver.
    """

    shape: str
    loss: str
    regularizer: str
    certified: bool
    relative_gap: float
    reason: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return dict(vars(self))


def _clouds(n: int, m: int, dimension: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    first = np.eye(1, dimension)
    return rng.normal(size=(n, dimension)) - first, 0.5 * rng.normal(size=(m, dimension)) + first


def shapes() -> dict[str, Callable[[], Pair]]:
    """Every pair of measures of the table, by name."""
    x, y = _clouds(10, 10)
    rng = np.random.default_rng(1)
    wide = 10.0 ** rng.uniform(-12, 0, (2, 10))
    shared = rng.dirichlet(np.ones(10), 2)
    tiny, nearly, zeros = np.ones(10), np.ones(10), np.arange(10) % 2
    tiny[0], nearly[0] = 1e-12, 1.0 + 1e-6
    far_x, far_y = x.copy(), y.copy()
    far_x[0], far_y[0] = (1e6, 0.0), (0.0, 1e6)
    steps = np.arange(10.0)
    lattice = np.stack(np.meshgrid(np.arange(4.0), np.arange(4.0)), axis=-1).reshape(-1, 2)
    one = DiscreteMeasure

    def clouds(n: int, m: int, dimension: int = 2) -> Callable[[], Pair]:
        def pair() -> Pair:
            fake, real = _clouds(n, m, dimension)
            return one(fake), one(real)

        return pair

    return {
        "generic": lambda: (one(x), one(y)),
        "coordinates 1e-6": lambda: (one(1e-6 * x), one(1e-6 * y)),
        "coordinates 1e6": lambda: (one(1e6 * x), one(1e6 * y)),
        "offset 1e6": lambda: (one(x + 1e6), one(y + 1e6)),
        "weights to 1e-12": lambda: (one(x, wide[0]), one(y, wide[1])),
        "one weight 1e-12": lambda: (one(x, tiny), one(y, tiny[::-1])),
        "zero weights": lambda: (one(x, zeros), one(y, zeros)),
        "all shared": lambda: (one(x, shared[0]), one(x, shared[1])),
        "all shared, nearly equal": lambda: (one(x), one(x, nearly)),
        "equal": lambda: (one(x), one(x)),
        "duplicates": lambda: (one(np.concatenate([x, x, x[:3]])), one(np.concatenate([y, y, x[:2], x[:2]]))),
        "near-coincident 1e-9": lambda: (one(np.concatenate([x, x + 1e-9])), one(np.concatenate([x[:4] - 1e-9, y]))),
        "collinear": lambda: (one(np.outer(steps, [1.0, 2.0])), one(np.outer(steps + 0.5, [1.0, 2.0]))),
        "lattice ties": lambda: (one(lattice), one(lattice + np.array([0.5, 0.0]))),
        "fake outlier 1e6": lambda: (one(far_x), one(y)),
        "real outlier 1e6": lambda: (one(x), one(far_y)),
        "both outliers": lambda: (one(far_x), one(far_y)),
        "dimension 3072": clouds(10, 10, 3072),
        "one point a side": clouds(1, 1),
        "1000 against 1": clouds(1000, 1),
        "1 against 1000": clouds(1, 1000),
        "3 against 3000": clouds(3, 3000),
    }


def extreme_problems() -> Iterator[tuple[str, LossPair, Regularizer, CriticProblem]]:
    """Every problem of the table, row by row."""
    for shape, build in shapes().items():
        fake, real = build()
        for loss in LOSSES:
            pair = losses.get(loss)
            for regularizer in REGULARIZERS:
                yield shape, pair, regularizer, CriticProblem(fake, real, pair, regularizer)


def solve_extreme(shape: str, problem: CriticProblem) -> ExtremeCase:
    """Solve one problem of the table with the exact solver that fits it."""
    from toylab.solvers.solving import solve

    gap, certified, seconds = float("nan"), False, float("nan")
    try:
        solution = solve(problem, throw=False)
    except ToylabError as error:
        reason = str(error)
    else:
        gap, seconds = solution.certificate.relative_gap, float(solution.stats["seconds"])
        certified = solution.status.name == "OPTIMAL"
        reason = "" if certified else "; ".join(solution.stats["limits"]) or "no reason known"
    return ExtremeCase(
        shape=shape,
        loss=problem.losses.name,
        regularizer=problem.regularizer.describe(),
        certified=certified,
        relative_gap=gap,
        reason=reason,
        seconds=seconds,
    )
