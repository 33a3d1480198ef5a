"""How the two players take turns: simultaneous and alternating gradient descent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from typing_extensions import override

from toylab.errors import InputError, real_number, whole_number
from toylab.storage import read_kind

#: (θ, ψ) -> (dθ/dt, dψ/dt), and what becomes of ψ after a step of the critic.
Field = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
Projection = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class AbstractRule(ABC):
    """One round of training.

    Attributes:
        step: h, of both players.

    Raises:
        InputError: a step that is not positive, or a count that is no positive whole number.
    """

    step: float
    kind: ClassVar[str]

    def __post_init__(self) -> None:
        if not real_number(self.step, "the step of a rule") > 0:
            raise InputError(f"the step of a rule must be positive, got {self.step}.")

    @abstractmethod
    def advance(
        self, field: Field, projection: Projection, theta: np.ndarray, psi: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """The parameters after one round."""

    @abstractmethod
    def operator(self, jacobian: np.ndarray) -> np.ndarray:
        """The Jacobian (2, 2) of a round at an equilibrium where the field has this one."""

    @property
    def reach(self) -> tuple[float, float]:
        """How far θ and ψ go in a round, in units of their rates: (n_g h, n_d h)."""
        return self.step, self.step

    @abstractmethod
    def describe(self) -> str:
        """A few words."""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {"kind": self.kind, **asdict(self)}


@dataclass(frozen=True, kw_only=True)
class Simultaneous(AbstractRule):
    """Both players step at once, from the same parameters."""

    kind = "simultaneous"

    @override
    def advance(
        self, field: Field, projection: Projection, theta: np.ndarray, psi: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        to_theta, to_psi = field(theta, psi)
        return theta + self.step * to_theta, projection(psi + self.step * to_psi)

    @override
    def operator(self, jacobian: np.ndarray) -> np.ndarray:
        return np.eye(2) + self.step * jacobian

    @override
    def describe(self) -> str:
        return f"simultaneous, h = {self.step:g}"


@dataclass(frozen=True, kw_only=True)
class Alternating(AbstractRule):
    """The generator takes its steps, then the critic its own, which sees where the fake went.

    Attributes:
        critic_steps: n_d.
        generator_steps: n_g.
    """

    critic_steps: int = 1
    generator_steps: int = 1
    kind = "alternating"

    def __post_init__(self) -> None:
        super().__post_init__()
        whole_number(self.critic_steps, "the number of critic steps", least=1)
        whole_number(self.generator_steps, "the number of generator steps", least=1)

    @override
    def advance(
        self, field: Field, projection: Projection, theta: np.ndarray, psi: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        for _ in range(self.generator_steps):
            theta = theta + self.step * field(theta, psi)[0]
        for _ in range(self.critic_steps):
            psi = projection(psi + self.step * field(theta, psi)[1])
        return theta, psi

    @override
    def operator(self, jacobian: np.ndarray) -> np.ndarray:
        generator, critic = np.eye(2), np.eye(2)
        generator[0] += self.step * jacobian[0]
        critic[1] += self.step * jacobian[1]
        powers = (np.linalg.matrix_power(critic, self.critic_steps), generator)
        return powers[0] @ np.linalg.matrix_power(powers[1], self.generator_steps)

    @property
    @override
    def reach(self) -> tuple[float, float]:
        return self.generator_steps * self.step, self.critic_steps * self.step

    @override
    def describe(self) -> str:
        turns = (
            ""
            if self.critic_steps == self.generator_steps == 1
            else (f", {self.generator_steps} generator and {self.critic_steps} critic steps")
        )
        return f"alternating, h = {self.step:g}{turns}"


def rule_from_json(data: Any) -> AbstractRule:
    """The rule of `to_json`.

    Raises:
        InputError: an unknown kind, or a field that is missing or out of range.
    """
    return read_kind(
        data,
        "rule of a Dirac-GAN",
        {
            Simultaneous.kind: lambda given: Simultaneous(step=given["step"]),
            Alternating.kind: lambda given: Alternating(
                step=given["step"], critic_steps=given["critic_steps"], generator_steps=given["generator_steps"]
            ),
        },
    )
