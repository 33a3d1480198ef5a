"""The optimum without any restriction, point by point: minimise p_z φ(t) + q_z ϕ(t) at every merged point.

f*(z) depends on the masses p_z and q_z alone (LGAN §3.1), so the points' distances do not enter, and off the points
the objective says nothing. The zero plan certifies: the gap is Σ_z h_z(f_z) + h_z*(0).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from typing_extensions import override

from toylab.divergences import UnrestrictedLoss
from toylab.divergences.local import log_masses, log_ratio
from toylab.errors import Advice, InputError
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted
from toylab.solvers.base import AbstractSolver, Outcome


def _optimal_values(problem: CriticProblem) -> np.ndarray:
    """f* at the merged points, (N,): ±inf where no value attains the infimum, 0 where there is no mass."""
    support = problem.support
    values = np.zeros(len(support.points))
    carried = support.in_fake | support.in_real
    ratio = log_ratio(*log_masses(support))[carried]
    values[carried] = UnrestrictedLoss(problem.losses).of_ratio(ratio)
    return values


def check_attained(problem: CriticProblem) -> None:
    """Raise InputError where no critic attains the infimum of the unrestricted problem, with reason and infimum."""
    support = problem.support
    if support.equal_measures and problem.losses.best_constant is not None:
        return  # Jensen: the best constant is optimal, up to rounding of the masses
    values = _optimal_values(problem)
    escaping = np.flatnonzero(~np.isfinite(values))
    if not escaping.size:
        return
    first = int(escaping[0])
    kind = {(True, False): "only fake mass", (False, True): "only real mass", (True, True): "both kinds of mass"}
    mass = kind[bool(support.in_fake[first]), bool(support.in_real[first])]
    side = "+∞" if values[first] > 0 else "−∞"
    value = UnrestrictedLoss(problem.losses).value(problem.fake, problem.real).value
    fate = (
        f"its infimum {value:.6g} is approached and never attained" if np.isfinite(value) else "it is unbounded below"
    )
    raise InputError(
        f"the unrestricted {problem.losses.name} problem has no optimal critic: {fate}, because at {escaping.size} of "
        f"{len(values)} points every step of f further out is an improvement; the first, "
        f"{np.round(support.points[first], 6).tolist()}, has {mass} and wants f = {side}. Restrict the critic:",
        Advice(python="LipschitzPenalty(0.1).", command="leave --unrestricted out, or give --lam 0.1."),
    )


@dataclass(frozen=True, kw_only=True)
class ClosedForm(AbstractSolver):
    """The exact critic of an unrestricted problem, for every pair of losses.

    Closed forms for the known pairs, else the root of p φ'(t) + q ϕ'(t). The critic is a `NearestPoint`: off the points
    its values are arbitrary, and it says so.

    Attributes:
        rtol: relative gap to be certified.
    """

    rtol: float = 1e-8

    @override
    def check(self, problem: CriticProblem) -> None:
        if not isinstance(problem.regularizer, Unrestricted):
            raise InputError(
                f"ClosedForm solves unrestricted problems, not {problem.regularizer}; leave the solver out, or "
                "make the problem with regularizer=Unrestricted()."
            )

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        critic = UnrestrictedLoss(problem.losses).critic(problem.fake, problem.real)
        return Outcome(critic=critic, plan=sparse.csr_array((len(problem.fake), len(problem.real))))
