"""The generator's side: small parametric generators with exact Jacobians, and what a discriminator does to them.

    update = GeneratorUpdate.against_the_optimum(Shift([1.3]), Gaussian([0.0], 1.0), Gaussian([0.0], 1.5))
    update.gradient()             ∇_θ E[−log D*(g_θ(z))] with a bound of its error
    update.pull(x)                where a fake at x is moved
    toylab.plot(update)           the same as a picture
    toylab.claims.get("arjovsky-bottou.theorem-2.5").check(update)

`GeneratorPath.along(Shift([0.0]), [-1.0, 0.0, 1.0], latent=…, real=…)` is a generator at several parameters: the
subject of statements on continuity in θ.

Generators: `ParallelLine`, `Shift`, `Affine`, `HiddenLayer`, `Switch`. Discriminators: `OptimalDiscriminator`,
`PerfectDiscriminator`, `AffineDiscriminator`, `LogisticDiscriminator`, `WhiteNoise`. Costs: `Saturating()` is
log(1 − D), `NonSaturating()` is −log D. `average` is the expectation with its error that everything here rests on.
"""

from __future__ import annotations

from toylab.generators.averages import Average, average
from toylab.generators.discriminators import (
    AffineDiscriminator,
    Discriminator,
    LogisticDiscriminator,
    OptimalDiscriminator,
    PerfectDiscriminator,
    WhiteNoise,
    discriminator_from_json,
)
from toylab.generators.maps import Affine, Generator, HiddenLayer, ParallelLine, Shift, Switch
from toylab.generators.paths import GeneratorPath
from toylab.generators.update import Cost, GeneratorUpdate, NonSaturating, Saturating, from_json, smoothed

__all__ = [
    "Affine",
    "AffineDiscriminator",
    "Average",
    "Cost",
    "Discriminator",
    "Generator",
    "GeneratorPath",
    "GeneratorUpdate",
    "HiddenLayer",
    "LogisticDiscriminator",
    "NonSaturating",
    "OptimalDiscriminator",
    "ParallelLine",
    "PerfectDiscriminator",
    "Saturating",
    "Shift",
    "Switch",
    "WhiteNoise",
    "average",
    "discriminator_from_json",
    "from_json",
    "smoothed",
]
