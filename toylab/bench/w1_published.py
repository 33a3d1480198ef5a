"""The published Wasserstein-1 benchmark: its cells, and what its authors measured in them.

A cell is a min-funnel pair in R^D with N funnels (`toylab.distributions.published_funnels`). Judged are gradients of
critics on fresh fakes, by their cosine with ∇u and by E‖∇f − ∇u‖², and E_real f − E_fake f beside W₁.

Source: Korotin, Kolesov, Burnaev (2022), Kantorovich Strikes Back!, NeurIPS Datasets and Benchmarks, figures published
with its code. Critics there: three layers of max(2D, 128) units, 60 000 steps of 1024 fresh samples.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from toylab.errors import InputError

Measure = Literal["cosine", "l2", "w1"]

#: The degree of the published pairs.
PUBLISHED_DEGREE = 8.0


@dataclass(frozen=True, order=True)
class Cell:
    """One pair of the benchmark.

    Attributes:
        dimension: D.
        funnels: N.

    Raises:
        InputError: a pair that was not published.
    """

    dimension: int
    funnels: int

    def __post_init__(self) -> None:
        table = _table()
        if self.dimension not in table["dimensions"] or self.funnels not in table["funnels"]:
            raise InputError(
                f"the benchmark has no cell {self}; D is one of {_listed(table['dimensions'])} and N one of "
                f"{_listed(table['funnels'])}."
            )

    def __str__(self) -> str:
        return f"D={self.dimension},N={self.funnels}"

    @classmethod
    def read(cls, words: str) -> Cell:
        """The cell of "D=2,N=4".

        Raises:
            InputError: other words, or a cell that was not published.
        """
        found = re.fullmatch(r"\s*D\s*=\s*(\d+)\s*,\s*N\s*=\s*(\d+)\s*", words, flags=re.IGNORECASE)
        if not found:
            raise InputError(f"a cell of the benchmark is written like D=2,N=4, got {words!r}.")
        return cls(int(found[1]), int(found[2]))


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers))


@cache
def _table() -> dict[str, Any]:
    return json.loads(files("toylab.bench").joinpath("w1_published.json").read_text(encoding="utf-8"))


def all_cells() -> list[Cell]:
    """All 28 cells, by dimension."""
    table = _table()
    return [Cell(dimension, count) for dimension in table["dimensions"] for count in table["funnels"]]


def cells_for_a_cpu() -> list[Cell]:
    """The plane, and one cell in sixteen dimensions: minutes each on two cores."""
    return [Cell(2, 4), Cell(2, 16), Cell(2, 64), Cell(2, 256), Cell(16, 16)]


def published(measure: Measure, cell: Cell) -> dict[str, float]:
    """What each published method reached in a cell; for "w1" also "true", the mean over 4096 pairs."""
    table = _table()
    column = table["dimensions"].index(cell.dimension)
    return {method: rows[str(cell.funnels)][column] for method, rows in table[measure].items()}


def best_published(cell: Cell) -> tuple[str, float]:
    """The published method with the largest cosine in a cell, and that cosine."""
    cosines = published("cosine", cell)
    method = max(cosines, key=lambda name: cosines[name])
    return method, cosines[method]


__all__ = ["PUBLISHED_DEGREE", "Cell", "Measure", "all_cells", "best_published", "cells_for_a_cpu", "published"]
