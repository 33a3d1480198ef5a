"""Generator networks in place of free particles: trained against a critic, scored on the field's toys.

`targets` are 8 Gaussians, 25 Gaussians and the swiss roll, `scores` what samples of them are worth, `pulls` the
generator's losses, `settings` the network and its steps, `run` the result; `train_generator` does it.
"""

from toylab.dynamics.networks.pulls import AbstractPull, CriticPull, MinMaxPull, RealLossPull
from toylab.dynamics.networks.run import GeneratorRun, RunStop
from toylab.dynamics.networks.scores import Scores, Scoring
from toylab.dynamics.networks.settings import GeneratorTraining
from toylab.dynamics.networks.targets import (
    TARGETS,
    AbstractTarget,
    CurveTarget,
    GaussianModes,
    eight_gaussians,
    swiss_roll,
    target,
    twenty_five_gaussians,
)
from toylab.dynamics.networks.training import train_generator

__all__ = [
    "TARGETS",
    "AbstractPull",
    "AbstractTarget",
    "CriticPull",
    "CurveTarget",
    "GaussianModes",
    "GeneratorRun",
    "GeneratorTraining",
    "MinMaxPull",
    "RealLossPull",
    "RunStop",
    "Scores",
    "Scoring",
    "eight_gaussians",
    "swiss_roll",
    "target",
    "train_generator",
    "twenty_five_gaussians",
]
