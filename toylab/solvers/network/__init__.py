"""Trained critics by composition: an architecture, a penalty, batches, a schedule, a stopping rule, a polish.

`MaxGP()` is the recipe; `NetworkSolver(...)` takes it apart. The data flow is

    NormalisedProblem → TrainingLoop (steps) → Examiner (polish, keep the best, certify) → TrainedCritic
"""

from toylab.solvers.network.activations import SELU, CReLU, MaxMin, ReLU
from toylab.solvers.network.architectures import (
    MLP,
    Abs,
    AbstractActivation,
    AbstractArchitecture,
    LeakyReLU,
    Tanh,
)
from toylab.solvers.network.batches import AbstractBatches, Batch, FullBatch, Minibatch
from toylab.solvers.network.bounded_network import BoundedMLP
from toylab.solvers.network.bounded_weights import AbstractWeights, OrthonormalWeights, SpectralWeights
from toylab.solvers.network.critic import TrainedCritic
from toylab.solvers.network.distances import Distances
from toylab.solvers.network.fresh_samples import FreshSamples
from toylab.solvers.network.funnel import FunnelMaxGP
from toylab.solvers.network.funnel_architecture import Funnel
from toylab.solvers.network.muon import Muon
from toylab.solvers.network.optimizers import AbstractOptimizer, GradientDescent, RMSProp
from toylab.solvers.network.penalties import (
    AbstractPairs,
    AbstractPenalty,
    Blends,
    ClippedWeights,
    ConsistencyPenalty,
    ConstructedBound,
    GradientPenalty,
    IndependentPairs,
    MatchedPairs,
    MaxGradientPenalty,
    NoPenalty,
    PenaltyState,
)
from toylab.solvers.network.polish import AbstractPolish, ScaleAndOffset
from toylab.solvers.network.presets import (
    CT,
    GP,
    LP,
    PRESETS,
    RIVALS,
    MaxGP,
    MeanSquare,
    OrthogonalGroupSort,
    SpectralNorm,
    Unrestricted,
    WeightClipping,
)
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.stopping import AbstractStopping, CertifiedGap, Judgement
from toylab.solvers.network.training import NetworkSolver
from toylab.solvers.network.unit_coordinates import UnitCoordinates

__all__ = [
    "CT",
    "GP",
    "LP",
    "MLP",
    "PRESETS",
    "RIVALS",
    "SELU",
    "Abs",
    "AbstractActivation",
    "AbstractArchitecture",
    "AbstractBatches",
    "AbstractOptimizer",
    "AbstractPairs",
    "AbstractPenalty",
    "AbstractPolish",
    "AbstractStopping",
    "AbstractWeights",
    "Batch",
    "Blends",
    "BoundedMLP",
    "CReLU",
    "CertifiedGap",
    "ClippedWeights",
    "ConsistencyPenalty",
    "ConstructedBound",
    "Distances",
    "FreshSamples",
    "FullBatch",
    "Funnel",
    "FunnelMaxGP",
    "GradientDescent",
    "GradientPenalty",
    "IndependentPairs",
    "Judgement",
    "LeakyReLU",
    "MatchedPairs",
    "MaxGP",
    "MaxGradientPenalty",
    "MaxMin",
    "MeanSquare",
    "Minibatch",
    "Muon",
    "NetworkSolver",
    "NoPenalty",
    "OrthogonalGroupSort",
    "OrthonormalWeights",
    "PenaltyState",
    "RMSProp",
    "ReLU",
    "ScaleAndOffset",
    "Schedule",
    "SpectralNorm",
    "SpectralWeights",
    "Tanh",
    "TrainedCritic",
    "UnitCoordinates",
    "Unrestricted",
    "WeightClipping",
]
