"""certify(): how far a critic is from optimal, bounded without any solver.

For critic values f with constant k that satisfy f(y) − f(x) ≤ k‖x − y‖ on every fake→real pair, and any plan
γ ≥ 0 with net outflow s and cost C = Σ γ d, weak duality splits into terms that are never negative:

    primal − dual = Σ_z [h_z(f_z) + h_z*(s_z) − s_z f_z] + Σ γ (f(x) − f(y) + k d) + [R(k) + R*(C) − k C]

so the gap is a sum in which nothing cancels. It bounds the suboptimality of *any* critic with these values,
and it is the evidence for LGAN Theorems 2 and 3 (γ > 0 only on bounding pairs).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from toylab import plans
from toylab.critics import LowerExtension, Rises
from toylab.errors import InputError
from toylab.fenchel_young import PointwiseObjective
from toylab.markup import Html, bar, card, facts, number, table
from toylab.network_critic import NetworkCritic, is_torch_module
from toylab.problem import CriticProblem
from toylab.regularizers import Unrestricted
from toylab.support import Support

_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, kw_only=True, eq=False)
class Certificate:
    """A bound on the suboptimality of a critic's values, with everything it rests on.

    Attributes:
        primal: J(f) + R(k) of the critic's values; an upper bound of the optimal value V.
        dual: a lower bound of V.
        gap: primal − dual ≥ 0, as a sum of non-negative terms.
        relative_gap: gap / room; the part of the gap that is charged rounding does not count.
        room: max(J_const − dual, 1e-12 φ'(c)), J_const the value of the best constant critic c: what that leaves to
            gain, and the unit of whatever else a critic pays. NaN where the losses have no best constant.
        plan: (n_fake, n_real), sparse, the dual plan γ in the caller's point order.
        merged_plan: (N, N), the same between merged points, from row to column.
        cost: C = Σ γ d.
        slopes: (N,), s_z, net outflow of the plan at the merged points.
        values: (N,), f_z at the merged points, after raising fake points by rounding at most (not at all where the
            problem is unrestricted).
        fake_owner: (n_fake,), the merged point of each fake point.
        real_owner: (n_real,), the merged point of each real point.
        k_support: the least constant for which the values satisfy every fake→real constraint.
        constant: the constant the primal value is computed with (k_support; the radius of a ball).
        critic_excess: R(largest gradient norm found on blends) − R(k_support), at least 0; None where the
            critic has no gradients. It is a sampled lower bound, not a proof, unless the critic declares a
            Lipschitz constant.
        pointwise_gap: (N,), the Fenchel-Young part of the gap.
        slackness_gap: Σ γ · slack.
        constant_gap: R(k) + R*(C) − k C.
    """

    primal: float
    dual: float
    gap: float
    relative_gap: float
    room: float
    plan: sparse.csr_array
    merged_plan: sparse.csr_array
    cost: float
    slopes: np.ndarray
    values: np.ndarray
    fake_owner: np.ndarray
    real_owner: np.ndarray
    k_support: float
    constant: float
    critic_excess: float | None
    pointwise_gap: np.ndarray
    slackness_gap: float
    constant_gap: float

    def __repr__(self) -> str:
        return (
            f"Certificate(primal={self.primal:.9g}, relative_gap={self.relative_gap:.3g}, "
            f"k_support={self.k_support:.6g})"
        )

    def parts(self) -> list[tuple[str, float]]:
        """The gap as the sum it is: names and non-negative terms."""
        named = [
            ("Fenchel–Young, Σ h(f) + h*(s) − s f", float(self.pointwise_gap.sum())),
            ("slackness, Σ γ · slack", self.slackness_gap),
            ("constant, R(k) + R*(C) − k C", self.constant_gap),
        ]
        rest = self.gap - sum(term for _, term in named)
        if np.isfinite(rest) and rest > 1e-9 * self.gap:
            named.append(("rounding of the plan", rest))
        return named

    def _repr_html_(self) -> str:
        return card("Certificate", facts(self.facts()), self.split())

    def facts(self) -> list[tuple[str, str]]:
        """What a person wants to know at a glance: the bounds and what they rest on."""
        paid = "" if self.critic_excess is None else number(self.critic_excess, 3)
        excess = f"{paid}, R paid for gradients steeper than the values need" if paid else ""
        moves = f"{self.plan.nnz} of {len(self.fake_owner)} × {len(self.real_owner)} entries"
        return [
            ("value", f"{number(self.primal, 12)} (upper bound of the optimal value)"),
            ("dual bound", f"{number(self.dual, 12)} (lower bound of it)"),
            ("gap", number(self.gap, 3)),
            ("relative gap", f"{number(self.relative_gap, 3)} of what the best constant critic leaves to gain"),
            ("constant k", number(self.constant, 10)),
            ("plan", f"{moves}, cost C = Σ γ·distance = {number(self.cost)}"),
            ("excess", excess),
        ]

    def split(self) -> Html:
        """A table of the gap's terms with their shares."""
        rows = [
            (name, number(term, 3), bar(term / self.gap if 0 < self.gap < np.inf else 0.0))
            for name, term in self.parts()
        ]
        return table(("the gap is a sum of terms ≥ 0", "", "share"), rows)


def certify(
    problem: CriticProblem,
    critic: Callable[..., Any],
    plan: Any = None,
) -> Certificate:
    """Bound how far a critic's values are from the optimum of the problem.

    The critic is judged by its values at the points of both measures (their McShane extension with constant
    k_support); its gradients elsewhere only enter `critic_excess`.

    Args:
        problem: the critic problem.
        critic: points (m, d) -> values (m,); a toylab critic, any NumPy callable, or a torch module.
        plan: (n_fake, n_real) masses, dense or sparse; any plan gives a valid bound, the optimal one a tight
            one. When not given, POT couples the critic's own reweighted marginals.

    Raises:
        InputError: the critic returns a wrong shape or values that are not finite, or the plan has a wrong
            shape or negative masses.
    """
    if not isinstance(problem, CriticProblem):
        raise InputError(f"certify needs a CriticProblem first, got {type(problem).__name__}.")
    support = problem.support
    objective = PointwiseObjective(problem.losses, support.fake_weights, support.real_weights)
    function = as_critic(critic)
    raw = evaluate(function, support.points)
    given = None if plan is None else plans.merge_plan(support, plans.check_plan(problem, plan))
    k_support = steepest_rise(support, raw, given)
    constant = problem.regularizer.constant_for(k_support)
    free = isinstance(problem.regularizer, Unrestricted)
    values = raw if free else raised(support, raw, constant)

    merged = plans.reweighted_plan(problem, values) if given is None else given
    merged = plans.into_dual_domain(support, objective, merged)
    slopes, cost = plans.net_outflow(merged), plans.plan_cost(support, merged)

    pointwise, charges = objective.gap_and_charge(values, slopes)
    rounding = float(charges.sum()) + _mass_rounding(problem, constant)
    pointwise = pointwise + charges
    slackness = _slackness(support, values, constant, merged)
    constant_gap = problem.regularizer.fenchel_young(constant, cost)
    # a plan that meets the range of h' exactly exists within `excess`: its moves cost k·diameter + range(f) at most
    rounding_gap = float(objective.excess(slopes).sum()) * (constant * support.diameter + float(np.ptp(values)))
    gap = float(pointwise.sum() + slackness + constant_gap + rounding_gap)
    primal = float(objective.value(values).sum() + problem.regularizer.value(constant))
    room = _room(problem, objective, slopes, cost)
    return Certificate(
        primal=primal,
        dual=primal - gap if np.isfinite(gap) else _dual_from_constant(problem, objective, room),
        gap=gap,
        relative_gap=_relative(gap, rounding, room),
        room=room,
        plan=plans.split_plan(problem, merged),
        merged_plan=merged,
        cost=cost,
        slopes=slopes,
        values=values,
        fake_owner=support.fake_owner,
        real_owner=support.real_owner,
        k_support=k_support,
        constant=constant,
        critic_excess=_critic_excess(problem, function, k_support),
        pointwise_gap=pointwise,
        slackness_gap=slackness,
        constant_gap=constant_gap,
    )


def as_critic(critic: Any) -> Any:
    """The critic as a NumPy callable; torch modules are wrapped."""
    if is_torch_module(critic):
        return NetworkCritic(critic)
    if not callable(critic):
        raise InputError(f"a critic must be callable on points (m, d), got {type(critic).__name__}.")
    return critic


def evaluate(critic: Callable[[np.ndarray], np.ndarray], points: np.ndarray) -> np.ndarray:
    """Critic values as float64 (N,), checked; the critic gets a copy of the points."""
    answer: Any = critic(points.copy())
    if hasattr(answer, "detach"):  # a torch tensor from a plain function
        answer = answer.detach().cpu()
    try:
        values = np.asarray(answer)
        if not np.issubdtype(values.dtype, np.number) or np.iscomplexobj(values):
            raise TypeError(f"entries of type {values.dtype}")
        values = values.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(f"the critic must return real numbers, one for each point; got {error}.") from None
    if values.shape not in {(len(points),), (len(points), 1)}:
        raise InputError(f"the critic must return shape ({len(points)},) for {len(points)} points, got {values.shape}.")
    values = values.reshape(-1)
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise InputError(f"the critic returned {values[bad[0]]} at the point {points[bad[0]].tolist()}.")
    return values


def steepest_rise(support: Support, values: np.ndarray, plan: sparse.csr_array | None = None) -> float:
    """Max (f(y) − f(x)) / ‖x − y‖ over fake x, real y, x ≠ y, less the rounding of f(y) − f(x); at least 0.

    A cone that starts at a far value of f has its rounding, so that counts everywhere. Nothing is lost by that: the
    values that are judged are raised to hold the constraints with the constant that results. The pairs of a good plan
    (N, N) are the steepest ones, and are looked at first.
    """
    carried = support.in_fake | support.in_real
    likely = None
    if plan is not None:
        rows, columns = plan.tocoo().coords
        likely = (np.cumsum(support.in_fake)[rows] - 1, np.cumsum(support.in_real)[columns] - 1)
    rises = Rises(
        start=support.points[support.in_fake],
        start_values=values[support.in_fake],
        end=support.points[support.in_real],
        end_values=values[support.in_real],
        rounding=8.0 * _EPS * float(np.abs(values[carried]).max()),
        likely=likely,
    )
    return rises.steepest()


def raised(support: Support, values: np.ndarray, constant: float) -> np.ndarray:
    """Values with every fake point raised to max_y f(y) − k‖x − y‖, so that the constraints hold up to rounding."""
    cones = LowerExtension(support.points[support.in_real], values[support.in_real], constant)
    result = values.copy()
    result[support.in_fake] = np.maximum(values[support.in_fake], cones(support.points[support.in_fake]))
    return result


def _slackness(support: Support, values: np.ndarray, constant: float, merged: sparse.csr_array) -> float:
    moves = merged.tocoo()
    rows, columns = moves.coords
    distance = np.linalg.norm(support.points[rows] - support.points[columns], axis=1)
    slack = values[rows] - values[columns] + constant * distance
    return float(moves.data @ np.maximum(slack, 0.0))


def _mass_rounding(problem: CriticProblem, constant: float) -> float:
    """What rounding of the masses is worth where P_g = P_r up to it: moving it across the support and back.

    Without a restriction nothing is moved: with masses q + δ and q the best value gains at most δ (φ(c) − inf φ)
    over the best constant c, or the same of ϕ.
    """
    support = problem.support
    if not support.equal_measures:
        return 0.0
    rounding = float(support.mass_rounding.sum())
    if isinstance(problem.regularizer, Unrestricted):
        return rounding * _largest_fall(problem)
    return rounding * constant * support.diameter


def _largest_fall(problem: CriticProblem) -> float:
    """The larger of φ(c) − inf φ and ϕ(c) − inf ϕ, c the best constant; 0 where nothing is known of them."""
    best, at_zero = problem.losses.best_constant, np.array(0.0)
    if best is None:
        return 0.0
    losses = (problem.losses.fake_loss, problem.losses.real_loss)
    falls = [float(loss.value(np.array(best)) + loss.conjugate(at_zero)) for loss in losses]  # inf φ = −φ*(0)
    return max((fall for fall in falls if np.isfinite(fall)), default=0.0)


def _relative(gap: float, rounding: float, room: float) -> float:
    """The gap beyond rounding, against what the dual leaves to gain over the best constant critic."""
    if np.isnan(room) or not np.isfinite(gap):
        return np.inf
    return max(gap - rounding, 0.0) / room


def _room(problem: CriticProblem, objective: PointwiseObjective, slopes: np.ndarray, cost: float) -> float:
    """J_const − dual = Σ h(c) + h*(s) − c s + R*(C), since Σ s = 0: again without cancellation."""
    best = problem.losses.best_constant
    if best is None:
        return np.nan
    floor = 1e-12 * (abs(float(problem.losses.fake_loss.slope(np.array(best)))) or 1.0)
    room = float(objective.gap(np.full(slopes.shape, best), slopes).sum() + problem.regularizer.conjugate(cost))
    return max(room, floor)


def _dual_from_constant(problem: CriticProblem, objective: PointwiseObjective, room: float) -> float:
    """The dual value where the critic's own gap is infinite (out of range of the loss, or outside the ball)."""
    best = problem.losses.best_constant
    if best is None:
        return -np.inf
    support = problem.support
    return float(objective.value(np.full(len(support.points), best)).sum()) - room


def _critic_excess(problem: CriticProblem, critic: Any, k_support: float) -> float | None:
    steepest = steepest_gradient(problem, critic)
    if steepest is None:
        return None
    allowed = problem.regularizer.value(k_support)
    return max(problem.regularizer.value(steepest) - allowed, 0.0) if np.isfinite(allowed) else 0.0


def steepest_gradient(problem: CriticProblem, critic: Any, *, pairs: int = 4096, positions: int = 9) -> float | None:
    """The largest ‖∇f‖ on blends t x + (1 − t) y of fake and real points; a declared constant where there is one.

    Args:
        problem: where the fake and real points come from.
        critic: anything with `gradient`, or None is returned.
        pairs: at most this many pairs, all of them where there are fewer (then a fixed random choice).
        positions: values of t, ends left out.
    """
    declared = getattr(critic, "lipschitz_constant", None)
    if declared is not None:
        return float(declared)
    if not hasattr(critic, "gradient"):
        return None
    n, m = len(problem.fake), len(problem.real)
    total = n * m
    chosen = np.arange(total) if total <= pairs else np.random.default_rng(0).choice(total, pairs, replace=False)
    x, y = problem.fake.points[chosen // m], problem.real.points[chosen % m]
    t = ((np.arange(positions) + 0.5) / positions)[:, None, None]
    blends = (t * x + (1.0 - t) * y).reshape(-1, problem.dimension)
    gradients = np.asarray(critic.gradient(blends), dtype=np.float64)
    if gradients.shape != blends.shape:
        raise InputError(f"the critic's gradient must return shape {blends.shape}, got {gradients.shape}.")
    return float(np.linalg.norm(gradients, axis=1).max())
