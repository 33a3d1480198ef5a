"""One case of a campaign: draw, solve, decide every claim, ask for second opinions; nothing that happens is raised."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylab import claims
from toylab.bench import second_opinions
from toylab.bench.random_problems import RandomProblem, random_problem
from toylab.bench.time_limits import TooSlowError, time_limit
from toylab.claims import Claim, Verdict, VerdictStatus
from toylab.solution import Candidate, Solution, Status
from toylab.solvers.solving import solve

#: One case in so many is solved by another solver too, one in so many is solved again rewritten.
SECOND_OPINION_EVERY = 100
#: Seconds after which a case counts as one that hangs.
TIME_LIMIT = 120.0


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Something that must not happen.

    Attributes:
        kind: "wrong verdict", "uncertified" (no reason is known), "beyond float64" (the solver names what of the
            problem float64 cannot resolve), "exception", "warning", "disagreement" or "too slow".
        stage: where: "draw", "solve", a claim's id, "second solver", "rewritten", "random critics".
        sentence: what happened.
        details: the traceback, or the verdict explained.
    """

    kind: str
    stage: str
    sentence: str
    details: str = ""

    def to_json(self) -> dict[str, str]:
        """Plain data."""
        return {"kind": self.kind, "stage": self.stage, "sentence": self.sentence, "details": self.details}


@dataclass
class CaseRecord:
    """What happened to one case.

    Attributes:
        index: of the problem.
        kinds: its labels.
        status: how the solver ended, None where it raised.
        relative_gap: the gap reached, None where it raised.
        verdicts: status -> ids of the claims that ended with it.
        open: id of an inconclusive claim -> why it is open.
        opinions: second opinions that were asked for -> "agrees", "disagrees" or "none".
        seconds: by stage.
        failures: what must not happen.
    """

    index: int
    kinds: tuple[str, ...] = ()
    status: str | None = None
    relative_gap: float | None = None
    verdicts: dict[str, list[str]] = field(default_factory=dict)
    open: dict[str, str] = field(default_factory=dict)
    opinions: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Plain data, one line of the journal."""
        data = {**self.__dict__, "kinds": list(self.kinds), "failures": [f.to_json() for f in self.failures]}
        gap = self.relative_gap
        data["relative_gap"] = gap if gap is not None and np.isfinite(gap) else None
        data["seconds"] = {stage: round(seconds, 6) for stage, seconds in self.seconds.items()}
        return data

    @contextmanager
    def stage(self, name: str, timed_as: str | None = None) -> Iterator[None]:
        """Time a stage and turn whatever it raises, or warns of, into failures."""
        start = time.perf_counter()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except TooSlowError:
                raise
            except Exception as error:
                sentence = f"{type(error).__name__}: {error}"
                self.failures.append(
                    Failure(kind="exception", stage=name, sentence=sentence, details=traceback.format_exc())
                )
        for found in caught:
            sentence = f"{found.category.__name__}: {found.message}"
            where = f"{found.filename}:{found.lineno}"
            self.failures.append(Failure(kind="warning", stage=name, sentence=sentence, details=where))
        key = timed_as or name
        self.seconds[key] = self.seconds.get(key, 0.0) + time.perf_counter() - start


def run_case(seed: int, index: int, *, limit: float = TIME_LIMIT) -> CaseRecord:
    """Everything about problem `index` of the campaign of this seed.

    Args:
        seed: of the campaign.
        index: of the problem.
        limit: seconds after which the case is given up as too slow.
    """
    record = CaseRecord(index=index)
    try:
        with time_limit(limit):
            _run(record, seed, index)
    except TooSlowError as error:
        record.failures.append(
            Failure(kind="too slow", stage="case", sentence=str(error), details=traceback.format_exc())
        )
    return record


def _run(record: CaseRecord, seed: int, index: int) -> None:
    drawn: RandomProblem | None = None
    with record.stage("draw"):
        drawn = random_problem(seed, index)
    if drawn is None:
        return
    record.kinds = drawn.kinds
    solution: Solution | None = None
    with record.stage("solve"):
        solution = solve(drawn.problem, throw=False)
    if solution is None:
        return
    _note_solution(record, solution)
    for claim in claims.ALL:
        if claim.subject_type is Candidate:
            with record.stage(claim.id, "claims"):
                _note_verdict(record, claim, claim.check(solution))
    rng = np.random.default_rng([seed, index, 1])  # its own stream: the opinions asked for do not move the problems
    _note_opinions(record, solution, rng)


def _note_solution(record: CaseRecord, solution: Solution) -> None:
    record.status = solution.status.name.lower()
    record.relative_gap = solution.certificate.relative_gap
    solver = float(solution.stats["seconds"])
    record.seconds["certify"] = record.seconds["solve"] - solver
    record.seconds["solve"] = solver
    if solution.status is not Status.OPTIMAL:
        sentence = (
            f"{solution.stats['solver']} ended {record.status} at a relative gap of {record.relative_gap:.2g}, "
            f"not {solution.rtol:.2g}"
        )
        limits = solution.stats["limits"]
        kind = "beyond float64" if limits else "uncertified"
        record.failures.append(Failure(kind=kind, stage="solve", sentence=sentence, details="; ".join(limits)))


def _note_verdict(record: CaseRecord, claim: Claim, verdict: Verdict) -> None:
    record.verdicts.setdefault(verdict.status.value, []).append(claim.id)
    if verdict.status is VerdictStatus.VIOLATED and claim.expected is VerdictStatus.HOLDS:
        sentence = f"{claim.id} came out violated, margin {verdict.margin:.3g}"
        record.failures.append(
            Failure(kind="wrong verdict", stage=claim.id, sentence=sentence, details=verdict.explain())
        )
    if verdict.status is VerdictStatus.INCONCLUSIVE:
        reason = why_open(verdict)
        if reason is None:
            sentence = f"{claim.id} is inconclusive without a reason: its evidence holds numbers that are no numbers"
            record.failures.append(
                Failure(kind="wrong verdict", stage=claim.id, sentence=sentence, details=verdict.explain())
            )
        else:
            record.open[claim.id] = reason


def why_open(verdict: Verdict) -> str | None:
    """Why an inconclusive verdict is open: the entry whose error exceeds its resolution most; None if there is none."""
    evidence = verdict.evidence
    if evidence is None or np.isnan(np.concatenate([evidence.residual, evidence.error, evidence.resolution])).any():
        return None
    wide = evidence.error > evidence.resolution
    if not wide.any():
        return None
    at = int(np.argmax(np.where(wide, evidence.error - evidence.resolution, -np.inf)))
    error, resolution = evidence.error[at], evidence.resolution[at]
    return f"{evidence.labels[at]}: error bound {error:.2g} above the resolution {resolution:.2g}"


def _note_opinions(record: CaseRecord, solution: Solution, rng: np.random.Generator) -> None:
    asked: dict[str, Callable[[], list[str] | None]] = {
        "random critics": lambda: second_opinions.better_critic(solution, rng)
    }
    if rng.uniform() < 1.0 / SECOND_OPINION_EVERY:
        asked["second solver"] = lambda: second_opinions.disagreement_with_another_solver(solution)
    if rng.uniform() < 1.0 / SECOND_OPINION_EVERY:
        asked["rewritten"] = lambda: second_opinions.disagreement_with_the_problem_rewritten(solution, rng)
    for name, ask in asked.items():
        with record.stage(name, "second opinions"):
            sentences = ask()
            record.opinions[name] = "none" if sentences is None else "disagrees" if sentences else "agrees"
            record.failures += [Failure(kind="disagreement", stage=name, sentence=s) for s in sentences or ()]
