"""When a figure has to be computed anew: keys made of what its numbers, and what its drawing, depend on.

The numbers depend on the parameters, the seed, the files that are read, the version of toylab, and the source of
`compute` with everything it reaches inside the folder `figures`, without comments and docstrings. The drawing depends
on the arrays and on the whole source.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib

import toylab
from figures.building.scripts import FOLDER, Script

_Definitions = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def data_key(script: Script, parameters: Mapping[str, Any], inputs: Sequence[Path]) -> str:
    """The key of the numbers.

    Args:
        script: the figure.
        parameters: what `compute` gets.
        inputs: files that `compute` reads.
    """
    facts = {
        "parameters": parameters,
        "seed": script.spec.seed,
        "toylab": toylab.__version__,
        "inputs": [hashlib.sha256(path.read_bytes()).hexdigest() for path in inputs],
        "source": reached(script.path, "compute"),
    }
    return _digest(json.dumps(facts, sort_keys=True))


def drawing_key(script: Script) -> str:
    """The key of the drawing: of all that arrays are drawn with.

    Args:
        script: the figure.
    """
    plotting = Path(toylab.__file__).parent / "plotting"
    files = [script.path, *sorted((FOLDER / "building").glob("*.py")), FOLDER / "toylab.mplstyle"]
    texts = [path.read_text(encoding="utf-8") for path in [*files, *sorted(plotting.glob("*.py"))]]
    return _digest(json.dumps([matplotlib.__version__, texts]))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def reached(path: Path, start: str) -> str:
    """The source of a function of a file and of all that it reaches in the folder, in a normal form.

    Args:
        path: a file of the folder `figures`.
        start: a name at its top level.
    """
    found: dict[tuple[Path, str], str] = {}
    waiting = [(path, start)]
    while waiting:
        place = waiting.pop()
        if place in found:
            continue
        file, name = place
        nodes = [node for node in _tree(file).body if name in _defined(node)]
        found[place] = "\n".join(_normal(node) for node in nodes)
        imported = _imported(file)
        items = [item for node in nodes for item in ast.walk(node)]
        for item in items:  # of a module of the folder only what is named after the dot
            if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name):
                module, whole = imported.get(item.value.id, (file, ""))
                waiting.extend([(module, item.attr)] if whole == "*" else [])
        places = (imported.get(item.id, (file, item.id)) for item in items if isinstance(item, ast.Name))
        waiting.extend(place for place in places if place[1] != "*")
    return "\n".join(f"# {file.stem} {name}\n{text}" for (file, name), text in sorted(found.items()) if text)


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _defined(node: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top level gives a meaning."""
    if isinstance(node, _Definitions):
        yield node.name
    elif isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        yield from (item.id for target in targets for item in ast.walk(target) if isinstance(item, ast.Name))


def _imported(path: Path) -> dict[str, tuple[Path, str]]:
    """Names imported from the folder: name -> (file, name there); "*" for a whole module."""
    known: dict[str, tuple[Path, str]] = {}
    for node in ast.walk(_tree(path)):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != "figures":
            continue
        base = FOLDER.joinpath(*(node.module or "").split(".")[1:])
        for alias in node.names:
            module, file = base / f"{alias.name}.py", base.with_suffix(".py")
            place = (module, "*") if module.is_file() else (file, alias.name)
            if place[0].is_file():
                known[alias.asname or alias.name] = place
    return known


def _normal(node: ast.stmt) -> str:
    """A statement without comments and docstrings."""
    bare = ast.parse(ast.unparse(node))
    for item in ast.walk(bare):
        if isinstance(item, _Definitions) and ast.get_docstring(item) is not None:
            item.body = item.body[1:] or [ast.Pass()]
    return ast.unparse(bare)
