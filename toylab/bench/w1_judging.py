"""How a critic is judged in a cell of the Wasserstein-1 benchmark.

The published code takes ∇u from torch.cdist in float32, whose distances come from a matrix product: within about
1e-3 of a tip the distance is lost, and ∇u comes out as 0 or too long. In the plane a tenth of the fakes and more lie
there, so that u itself has a cosine of only .84 to .90 with it. Figures beside the published ones are therefore judged
the same way ("as published"), and those against the exact ∇u = (x − a)/‖x − a‖ are reported as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from toylab.bench.w1_published import Cell
from toylab.critics import Critic, unit_vectors
from toylab.distributions import MinFunnels, published_funnels

#: Fresh fakes (and reals) that a critic is judged on, as in the publication.
JUDGED_POINTS = 4096


@dataclass(frozen=True, kw_only=True)
class Result:
    """What one method reached in one cell.

    Attributes:
        method: its name.
        family: "general", or "truth's shape" where the critics have the form of the known optimum.
        cosine: mean cosine of ∇f and ∇u on fresh fakes.
        l2: mean ‖∇f − ∇u‖² there, of the critic as it was trained: for the constant 1.
        cosine_as_published: the cosine with ∇u as the published code computes it.
        l2_as_published: the same for l2.
        w1: E_real f − E_fake f of that critic.
        steepest: its largest gradient norm found on fresh fakes and on blends; w1/steepest is below W₁.
        seconds: wall time of finding it.
        cpu_seconds: processor time of finding it.
        details: steps, samples and what else is worth keeping.
    """

    method: str
    family: str
    cosine: float
    l2: float
    cosine_as_published: float
    l2_as_published: float
    w1: float
    steepest: float
    seconds: float
    cpu_seconds: float
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain data; `Result(**data)` leads back."""
        return {**asdict(self), "details": dict(self.details)}


class Judge:
    """Points of a cell that no critic was trained on, with the optimum's gradients.

    Attributes:
        funnels: the pair.
        true_w1: W₁ of the pair: by quadrature in the plane, else the mean over 65 536 pairs.
        w1_error: standard error of that mean, 0 for the quadrature.
    """

    def __init__(self, cell: Cell, degree: float, rng: np.random.Generator) -> None:
        self.funnels: MinFunnels = published_funnels(cell.dimension, cell.funnels, degree=degree)
        self._fake = self.funnels.fake.sample_points(JUDGED_POINTS, rng)
        self._real = self.funnels.real.sample_points(JUDGED_POINTS, rng)
        position = rng.random((JUDGED_POINTS, 1))
        self._blends = position * self._fake + (1.0 - position) * self._real
        self._truth = self.funnels.potential.gradient(self._fake)
        self._published_truth = _published_gradient(self.funnels, self._fake)
        if cell.dimension == 2:
            self.true_w1, self.w1_error = self.funnels.population_w1, 0.0
        else:
            self.true_w1, self.w1_error = self.funnels.estimate_w1(65_536, rng)

    @property
    def ceiling(self) -> float:
        """The cosine as published of the optimal critic itself."""
        return _cosine(self._truth, self._published_truth)

    def judged(self, method: str, family: str, critic: Critic, clock: Clock, **details: Any) -> Result:
        """The result of a critic that took the time of this clock."""
        gradient = critic.gradient(self._fake)
        on_blends = np.linalg.norm(critic.gradient(self._blends), axis=1)
        norm = np.linalg.norm(gradient, axis=1)
        return Result(
            method=method,
            family=family,
            cosine=_cosine(gradient, self._truth),
            l2=_l2(gradient, self._truth),
            cosine_as_published=_cosine(gradient, self._published_truth),
            l2_as_published=_l2(gradient, self._published_truth),
            w1=float(critic(self._real).mean() - critic(self._fake).mean()),
            steepest=float(max(norm.max(), on_blends.max())),
            seconds=clock.seconds,
            cpu_seconds=clock.cpu_seconds,
            details=details,
        )


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float((unit_vectors(one) * unit_vectors(other)).sum(axis=1).mean())


def _l2(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.square(one - other).sum(axis=1).mean())


def _published_gradient(funnels: MinFunnels, z: np.ndarray) -> np.ndarray:
    """∇u at z as the published code computes it, (m, d)."""
    import torch

    points = torch.tensor(z, dtype=torch.float32, requires_grad=True)
    centres = torch.tensor(funnels.centres, dtype=torch.float32)
    biases = torch.tensor(funnels.biases, dtype=torch.float32)
    values = (torch.cdist(points, centres) + biases).amin(dim=1)
    (gradient,) = torch.autograd.grad(values.sum(), points)
    return gradient.double().numpy()


@dataclass(frozen=True)
class Clock:
    """Times of one piece of work, in seconds.

    Attributes:
        seconds: by the wall.
        cpu_seconds: of all threads.
    """

    seconds: float
    cpu_seconds: float


__all__ = ["JUDGED_POINTS", "Clock", "Judge", "Result"]
