"""The data of the networks that are trained side by side: each with its own problem, seed and random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import numpy as np
import torch
from torch import Tensor

from toylab.losses import LossPair
from toylab.problem import LipschitzPenalty
from toylab.solvers.network.batches import Batch
from toylab.solvers.network.normalisation import NormalisedProblem


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """One network in training.

    Attributes:
        problem: what it is trained on.
        generator: its own source of randomness, so that its results do not depend on who is trained beside it.
        everything: all points of the problem, on the device.
    """

    problem: NormalisedProblem
    generator: torch.Generator
    everything: Batch

    @classmethod
    def of(cls, problem: NormalisedProblem, seed: int, start: int, dtype: torch.dtype, device: torch.device) -> Member:
        """The member for one start of a solver with this seed."""
        number = int(np.random.SeedSequence([seed, start]).generate_state(1, np.uint64)[0]) >> 1
        generator = torch.Generator(device=device).manual_seed(number)
        return cls(problem=problem, generator=generator, everything=problem.batch(dtype, device))


@dataclass(frozen=True, eq=False)
class _LossGroup:
    """Members in a row that share their losses, K of them from `rows`."""

    rows: slice
    losses: LossPair


class Members:
    """K members as tensors; batches are padded to equal sizes, by points that repeat another and weigh 0.

    Attributes:
        list: the members.
        scale: (K, 1), f = offset + scale · network.
        offset: (K, 1).
        weight: (K, 1), λ in the units of the training.
        target: (K, 1), k₀.
        sizes: fake and real points of a padded batch.
    """

    def __init__(self, members: list[Member], minibatch: int | None = None) -> None:
        self.list, self._like = members, members[0].everything.fake.new_zeros(())
        self.scale = self._column([member.problem.scale_and_offset[0] for member in members])
        self.offset = self._column([member.problem.scale_and_offset[1] for member in members])
        penalties = [_penalty(member.problem) for member in members]
        self.weight = self._column([penalty.weight for penalty in penalties])
        self.target = self._column([penalty.target for penalty in penalties])
        batches = [member.everything for member in members]
        full = max(len(batch.fake) for batch in batches), max(len(batch.real) for batch in batches)
        self.sizes = full if minibatch is None else (minibatch, minibatch)
        self._fake_ends = self._ends([member.problem.problem.fake.points for member in members])
        self._real_ends = self._ends([member.problem.problem.real.points for member in members])
        self._groups, start = [], 0
        for losses, same in groupby(members, key=lambda member: member.problem.problem.losses):
            rows = slice(start, start + len(list(same)))
            self._groups.append(_LossGroup(rows, losses))
            start = rows.stop

    def _column(self, numbers: list[float]) -> Tensor:
        return self._like.new_tensor(numbers).unsqueeze(1)

    def _ends(self, points: list[np.ndarray]) -> tuple[Tensor, Tensor, Tensor]:
        """All points of one side in one list, how many each member has, and where they begin."""
        lists = [member.problem.points(own) for member, own in zip(self.list, points, strict=True)]
        counts = [len(own) for own in lists]
        starts = np.cumsum([0, *counts[:-1]])
        index = {"dtype": torch.int64, "device": self._like.device}
        flat = torch.as_tensor(np.concatenate(lists), dtype=self._like.dtype, device=self._like.device)
        return flat, self._column([float(n) for n in counts]), torch.as_tensor(starts, **index).unsqueeze(1)

    def stacked(self, batches: list[Batch]) -> tuple[Tensor, Tensor]:
        """One batch a member, padded: points (K, B, d), fake first, and scale · weights (K, B)."""
        points, weights = [], []
        for batch in batches:
            sides = ((batch.fake, batch.fake_weights), (batch.real, batch.real_weights))
            for (own, mass), size in zip(sides, self.sizes, strict=True):
                missing = size - len(own)
                points += [own, own[:1].expand(missing, -1)]
                weights += [mass, mass.new_zeros(missing)]
        shape = (len(batches), sum(self.sizes))
        return torch.cat(points).view(*shape, -1), torch.cat(weights).view(shape) * self.scale

    def blends(self, uniform: Tensor) -> Tensor:
        """Blends with their lots (S, K, c, d + 1) from uniform numbers (S, K, c, 4).

        The numbers say which fake point, which real one, where between them, and the lot. The pairs are those of
        the member's own points, whatever it is padded to.
        """
        ends = []
        for number, (points, count, first) in zip(uniform.unbind(-1), (self._fake_ends, self._real_ends), strict=False):
            which = torch.minimum((number * count).floor_(), count - 1.0).long()  # number · count may round up
            ends.append(points[which + first])
        return torch.cat([torch.lerp(ends[1], ends[0], uniform[..., 2:3]), uniform[..., 3:]], dim=-1)

    def slopes_into(self, values: Tensor, out: Tensor) -> None:
        """Write φ'(f) on fake and ϕ'(f) on real points to (K, B)."""
        fakes = self.sizes[0]
        for group in self._groups:
            fake, real = values[group.rows, :fakes], values[group.rows, fakes:]
            out[group.rows, :fakes] = group.losses.fake_loss.slope(fake)
            out[group.rows, fakes:] = group.losses.real_loss.slope(real)

    def objectives(self, values: Tensor, weights: Tensor) -> Tensor:
        """J (S, K) of values (S, K, B) with scale · weights (S, K, B) or (K, B)."""
        losses, fakes = torch.empty_like(values), self.sizes[0]
        for group in self._groups:
            fake, real = values[:, group.rows, :fakes], values[:, group.rows, fakes:]
            losses[:, group.rows, :fakes] = group.losses.fake_loss.value(fake)
            losses[:, group.rows, fakes:] = group.losses.real_loss.value(real)
        return (losses * weights).sum(dim=-1) / self.scale.squeeze(1)

    def means(self, values: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Means (S, K) over fake and over real points, of the same arguments."""
        shares, fakes = values * weights / self.scale, self.sizes[0]
        return shares[..., :fakes].sum(dim=-1), shares[..., fakes:].sum(dim=-1)


def _penalty(problem: NormalisedProblem) -> LipschitzPenalty:
    regularizer = problem.regularizer
    assert isinstance(regularizer, LipschitzPenalty), "MaxGradientPenalty.check lets nothing else through"
    return regularizer


__all__ = ["Member", "Members"]
