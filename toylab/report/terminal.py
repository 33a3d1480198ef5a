"""The tables that `toylab verify` prints."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from toylab.report.words import (
    CLAIMS_LEGEND,
    TRAINING_COLUMNS,
    TRAINING_LEGEND,
    Outcome,
    Tone,
    cases_count,
    claim_outcome,
    conclusion,
    controls_count,
    number,
    training_rows,
)
from toylab.verification import ClaimReport, TrainingReport, VerificationReport

_COLOURS = {Tone.GOOD: "green", Tone.BAD: "red", Tone.OPEN: "yellow"}


def _coloured(outcome: Outcome, *, bold: bool = False) -> Text:
    return Text(outcome.words, style=f"{'bold ' if bold else ''}{_COLOURS[outcome.tone]}")


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
            cases_count(report),
            _coloured(claim_outcome(report)),
            number(None if worst is None else worst.margin),
            _coloured(controls_count(report)),
        )
    return table


def training_table(reports: tuple[TrainingReport, ...]) -> Table:
    """A row for each trained critic and each kind of partners."""
    table = Table(title="What MaxGP training reaches", title_justify="left", header_style="bold")
    for name in TRAINING_COLUMNS:
        if name in {"problem", "angle of ∇f to"}:
            table.add_column(name, overflow="fold")
        else:
            table.add_column(name, justify="right")
    for report in reports:
        for row in training_rows(report):
            table.add_row(*row)
    return table


def print_report(report: VerificationReport, console: Console) -> None:
    """Print both tables and the conclusion."""
    parts: list = [claims_table(report.claims), Text(CLAIMS_LEGEND, style="dim")]
    if report.training:
        parts += [Text(""), training_table(report.training), Text(TRAINING_LEGEND, style="dim")]
    parts += [Text(""), _coloured(conclusion(report), bold=True)]
    console.print(Group(*parts))
