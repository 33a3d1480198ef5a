"""How good samples of a generator are: parts covered, share of high quality, W₁ to real samples.

The convention is VEEGAN's (Srivastava et al. 2017, section 4.1), which PacGAN (Lin et al. 2018, section 4) took over,
with 2500 samples: a sample is of high quality if it lies within three standard deviations of the nearest mode. There a
mode counts as captured from the first such sample on; here from `Scoring.least` = 20 on (where each of 25 modes should
have 100), since a generator that spreads samples evenly over the whole plane hits every mode once or twice by chance.
`Scoring(least=1)` is VEEGAN's own count. Along a swiss roll the distance is that to the curve, and what is covered are
pieces of it that have equal mass.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from toylab.divergences import wasserstein1
from toylab.dynamics.networks.targets import AbstractTarget
from toylab.errors import InputError, real_number, whole_number
from toylab.measures import DiscreteMeasure


@dataclass(frozen=True, kw_only=True)
class Scores:
    """What samples are worth.

    Attributes:
        covered: parts with enough samples of high quality.
        quality: share of the samples within `Scoring.within` standard deviations.
        near: share of them within `Scoring.near`.
        w1: W₁ to real samples, exact between the two samples.
    """

    covered: int
    quality: float
    near: float
    w1: float


@dataclass(frozen=True, kw_only=True)
class Scoring:
    """How samples are judged.

    Attributes:
        samples: how many are drawn for the shares and the count.
        within: standard deviations within which a sample is of high quality.
        near: a wider number of them, for a second share.
        least: samples of high quality from which on a part is covered.
        w1_points: points a side of W₁, whose cost grows faster than their square.

    Raises:
        InputError: a number outside its range.
    """

    samples: int = 2500
    within: float = 3.0
    near: float = 4.0
    least: int = 20
    w1_points: int = 1000

    def __post_init__(self) -> None:
        whole_number(self.samples, "the number of samples that are scored", least=1)
        whole_number(self.least, "the samples that cover a part", least=1)
        whole_number(self.w1_points, "the points of W1", least=1)
        if self.w1_points > self.samples:
            raise InputError(f"W1 is taken between at most the {self.samples} samples drawn, got {self.w1_points}.")
        if not 0 < real_number(self.within, "within") <= real_number(self.near, "near"):
            raise InputError(f"scores need 0 < within <= near, got {self.within} and {self.near}.")

    def of(self, samples: np.ndarray, target: AbstractTarget, real: np.ndarray) -> Scores:
        """The scores of samples (m, d) beside real ones (n, d); W₁ of the first `w1_points` of either.

        Raises:
            InputError: samples that are not finite.
        """
        distance, part = target.locate(DiscreteMeasure(samples).points)
        good = distance <= self.within * target.scale
        hits = np.bincount(part[good], minlength=target.parts)
        sides = (DiscreteMeasure(points[: self.w1_points]) for points in (samples, real))
        return Scores(
            covered=int((hits >= self.least).sum()),
            quality=float(good.mean()),
            near=float((distance <= self.near * target.scale).mean()),
            w1=wasserstein1(*sides),
        )

    def describe(self, what: str = "parts") -> str:
        """One sentence."""
        return (
            f"of {self.samples} samples those within {self.within:g}σ of a mode (of the curve) are of high quality, "
            f"those within {self.near:g}σ near; {what} count as covered from {self.least} samples of high quality on; "
            f"W₁ is exact between {self.w1_points} samples and {self.w1_points} reals"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


__all__ = ["Scores", "Scoring"]
