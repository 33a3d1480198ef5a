"""What a verification found, claim by claim and as a whole."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from toylab.claims import Budget, Claim, VerdictStatus
from toylab.verification import faces
from toylab.verification.cases import CaseVerdict
from toylab.verification.training import TrainingReport


class ExitCode(IntEnum):
    """What the command line ends with."""

    AS_EXPECTED = 0
    NOT_AS_EXPECTED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    NOTHING_SELECTED = 4
    INTERNAL_ERROR = 70


@dataclass(frozen=True, kw_only=True)
class ControlReport:
    """The outcome of one negative control.

    Attributes:
        breaks: the hypothesis that was waived, None where the statement is false as it stands.
        why: what goes wrong without it.
        status: must be violated.
        margin: of the verdict.
        explanation: the verdict in plain sentences.
        seconds: that it took.
    """

    breaks: str | None
    why: str
    status: VerdictStatus
    margin: float
    explanation: str = ""
    seconds: float = 0.0

    @property
    def violated(self) -> bool:
        """Whether the control came out as it must."""
        return self.status is VerdictStatus.VIOLATED


@dataclass(frozen=True, kw_only=True, eq=False)
class ClaimReport:
    """One claim on all its cases.

    Attributes:
        claim: the claim.
        verdicts: every case, in the order of the claim's cases.
        controls: every control.
    """

    claim: Claim
    verdicts: tuple[CaseVerdict, ...]
    controls: tuple[ControlReport, ...]

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {status}" for status, count in self.counts.items())
        controls = f"{sum(c.violated for c in self.controls)}/{len(self.controls)} controls violated"
        return f"ClaimReport({self.claim.id}: {self.status.value}; {counts}; {controls})"

    def _repr_html_(self) -> str:
        return faces.claim_report(self)

    @property
    def counts(self) -> dict[str, int]:
        """Number of cases by status."""
        return dict(Counter(verdict.status.value for verdict in self.verdicts))

    @property
    def status(self) -> VerdictStatus:
        """Violated if any case is; else inconclusive if any is, or went uncertified; else holds if any does."""
        found = {verdict.status for verdict in self.verdicts}
        if VerdictStatus.VIOLATED in found:
            return VerdictStatus.VIOLATED
        if VerdictStatus.INCONCLUSIVE in found or not all(verdict.certified for verdict in self.verdicts):
            return VerdictStatus.INCONCLUSIVE
        return VerdictStatus.HOLDS if VerdictStatus.HOLDS in found else VerdictStatus.NOT_APPLICABLE

    @property
    def worst(self) -> CaseVerdict | None:
        """The case with the smallest margin; among equals the one with most entries, which says most."""
        return next(iter(self.tightest(1)), None)

    def tightest(self, count: int) -> list[CaseVerdict]:
        """The cases with the smallest margins, smallest first; among equals those with most entries."""
        decided = [verdict for verdict in self.verdicts if not np.isnan(verdict.margin)]
        return sorted(decided, key=lambda verdict: (verdict.margin, -verdict.details.get("entries", 0)))[:count]

    @property
    def decided(self) -> int:
        """Number of cases on which the claim applied."""
        return len(self.verdicts) - self.counts.get(VerdictStatus.NOT_APPLICABLE.value, 0)

    @property
    def controls_violated(self) -> int:
        """Number of controls that came out as they must."""
        return sum(control.violated for control in self.controls)

    @property
    def seconds(self) -> float:
        """Of deciding every case, with this claim's share of solving them."""
        return sum(verdict.seconds for verdict in self.verdicts)

    @property
    def as_expected(self) -> bool:
        """The expected status on the cases, and every control violated."""
        return self.status is self.claim.expected and all(control.violated for control in self.controls)

    @property
    def only_inconclusive(self) -> bool:
        """Nothing speaks against the expectation, but not everything could be decided."""
        undecided = {VerdictStatus.INCONCLUSIVE, VerdictStatus.NOT_APPLICABLE}
        controls = all(control.violated or control.status in undecided for control in self.controls)
        return not self.as_expected and controls and self.status in {*undecided, self.claim.expected}

    def to_json(self) -> dict[str, Any]:
        """Plain data for a report; the worst case with everything needed to replay it."""
        worst = self.worst
        return {
            "id": self.claim.id,
            "aliases": list(self.claim.aliases),
            "title": self.claim.title,
            "statement": self.claim.statement,
            "sources": list(self.claim.sources),
            "hypotheses": [{"name": h.name, "sentence": h.sentence} for h in self.claim.hypotheses],
            "rationale": self.claim.rationale,
            "rests_on": list(self.claim.rests_on),
            "superseded_by": self.claim.superseded_by,
            "expected": self.claim.expected.value,
            "status": self.status.value,
            "as_expected": self.as_expected,
            "cases": len(self.verdicts),
            "counts": self.counts,
            "worst": None if worst is None else {**worst.details, "case": worst.case, "replay": worst.subject},
            "controls": [
                {"breaks": c.breaks, "why": c.why, "status": c.status.value, "margin": c.margin} for c in self.controls
            ],
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class VerificationReport:
    """Everything `toylab verify` found.

    Attributes:
        budget: what was spent.
        claims: one report a claim.
        training: what MaxGP reached.
    """

    budget: Budget
    claims: tuple[ClaimReport, ...]
    training: tuple[TrainingReport, ...]

    def __repr__(self) -> str:
        return f"VerificationReport({len(self.claims)} claims, {self.exit_code.name.lower().replace('_', ' ')})"

    def _repr_html_(self) -> str:
        return faces.verification_report(self)

    @property
    def exit_code(self) -> ExitCode:
        """0 everything as expected, 1 something not, 3 something undecided, 4 nothing selected."""
        if not self.claims:
            return ExitCode.NOTHING_SELECTED
        unexpected = [report for report in self.claims if not report.as_expected]
        if not unexpected:
            return ExitCode.AS_EXPECTED
        undecided = all(report.only_inconclusive for report in unexpected)
        return ExitCode.INCONCLUSIVE if undecided else ExitCode.NOT_AS_EXPECTED

    def to_json(self) -> dict[str, Any]:
        """Plain data, without machine or time."""
        return {
            "budget": self.budget.value,
            "exit_code": int(self.exit_code),
            "claims": [report.to_json() for report in self.claims],
            "training": [report.to_json() for report in self.training],
        }
