"""The tables that `toylab verify` prints."""

from __future__ import annotations

import math

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from toylab.claims import VerdictStatus
from toylab.verification import ClaimReport, ExitCode, TrainingReport, VerificationReport

_COLOURS = {
    VerdictStatus.HOLDS: "green",
    VerdictStatus.VIOLATED: "red",
    VerdictStatus.INCONCLUSIVE: "yellow",
    VerdictStatus.NOT_APPLICABLE: "yellow",
}


def number(value: float, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    if math.isnan(value):
        return "–"
    return f"{value:.{digits}g}"


def _status(report: ClaimReport) -> Text:
    colour = "green" if report.status is report.claim.expected else _COLOURS[report.status]
    text = report.status.value
    if report.claim.expected is VerdictStatus.VIOLATED:
        text += " (as it must)" if report.status is VerdictStatus.VIOLATED else ", expected violated"
    return Text(text, style=colour)


def _controls(report: ClaimReport) -> Text:
    good = sum(control.violated for control in report.controls)
    total = len(report.controls)
    return Text(f"{good}/{total} violated", style="green" if good == total else "red")


def _cases(report: ClaimReport) -> str:
    counts = report.counts
    left_out = counts.get(VerdictStatus.NOT_APPLICABLE.value, 0)
    decided = len(report.verdicts) - left_out
    parts = [str(decided)]
    if report.claim.expected is VerdictStatus.VIOLATED:
        parts.append(f"{counts.get(VerdictStatus.VIOLATED.value, 0)} violated")
    if counts.get(VerdictStatus.INCONCLUSIVE.value):
        parts.append(f"{counts[VerdictStatus.INCONCLUSIVE.value]} open")
    if left_out:
        parts.append(f"{left_out} n/a")
    return ", ".join(parts)


def claims_table(reports: tuple[ClaimReport, ...]) -> Table:
    """A row a claim."""
    table = Table(title="Claims", title_justify="left", header_style="bold", row_styles=["", "dim"])
    table.add_column("claim", no_wrap=True)
    for name in ("statement", "source"):
        table.add_column(name, overflow="fold")
    table.add_column("cases", justify="right")
    for name in ("status", "worst margin", "controls"):
        table.add_column(name)
    for report in reports:
        worst = report.worst
        table.add_row(
            report.claim.id,
            report.claim.title,
            report.claim.sources[0],
            _cases(report),
            _status(report),
            number(float("nan") if worst is None else worst.margin),
            _controls(report),
        )
    return table


def training_table(reports: tuple[TrainingReport, ...]) -> Table:
    """A row for each trained critic and each kind of partners."""
    table = Table(title="What MaxGP training reaches", title_justify="left", header_style="bold")
    table.add_column("problem", overflow="fold")
    for name in ("gap", "excess", "k / k*", "max‖∇f‖ / k*"):
        table.add_column(name, justify="right")
    table.add_column("angle of ∇f to", overflow="fold")
    for name in ("median", "worst", "≤ 1°", "≤ 5°", "≤ 15°", "seconds"):
        table.add_column(name, justify="right")
    for report in reports:
        for index, row in enumerate(report.comparisons):
            first = index == 0
            table.add_row(
                report.case.name if first else "",
                f"{100 * row.relative_gap:.2g} %" if first else "",
                f"{100 * row.excess:.2g} %" if first else "",
                f"{row.k_support / row.k_star:.4f}" if first else "",
                f"{row.k_gradient / row.k_star:.4f}" if first else "",
                row.partners,
                f"{row.median_angle:.2f}°",
                f"{row.worst_angle:.2f}°",
                *(f"{100 * row.share_within(bound):.0f} %" for bound in (1, 5, 15)),
                f"{report.seconds:.1f}" if first else "",
            )
    return table


def _conclusion(report: VerificationReport) -> Text:
    match report.exit_code:
        case ExitCode.AS_EXPECTED:
            return Text("Everything as expected, and every control came out violated.", style="bold green")
        case ExitCode.INCONCLUSIVE:
            return Text("Nothing speaks against the expectations, but some could not be decided.", style="bold yellow")
        case ExitCode.NOTHING_SELECTED:
            return Text("No claim was selected.", style="bold yellow")
    names = ", ".join(r.claim.id for r in report.claims if not r.as_expected)
    return Text(f"Not as expected: {names}.", style="bold red")


_CLAIMS_LEGEND = (
    "margin: the least (error bound − residual)/scale over all cases; negative = violated. A tiny positive margin is a "
    "tiny error bound with a residual below it, not a near miss."
)
_TRAINING_LEGEND = (
    "gap: certified relative duality gap of the trained values. excess: penalty paid for gradients steeper than the "
    "values need, as a share of the optimal penalty. k: constant of the trained values; max‖∇f‖: steepest gradient "
    "found on blends of fake and real points; k*: the certified optimum. Angles are taken at every fake point to the "
    "convex cone of the directions to its partners; where f* has a kink POT's plan names only some of them."
)


def print_report(report: VerificationReport, console: Console) -> None:
    """Print both tables and the conclusion."""
    parts: list = [claims_table(report.claims), Text(_CLAIMS_LEGEND, style="dim")]
    if report.training:
        parts += [Text(""), training_table(report.training), Text(_TRAINING_LEGEND, style="dim")]
    parts += [Text(""), _conclusion(report)]
    console.print(Group(*parts))
