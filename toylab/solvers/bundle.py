"""The exact critic by a bundle of Kantorovich potentials: a third method, independent of the interior point.

A critic with constant k is k times a 1-Lipschitz function, and every c + Σ_r w_r π_r with w ≥ 0 and 1-Lipschitz π_r is
a critic with constant Σ w. Two problems take turns:

* the master (`bundle_master`) finds the best mixture of the potentials known so far;
* the oracle linearises J at it. Over 1-Lipschitz functions the slopes a = p φ'(f) and b = −q ϕ'(f) are made as small as
  can be by the Kantorovich potential of (a, b), which POT's network simplex finds; it is the next π. Its plan is a
  dual point, and with the master solved the gap is R(k) + R*(C) + Σ s f, C = W₁(a, b).

Where the optimum mixes few potentials this ends after a dozen rounds; where supports overlap and the restriction is
weak, the points fall into many groups that move on their own, and it takes a round or more for each of them.

Source: simplicial decomposition, von Hohenbalken, Math. Programming 13 (1977); the linearised problem is THEORY's
coupling of the reweighted marginals.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist
from typing_extensions import override

from toylab.critics import LowerExtension
from toylab.errors import InputError, whole_number
from toylab.plans import split_plan
from toylab.problem import CriticProblem
from toylab.solution import Status
from toylab.solvers.base import AbstractSolver, Outcome, check_memory, check_restricted
from toylab.solvers.bundle_master import Master, Objective

_SIMPLEX_ITERATIONS = 10_000_000
#: Rounds in which the best gap must halve.
_STALLED_AFTER = 150
#: To which the slopes of the master's problem are solved, relative to the terms that cancel in them.
_MASTER_TOLERANCE = 1e-13


@dataclass(frozen=True, kw_only=True)
class Bundle(AbstractSolver):
    """The best mixture of Kantorovich potentials, for losses without kinks: the third opinion.

    For the pairs of the interior point that have no kink, under a penalty (with a target or without) or a ball;
    supports may overlap. It shares no code with the interior point. Relative gap 1e-8 by default, reached on data of
    up to some hundred points a side; each round costs a transport problem, of which overlapping data under a weak
    restriction need hundreds. Memory grows with (fake points) × (real points).

    Attributes:
        rtol: relative gap to be certified. A solve that misses it ends INACCURATE or at the ITERATION_LIMIT, with
            the gap that was reached.
        max_iterations: rounds, each with one call of the network simplex.
        most_potentials: how many are kept; beyond it the oldest without weight are forgotten.
    """

    rtol: float = 1e-8
    max_iterations: int = 1000
    most_potentials: int = 500

    @override
    def check(self, problem: CriticProblem) -> None:
        whole_number(self.most_potentials, "most_potentials", least=2)
        check_restricted(problem, self)
        compact = problem.losses.compact_form()
        if not compact:
            raise InputError(f"fake→real pairs do not describe {problem.losses.name!r}: {'; '.join(compact.reasons)}.")
        if not problem.losses.differentiable:
            raise InputError(
                f"{type(self).__name__} needs losses without kinks, and {problem.losses.name!r} has some: at a kink a "
                "value has no slope, so there are no reweighted marginals to couple; use InteriorPoint() or "
                "Reference() of toylab.solvers."
            )
        check_memory(problem, self, arrays=6)

    @override
    def run(self, problem: CriticProblem) -> Outcome:
        with np.errstate(over="ignore", invalid="ignore"):  # of a step that is then taken back
            return self._run(problem)

    def _run(self, problem: CriticProblem) -> Outcome:
        oracle = _Oracle(problem)
        support = problem.support
        objective = Objective.of(problem.losses, support.fake_weights, support.real_weights)
        centre = float(problem.losses.best_constant or 0.0)
        master = Master.start(objective, problem.regularizer.rescaled(oracle.unit), centre)
        at_constant = float(objective.value(np.full(len(support.points), centre)).sum())
        best, gaps, newton_steps = _Answer.of(master, oracle, at_constant), [], 0
        answer, status, halved = best, Status.ITERATION_LIMIT, 0
        for round_ in range(self.max_iterations):
            gaps.append(answer.relative_gap)
            halved = round_ if answer.relative_gap <= 0.5 * best.relative_gap else halved
            best = answer if answer.relative_gap < best.relative_gap else best
            if best.relative_gap <= 0.1 * self.rtol:
                status = Status.OPTIMAL
                break
            steps = 0
            if answer.potential is not None:
                master.forget(self.most_potentials - 1)
                master.add(answer.potential)
                steps = master.improve(_MASTER_TOLERANCE)
            if steps == 0 or round_ - halved >= _STALLED_AFTER:
                status = Status.INACCURATE
                break
            newton_steps += steps
            answer = _Answer.of(master, oracle, at_constant)
        mixed = int((master.weights > 0).sum())
        return Outcome(
            critic=_critic(problem, objective, best, oracle.unit),
            plan=split_plan(problem, best.plan),
            status=status,
            stats={"iterations": len(gaps), "newton_steps": newton_steps, "potentials": mixed},
            history={"relative_gap": np.array(gaps)},
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Answer:
    """A mixture with what the oracle says about it.

    Attributes:
        values: (N,), f.
        k: its constant, in the oracle's unit of length.
        plan: (N, N), of the reweighted marginals.
        potential: (N,), the next one; None where no slope is left.
        relative_gap: against what the best constant critic leaves to gain.
    """

    values: np.ndarray
    k: float
    plan: sparse.csr_array
    potential: np.ndarray | None
    relative_gap: float

    @classmethod
    def of(cls, master: Master, oracle: _Oracle, at_constant: float) -> _Answer:
        """The mixture of the master as it stands."""
        values, k, regularizer = master.values, master.k, master.regularizer
        slopes = master.objective.slope(values)
        plan, cost, potential = oracle.couple(slopes)
        gap = float(slopes @ values) + regularizer.value(k) + regularizer.conjugate(cost)
        room = at_constant - float(master.objective.value(values).sum()) - regularizer.value(k) + gap
        room = max(room, regularizer.conjugate(cost))  # the first loses its digits where k hardly pays
        relative = max(gap, 0.0) / room if room > 0 else float(gap > 0)
        return cls(values=values, k=k, plan=plan, potential=potential, relative_gap=relative)


class _Oracle:
    """Kantorovich potentials of reweighted marginals, each started from the one before.

    Attributes:
        unit: the median distance; inside, lengths are multiples of it.
    """

    def __init__(self, problem: CriticProblem) -> None:
        self._support = support = problem.support
        self._fakes, self._reals = np.flatnonzero(support.in_fake), np.flatnonzero(support.in_real)
        distance = cdist(support.points[self._fakes], support.points[self._reals])
        self.unit = float(np.median(distance[distance > 0])) if (distance > 0).any() else 1.0
        self._distance = distance / self.unit
        self._duals = np.zeros(len(self._fakes)), np.zeros(len(self._reals))

    def couple(self, slopes: np.ndarray) -> tuple[sparse.csr_array, float, np.ndarray | None]:
        """An optimal plan (N, N) from the points with slope > 0 to those with slope < 0, its cost, its potential (N,).

        The potential satisfies every fake→real constraint exactly, points without slope included. Where the totals
        differ, as they do by rounding once the master is solved, the larger one is scaled down.

        Raises:
            InputError: POT could not solve it.
        """
        import ot

        size = len(slopes)
        rows, columns = np.flatnonzero(slopes[self._fakes] > 0), np.flatnonzero(slopes[self._reals] < 0)
        a, b = slopes[self._fakes[rows]], -slopes[self._reals[columns]]
        if not (len(a) and len(b)):
            return sparse.csr_array((size, size)), 0.0, None
        every = len(rows) == len(self._fakes) and len(columns) == len(self._reals)
        distance = self._distance if every else self._distance[np.ix_(rows, columns)]
        moved, log = ot.emd(
            a / a.sum(),
            b / b.sum(),
            distance,
            numItermax=_SIMPLEX_ITERATIONS,
            log=True,
            potentials_init=(self._duals[0][rows], self._duals[1][columns]),
        )
        if log["warning"] is not None:
            raise InputError(f"POT could not couple the reweighted marginals: {log['warning']}; take fewer points.")
        # u + v ≤ d: the c-transform is above −u on the fakes and v on the reals, and defined on the others too
        onto_reals = (self._distance[rows] - np.asarray(log["u"])[:, None]).min(axis=0)
        onto_fakes = (onto_reals - self._distance).max(axis=1)
        self._duals = -onto_fakes, onto_reals
        potential = np.zeros(size)
        potential[self._fakes], potential[self._reals] = onto_fakes, onto_reals
        potential -= 0.5 * (onto_fakes.min() + onto_reals.max())  # centred, so that little cancels in its slope
        mass = sparse.coo_array(min(a.sum(), b.sum()) * np.asarray(moved))
        ends = self._fakes[rows[mass.coords[0]]], self._reals[columns[mass.coords[1]]]
        plan = sparse.coo_array((mass.data, ends), shape=(size, size)).tocsr()
        return plan, float(mass.data @ distance[mass.coords]), potential


def _critic(problem: CriticProblem, objective: Objective, answer: _Answer, unit: float) -> LowerExtension:
    """The lower extension over the reals; over fakes as well where a loss with a minimiser keeps them above it."""
    support, values, k = problem.support, objective.cut_off(answer.values), answer.k / unit
    fakes, reals = np.flatnonzero(support.in_fake), np.flatnonzero(support.in_real)
    critic = LowerExtension(support.points[reals], values[reals], k)
    if np.isinf(objective.low):
        return critic
    centres = np.concatenate([reals, fakes[values[fakes] > critic(support.points[fakes])]])
    return LowerExtension(support.points[centres], values[centres], k)
