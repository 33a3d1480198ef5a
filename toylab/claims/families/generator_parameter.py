"""W₁ and the divergences along a generator's parameter: WGAN Theorem 1 and Example 1."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from scipy.stats import norm

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence
from toylab.claims.cases import Budget, Case, compared
from toylab.claims.explanation import families as arguments
from toylab.claims.families.diracs import two_diracs
from toylab.claims.families.hypotheses import CERTIFIED, related, same_measure
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import compare, readings
from toylab.claims.kinds import FamilyKind, LossKind, RegularizerKind
from toylab.claims.rounding import ROUNDING
from toylab.critics import tabulated
from toylab.divergences import JensenShannon, KullbackLeibler, ReverseKullbackLeibler, TotalVariation
from toylab.families import Family, ProblemFamily
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, Unrestricted
from toylab.solution import Candidate

_UNIT = LipschitzBall(1.0)


def _diameter(family: Family) -> float:
    return max(member.problem.support.diameter for member in family.members) or 1.0


def mean_move(first: DiscreteMeasure, second: DiscreteMeasure) -> Interval:
    """E‖g_θ − g_θ'‖ over the latent points, those of one number being images of the same one."""
    moves = np.linalg.norm(first.points - second.points, axis=1)
    size = float(np.abs(first.points).max() + np.abs(second.points).max())
    value = first.expectation(moves)
    return Interval.of(value, ROUNDING * (value + size))


def _measure_continuity(family: Family) -> Evidence:
    unit = _diameter(family)
    members = list(zip(family.labels, readings(family), strict=True))
    parts = []
    for (name, one), (other_name, other) in combinations(members, 2):
        move = mean_move(one.candidate.problem.fake, other.candidate.problem.fake)
        for change, label in ((one.value - other.value, name), (other.value - one.value, other_name)):
            words = f"E‖g_θ − g_θ'‖ between {name} and {other_name} against V there, less V elsewhere, at {label}"
            parts.append(compare(words, move, "≥", change, unit))
    return Evidence.joined(parts)


def _measure_lines(family: Family) -> Evidence:
    parts = []
    unit = _diameter(family)
    for theta, label, reading in zip(family.at, family.labels, readings(family), strict=True):
        fake, real = reading.candidate.problem.fake, reading.candidate.problem.real
        apart = theta != 0.0
        known = Interval.of(abs(theta), ROUNDING * abs(theta))
        parts.append(compare(f"W₁ = −V, {label}, against |θ|", -reading.value, "=", known, unit))
        for divergence, name, jump in (
            (JensenShannon(), "JSD", float(np.log(2.0))),
            (TotalVariation(), "TV", 1.0),
        ):
            found = divergence.value(fake, real)
            interval = Interval.of(found.value, found.error + ROUNDING)
            expected = Interval.of(jump if apart else 0.0, ROUNDING)
            parts.append(
                compare(
                    f"{name}, {label}, against its {'jump' if apart else 'value for equal measures'}",
                    interval,
                    "=",
                    expected,
                    jump,
                )
            )
        for divergence, name in ((KullbackLeibler(), "KL(P_r‖P_g)"), (ReverseKullbackLeibler(), "KL(P_g‖P_r)")):
            found = divergence.value(fake, real)
            share = Interval.of(float(np.exp(-found.value)), min(found.error, 1.0) + ROUNDING)
            label_kl = f"exp(−{name}), {label}, against {'0, as it is infinite' if apart else '1'}"
            parts.append(compare(label_kl, share, "=", Interval.of(0.0 if apart else 1.0), 1.0))
    return Evidence.joined(parts)


def _not_one_latent(family: Family) -> str | None:
    first = family.members[0].problem
    for label, member in zip(family.labels, family.members, strict=True):
        problem = member.problem
        if len(problem.fake) != len(first.fake) or not np.array_equal(problem.fake.weights, first.fake.weights):
            return f"{label}: the fake points are not images of the latent points of {family.labels[0]}"
        if not same_measure(problem.real, first.real):
            return f"{label}: the real measure is another one"
    return None


ONE_LATENT = related(
    "one latent measure",
    "fake points of one number are images of one latent point under g_θ, and the real measure stays",
    _not_one_latent,
    "the fake measures are images of one latent measure, and the real measure is the same",
    "move the fake points of one sample instead of drawing new ones",
    FamilyKind.all_but(FamilyKind.GAME, FamilyKind.FREE, FamilyKind.FAKES_MOVE, FamilyKind.LINES, FamilyKind.POINT),
)


def _not_w1(family: Family) -> str | None:
    for label, member in zip(family.labels, family.members, strict=True):
        problem = member.problem
        if not problem.losses.is_wasserstein or problem.regularizer != _UNIT:
            return f"{label}: the problem is {problem.losses.name}, {problem.regularizer.describe()}; V is not −W₁"
    return None


W1_PROBLEMS = related(
    "Wasserstein distance",
    "V = −W₁: the Wasserstein loss in the ball k ≤ 1",
    _not_w1,
    "every problem is the Wasserstein loss in the ball k ≤ 1",
    "take losses.wasserstein() and LipschitzBall(1.0)",
    (
        *(kind for kind in LossKind if kind is not LossKind.WASSERSTEIN),
        *(kind for kind in RegularizerKind if kind is not RegularizerKind.BALL),
    ),
)


def _not_parallel(family: Family) -> str | None:
    for theta, label, member in zip(family.at, family.labels, family.members, strict=True):
        fake, real = member.problem.fake, member.problem.real
        if fake.points.shape != real.points.shape or not np.array_equal(fake.points[:, 1:], real.points[:, 1:]):
            return f"{label}: the heights z of fake and real points differ"
        if not ((real.points[:, 0] == 0.0).all() and (fake.points[:, 0] == theta).all()):
            return f"{label}: the points do not lie on the lines at 0 and θ"
        if not np.array_equal(fake.weights, real.weights):
            return f"{label}: the masses of fake and real points differ"
    return None


PARALLEL = related(
    "parallel lines, same z",
    "real points (0, z_i) and fake points (θ, z_i) with the same z_i and masses",
    _not_parallel,
    "fakes lie at (θ, z) and reals at (0, z) for the same z",
    "use one sample of z for both lines",
    FamilyKind.all_but(FamilyKind.LINES),
)

# --- cases and controls ---


def _lines(theta: float, heights: np.ndarray) -> CriticProblem:
    column = np.zeros_like(heights)
    fake, real = (DiscreteMeasure(np.column_stack([column + shift, heights])) for shift in (theta, 0.0))
    return CriticProblem(fake, real, losses.wasserstein(), _UNIT)


def parallel_lines(thetas: tuple[float, ...], n: int) -> ProblemFamily:
    """WGAN's Example 1 on a grid of n heights."""
    heights = (np.arange(n) + 0.5) / n
    return ProblemFamily.along("parallel lines", "θ", [(theta, _lines(theta, heights)) for theta in thetas])


def _turning(angles: tuple[float, ...], n: int) -> ProblemFamily:
    """A segment that turns about the origin, against a cloud."""
    rng = np.random.default_rng(3)
    real = DiscreteMeasure(rng.uniform(-1.0, 1.0, size=(n, 2)))
    radius = np.linspace(0.2, 1.0, n)[:, None]
    members = []
    for angle in angles:
        fake = DiscreteMeasure(radius * np.array([np.cos(angle), np.sin(angle)]))
        members.append((angle, CriticProblem(fake, real, losses.wasserstein(), _UNIT)))
    return ProblemFamily.along("a segment that turns", "angle", members)


def _line_cases(budget: Budget) -> Iterator[Case]:
    quick = budget is Budget.QUICK
    thetas = (-0.5, 0.0, 1e-6, 0.5) if quick else (-1.0, -0.5, -1e-3, 0.0, 1e-9, 1e-6, 1e-3, 0.5, 2.0)
    yield compared("parallel lines along theta", parallel_lines(thetas, 8 if quick else 20))


def _continuity_cases(budget: Budget) -> Iterator[Case]:
    yield from _line_cases(budget)
    angles = (0.0, 0.5, 3.0) if budget is Budget.QUICK else (0.0, 1e-3, 0.1, 0.5, 1.0, 2.0, 3.0)
    yield compared("a segment that turns, against a cloud", _turning(angles, 8 if budget is Budget.QUICK else 20))


def _least_squares(theta: float) -> Candidate:
    fake, real = DiscreteMeasure([[theta]]), DiscreteMeasure([[0.0]])
    problem = CriticProblem(fake, real, losses.quadratic(0.0, 1.0), Unrestricted())
    if theta == 0.0:
        return Candidate.of(problem, lambda z: np.full(len(z), 0.5), np.zeros((1, 1)))
    return Candidate.of(problem, lambda z: np.where(z[:, 0] == 0.0, 1.0, 0.0), np.zeros((1, 1)))


def _least_squares_jump() -> Family:
    members = [(theta, _least_squares(theta)) for theta in (0.0, 0.01)]
    return Family.along("two Diracs, least squares without restriction", "θ", members)


def _other_real() -> Family:
    members = [(theta, two_diracs(losses.wasserstein(), d, _UNIT)) for theta, d in ((0.0, 1.0), (1.0, 3.0))]
    return Family.along("a real Dirac that moves instead", "θ", members)


def _lazy_critic() -> Family:
    pair = losses.wasserstein()
    members = [
        (0.0, two_diracs(pair, 1.0, _UNIT)),
        (0.1, two_diracs(pair, 1.0, _UNIT, factor=0.5)),
    ]
    return Family.along("two Diracs, a lazy critic at θ = .1", "θ", members)


def _independent_heights() -> Family:
    """Fakes (θ, .2), (θ, .7), reals (0, .4), (0, .9), θ = .01: W₁ = √(θ² + .04)."""
    theta = 0.01
    fake, real = np.array([[theta, 0.2], [theta, 0.7]]), np.array([[0.0, 0.4], [0.0, 0.9]])
    problem = CriticProblem(DiscreteMeasure(fake), DiscreteMeasure(real), losses.wasserstein(), _UNIT)
    step = real[0] - fake[0]
    points = np.concatenate([fake, real])
    critic = tabulated(points, points @ (step / np.linalg.norm(step)))
    return Family.along("lines with independent z", "θ", [(theta, Candidate.of(problem, critic, np.diag([0.5, 0.5])))])


def lattice_gaussian(steps: int = 8, spacing: float = 0.5) -> Family:
    """N(0, 1) on a lattice, moved by one step along itself: W₁ = θ as well, but the divergences are small."""
    line = spacing * np.arange(-steps, steps + 1)
    masses = norm.pdf(line)
    column = np.zeros_like(line)
    fake, real = (DiscreteMeasure(np.column_stack([at, column]), masses) for at in (line + spacing, line))
    problem = CriticProblem(fake, real, losses.wasserstein(), _UNIT)
    points = np.concatenate([fake.points, real.points])
    candidate = Candidate.of(problem, tabulated(points, -points[:, 0]), np.diag(fake.weights))
    return Family.along("a Gaussian on a lattice, moved by a step", "θ", [(spacing, candidate)])


def _lazy_on_lines() -> Family:
    heights = (np.arange(4) + 0.5) / 4
    problem = _lines(0.5, heights)
    points = problem.support.points
    critic = tabulated(points, -0.5 * points[:, 0])
    return Family.along("parallel lines", "θ", [(0.5, Candidate.of(problem, critic, np.diag(np.full(4, 0.25))))])


W1_CONTINUOUS = Claim(
    id="wgan.theorem-1",
    title="W₁ is Lipschitz in the generator: |W₁(θ) − W₁(θ')| ≤ E‖g_θ − g_θ'‖",
    statement=(
        "For fake measures that are images of one latent measure under g_θ, |W₁(θ) − W₁(θ')| ≤ E‖g_θ − g_θ'‖; so W₁ is "
        "continuous in θ where g is, whatever the supports do."
    ),
    sources=("WGAN Theorem 1", "WGAN Corollary 1"),
    rests_on=("Kantorovich–Rubinstein duality",),
    subject_type=Family,
    hypotheses=(W1_PROBLEMS, ONE_LATENT, CERTIFIED),
    cases=_continuity_cases,
    measure=_measure_continuity,
    controls=(
        Control(
            breaks=W1_PROBLEMS.name,
            subject=_least_squares_jump,
            why="least squares without restriction: V falls from 1/2 to 0 as soon as the Diracs are apart",
        ),
        Control(breaks=ONE_LATENT.name, subject=_other_real, why="the fakes rest, the real Dirac moves by 2"),
        Control(
            breaks=CERTIFIED.name,
            subject=_lazy_critic,
            why="a critic of half the slope at θ = .1, claimed to be optimal, although no fake has moved",
        ),
    ),
    rationale="W₁ = −V in [−primal, −dual] for each θ; the mean move up to rounding.",
    argument=arguments.w1_continuous,
)

PARALLEL_LINES = Claim(
    id="wgan.example-1",
    title="parallel lines: W₁ = |θ|; JSD = ln 2, TV = 1, KL = ∞ for θ ≠ 0",
    statement=(
        "For real points (0, z) and fake points (θ, z) with the same z: W₁ = |θ|, while JSD = ln 2, TV = 1 and both KL "
        "are infinite for θ ≠ 0, and all are 0 for θ = 0."
    ),
    sources=("WGAN Example 1",),
    rests_on=("Kantorovich–Rubinstein duality",),
    subject_type=Family,
    hypotheses=(W1_PROBLEMS, PARALLEL, CERTIFIED),
    cases=_line_cases,
    measure=_measure_lines,
    controls=(
        Control(
            breaks=PARALLEL.name,
            subject=_independent_heights,
            why="independent z: fakes have to move along the line as well, and W₁ = .2002 at θ = .01",
        ),
        Control(
            breaks=PARALLEL.name,
            subject=lattice_gaussian,
            why="a Gaussian moved along itself: W₁ = θ, but the supports overlap, TV = .2 and JSD = .03 do not jump",
        ),
        Control(breaks=CERTIFIED.name, subject=_lazy_on_lines, why="a critic of half the slope, claimed to be optimal"),
    ),
    rationale="W₁ = −V in [−primal, −dual]; divergences of finite measures are finite sums with their rounding.",
    argument=arguments.parallel_lines,
)
