"""Arguments about bounding pairs: LGAN Theorems 2a-2d and 3, ICLR Theorem 2."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from toylab.claims.explanation.wording import (
    POSITIVE,
    Describe,
    constant,
    entries,
    gap_of,
    join,
    plural_verb,
    positive,
    rise,
    several,
    slackness,
)
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict

_HELD = (
    "slope(z) = p φ'(f(z)) + q ϕ'(f(z)) is how fast J grows with the value at z alone. Where it is not 0, that value "
    "wants to move, and at an optimum only a constraint that is met with equality, a bounding pair, can hold it"
)


def _partner(verdict: Verdict, *, roles: bool = False) -> Describe:
    """How an entry about a point and its nearest partner is described, with the role of a shared point."""
    k = constant(verdict.subject)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        label, arrays = evidence.labels[index], evidence.arrays
        if label == POSITIVE:
            return positive(evidence)
        role = f", as a {'fake' if label == arrays['lower_name'][index] else 'real'}," if roles else ""
        slope = (
            f"{label}{role if label.startswith('shared') else ''} has slope {number(float(arrays['slope'][index]), 4)}"
        )
        if not arrays["lower_name"][index]:
            return f"{slope}, and there is no point that could be its partner", "slack"
        partner, way = arrays["upper_name"][index], rise(arrays, index, k)
        if label == partner:
            return f"{slope}; its best partner is {arrays['lower_name'][index]}, and from there {way}", "slack"
        return f"{slope}; its best partner is {partner}, and towards it {way}", "slack"

    return describe


def _kind(evidence: Evidence) -> Callable[[int], bool]:
    """Entries on pairs apart from the one on k* > 0."""
    return lambda index: evidence.labels[index] == POSITIVE


def _points(evidence: Evidence) -> int:
    return len(evidence) - (POSITIVE in evidence.labels)


def slope_has_partner(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 2a."""

    def here(evidence: Evidence) -> str:
        count = _points(evidence)
        return f"Here {several(count, 'point')} {plural_verb(count, 'has', 'have')} a slope that is certainly not 0."

    nothing = "Here no slope is certainly different from 0: there is nothing that has to be held."
    return _held(verdict, f"{_HELD}.", here, nothing)


def lone_point_has_partner(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 2b."""
    opening = (
        "A point of one measure only has slope p φ'(f) > 0 or q ϕ'(f) < 0 whatever its value, since φ' > 0 > ϕ': its "
        "value wants to move for ever, and only a bounding pair can hold it."
    )

    def here(evidence: Evidence) -> str:
        count = _points(evidence)
        return f"Here {several(count, 'point')} {plural_verb(count, 'belongs', 'belong')} to one measure only."

    nothing = "Here every point with mass carries both masses: the statement speaks of nobody."
    return _held(verdict, opening, here, nothing)


def opposite_slopes(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 3."""
    opening = (
        f"{_HELD}: mass flows from slope > 0 to slope < 0, and along bounding pairs only, so every such point has a "
        "partner of the opposite slope, the upper one with slope < 0."
    )

    def here(evidence: Evidence) -> str:
        slopes = evidence.arrays["slope"]
        up, down = int((slopes > 0).sum()), int((slopes < 0).sum())
        return (
            f"Here {several(up, 'point')} {plural_verb(up, 'has', 'have')} slope > 0 and "
            f"{several(down, 'point')} {plural_verb(down, 'has', 'have')} slope < 0."
        )

    nothing = "Here no slope is certainly different from 0: no mass flows, and nothing has to be bounded."
    return _held(verdict, opening, here, nothing)


def _held(verdict: Verdict, opening: str, here: Callable[[Evidence], str], nothing: str) -> Sequence[str]:
    """The argument that points are held by partners: why, how many there are here, and each of them."""
    evidence = _of(verdict)
    if not len(evidence):
        return [opening, nothing]
    each = entries(evidence, _partner(verdict), _kind(evidence))
    return [opening, here(evidence), *each, slackness(verdict)]


def opposite_measures(verdict: Verdict) -> Sequence[str]:
    """ICLR Theorem 2, as printed and with disjoint supports."""
    evidence = _of(verdict)
    opening = (
        "With disjoint supports all fakes have slope > 0 and all reals slope < 0, so the partner that holds a fake "
        "is a real above it. A shared point may have either slope: held from below by a fake, it need not touch any "
        "real above, though the printed statement says so."
    )
    if not len(evidence):
        return [opening, "Here no slope is certainly different from 0: nobody is known to be bounded by anything."]
    count = _points(evidence)
    here = f"Here {several(count, 'point')} (a shared one counts twice) must have a partner of the other measure."
    bound = (
        f"Error bounds: {gap_of(verdict)}; flow γ into a point holds it to within gap/γ, and then the triangle "
        "inequality says how far it is from touching anything further on; the certificate's intervals for f* and k* "
        "where they say more; rounding is added."
    )
    return [opening, here, *entries(evidence, _partner(verdict, roles=True), _kind(evidence)), bound]


def _steepest(verdict: Verdict) -> Describe:
    k = constant(verdict.subject)

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        if evidence.labels[index] == POSITIVE:
            return positive(evidence)
        return f"the steepest pair: {join(evidence.arrays, index, k)}", "it misses k, per unit of distance, by"

    return describe


def _steepest_bound(verdict: Verdict) -> str:
    cost = float(verdict.subject.certificate.cost)
    return (
        f"Error bounds: {gap_of(verdict)}; the plan moves mass over C = Σ γ·distance = {number(cost)}, and "
        "Σ γ·slack ≤ gap, so some pair misses k by at most gap/C per unit of distance; the certificate's intervals for "
        "f* and k* where they say more; rounding is added. For k* itself: all k with R(k) + R*(C) − kC ≤ gap."
    )


def rising_pair(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 2c."""
    opening = (
        "Were k* = 0, f* would be one constant a with φ'(a) + ϕ'(a) = 0, and slope(z) = (p − q) φ'(a) would not be 0 "
        "where the masses differ: a small rise there gains in proportion to k, while λk² costs only its square. So "
        "k* > 0, and the constant is paid for because some pair uses it."
    )
    return [opening, *entries(_of(verdict), _steepest(verdict), _kind(_of(verdict))), _steepest_bound(verdict)]


def equilibrium(verdict: Verdict) -> Sequence[str]:
    """LGAN Theorem 2d."""
    evidence = _of(verdict)
    if "rise" not in evidence.arrays and POSITIVE not in evidence.labels:

        def describe(evidence: Evidence, index: int) -> tuple[str, str]:
            return f"P_g = P_r, and the critic has k = {number(constant(verdict.subject))}", "k is away from 0 by"

        return [
            "With P_g = P_r the objective is Σ p (φ + ϕ)(f(z)) + R(k). Condition (11) makes a constant critic its "
            "minimum, and the penalty makes every other one dearer: k* = 0, nobody is moved, and the game rests.",
            *entries(evidence, describe),
            f"Error bounds: {gap_of(verdict)}; k differs from k* by √(gap/λ) at most.",
        ]
    opening = (
        "With P_g ≠ P_r some slope is not 0, so mass flows from a fake x to a real y along a pair where f* rises with "
        "slope k* > 0: the generator gains by moving x towards y, and the game does not rest."
    )
    return [opening, *entries(evidence, _steepest(verdict), _kind(evidence)), _steepest_bound(verdict)]


def _of(verdict: Verdict) -> Evidence:
    assert verdict.evidence is not None
    return verdict.evidence
