"""Time to a certified gap: every way of training a critic beside the others, in one interleaved run.

Each seed is a round: its (n, loss, method) trainings follow one another in an order of their own, drawn at random, so
that a machine that is busy for a while, or throttled, hits all methods alike; costs are CPU seconds of the process
beside wall seconds, with one thread.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from toylab import losses, zoo
from toylab.bench.critic_cell import Cell, CellKey, run_cell
from toylab.bench.critic_methods import Method, chosen_methods
from toylab.bench.journal import code_fingerprint
from toylab.errors import InputError, real_number, whole_number
from toylab.problem import CriticProblem, LipschitzPenalty
from toylab.solution import Solution
from toylab.storage import writable_folder, write_json

#: progress(seconds done, seconds at most in all, what runs now)
Progress = Callable[[float, float, str], None]

#: CPU seconds allowed up to so many points a side: the times of the targets.
_BUDGETS = ((10, 5.0), (50, 20.0))
_LONGEST = 120.0

_WORDS = {
    "problem": "problem",
    "lambda": "λ",
    "seconds": "time allowed",
    "device": "device",
    "code": "state of toylab's source code",
}


@dataclass(frozen=True, kw_only=True)
class CriticBench:
    """What is compared on what.

    Attributes:
        problem: name in the zoo.
        sizes: points a side; empty for the problem's own size.
        losses: names of loss pairs.
        methods: names of methods, empty for all there are.
        seeds: how many seeds, each of the points and of the training.
        start: the first of them.
        seconds: of training allowed to each; None for 5 s up to 10 points a side, 20 s up to 50, 120 s beyond.
        weight: λ; None for the problem's own.
        device: "auto", "cpu", "cuda" or "cuda:<number>".

    Raises:
        InputError: a name that does not exist, or a number outside its range.
    """

    problem: str = "case3"
    sizes: tuple[int, ...] = (10, 50)
    losses: tuple[str, ...] = ("wasserstein", "logistic")
    methods: tuple[str, ...] = ()
    seeds: int = 3
    start: int = 0
    seconds: float | None = None
    weight: float | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        from toylab.solvers.devices import find_device
        from toylab.solvers.solving import check_has_optimum

        whole_number(self.seeds, "the number of seeds", least=1)
        whole_number(self.start, "the first seed", least=0)
        if self.seconds is not None and not real_number(self.seconds, "the seconds allowed") > 0:
            raise InputError(f"the seconds allowed must be positive, got {self.seconds}.")
        find_device(self.device)
        if not self.losses:
            raise InputError("the comparison needs at least one loss.")
        for n in self.sizes:
            whole_number(n, "the number of points", least=1)
        for loss in self.losses:
            problem = self.problem_of(self.sizes[0] if self.sizes else 0, loss, self.start)
            check_has_optimum(problem)
            if not isinstance(problem.regularizer, LipschitzPenalty):
                raise InputError(
                    f"critics are trained with a Lipschitz penalty, and {self.problem!r} has "
                    f"{problem.regularizer.describe()}; give its weight, --lam."
                )
        chosen_methods(self.methods or None)

    def problem_of(self, n: int, loss: str, seed: int) -> CriticProblem:
        """The problem of n points a side, 0 for its own size, with a loss."""
        penalty = None if self.weight is None else LipschitzPenalty(self.weight)
        return zoo.load(self.problem, n=n or None, seed=seed, losses=losses.get(loss), regularizer=penalty)

    def allowed(self, n: int) -> float:
        """Seconds of training allowed with n points a side."""
        if self.seconds is not None:
            return self.seconds
        return next((seconds for most, seconds in _BUDGETS if n <= most), _LONGEST)

    def header(self) -> dict[str, Any]:
        """What must agree for the trainings in a folder to be compared."""
        return {
            "problem": self.problem,
            "lambda": self.weight,
            "seconds": self.seconds,
            "device": self.device,
            "code": code_fingerprint(),
        }

    def keys(self) -> list[CellKey]:
        """All trainings, seed after seed, each in a random order of its own."""
        names = [method.name for method in chosen_methods(self.methods or None)]
        keys = []
        for seed in range(self.start, self.start + self.seeds):
            each = [
                CellKey(n=n, loss=loss, seed=seed, method=name)
                for n in self.sizes or (0,)
                for loss in self.losses
                for name in names
            ]
            keys += [each[i] for i in np.random.default_rng([seed, 5]).permutation(len(each))]
        return keys

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def run_critic_bench(bench: CriticBench, folder: str | Path, *, progress: Progress | None = None) -> list[Cell]:
    """Train what the folder does not hold yet; every training is written at its end.

    Args:
        bench: what is compared.
        folder: of the trainings; the same call continues an interrupted one, more seeds or methods are added to it.
        progress: called now and then.

    Returns:
        All trainings of the bench, those done before included.

    Raises:
        InputError: the folder holds trainings that cannot be compared with these, or cannot be written.
    """
    store = _Store.opened(folder, bench.header())
    keys = bench.keys()
    cells = {key: cell for key in keys if (cell := store.read(key)) is not None}
    if len(cells) < len(keys):
        from toylab.solvers.threads import one_thread

        with one_thread():
            for cell in _trained(bench, [key for key in keys if key not in cells], progress):
                store.write(cell)
                cells[cell.key] = cell
    return [cells[key] for key in keys]


def _trained(bench: CriticBench, keys: Sequence[CellKey], progress: Progress | None) -> Iterator[Cell]:
    methods = {method.name: method for method in chosen_methods(bench.methods or None)}
    run, total, done = uuid.uuid4().hex[:8], sum(bench.allowed(key.n) for key in keys), 0.0
    say = progress or (lambda *_: None)
    say(0.0, total, "warming up")
    _warm_up([methods[name] for name in dict.fromkeys(key.method for key in keys)], bench.device)

    @lru_cache(maxsize=4 * len(bench.losses) * max(len(bench.sizes), 1))
    def exact(n: int, loss: str, seed: int) -> Solution:
        from toylab.solvers.solving import solve

        return solve(bench.problem_of(n, loss, seed))

    for order, key in enumerate(keys):
        size = f" n = {key.n}" if key.n else ""
        words, before = f"{key.method},{size} {key.loss}, seed {key.seed}", done
        say(before, total, words)
        yield run_cell(
            key,
            methods[key.method],
            exact(key.n, key.loss, key.seed),
            seconds=bench.allowed(key.n),
            device=bench.device,
            run=run,
            order=order,
            tick=lambda seconds, before=before, words=words: say(before + seconds, total, words),
        )
        done += bench.allowed(key.n)
    say(total, total, "done")


def _warm_up(methods: Sequence[Method], device: str) -> None:
    """A few steps of every method: libraries are loaded and kernels chosen before the first clock runs."""
    from toylab.solvers.solving import solve

    exact = solve(zoo.load("case4", n=2))
    for method in methods:
        key = CellKey(n=2, loss="logistic", seed=0, method=method.name)
        run_cell(key, method, exact, seconds=0.01, device=device)


@dataclass(frozen=True)
class _Store:
    """Finished trainings in a folder, a file for each, and a header that says what they have in common."""

    folder: Path

    @classmethod
    def opened(cls, folder: str | Path, header: Mapping[str, Any]) -> _Store:
        path = writable_folder(folder)
        try:
            found = json.loads((path / "header.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            found = None
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read the header of the trainings in {str(path)!r}: {error}.") from None
        if found is None:
            write_json(path / "header.json", dict(header))
            found = header
        for name, value in header.items():
            if not isinstance(found, Mapping) or found.get(name) != value:
                other = found.get(name) if isinstance(found, Mapping) else None
                raise InputError(
                    f"the folder {str(folder)!r} holds trainings with another {_WORDS[name]} ({other}, this one "
                    f"{value}), which cannot be compared with these; give another --out."
                )
        return cls(writable_folder(path / "trainings"))

    def read(self, key: CellKey) -> Cell | None:
        """The training of this key, None where there is none or its file is damaged."""
        try:
            cell = Cell.from_json(json.loads((self.folder / key.file_name).read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None
        return cell if cell.key == key else None

    def write(self, cell: Cell) -> None:
        write_json(self.folder / cell.key.file_name, cell.to_json())
