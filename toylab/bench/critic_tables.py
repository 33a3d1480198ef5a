"""The tables of the critics' comparison: the same rows for a terminal and for Markdown."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from rich.console import Console

from toylab.bench.critic_cell import Cell
from toylab.bench.critic_summary import GAPS, TARGETS, Group, MethodSummary, Ratio
from toylab.bench.sheets import Sheet, print_sheets

_TARGET_WORDS = {
    "gap": "gap ≤ {:g}",
    "excess": "excess ≤ {:g} % of k",
    "cone_median": "median angle ≤ {:g}°",
    "cone_worst": "worst ≤ {:g}°",
}


def sheets(groups: Sequence[Group]) -> list[Sheet]:
    """All tables, in the order in which they are read."""
    return [
        _times(groups, "gap", "Time to a relative gap, after the best affine rescaling", _TIMES_NOTE),
        _times(groups, "raw", "Time to a relative gap plus excess, the critic as it stands", _RAW_NOTE),
        _ends(groups),
        _targets(groups),
    ]


_TIMES_NOTE = (
    "CPU seconds of the process (one thread) / wall seconds until the critic is first judged to be that good, and how "
    "many times as long as the first method that is, in CPU seconds: medians over the seeds, those of the ratio over "
    "the seeds in which the first method gets there (their number in brackets where it is not all). '>' where the time "
    "was up before in half the seeds or more, '≥' where the ratio is a lower bound for that reason. The gap is the one "
    "that certify proves from the critic's own values. Judging is not counted, for no method; a method marked † has no "
    "stopwatch, its times include it."
)
_RAW_NOTE = (
    "As above, for J + R(steepest gradient found on blends) − V over what the best constant critic leaves to gain: the "
    "penalised objective of the problem itself, its gradients included, without any rescaling. V is the certified "
    "optimal value."
)
_ENDS_NOTE = (
    "Medians over the seeds. Gap: of the values against the certified optimum, raw and after the rescaling; certified: "
    "as certify proves it from the rescaled critic's own values, without the optimum. k is the constant of the values, "
    "in % of k*; excess how much steeper the steepest gradient on blends is, in % of k. Angles: degrees between ∇f at "
    "the fake points and the cone of directions to their bounding partners under the certified optimum; in the last "
    "column against ∂V/∂x, median and worst, which lies inside the cone where f* has a kink: no optimal critic need "
    "point there."
)


def _times(groups: Sequence[Group], measure: str, title: str, note: str) -> Sheet:
    header = ["method", "restricted by"]
    for gap in GAPS:
        header += [f"{gap:.0e}: CPU / wall s", "ratio"]
    sections = {}
    for group in groups:
        rows = []
        for summary in group.methods:
            row = [_name(summary), summary.cells[0].restriction]
            for gap in GAPS:
                times = [_time(summary, gap, clock, measure) for clock in ("cpu", "wall")]
                row += (
                    ["failed", "·"]
                    if not summary.worked
                    else [_pair(times), _ratio(summary.ratio(gap, measure=measure), len(summary.cells))]
                )
            rows.append(row)
        sections[group.title] = rows
    return Sheet(title=title, header=header, sections=sections, notes=(note, *_failures(groups)))


def _name(summary: MethodSummary) -> str:
    return summary.method + (" †" if any(cell.clock == "history" for cell in summary.worked) else "")


def _time(summary: MethodSummary, gap: float, clock: str, measure: str) -> str:
    time = summary.time(gap, clock=clock, measure=measure)
    if np.isfinite(time):
        return f"{time:.2g}" if time < 9.95 else f"{time:.0f}"
    if np.isnan(summary.of(lambda cell: cell.series[measure][-1])):
        return "·"
    spent = summary.of(lambda cell: cell.cpu_seconds if clock == "cpu" else cell.wall_seconds)
    return f"> {spent:.2g}" if spent < 9.95 else f"> {spent:.0f}"


def _pair(times: Sequence[str]) -> str:
    return times[0] if times[0] == times[1] == "·" else " / ".join(times)


def _ratio(ratio: Ratio | None, seeds: int) -> str:
    if ratio is None:
        return "·"
    value = f"{ratio.value:.2g}" if ratio.value < 99.5 else f"{ratio.value:.0f}"
    return ("≥ " if ratio.at_least else "") + value + (f" ({ratio.seeds})" if ratio.seeds < seeds else "")


def _failures(groups: Sequence[Group]) -> list[str]:
    sentences: dict[str, None] = {}
    for group in groups:
        for summary in group.methods:
            sentences |= dict.fromkeys(f"{summary.method}: {sentence}" for sentence in summary.failures)
    return list(sentences)


def _ends(groups: Sequence[Group]) -> Sheet:
    header = [
        "method",
        "ended",
        "steps",
        "CPU s",
        "ms / step",
        "gap raw",
        "rescaled",
        "certified",
        "k / k* %",
        "excess %",
        "median °",
        "worst °",
        "to ∂V/∂x °",
    ]
    columns: list[Callable[[MethodSummary], str]] = [
        lambda s: _small(s.of(lambda cell: cell.steps), ".0f"),
        lambda s: _small(s.of(lambda cell: cell.cpu_seconds), ".3g"),
        lambda s: _small(s.of(lambda cell: 1e3 * cell.cpu_seconds / cell.steps if cell.steps else np.nan), ".3g"),
        lambda s: _small(s.end("raw_gap"), ".1e"),
        lambda s: _small(s.end("gap_to_optimum"), ".1e"),
        lambda s: _small(s.end("gap"), ".1e"),
        lambda s: _small(s.of(_constant), ".1f"),
        lambda s: _small(s.end("excess"), ".2g"),
        lambda s: _degrees(s.end("cone_median")),
        lambda s: _degrees(s.end("cone_worst")),
        lambda s: f"{_degrees(s.end('angle_median'))} / {_degrees(s.end('angle_worst'))}",
    ]
    sections = {
        group.title: [
            [_name(summary), _statuses(summary), *(column(summary) if summary.worked else "·" for column in columns)]
            for summary in group.methods
        ]
        for group in groups
    }
    return Sheet(title="At the end of training", header=header, sections=sections, notes=(_ENDS_NOTE,))


def _constant(cell: Cell) -> float:
    return 100.0 * cell.end["k"] / cell.end["k_star"] if cell.end["k_star"] > 0 else np.nan


def _statuses(summary: MethodSummary) -> str:
    counts: dict[str, int] = {}
    for cell in summary.cells:
        counts[cell.status] = counts.get(cell.status, 0) + 1
    return ", ".join(word if len(counts) == 1 else f"{count} {word}" for word, count in counts.items())


def _small(number: float, form: str) -> str:
    return "·" if np.isnan(number) else format(number, form)


def _degrees(angle: float) -> str:
    return "< 0.01" if angle < 0.01 else _small(angle, ".2g" if angle < 99.5 else ".0f")


def _targets(groups: Sequence[Group]) -> Sheet:
    words = [_TARGET_WORDS[name].format(most) for name, most in TARGETS.items()]
    sections = {
        group.title: [
            [summary.method, *(f"{summary.meets(name)}/{len(summary.cells)}" for name in (*TARGETS, None))]
            for summary in group.methods
        ]
        for group in groups
    }
    header = ["method", *words, "all four"]
    return Sheet(title="Seeds that meet the targets within the time", header=header, sections=sections)


def markdown(groups: Sequence[Group], legend: Sequence[str]) -> str:
    """All tables and the legend of the methods."""
    return "\n\n".join([*(sheet.markdown() for sheet in sheets(groups)), "\n".join(f"- {line}" for line in legend)])


def print_tables(groups: Sequence[Group], legend: Sequence[str], console: Console) -> None:
    """All tables with their notes, for a terminal."""
    print_sheets(sheets(groups), legend, console)
