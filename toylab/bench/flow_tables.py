"""The tables of the bench of flows, the same for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.console import Console

from toylab.bench.flow_methods import JITTER, OBJECTIVES, PROBLEMS, STEPS
from toylab.bench.flow_summary import REASONS, FlowRow, objectives_of, splits_of, steps_of, together
from toylab.bench.flow_trial import NEAR, FlowKey
from toylab.bench.sheets import Sheet, print_sheets

_HEADER = ("median", "quartiles", "arrived", "95 %", "k* start", "k* end", "covered", "stopped: why")
_NOTE = (
    "Median and quartiles of final W₁ / initial W₁ over the seeds. Arrived: P_g = P_r within the tolerance, with "
    f"Wilson's interval. k*: medians. Covered: mean share of the reals with a fake within {NEAR:g} initial W₁. Of the "
    "flows that did not arrive: how many have fakes in one place, and how many fakes on a kink of f* or told nothing."
)
_PAIRED = (
    "Gained and lost: seeds that arrive here and not in the first line, and the other way round; p of the exact sign "
    "test on them."
)


def sheets(rows: Sequence[FlowRow]) -> list[Sheet]:
    """All tables, in the order in which they are read."""
    every = (_overall(rows), _objectives(rows), _steps(rows), _splits(rows))
    return [sheet for sheet in every if sheet.sections]


def _overall(rows: Sequence[FlowRow]) -> Sheet:
    all_problems = together(objectives_of(rows), lambda key: key.objective)
    table = [[_objective(row.key), *_cells(row)] for row in all_problems]
    return Sheet(
        title="Objectives: all problems together, steps of equal length",
        header=["objective", *_HEADER],
        sections={"all": table} if table else {},
        notes=(_NOTE,),
    )


def _objectives(rows: Sequence[FlowRow]) -> Sheet:
    sections: dict[str, list[list[str]]] = {}
    for row in objectives_of(rows):
        sections.setdefault(_problem(row.key), []).append([_objective(row.key), *_cells(row)])
    return Sheet(
        title="Objectives: each problem, steps of equal length", header=["objective", *_HEADER], sections=sections
    )


def _steps(rows: Sequence[FlowRow]) -> Sheet:
    return _rules(
        steps_of(rows),
        "Step rules",
        "step",
        words=lambda key: STEPS[key.step].words,
        first=lambda key: replace(key, step="unit"),
        notes=(
            _PAIRED,
            "A fixed rate makes the first step of the first kind as long; momentum the same in the long run.",
        ),
    )


def _splits(rows: Sequence[FlowRow]) -> Sheet:
    note = (
        f"Fakes start in pairs at one place; every step goes {STEPS['proportional'].words}. together: nothing is done; "
        f"jitter: noise of {JITTER:g} initial W₁ on fakes in one place; share-out: they divide the plan."
    )
    return _rules(
        splits_of(rows),
        "Split rules, from fakes that coincide",
        "split",
        words=lambda key: key.split,
        first=lambda key: replace(key, split="together"),
        notes=(note, _PAIRED),
    )


def _rules(
    rows: Sequence[FlowRow],
    title: str,
    rule: str,
    *,
    words: Callable[[FlowKey], str],
    first: Callable[[FlowKey], FlowKey],
    notes: Sequence[str],
) -> Sheet:
    """A line for each rule on each problem, beside the first rule on the same seeds."""
    by_key = {row.key: row for row in rows}
    sections: dict[str, list[list[str]]] = {}
    for row in rows:
        before = by_key.get(first(row.key))
        paired = ["", ""]
        if before is not None and before is not row:
            found = row.against(before)
            paired = [f"+{found.gained} −{found.lost}", f"{found.p:.2g}"]
        section = f"{_problem(row.key)}: {_objective(row.key)}"
        sections.setdefault(section, []).append([words(row.key), *_cells(row), *paired])
    header = [rule, *_HEADER, "gained, lost", "p"]
    return Sheet(title=title, header=header, sections=sections, notes=notes)


def _cells(row: FlowRow) -> list[str]:
    low, middle, high = row.left
    arrived, (least, most) = row.arrived, row.arrived.interval
    first, last = row.constant or (None, None)
    return [
        _number(middle),
        f"{_number(low)} – {_number(high)}",
        f"{arrived.count}/{arrived.total}",
        f"{100 * least:.0f} – {100 * most:.0f} %",
        _number(first),
        _number(last),
        f"{100 * row.covered:.0f} %",
        _why(row),
    ]


def _why(row: FlowRow) -> str:
    words = ", ".join(f"{count} {REASONS[name]}" for name, count in row.reasons.items())
    coinciding, torn = row.stuck
    causes = [f"{count} {what}" for count, what in ((coinciding, "in one place"), (torn, "on kinks")) if count]
    moved = not OBJECTIVES[row.key.objective].still
    return f"{words} ({', '.join(causes)})" if causes and moved else words


def _problem(key: FlowKey) -> str:
    return PROBLEMS.get(key.problem, key.problem)


def _objective(key: FlowKey) -> str:
    return OBJECTIVES[key.objective].words


def _number(value: float | None) -> str:
    """Two digits; what is below the tolerance of any flow is 0."""
    if value is None:
        return "·"
    return "0" if abs(value) < 1e-5 else f"{value:.2g}"


def markdown(rows: Sequence[FlowRow], legend: Sequence[str]) -> str:
    """All tables and the legend."""
    return "\n\n".join([*(sheet.markdown() for sheet in sheets(rows)), *legend])


def print_tables(rows: Sequence[FlowRow], legend: Sequence[str], console: Console) -> None:
    """All tables with their notes."""
    print_sheets(sheets(rows), legend, console)


__all__ = ["markdown", "print_tables", "sheets"]
