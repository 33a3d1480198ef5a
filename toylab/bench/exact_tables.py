"""The tables of the exact bench, the same for a terminal and for Markdown; none is wider than 100 columns."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from rich.console import Console

from toylab.bench.exact_summary import Row, grouped, growth
from toylab.bench.exact_trial import CLARABEL, EMD
from toylab.bench.sheets import Sheet, print_sheets

_CLOCKS = {"wall": "seconds on the clock", "cpu": "CPU seconds of all threads"}


def sheets(rows: Sequence[Row]) -> list[Sheet]:
    """All tables, in the order in which they are read."""
    every = (_by_size(rows), _growth(rows), _every_problem(rows))
    return [sheet for sheet in every if sheet.sections]


def _note(rows: Sequence[Row]) -> str:
    trials = [trial for row in rows for trial in row.trials]
    clock = _CLOCKS[rows[0].clock] if rows else ""
    baselines = [trial.baseline for trial in trials if trial.baseline is not None]
    threads = sorted({trial.threads for trial in trials if trial.threads})
    base = f", of which the interpreter and its libraries take {median(baselines):.0f}" if baselines else ""
    runs = len({trial.run for trial in trials})
    together = "one interleaved run" if runs == 1 else f"{runs} runs, interleaved within each"
    return (
        f"Medians of {clock}, certificate included, each solve in a fresh process after a small one that warms up; "
        f"{together}, {' or '.join(map(str, threads)) or '?'} thread(s). Ratios are taken in a round, on the same "
        "points: '× emd' is the time over that of ot.emd with its matrix of distances, '× Clarabel' that of Clarabel "
        "with every fake→real pair over it. Gap: the worst relative gap, certified over every fake→real pair. MiB: "
        f"the largest peak of resident memory (of a GPU, of its tensors){base}. What a rival 'says' is its own word; "
        "the gap beside it is what toylab's certificate measured of its critic."
    )


def _by_size(rows: Sequence[Row]) -> Sheet:
    header = ["n", "s", "from", "to", "× emd", "worst", "× Clarabel", "gap", "MiB", "emd's MiB"]
    sections = {}
    methods = grouped(rows, lambda key: (key.method, key.device))
    for (method, device), group in sorted(methods.items(), key=lambda item: item[0][0] in {CLARABEL, EMD}):
        table = []
        for (n, m), same in sorted(grouped(group, lambda key: (key.n, key.m)).items()):
            seconds = [row.seconds for row in same if row.seconds is not None]
            emd = [ratio for row in same if (ratio := row.times(EMD)) is not None]
            clarabel = [1.0 / ratio for row in same if (ratio := row.times(CLARABEL))]
            ends = (median(seconds), min(seconds), max(seconds)) if seconds else (None,) * 3
            table.append(
                [
                    _size(n, m),
                    *(_short(value) for value in ends),
                    *(["", ""] if method == EMD else [_short(median(emd)), _short(max(emd))] if emd else ["·", "·"]),
                    "" if method in {EMD, CLARABEL} else _short(median(clarabel)) if clarabel else "·",
                    _gap(max((row.gap for row in same if row.gap is not None), default=None)),
                    _whole(max((row.memory for row in same if row.memory is not None), default=None)),
                    _whole(max((mib for row in same if (mib := row.rival_memory(EMD)) is not None), default=None)),
                ]
            )
        sections[_method(method, device)] = table
    title = "Exact critics: all losses, λ and shapes together"
    return Sheet(title=title, header=header, sections=sections, notes=(_note(rows), *_failures(rows)))


def _growth(rows: Sequence[Row]) -> Sheet:
    sections: dict[str, list[list[str]]] = {}
    for each in growth(rows):
        low, high = each.exponents[0], each.exponents[-1]
        row = [each.shape, "{}–{}".format(*each.sizes), *(f"{e:.2f}" for e in (median(each.exponents), low, high))]
        sections.setdefault(each.method, []).append([*row, str(len(each.exponents))])
    header = ["shape", "n", "exponent", "from", "to", "problems"]
    note = (
        "Seconds grow like n to this power: least squares on the logarithms of the medians, the median, least and "
        "largest over losses and λ. From n = 1000 on where there are two such sizes."
    )
    return Sheet(title="Growth with n", header=header, sections=sections, notes=(note,))


def _every_problem(rows: Sequence[Row]) -> Sheet:
    header = ["problem", "method", "s", "steps", "gap", "MiB", "× emd", "× Clarabel", "ended"]
    sections = {}
    for (shape, n, m), group in grouped(rows, lambda key: (key.shape, key.n, key.m)).items():
        table = []
        for row in group:
            key, rival = row.key, row.key.method in {EMD, CLARABEL}
            clarabel = row.times(CLARABEL)
            table.append(
                [
                    f"{key.loss}, {key.weight:g}" if key.loss else "W₁",
                    key.method,
                    _short(row.seconds),
                    _whole(row.iterations) if row.iterations else "·",
                    _gap(row.gap),
                    _whole(row.memory),
                    "" if key.method == EMD else _short(row.times(EMD)),
                    "" if rival else _short(1.0 / clarabel if clarabel else None),
                    row.ended,
                ]
            )
        sections[f"{shape}, {_size(n, m)}"] = table
    return Sheet(title="Every problem: shape and n, loss and λ", header=header, sections=sections, folded={"ended": 10})


def _method(method: str, device: str) -> str:
    return method if device == "cpu" else f"{method}, {device}"


def _size(n: int, m: int) -> str:
    return str(n) if n == m else f"{n} : {m}"


def _short(value: float | None) -> str:
    """Two digits."""
    if value is None:
        return "·"
    return f"{value:.2g}" if value < 99.5 else f"{value:.0f}"


def _gap(value: float | None) -> str:
    return "·" if value is None else f"{value:.0e}"


def _whole(value: float | None) -> str:
    return "·" if value is None else f"{value:.0f}"


def _failures(rows: Sequence[Row]) -> list[str]:
    sentences: dict[str, None] = {}
    for row in rows:
        for trial in row.trials:
            if trial.status in {"failed", "time up"}:
                key = trial.key
                where = f"{key.method}, {key.shape}, n = {key.n}" + (f", {key.loss}, {key.weight:g}" * bool(key.loss))
                sentences[f"{where}: {trial.failure or f'not done after {trial.wall:.0f} s'}."] = None
    return list(sentences)


def markdown(rows: Sequence[Row], legend: Sequence[str]) -> str:
    """All tables and the legend."""
    return "\n\n".join([*(sheet.markdown() for sheet in sheets(rows)), *legend])


def print_tables(rows: Sequence[Row], legend: Sequence[str], console: Console) -> None:
    """All tables with their notes."""
    print_sheets(sheets(rows), legend, console)
