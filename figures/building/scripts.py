"""The scripts of the folder `figures`, and those that a person names."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from figures.building.spec import FigureSpec
from toylab.errors import InputError, unknown_name

FOLDER = Path(__file__).parents[1]

Data = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Script:
    """A figure's script: SPEC and its functions.

    Attributes:
        module: the module itself, `figures.NAME`.
    """

    module: ModuleType

    @classmethod
    def load(cls, name: str) -> Script:
        """The script of this name.

        Raises:
            InputError: it states no SPEC of its own name, or lacks a function.
        """
        module = importlib.import_module(f"figures.{name}")
        missing = [part for part in ("SPEC", "compute", "numbers", "draw") if not hasattr(module, part)]
        if missing:
            raise InputError(f"figures/{name}.py lacks {', '.join(missing)}.")
        if not isinstance(module.SPEC, FigureSpec) or module.SPEC.name != name:
            raise InputError(f"SPEC of figures/{name}.py must be a FigureSpec with the name {name!r}.")
        return cls(module=module)

    @property
    def spec(self) -> FigureSpec:
        """What it states about itself."""
        return self.module.SPEC

    @property
    def name(self) -> str:
        """Its name."""
        return self.spec.name

    @property
    def title(self) -> str:
        """The first line of its docstring, without the full stop."""
        return (self.module.__doc__ or "").strip().split("\n", 1)[0].rstrip(".")

    @property
    def path(self) -> Path:
        """Its file."""
        return FOLDER / f"{self.name}.py"

    def compute(self, parameters: Mapping[str, Any]) -> Data:
        """The arrays behind the figure, from the generator of its seed.

        Raises:
            InputError: something else than arrays came back.
        """
        data = self.module.compute(dict(parameters), np.random.default_rng(self.spec.seed))
        for name, array in data.items():
            if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiubU":
                raise InputError(f"compute of {self.name} must return arrays of numbers or text, {name!r} is none.")
        return data

    def inputs(self, parameters: Mapping[str, Any]) -> list[Path]:
        """Files that `compute` reads; their contents enter the cache key. None for most figures.

        Raises:
            InputError: they are missing or damaged.
        """
        named: Callable[..., Sequence[Path]] | None = getattr(self.module, "inputs", None)
        return [] if named is None else list(named(dict(parameters)))

    def numbers(self, data: Data) -> dict[str, Any]:
        """What a text would quote."""
        return self.module.numbers(data)

    def draw(self, data: Data, axes: Any = None) -> Figure:
        """The figure."""
        return self.module.draw(data, axes)


def names() -> list[str]:
    """The names of all scripts, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("fig*.py"))


def select(wanted: Sequence[str], known: Sequence[str]) -> list[str]:
    """The scripts that these words name: each a name, a file, or the beginning of names; all for no words.

    Raises:
        InputError: a word that names none; the nearest names are suggested.
    """
    chosen: set[str] = set() if wanted else set(known)
    for word in wanted:
        start = Path(word).name.removesuffix(".py")
        found = [name for name in known if name == start] or [
            name for name in known if start and name.startswith(start)
        ]
        if not found:
            raise unknown_name("figure", start, known)
        chosen.update(found)
    return sorted(chosen)
