"""Numbers that a text would quote, as JSON and as TeX commands."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from toylab.errors import InputError

_DIGITS = ("Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")
_SPECIAL = {"\\": r"\textbackslash{}", **{sign: f"\\{sign}" for sign in "&%$#_{}"}, "~": r"\textasciitilde{}"}


def checked(figure: str, numbers: Mapping[str, Any]) -> dict[str, float | int | str]:
    """The numbers as plain data.

    Raises:
        InputError: a name that is no lower-case word like median_angle, or a value that is no number or text.
    """
    plain: dict[str, float | int | str] = {}
    for name, value in numbers.items():
        if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
            raise InputError(f"a number of {figure} is called {name!r}; call it like median_angle.")
        plain[name] = value.item() if hasattr(value, "item") else value
        if not isinstance(plain[name], int | float | str):
            raise InputError(f"the number {name!r} of {figure} is no number and no text but {type(value).__name__}.")
    return plain


def command(figure: str, name: str) -> str:
    r"""The TeX command of a number, letters alone: fig02_x, median_angle -> \FigTwoXMedianAngle."""
    words = re.findall(r"[a-z]+|[0-9]+", f"{figure}_{name}")
    return "\\" + "".join(word.capitalize() if word.isalpha() else _spelt(word) for word in words)


def _spelt(digits: str) -> str:
    """Digit by digit, without leading zeros."""
    return "".join(_DIGITS[int(digit)] for digit in digits.lstrip("0") or "0")


def tex(value: float | int | str) -> str:
    """A number with four digits, in mathematics where it needs a power of ten; text with its signs escaped."""
    if isinstance(value, str):
        return "".join(_SPECIAL.get(sign, sign) for sign in value)
    if isinstance(value, int):
        return str(value)
    if not math.isfinite(value):
        return r"\ensuremath{\infty}" if value > 0 else r"\ensuremath{-\infty}" if value < 0 else "--"
    digits = f"{value:.4g}"
    if "e" in digits:
        mantissa, power = digits.split("e")
        return rf"\ensuremath{{{mantissa} \times 10^{{{int(power)}}}}}"
    return digits if value >= 0 else rf"\ensuremath{{{digits}}}"


def commands(numbers: Mapping[str, Mapping[str, float | int | str]]) -> str:
    r"""A file of \newcommand lines, figure by figure.

    Raises:
        InputError: two numbers would share a command.
    """
    lines = ["% Written by figures/build.py; do not edit."]
    seen: dict[str, str] = {}
    for figure, own in numbers.items():
        lines.append(f"% {figure}".replace("_", "\\_"))
        for name, value in own.items():
            word, place = command(figure, name), f"{figure}.{name}"
            if word in seen:
                raise InputError(f"{seen[word]} and {place} would both be {word} in TeX; rename one.")
            seen[word] = place
            lines.append(f"\\newcommand{{{word}}}{{{tex(value)}}}")
    return "\n".join(lines) + "\n"
