"""Arguments about standstills: ICLR Theorem 1 (d)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import POSITIVE, constant, entries, gap_of, positive
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def standstill(verdict: Verdict) -> Sequence[str]:
    """ICLR Theorem 1 (d) as printed."""
    evidence = _of(verdict)
    opening = (
        "A fake with partners on opposite sides has slope k towards each of them: f* has a valley there, and what a "
        "smoothed critic feels is the mean of slopes that cancel. P_g ≠ P_r all the same."
    )
    if not len(evidence):
        return [opening, "Here k is 0 or all points coincide: there is no critic to speak of."]
    felt, rounding, moved = (float(evidence.arrays[name][0]) for name in ("felt", "rounding", "moved"))

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        what = f"the largest smoothed derivative at a fake is {number(felt, 4)}, rounding {number(rounding, 2)}"
        return what, "1 for a standstill, 0 for none:"

    return [
        opening,
        f"Here k = {number(constant(verdict.subject), 7)}, and the derivative of the optimal value with respect to a "
        f"fake point has length {number(moved, 4)} at most.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]


def steepest_gradient(verdict: Verdict) -> Sequence[str]:
    """ICLR Theorem 1 (d) with smoothness."""
    evidence = _of(verdict)
    opening = (
        "With P_g ≠ P_r mass flows along a pair on which f* rises with slope k* > 0, from the fake itself on. A "
        "derivative that is k* to one side is k* to both where f* is differentiable, and so is the smoothed one."
    )
    if not len(evidence):
        return [opening, "Here k is 0 or all points coincide: there is no slope to speak of."]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        if evidence.labels[index] == POSITIVE:
            return positive(evidence)
        slope, k = number(float(evidence.arrays["slope"][index]), 7), number(constant(verdict.subject), 7)
        return f"{evidence.labels[index]}: smoothed derivative {slope}, k = {k}", "it misses k by"

    return [
        opening,
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]
