"""Kinds of subjects: the words in which a hypothesis says what a search draws only once it is waived.

An axis is an enumeration; a search draws one kind of every axis that its subject type has. The kinds that a hypothesis
lists under `relax` are left out while it is in force, since it fails on them, and are what its waiver is about.
"""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """One way in which a subject can be drawn; the value says it in words."""


class LossKind(Kind):
    """Which pair of losses a problem has."""

    WASSERSTEIN = "Wasserstein"
    CURVED = "logistic, sqrt, exponential"
    COMBINED = "combinations of curved pairs"
    MIXED = "combinations with Wasserstein"
    COMPOSED = "shifted, rescaled and unequal pairs"
    HINGE = "hinge"
    LEAST_SQUARES = "least squares"
    UNATTAINED = "pairs without an optimal constant"
    FLAT = "convex pairs with a straight piece"


class RegularizerKind(Kind):
    """What the critic's constant costs."""

    PENALTY = "penalty"
    TARGET = "penalty with a target"
    BALL = "ball"
    UNRESTRICTED = "unrestricted"


class SupportKind(Kind):
    """How the supports of the two measures meet."""

    DISJOINT = "disjoint supports"
    OVERLAPPING = "overlapping supports"
    SAME = "one support"
    EQUAL = "equal measures"


class CriticKind(Kind):
    """Where the critic of a candidate comes from."""

    OPTIMAL = "optimal"
    STEERED = "optimal values, other gradients"
    GIVEN = "values of our own"
    WRONG_PLAN = "optimal, another coupling"


class FunctionKind(Kind):
    """How a function and a pair of points are related."""

    ALONG = "steepest along the pair"
    ACROSS = "crossed at an angle"
    STEEPER = "steeper beside the pair"


class NormKind(Kind):
    """The norm of a function on a pair."""

    EUCLIDEAN = "Euclidean norm"
    OTHER = "another l_p norm"
