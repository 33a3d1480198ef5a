"""Which way a generator's loss pulls a fake point: −ψ'(f(x)) ∇f(x) for the loss E ψ(f(G(z))) of the generator.

CriticPull      ψ(t) = −t        LGAN's choice: the way of a free particle in `follow`, ∇f
RealLossPull    ψ(t) = ϕ(t)      the loss of a real point; of the logistic pair the non-saturating −log D
MinMaxPull      ψ(t) = −φ(t)     the zero-sum game; of the logistic pair the saturating log(1 − D)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from typing_extensions import override

from toylab.dynamics.answers import Answer
from toylab.errors import InputError
from toylab.losses import LossPair


class AbstractPull(ABC):
    """A loss ψ of the generator."""

    #: A few words for tables.
    name: str

    @abstractmethod
    def speed(self, values: np.ndarray) -> np.ndarray:
        """−ψ' at critic values (n,) of fakes."""

    def of(self, answer: Answer) -> np.ndarray:
        """−ψ'(f(x)) ∇f(x) at the fakes, (n, d).

        Raises:
            InputError: ψ needs values of the critic, and this objective does not tell them.
        """
        if answer.fake_values is None:
            raise InputError(f"{type(self).__name__} needs the critic's values at the fakes; take CriticPull().")
        return self.speed(answer.fake_values)[:, None] * answer.gradients


@dataclass(frozen=True)
class CriticPull(AbstractPull):
    """ψ(t) = −t: along ∇f, as long as it is."""

    name = "−f"

    @override
    def speed(self, values: np.ndarray) -> np.ndarray:
        return np.ones_like(values)

    @override
    def of(self, answer: Answer) -> np.ndarray:
        return answer.gradients


@dataclass(frozen=True)
class RealLossPull(AbstractPull):
    """ψ = ϕ: what a critic loses on a real point, a generator loses on a fake one.

    Attributes:
        losses: the pair.
    """

    losses: LossPair
    name = "ϕ(f)"

    @override
    def speed(self, values: np.ndarray) -> np.ndarray:
        return -np.asarray(self.losses.real_loss.slope(values))


@dataclass(frozen=True)
class MinMaxPull(AbstractPull):
    """ψ = −φ: what the critic loses on a fake point, the generator wins.

    Attributes:
        losses: the pair.
    """

    losses: LossPair
    name = "−φ(f)"

    @override
    def speed(self, values: np.ndarray) -> np.ndarray:
        return np.asarray(self.losses.fake_loss.slope(values))


__all__ = ["AbstractPull", "CriticPull", "MinMaxPull", "RealLossPull"]
