"""How a generator network is trained."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from toylab.dynamics.networks.scores import Scoring
from toylab.errors import InputError, real_number, whole_number


@dataclass(frozen=True, kw_only=True)
class GeneratorTraining:
    """A ReLU network G(z; θ) of standard normal z, and Adam.

    Attributes:
        width: units of each hidden layer.
        depth: hidden layers.
        latent: coordinates of z.
        batch: points a side of every minibatch; reals are drawn anew from their distribution each time.
        steps: of the generator.
        learning_rate: of its Adam, at the start; it falls along half a cosine.
        final_share: share of it that is left at the end; 1 keeps it constant.
        betas: Adam's averaging factors.
        evaluations: how often samples are scored after the start, at equal distances, the end included.
        scoring: how.
        kept: samples that are kept of every evaluation, for pictures.
        device: "cpu", "cuda", "cuda:<number>" or "auto", of the generator; the critic has its own.

    Raises:
        InputError: a number outside its range.
    """

    width: int = 128
    depth: int = 3
    latent: int = 2
    batch: int = 128
    steps: int = 1000
    learning_rate: float = 2e-3
    final_share: float = 0.05
    betas: tuple[float, float] = (0.5, 0.9)
    evaluations: int = 8
    scoring: Scoring = field(default_factory=Scoring)
    kept: int = 400
    device: str = "cpu"

    def __post_init__(self) -> None:
        for name in ("width", "depth", "latent", "batch", "steps", "evaluations", "kept"):
            whole_number(getattr(self, name), f"{name} of a generator's training", least=1)
        if not real_number(self.learning_rate, "the learning rate") > 0:
            raise InputError(f"the learning rate must be positive, got {self.learning_rate}.")
        if not 0 <= real_number(self.final_share, "the final share") <= 1:
            raise InputError(f"the final share of the learning rate must lie in [0, 1], got {self.final_share}.")
        if not all(0 <= real_number(beta, "a beta") < 1 for beta in self.betas):
            raise InputError(f"Adam's betas must lie in [0, 1), got {self.betas}.")
        if self.kept > self.scoring.samples:
            raise InputError(f"of {self.scoring.samples} samples no more than these can be kept, got {self.kept}.")

    def rate(self, step: int) -> float:
        """The learning rate of step 0, 1, …, steps − 1."""
        left = 0.5 * (1.0 + np.cos(np.pi * step / self.steps))
        return self.learning_rate * (self.final_share + (1.0 - self.final_share) * float(left))

    def evaluated(self) -> list[int]:
        """Steps done when samples are scored, 0 and the last one included."""
        return sorted({round(share * self.steps) for share in np.linspace(0.0, 1.0, self.evaluations + 1)})

    def describe(self) -> str:
        """One sentence."""
        return (
            f"ReLU generator {self.width}×{self.depth} of {self.latent} normal coordinates, {self.steps} steps of Adam "
            f"{self.learning_rate:g} (β = {self.betas[0]:g}, {self.betas[1]:g}, cosine decay to {self.final_share:g} "
            f"of it), {self.batch} points a side in a minibatch"
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {**asdict(self), "betas": list(self.betas)}


__all__ = ["GeneratorTraining"]
