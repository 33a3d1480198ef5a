"""`toylab verify`: decide the claims, run their controls, train MaxGP beside the optimum."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from toylab.claims import Budget
from toylab.cli.options import whole
from toylab.cli.selection import nothing_selected, selected_claims
from toylab.cli.terminal import console, progress_bar


def register(commands: Any) -> None:
    """Add the command to the parser."""
    verify = commands.add_parser("verify", help="decide the claims, run their controls, train MaxGP beside the optimum")
    verify.add_argument("--quick", action="store_true", help="fewer cases, about half a minute")
    verify.add_argument(
        "--claims", default="*", metavar="PATTERN", help="ids to select, for instance 'lgan.*'; commas separate several"
    )
    verify.add_argument(
        "--out",
        default="toylab-report",
        metavar="DIR",
        help="folder for report.html, junit.xml, report.json, the worst cases and pictures",
    )
    verify.add_argument("--no-training", action="store_true", help="leave out the table of trained critics")
    verify.add_argument("--workers", type=whole(1), default=os.cpu_count() or 1, help="processes (default: all cores)")
    verify.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Decide the selected claims, print the tables, write the report; the exit code says whether all is as expected."""
    from toylab.report.files import write_report
    from toylab.report.terminal import print_report
    from toylab.storage import writable_folder
    from toylab.verification import verify_all

    chosen = selected_claims(options.claims)
    if not chosen:
        return nothing_selected(options.claims)
    folder = writable_folder(options.out)
    writable_folder(folder / "cases")
    with progress_bar() as progress:
        task = progress.add_task("verifying", total=None)
        report = verify_all(
            chosen,
            Budget.QUICK if options.quick else Budget.FULL,
            training=not options.no_training,
            workers=options.workers,
            progress=lambda done, total, what: progress.update(task, completed=done, total=total, description=what),
        )
        progress.update(task, total=None, description="drawing")
        files = write_report(report, folder, workers=options.workers)
    print_report(report, console())
    print(f"Written: {_listed(files, folder)}")
    return report.exit_code


def _listed(files: list[Path], folder: Path) -> str:
    """The files for people and machines by name, the worst cases by number."""
    cases = [file for file in files if file.parent != folder]
    named = [str(file) for file in files if file.parent == folder]
    return ", ".join([*named, f"{len(cases)} worst cases in {folder / 'cases'}"] if cases else named)
