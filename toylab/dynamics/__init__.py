"""Fake particles that follow ∇f* of the optimal critic, found anew at every step.

    follow(problem)                                       the problem's own critic, a tenth of the way a step
    follow(problem, objective, step=…, split=…)           another objective, another rule

Objectives are `LipschitzCritic` (every loss and regulariser; certified, or any solver), and the unrestricted ones that
fail: `PointwiseOptimum` (finite measures: nothing moves) and `NoisyDensities` (both measures blurred: gradients are
local). Steps: `FixedStep`, `UnitStep`, `ProportionalStep`, `MomentumStep`. Coinciding fakes: `Together`, `Jitter`,
`ShareOut`. The answer is a `Trajectory`, whose `stop` says why it ended. `CriticInTraining` is a network that is
trained along, n_critic updates a step.

    train_generator("8-gaussians", objective)             a network G(z; θ) in place of free particles

trains one against the critic of any objective and scores its samples (`Scores`); the answer is a `GeneratorRun`.
"""

from toylab.dynamics.answers import Answer
from toylab.dynamics.critic_in_training import CriticInTraining
from toylab.dynamics.flow import follow, objective_of
from toylab.dynamics.networks import (
    CriticPull,
    GeneratorRun,
    GeneratorTraining,
    MinMaxPull,
    RealLossPull,
    Scores,
    Scoring,
    train_generator,
)
from toylab.dynamics.objectives import AbstractObjective, LipschitzCritic, NoisyDensities, PointwiseOptimum
from toylab.dynamics.steps import (
    AbstractSplit,
    AbstractStep,
    FixedStep,
    Jitter,
    MomentumStep,
    ProportionalStep,
    ShareOut,
    Together,
    UnitStep,
)
from toylab.dynamics.trajectory import Stop, Trajectory

__all__ = [
    "AbstractObjective",
    "AbstractSplit",
    "AbstractStep",
    "Answer",
    "CriticInTraining",
    "CriticPull",
    "FixedStep",
    "GeneratorRun",
    "GeneratorTraining",
    "Jitter",
    "LipschitzCritic",
    "MinMaxPull",
    "MomentumStep",
    "NoisyDensities",
    "PointwiseOptimum",
    "ProportionalStep",
    "RealLossPull",
    "Scores",
    "Scoring",
    "ShareOut",
    "Stop",
    "Together",
    "Trajectory",
    "UnitStep",
    "follow",
    "objective_of",
    "train_generator",
]
