"""The problem in units of its own: data of unit size at the origin, a critic with slopes near one.

With z = centre + length · z' the problem for f'(z') = f(z) has λ' = λ / length² and the target k₀ · length (THEORY
section 2, scaling). Training sees f' = offset + scale · network, with the scale read off a bound on k'.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from toylab.certificate import certify
from toylab.errors import InputError
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.polish import best_scale_and_offset


@dataclass(frozen=True, eq=False)
class NormalisedProblem:
    """A problem and the change of units under which it is trained.

    Attributes:
        problem: the problem in the caller's units.
        centre: (d,), mean of the points that carry mass.
        length: root mean square distance of those points from the centre; 1 where they all coincide.
    """

    problem: CriticProblem
    centre: np.ndarray
    length: float

    @classmethod
    def of(cls, problem: CriticProblem) -> NormalisedProblem:
        """The problem with its own centre and length."""
        fake, real = problem.fake.points[problem.fake.weights > 0], problem.real.points[problem.real.weights > 0]
        points = np.concatenate([fake, real])
        centre = points.mean(axis=0)
        length = float(np.linalg.norm(points - centre) / np.sqrt(len(points)))
        return cls(problem, centre, length if length > 0 else 1.0)

    @cached_property
    def regularizer(self) -> LipschitzPenalty:
        """R in the units of the training."""
        regularizer = self.problem.regularizer
        if not isinstance(regularizer, LipschitzPenalty):
            raise InputError(f"training needs a LipschitzPenalty, got {type(regularizer).__name__}.")
        return regularizer.rescaled(self.length)

    def points(self, z: np.ndarray) -> np.ndarray:
        """Points in the units of the training, z' = (z − centre) / length."""
        return (z - self.centre) / self.length

    def batch(self, dtype: torch.dtype, device: torch.device) -> Batch:
        """All points that carry mass, with their weights."""
        sides = []
        for measure in (self.problem.fake, self.problem.real):
            charged = measure.weights > 0
            sides += [self.points(measure.points[charged]), measure.weights[charged]]
        return Batch(*(torch.as_tensor(side, dtype=dtype, device=device) for side in sides))

    @cached_property
    def scale_and_offset(self) -> tuple[float, float]:
        """Roughly the constant k' and the mean of the optimal critic.

        The best constant critic c couples φ'(c) P_g with φ'(c) P_r at a cost C; all the mass moved over the distance
        C / φ'(c) = W₁ in one step is the two-Dirac problem with the largest k (exact for Wasserstein).
        """
        problem = self.problem
        c = problem.losses.best_constant
        if c is None:
            raise InputError(f"the loss {problem.losses.name!r} has no optimal critic.")
        certificate = certify(problem, lambda z: np.full(len(z), c))
        slope = abs(float(problem.losses.fake_loss.slope(np.array(c))))
        distance = certificate.cost / (max(slope, 1e-12) * self.length)
        if not distance > 0:
            return 1.0, c
        ends = np.array([-0.5, 0.5]) * distance

        def objective(scale: float, offset: float) -> float:
            low, high = scale * ends + offset + c
            return float(
                problem.losses.fake_loss.value(np.array(low))
                + problem.losses.real_loss.value(np.array(high))
                + self.regularizer.value(abs(scale))
            )

        # the start is the slope of the Wasserstein loss: where it is too steep, the search shrinks it
        start = self.regularizer.target + slope * distance / (2.0 * self.regularizer.weight)
        scale, offset = best_scale_and_offset(lambda s, o: objective(s * start, o), spread=1.0)
        size = abs(scale * start)
        return (size if np.isfinite(size) and size > 0 else 1.0), c + offset


__all__ = ["NormalisedProblem"]
