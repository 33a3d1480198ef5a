"""Mode collapse by locality, on the line: ICLR section 4.2."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.special import ndtr

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.local_objectives import drawn, pushed
from toylab.claims.kinds import DensityKind, ObjectiveKind, PlaceKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Distribution, Gaussian, Mixture, UniformBox
from toylab.divergences import (
    DensityPair,
    FisherIPM,
    Objective,
    RatioObjective,
    Uniform,
    UnrestrictedLoss,
    WassersteinOnLine,
    cumulative,
    log_density,
    score,
)
from toylab.divergences.on_the_line import crossings
from toylab.errors import InputError

_EPS = float(np.finfo(np.float64).eps)
_RESOLUTION = 1e-6
#: Gaussian fakes are followed this far out, and their places looked at.
_REACH, _GRID = 9.0, 6001
#: Fakes are far from a mode from here on, in standard deviations; then so many are pushed away.
_FAR, _LEAST_PUSHED, _MOST_PUSHED = 3.0, 0.49, 0.5


@dataclass(frozen=True, kw_only=True)
class Modes:
    """Two modes of one width with the fakes beside the first.

    Attributes:
        near: A, the mode nearer to the fakes.
        far: B.
        centre: m, of the fakes.
        scale: σ of the modes.
        width: of the fakes, a standard deviation or half a side.
        gaussian: whether the fakes are Gaussian rather than uniform.
    """

    near: float
    far: float
    centre: float
    scale: float
    width: float
    gaussian: bool

    @property
    def switch(self) -> float:
        """Where (A − c) N(x; A) + (B − c) N(x; B) = 0 with c = m for Gaussian fakes of width σ.

        N(x; B)/N(x; A) = (m − A)/(B − m) gives (A + B)/2 + σ² ln((m − A)/(B − m))/(B − A).
        """
        share = (self.centre - self.near) / (self.far - self.centre)
        return 0.5 * (self.near + self.far) + self.scale**2 * float(np.log(share)) / (self.far - self.near)

    def drawn(self) -> tuple[float, float]:
        """The fraction of the fakes that a local critic draws to A, and how much of Φ(|A − m|/σ) the mode B takes."""
        if not self.gaussian:
            return 1.0, 0.0
        taken = float(ndtr(-abs(self.switch - self.centre) / self.width))
        return float(ndtr(abs(self.near - self.centre) / self.width)) - taken, taken


def modes(pair: DensityPair) -> Modes | None:
    """The arrangement of ICLR section 4.2, None where the pair is another one."""
    real, fake = pair.real, pair.fake
    if pair.dimension != 1 or not isinstance(real, Mixture) or len(real.components) != 2:
        return None
    if not isinstance(fake, Gaussian | UniformBox) or not all(isinstance(c, Gaussian) for c in real.components):
        return None
    first, second = real.components
    assert isinstance(first, Gaussian)
    assert isinstance(second, Gaussian)
    if first.scale != second.scale or real.weights[0] != real.weights[1]:
        return None
    gaussian = isinstance(fake, Gaussian)
    centre = float((fake.mean if isinstance(fake, Gaussian) else fake.centre)[0])
    near, far = sorted((float(first.mean[0]), float(second.mean[0])), key=lambda mode: abs(mode - centre))
    width = fake.scale if isinstance(fake, Gaussian) else float(fake.half_side[0])
    return Modes(near=near, far=far, centre=centre, scale=first.scale, width=width, gaussian=gaussian)


def _between(found: Modes) -> bool:
    """Whether the fakes' centre lies strictly between the modes."""
    return (found.centre - found.near) * (found.far - found.centre) > 0


def _arrangement(pair: DensityPair) -> Condition:
    found = modes(pair)
    if found is None:
        return Condition(holds=False, reasons=("the reals are not two equal Gaussians on the line",))
    if not _between(found) or abs(found.near - found.far) < 4.0 * found.scale:
        return Condition(holds=False, reasons=("the fakes are not between two modes that stand apart",))
    if found.gaussian:
        return Condition.that(found.width == found.scale, f"fakes of width {found.width:g}, modes of {found.scale:g}")
    middle = 0.5 * (found.near + found.far)
    beyond = abs(found.centre - middle) - found.width
    return Condition.that(beyond >= 2.0 * found.scale, "uniform fakes reach to the middle between the modes")


TWO_MODES = Hypothesis(
    name="two modes as wide as the fakes",
    sentence=(
        "on the line; the reals are two equal Gaussians of one width, at least four widths apart; the fakes stand "
        "between them, Gaussian of the same width, or uniform and not reaching to the middle"
    ),
    test=_arrangement,
    met=lambda pair: pair.describe(),
    repair="take N(m, σ²) or a box between the modes of ½ N(A, σ²) + ½ N(B, σ²)",
    relax=(DensityKind.OTHER_WIDTH, DensityKind.ANY),
)
LOCAL = Hypothesis(
    name="local objective",
    sentence="the critic is restricted by nothing, so that it rises with ln q − ln p: the vanilla GAN, least squares",
    test=lambda pair: Condition.that(
        isinstance(pair.objective, UnrestrictedLoss),
        f"the objective is {'none' if pair.objective is None else repr(pair.objective.name)}",
    ),
    met=lambda pair: f"the objective is {pair.objective.name}",
    repair="take DensityPair(fake, real, UnrestrictedLoss(losses.logistic()))",
    relax=tuple(kind for kind in ObjectiveKind if kind is not ObjectiveKind.LOSSES),
)
UNIFORM_FISHER = Hypothesis(
    name="Fisher objective with uniform μ",
    sentence="the critic is q − p up to a factor",
    test=lambda pair: Condition.that(
        isinstance(pair.objective, FisherIPM) and isinstance(pair.objective.mu, Uniform),
        f"the objective is {'none' if pair.objective is None else repr(pair.objective.name)}",
    ),
    met=lambda pair: "the objective is the Fisher IPM with uniform μ",
    repair="take DensityPair(fake, real, FisherIPM(Uniform()))",
    relax=tuple(kind for kind in ObjectiveKind if kind is not ObjectiveKind.FISHER),
)


def _far(pair: DensityPair) -> Condition:
    found = modes(pair)
    if found is None:
        return Condition(holds=True, reasons=())
    distance = abs(found.near - found.centre) / found.scale
    return Condition.that(
        not found.gaussian or distance >= _FAR, f"the nearer mode is {distance:.3g} standard deviations away"
    )


FAR_FAKES = Hypothesis(
    name="fakes beside the mode",
    sentence="Gaussian fakes are at least three standard deviations from the nearer mode",
    test=_far,
    met=lambda pair: "the fakes stand clear of the mode",
    repair="move the fakes away from the mode, or make them uniform",
    relax=(PlaceKind.NEAR,),
)


def fraction_towards(pair: DensityPair, mode: float) -> tuple[float, float]:
    """How much of the fakes' mass has a gradient of f* that points to the mode, and its error.

    The sign of f*'(x)(A − x) is followed through its changes. Each is known up to where |f*'(x)(A − x)| is within
    rounding, and costs as much as the fakes' mass there.
    """
    low, high = _ends(pair.fake)

    def towards(x: np.ndarray) -> np.ndarray:
        return pair.critic.gradient(x[:, None])[:, 0] * (mode - x)

    breaks = crossings(towards, np.linspace(low, high, _GRID))
    ends = np.concatenate([[low], breaks, [high]])
    masses = np.diff(cumulative(pair.fake, ends))
    middles = np.array([0.5 * (a + b) for a, b in pairwise(ends)])
    total = float(masses[towards(middles) > 0].sum())
    return total / float(masses.sum()), _uncertain_mass(pair, towards, breaks, high - low)


def _ends(fake: Distribution) -> tuple[float, float]:
    if isinstance(fake, UniformBox):
        return float(fake.centre[0] - fake.half_side[0]), float(fake.centre[0] + fake.half_side[0])
    assert isinstance(fake, Gaussian)
    return float(fake.mean[0] - _REACH * fake.scale), float(fake.mean[0] + _REACH * fake.scale)


def _uncertain_mass(pair: DensityPair, towards: object, breaks: np.ndarray, length: float) -> float:
    """The fakes' mass where f*'(x)(A − x) is within rounding, around its changes of sign."""
    beyond = ROUNDING + 2.0 * float(ndtr(-_REACH))
    if not len(breaks):
        return beyond
    step = 1e-7 * length
    before, after = (towards(breaks + sign * step) for sign in (-1.0, 1.0))  # type: ignore[operator]
    steepness = np.abs(after - before) / (2.0 * step)
    noise = 256.0 * _EPS * _summands(pair, breaks[:, None]) * length
    width = noise / steepness + ROUNDING * (np.abs(breaks) + 1.0)
    density = np.exp(log_density(pair.fake, breaks[:, None]))
    return float((density * width).sum()) + beyond


def _summands(pair: DensityPair, z: np.ndarray) -> np.ndarray:
    """How large the terms are whose difference is f*'(z), (m,): rounding is relative to them, not to f*'."""
    logs = pair.log_densities(z)
    slopes = [np.abs(score(side, z)[:, 0]) for side in (pair.fake, pair.real)]
    digits = 1.0 + np.abs(logs[0]) + np.abs(logs[1])
    match pair.objective:
        case RatioObjective():
            return np.abs(pair.objective.ratio_slope(logs[1] - logs[0])) * digits * (slopes[0] + slopes[1])
        case FisherIPM():
            total = pair.objective.value(pair.fake, pair.real).value
            return digits * (np.exp(logs[0]) * slopes[0] + np.exp(logs[1]) * slopes[1]) / total
    return np.ones(len(z))


def _arranged(pair: DensityPair) -> Modes:
    found = modes(pair)
    if found is None or not _between(found):
        raise InputError("fractions are measured for fakes, Gaussian or uniform, between two equal modes on the line.")
    return found


def _measure_drawn(pair: DensityPair) -> Evidence:
    found = _arranged(pair)
    fraction, error = fraction_towards(pair, found.near)
    expected, taken = found.drawn()
    arrays = {
        "fraction": np.array([fraction]),
        "mode": np.array([found.near]),
        "distance": np.array([abs(found.centre - found.near)]),
    }
    what = "Φ(|A − m|/σ) less what B takes" if found.gaussian else "all"
    exact = Evidence.of(
        abs(fraction - expected),
        error + ROUNDING,
        resolution=_RESOLUTION,
        scale=1.0,
        labels=[f"the fraction drawn to A against {expected:.8g}, {what}"],
        arrays=arrays,
    )
    if not found.gaussian:
        return exact
    plain = float(ndtr(abs(found.near - found.centre) / found.width))
    rough = Evidence.of(
        abs(fraction - plain),
        taken + error + ROUNDING,
        resolution=1e-2,
        scale=1.0,
        labels=[f"the fraction drawn to A against Φ(|A − m|/σ) = {plain:.6g}"],
    )
    return Evidence.joined([exact, rough])


def _measure_pushed(pair: DensityPair) -> Evidence:
    found = _arranged(pair)
    fraction, error = fraction_towards(pair, found.near)
    away = 1.0 - fraction
    low, high = (_LEAST_PUSHED, _MOST_PUSHED) if found.gaussian else (0.0, 0.0)
    return Evidence.of(
        max(low - away, away - high, 0.0),
        error,
        resolution=_RESOLUTION,
        scale=1.0,
        labels=[f"the fraction {away:.6g} pushed away from A against " + (f"{low:g} to {high:g}" if high else "none")],
        arrays={"fraction": np.array([away]), "mode": np.array([found.near])},
    )


REAL = Mixture([Gaussian([-1.25], 0.15), Gaussian([1.0], 0.15)])


def _vanilla() -> Objective:
    return UnrestrictedLoss(losses.logistic())


def _least_squares() -> Objective:
    return UnrestrictedLoss(losses.quadratic(0.0, 1.0))


def _fakes(budget: Budget) -> Iterator[tuple[str, Distribution]]:
    yield "Gaussian fakes at -0.75", Gaussian([-0.75], 0.15)
    yield "uniform fakes at -0.75", UniformBox([-0.75], [0.25])
    if budget is Budget.FULL:
        for centre in (-0.7, -0.65, -0.5, 0.45):
            yield f"Gaussian fakes at {centre:g}", Gaussian([centre], 0.15)
        yield "uniform fakes at 0.6", UniformBox([0.6], [0.3])


def _drawn_cases(budget: Budget) -> Iterator[Case]:
    for name, fake in (*_fakes(budget), ("Gaussian fakes at -1.15", Gaussian([-1.15], 0.15))):
        for objective in (_vanilla(), _least_squares()):
            subject = DensityPair(fake, REAL, objective)
            yield Case(name=f"{name}, {objective.name}", engine=Engine.NONE, subject=subject)


def _pushed_cases(budget: Budget) -> Iterator[Case]:
    for name, fake in _fakes(budget):
        yield Case(name=name, engine=Engine.NONE, subject=DensityPair(fake, REAL, FisherIPM(Uniform())))


MODE_COLLAPSE = Claim(
    id="iclr.section-4.2",
    title="mode collapse by locality: nearly all fakes are drawn to the nearer mode",
    statement=(
        "Fakes at m beside the mode A of two, under the vanilla GAN or least squares: the fraction Φ(|A − m|/σ) of "
        "Gaussian fakes, less the little that the mode B takes, and all uniform fakes are drawn to A; none of them "
        "feel that B is empty."
    ),
    sources=("ICLR section 4.2", "ICLR Figure 2"),
    rests_on=("lgan.section-3.1.densities",),
    subject_type=DensityPair,
    hypotheses=(LOCAL, TWO_MODES),
    cases=_drawn_cases,
    measure=_measure_drawn,
    controls=(
        Control(
            breaks=LOCAL.name,
            subject=lambda: DensityPair(Gaussian([-0.75], 0.15), REAL, WassersteinOnLine()),
            why="the Wasserstein critic sends .50 of the fakes to B, as much as B has mass",
        ),
        Control(
            breaks=TWO_MODES.name,
            subject=lambda: DensityPair(Gaussian([-0.75], 0.3), REAL, _vanilla()),
            why="fakes twice as wide as the modes: ln q − ln p is no longer linear",
        ),
    ),
    rationale=(
        "Closed form: the sign of f*' changes at A and at (A + B)/2 + σ² ln((m − A)/(B − m))/(B − A). The changes "
        "are found by bisection, each up to the mass of the fakes where f*' is within rounding; 2 Φ(−9) for the tails."
    ),
    argument=drawn,
)

FISHER_PUSHES = Claim(
    id="iclr.section-4.2.fisher",
    title="Fisher with uniform μ pushes half of the Gaussian fakes away",
    statement=(
        "Under the Fisher IPM with uniform μ, between .49 and .5 of Gaussian fakes beside a mode are pushed away "
        "from it, and no uniform fakes are."
    ),
    sources=("ICLR section 4.2", "ICLR Figure 2"),
    rests_on=("lgan.section-3.2",),
    subject_type=DensityPair,
    hypotheses=(UNIFORM_FISHER, TWO_MODES, FAR_FAKES),
    cases=_pushed_cases,
    measure=_measure_pushed,
    controls=(
        Control(
            breaks=UNIFORM_FISHER.name,
            subject=lambda: DensityPair(Gaussian([-0.75], 0.15), REAL, _vanilla()),
            why="the vanilla critic pushes 4.4e-4 of them away",
        ),
        Control(
            breaks=FAR_FAKES.name,
            subject=lambda: DensityPair(Gaussian([-1.15], 0.15), REAL, FisherIPM(Uniform())),
            why="two thirds of a standard deviation from the mode the peaks of p and q overlap",
        ),
    ),
    rationale=(
        "The changes of sign of f*' are found by bisection, each up to the mass of the fakes where f*' is within "
        "rounding; 2 Φ(−9) for the tails."
    ),
    argument=pushed,
)
