"""`toylab zoo`: the named problems, what each is for, what is known about it, and a sheet of pictures."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from toylab import zoo
from toylab.cli.options import whole
from toylab.cli.targets import checked_target
from toylab.problem import CriticProblem
from toylab.verification import ExitCode
from toylab.zoo import Entry


def register(commands: Any) -> None:
    """Add the command to the parser."""
    listing = commands.add_parser("zoo", help="the named problems: what each is for and what is known about it")
    listing.add_argument("names", nargs="*", metavar="NAME", help="only these (default: all)")
    listing.add_argument("--plot", metavar="FILE", help="draw a sheet with a picture of each (png, pdf, svg)")
    listing.add_argument("--seed", type=whole(0), default=0, help="of the points")
    listing.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print the problems, and draw them where that was asked for."""
    chosen = [zoo.get(name) for name in options.names] or list(zoo.entries())
    picture = checked_target(options.plot, (".png", ".pdf", ".svg"))
    problems = [entry.load(seed=options.seed) for entry in chosen]
    for entry, problem in zip(chosen, problems, strict=True):
        print(described(entry, problem))
    if picture is not None:
        from toylab.plotting import save
        from toylab.plotting.gallery import plot_gallery

        save(plot_gallery([(entry.name, problem) for entry, problem in zip(chosen, problems, strict=True)]), picture)
        print(f"Written: {picture}")
    return ExitCode.AS_EXPECTED


def described(entry: Entry, problem: CriticProblem) -> str:
    """Name, summary, what is known, what may be set, and the numbers that formulas give for this problem of it."""
    aliases = f" (also {', '.join(entry.aliases)})" if entry.aliases else ""
    size = "fixed points" if entry.default_size is None else f"n = {entry.default_size}"
    lines = [
        f"{entry.name}{aliases} · {size} · {problem.describe()}",
        *_wrapped(entry.summary),
        *_wrapped(f"Known: {entry.known}."),
    ]
    lines += [
        f"  --param {parameter.name}={parameter.default:g}: {parameter.meaning}" for parameter in entry.parameters
    ]
    facts = _facts(entry, problem)
    if facts:
        lines.append(f"  By formula: {facts}")
    return "\n".join([*lines, ""])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width=118, initial_indent="  ", subsequent_indent="  ")


def _facts(entry: Entry, problem: CriticProblem) -> str:
    known = entry.known_optimum(problem)
    numbers = [] if known is None else [("W1", known.w1), ("V", known.value), ("k*", known.constant)]
    population = None if entry.population_w1 is None else entry.population_w1(**entry.checked({}))
    numbers.append(("population W1", population))
    return ", ".join(f"{what} = {number:.8g}" for what, number in numbers if number is not None)
