"""Families that are copies of one problem: scaled, moved by isometries, or with fake and real exchanged."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial.distance import cdist

from toylab.claims.families.hypotheses import different_losses, related
from toylab.claims.kinds import FamilyKind, LossKind, TermsKind
from toylab.claims.rounding import ROUNDING
from toylab.families import Family
from toylab.losses import Reflected
from toylab.problem import CriticProblem

#: Relative difference up to which distances count as the same: coordinates of size 1e5 distances.
SAME_DISTANCES = 1e-9


def pair_distances(problem: CriticProblem) -> np.ndarray:
    """(n_fake, n_real), distances of fake from real points."""
    return cdist(problem.fake.points, problem.real.points)


def distortion(first: np.ndarray, second: np.ndarray) -> float:
    """The least ε with (1 − ε) d ≤ d' ≤ (1 + ε) d for all pairs, and rounding; +inf where only one of them is 0."""
    there = first > 0
    if (there != (second > 0)).any():
        return np.inf
    return float(np.abs(second[there] / first[there] - 1.0).max(initial=0.0)) + ROUNDING


def _not_copies(family: Family, scale_of: Callable[[float], float], *, penalty: bool) -> str | None:
    reference = family.members[0].problem
    for place, label, member in zip(family.at, family.labels, family.members, strict=True):
        problem, scale = member.problem, scale_of(place)
        first, second = scale * pair_distances(reference), pair_distances(problem)
        if first.shape != second.shape or not distortion(first, second) <= SAME_DISTANCES:
            return f"{label}: distances are not those of {family.labels[0]}{'' if scale == 1 else f' times {scale:g}'}"
        masses = (problem.fake.weights, reference.fake.weights), (problem.real.weights, reference.real.weights)
        if not all(np.allclose(a, b, rtol=0.0, atol=ROUNDING) for a, b in masses):
            return f"{label}: the masses are not those of {family.labels[0]}"
        weights = [getattr(p.regularizer, "weight", np.nan) for p in (problem, reference)]
        if penalty and not abs(weights[0] - scale**2 * weights[1]) <= 1e-14 * weights[0]:
            return f"{label}: λ is {weights[0]:.6g}, not c²λ = {scale**2 * weights[1]:.6g}"
    return different_losses(family)


def _not_scaled(family: Family) -> str | None:
    if min(family.at) <= 0.0:
        return f"the places {list(family.at)[:3]} are no scales, which are positive"
    return _not_copies(family, lambda place: place / family.at[0], penalty=True)


SCALED = related(
    "scaled copies",
    "every problem is the first one with all lengths times c and λ times c²",
    _not_scaled,
    "all distances are those of the first times c, λ is that of the first times c²",
    "multiply the points by c and λ by c²",
    (*FamilyKind.all_but(FamilyKind.SCALED), TermsKind.OTHER),
)


ISOMETRIC = related(
    "isometric copies",
    "every problem is the first one moved by an isometry: all distances stay",
    lambda family: _not_copies(family, lambda place: 1.0, penalty=False),
    "all distances and masses are those of the first",
    "translate, turn or mirror both measures together",
    FamilyKind.all_but(FamilyKind.MOVED, FamilyKind.GAME, FamilyKind.FREE),
)


def _not_swapped(family: Family) -> str | None:
    if len(family) != 2:
        return f"there are {len(family)} problems, not two"
    first, second = (member.problem for member in family.members)
    for one, other, what in ((first.fake, second.real, "real"), (first.real, second.fake, "fake")):
        same = one.points.shape == other.points.shape and np.array_equal(one.points, other.points)
        if not (same and np.array_equal(one.weights, other.weights)):
            return f"the {what} measure of {family.labels[1]} is not the other one of {family.labels[0]}"
    return None


SWAPPED = related(
    "swapped measures",
    "the second problem has the measures of the first in exchanged roles",
    _not_swapped,
    "the second problem has the first's real as fake, and its fake as real",
    "take problem.swapped()",
    FamilyKind.all_but(FamilyKind.SWAPPED),
)


def _not_mirrored(family: Family) -> str | None:
    t = np.linspace(-3.0, 3.0, 25)
    for label, member in zip(family.labels, family.members, strict=True):
        pair = member.problem.losses
        mirror = Reflected(pair.fake_loss)
        if pair.real_loss != mirror and not np.allclose(
            pair.real_loss.value(t), mirror.value(t), rtol=1e-13, atol=1e-13
        ):
            return f"{label}: ϕ(t) is not φ(−t) for the losses {pair.name!r}"
    return None


MIRRORED = related(
    "mirrored losses",
    "ϕ(t) = φ(−t)",
    _not_mirrored,
    "ϕ(t) = φ(−t) in both problems",
    "take wasserstein, logistic, sqrt, exponential, or a combination of these pairs",
    (LossKind.LEAST_SQUARES, LossKind.COMPOSED, LossKind.UNATTAINED),
)
