"""What a search has tried: the only thing that one that finds nothing may report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from toylab.claims import VerdictStatus
from toylab.falsification.fractions import fraction
from toylab.falsification.spaces import AbstractRecipe


@dataclass(kw_only=True)
class Coverage:
    """Counts of what was tried before a counterexample was found; shrinking is not counted among it.

    Attributes:
        statuses: verdicts by status.
        reasons: hypotheses that were not met, by name.
        kinds: "axis: kind" of the subjects that were decided.
        ranges: smallest and largest of the numbers that were drawn, by name.
        met_anyway: subjects on which every waived hypothesis held, so that nothing is to be learnt from them.
        impossible: what could not be made, by its reason.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    met_anyway: int = 0
    impossible: Counter[str] = field(default_factory=Counter)

    @property
    def tried(self) -> int:
        """How many subjects were looked at."""
        return self.statuses.total() + self.met_anyway

    @property
    def decided(self) -> int:
        """How many of them came out as holding or violated."""
        return self.statuses[VerdictStatus.HOLDS.value] + self.statuses[VerdictStatus.VIOLATED.value]

    def add(self, recipe: AbstractRecipe, status: VerdictStatus, unmet: tuple[str, ...]) -> None:
        """Count a verdict."""
        self.statuses[status.value] += 1
        self.reasons.update({reason.split(":")[0] for reason in unmet})
        if status in {VerdictStatus.HOLDS, VerdictStatus.VIOLATED}:
            self.kinds.update(recipe.labels)
            for name, number in recipe.numbers.items():
                low, high = self.ranges.get(name, (number, number))
                self.ranges[name] = (min(low, number), max(high, number))

    def by_axis(self) -> dict[str, dict[str, int]]:
        """Axis -> kind -> how many were decided."""
        table: dict[str, dict[str, int]] = {}
        for label, count in sorted(self.kinds.items()):
            axis, kind = label.split(": ", 1)
            table.setdefault(axis, {})[kind] = count
        return table

    def lines(self) -> Iterator[str]:
        """The coverage in plain lines."""
        statuses = ", ".join(f"{count} {status}" for status, count in sorted(self.statuses.items()))
        yield f"{self.tried} tried: {statuses or 'nothing decided'}" + (
            f", {self.met_anyway} on which the waived hypotheses hold anyway" if self.met_anyway else ""
        )
        if self.reasons:
            yield "not met: " + ", ".join(f"{name} {count}×" for name, count in self.reasons.most_common())
        for reason, count in self.impossible.most_common(3):
            yield f"could not be made, {count}×: {reason}"
        for axis, kinds in self.by_axis().items():
            yield f"{axis}: " + ", ".join(f"{kind} {count}" for kind, count in kinds.items())
        for name, (low, high) in sorted(self.ranges.items()):
            yield f"{name} from {fraction(low)} to {fraction(high)}"

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "tried": self.tried,
            "decided": self.decided,
            "statuses": dict(sorted(self.statuses.items())),
            "not_met": dict(sorted(self.reasons.items())),
            "met_anyway": self.met_anyway,
            "impossible": self.impossible.total(),
            "kinds": self.by_axis(),
            "ranges": {name: list(ends) for name, ends in sorted(self.ranges.items())},
        }
