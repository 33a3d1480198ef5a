"""A user's own data: measures and problems from files, and back.

    read_measure("fake.csv")        .csv .tsv .txt (text tables), .npy .npz (NumPy), .json (DiscreteMeasure.to_json)
    load_problem("p.json")          what save_problem wrote: measures, losses, regulariser
    save_problem(problem, "p.json")

A text table has one point a line, cells separated by semicolons, commas, tabs or blanks (the first of these
that its first line contains). Empty lines and what follows a # are passed over. If no cell of the first line is a
number, that line names the columns; a column named `weight` or `weights` holds masses, all others are coordinates.
"""

from __future__ import annotations

import csv
import json
import math
import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toylab.errors import InputError
from toylab.measures import DiscreteMeasure
from toylab.problem import CriticProblem
from toylab.storage import write_json

#: File name endings that `read_measure` understands.
ENDINGS = (".csv", ".tsv", ".txt", ".npy", ".npz", ".json")
_WEIGHTS = ("weight", "weights")
_Path = str | os.PathLike[str]


def read_measure(path: _Path) -> DiscreteMeasure:
    """The measure in a file, by the ending of its name.

    Args:
        path: .csv, .tsv or .txt: a table, see above; .npy: points (n, d); .npz: arrays `points` and, if present,
            `weights`; .json: what DiscreteMeasure.to_json gives.

    Raises:
        InputError: no such file, an ending that is not known, or contents that are no measure: the sentence names
            the file, and in a table line and column.
    """
    file = _existing(path)
    match file.suffix.lower():
        case ".csv" | ".tsv" | ".txt":
            points, weights = _table(file)
        case ".npy":
            points, weights = _array(file), None
        case ".npz":
            points, weights = _archive(file)
        case ".json":
            return _measure_from_json(file)
        case ending:
            raise InputError(f"{file}: cannot read points from {ending or 'a file without ending'}; use {_either()}.")
    return _located(file, lambda: DiscreteMeasure(points, weights))


def load_problem(path: _Path) -> CriticProblem:
    """The problem that `save_problem` wrote: the same bits in every point, weight and setting.

    Raises:
        InputError: no such file, no JSON (with line and column), or no problem.
    """
    file = _existing(path)
    data = _json(file)
    if isinstance(data, dict) and "points" in data:
        raise InputError(f"{file} holds a measure, not a problem; name it with --fake or --real, or read_measure().")
    return _located(file, lambda: CriticProblem.from_json(data))


def save_problem(problem: CriticProblem, path: _Path) -> Path:
    """Write a problem as JSON, whole or not at all; `load_problem` gives it back bit by bit.

    Raises:
        InputError: not a problem, a name that does not end in .json, or a folder that cannot be written.
    """
    if not isinstance(problem, CriticProblem):
        raise InputError(f"save_problem writes a CriticProblem, got {type(problem).__name__}.")
    target = Path(path)
    if target.suffix.lower() != ".json":
        raise InputError(f"cannot write {str(target)!r}: a problem is written as JSON, end the name in .json.")
    write_json(target, problem.to_json())
    return target


def _either() -> str:
    return f"{', '.join(ENDINGS[:-1])} or {ENDINGS[-1]}"


def _existing(path: _Path) -> Path:
    file = Path(path)
    if file.is_dir():
        raise InputError(f"{file} is a folder; give the name of a file.")
    if not file.exists():
        raise InputError(f"{file} does not exist.")
    return file


def _located(file: Path, make: Any) -> Any:
    """What `make` makes; its complaints get the name of the file."""
    try:
        return make()
    except InputError as error:
        raise InputError(f"{file}: {error}") from None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no text in UTF-8 (byte {error.start}).") from None
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror or error}.") from None


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise InputError(f"{file}, line {error.lineno}, column {error.colno}: no JSON ({error.msg}).") from None
    except RecursionError:
        raise InputError(f"{file}: no usable JSON, it is nested too deeply.") from None


def _measure_from_json(file: Path) -> DiscreteMeasure:
    data = _json(file)
    if isinstance(data, dict) and {"fake", "real"} <= set(data):
        raise InputError(f"{file} holds a whole problem, not one measure; use --problem, or load_problem().")
    return _located(file, lambda: DiscreteMeasure.from_json(data))


def _array(file: Path) -> np.ndarray:
    loaded = _loaded(file)
    if not isinstance(loaded, np.ndarray):
        raise InputError(f"{file} holds {type(loaded).__name__}, not one array; rename it to .npz?")
    return loaded


def _archive(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    loaded = _loaded(file)
    if isinstance(loaded, np.ndarray):
        raise InputError(f"{file} holds one array, not an archive of arrays; rename it to .npy?")
    with loaded:
        if "points" not in loaded.files:
            raise InputError(f"{file} holds no array 'points', only {', '.join(map(repr, loaded.files)) or 'nothing'}.")
        unknown = sorted(set(loaded.files) - {"points", "weights"})
        if unknown:
            raise InputError(f"{file} holds {', '.join(map(repr, unknown))} besides 'points' and 'weights'; leave out.")
        try:
            return loaded["points"], loaded["weights"] if "weights" in loaded.files else None
        except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
            raise _unreadable(file, error) from None


def _unreadable(file: Path, error: Exception) -> InputError:
    """NumPy advises to unpickle what it cannot read, which may be anything."""
    why = "it is damaged, or holds Python objects" if "pickle" in str(error) else str(error)
    return InputError(f"{file} cannot be read as NumPy data ({why}).")


def _loaded(file: Path) -> Any:
    try:
        return np.load(file, allow_pickle=False)
    except (ValueError, OSError, zipfile.BadZipFile, EOFError) as error:
        raise _unreadable(file, error) from None


@dataclass(frozen=True, kw_only=True)
class _Row:
    """One line of a table: its number in the file, counted from 1, and its cells."""

    line: int
    cells: list[str]


def _table(file: Path) -> tuple[np.ndarray, np.ndarray | None]:
    rows = _rows(file)
    if not rows:
        raise InputError(f"{file} holds no points.")
    named = not any(_is_number(cell.replace(",", ".")) for cell in rows[0].cells)
    if named and len(rows) == 1:
        raise InputError(f"{file} holds no points: its only line, {rows[0].line}, is {', '.join(rows[0].cells)!r}.")
    width = len(rows[0].cells)
    for row in rows:
        if len(row.cells) != width:
            raise InputError(
                f"{file}, line {row.line}: {_counted(len(row.cells))} where line {rows[0].line} has {width}."
            )
    numbers = np.array([_numbers(file, row) for row in (rows[1:] if named else rows)])
    column = _weight_column(file, rows[0]) if named else None
    if column is None:
        return numbers, None
    return np.delete(numbers, column, axis=1), numbers[:, column]


def _counted(cells: int) -> str:
    return f"{cells} entry" if cells == 1 else f"{cells} entries"


def _rows(file: Path) -> list[_Row]:
    lines = [(number, line.partition("#")[0].strip(" \r\n")) for number, line in enumerate(_text(file).split("\n"), 1)]
    filled = [(number, line) for number, line in lines if line.strip()]
    if not filled:
        return []
    # a comma beside semicolons is a decimal comma, which is then refused cell by cell
    delimiter = next((mark for mark in (";", ",", "\t") if mark in filled[0][1]), None)
    return [_Row(line=number, cells=_cells(line, delimiter)) for number, line in filled]


def _cells(line: str, delimiter: str | None) -> list[str]:
    if delimiter is None:
        return line.split()
    return [cell.strip() for cell in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python reads 1_000 as a thousand, a table hardly means it


def _numbers(file: Path, row: _Row) -> list[float]:
    for column, cell in enumerate(row.cells, 1):
        where = f"{file}, line {row.line}, column {column}"
        if not cell:
            raise InputError(f"{where}: the entry is empty; every point needs all its coordinates.")
        if not _is_number(cell):
            advice = "; write decimals with a point" if _is_number(cell.replace(",", ".")) else ""
            raise InputError(f"{where}: {cell!r} is no number{advice}.")
        if not math.isfinite(float(cell)):
            raise InputError(f"{where}: {cell} is not finite; every entry must be.")
    return [float(cell) for cell in row.cells]


def _weight_column(file: Path, header: _Row) -> int | None:
    found: Sequence[int] = [index for index, name in enumerate(header.cells) if name.lower() in _WEIGHTS]
    if len(found) > 1:
        raise InputError(f"{file}, line {header.line}: {len(found)} columns are named weight; keep one.")
    if found and len(header.cells) == 1:
        raise InputError(f"{file}, line {header.line}: weights without coordinates.")
    return found[0] if found else None
