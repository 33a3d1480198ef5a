"""How verdicts and claims look in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from toylab.markup import Html, Tone, badge, card, facts, folded, lines, number, paragraphs, quiet, table

if TYPE_CHECKING:
    from toylab.claims.base import Claim, Verdict, VerdictStatus

_TONES = {"holds": Tone.GOOD, "violated": Tone.BAD, "inconclusive": Tone.OPEN, "not-applicable": Tone.QUIET}


def status_badge(status: VerdictStatus, expected: VerdictStatus | None = None) -> Html:
    """A status in words, symbol and colour; of a statement known to be false, violated is the good one."""
    if expected is None or expected.value != "violated":
        return badge(status.value, _TONES[status.value])
    if status is expected:
        return badge("violated, as it must", Tone.GOOD)
    return badge(f"{status.value}, expected violated", Tone.OPEN)


def tightest(verdict: Verdict, count: int = 3) -> Html | str:
    """A table of the entries with the smallest margins."""
    evidence = verdict.evidence
    if evidence is None or not len(evidence):
        return ""
    order = np.argsort(evidence.margins(), kind="stable")[:count]
    rows = [
        (
            evidence.labels[i],
            number(float(evidence.residual[i]), 3),
            number(float(evidence.error[i]), 3),
            number(float(evidence.resolution[i]), 3),
        )
        for i in map(int, order)
    ]
    return table((f"tightest of {len(evidence)}", "residual", "error bound", "resolution"), rows)


def verdict(verdict: Verdict) -> str:
    """Statement, case, status, the tightest entries, and the whole argument on a click."""
    claim = verdict.claim
    rows = [
        ("statement", claim.statement),
        ("case", verdict.subject.describe()),
        ("margin", "" if np.isnan(verdict.margin) else f"{number(verdict.margin, 3)} (negative = violated)"),
        ("not asked for", ", ".join(verdict.waived)),
        ("not met", lines(verdict.unmet) if verdict.unmet else ""),
        ("controls", lines(_control(breaks, why) for breaks, why in _controls(claim))),
    ]
    return card(
        f"{claim.id}, {claim.sources[0]}",
        facts(rows),
        tightest(verdict),
        folded("the argument in plain sentences", paragraphs(verdict.explain())),
        status=status_badge(verdict.status, claim.expected if _refuted(verdict) else None),
    )


def _refuted(verdict: Verdict) -> bool:
    """Whether this case does what is expected of the statement with all its hypotheses."""
    return not verdict.waived and verdict.status is verdict.claim.expected


def claim(claim: Claim) -> str:
    """Statement, hypotheses, sources, controls, and what is expected."""
    rows = [
        ("statement", claim.statement),
        ("sources", "; ".join(claim.sources)),
        ("aliases", ", ".join(claim.aliases)),
        ("decided on", claim.subject_type.__name__),
        ("expected", status_badge(claim.expected, claim.expected)),
        ("hypotheses", lines(f"{h.name}: {h.sentence}" for h in claim.hypotheses)),
        ("controls", lines(_control(breaks, why) for breaks, why in _controls(claim))),
        ("error bounds", claim.rationale.removeprefix("Error bounds: ")),
    ]
    return card(f"{claim.id}: {claim.title}", facts(rows), quiet("claim.check(subject) decides it"))


def _controls(claim: Claim) -> list[tuple[str | None, str]]:
    return [(control.breaks, control.why) for control in claim.controls]


def _control(breaks: str | None, why: str) -> str:
    return f"{'as it stands' if breaks is None else f'without {breaks}'}: {why}"
