"""What a named problem consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from toylab import losses as _losses
from toylab.errors import InputError, real_number, unknown_name, whole_number
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty, Regularizer
from toylab.zoo.known_optimum import KnownOptimum

Pair = tuple[DiscreteMeasure, DiscreteMeasure]

#: λ of the papers' toy experiments.
PAPER_PENALTY = LipschitzPenalty(0.1)


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One number that a problem may be given.

    Attributes:
        name: the keyword of `zoo.load`.
        default: its value when not given; a whole number makes the parameter a whole number.
        meaning: what it is.
        least: the smallest value allowed, None for no bound.
        most: the largest value allowed, None for no bound.
    """

    name: str
    default: float | int
    meaning: str
    least: float | None = None
    most: float | None = None

    def checked(self, value: Any) -> float | int:
        """The value, if it can be used.

        Raises:
            InputError: not a finite number, not whole where it must be, too small or too large.
        """
        what = f"{self.name} ({self.meaning})"
        if isinstance(self.default, int):
            return whole_number(value, what, least=int(self.least or 0))
        number = real_number(value, what)
        if self.least is not None and number < self.least:
            raise InputError(f"{what} must be at least {self.least:g}, got {value}.")
        if self.most is not None and number > self.most:
            raise InputError(f"{what} must be at most {self.most:g}, got {value}.")
        return number


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One named problem.

    Attributes:
        name: how it is asked for.
        summary: what it is for.
        known: what is known about its optimum.
        build: (n, rng, **parameters) -> (fake, real).
        default_size: n when none is given; None where the number of points is fixed.
        aliases: other names.
        parameters: what may be given beside n.
        losses: the loss pair when none is given.
        regularizer: when none is given.
        known_optimum: a problem built by this entry -> what is known exactly about it; None where nothing is.
        population_w1: (**parameters) -> W₁ of the two continuous measures that are sampled, to 1e-6 of its size;
            None where it has no formula (for these parameters) or nothing is sampled.
    """

    name: str
    summary: str
    known: str
    build: Callable[..., Pair]
    default_size: int | None
    aliases: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    losses: Callable[[], LossPair] = _losses.logistic
    regularizer: Regularizer = PAPER_PENALTY
    known_optimum: Callable[[CriticProblem], KnownOptimum | None] = lambda problem: None
    population_w1: Callable[..., float | None] | None = None

    def load(
        self,
        *,
        n: int | None = None,
        seed: int = 0,
        losses: LossPair | None = None,
        regularizer: Regularizer | None = None,
        **parameters: float,
    ) -> CriticProblem:
        """The problem; see `toylab.zoo.load`."""
        if n is not None and self.default_size is None:
            raise InputError(f"{self.name!r} has a fixed number of points; leave n out.")
        size = self.default_size if n is None else whole_number(n, "the number of points", least=1)
        chosen = self.checked(parameters)
        rng = np.random.default_rng(whole_number(seed, "the seed", least=0))
        fake, real = self.build(size or 0, rng, **chosen)
        return CriticProblem(fake, real, losses or self.losses(), regularizer or self.regularizer)

    def checked(self, parameters: dict[str, Any]) -> dict[str, float | int]:
        """All parameters of this entry, with these values where given.

        Raises:
            InputError: a name that this entry does not have, or a value it cannot use.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in parameters:
            if not known:
                raise InputError(f"{self.name!r} takes no parameters, got {name!r}.")
            if name not in known:
                raise unknown_name(f"parameter of {self.name!r}", name, known)
        given = {name: known[name].checked(value) for name, value in parameters.items()}
        return {name: parameter.default for name, parameter in known.items()} | given
