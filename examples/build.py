"""Makes the notebooks: every NN_name.py here becomes an executed NN_name.ipynb beside it.

    python examples/build.py                 those whose source has changed
    python examples/build.py 02 05           these, again
    python examples/build.py --check         says which are out of date, and ends with 1 if any is

The .py files (percent cells, jupytext) are the source; the .ipynb files are committed with their outputs, so that they
can be read on a web page without running anything.
"""

import argparse
import hashlib
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from toylab.errors import InputError
from toylab.storage import replacing

HERE = Path(__file__).parent
SECONDS = 600
_WIDGETS = "application/vnd.jupyter.widget-view+json"


def sources() -> list[Path]:
    """The scripts that are notebooks, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.py"))


def chosen(names: Sequence[str]) -> list[Path]:
    """The scripts whose names start with one of these; all of them for none."""
    if not names:
        return sources()
    found = []
    for name in names:
        matches = [path for path in sources() if path.stem.startswith(name.removesuffix(".py").removesuffix(".ipynb"))]
        if not matches:
            known = ", ".join(path.stem for path in sources())
            raise InputError(f"no notebook starts with {name!r}; there are {known}.")
        found += matches
    return found


def fingerprint(source: Path) -> str:
    """What an executed notebook is compared with."""
    return hashlib.sha256(source.read_bytes()).hexdigest()[:16]


def up_to_date(source: Path) -> bool:
    """Whether the executed notebook beside a script was made from it."""
    notebook = source.with_suffix(".ipynb")
    if not notebook.exists():
        return False
    return nbformat.read(notebook, as_version=4).metadata.get("toylab_source") == fingerprint(source)


def executed(source: Path) -> nbformat.NotebookNode:
    """The notebook of a script with the outputs of a fresh kernel.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised.
    """
    notebook = jupytext.read(source)
    place = {"metadata": {"path": str(source.parent)}}
    # A slow cell prints in several messages: its text is one output all the same.
    NotebookClient(
        notebook,
        kernel_name="python3",
        resources=place,
        coalesce_streams=True,
        timeout=SECONDS,
        startup_timeout=SECONDS,
    ).execute()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(_WIDGETS, None)  # a page that is only read shows the still picture
    for key in ("widgets", "language_info"):
        notebook.metadata.pop(key, None)
    notebook.metadata["toylab_source"] = fingerprint(source)
    return notebook


def write(source: Path) -> None:
    """Execute one script and write its notebook, whole or not at all."""
    start, used = time.monotonic(), os.times()
    notebook = executed(source)
    now = os.times()
    cpu = now.children_user + now.children_system - used.children_user - used.children_system
    with replacing(source.with_suffix(".ipynb")) as path:
        nbformat.write(notebook, path)
    print(f"{source.stem}: {len(notebook.cells)} cells, {time.monotonic() - start:.0f} s, {cpu:.0f} CPU s", flush=True)


def main(words: Sequence[str] | None = None) -> int:
    """Execute what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="how their names start, e.g. 02")
    parser.add_argument("--check", action="store_true", help="only say which are out of date")
    options = parser.parse_args(words)
    try:
        asked = chosen(options.names)
    except InputError as error:
        parser.error(str(error))
    old = [path for path in asked if not up_to_date(path)]
    if options.check:
        for path in old:
            print(f"{path.stem}.ipynb is older than {path.name}; `python examples/build.py` makes it again.")
        return int(bool(old))
    for path in asked if options.names else old:
        write(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
