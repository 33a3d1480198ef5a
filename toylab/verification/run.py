"""verify(): claims on their cases, controls beside them, and what MaxGP training reaches.

Every case is solved once, in parallel, and handed to all claims that ask for it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from toylab import claims as _claims
from toylab.claims import Budget, Case, Claim, Engine
from toylab.errors import InputError
from toylab.verification.cases import CaseVerdict, check_case
from toylab.verification.reports import ClaimReport, ControlReport, VerificationReport
from toylab.verification.training import TrainingCase, TrainingReport, train_and_compare, training_cases

Progress = Callable[[int, int, str], None]
Group = tuple[Case, list[str]]

_CASES_A_JOB = 4


def check_controls(claim: Claim) -> tuple[ControlReport, ...]:
    """Run every control of a claim."""
    reports = []
    for control in claim.controls:
        start = time.perf_counter()
        verdict = claim.check_control(control)
        reports.append(
            ControlReport(
                breaks=control.breaks,
                why=control.why,
                status=verdict.status,
                margin=verdict.margin,
                explanation=verdict.explain(),
                seconds=time.perf_counter() - start,
            )
        )
    return tuple(reports)


def verify_all(
    chosen: Iterable[Claim] | None = None,
    budget: Budget = Budget.FULL,
    *,
    training: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
) -> VerificationReport:
    """Decide claims on all their cases and run all their controls.

    Args:
        chosen: the claims, all when not given.
        budget: how many cases.
        training: whether MaxGP critics are trained and compared too.
        workers: processes.
        progress: called as progress(done, total, what) after every piece of work.
    """
    selected = list(_claims.ALL if chosen is None else chosen)
    wanted = _wanted(selected, budget)
    trainings = training_cases(budget) if training and selected else []
    total = len(trainings) + len(wanted) + len(selected)
    done = 0

    def advance(steps: int, what: str) -> None:
        nonlocal done
        done += steps
        if progress is not None:
            progress(done, total, what)

    advance(0, "cases")
    verdicts: list[CaseVerdict] = []
    trained: dict[str, TrainingReport] = {}
    for result in _results(trainings, wanted, workers):
        if isinstance(result, TrainingReport):
            trained[result.case.name] = result
            advance(1, "training")
        else:
            verdicts.extend(result)
            advance(len({(verdict.case, verdict.engine) for verdict in result}), "cases")
    reports = []
    for claim in selected:
        reports.append(
            ClaimReport(claim=claim, verdicts=_ordered(claim, budget, verdicts), controls=check_controls(claim))
        )
        advance(1, "controls")
    return VerificationReport(
        budget=budget, claims=tuple(reports), training=tuple(trained[case.name] for case in trainings)
    )


def _wanted(selected: Sequence[Claim], budget: Budget) -> list[Group]:
    """Every case once, with the ids of the claims that ask for it."""
    wanted: dict[tuple[str, Engine], Group] = {}
    for claim in selected:
        for case in claim.cases(budget):
            wanted.setdefault((case.name, case.engine), (case, []))[1].append(claim.id)
    return list(wanted.values())


def _results(trainings: Sequence[TrainingCase], wanted: list[Group], workers: int) -> Any:
    """Training reports and lists of verdicts, as they come; a few cases a job, for an even load and a moving bar."""
    from joblib import Parallel, delayed

    jobs = [delayed(train_and_compare)(case) for case in trainings]
    jobs += [delayed(_check_group)(wanted[i : i + _CASES_A_JOB]) for i in range(0, len(wanted), _CASES_A_JOB)]
    return Parallel(n_jobs=min(workers, max(len(jobs), 1)), return_as="generator_unordered")(jobs)


def _check_group(group: list[Group]) -> list[CaseVerdict]:
    return [verdict for case, names in group for verdict in check_case(case, names)]


def _ordered(claim: Claim, budget: Budget, verdicts: list[CaseVerdict]) -> tuple[CaseVerdict, ...]:
    order = {(case.name, case.engine.name.lower()): i for i, case in enumerate(claim.cases(budget))}
    own = [verdict for verdict in verdicts if verdict.claim == claim.id]
    return tuple(sorted(own, key=lambda verdict: order[verdict.case, verdict.engine]))


def verify(claim: Claim | str, budget: Budget = Budget.QUICK) -> ClaimReport:
    """One claim on its cases, with its controls, in this process.

    Raises:
        InputError: unknown claim.
    """
    chosen = claim if isinstance(claim, Claim) else _claims.get(claim)
    if not isinstance(budget, Budget):
        raise InputError(f"budget must be Budget.QUICK or Budget.FULL, got {budget!r}.")
    verdicts = [verdict for case in chosen.cases(budget) for verdict in check_case(case, [chosen.id])]
    return ClaimReport(claim=chosen, verdicts=tuple(verdicts), controls=check_controls(chosen))
