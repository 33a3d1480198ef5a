"""verify(): claims on their cases, controls beside them, and what MaxGP training reaches.

Every case is solved once, in parallel, and handed to all claims that ask for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from toylab import claims as _claims
from toylab import losses, zoo
from toylab.claims import Budget, Case, Claim, Engine, VerdictStatus
from toylab.claims.certified import CERTIFIED_GAP
from toylab.comparison import Comparison, compare
from toylab.critics import unit_vectors
from toylab.losses import LossPair
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Candidate
from toylab.solvers.base import default_solver, solve

#: Relative gap asked of the exact solver for cases: far below what a verdict needs.
_CASE_RTOL = 1e-10

Progress = Callable[[int, int, str], None]


class ExitCode(IntEnum):
    """What the command line ends with."""

    AS_EXPECTED = 0
    NOT_AS_EXPECTED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    NOTHING_SELECTED = 4
    INTERNAL_ERROR = 70


# --- one case ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CaseVerdict:
    """The verdict of one claim on one case, without the arrays.

    Attributes:
        claim: id of the claim.
        case: name of the case.
        engine: where its critic came from.
        status: the outcome.
        margin: NaN where the claim did not apply.
        details: the verdict as plain data.
        subject: the subject as plain data, from which the case can be replayed.
        certified: whether the critic's certificate was good enough for a verdict.
    """

    claim: str
    case: str
    engine: str
    status: VerdictStatus
    margin: float
    details: dict[str, Any]
    subject: dict[str, Any]
    certified: bool


def subject_of(case: Case) -> Any:
    """The subject of a case, solved where it has to be.

    Exact solutions are asked for at a relative gap of 1e-10; what is not reached shows in the certificate.
    """
    from toylab.solvers.interior_point import InteriorPoint
    from toylab.solvers.linear_programs import CompactDual
    from toylab.solvers.transport import Transport

    problem = case.problem
    if problem is None:
        return case.subject
    interior = InteriorPoint(rtol=_CASE_RTOL)
    match case.engine:
        case Engine.INTERIOR_POINT:
            return solve(problem, interior, throw=False)
        case Engine.COMPACT_DUAL:
            return solve(problem, CompactDual(), throw=False)
        case Engine.CROSSED:
            critic = solve(problem, interior, throw=False).critic
            return Candidate.of(problem, critic, solve(problem, Transport(), throw=False).certificate.plan)
    solver = default_solver(problem)
    return solve(problem, interior if isinstance(solver, InteriorPoint) else solver, throw=False)


def check_case(case: Case, names: Sequence[str]) -> list[CaseVerdict]:
    """Solve a case and decide the named claims on it."""
    _one_thread()
    subject = subject_of(case)
    certified = not isinstance(subject, Candidate) or subject.certificate.relative_gap <= CERTIFIED_GAP
    data = subject.to_json()
    result = []
    for name in names:
        verdict = _claims.get(name).check(subject)
        result.append(
            CaseVerdict(
                claim=name,
                case=case.name,
                engine=case.engine.name.lower(),
                status=verdict.status,
                margin=verdict.margin,
                details=verdict.to_json(),
                subject=data,
                certified=certified,
            )
        )
    return result


def _one_thread() -> None:
    """Keep torch to one thread: cases run side by side, one process each."""
    import torch

    torch.set_num_threads(1)


# --- one claim ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ControlReport:
    """The outcome of one negative control.

    Attributes:
        breaks: the hypothesis that was waived, None where the statement is false as it stands.
        why: what goes wrong without it.
        status: must be violated.
        margin: of the verdict.
    """

    breaks: str | None
    why: str
    status: VerdictStatus
    margin: float

    @property
    def violated(self) -> bool:
        """Whether the control came out as it must."""
        return self.status is VerdictStatus.VIOLATED


@dataclass(frozen=True, kw_only=True, eq=False)
class ClaimReport:
    """One claim on all its cases.

    Attributes:
        claim: the claim.
        verdicts: every case, in the order of the claim's cases.
        controls: every control.
    """

    claim: Claim
    verdicts: tuple[CaseVerdict, ...]
    controls: tuple[ControlReport, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Number of cases by status."""
        return dict(Counter(verdict.status.value for verdict in self.verdicts))

    @property
    def status(self) -> VerdictStatus:
        """violated if any case is; else inconclusive if any is, or went uncertified; else holds if any does."""
        found = {verdict.status for verdict in self.verdicts}
        if VerdictStatus.VIOLATED in found:
            return VerdictStatus.VIOLATED
        if VerdictStatus.INCONCLUSIVE in found or not all(verdict.certified for verdict in self.verdicts):
            return VerdictStatus.INCONCLUSIVE
        return VerdictStatus.HOLDS if VerdictStatus.HOLDS in found else VerdictStatus.NOT_APPLICABLE

    @property
    def worst(self) -> CaseVerdict | None:
        """The case with the smallest margin."""
        decided = [verdict for verdict in self.verdicts if not np.isnan(verdict.margin)]
        return min(decided, key=lambda verdict: verdict.margin) if decided else None

    @property
    def as_expected(self) -> bool:
        """The expected status on the cases, and every control violated."""
        return self.status is self.claim.expected and all(control.violated for control in self.controls)

    @property
    def only_inconclusive(self) -> bool:
        """Nothing speaks against the expectation, but not everything could be decided."""
        undecided = {VerdictStatus.INCONCLUSIVE, VerdictStatus.NOT_APPLICABLE}
        controls = all(control.violated or control.status in undecided for control in self.controls)
        return not self.as_expected and controls and self.status in {*undecided, self.claim.expected}

    def to_json(self) -> dict[str, Any]:
        """Plain data for a report; the worst case with everything needed to replay it."""
        worst = self.worst
        return {
            "id": self.claim.id,
            "aliases": list(self.claim.aliases),
            "title": self.claim.title,
            "statement": self.claim.statement,
            "sources": list(self.claim.sources),
            "hypotheses": [{"name": h.name, "sentence": h.sentence} for h in self.claim.hypotheses],
            "rationale": self.claim.rationale,
            "expected": self.claim.expected.value,
            "status": self.status.value,
            "as_expected": self.as_expected,
            "cases": len(self.verdicts),
            "counts": self.counts,
            "worst": None if worst is None else {**worst.details, "case": worst.case, "replay": worst.subject},
            "controls": [
                {"breaks": c.breaks, "why": c.why, "status": c.status.value, "margin": c.margin} for c in self.controls
            ],
        }


def check_controls(claim: Claim) -> tuple[ControlReport, ...]:
    """Run every control of a claim."""
    reports = []
    for control in claim.controls:
        verdict = claim.check_control(control)
        reports.append(
            ControlReport(breaks=control.breaks, why=control.why, status=verdict.status, margin=verdict.margin)
        )
    return tuple(reports)


# --- training ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingCase:
    """A problem on which a trained critic is put beside the certified one.

    Attributes:
        name: for tables.
        problem: the problem.
        seed: of the training.
        pictured: whether the report shows it.
    """

    name: str
    problem: CriticProblem
    seed: int = 0
    pictured: bool = False


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingReport:
    """What training reached on one problem.

    Attributes:
        case: the problem.
        comparisons: one for each kind of partners.
        status: how training ended.
        seconds: of training.
        trained: the trained solution, kept where it is pictured.
        exact: the certified solution, kept where it is pictured.
    """

    case: TrainingCase
    comparisons: tuple[Comparison, ...]
    status: str
    seconds: float
    trained: Any = None
    exact: Any = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for a report."""
        return {
            "problem": self.case.name,
            "describe": self.case.problem.describe(),
            "seed": self.case.seed,
            "status": self.status,
            "seconds": self.seconds,
            "comparisons": [comparison.to_json() for comparison in self.comparisons],
        }


def training_cases(budget: Budget) -> list[TrainingCase]:
    """The problems on which `verify` trains a critic."""
    pairs: list[LossPair] = [losses.wasserstein(), losses.logistic()]
    chosen: list[tuple[str, int | None]] = [("case4", 10), ("case3", 20)]
    if budget is Budget.FULL:
        pairs += [losses.sqrt(), losses.exponential()]
        chosen += [("two-diracs", None), ("case6", None), ("parallel-lines", 10)]
    cases = []
    for name, n in chosen:
        few = pairs if name in {"case4", "case3"} else pairs[:2]
        if budget is Budget.QUICK and name == "case3":
            few = pairs[1:2]
        for pair in few:
            problem = zoo.load(name, n=n, losses=pair, regularizer=LipschitzPenalty(0.1))
            size = "" if n is None else f" n = {n}"
            pictured = name in {"case3", "case4"} and pair.name == "logistic"
            cases.append(TrainingCase(name=f"{name}{size}, {pair.name}", problem=problem, pictured=pictured))
    return cases


def train_and_compare(case: TrainingCase) -> TrainingReport:
    """Train MaxGP on a problem and compare it with the certified critic.

    For the Wasserstein loss the gradients are compared with POT's coupling and with the tight pairs of the
    compact dual's solution by HiGHS; for every other loss with the bounding pairs of the certified critic,
    which belong to the reweighted marginals (THEORY section 2).
    """
    from toylab.solvers.linear_programs import CompactDual
    from toylab.solvers.network import MaxGP

    _one_thread()
    exact = solve(case.problem)
    trained = solve(case.problem, MaxGP(seed=case.seed, device="cpu"), throw=False)
    if case.problem.losses.name == "wasserstein":
        compact = solve(case.problem, CompactDual())
        cones = {
            "POT coupling": _coupling_directions(exact),
            "compact dual's tight pairs": compact.bounding_directions(),
        }
    else:
        cones = {"reweighted coupling": exact.bounding_directions()}
    return TrainingReport(
        case=case,
        comparisons=tuple(compare(trained, exact, partners=name, cones=cone) for name, cone in cones.items()),
        status=trained.status.name.lower(),
        seconds=float(trained.stats["seconds"]),
        trained=trained if case.pictured else None,
        exact=exact if case.pictured else None,
    )


def _coupling_directions(exact: Candidate) -> list[np.ndarray]:
    """For each fake point the unit vectors to the real points its mass is sent to."""
    plan = exact.certificate.plan.toarray()
    fake, real = exact.problem.fake.points, exact.problem.real.points
    directions = []
    for point, row in zip(fake, plan, strict=True):
        vectors = unit_vectors(real[row > 1e-12 * plan.max()] - point)
        directions.append(vectors[vectors.any(axis=1)])
    return directions


# --- everything --------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class VerificationReport:
    """Everything `toylab verify` found.

    Attributes:
        budget: what was spent.
        claims: one report a claim.
        training: what MaxGP reached.
    """

    budget: Budget
    claims: tuple[ClaimReport, ...]
    training: tuple[TrainingReport, ...]

    @property
    def exit_code(self) -> ExitCode:
        """0 everything as expected, 1 something not, 3 something undecided, 4 nothing selected."""
        if not self.claims:
            return ExitCode.NOTHING_SELECTED
        unexpected = [report for report in self.claims if not report.as_expected]
        if not unexpected:
            return ExitCode.AS_EXPECTED
        undecided = all(report.only_inconclusive for report in unexpected)
        return ExitCode.INCONCLUSIVE if undecided else ExitCode.NOT_AS_EXPECTED

    def to_json(self) -> dict[str, Any]:
        """Plain data, without machine or time."""
        return {
            "budget": self.budget.value,
            "exit_code": int(self.exit_code),
            "claims": [report.to_json() for report in self.claims],
            "training": [report.to_json() for report in self.training],
        }


def verify_all(
    chosen: Iterable[Claim] | None = None,
    budget: Budget = Budget.FULL,
    *,
    training: bool = True,
    workers: int = 2,
    progress: Progress | None = None,
) -> VerificationReport:
    """Decide claims on all their cases and run all their controls.

    Args:
        chosen: the claims, all when not given.
        budget: how many cases.
        training: whether MaxGP critics are trained and compared too.
        workers: processes.
        progress: called as progress(done, total, what) after every piece of work.
    """
    from joblib import Parallel, delayed

    selected = list(_claims.ALL if chosen is None else chosen)
    wanted: dict[tuple[str, Engine], tuple[Case, list[str]]] = {}
    for claim in selected:
        for case in claim.cases(budget):
            wanted.setdefault((case.name, case.engine), (case, []))[1].append(claim.id)
    trainings = training_cases(budget) if training and selected else []
    jobs = [delayed(train_and_compare)(case) for case in trainings]
    jobs += [delayed(_check_group)(group) for group in _groups(list(wanted.values()))]
    total = len(trainings) + len(wanted) + len(selected)
    done = 0
    verdicts: dict[str, list[CaseVerdict]] = {claim.id: [] for claim in selected}
    trained: dict[str, TrainingReport] = {}
    for result in Parallel(n_jobs=min(workers, max(len(jobs), 1)), return_as="generator_unordered")(jobs):
        if isinstance(result, TrainingReport):
            trained[result.case.name] = result
            done += 1
        else:
            for verdict in result:
                verdicts[verdict.claim].append(verdict)
            done += len({(verdict.case, verdict.engine) for verdict in result})
        if progress is not None:
            progress(done, total, "cases")
    reports = []
    for claim in selected:
        controls = check_controls(claim)
        order = {(case.name, case.engine.name.lower()): i for i, case in enumerate(claim.cases(budget))}
        ordered = sorted(verdicts[claim.id], key=lambda verdict, order=order: order[verdict.case, verdict.engine])
        reports.append(ClaimReport(claim=claim, verdicts=tuple(ordered), controls=controls))
        done += 1
        if progress is not None:
            progress(done, total, "controls")
    return VerificationReport(
        budget=budget,
        claims=tuple(reports),
        training=tuple(trained[case.name] for case in trainings),
    )


def verify(claim: Claim | str, budget: Budget = Budget.QUICK) -> ClaimReport:
    """One claim on its cases, with its controls, in this process.

    Raises:
        InputError: unknown claim.
    """
    chosen = _claims.get(claim) if isinstance(claim, str) else claim
    verdicts = [verdict for case in chosen.cases(budget) for verdict in check_case(case, [chosen.id])]
    return ClaimReport(claim=chosen, verdicts=tuple(verdicts), controls=check_controls(chosen))


def _groups(cases: list[tuple[Case, list[str]]], size: int = 4) -> list[list[tuple[Case, list[str]]]]:
    """A few cases a job: small enough for an even load and a moving bar, large enough to pay for the transfer."""
    return [cases[start : start + size] for start in range(0, len(cases), size)]


def _check_group(group: list[tuple[Case, list[str]]]) -> list[CaseVerdict]:
    return [verdict for case, names in group for verdict in check_case(case, names)]
