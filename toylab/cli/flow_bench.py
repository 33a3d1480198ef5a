"""`toylab bench flows`: how near the fakes of each objective come to P_g = P_r, over many seeds, and why they stop."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from typing import Any

from toylab.cli.bench_files import Files, add_file_options, bar, titled_page
from toylab.cli.options import names, positive, whole
from toylab.cli.terminal import console
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `bench`."""
    flows = kinds.add_parser(
        "flows",
        help="final W₁/initial W₁, k* and why flows stop: objectives, step and split rules, many seeds; resumable",
        description="Lets the fakes of small problems follow the optimal critic of every objective of toylab.dynamics, "
        "found anew at each step, and counts how many flows reach P_g = P_r and why the others stop. Objectives stand "
        "side by side with steps of equal length; some of them then with each step rule, and, from fakes that start in "
        "pairs at one place, with each split rule. Objectives without a gradient are the null: their ratio is 1. "
        "Finished flows are kept in --out, and the same command continues an interrupted run. All of it takes about 25 "
        "CPU minutes. Exit code 1 if a flow failed, a critic on the way has a relative gap above 1e-3, or the null "
        "moved.",
    )
    flows.add_argument(
        "--problems", type=names, metavar="NAME,…", help="of the zoo (default two-gaussians,case3,independent-lines)"
    )
    flows.add_argument(
        "--objectives", type=names, metavar="NAME,…", help="side by side with equal steps (default: all)"
    )
    flows.add_argument(
        "--rivals",
        type=names,
        metavar="NAME,…",
        help="those that step and split rules are compared on, or none (default wasserstein,logistic,exponential)",
    )
    flows.add_argument("--n", type=whole(2), default=8, help="points a side (default 8)")
    flows.add_argument("--rounds", type=whole(1), default=20, help="seeds (default 20)")
    flows.add_argument("--start", type=whole(0), default=0, metavar="SEED", help="the first seed (default 0)")
    flows.add_argument("--steps", type=whole(1), default=80, help="of a flow, at most (default 80)")
    flows.add_argument("--seconds", type=positive, metavar="S", help="start no more flows after so many seconds")
    flows.add_argument("--workers", type=whole(1), default=os.cpu_count() or 1, help="processes (default: all cores)")
    flows.add_argument("--out", default="toylab-flows", metavar="DIR", help="folder of the flows (default %(default)s)")
    add_file_options(
        flows, data="every flow and the summary (default: flows.json in --out)", picture="every flow's ratio"
    )
    flows.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Let the fakes go, print the tables, write them, and draw."""
    from toylab.bench.flow_plot import plot_flows
    from toylab.bench.flow_summary import rows_of, unexpected
    from toylab.bench.flow_tables import markdown, print_tables
    from toylab.bench.flows import run_flow_bench, to_json
    from toylab.storage import writable_folder

    files, bench = Files.checked(options), _bench(options)
    folder = writable_folder(options.out)
    with bar("flows", kept_in=options.out) as advance:
        trials = run_flow_bench(bench, folder, workers=options.workers, seconds=options.seconds, progress=advance)
    rows = rows_of(trials)
    wrong = unexpected(rows)
    first, *rest = [*_legend(bench, rows, len(trials)), *wrong]
    print_tables(rows, [first, *rest], console())
    replace(files, data=files.data or folder / "flows.json").write(
        lambda: to_json(bench, trials, {"rows": [row.to_json() for row in rows], "unexpected": wrong}),
        lambda picture: titled_page(
            "Flows: who reaches P_g = P_r",
            f"Written by `toylab bench flows`. {first}\n\n{_METHOD}",
            picture,
            "what every flow has left of W₁, and why it stopped",
            markdown(rows, rest),
        ),
        lambda: plot_flows(rows),
    )
    return ExitCode.NOT_AS_EXPECTED if wrong else ExitCode.AS_EXPECTED


def _bench(options: argparse.Namespace) -> Any:
    from toylab.bench.flows import FlowBench

    chosen: dict[str, Any] = {
        name: given for name in ("problems", "objectives", "rivals") if (given := getattr(options, name)) is not None
    }
    if chosen.get("rivals") == ("none",):
        chosen["rivals"] = ()
    return FlowBench(n=options.n, rounds=options.rounds, start=options.start, limit=options.steps, **chosen)


def _legend(bench: Any, rows: Any, done: int) -> list[str]:
    """What a reader of the tables should know besides."""
    gaps = [(row.gap, row.key.objective) for row in rows if row.gap is not None]
    lines = [f"Measured: {bench.describe()}"]
    if gaps:
        gap, objective = max(gaps)
        seconds = sum(trial.cpu for row in rows for trial in row.trials)
        lines.append(
            f"The loosest certificate of any critic on the way has a relative gap of {gap:.0e} ({objective}); "
            f"{seconds / 60:.0f} CPU minutes in all."
        )
    planned = len(bench.keys())
    if done < planned:
        lines.append(f"{done} of {planned} flows are done; the same command goes on with the others.")
    return lines


_METHOD = (
    "Fakes follow ∇f\\* of the optimal critic, which is found anew at every step. Theorem 2 (d) of LGAN says that "
    "P_g = P_r is the only equilibrium; whether a flow gets there is measured here. λ = 0.1 for every penalty. "
    "On the points: an objective without Lipschitz restriction on the finite measures themselves says nothing between "
    "them, moves nothing, and is the null. Noise: both measures are blurred until they have densities, of which the "
    "same objectives have exact critics; without a plan their fakes cannot stop on a point, and swing around it by up "
    "to a step, a tenth of the initial W₁, which is as near as they come. The vanilla critic is the logit, so that "
    "the saturating and the non-saturating generator move the fakes the same way."
)
