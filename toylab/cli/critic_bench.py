"""`toylab bench critic`: time to a certified gap, every way of training a critic beside the others."""

from __future__ import annotations

import argparse
from typing import Any

from toylab.cli.bench_files import Files, bar
from toylab.cli.options import listed, names, positive, whole
from toylab.cli.targets import PICTURES, checked_target
from toylab.cli.terminal import console
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    critic = kinds.add_parser(
        "critic",
        help="time to a certified gap: MaxGP, its rivals, the published recipe, a plain torch loop; resumable",
        description="Trains critics by every method on the same problems, one thread, each seed's trainings in a "
        "random order, and prints the CPU and wall seconds to a relative gap of 1e-1, 1e-2, 1e-3 with their ratios, "
        "what each critic is worth at the end, and how often the targets are met. Every finished training is kept in "
        "--out; the same command continues an interrupted one, and more seeds or methods are added to it.",
    )
    critic.add_argument("--problem", default="case3", metavar="NAME", help="of the zoo (default case3)")
    critic.add_argument(
        "--n", type=listed(whole(1)), metavar="N,…", help="points a side (default 10,50; a fixed problem has its own)"
    )
    critic.add_argument(
        "--losses", type=names, default="wasserstein,logistic", metavar="NAME,…", help="default wasserstein,logistic"
    )
    critic.add_argument(
        "--methods",
        type=names,
        metavar="NAME,…",
        help="the first is what others are measured by; 'all' adds the rivals as published",
    )
    critic.add_argument("--seeds", type=whole(1), default=3, metavar="COUNT", help="of points and training (default 3)")
    critic.add_argument("--start", type=whole(0), default=0, metavar="SEED", help="the first seed (default 0)")
    critic.add_argument(
        "--seconds",
        type=positive,
        help="of training for each, CPU seconds (default 5 up to n = 10, 20 up to 50, else 120)",
    )
    critic.add_argument("--lam", type=positive, help="weight lambda of the penalty (default: the problem's own)")
    critic.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:<number> (default auto)")
    critic.add_argument("--out", default="toylab-critic", metavar="DIR", help="folder of the trainings and tables")
    critic.add_argument("--plot", metavar="FILE", help="draw gap against CPU seconds (png, pdf, svg)")
    critic.add_argument("--raw", action="store_true", help="draw gap + excess without rescaling instead")
    critic.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Train, print the tables, write them as Markdown and JSON, and draw."""
    from toylab.bench.critic import run_critic_bench
    from toylab.bench.critic_methods import chosen_methods
    from toylab.bench.critic_plot import plot_time_to_gap
    from toylab.bench.critic_summary import grouped, summary_json
    from toylab.bench.critic_tables import markdown, print_tables
    from toylab.storage import writable_folder

    picture, bench = checked_target(options.plot, PICTURES), _bench(options)
    folder = writable_folder(options.out)
    with bar("critics", kept_in=options.out) as advance:
        cells = run_critic_bench(bench, folder, progress=advance)
    methods = chosen_methods(bench.methods or None)
    groups = grouped(cells, [method.name for method in methods])
    runs = {cell.run for cell in cells}
    legend = [f"{method.name}: {method.what}" for method in methods]
    if len(runs) > 1:
        legend.append(f"These trainings are of {len(runs)} runs: costs are interleaved within each of them only.")
    print_tables(groups, legend, console())
    Files(data=folder / "critic.json", page=folder / "critic.md", picture=picture).write(
        lambda: {
            "settings": {**bench.to_json(), "code": bench.header()["code"]},
            "methods": {method.name: method.what for method in methods},
            "summary": summary_json(groups),
            "trainings": [cell.to_json() for cell in cells],
        },
        lambda _: markdown(groups, legend) + "\n",
        lambda: plot_time_to_gap(groups, "raw" if options.raw else "gap"),
    )
    return ExitCode.AS_EXPECTED


def _bench(options: argparse.Namespace) -> Any:
    from toylab import zoo
    from toylab.bench.critic import CriticBench

    fixed = zoo.get(options.problem).default_size is None
    return CriticBench(
        problem=options.problem,
        sizes=() if fixed and options.n is None else options.n or (10, 50),
        losses=options.losses,
        methods=options.methods or (),
        seeds=options.seeds,
        start=options.start,
        seconds=options.seconds,
        weight=options.lam,
        device=options.device,
    )
