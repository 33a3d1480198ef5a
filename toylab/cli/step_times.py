"""`toylab bench step`: how fast a training step is."""

from __future__ import annotations

import argparse
from typing import Any

from toylab.cli.options import whole
from toylab.cli.targets import checked_target
from toylab.cli.terminal import console, progress_bar
from toylab.verification import ExitCode


def register(kinds: Any) -> None:
    """Add the command to those of `toylab bench`."""
    step = kinds.add_parser(
        "step",
        help="a training step beside the usual double-backward loop, and ensembles beside single critics",
        description="Trains MaxGP critics by the usual loop (autograd.grad with create_graph, torch.optim.Adam), by "
        "autograd with the input gradient in closed form, and by the hand-written step, 1, 16 and 64 critics at once. "
        "They take turns in one run; medians, in CPU time of one thread (on a GPU in time until it is done).",
    )
    step.add_argument("--device", default="cpu", help="cpu, cuda, cuda:<number> (default cpu)")
    step.add_argument("--rounds", type=whole(1), default=9, help="turns of every contestant (default 9)")
    step.add_argument("--json", metavar="FILE", help="write the medians as JSON")
    step.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Time every case and print the ratios."""
    from toylab.bench.training_steps import CASES, time_steps
    from toylab.solvers.devices import find_device
    from toylab.storage import write_json

    target = checked_target(options.json, (".json",))
    find_device(options.device)
    with progress_bar() as progress:
        task = progress.add_task("training steps", total=len(CASES) * (options.rounds + 1))
        found = [
            time_steps(
                points,
                width,
                device=options.device,
                rounds=options.rounds,
                progress=lambda: progress.update(task, advance=1),
            )
            for points, width in CASES
        ]
    for case in found:
        console().print(_table(case))
    if target is not None:
        write_json(target, [case.to_json() for case in found])
        print(f"Written: {target}")
    return ExitCode.AS_EXPECTED


def _table(case: Any) -> Any:
    from rich.table import Table

    title = f"{case.points} points a side, three layers of {case.width}, {case.device}"
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("step")
    for name in ("µs a step", "µs a critic", "× double backward", "× hand-written alone"):
        table.add_column(name, justify="right")
    for name, step, critic, usual, alone in case.rows():
        table.add_row(name, f"{step:.0f}", f"{critic:.0f}", f"{usual:.2f}", f"{alone:.2f}")
    return table
