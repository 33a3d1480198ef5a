"""Continuity in the generator's parameter, for continuous measures: WGAN Theorem 1 and Example 1.

The finite measures of the same statements are in `claims.families.generator_parameter`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from types import MappingProxyType

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.continuity import gaussian_translations, lines_apart, w1_continuous
from toylab.claims.families.intervals import Interval
from toylab.claims.families.readings import compare
from toylab.claims.kinds import PathKind
from toylab.condition import Condition
from toylab.distributions import Distribution, Gaussian, Mixture, Segment, UniformBox
from toylab.divergences import (
    FDivergence,
    JensenShannon,
    KullbackLeibler,
    Quadrature,
    ReverseKullbackLeibler,
    TotalVariation,
)
from toylab.generators import Affine, GeneratorPath, ParallelLine, Shift, Switch
from toylab.manifolds import ManifoldPair

_EPS = float(np.finfo(np.float64).eps)
_LN2 = float(np.log(2.0))


def _interval(found: Quadrature) -> Interval:
    return Interval.of(found.value, found.error)


def _unit(path: GeneratorPath) -> float:
    """What distances are measured in: the largest of them."""
    to_real = [path.to_real(index).value for index in range(len(path))]
    return max(*to_real, path.apart(0, len(path) - 1).value) or 1.0


def _entry(kind: str, evidence: Evidence) -> Evidence:
    """An entry that says of which kind it is."""
    return replace(evidence, arrays=MappingProxyType({**evidence.arrays, "kind": np.array([kind], dtype=object)}))


# --- hypotheses ---

LIPSCHITZ = Hypothesis(
    name="locally Lipschitz generator",
    sentence="θ ↦ g_θ(z) is locally Lipschitz with constants L(θ, z), and E L(θ, Z) is finite (Assumption 1 of WGAN)",
    test=lambda path: Condition.that(not path.jumps(), f"g jumps in θ: {'; '.join(path.jumps())}"),
    met=lambda path: f"E L(Z) = {path.rate().value:.6g}",
    repair="take a generator that is continuous in θ, such as Shift, Affine or ParallelLine",
    relax=(PathKind.SWITCH,),
)


def _not_gaussian(path: GeneratorPath) -> Condition:
    if not all(isinstance(law, Gaussian) for law in (*path.laws, path.real)):
        return Condition(holds=False, reasons=("P_θ or P_r is no Gaussian",))
    scales = {law.scale for law in path.laws if isinstance(law, Gaussian)}
    return Condition.that(len(scales) == 1, f"P_θ changes its width, from {min(scales):g} to {max(scales):g}")


TRANSLATIONS = Hypothesis(
    name="Gaussian translations",
    sentence="every P_θ is a Gaussian of one width σ, moved, and P_r is a Gaussian",
    test=_not_gaussian,
    met=lambda path: f"σ = {path.laws[0].scale:g} for the fakes, {path.real.scale:g} for the reals",
    repair="take Shift with Gaussian latent points, and Gaussian reals",
    relax=(PathKind.RESCALED, PathKind.BOX, PathKind.LINES),
)


def _not_lines(path: GeneratorPath) -> Condition:
    if not isinstance(path.generator, ParallelLine) or not isinstance(path.real, Segment):
        return Condition(holds=False, reasons=("fakes and reals are not both uniform on upright lines of the plane",))
    upright = path.real.start[0] == path.real.end[0]
    heights = [{float(side.start[1]), float(side.end[1])} for side in (path.laws[0], path.real)]  # type: ignore[union-attr]
    return Condition.that(upright and heights[0] == heights[1], "the lines do not have the same heights z")


LINES = Hypothesis(
    name="parallel lines, same z",
    sentence="fakes are uniform on the upright line at θ, reals on one of the same heights at another place",
    test=_not_lines,
    met=lambda path: f"the real line stands at {path.real.start[0]:g}",
    repair="take ParallelLine with uniform z, and a Segment of the same heights as reals",
    relax=PathKind.all_but(PathKind.LINES),
)

# --- measures ---


def _measure_w1(path: GeneratorPath) -> Evidence:
    """|W₁(θ) − W₁(θ')| ≤ W₁(P_θ, P_θ') ≤ E‖g_θ − g_θ'‖ ≤ E L ‖θ − θ'‖ for every two θ."""
    unit, rate = _unit(path), _interval(path.rate())
    to_real = [path.to_real(index) for index in range(len(path))]
    parts = []
    for first, second in combinations(range(len(path)), 2):
        where = f"between {path.label(first)} and {path.label(second)}"
        apart, moved = _interval(path.apart(first, second)), _interval(path.moved(first, second))
        change = Interval.of(
            abs(to_real[first].value - to_real[second].value), to_real[first].error + to_real[second].error
        )
        steps = (
            ("W₁(P_θ, P_θ') against the change of W₁(P_θ, P_r)", apart, change),
            ("E‖g_θ − g_θ'‖ against W₁(P_θ, P_θ')", moved, apart),
            ("E L · ‖θ − θ'‖ against E‖g_θ − g_θ'‖", rate * Interval.of(path.step(first, second)), moved),
        )
        parts += [_entry(words, compare(f"{words}, {where}", more, "≥", less, unit)) for words, more, less in steps]
    return Evidence.joined(parts)


def spread(distribution: Distribution) -> float:
    """The width σ of a Gaussian, and what stands for it elsewhere: half the longest side, the least of the parts."""
    match distribution:
        case Gaussian(scale=scale):
            return float(scale)
        case UniformBox(half_side=half):
            return float(half.max())
        case Segment(start=start, end=end):
            return 0.5 * float(np.linalg.norm(end - start))
        case Mixture(components=components):
            return min(map(spread, components))
    return 1.0


def _share(found: Quadrature) -> Quadrature:
    """exp(−KL): 0 where KL is infinite, and it moves by no more than KL does."""
    return Quadrature(value=float(np.exp(-found.value)), error=min(found.error, 1.0) + 4.0 * _EPS)


def _measure_divergences(path: GeneratorPath) -> Evidence:
    """How far TV, √JSD and KL move, against bounds that are proportional to δ = W₁(P_θ, P_θ')."""
    fakes, reals = (spread(side) for side in (path.laws[0], path.real))
    count = range(len(path))
    read = {
        "TV": [path.divergence(TotalVariation(), index) for index in count],
        "√JSD": [path.divergence(JensenShannon(), index).root() for index in count],
        "exp(−KL(P_r‖P_θ))": [_share(path.divergence(KullbackLeibler(), index)) for index in count],
        "exp(−KL(P_θ‖P_r))": [_share(path.divergence(ReverseKullbackLeibler(), index)) for index in count],
    }
    to_real = [_interval(path.to_real(index)) for index in count]
    parts = []
    for first, second in combinations(count, 2):
        delta, far = _interval(path.apart(first, second)), to_real[first] + to_real[second]
        allowed = {
            "TV": delta / (fakes * float(np.sqrt(2.0 * np.pi))),
            "√JSD": delta / (2.0 * fakes),
            "exp(−KL(P_r‖P_θ))": delta * far / (2.0 * fakes**2),
            "exp(−KL(P_θ‖P_r))": delta * far / (2.0 * reals**2),
        }
        for name, bound in allowed.items():
            one, other = read[name][first], read[name][second]
            change = Interval.of(abs(one.value - other.value), one.error + other.error + 16.0 * _EPS)
            words = f"change of {name} between {path.label(first)} and {path.label(second)}, at most"
            parts.append(_entry(name[:3], compare(words, bound, "≥", change, 1.0)))
    return Evidence.joined(parts)


def on_lines(divergence: FDivergence, path: GeneratorPath, index: int) -> Quadrature:
    """A divergence from D* = dP_r/d(P_θ + P_r), one point in each of many strata; by the path where there are areas.

    On parallel lines D* is the same all along each of them, so that the strata leave nothing out.
    """
    law = path.laws[index]
    if not isinstance(law, Segment) or not isinstance(path.real, Segment):
        return path.divergence(divergence, index)
    pair = ManifoldPair(law, path.real)
    points, mass, _ = pair.probes()
    share = pair.optimal_discriminator(points)
    with np.errstate(divide="ignore"):
        parts = divergence.contribution(np.log1p(-share), np.log(share))
    total = float((mass * parts).sum())
    return Quadrature(value=total, error=64.0 * _EPS * len(points) if np.isfinite(total) else 0.0)


def _measure_lines(path: GeneratorPath) -> Evidence:
    unit = _unit(path)
    at_real = float(path.real.start[0]) if isinstance(path.real, Segment) else 0.0
    parts = []
    for index, theta in enumerate(path.at):
        label, distance = path.label(index), abs(float(theta) - at_real)
        apart = distance > 0
        known = Interval.of(distance, 8.0 * _EPS * (abs(float(theta)) + abs(at_real)))
        where = f"{label}, against the distance of the lines"
        parts.append(_entry("W₁", compare(f"W₁, {where}", _interval(path.to_real(index)), "=", known, unit)))
        expected = {"JSD": (JensenShannon(), _LN2 * apart), "TV": (TotalVariation(), 1.0 * apart)}
        for name, (divergence, value) in expected.items():
            found = _interval(on_lines(divergence, path, index))
            words = f"{name}, {label}, against {'its largest value' if apart else '0, as the lines are one'}"
            parts.append(_entry("JSD, TV", compare(words, found, "=", Interval.of(value, 4.0 * _EPS), 1.0)))
        for name, divergence in (("KL(P_r‖P_θ)", KullbackLeibler()), ("KL(P_θ‖P_r)", ReverseKullbackLeibler())):
            found = _interval(_share(on_lines(divergence, path, index)))
            words = f"exp(−{name}), {label}, against {'0, as it is infinite' if apart else '1'}"
            parts.append(_entry("KL", compare(words, found, "=", Interval.of(0.0 if apart else 1.0), 1.0)))
    return Evidence.joined(parts)


# --- cases and controls ---

_TWO_MODES = Mixture([Gaussian([-1.0], 0.5), Gaussian([1.5], 0.25)])
_UNIT_LINE = UniformBox([0.5], [0.5])


def _lines(*thetas: float, real: float = 0.0) -> GeneratorPath:
    line = Segment([real, 0.0], [real, 1.0])
    return GeneratorPath.along(ParallelLine(0.0), thetas, latent=_UNIT_LINE, real=line)


def _gaussians(thetas: tuple[float, ...], sigma: float = 1.0, real: Distribution | None = None) -> GeneratorPath:
    reals = Gaussian([0.0], sigma) if real is None else real
    return GeneratorPath.along(Shift([0.0]), thetas, latent=Gaussian([0.0], sigma), real=reals)


def _boxes(*thetas: float) -> GeneratorPath:
    return GeneratorPath.along(Shift([0.0]), thetas, latent=UniformBox([0.0], [1.0]), real=UniformBox([0.0], [1.0]))


def _rescaled(*thetas: tuple[float, float], latent: Distribution, real: Distribution) -> GeneratorPath:
    return GeneratorPath.along(Affine([[1.0]], [0.0]), np.array(thetas), latent=latent, real=real)


def _switch() -> GeneratorPath:
    return GeneratorPath.along(
        Switch(0.0), (-0.5, -1e-6, 0.0, 0.5), latent=Gaussian([0.0], 1.0), real=Gaussian([0.0], 1.0)
    )


def _named(pairs: Iterator[tuple[str, GeneratorPath]]) -> Iterator[Case]:
    for name, path in pairs:
        yield Case(name=f"{name}, along θ", engine=Engine.NONE, subject=path)


def _line_paths(budget: Budget) -> Iterator[tuple[str, GeneratorPath]]:
    yield "parallel lines", _lines(-0.5, 0.0, 1e-6, 0.5)
    if budget is Budget.FULL:
        yield "parallel lines, ever nearer", _lines(0.75, 0.35, 0.2501, 0.25 + 1e-9, 0.25, real=0.25)


def _gaussian_paths(budget: Budget) -> Iterator[tuple[str, GeneratorPath]]:
    yield "a Gaussian moved along the line", _gaussians((-1.0, 0.0, 1e-3, 0.5))
    if budget is Budget.FULL:
        yield "a narrow Gaussian against a wide one", _gaussians((-0.3, 0.0, 0.1, 2.0), 0.2, Gaussian([0.5], 1.5))
        plane, real = Gaussian([0.0, 0.0], 0.5), Gaussian([0.3, 0.0], 0.5)
        thetas = [[0.0, 0.0], [0.3, 0.0], [0.3, 0.4]]
        yield (
            "a Gaussian moved in the plane",
            GeneratorPath.along(Shift([0.0, 0.0]), thetas, latent=plane, real=real),
        )


def _all_paths(budget: Budget) -> Iterator[tuple[str, GeneratorPath]]:
    yield from _line_paths(budget)
    yield "a Gaussian moved past two modes", _gaussians((-2.0, 0.0, 1e-6, 1.0), real=_TWO_MODES)
    if budget is Budget.FULL:
        yield from _gaussian_paths(budget)
        yield "a box moved", _boxes(-1.5, 0.0, 1e-3, 1.0)
        thetas = ((1.0, 0.0), (0.25, 0.5), (0.01, 0.5), (-1.0, 0.5))  # narrows, and turns over
        yield "a Gaussian that narrows", _rescaled(*thetas, latent=Gaussian([0.0], 1.0), real=_TWO_MODES)
        real = Mixture([UniformBox([0.0], [1.0]), Gaussian([2.0], 0.5)])
        yield "a box that narrows", _rescaled(*thetas, latent=UniformBox([0.0], [1.0]), real=real)


W1_CONTINUOUS_IN_THETA = Claim(
    id="wgan.theorem-1.densities",
    title="continuous measures: |W₁(θ) − W₁(θ')| ≤ W₁(P_θ, P_θ') ≤ E‖g_θ − g_θ'‖ ≤ E L ‖θ − θ'‖",
    statement=(
        "If g_θ(z) is locally Lipschitz in θ with E L(θ, Z) finite, then |W₁(P_θ, P_r) − W₁(P_θ', P_r)| ≤ "
        "W₁(P_θ, P_θ') ≤ E‖g_θ(Z) − g_θ'(Z)‖ ≤ E L · ‖θ − θ'‖: W₁ is continuous in θ, and differentiable almost "
        "everywhere."
    ),
    sources=("WGAN Theorem 1", "WGAN Corollary 1"),
    rests_on=("triangle inequality of W₁", "Rademacher's theorem"),
    subject_type=GeneratorPath,
    hypotheses=(LIPSCHITZ,),
    cases=lambda budget: _named(_all_paths(budget)),
    measure=_measure_w1,
    controls=(
        Control(
            breaks=LIPSCHITZ.name,
            subject=_switch,
            why="z for θ < 0 and z + 1 from θ = 0 on: ∂g/∂θ = 0 wherever it exists, yet W₁ jumps from 0 to 1",
        ),
    ),
    rationale=(
        "W₁ on the line is ∫ |F − G| with both signs of F − G bounded on every interval, and closed forms elsewhere; "
        "E L by two quadrature rules; intervals are carried through the comparison, rounded outwards."
    ),
    argument=w1_continuous,
)

DIVERGENCES_CONTINUOUS = Claim(
    id="wgan.theorem-1.gaussians",
    title="Gaussian translations: TV, JSD and KL are continuous in θ too",
    statement=(
        "If P_θ are translations of one Gaussian of width σ and P_r is a Gaussian, then for δ = W₁(P_θ, P_θ') TV moves "
        "by at most δ/(σ√2π), √JSD by at most δ/2σ, and both KL in proportion to δ: what jumps on lines of the plane "
        "does not jump between overlapping densities."
    ),
    sources=("WGAN Theorem 1", "WGAN Theorem 2"),
    rests_on=("metrics between distributions",),
    subject_type=GeneratorPath,
    hypotheses=(TRANSLATIONS,),
    cases=lambda budget: _named(_gaussian_paths(budget)),
    measure=_measure_divergences,
    controls=(
        Control(
            breaks=TRANSLATIONS.name,
            subject=lambda: _lines(0.0, 1e-3),
            why="parallel lines: TV jumps from 0 to 1 and JSD to ln 2 however near they are",
        ),
        Control(
            breaks=TRANSLATIONS.name,
            subject=lambda: _boxes(0.0, 1e-3),
            why="boxes: TV and JSD follow θ, but KL is infinite as soon as one box sticks out of the other",
        ),
        Control(
            breaks=TRANSLATIONS.name,
            subject=lambda: _rescaled(
                (1.0, 0.0), (0.02, 0.0), (0.01, 0.0), latent=Gaussian([0.0], 1.0), real=Gaussian([0.0], 1.0)
            ),
            why="a Gaussian that narrows to a point: the divergences go on rising while W₁ comes to rest",
        ),
    ),
    rationale=(
        "TV, JSD and KL by adaptive quadrature with its error, not by the closed forms from which the bounds follow; "
        "exp(−KL) moves by no more than KL and is 0 where that is infinite."
    ),
    argument=gaussian_translations,
)

LINES_JUMP = Claim(
    id="wgan.example-1.lines",
    title="uniform on parallel lines: W₁ is their distance, while JSD = ln 2, TV = 1, KL = ∞ until they meet",
    statement=(
        "For Z uniform, fakes (θ, Z) and reals (ρ, Z): W₁ = |θ − ρ|, while JSD = ln 2, TV = 1 and both KL are infinite "
        "for θ ≠ ρ, and all are 0 for θ = ρ: no divergence is continuous in θ there."
    ),
    sources=("WGAN Example 1", "WGAN Theorem 1"),
    rests_on=("Kantorovich–Rubinstein duality",),
    subject_type=GeneratorPath,
    hypotheses=(LINES,),
    cases=lambda budget: _named(_line_paths(budget)),
    measure=_measure_lines,
    controls=(
        Control(
            breaks=LINES.name,
            subject=lambda: _gaussians((0.0, 0.5)),
            why="a Gaussian moved by σ/2: W₁ = θ as well, but TV = .2 and JSD = .03 have not jumped",
        ),
        Control(
            breaks=LINES.name,
            subject=lambda: _boxes(0.0, 0.5),
            why="boxes that overlap in three quarters: KL is infinite, TV = 1/4 and JSD = ln 2/4 are not the largest",
        ),
    ),
    rationale=(
        "Rounding alone: D* = dP_r/d(P_θ + P_r) is constant along each line, so that one point in each stratum of "
        "equal mass stands for all of it."
    ),
    argument=lines_apart,
)
