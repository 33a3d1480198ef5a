"""How measures are mixed, blurred by common noise and compared in threes: families for claims on D, and their tests."""

from __future__ import annotations

import numpy as np

from toylab.claims.families.hypotheses import related, same_measure
from toylab.claims.kinds import FamilyKind
from toylab.claims.rounding import ROUNDING
from toylab.families import Family, ProblemFamily
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.support import merge

#: What the three measures of a chain are called.
MEASURES = ("first", "second", "third")


def _masses(points: np.ndarray, measure: DiscreteMeasure) -> np.ndarray:
    """(N,), the mass of a measure at each of these points."""
    where = {tuple(z): i for i, z in enumerate(points + 0.0)}
    result = np.zeros(len(points))
    for z, mass in zip(measure.points + 0.0, measure.weights, strict=True):
        result[where[tuple(z)]] += mass
    return result


def _not_mixtures(family: Family) -> str | None:
    if len(family) < 3:
        return f"there are {len(family)} problems; two ends and a mixture are needed"
    if _dimensions(family) > 1:
        return "the problems live in different dimensions"
    ends = family.members[0].problem, family.members[-1].problem
    for t, label, member in zip(family.at, family.labels, family.members, strict=True):
        share = (t - family.at[0]) / ((family.at[-1] - family.at[0]) or 1.0)
        for side in ("fake", "real"):
            low, high, own = (getattr(p, side) for p in (*ends, member.problem))
            points = merge(_on_points_of(low, high), own).points
            expected = (1.0 - share) * _masses(points, low) + share * _masses(points, high)
            if np.abs(expected - _masses(points, own)).max() > ROUNDING:
                return f"{label}: the {side} measure is not (1 − t)·left + t·right, t = {share:.4g}"
    return None


def _dimensions(family: Family) -> int:
    """How many different dimensions the problems live in."""
    return len({member.problem.fake.dimension for member in family.members})


def _on_points_of(first: DiscreteMeasure, second: DiscreteMeasure) -> DiscreteMeasure:
    """A measure on the points of both."""
    return DiscreteMeasure(np.concatenate([first.points, second.points]))


MIXTURES = related(
    "mixtures",
    "every problem's measures are (1 − t) times those of the first plus t times those of the last",
    _not_mixtures,
    "both measures of every problem are mixtures of those at the ends",
    "mix masses at the points of both ends instead of moving points",
    FamilyKind.all_but(FamilyKind.MIXED, FamilyKind.GAME, FamilyKind.FREE),
)


def _noise_of(clean: DiscreteMeasure, noisy: DiscreteMeasure) -> tuple[np.ndarray, np.ndarray] | None:
    """Atoms and weights of the noise e with noisy = x_i + e_j, i slowest; None where it is not of this form."""
    copies, rest = divmod(len(noisy), len(clean))
    if rest:
        return None
    heaviest = int(np.argmax(clean.weights))  # a point without mass has lost the masses of its noise
    own = slice(heaviest * copies, (heaviest + 1) * copies)
    atoms = noisy.points[own] - clean.points[heaviest]
    masses = noisy.weights[own] / clean.weights[heaviest]
    whole = with_noise(clean, atoms, masses)
    return (atoms, masses) if same_measure(whole, noisy) else None


def _different_noise(family: Family) -> str | None:
    if _dimensions(family) > 1:
        return "the problems live in different dimensions"
    clean = family.members[0].problem
    for label, member in zip(family.labels[1:], family.members[1:], strict=True):
        on_fakes = _noise_of(clean.fake, member.problem.fake)
        on_reals = _noise_of(clean.real, member.problem.real)
        if on_fakes is None or on_reals is None:
            return f"{label}: the measures are not those of {family.labels[0]} plus independent noise"
        size = float(max(np.abs(m.points).max() for m in (member.problem.fake, member.problem.real)))
        (atoms, masses), (others, weights) = on_fakes, on_reals
        if atoms.shape != others.shape or np.abs(atoms - others).max() > ROUNDING * (1.0 + size):
            return f"{label}: fake and real points are given different noise"
        if np.abs(masses - weights).max() > 1e-12:
            return f"{label}: the noise has other masses on fake than on real points"
    return None


COMMON_NOISE = related(
    "common noise",
    "every further problem has the measures of the first plus the same independent noise on both (point by point, the "
    "atoms of the noise in one order)",
    _different_noise,
    "both measures are convolved with the same noise",
    "convolve both measures with the same noise, as claims.families.arrangements.with_noise does",
    FamilyKind.all_but(FamilyKind.NOISE, FamilyKind.GAME, FamilyKind.FREE),
)


def with_noise(measure: DiscreteMeasure, atoms: np.ndarray, masses: np.ndarray) -> DiscreteMeasure:
    """The law of X + E for independent X and E: points x_i + e_j, i slowest."""
    points = (measure.points[:, None, :] + atoms[None]).reshape(-1, measure.dimension)
    return DiscreteMeasure(points, np.outer(measure.weights, masses).ravel())


def _no_chain(family: Family) -> str | None:
    if len(family) != 3:
        return f"there are {len(family)} problems, not three"
    one, two, three = (member.problem for member in family.members)
    chained = (
        same_measure(one.real, two.fake) and same_measure(one.fake, three.fake) and same_measure(two.real, three.real)
    )
    return None if chained else "the problems do not compare three measures with one another"


CHAIN = related(
    "three measures",
    "the problems compare a first measure with a second, the second with a third, and the first with the third",
    _no_chain,
    "three measures are compared in pairs",
    "give the problems (P, Q), (Q, R), (P, R) in this order",
    FamilyKind.all_but(FamilyKind.CHAIN),
)


def chain(name: str, measures: tuple[DiscreteMeasure, ...], losses: LossPair, weight: float) -> ProblemFamily:
    """Three measures compared in pairs."""
    roles = {
        f"{MEASURES[i]} and {MEASURES[j]}": CriticProblem(measures[i], measures[j], losses, LipschitzPenalty(weight))
        for i, j in ((0, 1), (1, 2), (0, 2))
    }
    return ProblemFamily.in_roles(name, roles)


def mixed(name: str, left: CriticProblem, right: CriticProblem, shares: tuple[float, ...]) -> ProblemFamily:
    """Two problems and mixtures of them, t the share of the right one."""

    def mix(first: DiscreteMeasure, second: DiscreteMeasure, t: float) -> DiscreteMeasure:
        points = np.concatenate([first.points, second.points])
        return DiscreteMeasure(points, np.concatenate([(1.0 - t) * first.weights, t * second.weights]))

    members = [(0.0, left), (1.0, right)]
    for t in shares:
        fake, real = mix(left.fake, right.fake, t), mix(left.real, right.real, t)
        members.append((t, CriticProblem(fake, real, left.losses, left.regularizer)))
    return ProblemFamily.along(name, "t", members)
