"""Optimal transport of many points: POT's network simplex on a list of pairs that grows until no other pair matters.

    minimise Σ γ_xy ‖x − y‖   over γ ≥ 0 with row sums p and column sums q

The dual is a critic of constant 1: f(y) − f(x) ≤ ‖x − y‖ on every pair, mean real minus mean fake value as large as can
be. On a list of pairs the simplex takes a fraction of a second where all pairs take minutes, and what its critic
violates on all others is found by tiles of pairs (`multiscale.pricing`). From coarse to fine: both clouds are
aggregated into the cells of a kd-tree; a level begins with the children of the plan of the coarser one and of its
smallest slacks, which holds a plan for the finer level; then the most violated pairs of every row and column are added
until raising the fake values to where nothing is violated costs a small share of the whole. Memory O(points + pairs
listed).

Source: column generation is Gilmore and Gomory (1961); shortlists from coarse to fine are Schmitzer's (2016).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from toylab.solution import Status
from toylab.solvers.multiscale.coarsening import Level, levels, on_level
from toylab.solvers.multiscale.pricing import Critic, Pricing
from toylab.solvers.multiscale.refinement import children, smallest

#: Slacks of every row and column whose children a finer level begins with.
_REFINED = 3
#: Violated pairs of every row and column that are added at most.
_ADDED = 4
#: What raising the fake values costs of the whole where a level that is not the finest ends.
_BETWEEN = 1e-3
#: The same as a share of how far the points are from their cells, which is what the coarser level does not see.
_UNRESOLVED = 0.03
#: Slack, in units of the mean distance of the plan, of pairs that only cost digits at the end: the simplex computes
#: with costs as large as (points) × (largest cost on the list).
_FAR = 30.0
#: Lists on one level at most; ten are usual.
_MOST_LISTS = 300
_TINY = 1e-300
#: POT's result codes.
_INFEASIBLE, _OPTIMAL = 0, 1


@dataclass(frozen=True, eq=False)
class Transported:
    """A plan with the critic that says how good it is.

    Attributes:
        rows: (P,), fake points of the pairs that carry mass.
        columns: (P,), their real points.
        mass: (P,), positive.
        distance: (P,).
        u: (g,), critic values at the fakes.
        v: (r,), critic values at the reals; v(y) − u(x) ≤ ‖x − y‖ but for what is left at the end.
        status: how it ended.
        lists: how many lists of pairs were solved.
        pairs: pairs on the last of them.
    """

    rows: np.ndarray
    columns: np.ndarray
    mass: np.ndarray
    distance: np.ndarray
    u: np.ndarray
    v: np.ndarray
    status: Status
    lists: int
    pairs: int

    def pull(self, fakes: np.ndarray, reals: np.ndarray) -> np.ndarray:
        """Γ (y − x)/‖x − y‖ of every pair, (P, d), which is its mass times the critic's gradient along it."""
        step = reals[self.columns] - fakes[self.rows]
        return step * (self.mass / np.maximum(self.distance, _TINY))[:, None]


def shortlisted_transport(
    fakes: np.ndarray,
    p: np.ndarray,
    reals: np.ndarray,
    q: np.ndarray,
    accuracy: float,
    *,
    max_iterations: int = 10_000_000,
    coarsest: int = 256,
) -> Transported:
    """An optimal plan between two clouds and its dual.

    Args:
        fakes: (g, d), points.
        p: (g,), their masses, positive, of sum 1.
        reals: (r, d), points.
        q: (r,), their masses, positive, of sum 1.
        accuracy: cost of raising the fake values to feasibility, as a share of the cost of the plan.
        max_iterations: of each run of the network simplex.
        coarsest: points of a cloud at the coarsest level at most.
    """
    clouds = levels(fakes, p, coarsest), levels(reals, q, coarsest)
    lists, stage, found, worst = 0, None, None, Status.OPTIMAL
    for number in range(max(map(len, clouds)) - 1, -1, -1):
        finer = _Stage(on_level(clouds[0], number), on_level(clouds[1], number), max_iterations)
        if stage is None or found is None:
            finer.list_everything()
        else:
            finer.list_children(stage, found)
        spread = _UNRESOLVED * _spread(clouds, number) if number else 0.0
        stage, found = finer, finer.run(_BETWEEN if number else accuracy, spread)
        lists += found.lists
        worst = found.status if worst is Status.OPTIMAL else worst
    assert found is not None
    return replace(found, lists=lists, status=worst)


def _spread(clouds: tuple[list[Level], ...], number: int) -> float:
    """How far the points of the finer level are from the cells of this one, on average."""
    moves = [0.0]
    for cloud in clouds:
        if number < len(cloud):
            finer = cloud[number - 1]
            moves.append(float(finer.weights @ _distances(finer.points, cloud[number].points[finer.parents])))
    return max(moves)


class _Stage:
    """One level: two clouds, the pairs on the list, and the critic so far."""

    def __init__(self, fakes: Level, reals: Level, max_iterations: int) -> None:
        self.fakes, self.reals, self.max_iterations = fakes, reals, max_iterations
        self._pricing = Pricing(fakes.points, reals.points)
        none = np.zeros(0, dtype=np.intp)
        self.rows, self.columns = none, none
        self.u, self.v = np.zeros(len(fakes.points)), np.zeros(len(reals.points))

    def list_everything(self) -> None:
        """List every pair."""
        self.rows, self.columns = np.divmod(np.arange(len(self.u) * len(self.v)), len(self.v))

    def list_children(self, coarser: _Stage, found: Transported) -> None:
        """List the children of the pairs of the coarser level that carry mass or are nearly tight."""
        rows, columns = coarser.rows, coarser.columns
        slack = coarser.critic.slack(rows, columns)
        near = smallest((rows, columns), slack, _REFINED)
        width = len(coarser.v)
        code = np.union1d(rows[near] * width + columns[near], found.rows * width + found.columns)
        self.rows, self.columns, _ = children(*np.divmod(code, width), self.fakes.parents, self.reals.parents)
        pull = found.pull(coarser.fakes.points, coarser.reals.points)
        self.u = _prolonged(coarser.u, coarser.fakes, self.fakes, found.rows, pull)
        self.v = _prolonged(coarser.v, coarser.reals, self.reals, found.columns, pull)
        violated = self._pricing.scan(self.critic, _ADDED)
        self._add(violated.rows, violated.columns)

    @property
    def critic(self) -> Critic:
        """The values so far."""
        return Critic(self.fakes.points, self.reals.points, self.u, self.v, 1.0)

    def run(self, accuracy: float, spread: float = 0.0) -> Transported:
        """Solve one list after the other until little is left to gain.

        Args:
            accuracy: what raising the fake values may cost, as a share of the plan.
            spread: what it may cost in any case.
        """
        least = np.inf
        for lists in range(1, _MOST_LISTS + 1):
            rows, columns, mass, status = self._simplex()
            distance = _distances(self.fakes.points[rows], self.reals.points[columns])
            found = self._pricing.scan(self.critic, _ADDED)
            raised, cost = float(self.fakes.weights @ (found.least - self.u)), float(mass @ distance)
            small = raised <= max(accuracy * cost, spread)
            listed = len(self.rows)
            if small or status is not Status.OPTIMAL:
                break
            if lists == _MOST_LISTS:
                status = Status.ITERATION_LIMIT
                break
            self._add(found.rows, found.columns)
            if len(self.rows) == listed:  # nothing new: what is left is rounding, unless far pairs have caused it
                if raised > 0.5 * least:
                    break
                least = raised
                self._forget_beyond(_FAR * cost, rows, columns)
        return Transported(rows, columns, mass, distance, self.u, self.v, status, lists, listed)

    def _forget_beyond(self, slack: float, rows: np.ndarray, columns: np.ndarray) -> None:
        """Leave out pairs with more slack than this that carry no mass."""
        width = len(self.v)
        near = self.critic.slack(self.rows, self.columns) <= slack
        code = np.union1d(self.rows[near] * width + self.columns[near], rows * width + columns)
        self.rows, self.columns = np.divmod(code, width)

    def _add(self, rows: np.ndarray, columns: np.ndarray) -> None:
        width = len(self.v)
        self.rows, self.columns = np.divmod(np.union1d(self.rows * width + self.columns, rows * width + columns), width)

    def _simplex(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, Status]:
        """Solve the list; the pairs that carry mass, how much, and how the simplex ended.

        In terms of what the critic so far leaves of every distance: the simplex is several times faster where most
        costs are nearly 0, and their differences keep their digits.
        """
        import ot

        left = self.critic.slack(self.rows, self.columns)
        least = float(left.min())
        unit = float(left.max()) - least or 1.0  # the simplex has absolute tolerances
        cost = sparse.coo_matrix(((left - least) / unit, (self.rows, self.columns)), shape=(len(self.u), len(self.v)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # the status says it
            plan, log = ot.emd(
                self.fakes.weights,
                self.reals.weights,
                cost,
                numItermax=self.max_iterations,
                log=True,
                center_dual=False,
            )
        if log["result_code"] == _INFEASIBLE:  # but for rounding, only after a level that was left too early
            return plan.row[:0], plan.col[:0], plan.data[:0], Status.INACCURATE
        self.u = self.u - unit * np.asarray(log["u"]) - least
        self.v = self.v + unit * np.asarray(log["v"])
        moved = plan.data > 0
        status = Status.OPTIMAL if log["result_code"] == _OPTIMAL else Status.ITERATION_LIMIT
        return plan.row[moved], plan.col[moved], plan.data[moved], status


def _prolonged(values: np.ndarray, coarser: Level, finer: Level, group: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """Values at the points of the finer level, along the mean gradient of the critic at the cells they are in."""
    count = len(coarser.points)
    gradient = np.stack([np.bincount(group, weights=part, minlength=count) for part in pull.T], axis=1)
    gradient /= coarser.weights[:, None]
    move = finer.points - coarser.points[finer.parents]
    return values[finer.parents] + np.einsum("ij,ij->i", move, gradient[finer.parents])


def _distances(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    step = start - end
    return np.sqrt(np.einsum("ij,ij->i", step, step))
