"""Arguments about the reference direction, and about which constraints are enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import entries, gap_of, several
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def between_slopes(verdict: Verdict) -> Sequence[str]:
    """The reference direction."""
    evidence = _of(verdict)
    opening = (
        "Moving x_i along e shortens the way to y_j by u_ij·e per unit, which the envelope theorem turns into ∂V/∂x_i. "
        "Each way that the plan uses is tight, so f* rises along e at k u_ij·e at least: at the largest of these, to "
        "which their mean cannot come up."
    )
    if not len(evidence):
        return [opening, "Here no fake sends out mass that the certificate is sure of."]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        pull, slope = (number(float(evidence.arrays[name][index]), 7) for name in ("pulls", "slopes"))
        return f"{evidence.labels[index]}: ∂V/∂x per mass {pull}, one-sided slope of the critic {slope}", "larger by"

    return [
        opening,
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def any_ordered_pair(verdict: Verdict) -> Sequence[str]:
    """The compact dual's optimum is Lipschitz on the points."""
    evidence = _of(verdict)
    rise, most = (float(evidence.arrays[name][0]) for name in ("rise", "most"))

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        return (
            f"the steepest pair, {evidence.labels[index]}: f rises by {number(rise, 8)}, K·distance = "
            f"{number(most, 8)}",
            "too much by",
        )

    return [
        "Only fake→real pairs are constrained. Were some other ordered pair too steep, a real point could be raised or "
        "a fake one lowered without breaking a constraint, and the value would grow by its mass: unless it has none.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def along_blends(verdict: Verdict) -> Sequence[str]:
    """Gradients on blends are enough."""
    evidence = _of(verdict)
    opening = (
        "f(y) − f(x) is the integral of ∇f·(y − x) over the segment of blends, K‖y − x‖ at most where the gradient "
        "there is no longer than K. What f does elsewhere does not matter to the compact constraints."
    )
    if not len(evidence):
        return [opening, "Here fake and real points coincide: there is no blend."]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        rise, most = (number(float(evidence.arrays[name][index]), 8) for name in ("rise", "most"))
        return f"{evidence.labels[index]}: f rises by {rise}, K·distance = {most}", "too much by"

    return [
        opening,
        f"Here {several(len(evidence), 'pair')} of a fake and a real point.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]


def one_derivative(verdict: Verdict) -> Sequence[str]:
    """Derivatives of V from both sides."""
    evidence = _of(verdict)
    opening = (
        "V is the largest dual value of a plan, so its derivative as x_i moves along u is the largest, and against u "
        "the least, that an optimal plan gives. On a forest of tight pairs the leaves leave a plan no choice."
    )
    if not len(evidence):
        return [opening, "Here no fake sends out mass, or there are too many points to go through all plans."]

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        least, most = (number(float(evidence.arrays[name][index]), 7) for name in ("least", "most"))
        return f"{evidence.labels[index]}: plans give {least} to {most}", "apart by"

    return [opening, *entries(evidence, describe), f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}"]
