"""Full slope between two points fixes the gradient between them: LGAN Theorem 4."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.certified import RESOLUTION
from toylab.claims.critics.segments import POSITIONS, cone_error
from toylab.claims.explanation.gradients import full_slope
from toylab.claims.kinds import FunctionKind, NormKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import FormulaCritic, LowerExtension, unit_vectors
from toylab.functions import FunctionOnPair, Norm


def _steepest(subject: FunctionOnPair) -> float:
    """The longest gradient found around the pair and on it, in the dual norm."""
    rng = np.random.default_rng(0)
    middle, reach = 0.5 * (subject.x + subject.y), float(np.linalg.norm(subject.y - subject.x))
    around = middle + reach * rng.normal(size=(512, len(middle)))
    along = subject.x + rng.uniform(size=(512, 1)) * (subject.y - subject.x)
    return float(subject.norm.dual(subject.f.gradient(np.concatenate([around, along]))).max())


def _lipschitz_test(subject: FunctionOnPair) -> Condition:
    """Gradients on a ball around the pair, measured in the dual norm, never exceed k."""
    steepest = _steepest(subject)
    return Condition.that(
        steepest <= subject.k * (1 + 1e-9), f"a gradient of dual norm {steepest:.4g} exceeds {subject.k:g}"
    )


def _slack(subject: FunctionOnPair) -> float:
    return float(subject.k * subject.norm(subject.y - subject.x) - subject.rise())


def _rounding(subject: FunctionOnPair) -> float:
    values = subject.f(np.stack([subject.x, subject.y]))
    return ROUNDING * float(np.abs(values).max() + subject.k * subject.norm(subject.y - subject.x))


def _tight_test(subject: FunctionOnPair) -> Condition:
    slack = _slack(subject)
    return Condition.that(abs(slack) <= _rounding(subject), f"the pair misses full slope by {slack:.3g}")


LIPSCHITZ_FUNCTION = Hypothesis(
    name="Lipschitz constant k",
    sentence="f is k-Lipschitz: no gradient near the pair is longer than k in the dual norm",
    test=_lipschitz_test,
    met=lambda subject: (
        f"the longest of 1024 gradients around the pair has length {_steepest(subject):.6g}, k = {subject.k:g}"
    ),
    repair="enlarge k to the function's Lipschitz constant",
    relax=(FunctionKind.STEEPER,),
)
TIGHT_PAIR = Hypothesis(
    name="tight pair",
    sentence="f(y) − f(x) = k‖y − x‖, to rounding",
    test=_tight_test,
    met=lambda subject: (
        f"f(y) − f(x) misses k‖y − x‖ by {abs(_slack(subject)):.2g}, rounding is {_rounding(subject):.2g}"
    ),
    repair="choose a pair that the function joins at full slope",
    relax=(FunctionKind.ACROSS,),
)
EUCLIDEAN = Hypothesis(
    name="Euclidean norm",
    sentence="lengths are Euclidean",
    test=lambda subject: Condition.that(subject.norm.p == 2, f"the norm is l_{subject.norm.p:g}"),
    met=lambda subject: "lengths are Euclidean",
    repair="measure lengths with Norm(2.0)",
    relax=(NormKind.OTHER,),
)


def _measure_theorem_4(subject: FunctionOnPair) -> Evidence:
    step = subject.y - subject.x
    length = float(np.linalg.norm(step))
    at = subject.x + POSITIONS[:, None] * step
    gradient = subject.f.gradient(at)
    goal = subject.k * step / float(subject.norm(step))
    ends = np.minimum(POSITIONS, 1.0 - POSITIONS) * length
    return Evidence.of(
        np.linalg.norm(gradient - goal, axis=1),
        cone_error(subject.k, np.full(len(at), _rounding(subject)), POSITIONS * length, ends),
        resolution=RESOLUTION * subject.k,
        scale=subject.k,
        labels=[f"t = {t:g}" for t in POSITIONS],
        arrays={"points": at, "gradients": gradient, "goal": np.tile(goal, (len(at), 1))},
    )


def linear(direction: np.ndarray) -> FormulaCritic:
    """The linear function with this gradient."""
    return FormulaCritic(lambda z: z @ direction, lambda z: np.tile(direction, (len(z), 1)))


def distance_to_segment(start: np.ndarray, end: np.ndarray) -> FormulaCritic:
    """‖z − segment‖, differentiable off the segment with gradients of length 1."""

    def foot(z: np.ndarray) -> np.ndarray:
        step = end - start
        t = np.clip((z - start) @ step / (step @ step), 0.0, 1.0)
        return start + t[:, None] * step

    return FormulaCritic(lambda z: np.linalg.norm(z - foot(z), axis=1), lambda z: unit_vectors(z - foot(z)), 1.0)


def ripple(k: float) -> FormulaCritic:
    """A cone of slope k with its apex at (−1, 0): k √((1 + z₁)² + z₂²) − k."""
    apex = np.array([-1.0, 0.0])
    return FormulaCritic(lambda z: k * np.linalg.norm(z - apex, axis=1) - k, lambda z: k * unit_vectors(z - apex), k)


def _functions(rng: np.random.Generator) -> Iterator[FunctionOnPair]:
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    start, k, length = rng.normal(size=2), float(rng.uniform(0.2, 5.0)), float(rng.uniform(0.1, 3.0))
    yield FunctionOnPair(name="plane", f=linear(k * direction), k=k, x=start, y=start + length * direction)
    yield FunctionOnPair(
        name="cone",
        f=ripple(k),
        k=k,
        x=np.array([-1.0, 0.0]) + direction,
        y=np.array([-1.0, 0.0]) + (1 + length) * direction,
    )
    segment = distance_to_segment(np.array([0.0, -1.0]), np.array([0.0, 1.0]))
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
    return FunctionOnPair(name=name, f=linear(steepest), k=1.0, x=np.zeros(2), y=step, norm=Norm(p))


def _steeper_sideways() -> FunctionOnPair:
    """The function z₁ + z₁ z₂: of slope 1 along the first axis, steeper off it."""

    def gradient(z: np.ndarray) -> np.ndarray:
        return np.stack([1.0 + z[:, 1], z[:, 0]], axis=1)

    f = FormulaCritic(lambda z: z[:, 0] + z[:, 0] * z[:, 1], gradient)
    return FunctionOnPair(name="z1 + z1 z2", f=f, k=1.0, x=np.zeros(2), y=np.array([1.0, 0.0]))


def _not_tight() -> FunctionOnPair:
    f = linear(np.array([1.0, 0.0]))
    return FunctionOnPair(name="plane, crossed at an angle", f=f, k=1.0, x=np.zeros(2), y=np.array([2.0, 1.0]))


THEOREM_4 = Claim(
    id="lgan.theorem-4",
    title="full slope between two points fixes the gradient on the segment",
    statement=(
        "If f is differentiable with Lipschitz constant k and f(y) − f(x) = k‖y − x‖, then "
        "∇f(x_t) = k (y − x)/‖y − x‖ for every x_t of the open segment."
    ),
    sources=("LGAN Theorem 4", "ICLR Theorem 3", "ICLR Appendix D"),
    rests_on=("LGAN Lemma 13", "LGAN Lemma 14"),
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
    argument=full_slope,
)
