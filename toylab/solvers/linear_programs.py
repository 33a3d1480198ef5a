"""Two linear programs for W₁ by HiGHS: the Kantorovich-Rubinstein dual and the compact dual.

    maximise  E_real f − E_fake f
    subject to  f(w) − f(z) ≤ ‖z − w‖   for every ordered pair of support points   (Kantorovich-Rubinstein)
                f(y) − f(x) ≤ ‖x − y‖   for fake x and real y only                 (compact dual)

LGAN Theorem 5 (ICLR Theorems 6 and 7): both have the value W₁.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog
from typing_extensions import override

from toylab.critics import LowerExtension, steepest_chord
from toylab.errors import InputError, SolverError
from toylab.plans import couple, net_outflow, split_plan
from toylab.problem import CriticProblem
from toylab.solvers.base import AbstractSolver, Outcome
from toylab.solvers.transport import best_constant, check_wasserstein
from toylab.support import Support

_MOST_CONSTRAINTS = 4_000_000


@dataclass(frozen=True, kw_only=True)
class _LinearProgram(AbstractSolver):
    """A dual of optimal transport as an explicit linear program, for small problems.

    Attributes:
        rtol: relative gap to be certified.
    """

    rtol: float = 1e-8

    @abstractmethod
    def pairs(self, support: Support, carried: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper points (positions in `carried`) of every constraint."""

    @override
    def check(self, problem: CriticProblem) -> None:
        check_wasserstein(problem, self)
        support = problem.support
        carried = np.flatnonzero(support.in_fake | support.in_real)
        count = len(self.pairs(support, carried)[0])
        if count > _MOST_CONSTRAINTS:
            raise InputError(
                f"{type(self).__name__} would have {count} constraints, more than {_MOST_CONSTRAINTS}; "
                "use toylab.solvers.Transport()."
            )

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        support = problem.support
        carried = np.flatnonzero(support.in_fake | support.in_real)
        points = support.points[carried]
        lower, upper = self.pairs(support, carried)
        potential, multipliers, iterations = maximise_potential(
            points, (support.real_weights - support.fake_weights)[carried], lower, upper
        )
        w1 = float((support.real_weights - support.fake_weights)[carried] @ potential)
        k = best_constant(problem.regularizer, w1)
        size = len(support.points)
        flow = sparse.coo_array((multipliers, (carried[lower], carried[upper])), shape=(size, size)).tocsr()
        critic = LowerExtension(points, k * potential, k * max(1.0, self._overshoot(points, potential)))
        plan = split_plan(problem, self._between_measures(support, flow))
        return Outcome(critic=critic, plan=plan, stats={"iterations": iterations, "constraints": len(lower)})

    def _overshoot(self, points: np.ndarray, potential: np.ndarray) -> float:
        """The potential's own Lipschitz constant, so that its extension keeps every value."""
        return steepest_chord(points, potential)

    @abstractmethod
    def _between_measures(self, support: Support, flow: sparse.csr_array) -> sparse.csr_array:
        """The flow as fake→real moves."""


def maximise_potential(
    points: np.ndarray, gain: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray, int]:
    """Maximise Σ gain f subject to f(upper) − f(lower) ≤ ‖upper − lower‖, first value 0.

    Args:
        points: (N, d).
        gain: (N,), real minus fake mass.
        lower: (c,), point of the smaller value of each constraint.
        upper: (c,), point of the larger value.

    Returns:
        The potential (N,), the multipliers (c,) and the simplex iterations.
    """
    count, size = len(lower), len(points)
    distance = np.linalg.norm(points[upper] - points[lower], axis=1)
    scale = float(distance.max(initial=0.0)) or 1.0
    row = np.arange(count)
    matrix = sparse.coo_array(
        (
            np.concatenate([np.ones(count), -np.ones(count)]),
            (np.concatenate([row, row]), np.concatenate([upper, lower])),
        ),
        shape=(count, size),
    ).tocsr()
    bounds = [(0.0, 0.0)] + [(None, None)] * (size - 1)
    options = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    result = linprog(-gain, A_ub=matrix, b_ub=distance / scale, bounds=bounds, method="highs-ds", options=options)
    if result.status != 0:
        raise SolverError(f"HiGHS did not solve the linear program of {count} constraints: {result.message}")
    return scale * result.x, np.maximum(-result.ineqlin.marginals, 0.0), int(result.nit)


class CompactDual(_LinearProgram):
    """The compact dual: constraints from fake to real points only (LGAN Eq. 6, ICLR Eq. 15)."""

    @override
    def pairs(self, support: Support, carried: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        fakes = np.flatnonzero(support.in_fake[carried])
        reals = np.flatnonzero(support.in_real[carried])
        lower, upper = np.repeat(fakes, len(reals)), np.tile(reals, len(fakes))
        return lower[lower != upper], upper[lower != upper]

    @override
    def _between_measures(self, support: Support, flow: sparse.csr_array) -> sparse.csr_array:
        return flow


class KantorovichRubinstein(_LinearProgram):
    """The Kantorovich-Rubinstein dual: every ordered pair of support points (LGAN Eq. 3)."""

    @override
    def pairs(self, support: Support, carried: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lower, upper = np.divmod(np.arange(len(carried) ** 2), len(carried))
        return lower[lower != upper], upper[lower != upper]

    @override
    def _between_measures(self, support: Support, flow: sparse.csr_array) -> sparse.csr_array:
        """Flows through intermediate points, shortened: what is left starts at surplus and ends at need."""
        net = net_outflow(flow)
        sources, sinks = np.flatnonzero(net > 0), np.flatnonzero(net < 0)
        if not len(sources):
            return sparse.csr_array(flow.shape)
        return couple(support, sources, net[sources], sinks, -net[sinks])
