"""Arguments about existence and uniqueness: LGAN Theorem 1 and its remarks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import Describe, constant, entries, gap_of, plural_verb, several
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict

_CONSTANT = "k* from the values against k* from the plan"


def _describe(verdict: Verdict) -> Describe:
    k = constant(verdict.subject)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        label = evidence.labels[index]
        if label == _CONSTANT:
            plan = float(evidence.arrays["constant_from_plan"][0])
            return f"k = {number(k, 8)} from the values, {number(plan, 8)} from the plan", "they differ by"
        if label == "a single component":
            return "all points hang together by tight pairs and move only as one", "furthest shift against one another"
        if label.startswith("J(f* + c)"):
            return label, "change"
        return f"the {label}, moved on its own within constraints and gap", "furthest shift"

    return describe


def _kind(evidence: Evidence) -> Callable[[int], bool]:
    """Entries on values apart from the one on the constant."""
    return lambda index: evidence.labels[index] == _CONSTANT


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence


def _components(evidence: Evidence) -> int:
    return sum(label.startswith("component") for label in evidence.labels)


def unique(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 1, uniqueness."""
    evidence = _of(verdict)
    count = _components(evidence)
    return [
        "Of two optima the midpoint would be better: R is strictly convex in k, and a strictly convex φ or ϕ fixes "
        "the values of its measure, to which tight pairs tie all others. So uniqueness is attacked: every group of "
        "points that tight pairs hold together is shifted as far as constraints and gap allow.",
        f"Here there {plural_verb(count, 'is', 'are')} {several(count, 'such group')}.",
        *entries(evidence, _describe(verdict), _kind(evidence)),
        f"Error bounds: {gap_of(verdict)}; a critic within twice the gap lies in the Fenchel-Young interval of each "
        "point, so a shifted one must lie there too. k*: R(k) + R*(C) − kC ≤ gap leaves an interval, √(gap/λ) to "
        "either side.",
    ]


def unique_up_to_a_constant(verdict: Verdict) -> Sequence[str]:
    """The loose reading of LGAN Theorem 1 for the Wasserstein loss."""
    evidence = _of(verdict)
    count = _components(evidence)
    here = (
        "Here tight pairs hold all points together, and only the free constant is left."
        if not count
        else f"Here tight pairs hold the points together in {several(count, 'group')}."
    )
    return [
        "For the Wasserstein loss J is affine: shifting a group of points with as much fake as real mass costs "
        "nothing, as long as no constraint is broken. One constant is free only where all points form one group.",
        here,
        *entries(evidence, _describe(verdict), _kind(evidence)),
        f"Error bounds: {gap_of(verdict)}; a shift counts only beyond rounding where J is affine.",
    ]


def free_offset(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 1, remark."""
    return [
        "E_fake (f + c) − E_real (f + c) = E_fake f − E_real f, and f + c has the constant of f: no c is better than "
        "another. k* is fixed all the same, since R is strictly convex.",
        *entries(_of(verdict), _describe(verdict), _kind(_of(verdict))),
        f"Error bounds: {gap_of(verdict)}; J(f + c) − J(f) is rounding; k differs from k* by √(gap/λ) at most.",
    ]


def existence(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 1, existence."""
    evidence = _of(verdict)
    lower, upper = (float(slope) for slope in evidence.arrays["end_slopes"])

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        end, sign, slope = (("−∞", "negative", lower), ("+∞", "positive", upper))[index]
        return (
            f"towards {end} the slope of c ↦ J(f + c) must be {sign}, or 0 where that is attained; it is "
            f"{number(slope)}",
            "missed by",
        )

    return [
        "A best critic needs a best offset: c ↦ J(f + c) is convex, so it has to fall at first and rise in the end "
        "(or reach slope 0). Given one, R bounds the constant, hence all values, and a minimum over a compact set "
        "exists. The slopes at both ends are the sums of the least and of the largest slopes of p φ + q ϕ."
        " They are the same for every critic.",
        *entries(evidence, describe),
        "Error bounds: decided in closed form from the ranges of φ' and ϕ', up to rounding of the masses.",
    ]


def no_free_offset(verdict: Verdict) -> Sequence[str]:
    """LGAN section 5.3."""
    evidence = _of(verdict)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        if evidence.arrays["flat"][index]:
            return "shifted as a whole along a straight piece of J, at no cost and no change of slope", "free shift"
        return "shifted as a whole, as far as the gap allows", "furthest shift"

    return [
        "f + c has the constant of f, so only J decides: c ↦ J(f + c) is convex, with its least value at c = 0. It has "
        "no other minimum if it is strictly convex, as it is where φ or ϕ is; a straight piece around f leaves c free.",
        *entries(evidence, describe),
        f"Error bounds: {gap_of(verdict)}. {verdict.claim.rationale}",
    ]
