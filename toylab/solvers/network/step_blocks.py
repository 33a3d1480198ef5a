"""Everything a block of training steps needs, drawn ahead of it: random numbers are cheap in bulk and dear one by one.

It also keeps randomness out of the steps, so that they can be replayed from a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from toylab.solvers.network.analytic_step import StepInputs, StepOutputs
from toylab.solvers.network.batches import AbstractBatches, Batch, FullBatch
from toylab.solvers.network.members import Members
from toylab.solvers.network.penalties import MaxGradientPenalty
from toylab.solvers.network.schedules import Schedule
from toylab.solvers.network.workspace import remembered_count


@dataclass(frozen=True, kw_only=True, eq=False)
class StepBlock:
    """The inputs of S steps, and room for what they leave behind.

    Attributes:
        points: (K, B, d + 1) where all steps have the same batch, else (S, K, B, d + 1).
        weights: (K, B) or (S, K, B), scale · p_z.
        fresh: (S, K, c, d + 1).
        twice_weights: (S, K, 1).
        rates: (S,), in float32, as `FlatAdam` wants them.
        counts: (S,), in float32.
        values: (S, K, B).
        steepness: (S, 2, K, 1).
    """

    points: Tensor
    weights: Tensor
    fresh: Tensor
    twice_weights: Tensor
    rates: Tensor
    counts: Tensor
    values: Tensor
    steepness: Tensor

    def steps(self) -> Iterator[tuple[StepInputs, StepOutputs]]:
        """What goes into each step and what comes out."""
        length = len(self.rates)
        points = self.points.unbind() if self.points.dim() == 4 else [self.points] * length
        weights = self.weights.unbind() if self.weights.dim() == 3 else [self.weights] * length
        changing = (self.fresh, self.twice_weights, self.rates, self.counts, self.values, self.steepness)
        for z, p, fresh, twice_weight, rate, count, values, steepness in zip(
            points, weights, *(series.unbind() for series in changing), strict=True
        ):
            yield (
                StepInputs(points=z, weights=p, fresh=fresh, twice_weight=twice_weight, rate=rate, count=count),
                StepOutputs(values=values, steepness=steepness),
            )

    def losses(self, members: Members) -> Tensor:
        """(S, K): J + λ_t (k − k₀)₊² of every step."""
        price = (self.steepness[:, 0] - members.target).clamp_min(0.0).square() * self.twice_weights / 2.0
        return members.objectives(self.values, self.weights) + price.squeeze(-1)

    def record(self, members: Members) -> Tensor:
        """(4, S, K): losses, largest ‖∇f‖ seen, and the means of f over fake and over real points."""
        steepest = self.steepness[:, 1].squeeze(-1)
        return torch.stack([self.losses(members), steepest, *members.means(self.values, self.weights)])


class Supply:
    """Draws blocks for K members, each from its own generator."""

    def __init__(
        self, members: Members, batches: AbstractBatches, penalty: MaxGradientPenalty, schedule: Schedule
    ) -> None:
        self._members, self._batches, self._schedule = members, batches, schedule
        self._fresh = penalty.samples - remembered_count(penalty)
        everything = [member.everything for member in members.list]
        self._all = self._stacked(everything) if isinstance(batches, FullBatch) else None

    def memory(self, count: int) -> Tensor:
        """(K, count, d + 1), the blends to begin with."""
        return self._members.blends(self._uniform(1, count))[0]

    def block(self, start: int, length: int) -> StepBlock:
        """The block of so many steps after the first `start`."""
        points, weights = self._batch(length)
        like, members = points.new_zeros(()), self._members
        steps = range(start, start + length)
        shares = like.new_tensor([2.0 * self._schedule.penalty_share(step) for step in steps])
        return StepBlock(
            points=points,
            weights=weights,
            fresh=members.blends(self._uniform(length, self._fresh)),
            twice_weights=shares.reshape(-1, 1, 1) * members.weight,
            rates=like.new_tensor([self._schedule.rate(step) for step in steps], dtype=torch.float32),
            counts=like.new_tensor([step + 1.0 for step in steps], dtype=torch.float32),
            values=like.new_empty(length, *weights.shape[-2:]),
            steepness=like.new_empty(length, 2, len(members.list), 1),
        )

    def _uniform(self, length: int, count: int) -> Tensor:
        like = self._members.scale
        options = {"dtype": like.dtype, "device": like.device}
        draws = [torch.rand(length, count, 4, generator=member.generator, **options) for member in self._members.list]
        return torch.stack(draws, dim=1)

    def _batch(self, length: int) -> tuple[Tensor, Tensor]:
        if self._all is not None:
            return self._all
        drawn = [
            self._stacked([self._batches.next(member.everything, member.generator) for member in self._members.list])
            for _ in range(length)
        ]
        points, weights = zip(*drawn, strict=True)
        return torch.stack(points), torch.stack(weights)

    def _stacked(self, batches: list[Batch]) -> tuple[Tensor, Tensor]:
        points, weights = self._members.stacked(batches)
        return torch.nn.functional.pad(points, (0, 1)), weights


__all__ = ["StepBlock", "Supply"]
