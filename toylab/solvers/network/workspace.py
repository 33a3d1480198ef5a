"""The arrays of a training step, allocated once, and the views of them that the step reads and writes.

Rows of every array: [steepest | batch | remembered blends | fresh blends]. The steepest rows are filled last, by
what the chosen blends left in their own rows. Points have one more coordinate, their lot: see `AnalyticStep`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.penalties import MaxGradientPenalty


def remembered_count(penalty: MaxGradientPenalty) -> int:
    """How many blends its memory S_max holds."""
    return int(penalty.remembered * penalty.samples)


class Workspace:
    """Arrays for K members; in lists the first entry belongs to the first hidden layer.

    Attributes:
        inputs: (K, batch + blends, d + 1), the points of a step with their lots.
        hidden: values of the hidden units, all rows but the steepest.
        below: what each layer and the output read, inputs first, the same rows.
        slopes: α' at the hidden units, the same rows.
        upper: U, the same rows; rows of the batch are U times g.
        factor: (K, rows, 1), scale · g at the batch, scale at blends.
        batch_factor: (K, B), its rows of the batch.
        gradients: (K, blends, d), ∇f at the blends.
        lots: (K, blends), of the blends.
        memory: (K, r, d + 1), the remembered blends.
    """

    def __init__(self, net: FlatMLP, scale: Tensor, batch: int, penalty: MaxGradientPenalty) -> None:
        width, depth, dimension = net.architecture.width, net.architecture.depth, net.dimension
        members, share = net.members, penalty.share
        rows, used = share + batch + penalty.samples, share + batch
        span = depth * width
        points = net.flat.new_zeros(members, rows, dimension + 1)
        layers = [points[..., :dimension], *(net.flat.new_zeros(members, rows, width) for _ in range(depth))]
        # one row: [slopes of all layers | U of all layers | factor | gradient], so that one gather fetches a blend
        wide = net.flat.new_zeros(members, rows, 2 * span + 1 + dimension)
        slopes = list(wide[..., :span].split(width, dim=2))
        upper = list(wide[..., span : 2 * span].split(width, dim=2))

        self.inputs = points[:, share:]
        self.below = [layer[:, share:] for layer in layers]
        self.hidden = self.below[1:]
        self.slopes = [slope[:, share:] for slope in slopes]
        self.upper = [part[:, share:] for part in upper]
        self.batch_top = layers[-1][:, share:used]
        factor = wide[..., 2 * span : 2 * span + 1]
        factor.copy_(scale.unsqueeze(-1))
        self.factor, self.batch_factor = factor[:, share:], factor[:, share:used, 0]
        self.blend_upper = upper[0][:, used:]
        self.gradients = wide[:, used:, 2 * span + 1 :]

        self.lots = points[:, used:, dimension]
        self.memory = net.flat.new_zeros(members, remembered_count(penalty), dimension + 1)
        self.flat_memory = self.memory.view(-1, dimension + 1)
        self.all_points, self.all_rows = points.view(-1, dimension + 1), wide.view(members * rows, -1)
        self.first_blend = torch.arange(members, device=points.device).unsqueeze(1) * rows + used
        self.chosen = wide.new_zeros(members * share, wide.shape[2])
        chosen = self.chosen.view(members, share, -1)
        self.chosen_slopes = list(chosen[..., :span].split(width, dim=2))
        self.chosen_upper, self.chosen_gradients = chosen[..., span : 2 * span], chosen[..., 2 * span + 1 :]
        self.steepest_upper = wide[:, :share, span : 2 * span]
        self.steepest = [layer[:, :share] for layer in layers]

        self.used_below = [layer[:, :used].transpose(1, 2) for layer in layers]
        self.used_upper = [*(part[:, :used] for part in upper), factor[:, :used]]
        self.bias_terms = wide[:, share:used, span : 2 * span + 1]


__all__ = ["Workspace", "remembered_count"]
