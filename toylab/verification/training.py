"""What MaxGP training reaches: trained critics beside the certified ones, on the problems of the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab import losses, zoo
from toylab.claims import Budget
from toylab.comparison import Comparison, compare
from toylab.critics import unit_vectors
from toylab.losses import LossPair
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers.solving import solve
from toylab.verification import faces
from toylab.verification.cases import one_thread


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingCase:
    """A problem on which a trained critic is put beside the certified one.

    Attributes:
        name: for tables.
        problem: the problem.
        seed: of the training.
        pictured: whether the report shows it.
    """

    name: str
    problem: CriticProblem
    seed: int = 0
    pictured: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingReport:
    """What training reached on one problem.

    Attributes:
        case: the problem.
        comparisons: one for each kind of partners.
        status: how training ended.
        seconds: of training.
        trained: the trained solution, kept where it is pictured.
        exact: the certified solution, kept where it is pictured.
    """

    case: TrainingCase
    comparisons: tuple[Comparison, ...]
    status: str
    seconds: float
    trained: Any = None
    exact: Any = None

    def __repr__(self) -> str:
        return f"TrainingReport({self.case.name}: {self.status}, {', '.join(map(repr, self.comparisons))})"

    def _repr_html_(self) -> str:
        return faces.training_report(self)

    def to_json(self) -> dict[str, Any]:
        """Plain data for a report."""
        return {
            "problem": self.case.name,
            "describe": self.case.problem.describe(),
            "seed": self.case.seed,
            "status": self.status,
            "seconds": self.seconds,
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
        }


def training_cases(budget: Budget) -> list[TrainingCase]:
    """The problems on which `verify` trains a critic."""
    pairs: list[LossPair] = [losses.wasserstein(), losses.logistic()]
    chosen: list[tuple[str, int | None]] = [("case4", 10), ("case3", 20)]
    if budget is Budget.FULL:
        pairs += [losses.sqrt(), losses.exponential()]
        chosen += [("two-diracs", None), ("case6", None), ("parallel-lines", 10)]
    cases = []
    for name, n in chosen:
        few = pairs if name in {"case4", "case3"} else pairs[:2]
        if budget is Budget.QUICK and name == "case3":
            few = pairs[1:2]
        for pair in few:
            problem = zoo.load(name, n=n, losses=pair, regularizer=LipschitzPenalty(0.1))
            size = "" if n is None else f" n = {n}"
            pictured = name in {"case3", "case4"} and pair.name == "logistic"
            cases.append(TrainingCase(name=f"{name}{size}, {pair.name}", problem=problem, pictured=pictured))
    return cases


def train_and_compare(case: TrainingCase) -> TrainingReport:
    """Train MaxGP on a problem and compare it with the certified critic.

    For the Wasserstein loss the gradients are compared with POT's coupling and with the tight pairs of the
    compact dual's solution by HiGHS; for every other loss with the bounding pairs of the certified critic,
    which belong to the reweighted marginals (THEORY section 2).
    """
    from toylab.solvers.linear_programs import CompactDual
    from toylab.solvers.network import MaxGP

    one_thread()
    exact = solve(case.problem)
    trained = solve(case.problem, MaxGP(seed=case.seed, device="cpu"), throw=False)
    if case.problem.losses.is_wasserstein:
        compact = solve(case.problem, CompactDual())
        cones = {
            "POT coupling": _coupling_directions(exact),
            "compact dual's tight pairs": compact.bounding_directions(),
        }
    else:
        cones = {"reweighted coupling": exact.bounding_directions()}
    return TrainingReport(
        case=case,
        comparisons=tuple(compare(trained, exact, partners=name, cones=cone) for name, cone in cones.items()),
        status=trained.status.name.lower(),
        seconds=float(trained.stats["seconds"]),
        trained=trained if case.pictured else None,
        exact=exact if case.pictured else None,
    )


def _coupling_directions(exact: Candidate) -> list[np.ndarray]:
    """For each fake point the unit vectors to the real points its mass is sent to."""
    plan = exact.certificate.plan.toarray()
    fake, real = exact.problem.fake.points, exact.problem.real.points
    directions = []
    for point, row in zip(fake, plan, strict=True):
        vectors = unit_vectors(real[row > 1e-12 * plan.max()] - point)
        directions.append(vectors[vectors.any(axis=1)])
    return directions
