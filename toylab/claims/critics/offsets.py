"""Whether the critic's offset is free: LGAN section 5.3."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses
from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import STRICT_LOSSES, Budget, Case, Engine, mixed_loss, standard, tailored
from toylab.claims.certified import Certified, certified
from toylab.claims.critics.uniqueness import furthest_shifts, two_far_pairs
from toylab.claims.explanation.uniqueness import no_free_offset
from toylab.claims.hypotheses import CERTIFIED, CONDITION_11, PENALISED, RESTRICTED, STRICTLY_CONVEX
from toylab.claims.kinds import LossKind
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate


def flat_middle() -> LossPair:
    """φ' = exp(t + 1), 1, t on t < −1, [−1, 1], t > 1, and ϕ(t) = φ(−t): condition (11) without strict convexity."""
    return LossPair.symmetric("flat in the middle", losses.FlatMiddle())


def _curved(candidate: Candidate) -> Condition:
    pair = candidate.problem.losses
    ranges = pair.fake_loss.slope_range, pair.real_loss.slope_range
    return Condition.that(
        all(slopes.lower < slopes.upper for slopes in ranges),
        f"a loss of {pair.name!r} is affine, as Wasserstein's are",
    )


CURVED = Hypothesis(
    name="another loss than Wasserstein's",
    sentence="neither φ nor ϕ is affine",
    test=_curved,
    met=lambda candidate: f"φ' runs through {candidate.problem.losses.fake_loss.slope_range.interval()}",
    repair="take logistic, sqrt, exponential, or a combination with one of them",
    relax=(LossKind.WASSERSTEIN,),
)


def _measure(candidate: Candidate) -> Evidence:
    known = certified(candidate)
    everything = np.ones(len(known.values), dtype=bool)
    furthest = float(furthest_shifts(known, [everything], known.gap + known.value_rounding)[0])
    # a critic that is optimal up to its gap may lie a rounding beyond a kink, where J is flat as far as that goes
    flat = furthest > known.resolution and _is_flat(known, 0.5 * furthest)
    lower, upper = known.doubled_gap_bounds
    confined = float(np.maximum(upper - known.values, known.values - lower).min())
    return Evidence.of(
        0.5 * furthest if flat else furthest,
        known.rounding + (0.0 if flat else confined),
        resolution=known.resolution,
        scale=known.k * known.diameter,
        labels=["f* + c, all points together"],
        arrays={"flat": np.array([flat])},
    )


def _is_flat(known: Certified, shift: float) -> bool:
    """Whether the slope of c ↦ J(f + c) is exactly the same after a shift up, or after one down."""
    if shift <= known.rounding:
        return False
    with np.errstate(over="ignore", invalid="ignore"):  # an exponential far up has changed, by whatever it is
        changes = [
            known.objective.slope_difference(known.values, np.full(known.values.shape, s)) for s in (shift, -shift)
        ]
    return any(bool((change == 0.0).all()) for change in changes)


def _flat_diracs() -> Candidate:
    """Two points at distance 1, λ = 1, the flat loss: k = ½, and f = (c, c + ½) is optimal for all c in [−1, ½]."""
    fake, real = DiscreteMeasure(np.array([[0.0]])), DiscreteMeasure(np.array([[1.0]]))
    problem = CriticProblem(fake, real, flat_middle(), LipschitzPenalty(1.0))
    return Candidate.of(problem, tabulated(np.array([[0.0], [1.0]]), np.array([-0.25, 0.25])), [[1.0]])


def _strict_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(budget, pairs=STRICT_LOSSES)
    yield from standard(
        budget,
        pairs=(mixed_loss,),
        balls=False,
        where=lambda problem: isinstance(problem.regularizer, LipschitzPenalty) and problem.regularizer.weight >= 0.1,
    )


def _curved_cases(budget: Budget) -> Iterator[Case]:
    diracs = _flat_diracs()
    yield Case(name="two Diracs, flat in the middle", engine=Engine.NONE, subject=diracs)
    fake, real = diracs.problem.fake, diracs.problem.real
    for make in STRICT_LOSSES:
        yield tailored("two Diracs at distance 1", fake, real, make(), LipschitzPenalty(1.0))


SECTION_5_3 = Claim(
    id="lgan.section-5.3",
    title="no free offset where φ or ϕ is strictly convex",
    statement=(
        "f* + c is optimal for no c ≠ 0 exactly where c ↦ J(f* + c) is strictly convex at 0; a strictly convex φ or ϕ "
        "is enough for that."
    ),
    sources=("LGAN section 5.3",),
    rests_on=("lgan.theorem-1.existence", "weak duality"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, STRICTLY_CONVEX, RESTRICTED, CERTIFIED),
    cases=_strict_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=STRICTLY_CONVEX.name,
            subject=two_far_pairs,
            why="for the Wasserstein loss J(f + c) = J(f), whatever c",
        ),
        Control(
            breaks=STRICTLY_CONVEX.name,
            subject=_flat_diracs,
            why="a loss with a straight piece: two Diracs, d = λ = 1, leave (c, c + ½) optimal for c in [−1, ½]",
        ),
    ),
    rationale=(
        "The critic is shifted as a whole as far as the certified gap allows; a critic within twice the gap lies in "
        "the Fenchel-Young interval of each point. Where the slope of J does not change at all on a way that "
        "is longer than the resolution, rounding alone excuses a second optimum."
    ),
    argument=no_free_offset,
)

ONLY_WASSERSTEIN = Claim(
    id="lgan.section-5.3.only-wasserstein",
    title="any other loss than Wasserstein's has no free offset (false)",
    statement=(
        "Under condition (11), if neither φ nor ϕ is affine, then f* + c is optimal for no c ≠ 0. False for losses "
        "that are merely convex."
    ),
    sources=("a loose reading of LGAN section 5.3",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("weak duality",),
    superseded_by="lgan.section-5.3",
    subject_type=Candidate,
    hypotheses=(CONDITION_11, CURVED, PENALISED, CERTIFIED),
    cases=_curved_cases,
    measure=_measure,
    controls=(
        Control(
            breaks=None,
            subject=_flat_diracs,
            why="φ' = exp(t + 1), 1, t on t < −1, [−1, 1], t > 1; two Diracs, d = λ = 1: free on [−1, ½]",
        ),
    ),
    rationale="A shift along which the slope of J stays the same to the last digit leads to a second optimum.",
    argument=no_free_offset,
)
