"""assert_claim(): a claim as an assertion about one's own critic."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.spatial.distance import cdist

from toylab import claims as _claims
from toylab.claims import Claim, Verdict, VerdictStatus
from toylab.claims.certified import CERTIFIED_GAP
from toylab.errors import InputError, ToylabError, real_number
from toylab.functions import FunctionOnPair
from toylab.problem import CriticProblem
from toylab.solution import Candidate
from toylab.testing.examined import examined_critic, needs_gradient

_EPS = float(np.finfo(np.float64).eps)
#: Pairs on which a claim about one pair is decided at most, the steepest first.
_MOST_PAIRS = 64


class ClaimViolatedError(AssertionError):
    """The claim is violated; `verdict` is what was found."""

    def __init__(self, message: str, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict


class ClaimUndecidedError(AssertionError):
    """The claim does not apply, or could not be decided, so that nothing was asserted; `verdict` says why."""

    def __init__(self, message: str, verdict: Verdict) -> None:
        super().__init__(message)
        self.verdict = verdict


def assert_claim(
    claim: Claim | str,
    problem: CriticProblem | Any,
    critic: Any = None,
    *,
    plan: Any = None,
    waive: str | Iterable[str] = (),
    tolerance: float = 0.0,
    allow: VerdictStatus | Iterable[VerdictStatus] = (),
) -> Verdict:
    """Assert that a claim holds for a critic on a problem.

    Passes only where the claim was decided and holds. A claim that does not apply, or that the critic's certificate
    leaves open, raises too: an assertion that did not look at anything must not be green. Where that is meant, in a
    property-based test whose problems do not all meet the hypotheses, say so with `allow`.

    A trained critic is never certified optimal to 1e-6. Waive "certified optimal" to have it read as if it were
    optimal, and say with `tolerance` how far off it may be.

    Args:
        claim: a claim, its id or an alias.
        problem: the critic problem; or a subject of the claim, then without `critic`.
        critic: points (m, d) -> values (m,): a torch module on any device and dtype, a toylab critic, or any NumPy
            callable; with `gradient(z)` where the claim looks at gradients. A claim about a function on a pair is
            decided on the fake→real pairs at which the critic rises most steeply, with that slope as its constant.
        plan: masses (n_fake, n_real) to certify with; the better of the critic's own and the optimal one when not
            given.
        waive: names of hypotheses that are not asked for.
        tolerance: how far below 0 the margin may be, in the claim's unit: k · diameter for slacks, k for gradients.
        allow: VerdictStatus.NOT_APPLICABLE, VerdictStatus.INCONCLUSIVE: what passes as well.

    Returns:
        The verdict.

    Raises:
        ClaimViolatedError: the claim is violated beyond the tolerance; the message holds the argument with the numbers.
        ClaimUndecidedError: it does not apply, or is inconclusive; the message says what would repair it.
        InputError: unknown claim or hypothesis, or a critic that returns wrong shapes, integers, values that are not
            finite, or different answers to the same call.
    """
    chosen = claim if isinstance(claim, Claim) else _claims.get(claim)
    tolerance = real_number(tolerance, "the tolerance")
    if tolerance < 0:
        raise InputError(f"the tolerance must not be negative, got {tolerance:g}.")
    allowed = _checked_allowed(allow)
    waived = (waive,) if isinstance(waive, str) else tuple(waive)
    verdicts = [chosen.check(subject, waive=waived) for subject in _subjects(chosen, problem, critic, plan)]
    verdict = max(verdicts, key=lambda one: _badness(one, tolerance))
    if verdict.status is VerdictStatus.HOLDS or verdict.status in allowed:
        return verdict
    if verdict.status is VerdictStatus.VIOLATED:
        if verdict.margin >= -tolerance:
            return verdict
        beyond = f" beyond the tolerance {tolerance:g}" if tolerance else ""
        raise ClaimViolatedError(
            f"{chosen.id} is violated{beyond}, margin {verdict.margin:.3g}.\n{verdict.explain()}", verdict
        )
    raise ClaimUndecidedError(
        f"{chosen.id} was not decided ({verdict.status.value}), so nothing is asserted; waive a hypothesis, or "
        f"pass allow=[VerdictStatus.{verdict.status.name}] where that is meant.\n{verdict.explain()}",
        verdict,
    )


def _badness(verdict: Verdict, tolerance: float) -> tuple[int, float]:
    """Which of several verdicts decides: a violation, then what could not be decided, then what holds or is let pass.

    What does not apply comes last: of several pairs, those that meet the hypotheses count.
    """
    margin = verdict.margin if np.isfinite(verdict.margin) else -np.inf
    beyond = verdict.status is VerdictStatus.VIOLATED and not margin >= -tolerance
    ranks = {VerdictStatus.NOT_APPLICABLE: 0, VerdictStatus.INCONCLUSIVE: 2}
    return (3 if beyond else ranks.get(verdict.status, 1)), -margin


def _checked_allowed(allow: VerdictStatus | Iterable[VerdictStatus]) -> frozenset[VerdictStatus]:
    open_ends = {VerdictStatus.NOT_APPLICABLE, VerdictStatus.INCONCLUSIVE}
    chosen = (allow,) if isinstance(allow, VerdictStatus) else tuple(allow)
    wrong = [one for one in chosen if one not in open_ends]
    if wrong:
        raise InputError(f"allow takes VerdictStatus.NOT_APPLICABLE and VerdictStatus.INCONCLUSIVE, got {wrong[0]!r}.")
    return frozenset(chosen)


def _subjects(claim: Claim, problem: Any, critic: Any, plan: Any) -> list[Any]:
    """What the claim is to be decided on; at least one."""
    if isinstance(problem, claim.subject_type) and critic is None:
        return [problem]
    if not isinstance(problem, CriticProblem):
        raise InputError(
            f"assert_claim({claim.id!r}, …) takes a CriticProblem with a critic, or a {claim.subject_type.__name__} "
            f"alone; got {type(problem).__name__}."
        )
    if critic is None:
        raise InputError(f"assert_claim({claim.id!r}, problem, critic) needs the critic; it is None.")
    if claim.subject_type not in {Candidate, FunctionOnPair}:
        raise InputError(
            f"{claim.id} is decided on a {claim.subject_type.__name__}, which no critic of a problem gives; "
            f"make one and say assert_claim({claim.id!r}, subject)."
        )
    function = examined_critic(critic, problem)
    if claim.subject_type is FunctionOnPair:
        needs_gradient(function, claim.id)
        return steepest_pairs(problem, function)
    return [_certified(problem, function, plan)]


def _certified(problem: CriticProblem, function: Any, plan: Any) -> Candidate:
    """The candidate with the given plan; else with the better of its own and the optimal one."""
    own = Candidate.of(problem, function, plan)
    if plan is not None or own.certificate.relative_gap <= CERTIFIED_GAP:
        return own
    from toylab.solvers.solving import solve

    try:
        optimal = solve(problem, throw=False).certificate.plan
    except ToylabError:  # no optimum, or no solver: its own plan has to do
        return own
    other = Candidate.of(problem, function, optimal)
    return min(own, other, key=lambda one: one.certificate.relative_gap)


def steepest_pairs(problem: CriticProblem, function: Any) -> list[FunctionOnPair]:
    """The fake→real pairs at which a critic rises at its steepest between any of them, up to rounding.

    Args:
        problem: gives the points with mass.
        function: values and gradients.

    Raises:
        InputError: the critic rises from no fake to any real point.
    """
    support = problem.support
    fake, real = support.points[support.in_fake], support.points[support.in_real]
    distance = cdist(fake, real)
    values = np.asarray(function(np.concatenate([fake, real])), dtype=np.float64).reshape(-1)
    rise = values[len(fake) :] - values[: len(fake), None]
    slope = np.divide(rise, distance, out=np.full(rise.shape, -np.inf), where=distance > 0)
    k = float(slope.max())
    if not k > 0:
        raise InputError("the critic rises from no fake point to any real one: no pair is joined at full slope.")
    rounding = 8.0 * _EPS * (np.abs(values).max() + k * distance)
    tight = np.argwhere((k * distance - rise <= rounding) & (distance > 0))[:_MOST_PAIRS]
    name = type(function).__name__
    return [FunctionOnPair(name=f"the critic ({name})", f=function, k=k, x=fake[i], y=real[j]) for i, j in tight]
