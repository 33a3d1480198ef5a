"""Optima in closed form, as claims on candidates: two Diracs, hinge within its margin, pairs under a mean square."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, lambertw

from toylab import losses, zoo
from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import Budget, Case, tailored
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.critics.bounds import transport_cost
from toylab.claims.explanation.bounds import diracs, hinge_margin, mean_square
from toylab.claims.hypotheses import CERTIFIED, PENALISED, WASSERSTEIN
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.losses import Exponential, Hinge, Linear, LossPair, Reflected, Softplus, Square, SquareRoot
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.regularizers import Regularizer
from toylab.solution import Candidate

_EPS = float(np.finfo(np.float64).eps)


def _penalty(regularizer: Regularizer) -> tuple[float, float]:
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
            half = _root(lambda s: 1.0 - s / np.hypot(s, 1.0) - ratio * (s - start), start, start + 1.0 / ratio)
        case Square(target=low) if isinstance(real, Square):
            wanted = real.target - low
            free = (wanted * distance**2 + 2.0 * weight * target * distance) / (distance**2 + 2.0 * weight)
            return min(wanted, max(free, 0.0)), low + real.target
        case _:  # nothing is known: the slope at 0 all the way
            half = start + float(fake.slope(np.array(0.0))) / ratio
    return 2.0 * half, 0.0


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(function, low, high, xtol=1e-300, rtol=4.0 * _EPS, maxiter=500))  # type: ignore[arg-type]


def _measure_diracs(candidate: Candidate) -> Evidence:
    known, (x, y) = certified(candidate), _ends(candidate)
    distance = _distance(candidate)
    weight, target = _penalty(candidate.problem.regularizer)
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


# --- hinge within its margin -------------------------------------------------------------------------------


def _enough(candidate: Candidate) -> tuple[float, float]:
    """λ, and W₁ · diameter / 4."""
    known = certified(candidate)
    return _penalty(candidate.problem.regularizer)[0], transport_cost(candidate.problem) * known.diameter / 4.0


def _in_margin(candidate: Candidate) -> Condition:
    weight, enough = _enough(candidate)
    return Condition.that(weight >= enough, f"λ = {weight:g} is less than W₁·diameter/4 = {enough:.4g}")


def _said_margin(candidate: Candidate) -> str:
    weight, enough = _enough(candidate)
    start = f"λ = {weight:g}" if np.isfinite(weight) else "the constant is bounded, which counts as a large λ"
    return f"{start}, W₁·diameter/4 = {enough:.4g}"


HINGE = Hypothesis(
    name="hinge loss",
    sentence="φ(t) = max(0, 1 + t) and ϕ(t) = max(0, 1 − t)",
    test=lambda candidate: Condition.that(
        candidate.problem.losses == losses.hinge(), f"the loss is {candidate.problem.losses.name!r}"
    ),
    met=lambda candidate: "φ(t) = max(0, 1 + t) and ϕ(t) = max(0, 1 − t)",
    repair="take losses.hinge()",
)
MARGIN = Hypothesis(
    name="within the margin",
    sentence="λ ≥ W₁·diameter/4, so that a Wasserstein critic stays within [−1, 1]",
    test=_in_margin,
    met=_said_margin,
    repair="take a larger λ",
)


def _measure_hinge(candidate: Candidate) -> Evidence:
    known, w1 = certified(candidate), transport_cost(candidate.problem)
    weight = _penalty(candidate.problem.regularizer)[0]
    constant, value = w1 / (2.0 * weight), 2.0 - w1**2 / (4.0 * weight)
    rounding = ROUNDING * (len(known.points) + 1)
    return Evidence.of(
        [abs(known.k - constant), abs(candidate.value - value)],
        [
            known.constant_error + rounding * (constant + known.k),
            known.gap + rounding * (4.0 + abs(candidate.value)) + known.value_rounding,
        ],
        resolution=RESOLUTION * np.array([max(constant, 1e-12), 2.0]),
        scale=np.array([max(constant, 1e-12), 2.0]),
        labels=["k* against W₁/2λ", "V against 2 − W₁²/4λ"],
        arrays={"closed": np.array([constant, value]), "found": np.array([known.k, candidate.value])},
    )


# --- matched pairs under a mean square ---------------------------------------------------------------------


def _matching(candidate: Candidate) -> np.ndarray | None:
    """(n,), the real partner of each fake point where the plan is a matching of uniform masses, else None."""
    fake, real = candidate.problem.fake, candidate.problem.real
    if len(fake) != len(real) or np.ptp(fake.weights) > 1e-12 or np.ptp(real.weights) > 1e-12:
        return None
    plan = candidate.certificate.plan.toarray()
    partners = plan.argmax(axis=1)
    share = plan[np.arange(len(fake)), partners] * len(fake)
    return partners if len(set(partners.tolist())) == len(fake) and (share >= 1.0 - 1e-9).all() else None


def _lengths(candidate: Candidate) -> np.ndarray:
    """(n,), the distance of every fake point to its partner, or to the real point of its number."""
    partners = _matching(candidate)
    fake, real = candidate.problem.fake.points, candidate.problem.real.points
    order = np.arange(len(fake)) % len(real) if partners is None else partners
    return np.linalg.norm(fake - real[order], axis=1)


MATCHED = Hypothesis(
    name="matched pairs",
    sentence="uniform masses, and a plan that gives every fake a real of its own",
    test=lambda candidate: Condition.that(
        _matching(candidate) is not None, "the plan is no matching of uniform masses"
    ),
    met=lambda candidate: f"{len(candidate.problem.fake)} pairs",
    repair="take as many fakes as reals, all of one weight",
)
EQUAL_LENGTHS = Hypothesis(
    name="equal lengths",
    sentence="all matched pairs have the same length",
    test=lambda candidate: Condition.that(
        float(np.ptp(_lengths(candidate))) <= 1e-9 * float(_lengths(candidate).max()),
        f"the lengths run from {_lengths(candidate).min():.4g} to {_lengths(candidate).max():.4g}",
    ),
    met=lambda candidate: f"all have length {_lengths(candidate)[0]:.6g}",
    repair="move every fake equally far from its partner",
)


def _measure_mean_square(candidate: Candidate) -> Evidence:
    """What MaxGP's critic pays under λ E‖∇f‖² on matched blends beyond the least: each pair wants d_i/2λ."""
    known, lengths = certified(candidate), _lengths(candidate)
    weight = _penalty(candidate.problem.regularizer)[0]
    least = -float((lengths**2).mean()) / (4.0 * weight)
    paid = float(-known.k * lengths.mean() + weight * known.k**2)
    slope = abs(2.0 * weight * known.k - float(lengths.mean()))
    error = slope * known.constant_error + weight * known.constant_error**2
    unit = max(abs(least), 1e-300)
    return Evidence.of(
        max(paid - least, 0.0),
        error + 1e-9 * unit + ROUNDING * len(lengths) * unit,  # lengths count as equal up to 1e-9
        resolution=RESOLUTION * unit,
        scale=unit,
        labels=["MaxGP's critic under the mean-square penalty"],
        arrays={
            "lengths": np.sort(lengths)[None][:, [0, -1]],
            "paid": np.array([paid]),
            "least": np.array([least]),
            "slopes": np.sort(lengths)[None][:, [0, -1]] / (2.0 * weight),
        },
    )


# --- controls and cases ------------------------------------------------------------------------------------


def _line(fake: list[float], real: list[float], pair: LossPair, weight: float) -> CriticProblem:
    first, second = (DiscreteMeasure(np.array(places)[:, None]) for places in (fake, real))
    return CriticProblem(first, second, pair, LipschitzPenalty(weight))


def _two_fakes() -> Candidate:
    """Fakes 0 and .5, a real 1, Wasserstein, λ = .5: k = W₁ = .75, where the first pair alone would have 1."""
    problem = _line([0.0, 0.5], [1.0], losses.wasserstein(), 0.5)
    points = np.array([[0.0], [0.5], [1.0]])
    return Candidate.of(problem, tabulated(points, 0.75 * points[:, 0]), [[0.5], [0.5]])


def _half_steep() -> Candidate:
    problem = _line([0.0], [1.0], losses.logistic(), 0.1)
    return Candidate.of(problem, tabulated(problem.support.points, np.array([-0.4, 0.4])))


def _hinge_diracs(weight: float, half: float) -> Candidate:
    """Two points at distance 1 under the hinge loss, f = ∓half."""
    problem = _line([0.0], [1.0], losses.hinge(), weight)
    return Candidate.of(
        problem, tabulated(problem.support.points, np.array([-half, half])), [[min(4.0 * weight * half, 1.0)]]
    )


def _logistic_in_margin() -> Candidate:
    """Logistic Diracs at distance 1, λ = 1: σ(−s) = 4 s, far less steep than Wasserstein's."""
    s = _root(lambda t: expit(-t) - 4.0 * t, 0.0, 1.0)
    problem = _line([0.0], [1.0], losses.logistic(), 1.0)
    return Candidate.of(problem, tabulated(problem.support.points, np.array([-s, s])))


def _far_pairs() -> Candidate:
    """Two pairs at distances 1 and 3, ten apart, Wasserstein, λ = .5: one slope 2 for both."""
    problem = zoo.load("far-pairs", losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.5))
    points = np.concatenate([problem.fake.points, problem.real.points])
    critic = tabulated(points, np.array([0.0, -2.0, 2.0, 4.0]))
    return Candidate.of(problem, critic, 0.5 * np.eye(2))


def _half_as_steep() -> Candidate:
    problem = zoo.load("unit-square", losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.5))
    points = np.concatenate([problem.fake.points, problem.real.points])
    return Candidate.of(problem, tabulated(points, np.array([0.0, 0.0, 0.5, 0.5])), 0.5 * np.eye(2))


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


def _hinge_cases(budget: Budget) -> Iterator[Case]:
    names = {"two-diracs": None, "case6": None, "case4": 6, "chain": None, "two-gaussians": 8}
    for name, size in names.items():
        plain = zoo.load(name, n=size, losses=losses.hinge(), regularizer=LipschitzPenalty(1.0))
        spread = float(np.linalg.norm(np.ptp(plain.support.points, axis=0)))
        for factor in (1.0,) if budget is Budget.QUICK else (1.0, 3.0, 30.0):
            weight = float(np.round(factor * transport_cost(plain) * spread / 4.0, 3)) + 1e-3
            yield tailored(name, plain.fake, plain.real, losses.hinge(), LipschitzPenalty(weight))


def _pair_cases(budget: Budget) -> Iterator[Case]:
    for weight in (0.5,) if budget is Budget.QUICK else (0.05, 0.5, 5.0):
        for name in ("unit-square", "parallel-lines"):
            plain = zoo.load(name)
            yield tailored(name, plain.fake, plain.real, losses.wasserstein(), LipschitzPenalty(weight))


def _unequal_cases(budget: Budget) -> Iterator[Case]:
    for apart in (10.0,) if budget is Budget.QUICK else (10.0, 100.0):
        plain = zoo.load("far-pairs", apart=apart)
        name = f"far pairs {apart:g} apart"
        yield tailored(name, plain.fake, plain.real, losses.wasserstein(), LipschitzPenalty(0.5))
    yield from _pair_cases(budget)


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

HINGE_MARGIN = Claim(
    id="own.hinge-is-wasserstein",
    title="the hinge loss is Wasserstein's once its critic fits the margin",
    statement=(
        "If λ ≥ W₁·diameter/4, the hinge loss has k* = W₁/(2λ) and V = 2 − W₁²/(4λ), those of the Wasserstein loss but "
        "for the constant 2."
    ),
    sources=("own fact on the hinge loss",),
    rests_on=("Kantorovich–Rubinstein duality", "weak duality"),
    subject_type=Candidate,
    hypotheses=(HINGE, PENALISED, MARGIN, CERTIFIED),
    cases=_hinge_cases,
    measure=_measure_hinge,
    controls=(
        Control(
            breaks=MARGIN.name,
            subject=lambda: _hinge_diracs(0.1, 1.0),
            why="two Diracs, d = 1, λ = .1 < .25: the hinge stops at f = ∓1, k = 2, where Wasserstein goes on to 5",
        ),
        Control(
            breaks=HINGE.name,
            subject=_logistic_in_margin,
            why="the logistic loss bends at once: k = .1219 in place of ½",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=lambda: _hinge_diracs(1.0, 0.5),
            why="two Diracs, λ = 1, f = ∓½: twice as steep as the optimum",
        ),
    ),
    rationale="The certificate's interval for k* and its gap for V; rounding of POT's W₁.",
    argument=hinge_margin,
)

MEAN_SQUARE = Claim(
    id="own.mean-square-penalty",
    title="MaxGP's critic is optimal for the mean-square penalty too (false)",
    statement=(
        "For the Wasserstein loss with matched pairs the optimum under λ k² also minimises J + λ E‖∇f‖² over the "
        "blends of the pairs. False unless all pairs are equally long: each wants its own slope d/2λ."
    ),
    sources=("own fact on gradient penalties (ICLR Figure 18)",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("weak duality",),
    superseded_by="own.mean-square-penalty.equal-lengths",
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, PENALISED, MATCHED, CERTIFIED),
    cases=_unequal_cases,
    measure=_measure_mean_square,
    controls=(
        Control(
            breaks=None,
            subject=_far_pairs,
            why="pairs at distances 1 and 3, λ = .5: the mean square wants slopes 1 and 3, MaxGP has 2 and 2",
        ),
    ),
    rationale="A quadratic in the slope of each pair; the certificate's interval for k*, and lengths equal up to 1e-9.",
    argument=mean_square,
)

MEAN_SQUARE_EQUAL = Claim(
    id="own.mean-square-penalty.equal-lengths",
    title="…and it is where all pairs are equally long",
    statement=(
        "For the Wasserstein loss with matched pairs of one length d the optimum under λ k², of slope d/2λ, also "
        "minimises J + λ E‖∇f‖² over the blends of the pairs."
    ),
    sources=("own fact on gradient penalties (ICLR Figure 18)",),
    rests_on=("weak duality",),
    subject_type=Candidate,
    hypotheses=(WASSERSTEIN, PENALISED, MATCHED, EQUAL_LENGTHS, CERTIFIED),
    cases=_pair_cases,
    measure=_measure_mean_square,
    controls=(
        Control(
            breaks=EQUAL_LENGTHS.name,
            subject=_far_pairs,
            why="pairs at distances 1 and 3, λ = .5: the mean square wants slopes 1 and 3, MaxGP has 2 and 2",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=_half_as_steep,
            why="on the unit square a critic of slope ½, half of what either penalty asks for",
        ),
    ),
    rationale="A quadratic in the slope of each pair; the certificate's interval for k*, and lengths equal up to 1e-9.",
    argument=mean_square,
)
