"""What an objective says about the fakes where they stand: where each should go, and how good the critic is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from toylab.critics import unit_vectors
from toylab.errors import InputError

#: A fake from which the plan takes less than this share of its weight is told nothing: rounding of an interior point.
_NOTHING = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """One objective's answer at one place of the fakes.

    Attributes:
        gradients: (n, d), ∇f* at the fakes, 0 where f* says nothing there; at a kink the mean of the one-sided
            gradients that the plan weighs.
        directions: (n, d), the gradients without their length: unit vectors where f* is smooth, shorter at a kink.
        ways: (n, d), how far the plan takes each fake on average; None where there is no plan.
        constant: the Lipschitz constant k* of the critic; NaN where there is none.
        gap: certified relative gap of the critic; NaN where there is no certificate.
        value: of the objective at its optimum; NaN where it is not computed.
        plan: (n, m), the certificate's plan; None where there is none.
        fake_values: (n,), f* at the fakes; None where they are not told.
        real_values: (m,), f* at the reals; None where f* is not the Lipschitz function that its values extend to.
    """

    gradients: np.ndarray
    directions: np.ndarray
    ways: np.ndarray | None = None
    constant: float = np.nan
    gap: float = np.nan
    value: float = np.nan
    plan: np.ndarray | None = None
    fake_values: np.ndarray | None = None
    real_values: np.ndarray | None = None

    @property
    def way_lengths(self) -> np.ndarray:
        """(n,), lengths of the ways, +inf where there are none."""
        return np.full(len(self.gradients), np.inf) if self.ways is None else np.linalg.norm(self.ways, axis=1)


def along_plan(
    points: np.ndarray, weights: np.ndarray, real: np.ndarray, plan: np.ndarray, *, constant: float
) -> Answer:
    """The answer of a critic of constant k with a plan.

    At a fake with one bounding partner y the gradient is k (y − x)/‖y − x‖. With several it is
    k Σ_j γ_ij (y_j − x_i)/d_ij / Σ_j γ_ij, which is ∂V/∂x_i without the factor φ'(f(x_i)) p_i (THEORY section 2).

    Args:
        points: (n, d), the fakes.
        weights: (n,), their masses.
        real: (m, d).
        plan: (n, m), γ.
        constant: k.
    """
    out = plan.sum(axis=1)
    told = out > _NOTHING * weights
    share = np.divide(plan, out[:, None], out=np.zeros_like(plan), where=told[:, None])
    ways = real[None] - points[:, None]
    directions = np.einsum("nm,nmd->nd", share, unit_vectors(ways))
    return Answer(
        gradients=constant * directions,
        directions=directions,
        ways=np.einsum("nm,nmd->nd", share, ways),
        constant=constant,
        plan=plan,
    )


def shared_out(answer: Answer, points: np.ndarray, weights: np.ndarray, real: np.ndarray) -> Answer:
    """The same answer with the plan of coinciding fakes dealt out: each takes a part of its own.

    The mass that leaves a place is laid in a row, partner by partner, and cut into consecutive pieces, one for each
    fake there in proportion to what leaves it. Row and column sums stay, so the plan stays optimal.

    Raises:
        InputError: the answer has no plan.
    """
    if answer.plan is None:
        raise InputError("coinciding fakes can share out a plan only; this objective has none: take Together().")
    _, owner = np.unique(points, axis=0, return_inverse=True)
    owner = owner.reshape(-1)
    plan = answer.plan.copy()
    for place in np.flatnonzero(np.bincount(owner) > 1):
        members = np.flatnonzero(owner == place)
        plan[members] = _consecutive(plan[members])
    fresh = along_plan(points, weights, real, plan, constant=answer.constant)
    known = {name: getattr(answer, name) for name in ("gap", "value", "fake_values", "real_values")}
    return replace(fresh, **known)


def _consecutive(rows: np.ndarray) -> np.ndarray:
    """A matrix with the same row and column sums, filled from its north-west corner."""
    ends, starts = np.cumsum(rows.sum(axis=1)), np.cumsum(rows.sum(axis=0))
    low = np.maximum(np.concatenate([[0.0], ends[:-1]])[:, None], np.concatenate([[0.0], starts[:-1]]))
    return np.maximum(np.minimum(ends[:, None], starts) - low, 0.0)


__all__ = ["Answer", "along_plan", "shared_out"]
