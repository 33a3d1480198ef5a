"""Exact critics at scale: time, gap and memory against n, beside Clarabel and a plain transport problem.

Each seed is a round, and within it each n: all solves of one n follow one another in a random order, so that a machine
that is busy for a while hits all methods alike; ratios are taken within a round, between solves of the same points.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from toylab.bench.exact_data import check_shape, critic_problem, measures
from toylab.bench.exact_trial import CLARABEL, EMD, Trial, TrialKey, in_a_process, make_solver
from toylab.bench.journal import Journal, code_fingerprint, key_number
from toylab.errors import InputError, real_number, whole_number

#: progress(seconds of work done, of all, as foreseen, what runs now)
Progress = Callable[[float, float, str], None]

#: Beyond so many points a side Clarabel runs in the first round only.
_CLARABEL_EVERY_ROUND = 100
_LARGEST = 30_000


@dataclass(frozen=True, kw_only=True)
class ExactBench:
    """What is measured.

    Attributes:
        sizes: fake points.
        ratio: real points for each fake point.
        shapes: of `exact_data.SHAPES` or of the zoo.
        losses: names of loss pairs.
        weights: λ.
        weighted: whether the points' weights differ.
        solvers: names, "default" for what `solve` chooses.
        rounds: how many seeds.
        start: the first of them.
        clarabel: the largest n given to Clarabel, 0 for none.
        emd: whether POT's network simplex runs beside.
        limit: seconds allowed to one solve; where it is not enough, larger n are not tried.
        clarabel_limit: the same for Clarabel.
        device: "cpu", "cuda" or "cuda:<number>", of the interior point.

    Raises:
        InputError: a name that does not exist, a number outside its range, or a solver that does not apply.
    """

    sizes: tuple[int, ...] = (100, 400, 1000, 4000, 10_000)
    ratio: float = 1.0
    shapes: tuple[str, ...] = ("separated", "overlapping")
    losses: tuple[str, ...] = ("logistic", "sqrt", "exponential")
    weights: tuple[float, ...] = (0.01, 0.1, 1.0)
    weighted: bool = False
    solvers: tuple[str, ...] = ("default",)
    rounds: int = 3
    start: int = 0
    clarabel: int = 400
    emd: bool = True
    limit: float = 600.0
    clarabel_limit: float = 120.0
    device: str = "cpu"

    def __post_init__(self) -> None:
        from toylab.solvers.devices import find_device
        from toylab.solvers.solving import default_solver

        for name in ("sizes", "shapes", "losses", "weights", "solvers"):
            if not getattr(self, name):
                raise InputError(f"the bench of exact solvers needs at least one of its {name}.")
        whole_number(self.rounds, "the number of rounds", least=1)
        whole_number(self.start, "the first seed", least=0)
        whole_number(self.clarabel, "the largest n for Clarabel", least=0)
        for name in ("ratio", "limit", "clarabel_limit"):
            if not real_number(getattr(self, name), name) > 0:
                raise InputError(f"{name} must be positive, got {getattr(self, name)}.")
        for n in self.sizes:
            whole_number(n, "the number of points", least=1)
            if max(n, self.real_count(n)) > _LARGEST:
                raise InputError(f"the bench goes up to {_LARGEST} points a side, got {max(n, self.real_count(n))}.")
        find_device(self.device)
        for shape in self.shapes:
            check_shape(shape)
        points = measures(self.shapes[0], 4, 4, weighted=False, seed=0)
        for name in self.solvers:
            solver = make_solver(name, self.device)
            for loss in self.losses:
                for weight in self.weights:
                    problem = critic_problem(*points, loss, weight)
                    (solver or default_solver(problem)).check(problem)

    def real_count(self, n: int) -> int:
        """Real points beside n fake ones."""
        return max(1, round(self.ratio * n))

    def keys(self) -> list[TrialKey]:
        """All solves, seed after seed, n after n, each n in a random order of its own."""
        keys = []
        for turn, seed in enumerate(range(self.start, self.start + self.rounds)):
            for n in sorted(self.sizes):
                each = list(self._of_size(n, seed, first=turn == 0))
                keys += [each[i] for i in np.random.default_rng([seed, n, 7]).permutation(len(each))]
        return keys

    def _of_size(self, n: int, seed: int, *, first: bool) -> Iterator[TrialKey]:
        methods = list(self.solvers)
        if n <= self.clarabel and (first or n <= _CLARABEL_EVERY_ROUND):
            methods.append(CLARABEL)
        for shape in self.shapes:
            points = TrialKey(method=EMD, shape=shape, n=n, m=self.real_count(n), weighted=self.weighted, seed=seed)
            if self.emd:
                yield points
            for method in methods:
                device = "cpu" if method == CLARABEL else self.device
                for loss in self.losses:
                    for weight in self.weights:
                        yield replace(points, method=method, loss=loss, weight=weight, device=device)

    def allowed(self, key: TrialKey) -> float:
        """Seconds allowed to a solve."""
        return self.clarabel_limit if key.method == CLARABEL else self.limit

    def describe(self) -> str:
        """One sentence."""
        weights = "points of unequal weight, " if self.weighted else ""
        ratio = f"{self.ratio:g} real points for each fake one, " if self.ratio != 1 else ""
        return (
            f"{', '.join(self.losses)} with λ = {', '.join(f'{weight:g}' for weight in self.weights)} on "
            f"{' and '.join(self.shapes)} points, {weights}{ratio}{self.rounds} round(s), device {self.device}."
        )

    def header(self) -> dict[str, Any]:
        """What must agree for the solves in a folder to be compared."""
        limit = f"{self.limit:g} s, {self.clarabel_limit:g} s for Clarabel"
        return {"bench": "exact", "code": code_fingerprint(), "limit": limit}

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Line:
    """A trial as a line of a journal."""

    trial: Trial

    def to_json(self) -> dict[str, Any]:
        return {"index": key_number(self.trial.key), "failures": [], **self.trial.to_json()}


def run_exact_bench(
    bench: ExactBench,
    folder: str | Path,
    *,
    seconds: float | None = None,
    measure: Callable[[TrialKey, float], Trial] | None = None,
    progress: Progress | None = None,
) -> list[Trial]:
    """Measure what the folder does not hold yet; every solve is written at its end.

    Args:
        bench: what is measured.
        folder: of the journal; the same call continues an interrupted one.
        seconds: after which no further solve is started; None for no end.
        measure: how one solve is measured; in a process of its own when not given.
        progress: called before every solve.

    Returns:
        The trials of the bench that are done, those of former calls included.

    Raises:
        InputError: the folder holds solves by other code, or cannot be written.
    """
    journal = Journal.opened(folder, bench.header())
    keys = bench.keys()
    done = _kept(journal, keys)
    end = np.inf if seconds is None else time.monotonic() + seconds
    total, run = sum(foreseen_seconds(key) for key in keys), uuid.uuid4().hex[:8]
    for key in keys:
        if key in done:
            continue
        if time.monotonic() >= end:
            break
        if progress is not None:
            progress(sum(foreseen_seconds(other) for other in done), total, _words(key))
        found = _skipped(key, done.values()) or (measure or in_a_process)(key, bench.allowed(key))
        done[key] = replace(found, run=run)
        journal.append([_Line(done[key])])
    return [done[key] for key in keys if key in done]


def _kept(journal: Journal, keys: Iterable[TrialKey]) -> dict[TrialKey, Trial]:
    wanted, kept = set(keys), {}
    for record in journal.records():
        try:
            trial = Trial.from_json(record)
        except (KeyError, TypeError, AttributeError):
            continue
        if trial.key in wanted:
            kept[trial.key] = trial
    return kept


def _skipped(key: TrialKey, done: Iterable[Trial]) -> Trial | None:
    """Where the method ran out of time or memory on fewer points of the kind, there is no use in trying."""
    kind = replace(key, n=0, m=0, seed=0)
    for trial in done:
        fewer = trial.key.n * trial.key.m <= key.n * key.m
        if trial.status in {"time up", "failed"} and fewer and replace(trial.key, n=0, m=0, seed=0) == kind:
            return Trial(key=key, status="skipped", failure=f"{trial.status} at n = {trial.key.n}")
    return None


def _words(key: TrialKey) -> str:
    return " ".join([key.method, f"n={key.n}", key.shape, *([key.loss, f"{key.weight:g}"] if key.loss else [])])


def foreseen_seconds(key: TrialKey) -> float:
    """About what a solve takes, for the share of the work that is done."""
    pairs = float(key.n * key.m)
    match key.method:
        case "emd":
            work = 4e-7 * pairs
        case "Clarabel":
            work = min(20.0 * (pairs / 160_000) ** 1.8, 120.0)
        case _:
            work = 30.0 * (pairs / 1e8) ** 0.85
    return 4.0 + work  # a process loads its libraries


def to_json(bench: ExactBench, trials: Iterable[Trial], summary: Mapping[str, Any]) -> dict[str, Any]:
    """Settings, summary and every solve as plain data."""
    settings = {**bench.to_json(), **bench.header()}
    return {"settings": settings, "summary": summary, "solves": [trial.to_json() for trial in trials]}
