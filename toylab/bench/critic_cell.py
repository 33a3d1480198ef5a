"""One training of the comparison: a method on a problem from a seed, timed, and judged at its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from toylab.bench.critic_judging import end_numbers
from toylab.bench.critic_methods import Method, watched
from toylab.errors import ToylabError
from toylab.problem import CriticProblem
from toylab.solution import Candidate, Solution, Status
from toylab.solvers.base import AbstractSolver
from toylab.solvers.solving import solve

_STATUS_WORDS = {
    Status.OPTIMAL: "optimal",
    Status.CONVERGED: "converged",
    Status.INACCURATE: "inaccurate",
    Status.ITERATION_LIMIT: "steps up",
    Status.DIVERGED: "diverged",
}


@dataclass(frozen=True, kw_only=True, order=True)
class CellKey:
    """Which training.

    Attributes:
        n: points a side, 0 for a problem of fixed points.
        loss: name of the loss pair.
        seed: of the points and of the training.
        method: name of the method.
    """

    n: int
    loss: str
    seed: int
    method: str

    @property
    def file_name(self) -> str:
        """A file name that no other key has."""
        return f"{self.n}-{self.loss}-{self.method}-{self.seed}.json".replace("/", "_")


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What one training reached, and when.

    Attributes:
        key: which training.
        restriction: which λ (or what else) restricted the critic.
        status: how it ended.
        steps: training steps.
        cpu_seconds: CPU seconds of training, judging left out.
        wall_seconds: the same on the clock.
        judging_seconds: CPU seconds of judging.
        device: where it ran.
        run: which call of the bench it belongs to: costs are interleaved within one.
        order: its place in the order of that call.
        clock: "stopwatch" or, for a solver that cannot be watched, "history", whose times include judging.
        series: step, cpu, wall, gap, excess, raw: lists of one length.
        end: numbers at the end of training.
        failure: the sentence of an error, empty where there was none.
    """

    key: CellKey
    restriction: str
    status: str = ""
    steps: int = 0
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    judging_seconds: float = 0.0
    device: str = ""
    run: str = ""
    order: int = 0
    clock: str = "stopwatch"
    series: Mapping[str, list[float]] = field(default_factory=dict)
    end: Mapping[str, float] = field(default_factory=dict)
    failure: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Cell:
        """The cell of `to_json`; numbers that were not finite come back as NaN."""
        series = {name: [_number(value) for value in values] for name, values in data["series"].items()}
        end = {name: _number(value) for name, value in data["end"].items()}
        return Cell(**{**data, "key": CellKey(**data["key"]), "series": series, "end": end})


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def run_cell(
    key: CellKey,
    method: Method,
    exact: Candidate,
    *,
    seconds: float,
    device: str,
    run: str = "",
    order: int = 0,
    tick: Callable[[float], None] = lambda seconds: None,
) -> Cell:
    """Train a method on the problem of a certified optimum, and judge it.

    Args:
        key: which training this is; its seed is the one of the training.
        method: what is trained.
        exact: the certified optimum, whose problem is the one that is trained on.
        seconds: of training allowed: CPU seconds, wall seconds on a GPU.
        device: "auto", "cpu", "cuda" or "cuda:<number>".
        run: which call of the bench this belongs to.
        order: the place in its order.
        tick: called with the seconds of training so far.

    Raises:
        KeyboardInterrupt: the user stopped it; solvers keep their best critic then, but half a training is no result.
    """
    problem = exact.problem
    cell = {"key": key, "restriction": "", "run": run, "order": order}
    try:
        cell["restriction"] = method.restriction(problem)
        solver = method.make(key.seed, device)
        timed = _timed(solver, problem, exact, seconds, tick)
    except (ToylabError, RuntimeError) as error:  # a method that does not apply, or a device without memory
        return Cell(**cell, status="failed", failure=str(error).splitlines()[0])
    solution = timed.solution
    if solution.status is Status.INTERRUPTED:
        raise KeyboardInterrupt
    return Cell(
        **cell,
        status="time up" if timed.time_up else _STATUS_WORDS[solution.status],
        steps=int(solution.stats.get("steps", solution.stats.get("iterations", 0))),
        cpu_seconds=timed.cpu,
        wall_seconds=timed.wall,
        judging_seconds=timed.judging,
        device=str(solution.stats.get("device", "cpu")),
        clock=timed.clock,
        series=timed.series,
        end=end_numbers(solution, exact, timed.rescaling),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Timed:
    """A solution, what it cost, its series, the last rescaling it went through, and whether its time was up."""

    solution: Solution
    cpu: float
    wall: float
    judging: float
    clock: str
    series: dict[str, list[float]]
    rescaling: tuple[float, float] = (1.0, 0.0)
    time_up: bool = False


def _timed(
    solver: AbstractSolver, problem: CriticProblem, exact: Candidate, seconds: float, tick: Callable[[float], None]
) -> _Timed:
    from toylab.bench.critic_stopwatch import PausedClock, Stopwatch, WatchedPolish
    from toylab.solvers.network import ScaleAndOffset

    on_gpu, settle = _device_of(solver)
    polish = WatchedPolish(inner=getattr(solver, "polish", ()) or (ScaleAndOffset(),))
    inner: Any = getattr(solver, "stopping", None)
    start, clock = (time.process_time(), time.perf_counter()), PausedClock(settle)
    watch = Stopwatch(inner=inner, seconds=seconds, clock=clock, polish=polish, on_wall=on_gpu, tick=tick)
    watching = None if inner is None else watched(solver, stopping=watch, polish=(polish,))
    solution = solve(problem, watching or solver, throw=False)
    if watching is None:
        cpu, wall = time.process_time() - start[0], time.perf_counter() - start[1]
        return _Timed(
            solution=solution,
            cpu=cpu,
            wall=wall,
            judging=0.0,
            clock="history",
            series=_from_history(solution, cpu, wall),
        )
    end = watch.end()
    unit = exact.certificate.room
    series = asdict(watch.trace)
    series["raw"] = [(raw - exact.certificate.dual) / unit for raw in series["raw"]]
    _finish(series, solution, end.cpu, end.wall, (polish.take() - exact.certificate.dual) / unit)
    return _Timed(
        solution=solution,
        cpu=end.cpu,
        wall=end.wall,
        judging=watch.judging,
        clock="stopwatch",
        series=series,
        rescaling=polish.rescaling,
        time_up=watch.time_up,
    )


def _device_of(solver: AbstractSolver) -> tuple[bool, Callable[[], None]]:
    """Whether a GPU does the work, and how to wait for it."""
    import torch

    from toylab.solvers.devices import find_device

    device = find_device(getattr(solver, "device", "cpu"))
    if device.type != "cuda":
        return False, lambda: None
    return True, lambda: torch.cuda.synchronize(device)


def _finish(series: dict[str, list[float]], solution: Solution, cpu: float, wall: float, raw: float) -> None:
    """Add the critic that was returned, at the time when it was."""
    series["step"].append(int(solution.stats.get("steps", 0)))
    series["cpu"].append(cpu)
    series["wall"].append(wall)
    series["gap"].append(solution.certificate.relative_gap)
    series["excess"].append(float(solution.stats.get("relative_excess", np.nan)))
    series["raw"].append(raw if np.isfinite(raw) else (series["raw"] or [np.nan])[-1])


def _from_history(solution: Solution, cpu: float, wall: float) -> dict[str, list[float]]:
    """The series of a solver that cannot be watched; CPU seconds in proportion where it has only those of the wall.

    It has no rescaling that could be told apart, so that its raw critic is the one it has.
    """
    history = solution.history
    seconds = np.asarray(history.get("judged_seconds", []), dtype=np.float64)
    own = np.asarray(history.get("judged_cpu_seconds", seconds * (cpu / max(wall, 1e-9))), dtype=np.float64)
    nothing = np.full(len(seconds), np.nan)
    series = {
        "step": np.asarray(history.get("judged_step", nothing)).tolist()[: len(seconds)],
        "cpu": own.tolist(),
        "wall": seconds.tolist(),
        "gap": np.asarray(history.get("relative_gap", nothing)).tolist()[: len(seconds)],
        "excess": np.asarray(history.get("relative_excess", nothing)).tolist()[: len(seconds)],
        "raw": [],
    }
    _finish(series, solution, cpu, wall, np.nan)
    series["raw"] = [gap + excess for gap, excess in zip(series["gap"], series["excess"], strict=True)]
    return series
