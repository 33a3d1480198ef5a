"""`toylab bench generators`: generator networks on the toys of the field, every method beside the others."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from toylab.cli.options import names, whole
from toylab.cli.targets import PICTURES, checked_target
from toylab.cli.terminal import console, interrupted, progress_bar
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
    generators.add_argument("--json", metavar="FILE", help="the table and every training")
    generators.add_argument("--markdown", metavar="FILE", help="the table as a page, with the picture of --plot")
    generators.add_argument("--plot", metavar="FILE", help="draw samples and scores (png, pdf, svg)")
    generators.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, print the table, write it, and draw."""
    from toylab.bench.generator_methods import known_methods
    from toylab.bench.generator_tables import page, rows_of, sheet, summary_json
    from toylab.bench.generators import run_generator_bench
    from toylab.bench.sheets import print_sheets
    from toylab.storage import replacing, write_json

    picture, target_page = checked_target(options.plot, PICTURES), checked_target(options.markdown, (".md",))
    data, bench = checked_target(options.json, (".json",)), _bench(options)
    folder = options.out or ("toylab-generators-quick" if options.quick else "toylab-generators")
    with progress_bar() as progress:
        task = progress.add_task("generators", total=None)

        def advance(done: int, total: int, words: str) -> None:
            progress.update(task, completed=done, total=total, description=words)

        try:
            runs = run_generator_bench(bench, folder, progress=advance)
        except KeyboardInterrupt:
            progress.stop()
            return interrupted(folder)
    rows = rows_of(runs, bench.targets, bench.names())
    table = sheet(rows, runs, bench.training.batch)
    methods = known_methods()
    legend = [f"{name}: {methods[name].what}." for name in bench.names()] + bench.notes()
    print_sheets([table], legend, console())
    written = []
    if picture is not None:
        from toylab.bench.generator_plot import plot_generators
        from toylab.plotting import save

        written.append(save(plot_generators(runs, bench.targets, bench.names()), picture, dpi=130))
    if target_page is not None:
        with replacing(target_page) as temporary:
            temporary.write_text(page(table, legend, None if picture is None else picture.name), encoding="utf-8")
        written.append(target_page)
    if data is not None:
        trainings = [found.to_json() for found in runs]
        settings = {**bench.to_json(), "code": bench.header()["code"]}
        write_json(data, {"settings": settings, "summary": summary_json(rows), "trainings": trainings})
        written.append(data)
    print(f"Written: {', '.join(map(str, [folder, *written]))}")
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
