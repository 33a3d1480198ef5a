"""Build the figures: `python figures/build.py [FIGURE …]`, or `make figures` for all of them.

Writes NAME.pdf, NAME.png and NAME.json (the arrays behind each) into figures/output, with manifest.json (seed,
parameters, versions, seconds, hash of the data), numbers.json and numbers.tex. What has not changed is not built again.
Exit codes: 0 all are there, 1 a figure failed, 2 usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
if __name__ == "__main__":  # the folder above this one is where `figures` and `toylab` are found
    sys.path[0] = str(ROOT)
    for library in ("OMP", "OPENBLAS", "MKL"):  # sums of several threads differ in their last digits
        os.environ[f"{library}_NUM_THREADS"] = "1"

from figures.building import run as building
from figures.building import scripts
from figures.building.records import Folder
from figures.building.spec import Mode
from figures.building.work import Failed
from toylab.cli.terminal import console, progress_bar
from toylab.errors import InputError, ToylabError, whole_number

_USAGE, _FAILED, _INTERRUPTED = 2, 1, 130


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see `python figures/build.py --help`.")


def parser(known: Sequence[scripts.Script]) -> argparse.ArgumentParser:
    """The command line, with the options of these scripts."""
    made = _Parser(
        prog="python figures/build.py", description=(__doc__ or "").split("\n\n", 1)[1], epilog=_shown(known)
    )
    made.formatter_class = argparse.RawDescriptionHelpFormatter
    made.add_argument("figures", nargs="*", metavar="FIGURE", help="names, or how names begin (default: all)")
    how = made.add_mutually_exclusive_group()
    how.add_argument(
        "--quick", action="store_true", help="small sizes: all under two minutes, into figures/output/quick"
    )
    how.add_argument(
        "--published", action="store_true", help="the papers' own settings: hours, into figures/output/published"
    )
    made.add_argument("--out", metavar="DIR", help="folder to write into (default: figures/output)")
    made.add_argument("--list", action="store_true", help="the figures with what they show, and nothing else")
    made.add_argument("--force", action="store_true", help="compute everything anew")
    cores = os.cpu_count() or 1
    made.add_argument("--jobs", type=int, default=cores, metavar="N", help="processes (default: all cores)")
    made.add_argument("--gallery", action="store_true", help="write small PNGs into figures/gallery as well")
    for option in {option.parameter: option for script in known for option in script.spec.options}.values():
        flag = f"--{option.parameter.replace('_', '-')}"
        made.add_argument(flag, dest=f"set_{option.parameter}", metavar=option.metavar, help=option.help)
    return made


def _shown(known: Sequence[scripts.Script]) -> str:
    return "figures:\n" + "\n".join(f"  {script.name:<38} {script.title}" for script in known)


def _loaded() -> tuple[list[scripts.Script], dict[str, str]]:
    """The scripts, and of those that cannot be imported why."""
    known, broken = [], {}
    for name in scripts.names():
        try:
            known.append(scripts.Script.load(name))
        except Exception as error:  # a fault in one script does not stop the others
            broken[name] = f"{type(error).__name__}: {error}"
    return known, broken


def _plan(options: argparse.Namespace, chosen: Sequence[scripts.Script]) -> building.Plan:
    mode = Mode.QUICK if options.quick else Mode.PUBLISHED if options.published else Mode.FULL
    given = {name.removeprefix("set_"): value for name, value in vars(options).items() if name.startswith("set_")}
    out = Path(options.out) if options.out is not None else scripts.FOLDER / "output"
    return building.Plan(
        scripts=chosen,
        folder=out / mode.value if options.out is None else out,
        mode=mode,
        changes={name: value for name, value in given.items() if value is not None},
        force=options.force,
        jobs=whole_number(options.jobs, "the number of processes (--jobs)", least=1),
        gallery=options.gallery,
    )


def _build(plan: building.Plan, broken: Mapping[str, str]) -> int:
    """Build and tell of each figure; the exit code."""
    start, failed = time.perf_counter(), list(broken)
    out, err = console(), console(error=True)
    for name, sentence in broken.items():
        err.print(f"{name}: {sentence}", markup=False)
    expected = {script.name: script.spec.seconds for script in plan.scripts}
    with progress_bar() as progress:
        progress.columns = (progress.columns[0], progress.columns[1], *progress.columns[3:])  # seconds, not figures
        task = progress.add_task(f"0 of {len(plan.scripts)}", total=sum(expected.values()))
        for done, step in enumerate(building.run(plan), start=1):
            progress.update(task, advance=expected[step.name], description=f"{done} of {len(plan.scripts)}")
            if isinstance(step.outcome, Failed):
                failed.append(step.name)
                err.print(step.outcome.trace, end="", markup=False)
                err.print(f"{step.name}: {step.outcome.sentence}", markup=False)
            else:
                out.print(f"{step.name:<38} {_words(step)}", markup=False)
    Folder(path=plan.folder).forget_others(scripts.names())
    seconds, wanted = time.perf_counter() - start, len(plan.scripts) + len(broken)
    if failed:
        err.print(f"{len(failed)} of {wanted} figures failed: {', '.join(failed)}.", markup=False)
    out.print(f"{wanted - len(failed)} figures in {plan.folder}, {seconds:.0f} s", markup=False)
    return _FAILED if failed else 0


def _words(step: building.Step) -> str:
    if step.outcome is None:
        words = "unchanged"
    elif step.outcome.computed is None:  # type: ignore[union-attr]
        words = "drawn from kept arrays"
    else:
        return f"computed in {step.outcome.computed:.1f} s"  # type: ignore[union-attr]
    return f"{words} (of another state of toylab's sources; --force computes anew)" if step.stale else words


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    try:
        known, broken = _loaded()
        options: Any = parser(known).parse_args(arguments)
        if options.list:
            console().print(_shown(known), markup=False)
            return 0
        chosen = scripts.select(options.figures, scripts.names())
        plan = _plan(options, [script for script in known if script.name in chosen])
        return _build(plan, {name: broken[name] for name in chosen if name in broken})
    except ToylabError as error:
        print(f"figures: {error}", file=sys.stderr)
        return _USAGE
    except KeyboardInterrupt:
        print("figures: interrupted; every figure that was finished is kept.", file=sys.stderr)
        return _INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
