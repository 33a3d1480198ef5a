"""What training pays for steep gradients: MaxGP's maximum, its rivals' averages and bounds, and projections."""

from toylab.solvers.network.penalties.absent import NoPenalty
from toylab.solvers.network.penalties.base import (
    AbstractPenalty,
    Blends,
    CriticUnderTraining,
    Gradients,
    PenaltyState,
    gradient_norms,
)
from toylab.solvers.network.penalties.by_construction import ConstructedBound
from toylab.solvers.network.penalties.clipping import ClippedWeights
from toylab.solvers.network.penalties.consistency import ConsistencyPenalty
from toylab.solvers.network.penalties.max_gradient import MaxGradientPenalty
from toylab.solvers.network.penalties.pairs import AbstractPairs, IndependentPairs, MatchedPairs
from toylab.solvers.network.penalties.pointwise import GradientPenalty

__all__ = [
    "AbstractPairs",
    "AbstractPenalty",
    "Blends",
    "ClippedWeights",
    "ConsistencyPenalty",
    "ConstructedBound",
    "CriticUnderTraining",
    "GradientPenalty",
    "Gradients",
    "IndependentPairs",
    "MatchedPairs",
    "MaxGradientPenalty",
    "NoPenalty",
    "PenaltyState",
    "gradient_norms",
]
