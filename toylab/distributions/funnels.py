"""Min-funnel pairs: continuous measures whose optimal coupling and Kantorovich potential are known.

u(z) = min_n (‖z − a_n‖ + b_n) is 1-Lipschitz. Draw y from the uniform distribution Q of a box, let a be the centre of
the funnel that is active at y, and move y towards a to x = a + t^degree · ray, where `ray` runs from a through y to the
place where another funnel takes over or the box ends, and t = ‖y − a‖/‖ray‖. Then u(y) − u(x) = ‖y − x‖ for every
pair, so that with Q real and the law of x fake the pairs are an optimal coupling and u an optimal Wasserstein critic:

    W₁ = E‖x − y‖ = E u(y) − E u(x),     ∇u(x) = (x − a)/‖x − a‖, away from the centre and towards y.

The same holds for any finite sample of pairs: its empirical measures have W₁ = mean ‖x_i − y_i‖ exactly.

Source: Korotin, Kolesov, Burnaev (2022), Kantorovich Strikes Back!, NeurIPS Datasets and Benchmarks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.critics import UpperExtension, row_blocks
from toylab.distributions.base import Box, Distribution, check_generator, one_point, positive
from toylab.distributions.shapes import UniformBox
from toylab.errors import InputError, whole_number
from toylab.measures import DiscreteMeasure

#: Half the side of the published benchmark's box, and the seed of its centres and biases.
PUBLISHED_HALF_SIDE, PUBLISHED_SEED = 2.5, 987


@dataclass(frozen=True, eq=False)
class MinFunnels:
    """A pair of measures with a known optimum: `real` uniform on a box, `fake` the same mass drawn down the funnels.

    Attributes:
        centres: (N, d), the tips a_n, inside the box |z_c| ≤ half_side.
        biases: (N,), the heights b_n.
        half_side: of the box.
        degree: > 1; the larger, the more fake mass lies near the tips (the benchmark takes 8; in the plane 2 or 3 keeps
            solvers apart that 8 makes look alike).
    """

    centres: np.ndarray
    biases: np.ndarray
    half_side: float
    degree: float

    def __init__(
        self, centres: npt.ArrayLike, biases: npt.ArrayLike, *, half_side: float = 2.5, degree: float = 2.0
    ) -> None:
        tips = DiscreteMeasure(centres).points
        heights = one_point(biases, "biases")
        box, power = positive(half_side, "half_side"), positive(degree, "the degree of funnels")
        if heights.shape != (len(tips),):
            raise InputError(f"{len(tips)} funnels need as many biases, got {len(heights)}.")
        if np.abs(tips).max() > box:
            raise InputError(f"the centres of funnels must lie in the box |z_c| <= {box:g}; enlarge half_side.")
        if power <= 1.0:
            raise InputError(f"the degree of funnels must be larger than 1 (at 1 fake and real agree), got {degree}.")
        for name, value in (("centres", tips), ("biases", heights), ("half_side", box), ("degree", power)):
            object.__setattr__(self, name, value)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.centres.shape[1]

    @property
    def potential(self) -> UpperExtension:
        """The Kantorovich potential u, an optimal critic of the Wasserstein loss in the ball k ≤ 1."""
        return UpperExtension(self.centres, self.biases, 1.0)

    @property
    def real(self) -> UniformBox:
        """Q, the law of y."""
        return UniformBox(np.zeros(self.dimension), self.half_side)

    @property
    def fake(self) -> FunnelFakes:
        """The law of x."""
        return FunnelFakes(self)

    def sample_pairs(self, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """N optimal pairs: fakes x (n, d) and reals y (n, d), row by row.

        Raises:
            InputError: n < 1, or no generator.
        """
        check_generator(rng)
        y = self.real.sample_points(whole_number(n, "the number of pairs", least=1), rng)
        return self.transported(y), y

    def transported(self, y: np.ndarray) -> np.ndarray:
        """The fake x that belongs to each real y, (m, d) -> (m, d)."""
        owner, ray = self._rays(y)
        offset = y - self.centres[owner]
        length = np.linalg.norm(offset, axis=1)
        share = np.minimum(np.divide(length, ray, out=np.zeros_like(length), where=ray > 0), 1.0)
        return self.centres[owner] + share[:, None] ** (self.degree - 1.0) * offset

    def estimate_w1(self, n: int, rng: np.random.Generator) -> tuple[float, float]:
        """E‖x − y‖ from n fresh pairs, and its standard error.

        Raises:
            InputError: n < 2, or no generator.
        """
        x, y = self.sample_pairs(whole_number(n, "the number of pairs", least=2), rng)
        cost = np.linalg.norm(x - y, axis=1)
        return float(cost.mean()), float(cost.std(ddof=1) / np.sqrt(n))

    @cached_property
    def population_w1(self) -> float:
        """W₁ of the two continuous measures, in the plane, to 1e-6 of its size.

        In polar coordinates about each tip the radial integral is elementary:
        W₁ = (degree − 1)/((d + 1)(d + degree)) Σ_n ∫ R_n(v)^(d+1) dv / volume, R_n(v) the length of the ray.

        Raises:
            InputError: not in the plane; use `estimate_w1` there.
        """
        if self.dimension != 2:
            raise InputError(f"W1 of funnels in R^{self.dimension} has no quadrature; use estimate_w1(n, rng).")
        angle = 2.0 * np.pi * (np.arange(2**14) + 0.5) / 2**14  # R³ has kinks: second order, and smooth in between
        directions = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        total = sum(float((self._reach(np.full(len(angle), n), directions) ** 3).mean()) for n in self._active_tips)
        factor = (self.degree - 1.0) / (3.0 * (2.0 + self.degree))
        return factor * 2.0 * np.pi * total / (2.0 * self.half_side) ** 2

    @property
    def _active_tips(self) -> np.ndarray:
        """The funnels that are active at their own tip; no other one is active anywhere."""
        heights = self.biases + cdist(self.centres, self.centres)
        return np.flatnonzero(heights.argmin(axis=1) == np.arange(len(self.centres)))

    def _rays(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The active funnel at z and the length of the ray from its tip through z, each (m,)."""
        owners, lengths = [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
        for rows in row_blocks(len(z), len(self.centres)):
            owner = (self.biases + cdist(z[rows], self.centres)).argmin(axis=1)
            offset = z[rows] - self.centres[owner]
            length = np.linalg.norm(offset, axis=1, keepdims=True)
            owners.append(owner)
            lengths.append(self._reach(owner, np.divide(offset, length, out=np.zeros_like(offset), where=length > 0)))
        return np.concatenate(owners), np.concatenate(lengths)

    def _reach(self, owner: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """How far funnel `owner` (m,) is active from its tip along `directions` (m, d), within the box.

        Funnel m takes over where r + b_n = ‖r v − c‖ + b_m with c = a_m − a_n, that is at
        r = (‖c‖² − δ²)/(2 (v·c + δ)), δ = b_n − b_m, if the denominator is positive, and never otherwise.
        """
        tips = self.centres[owner]
        apart = cdist(self.centres, self.centres)[owner]
        along = directions @ self.centres.T - (directions * tips).sum(axis=1)[:, None]
        rise = self.biases[owner][:, None] - self.biases
        denominator = 2.0 * (along + rise)
        other = (np.arange(len(self.centres)) != owner[:, None]) & (denominator > 0)
        taken = np.divide(apart**2 - rise**2, denominator, out=np.full_like(apart, np.inf), where=other)
        room = np.where(directions > 0, self.half_side - tips, self.half_side + tips)
        wall = np.divide(room, np.abs(directions), out=np.full_like(room, np.inf), where=directions != 0)
        reach = np.minimum(taken.min(axis=1), wall.min(axis=1))
        return np.where(np.isfinite(reach), np.maximum(reach, 0.0), 0.0)


@dataclass(frozen=True, eq=False)
class FunnelFakes(Distribution):
    """The law of x in a min-funnel pair.

    Its density is that of Q divided by degree · t^(d (degree − 1)), t^degree = ‖x − a‖/‖ray‖: infinite at the tips.
    """

    funnels: MinFunnels

    @property
    @override
    def dimension(self) -> int:
        return self.funnels.dimension

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return self.funnels.transported(self.funnels.real.sample_points(n, rng))

    @override
    def density(self, z: np.ndarray) -> np.ndarray:
        z, degree = self._points(z), self.funnels.degree
        owner, ray = self.funnels._rays(z)
        length = np.linalg.norm(z - self.funnels.centres[owner], axis=1)
        share = np.divide(length, ray, out=np.zeros_like(length), where=ray > 0)
        with np.errstate(divide="ignore"):
            return self.funnels.real.density(z) * share ** (-self.dimension * (degree - 1.0) / degree) / degree

    @override
    def distance_to_support(self, z: np.ndarray) -> np.ndarray:
        return self.funnels.real.distance_to_support(z)

    @override
    def bounding_box(self) -> Box:
        return self.funnels.real.bounding_box()


def random_funnels(dimension: int, count: int, rng: np.random.Generator, *, degree: float = 2.0) -> MinFunnels:
    """Funnels with centres uniform in the box |z_c| ≤ 2.5 and biases 0.1 · N(0, 1), as the benchmark draws them.

    Raises:
        InputError: dimension or count below 1, degree not above 1, or no generator.
    """
    check_generator(rng)
    shape = whole_number(count, "the number of funnels", least=1), whole_number(dimension, "the dimension", least=1)
    centres = PUBLISHED_HALF_SIDE * rng.uniform(-1.0, 1.0, size=shape)
    return MinFunnels(centres, 0.1 * rng.normal(size=shape[0]), half_side=PUBLISHED_HALF_SIDE, degree=degree)


def published_funnels(dimension: int, count: int, *, degree: float = 8.0) -> MinFunnels:
    """The funnels of the published benchmark, number by number: torch's CPU generator, seed 987, float32.

    The benchmark's own module draws normal centres and biases first and throws them away; they are drawn here as well,
    because without them every number would be another one.

    Raises:
        InputError: dimension or count below 1, or degree not above 1.
    """
    import torch

    shape = whole_number(count, "the number of funnels", least=1), whole_number(dimension, "the dimension", least=1)
    generator = torch.Generator().manual_seed(PUBLISHED_SEED)
    torch.randn(*shape, generator=generator)
    torch.randn(shape[0], generator=generator)
    centres = PUBLISHED_HALF_SIDE * (2.0 * torch.rand(*shape, generator=generator) - 1.0)
    biases = 0.1 * torch.randn(shape[0], generator=generator)
    return MinFunnels(centres.double().numpy(), biases.double().numpy(), half_side=PUBLISHED_HALF_SIDE, degree=degree)
