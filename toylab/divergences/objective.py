"""What a critic is trained for, as far as two measures determine its optimal critic."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from toylab.critics import Critic


class Objective(ABC):
    """An objective that has an optimal critic for two measures: local ones, and the Wasserstein critic on the line."""

    #: What the objective is called in tables.
    name: str

    @abstractmethod
    def critic(self, fake: Any, real: Any) -> Critic:
        """An optimal critic, larger on real points.

        Args:
            fake: P_g.
            real: P_r.

        Raises:
            InputError: there is none, or none is known for such measures.
        """
