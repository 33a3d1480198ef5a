"""Arguments about the number of bounding partners: ICLR Appendix F."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import constant, entries, gap_of, several
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict

_NOBODY = "Here k is 0, or no point is concerned: there is nothing to count."


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def forest(verdict: Verdict) -> Sequence[str]:
    """The bounding graph is a forest."""
    evidence = _of(verdict)
    opening = (
        "Around a closed walk of tight pairs f returns to its value, so the distances, with alternating signs, add up "
        "to 0: a coincidence that generic distances exclude. A graph without closed walks is a forest."
    )
    if not len(evidence):
        return [opening, _NOBODY]
    edges, points, components = (int(count) for count in evidence.arrays["counts"][0])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        return f"{edges} tight pairs, where a forest has {points} − {components}", "more than that by"

    return [opening, *entries(evidence, describe), f"Error bounds: {verdict.claim.rationale}"]


def few_with_several(verdict: Verdict) -> Sequence[str]:
    """At most m − 1 fakes with several partners."""
    evidence = _of(verdict)
    opening = (
        "The tight pairs of n fakes and m reals form a forest, so there are n + m − 1 at most. Every fake that takes "
        "part uses one of them; m − 1 are left for second partners."
    )
    if not len(evidence):
        return [opening, _NOBODY]
    count, fakes, reals = (int(value) for value in evidence.arrays["counts"][0])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        return f"{count} of {several(fakes, 'fake')} have several partners, m − 1 = {reals - 1}", "more than that by"

    return [opening, *entries(evidence, describe), f"Error bounds: {verdict.claim.rationale}"]


def single(verdict: Verdict) -> Sequence[str]:
    """Jitter does not make partners single."""
    evidence = _of(verdict)
    opening = (
        "All reals have to be served, each with its own mass, which is seldom that of one fake: somebody serves two, "
        "and a small move of the points changes nothing about that."
    )
    if not len(evidence):
        return [opening, _NOBODY]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        return (
            f"{evidence.labels[index]} has {several(int(evidence.arrays['partners'][index]), 'partner')}",
            "beyond one",
        )

    return [
        opening,
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def every_partner(verdict: Verdict) -> Sequence[str]:
    """Slope k along every partner."""
    evidence = _of(verdict)
    opening = (
        "Towards a partner f rises at slope k from the first step on. A gradient g would have g·u = k for two unit "
        "vectors u, and hence be longer than k, which no gradient of a k-Lipschitz function is."
    )
    if not len(evidence):
        return [opening, "Here no fake has tight partners in different directions."]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        slope = number(float(evidence.arrays["slopes"][index]), 7)
        return f"{evidence.labels[index]}: slope {slope}, k = {number(constant(verdict.subject), 7)}", "they differ by"

    return [
        opening,
        f"Here {several(len(evidence), 'pair')} of fakes with several partners.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]
