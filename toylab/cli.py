"""The command line: `toylab verify`, `toylab list`, `toylab solve`."""

from __future__ import annotations

import argparse
import fnmatch
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from toylab import claims, losses, zoo
from toylab.claims import Budget, Claim
from toylab.errors import InputError, SolverError, ToylabError, unknown_name
from toylab.problem import CriticProblem, LipschitzBall, LipschitzPenalty, Regularizer
from toylab.solvers.base import AbstractSolver
from toylab.solvers.solving import default_solver
from toylab.verification import ExitCode

_SOLVERS = ("exact", "interior-point", "transport", "compact-dual", "kantorovich-rubinstein", "reference", "maxgp")


class _Parser(argparse.ArgumentParser):
    """argparse with one-sentence errors."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see `{self.prog} --help`.")


def _console(*, error: bool = False) -> Any:
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else max(shutil.get_terminal_size((160, 50)).columns, 160)
    return Console(file=stream, width=width, highlight=False)


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    top = _Parser(
        prog="toylab",
        description="Statements of the Lipschitz-GAN literature, decided against certified optimal critics.",
        epilog="Exit codes: 0 as expected, 1 not, 2 usage, 3 inconclusive, 4 nothing selected, 70 internal error, "
        "130 interrupted.",
    )
    commands = top.add_subparsers(dest="command", metavar="command", required=True, parser_class=_Parser)

    verify = commands.add_parser("verify", help="decide the claims, run their controls, train MaxGP beside the optimum")
    verify.add_argument("--quick", action="store_true", help="fewer cases, under 30 seconds")
    verify.add_argument("--claims", default="*", metavar="PATTERN", help="ids to select, for instance 'lgan.*'")
    verify.add_argument("--out", default="toylab-report", metavar="DIR", help="folder for report.json and pictures")
    verify.add_argument("--no-training", action="store_true", help="leave out the table of trained critics")
    verify.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: all cores)")

    listing = commands.add_parser("list", help="the claims: id, source, statement, hypotheses, controls")
    listing.add_argument("--claims", default="*", metavar="PATTERN")
    listing.add_argument("--markdown", action="store_true", help="as the README's table")

    solve = commands.add_parser("solve", help="solve one problem and say how optimal the critic is")
    solve.add_argument("problem", help=f"one of: {', '.join(zoo.names())}")
    solve.add_argument("--n", type=int, help="points a side")
    solve.add_argument("--seed", type=int, default=0, help="of the sampler and of training")
    solve.add_argument("--loss", default="logistic", help=f"one of: {', '.join(losses.names())}")
    constant = solve.add_mutually_exclusive_group()
    constant.add_argument("--lam", type=float, help="weight of the Lipschitz penalty (default 0.1)")
    constant.add_argument("--ball", type=float, metavar="K", help="bound the Lipschitz constant by K instead")
    solve.add_argument("--solver", default="exact", help=f"one of: {', '.join(_SOLVERS)}")
    solve.add_argument("--plot", metavar="FILE", help="draw critic, gradients and coupling (png, pdf, svg)")
    solve.add_argument("--json", metavar="FILE", help="write problem, values and plan as JSON")
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    code: int = ExitCode.INTERNAL_ERROR
    try:
        options = parser().parse_args(arguments)
        code = {"verify": _verify, "list": _list, "solve": _solve}[options.command](options)
    except ToylabError as error:
        print(f"toylab: {error}", file=sys.stderr)
        code = ExitCode.INCONCLUSIVE if isinstance(error, SolverError) else ExitCode.USAGE
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.AS_EXPECTED
    except KeyboardInterrupt:
        print("toylab: interrupted; files written before are untouched.", file=sys.stderr)
        code = 130
    except Exception:  # a fault of ours: everything a person needs to report it
        traceback.print_exc()
        print("toylab: internal error; please report it with the lines above.", file=sys.stderr)
    return code


def _selected(pattern: str) -> list[Claim]:
    """The claims whose id or alias matches; an unknown plain name is an error, an empty pattern match is not."""
    chosen = [c for c in claims.ALL if any(fnmatch.fnmatchcase(name, pattern) for name in (c.id, *c.aliases))]
    if not chosen and not any(character in pattern for character in "*?["):
        claims.get(pattern)  # raises, with the nearest match
    return chosen


# --- verify ------------------------------------------------------------------------------------------------


def _verify(options: argparse.Namespace) -> int:
    from toylab.report.files import write_report
    from toylab.report.terminal import print_report
    from toylab.storage import writable_folder
    from toylab.verification import verify_all

    if options.workers < 1:
        raise InputError(f"--workers must be at least 1, got {options.workers}.")
    chosen = _selected(options.claims)
    if not chosen:
        print(f"toylab: no claim matches {options.claims!r}; `toylab list` shows them all.", file=sys.stderr)
        return ExitCode.NOTHING_SELECTED
    folder = writable_folder(options.out)
    with _progress() as progress:
        task = progress.add_task("verifying", total=None)
        report = verify_all(
            chosen,
            Budget.QUICK if options.quick else Budget.FULL,
            training=not options.no_training,
            workers=options.workers,
            progress=lambda done, total, what: progress.update(task, completed=done, total=total, description=what),
        )
    files = write_report(report, folder)
    print_report(report, _console())
    print(f"Written: {', '.join(str(file) for file in files)}")
    return report.exit_code


def _progress() -> Any:
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:>16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    console = _console(error=True)
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


# --- list --------------------------------------------------------------------------------------------------


def _list(options: argparse.Namespace) -> int:
    chosen = _selected(options.claims)
    if not chosen:
        print(f"toylab: no claim matches {options.claims!r}; `toylab list` shows them all.", file=sys.stderr)
        return ExitCode.NOTHING_SELECTED
    if options.markdown:
        print(markdown_table(chosen))
        return ExitCode.AS_EXPECTED
    for claim in chosen:
        aliases = f" (also {', '.join(claim.aliases)})" if claim.aliases else ""
        print(f"{claim.id}{aliases} · {'; '.join(claim.sources)} · expected: {claim.expected.value}")
        print(f"  {claim.statement}")
        print(f"  Hypotheses: {'; '.join(f'{h.name} – {h.sentence}' for h in claim.hypotheses)}.")
        for control in claim.controls:
            broken = "as it stands" if control.breaks is None else f"without {control.breaks}"
            print(f"  Control, {broken}: {control.why}.")
        print()
    return ExitCode.AS_EXPECTED


def markdown_table(chosen: Sequence[Claim]) -> str:
    """The README's table of claims."""
    lines = ["| claim | statement | source | expected | controls |", "|---|---|---|---|---|"]
    for claim in chosen:
        cells = (f"`{claim.id}`", claim.title, claim.sources[0], claim.expected.value, str(len(claim.controls)))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


# --- solve -------------------------------------------------------------------------------------------------


def _regularizer(options: argparse.Namespace) -> Regularizer:
    if options.ball is not None:
        return LipschitzBall(options.ball)
    return LipschitzPenalty(0.1 if options.lam is None else options.lam)


def _solver(options: argparse.Namespace, problem: CriticProblem, progress: Any) -> AbstractSolver:
    from toylab import solvers

    makers: dict[str, Callable[[], AbstractSolver]] = {
        "exact": lambda: default_solver(problem),
        "interior-point": solvers.InteriorPoint,
        "transport": solvers.Transport,
        "compact-dual": solvers.CompactDual,
        "kantorovich-rubinstein": solvers.KantorovichRubinstein,
        "reference": solvers.Reference,
        "maxgp": lambda: solvers.MaxGP(seed=options.seed, device="auto", progress=progress),
    }
    if options.solver not in makers:
        raise unknown_name("solver", options.solver, makers)
    return makers[options.solver]()


def _checked_target(path: str | None, endings: Sequence[str]) -> Path | None:
    """An output file, checked before any work is done."""
    if path is None:
        return None
    from toylab.storage import writable_folder

    target = Path(path)
    if target.suffix.lower() not in endings:
        raise InputError(f"cannot write {path!r}: the file name must end in {' or '.join(endings)}.")
    if target.is_dir():
        raise InputError(f"cannot write {path!r}: it is a folder; give the name of a file.")
    if not target.parent.is_dir():
        raise InputError(f"cannot write {path!r}: the folder {str(target.parent)!r} does not exist.")
    writable_folder(target.parent)
    return target


def _solve(options: argparse.Namespace) -> int:
    from toylab.solvers.solving import solve
    from toylab.storage import write_json

    problem = zoo.load(
        options.problem,
        n=options.n,
        seed=options.seed,
        losses=losses.get(options.loss),
        regularizer=_regularizer(options),
    )
    picture = _checked_target(options.plot, (".png", ".pdf", ".svg"))
    data = _checked_target(options.json, (".json",))
    with _progress() as progress:
        task = progress.add_task("solving", total=None)

        def advance(done: int, total: int, numbers: Mapping[str, float]) -> None:
            progress.update(task, completed=done, total=total, description=f"objective {numbers['objective']:.5g}")

        solution = solve(problem, _solver(options, problem, advance))
    certificate = solution.certificate
    print(f"problem         {options.problem}: {problem.describe()}")
    print(f"known           {zoo.get(options.problem).known}")
    print(f"solver          {solution.stats['solver']}, {solution.stats['seconds']:.2f} s")
    print(f"status          {solution.status.name.lower()}: {solution.status.value}")
    print(f"value           {certificate.primal:.10g}")
    print(f"dual bound      {certificate.dual:.10g}")
    print(f"relative gap    {certificate.relative_gap:.2g}, of what the best constant critic leaves to gain")
    low, high = problem.regularizer.constant_interval(certificate.cost, certificate.gap)
    print(f"constant k      {solution.lipschitz_constant:.10g}, k* within {low:.10g} … {high:.10g}")
    if certificate.critic_excess is not None:
        print(f"critic excess   {certificate.critic_excess:.2g}")
    if picture is not None:
        from toylab.plotting import plot, save

        save(plot(solution), picture)
        print(f"Written: {picture}")
    if data is not None:
        write_json(data, solution.to_json())
        print(f"Written: {data}")
    return ExitCode.AS_EXPECTED


if __name__ == "__main__":
    raise SystemExit(main())
