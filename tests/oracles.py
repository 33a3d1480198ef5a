"""Problems whose optimum is known without toylab: closed forms, one-dimensional roots, sums over a line.

Every oracle carries its own error, so that no test has to invent a tolerance. The losses are written out
again here on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import brentq, linprog
from scipy.spatial.distance import cdist
from scipy.special import expit, lambertw
from scipy.stats import wasserstein_distance

from toylab import losses
from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solution import Solution
from toylab.solvers.base import AbstractSolver

EPS = float(np.finfo(float).eps)
#: Roots are bracketed to the last few digits; a value is evaluated in fewer than ten roundings of its terms.
ROOT_ERROR = 64 * EPS


@dataclass(frozen=True)
class Oracle:
    """A problem with its optimum.

    Attributes:
        name: for the test's id.
        problem: the problem.
        value: V, the optimal value.
        constant: k*, the optimal constant (the radius of a ball).
        error: relative error of both.
    """

    name: str
    problem: CriticProblem
    value: float
    constant: float
    error: float = ROOT_ERROR

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Formula:
    """φ and φ' of a loss pair with ϕ(t) = φ(−t), written independently of toylab."""

    pair: losses.LossPair
    value: Callable[[float], float]
    slope: Callable[[float], float]


FORMULAS = {
    "logistic": Formula(losses.logistic(), lambda t: float(np.logaddexp(0.0, t)), lambda t: float(expit(t))),
    "sqrt": Formula(
        losses.sqrt(),
        lambda t: t + np.sqrt(t * t + 1.0) if t > 0 else 1.0 / (np.sqrt(t * t + 1.0) - t),
        lambda t: 1.0 + t / np.sqrt(t * t + 1.0),
    ),
    "exponential": Formula(losses.exponential(), lambda t: float(np.exp(t)), lambda t: float(np.exp(t))),
    "wasserstein": Formula(losses.wasserstein(), lambda t: t, lambda t: 1.0),
}


def applies(solver: AbstractSolver, oracle: Oracle) -> bool:
    """Whether the solver takes the oracle's problem."""
    try:
        solver.check(oracle.problem)
    except InputError:
        return False
    return True


def rounding(*solutions: Solution) -> float:
    """Of a primal value: a few roundings of each of its terms."""
    size = 1.0
    for solution in solutions:
        values = np.concatenate([solution.fake_values, solution.real_values])
        size += abs(solution.value) + float(np.abs(values).max())
    return 256 * EPS * size


def assert_optimum_within_certificate(solution: Solution, oracle: Oracle) -> None:
    """The known optimum lies between the bounds of a certificate, and k* as near as its gap allows."""
    certificate = solution.certificate
    error = oracle.error * (1 + abs(oracle.value)) + rounding(solution)
    assert oracle.value - error <= solution.value <= oracle.value + certificate.gap + error
    assert certificate.dual <= oracle.value + error
    regularizer = oracle.problem.regularizer
    if isinstance(regularizer, LipschitzBall):
        assert solution.lipschitz_constant == oracle.constant
    else:  # λ (k − k*)² ≤ gap
        assert isinstance(regularizer, LipschitzPenalty)
        radius = np.sqrt((certificate.gap + error) / regularizer.weight)
        assert abs(solution.lipschitz_constant - oracle.constant) <= radius + oracle.error * oracle.constant


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=4 * EPS, rtol=4 * EPS))  # type: ignore[arg-type]


def _dirac(position: float) -> DiscreteMeasure:
    return DiscreteMeasure([[position, 0.0]])


def half_rise(name: str, distance: float, weight: float) -> float:
    """The s = k d/2 of two Diracs: φ'(−s) = 4 λ s/d² (THEORY section 2, Two Diracs)."""
    ratio = 4.0 * weight / distance**2
    match name:
        case "wasserstein":
            return 1.0 / ratio
        case "exponential":
            return float(lambertw(1.0 / ratio).real)
        case "sqrt":  # 1 − s/√(s²+1), without cancellation
            return _root(lambda s: 1.0 / (s * s + 1.0 + s * np.sqrt(s * s + 1.0)) - ratio * s, 0.0, 1.0 / ratio)
    return _root(lambda s: FORMULAS[name].slope(-s) - ratio * s, 0.0, 1.0 / ratio)


def two_diracs(name: str, distance: float, weight: float) -> Oracle:
    """One fake and one real point under λ k²."""
    s = half_rise(name, distance, weight)
    k = 2.0 * s / distance
    problem = CriticProblem(_dirac(0.0), _dirac(distance), FORMULAS[name].pair, LipschitzPenalty(weight))
    value = 2.0 * FORMULAS[name].value(-s) + weight * k**2
    return Oracle(f"two-diracs-{name}-d{distance:g}-λ{weight:g}", problem, value, k)


def two_diracs_in_ball(name: str, distance: float, radius: float) -> Oracle:
    """One fake and one real point under k ≤ K: f = ∓ K d/2."""
    problem = CriticProblem(_dirac(0.0), _dirac(distance), FORMULAS[name].pair, LipschitzBall(radius))
    value = 2.0 * FORMULAS[name].value(-0.5 * radius * distance)
    return Oracle(f"two-diracs-{name}-d{distance:g}-K{radius:g}", problem, value, radius)


def parallel_lines(name: str, n: int, distance: float, weight: float) -> Oracle:
    """n fakes straight across from n reals: the critic of two Diracs, constant along the lines."""
    across = two_diracs(name, distance, weight)
    height = np.arange(n) / n
    fake = DiscreteMeasure(np.stack([np.zeros(n), height], axis=1))
    real = DiscreteMeasure(np.stack([np.full(n, distance), height], axis=1))
    problem = CriticProblem(fake, real, FORMULAS[name].pair, LipschitzPenalty(weight))
    return Oracle(f"parallel-lines-{name}-n{n}", problem, across.value, across.constant)


def star(name: str, distances: list[float], shares: list[float], weight: float) -> Oracle:
    """One fake u at the origin, real points v_j at distances d_j around it.

    ϕ decreases, so every v_j = u + k d_j, and two stationarity conditions remain:
    φ'(u) = Σ q_j φ'(−u − k d_j) and 2 λ k = Σ q_j d_j φ'(−u − k d_j).
    """
    formula, d, q = FORMULAS[name], np.array(distances), np.array(shares) / np.sum(shares)
    angle = 2.0 * np.pi * np.arange(len(d)) / len(d)
    points = d[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)

    def pull(u: float, k: float) -> np.ndarray:
        return np.array([formula.slope(-u - k * length) for length in d])

    def centre(k: float) -> float:
        return _root(lambda u: formula.slope(u) - float(q @ pull(u, k)), -k * d.max() - 1.0, 1.0)

    steepest = formula.slope(0.0) * float(q @ d) / (2.0 * weight)  # k* ≤ φ'(a) W₁/(2λ)
    k = _root(lambda k: 2.0 * weight * k - float((q * d) @ pull(centre(k), k)), 0.0, steepest * (1 + 1e-9))
    u = centre(k)
    value = formula.value(u) + sum(w * formula.value(-u - k * c) for w, c in zip(q, d, strict=True)) + weight * k**2
    problem = CriticProblem(_dirac(0.0), DiscreteMeasure(points, q), formula.pair, LipschitzPenalty(weight))
    # the points at angle 2πj/m lie at distance d_j up to a rounding; nested roots lose a few more digits
    return Oracle(f"star-{name}-{len(d)}", problem, float(value), k, error=1e-12)


def two_shared_points(name: str, fake_share: float, weight: float) -> Oracle:
    """P_g = p δ_A + (1−p) δ_B and P_r mirrored, distance 1, p > ½: f = ∓ s by symmetry.

    2 [p φ(−s) + (1−p) φ(s)] + 4 λ s² is stationary at (p φ'(−s) − (1−p) φ'(s)) = 4 λ s.
    """
    formula, p = FORMULAS[name], fake_share
    s = _root(
        lambda s: p * formula.slope(-s) - (1.0 - p) * formula.slope(s) - 4.0 * weight * s,
        0.0,
        p * formula.slope(0.0) / (4.0 * weight),
    )
    value = 2.0 * (p * formula.value(-s) + (1.0 - p) * formula.value(s)) + 4.0 * weight * s**2
    problem = CriticProblem(*_mirrored(p), formula.pair, LipschitzPenalty(weight))
    return Oracle(f"shared-points-{name}-p{p:g}-λ{weight:g}", problem, value, 2.0 * s)


def two_shared_points_in_ball(radius: float) -> Oracle:
    """Logistic, p = .6: beyond the unrestricted constant 2 ln 1.5 = .81093 a larger ball changes nothing."""
    p, formula = 0.6, FORMULAS["logistic"]
    s = min(0.5 * radius, float(np.log(1.5)))
    value = 2.0 * (p * formula.value(-s) + (1.0 - p) * formula.value(s))
    problem = CriticProblem(*_mirrored(p), formula.pair, LipschitzBall(radius))
    return Oracle(f"shared-points-ball-K{radius:g}", problem, value, radius)


def _mirrored(p: float) -> tuple[DiscreteMeasure, DiscreteMeasure]:
    points = [[0.0], [1.0]]
    return DiscreteMeasure(points, [p, 1.0 - p]), DiscreteMeasure(points, [1.0 - p, p])


def wasserstein_optimum(w1: float, regularizer: Regularizer) -> tuple[float, float]:
    """(V, k*) of min_k R(k) − k W₁ (LGAN Lemma 15)."""
    match regularizer:
        case LipschitzPenalty(weight=weight, target=target):
            return -w1 * target - w1**2 / (4.0 * weight), target + w1 / (2.0 * weight)
        case LipschitzBall(radius=radius):
            return -radius * w1, radius
    raise AssertionError(regularizer)


def chain(seed: int, n: int, m: int, regularizer: Regularizer) -> Oracle:
    """Points on a line with random masses: W₁ is the area between the distribution functions."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(-8, 9, n) / 4.0, rng.integers(-8, 9, m) / 4.0
    p, q = rng.integers(1, 5, n), rng.integers(1, 5, m)
    w1 = float(wasserstein_distance(x, y, p, q))
    value, constant = wasserstein_optimum(w1, regularizer)
    fake, real = DiscreteMeasure(x[:, None], p), DiscreteMeasure(y[:, None], q)
    problem = CriticProblem(fake, real, losses.wasserstein(), regularizer)
    # a sum of at most n + m cumulated masses, each off by at most n + m roundings
    return Oracle(f"chain-{n}-{m}-{type(regularizer).__name__}", problem, value, constant, 4 * (n + m) ** 2 * EPS)


def cloud(seed: int, n: int, m: int, dimension: int, regularizer: Regularizer) -> Oracle:
    """Generic points in space: W₁ by POT's network simplex."""
    import ot
    from scipy.spatial.distance import cdist

    rng = np.random.default_rng(seed)
    fake = DiscreteMeasure(rng.normal(size=(n, dimension)))
    real = DiscreteMeasure(1.0 + rng.normal(size=(m, dimension)))
    w1 = float(ot.emd2(fake.weights, real.weights, cdist(fake.points, real.points)))  # type: ignore[arg-type]
    value, constant = wasserstein_optimum(w1, regularizer)
    problem = CriticProblem(fake, real, losses.wasserstein(), regularizer)
    # POT accepts flows that are off by 1e-13 at a node, hence (n + m) · 1e-13 · longest / mean distance
    return Oracle(f"cloud-{n}-{m}-R{dimension}", problem, value, constant, error=1e-11)


def hinge_at(distance: np.ndarray, p: np.ndarray, q: np.ndarray, k: float) -> tuple[float, float]:
    """The hinge problem at fixed k as partial transport, by HiGHS: (2 Σ γ, Σ γ d) of an optimal γ.

    Its dual is max Σ γ (2 − k d) over γ ≥ 0 with row sums ≤ p and column sums ≤ q; mass that stays at a point of both
    measures earns 2. The optimal value is 2 Σ γ − k Σ γ d.
    """
    n, m = distance.shape
    sums = sparse.vstack([sparse.kron(sparse.eye(n), np.ones((1, m))), sparse.kron(np.ones((1, n)), sparse.eye(m))])
    tight = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
    result = linprog(
        (k * distance - 2.0).ravel(), A_ub=sums.tocsr(), b_ub=np.concatenate([p, q]), method="highs-ds", options=tight
    )
    assert result.status == 0, result.message
    return 2.0 * float(result.x.sum()), float(result.x @ distance.ravel())


def hinge_by_cuts(name: str, fake: DiscreteMeasure, real: DiscreteMeasure, weight: float) -> Oracle:
    """The hinge under λ k²: the value at fixed k is convex and piecewise linear in k, so cutting planes end.

    Every plan is a line A − C k below that value; the best k of the lines found is a minimum C/2λ of one of them
    with its parabola, or where two of them cross. Done where the value at that k is on the lines.
    """
    distance = cdist(fake.points, real.points)
    lines = [hinge_at(distance, fake.weights, real.weights, 0.0)]
    for _ in range(200):
        heights, costs = np.array(lines).T
        with np.errstate(divide="ignore", invalid="ignore"):
            crossings = ((heights[:, None] - heights) / (costs[:, None] - costs)).ravel()
        candidates = np.concatenate([costs / (2.0 * weight), crossings[np.isfinite(crossings) & (crossings >= 0)]])
        bounds = (heights - candidates[:, None] * costs).max(axis=1) + weight * candidates**2
        k, bound = float(candidates[bounds.argmin()]), float(bounds.min())
        plan = hinge_at(distance, fake.weights, real.weights, k)
        value = plan[0] - k * plan[1] + weight * k**2
        if value - bound <= 1e-14 * (1.0 + value):
            problem = CriticProblem(fake, real, losses.hinge(), LipschitzPenalty(weight))
            # HiGHS: reduced costs are off by 1e-10 at most, on a mass of at most 1; in fact vertices are exact
            return Oracle(f"hinge-{name}-λ{weight:g}", problem, value, k, error=1e-10)
        lines.append(plan)
    raise AssertionError("the cutting planes did not end")


def hinge_cloud(seed: int, weight: float) -> Oracle:
    """Points on a coarse grid with random masses, some in both measures."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(-4, 5, (6, 2)) / 4.0, rng.integers(-4, 5, (7, 2)) / 4.0
    y[:2] = x[:2]
    fake, real = DiscreteMeasure(x, rng.integers(1, 5, 6)), DiscreteMeasure(y, rng.integers(1, 5, 7))
    return hinge_by_cuts(f"cloud{seed}", fake, real, weight)


def hinge_diracs(distance: float, weight: float) -> Oracle:
    """s = k d/2 = min(1, d²/4λ): the plateau k = 2/d where the critic fits the margin."""
    s = min(1.0, distance**2 / (4.0 * weight))
    problem = CriticProblem(_dirac(0.0), _dirac(distance), losses.hinge(), LipschitzPenalty(weight))
    k = 2.0 * s / distance
    return Oracle(f"hinge-diracs-d{distance:g}-λ{weight:g}", problem, 2.0 * (1.0 - s) + weight * k**2, k)


def _two_fakes() -> tuple[DiscreteMeasure, DiscreteMeasure]:
    return DiscreteMeasure([[-10.0], [0.0]]), DiscreteMeasure([[1.0]])


def hinge_with_a_far_fake() -> Oracle:
    """Fakes −10, 0, real 1, λ = .1: k = 2, and the far fake has slope 0 (THEORY, Thm 2b)."""
    problem = CriticProblem(*_two_fakes(), losses.hinge(), LipschitzPenalty(0.1))
    return Oracle("hinge-far-fake", problem, 0.4, 2.0)


def quadratic_diracs(alpha: float, beta: float, distance: float, weight: float) -> Oracle:
    """f(y) − f(x) = (β − α)/(1 + 2λ/d²), both values equally far from their targets."""
    rise = (beta - alpha) / (1.0 + 2.0 * weight / distance**2)
    miss, k = 0.5 * (beta - alpha - rise), rise / distance
    problem = CriticProblem(_dirac(0.0), _dirac(distance), losses.quadratic(alpha, beta), LipschitzPenalty(weight))
    name = f"quadratic-diracs-{alpha:g},{beta:g}-d{distance:g}-λ{weight:g}"
    return Oracle(name, problem, 2.0 * miss**2 + weight * k**2, k)


def quadratic_with_a_far_fake() -> Oracle:
    """Fakes −10, 0, real 1, λ = .1: f = (0, 2/13, 12/13), the minimum of ½u² + (v − 1)² + λ (v − u)²."""
    problem = CriticProblem(*_two_fakes(), losses.quadratic(0.0, 1.0), LipschitzPenalty(0.1))
    return Oracle("quadratic-far-fake", problem, 1.0 / 13.0, 10.0 / 13.0)


def quadratic_without_restriction() -> Oracle:
    """P_g = (.6, .4), P_r = (.4, .6) in a ball wider than the unrestricted optimum f = q/(p + q), value Σ pq/(p+q)."""
    fake, real = _mirrored(0.6)
    problem = CriticProblem(fake, real, losses.quadratic(0.0, 1.0), LipschitzBall(0.5))
    return Oracle("quadratic-wide-ball", problem, 0.48, 0.5)


CURVED = ("logistic", "sqrt", "exponential")

ORACLES = (
    *(two_diracs(name, d, w) for name in FORMULAS for d in (0.1, 1.0, 10.0) for w in (0.01, 0.1, 10.0)),
    *(two_diracs_in_ball(name, d, 1.0) for name in FORMULAS for d in (0.1, 3.0)),
    *(parallel_lines(name, 5, 0.5, 0.1) for name in FORMULAS),
    *(star(name, [1.0, 2.0, 0.5], [1.0, 2.0, 1.0], 0.1) for name in CURVED),
    *(star(name, [1.0, 1.0], [1.0, 1.0], 0.5) for name in CURVED),
    *(two_shared_points(name, 0.9, 0.5) for name in FORMULAS),
    *(two_shared_points(name, 0.6, 0.01) for name in CURVED),
    *(two_shared_points_in_ball(radius) for radius in (0.5, 0.81, 0.82)),
    chain(0, 1, 6, LipschitzPenalty(0.1)),
    chain(1, 7, 5, LipschitzPenalty(2.0)),
    chain(2, 6, 6, LipschitzBall(1.0)),
    chain(3, 5, 4, LipschitzPenalty(0.5, target=1.0)),
    cloud(4, 12, 9, 2, LipschitzPenalty(0.1)),
    cloud(5, 6, 8, 10, LipschitzBall(2.0)),
    *(hinge_diracs(d, w) for d in (0.1, 1.0, 10.0) for w in (0.01, 0.1, 10.0)),
    *(hinge_cloud(seed, w) for seed in (6, 7) for w in (0.001, 0.1, 10.0)),
    hinge_with_a_far_fake(),
    *(quadratic_diracs(a, b, d, w) for a, b in ((0.0, 1.0), (-1.0, 1.0)) for d in (0.1, 3.0) for w in (0.01, 10.0)),
    quadratic_with_a_far_fake(),
    quadratic_without_restriction(),
)
