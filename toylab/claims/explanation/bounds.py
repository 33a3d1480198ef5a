"""Arguments about bounds through W₁, and about optima in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import constant, entries, gap_of
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def least_value(verdict: Verdict) -> Sequence[str]:
    """ICLR Theorem 5."""
    evidence = _of(verdict)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        bound, value = (number(float(evidence.arrays[name][index]), 9) for name in ("bound", "value"))
        return f"J + λk² = {value}, the bound is {bound}", "value below the bound by"

    return [
        "Convex losses lie above their tangents at a, so J ≥ φ(a) + ϕ(a) + φ'(a)(E_fake f − E_real f), and the last bracket "
        "is at least −k W₁. What is left, −φ'(a) W₁ k + λk², is least at k = φ'(a) W₁/2λ.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]


def most_constant(verdict: Verdict) -> Sequence[str]:
    """The consequence of ICLR Theorem 5 for k*."""
    evidence = _of(verdict)
    most = float(evidence.arrays["most"][0])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        k = number(constant(verdict.subject), 8)
        if index == 0:
            return f"k = {k}, the bound is {number(most, 8)}", "k above the bound by"
        return f"Wasserstein: k = {k}, W₁/2λ = {number(most, 8)}", "they differ by"

    return [
        "The best J at constant k is a convex function of k. It starts with slope −φ'(a) W₁, and at k* its slope is −2λk*, "
        "which cannot be steeper. For the Wasserstein loss it is the straight line −k W₁.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]
