"""Optimal critics with gradients of one's own choosing, and where a Lipschitz constant forbids them.

The compact dual of optimal transport constrains values at fake and real points alone. For any vectors v_i there is
a smooth function with the optimal values and ∇f(x_i) = v_i: an optimum whose gradient says nothing (`uninformative`).
A k-Lipschitz critic has no such freedom where a fake x is tight, f(y) − f(x) = k‖y − x‖: there ∇f(x) = k u, u the
direction to y, is forced. At a point that nothing touches any ‖v‖ ≤ k stays possible (`steered`).

Source: LGAN section 3.3; ICLR section 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from typing_extensions import override

from toylab.critics import Critic, HermiteCritic, LowerExtension, UpperExtension, hermite
from toylab.errors import InputError
from toylab.solution import Candidate

#: How near k a gradient may come by rounding.
_ROUNDING = 64.0 * float(np.finfo(np.float64).eps)


def uninformative(
    candidate: Candidate, fake_gradients: npt.ArrayLike, real_gradients: npt.ArrayLike | None = None
) -> HermiteCritic:
    """The smooth critic with the candidate's values and these gradients.

    Given f_z at all points and vectors v_z, find a smooth f with f(z) = f_z and ∇f(z) = v_z. It is as good as the
    candidate wherever values at the points decide, as in the compact dual, and not Lipschitz with its constant k.

    Args:
        candidate: whose values are kept; two different points at least.
        fake_gradients: (n_fake, d), the gradients at the fake points, any lengths.
        real_gradients: (n_real, d), those at the real points; 0 when not given, but at shared points those of the fake.

    Raises:
        InputError: wrong shapes, entries that are not finite, or two gradients asked for at one point.
    """
    problem = candidate.problem
    support = problem.support
    wanted = np.full(support.points.shape, np.nan)
    sides = [("fake", fake_gradients, support.fake_owner)]
    if real_gradients is not None:
        sides.append(("real", real_gradients, support.real_owner))
    for side, gradients, owners in sides:
        vectors = _checked(side, gradients, (len(owners), problem.dimension))
        for index, (owner, vector) in enumerate(zip(owners, vectors, strict=True)):
            if np.isfinite(wanted[owner]).all() and (wanted[owner] != vector).any():
                raise InputError(
                    f"{side} point {index} at {support.points[owner].tolist()} coincides with another one, whose "
                    f"gradient is to be {wanted[owner].tolist()}; a function has one gradient at a point."
                )
            wanted[owner] = vector
    return hermite(support.points, candidate.certificate.values, np.where(np.isnan(wanted), 0.0, wanted))


@dataclass(frozen=True, eq=False)
class SteeredCritic(Critic):
    """z ↦ max(lower(z), min(f(x) + v·(z − x), upper(z))): a plane between two k-Lipschitz extensions.

    Attributes:
        lower: the smallest k-Lipschitz function with the values at the other points.
        upper: the largest one.
        point: (d,), x.
        value: f(x), strictly between both.
        vector: (d,), v with ‖v‖ ≤ k.
    """

    lower: LowerExtension
    upper: UpperExtension
    point: np.ndarray
    value: float
    vector: np.ndarray

    @property
    def lipschitz_constant(self) -> float:  # type: ignore[override]
        """The constant k of the extensions: clipping one k-Lipschitz function by others leaves it k-Lipschitz."""
        return self.lower.lipschitz_constant

    @property
    def radius(self) -> float:
        """Up to this distance from x the critic is the plane: both extensions are at least that far off."""
        at = self.point[None]
        room = min(float(self.value - self.lower(at)[0]), float(self.upper(at)[0] - self.value))
        return room / (self.lipschitz_constant + float(np.linalg.norm(self.vector)))

    def _plane(self, z: np.ndarray) -> np.ndarray:
        return self.value + (z - self.point) @ self.vector

    @override
    def __call__(self, z: np.ndarray) -> np.ndarray:
        return np.maximum(self.lower(z), np.minimum(self._plane(z), self.upper(z)))

    @override
    def gradient(self, z: np.ndarray) -> np.ndarray:
        plane, low, high = self._plane(z), self.lower(z), self.upper(z)
        result = np.tile(self.vector, (len(z), 1))
        result = np.where((plane > high)[:, None], self.upper.gradient(z), result)
        return np.where((np.minimum(plane, high) < low)[:, None], self.lower.gradient(z), result)


def steered(candidate: Candidate, index: int, vector: npt.ArrayLike) -> SteeredCritic:
    """The k-Lipschitz critic with the candidate's values and the gradient v at a fake point that nothing touches.

    Args:
        candidate: whose values and constant k > 0 are kept.
        index: of the fake point.
        vector: (d,), v with ‖v‖ ≤ k.

    Raises:
        InputError: no such point, a vector of the wrong shape or longer than k, or a point that is tight: there the
            gradient is forced.
    """
    problem, k = candidate.problem, candidate.lipschitz_constant
    support = problem.support
    if not (isinstance(index, int | np.integer) and 0 <= index < len(problem.fake)):
        raise InputError(f"the problem has fake points 0 to {len(problem.fake) - 1}, got {index!r}.")
    (v,) = _checked("fake", np.asarray(vector)[None], (1, problem.dimension))
    if np.linalg.norm(v) > k * (1.0 + _ROUNDING):
        raise InputError(f"a {k:.6g}-Lipschitz critic has no gradient of length {np.linalg.norm(v):.6g}.")
    owner = support.fake_owner[index]
    others = (np.arange(len(support.points)) != owner) & (support.in_fake | support.in_real)
    if not others.any():
        raise InputError("there is no other point: any function with this gradient will do.")
    points, values = support.points[others], candidate.certificate.values[others]
    critic = SteeredCritic(
        LowerExtension(points, values, k),
        UpperExtension(points, values, k),
        support.points[owner],
        float(candidate.certificate.values[owner]),
        v,
    )
    rounding = _ROUNDING * (float(np.abs(candidate.certificate.values).max()) + k * support.diameter)
    if not critic.radius * k > rounding:
        raise InputError(f"fake point {index} is tight: a k-Lipschitz critic has no choice of gradient there.")
    return critic


def _checked(side: str, gradients: npt.ArrayLike, shape: tuple[int, int]) -> np.ndarray:
    try:
        vectors = np.array(gradients, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the {side} gradients cannot be read as an array of shape {shape} ({error}).") from None
    if vectors.shape != shape:
        raise InputError(f"the {side} gradients must have shape {shape}, one vector a point, got {vectors.shape}.")
    if not np.isfinite(vectors).all():
        raise InputError(f"the {side} gradients must be finite.")
    return vectors
