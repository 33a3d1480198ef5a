"""The table of the generators' comparison: medians and ranges over seeds, and the page it is printed on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from toylab.bench.generators import BenchRun
from toylab.bench.sheets import Sheet
from toylab.divergences import wasserstein1
from toylab.dynamics import GeneratorRun, Scores
from toylab.dynamics.networks import AbstractTarget, RunStop


@dataclass(frozen=True, kw_only=True)
class Spread:
    """A number over seeds."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, numbers: Sequence[float]) -> Spread:
        """Of the numbers that are there; NaN where there are none."""
        known = np.array([number for number in numbers if np.isfinite(number)], dtype=np.float64)
        if not len(known):
            return cls(median=np.nan, least=np.nan, most=np.nan)
        return cls(median=float(np.median(known)), least=float(known.min()), most=float(known.max()))

    def words(self, form: str) -> str:
        """The median, and the range where there is one."""
        if not np.isfinite(self.median):
            return "·"
        median, least, most = (format(number, form) for number in (self.median, self.least, self.most))
        return median if least == most else f"{median} ({least}–{most})"


#: Numbers of a run that are summarised.
_NUMBERS: dict[str, Callable[[GeneratorRun], float]] = {
    "covered": lambda run: run.scores.covered,
    "quality": lambda run: run.scores.quality,
    "near": lambda run: run.scores.near,
    "w1": lambda run: run.scores.w1,
    "gap": lambda run: float(run.gaps[-1]),
    "cpu_seconds": lambda run: float(run.cpu_seconds[-1]),
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A method on a target, over seeds.

    Attributes:
        target: name.
        method: name.
        seeds: how many.
        lost: how many of them ended with numbers that are not finite; scored where they last were.
        parts: how many parts there are to cover.
        what: their name.
        numbers: spreads by name.
    """

    target: str
    method: str
    seeds: int
    lost: int
    parts: int
    what: str
    numbers: dict[str, Spread]


def rows_of(runs: Sequence[BenchRun], targets: Sequence[str], methods: Sequence[str]) -> list[Row]:
    """A row for each target and method, in this order."""
    rows = []
    for target in targets:
        for method in methods:
            own = [found.run for found in runs if found.key.target == target and found.key.method == method]
            if own:
                rows.append(_row(target, method, own))
    return rows


def _row(target: str, method: str, runs: Sequence[GeneratorRun]) -> Row:
    return Row(
        target=target,
        method=method,
        seeds=len(runs),
        lost=sum(run.stop is RunStop.LOST for run in runs),
        parts=runs[0].target.parts,
        what=runs[0].target.what,
        numbers={name: Spread.of([number(run) for run in runs]) for name, number in _NUMBERS.items()},
    )


def sheet(rows: Sequence[Row], runs: Sequence[BenchRun], batch: int) -> Sheet:
    """The one table: a section for each target, the reals themselves last.

    Args:
        rows: of the methods.
        runs: what they are made of.
        batch: points a side of a minibatch.
    """
    sections: dict[str, list[list[str]]] = {}
    for row in rows:
        sections.setdefault(f"{row.target} ({row.parts} {row.what})", []).append(_cells(row))
    for row in {row.target: row for row in rows}.values():
        own = [found.run for found in runs if found.key.target == row.target]
        between = _between_minibatches(own[0].target, batch).words(".3f")
        sections[f"{row.target} ({row.parts} {row.what})"] += [
            ["real samples", *_reals([run.floor for run in own]), "·", "·"],
            ["two minibatches of reals", "·", "·", "·", between, "·", "·"],
        ]
    lost = [f"{row.method} on {row.target}: {row.lost} of {row.seeds}" for row in rows if row.lost]
    notes = [
        "Medians over seeds, least and most in brackets. Reals are scored by other reals. The last line is the W₁ that "
        "two minibatches of reals have to one another: the noise in which an exact critic, which sees one pair at a "
        "time, has to steer; a trained one remembers earlier minibatches."
    ]
    if lost:
        notes.append(f"No longer finite, and scored where they last were: {'; '.join(lost)}.")
    return Sheet(
        title="Generators at the end of their training",
        header=("method", "modes covered", "high quality", "near", "W₁", "gap", "CPU s"),
        sections=sections,
        notes=notes,
    )


def _reals(floors: Sequence[Scores]) -> list[str]:
    """What as many real samples score."""
    shown = (("covered", ".0f"), ("quality", ".1%"), ("near", ".1%"), ("w1", ".3f"))
    return [Spread.of([getattr(floor, name) for floor in floors]).words(form) for name, form in shown]


def _between_minibatches(target: AbstractTarget, batch: int) -> Spread:
    """W₁ between two minibatches of reals: the noise that the exact critic of a minibatch pair cannot tell apart."""
    rng = np.random.default_rng(0)
    return Spread.of([wasserstein1(*(target.distribution.sample(batch, rng) for _ in range(2))) for _ in range(9)])


def _cells(row: Row) -> list[str]:
    forms = {"covered": ".0f", "quality": ".1%", "near": ".1%", "w1": ".3f"}
    gap = row.numbers["gap"].median
    return [
        row.method,
        *(row.numbers[name].words(form) for name, form in forms.items()),
        "·" if not np.isfinite(gap) else f"{gap:.0e}" if gap < 1e-2 else f"{gap:.2f}",
        f"{row.numbers['cpu_seconds'].median:.0f}",
    ]


def page(table: Sheet, legend: Sequence[str], picture: str | None) -> str:
    """The page in Markdown."""
    shown = "" if picture is None else f"\n![samples at the end, and scores along the training]({picture})\n"
    lines = "\n".join(f"* {line}" for line in legend)
    return (
        f"# Generators on the toys of the field\n\nWritten by `toylab bench generators`.\n{shown}\n{table.markdown()}"
        f"\n\n### What was compared\n\n{lines}\n"
    )


def summary_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows as plain data."""
    return [asdict(row) for row in rows]


__all__ = ["Row", "Spread", "page", "rows_of", "sheet", "summary_json"]
