"""The Dirac-GAN of Mescheder, Geiger and Nowozin (2018): the smallest GAN there is, and which methods bring it to rest.

    game = DiracGAN(losses=losses.wasserstein(), method=MaxGP(weight=0.1))
    game.vector_field(θ, ψ)          (dθ/dt, dψ/dt)
    game.eigenvalues()               of its Jacobian at the equilibrium, by the lemma's closed form
    game.converges(rule)             by the spectral radius of a round; a Condition with its reason
    game.trajectory(start, rounds, rule), game.flow(start, duration)
    toylab.plot(game)

Methods: `Unregularised`, `WeightClipping`, `GradientPenalty` (WGAN-GP), `InstanceNoise`, `ZeroCentredPenalty` (R1, R2),
`MaxGP`, `Consensus`. Rules: `Simultaneous`, `Alternating`. Generators: `ZeroSum`, `NonSaturating`. `DiracTraining` is
one training, which the claims `mescheder.…` decide on.
"""

from toylab.diracgan.game import DiracGAN, Orbit
from toylab.diracgan.methods import (
    METHODS,
    AbstractMethod,
    Consensus,
    GradientPenalty,
    InstanceNoise,
    MaxGP,
    Unregularised,
    WeightClipping,
    ZeroCentredPenalty,
)
from toylab.diracgan.players import AbstractGenerator, NonSaturating, ZeroSum
from toylab.diracgan.rules import AbstractRule, Alternating, Simultaneous
from toylab.diracgan.training import DiracTraining

__all__ = [
    "METHODS",
    "AbstractGenerator",
    "AbstractMethod",
    "AbstractRule",
    "Alternating",
    "Consensus",
    "DiracGAN",
    "DiracTraining",
    "GradientPenalty",
    "InstanceNoise",
    "MaxGP",
    "NonSaturating",
    "Orbit",
    "Simultaneous",
    "Unregularised",
    "WeightClipping",
    "ZeroCentredPenalty",
    "ZeroSum",
]
