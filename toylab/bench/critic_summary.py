"""What the trainings say together: times to a gap, ratios within a seed, and how often the targets are met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab.bench.critic_cell import Cell

#: Relative gaps whose times are told.
GAPS = (1e-1, 1e-2, 1e-3)

#: The targets of a training: name of the end number -> the most it may be (excess in % of k, angles in degrees).
#: Angles are those to the cone of bounding partners: an optimal critic is in it, and need not follow ∂V/∂x at a kink.
TARGETS = {"gap": 1e-3, "excess": 1.0, "cone_median": 1.0, "cone_worst": 8.0}


def first_time(cell: Cell, gap: float, *, clock: str = "cpu", measure: str = "gap") -> float:
    """Seconds of training after which the training was first judged to be this good; infinite where it never was.

    Args:
        cell: the training.
        gap: what is asked for.
        clock: "cpu" or "wall".
        measure: "gap" (after rescaling) or "raw" (gap and excess together, as it stands).
    """
    if cell.failure:
        return np.inf
    values = np.asarray(cell.series[measure], dtype=np.float64)
    hits = np.flatnonzero(values <= gap)
    return float(cell.series[clock][hits[0]]) if len(hits) else np.inf


def median(values: Sequence[float]) -> float:
    """The lower median: a value that occurs, infinite where more than half are; NaN of nothing."""
    known = sorted(value for value in values if not np.isnan(value))
    return known[(len(known) - 1) // 2] if known else np.nan


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """How many times as long as the first method another one takes, the median over seeds.

    Attributes:
        value: the median of the ratios within each seed.
        at_least: whether it is only a lower bound, since the method had not got there when its time was up.
        seeds: in how many seeds the first method gets there; in the others there is nothing to compare with.
    """

    value: float
    at_least: bool = False
    seeds: int = 1


@dataclass(frozen=True, kw_only=True)
class MethodSummary:
    """One method on one (n, loss).

    Attributes:
        method: its name.
        cells: its trainings, by seed.
        reference: those of the method that others are measured by, by seed.
    """

    method: str
    cells: Sequence[Cell]
    reference: Sequence[Cell]

    @property
    def failures(self) -> list[str]:
        """Sentences of the errors, each once."""
        return list(dict.fromkeys(cell.failure for cell in self.cells if cell.failure))

    @property
    def worked(self) -> list[Cell]:
        """The trainings that came to an end of their own."""
        return [cell for cell in self.cells if not cell.failure]

    def time(self, gap: float, *, clock: str = "cpu", measure: str = "gap") -> float:
        """Median seconds to a gap."""
        return median([first_time(cell, gap, clock=clock, measure=measure) for cell in self.cells])

    def reached(self, gap: float, *, measure: str = "gap") -> int:
        """In how many trainings the gap was reached."""
        return sum(first_time(cell, gap, measure=measure) < np.inf for cell in self.cells)

    def ratio(self, gap: float, *, clock: str = "cpu", measure: str = "gap") -> Ratio | None:
        """The time to a gap in multiples of the reference's; None where the reference does not get there."""
        own = {cell.key.seed: cell for cell in self.worked}
        ratios = []
        for reference in self.reference:
            cell, base = own.get(reference.key.seed), first_time(reference, gap, clock=clock, measure=measure)
            if cell is None or not (np.isfinite(base) and base > 0) or np.isnan(cell.series[measure]).all():
                continue
            time = first_time(cell, gap, clock=clock, measure=measure)
            spent = cell.cpu_seconds if clock == "cpu" else cell.wall_seconds
            ratios.append((min(time, spent) / base, not np.isfinite(time)))
        if not ratios:
            return None
        value, at_least = sorted(ratios)[(len(ratios) - 1) // 2]
        at_least = at_least or any(bound and below < value for below, bound in ratios)
        return Ratio(value=value, at_least=at_least, seeds=len(ratios))

    def end(self, name: str) -> float:
        """Median of a number at the end of training."""
        return median([cell.end[name] for cell in self.worked])

    def of(self, number: Callable[[Cell], float]) -> float:
        """Median of any number of the trainings that worked."""
        return median([number(cell) for cell in self.worked])

    def meets(self, name: str | None = None) -> int:
        """In how many trainings a target is met within the time; all of them together where none is named."""
        names = TARGETS if name is None else {name: TARGETS[name]}
        return sum(all(cell.end[each] <= most for each, most in names.items()) for cell in self.worked)


@dataclass(frozen=True, kw_only=True)
class Group:
    """All methods on one (n, loss).

    Attributes:
        n: points a side, 0 for a problem of fixed points.
        loss: name of the loss pair.
        methods: one summary each; the first is the reference.
    """

    n: int
    loss: str
    methods: Sequence[MethodSummary]

    @property
    def title(self) -> str:
        """The size and the loss."""
        return f"n = {self.n}, {self.loss}" if self.n else self.loss


def grouped(cells: Sequence[Cell], methods: Sequence[str]) -> list[Group]:
    """The trainings by (n, loss), methods in the given order."""
    groups = []
    for n, loss in dict.fromkeys((cell.key.n, cell.key.loss) for cell in sorted(cells, key=lambda cell: cell.key)):
        by_method = {
            name: sorted(
                (cell for cell in cells if (cell.key.n, cell.key.loss, cell.key.method) == (n, loss, name)),
                key=lambda cell: cell.key.seed,
            )
            for name in methods
        }
        present = {name: found for name, found in by_method.items() if found}
        first = next(iter(present.values()))
        summaries = [MethodSummary(method=name, cells=found, reference=first) for name, found in present.items()]
        groups.append(Group(n=n, loss=loss, methods=summaries))
    return groups


def summary_json(groups: Sequence[Group]) -> list[dict[str, Any]]:
    """Every number of the tables as plain data."""
    return [
        {
            "n": group.n,
            "loss": group.loss,
            "method": summary.method,
            "restriction": summary.cells[0].restriction,
            "seeds": len(summary.cells),
            "failed": len(summary.cells) - len(summary.worked),
            "time_to_gap": {
                measure: [
                    {
                        "gap": gap,
                        "reached": summary.reached(gap, measure=measure),
                        "cpu": summary.time(gap, measure=measure),
                        "wall": summary.time(gap, clock="wall", measure=measure),
                        "cpu_ratio": None if (ratio := summary.ratio(gap, measure=measure)) is None else ratio.value,
                        "cpu_ratio_is_lower_bound": None if ratio is None else ratio.at_least,
                        "cpu_ratio_seeds": 0 if ratio is None else ratio.seeds,
                    }
                    for gap in GAPS
                ]
                for measure in ("gap", "raw")
            },
            "end": {name: summary.end(name) for name in (summary.worked[0].end if summary.worked else ())},
            "targets_met": {**{name: summary.meets(name) for name in TARGETS}, "all": summary.meets()},
        }
        for group in groups
        for summary in group.methods
    ]
