"""Divergences and other local objectives: f*, its gradient and the value, on finite measures and on densities.

    objective.critic(fake, real)    the optimal critic, larger on real points
    objective.value(fake, real)     a `Quadrature`: value, error, and why it is infinite where it is

for `UnrestrictedLoss(losses)` (the vanilla GAN, least squares and every other pair without restriction), the
f-divergences (`get("kl")`, `names()`), and `FisherIPM(mu)`. Fake and real are both a DiscreteMeasure or both a
Distribution with a density. `wasserstein1` of finite measures, `wasserstein_between` of distributions on the line or
that are translations of one another, and `WassersteinOnLine()` of two densities on the line, are not local.
"""

from __future__ import annotations

import toylab.divergences.noisy_densities  # noqa: F401 - teaches log_density, score and pieces more distributions
from toylab.divergences.chi_squared import NeymanChiSquared, PearsonChiSquared
from toylab.divergences.densities import DensityPair, density_gradient, log_density, pieces, score
from toylab.divergences.distances import integrated_cumulative, mean_length, translation, wasserstein_between
from toylab.divergences.entropies import JensenShannon, KullbackLeibler, ReverseKullbackLeibler
from toylab.divergences.f_divergence import FDivergence
from toylab.divergences.fisher import FisherIPM, Uniform
from toylab.divergences.local import LocalObjective, RatioObjective, optimal_discriminator
from toylab.divergences.objective import Objective
from toylab.divergences.on_the_line import WassersteinOnLine, cumulative
from toylab.divergences.overlaps import SquaredHellinger, TotalVariation
from toylab.divergences.quadrature import Quadrature, integrate
from toylab.divergences.registry import get, names
from toylab.divergences.transport import wasserstein1
from toylab.divergences.unrestricted import UnrestrictedLoss

__all__ = [
    "DensityPair",
    "FDivergence",
    "FisherIPM",
    "JensenShannon",
    "KullbackLeibler",
    "LocalObjective",
    "NeymanChiSquared",
    "Objective",
    "PearsonChiSquared",
    "Quadrature",
    "RatioObjective",
    "ReverseKullbackLeibler",
    "SquaredHellinger",
    "TotalVariation",
    "Uniform",
    "UnrestrictedLoss",
    "WassersteinOnLine",
    "cumulative",
    "density_gradient",
    "get",
    "integrate",
    "integrated_cumulative",
    "log_density",
    "mean_length",
    "names",
    "optimal_discriminator",
    "pieces",
    "score",
    "translation",
    "wasserstein1",
    "wasserstein_between",
]
