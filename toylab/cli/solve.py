"""`toylab solve`: one problem, its optimal (or a trained) critic, and how optimal it is."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from toylab.cli.options import positive, whole
from toylab.cli.problem_source import ProblemSource, add_problem_arguments, problem_from
from toylab.cli.targets import PICTURES, checked_target
from toylab.cli.terminal import progress_bar
from toylab.data_files import save_problem
from toylab.errors import InputError, unknown_name
from toylab.interrupts import GUARD
from toylab.problem import CriticProblem
from toylab.solution import Solution, Status
from toylab.solvers.base import AbstractSolver
from toylab.solvers.solving import default_solver
from toylab.storage import write_json
from toylab.verification import ExitCode

_EXACT = ("exact", "interior-point", "transport", "compact-dual", "kantorovich-rubinstein", "reference")

#: Trained critics; the presets are looked up only when one is asked for, since they load torch.
_TRAINED = (
    "maxgp",
    "funnel",
    "gp",
    "lp",
    "mean-square",
    "ct",
    "weight-clipping",
    "spectral-norm",
    "orthogonal",
    "unrestricted",
)

#: Options of exact solvers, where they have a field of this name.
_ASKED = ("rtol", "max_iterations")


def register(commands: Any) -> None:
    """Add the command to the parser."""
    solve = commands.add_parser("solve", help="solve one problem and say how optimal the critic is")
    add_problem_arguments(solve)
    solve.add_argument("--solver", default="exact", help=f"one of: {', '.join((*_EXACT, *_TRAINED))}")
    solve.add_argument(
        "--published", action="store_true", help="of a trained critic: the settings of its paper, not tuned ones"
    )
    solve.add_argument("--steps", type=whole(1), metavar="N", help="of a trained critic: training steps")
    solve.add_argument("--rtol", type=positive, metavar="R", help="of an exact critic: relative gap to certify")
    solve.add_argument("--max-iterations", type=whole(1), metavar="N", help="of an exact critic: at most so many")
    solve.add_argument("--plot", metavar="FILE", help="draw critic, gradients and coupling (png, pdf, svg)")
    solve.add_argument("--json", metavar="FILE", help="write problem, values and plan as JSON")
    solve.add_argument("--save-problem", metavar="FILE", help="write the problem as JSON, for --problem")
    solve.set_defaults(run=run)


def _solver(options: argparse.Namespace, problem: CriticProblem, progress: Any) -> AbstractSolver:
    from toylab import solvers

    makers: dict[str, Callable[[], AbstractSolver]] = {
        "exact": lambda: default_solver(problem),
        "interior-point": solvers.InteriorPoint,
        "transport": solvers.Transport,
        "compact-dual": solvers.CompactDual,
        "kantorovich-rubinstein": solvers.KantorovichRubinstein,
        "reference": solvers.Reference,
    }
    if options.solver in _TRAINED:
        if any(getattr(options, name) is not None for name in _ASKED):
            raise InputError(
                f"--rtol and --max-iterations are for exact critics, and {options.solver!r} is trained: it has --steps."
            )
        return _trained(options, progress)
    if options.solver not in makers:
        raise unknown_name("solver", options.solver, (*_EXACT, *_TRAINED))
    if options.published or options.steps is not None:
        raise InputError(f"--published and --steps are for trained critics, and {options.solver!r} is exact.")
    solver = _with_settings(makers[options.solver](), options)
    told = isinstance(solver, solvers.InteriorPoint | solvers.Multiscale)
    return replace(solver, progress=progress) if told else solver


def _with_settings(solver: Any, options: argparse.Namespace) -> AbstractSolver:
    """An exact solver with what was asked of it."""
    known = {field.name for field in fields(solver)}
    asked = {name: value for name in _ASKED if (value := getattr(options, name)) is not None}
    for name in asked:
        if name not in known:
            raise InputError(f"--{name.replace('_', '-')} is nothing that {type(solver).__name__} knows; leave it out.")
    return replace(solver, **asked)


def _in_training(numbers: Mapping[str, float]) -> str:
    shown = (("loss", "loss", ".4g"), ("relative_gap", "gap", ".2g"), ("k", "k", ".3g"))
    return " · ".join(f"{name} {numbers[key]:{form}}" for key, name, form in shown if key in numbers) or "solving"


def _trained(options: argparse.Namespace, progress: Any) -> AbstractSolver:
    from toylab.solvers.network import PRESETS, FunnelMaxGP

    steps = {} if options.steps is None else {"steps": options.steps}
    if options.solver == "funnel":
        if options.published:
            raise InputError("FunnelMaxGP has no published settings; leave --published out.")
        most = {} if options.steps is None else {"max_iterations": options.steps}
        return FunnelMaxGP(device="auto", progress=progress, **most)
    preset = PRESETS[options.solver]
    return preset(published=options.published, seed=options.seed, device="auto", progress=progress, **steps)


def run(options: argparse.Namespace) -> int:
    """Solve the problem, print its certificate, draw and write what was asked for."""
    source = problem_from(options)
    picture = checked_target(options.plot, PICTURES)
    data = checked_target(options.json, (".json",))
    saved = checked_target(options.save_problem, (".json",))
    with GUARD.held():  # a critic that was found is certified and written first
        solution, solver = _solved(options, source.problem, saved)
        _print(solution, source)
        if data is not None:  # first: it is quick, and holds all there is
            write_json(data, solution.to_json())
            print(f"Written: {data}")
    stopped = GUARD.asked or solution.status is Status.INTERRUPTED
    if picture is not None and not GUARD.asked:
        try:
            _draw(solution, picture)
        except KeyboardInterrupt:
            stopped = True
    if stopped:
        return GUARD.say(_what_is_kept(data, solution))
    return _exit_code(solution, solver)


def _solved(options: argparse.Namespace, problem: CriticProblem, saved: Path | None) -> tuple[Solution, AbstractSolver]:
    from toylab.solvers.solving import solve

    with progress_bar() as progress:
        task = progress.add_task("solving", total=None)

        def advance(done: int, total: int, numbers: Mapping[str, float]) -> None:
            if GUARD.asked:  # the solver keeps its best critic
                raise KeyboardInterrupt
            progress.update(task, completed=done, total=total, description=_in_training(numbers))

        solver = _solver(options, problem, advance)
        if saved is not None:  # first, so that a problem that cannot be solved can be looked at again
            print(f"Written: {save_problem(problem, saved)}")
        return solve(problem, solver, throw=False), solver


def _print(solution: Solution, source: ProblemSource) -> None:
    """Which problem it was, how it was solved, and what the certificate says."""
    certificate, problem = solution.certificate, solution.problem
    print(f"problem         {source.label}: {problem.describe()}")
    if source.known is not None:
        print(f"known           {source.known}")
    print(f"solver          {solution.stats['solver']}, {solution.stats['seconds']:.2f} s")
    if "instead" in solution.stats:
        print(f"in the end      {solution.stats['instead']}")
    if "weight" in solution.stats:
        print(f"restricted by   {solution.stats['weight']}")
    print(f"status          {solution.status.name.lower()}: {solution.status.value}")
    print(f"value           {certificate.primal:.10g}")
    print(f"dual bound      {certificate.dual:.10g}")
    print(f"relative gap    {certificate.relative_gap:.2g}, of what the best constant critic leaves to gain")
    if "raw_relative_gap" in solution.stats:
        raw = solution.stats
        print(
            f"as trained      relative gap {raw['raw_relative_gap']:.2g}, k = {raw['raw_constant']:.6g}, not rescaled"
        )
    low, high = problem.regularizer.constant_interval(certificate.cost, certificate.gap)
    within = f", k* within {low:.10g} … {high:.10g}" if np.isfinite(high) else " between the points, unrestricted"
    print(f"constant k      {solution.lipschitz_constant:.10g}{within}")
    if certificate.critic_excess is not None:
        print(f"critic excess   {certificate.critic_excess:.2g}")


def _draw(solution: Solution, picture: Path) -> None:
    from toylab.plotting import plot, save

    save(plot(solution), picture)
    print(f"Written: {picture}")


def _what_is_kept(data: Path | None, solution: Solution) -> str:
    """One sentence on a solve that was stopped."""
    gap = f"a critic of relative gap {solution.certificate.relative_gap:.2g}"
    return f"toylab: interrupted at {gap}; {f'it is in {str(data)!r}' if data else '--json would keep it'}."


def _exit_code(solution: Solution, solver: AbstractSolver) -> int:
    """3 where an exact solver has missed its tolerance."""
    from toylab.solvers.solving import shortfall

    if solver.exact and solution.status is not Status.OPTIMAL:
        print(f"toylab: {shortfall(solution, solver).on_command_line}", file=sys.stderr)
    return ExitCode.AS_EXPECTED if not solver.exact or solution.status is Status.OPTIMAL else ExitCode.INCONCLUSIVE
