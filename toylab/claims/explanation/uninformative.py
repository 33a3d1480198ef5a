"""Arguments about gradients that can be chosen, and about those that cannot: LGAN section 3.3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.gradients import angle
from toylab.claims.explanation.wording import constant, entries, gap_of, several, vector
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def anything(verdict: Verdict) -> Sequence[str]:
    """LGAN section 3.3: the compact dual's optimum."""
    evidence = _of(verdict)
    opening = (
        "The compact dual looks at values of f at the points and at nothing else, so a bump around each point, times a "
        "plane with the gradient that is asked for, is as good as any optimum: f(z) = Σ B(‖z − z_i‖/r)(f_i + v_i·(z − "
        "z_i))."
    )
    if not len(evidence):
        return [opening, "Here there is a single point, and no constraint at all."]
    places = [i for i, label in enumerate(evidence.labels) if label.startswith("gradient")]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        label = evidence.labels[index]
        if label.startswith("gap"):
            return f"the critic with gradients {label.removeprefix('gap, ')} in the compact dual", "duality gap"
        if label.startswith("gradient"):
            found, wanted = (evidence.arrays[name][places.index(index)] for name in ("gradients", "wanted"))
            return f"{label}: ∇f = {vector(found)}, asked for is {vector(wanted)}", "they differ by"
        return f"{label}: gradients against difference quotients", "they differ by"

    return [
        opening,
        *entries(evidence, describe, lambda index: evidence.labels[index].split()[0]),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def forced(verdict: Verdict) -> Sequence[str]:
    """What a Lipschitz constant forbids."""
    evidence = _of(verdict)
    opening = (
        "Towards y f rises by k per unit of length all the way, so the derivative along u = (y − x)/‖y − x‖ is k at x "
        "already; a gradient no longer than k with ∇f·u = k is k u."
    )
    if not len(evidence):
        return [
            opening,
            "Here no fake is tight with a gradient: several partners leave a kink, and k = 0 no direction.",
        ]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        found, goal = (evidence.arrays[name][index] for name in ("gradients", "goals"))
        return (
            f"{evidence.labels[index]}: ∇f = {vector(found)}, k u = {vector(goal)}, {angle(found, goal)}",
            "they differ by",
        )

    return [
        opening,
        f"Here {several(len(evidence), 'fake point')} with one partner; k = {number(constant(verdict.subject))}.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]


def steering(verdict: Verdict) -> Sequence[str]:
    """What a Lipschitz constant leaves free."""
    evidence = _of(verdict)
    opening = (
        "Where the value at x lies strictly between the smallest and the largest k-Lipschitz function with the other "
        "values, the plane f(x) + v·(z − x), cut off by both, keeps every value and is k-Lipschitz for any ‖v‖ ≤ k."
    )
    if not len(evidence):
        return [opening, "Here k is 0, or there is one point only: there is no gradient to choose."]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        label = evidence.labels[index]
        if label.startswith("gap"):
            return f"the critic with a gradient of length {label.removeprefix('gap with length ')}", "duality gap"
        found, wanted = (evidence.arrays[name][index] for name in ("gradients", "wanted"))
        return f"{label}: ∇f = {vector(found)}, asked for is {vector(wanted)}", "they differ by"

    return [
        opening,
        *entries(evidence, describe, lambda index: evidence.labels[index].startswith("gap")),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]
