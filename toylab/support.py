"""The points of two measures together, coinciding ones merged."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toylab.measures import DiscreteMeasure


@dataclass(frozen=True, eq=False)
class Support:
    """The points of both measures with coinciding ones merged (equal coordinates, digit for digit).

    Attributes:
        points: (N, d).
        fake_weights: (N,), p_z.
        real_weights: (N,), q_z.
        fake_owner: (n_fake,), the merged point of each fake point, in the caller's order.
        real_owner: (n_real,), the same for the real points.
    """

    points: np.ndarray
    fake_weights: np.ndarray
    real_weights: np.ndarray
    fake_owner: np.ndarray
    real_owner: np.ndarray

    @cached_property
    def in_fake(self) -> np.ndarray:
        """Mask (N,) of S_g, the points with fake mass."""
        return self.fake_weights > 0

    @cached_property
    def in_real(self) -> np.ndarray:
        """Mask (N,) of S_r, the points with real mass."""
        return self.real_weights > 0

    @cached_property
    def mass_rounding(self) -> np.ndarray:
        """(N,), rounding of the merged masses: two measures that differ by less are equal."""
        count = len(self.fake_owner) + len(self.real_owner)
        return 4.0 * float(np.finfo(np.float64).eps) * count * (self.fake_weights + self.real_weights)

    @cached_property
    def equal_measures(self) -> bool:
        """Whether P_g = P_r up to rounding."""
        return bool((np.abs(self.fake_weights - self.real_weights) <= self.mass_rounding).all())

    @cached_property
    def diameter(self) -> float:
        """Length of the diagonal of the bounding box: an upper bound of every distance."""
        return float(np.linalg.norm(np.ptp(self.points, axis=0)))


def merge(fake: DiscreteMeasure, real: DiscreteMeasure) -> Support:
    """The merged support of two measures."""
    stacked = np.concatenate([fake.points, real.points]) + 0.0  # turns -0.0 into 0.0
    points, owner = np.unique(stacked, axis=0, return_inverse=True)
    owner = owner.reshape(-1)
    fake_owner, real_owner = owner[: len(fake)], owner[len(fake) :]
    size = len(points)
    points.setflags(write=False)
    return Support(
        points=points,
        fake_weights=np.bincount(fake_owner, weights=fake.weights, minlength=size),
        real_weights=np.bincount(real_owner, weights=real.weights, minlength=size),
        fake_owner=fake_owner,
        real_owner=real_owner,
    )
