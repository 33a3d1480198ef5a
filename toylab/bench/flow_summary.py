"""What many flows say together: what is left of W₁, how many arrive, with an interval, and why the others stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.stats import binomtest

from toylab.bench.flow_methods import OBJECTIVES, SPLITS, STEPS
from toylab.bench.flow_trial import FAILED, FlowKey, FlowTrial
from toylab.dynamics import Stop

#: In the order in which they are counted out.
REASONS: dict[str, str] = {
    Stop.ARRIVED.name: "arrived",
    Stop.NO_PROGRESS.name: "no progress",
    Stop.STANDSTILL.name: "standstill",
    Stop.STEP_LIMIT.name: "out of steps",
    Stop.LOST.name: "lost",
    FAILED: "failed",
}

#: A relative gap beyond which a critic's directions are not to be trusted.
LOOSE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many of how many, with the 95 % interval of Wilson.

    Attributes:
        count: of those that did.
        total: of all.
    """

    count: int
    total: int

    @property
    def interval(self) -> tuple[float, float]:
        """Low and high end of the share."""
        found = binomtest(self.count, self.total).proportion_ci(0.95, method="wilson")
        return float(found.low), float(found.high)


@dataclass(frozen=True, kw_only=True)
class Paired:
    """The same seeds under two rules.

    Attributes:
        gained: seeds that arrive here and not there.
        lost: seeds that arrive there and not here.
        pairs: seeds that both have.
    """

    gained: int
    lost: int
    pairs: int

    @property
    def p(self) -> float:
        """Two-sided exact sign test on the seeds in which they differ (McNemar); 1 where they never do."""
        discordant = self.gained + self.lost
        return float(binomtest(self.gained, discordant).pvalue) if discordant else 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class FlowRow:
    """One kind of flow, over all seeds.

    Attributes:
        key: of its flows, with seed 0.
        trials: one a seed.
    """

    key: FlowKey
    trials: Sequence[FlowTrial]

    @property
    def left(self) -> tuple[float, float, float]:
        """Final W₁ / initial W₁: lower quartile, median, upper quartile."""
        low, middle, high = np.percentile([trial.left for trial in self.trials], [25, 50, 75])
        return float(low), float(middle), float(high)

    @property
    def arrived(self) -> Share:
        """Those at P_g = P_r within the tolerance."""
        return Share(count=sum(trial.arrived for trial in self.trials), total=len(self.trials))

    @property
    def constant(self) -> tuple[float, float] | None:
        """Medians of k* at the start and at the end; None where there is no constant."""
        known = [trial.constants for trial in self.trials if trial.constants is not None]
        if not known:
            return None
        first, last = np.median(np.array(known), axis=0)
        return float(first), float(last)

    @property
    def covered(self) -> float:
        """Mean share of the reals that have a fake near them at the end."""
        return float(np.mean([trial.covered for trial in self.trials]))

    @property
    def reasons(self) -> dict[str, int]:
        """How many stopped for which reason, in the order of REASONS; only what occurs."""
        counts = Counter(trial.stop for trial in self.trials)
        return {name: counts[name] for name in REASONS if counts[name]}

    @property
    def stuck(self) -> tuple[int, int]:
        """Of those that did not arrive: with fakes in one place, and with fakes on a kink (or told nothing)."""
        rest = [trial for trial in self.trials if not trial.arrived]
        return sum(trial.coinciding > 0 for trial in rest), sum(trial.torn > 0 for trial in rest)

    @property
    def gap(self) -> float | None:
        """The loosest certificate of all."""
        return max((trial.gap for trial in self.trials if trial.gap is not None), default=None)

    @property
    def steps(self) -> float:
        """Median number of steps."""
        return float(np.median([trial.steps for trial in self.trials]))

    def against(self, other: FlowRow) -> Paired:
        """Arrivals here and there, seed by seed."""
        there = {trial.key.seed: trial.arrived for trial in other.trials}
        pairs = [(trial.arrived, there[trial.key.seed]) for trial in self.trials if trial.key.seed in there]
        return Paired(
            gained=sum(here and not before for here, before in pairs),
            lost=sum(before and not here for here, before in pairs),
            pairs=len(pairs),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        low, middle, high = self.left
        first, last = self.constant or (None, None)
        coinciding, torn = self.stuck
        return {
            "problem": self.key.problem,
            "objective": self.key.objective,
            "step": self.key.step,
            "split": self.key.split,
            "doubled": self.key.doubled,
            "seeds": len(self.trials),
            "left": {"median": middle, "lower_quartile": low, "upper_quartile": high},
            "arrived": {"count": self.arrived.count, "interval": list(self.arrived.interval)},
            "constant": {"start": first, "end": last},
            "covered": self.covered,
            "reasons": {REASONS[name]: count for name, count in self.reasons.items()},
            "not_arrived": {"with_coinciding_fakes": coinciding, "with_fakes_on_a_kink": torn},
            "largest_gap": self.gap,
            "median_steps": self.steps,
        }


def rows_of(trials: Iterable[FlowTrial]) -> list[FlowRow]:
    """A row for each kind of flow: problems as they come, objectives and rules in the order of their tables."""
    groups: dict[FlowKey, list[FlowTrial]] = {}
    for trial in trials:
        groups.setdefault(replace(trial.key, seed=0), []).append(trial)
    problems = list(dict.fromkeys(key.problem for key in groups))
    order = [list(table) for table in (OBJECTIVES, STEPS, SPLITS)]

    def place(key: FlowKey) -> tuple[Any, ...]:
        names = (key.objective, key.step, key.split)
        return (problems.index(key.problem), *(known.index(name) for known, name in zip(order, names, strict=True)))

    return [FlowRow(key=key, trials=groups[key]) for key in sorted(groups, key=place)]


def objectives_of(rows: Iterable[FlowRow]) -> list[FlowRow]:
    """The comparison of objectives under one step rule."""
    return [row for row in rows if row.key.step == "unit" and not row.key.doubled]


def steps_of(rows: Sequence[FlowRow]) -> list[FlowRow]:
    """The comparison of step rules: of the objectives that have more than one."""
    free = [row for row in rows if not row.key.doubled]
    several = {row.key.objective for row in free if row.key.step != "unit"}
    return [row for row in free if row.key.objective in several]


def splits_of(rows: Iterable[FlowRow]) -> list[FlowRow]:
    """The comparison of split rules, from fakes that start in pairs at one place."""
    return [row for row in rows if row.key.doubled]


def together(rows: Iterable[FlowRow], kind: Callable[[FlowKey], Any]) -> list[FlowRow]:
    """Rows that have the same kind as one row: all problems of an objective, say."""
    groups: dict[Any, list[FlowRow]] = {}
    for row in rows:
        groups.setdefault(kind(row.key), []).append(row)
    return [
        FlowRow(key=group[0].key, trials=[trial for row in group for trial in row.trials]) for group in groups.values()
    ]


def unexpected(rows: Iterable[FlowRow]) -> list[str]:
    """Sentences on flows that cannot be counted: they failed, a critic on the way is loose, or the null moved."""
    found = []
    for row in rows:
        for trial in row.trials:
            where = f"{trial.key.objective} on {trial.key.problem}, seed {trial.key.seed}"
            if trial.stop == FAILED:
                found.append(f"{where}: {trial.failure}")
            elif trial.gap is not None and trial.gap > LOOSE:
                found.append(f"{where}: a critic on the way has a relative gap of {trial.gap:.1e}, above {LOOSE:g}.")
            elif OBJECTIVES[trial.key.objective].still and trial.left != 1.0:
                found.append(f"{where}: an objective without gradients has moved the fakes, W₁ by {trial.left:g}.")
    return found


__all__ = [
    "LOOSE",
    "REASONS",
    "FlowRow",
    "Paired",
    "Share",
    "objectives_of",
    "rows_of",
    "splits_of",
    "steps_of",
    "together",
    "unexpected",
]
