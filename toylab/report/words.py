"""What reports say, in words: outcomes with a symbol, the conclusion, the legends of the tables, numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from toylab.claims import VerdictStatus
from toylab.falsification.necessity import Cell, Found
from toylab.verification import ClaimReport, ControlReport, ExitCode, TrainingReport, VerificationReport


class Tone(Enum):
    """How an outcome is to be read; every tone has a symbol, so that nothing hangs on colour."""

    GOOD = "✓"
    BAD = "✗"
    OPEN = "?"

    @property
    def label(self) -> str:
        """What the symbol means."""
        return {"GOOD": "as expected", "BAD": "not as expected", "OPEN": "not decided"}[self.name]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """An outcome in words.

    Attributes:
        words: what happened.
        tone: whether that is as expected.
    """

    words: str
    tone: Tone


_UNDECIDED = {VerdictStatus.INCONCLUSIVE: "inconclusive", VerdictStatus.NOT_APPLICABLE: "not applicable"}


def claim_outcome(report: ClaimReport) -> Outcome:
    """What the cases of a claim say, controls aside."""
    return case_outcome(report.status, report.claim.expected)


def search_outcome(cell: Cell) -> Outcome:
    """What the search for a counterexample ended with; that none was found decides nothing."""
    return Outcome(words=cell.found.value, tone=Tone.GOOD if cell.found is Found.COUNTEREXAMPLE else Tone.OPEN)


def case_outcome(status: VerdictStatus, expected: VerdictStatus) -> Outcome:
    """A status against the expected one."""
    if status in _UNDECIDED:
        return Outcome(words=_UNDECIDED[status], tone=Tone.OPEN)
    if expected is VerdictStatus.VIOLATED:
        refuted = status is VerdictStatus.VIOLATED
        words = "violated (as it must)" if refuted else "holds, expected violated"
        return Outcome(words=words, tone=Tone.GOOD if refuted else Tone.BAD)
    return Outcome(words=status.value, tone=Tone.GOOD if status is expected else Tone.BAD)


def control_outcome(report: ControlReport) -> Outcome:
    """What became of a control, which must be violated."""
    return case_outcome(report.status, VerdictStatus.VIOLATED)


def controls_count(report: ClaimReport) -> Outcome:
    """How many controls came out violated."""
    good, total = report.controls_violated, len(report.controls)
    undecided = all(control.violated or control.status in _UNDECIDED for control in report.controls)
    tone = Tone.GOOD if good == total else Tone.OPEN if undecided else Tone.BAD
    return Outcome(words=f"{good}/{total} violated", tone=tone)


def cases_count(report: ClaimReport) -> str:
    """How many cases were decided, and how many of them are worth a word."""
    counts = report.counts
    left_out = counts.get(VerdictStatus.NOT_APPLICABLE.value, 0)
    parts = [str(report.decided)]
    if report.claim.expected is VerdictStatus.VIOLATED:
        parts.append(f"{counts.get(VerdictStatus.VIOLATED.value, 0)} violated")
    if counts.get(VerdictStatus.INCONCLUSIVE.value):
        parts.append(f"{counts[VerdictStatus.INCONCLUSIVE.value]} open")
    if left_out:
        parts.append(f"{left_out} n/a")
    return ", ".join(parts)


def conclusion(report: VerificationReport) -> Outcome:
    """The whole verification in one sentence."""
    match report.exit_code:
        case ExitCode.AS_EXPECTED:
            words = "Everything as expected, and every control came out violated."
            return Outcome(words=words, tone=Tone.GOOD)
        case ExitCode.INCONCLUSIVE:
            words = "Nothing speaks against the expectations, but some could not be decided."
            return Outcome(words=words, tone=Tone.OPEN)
        case ExitCode.NOTHING_SELECTED:
            return Outcome(words="No claim was selected.", tone=Tone.OPEN)
    names = ", ".join(r.claim.id for r in report.claims if not r.as_expected)
    return Outcome(words=f"Not as expected: {names}.", tone=Tone.BAD)


def number(value: float | None, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    return f"{value:.{digits}g}".replace("inf", "∞")


CLAIMS_LEGEND = (
    "margin: the least (error bound − residual)/scale over all cases; negative = violated. A tiny positive margin is a "
    "tiny error bound with a residual below it, not a near miss."
)
TRAINING_LEGEND = (
    "gap: certified relative duality gap of the trained values. excess: penalty paid for gradients steeper than the "
    "values need, as a share of the optimal penalty. k: constant of the trained values; max‖∇f‖: steepest gradient "
    "found on blends of fake and real points; k*: the certified optimum. Angles are taken at every fake point to the "
    "convex cone of the directions to its partners; where f* has a kink POT's plan names only some of them."
)

TRAINING_COLUMNS = (
    "problem",
    "gap",
    "excess",
    "k / k*",
    "max‖∇f‖ / k*",
    "angle of ∇f to",
    "median",
    "worst",
    "≤ 1°",
    "≤ 5°",
    "≤ 15°",
    "seconds",
)


def training_rows(report: TrainingReport) -> list[tuple[str, ...]]:
    """The rows of a trained critic, one for each kind of partners; what they share stands in the first."""
    rows = []
    for row in report.comparisons:
        shared = (
            report.case.name,
            f"{100 * row.relative_gap:.2g} %",
            f"{100 * row.excess:.2g} %",
            f"{row.k_support / row.k_star:.4f}",
            f"{row.k_gradient / row.k_star:.4f}",
        )
        seconds = f"{report.seconds:.1f}"
        if rows:
            shared, seconds = ("",) * len(shared), ""
        shares = (f"{100 * row.share_within(bound):.0f} %" for bound in (1, 5, 15))
        rows.append((*shared, row.partners, f"{row.median_angle:.2f}°", f"{row.worst_angle:.2f}°", *shares, seconds))
    return rows
