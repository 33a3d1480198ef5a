"""What certificates prove about optima, as intervals, and comparisons of such intervals as evidence."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from toylab.claims.base import Evidence
from toylab.claims.certified import RESOLUTION, Certified
from toylab.claims.families.intervals import Interval
from toylab.claims.rounding import ROUNDING
from toylab.families import Family
from toylab.solution import Candidate

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Reading:
    """Intervals for what the optimum of a candidate's problem has.

    Attributes:
        candidate: the candidate.
    """

    candidate: Candidate

    @cached_property
    def known(self) -> Certified:
        """Bounds on the values and slopes of f*."""
        return Certified(self.candidate)

    @cached_property
    def rounding(self) -> float:
        """A bound on the rounding of J(f) + R(k): 64 units for each of its terms."""
        penalty = self.candidate.problem.regularizer.value(self.known.k)
        return self.known.value_rounding + ROUNDING * abs(penalty)

    @cached_property
    def value(self) -> Interval:
        """V, between the dual and the primal bound; the candidate's own value where it is taken at its word."""
        primal = float(self.candidate.certificate.primal)
        return Interval(primal - self.known.gap, primal) + Interval.of(0.0, self.rounding)

    @cached_property
    def constant(self) -> Interval:
        """k*."""
        low, high = self.known.constant_bounds
        return Interval(low, high) + Interval.of(0.0, ROUNDING * self.known.k)

    @cached_property
    def cost(self) -> Interval:
        """C = Σ γ d of the candidate's plan: no more than rounding is uncertain."""
        cost = float(self.candidate.certificate.cost)
        return Interval.of(cost, ROUNDING * (cost + self.known.diameter * float(np.abs(self.known.slopes).sum())))

    @cached_property
    def best_constant_value(self) -> Interval:
        """φ(a) + ϕ(a), what the best constant critic pays."""
        losses = self.candidate.problem.losses
        at = np.array(losses.best_constant or 0.0)
        terms = float(losses.fake_loss.value(at)), float(losses.real_loss.value(at))
        return Interval.of(sum(terms), ROUNDING * (abs(terms[0]) + abs(terms[1]) + 1.0))

    @cached_property
    def divergence(self) -> Interval:
        """D = φ(a) + ϕ(a) − V."""
        return self.best_constant_value - self.value

    @property
    def slope_at_best(self) -> float:
        """φ'(a)."""
        losses = self.candidate.problem.losses
        return float(losses.fake_loss.slope(np.array(losses.best_constant or 0.0)))


@lru_cache(maxsize=8)
def readings(family: Family) -> tuple[Reading, ...]:
    """What is proved about every member, in their order; kept for the next claim on the same family."""
    return tuple(Reading(member) for member in family.members)


def value_unit(family: Family) -> float:
    """The largest D of a member: what values are measured in; 1 where no critic gains anything."""
    return max(0.0, *(reading.divergence.middle for reading in readings(family))) or 1.0


def constant_unit(family: Family) -> float:
    """The largest constant of a member; 1 where all are 0."""
    return max(0.0, *(reading.known.k for reading in readings(family))) or 1.0


def compare(label: str, left: Interval, relation: str, right: Interval, unit: float) -> Evidence:
    """One entry: left = right, or left ≥ right, for numbers that are known up to their intervals.

    Violated where no pair of numbers from the intervals satisfies the relation, by more than eps² units: that much is
    allowed even between exact numbers, so that their error bound is one that a picture can show.

    Args:
        label: what is compared, in words or symbols.
        left: the left-hand side.
        relation: "=" or "≥".
        right: the right-hand side.
        unit: in which errors must be small for a verdict, and margins are expressed.
    """
    excess = right - left
    off = abs(excess.middle) if relation == "=" else max(excess.middle, 0.0)
    return Evidence.of(
        off,
        excess.radius + _EPS**2 * unit,
        resolution=RESOLUTION * unit,
        scale=unit,
        labels=[label],
        arrays={
            "left": np.array([left.middle]),
            "right": np.array([right.middle]),
            "relation": np.array([relation], dtype=object),
        },
    )
