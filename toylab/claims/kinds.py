"""Kinds of subjects: the words in which a hypothesis says what a search draws only once it is waived.

An axis is an enumeration; a search draws one kind of every axis that its subject type has. The kinds that a hypothesis
lists under `relax` are left out while it is in force, since it fails on them, and are what its waiver is about.
"""

from __future__ import annotations

from enum import Enum
from typing import Self


class Kind(Enum):
    """One way in which a subject can be drawn; the value says it in words."""

    @classmethod
    def all_but(cls, *kinds: Self) -> tuple[Self, ...]:
        """The other kinds of this axis."""
        return tuple(kind for kind in cls if kind not in kinds)


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


class ChainKind(Kind):
    """Which way a function goes along a chain of three points."""

    UPWARDS = "upwards on both steps"
    UP_AND_DOWN = "up, then down"


class ManifoldKind(Kind):
    """How two measures on sets of any dimension meet."""

    APART = "points and segments apart"
    BOXES_APART = "boxes apart"
    CROSSING = "lines that cross"
    TOUCHING = "an atom on the other set"
    ALIGNED = "lines that share a piece"
    OVERLAPPING = "boxes that overlap"
    EVERYWHERE = "Gaussians"


class ObjectiveKind(Kind):
    """What the critic of two densities is trained for."""

    LOSSES = "losses without restriction"
    FISHER = "Fisher, uniform μ"
    WIDE_FISHER = "Fisher, a wide Gaussian as μ"
    MEAN_FISHER = "Fisher, μ = (P_g + P_r)/2"
    WASSERSTEIN = "Wasserstein on the line"


class DensityKind(Kind):
    """How two densities are arranged."""

    MODES = "fakes beside one of two modes"
    OTHER_WIDTH = "fakes of another width beside one of two modes"
    ANY = "any two densities"


class PlaceKind(Kind):
    """How far fakes stand from the nearer mode."""

    CLEAR = "three widths or more"
    NEAR = "less than three widths"


class CostKind(Kind):
    """What a generator descends on."""

    NON_SATURATING = "−log D"
    SATURATING = "log(1 − D)"


class SettingKind(Kind):
    """Where the fakes and the reals of a generator's update lie."""

    DENSITIES = "densities on the whole line"
    BOXES = "boxes far apart"
    BATCH = "a finite batch, reals far away"
    NOISY = "points with instance noise"


class DiscriminatorKind(Kind):
    """What a generator's update is made against."""

    OPTIMAL = "the optimum"
    STALE = "the optimum of other measures"
    FOLLOWING = "an optimum that follows"
    SMALL = "close to 0 at the fakes"
    LARGE = "far from 0 at the fakes"
    WHITE_NOISE = "white noise around 0"
    SHARED_NOISE = "white noise, one value for the batch"
    OTHER_NOISE = "noise around another value, or none in D"


class CountKind(Kind):
    """How many points there are."""

    TWO = "one point on each side"
    SEVERAL = "more points"


class NoiseKind(Kind):
    """How wide instance noise is, beside the distance of the measures."""

    ENOUGH = "between a fifth of the gap and the gap"
    LITTLE = "narrower or wider"


class PathKind(Kind):
    """What a generator does along its parameter."""

    TRANSLATION = "a Gaussian moved"
    RESCALED = "a Gaussian or a box moved and rescaled"
    BOX = "a box moved"
    LINES = "parallel lines"
    SWITCH = "a jump"


class FamilyKind(Kind):
    """How the problems of a family belong together."""

    GAME = "one game, several regularisers"
    SCALED = "one problem in several units"
    MOVED = "one problem moved by isometries"
    SWAPPED = "fake and real exchanged"
    MIXED = "two problems and mixtures"
    NOISE = "without and with common noise"
    CHAIN = "three measures in pairs"
    FREE = "one game with penalties and without"
    FAKES_MOVE = "fakes move towards places of their own"
    LINES = "parallel lines"
    POINT = "one fake moves a little"
    UNRELATED = "different measures"


class TermsKind(Kind):
    """Whether the problems of a family have losses and regularisers in common, as far as their kind allows."""

    SAME = "losses and regulariser as the kind has it"
    OTHER = "one problem with other terms"


class GameKind(Kind):
    """What the players of a Dirac-GAN pay."""

    WASSERSTEIN = "Wasserstein"
    ZERO_SUM = "GAN"
    NON_SATURATING = "non-saturating GAN"


class MethodKind(Kind):
    """What is done to the critic of a Dirac-GAN."""

    NONE = "unregularised"
    ZERO_CENTRED = "zero-centred penalty"
    MAX_GP = "MaxGP"
    NOISE = "instance noise"
    TARGET = "penalty with a target"
    CLIPPING = "weight clipping"
    CONSENSUS = "consensus"


class TurnKind(Kind):
    """How the players of a Dirac-GAN take turns."""

    SIMULTANEOUS = "simultaneous"
    ALTERNATING = "alternating"


class StepKind(Kind):
    """How long their steps are."""

    SHORT = "short steps"
    LONG = "steps that are too long"
