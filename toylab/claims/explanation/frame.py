"""What every explanation has: the statement, the case, the hypotheses, the argument, the conclusion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toylab.claims.explanation.wording import bullets, by_label, entries
from toylab.families import Family
from toylab.functions import FunctionOnChain, FunctionOnPair
from toylab.markup import number
from toylab.solution import Candidate

if TYPE_CHECKING:
    from toylab.claims.base import Evidence, Hypothesis, Verdict

#: A relative gap below this is out of reach of float64.
_FINEST = 1e-13


def explain(verdict: Verdict) -> str:
    """The argument with the numbers of this case, ending with the verdict; one line a thought."""
    claim = verdict.claim
    lines = [f"{claim.id}, {claim.sources[0]}: {claim.statement}", f"Case: {verdict.subject.describe()}."]
    lines += ["Hypotheses:", *bullets([_hypothesis(verdict, hypothesis) for hypothesis in claim.hypotheses])]
    if verdict.evidence is not None:
        argue = claim.argument or _plain_argument
        lines += ["Argument:", *bullets(argue(verdict))]
    return "\n".join([*lines, _conclusion(verdict)])


def _plain_argument(verdict: Verdict) -> Sequence[str]:
    """For claims that bring no argument of their own."""
    evidence = verdict.evidence
    if evidence is None or not len(evidence):
        return ["Nothing in this case falls under the statement."]
    return [*entries(evidence, by_label), verdict.claim.rationale]


def _unmet(verdict: Verdict, hypothesis: Hypothesis) -> str | None:
    """Why a hypothesis fails, None where it is met or was not asked for."""
    start = f"{hypothesis.name}: "
    return next((reason.removeprefix(start) for reason in verdict.unmet if reason.startswith(start)), None)


def _hypothesis(verdict: Verdict, hypothesis: Hypothesis) -> str:
    """How the case meets one hypothesis, or fails it and what would repair that."""
    if hypothesis.name in verdict.waived:
        failing = hypothesis.test(verdict.subject).reasons
        return f"– {hypothesis.name}: not asked for{''.join(f'; {reason}' for reason in failing)}."
    reason = _unmet(verdict, hypothesis)
    if reason is None:
        return f"✓ {hypothesis.name}: {hypothesis.met(verdict.subject) or hypothesis.sentence}."
    repair = f" To repair it, {hypothesis.repair}." if hypothesis.repair else ""
    return f"✗ {hypothesis.name}: {reason}. Asked is: {hypothesis.sentence}.{repair}"


def _conclusion(verdict: Verdict) -> str:
    ends = {"holds": _holds, "violated": _violated, "inconclusive": _inconclusive, "not-applicable": _not_applicable}
    return f"Verdict: {verdict.status.value}. {ends[verdict.status.value](verdict)}"


def _evidence(verdict: Verdict) -> tuple[Evidence, int]:
    evidence, index = verdict.evidence, verdict.worst()
    assert evidence is not None
    assert index is not None
    return evidence, index


def _looseness(evidence: Evidence) -> np.ndarray:
    """Error bounds in units of their resolution, (e,)."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(evidence.error > 0, evidence.error / evidence.resolution, 0.0)


def _holds(verdict: Verdict) -> str:
    evidence, _ = _evidence(verdict)
    loosest = int(np.argmax(_looseness(evidence)))
    error, resolution = float(evidence.error[loosest]), float(evidence.resolution[loosest])
    what = "Every residual is" if len(evidence) > 1 else "The residual is"
    bound = (
        f", and no bound is too loose to mean something: the loosest is {number(error, 3)}, where "
        f"{number(resolution, 3)} would do."
        if error > 0
        else ", and nothing is uncertain."
    )
    return f"{what} within its error bound{bound}{_against_expectation(verdict)}"


def _violated(verdict: Verdict) -> str:
    evidence, index = _evidence(verdict)
    residual, error = float(evidence.residual[index]), float(evidence.error[index])
    return (
        f"What contradicts the statement: {evidence.labels[index]} is off by {number(residual, 3)}, and errors account "
        f"for no more than {number(error, 3)}.{_against_expectation(verdict)}"
    )


def _against_expectation(verdict: Verdict) -> str:
    """What the outcome says beyond the case."""
    claim = verdict.claim
    if verdict.waived and verdict.status.value == "violated":
        return f" Without {' and '.join(map(repr, verdict.waived))} the statement fails here."
    if verdict.waived:
        return ""
    if claim.expected.value == "violated":
        return (
            " One such case refutes it: it is known to be false as stated."
            if verdict.status is claim.expected
            else " The statement is false in general; this case does not show it."
        )
    return "" if verdict.status is claim.expected else " All hypotheses are met: a case to look into."


def _inconclusive(verdict: Verdict) -> str:
    evidence, _ = _evidence(verdict)
    for name in ("residual", "error"):
        missing = np.flatnonzero(np.isnan(getattr(evidence, name)))
        if len(missing):
            return f"The {name} at {evidence.labels[missing[0]]} is no number, and decides nothing."
    looseness = _looseness(evidence)
    index = int(np.argmax(looseness))
    error, resolution, ratio = (float(a[index]) for a in (evidence.error, evidence.resolution, looseness))
    start = (
        f"Nothing contradicts the statement, but at {evidence.labels[index]} errors may reach {number(error, 3)} and a "
        f"verdict asks for at most {number(resolution, 3)}."
    )
    if not np.isfinite(ratio):
        return f"{start} No certificate of this critic can tell: the loss is flat there, or k is 0."
    return f"{start} The bound must be {number(ratio, 2)} times smaller. {_tighter(verdict, ratio)}"


def _tighter(verdict: Verdict, ratio: float) -> str:
    """How to get a bound that is smaller by this ratio."""
    if isinstance(verdict.subject, Family):
        return "Solve its problems with a smaller rtol, or take problems that lie closer together or further apart."
    if isinstance(verdict.subject, FunctionOnPair | FunctionOnChain):
        return "Rounding sets it: move the points further apart, or choose values nearer to 0."
    if not isinstance(verdict.subject, Candidate):
        return "Rounding and quadrature set it: choose a case whose numbers are less extreme."
    wanted = float(verdict.subject.certificate.relative_gap) / ratio
    if not wanted >= _FINEST:
        return f"A relative gap of {number(wanted, 2)} is out of reach of float64: bring the points closer together."
    return (
        f"Solve with rtol = {number(wanted, 1)} or smaller (bounds that follow √gap need its ratio squared): "
        f"toylab.solve(problem, toylab.solvers.InteriorPoint(rtol={number(wanted, 1)}))."
    )


def _not_applicable(verdict: Verdict) -> str:
    names = [h.name for h in verdict.claim.hypotheses if _unmet(verdict, h) is not None]
    if not names:
        return "Degenerate: nothing in this case falls under the statement."
    waive = ", ".join(map(repr, names))
    return (
        f"{' and '.join(map(repr, names))} {'is' if len(names) == 1 else 'are'} not met, so the statement says "
        f"nothing about this case. To look at it all the same: check(subject, waive=[{waive}])."
    )
