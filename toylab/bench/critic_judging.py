"""What the critic of a training is worth at its end, beside the certified optimum of the same problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from typing_extensions import override

from toylab.certificate import Certificate, certify, steepest_gradient
from toylab.comparison import angles_to_cones
from toylab.critics import Critic, unit_vectors
from toylab.solution import Candidate

#: Where the slope of the dual is below this share of the largest, a fake point has no direction to go.
_NO_SLOPE = 1e-9


@dataclass(frozen=True, eq=False)
class RescaledCritic(Critic):
    """scale · f + offset.

    Attributes:
        critic: f, with gradients.
        scale: of the values and of the gradients.
        offset: of the values.
    """

    critic: Any
    scale: float
    offset: float

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        return self.scale * np.asarray(self.critic(z)).reshape(-1) + self.offset

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        return self.scale * np.asarray(self.critic.gradient(z))


def end_numbers(solution: Candidate, exact: Candidate, rescaling: tuple[float, float] = (1.0, 0.0)) -> dict[str, float]:
    """What the critic that was returned is worth.

    Args:
        solution: it, with its own certificate.
        exact: the certified optimum of the same problem.
        rescaling: the (scale, offset) that it has gone through last.

    Returns:
        gap: relative gap of the values as returned, as certify proves it from them alone.
        gap_to_optimum: the same against the certified optimum, what is really left to gain.
        raw_gap: gap_to_optimum of the values before that rescaling; NaN where it was to 0.
        k: constant of the values between fake and real points; k_star: the certified one.
        excess: steepest gradient found on blends beyond k, in % of k.
        angle_median, angle_worst: degrees between ∇f at fake points and ∂V/∂x (THEORY section 2).
        cone_median, cone_worst: degrees between ∇f and the cone of directions to the bounding partners.
    """
    problem, critic, certificate = solution.problem, solution.critic, solution.certificate
    k, steepest = certificate.k_support, steepest_gradient(problem, critic)
    gradients = np.asarray(critic.gradient(problem.fake.points))
    angles = angles_to_cones(gradients, _single_directions(exact))
    cones = angles_to_cones(gradients, exact.bounding_directions())
    scale, offset = rescaling
    raw = np.nan
    if scale != 0.0:
        raw = _to_optimum(certify(problem, lambda z: (np.asarray(critic(z)).reshape(-1) - offset) / scale), exact)
    return {
        "gap": certificate.relative_gap,
        "gap_to_optimum": _to_optimum(certificate, exact),
        "raw_gap": raw,
        "k": k,
        "k_star": exact.lipschitz_constant,
        "excess": 100.0 * max(steepest - k, 0.0) / k if steepest is not None and k > 0 else np.nan,
        **_median_and_worst("angle", angles),
        **_median_and_worst("cone", cones),
    }


def _to_optimum(certificate: Certificate, exact: Candidate) -> float:
    return max(certificate.primal - exact.certificate.dual, 0.0) / exact.certificate.room


def _single_directions(exact: Candidate) -> list[np.ndarray]:
    """For each fake point the unit vector along ∂V/∂x, (1, d), or (0, d) where the optimum pulls it nowhere."""
    directions = exact.reference_directions()
    lengths = np.linalg.norm(directions, axis=1)
    pulled = lengths > _NO_SLOPE * max(float(lengths.max(initial=0.0)), 1e-300)
    return [unit_vectors(row[None]) if some else row[None][:0] for row, some in zip(directions, pulled, strict=True)]


def _median_and_worst(name: str, angles: np.ndarray) -> dict[str, float]:
    known = angles[~np.isnan(angles)]
    median, worst = (float(np.median(known)), float(known.max())) if len(known) else (np.nan, np.nan)
    return {f"{name}_median": median, f"{name}_worst": worst}
