"""One training step of MaxGP with the backward pass written out, K members at once, without autograd.

    L = Σ_z p_z φ_z(f(z)) + λ_t (k − k₀)₊²,   f = offset + scale · net,   k = Σ_i w_i ‖∇f(s_i)‖

over the batch z and the steepest blends s_i, with the weights w of `MaxGradientPenalty`. The activations are linear
between kinks. With their slopes S_l at the units of layer l, where h_l = α(h_{l−1} W_l + b_l), let

    U_L = scale · S_L ⊙ w,   U_{l−1} = S_{l−1} ⊙ (U_l W_lᵀ),   so that ∇f = U_1 W_1ᵀ   (back through the net)
    V_0 = ∂L/∂(∇f),          V_l = S_l ⊙ (V_{l−1} W_l)                                 (forth through its slopes)

Then ∂L/∂W_l is Σ h_{l−1}ᵀ (g U_l) over the batch, g = ∂L/∂f, plus Σ V_{l−1}ᵀ U_l over the steepest blends. The rows
of every array are [steepest | batch | blends]: one product a layer serves them all, one more gives the derivative.

A network that is linear in pieces has the same gradient at many blends. Rounding must not choose among them, or the
result would depend on who is trained beside whom: every blend has a lot in [0, 1), drawn with it, which counts as
one part in a thousand of its gradient norm when the steepest blends are chosen.

Nothing in a step depends on a number that has to be fetched from the device, and all that outlives a step has a fixed
address: the same step runs on a CPU and inside a CUDA graph.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from toylab.solvers.network.flat_mlp import FlatMLP
from toylab.solvers.network.members import Members
from toylab.solvers.network.penalties import MaxGradientPenalty
from toylab.solvers.network.piecewise_linear import bend
from toylab.solvers.network.updates import AbstractUpdates
from toylab.solvers.network.workspace import Workspace, remembered_count

#: What a lot of 1 adds to a gradient norm, relative to it.
_LOT = 1e-3


@dataclass(frozen=True, kw_only=True, eq=False)
class StepInputs:
    """What changes from step to step, all on the device.

    Attributes:
        points: (K, B, d + 1), the batch, fake points first; the last coordinate does not matter.
        weights: (K, B), scale · p_z; 0 for padding.
        fresh: (K, c, d + 1), new blends with their lots.
        twice_weight: (K, 1), 2 λ_t.
        rate: (), the learning rate.
        count: (), steps taken, this one included.
    """

    points: Tensor
    weights: Tensor
    fresh: Tensor
    twice_weight: Tensor
    rate: Tensor
    count: Tensor


@dataclass(frozen=True, kw_only=True, eq=False)
class StepOutputs:
    """What a step saw, before its update.

    Attributes:
        values: (K, B), f at the batch.
        steepness: (2, K, 1), the k that was charged, and the largest ‖∇f‖ among the blends.
    """

    values: Tensor
    steepness: Tensor


class AnalyticStep:
    """Parameters, memory and work space of K members, and the step that improves them.

    Attributes:
        net: the parameters.
        derivative: of the last step, in the same layout.
        updates: the optimiser with its moments.
        members: the data of the members.
        work: arrays of a step, the remembered blends among them.
    """

    def __init__(self, net: FlatMLP, members: Members, penalty: MaxGradientPenalty, updates: AbstractUpdates) -> None:
        self.net, self.derivative, self.updates, self.members = net, net.like(), updates, members
        self.work = Workspace(net, members.scale, sum(members.sizes), penalty)
        self._activation, self._penalty = net.architecture.activation, penalty
        self._remembered = remembered_count(penalty)
        self._kept = max(penalty.share, self._remembered)

    @torch.inference_mode()
    def take(self, inputs: StepInputs, outputs: StepOutputs) -> None:
        """One step of the optimiser."""
        self.differentiate(inputs, outputs)
        self.updates.step(self.net, self.derivative, inputs.rate, inputs.count)

    @torch.inference_mode()
    def differentiate(self, inputs: StepInputs, outputs: StepOutputs) -> None:
        """Write ∂L/∂(parameters) of every member to `derivative`, and remember the steepest blends."""
        torch.cat([inputs.points, self.work.memory, inputs.fresh], dim=1, out=self.work.inputs)
        self._forward()
        self._weigh(inputs.weights, outputs.values)
        self._backward()
        self._charge(inputs.twice_weight, outputs.steepness)
        self._collect()

    def _forward(self) -> None:
        net, work = self.net, self.work
        for bias, below, weight, hidden, slope in zip(
            net.biases, work.below, net.weights, work.hidden, work.slopes, strict=False
        ):
            torch.baddbmm(bias, below, weight, out=hidden)
            bend(self._activation, hidden, slope)

    def _weigh(self, weights: Tensor, values: Tensor) -> None:
        """F at the batch, and scale · g there."""
        members = self.members
        raw = torch.baddbmm(self.net.biases[-1], self.work.batch_top, self.net.weights[-1]).squeeze(-1)
        torch.addcmul(members.offset, raw, members.scale, out=values)
        members.slopes_into(values, self.work.batch_factor)
        self.work.batch_factor.mul_(weights)

    def _backward(self) -> None:
        net, work = self.net, self.work
        torch.mul(work.factor, net.transposed[-1], out=work.upper[-1])
        work.upper[-1].mul_(work.slopes[-1])
        for layer in range(len(work.upper) - 1, 0, -1):
            torch.bmm(work.upper[layer], net.transposed[layer], out=work.upper[layer - 1])
            work.upper[layer - 1].mul_(work.slopes[layer - 1])
        torch.bmm(work.blend_upper, net.transposed[0], out=work.gradients)

    def _charge(self, twice_weight: Tensor, steepness: Tensor) -> None:
        """V at the steepest blends, whose U moves to the front."""
        work, share = self.work, self._penalty.share
        norms = torch.linalg.vector_norm(work.gradients, dim=-1)
        order = torch.addcmul(norms, norms, work.lots, value=_LOT).topk(self._kept, dim=1).indices
        rates = self._rates(norms.gather(1, order[:, :share]), twice_weight, steepness)
        rows = order.add_(work.first_blend)
        torch.index_select(work.all_rows, 0, rows[:, :share].reshape(-1), out=work.chosen)
        torch.index_select(work.all_points, 0, rows[:, : self._remembered].reshape(-1), out=work.flat_memory)
        work.steepest_upper.copy_(work.chosen_upper)
        torch.mul(work.chosen_gradients, rates.unsqueeze(-1), out=work.steepest[0])
        for below, weight, slope, here in zip(
            work.steepest, self.net.weights, work.chosen_slopes, work.steepest[1:], strict=False
        ):
            torch.mul(torch.bmm(below, weight), slope, out=here)

    def _rates(self, norms: Tensor, twice_weight: Tensor, steepness: Tensor) -> Tensor:
        """∂L/∂‖∇f(s_i)‖ / ‖∇f(s_i)‖ from the largest norms; 0 where the gradient is 0."""
        tiny, largest = torch.finfo(norms.dtype).tiny, norms.amax(dim=1, keepdim=True)
        softness = torch.softmax(norms / (self._penalty.temperature * largest + tiny), dim=1)
        k = (softness * norms).sum(dim=1, keepdim=True)
        torch.stack([k, largest], out=steepness)
        price_slope = (k - self.members.target).clamp_min_(0.0).mul_(twice_weight)
        return softness.div_(norms.clamp_min(tiny)).mul_(price_slope)

    def _collect(self) -> None:
        work, derivative = self.work, self.derivative
        for below, upper, slope in zip(work.used_below, work.used_upper, derivative.weights, strict=True):
            torch.bmm(below, upper, out=slope)
        torch.sum(work.bias_terms, dim=1, keepdim=True, out=derivative.all_biases)


__all__ = ["AnalyticStep", "StepInputs", "StepOutputs"]
