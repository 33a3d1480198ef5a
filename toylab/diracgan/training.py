"""A Dirac-GAN that is trained by a rule from a start: the subject of statements on whether training converges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from toylab.diracgan.game import DiracGAN, Orbit, complex_number
from toylab.diracgan.rules import AbstractRule, rule_from_json
from toylab.errors import InputError, real_number, whole_number
from toylab.markup import card, facts, number, quiet


@dataclass(frozen=True, kw_only=True, eq=False)
class DiracTraining:
    """Rounds of training.

    Attributes:
        game: the players and the method.
        rule: how they take turns.
        start: (θ, ψ), not both 0.
        rounds: how many.

    Raises:
        InputError: a start at the equilibrium, or parts of another type.
    """

    game: DiracGAN
    rule: AbstractRule
    start: tuple[float, float] = (1.0, 0.0)
    rounds: int = 400

    def __post_init__(self) -> None:
        for name, kind in (("game", DiracGAN), ("rule", AbstractRule)):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} of a Dirac training: {type(getattr(self, name)).__name__} is none.")
        pair = tuple(real_number(part, "a start of a Dirac training") for part in np.ravel(self.start))
        if len(pair) != 2 or pair == (0.0, 0.0):
            raise InputError(f"a Dirac training starts from (θ, ψ) off the equilibrium (0, 0), got {self.start}.")
        whole_number(self.rounds, "the number of rounds", least=1)
        object.__setattr__(self, "start", pair)

    @cached_property
    def orbit(self) -> Orbit:
        """Where the players went."""
        with np.errstate(over="ignore", invalid="ignore"):
            return self.game.trajectory(self.start, self.rounds, self.rule)

    def describe(self) -> str:
        """One line."""
        start = ", ".join(f"{part:g}" for part in self.start)
        return f"{self.game.describe()}; {self.rule.describe()}, {self.rounds} rounds from ({start})"

    def __repr__(self) -> str:
        return f"DiracTraining({self.describe()})"

    def _repr_html_(self) -> str:
        radius, found, verdict = self.orbit.radius, self.game.eigenvalues(self.rule), self.game.converges(self.rule)
        shown = "none" if found is None else ", ".join(complex_number(value) for value in found)
        rows = [
            ("game", self.game.describe()),
            ("rule", self.rule.describe()),
            ("eigenvalues of a round", shown),
            ("converges linearly", "yes" if verdict else f"no: {verdict.reasons[0]}"),
            ("distance from the equilibrium", f"{number(float(radius[0]))} → {number(float(radius[-1]))}"),
        ]
        return card("DiracTraining", facts(rows), quiet("toylab.plot(…) draws its orbit"))

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same training."""
        return {
            "subject": "dirac-training",
            "game": self.game.to_json(),
            "rule": self.rule.to_json(),
            "start": list(self.start),
            "rounds": self.rounds,
        }

    @classmethod
    def from_json(cls, data: Any) -> DiracTraining:
        """The training of `to_json`.

        Raises:
            InputError: the data are not those of a training.
        """
        needed = ("game", "rule", "start", "rounds")
        if not isinstance(data, Mapping) or not set(needed) <= set(data):
            raise InputError(
                f"a Dirac training in JSON is what DiracTraining.to_json() wrote, with {', '.join(needed)}."
            )
        return cls(
            game=DiracGAN.from_json(data["game"]),
            rule=rule_from_json(data["rule"]),
            start=data["start"],
            rounds=data["rounds"],
        )
