"""What a campaign found: counts by kind, by claim and by class of failure, and where the time went."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylab import claims

#: Kinds of failure in the order of their columns.
FAILURES = ("wrong verdict", "disagreement", "exception", "uncertified", "beyond float64", "warning", "too slow")
_EXAMPLES = 5


@dataclass
class FailureClass:
    """Failures that say the same up to their numbers.

    Attributes:
        kind: of the failure.
        stage: where.
        sentence: with numbers left out.
        count: how many.
        examples: indices of a few cases.
    """

    kind: str
    stage: str
    sentence: str
    count: int = 0
    examples: list[int] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, eq=False)
class CampaignSummary:
    """Counts over the cases of a campaign.

    Attributes:
        header: which campaign.
        cases: how many.
        by_kind: label -> counts of cases, certified ones, open claims, and failing cases by kind of failure.
        by_claim: claim -> counts by status.
        opinions: second opinion -> counts by answer.
        classes: failures grouped by what they say, most frequent first.
        failing: the records with failures, in order of their index.
        gaps: quantiles of the certified relative gap: share -> gap.
        seconds: stage -> mean seconds a case.
        slowest: (seconds, index) of the slowest cases.
    """

    header: Mapping[str, Any]
    cases: int
    by_kind: Mapping[str, Counter]
    by_claim: Mapping[str, Counter]
    opinions: Mapping[str, Counter]
    classes: list[FailureClass]
    failing: list[dict[str, Any]]
    gaps: Mapping[str, float]
    seconds: Mapping[str, float]
    slowest: list[tuple[float, int]]

    @classmethod
    def of(cls, header: Mapping[str, Any], records: Iterable[dict[str, Any]]) -> CampaignSummary:
        """Count the records of a journal."""
        count = _Counting()
        for record in records:
            count.add(record)
        cases = max(count.cases, 1)
        return cls(
            header=dict(header),
            cases=count.cases,
            by_kind=dict(sorted(count.by_kind.items())),
            by_claim={name: count.by_claim[name] for name in claims.names() if name in count.by_claim},
            opinions=dict(count.opinions),
            classes=sorted(count.classes.values(), key=lambda found: (-found.count, found.kind, found.stage)),
            failing=sorted(count.failing, key=lambda record: record["index"]),
            gaps=_quantiles(count.gaps),
            seconds={stage: total / cases for stage, total in count.seconds.items()},
            slowest=sorted(count.slowest, reverse=True)[:_EXAMPLES],
        )

    @property
    def failures(self) -> int:
        """Cases in which something happened that must not."""
        return len(self.failing)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "campaign": dict(self.header),
            "cases": self.cases,
            "failing_cases": self.failures,
            "by_kind": {kind: dict(counts) for kind, counts in self.by_kind.items()},
            "by_claim": {claim: dict(counts) for claim, counts in self.by_claim.items()},
            "second_opinions": {name: dict(counts) for name, counts in self.opinions.items()},
            "failure_classes": [vars(found) for found in self.classes],
            "failing": [record["index"] for record in self.failing],
            "relative_gaps": dict(self.gaps),
            "mean_seconds": dict(self.seconds),
            "slowest": [{"index": index, "seconds": seconds} for seconds, index in self.slowest],
        }


class _Counting:
    """The running counts."""

    def __init__(self) -> None:
        self.cases = 0
        self.by_kind: defaultdict[str, Counter] = defaultdict(Counter)
        self.by_claim: defaultdict[str, Counter] = defaultdict(Counter)
        self.opinions: defaultdict[str, Counter] = defaultdict(Counter)
        self.classes: dict[tuple[str, str, str], FailureClass] = {}
        self.failing: list[dict[str, Any]] = []
        self.gaps: list[float] = []
        self.seconds: Counter = Counter()
        self.slowest: list[tuple[float, int]] = []

    def add(self, record: dict[str, Any]) -> None:
        self.cases += 1
        found = {failure["kind"] for failure in record["failures"]}
        for kind in (*record["kinds"], "all"):
            counts = self.by_kind[kind]
            counts.update(["cases"])
            counts.update(["certified"] if record["status"] == "optimal" else [])
            counts.update(["with open claims"] if record["open"] else [])
            counts.update(found)
        for status, names in record["verdicts"].items():
            for name in names:
                self.by_claim[name][status] += 1
        for name, answer in record["opinions"].items():
            self.opinions[name][answer] += 1
        self.seconds.update(record["seconds"])
        total = sum(record["seconds"].values())
        self.slowest.append((round(total, 3), record["index"]))
        if len(self.slowest) > 1000:
            self.slowest = sorted(self.slowest, reverse=True)[:_EXAMPLES]
        if record["status"] == "optimal" and record["relative_gap"] is not None:
            self.gaps.append(record["relative_gap"])
        if record["failures"]:
            self.failing.append(record)
        for failure in record["failures"]:
            self._classify(record["index"], failure)

    def _classify(self, index: int, failure: dict[str, str]) -> None:
        key = (failure["kind"], failure["stage"], _without_numbers(failure["sentence"]))
        known = self.classes.setdefault(key, FailureClass(*key))
        known.count += 1
        if len(known.examples) < _EXAMPLES and index not in known.examples:
            known.examples.append(index)


def _without_numbers(sentence: str) -> str:
    """The sentence with every number replaced, so that failures of one class read the same."""
    return re.sub(r"(?<![\w.])[-−+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)(?!\w)", "#", sentence)


def _quantiles(gaps: list[float]) -> dict[str, float]:
    if not gaps:
        return {}
    shares = {"median": 0.5, "99 %": 0.99, "99.9 %": 0.999, "largest": 1.0}
    return {name: float(np.quantile(gaps, share)) for name, share in shares.items()}
