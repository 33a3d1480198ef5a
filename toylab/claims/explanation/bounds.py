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
        "Convex losses lie above their tangents at a, so J ≥ φ(a) + ϕ(a) + φ'(a)(E_fake f − E_real f), and the last "
        "bracket is at least −k W₁. What is left, −φ'(a) W₁ k + λk², is least at k = φ'(a) W₁/2λ.",
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
        "The best J at constant k is a convex function of k. It starts with slope −φ'(a) W₁, and at k* its slope is "
        "−2λk*, which cannot be steeper. For the Wasserstein loss it is the straight line −k W₁.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def _closed(evidence: Evidence, index: int) -> tuple[str, str]:
    found, closed = (number(float(evidence.arrays[name][index]), 10) for name in ("found", "closed"))
    return f"{evidence.labels[index].split(' against ')[0]} = {found}, the closed form is {closed}", "they differ by"


def diracs(verdict: Verdict) -> Sequence[str]:
    """Two Diracs."""
    return [
        "One pair, one slope: J + R(k) is a function of f(x) and f(y) = f(x) + k d alone. The best offset balances "
        "both slopes, φ'(f(x)) = −ϕ'(f(y)), and the best k balances them against R'(k)/d.",
        *entries(_of(verdict), _closed),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def hinge_margin(verdict: Verdict) -> Sequence[str]:
    """Hinge and Wasserstein."""
    return [
        "On [−1, 1] the hinge losses are 1 + t and 1 − t, Wasserstein's but for 2, and everywhere they are at least "
        "that. Wasserstein's critic has k = W₁/2λ, so its values span at most k·diameter ≤ 2 and fit into the margin: "
        "what is optimal for the smaller objective and costs the same in the larger one is optimal there.",
        *entries(_of(verdict), _closed),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]


def mean_square(verdict: Verdict) -> Sequence[str]:
    """The mean-square penalty."""
    evidence = _of(verdict)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        paid, least = (number(float(evidence.arrays[name][index]), 9) for name in ("paid", "least"))
        return (
            f"J + λ E‖∇f‖² of the critic with slope k everywhere is {paid}, the least value is {least}",
            "beyond it by",
        )

    (short, long), (small, large) = evidence.arrays["lengths"][0], evidence.arrays["slopes"][0]
    return [
        "A mean over the pairs falls apart: −k_i d_i + λ k_i² for each, least at k_i = d_i/2λ. One constant for all "
        "costs the same only where all of these are equal.",
        f"Here the pairs are {number(float(short))} to {number(float(long))} long and want slopes "
        f"{number(float(small))} to {number(float(large))}; k = {number(constant(verdict.subject), 8)}.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]
