"""`toylab bench drift`: how far the offset of a critic wanders during training, loss by loss."""

from __future__ import annotations

import argparse
from typing import Any

from toylab.cli.bench_files import bar
from toylab.cli.options import whole
from toylab.cli.problem_source import add_problem_arguments, problem_from
from toylab.cli.terminal import console
from toylab.errors import InputError
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    drift = kinds.add_parser(
        "drift",
        help="the free offset of the Wasserstein critic during training, beside other losses (LGAN §5.3)",
        description="Trains MaxGP critics of one problem under minibatch noise at a constant learning rate, with one "
        "loss after the other, and measures the spread of ½ (E_fake f + E_real f) over the second half of the steps, "
        "in units of E_real f − E_fake f.",
    )
    add_problem_arguments(drift)
    drift.add_argument(
        "--losses", default="wasserstein,logistic,sqrt,exponential", help="commas separate several (default: the four)"
    )
    drift.add_argument("--steps", type=whole(100), default=4000, help="of each training (default 4000)")
    drift.add_argument("--batch", type=whole(1), default=32, help="points a side of a minibatch (default 32)")
    drift.add_argument("--repetitions", type=whole(1), default=3, help="trainings of each loss (default 3)")
    drift.add_argument("--out", default="toylab-drift", metavar="DIR", help="folder for drift.json")
    drift.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, print the table, write the series."""
    from toylab import losses
    from toylab.bench.drift import DriftPlan, measure_drift
    from toylab.storage import writable_folder, write_json

    if options.loss is not None:
        raise InputError("drift compares losses: name them with --losses instead of --loss.")
    pairs = [losses.get(name.strip()) for name in options.losses.split(",")]
    seeds = range(options.seed, options.seed + options.repetitions)
    plan = DriftPlan(steps=options.steps, batch=options.batch, seeds=seeds)
    source = problem_from(options)
    folder = writable_folder(options.out)
    with bar("trainings") as advance:
        series = measure_drift(source.problem, pairs, plan, lambda done, total: advance(done, total, "trainings"))
    console().print(_table(series))
    about = {"problem": source.label, "steps": plan.steps, "batch": plan.batch, "seeds": list(seeds)}
    write_json(folder / "drift.json", {**about, "series": [each.to_json() for each in series]})
    print(f"Written: {folder / 'drift.json'}")
    return ExitCode.AS_EXPECTED


def _table(series: Any) -> Any:
    import numpy as np
    from rich.table import Table

    table = Table(title="Offset of the critic over the second half of training, in units of its rise; medians")
    for column in ("loss", "rise", "spread of the offset", "largest excursion"):
        table.add_column(column)
    for each in series:
        numbers = (each.rise, each.spread, each.excursion)
        table.add_row(each.loss, *(f"{float(np.median(values)):.3g}" for values in numbers))
    return table
