"""The Wasserstein-1 benchmark: every chosen method in every chosen cell, one file a cell, resumable."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from toylab.bench.w1_judging import Judge, Result
from toylab.bench.w1_methods import METHODS, Effort
from toylab.bench.w1_published import PUBLISHED_DEGREE, Cell
from toylab.errors import InputError, real_number, unknown_name, whole_number
from toylab.storage import writable_folder, write_json

#: Called with (cells and methods done, all of them, words on what is going on); the first may be a fraction.
Progress = Callable[[float, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """A run of the benchmark.

    Attributes:
        cells: the pairs.
        methods: names of `w1_methods.METHODS`.
        degree: of the funnels; 8 is the published one.
        effort: of each method in each cell.

    Raises:
        InputError: no cells, an unknown method, or a number outside its range.
    """

    cells: Sequence[Cell]
    methods: Sequence[str] = tuple(METHODS)
    degree: float = PUBLISHED_DEGREE
    effort: Effort = field(default_factory=Effort)

    def __post_init__(self) -> None:
        if not self.cells or not self.methods:
            raise InputError("the benchmark needs at least one cell and one method.")
        for name in self.methods:
            if name not in METHODS:
                raise unknown_name("method of the benchmark", name, METHODS)
        effort = self.effort
        if not real_number(effort.budget, "the budget of a training in seconds") > 0:
            raise InputError(f"the budget of a training in seconds must be positive, got {effort.budget:g}.")
        if not real_number(self.degree, "the degree of funnels") > 1:
            raise InputError(f"the degree of funnels must be larger than 1, got {self.degree:g}.")
        if effort.steps is not None:
            whole_number(effort.steps, "the number of training steps", least=1)
        whole_number(effort.samples, "the number of samples of an exact critic", least=2)
        whole_number(effort.seed, "the seed", least=0)

    def settings(self) -> dict[str, Any]:
        """What must agree for a finished method to count in this run."""
        effort = self.effort
        return {
            "degree": self.degree,
            "budget": effort.budget,
            "steps": effort.steps,
            "samples": effort.samples,
            "seed": effort.seed,
            "device": effort.device.partition(":")[0],
        }


@dataclass(frozen=True, kw_only=True)
class CellRecord:
    """What was measured in one cell.

    Attributes:
        cell: the pair.
        degree: of its funnels.
        true_w1: W₁.
        w1_error: its standard error.
        ceiling: the cosine as published of the optimal critic itself.
        results: by the name of the method in `METHODS`.
    """

    cell: Cell
    degree: float
    true_w1: float
    w1_error: float
    ceiling: float
    results: dict[str, list[Result]]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "dimension": self.cell.dimension,
            "funnels": self.cell.funnels,
            "degree": self.degree,
            "true_w1": self.true_w1,
            "w1_error": self.w1_error,
            "ceiling": self.ceiling,
            "results": {name: [result.to_json() for result in found] for name, found in self.results.items()},
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CellRecord:
        """The record that `to_json` wrote."""
        results = {name: [Result(**result) for result in found] for name, found in data["results"].items()}
        return cls(
            cell=Cell(data["dimension"], data["funnels"]),
            degree=data["degree"],
            true_w1=data["true_w1"],
            w1_error=data["w1_error"],
            ceiling=data["ceiling"],
            results=results,
        )


def run_benchmark(benchmark: Benchmark, folder: str | Path, progress: Progress | None = None) -> list[CellRecord]:
    """Run what is not done yet, and return all of it.

    Every finished method is written at once, so that an interrupted run is continued by the same call.

    Args:
        benchmark: what to run.
        folder: holds one JSON file a cell.
        progress: called as the run goes on.

    Raises:
        InputError: the folder cannot be written, holds damaged files, or results of other settings; or the device is
            missing.
    """
    if {"network", "funnel"} & set(benchmark.methods):
        from toylab.solvers.devices import find_device

        find_device(benchmark.effort.device)
    files = [writable_folder(folder) / f"D{cell.dimension}-N{cell.funnels}.json" for cell in benchmark.cells]
    found = [_kept(file, benchmark) for file in files]
    total, count, records = len(files) * len(benchmark.methods), 0, []
    for cell, file, kept in zip(benchmark.cells, files, found, strict=True):
        judge, results = None, {} if kept is None else dict(kept.results)
        record = kept
        for name in benchmark.methods:
            if name not in results:
                judge = judge or _judge(cell, benchmark)

                def say(method: str, share: float, done: int = count, where: Cell = cell) -> None:
                    if progress is not None:
                        progress(done + share, total, f"{where} {method}")

                say(name, 0.0)
                results[name] = METHODS[name].run(judge, benchmark.effort, say)
                record = CellRecord(
                    cell=cell,
                    degree=benchmark.degree,
                    true_w1=judge.true_w1,
                    w1_error=judge.w1_error,
                    ceiling=judge.ceiling,
                    results=dict(results),
                )
                write_json(file, {"settings": benchmark.settings(), **record.to_json()})
            count += 1
        assert record is not None
        records.append(record)
    return records


def _judge(cell: Cell, benchmark: Benchmark) -> Judge:
    return Judge(cell, benchmark.degree, np.random.default_rng([benchmark.effort.seed, 0]))


def _kept(file: Path, benchmark: Benchmark) -> CellRecord | None:
    """What a file holds, None where there is none."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read {str(file)!r}: {error}; remove it or give another --out.") from None
    try:
        settings, record = data["settings"], CellRecord.from_json(data)
    except (KeyError, TypeError, AttributeError):
        raise InputError(f"{str(file)!r} does not hold a cell of the benchmark; give another --out.") from None
    for name, value in benchmark.settings().items():
        if settings.get(name) != value:
            raise InputError(
                f"{str(file)!r} holds results of another {name} ({settings.get(name)}, this run {value}), which cannot "
                "be compared; give another --out."
            )
    return record


__all__ = ["Benchmark", "CellRecord", "Progress", "run_benchmark"]
