"""The tables that the Wasserstein-1 benchmark prints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.table import Table
from rich.text import Text

from toylab.bench.w1 import CellRecord
from toylab.bench.w1_published import PUBLISHED_DEGREE, best_published, published


def cell_table(record: CellRecord) -> Table:
    """A row a method, ours and published, by family and cosine."""
    error = f" ± {record.w1_error:.1g}" if record.w1_error else ""
    table = Table(
        title=f"{record.cell}, degree {record.degree:g}: W1 = {record.true_w1:.4g}{error}; "
        f"the optimal critic's cosine as published: {record.ceiling:.3f}",
        title_justify="left",
        header_style="bold",
    )
    table.add_column("method")
    for name in ("cosine as published", "L2 as published", "cosine", "L2", "W1", "steepest", "steps", "CPU s"):
        table.add_column(name, justify="right")
    results = [result for found in record.results.values() for result in found]
    for family in ("general", "truth's shape"):
        for result in sorted((r for r in results if r.family == family), key=lambda r: -r.cosine_as_published):
            table.add_row(
                Text(f"{result.method}" + (" (truth's shape)" if family != "general" else "")),
                _cosine(result.cosine_as_published, record),
                f"{result.l2_as_published:.3g}",
                f"{result.cosine:.3f}",
                f"{result.l2:.3g}",
                f"{result.w1:.3g}",
                f"{result.steepest:.2f}",
                str(result.details.get("steps", "")),
                f"{result.cpu_seconds:.0f}",
            )
        table.add_section()
    if record.degree == PUBLISHED_DEGREE:
        cosines, l2, w1 = (published(measure, record.cell) for measure in ("cosine", "l2", "w1"))
        for method in sorted(cosines, key=lambda name: -cosines[name]):
            words = Text(f"{method} (published)", style="dim")
            table.add_row(words, f"{cosines[method]:.3g}", f"{l2[method]:.3g}", "", "", f"{w1[method]:.3g}")
    return table


def _cosine(cosine: float, record: CellRecord) -> Text:
    beaten = record.degree == PUBLISHED_DEGREE and cosine > best_published(record.cell)[1]
    return Text(f"{cosine:.3f}", style="bold green" if beaten else "")


def summary_table(records: Sequence[CellRecord]) -> Table:
    """A row a cell: the mean cosine of every method of ours beside the best published one."""
    methods = {result.method: None for record in records for found in record.results.values() for result in found}
    compared = all(record.degree == PUBLISHED_DEGREE for record in records)
    table = Table(
        title="Mean cosine with the true gradient on fresh fakes, as published",
        title_justify="left",
        header_style="bold",
    )
    table.add_column("cell")
    for name in methods:
        table.add_column(name, justify="right")
    if compared:
        table.add_column("best published", justify="right")
    for record in records:
        found = {result.method: result.cosine_as_published for results in record.results.values() for result in results}
        cells = [_cosine(found[name], record) if name in found else Text("") for name in methods]
        best = [Text("{1:.3f} ({0})".format(*best_published(record.cell)))] if compared else []
        table.add_row(str(record.cell), *cells, *best)
    return table


def verdict(records: Sequence[CellRecord]) -> str:
    """In how many cells a general method of ours beats every published one; empty where nothing was published."""
    if any(record.degree != PUBLISHED_DEGREE for record in records):
        return ""
    won = sum(_best_general(record) > best_published(record.cell)[1] for record in records)
    return f"A general method is above every published one in {won} of {len(records)} cells."


def _best_general(record: CellRecord) -> float:
    cosines = [r.cosine_as_published for found in record.results.values() for r in found if r.family == "general"]
    return max(cosines, default=-np.inf)


__all__ = ["cell_table", "summary_table", "verdict"]
