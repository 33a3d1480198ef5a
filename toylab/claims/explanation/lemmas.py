"""Arguments about the lemmas under Theorems 1 to 3: LGAN Lemmas 8 to 12."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import POSITIVE, constant, entries, gap_of, positive, several, vector
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def chain(verdict: Verdict) -> Sequence[str]:
    """LGAN Lemma 10."""
    evidence, subject = _of(verdict), verdict.subject
    rises, lengths = evidence.arrays["rises"], evidence.arrays["lengths"]
    whole = float(evidence.arrays["whole"][0])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        if index == 0:
            return (
                f"from x to y f changes by {number(float(rises.sum()), 7)}, where k‖y − x‖ = "
                f"{number(subject.k * whole, 7)}",
                "slack",
            )
        return f"m = {vector(subject.via)} and the segment from {vector(subject.x)} to {vector(subject.y)}", "distance"

    norm = "" if subject.norm.p == 2 else f" In l_{subject.norm.p:g} other ways are as short as the straight one."
    return [
        "f(y) − f(x) = k‖m − x‖ + k‖y − m‖ ≥ k‖y − x‖ by the triangle inequality, and a constant k allows no more than "
        f"k‖y − x‖: both are equal, so the way via m is no detour, and a way without detour is straight.{norm}",
        f"Here f changes by {number(float(rises[0]), 7)} and {number(float(rises[1]), 7)} over steps of length "
        f"{number(float(lengths[0]))} and {number(float(lengths[1]))}; k = {number(subject.k)}.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]


def slopes_and_constant(verdict: Verdict) -> Sequence[str]:
    """LGAN Lemma 8."""
    evidence = _of(verdict)
    arrays = evidence.arrays
    surplus, low, high = (float(arrays[name][0]) for name in ("surplus", "least_constant", "most_constant"))

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        side = ("at most D·S/2λ", high) if index == 0 else ("at least δ·S/2λ", low)
        return f"k = {number(constant(verdict.subject), 7)} must be {side[0]} = {number(side[1], 7)}", "missed by"

    return [
        "Where a slope is not 0 its value wants to move: a small constant gains in proportion to k and costs λk². "
        "Where all are 0, J is least already, and shrinking f saves λk². In numbers, mass S = Σ max(slope, 0) flows, "
        "each unit over a distance between δ and D, and 2λk* = C = Σ γ·distance.",
        f"Here S = {number(surplus, 7)}.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}; the certificate's intervals for k* and for the slopes of f*; rounding.",
    ]


def constant_and_measures(verdict: Verdict) -> Sequence[str]:
    """LGAN Lemma 9."""
    evidence = _of(verdict)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        if evidence.labels[index] == POSITIVE:
            return positive(evidence)
        return f"P_g = P_r, and the critic has k = {number(constant(verdict.subject))}", "k is away from 0 by"

    return [
        "A critic of one value c has slope(z) = p φ'(c) + q ϕ'(c) everywhere. All of these are 0 at an optimum; summed "
        "up, φ'(c) = −ϕ'(c) > 0, so p = q at every point. Conversely P_g = P_r leaves nothing to gain by rising.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}; all k with R(k) + R*(C) − kC ≤ gap.",
    ]


def signs(verdict: Verdict) -> Sequence[str]:
    """LGAN Lemma 12."""
    evidence = _of(verdict)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        label, slope = evidence.labels[index], number(float(evidence.arrays["slope"][index]), 4)
        wrong = "negative" if label.startswith("fake") else "positive"
        return f"{label} has slope {slope}, which must not be {wrong}", "by"

    if not len(evidence):
        return ["Here every point with mass carries both masses, and its slope may have either sign."]
    return [
        "A point of fake mass alone has slope p φ'(f) > 0, and one of real mass alone q ϕ'(f) < 0, whatever the value: "
        "so slope > 0 says that there is fake mass, and slope < 0 that there is real mass.",
        f"Here {several(len(evidence), 'point')} of one measure only.",
        *entries(evidence, describe),
        f"Error bounds: {verdict.claim.rationale}",
    ]
