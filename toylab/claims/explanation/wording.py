"""Sentences that several arguments share. Nothing is measured here: numbers come from the evidence."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from toylab.claims.certified import AssumedOptimal
from toylab.markup import number

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Verdict

#: Entries that are written out.
_SHOWN = 3
#: The label of the entry on k* > 0, which bounding claims add to theirs.
POSITIVE = "k* > 0"

#: (evidence, index) -> what the entry is about, and what its residual is called.
Describe = Callable[["Evidence", int], tuple[str, str]]


def vector(coordinates: np.ndarray, digits: int = 4) -> str:
    """Coordinates in parentheses, the first three of them."""
    shown = ", ".join(number(float(c), digits) for c in coordinates[:3])
    return f"({shown}{', …' if len(coordinates) > 3 else ''})"


def several(count: int, what: str) -> str:
    """A count with its noun."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def entry(evidence: Evidence, index: int, describe: Describe) -> str:
    """One entry: what it is about, its residual, and what is allowed."""
    what, noun = describe(evidence, index)
    residual, error = float(evidence.residual[index]), float(evidence.error[index])
    verb = "but at most" if residual > error else "at most"
    return f"{what}: {noun} {number(residual, 3)}, {verb} {number(error, 3)} is allowed."


def entries(evidence: Evidence, describe: Describe, kind: Callable[[int], Hashable] = lambda index: 0) -> list[str]:
    """A few entries, the tightest one first, and how many there are.

    Args:
        evidence: what was measured.
        describe: puts one entry into words.
        kind: index -> kind of entry; of each kind the tightest is among those that are shown.
    """
    order = [int(index) for index in np.argsort(evidence.margins(), kind="stable")]
    first = {kind(index): index for index in reversed(order)}.values()
    chosen = {order[0], *first}
    chosen |= set([index for index in order if index not in chosen][: max(_SHOWN - len(chosen), 0)])
    count = "One entry" if len(order) == 1 else f"{len(order)} entries"
    heading = "The tightest" if len(chosen) < len(order) else "In detail"
    shown = [f"– {entry(evidence, index, describe)}" for index in sorted(chosen, key=order.index)]
    return [f"{count} measured. {heading}:", *shown]


def by_label(evidence: Evidence, index: int) -> tuple[str, str]:
    """What is known of an entry where nothing but its label is."""
    return evidence.labels[index], "residual"


def gap_of(verdict: Verdict) -> str:
    """The gap from which the error bounds follow."""
    if isinstance(verdict.subject, AssumedOptimal):
        return "the gap is read as 0, because the critic is taken at its word, and rounding alone is left"
    return f"the certified gap is {number(float(verdict.subject.certificate.gap), 3)}"


def rise(arrays: Mapping[str, np.ndarray], index: int, k: float) -> str:
    """How f rises between the two points of a pair, against k times their distance."""
    height, distance = float(arrays["rise"][index]), float(arrays["distance"][index])
    verb = "rises" if height >= 0 else "falls"
    return (
        f"f {verb} by {number(abs(height), 7)} over distance {number(distance)}, where k·distance = "
        f"{number(k * distance, 7)}"
    )


def join(arrays: Mapping[str, np.ndarray], index: int, k: float) -> str:
    """From where to where f rises by how much."""
    lower, upper = (str(arrays[name][index]) for name in ("lower_name", "upper_name"))
    return f"from {lower} to {upper} {rise(arrays, index, k)}"


def positive(evidence: Evidence) -> tuple[str, str]:
    """The entry on k* > 0."""
    low, high = (number(float(bound), 9) for bound in evidence.arrays["constant_bounds"])
    return (
        f"k* > 0, without which every pair is trivially tight: the certificate puts k* in [{low}, {high}]",
        "residual",
    )


def constant(subject: Any) -> float:
    """The candidate's k."""
    return float(subject.lipschitz_constant)


def slackness(verdict: Verdict) -> str:
    """Why a bounding partner may miss by a little."""
    return (
        f"Error bounds: Σ γ·slack ≤ gap (complementary slackness), and {gap_of(verdict)}. Mass |slope(z)| passes "
        "through z, so some partner has a slack of at most gap/|slope(z)|; where the certificate's intervals for f* "
        "and k* say more they are taken instead; rounding is added."
    )


def plural_verb(count: int, singular: str, plural: str) -> str:
    """The verb that fits the count."""
    return singular if count == 1 else plural


def bullets(sentences: Sequence[str]) -> list[str]:
    """Sentences as they are indented under a heading."""
    return [f"  {sentence}" for sentence in sentences]
