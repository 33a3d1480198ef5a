"""Funnels as trained networks: the family that contains the optimal critic.

    f(z) = c + s · max_j (v_j − ‖z − y_j‖)

With s > 0 and centres y_j at the real points this is the lower extension of an optimal critic (THEORY section 2, off
the support); its gradient has norm |s| wherever it is differentiable. With a temperature τ > 0 the maximum is
τ ln Σ_j exp(·/τ), which is smooth in the parameters and in z except at the centres, and not steeper.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from typing_extensions import override

from toylab.errors import InputError, real_number
from toylab.problem import CriticProblem
from toylab.solvers.network.architectures import AbstractArchitecture, Parameters
from toylab.solvers.network.normalisation import NormalisedProblem


@dataclass(frozen=True, kw_only=True, eq=False)
class Funnel(AbstractArchitecture):
    """Cones over centres, with heights, a common slope and an offset to be trained.

    Parameters are [heights v (K, 1, N), slope s (K, 1, 1), offset c (K, 1, 1), centres y (K, N, d)].

    Attributes:
        centres: (N, d), where the cones stand, in the units of the training (`Funnel.over` moves the real points of
            a problem there).
        temperature: τ ≥ 0 of the smoothed maximum, in the unit of the points; 0 is the maximum itself.
        moving: whether the centres are trained too.
        spread: of the random heights at the start, ± this.

    Raises:
        InputError: centres that are not a finite (N, d) array, a negative temperature or spread.
    """

    centres: np.ndarray
    temperature: float = 0.0
    moving: bool = False
    spread: float = 0.01

    def __post_init__(self) -> None:
        try:
            centres = np.array(self.centres, dtype=np.float64)
        except (TypeError, ValueError):
            raise InputError("the centres of a funnel must be an array of numbers (N, d).") from None
        if centres.ndim != 2 or not len(centres) or not np.isfinite(centres).all():
            raise InputError(f"the centres of a funnel must be a finite array (N, d), got shape {centres.shape}.")
        centres.setflags(write=False)
        object.__setattr__(self, "centres", centres)
        for name in ("temperature", "spread"):
            if real_number(getattr(self, name), f"the {name} of a funnel") < 0:
                raise InputError(f"the {name} of a funnel must not be negative, got {getattr(self, name)}.")

    @classmethod
    def over(cls, problem: CriticProblem, *, temperature: float = 0.0, moving: bool = False) -> Funnel:
        """Cones over the real points of a problem that carry mass, in the units its critics are trained in."""
        carried = problem.real.points[problem.real.weights > 0]
        centres = NormalisedProblem.of(problem).points(np.unique(carried, axis=0))
        return cls(centres=centres, temperature=temperature, moving=moving)

    @override
    def init(
        self, ensemble_size: int, dimension: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Parameters:
        if dimension != self.centres.shape[1]:
            raise InputError(f"the funnel has centres in R^{self.centres.shape[1]}, the points lie in R^{dimension}.")
        options = {"dtype": dtype, "device": generator.device}
        random = torch.rand(ensemble_size, 1, len(self.centres), generator=generator, **options)
        centres = torch.tensor(self.centres, **options).expand(ensemble_size, -1, -1).clone()
        slope, offset = torch.ones(ensemble_size, 1, 1, **options), torch.zeros(ensemble_size, 1, 1, **options)
        trained = [self.spread * (2.0 * random - 1.0), slope, offset]
        # centres that stand still keep their place in the list: a gradient of 0 instead of none
        return [*(parameter.requires_grad_() for parameter in trained), centres.requires_grad_()]

    @override
    def value(self, parameters: Parameters, z: Tensor) -> Tensor:
        cones, _ = self._cones(parameters, z)
        return self._scaled(parameters, cones)

    @override
    def value_and_input_gradient(
        self, parameters: Parameters, z: Tensor, *, last: int | None = None
    ) -> tuple[Tensor, Tensor]:
        cones, distance = self._cones(parameters, z)
        start = 0 if last is None else z.shape[-2] - last
        points = (z if z.dim() == 3 else z.expand(len(cones), *z.shape))[:, start:]
        directions = self._directions(parameters, points, cones[:, start:], distance[:, start:])
        return self._scaled(parameters, cones), parameters[1] * directions

    def _centres(self, parameters: Parameters) -> Tensor:
        return parameters[3] if self.moving else parameters[3].detach()

    def _cones(self, parameters: Parameters, z: Tensor) -> tuple[Tensor, Tensor]:
        """Heights v_j − ‖z − y_j‖ and distances, (K, m, N) each."""
        centres = self._centres(parameters)
        points = z if z.dim() == 3 else z.expand(len(centres), *z.shape)
        distance = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist")
        return parameters[0] - distance, distance

    def _scaled(self, parameters: Parameters, cones: Tensor) -> Tensor:
        tau = self.temperature
        top = tau * torch.logsumexp(cones / tau, dim=-1) if tau > 0 else cones.amax(dim=-1)
        return (parameters[2] + parameters[1] * top.unsqueeze(-1)).squeeze(-1)

    def _directions(self, parameters: Parameters, points: Tensor, cones: Tensor, distance: Tensor) -> Tensor:
        """Σ_j π_j (y_j − z)/‖y_j − z‖ with π the softmax, or the one highest cone; 0 towards a centre on z itself."""
        centres = self._centres(parameters)
        if self.temperature > 0:
            share = torch.softmax(cones / self.temperature, dim=-1) / torch.where(distance > 0, distance, torch.inf)
            return torch.bmm(share, centres) - share.sum(dim=-1, keepdim=True) * points
        highest = cones.argmax(dim=-1, keepdim=True).expand(-1, -1, points.shape[-1])
        return torch.nn.functional.normalize(torch.gather(centres, 1, highest) - points, dim=-1)

    @override
    def rescaled(self, parameters: Parameters, scale: Tensor, offset: Tensor) -> Parameters:
        scale, offset = scale.reshape(-1, 1, 1), offset.reshape(-1, 1, 1)
        heights, slope, shift, centres = parameters
        return [heights, slope * scale, shift * scale + offset, centres]


__all__ = ["Funnel"]
