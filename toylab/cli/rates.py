"""`toylab bench rates`: what a finite sample says about its distribution."""

from __future__ import annotations

import argparse
import fnmatch
import os
from typing import Any

from toylab.cli.bench_files import bar
from toylab.cli.options import between, whole
from toylab.cli.terminal import console
from toylab.errors import unknown_name
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    rates = kinds.add_parser(
        "rates",
        help="population and sample: how fast k*, V and ∇f* approach those of the distributions",
        description="Draws independent samples of growing size from distributions whose optimum is known, solves them "
        "exactly, and fits the power of n that the errors of k*, V and ∇f* follow, with confidence intervals beside "
        "what theory predicts.",
    )
    rates.add_argument("--quick", action="store_true", help="n = 8 … 64, 12 samples of each: seconds")
    rates.add_argument(
        "--populations", default="*", metavar="PATTERN", help="names to select, 'square-*' say; commas separate several"
    )
    rates.add_argument("--repetitions", type=whole(2), help="independent samples of each size (default 30)")
    rates.add_argument("--smallest", type=whole(1), metavar="POWER", help="least n, as a power of two (default 4)")
    rates.add_argument(
        "--largest", type=whole(1, 13), metavar="POWER", help="largest n, as a power of two (default 10)"
    )
    rates.add_argument("--level", type=between(0, 1, open_end=True), help="of the confidence intervals (default 0.95)")
    rates.add_argument("--seed", type=whole(0), help="of the samples (default 0)")
    rates.add_argument("--out", default="toylab-rates", metavar="DIR", help="folder for rates.json and rates.png")
    rates.add_argument("--workers", type=whole(1), default=os.cpu_count() or 1, help="processes (default: all cores)")
    rates.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Draw, solve, fit; print the table, write it as JSON and as a picture."""
    from toylab.convergence import measure_rates
    from toylab.convergence.table import legend
    from toylab.plotting import plot_rates, save
    from toylab.storage import writable_folder, write_json

    plan, chosen = _plan(options), _chosen(options.populations)
    folder = writable_folder(options.out)
    with bar("samples") as advance:
        studies = measure_rates(
            chosen,
            plan,
            workers=options.workers,
            progress=lambda done, total: advance(done, total, "samples"),
        )
    out = console()
    out.print(_table(studies))
    for line in legend(studies):
        out.print(line, markup=False)
    data = {"seed": plan.seed, "repetitions": plan.repetitions, "studies": [study.to_json() for study in studies]}
    picture = plot_rates(studies)
    write_json(folder / "rates.json", data)
    save(picture, folder / "rates.png")
    print(f"Written: {folder / 'rates.json'}, {folder / 'rates.png'}")
    return ExitCode.AS_EXPECTED


def _plan(options: argparse.Namespace) -> Any:
    from dataclasses import replace

    from toylab.convergence import Plan
    from toylab.convergence.sampling import QUICK

    names = ("smallest", "largest", "repetitions", "seed", "level")
    given = {name: getattr(options, name) for name in names if getattr(options, name) is not None}
    return replace(QUICK if options.quick else Plan(), **given)


def _chosen(pattern: str) -> list[str]:
    """The populations that match a pattern, each part of which must match some."""
    from toylab.convergence import names

    known = names()
    chosen: dict[str, None] = {}
    for part in (part.strip() for part in pattern.split(",")):
        found = fnmatch.filter(known, part)
        if not found:
            raise unknown_name("population", part, known)
        chosen |= dict.fromkeys(found)
    return list(chosen)


def _table(studies: Any) -> Any:
    from rich.table import Table

    from toylab.convergence.table import HEADER, rows

    table = Table(title="Population and sample: errors against n")
    for column in HEADER:
        table.add_column(column)
    for row in rows(studies):
        table.add_row(*row)
    return table
