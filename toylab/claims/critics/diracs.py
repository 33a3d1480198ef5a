"""Two Diracs: the optimal critic in closed form, as a claim on candidates."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, lambertw

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, tailored
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.explanation.bounds import diracs
from toylab.claims.hypotheses import CERTIFIED
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.losses import Exponential, Hinge, Linear, LossPair, Reflected, Softplus, Square, SquareRoot
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.regularizers import Regularizer
from toylab.solution import Candidate

_EPS = float(np.finfo(np.float64).eps)


def weight_and_target(regularizer: Regularizer) -> tuple[float, float]:
    """Weight and target; a ball counts as no penalty at all, where closed forms say nothing."""
    return (regularizer.weight, regularizer.target) if isinstance(regularizer, LipschitzPenalty) else (np.inf, 0.0)


def _ends(candidate: Candidate) -> tuple[np.ndarray, np.ndarray]:
    """The first fake and the first real point with mass."""
    fake, real = candidate.problem.fake, candidate.problem.real
    return fake.points[fake.weights > 0][0], real.points[real.weights > 0][0]


def _two_points(candidate: Candidate) -> Condition:
    support = candidate.problem.support
    counts = int(support.in_fake.sum()), int(support.in_real.sum())
    apart = not (support.in_fake & support.in_real).any()
    return Condition.that(counts == (1, 1) and apart, f"{counts[0]} fake and {counts[1]} real points carry mass")


def _known(pair: LossPair) -> bool:
    fake, real = pair.fake_loss, pair.real_loss
    if isinstance(fake, Square) and isinstance(real, Square):
        return fake.target <= real.target
    return real == Reflected(fake) and isinstance(fake, Linear | Softplus | SquareRoot | Exponential | Hinge)


TWO_DIRACS = Hypothesis(
    name="two Diracs",
    sentence="all fake mass is at one point and all real mass at another",
    test=_two_points,
    met=lambda candidate: f"at a distance of {_distance(candidate):.6g}",
    repair="take one fake and one real point",
)
CLOSED_FORM = Hypothesis(
    name="loss with a closed form",
    sentence="Wasserstein, logistic, sqrt, exponential, hinge or least squares with α ≤ β",
    test=lambda candidate: Condition.that(
        _known(candidate.problem.losses), f"no closed form is known for {candidate.problem.losses.name!r}"
    ),
    met=lambda candidate: candidate.problem.losses.name,
    repair="take one of these losses",
)
PENALTY_WITH_TARGET = Hypothesis(
    name="penalty",
    sentence="the constant costs λ (k − k₀)² beyond a target k₀ ≥ 0 (0 for MaxGP, 1 for GP and LP)",
    test=lambda candidate: Condition.that(
        isinstance(candidate.problem.regularizer, LipschitzPenalty),
        f"the regulariser is {candidate.problem.regularizer.describe()}",
    ),
    met=lambda candidate: candidate.problem.regularizer.describe(),
    repair="take regularizer = LipschitzPenalty(0.1)",
)


def _distance(candidate: Candidate) -> float:
    x, y = _ends(candidate)
    return float(np.linalg.norm(y - x))


def _rise(pair: LossPair, distance: float, weight: float, target: float) -> tuple[float, float]:
    """f(y) − f(x) and f(x) + f(y) of the optimum."""
    fake, real, ratio, start = pair.fake_loss, pair.real_loss, 4.0 * weight / distance**2, 0.5 * target * distance
    match fake:
        case Linear():
            half = start + 1.0 / ratio
        case Exponential():
            half = start + float(lambertw(np.exp(-start) / ratio).real)
        case Hinge():
            half = min(1.0, start + 1.0 / ratio)
        case Softplus():  # σ(−s) = ratio (s − s₀)
            half = _root(lambda s: expit(-s) - ratio * (s - start), start, start + 1.0 / ratio)
        case SquareRoot():  # 1 − s/√(s² + 1) = ratio (s − s₀)
            half = _root(lambda s: _falling(s) - ratio * (s - start), start, start + 1.0 / ratio)
        case Square(target=low) if isinstance(real, Square):
            wanted = real.target - low
            free = (wanted * distance**2 + 2.0 * weight * target * distance) / (distance**2 + 2.0 * weight)
            return min(wanted, max(free, 0.0)), low + real.target
        case _:  # nothing is known: the slope at 0 all the way
            half = start + float(fake.slope(np.array(0.0))) / ratio
    return 2.0 * half, 0.0


def _falling(s: float) -> float:
    """1 − s/√(s² + 1), to the last digit for large s too."""
    length = float(np.hypot(s, 1.0))
    return 1.0 - s / length if s < 0 else 1.0 / (length * (length + s))


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    if function(high) >= 0.0:  # by rounding: the root is there to the last digit
        return high
    return float(brentq(function, low, high, xtol=1e-300, rtol=4.0 * _EPS, maxiter=500))  # type: ignore[arg-type]


def _measure_diracs(candidate: Candidate) -> Evidence:
    known, (x, y) = certified(candidate), _ends(candidate)
    distance = _distance(candidate)
    weight, target = weight_and_target(candidate.problem.regularizer)
    rise, total = _rise(candidate.problem.losses, distance, weight, target)
    constant = max(rise / distance, target)
    rounding = 256.0 * _EPS * (known.k + constant)
    labels, residuals, errors = ["k*"], [abs(known.k - constant)], [known.constant_error + rounding]
    resolutions, arrays = [RESOLUTION * constant], {"closed": [constant], "found": [known.k]}
    pair = candidate.problem.losses
    if pair.fake_loss.strictly_convex and pair.real_loss.strictly_convex:
        for name, at, value in (("f*(x)", x, 0.5 * (total - rise)), ("f*(y)", y, 0.5 * (total + rise))):
            index = int(np.linalg.norm(known.points - at, axis=1).argmin())
            labels.append(name)
            residuals.append(abs(float(known.values[index]) - value))
            errors.append(float(known.value_error[index]) + 256.0 * _EPS * (abs(value) + abs(rise)) + known.rounding)
            resolutions.append(RESOLUTION * (rise + abs(value)))
            arrays["closed"].append(value)
            arrays["found"].append(float(known.values[index]))
    return Evidence.of(
        residuals,
        errors,
        resolution=resolutions,
        scale=np.array(resolutions) / RESOLUTION,
        labels=labels,
        arrays={name: np.array(column) for name, column in arrays.items()},
    )


def line_problem(fake: list[float], real: list[float], pair: LossPair, weight: float) -> CriticProblem:
    """Equal masses at places of the line, under λ k²."""
    first, second = (DiscreteMeasure(np.array(places)[:, None]) for places in (fake, real))
    return CriticProblem(first, second, pair, LipschitzPenalty(weight))


def _two_fakes() -> Candidate:
    """Fakes 0 and .5, a real 1, Wasserstein, λ = .5: k = W₁ = .75, where the first pair alone would have 1."""
    problem = line_problem([0.0, 0.5], [1.0], losses.wasserstein(), 0.5)
    points = np.array([[0.0], [0.5], [1.0]])
    return Candidate.of(problem, tabulated(points, 0.75 * points[:, 0]), [[0.5], [0.5]])


def _half_steep() -> Candidate:
    problem = line_problem([0.0], [1.0], losses.logistic(), 0.1)
    return Candidate.of(problem, tabulated(problem.support.points, np.array([-0.4, 0.4])))


_LOSSES = (
    losses.wasserstein,
    losses.logistic,
    losses.sqrt,
    losses.exponential,
    losses.hinge,
    losses.quadratic,
)


def _dirac_cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    for distance in (1.0,) if quick else (0.1, 1.0, 3.0):
        fake, real = DiscreteMeasure([[0.0, 0.0]]), DiscreteMeasure([[distance, 0.0]])
        for make in _LOSSES:
            for weight in (0.1, 0.5) if quick else (0.01, 0.1, 0.5, 10.0):
                yield tailored(f"two Diracs at distance {distance:g}", fake, real, make(), LipschitzPenalty(weight))
        for make in _LOSSES[:4]:
            with_target = LipschitzPenalty(0.5, target=1.0)
            yield tailored(f"two Diracs at distance {distance:g}, target 1", fake, real, make(), with_target)


DIRACS = Claim(
    id="own.two-diracs",
    title="two Diracs: the optimum in closed form",
    statement=(
        "For one fake and one real point at distance d, s = k*d/2 satisfies φ'(−s) = (4λ/d²)(s − k₀d/2) with f* = ∓s: "
        "Lambert's W for the exponential loss, min(1, d²/4λ) for the hinge, k* = 1 + d/2λ for Wasserstein with target "
        "1 (GP, LP); least squares rises by (β − α)/(1 + 2λ/d²)."
    ),
    sources=("ICLR Lemma 3, closed forms",),
    rests_on=("weak duality",),
    subject_type=Candidate,
    hypotheses=(TWO_DIRACS, CLOSED_FORM, PENALTY_WITH_TARGET, CERTIFIED),
    cases=_dirac_cases,
    measure=_measure_diracs,
    controls=(
        Control(
            breaks=TWO_DIRACS.name,
            subject=_two_fakes,
            why="a second fake at half the distance: k = W₁/2λ = .75, where the first pair alone would have 1",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_half_steep,
            why="logistic, d = 1, λ = .1, f = ∓.4: half as steep as the root of σ(−s) = .4 s",
        ),
    ),
    rationale=(
        "The certificate's intervals for k* and, where both losses are strictly convex, for the values; scalar roots "
        "to a few units in the last place. The two-sided target (GP) has the one-sided optimum for Wasserstein, as k* "
        "lies beyond it."
    ),
    argument=diracs,
)
