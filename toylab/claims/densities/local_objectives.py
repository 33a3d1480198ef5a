"""Objectives without restriction are local: LGAN section 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine, same_support, tailored
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.explanation.local_objectives import local_finite, local_on_densities
from toylab.claims.explanation.wording import vector
from toylab.claims.hypotheses import CERTIFIED, STRICTLY_CONVEX
from toylab.claims.kinds import ObjectiveKind, RegularizerKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.distributions import Distribution, Gaussian, Mixture, UniformBox
from toylab.divergences import DensityPair, UnrestrictedLoss, WassersteinOnLine
from toylab.divergences.densities import pieces
from toylab.divergences.pointwise import minimiser
from toylab.fenchel_young import PointwiseObjective
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzPenalty, Unrestricted
from toylab.solution import Candidate

#: A verdict on values needs errors below this share of their size.
VALUE_RESOLUTION = 1e-6
#: Points are looked at where |ln p − ln q| is at most this.
_COMPARABLE = 30.0

# --- finite measures ---

UNRESTRICTED = Hypothesis(
    name="no restriction",
    sentence="the critic is restricted by nothing: neither a penalty nor a bound on its Lipschitz constant",
    test=lambda candidate: Condition.that(
        isinstance(candidate.problem.regularizer, Unrestricted),
        f"the regulariser is {candidate.problem.regularizer!r}",
    ),
    met=lambda candidate: "the problem has no regulariser",
    repair="take regularizer = Unrestricted()",
    relax=(RegularizerKind.PENALTY, RegularizerKind.TARGET, RegularizerKind.BALL),
)


def _measure_finite(candidate: Candidate) -> Evidence:
    """f(z) against the t at which p_z φ(t) + q_z ϕ(t) is least, found by bisection from p_z and q_z alone."""
    known = certified(candidate)
    support = candidate.problem.support
    fake, real = support.fake_weights[known.carried], support.real_weights[known.carried]
    alone = minimiser(PointwiseObjective(candidate.problem.losses, fake, real))
    size = float(np.abs(alone[np.isfinite(alone)]).max(initial=0.0)) or 1.0
    return Evidence.of(
        np.where(known.values == alone, 0.0, np.abs(known.values - alone)),
        known.value_error + ROUNDING * (size + np.abs(known.values)),
        resolution=RESOLUTION * size,
        scale=size,
        labels=[known.name(index) for index in range(len(alone))],
        arrays={"value": known.values, "alone": alone, "fake_mass": fake, "real_mass": real},
    )


def _lipschitz_least_squares(distance: float) -> Candidate:
    """Least squares (0, 1), λ = .1, two Diracs at distance d: f(y) − f(x) = 1/(1 + 2λ/d²), symmetric about ½."""
    rise = 1.0 / (1.0 + 0.2 / distance**2)
    points = np.array([[0.0], [distance]])
    problem = CriticProblem(
        DiscreteMeasure(points[:1]), DiscreteMeasure(points[1:]), losses.quadratic(0.0, 1.0), LipschitzPenalty(0.1)
    )
    return Candidate.of(problem, tabulated(points, np.array([0.5 - 0.5 * rise, 0.5 + 0.5 * rise])))


def _finite_cases(budget: Budget) -> Iterator[Case]:
    for name, fake, real in same_support(budget):
        for make in (losses.logistic, losses.sqrt, losses.exponential, lambda: losses.quadratic(0.0, 1.0)):
            yield tailored(name, fake, real, make(), Unrestricted())
    for distance in (1.0, 4.0):
        fake, real = DiscreteMeasure([[0.0]]), DiscreteMeasure([[distance]])
        pair = losses.quadratic(0.0, 1.0)
        yield tailored(f"two points at distance {distance:g}", fake, real, pair, Unrestricted())


LOCAL_FINITE = Claim(
    id="lgan.section-3.1",
    title="without restriction f*(z) depends on the masses at z alone",
    statement=(
        "With no restriction on the critic, f*(z) minimises p_z φ(t) + q_z ϕ(t): it depends on the masses p_z and q_z "
        "of z alone, wherever all the other mass lies."
    ),
    sources=("LGAN section 3.1", "ICLR section 4.1"),
    rests_on=("weak duality",),
    subject_type=Candidate,
    hypotheses=(UNRESTRICTED, STRICTLY_CONVEX, CERTIFIED),
    cases=_finite_cases,
    measure=_measure_finite,
    controls=tuple(
        Control(
            breaks=UNRESTRICTED.name,
            subject=lambda distance=distance: _lipschitz_least_squares(distance),
            why=f"least squares (0, 1), λ = .1: f*(0) = {value} with the real point at distance {distance:g}, not 0",
        )
        for distance, value in ((1.0, ".08333"), (4.0, ".00617"))
    ),
    rationale=(
        "The certified gap confines f*(z) to the Fenchel-Young interval of z; the minimiser of z alone must lie there, "
        "up to rounding."
    ),
    argument=local_finite,
)

# --- densities ---


def _local_objective(pair: DensityPair) -> Condition:
    if not isinstance(pair.objective, UnrestrictedLoss):
        name = "none" if pair.objective is None else repr(pair.objective.name)
        return Condition(holds=False, reasons=(f"the objective is {name}, not a pair of losses without restriction",))
    return Condition.that(pair.objective.losses.strictly_convex, "neither loss is strictly convex")


UNRESTRICTED_LOSSES = Hypothesis(
    name="no restriction",
    sentence="the objective is a pair of losses, one of them strictly convex, and the critic is restricted by nothing",
    test=_local_objective,
    met=lambda pair: f"the objective is {pair.objective.name}",
    repair="take DensityPair(fake, real, UnrestrictedLoss(losses.logistic()))",
    relax=(
        ObjectiveKind.WASSERSTEIN,
        ObjectiveKind.FISHER,
        ObjectiveKind.WIDE_FISHER,
        ObjectiveKind.MEAN_FISHER,
    ),
)


def probes(pair: DensityPair) -> np.ndarray:
    """Points (m, d) within three widths of the pieces of both, where neither density is e³⁰ times the other.

    Beyond that h' is flat to rounding, and nothing can be said of its zero.
    """
    found = []
    for piece in (piece for side in (pair.fake, pair.real) for piece in pieces(side)):
        steps = np.array([-0.9, -0.4, 0.1, 0.6]) * (1.0 if piece.bounded else 3.0)
        found.append(piece.centre + piece.width * np.array(list(product(steps, repeat=pair.dimension))))
    z = np.concatenate(found)
    log_fake, log_real = pair.log_densities(z)
    with np.errstate(invalid="ignore"):
        return z[np.abs(log_fake - log_real) <= _COMPARABLE]


def worlds(pair: DensityPair) -> list[DensityPair]:
    """Two pairs whose densities at the probes are half of the pair's, and whose other halves lie on opposite sides."""
    regions = [piece for side in (pair.fake, pair.real) for piece in pieces(side)]
    reach = max(float(np.abs(piece.centre).max() + 8.0 * piece.width.max()) for piece in regions)
    boxes = [UniformBox(np.full(pair.dimension, side * (reach + 2.0)), 1.0) for side in (-1.0, 1.0)]

    def moved(side: Distribution, box: UniformBox) -> Mixture:
        return Mixture([side, box])

    return [
        replace(pair, fake=moved(pair.fake, first), real=moved(pair.real, second))
        for first, second in (boxes, reversed(boxes))
    ]


def _losses_of(pair: DensityPair) -> LossPair:
    return pair.objective.losses if isinstance(pair.objective, UnrestrictedLoss) else losses.logistic()


def _value_rounding(pair: LossPair, at: np.ndarray, log_fake: np.ndarray, log_real: np.ndarray) -> np.ndarray:
    """How far roundings of ln p, ln q and of h' = p φ' + q ϕ' move the zero t of h', (m,).

    h' is known up to rounding of its two terms, which moves t by that much over h''; a change of ln q − ln p moves it
    by F' = p q (φ' − ϕ')/((p + q) h'').
    """
    largest = np.maximum(log_fake, log_real)
    p, q = np.exp(log_fake - largest), np.exp(log_real - largest)
    fake, real = np.abs(pair.fake_loss.slope(at)), np.abs(pair.real_loss.slope(at))
    curvature = p * pair.fake_loss.curvature(at) + q * pair.real_loss.curvature(at)
    by_ratio = p * q / (p + q) * (fake + real) * (1.0 + np.abs(log_fake) + np.abs(log_real))
    return ROUNDING * ((p * fake + q * real + by_ratio) / curvature + 1.0 + np.abs(at))


def _measure_densities(pair: DensityPair) -> Evidence:
    z, pairs = probes(pair), _losses_of(pair)
    if not len(z):  # nowhere are the densities comparable: degenerate
        return Evidence.nothing()
    log_fake, log_real = pair.log_densities(z)
    largest = np.maximum(log_fake, log_real)
    alone = minimiser(PointwiseObjective(pairs, np.exp(log_fake - largest), np.exp(log_real - largest)))
    rounding = _value_rounding(pairs, alone, log_fake, log_real)
    values = pair.critic(z)
    names = [f"f* at {vector(point)}" for point in z]
    size = 1.0 + np.abs(alone)
    at_points = Evidence.of(
        np.abs(values - alone), rounding, resolution=VALUE_RESOLUTION * size, scale=size, labels=names
    )
    first, second = (world.critic.gradient(z) for world in worlds(pair))
    steep = 1.0 + np.linalg.norm(first, axis=1)
    scores = sum(1.0 / piece.width.min() ** 2 for side in (pair.fake, pair.real) for piece in pieces(side))
    reach = float(np.ptp(z, axis=0).max()) + 1.0
    elsewhere = Evidence.of(
        np.linalg.norm(first - second, axis=1),
        4.0 * rounding * (steep + scores * reach),
        resolution=VALUE_RESOLUTION * (steep + scores * reach),
        scale=steep,
        labels=[f"∇f* at {vector(point)} when mass elsewhere changes sides" for point in z],
    )
    return Evidence.joined([at_points, elsewhere])


def density_pairs(budget: Budget) -> Iterator[tuple[str, Distribution, Distribution]]:
    """Names, fakes and reals: overlapping densities of several shapes."""
    yield "two Gaussians", Gaussian([0.0], 1.0), Gaussian([1.0], 1.5)
    yield "a Gaussian in a box", UniformBox([0.0], [2.0]), Gaussian([0.5], 1.0)
    if budget is Budget.FULL:
        yield (
            "one Gaussian against two",
            Gaussian([-0.75], 0.5),
            Mixture([Gaussian([-1.25], 0.5), Gaussian([1.0], 0.5)]),
        )
        yield "the plane", Gaussian([0.3, 0.0], 1.0), Mixture([Gaussian([-0.5, 0.2], 1.3), Gaussian([1.0, 1.0], 0.7)])


def _density_cases(budget: Budget) -> Iterator[Case]:
    for name, fake, real in density_pairs(budget):
        for make in (losses.logistic, losses.sqrt, losses.exponential, lambda: losses.quadratic(0.0, 1.0)):
            objective = UnrestrictedLoss(make())
            subject = DensityPair(fake, real, objective)
            yield Case(name=f"{name}, {objective.losses.name}", engine=Engine.NONE, subject=subject)


LOCAL_DENSITIES = Claim(
    id="lgan.section-3.1.densities",
    title="without restriction f*(z) depends on the densities at z alone",
    statement=(
        "With no restriction on the critic, f*(z) minimises p(z) φ(t) + q(z) ϕ(t): neither its value nor its gradient "
        "changes when mass elsewhere moves."
    ),
    sources=("LGAN section 3.1", "ICLR section 4.1"),
    rests_on=("lgan.section-3.1",),
    subject_type=DensityPair,
    hypotheses=(UNRESTRICTED_LOSSES,),
    cases=_density_cases,
    measure=_measure_densities,
    controls=(
        Control(
            breaks=UNRESTRICTED_LOSSES.name,
            subject=lambda: DensityPair(Gaussian([0.0], 1.0), Gaussian([1.0], 1.5), WassersteinOnLine()),
            why="the slope of the Wasserstein critic is the sign of F_fake − F_real: it turns when mass elsewhere does",
        ),
    ),
    rationale=(
        "Rounding: of ln p and ln q through F' = pq(φ' − ϕ')/((p + q)h''), and of h' over h''. The minimiser at z is "
        "found by bisection, f* by its closed form."
    ),
    argument=local_on_densities,
)
