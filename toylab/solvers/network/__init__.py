"""Trained critics by composition: an architecture, a penalty, batches, a schedule, a stopping rule, a polish.

`MaxGP()` is the recipe; `NetworkSolver(...)` takes it apart. The data flow is

    NormalisedProblem → TrainingLoop (steps) → Examiner (polish, keep the best, certify) → TrainedCritic
"""

from toylab.solvers.network.architectures import (
    MLP,
    Abs,
    AbstractActivation,
    AbstractArchitecture,
    LeakyReLU,
    Tanh,
)
from toylab.solvers.network.batches import AbstractBatches, Batch, FullBatch, Minibatch
from toylab.solvers.network.critic import TrainedCritic
from toylab.solvers.network.funnel import FunnelMaxGP
from toylab.solvers.network.funnel_architecture import Funnel
from toylab.solvers.network.penalties import AbstractPenalty, Blends, MaxGradientPenalty, PenaltyState
from toylab.solvers.network.polish import AbstractPolish, ScaleAndOffset
from toylab.solvers.network.presets import MaxGP
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.stopping import AbstractStopping, CertifiedGap, Judgement
from toylab.solvers.network.training import NetworkSolver

__all__ = [
    "MLP",
    "Abs",
    "AbstractActivation",
    "AbstractArchitecture",
    "AbstractBatches",
    "AbstractPenalty",
    "AbstractPolish",
    "AbstractStopping",
    "Batch",
    "Blends",
    "CertifiedGap",
    "FullBatch",
    "Funnel",
    "FunnelMaxGP",
    "Judgement",
    "LeakyReLU",
    "MaxGP",
    "MaxGradientPenalty",
    "Minibatch",
    "NetworkSolver",
    "PenaltyState",
    "ScaleAndOffset",
    "Schedule",
    "Tanh",
    "TrainedCritic",
]
