"""Whether a standstill of the generator is an equilibrium: ICLR Theorem 1 (d), and what smoothness adds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses, zoo
from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import Budget, Case, Engine, standard
from toylab.claims.certified import Certified, certified
from toylab.claims.critics.bounding import positive_constant
from toylab.claims.critics.equilibrium import idle_critic
from toylab.claims.critics.quotients import KINK, LIPSCHITZ_CRITIC, SCALE, Quotients
from toylab.claims.explanation.stationarity import standstill, steepest_gradient
from toylab.claims.hypotheses import CERTIFIED, CONDITION_11, DIFFERENT_MEASURES, PENALISED
from toylab.condition import Condition
from toylab.critics import FormulaCritic, LowerExtension, unit_vectors
from toylab.losses import LossPair
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty
from toylab.solution import Candidate

_GRADIENT_RESOLUTION = 0.05


def _pairs(known: Certified) -> tuple[np.ndarray, np.ndarray]:
    """Every fake point with every real one at another place: indices among the points with mass."""
    rows, columns = np.nonzero(known.in_fake[:, None] & known.in_real & (known.distance > 0))
    return rows, columns


def _towards_reals(known: Certified) -> Quotients | None:
    """Quotients at every fake along the way to every real point, at a thousandth of the least distance at hand."""
    rows, columns = _pairs(known)
    if not rows.size:
        return None
    apart = np.where(known.distance > 0, known.distance, np.inf).min(axis=1)
    directions = unit_vectors(known.points[columns] - known.points[rows])
    return Quotients(known.candidate, known.points[rows], directions, SCALE * apart[rows])


def _largest_kink(candidate: Candidate) -> float:
    quotients = _towards_reals(certified(candidate))
    return 0.0 if quotients is None else float((quotients.kink - quotients.rounding).max())


def _differentiable(candidate: Candidate) -> Condition:
    kink, k = _largest_kink(candidate), candidate.lipschitz_constant
    return Condition.that(
        kink <= KINK * k, f"along some line through a fake point the slope jumps by {kink:.4g}, k = {k:.4g}"
    )


DIFFERENTIABLE = Hypothesis(
    name="differentiable at the fakes",
    sentence="along every line from a fake to a real point the critic's slope does not jump at the fake, up to .01 k",
    test=_differentiable,
    met=lambda candidate: f"the largest jump of the slope is {max(_largest_kink(candidate), 0.0):.2g}",
    repair="move fakes with several partners, however little",
)


def _measure_steepest(candidate: Candidate) -> Evidence:
    """The largest smoothed derivative at a fake point towards a real one: it has to reach k."""
    known = certified(candidate)
    quotients = _towards_reals(known)
    if known.k == 0.0:
        return positive_constant(known)
    if quotients is None:
        return Evidence.nothing()
    found = quotients.symmetric
    rows, columns = _pairs(known)
    best = int(found.argmax())
    cost = float(candidate.certificate.cost)
    # Σ γ·slack ≤ gap: some pair of the plan misses k·distance by gap/C per unit; over a step h that is (gap/C)·d/h.
    # Or: f* joins some pair at full slope, and this critic's slack there is as large as the intervals allow
    step = float(quotients.steps.min())
    stretch = known.diameter / step
    missed = min(
        known.gap / cost * stretch if cost > 0 else np.inf, float(known.slack_error[rows, columns].max()) / step
    )
    constant = float(getattr(candidate.critic, "lipschitz_constant", None) or known.k)
    allowed = max(constant - known.k, 0.0) * stretch + float(quotients.rounding.max())
    return Evidence.of(
        max(known.k - float(found[best]), 0.0),
        missed + allowed + 0.5 * KINK * known.k,
        resolution=_GRADIENT_RESOLUTION * known.k,
        scale=known.k,
        labels=[f"{known.name(int(rows[best]))} towards {known.name(int(columns[best]))}"],
        arrays={"slope": found[[best]]},
    )


def _measure_standstill(candidate: Candidate) -> Evidence:
    """Whether some fake feels something: smoothed derivatives along all axes and towards all reals."""
    known = certified(candidate)
    towards = _towards_reals(known)
    if towards is None or known.k == 0.0:
        return Evidence.nothing()
    axes = np.eye(known.points.shape[1])
    fakes = np.flatnonzero(known.in_fake)
    at = np.repeat(known.points[fakes], len(axes), axis=0)
    steps = np.full(len(at), float(towards.steps.min()))
    along = Quotients(candidate, at, np.tile(axes, (len(fakes), 1)), steps)
    slopes = np.concatenate([np.abs(towards.symmetric), np.abs(along.symmetric)])
    rounding = float(np.concatenate([towards.rounding, along.rounding]).max())
    moved = np.linalg.norm(candidate.reference_directions(), axis=1).max()
    felt = float(slopes.max())
    still = felt <= rounding
    return Evidence.of(
        1.0 if still else 0.0,
        0.0 if still else rounding / felt,
        resolution=1.0 - 1e-9,
        scale=1.0,
        labels=["the largest smoothed derivative at any fake is not 0"],
        arrays={"felt": np.array([felt]), "rounding": np.array([rounding]), "moved": np.array([moved])},
    )


# --- controls and cases ------------------------------------------------------------------------------------


def midway(pair: LossPair | None = None, weight: float = 0.5) -> Candidate:
    """One fake midway between two equal reals at distance 1: f = ∓k/2, k that of two Diracs, in closed form."""
    problem = zoo.load("midway", losses=pair, regularizer=LipschitzPenalty(weight))
    known = zoo.get("midway").known_optimum(problem)
    assert known is not None
    assert known.constant is not None
    k = known.constant
    points = np.concatenate([problem.fake.points, problem.real.points])
    critic = LowerExtension(points, np.array([-0.5 * k, 0.5 * k, 0.5 * k]), k)
    mass = k * weight  # of each half: 2λk = C, and both go over a distance of 1
    return Candidate.of(problem, critic, np.array([[mass, mass]]))


def _smoothstep() -> Candidate:
    """P = (.6, .4) against (.4, .6), logistic ball of radius 1.3: ∓ln 1.5 joined by a smoothstep, steepest 1.2164."""
    line = np.array([[0.0], [1.0]])
    p, q = np.array([0.6, 0.4]), np.array([0.4, 0.6])
    problem = CriticProblem(DiscreteMeasure(line, p), DiscreteMeasure(line, q), losses.logistic(), LipschitzBall(1.3))
    height = 2.0 * np.log(1.5)

    def value(z: np.ndarray) -> np.ndarray:
        t = np.clip(z[:, 0], 0.0, 1.0)
        return height * (t * t * (3.0 - 2.0 * t) - 0.5)

    def gradient(z: np.ndarray) -> np.ndarray:
        t = np.clip(z, 0.0, 1.0)
        return height * 6.0 * t * (1.0 - t)

    return Candidate.of(problem, FormulaCritic(value, gradient, 1.5 * height), np.zeros((2, 2)))


def _midway_cases(budget: Budget) -> Iterator[Case]:
    makes = (losses.logistic,) if budget is Budget.QUICK else (losses.logistic, losses.sqrt, losses.exponential)
    for make in makes:
        subject = midway(make())
        name = f"one fake midway between two reals, {subject.problem.losses.name}"
        yield Case(name=name, engine=Engine.NONE, subject=subject)
    yield from standard(Budget.QUICK, pairs=(losses.logistic,), balls=False)


def _smooth_cases(budget: Budget) -> Iterator[Case]:
    yield from standard(budget, balls=False)


STANDSTILL = Claim(
    id="iclr.theorem-1d",
    title="no fake feels a smoothed gradient only at P_g = P_r (false)",
    statement=(
        "If P_g ≠ P_r, then at some fake point the optimal critic has a smoothed gradient that is not 0. False where "
        "f* has a kink."
    ),
    sources=("ICLR Theorem 1 (d), as printed",),
    expected=VerdictStatus.VIOLATED,
    rests_on=("complementary slackness",),
    superseded_by="iclr.theorem-1d.smooth",
    subject_type=Candidate,
    hypotheses=(CONDITION_11, PENALISED, DIFFERENT_MEASURES, CERTIFIED),
    cases=_midway_cases,
    measure=_measure_standstill,
    controls=(
        Control(
            breaks=None,
            subject=midway,
            why="one fake midway between two equal reals: slope k to either side, 0 on average, and ∂V/∂x = 0",
        ),
    ),
    rationale=(
        "(f(x + he) − f(x − he))/2h is the derivative of f smoothed over a length 2h. It counts as 0 where it is "
        "within rounding of 0 along all axes and towards all reals."
    ),
    argument=standstill,
)

SMOOTH = Claim(
    id="iclr.theorem-1d.smooth",
    title="…and with a differentiable critic some fake feels the full slope k*",
    statement=(
        "If P_g ≠ P_r and f* is differentiable at the fakes, then ‖∇f*(x)‖ = k* > 0 at some fake x: a standstill is an "
        "equilibrium."
    ),
    sources=("ICLR Theorem 1 (d), with smoothness", "LGAN Theorem 2 (d)"),
    rests_on=("lgan.theorem-2d", "lgan.theorem-4"),
    subject_type=Candidate,
    hypotheses=(CONDITION_11, PENALISED, DIFFERENT_MEASURES, LIPSCHITZ_CRITIC, DIFFERENTIABLE, CERTIFIED),
    cases=_smooth_cases,
    measure=_measure_steepest,
    controls=(
        Control(
            breaks=DIFFERENTIABLE.name,
            subject=midway,
            why="one fake midway between two equal reals: slope k to either side, 0 on average",
        ),
        Control(
            breaks=PENALISED.name,
            subject=_smoothstep,
            why="in a ball of radius 1.3 ∓ln 1.5, joined by a smoothstep of slope at most 1.2164, is optimal: ∇f = 0",
        ),
        Control(
            breaks=CERTIFIED.name,
            subject=idle_critic,
            why="the constant critic, claimed to be optimal for P_g ≠ P_r",
        ),
    ),
    rationale=(
        "Some pair of the plan misses full slope by gap/C per unit of length at most, or by the intervals for f*; over "
        "a step h that is divided by h. Half of the jump of slopes that is forgiven, .01 k, and rounding over h are "
        "added."
    ),
    argument=steepest_gradient,
)
