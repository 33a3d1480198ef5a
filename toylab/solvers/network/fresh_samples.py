"""Training on the distributions themselves: every step draws points that were never seen before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from toylab.distributions import Distribution
from toylab.distributions.base import check_distribution
from toylab.errors import InputError, whole_number
from toylab.problem import CriticProblem
from toylab.solvers.network.batches import AbstractBatches, Batch


@dataclass(frozen=True, kw_only=True, eq=False)
class FreshSamples(AbstractBatches):
    """Independent points of two distributions in every step, weighted evenly.

    The training then minimises the objective of the continuous measures, E_fake φ(f) + E_real ϕ(f) + R(k(f)). The
    problem's own measures are a fixed sample of them: it gives the units of the training, and the critic is judged on
    it. The optimum of a sample is better on that sample than that of its distribution, so a gap to it remains.

    Attributes:
        fake: P_g.
        real: P_r.
        size: points a side in each step.

    Raises:
        InputError: something that is not a distribution, size not a positive whole number.
    """

    fake: Distribution
    real: Distribution
    size: int = 512

    blends_with_batch: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_distribution(self.fake, "the fake distribution of fresh samples")
        check_distribution(self.real, "the real distribution of fresh samples")
        whole_number(self.size, "the size of a fresh sample", least=1)

    @override
    def check(self, problem: CriticProblem) -> None:
        for name, distribution in (("fake", self.fake), ("real", self.real)):
            if distribution.dimension != problem.dimension:
                raise InputError(
                    f"the {name} distribution of the fresh samples lives in R^{distribution.dimension} and the problem "
                    f"in R^{problem.dimension}; take the problem's measures from the same distributions."
                )

    @override
    def next(self, everything: Batch, generator: torch.Generator) -> Batch:
        seed = torch.randint(2**62, (), generator=generator, device=generator.device).item()
        rng = np.random.default_rng(int(seed))
        even = everything.fake_weights.new_full((self.size,), 1.0 / self.size)

        def drawn(distribution: Distribution) -> Tensor:
            points = (distribution.sample_points(self.size, rng) - everything.centre) / everything.length
            return torch.as_tensor(points).to(everything.fake)

        return Batch(drawn(self.fake), even, drawn(self.real), even, everything.centre, everything.length)


__all__ = ["FreshSamples"]
