"""Where the gradient points: LGAN Proposition 1 and Theorem 4."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine, standard
from toylab.claims.certified import RESOLUTION, AssumedOptimal, Certified
from toylab.claims.hypotheses import CERTIFIED, LIPSCHITZ_EVERYWHERE, WASSERSTEIN
from toylab.condition import Condition
from toylab.critics import Critic, FormulaCritic, LowerExtension, hermite, tabulated, unit_vectors
from toylab.functions import FunctionOnPair, Norm
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate

_EPS = float(np.finfo(np.float64).eps)
#: Positions t of x_t = (1 − t) x + t y on the open segment; odd ones, so that grids have no points there.
_POSITIONS = np.array([0.0521, 0.2718, 0.5137, 0.7311, 0.9473])
#: A gradient off by more than this share of k is too uncertain to decide anything.
_GRADIENT_RESOLUTION = 0.05


def cone_error(k: float, slack: np.ndarray, behind: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """How far ∇f(x_t) of an extension may be from k u when the segment is tight only up to `slack`.

    If another centre w is the active one at x_t, the detour over x_t is at most slack/k longer than the way
    from x to w, and in that triangle 1 − cos θ ≤ (slack/k)(1/‖x_t − x‖ + 1/‖x_t − w‖); ‖∇f − k u‖² = 2k²(1 − cos θ).

    Args:
        k: the constant.
        slack: k‖y − x‖ − (f(y) − f(x)), not negative.
        behind: ‖x_t − x‖.
        ahead: a lower bound of the distance of x_t to any centre.
    """
    with np.errstate(divide="ignore"):
        return np.sqrt(2.0 * k * slack * (1.0 / behind + 1.0 / ahead))


# --- Proposition 1 -----------------------------------------------------------------------------------------


def _moves(candidate: Candidate) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    plan = candidate.certificate.plan.tocoo()
    rows, columns = plan.coords
    x, y = candidate.problem.fake.points[rows], candidate.problem.real.points[columns]
    moved = (plan.data > 0) & (x != y).any(axis=1)
    return rows[moved], columns[moved], plan.data[moved]


def _measure_proposition_1(candidate: Candidate) -> Evidence:
    known = Certified(candidate)
    rows, columns, mass = _moves(candidate)
    # the entries that matter: where the certificate proves the pair tight to well within the resolution
    if not known.exact:
        proven = mass * (1e-4 * known.resolution) >= known.gap
        rows, columns, mass = rows[proven], columns[proven], mass[proven]
    x, y = candidate.problem.fake.points[rows], candidate.problem.real.points[columns]
    length = np.linalg.norm(y - x, axis=1)
    slack = known.k * length - (candidate.real_values[columns] - candidate.fake_values[rows])
    names = [f"fake {i} to real {j}" for i, j in zip(rows, columns, strict=True)]
    tight = Evidence.of(
        np.abs(slack),
        known.gap / mass + known.rounding,
        resolution=known.resolution,
        scale=known.k * known.diameter,
        labels=names,
    )
    return Evidence.joined([tight, _gradients_on_segments(candidate, known, x, y, slack, names)])


def _gradients_on_segments(
    candidate: Candidate, known: Certified, x: np.ndarray, y: np.ndarray, slack: np.ndarray, names: list[str]
) -> Evidence:
    k = float(getattr(candidate.critic, "lipschitz_constant", None) or known.k)
    length = np.linalg.norm(y - x, axis=1)
    direction = unit_vectors(y - x)
    slack = np.maximum(slack + (k - known.k) * length, 0.0) + known.rounding
    centres = known.points
    parts = []
    for t in _POSITIONS:
        at = x + t * (y - x)
        gradient = np.asarray(candidate.critic.gradient(at))
        nearest = cdist(at, centres).min(axis=1)
        parts.append(
            Evidence.of(
                np.linalg.norm(gradient - k * direction, axis=1),
                cone_error(k, slack, t * length, nearest) + 1e-12 * k,
                resolution=_GRADIENT_RESOLUTION * k,
                scale=k,
                labels=[f"gradient at t = {t:g}, {name}" for name in names],
                arrays={f"points at t = {t:g}": at, f"gradients at t = {t:g}": gradient},
            )
        )
    return Evidence.joined(parts)


def _rectangle() -> tuple[CriticProblem, LowerExtension]:
    """Case 4 with two points a side, Wasserstein, λ = .5: W₁ = 1, k = 1, straight up and down."""
    fake = DiscreteMeasure(np.array([[-0.8, 0.5], [0.8, -0.5]]))
    real = DiscreteMeasure(np.array([[0.8, 0.5], [-0.8, -0.5]]))
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5))
    points = np.concatenate([fake.points, real.points])
    return problem, tabulated(points, np.array([0.0, 0.0, 1.0, 1.0]))


def _wrong_plan() -> Candidate:
    problem, critic = _rectangle()
    return Candidate.of(problem, critic, np.array([[0.5, 0.0], [0.0, 0.5]]))  # along the long sides


def _wrong_gradients() -> Candidate:
    problem, critic = _rectangle()
    points = np.concatenate([problem.fake.points, problem.real.points])
    gradients = np.tile([1.0, 0.0], (4, 1))
    return Candidate.of(problem, hermite(points, critic(points), gradients), np.array([[0.0, 0.5], [0.5, 0.0]]))


def _wasserstein_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(
        budget, pairs=(losses.wasserstein,), engines=(Engine.EXACT, Engine.INTERIOR_POINT, Engine.CROSSED)
    )


PROPOSITION_1 = Claim(
    id="lgan.proposition-1",
    title="Wasserstein: the gradient points along the optimal plan",
    statement=(
        "For (x, y) in an optimal transport plan with x ≠ y, ∇f*(x_t) = k (y − x)/‖y − x‖ at every x_t of the open "
        "segment from x to y."
    ),
    sources=("LGAN Proposition 1", "WGAN-GP Proposition 1"),
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, LIPSCHITZ_EVERYWHERE, CERTIFIED),
    cases=_wasserstein_cases,
    measure=_measure_proposition_1,
    controls=(
        Control(
            breaks=CERTIFIED.name,
            subject=_wrong_plan,
            why="a plan that is not optimal holds a pair that is not tight",
        ),
        Control(
            breaks=LIPSCHITZ_EVERYWHERE.name,
            subject=_wrong_gradients,
            why="a smooth function with the optimal values at all points and gradients of our own choosing",
        ),
    ),
    rationale=(
        "Pairs: slack ≤ gap/π. Gradients: a segment that is tight up to δ leaves ‖∇f − k u‖ at most "
        "√(2kδ(1/‖x_t − x‖ + 1/‖x_t − w‖)), w the nearest centre."
    ),
)


# --- Theorem 4 ---------------------------------------------------------------------------------------------


def _lipschitz_test(subject: FunctionOnPair) -> Condition:
    """Gradients on a ball around the pair, measured in the dual norm, never exceed k."""
    rng = np.random.default_rng(0)
    middle, reach = 0.5 * (subject.x + subject.y), float(np.linalg.norm(subject.y - subject.x))
    around = middle + reach * rng.normal(size=(512, len(middle)))
    along = subject.x + rng.uniform(size=(512, 1)) * (subject.y - subject.x)
    steepest = float(subject.norm.dual(subject.f.gradient(np.concatenate([around, along]))).max())
    return Condition.that(
        steepest <= subject.k * (1 + 1e-9), f"a gradient of dual norm {steepest:.4g} exceeds {subject.k:g}"
    )


def _slack(subject: FunctionOnPair) -> float:
    return float(subject.k * subject.norm(subject.y - subject.x) - subject.rise())


def _rounding(subject: FunctionOnPair) -> float:
    values = subject.f(np.stack([subject.x, subject.y]))
    return 16 * _EPS * float(np.abs(values).max() + subject.k * subject.norm(subject.y - subject.x))


def _tight_test(subject: FunctionOnPair) -> Condition:
    slack = _slack(subject)
    return Condition.that(abs(slack) <= _rounding(subject), f"the pair misses full slope by {slack:.3g}")


LIPSCHITZ_FUNCTION = Hypothesis(
    name="Lipschitz constant k",
    sentence="f is k-Lipschitz: no gradient near the pair is longer than k in the dual norm",
    test=_lipschitz_test,
)
TIGHT_PAIR = Hypothesis(
    name="tight pair",
    sentence="f(y) − f(x) = k‖y − x‖, to rounding",
    test=_tight_test,
)
EUCLIDEAN = Hypothesis(
    name="Euclidean norm",
    sentence="lengths are Euclidean",
    test=lambda subject: Condition.that(subject.norm.p == 2, f"the norm is l_{subject.norm.p:g}"),
)


def _measure_theorem_4(subject: FunctionOnPair) -> Evidence:
    step = subject.y - subject.x
    length = float(np.linalg.norm(step))
    at = subject.x + _POSITIONS[:, None] * step
    gradient = subject.f.gradient(at)
    goal = subject.k * step / float(subject.norm(step))
    ends = np.minimum(_POSITIONS, 1.0 - _POSITIONS) * length
    return Evidence.of(
        np.linalg.norm(gradient - goal, axis=1),
        cone_error(subject.k, np.full(len(at), _rounding(subject)), _POSITIONS * length, ends),
        resolution=RESOLUTION * subject.k,
        scale=subject.k,
        labels=[f"t = {t:g}" for t in _POSITIONS],
        arrays={"points": at, "gradients": gradient, "goal": np.tile(goal, (len(at), 1))},
    )


def _linear(direction: np.ndarray) -> FormulaCritic:
    return FormulaCritic(lambda z: z @ direction, lambda z: np.tile(direction, (len(z), 1)))


def _distance_to_segment(start: np.ndarray, end: np.ndarray) -> FormulaCritic:
    """‖z − segment‖, differentiable off the segment with gradients of length 1."""

    def foot(z: np.ndarray) -> np.ndarray:
        step = end - start
        t = np.clip((z - start) @ step / (step @ step), 0.0, 1.0)
        return start + t[:, None] * step

    return FormulaCritic(lambda z: np.linalg.norm(z - foot(z), axis=1), lambda z: unit_vectors(z - foot(z)), 1.0)


def _ripple(k: float) -> FormulaCritic:
    """k (z₁ + …) bent sideways: k √((1 + z₁)² + z₂²) − k, a cone with its apex at (−1, 0)."""
    apex = np.array([-1.0, 0.0])
    return FormulaCritic(lambda z: k * np.linalg.norm(z - apex, axis=1) - k, lambda z: k * unit_vectors(z - apex), k)


def _functions(rng: np.random.Generator) -> Iterator[FunctionOnPair]:
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    start, k, length = rng.normal(size=2), float(rng.uniform(0.2, 5.0)), float(rng.uniform(0.1, 3.0))
    yield FunctionOnPair(name="plane", f=_linear(k * direction), k=k, x=start, y=start + length * direction)
    yield FunctionOnPair(
        name="cone",
        f=_ripple(k),
        k=k,
        x=np.array([-1.0, 0.0]) + direction,
        y=np.array([-1.0, 0.0]) + (1 + length) * direction,
    )
    segment = _distance_to_segment(np.array([0.0, -1.0]), np.array([0.0, 1.0]))
    height = float(rng.uniform(-0.9, 0.9))
    yield FunctionOnPair(
        name="distance to a segment", f=segment, k=1.0, x=np.array([0.1, height]), y=np.array([0.1 + length, height])
    )
    funnel = LowerExtension(np.zeros((1, 3)), np.zeros(1), k)
    ray = unit_vectors(rng.normal(size=3))
    yield FunctionOnPair(name="funnel in space", f=funnel, k=k, x=(1 + length) * ray, y=0.5 * ray)


def _theorem_4_cases(budget: Budget) -> Iterator[Case]:
    rng = np.random.default_rng(4)
    for repeat in range(3 if budget is Budget.QUICK else 25):
        for subject in _functions(rng):
            yield Case(name=f"{subject.name} {repeat}", engine=Engine.NONE, subject=subject)


def _other_norm(p: float) -> FunctionOnPair:
    """The linear function that attains its ℓ_p Lipschitz constant 1 along (2, 1)."""
    step = np.array([2.0, 1.0])
    steepest = step ** (p - 1.0) / np.linalg.norm(step, ord=p) ** (p - 1.0)
    name = f"plane that is steepest along (2, 1) in l_{p:g}"
    return FunctionOnPair(name=name, f=_linear(steepest), k=1.0, x=np.zeros(2), y=step, norm=Norm(p))


def _steeper_sideways() -> FunctionOnPair:
    """f = z₁ + z₁ z₂: of slope 1 along the first axis, steeper off it."""

    def gradient(z: np.ndarray) -> np.ndarray:
        return np.stack([1.0 + z[:, 1], z[:, 0]], axis=1)

    f = FormulaCritic(lambda z: z[:, 0] + z[:, 0] * z[:, 1], gradient)
    return FunctionOnPair(name="z1 + z1 z2", f=f, k=1.0, x=np.zeros(2), y=np.array([1.0, 0.0]))


def _not_tight() -> FunctionOnPair:
    f = _linear(np.array([1.0, 0.0]))
    return FunctionOnPair(name="plane, crossed at an angle", f=f, k=1.0, x=np.zeros(2), y=np.array([2.0, 1.0]))


THEOREM_4 = Claim(
    id="lgan.theorem-4",
    title="full slope between two points fixes the gradient on the segment",
    statement=(
        "If f is differentiable with Lipschitz constant k and f(y) − f(x) = k‖y − x‖, then "
        "∇f(x_t) = k (y − x)/‖y − x‖ for every x_t of the open segment."
    ),
    sources=("LGAN Theorem 4", "ICLR Theorem 3", "ICLR Appendix D"),
    subject_type=FunctionOnPair,
    hypotheses=(LIPSCHITZ_FUNCTION, TIGHT_PAIR, EUCLIDEAN),
    cases=_theorem_4_cases,
    measure=_measure_theorem_4,
    controls=(
        Control(
            breaks=EUCLIDEAN.name,
            subject=lambda: _other_norm(1.0),
            why="ℓ₁: f(a, b) = a + b is tight from (0, 0) to (2, 1), and its gradient (1, 1) does not point there",
        ),
        Control(breaks=EUCLIDEAN.name, subject=lambda: _other_norm(1.5), why="ℓ_1.5 along (2, 1): cosine .9885"),
        Control(breaks=EUCLIDEAN.name, subject=lambda: _other_norm(3.0), why="ℓ₃ along (2, 1): cosine .9762"),
        Control(breaks=EUCLIDEAN.name, subject=lambda: _other_norm(4.0), why="ℓ₄ along (2, 1): cosine .9430"),
        Control(
            breaks=LIPSCHITZ_FUNCTION.name,
            subject=_steeper_sideways,
            why="full slope between the ends says nothing where the function is steeper than k sideways",
        ),
        Control(
            breaks=TIGHT_PAIR.name, subject=_not_tight, why="a pair that is not joined at full slope fixes no direction"
        ),
    ),
    rationale=(
        "The pair is tight to rounding δ = 16 eps (|f| + k‖y − x‖), which leaves the gradient within "
        "√(2kδ(1/‖x_t − x‖ + 1/‖x_t − y‖)) of k u between the two cones."
    ),
)
