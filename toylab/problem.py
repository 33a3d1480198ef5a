"""The critic problem: two measures, a pair of losses, a regulariser.

    minimise over f:  J(f) + R(k(f)),   J(f) = E_fake φ(f) + E_real ϕ(f),   k(f) the Lipschitz constant of f

Source: LGAN Eq. 10. The regularisers R are in `regularizers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from toylab.errors import InputError
from toylab.losses import LossPair
from toylab.losses import from_json as loss_from_json
from toylab.markup import card, facts, lines, quiet
from toylab.measures import DiscreteMeasure
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer, Unrestricted, regularizer_from_json
from toylab.support import Support, merge

__all__ = [
    "CriticProblem",
    "LipschitzBall",
    "LipschitzPenalty",
    "Regularizer",
    "Unrestricted",
    "merge",
    "regularizer_from_json",
]


@dataclass(frozen=True, eq=False)
class CriticProblem:
    """Minimise E_fake φ(f) + E_real ϕ(f) + R(k(f)) over all functions f on R^d (LGAN Eq. 10).

    Attributes:
        fake: the generated measure P_g.
        real: the real measure P_r.
        losses: φ and ϕ.
        regularizer: R.

    Raises:
        InputError: the measures live in different dimensions, or an argument is of the wrong kind.
    """

    fake: DiscreteMeasure
    real: DiscreteMeasure
    losses: LossPair
    regularizer: Regularizer

    def __post_init__(self) -> None:
        kinds = (
            ("fake", DiscreteMeasure),
            ("real", DiscreteMeasure),
            ("losses", LossPair),
            ("regularizer", Regularizer),
        )
        for name, kind in kinds:
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name} must be a {kind.__name__}, got {type(getattr(self, name)).__name__}.")
        if self.fake.dimension != self.real.dimension:
            raise InputError(
                f"fake points have {self.fake.dimension} coordinates and real points {self.real.dimension}; "
                "both measures must live in one space."
            )
        stacked = np.concatenate([self.fake.points, self.real.points])
        with np.errstate(over="ignore"):
            size = float(np.ptp(stacked, axis=0).max())
        try:
            if size > 0:
                self.regularizer.rescaled(size)
        except (InputError, OverflowError, ZeroDivisionError):
            raise InputError(
                f"points of size {size:.3g} under {self.regularizer} leave the range of float64; rescale the points "
                "(and lambda with the square of their size)."
            ) from None

    @cached_property
    def support(self) -> Support:
        """The merged points of both measures."""
        return merge(self.fake, self.real)

    @property
    def dimension(self) -> int:
        """Number of coordinates of a point."""
        return self.fake.dimension

    def swapped(self) -> CriticProblem:
        """Fake and real exchanged, for losses with ϕ(t) = φ(−t): the optimum changes its sign."""
        return CriticProblem(self.real, self.fake, self.losses, self.regularizer)

    def describe(self) -> str:
        """One line for tables and messages."""
        points = f"{len(self.fake)} fake, {len(self.real)} real in R^{self.dimension}"
        return f"{points}, {self.losses.name}, {self.regularizer.describe()}"

    def __repr__(self) -> str:
        return f"CriticProblem({self.describe()})"

    def _repr_html_(self) -> str:
        return card("CriticProblem", facts(self.facts()), quiet("toylab.solve(problem) finds the optimal critic"))

    def facts(self) -> list[tuple[str, Any]]:
        """What a person wants to know at a glance: the objective, both measures, the losses."""
        shared = int((self.support.in_fake & self.support.in_real).sum())
        match self.regularizer:
            case LipschitzPenalty(weight=weight, target=0.0):
                regularizer = f"+ {weight:g}·k²"
            case LipschitzPenalty(weight=weight, target=target):
                regularizer = f"+ {weight:g}·max(k − {target:g}, 0)²"
            case LipschitzBall(radius=radius):
                regularizer = f"subject to k ≤ {radius:g}"
            case Unrestricted():
                regularizer = "without any restriction"
            case other:
                regularizer = f"+ {other!r}"
        sides = [
            (name, lines(f"{what}: {value}" if what != "points" else value for what, value in measure.facts()))
            for name, measure in (("fake", self.fake), ("real", self.real))
        ]
        return [
            ("minimise over f", f"E_fake φ(f) + E_real ϕ(f) {regularizer}, k the Lipschitz constant of f"),
            *sides,
            ("shared", f"{shared} point{'s' * (shared != 1)} with mass of both" if shared else "no point"),
            ("losses", self.losses.name),
            *self.losses.facts(),
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain data that `from_json` turns back into the same problem."""
        return {
            "fake": self.fake.to_json(),
            "real": self.real.to_json(),
            "losses": self.losses.to_json(),
            "regularizer": self.regularizer.to_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CriticProblem:
        """The problem described by `to_json`."""
        if not isinstance(data, dict):
            raise InputError(f"a problem in JSON is an object, got {type(data).__name__}.")
        missing = [key for key in ("fake", "real", "losses", "regularizer") if key not in data]
        if missing:
            raise InputError(f"a problem in JSON misses {', '.join(map(repr, missing))}.")
        return cls(
            DiscreteMeasure.from_json(data["fake"]),
            DiscreteMeasure.from_json(data["real"]),
            loss_from_json(data["losses"]),
            regularizer_from_json(data["regularizer"]),
        )
