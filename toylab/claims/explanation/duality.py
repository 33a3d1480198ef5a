"""The argument of the compact dual: LGAN Theorem 5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import entries, gap_of
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def compact_dual(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 5."""
    evidence = verdict.evidence
    assert evidence is not None
    arrays = evidence.arrays
    radius = float(arrays["radius"][0])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        if index == 0:
            value, transport = (number(float(arrays[name][0]), 8) for name in ("dual_value", "transport_cost"))
            return f"E_real f − E_fake f = {value}, K·W₁ by POT = {transport}", "they differ by"
        rise, distance = float(arrays["rise"][0]), float(arrays["distance"][0])
        return (
            f"the steepest ordered pair, {evidence.labels[index].removesuffix(', any ordered pair')}: f rises by "
            f"{number(rise, 7)} over distance {number(distance)}, where K·distance = {number(radius * distance, 7)}",
            "too much by",
        )

    return [
        "A plan only joins fakes to reals, so only those constraints can be active: dropping all others leaves the "
        "optimal value W₁. And a maximiser obeys them anyway: were some ordered pair too steep, a real point could be "
        "raised or a fake one lowered without breaking a constraint that counts, and the value would grow by its mass.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}; the value may miss by it, and a violated ordered pair would gain its least "
        "mass times the violation, so the violation is at most 2·gap over the least mass; rounding is added.",
    ]
