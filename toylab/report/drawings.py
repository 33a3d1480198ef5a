"""All pictures of a report, each drawn once, side by side in several processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toylab import claims as _claims
from toylab.claims import Claim, Verdict
from toylab.errors import InputError
from toylab.report.pictures import Pair, Picture, argument_of, evidence_picture, subject_picture, training_pictures
from toylab.verification import ClaimReport, VerificationReport
from toylab.verification.cases import CaseVerdict
from toylab.verification.replay import subject_from_json

#: Fewer pictures than this are drawn before other processes have started.
_FEW = 8

Job = tuple[Callable[..., Any], tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class Drawings:
    """The pictures of a report.

    Attributes:
        cases: of every claim's worst case, by the id of the claim.
        training: of the trained critics, for the page, by the name of their case.
        files: the same as PNG in all their colours.
    """

    cases: Mapping[str, Pair]
    training: Mapping[str, Picture]
    files: Mapping[str, bytes]


def draw(report: VerificationReport, workers: int = 1) -> Drawings:
    """Draw everything that a report shows.

    Worst cases are made anew from their plain data: certified and decided again, never solved again. Several claims
    often have the same worst case, which is drawn once.

    Args:
        report: what a verification found.
        workers: processes; reports on claims of one's own are drawn in this one.
    """
    trained = [row for row in report.training if row.trained is not None]
    shown = [row for row in report.claims if row.worst is not None and row.worst.subject]
    own = any(row.claim not in _claims.ALL for row in shown)
    rows = {row.claim.id: (row.claim if own else row.claim.id, row.worst) for row in shown}
    subjects = {_key(row): rows[row.claim.id] for row in shown}
    jobs: list[Job] = [(training_pictures, (row,)) for row in trained]  # the longest first
    jobs += [(_subject, arguments) for arguments in subjects.values()]
    jobs += [(_evidence, arguments) for arguments in rows.values()]
    results = iter(_results(jobs, 1 if own or len(jobs) < _FEW else workers))
    pages = {row.case.name: next(results) for row in trained}
    seen = {key: next(results) for key in subjects}
    decided = {name: next(results) for name in rows}
    pairs = {row.claim.id: _pair(*seen[_key(row)], *decided[row.claim.id]) for row in shown}
    missing = Pair(subject=None, evidence=None, why_not="There is no case to draw.")
    return Drawings(
        cases={row.claim.id: pairs.get(row.claim.id, missing) for row in report.claims},
        training={name: picture for name, (picture, _) in pages.items()},
        files={name: data for name, (_, data) in pages.items()},
    )


def _results(jobs: Sequence[Job], workers: int) -> list[Any]:
    from joblib import Parallel, delayed

    if workers == 1:
        return [function(*arguments) for function, arguments in jobs]
    one_by_one: Any = 1
    done: Any = Parallel(n_jobs=workers, batch_size=one_by_one)(
        delayed(function)(*arguments) for function, arguments in jobs
    )
    return list(done)


def _key(row: ClaimReport) -> str:
    """What two claims with the same worst case have in common: its type, its name and its data."""
    assert row.worst is not None
    return json.dumps([row.claim.subject_type.__name__, row.worst.case, row.worst.subject], sort_keys=True, default=str)


def _pair(subject: Picture | None, why_not: str, evidence: Picture | None, argument: tuple[str, ...]) -> Pair:
    return Pair(subject=subject, evidence=evidence, why_not=why_not, argument=argument)


def _subject(claim: Claim | str, worst: CaseVerdict) -> tuple[Picture | None, str]:
    """The worst case of a claim, drawn; the reason where that cannot be done."""
    try:
        subject = subject_from_json(_known(claim), worst.subject)
    except InputError as error:
        return None, str(error)
    return subject_picture(worst.case, subject)


def _evidence(claim: Claim | str, worst: CaseVerdict) -> tuple[Picture | None, tuple[str, ...]]:
    """What decides the worst case of a claim, drawn, with the argument; nothing where it cannot be made anew."""
    try:
        verdict: Verdict = _known(claim).check(subject_from_json(_known(claim), worst.subject))
    except InputError:
        return None, ()
    return evidence_picture(verdict), argument_of(verdict)


def _known(claim: Claim | str) -> Claim:
    """A claim; another process knows it by its id."""
    return claim if isinstance(claim, Claim) else _claims.get(claim)
