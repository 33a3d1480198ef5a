"""What the solves of the exact bench say together: medians over the rounds, ratios within a round, growth with n."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np

from toylab.bench.exact_trial import CLARABEL, EMD, Trial, TrialKey

_LARGE = 1000


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One method on one kind of problem at one n, over all rounds.

    Attributes:
        key: of its trials, with seed 0.
        trials: one a round, those that did not end included.
        rivals: name -> the trials of "emd" and "Clarabel" on the same problems, in the same rounds.
        clock: "wall" or "cpu".
    """

    key: TrialKey
    trials: Sequence[Trial]
    rivals: dict[str, dict[int, Trial]]
    clock: str

    @property
    def finished(self) -> list[Trial]:
        """Those that came to an end."""
        return [trial for trial in self.trials if trial.finished]

    @property
    def seconds(self) -> float | None:
        """The median."""
        return _median(getattr(trial, self.clock) for trial in self.finished)

    @property
    def iterations(self) -> float | None:
        """The median."""
        return _median(trial.iterations for trial in self.finished)

    @property
    def gap(self) -> float | None:
        """The worst relative gap."""
        return max((trial.relative_gap for trial in self.finished if trial.relative_gap is not None), default=None)

    @property
    def memory(self) -> float | None:
        """The largest peak, MiB."""
        return max((trial.memory for trial in self.finished if trial.memory is not None), default=None)

    @property
    def status(self) -> str:
        """How the solves ended, as the certificate has it."""
        return _counted(trial.status for trial in self.trials)

    @property
    def ended(self) -> str:
        """How the solves ended, a rival's claim kept apart from what the certificate measured."""
        if len({(trial.claim, trial.status) for trial in self.trials}) == 1 and self.gap is not None:
            worst = max(self.finished, key=lambda trial: trial.relative_gap or 0.0)
            return worst.ended
        return _counted(trial.ended for trial in self.trials)

    def times(self, rival: str) -> float | None:
        """How many times the rival's seconds it takes: the median over the rounds in which both came to an end."""
        pairs = [(trial, self.rivals[rival].get(trial.key.seed)) for trial in self.finished]
        return _median(
            getattr(own, self.clock) / getattr(other, self.clock) for own, other in pairs if other and other.finished
        )

    def rival_memory(self, rival: str) -> float | None:
        """The largest peak of the rival, MiB."""
        found = self.rivals[rival].values()
        return max((trial.memory for trial in found if trial.memory is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        key = self.key
        return {
            "method": key.method,
            "shape": key.shape,
            "n": key.n,
            "m": key.m,
            "loss": key.loss,
            "lambda": key.weight,
            "device": key.device,
            "status": self.status,
            "ended": self.ended,
            "rounds": len(self.trials),
            f"{self.clock}_seconds": self.seconds,
            "iterations": self.iterations,
            "relative_gap": self.gap,
            "memory_mib": self.memory,
            "times_emd": self.times(EMD),
            "times_clarabel": self.times(CLARABEL),
        }


def _counted(words: Iterable[str]) -> str:
    counts = Counter(words)
    return ", ".join(word if len(counts) == 1 else f"{count} {word}" for word, count in counts.items())


def _median(values: Iterable[float]) -> float | None:
    found = list(values)
    return float(median(found)) if found else None


def rows_of(trials: Sequence[Trial], clock: str = "wall") -> list[Row]:
    """A row for each shape, n, loss, λ and method, sorted, rivals last; "emd" has one a shape and n."""
    groups: dict[TrialKey, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(replace(trial.key, seed=0), []).append(trial)
    by_key = {trial.key: trial for trial in trials}
    rows = []
    last = (CLARABEL, EMD)
    for key in sorted(groups, key=lambda k: (k.shape, k.n, k.m, not k.loss, k.loss, k.weight, k.method in last, k)):
        seeds = [trial.key.seed for trial in groups[key]]
        same = {
            EMD: replace(key, method=EMD, loss="", weight=0.0, device="cpu"),
            CLARABEL: replace(key, method=CLARABEL, device="cpu"),
        }
        rivals = {
            name: {seed: by_key[at] for seed in seeds if (at := replace(other, seed=seed)) in by_key}
            for name, other in same.items()
        }
        rows.append(Row(key=key, trials=groups[key], rivals=rivals, clock=clock))
    return rows


def grouped(rows: Iterable[Row], kind: Callable[[TrialKey], Any]) -> dict[Any, list[Row]]:
    """Rows by what their keys have in common."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(kind(row.key), []).append(row)
    return groups


@dataclass(frozen=True, kw_only=True)
class Growth:
    """How a method's time grows: seconds ∝ n^exponent by least squares on the logarithms.

    Attributes:
        method: name.
        shape: of the points.
        sizes: from which n to which.
        exponents: one for each loss and λ, sorted.
    """

    method: str
    shape: str
    sizes: tuple[int, int]
    exponents: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return dict(vars(self))


def growth(rows: Iterable[Row]) -> list[Growth]:
    """For each method and shape, of the losses and λ that have solves at two sizes at least.

    From 1000 points a side on where there are two such sizes: what is fixed in a solve hides the power before.
    """
    found = []
    for (method, shape), group in grouped(rows, lambda key: (key.method, key.shape)).items():
        exponents, seen = [], set()
        for series in grouped(group, lambda key: (key.loss, key.weight)).values():
            timed = _large([row for row in series if row.seconds])
            if len(timed) >= 2:
                points = np.log(np.array([(np.sqrt(row.key.n * row.key.m), row.seconds) for row in timed]))
                exponents.append(float(np.polyfit(points[:, 0], points[:, 1], 1)[0]))
                seen |= {row.key.n for row in timed}
        if exponents:
            sizes = (min(seen), max(seen))
            found.append(Growth(method=method, shape=shape, sizes=sizes, exponents=tuple(sorted(exponents))))
    return found


def _large(rows: list[Row]) -> list[Row]:
    large = [row for row in rows if row.key.n >= _LARGE]
    return large if len(large) >= 2 else rows


def summary_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Rows and growth as plain data."""
    return {"rows": [row.to_json() for row in rows], "growth": [each.to_json() for each in growth(rows)]}
