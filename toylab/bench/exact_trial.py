"""One measured solve, alone in a process of its own: seconds, iterations, certified gap, peak memory.

`in_a_process` starts `python -m toylab.bench.exact_trial`, which reads the key of a trial from its standard input and
writes what it measured. A first solve of four points loads libraries and compiles what is compiled; only then the
memory of the process so far is noted, and the clocks start. Quick solves are repeated and their median counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from toylab.bench.exact_data import critic_problem, measures
from toylab.errors import ToylabError, unknown_name
from toylab.measures import DiscreteMeasure

#: Methods that are no solver of this package's own: what it is measured against.
EMD, CLARABEL = "emd", "Clarabel"
#: What `solve` chooses by itself.
DEFAULT = "default"
_SOLVERS = ("InteriorPoint", "Multiscale", "Transport", "Bundle", "CompactDual", "KantorovichRubinstein", "Reference")
#: Solves are repeated until so many seconds have passed, or so often.
_ENOUGH_SECONDS, _MOST_REPEATS = 1.0, 5
_SIMPLEX_ITERATIONS = 10**9


def solver_names() -> list[str]:
    """Names of the exact solvers that can be timed."""
    from toylab import solvers

    return [DEFAULT, *(name for name in _SOLVERS if name in solvers.__all__)]


@dataclass(frozen=True, kw_only=True, order=True)
class TrialKey:
    """Which solve.

    Attributes:
        method: name of a solver, "emd" (a plain transport problem of the points, without a loss) or "Clarabel".
        shape: of the points.
        n: fake points.
        m: real points.
        weighted: whether their weights differ.
        loss: name of the loss pair; empty for "emd".
        weight: λ; 0 for "emd".
        seed: of the points.
        device: on which the interior point runs.
    """

    method: str
    shape: str
    n: int
    m: int
    weighted: bool = False
    loss: str = ""
    weight: float = 0.0
    seed: int = 0
    device: str = "cpu"


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a solve cost and gave.

    Attributes:
        key: which solve.
        status: "optimal", another status of a solver, "time up", "failed", or "skipped".
        wall: seconds on the clock, certificate included; those allowed where the time was up.
        cpu: CPU seconds of the process, all threads.
        repeats: of how many solves these are the medians.
        iterations: as the solver counts them; 0 where it does not.
        relative_gap: certified over every fake→real pair; None where there is none.
        memory: peak resident memory of the process in MiB, of a GPU the peak of its own memory; None where the
            system does not say.
        baseline: the same before the solve: the interpreter and its libraries.
        solver: what the default chose.
        threads: torch's, or of the environment.
        failure: the sentence of an error, empty where there was none.
        claim: what a rival reports of itself, in its own words; empty where it is not one, or nothing is known.
        run: which call of the bench it belongs to.
    """

    key: TrialKey
    status: str
    wall: float = 0.0
    cpu: float = 0.0
    repeats: int = 0
    iterations: int = 0
    relative_gap: float | None = None
    memory: float | None = None
    baseline: float | None = None
    solver: str = ""
    threads: int = 0
    failure: str = ""
    claim: str = ""
    run: str = ""

    @property
    def ended(self) -> str:
        """How it ended, in words that keep a rival's claim apart from what the certificate measured."""
        if self.key.method not in {EMD, CLARABEL} or not self.finished:
            return self.status
        measured = "" if self.relative_gap is None else f", gap {self.relative_gap:.0e}"
        return f"says {self.claim or self.status}{measured}"

    @property
    def finished(self) -> bool:
        """Whether the solve came to its own end."""
        return self.repeats > 0

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Trial:
        """The trial of `to_json`; what else the data hold is left out."""
        known = {name: data[name] for name in Trial.__dataclass_fields__ if name in data}
        return Trial(**{**known, "key": TrialKey(**data["key"])})


def in_a_process(key: TrialKey, limit: float) -> Trial:
    """The trial, measured in a fresh process that is stopped after `limit` seconds and a minute for its libraries."""
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    request = json.dumps({"key": asdict(key), "limit": limit})
    try:
        done = subprocess.run(
            [sys.executable, "-m", "toylab.bench.exact_trial"],
            input=request,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
            timeout=limit + 60.0,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Trial(key=key, status="time up", wall=limit)
    if done.returncode:
        words = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        killed = f"the process was stopped by signal {-done.returncode}, as one is that takes too much memory"
        return Trial(key=key, status="failed", failure=killed if done.returncode < 0 else words)
    return Trial.from_json(json.loads(done.stdout.splitlines()[-1]))


def measured(key: TrialKey, limit: float) -> Trial:
    """The trial, measured in this process."""
    from toylab.bench.time_limits import TooSlowError, time_limit

    work = _work(key)
    fake, real = measures(key.shape, 4, 4, weighted=key.weighted, seed=key.seed)
    points = measures(key.shape, key.n, key.m, weighted=key.weighted, seed=key.seed)
    try:
        work(fake, real)
        baseline, trials = _peak_memory(key.device), []
        with time_limit(limit):
            while not trials or (sum(t.wall for t in trials) < _ENOUGH_SECONDS and len(trials) < _MOST_REPEATS):
                start = time.perf_counter(), time.process_time()
                found = work(*points)
                wall, cpu = time.perf_counter() - start[0], time.process_time() - start[1]
                trials.append(replace(found, wall=wall, cpu=cpu))
    except TooSlowError:
        return Trial(key=key, status="time up", wall=limit, threads=_threads())
    except (ToylabError, MemoryError, RuntimeError) as error:
        words = (str(error).splitlines() or [type(error).__name__])[0]
        return Trial(key=key, status="failed", failure=words, threads=_threads())
    return replace(
        trials[-1],
        wall=median(trial.wall for trial in trials),
        cpu=median(trial.cpu for trial in trials),
        repeats=len(trials),
        memory=_peak_memory(key.device),
        baseline=baseline,
        threads=_threads(),
    )


def _work(key: TrialKey) -> Callable[[DiscreteMeasure, DiscreteMeasure], Trial]:
    """What is timed, for given points."""
    if key.method == EMD:
        return lambda fake, real: _transported(key, fake, real)
    solver = make_solver(key.method, key.device)
    return lambda fake, real: _solved(key, solver, fake, real)


def make_solver(method: str, device: str) -> Any:
    """The solver of this name, None for the default one on the CPU.

    Raises:
        InputError: there is no such solver, or it does not run on the device.
    """
    from toylab import solvers
    from toylab.errors import InputError

    if method == CLARABEL:  # the conic program as it is, without the refinement that Reference goes on with
        return solvers.Reference(rtol=0.99)
    if method not in solver_names():
        raise unknown_name("solver", method, solver_names())
    if device == "cpu":
        return None if method == DEFAULT else getattr(solvers, method)()
    kind = solvers.InteriorPoint if method == DEFAULT else getattr(solvers, method)
    if "device" not in kind.__dataclass_fields__:
        raise InputError(f"{kind.__name__} runs on the CPU only; leave --device out, or take InteriorPoint.")
    return kind(device=device)


def _transported(key: TrialKey, fake: DiscreteMeasure, real: DiscreteMeasure) -> Trial:
    """A plain optimal-transport problem of the points with their own weights, its matrix of distances included."""
    import ot
    from scipy.spatial.distance import cdist

    distance = cdist(fake.points, real.points)
    _, log = ot.emd(fake.weights, real.weights, distance, numItermax=_SIMPLEX_ITERATIONS, log=True)
    warned = log["warning"] is not None
    return Trial(
        key=key,
        status="failed" if warned else "optimal",
        failure=log["warning"] or "",
        claim="" if warned else "optimal",
    )


def _solved(key: TrialKey, solver: Any, fake: DiscreteMeasure, real: DiscreteMeasure) -> Trial:
    from toylab.solvers.solving import solve

    solution = solve(critic_problem(fake, real, key.loss, key.weight), solver, throw=False)
    return Trial(
        key=key,
        status=solution.status.name.lower().replace("_", " "),
        iterations=int(solution.stats.get("iterations", 0)),
        relative_gap=solution.certificate.relative_gap,
        solver=str(solution.stats["solver"]),
        claim=str(solution.stats.get("claim", "")) if key.method == CLARABEL else "",
    )


def _peak_memory(device: str) -> float | None:
    """MiB of this process, or of a GPU's tensors; None where the system does not say."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.max_memory_allocated(device) / 2**20
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _threads() -> int:
    if "torch" in sys.modules:
        return sys.modules["torch"].get_num_threads()
    return int(os.environ.get("OMP_NUM_THREADS") or os.cpu_count() or 1)


if __name__ == "__main__":
    request = json.load(sys.stdin)
    print(json.dumps(measured(TrialKey(**request["key"]), request["limit"]).to_json()))
