"""What a figure's script states about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from toylab.errors import InputError


class Mode(Enum):
    """How much is computed: the value is the folder below figures/output."""

    FULL = "."
    QUICK = "quick"
    PUBLISHED = "published"


@dataclass(frozen=True, kw_only=True)
class Option:
    """A parameter that the command line may set.

    Attributes:
        parameter: its name among the parameters; the command line writes it --like-this.
        metavar: what stands for its value in the help.
        help: what it does.
    """

    parameter: str
    metavar: str
    help: str


@dataclass(frozen=True, kw_only=True)
class FigureSpec:
    """The module constant SPEC of a figure's script.

    Attributes:
        name: the name of the module, and of the files that are written.
        paper: which figure of which paper it is.
        parameters: plain data that `compute` gets: sizes, seeds, step budgets. They enter the cache key.
        quick: what changes for `--quick`.
        published: what changes for `--published`, the settings of the paper; None where nothing does.
        seed: of the generator that `compute` gets.
        seconds: about how long the full computation takes on one core; long figures are started first.
        options: parameters that the command line may set.

    Raises:
        InputError: a change or an option of something that is no parameter.
    """

    name: str
    paper: str
    parameters: Mapping[str, Any]
    quick: Mapping[str, Any]
    published: Mapping[str, Any] | None = None
    seed: int = 0
    seconds: float = 5.0
    options: tuple[Option, ...] = field(default=())

    def __post_init__(self) -> None:
        named = {
            "quick": self.quick,
            "published": self.published or {},
            "options": [option.parameter for option in self.options],
        }
        for what, names in named.items():
            unknown = sorted(set(names) - set(self.parameters))
            if unknown:
                raise InputError(f"{self.name}: {what} names {', '.join(unknown)}, which parameters does not have.")

    def chosen(self, mode: Mode, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The parameters of a mode, with changes on top where this figure has such a parameter."""
        own = {Mode.FULL: {}, Mode.QUICK: self.quick, Mode.PUBLISHED: self.published or {}}[mode]
        asked = {name: value for name, value in (changes or {}).items() if name in self.parameters}
        return {**self.parameters, **own, **asked}
