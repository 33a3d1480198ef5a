"""Arguments about gradients on tight segments: LGAN Proposition 1 and Theorem 4."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylab.claims.explanation.wording import constant, entries, gap_of, join, plural_verb, several, vector
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict

_SANDWICH = (
    "Between x and y with f(y) − f(x) = k‖y − x‖ a k-Lipschitz f has no choice: f(x_t) lies on the straight line from "
    "f(x) to f(y), and a gradient with slope k along (y − x) that is no longer than k points exactly there."
)

#: Degrees below which two directions are called the same.
_SAME_DIRECTION = 1e-5


def angle(one: np.ndarray, other: np.ndarray) -> str:
    """The angle of two vectors in words: degrees, unless there is none to speak of."""
    lengths = float(np.linalg.norm(one)), float(np.linalg.norm(other))
    if 0.0 in lengths:
        return "a gradient of 0 has no direction"
    unit, goal = one / lengths[0], other / lengths[1]
    across = np.linalg.norm(unit - (unit @ goal) * goal)
    degrees = float(np.degrees(np.arctan2(across, unit @ goal)))
    return "the same direction" if degrees < _SAME_DIRECTION else f"an angle of {number(degrees, 3)}°"


def along_the_plan(verdict: Verdict) -> Sequence[str]:
    """LGAN Proposition 1."""
    evidence = verdict.evidence
    assert evidence is not None
    opening = f"An optimal plan moves mass only where the critic rises at full slope, Σ γ·slack ≤ gap. {_SANDWICH}"
    if not len(evidence):
        return [
            opening,
            "Here no pair of the plan moves enough mass for the certificate to prove it tight: nothing to look at.",
        ]
    arrays, k = evidence.arrays, constant(verdict.subject)
    pairs = len(arrays["rise"])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        pair = index % pairs
        if index < pairs:
            mass = number(float(arrays["mass"][pair]), 4)
            return f"{evidence.labels[index]} (mass {mass}): {join(arrays, pair, k)}", "slack"
        at = index - pairs
        gradient, goal = arrays["gradients"][at], arrays["goals"][at]
        return (
            f"{evidence.labels[index]}: ∇f = {vector(gradient)}, k u = {vector(goal)}, {angle(gradient, goal)}",
            "they differ by",
        )

    here = (
        f"Here {several(pairs, 'pair')} of the plan {plural_verb(pairs, 'moves', 'move')} mass and "
        f"{plural_verb(pairs, 'is', 'are')} looked at, each in {(len(evidence) - pairs) // pairs} places."
    )
    bound = (
        f"Error bounds: {gap_of(verdict)}. A pair of mass π has slack ≤ gap/π. On a segment that is tight up to δ the "
        "gradient of an extension is within √(2kδ(1/‖x_t − x‖ + 1/‖x_t − w‖)) of k u, w the nearest centre."
    )
    return [opening, here, *entries(evidence, describe, lambda index: index < pairs), bound]


def full_slope(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 4."""
    evidence = verdict.evidence
    assert evidence is not None

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        gradient, goal = (evidence.arrays[name][index] for name in ("gradients", "goal"))
        return (
            f"{evidence.labels[index]}: ∇f = {vector(gradient)}, k (y − x)/‖y − x‖ = {vector(goal)}, "
            f"{angle(gradient, goal)}",
            "they differ by",
        )

    subject = verdict.subject
    most = subject.k * float(subject.norm(subject.y - subject.x))
    here = (
        f"Here f rises from {vector(subject.x)} to {vector(subject.y)} by {number(subject.rise(), 7)}, where "
        f"k‖y − x‖ = {number(most, 7)}."
    )
    norm = (
        ""
        if subject.norm.p == 2
        else (
            f" The last step needs the Euclidean norm: the ball of l_{subject.norm.dual.p:g}, the dual of "
            f"l_{subject.norm.p:g}, holds other vectors with that slope."
        )
    )
    return [f"{_SANDWICH}{norm}", here, *entries(evidence, describe), f"Error bounds: {verdict.claim.rationale}"]
