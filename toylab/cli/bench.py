"""`toylab bench`: large runs that try to break toylab."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from toylab.cli import critic_bench, drift, exact_bench, flow_bench, generator_bench, necessity, rates, step_times, w1
from toylab.cli.bench_files import bar
from toylab.cli.options import whole
from toylab.cli.terminal import console
from toylab.verification import ExitCode


def register(commands: Any) -> None:
    """Add the command and its subcommands to the parser."""
    bench = commands.add_parser(
        "bench", help="large runs: campaigns that try to break toylab, rates in n, critics against time"
    )
    kinds = bench.add_subparsers(dest="bench", metavar="run", required=True)
    campaign = kinds.add_parser(
        "campaign",
        help="random problems through solve, certify and every claim; resumable",
        description="Random problems, degenerate ones over-represented, through solve, certify and every claim. "
        "Finished cases are kept in --out, and the same command continues an interrupted campaign. Exit code 0 only "
        "without any failure.",
    )
    campaign.add_argument("--problems", type=whole(1), default=100_000, help="how many (default 100000)")
    campaign.add_argument("--seed", type=whole(0), help="of the campaign (default 0)")
    campaign.add_argument("--start", type=whole(0), default=0, help="index of the first problem")
    campaign.add_argument("--out", default="toylab-campaign", metavar="DIR", help="folder of the campaign")
    campaign.add_argument(
        "--workers", type=whole(1), default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    campaign.add_argument("--replay", type=whole(0), metavar="INDEX", help="run one problem alone and show everything")
    campaign.set_defaults(run=run)
    extremes = kinds.add_parser(
        "extremes",
        help="every shape that strains float64 × losses × regularisers: certified, or the gap reached and why",
    )
    extremes.add_argument("--out", default="toylab-extremes", metavar="DIR", help="folder of the table")
    extremes.add_argument(
        "--workers", type=whole(1), default=os.cpu_count() or 1, help="processes (default: all cores)"
    )
    extremes.set_defaults(run=run_extremes)
    critic_bench.register(kinds)
    exact_bench.register(kinds)
    necessity.register(kinds)
    rates.register(kinds)
    step_times.register(kinds)
    drift.register(kinds)
    generator_bench.register(kinds)
    flow_bench.register(kinds)
    w1.register(kinds)


def run(options: argparse.Namespace) -> int:
    """Run, continue or replay; the exit code says whether anything failed."""
    if options.replay is not None:
        return _replay(options)
    from toylab.bench.campaign import run_campaign
    from toylab.bench.tables import print_summary

    with bar("no failures", kept_in=options.out) as advance:
        summary = run_campaign(
            options.out,
            problems=options.problems,
            seed=options.seed or 0,
            start=options.start,
            workers=options.workers,
            progress=lambda done, total, failures: advance(done, total, f"{failures or 'no'} failures"),
        )
    print_summary(summary, console())
    written = [Path(options.out) / "campaign.json"]
    if summary.failures:
        written.append(Path(options.out) / "failures")
    print(f"Written: {', '.join(str(path) for path in written)}")
    return ExitCode.NOT_AS_EXPECTED if summary.failures else ExitCode.AS_EXPECTED


def _replay(options: argparse.Namespace) -> int:
    from toylab.bench.replay import replay

    record = replay(options.out, options.replay, options.seed)
    out = console()
    out.print(record.text, markup=False)
    return ExitCode.NOT_AS_EXPECTED if record.failed else ExitCode.AS_EXPECTED


def run_extremes(options: argparse.Namespace) -> int:
    """Solve the table of extreme problems and write it as Markdown and JSON; exit code 0 if each has a reason."""
    from joblib import Parallel, delayed

    from toylab.bench.extremes import ExtremeCase, extreme_problems, solve_extreme
    from toylab.bench.extremes_table import markdown
    from toylab.storage import replacing, writable_folder, write_json

    folder = writable_folder(options.out)
    jobs = [delayed(solve_extreme)(shape, problem) for shape, _, _, problem in extreme_problems()]
    cases: list[ExtremeCase] = []
    with bar("extremes") as advance:
        solved: Any = Parallel(n_jobs=options.workers, return_as="generator")(jobs)
        for case in solved:
            cases.append(case)
            advance(len(cases), len(jobs), "extremes")
    table = markdown(cases)
    write_json(folder / "extremes.json", [case.to_json() for case in cases])
    with replacing(folder / "extremes.md") as temporary:
        temporary.write_text(table + "\n", encoding="utf-8")
    print(table)
    print(f"Written: {folder / 'extremes.md'}, {folder / 'extremes.json'}")
    unexplained = any(not case.certified and case.reason == "no reason known" for case in cases)
    return ExitCode.NOT_AS_EXPECTED if unexplained else ExitCode.AS_EXPECTED
