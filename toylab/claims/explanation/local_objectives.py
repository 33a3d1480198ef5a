"""Arguments about objectives whose critic is local: LGAN sections 3.1 and 3.2, ICLR section 4.2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylab.claims.explanation.wording import by_label, entries, several
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict


def evidence_of(verdict: Verdict) -> Evidence:
    """The evidence of a verdict that has some."""
    assert verdict.evidence is not None
    return verdict.evidence


def bounds(verdict: Verdict) -> str:
    """Where the error bounds come from."""
    return f"Error bounds: {verdict.claim.rationale}"


def local_finite(verdict: Verdict) -> Sequence[str]:
    """LGAN section 3.1 on finite measures."""

    def describe(evidence: Evidence, index: int) -> tuple[str, str]:
        value, alone, p, q = (
            number(float(evidence.arrays[name][index])) for name in ("value", "alone", "fake_mass", "real_mass")
        )
        where = f"{evidence.labels[index]}, p = {p} and q = {q}"
        return f"{where}: f = {value}, and p φ(t) + q ϕ(t) is least at t = {alone}", "they differ by"

    evidence = evidence_of(verdict)
    opening = (
        "Without restriction J(f) = Σ p_z φ(f(z)) + q_z ϕ(f(z)) falls apart into one problem for every point, and no "
        "point knows of the others."
    )
    return [
        opening,
        f"Here {several(len(evidence), 'point')} carry mass.",
        *entries(evidence, describe),
        bounds(verdict),
    ]


def local_on_densities(verdict: Verdict) -> Sequence[str]:
    """LGAN section 3.1 on densities."""
    evidence = evidence_of(verdict)
    points = len(evidence) // 2
    opening = (
        "Without restriction J(f) = ∫ p φ(f) + q ϕ(f) is least where it is least at every point. Half of all mass is "
        "put far to the left and far to the right, fakes on one side and reals on the other, and then the other way "
        "round: at the points looked at p and q stay what they are."
    )
    here = f"Here {several(points, 'point')} are looked at, for the value and for the gradient."
    return [opening, here, *entries(evidence, by_label, lambda index: index < points), bounds(verdict)]


def fisher(verdict: Verdict) -> Sequence[str]:
    """LGAN section 3.2."""
    evidence = evidence_of(verdict)
    opening = (
        "E_real f − E_fake f = ∫ f (q − p) is an inner product in L²(μ) of f with (q − p)/μ. Under ‖f‖ ≤ 1 it is "
        "largest for f parallel to that, and then equals F = ‖(q − p)/μ‖."
    )

    def kind(index: int) -> str:
        label = evidence.labels[index]
        return "shape" if label.startswith("F μ f*") else "world" if label.startswith("F f*") else "value"

    return [opening, *entries(evidence, by_label, kind), bounds(verdict)]


def drawn(verdict: Verdict) -> Sequence[str]:
    """ICLR section 4.2: which fakes are drawn to the nearer mode."""
    evidence = evidence_of(verdict)
    arrays = evidence.arrays
    fraction, mode, spread = (float(np.ravel(arrays[name])[0]) for name in ("fraction", "mode", "distance"))
    opening = (
        "A local critic moves with ln q − ln p. Next to one mode of two, both of the fakes' own width, its slope is "
        "the same everywhere, (A − m)/σ²: fakes short of A are drawn to it, fakes beyond A are pushed further out, "
        "and the other mode is not felt. Under uniform fakes only ln q has a slope, and all are drawn."
    )
    here = (
        f"Here the nearer mode is A = {number(mode, 4)}, the fakes' centre is {number(spread, 4)} away, and "
        f"{number(fraction, 8)} of the fakes are drawn towards A."
    )
    return [opening, here, *entries(evidence, by_label), bounds(verdict)]


def pushed(verdict: Verdict) -> Sequence[str]:
    """ICLR section 4.2: which fakes a Fisher critic pushes away."""
    evidence = evidence_of(verdict)
    fraction, mode = (float(np.ravel(evidence.arrays[name])[0]) for name in ("fraction", "mode"))
    opening = (
        "With uniform μ the critic is q − p up to a factor. Where the fakes have a peak, −p has a hole, and fakes "
        "run out of it on both sides: half of them away from the nearer mode. Uniform fakes have no peak, and only q "
        "is felt."
    )
    here = (
        f"Here the nearer mode is A = {number(mode, 4)}, and {number(fraction, 8)} of the fakes are pushed away "
        "from it."
    )
    return [opening, here, *entries(evidence, by_label), bounds(verdict)]
