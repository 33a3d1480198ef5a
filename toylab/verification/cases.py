"""One case: solve what has to be solved, and decide claims on it."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from toylab import claims as _claims
from toylab.claims import Case, Engine, VerdictStatus
from toylab.claims.certified import CERTIFIED_GAP
from toylab.families import Family
from toylab.problem import CriticProblem
from toylab.solution import Candidate
from toylab.solvers.solving import default_solver, solve

#: Relative gap asked of the exact solver for cases: far below what a verdict needs.
_CASE_RTOL = 1e-10


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """The verdict of one claim on one case, without the arrays.

    Attributes:
        claim: id of the claim.
        case: name of the case.
        engine: where its critic came from.
        status: the outcome.
        margin: NaN where the claim did not apply.
        details: the verdict as plain data.
        subject: the subject as plain data, from which the case can be replayed.
        certified: whether the critic's certificate was good enough for a verdict.
        explanation: the verdict in plain sentences.
        seconds: of deciding, with an equal share of what it took to solve the case.
    """

    claim: str
    case: str
    engine: str
    status: VerdictStatus
    margin: float
    details: dict[str, Any] = field(repr=False)
    subject: dict[str, Any] = field(repr=False)
    certified: bool
    explanation: str = field(default="", repr=False)
    seconds: float = 0.0


def subject_of(case: Case) -> Any:
    """The subject of a case, solved where it has to be.

    Exact solutions are asked for at a relative gap of 1e-10; what is not reached shows in the certificate.
    """
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.linear_programs import CompactDual
    from toylab.solvers.transport import Transport

    if case.family is not None:
        return case.family.solved(solved_exactly)
    problem = case.problem
    if problem is None:
        return case.subject
    interior = InteriorPoint(rtol=_CASE_RTOL)
    match case.engine:
        case Engine.INTERIOR_POINT:
            return solve(problem, interior, throw=False)
        case Engine.COMPACT_DUAL:
            return solve(problem, CompactDual(), throw=False)
        case Engine.CROSSED:
            critic = solve(problem, interior, throw=False).critic
            return Candidate.of(problem, critic, solve(problem, Transport(), throw=False).certificate.plan)
    return _exact(problem)


def _exact(problem: CriticProblem) -> Candidate:
    from toylab.solvers.interior_point import InteriorPoint

    solver = default_solver(problem)
    return solve(problem, InteriorPoint(rtol=_CASE_RTOL) if isinstance(solver, InteriorPoint) else solver, throw=False)


#: Solutions of members of families, by their problem's plain data: families overlap, and are asked for again.
_SOLVED: dict[str, Candidate] = {}
_REMEMBERED = 256


def solved_exactly(problem: CriticProblem) -> Candidate:
    """The exact solution of a member of a family; the same problem is solved once in a process."""
    key = json.dumps(problem.to_json(), sort_keys=True)
    if key not in _SOLVED:
        while len(_SOLVED) >= _REMEMBERED:
            del _SOLVED[next(iter(_SOLVED))]
        _SOLVED[key] = _exact(problem)
    return _SOLVED[key]


def is_certified(subject: Any) -> bool:
    """Whether every critic in a subject has a certificate that is good enough for a verdict."""
    match subject:
        case Candidate():
            return subject.certificate.relative_gap <= CERTIFIED_GAP
        case Family():
            return all(map(is_certified, subject.members))
    return True


def check_case(case: Case, names: Sequence[str]) -> list[CaseVerdict]:
    """Solve a case and decide the named claims on it."""
    one_thread()
    start = time.perf_counter()
    subject = subject_of(case)
    share = (time.perf_counter() - start) / max(len(names), 1)
    certified = is_certified(subject)
    data = subject.to_json()
    result = []
    for name in names:
        start = time.perf_counter()
        verdict = _claims.get(name).check(subject)
        result.append(
            CaseVerdict(
                claim=name,
                case=case.name,
                engine=case.engine.name.lower(),
                status=verdict.status,
                margin=verdict.margin,
                details=verdict.to_json(),
                subject=data,
                certified=certified,
                explanation=verdict.explain(),
                seconds=share + time.perf_counter() - start,
            )
        )
    return result


def one_thread() -> None:
    """Keep torch to one thread: cases run side by side, one process each."""
    import torch

    torch.set_num_threads(1)
