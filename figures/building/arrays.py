"""The arrays behind a figure as JSON: the same arrays, the same bytes, and back without loss.

    {"figure": …, "paper": …, "seed": …, "parameters": {…}, "arrays": {name: {"dtype", "shape", "values"}}}

NaN is null, infinities are "inf" and "-inf"; float32 is written with the digits it has.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from figures.building.scripts import Data
from toylab.errors import InputError


def to_bytes(header: Mapping[str, Any], data: Data) -> bytes:
    """The file's contents: the header's fields and the arrays, one a line."""
    lines = [f"  {json.dumps(name)}: {_text(_packed(array))}" for name, array in data.items()]
    body = ",\n".join(lines)
    fields = "".join(f" {json.dumps(name)}: {_text(value)},\n" for name, value in header.items())
    return f'{{\n{fields} "arrays": {{\n{body}\n }}\n}}\n'.encode()


def from_bytes(contents: bytes) -> Data:
    """The arrays of `to_bytes`.

    Raises:
        InputError: the contents are of another kind.
    """
    try:
        return {name: _unpacked(packed) for name, packed in json.loads(contents)["arrays"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"these are no arrays of a figure ({error!r}); remove the file and build it again.") from None


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(", ", ": "))


def _packed(array: np.ndarray) -> dict[str, Any]:
    values = [_plain(value) for value in array.ravel()] if array.dtype.kind == "f" else array.ravel().tolist()
    return {"dtype": array.dtype.str.lstrip("<>|="), "shape": list(array.shape), "values": values}


def _plain(value: np.floating[Any]) -> float | str | None:
    if math.isfinite(value):
        return float(str(value))
    return None if math.isnan(value) else str(float(value))


def _unpacked(packed: Mapping[str, Any]) -> np.ndarray:
    kind = np.dtype(packed["dtype"])
    values = packed["values"]
    if kind.kind == "f":
        values = [math.nan if value is None else float(value) for value in values]
    return np.array(values, dtype=kind).reshape(packed["shape"])
