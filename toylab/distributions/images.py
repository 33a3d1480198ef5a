"""Synthetic pictures: what stands in for photographs in high dimension, so that nothing has to be downloaded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.distributions.base import Box, Distribution
from toylab.errors import whole_number


@dataclass(frozen=True)
class SmoothImages(Distribution):
    """Random smooth colour pictures with values in [−1, 1]: noise whose amplitude falls like 1/frequency.

    Photographs have such a spectrum. Three quarters of each channel are shared by all channels (brightness), a
    quarter is its own (colour); every picture is scaled so that its largest value is 1 in size. Like photographs, and
    unlike white noise, two pictures differ in few directions; unlike photographs, they show nothing.

    Attributes:
        side: height and width in pixels.
        channels: colours.
    """

    side: int = 32
    channels: int = 3

    def __post_init__(self) -> None:
        object.__setattr__(self, "side", whole_number(self.side, "the side of a picture", least=2))
        object.__setattr__(self, "channels", whole_number(self.channels, "the number of channels", least=1))

    @property
    @override
    def dimension(self) -> int:
        return self.side**2 * self.channels

    @override
    def sample_points(self, n: int, rng: np.random.Generator) -> np.ndarray:
        """Points (n, side · side · channels), in the order height, width, channel."""
        white = rng.normal(size=(n, self.channels + 1, self.side, self.side))
        frequency = np.fft.fftfreq(self.side)
        size = np.hypot(frequency[:, None], frequency)
        fall = np.divide(1.0, size, out=np.zeros_like(size), where=size > 0)  # no mean: pictures are neither dark nor
        smooth = np.fft.ifft2(np.fft.fft2(white) * fall).real  # light as a whole
        pictures = 0.75 * smooth[:, :1] + 0.25 * smooth[:, 1:]
        pictures /= np.abs(pictures).max(axis=(1, 2, 3), keepdims=True)
        return np.moveaxis(pictures, 1, -1).reshape(n, self.dimension)

    @override
    def bounding_box(self) -> Box:
        return -np.ones(self.dimension), np.ones(self.dimension)
