"""Perfect discriminators of measures that barely meet: Arjovsky and Bottou, Theorems 2.1 to 2.3."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from toylab.claims.base import Claim, Control, Evidence, Hypothesis
from toylab.claims.cases import Budget, Case, Engine
from toylab.claims.explanation.perfect_discrimination import almost_everywhere, divergences_saturate, separated
from toylab.claims.explanation.wording import vector
from toylab.claims.kinds import ManifoldKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.distributions import Distribution, Gaussian, Masses, Mixture, Segment, UniformBox
from toylab.generators import PerfectDiscriminator
from toylab.manifolds import ManifoldPair, Part
from toylab.measures import DiscreteMeasure

_LN2 = float(np.log(2.0))
#: Supports are taken to touch within this distance, and lines to cross when the sine of their angle is at least this.
_TOUCH, _SINE = 1e-9, 1e-2

# --- hypotheses ---


def _disjoint(pair: ManifoldPair) -> Condition:
    if any(isinstance(part.shape, Gaussian) for part in (*pair.fake_parts, *pair.real_parts)):
        return Condition(holds=False, reasons=("a Gaussian has all of space as its support",))
    return Condition.that(pair.separation() > 0, "the supports meet")


DISJOINT_COMPACT = Hypothesis(
    name="disjoint compact supports",
    sentence="P_g and P_r live on compact sets that have no point in common",
    test=_disjoint,
    met=lambda pair: f"the supports are {pair.separation():.6g} apart",
    repair="move the supports apart, and take boxes, segments or points",
    relax=(
        ManifoldKind.CROSSING,
        ManifoldKind.TOUCHING,
        ManifoldKind.ALIGNED,
        ManifoldKind.OVERLAPPING,
        ManifoldKind.EVERYWHERE,
    ),
)


def _sine(first: Segment, second: Segment) -> float:
    a, b = (s.end - s.start for s in (first, second))
    cosine = float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))
    return float(np.sqrt(max(1.0 - cosine**2, 0.0)))


def _meet(first: Part, second: Part) -> str | None:
    """How two pieces of lower dimension meet in more than a null set, None where they do not."""
    one = ManifoldPair(first.shape, second.shape)
    if one.separation() > _TOUCH:
        return None
    if isinstance(first.shape, Segment) and isinstance(second.shape, Segment):
        return None if _sine(first.shape, second.shape) >= _SINE else "two segments meet and are (nearly) parallel"
    return "an atom lies on the other support"


def _transversal(pair: ManifoldPair) -> Condition:
    pairs = ((a, b) for a in pair.fake_parts for b in pair.real_parts)
    lower = [(a, b) for a, b in pairs if max(a.order, b.order) < max(pair.dimension, 1)]
    reasons = [reason for a, b in lower if (reason := _meet(a, b)) is not None]
    return Condition(holds=not reasons, reasons=tuple(dict.fromkeys(reasons)))


def _full(pair: ManifoldPair) -> list[str]:
    sides = (("fake", pair.fake_parts), ("real", pair.real_parts))
    return [name for name, parts in sides if any(part.order == pair.dimension for part in parts)]


LOWER_DIMENSION = Hypothesis(
    name="lower dimension",
    sentence="both measures live on sets of less than full dimension",
    test=lambda pair: Condition.that(
        not _full(pair), f"the support of {' and '.join(_full(pair))} has full dimension {pair.dimension}"
    ),
    met=lambda pair: (
        f"dimensions {sorted({part.order for part in (*pair.fake_parts, *pair.real_parts)})} in R^{pair.dimension}"
    ),
    repair="take segments in the plane, or points",
    relax=(ManifoldKind.OVERLAPPING, ManifoldKind.EVERYWHERE, ManifoldKind.BOXES_APART),
)
NOT_ALIGNED = Hypothesis(
    name="no perfect alignment",
    sentence="where the sets meet they cross (at an angle with sine at least 0.01), and no atom lies on the other set",
    test=_transversal,
    met=lambda pair: (
        f"the supports are {pair.separation():.4g} apart" if pair.separation() > 0 else "the supports cross in points"
    ),
    repair="turn one of the segments, or move the atom",
    relax=(ManifoldKind.ALIGNED, ManifoldKind.TOUCHING),
)

# --- measures ---


def _directions(dimension: int) -> np.ndarray:
    """Unit vectors (n, d): both ways along every axis, and eight around in the plane."""
    if dimension == 2:
        angles = np.arange(8) * np.pi / 4.0
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)
    eye = np.eye(dimension)
    return np.concatenate([eye, -eye])


def _around(
    pair: ManifoldPair, discriminator: Callable[[np.ndarray], np.ndarray], share: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Probes (n, d), |D − label| there (n,), and the largest |D − label| on a sphere around each (n,).

    The sphere's radius is a share of the distance to the other support.
    """
    points, _, real = pair.probes()
    other = np.where(real, pair.distance(points, real=False), pair.distance(points, real=True))
    wrong = np.abs(discriminator(points) - real)
    around = points[:, None, :] + share * other[:, None, None] * _directions(pair.dimension)
    values = discriminator(around.reshape(-1, pair.dimension)).reshape(len(points), -1)
    return points, wrong, np.abs(values - real[:, None]).max(axis=1)


def _names(pair: ManifoldPair, points: np.ndarray) -> list[str]:
    _, _, real = pair.probes()
    return [f"{'real' if label else 'fake'} {vector(point)}" for point, label in zip(points, real, strict=True)]


def _pointwise(names: list[str], wrong: np.ndarray, nearby: np.ndarray) -> Evidence:
    return Evidence.joined(
        [
            Evidence.of(wrong, 0.0, labels=[f"D at {name}" for name in names], resolution=1e-3, scale=1.0),
            Evidence.of(nearby, 0.0, labels=[f"D around {name}" for name in names], resolution=1e-3, scale=1.0),
        ]
    )


def _measure_separated(pair: ManifoldPair) -> Evidence:
    """The smooth perfect discriminator: right and constant within 0.3 of the distance to the other support."""
    discriminator = PerfectDiscriminator(fake=pair.fake, real=pair.real)
    points, wrong, nearby = _around(pair, discriminator, 0.3)
    names = _names(pair, points)
    gradients = Evidence.of(
        np.linalg.norm(discriminator.gradient(points), axis=1),
        0.0,
        resolution=1e-3,
        scale=1.0,
        labels=[f"∇D at {name}" for name in names],
    )
    return Evidence.joined([_pointwise(names, wrong, nearby), gradients])


def _measure_almost_everywhere(pair: ManifoldPair) -> Evidence:
    """The side that is nearer: right and constant within 0.49 of the distance; and the mass where sides meet."""
    points, wrong, nearby = _around(pair, pair.nearest_side, 0.49)
    near = np.array([pair.mass_near(_TOUCH, real=real) for real in (False, True)])
    segments = [p.shape for p in (*pair.fake_parts, *pair.real_parts) if isinstance(p.shape, Segment)]
    shortest = min((float(np.linalg.norm(s.end - s.start)) for s in segments), default=1.0)
    crossings = len(pair.fake_parts) * len(pair.real_parts)
    allowed = crossings * 2.0 * _TOUCH / (_SINE * shortest) + ROUNDING
    null = Evidence.of(
        near,
        allowed,
        resolution=1e-3,
        scale=1.0,
        labels=[f"{side} mass within {_TOUCH:g} of the other support" for side in ("fake", "real")],
        arrays={"near": near},
    )
    return Evidence.joined([_pointwise(_names(pair, points), wrong, nearby), null])


def _measure_divergences(pair: ManifoldPair) -> Evidence:
    """JSD = ½ E_real ln 2D* + ½ E_fake ln 2(1 − D*), and the mass that lies off the other measure."""
    points, mass, real = pair.probes()
    share = pair.optimal_discriminator(points)
    own = np.where(real, share, 1.0 - share)
    jsd = 0.5 * float((mass * np.log(2.0 * own)).sum())
    alone = np.array([float(mass[(real == side) & (own == 1.0)].sum()) for side in (False, True)])
    rounding = ROUNDING * len(points)
    return Evidence.of(
        np.array([abs(jsd - _LN2), *np.where(alone > 0, 0.0, 1.0)]),
        rounding,
        resolution=1e-6,
        scale=1.0,
        labels=["JSD − log 2", "KL(P_g‖P_r) = ∞: fake mass off P_r", "KL(P_r‖P_g) = ∞: real mass off P_g"],
        arrays={"jsd": np.array([jsd, jsd, jsd]), "alone": np.array([np.nan, *alone])},
    )


# --- cases and controls ---


def _line(start: tuple[float, float], end: tuple[float, float]) -> Segment:
    return Segment(np.array(start), np.array(end))


def _atom(*place: float) -> Masses:
    return Masses(DiscreteMeasure(np.array([place])))


_UPRIGHT = _line((0.0, 0.0), (0.0, 1.0))


def _disjoint_pairs(budget: Budget) -> Iterator[tuple[str, ManifoldPair]]:
    yield "parallel lines", ManifoldPair(_UPRIGHT, _line((0.5, 0.0), (0.5, 1.0)))
    yield "two boxes on the line", ManifoldPair(UniformBox([0.0], [0.5]), UniformBox([1.25], [0.5]))
    if budget is Budget.FULL:
        yield "two squares", ManifoldPair(UniformBox([0.0, 0.0], 0.5), UniformBox([2.0, 0.3], 0.5))
        yield "a line beside a square", ManifoldPair(_UPRIGHT, UniformBox([1.0, 0.0], 0.5))
        two = Mixture([_atom(-1.0, 0.0), UniformBox([2.0, 0.0], 0.5)], [1.0, 2.0])
        yield "an atom and a square around a line", ManifoldPair(_UPRIGHT, two)
        yield "close lines", ManifoldPair(_UPRIGHT, _line((1e-3, 0.0), (1e-3, 1.0)))


def _crossing_pairs(budget: Budget) -> Iterator[tuple[str, ManifoldPair]]:
    yield "crossing lines", ManifoldPair(_UPRIGHT, _line((-1.0, 0.3), (1.0, 0.6)))
    yield "parallel lines", ManifoldPair(_UPRIGHT, _line((0.5, 0.0), (0.5, 1.0)))
    if budget is Budget.FULL:
        cross = Mixture([_line((-1.0, 0.25), (1.0, 0.25)), _line((-1.0, 0.0), (1.0, 1.0))])
        yield "one line across two", ManifoldPair(_UPRIGHT, cross)
        yield "a line and an atom beside it", ManifoldPair(_UPRIGHT, Mixture([_atom(0.1, 0.5), cross]))
        yield "lines at a small angle", ManifoldPair(_UPRIGHT, _line((-0.05, 0.0), (0.05, 1.0)))


def _as_cases(pairs: Callable[[Budget], Iterator[tuple[str, ManifoldPair]]]) -> Callable[[Budget], Iterator[Case]]:
    def cases(budget: Budget) -> Iterator[Case]:
        for name, pair in pairs(budget):
            yield Case(name=name, engine=Engine.NONE, subject=pair)

    return cases


def _shared_atom() -> ManifoldPair:
    def with_atom(line: Distribution) -> Mixture:
        return Mixture([_atom(0.0, 2.0), line], [1.0, 3.0])

    return ManifoldPair(with_atom(_UPRIGHT), with_atom(_line((0.5, 0.0), (0.5, 1.0))))


def _coincident() -> ManifoldPair:
    return ManifoldPair(_UPRIGHT, _line((0.0, 0.5), (0.0, 1.5)))


def _overlapping() -> ManifoldPair:
    return ManifoldPair(UniformBox([0.0, 0.0], 0.5), UniformBox([0.5, 0.0], 0.5))


THEOREM_2_1 = Claim(
    id="arjovsky-bottou.theorem-2.1",
    title="disjoint compact supports: a perfect discriminator with zero gradient on both",
    statement=(
        "If P_g and P_r live on disjoint compact sets, a smooth D is 1 around all reals and 0 around all fakes, so "
        "that ∇D = 0 on both supports."
    ),
    sources=("Arjovsky–Bottou Theorem 2.1",),
    rests_on=("Urysohn's lemma",),
    subject_type=ManifoldPair,
    hypotheses=(DISJOINT_COMPACT,),
    cases=_as_cases(_disjoint_pairs),
    measure=_measure_separated,
    controls=(
        Control(breaks=DISJOINT_COMPACT.name, subject=_overlapping, why="squares that overlap: both want the overlap"),
        Control(
            breaks=DISJOINT_COMPACT.name,
            subject=lambda: ManifoldPair(Gaussian([0.0, 0.0], 1.0), Gaussian([9.0, 0.0], 1.0)),
            why="Gaussians overlap everywhere, however far apart",
        ),
        Control(breaks=DISJOINT_COMPACT.name, subject=_shared_atom, why="a shared atom is fake and real at once"),
    ),
    rationale=(
        "No rounding: with t = d_fake/(d_fake + d_real), D = s(3t − 1) is 0 where t ≤ ⅓ and 1 where t ≥ ⅔, which holds "
        "within a third of the distance to the other support, bit by bit; it is looked at 0.3 of the way, at one "
        "point in each of many strata of equal mass."
    ),
    argument=separated,
)

THEOREM_2_2 = Claim(
    id="arjovsky-bottou.theorem-2.2",
    title="sets that do not align perfectly: zero gradient almost everywhere on them",
    statement=(
        "If P_g and P_r live on sets of lower dimension that do not align perfectly, some D is right and constant "
        "around almost every fake and almost every real point."
    ),
    sources=("Arjovsky–Bottou Theorem 2.2",),
    rests_on=("arjovsky-bottou.theorem-2.1",),
    subject_type=ManifoldPair,
    hypotheses=(LOWER_DIMENSION, NOT_ALIGNED),
    cases=_as_cases(_crossing_pairs),
    measure=_measure_almost_everywhere,
    controls=(
        Control(breaks=NOT_ALIGNED.name, subject=_coincident, why="segments that share half of their length"),
        Control(breaks=NOT_ALIGNED.name, subject=_shared_atom, why="a shared atom has mass"),
        Control(
            breaks=LOWER_DIMENSION.name,
            subject=_overlapping,
            why="squares that overlap in a set of positive area: whatever D is there, it is wrong about half of it",
        ),
    ),
    rationale=(
        "D is the side that is nearer: constant within half of the distance to the other support, bit by bit. Points "
        "with distance 0 must have no mass: crossings at an angle with sine ≥ 0.01 leave at most 2h/(0.01 L) within "
        "h = 1e-9, L the length of the shortest segment."
    ),
    argument=almost_everywhere,
)

THEOREM_2_3 = Claim(
    id="arjovsky-bottou.theorem-2.3",
    title="there JSD = log 2 and KL = ∞ both ways",
    statement=(
        "Under the hypotheses of Theorem 2.2, JSD(P_g, P_r) = log 2 (with weights ½ and ½) and "
        "KL(P_g‖P_r) = KL(P_r‖P_g) = ∞."
    ),
    sources=("Arjovsky–Bottou Theorem 2.3",),
    rests_on=("arjovsky-bottou.theorem-2.2",),
    subject_type=ManifoldPair,
    hypotheses=(LOWER_DIMENSION, NOT_ALIGNED),
    cases=_as_cases(_crossing_pairs),
    measure=_measure_divergences,
    controls=(
        Control(breaks=NOT_ALIGNED.name, subject=_coincident, why="half of the mass is shared: JSD = ½ log 2"),
        Control(breaks=NOT_ALIGNED.name, subject=_shared_atom, why="a quarter of the mass is shared: JSD = ¾ log 2"),
        Control(breaks=LOWER_DIMENSION.name, subject=_overlapping, why="half of the mass is shared: JSD = ½ log 2"),
    ),
    rationale=(
        "Rounding alone: D* = dP_r/d(P_g + P_r) is 0 or 1 at every point off the crossings, which have no mass; one "
        "point in each of many strata of equal mass is looked at."
    ),
    argument=divergences_saturate,
)
