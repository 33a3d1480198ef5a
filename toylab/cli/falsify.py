"""`toylab falsify`: look for a counterexample to a claim, with or without its hypotheses."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from toylab import claims
from toylab.cli.options import positive, whole
from toylab.cli.targets import PICTURES, checked_target
from toylab.cli.terminal import progress_bar

_INTERRUPTED = 130


def register(commands: Any) -> None:
    """Add the command to the parser."""
    falsify = commands.add_parser(
        "falsify",
        help="look for a minimal counterexample to a claim, or to what is left of it without a hypothesis",
        description="Draw small problems, shrink what violates the claim to few points and small fractions, and have "
        "it confirmed by the reference solver. Exit code 0: as expected (nothing found for a true statement; a "
        "counterexample for a false one, or without a hypothesis), 1: not, 3: nothing was decided, or none was found "
        "where one was expected.",
    )
    falsify.add_argument("claim", help="id or alias of the claim; `toylab list` shows them with their hypotheses")
    falsify.add_argument(
        "--without", action="append", default=[], metavar="HYPOTHESIS", help="waive it; repeatable: 'strict convexity'"
    )
    falsify.add_argument("--examples", type=whole(1), default=300, help="how many subjects to try (default 300)")
    falsify.add_argument("--seconds", type=positive, default=60.0, help="how long to search and shrink (default 60)")
    falsify.add_argument("--seed", type=whole(0), default=0, help="the same seed tries the same subjects (default 0)")
    falsify.add_argument(
        "--out", default="toylab-falsify", metavar="DIR", help="folder for the counterexample as JSON and picture"
    )
    falsify.add_argument("--plot", metavar="FILE", help="draw it into this file instead (png, pdf, svg)")
    falsify.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Search, print what was found, write it; the exit code says whether it is as expected."""
    from toylab.falsification import Ending, falsify
    from toylab.falsification.spaces import named_hypotheses, space_for
    from toylab.storage import writable_folder

    claim = claims.get(options.claim)
    named_hypotheses(claim, options.without)
    space_for(claim)
    picture = checked_target(options.plot, PICTURES)
    folder = writable_folder(options.out)
    with progress_bar() as progress:
        task = progress.add_task("searching", total=options.examples)
        result = falsify(
            claim,
            without=options.without,
            examples=options.examples,
            seconds=options.seconds,
            seed=options.seed,
            progress=lambda done, total, what: progress.update(task, completed=done, total=total, description=what),
        )
    print(result.text())
    if result.counterexample is not None:
        _write(result, folder, picture)
    return _INTERRUPTED if result.ending is Ending.INTERRUPTED else result.exit_code


def _write(result: Any, folder: Path, picture: Path | None) -> None:
    from toylab.falsification.files import file_stem, replay_line, write_counterexample
    from toylab.plotting import plot, save

    found, stem = result.counterexample, file_stem(result)
    data = folder / f"{stem}.json"
    drawn = plot(found.subject)
    write_counterexample(result, found, data)
    shown = save(drawn, folder / f"{stem}.png" if picture is None else picture)
    print(f"Written: {data}, {shown}")
    print(f"Replay it: {replay_line(found, data)}")
