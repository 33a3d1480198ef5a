"""What statements ask of a family: hypotheses on every member, and on how the members belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from toylab.claims import hypotheses as single
from toylab.claims.base import Hypothesis
from toylab.claims.kinds import FamilyKind, Kind, RegularizerKind, TermsKind
from toylab.claims.rounding import ROUNDING
from toylab.condition import Condition
from toylab.families import Family
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.regularizers import LipschitzBall


def every(hypothesis: Hypothesis) -> Hypothesis:
    """A hypothesis on candidates, asked of every member of a family."""

    def test(family: Family) -> Condition:
        failing = [
            f"{label}: {reason}"
            for label, member in zip(family.labels, family.members, strict=True)
            for reason in hypothesis.test(member).reasons
        ]
        return Condition(holds=not failing, reasons=tuple(failing[:3]))

    def met(family: Family) -> str:
        said = {hypothesis.met(member): label for label, member in zip(family.labels, family.members, strict=True)}
        first, label = next(iter(said.items()))
        return f"for all of them {first}" if len(said) == 1 else f"for all of them; {label}: {first}"

    return Hypothesis(
        name=hypothesis.name,
        sentence=f"in every problem {hypothesis.sentence}",
        test=test,
        assume=lambda family: replace(family, members=tuple(map(hypothesis.assume, family.members))),
        met=met,
        repair=hypothesis.repair,
        relax=hypothesis.relax,
    )


CERTIFIED = every(single.CERTIFIED)
CONDITION_11 = every(single.CONDITION_11)
PENALISED = every(single.PENALISED)
WASSERSTEIN = every(single.WASSERSTEIN)
SAME_SUPPORT = every(single.SAME_SUPPORT)


def related(  # noqa: PLR0917 - the parts of a hypothesis, in its order
    name: str,
    sentence: str,
    problem: Callable[[Family], str | None],
    met: str,
    repair: str,
    relax: tuple[Kind, ...] = (),
) -> Hypothesis:
    """A hypothesis on how members belong together.

    Args:
        name: of the hypothesis.
        sentence: what it demands.
        problem: family -> what is wrong with it, None where nothing is.
        met: how it is met, in words.
        repair: what to do where it is not.
        relax: kinds of families on which it fails.
    """

    def test(family: Family) -> Condition:
        wrong = problem(family)
        return Condition(holds=wrong is None, reasons=() if wrong is None else (wrong,))

    return Hypothesis(name=name, sentence=sentence, test=test, met=lambda family: met, repair=repair, relax=relax)


def same_measure(first: DiscreteMeasure, second: DiscreteMeasure) -> bool:
    """Whether two measures have the same points and weights in the same order, up to rounding."""
    if first.points.shape != second.points.shape:
        return False
    size = float(np.abs(first.points).max()) + float(np.abs(second.points).max())
    near = float(np.abs(first.points - second.points).max()) <= ROUNDING * size
    return near and bool(np.allclose(first.weights, second.weights, rtol=0.0, atol=ROUNDING))


def different_losses(family: Family) -> str | None:
    """The first member whose losses are not those of the first one, in words."""
    first = family.members[0].problem.losses
    for label, member in zip(family.labels, family.members, strict=True):
        if member.problem.losses.to_json() != first.to_json():
            return f"{label} has the losses {member.problem.losses.name!r}, not {first.name!r}"
    return None


def different_regularizers(family: Family) -> str | None:
    """The first member whose regulariser is not that of the first one, in words."""
    first = family.members[0].problem.regularizer
    for label, member in zip(family.labels, family.members, strict=True):
        if member.problem.regularizer != first:
            return f"{label} has {member.problem.regularizer.describe()}, not {first.describe()}"
    return None


def _different_game(family: Family) -> str | None:
    first: CriticProblem = family.members[0].problem
    for label, member in zip(family.labels, family.members, strict=True):
        for side in ("fake", "real"):
            if not same_measure(getattr(member.problem, side), getattr(first, side)):
                return f"{label} has another {side} measure than {family.labels[0]}"
    return different_losses(family)


def _different_terms(family: Family) -> str | None:
    return different_losses(family) or different_regularizers(family)


ONE_GAME = related(
    "one game",
    "all problems have the same measures and losses; only the regulariser changes",
    _different_game,
    "measures and losses are the same in all problems",
    "change the regulariser alone",
    (*FamilyKind.all_but(FamilyKind.GAME, FamilyKind.FREE), TermsKind.OTHER),
)

SAME_TERMS = related(
    "same losses and penalty",
    "all problems have the same losses and the same regulariser; only the measures change",
    _different_terms,
    "losses and regulariser are the same in all problems",
    "change the measures alone",
    (FamilyKind.GAME, FamilyKind.FREE, TermsKind.OTHER),
)


def _not_a_ball(family: Family) -> str | None:
    for label, member in zip(family.labels, family.members, strict=True):
        if not isinstance(member.problem.regularizer, LipschitzBall):
            return f"{label}: the regulariser is {member.problem.regularizer.describe()}, not a ball"
    return None


BALLS = related(
    "Lipschitz balls",
    "in every problem the constant is bounded, k ≤ K, and nothing else is paid for it",
    _not_a_ball,
    "every regulariser is a Lipschitz ball",
    "take regularizer = LipschitzBall(radius)",
    (RegularizerKind.PENALTY, RegularizerKind.TARGET, RegularizerKind.UNRESTRICTED, FamilyKind.FREE),
)
