"""`toylab bench w1`: the published Wasserstein-1 benchmark, whose optimal critics are known."""

from __future__ import annotations

import argparse
from typing import Any

from toylab.cli.bench_files import bar
from toylab.cli.options import between, positive, whole
from toylab.cli.terminal import console
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    w1 = kinds.add_parser(
        "w1",
        help="the published Wasserstein-1 benchmark: gradients of critics against the known optimum's",
        description="Trains critics on continuous pairs of measures whose optimal Wasserstein critic is known, and "
        "prints the cosine of their gradients with the true ones, the squared distance, and W1, beside the published "
        "figures. One file a cell is kept in --out, and the same command continues an interrupted run.",
    )
    w1.add_argument(
        "--cells",
        nargs="+",
        metavar="D=2,N=4",
        help="which pairs, or 'all' (default: the plane and D=16,N=16; all 28 with --device cuda)",
    )
    w1.add_argument("--methods", nargs="+", metavar="NAME", help="of network, exact, funnel (default: all)")
    w1.add_argument("--budget", type=positive, default=120.0, help="seconds of training for each critic (default 120)")
    w1.add_argument("--steps", type=whole(1), help="steps of training in place of --budget, to repeat a run exactly")
    w1.add_argument("--samples", type=whole(2), default=4000, help="points a side of the exact critics (default 4000)")
    w1.add_argument("--degree", type=between(1, 1e6), default=8.0, help="of the funnels (default 8, the published one)")
    w1.add_argument("--seed", type=whole(0), default=0, help="of everything random but the pairs (default 0)")
    w1.add_argument("--device", default="cpu", help="of trainings: cpu (default), cuda, cuda:<number> or auto")
    w1.add_argument("--out", default="toylab-w1", metavar="DIR", help="folder of the results")
    w1.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run or continue; exit code 0 whatever the figures are."""
    from toylab.bench.w1 import Benchmark, run_benchmark
    from toylab.bench.w1_methods import METHODS, Effort
    from toylab.bench.w1_tables import cell_table, summary_table, verdict

    effort = Effort(
        budget=options.budget,
        steps=options.steps,
        samples=options.samples,
        seed=options.seed,
        device=_device(options.device),
    )
    benchmark = Benchmark(
        cells=_cells(options.cells, effort.device),
        methods=tuple(options.methods or METHODS),
        degree=options.degree,
        effort=effort,
    )
    with bar("cells", kept_in=options.out) as advance:
        records = run_benchmark(benchmark, options.out, advance)
    out = console()
    for record in records:
        out.print(cell_table(record))
    out.print(summary_table(records))
    words = verdict(records)
    if words:
        out.print(words, markup=False)
    print(f"Written: {options.out}")
    return ExitCode.AS_EXPECTED


def _device(name: str) -> str:
    """The name of a device, with "auto" settled."""
    if name != "auto":
        return name
    from toylab.solvers.devices import find_device

    return find_device(name).type


def _cells(words: list[str] | None, device: str) -> list[Any]:
    from toylab.bench.w1_published import Cell, all_cells, cells_for_a_cpu

    if words is None:
        return all_cells() if device.startswith("cuda") else cells_for_a_cpu()
    if words == ["all"]:
        return all_cells()
    return list(dict.fromkeys(Cell.read(word) for word in words))
