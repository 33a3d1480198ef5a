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
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.polish import best_scale_and_offset


@dataclass(frozen=True, eq=False)
class NormalisedProblem:
    """A problem and the change of units under which it is trained.

    Attributes:
        problem: the problem in the caller's units.
        centre: (d,), mean of the points that carry mass.
        length: root mean square distance of those points from the centre; 1 where they all coincide.
        rescales_values: whether training starts from an offset and a scale of the values.
    """

    problem: CriticProblem
    centre: np.ndarray
    length: float
    rescales_values: bool = True

    @classmethod
    def of(cls, problem: CriticProblem) -> NormalisedProblem:
        """The problem with its own centre and length."""
        fake, real = problem.fake.points[problem.fake.weights > 0], problem.real.points[problem.real.weights > 0]
        points = np.concatenate([fake, real])
        centre = points.mean(axis=0)
        length = float(np.linalg.norm(points - centre) / np.sqrt(len(points)))
        rounding = 8.0 * float(np.finfo(np.float64).eps * np.abs(points).max())  # of the mean, where they coincide
        return cls(problem, centre, length if length > rounding else 1.0)

    @classmethod
    def unchanged(cls, problem: CriticProblem) -> NormalisedProblem:
        """The problem in the caller's own units, with the bare network as critic."""
        return cls(problem, np.zeros(problem.dimension), 1.0, rescales_values=False)

    @cached_property
    def regularizer(self) -> Regularizer:
        """R in the units of the training."""
        return self.problem.regularizer.rescaled(self.length)

    def points(self, z: np.ndarray) -> np.ndarray:
        """Points in the units of the training, z' = (z − centre) / length."""
        return (z - self.centre) / self.length

    def batch(self, dtype: torch.dtype, device: torch.device) -> Batch:
        """All points that carry mass, with their weights."""
        sides = []
        for measure in (self.problem.fake, self.problem.real):
            charged = measure.weights > 0
            sides += [self.points(measure.points[charged]), measure.weights[charged]]
        tensors = (torch.as_tensor(side, dtype=dtype, device=device) for side in sides)
        return Batch(*tensors, centre=self.centre, length=self.length)

    @cached_property
    def scale_and_offset(self) -> tuple[float, float]:
        """Of the start of a training for the problem's own regulariser."""
        return self.start_for(self.problem.regularizer)

    def start_for(self, aim: Regularizer) -> tuple[float, float]:
        """Roughly the constant k' and the mean of the optimal critic; 1 and 0 where values are not rescaled.

        The best constant critic c couples φ'(c) P_g with φ'(c) P_r at a cost C; all the mass moved over the distance
        C / φ'(c) = W₁ in one step is the two-Dirac problem with the largest k (exact for Wasserstein). A
        ball has k = K; without any restriction a rise of 2 over that distance is as good a start as any.

        Args:
            aim: the regulariser, in the caller's units, that is trained for.

        Raises:
            InputError: the loss has no optimal critic.
        """
        if not self.rescales_values:
            return 1.0, 0.0
        problem = self.problem
        regularizer = aim.rescaled(self.length)
        c = problem.losses.best_constant
        if c is None:
            raise InputError(f"the loss {problem.losses.name!r} has no optimal critic.")
        certificate = certify(problem, lambda z: np.full(len(z), c))
        slope = abs(float(problem.losses.fake_loss.slope(np.array(c))))
        distance = certificate.cost / (max(slope, 1e-12) * self.length)
        if not distance > 0:
            return 1.0, c
        match regularizer:
            case LipschitzPenalty(weight=weight, target=target):
                # the slope of the Wasserstein loss: where it is too steep, the search shrinks it
                start = target + slope * distance / (2.0 * weight)
            case LipschitzBall(radius=radius):
                return radius, c
            case _:
                return 2.0 / distance, c
        ends = np.array([-0.5, 0.5]) * distance

        def objective(scale: float, offset: float) -> float:
            low, high = scale * ends + offset + c
            return float(
                problem.losses.fake_loss.value(np.array(low))
                + problem.losses.real_loss.value(np.array(high))
                + regularizer.value(abs(scale))
            )

        scale, offset = best_scale_and_offset(lambda s, o: objective(s * start, o), spread=1.0)
        size = abs(scale * start)
        return (size if np.isfinite(size) and size > 0 else 1.0), c + offset


__all__ = ["NormalisedProblem"]
