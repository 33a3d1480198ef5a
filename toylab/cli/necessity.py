"""`toylab bench necessity`: every claim without each of its hypotheses."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toylab.cli.bench_files import bar
from toylab.cli.options import positive, whole
from toylab.errors import InputError
from toylab.verification import ExitCode

if TYPE_CHECKING:
    from toylab.falsification.necessity import Cell, Necessity


def register(kinds: Any) -> None:
    """Add the command to those of `toylab bench`."""
    parser = kinds.add_parser(
        "necessity",
        help="every claim without each of its hypotheses: the minimal counterexample, or what was tried",
        description="A search for each claim and each of its hypotheses, as `toylab falsify CLAIM --without "
        "HYPOTHESIS`. Finished searches are kept in --out, and the same command continues an interrupted run. "
        "Exit code 0 unless a counterexample breaks no hypothesis of a true statement.",
    )
    parser.add_argument("--claims", default="*", metavar="PATTERN", help="ids to select, for instance 'lgan.*'")
    parser.add_argument("--examples", type=whole(1), default=150, help="budget of each search (default 150)")
    parser.add_argument("--seconds", type=positive, default=120.0, help="budget of each search (default 120)")
    parser.add_argument("--seed", type=whole(0), default=0, help="of each search (default 0)")
    parser.add_argument("--out", default="toylab-necessity", metavar="DIR", help="folder of the table")
    parser.add_argument(
        "--into",
        metavar="FILE",
        help="a table of an earlier run: its rows of other claims are kept, those of the selected claims replaced "
        "there (with its --examples and --seed)",
    )
    parser.add_argument("--workers", type=whole(1), default=os.cpu_count() or 1, help="processes (default: all cores)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Search the table of necessity and write it as Markdown and JSON."""
    from toylab.bench.journal import code_fingerprint
    from toylab.cli.selection import nothing_selected, selected_claims
    from toylab.falsification import necessity
    from toylab.storage import replacing, writable_folder, write_json

    chosen = selected_claims(options.claims)
    if not chosen:
        return nothing_selected(options.claims)
    into = None if options.into is None else Path(options.into)
    earlier = None if into is None else _earlier(into, options)
    folder = writable_folder(options.out)
    budget = {"examples": options.examples, "seconds": options.seconds, "seed": options.seed}
    header = {**budget, "code": code_fingerprint()}
    unfinished = folder / "unfinished.json"
    cells = _cells_so_far(unfinished, header)
    with bar("necessity", kept_in=options.out) as advance:

        def searched(done: int, total: int, cell: Cell | None) -> None:
            if cell is not None:
                cells.append(cell)
                write_json(unfinished, {"header": header, "cells": [cell.to_json() for cell in cells]})
            advance(done, total, "necessity" if cell is None else cell.claim)

        table = necessity.search_table(
            chosen,
            **budget,
            workers=options.workers,
            finished=tuple(cells),
            progress=searched,
        )
    if earlier is not None and into is not None:
        table = earlier.renewed(table)
        write_json(into, table.to_json())
    text = necessity.markdown(chosen, table)
    with replacing(folder / "necessity.md") as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
    write_json(folder / "necessity.json", table.to_json())
    print(text)
    unfinished.unlink(missing_ok=True)
    print(f"Written: {folder / 'necessity.md'}, {folder / 'necessity.json'}")
    return ExitCode.NOT_AS_EXPECTED if necessity.refuted(chosen, table) else ExitCode.AS_EXPECTED


def _earlier(path: Path, options: argparse.Namespace) -> Necessity:
    """The table of an earlier run with the same seed and budget of examples.

    Raises:
        InputError: there is none, or it was made with others.
    """
    from toylab.falsification.necessity import Necessity

    try:
        table = Necessity.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"--into {path}: no table of necessity can be read there ({error}).") from None
    if (table.seed, table.examples) != (options.seed, options.examples):
        raise InputError(
            f"--into {path}: that table was made with --seed {table.seed} --examples {table.examples}; give the same, "
            "so that its rows can be compared."
        )
    return table


def _cells_so_far(path: Path, header: dict[str, Any]) -> list[Cell]:
    """What an interrupted run of the same searches, by the same code, has found; nothing where there was none."""
    from toylab.falsification.necessity import Cell

    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return [Cell.from_json(cell) for cell in data["cells"]] if data["header"] == header else []
    except (OSError, ValueError, KeyError, TypeError):
        return []
