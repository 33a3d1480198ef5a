"""The toy sets of the WGAN-GP line of papers: Gaussians on a circle and on a grid.

Source: Gulrajani et al. (2017), Improved Training of Wasserstein GANs, released toy code.
"""

from __future__ import annotations

import numpy as np

from toylab.distributions.base import positive
from toylab.distributions.combined import Mixture, gaussian_mixture
from toylab.errors import whole_number


def gaussians_on_circle(count: int = 8, *, radius: float = 2.0, scale: float = 0.02, divisor: float = 1.414) -> Mixture:
    """Equal Gaussians at equal angles on a circle, everything divided by `divisor`; the defaults are "8 Gaussians".

    Args:
        count: number of Gaussians; the first lies on the positive x-axis.
        radius: of the circle, before the division.
        scale: standard deviation of each, before the division.
        divisor: what points are divided by.

    Raises:
        InputError: a count below 1, or a length that is not positive.
    """
    angle = 2.0 * np.pi * np.arange(whole_number(count, "the number of Gaussians", least=1)) / count
    centres = positive(radius, "the radius") * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _divided(centres, scale, divisor)


def gaussians_on_grid(side: int = 5, *, spacing: float = 2.0, scale: float = 0.05, divisor: float = 2.828) -> Mixture:
    """Equal Gaussians on a square grid about the origin, everything divided by `divisor`; defaults: "25 Gaussians".

    Args:
        side: Gaussians along one side, side² in all.
        spacing: between neighbours, before the division.
        scale: standard deviation of each, before the division.
        divisor: what points are divided by.

    Raises:
        InputError: a side below 1, or a length that is not positive.
    """
    count = whole_number(side, "the number of Gaussians along a side", least=1)
    line = positive(spacing, "the spacing") * (np.arange(count) - (count - 1) / 2.0)
    return _divided(np.stack(np.meshgrid(line, line, indexing="ij"), axis=-1).reshape(-1, 2), scale, divisor)


def _divided(centres: np.ndarray, scale: float, divisor: float) -> Mixture:
    shrink = positive(divisor, "the divisor")
    return gaussian_mixture(centres / shrink, positive(scale, "the scale of the Gaussians") / shrink)
