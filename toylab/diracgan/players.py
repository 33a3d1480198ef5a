"""What the generator of a Dirac-GAN descends on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from toylab.losses import LossPair
from toylab.storage import read_kind


@dataclass(frozen=True, kw_only=True)
class AbstractGenerator(ABC):
    """Moves θ by dθ/dt = −ψ g(ψθ)."""

    kind: ClassVar[str]

    @abstractmethod
    def slope(self, losses: LossPair, s: np.ndarray) -> np.ndarray:
        """g(s), s = ψθ."""

    @abstractmethod
    def curvature(self, losses: LossPair, s: np.ndarray) -> np.ndarray:
        """g'(s)."""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind}


@dataclass(frozen=True, kw_only=True)
class ZeroSum(AbstractGenerator):
    """It minimises what the critic maximises, as the saturating GAN and WGAN do: g(s) = f'(s) = φ'(−s)."""

    kind = "zero-sum"

    @override
    def slope(self, losses: LossPair, s: np.ndarray) -> np.ndarray:
        return losses.fake_loss.slope(-s)

    @override
    def curvature(self, losses: LossPair, s: np.ndarray) -> np.ndarray:
        return -losses.fake_loss.curvature(-s)


@dataclass(frozen=True, kw_only=True)
class NonSaturating(AbstractGenerator):
    """It minimises what the critic pays at reals, with its fakes in their place: g(s) = −ϕ'(−s), f'(−s) for a GAN."""

    kind = "non-saturating"

    @override
    def slope(self, losses: LossPair, s: np.ndarray) -> np.ndarray:
        return -losses.real_loss.slope(-s)

    @override
    def curvature(self, losses: LossPair, s: np.ndarray) -> np.ndarray:
        return losses.real_loss.curvature(-s)


def generator_from_json(data: Any) -> AbstractGenerator:
    """The generator of `to_json`.

    Raises:
        InputError: an unknown kind.
    """
    return read_kind(
        data, "generator of a Dirac-GAN", {kind.kind: lambda _, kind=kind: kind() for kind in (ZeroSum, NonSaturating)}
    )
