"""Flows in numbers: how near the fakes of each objective come to P_g = P_r, over many seeds, and why they stop.

Theorem 2d of LGAN speaks of equilibria, not of the flow that should lead there. Three comparisons measure the flow:
objectives side by side under one step rule; step rules; and, from fakes that start in pairs at one place, what is done
about fakes that coincide. Fakes that follow an objective without a gradient are the null: their W₁ stays what it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from toylab.bench.flow_methods import OBJECTIVES, PROBLEMS, SPLITS, STEPS
from toylab.bench.flow_trial import FlowKey, FlowTrial, measured
from toylab.bench.journal import Journal, code_fingerprint, key_number
from toylab.errors import InputError, SolverError, real_number, unknown_name, whole_number

#: progress(flows done, of all, what was finished last)
Progress = Callable[[int, int, str], None]
#: measure(key, steps, tolerance, patience)
Measure = Callable[[FlowKey, int, float, int], FlowTrial]

_MOST_POINTS = 200


@dataclass(frozen=True, kw_only=True)
class FlowBench:
    """What is measured.

    Attributes:
        problems: of the zoo, with as many points as one likes.
        objectives: names of OBJECTIVES, side by side with equal steps.
        rivals: those of them that step rules and split rules are compared on.
        steps: names of STEPS, compared on the rivals.
        splits: names of SPLITS, compared on the rivals with fakes that start in pairs at one place.
        n: points a side.
        rounds: how many seeds.
        start: the first of them.
        limit: steps of a flow, at most.
        tolerance: share of the initial W₁ at which a flow has arrived.
        patience: steps in which the least W₁ has to fall by a thousandth.

    Raises:
        InputError: a name that does not exist, a number outside its range, or a rival without a plan.
    """

    problems: tuple[str, ...] = tuple(PROBLEMS)
    objectives: tuple[str, ...] = tuple(OBJECTIVES)
    rivals: tuple[str, ...] = ("wasserstein", "logistic", "exponential")
    steps: tuple[str, ...] = tuple(STEPS)
    splits: tuple[str, ...] = tuple(SPLITS)
    n: int = 8
    rounds: int = 20
    start: int = 0
    limit: int = 80
    tolerance: float = 1e-3
    patience: int = 15

    def __post_init__(self) -> None:
        from toylab import zoo

        for name, known, word in (
            ("problems", zoo.names(), "problem"),
            ("objectives", OBJECTIVES, "objective"),
            ("rivals", OBJECTIVES, "objective"),
            ("steps", STEPS, "step rule"),
            ("splits", SPLITS, "split rule"),
        ):
            for each in getattr(self, name):
                if each not in known:
                    raise unknown_name(word, each, known)
        if not self.problems or not (self.objectives or self.rivals):
            raise InputError("the bench of flows needs at least one problem and one objective.")
        for each in self.problems:
            if zoo.get(each).default_size is None:
                raise InputError(f"{each!r} is a problem of fixed points; its flow is the same for every seed.")
        for each in self.rivals:
            if not OBJECTIVES[each].restricted:
                raise InputError(f"step and split rules are compared on Lipschitz critics; {each!r} has no plan.")
        if whole_number(self.n, "the number of points", least=2) > _MOST_POINTS:
            raise InputError(f"the bench of flows goes up to {_MOST_POINTS} points a side, got {self.n}.")
        whole_number(self.rounds, "the number of rounds", least=1)
        whole_number(self.start, "the first seed", least=0)
        whole_number(self.limit, "the number of steps", least=1)
        whole_number(self.patience, "the patience of a flow", least=1)
        if not 0 <= real_number(self.tolerance, "the tolerance of a flow") < 1:
            raise InputError(f"the tolerance of a flow must lie in [0, 1), got {self.tolerance}.")

    @property
    def seeds(self) -> range:
        """One a round."""
        return range(self.start, self.start + self.rounds)

    def keys(self) -> list[FlowKey]:
        """All flows, seed after seed, so that a run that was stopped has all of the comparison for fewer seeds."""
        return [key for seed in self.seeds for problem in self.problems for key in self._of(problem, seed)]

    def _of(self, problem: str, seed: int) -> Iterator[FlowKey]:
        common: dict[str, Any] = {"problem": problem, "seed": seed, "n": self.n}
        flows = [FlowKey(objective=name, **common) for name in self.objectives]
        flows += [FlowKey(objective=name, step=step, **common) for name in self.rivals for step in self.steps]
        flows += [
            FlowKey(objective=name, step="proportional", split=split, doubled=True, **common)
            for name in self.rivals
            for split in self.splits
        ]
        yield from dict.fromkeys(flows)

    def describe(self) -> str:
        """One sentence."""
        seeds = "seeds" if self.rounds > 1 else "seed"
        return (
            f"{self.n} fakes and {self.n} reals, {self.rounds} {seeds} from {self.start} on, at most {self.limit} "
            f"steps; a flow has arrived at {self.tolerance:g} of its initial W₁, and has stopped where W₁ has not "
            f"fallen by a thousandth in {self.patience} steps."
        )

    def header(self) -> dict[str, Any]:
        """What must agree for the flows in a folder to be compared."""
        limit = f"{self.limit} steps, tolerance {self.tolerance:g}, patience {self.patience}"
        return {"bench": "flows", "code": code_fingerprint(), "limit": limit}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Line:
    """A flow as a line of a journal."""

    trial: FlowTrial
    failures: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        return {"index": key_number(self.trial.key), "failures": self.failures, **self.trial.to_json()}


def run_flow_bench(
    bench: FlowBench,
    folder: str | Path,
    *,
    workers: int = 1,
    seconds: float | None = None,
    measure: Measure | None = None,
    progress: Progress | None = None,
) -> list[FlowTrial]:
    """Let the fakes of every flow go that the folder does not hold yet; each is written at its end.

    Args:
        bench: what is measured.
        folder: of the journal; the same call continues an interrupted one.
        workers: processes; 1 works in this one.
        seconds: after which no further flow is started; None for no end.
        measure: how one flow is measured.
        progress: called at the start and after every flow.

    Returns:
        The flows of the bench that are done, those of former calls included.

    Raises:
        InputError: the folder holds flows of other code, or cannot be written.
        SolverError: a worker process died; what was finished is kept.
    """
    whole_number(workers, "the number of workers", least=1)
    journal = Journal.opened(folder, bench.header())
    keys = bench.keys()
    done = _found(journal, keys)
    missing = [key for key in keys if key not in done]
    end = np.inf if seconds is None else time.monotonic() + seconds
    if progress is not None:
        progress(len(done), len(keys), "flows")
    rest = (bench.limit, bench.tolerance, bench.patience)
    for trial in _measured(_until(missing, end), measure or measured, rest, workers):
        done[trial.key] = trial
        journal.append([_Line(trial)])
        if progress is not None:
            progress(len(done), len(keys), trial.key.objective)
    return [done[key] for key in keys if key in done]


def _until(keys: Iterable[FlowKey], end: float) -> Iterator[FlowKey]:
    for key in keys:
        if time.monotonic() >= end:
            return
        yield key


def _measured(
    keys: Iterable[FlowKey], measure: Measure, rest: tuple[int, float, int], workers: int
) -> Iterator[FlowTrial]:
    """Flows as they are finished."""
    if workers == 1:
        yield from (measure(key, *rest) for key in keys)
        return
    from joblib import Parallel, delayed, parallel_config
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with parallel_config("loky", inner_max_num_threads=1):
        jobs: Any = Parallel(n_jobs=workers, return_as="generator_unordered", pre_dispatch="2*n_jobs")
        try:
            yield from jobs(delayed(measure)(key, *rest) for key in keys)
        except TerminatedWorkerError:
            raise SolverError(
                "a worker process died (out of memory, or a crash below Python); what was finished is kept: run the "
                "same command again, with --workers 1 to see which flow it is."
            ) from None


def _found(journal: Journal, keys: Iterable[FlowKey]) -> dict[FlowKey, FlowTrial]:
    wanted, found = set(keys), {}
    for record in journal.records():
        try:
            trial = FlowTrial.from_json(record)
        except (KeyError, TypeError, AttributeError):
            continue
        if trial.key in wanted:
            found[trial.key] = trial
    return found


def to_json(bench: FlowBench, trials: Iterable[FlowTrial], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, summary and every flow as plain data."""
    settings = {**bench.to_json(), **bench.header()}
    return {"settings": settings, "summary": summary, "flows": [trial.to_json() for trial in trials]}


__all__ = ["FlowBench", "Progress", "run_flow_bench", "to_json"]
