"""Everything a person can set in the playground, and the link that holds it."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from toylab import losses as loss_family
from toylab import zoo
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall, LipschitzPenalty, Regularizer, Unrestricted

#: Decimals a coordinate is kept with: links stay short, and no eye sees more.
_DECIMALS = 4
#: Points a side that a link or a preset may bring.
MOST_POINTS = 400
_LEAST_WEIGHT, _MOST_WEIGHT = 1e-4, 1e4
Points = tuple[tuple[float, float], ...]


class Objective(Enum):
    """What restricts the critic, with the words of the menu."""

    PENALTY = "penalty λ k²"
    BALL = "ball k ≤ λ"
    UNRESTRICTED = "no restriction"


@dataclass(frozen=True, kw_only=True)
class State:
    """A problem as it is set in the playground.

    Attributes:
        fake: fake points, uniform masses.
        real: real points, uniform masses.
        losses: name of the loss pair.
        objective: what restricts the critic.
        weight: λ, or the radius of the ball.

    Raises:
        InputError: no point on a side, too many, not finite, an unknown loss, or a weight out of range.
    """

    fake: Points
    real: Points
    losses: str = "logistic"
    objective: Objective = Objective.PENALTY
    weight: float = 0.1

    def __post_init__(self) -> None:
        for side in ("fake", "real"):
            points = np.asarray(getattr(self, side), dtype=np.float64)
            if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= MOST_POINTS:
                raise InputError(
                    f"the playground needs 1 to {MOST_POINTS} {side} points in the plane, got {len(points)}."
                )
            if not np.isfinite(points).all() or np.abs(points).max() > 1e6:
                raise InputError(f"a {side} point is not a finite place within 1e6 of the origin.")
        loss_family.get(self.losses)
        if not _LEAST_WEIGHT <= self.weight <= _MOST_WEIGHT:
            raise InputError(f"λ must be from {_LEAST_WEIGHT:g} to {_MOST_WEIGHT:g}, got {self.weight:g}.")

    @property
    def size(self) -> tuple[int, int]:
        """Numbers of fake and real points."""
        return len(self.fake), len(self.real)

    @property
    def regularizer(self) -> Regularizer:
        """As an object."""
        match self.objective:
            case Objective.PENALTY:
                return LipschitzPenalty(self.weight)
            case Objective.BALL:
                return LipschitzBall(self.weight)
            case Objective.UNRESTRICTED:
                return Unrestricted()

    @property
    def problem(self) -> CriticProblem:
        """The critic problem."""
        fake, real = (DiscreteMeasure(np.array(points)) for points in (self.fake, self.real))
        return CriticProblem(fake, real, loss_family.get(self.losses), self.regularizer)

    def with_points(self, fake: Any, real: Any) -> State:
        """The same with other points, (n, 2) each, rounded."""
        return replace(self, fake=rounded(fake), real=rounded(real))

    def link(self) -> str:
        """All of it as letters, digits, `-` and `_`: what follows `?state=` in the address."""
        data = {
            "f": self.fake,
            "r": self.real,
            "l": self.losses,
            "o": self.objective.name,
            "w": float(f"{self.weight:.6g}"),
        }
        packed = zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9)
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    def snippet(self) -> str:
        """Python that makes and solves the problem."""
        lines = ["import numpy as np", "import toylab", ""]
        for side in ("fake", "real"):
            points = ", ".join(f"[{x:g}, {y:g}]" for x, y in getattr(self, side))
            lines.append(f"{side} = toylab.DiscreteMeasure(np.array([{points}]))")
        restriction = {
            Objective.PENALTY: f"toylab.LipschitzPenalty({self.weight:g})",
            Objective.BALL: f"toylab.LipschitzBall({self.weight:g})",
            Objective.UNRESTRICTED: "toylab.Unrestricted()",
        }[self.objective]
        lines += [
            f'problem = toylab.CriticProblem(fake, real, toylab.losses.get("{self.losses}"), {restriction})',
            "exact = toylab.solve(problem)",
            "print(exact, exact.certificate)",
        ]
        return "\n".join(lines) + "\n"


def rounded(points: Any) -> Points:
    """Points (n, 2) as plain numbers with four decimals."""
    return tuple((float(x), float(y)) for x, y in np.round(np.asarray(points, dtype=np.float64), _DECIMALS) + 0.0)


def from_link(text: str) -> State:
    """The state that a link holds.

    Raises:
        InputError: the link does not parse, or holds what the playground cannot show.
    """
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        data = json.loads(zlib.decompressobj().decompress(packed, 1 << 20))
        state = _from_data(data)
    except (binascii.Error, zlib.error, UnicodeError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("the link does not hold a state of the playground; it may have been cut.") from None
    return state


def _from_data(data: Mapping[str, Any]) -> State:
    points = {side: tuple((float(x), float(y)) for x, y in data[side[0]]) for side in ("fake", "real")}
    return State(losses=str(data["l"]), objective=Objective[data["o"]], weight=float(data["w"]), **points)


def from_problem(problem: CriticProblem) -> State:
    """The state of a problem in the plane; masses are not kept.

    Raises:
        InputError: not in the plane, masses that are not uniform, or a regulariser the playground does not have.
    """
    if problem.dimension != 2:
        raise InputError(f"the playground shows the plane; this problem lives in dimension {problem.dimension}.")
    for side, measure in (("fake", problem.fake), ("real", problem.real)):
        if np.ptp(measure.weights) > 1e-12:
            raise InputError(f"the playground gives every point the same mass; the {side} masses differ.")
    match problem.regularizer:
        case LipschitzPenalty(weight=weight, target=0.0):
            objective, number = Objective.PENALTY, weight
        case LipschitzBall(radius=radius):
            objective, number = Objective.BALL, radius
        case Unrestricted():
            objective, number = Objective.UNRESTRICTED, 0.1
        case other:
            raise InputError(f"the playground has no regulariser like {other!r}.")
    return State(
        fake=rounded(problem.fake.points),
        real=rounded(problem.real.points),
        losses=problem.losses.name,
        objective=objective,
        weight=number,
    )


def preset(name: str, *, n: int = 10, seed: int = 0) -> State:
    """A named problem of the zoo.

    Raises:
        InputError: unknown name, or one that the playground cannot show.
    """
    size = None if zoo.get(name).default_size is None else n
    return from_problem(zoo.load(name, n=size, seed=seed))
