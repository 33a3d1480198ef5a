"""The cases on which `verify` decides claims: problems and how their critic is to be obtained.

Claims never call a solver. A case names the problem and the kind of critic; whoever runs the verification
solves it and hands the candidate to the claim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from toylab import losses, zoo
from toylab.families import ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer


class Engine(Enum):
    """Where the critic of a case comes from."""

    EXACT = "the exact solver that fits the problem"
    INTERIOR_POINT = "the interior point with its own plan"
    CROSSED = "the interior point's critic, certified with POT's optimal plan"
    COMPACT_DUAL = "the compact dual by HiGHS"
    NONE = "the subject needs no solver"


class Budget(Enum):
    """How much `verify` spends."""

    QUICK = "quick"
    FULL = "full"


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One case of a claim.

    Attributes:
        name: unique among the cases of one engine, so that claims share solved cases.
        engine: where the critic comes from.
        problem: what is to be solved, None where the subject needs no solver or is a family.
        family: several problems that are to be solved, for statements that compare them.
        subject: the subject itself, where it needs no solver.
    """

    name: str
    engine: Engine
    problem: CriticProblem | None = None
    family: ProblemFamily | None = None
    subject: Any = None


def compared(name: str, family: ProblemFamily) -> Case:
    """A case of several problems, each solved exactly."""
    return Case(name=name, engine=Engine.EXACT, family=family)


Filter = Callable[[CriticProblem], bool]

STRICT_LOSSES = (losses.logistic, losses.sqrt, losses.exponential)
ALL_LOSSES = (losses.wasserstein, *STRICT_LOSSES)


def mixed_loss() -> LossPair:
    """A combination of pairs, so that no claim is decided on pure losses alone."""
    return losses.combination((0.5, losses.wasserstein()), (1.0, losses.logistic()))


_ZOO_SIZES: dict[str, tuple[int | None, int | None]] = {  # points a side: quick, full
    "two-diracs": (None, None),
    "case4": (10, 10),
    "case6": (None, None),
    "parallel-lines": (8, 12),
    "case3": (12, 40),
    "random-overlap": (8, 12),
    "two-gaussians": (8, 20),
}


def tailored(name: str, fake: DiscreteMeasure, real: DiscreteMeasure, pair: LossPair, regularizer: Regularizer) -> Case:
    """A case of two explicit measures, solved exactly."""
    problem = CriticProblem(fake, real, pair, regularizer)
    return Case(name=f"{name}, {pair.name}, {_label(regularizer)}", engine=Engine.EXACT, problem=problem)


def _label(regularizer: Regularizer) -> str:
    match regularizer:
        case LipschitzPenalty(weight=weight):
            return f"lambda {weight:g}"
        case LipschitzBall(radius=radius):
            return f"ball {radius:g}"
    return repr(regularizer)


def standard(
    budget: Budget,
    *,
    pairs: tuple[Callable[[], LossPair], ...] = (*ALL_LOSSES, mixed_loss),
    engines: tuple[Engine, ...] = (Engine.EXACT,),
    balls: bool = True,
    where: Filter = lambda problem: True,
) -> Iterator[Case]:
    """The zoo and random masses, for every loss and regulariser of the budget.

    Args:
        budget: quick: λ = 0.1 and one seed; full: λ in 0.01, 0.1, 1 and three seeds of the random problems.
        pairs: losses.
        engines: how each problem is to be solved.
        balls: whether the Lipschitz ball of radius 1 is among the regularisers.
        where: only problems for which this is true.
    """
    quick = budget is Budget.QUICK
    regularizers: list[Regularizer] = [LipschitzPenalty(w) for w in ((0.1,) if quick else (0.01, 0.1, 1.0))]
    if balls:
        regularizers.append(LipschitzBall(1.0))
    for name, sizes in _ZOO_SIZES.items():
        seeds = range(3) if name in {"random-overlap", "case4"} and not quick else range(1)
        for seed in seeds:
            for make in pairs:
                for regularizer in regularizers:
                    size = sizes[0 if quick else 1]
                    problem = zoo.load(name, n=size, seed=seed, losses=make(), regularizer=regularizer)
                    if not where(problem):
                        continue
                    label = f"{name} seed {seed}, {problem.losses.name}, {_label(regularizer)}"
                    yield from (Case(name=label, engine=engine, problem=problem) for engine in engines)


def same_support(budget: Budget) -> Iterator[tuple[str, DiscreteMeasure, DiscreteMeasure]]:
    """Pairs of different measures on one support."""
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    yield "two shared points", DiscreteMeasure(line, [0.6, 0.4]), DiscreteMeasure(line, [0.4, 0.6])
    for seed in range(1 if budget is Budget.QUICK else 4):
        rng = np.random.default_rng(100 + seed)
        points = rng.uniform(-1.0, 1.0, size=(6, 2))
        yield (
            f"six shared points seed {seed}",
            DiscreteMeasure(points, rng.dirichlet(np.ones(6))),
            DiscreteMeasure(points, rng.dirichlet(np.ones(6))),
        )


def overlapping_pair() -> tuple[DiscreteMeasure, DiscreteMeasure]:
    """P_g = .9 δ_A + .1 δ_B, P_r = .1 δ_A + .9 δ_B at distance 1: where the earlier bounding theorem fails."""
    line = np.array([[0.0, 0.0], [1.0, 0.0]])
    return DiscreteMeasure(line, [0.9, 0.1]), DiscreteMeasure(line, [0.1, 0.9])
