"""`toylab bench generators`: generator networks on the toys of the field, every method beside the others."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from toylab.cli.bench_files import Files, add_file_options, bar
from toylab.cli.options import names, whole
from toylab.cli.terminal import console
from toylab.errors import InputError
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    generators = kinds.add_parser(
        "generators",
        help="generators on 8 and 25 Gaussians and the swiss roll: modes, quality, W1 of every method; resumable",
        description="Trains generator networks against the exact critic of every minibatch, and against critics that "
        "are trained along (MaxGP, WGAN-GP, clipped weights, the vanilla GAN), and prints for several seeds the modes "
        "covered, the share of high-quality samples and W1: medians and ranges. Every finished training is kept in "
        "--out, and so is the one in progress, evaluation by evaluation; the same command continues an interrupted "
        "one, and more seeds, targets or methods are added to it.",
    )
    generators.add_argument(
        "--targets",
        type=names,
        default="8-gaussians,25-gaussians,swiss-roll",
        metavar="NAME,…",
        help="default: all three",
    )
    generators.add_argument(
        "--methods",
        type=names,
        metavar="NAME,…",
        help="of MaxGP-exact, MaxGP, WGAN-GP, WGAN, GAN (the default) and MaxGP-exact-logistic, WGAN-LP, "
        "GAN-saturating, LSGAN, SN-GAN; or 'all'",
    )
    generators.add_argument("--seeds", type=whole(1), metavar="COUNT", help="how many (default 3)")
    generators.add_argument("--start", type=whole(0), default=0, metavar="SEED", help="the first seed (default 0)")
    generators.add_argument("--steps", type=whole(1), help="of every generator (default 1000)")
    generators.add_argument("--batch", type=whole(1), help="points a side of a minibatch (default 128)")
    generators.add_argument("--quick", action="store_true", help="small networks, few steps, one seed: to see it work")
    generators.add_argument(
        "--out", metavar="DIR", help="folder of the trainings (default toylab-generators, with --quick …-quick)"
    )
    add_file_options(generators, data="the table and every training", picture="samples and scores")
    generators.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, print the table, write it, and draw."""
    from toylab.bench.generator_methods import known_methods
    from toylab.bench.generator_plot import plot_generators
    from toylab.bench.generator_tables import page, rows_of, sheet, summary_json
    from toylab.bench.generators import run_generator_bench
    from toylab.bench.sheets import print_sheets

    files, bench = Files.checked(options), _bench(options)
    folder = options.out or ("toylab-generators-quick" if options.quick else "toylab-generators")
    with bar("generators", kept_in=folder) as advance:
        runs = run_generator_bench(bench, folder, progress=advance)
    rows = rows_of(runs, bench.targets, bench.names())
    table = sheet(rows, runs, bench.training.batch)
    methods = known_methods()
    legend = [f"{name}: {methods[name].what}." for name in bench.names()] + bench.notes()
    print_sheets([table], legend, console())
    files.write(
        lambda: {
            "settings": {**bench.to_json(), "code": bench.header()["code"]},
            "summary": summary_json(rows),
            "trainings": [found.to_json() for found in runs],
        },
        lambda picture: page(table, legend, picture),
        lambda: plot_generators(runs, bench.targets, bench.names()),
        dpi=130,
        before=[Path(folder)],
    )
    return ExitCode.AS_EXPECTED


def _bench(options: argparse.Namespace) -> Any:
    from toylab.bench.generators import QUICK, GeneratorBench
    from toylab.dynamics import GeneratorTraining

    if options.quick and options.steps is not None:
        raise InputError("--quick has its own number of steps: give one of --quick and --steps.")
    training = QUICK if options.quick else GeneratorTraining()
    changes = {name: getattr(options, name) for name in ("steps", "batch") if getattr(options, name) is not None}
    return GeneratorBench(
        targets=options.targets,
        methods=options.methods or (),
        seeds=options.seeds if options.seeds is not None else (1 if options.quick else 3),
        start=options.start,
        training=replace(training, **changes),
    )
