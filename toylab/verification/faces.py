"""How the reports of a verification look in a notebook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.faces import status_badge
from toylab.markup import Html, Tone, badge, card, facts, lines, number, quiet, table

if TYPE_CHECKING:
    from toylab.verification.reports import ClaimReport, ControlReport, VerificationReport
    from toylab.verification.training import TrainingReport

_ENDS = {
    "AS_EXPECTED": ("everything as expected", Tone.GOOD),
    "NOT_AS_EXPECTED": ("not as expected", Tone.BAD),
    "INCONCLUSIVE": ("some undecided", Tone.OPEN),
    "NOTHING_SELECTED": ("nothing selected", Tone.QUIET),
}


def claim_report(report: ClaimReport) -> str:
    """Status, counts, the worst case and the controls of one claim."""
    worst = report.worst
    rows = [
        ("statement", report.claim.statement),
        ("source", report.claim.sources[0]),
        ("cases", _cases(report)),
        ("worst case", "" if worst is None else f"{worst.case}: margin {number(worst.margin, 3)}"),
        ("controls", lines(map(_control, report.controls))),
    ]
    title = f"{report.claim.id}: {report.claim.title}"
    return card(title, facts(rows), status=status_badge(report.status, report.claim.expected))


def _control(control: ControlReport) -> Html:
    broken = "as it stands" if control.breaks is None else f"without {control.breaks}"
    mark = badge("violated, as it must", Tone.GOOD) if control.violated else badge(control.status.value, Tone.BAD)
    return Html(f"{mark} {quiet(f'{broken}: {control.why}')}")


def _cases(report: ClaimReport) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in report.counts.items())
    return f"{len(report.verdicts)}: {counts}" if counts else "none"


def _claim_row(report: ClaimReport) -> Sequence[object]:
    worst = report.worst
    good, total = sum(control.violated for control in report.controls), len(report.controls)
    tone = Tone.GOOD if good == total else Tone.BAD
    return (
        report.claim.id,
        report.claim.title,
        _cases(report),
        status_badge(report.status, report.claim.expected),
        number(float("nan") if worst is None else worst.margin, 2),
        badge(f"{good}/{total} violated", tone),
    )


def training_table(reports: Sequence[TrainingReport]) -> Html | str:
    """A row for each trained critic and each kind of partners."""
    if not reports:
        return ""
    rows = [
        (
            report.case.name,
            f"{number(100 * row.relative_gap, 2)} %",
            f"{number(row.k_support)} / {number(row.k_star)}",
            row.partners,
            f"{number(row.median_angle, 3)}° / {number(row.worst_angle, 3)}°",
            f"{number(report.seconds, 3)} s",
        )
        for report in reports
        for row in report.comparisons
    ]
    return table(("trained critic", "gap", "k / k*", "angle of ∇f to", "median / worst", "time"), rows)


def training_report(report: TrainingReport) -> str:
    """What training reached on one problem."""
    return card(f"TrainingReport {report.case.name}", training_table([report]), quiet(report.case.problem.describe()))


def verification_report(report: VerificationReport) -> str:
    """The tables of the terminal, with statuses."""
    word, tone = _ENDS[report.exit_code.name]
    header = ("claim", "statement", "cases", "status", "worst margin", "controls")
    return card(
        f"VerificationReport, {report.budget.value} budget",
        table(header, [_claim_row(one) for one in report.claims]) if report.claims else "",
        training_table(report.training),
        quiet("margin: the least (error bound − residual)/scale over all cases; negative = violated"),
        status=badge(word, tone),
    )
