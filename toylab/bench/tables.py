"""The tables that a campaign prints at its end."""

from __future__ import annotations

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from toylab.bench.summary import FAILURES, CampaignSummary


def _number(count: int, colour: str = "red") -> Text:
    return Text(str(count), style=colour) if count else Text("·", style="dim")


def kinds_table(summary: CampaignSummary) -> Table:
    """A row a kind of problem: how many, how many certified, and what failed."""
    table = Table(title="Kinds of problems", title_justify="left", header_style="bold")
    table.add_column("kind")
    for name in ("cases", "certified", "open claims", *FAILURES):
        table.add_column(name, justify="right")
    axis = ""
    for kind, counts in summary.by_kind.items():
        if axis and kind.partition(":")[0] != axis:
            table.add_section()
        axis = kind.partition(":")[0]
        table.add_row(
            Text(kind, style="bold" if kind == "all" else ""),
            str(counts["cases"]),
            str(counts["certified"]),
            _number(counts["with open claims"], "yellow"),
            *(_number(counts[name]) for name in FAILURES),
        )
    return table


def claims_table(summary: CampaignSummary) -> Table:
    """A row a claim: its statuses."""
    table = Table(title="Claims", title_justify="left", header_style="bold")
    table.add_column("claim")
    for name in ("holds", "violated", "inconclusive", "not-applicable"):
        table.add_column(name, justify="right")
    for claim, counts in summary.by_claim.items():
        table.add_row(
            claim,
            str(counts["holds"]),
            _number(counts["violated"], ""),
            _number(counts["inconclusive"], "yellow"),
            str(counts["not-applicable"]),
        )
    return table


def failures_table(summary: CampaignSummary) -> Table:
    """A row a class of failures, with cases to replay."""
    table = Table(title="Failures by class", title_justify="left", header_style="bold")
    table.add_column("count", justify="right")
    for name in ("kind", "stage"):
        table.add_column(name)
    table.add_column("what", overflow="fold", ratio=1)
    table.add_column("cases")
    for found in summary.classes:
        examples = ", ".join(map(str, found.examples)) + (", …" if found.count > len(found.examples) else "")
        table.add_row(str(found.count), found.kind, found.stage, Text(found.sentence), examples)
    return table


def _notes(summary: CampaignSummary) -> list[Text]:
    gaps = ", ".join(f"{name} {gap:.2g}" for name, gap in summary.gaps.items())
    times = ", ".join(f"{stage} {1000 * seconds:.1f}" for stage, seconds in summary.seconds.items())
    opinions = "; ".join(
        f"{name}: " + ", ".join(f"{count} {answer}" for answer, count in sorted(counts.items()))
        for name, counts in summary.opinions.items()
    )
    slowest = ", ".join(f"{index} ({seconds:.1f} s)" for seconds, index in summary.slowest)
    lines = (
        ("relative gaps of certified cases", gaps),
        ("second opinions", opinions),
        ("mean milliseconds a case", times),
        ("slowest cases", slowest),
    )
    return [Text(f"{name}: {words}", style="dim") for name, words in lines if words]


def _conclusion(summary: CampaignSummary) -> Text:
    if not summary.failures:
        return Text(f"{summary.cases} problems, no failures.", style="bold green")
    return Text(f"{summary.cases} problems, {summary.failures} of them with failures.", style="bold red")


def print_summary(summary: CampaignSummary, console: Console) -> None:
    """Print counts by kind and by claim, the classes of failures, and the conclusion."""
    parts: list = [kinds_table(summary), claims_table(summary)]
    if summary.classes:
        parts.append(failures_table(summary))
    console.print(Group(*parts, *_notes(summary), Text(""), _conclusion(summary)))
