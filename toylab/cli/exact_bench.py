"""`toylab bench exact`: the exact critic at scale, beside Clarabel and a plain transport problem."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from toylab.cli.bench_files import Files, add_file_options, bar, titled_page
from toylab.cli.options import listed, names, positive, whole
from toylab.cli.terminal import console
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    exact = kinds.add_parser(
        "exact",
        help="the exact critic from 100 to 30000 points a side: time, gap, memory, growth; beside emd; resumable",
        description="Solves critic problems exactly and prints time, iterations, certified gap, peak memory and the "
        "growth exponent, beside ot.emd on the same points (a plain transport problem, no critic) and Clarabel with "
        "every fake-real pair. Every solve runs alone in a fresh process, after a small one that loads libraries; its "
        "peak memory is that of the process. Times are seconds on the clock, so use a quiet machine, or --clock cpu: "
        "CPU seconds of all threads (set OMP_NUM_THREADS=1 to compare those). Both are kept. Each round draws new "
        "points and runs every n in a random order; medians and ratios are over the rounds. Finished solves are kept "
        "in --out, and the same command continues an interrupted one.",
    )
    _add_problems(exact)
    _add_solvers(exact)
    exact.add_argument("--seconds", type=positive, metavar="S", help="start no more solves after so many seconds")
    exact.add_argument("--clock", choices=("wall", "cpu"), default="wall", help="seconds that are shown (default wall)")
    exact.add_argument(
        "--out", default="toylab-exact", metavar="DIR", help="folder of the solves (default %(default)s)"
    )
    add_file_options(
        exact, data="every solve and the medians (default: exact.json in --out)", picture="seconds against n"
    )
    exact.set_defaults(run=run)


def _add_problems(parser: argparse.ArgumentParser) -> None:
    exact = parser.add_argument_group("the problems")
    exact.add_argument(
        "--n",
        type=listed(whole(1, 30_000)),
        default="100,400,1000,4000,10000",
        metavar="N,…",
        help="points a side, 30000 at most (default %(default)s)",
    )
    exact.add_argument("--ratio", type=positive, default=1.0, help="real points for each fake one (default 1)")
    exact.add_argument(
        "--shapes",
        type=names,
        default="separated,overlapping",
        metavar="NAME,…",
        help="separated, overlapping, or problems of the zoo (default both)",
    )
    exact.add_argument(
        "--losses", type=names, default="logistic,sqrt,exponential", metavar="NAME,…", help="default %(default)s"
    )
    exact.add_argument(
        "--lam",
        type=listed(positive),
        default="0.01,0.1,1",
        metavar="L,…",
        help="weights lambda (default %(default)s)",
    )
    exact.add_argument("--weighted", action="store_true", help="points of unequal, exponentially distributed weights")
    exact.add_argument("--rounds", type=whole(1), default=3, help="seeds of the points (default 3)")
    exact.add_argument("--start", type=whole(0), default=0, metavar="SEED", help="the first seed (default 0)")


def _add_solvers(parser: argparse.ArgumentParser) -> None:
    exact = parser.add_argument_group("the solvers")
    exact.add_argument(
        "--solver",
        type=names,
        default="default",
        metavar="NAME,…",
        help="default (what solve chooses), InteriorPoint, Multiscale, Transport, Bundle, ... (default: default)",
    )
    exact.add_argument("--device", default="cpu", help="of the interior point: cpu, cuda, cuda:<number> (default cpu)")
    exact.add_argument(
        "--clarabel",
        type=whole(0),
        default=400,
        metavar="N",
        help="largest n for Clarabel, 0 for none; beyond 100 in the first round only (default 400)",
    )
    exact.add_argument("--no-emd", action="store_true", help="without ot.emd beside")
    exact.add_argument("--limit", type=positive, default=600.0, metavar="S", help="seconds for one solve (default 600)")
    exact.add_argument(
        "--clarabel-limit", type=positive, default=120.0, metavar="S", help="the same for Clarabel (default 120)"
    )


def run(options: argparse.Namespace) -> int:
    """Solve, print the tables, write them, and draw; exit code 1 if a solver of this package missed its tolerance."""
    from toylab.bench.exact import run_exact_bench, to_json
    from toylab.bench.exact_plot import plot_exact
    from toylab.bench.exact_summary import rows_of, summary_json
    from toylab.bench.exact_tables import markdown, print_tables
    from toylab.bench.exact_trial import CLARABEL, EMD
    from toylab.storage import writable_folder

    files, bench = Files.checked(options), _bench(options)
    folder = writable_folder(options.out)
    with bar("exact critics", kept_in=options.out) as advance:
        trials = run_exact_bench(bench, folder, seconds=options.seconds, progress=advance)
    rows, (first, *rest) = rows_of(trials, options.clock), _legend(bench, len(trials))
    print_tables(rows, [first, *rest], console())
    replace(files, data=files.data or folder / "exact.json").write(
        lambda: to_json(bench, trials, summary_json(rows)),
        lambda picture: titled_page(
            "The exact critic at scale",
            f"Written by `toylab bench exact`. {first}",
            picture,
            "seconds against n, and against ot.emd",
            markdown(rows, rest),
        ),
        lambda: plot_exact(rows),
    )
    ours = [trial for trial in trials if trial.key.method not in {EMD, CLARABEL}]
    missed = any(trial.status not in {"optimal", "time up", "skipped"} for trial in ours)
    return ExitCode.NOT_AS_EXPECTED if missed else ExitCode.AS_EXPECTED


def _bench(options: argparse.Namespace) -> Any:
    from toylab.bench.exact import ExactBench

    return ExactBench(
        sizes=options.n,
        ratio=options.ratio,
        shapes=options.shapes,
        losses=options.losses,
        weights=options.lam,
        weighted=options.weighted,
        solvers=options.solver,
        rounds=options.rounds,
        start=options.start,
        clarabel=options.clarabel,
        emd=not options.no_emd,
        limit=options.limit,
        clarabel_limit=options.clarabel_limit,
        device=options.device,
    )


def _legend(bench: Any, done: int) -> list[str]:
    """What a reader of the tables should know besides."""
    lines = [f"Measured: {bench.describe()}"]
    beyond = [n for n in bench.sizes if n > bench.clarabel]
    if beyond and bench.clarabel:
        lines.append(
            f"Clarabel: n > {bench.clarabel} left out (--clarabel), {bench.clarabel_limit:g} s for each; the conic "
            "program as cvxpy hands it over, whatever gap that ends with."
        )
    planned = len(bench.keys())
    if done < planned:
        lines.append(f"{done} of {planned} solves are done; the same command goes on with the others.")
    return lines
