"""What every command writes to: a console, and a progress bar with an ETA."""

from __future__ import annotations

import shutil
import sys
from typing import Any


def console(*, error: bool = False) -> Any:
    """A rich console on stdout (or stderr), wide enough for the tables where it is no terminal."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else max(shutil.get_terminal_size((160, 50)).columns, 160)
    return Console(file=stream, width=width, highlight=False)


def progress_bar() -> Any:
    """A progress bar with an ETA on stderr; silent where that is no terminal."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description:>16}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("ETA"),
        TimeRemainingColumn(),
    )
    stream = console(error=True)
    return Progress(*columns, console=stream, transient=True, disable=not stream.is_terminal)
