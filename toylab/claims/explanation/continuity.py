"""Arguments about continuity in a generator's parameter: WGAN Theorem 1 and Example 1 for continuous measures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.local_objectives import bounds, evidence_of
from toylab.claims.explanation.wording import entries
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def _describe(evidence: Evidence, index: int) -> tuple[str, str]:
    left, right = (number(float(evidence.arrays[side][index]), 8) for side in ("left", "right"))
    return f"{evidence.labels[index]}: {left} {evidence.arrays['relation'][index]} {right}", "missed by"


def _argue(why: str) -> Callable[[Verdict], Sequence[str]]:
    def argue(verdict: Verdict) -> Sequence[str]:
        evidence = evidence_of(verdict)
        path = verdict.subject
        kinds = evidence.arrays["kind"]
        here = f"Here {path.describe()}; W₁(P_θ, P_r) is {_listed(path)}."
        return [why, here, *entries(evidence, _describe, lambda index: kinds[index]), bounds(verdict)]

    return argue


def _listed(path: object) -> str:
    values = [number(path.to_real(index).value, 5) for index in range(len(path))]  # type: ignore[attr-defined,arg-type]
    return ", ".join(values) if len(values) <= 5 else f"{', '.join(values[:4])}, …, {values[-1]}"


w1_continuous = _argue(
    "(g_θ(Z), g_θ'(Z)) is a coupling of P_θ and P_θ' of cost E‖g_θ − g_θ'‖ ≤ E L(Z) ‖θ − θ'‖, and the triangle "
    "inequality hands it on to W₁(P_θ, P_r): Lipschitz in θ, whatever the supports do, and so differentiable almost "
    "everywhere."
)

gaussian_translations = _argue(
    "Two Gaussians of one width that are δ apart share all but δ/(σ√2π) of their mass, and TV is a metric; √JSD is one "
    "too, and JSD ≤ ¼ (KL + reverse KL) = δ²/4σ² between them; KL against a Gaussian is quadratic in the offset. So "
    "all of them follow θ, as W₁ does."
)

lines_apart = _argue(
    "On parallel lines no point carries mass of both sides, however near the lines are: D* is 1 on one and 0 on the "
    "other, JSD = ln 2, TV = 1, KL = ∞, and all fall to 0 at once where the lines meet. Every fake goes straight "
    "across: W₁ is the distance of the lines."
)
