"""How many bounding partners points have, and what several of them mean: ICLR Appendix F."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from math import perm

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from toylab import losses, zoo
from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import Budget, Case, standard, tailored
from toylab.claims.certified import Certified, certified
from toylab.claims.critics.quotients import LIPSCHITZ_CRITIC, SCALE, Quotients
from toylab.claims.explanation.partners import every_partner, few_with_several, forest, single
from toylab.claims.hypotheses import CERTIFIED, RESTRICTED
from toylab.condition import Condition
from toylab.critics import LowerExtension, hermite, tabulated
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate

#: A pair counts as tight up to this share of k · diameter.
TIGHT = 1e-7
#: Partners count as lying in different directions when their unit vectors are this far apart.
_APART = 0.01
#: Closed alternating walks that are looked at before a problem counts as too large to tell.
_WALKS = 400_000
_SLOPE_RESOLUTION = 0.05


def _sides(known: Certified) -> tuple[np.ndarray, np.ndarray]:
    return np.flatnonzero(known.in_fake), np.flatnonzero(known.in_real)


def edges(known: Certified) -> tuple[np.ndarray, np.ndarray]:
    """The tight pairs from a fake to a real point: indices among the points with mass."""
    tight = np.abs(known.slack) <= TIGHT * known.k * known.diameter
    rows, columns = np.nonzero(tight & known.in_fake[:, None] & known.in_real & (known.distance > 0))
    return rows, columns


def _walks(n: int, m: int) -> int:
    return sum(perm(n, steps) // steps * perm(m, steps) for steps in range(2, min(n, m) + 1))


def _least_alternating_sum(distance: np.ndarray) -> float:
    """Min |d(x₁, y₁) − d(x₂, y₁) + d(x₂, y₂) − …|/L over closed alternating walks of L different fakes and L reals."""
    n, m = distance.shape
    least = np.inf
    for steps in range(2, min(n, m) + 1):
        rows = np.array([walk for walk in itertools.permutations(range(n), steps) if walk[0] == min(walk)])
        columns = np.array(list(itertools.permutations(range(m), steps)))
        onward = np.roll(rows, -1, axis=1)
        total = np.zeros((len(rows), len(columns)))
        for step in range(steps):
            there, back = rows[:, step, None], onward[:, step, None]
            total += distance[there, columns[None, :, step]] - distance[back, columns[None, :, step]]
        least = min(least, float(np.abs(total).min()) / steps)
    return least


def _generic(candidate: Candidate) -> Condition:
    known = certified(candidate)
    if (known.in_fake & known.in_real).any():
        return Condition(holds=False, reasons=("fake and real share points",))
    fakes, reals = _sides(known)
    if _walks(len(fakes), len(reals)) > _WALKS:
        return Condition(
            holds=False,
            reasons=(f"{len(fakes)} by {len(reals)} points have too many closed walks to look at them all",),
        )
    least = _least_alternating_sum(known.distance[np.ix_(fakes, reals)])
    needed = 2.0 * TIGHT * known.diameter
    return Condition.that(least > needed, f"on a closed walk distances cancel to {least:.2g} a step")


def _said_generic(candidate: Candidate) -> str:
    known = certified(candidate)
    least = _least_alternating_sum(known.distance[np.ix_(*_sides(known))])
    if not np.isfinite(least):
        return "a single point on one side leaves no closed walk"
    return f"on every closed walk the alternating sum of distances is at least {least:.2g} a step"


GENERIC = Hypothesis(
    name="generic distances",
    sentence=(
        "no shared points, and on no closed walk between fakes and reals do the distances, with alternating signs, "
        "cancel to within 2e-7 of the diameter a step"
    ),
    test=_generic,
    met=_said_generic,
    repair="move the points a little, and take few enough of them that all closed walks can be looked at",
)


def _measure_forest(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    if known.k == 0.0:
        return Evidence.nothing()
    rows, columns = edges(known)
    size = len(known.points)
    graph = sparse.coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size))
    components = connected_components(graph, directed=False)[0]
    return Evidence.of(
        float(len(rows) - size + components),
        0.0,
        resolution=0.5,
        scale=1.0,
        labels=[f"{len(rows)} tight pairs on {size} points in {components} components"],
        arrays={"counts": np.array([[len(rows), size, components]])},
    )


def _measure_few(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    if known.k == 0.0:
        return Evidence.nothing()
    partners = np.bincount(edges(known)[0], minlength=len(known.points))
    several, reals = int((partners > 1).sum()), int(known.in_real.sum())
    return Evidence.of(
        float(max(several - (reals - 1), 0)),
        0.0,
        resolution=0.5,
        scale=1.0,
        labels=[f"{several} of {int(known.in_fake.sum())} fakes with several partners among {reals} reals"],
        arrays={"counts": np.array([[several, int(known.in_fake.sum()), reals]])},
    )


def _measure_single(candidate: Candidate) -> Evidence:
    """Fakes with several partners that the certificate proves tight up to a millionth of k · diameter."""
    known = certified(candidate)
    if known.k == 0.0:
        return Evidence.nothing()
    plan = candidate.certificate.merged_plan.toarray()[np.ix_(known.carried, known.carried)]
    proven = (plan > 0) & (plan * (10.0 * TIGHT * known.k * known.diameter) >= known.gap)
    fakes = np.flatnonzero(known.in_fake)
    partners = proven[fakes].sum(axis=1)
    return Evidence.of(
        np.maximum(partners - 1.0, 0.0),
        0.0,
        resolution=0.5,
        scale=1.0,
        labels=[known.name(int(i)) for i in fakes],
        arrays={"partners": partners},
    )


def _measure_slopes(candidate: Candidate) -> Evidence:
    """One-sided slopes along every partner of a fake that has several in different directions."""
    known = certified(candidate)
    if known.k == 0.0:
        return Evidence.nothing()
    rows, columns = edges(known)
    directions = (known.points[columns] - known.points[rows]) / known.distance[rows, columns][:, None]
    spread = np.array([np.ptp(directions[rows == i], axis=0).max() > _APART for i in rows], dtype=bool)
    rows, columns, directions = rows[spread], columns[spread], directions[spread]
    if not rows.size:
        return Evidence.nothing()
    length = known.distance[rows, columns]
    quotients = Quotients(candidate, known.points[rows], directions, SCALE * length)
    steeper = max(float(getattr(candidate.critic, "lipschitz_constant", None) or 0.0) - known.k, 0.0)
    raw = np.asarray(candidate.critic(known.points[columns])) - np.asarray(candidate.critic(known.points[rows]))
    slack = np.maximum(known.k * length - raw, 0.0) + steeper * length
    return Evidence.of(
        np.abs(quotients.forward - known.k),
        np.minimum(slack, 2.0 * TIGHT * known.k * known.diameter) / quotients.steps + steeper + quotients.rounding,
        resolution=_SLOPE_RESOLUTION * known.k,
        scale=known.k,
        labels=[f"{known.name(int(i))} towards {known.name(int(j))}" for i, j in zip(rows, columns, strict=True)],
        arrays={"slopes": quotients.forward},
    )


# --- controls and cases ------------------------------------------------------------------------------------


def _cross() -> Candidate:
    """Case 6, Wasserstein, λ = .5: two fakes and two reals on the corners of a square, all four pairs tight."""
    problem = zoo.load("case6", losses=losses.wasserstein(), regularizer=LipschitzPenalty(0.5))
    points = np.concatenate([problem.fake.points, problem.real.points])
    return Candidate.of(problem, tabulated(points, np.array([0.0, 0.0, 1.0, 1.0])), 0.5 * np.eye(2))


def _smooth_cross() -> Candidate:
    exact = _cross()
    points = np.concatenate([exact.problem.fake.points, exact.problem.real.points])
    smooth = hermite(points, exact.critic(points), np.zeros((4, 2)))
    return Candidate.of(exact.problem, smooth, 0.5 * np.eye(2))


def _unequal_masses() -> Candidate:
    """Two fakes, two reals in general position, the first fake shared between both reals: a tree of three pairs."""
    fake = DiscreteMeasure(np.array([[0.0, 0.0], [2.0, -0.3]]), [0.5, 0.5])
    real = DiscreteMeasure(np.array([[0.0, 1.0], [1.0, 0.1]]), [0.25, 0.75])
    problem = CriticProblem(fake, real, losses.wasserstein(), LipschitzPenalty(0.5))
    plan = np.array([[0.25, 0.25], [0.0, 0.5]])
    d = np.linalg.norm(fake.points[:, None] - real.points, axis=2)
    k = float((plan * d).sum())
    values = k * np.array([0.0, d[0, 1] - d[1, 1], d[0, 0], d[0, 1]])
    return Candidate.of(problem, LowerExtension(np.concatenate([fake.points, real.points]), values, k), plan)


def _generic_cases(budget: Budget) -> Iterator[Case]:
    for seed in range(2 if budget is Budget.QUICK else 8):
        rng = np.random.default_rng(500 + seed)
        fake, real = (
            DiscreteMeasure(rng.uniform(-1, 1, size=(5, 2)), rng.dirichlet(np.full(5, 3.0))) for _ in range(2)
        )
        for make in (losses.wasserstein, losses.logistic):
            yield tailored(f"five generic points a side seed {seed}", fake, real, make(), LipschitzPenalty(0.1))


def _single_cases(budget: Budget) -> Iterator[Case]:
    """Several reals, where it is false, and one, where there is nobody else."""
    rng = np.random.default_rng(600)
    fake, real = DiscreteMeasure(rng.uniform(-1, 1, size=(4, 2))), DiscreteMeasure([[2.0, 0.5]])
    for make in (losses.wasserstein, losses.logistic):
        yield tailored("four fakes and one real", fake, real, make(), LipschitzPenalty(0.1))
    yield from _generic_cases(budget)


def _jittered_cases(budget: Budget) -> Iterator[Case]:
    for seed in range(2 if budget is Budget.QUICK else 6):
        rng = np.random.default_rng(700 + seed)
        for jitter in (0.05,) if budget is Budget.QUICK else (0.005, 0.05, 0.3):
            fake = DiscreteMeasure(jitter * rng.normal(size=(14, 2)))
            real = DiscreteMeasure(rng.normal(size=(3, 2)))
            for make in (losses.wasserstein, losses.logistic):
                name = f"14 copies jittered by {jitter:g} seed {seed}"
                yield tailored(name, fake, real, make(), LipschitzPenalty(0.1))
    yield from _generic_cases(budget)


_COUNTED = (
    "Pairs count as tight up to 1e-7 k·diameter in the candidate's own values. Were they all tight on a closed walk of "
    "L steps, the alternating sum of its distances would be L·1e-7·diameter at most, which the hypothesis excludes: no "
    "error is left."
)

FOREST = Claim(
    id="own.bounding-forest",
    title="the bounding graph of a generic problem is a forest",
    statement=(
        "For generic distances the bounding pairs between n fakes and m reals form a forest: with c components there "
        "are n + m − c of them."
    ),
    sources=("own fact on bounding pairs (ICLR Appendix F)",),
    rests_on=("complementary slackness",),
    subject_type=Candidate,
    hypotheses=(RESTRICTED, GENERIC, CERTIFIED),
    cases=_jittered_cases,
    measure=_measure_forest,
    controls=(
        Control(
            breaks=GENERIC.name,
            subject=_cross,
            why="two fakes and two reals on the corners of a square: four tight pairs, one more than a tree has",
        ),
    ),
    rationale=_COUNTED,
    argument=forest,
)

FEW = Claim(
    id="iclr.appendix-f.jitter",
    title="of many jittered copies at most m − 1 keep several partners",
    statement=(
        "For generic distances at most m − 1 of the fakes have several bounding partners among m reals, however many "
        "jittered copies of a fake there are."
    ),
    sources=("ICLR Appendix F, corrected",),
    rests_on=("own.bounding-forest",),
    subject_type=Candidate,
    hypotheses=(RESTRICTED, GENERIC, CERTIFIED),
    cases=_jittered_cases,
    measure=_measure_few,
    controls=(
        Control(
            breaks=GENERIC.name,
            subject=_cross,
            why="two fakes and two reals on the corners of a square: both fakes have two partners, m − 1 = 1",
        ),
    ),
    rationale=_COUNTED,
    argument=few_with_several,
)

SINGLE = Claim(
    id="iclr.appendix-f.remedy",
    title="jitter leaves every fake a single partner (false)",
    statement="For generic distances every fake point has one bounding partner. False with several reals.",
    sources=("a loose reading of ICLR Appendix F",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("complementary slackness",),
    superseded_by="iclr.appendix-f.jitter",
    subject_type=Candidate,
    hypotheses=(RESTRICTED, GENERIC, CERTIFIED),
    cases=_single_cases,
    measure=_measure_single,
    controls=(
        Control(
            breaks=None,
            subject=_unequal_masses,
            why="two fakes of mass ½ against reals of mass ¼ and ¾: the first serves both, wherever it is",
        ),
    ),
    rationale="A pair is counted where its mass γ proves it tight, gap/γ ≤ 1e-6 k·diameter.",
    argument=single,
)

SEVERAL = Claim(
    id="iclr.appendix-f",
    title="several partners in different directions: slope k along each, no gradient",
    statement=(
        "At a fake with bounding partners in different directions a k-Lipschitz critic has the one-sided slope k along "
        "each of them, and so no gradient."
    ),
    sources=("ICLR Appendix F",),
    rests_on=("LGAN Lemma 13", "LGAN Lemma 14"),
    subject_type=Candidate,
    hypotheses=(RESTRICTED, LIPSCHITZ_CRITIC),
    cases=standard,
    measure=_measure_slopes,
    controls=(
        Control(
            breaks=LIPSCHITZ_CRITIC.name,
            subject=_smooth_cross,
            why="on the corners of a square a smooth function with the same values has slope 0 at both fakes",
        ),
    ),
    rationale=(
        "Slopes over a thousandth of the way: a pair with slack σ leaves σ/h, and rounding over h. Pairs count as "
        "tight up to 1e-7 k·diameter."
    ),
    argument=every_partner,
)
