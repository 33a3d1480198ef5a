"""What values alone say about gradients: difference quotients of a critic with rigorous bounds.

f(x + h e) − f(x − h e) over 2h is the derivative along e of f smoothed over a length of 2h, and
f(x + h e) + f(x − h e) − 2 f(x) over h is how far f is from having a derivative along e at that scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from toylab.claims.base import Hypothesis
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.solution import Candidate

#: A critic counts as differentiable where its one-sided slopes along a line differ by this share of k at most.
KINK = 0.01
#: The scale of a quotient, as a share of the distance to the partner.
SCALE = 1e-3


def _declared(candidate: Candidate) -> Condition:
    constant = getattr(candidate.critic, "lipschitz_constant", None)
    if constant is None:
        kind = type(candidate.critic).__name__
        return Condition(holds=False, reasons=(f"a {kind} declares no Lipschitz constant on all of space",))
    k = candidate.lipschitz_constant
    return Condition.that(
        constant <= k * (1.0 + 1e-6), f"its Lipschitz constant is {constant:.4g}, more than k = {k:.4g}"
    )


LIPSCHITZ_CRITIC = Hypothesis(
    name="Lipschitz critic",
    sentence="the critic is k-Lipschitz on all of space, and says so",
    test=_declared,
    met=lambda candidate: (
        f"a {type(candidate.critic).__name__} with constant {candidate.critic.lipschitz_constant:.6g}, "
        f"k = {candidate.lipschitz_constant:.6g}"
    ),
    repair="take the extension of its values, LowerExtension(points, critic(points), k)",
)


@dataclass(frozen=True, eq=False)
class Quotients:
    """Values of a critic at x and at both ends of steps of length h.

    Attributes:
        candidate: whose critic is looked at.
        points: (e, d), x.
        directions: (e, d), unit vectors.
        steps: (e,), h > 0.
    """

    candidate: Candidate
    points: np.ndarray
    directions: np.ndarray
    steps: np.ndarray

    @cached_property
    def values(self) -> np.ndarray:
        """(3, e): f(x − h e), f(x), f(x + h e)."""
        move = self.steps[:, None] * self.directions
        at = np.concatenate([self.points - move, self.points, self.points + move])
        return np.asarray(self.candidate.critic(at), dtype=np.float64).reshape(3, -1)

    @property
    def forward(self) -> np.ndarray:
        """(e,), (f(x + h e) − f(x))/h."""
        return (self.values[2] - self.values[1]) / self.steps

    @property
    def symmetric(self) -> np.ndarray:
        """(e,), (f(x + h e) − f(x − h e))/2h."""
        return (self.values[2] - self.values[0]) / (2.0 * self.steps)

    @property
    def kink(self) -> np.ndarray:
        """(e,), |f(x + h e) + f(x − h e) − 2 f(x)|/h, the jump of the slope along the line."""
        return np.abs((self.values[2] - self.values[1]) - (self.values[1] - self.values[0])) / self.steps

    @cached_property
    def rounding(self) -> np.ndarray:
        """(e,), a bound on the rounding of each quotient, that of the points x ± h e included."""
        k = float(getattr(self.candidate.critic, "lipschitz_constant", None) or self.candidate.lipschitz_constant)
        support = self.candidate.problem.support
        size = np.abs(self.values).max(axis=0) + np.abs(self.candidate.certificate.values).max()
        reach = k * (support.diameter + np.abs(self.points).max(axis=1) * np.sqrt(self.points.shape[1]))
        return ROUNDING * (size + reach) / self.steps


def basis(direction: np.ndarray) -> np.ndarray:
    """(d, d): an orthonormal basis in rows, the given unit vector first: Householder's reflection of the axes."""
    sign = np.copysign(1.0, direction[0])
    normal = direction.copy()
    normal[0] += sign
    rows = sign * (2.0 * np.outer(normal, normal) / (normal @ normal) - np.eye(len(direction)))
    rows[0] = direction
    return rows
