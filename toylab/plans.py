"""Transport plans as dual points: balanced marginals, projection into the domain of the dual.

A plan γ ≥ 0 moves mass from fake to real points. What the dual sees of it is its cost C = Σ γ d and the net
outflow s_z = out − in of every merged point; s must lie in the range of h' for the bound to be finite.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist

from toylab.collinear import monotone_plan
from toylab.errors import InputError
from toylab.fenchel_young import PointwiseObjective
from toylab.problem import CriticProblem
from toylab.straight_line import line_of
from toylab.support import Support

#: (Fake points) × (real points) from which on points on a line are coupled by sorting.
_MANY_PAIRS = 2**18
#: From here on POT is not given the distances, of which it makes four arrays of float64, 16 GiB, but the points: it
#: takes 2.6 times as long then (4000 points a side), in memory that grows with the number of points.
_MANY_DISTANCES = 2**29
#: Beyond this it would take a day.
_MOST_PAIRS = 2**34


def check_plan(problem: CriticProblem, plan: object) -> sparse.coo_array:
    """The plan as a sparse array, or an InputError that says what is wrong with it."""
    shape = (len(problem.fake), len(problem.real))
    try:
        array = sparse.coo_array(plan)  # type: ignore[arg-type]
        if np.iscomplexobj(array.data):
            raise TypeError("complex masses")
        data = np.asarray(array.data, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the plan cannot be read as an array of shape {shape} ({error}).") from None
    if array.shape != shape:
        raise InputError(f"the plan must have shape {shape} (fake points, real points), got {array.shape}.")
    if not np.isfinite(data).all() or (data < 0).any():
        raise InputError("the plan must hold finite masses that are not negative.")
    return sparse.coo_array((data, array.coords), shape=shape)


def merge_plan(support: Support, plan: sparse.coo_array) -> sparse.csr_array:
    """The plan between merged points, (N, N).

    Mass that stays where it is has no effect and is dropped; so is mass on points that carry none, between
    which the problem has no constraint for it to be the multiplier of.
    """
    size = len(support.points)
    rows, columns = support.fake_owner[plan.coords[0]], support.real_owner[plan.coords[1]]
    moves = (rows != columns) & (plan.data > 0) & support.in_fake[rows] & support.in_real[columns]
    merged = sparse.coo_array((plan.data[moves], (rows[moves], columns[moves])), shape=(size, size))
    return merged.tocsr()


def split_plan(problem: CriticProblem, merged: sparse.csr_array) -> sparse.csr_array:
    """The plan between the caller's points, (n_fake, n_real): merged mass shared out by weight."""
    support = problem.support
    to_fake = _shares(support.fake_owner, problem.fake.weights, support.fake_weights)
    to_real = _shares(support.real_owner, problem.real.weights, support.real_weights)
    return sparse.csr_array(to_fake.T @ merged @ to_real)


def _shares(owner: np.ndarray, weights: np.ndarray, merged_weights: np.ndarray) -> sparse.csr_array:
    total = merged_weights[owner]
    share = np.divide(weights, total, out=np.zeros_like(weights), where=total > 0)
    shape = (len(merged_weights), len(owner))
    return sparse.csr_array((share, (owner, np.arange(len(owner)))), shape=shape)


def plan_cost(support: Support, merged: sparse.csr_array) -> float:
    """C = Σ γ ‖z − w‖."""
    moves = merged.tocoo()
    step = support.points[moves.coords[0]] - support.points[moves.coords[1]]
    return float(moves.data @ np.linalg.norm(step, axis=1))


def net_outflow(merged: sparse.csr_array) -> np.ndarray:
    """s_z = out − in, (N,)."""
    return np.asarray(merged.sum(axis=1)).ravel() - np.asarray(merged.sum(axis=0)).ravel()


def into_dual_domain(support: Support, objective: PointwiseObjective, merged: sparse.csr_array) -> sparse.csr_array:
    """A plan near the given one whose net outflow lies in the range of h' everywhere (EXACT_SOLVER, certificate).

    Rows, then columns, are scaled down where they exceed the range; outflow that is then missing (affine
    losses have a positive least slope) is added explicitly, so that its cost is charged like any other.
    """
    lower, upper = objective.slope_bounds()
    out, into = np.asarray(merged.sum(axis=1)).ravel(), np.asarray(merged.sum(axis=0)).ravel()
    limit = np.maximum(upper + into, 0.0)
    merged = _scale(merged, rows=np.divide(limit, out, out=np.ones_like(out), where=out > limit))
    out, into = np.asarray(merged.sum(axis=1)).ravel(), np.asarray(merged.sum(axis=0)).ravel()
    limit = np.maximum(out - lower, 0.0)
    merged = _scale(merged, columns=np.divide(limit, into, out=np.ones_like(into), where=into > limit))
    slopes = net_outflow(merged)
    goal = _balanced(np.clip(slopes, lower, upper), lower, upper, support)
    return sparse.csr_array(merged + _route(goal - slopes, support))


def _scale(
    merged: sparse.csr_array, *, rows: np.ndarray | None = None, columns: np.ndarray | None = None
) -> sparse.csr_array:
    if rows is not None and (rows < 1).any():
        merged = sparse.csr_array(sparse.diags_array(rows) @ merged)
    if columns is not None and (columns < 1).any():
        merged = sparse.csr_array(merged @ sparse.diags_array(columns))
    return merged


def _balanced(slopes: np.ndarray, lower: np.ndarray, upper: np.ndarray, support: Support) -> np.ndarray:
    """Slopes inside their bounds with sum 0, moved as little as the room on the allowed side asks for."""
    excess = float(slopes.sum())
    enough = max(1.0, abs(excess))  # of a room without end
    if excess > 0:  # more inflow is needed: only real points can take it
        room = np.where(support.in_real, np.minimum(slopes - lower, enough), 0.0)
    else:
        room = np.where(support.in_fake, np.minimum(upper - slopes, enough), 0.0)
    total = float(room.sum())
    if total <= abs(excess):
        return slopes - np.sign(excess) * room
    return slopes - excess * room / total


def _route(missing: np.ndarray, support: Support) -> sparse.csr_array:
    """A sparse plan with net outflow `missing`: surplus and need matched along the cumulated mass."""
    size = len(missing)
    sources = np.flatnonzero((missing > 0) & support.in_fake)
    sinks = np.flatnonzero((missing < 0) & support.in_real)
    if not (len(sources) and len(sinks)):
        return sparse.csr_array((size, size))
    supply, demand = np.cumsum(missing[sources]), np.cumsum(-missing[sinks])
    ends = np.unique(np.concatenate([supply, demand]))
    ends = ends[ends <= min(supply[-1], demand[-1])]
    mass = np.diff(ends, prepend=0.0)
    rows = sources[np.minimum(np.searchsorted(supply, ends), len(sources) - 1)]
    columns = sinks[np.minimum(np.searchsorted(demand, ends), len(sinks) - 1)]
    return sparse.coo_array((mass, (rows, columns)), shape=(size, size)).tocsr()


def reweighted_plan(problem: CriticProblem, values: np.ndarray) -> sparse.csr_array:
    """An optimal plan between the reweighted marginals of a critic's own values, by POT.

    a = slope⁺ and b = slope⁻ of the values at the merged points, brought to equal mass by scaling the larger
    one down. At the optimal critic this is the optimal dual plan (THEORY section 2), so it turns any trained
    critic into a certificate without an exact solver.

    Args:
        problem: the problem.
        values: (N,), critic values at `problem.support.points`.

    Returns:
        The plan between merged points, (N, N).
    """
    support = problem.support
    if not np.isfinite(problem.regularizer.conjugate(1.0)):  # without a restriction only the zero plan bounds anything
        return sparse.csr_array((len(support.points), len(support.points)))
    objective = PointwiseObjective(problem.losses, support.fake_weights, support.real_weights)
    slopes = objective.slope(values)
    sources = np.flatnonzero((slopes > 0) & support.in_fake)
    sinks = np.flatnonzero((slopes < 0) & support.in_real)
    size = len(support.points)
    if not (len(sources) and len(sinks) and np.isfinite(slopes).all()):
        return sparse.csr_array((size, size))  # nothing to couple, or a critic out of range of its loss
    return couple(support, sources, slopes[sources], sinks, -slopes[sinks])


def couple(
    support: Support, sources: np.ndarray, supply: np.ndarray, sinks: np.ndarray, demand: np.ndarray
) -> sparse.csr_array:
    """An optimal transport plan between masses at merged points, (N, N); the larger total is scaled down.

    By POT's network simplex, and by sorting where there are many points on one line.

    Raises:
        InputError: POT gives up, or it would take a day.
    """
    size = len(support.points)
    mass = min(supply.sum(), demand.sum())
    pairs = len(sources) * len(sinks)
    line = line_of(support.points) if pairs > _MANY_PAIRS else None
    if line is not None:
        masses = np.zeros((2, size))
        masses[0, sources], masses[1, sinks] = supply * (mass / supply.sum()), demand * (mass / demand.sum())
        return monotone_plan(support, line.positions, masses[0], masses[1])
    if pairs > _MOST_PAIRS:
        raise InputError(
            f"coupling {len(sources)} fake and {len(sinks)} real points would take a day; give certify a plan between "
            "them, such as toylab.solve(problem).certificate.plan, or take fewer points."
        )
    shares = supply / supply.sum(), demand / demand.sum()
    moves = sparse.coo_array(mass * _simplex(support.points[sources], support.points[sinks], *shares))
    return sparse.coo_array(
        (moves.data, (sources[moves.coords[0]], sinks[moves.coords[1]])), shape=(size, size)
    ).tocsr()


def _simplex(fake: np.ndarray, real: np.ndarray, supply: np.ndarray, demand: np.ndarray) -> Any:
    """A plan (n, m) between masses of sum 1, sparse where there are many pairs."""
    import ot

    settings: dict[str, Any] = {"numItermax": max(10_000_000, 1000 * (len(fake) + len(real))), "log": True}
    if len(fake) * len(real) > _MANY_DISTANCES:
        _, log = ot.lp.emd2_lazy(fake, real, supply, demand, metric="euclidean", return_matrix=True, **settings)
        plan = log["G"]
    else:
        plan, log = ot.emd(supply, demand, cdist(fake, real), **settings)
    if log["warning"] is not None:
        raise InputError(f"POT could not couple the reweighted marginals of this critic: {log['warning']}")
    return plan
