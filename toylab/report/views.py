"""What the page shows of each claim, ready for the template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toylab.claims import Budget, Engine, VerdictStatus
from toylab.report import replay, words
from toylab.report.pictures import Pair
from toylab.report.words import Outcome
from toylab.verification import ClaimReport
from toylab.verification.cases import CaseVerdict

#: How many of the tightest cases a section lists.
_TIGHTEST = 5


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """A case in the table of the tightest ones."""

    name: str
    engine: str
    outcome: Outcome
    margin: str


@dataclass(frozen=True, kw_only=True)
class ControlRow:
    """A control in its table."""

    number: int
    breaks: str | None
    why: str
    outcome: Outcome
    margin: str
    replay: str


@dataclass(frozen=True, kw_only=True)
class ClaimView:
    """A claim's section.

    Attributes:
        report: what was found.
        outcome: of the cases.
        false: whether the statement is known to be false.
        cases: how many, in words.
        controls_count: how many controls came out violated.
        margin: the worst.
        worst: the worst case, None where nothing was decided.
        origin: where its critic came from.
        numbers: of the entry that decides it, by name.
        replay: the line that replays the worst case.
        tightest: the cases with the smallest margins.
        controls: every control.
        pictures: the worst case and its evidence.
        rests_on: names of results below.
        used_by: names of results above.
    """

    report: ClaimReport
    outcome: Outcome
    false: bool
    cases: str
    controls_count: Outcome
    margin: str
    worst: CaseVerdict | None
    origin: str
    numbers: Mapping[str, str]
    replay: str | None
    tightest: Sequence[CaseRow]
    controls: Sequence[ControlRow]
    pictures: Pair
    rests_on: Sequence[str]
    used_by: Sequence[str]


def claim_view(
    report: ClaimReport, budget: Budget, folder: Path | None, pictures: Pair, graph: Mapping[str, Sequence[str]]
) -> ClaimView:
    """Everything the section of a claim shows.

    Args:
        report: what was found.
        budget: of the verification.
        folder: where the worst case is written; None where it is not, and is replayed by its name.
        pictures: of the worst case.
        graph: what each result rests on.
    """
    claim, worst = report.claim, report.worst
    return ClaimView(
        report=report,
        outcome=words.claim_outcome(report),
        false=claim.expected is VerdictStatus.VIOLATED,
        cases=words.cases_count(report),
        controls_count=words.controls_count(report),
        margin=words.number(None if worst is None else worst.margin),
        worst=worst,
        origin="" if worst is None else _origin(worst),
        numbers={} if worst is None else _numbers(worst),
        replay=None if worst is None else _worst_line(report, worst, budget, folder),
        tightest=[_case_row(report, case) for case in report.tightest(_TIGHTEST)],
        controls=_control_rows(report),
        pictures=pictures,
        rests_on=claim.rests_on,
        used_by=[above for above, below in graph.items() if claim.id in below],
    )


def _worst_line(report: ClaimReport, worst: CaseVerdict, budget: Budget, folder: Path | None) -> str:
    if folder is None:
        return replay.case_line(report, worst, budget)
    return replay.file_line(report.claim, folder)


def _origin(worst: CaseVerdict) -> str:
    known = {engine.name.lower(): engine.value for engine in Engine}
    return "its formula" if worst.engine == Engine.NONE.name.lower() else known.get(worst.engine, worst.engine)


def _numbers(worst: CaseVerdict) -> dict[str, str]:
    entry = worst.details.get("worst", {})
    shown = {name: words.number(entry.get(name), 3) for name in ("residual", "error", "resolution")}
    return {
        "residual": shown["residual"],
        "error bound": shown["error"],
        "resolution": shown["resolution"],
        "margin": words.number(worst.margin, 3),
        "entries": str(worst.details.get("entries", "–")),
    }


def _case_row(report: ClaimReport, case: CaseVerdict) -> CaseRow:
    return CaseRow(
        name=case.case,
        engine="–" if case.engine == "none" else case.engine.replace("_", " "),
        outcome=_plain_outcome(report, case),
        margin=words.number(case.margin),
    )


def _plain_outcome(report: ClaimReport, case: CaseVerdict) -> Outcome:
    """Of one case: a false statement may hold on it, which says nothing against the expectation."""
    if report.claim.expected is VerdictStatus.VIOLATED and case.status is VerdictStatus.HOLDS:
        return Outcome(words="holds here", tone=words.Tone.GOOD)
    return words.case_outcome(case.status, report.claim.expected)


def _control_rows(report: ClaimReport) -> list[ControlRow]:
    return [
        ControlRow(
            number=number,
            breaks=control.breaks,
            why=control.why,
            outcome=words.control_outcome(control),
            margin=words.number(control.margin),
            replay=replay.control_line(report.claim, number),
        )
        for number, control in enumerate(report.controls, start=1)
    ]
