"""MaxGP's critic under the mean-square gradient penalty of matched pairs, as claims on candidates."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from toylab import losses, zoo
from toylab.claims.base import Claim, Control, Evidence, Hypothesis, VerdictStatus
from toylab.claims.cases import Budget, Case, tailored
from toylab.claims.certified import RESOLUTION, certified
from toylab.claims.critics.diracs import weight_and_target
from toylab.claims.explanation.bounds import mean_square
from toylab.claims.hypotheses import CERTIFIED, PENALISED, WASSERSTEIN
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.critics import tabulated
from toylab.problem import LipschitzPenalty
from toylab.solution import Candidate


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
    weight = weight_and_target(candidate.problem.regularizer)[0]
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
