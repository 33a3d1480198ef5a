"""A trained critic beside the certified one: gap, constant, and where its gradients point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import nnls

from toylab.certificate import certify, steepest_gradient
from toylab.critics import unit_vectors
from toylab.markup import card, facts, number
from toylab.solution import Candidate


def angles_to_cones(gradients: np.ndarray, cones: list[np.ndarray]) -> np.ndarray:
    """Angle in degrees between each gradient and the convex cone of its directions, (m,).

    A gradient of a smooth critic at a kink of f* should be a convex combination of the one-sided gradients,
    so the cone is what it is compared with. NaN where there are no directions; 90 for a gradient of 0, which
    points nowhere.

    Args:
        gradients: (m, d).
        cones: m arrays of unit vectors (c, d).
    """
    angles = np.full(len(gradients), np.nan)
    for i, (gradient, directions) in enumerate(zip(gradients, cones, strict=True)):
        if len(directions) == 0:
            continue
        length = float(np.linalg.norm(gradient))
        if length == 0.0:
            angles[i] = 90.0
            continue
        weights, _ = nnls(directions.T, gradient)
        nearest = weights @ directions
        if not nearest.any():  # the gradient points away from the cone: the nearest of its edges counts
            nearest = directions[int(np.argmax(directions @ gradient))]
        ahead = unit_vectors(nearest)
        across = np.linalg.norm(gradient - (gradient @ ahead) * ahead)
        angles[i] = float(np.degrees(np.arctan2(across, gradient @ ahead)))
    return angles


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """How close a trained critic is to the certified optimum of the same problem.

    Attributes:
        relative_gap: of the trained critic's values, certified with the better of its own plan and the optimal one.
        excess: R(largest gradient on blends) − R(k_support), as a share of R(k*).
        k_support: constant of the trained values between fake and real points.
        k_gradient: largest gradient norm found on blends, NaN where the critic has no gradients.
        k_star: the certified optimal constant.
        partners: what the gradients are compared with.
        angles: (n_fake,), degrees; NaN at fakes without a partner above them.
    """

    relative_gap: float
    excess: float
    k_support: float
    k_gradient: float
    k_star: float
    partners: str
    angles: np.ndarray

    def __repr__(self) -> str:
        return (
            f"Comparison({self.partners}: relative gap {self.relative_gap:.3g}, median angle {self.median_angle:.3g}°)"
        )

    def _repr_html_(self) -> str:
        return card("Comparison with the certified optimum", facts(self.facts()))

    def facts(self) -> list[tuple[str, str]]:
        """What a person wants to know at a glance: gap, excess, constants, angles."""
        known = self._known()
        within = ", ".join(f"{100 * self.share_within(bound):.0f} % within {bound}°" for bound in (1, 5, 15))
        angles = f"median {number(self.median_angle, 3)}°, worst {number(self.worst_angle, 3)}°; {within}"
        ratio = f" ({number(self.k_support / self.k_star, 5)} of it)" if self.k_star > 0 else ""
        return [
            ("relative gap", f"{number(self.relative_gap, 3)} of what the best constant critic leaves to gain"),
            ("excess", "" if np.isnan(self.excess) else f"{number(100 * self.excess, 3)} % of the optimal penalty"),
            ("constant of the values", f"{number(self.k_support)} against k* = {number(self.k_star)}{ratio}"),
            ("steepest gradient", "" if np.isnan(self.k_gradient) else number(self.k_gradient)),
            ("gradients against", f"{self.partners}, at {len(known)} of {len(self.angles)} fakes"),
            ("angles", angles if len(known) else "no fake has a partner above it"),
        ]

    def _known(self) -> np.ndarray:
        return self.angles[~np.isnan(self.angles)]

    @property
    def median_angle(self) -> float:
        """Median over the fakes that have a partner."""
        return float(np.median(self._known())) if len(self._known()) else float("nan")

    @property
    def worst_angle(self) -> float:
        """Largest over the fakes that have a partner."""
        return float(self._known().max()) if len(self._known()) else float("nan")

    def share_within(self, degrees: float) -> float:
        """Share of these fakes whose gradient is within so many degrees of the cone."""
        return float((self._known() <= degrees).mean()) if len(self._known()) else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain data for a report."""
        return {
            "partners": self.partners,
            "relative_gap": self.relative_gap,
            "excess": self.excess,
            "k_support": self.k_support,
            "k_gradient": self.k_gradient,
            "k_star": self.k_star,
            "angle_median": self.median_angle,
            "angle_worst": self.worst_angle,
            "share_within": {f"{bound}": self.share_within(bound) for bound in (1, 5, 15)},
        }


def compare(trained: Candidate, exact: Candidate, *, partners: str, cones: list[np.ndarray]) -> Comparison:
    """Compare a trained critic with the certified one.

    Args:
        trained: the trained critic with its own certificate.
        exact: the certified optimum of the same problem.
        partners: a name for the comparison ("reweighted coupling").
        cones: for each fake point the unit vectors (c, d) to its partners.
    """
    optimum = exact.problem.regularizer.value(exact.lipschitz_constant)
    excess = trained.certificate.critic_excess
    steepest = steepest_gradient(trained.problem, trained.critic)
    against_optimum = certify(trained.problem, trained.critic, exact.certificate.plan).relative_gap
    return Comparison(
        relative_gap=min(trained.certificate.relative_gap, against_optimum),
        excess=float("nan") if excess is None or not optimum else excess / optimum,
        k_support=trained.certificate.k_support,
        k_gradient=float("nan") if steepest is None else steepest,
        k_star=exact.lipschitz_constant,
        partners=partners,
        angles=angles_to_cones(np.asarray(trained.critic.gradient(trained.problem.fake.points)), cones),
    )
