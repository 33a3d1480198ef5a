"""What a certificate proves about the optimal critic f*: intervals for its values, slopes and constant.

Every critic within `gap` of the dual bound has f_z in {t : h_z(t) + h_z*(s_z) − s_z t ≤ gap} and k in
{k : R(k) + R*(C) − k C ≤ gap}; f* is such a critic. Claims turn these intervals into error bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from scipy.spatial.distance import cdist

from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.fenchel_young import PointwiseObjective
from toylab.solution import Candidate

#: A verdict needs error bounds below this share of k · diameter.
RESOLUTION = 1e-3
#: A candidate counts as certified optimal up to this relative gap; its errors are derived from its own gap.
CERTIFIED_GAP = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class AssumedOptimal(Candidate):
    """A candidate taken at its word: its values and constant are read as exactly optimal."""

    @classmethod
    def taking(cls, candidate: Candidate) -> AssumedOptimal:
        """The candidate, read as if its gap were 0."""
        return cls(problem=candidate.problem, critic=candidate.critic, certificate=candidate.certificate)


def certified_optimal(candidate: Candidate) -> Condition:
    """Whether the certificate's relative gap is at most 1e-6."""
    gap = candidate.certificate.relative_gap
    return Condition.that(gap <= CERTIFIED_GAP, f"the relative gap is {gap:.2g}, more than {CERTIFIED_GAP:g}")


@dataclass(frozen=True, eq=False)
class Certified:
    """Bounds on f* at the N merged points with mass, from one candidate.

    Attributes:
        candidate: the candidate.
    """

    candidate: Candidate

    @cached_property
    def carried(self) -> np.ndarray:
        """(N,), the merged points that have mass."""
        support = self.candidate.problem.support
        return np.flatnonzero(support.in_fake | support.in_real)

    @property
    def exact(self) -> bool:
        """Whether the candidate is taken at its word."""
        return isinstance(self.candidate, AssumedOptimal)

    @cached_property
    def points(self) -> np.ndarray:
        """(N, d)."""
        return self.candidate.problem.support.points[self.carried]

    @cached_property
    def in_fake(self) -> np.ndarray:
        """(N,), mask of S_g."""
        return self.candidate.problem.support.in_fake[self.carried]

    @cached_property
    def in_real(self) -> np.ndarray:
        """(N,), mask of S_r."""
        return self.candidate.problem.support.in_real[self.carried]

    @cached_property
    def values(self) -> np.ndarray:
        """(N,), the candidate's certified values."""
        return self.candidate.certificate.values[self.carried]

    @cached_property
    def objective(self) -> PointwiseObjective:
        """h_z at the points."""
        support = self.candidate.problem.support
        return PointwiseObjective(
            self.candidate.problem.losses,
            support.fake_weights[self.carried],
            support.real_weights[self.carried],
        )

    @property
    def k(self) -> float:
        """The candidate's constant."""
        return self.candidate.lipschitz_constant

    @property
    def gap(self) -> float:
        """The certified gap, 0 where the candidate is taken at its word."""
        return 0.0 if self.exact else self.candidate.certificate.gap

    @cached_property
    def slopes(self) -> np.ndarray:
        """(N,), s_z of the dual; the critic's own slopes where it is taken at its word."""
        if self.exact:
            return self.objective.slope(self.values)
        return self.candidate.certificate.slopes[self.carried]

    @cached_property
    def distance(self) -> np.ndarray:
        """(N, N)."""
        return cdist(self.points, self.points)

    @cached_property
    def diameter(self) -> float:
        """The largest distance of two points with mass."""
        return float(self.distance.max())

    @cached_property
    def rounding(self) -> float:
        """A bound on the rounding of f(w) − f(z) and k d."""
        return ROUNDING * (float(np.abs(self.values).max()) + self.k * self.diameter)

    @cached_property
    def value_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """(N,), (N,): where f* must lie; infinite where the loss is flat."""
        if self.exact:
            return self.values, self.values
        lower, upper = self._value_intervals[0]
        return np.minimum(lower, self.values), np.maximum(upper, self.values)

    @cached_property
    def value_rounding(self) -> float:
        """A bound on the rounding of J(f)."""
        return ROUNDING * float(np.abs(self.objective.value(self.values)).sum())

    @cached_property
    def doubled_gap_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """(N,), (N,): where every critic lies that loses no more than the gap against this one."""
        return self._value_intervals[1]

    @cached_property
    def _value_intervals(self) -> list[tuple[np.ndarray, np.ndarray]]:
        twice = self.gap + (self.gap + self.value_rounding) + self.value_rounding
        return self.objective.value_intervals(self.slopes, [self.gap, twice])

    @cached_property
    def slope_bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """(N,), (N,): where slope(z) of f* must lie."""
        lower, upper = self.value_bounds
        least, most = self.objective.slope_bounds()
        with np.errstate(invalid="ignore", over="ignore"):
            low = np.where(np.isfinite(lower), self.objective.slope(np.where(np.isfinite(lower), lower, 0.0)), least)
            high = np.where(np.isfinite(upper), self.objective.slope(np.where(np.isfinite(upper), upper, 0.0)), most)
        return low, high

    @cached_property
    def constant_bounds(self) -> tuple[float, float]:
        """Where k* must lie."""
        if self.exact:
            return self.k, self.k
        certificate = self.candidate.certificate
        low, high = self.candidate.problem.regularizer.constant_interval(certificate.cost, self.gap)
        return min(low, self.k), max(high, self.k)

    @cached_property
    def value_error(self) -> np.ndarray:
        """(N,), a bound of |f*_z − f_z|; infinite where the loss is flat."""
        lower, upper = self.value_bounds
        return np.maximum(upper - self.values, self.values - lower)

    @cached_property
    def constant_error(self) -> float:
        """A bound of |k* − k|."""
        low, high = self.constant_bounds
        return max(high - self.k, self.k - low)

    @cached_property
    def slack(self) -> np.ndarray:
        """(N, N): k‖w − z‖ − (f(w) − f(z)), row the lower point z, column the upper point w; +inf on the diagonal."""
        slack = self.k * self.distance - (self.values - self.values[:, None])
        np.fill_diagonal(slack, np.inf)
        return slack

    @cached_property
    def slack_error(self) -> np.ndarray:
        """(N, N): a bound of |slack of f* − slack|; infinite where the loss is flat."""
        with np.errstate(invalid="ignore"):  # without restriction the error of the constant is infinite
            drift = np.where(self.distance > 0, self.constant_error * self.distance, 0.0)
        return self.value_error + self.value_error[:, None] + drift + self.rounding

    @cached_property
    def resolution(self) -> float:
        """The largest error of a slack with which a verdict means something."""
        return RESOLUTION * self.k * self.diameter

    def rising(self) -> np.ndarray:
        """(N,), points whose slope under f* is certainly positive, beyond rounding of the masses."""
        return self.slope_bounds[0] > self.mass_rounding

    def falling(self) -> np.ndarray:
        """(N,), points whose slope under f* is certainly negative, beyond rounding of the masses."""
        return self.slope_bounds[1] < -self.mass_rounding

    @cached_property
    def mass_rounding(self) -> np.ndarray:
        """(N,), rounding of p and q: a shared point with p = q up to this has an uncertain slope."""
        shared = self.in_fake & self.in_real
        return np.where(shared, self.candidate.problem.support.mass_rounding[self.carried], 0.0)

    def name(self, index: int) -> str:
        """A short name of a point: its measures and coordinates."""
        sides = {(True, True): "shared", (True, False): "fake", (False, True): "real"}
        kind = sides[bool(self.in_fake[index]), bool(self.in_real[index])]
        coordinates = ", ".join(f"{c:.4g}" for c in self.points[index][:3])
        return f"{kind} ({coordinates}{', …' if self.points.shape[1] > 3 else ''})"


def described_pairs(known: Certified, lower: np.ndarray, upper: np.ndarray) -> dict[str, np.ndarray]:
    """Pairs of points as evidence keeps them: places, names, rise, distance; a row a pair, NaN where there is none.

    Args:
        known: the candidate's certificate.
        lower: (e,), indices of the points from which f should rise; −1 where there is no pair.
        upper: (e,), indices of the points to which it should.
    """
    there = (lower >= 0) & (upper >= 0)
    names = [
        np.array([known.name(int(i)) if ok else "" for i, ok in zip(ends, there, strict=True)], dtype=object)
        for ends in (lower, upper)
    ]
    return {
        "lower": np.where(there[:, None], known.points[lower], np.nan),
        "upper": np.where(there[:, None], known.points[upper], np.nan),
        "lower_name": names[0],
        "upper_name": names[1],
        "rise": np.where(there, known.values[upper] - known.values[lower], np.nan),
        "distance": np.where(there, known.distance[lower, upper], np.nan),
    }


@lru_cache(maxsize=4)
def certified(candidate: Candidate) -> Certified:
    """What the candidate's certificate proves; kept for the next claim on the same candidate."""
    return Certified(candidate)
