"""verify(): claims on their cases, controls beside them, and what MaxGP training reaches.

Every case is solved once, in parallel, and handed to all claims that ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from toylab import claims as _claims
from toylab.claims import Budget, Case, Claim, Engine
from toylab.verification.cases import CaseVerdict, check_case
from toylab.verification.reports import ClaimReport, ControlReport, VerificationReport
from toylab.verification.training import TrainingReport, train_and_compare, training_cases

Progress = Callable[[int, int, str], None]


def check_controls(claim: Claim) -> tuple[ControlReport, ...]:
    """Run every control of a claim."""
    reports = []
    for control in claim.controls:
        verdict = claim.check_control(control)
        reports.append(
            ControlReport(breaks=control.breaks, why=control.why, status=verdict.status, margin=verdict.margin)
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
    from joblib import Parallel, delayed

    selected = list(_claims.ALL if chosen is None else chosen)
    wanted: dict[tuple[str, Engine], tuple[Case, list[str]]] = {}
    for claim in selected:
        for case in claim.cases(budget):
            wanted.setdefault((case.name, case.engine), (case, []))[1].append(claim.id)
    trainings = training_cases(budget) if training and selected else []
    jobs = [delayed(train_and_compare)(case) for case in trainings]
    jobs += [delayed(_check_group)(group) for group in _groups(list(wanted.values()))]
    total = len(trainings) + len(wanted) + len(selected)
    done = 0
    if progress is not None:
        progress(done, total, "cases")
    verdicts: dict[str, list[CaseVerdict]] = {claim.id: [] for claim in selected}
    trained: dict[str, TrainingReport] = {}
    results: Any = Parallel(n_jobs=min(workers, max(len(jobs), 1)), return_as="generator_unordered")(jobs)
    for result in results:
        if isinstance(result, TrainingReport):
            trained[result.case.name] = result
            done += 1
        else:
            for verdict in result:
                verdicts[verdict.claim].append(verdict)
            done += len({(verdict.case, verdict.engine) for verdict in result})
        if progress is not None:
            progress(done, total, "cases")
    reports = []
    for claim in selected:
        controls = check_controls(claim)
        order = {(case.name, case.engine.name.lower()): i for i, case in enumerate(claim.cases(budget))}
        ordered = sorted(verdicts[claim.id], key=lambda verdict, order=order: order[verdict.case, verdict.engine])
        reports.append(ClaimReport(claim=claim, verdicts=tuple(ordered), controls=controls))
        done += 1
        if progress is not None:
            progress(done, total, "controls")
    return VerificationReport(
        budget=budget,
        claims=tuple(reports),
        training=tuple(trained[case.name] for case in trainings),
    )


def verify(claim: Claim | str, budget: Budget = Budget.QUICK) -> ClaimReport:
    """One claim on its cases, with its controls, in this process.

    Raises:
        InputError: unknown claim.
    """
    chosen = _claims.get(claim) if isinstance(claim, str) else claim
    verdicts = [verdict for case in chosen.cases(budget) for verdict in check_case(case, [chosen.id])]
    return ClaimReport(claim=chosen, verdicts=tuple(verdicts), controls=check_controls(chosen))


def _groups(cases: list[tuple[Case, list[str]]], size: int = 4) -> list[list[tuple[Case, list[str]]]]:
    """A few cases a job: small enough for an even load and a moving bar, large enough to pay for the transfer."""
    return [cases[start : start + size] for start in range(0, len(cases), size)]


def _check_group(group: list[tuple[Case, list[str]]]) -> list[CaseVerdict]:
    return [verdict for case, names in group for verdict in check_case(case, names)]
