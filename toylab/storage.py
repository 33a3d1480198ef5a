"""Files are written whole or not at all: to a temporary file beside the target, then renamed; and JSON read by kind."""

from __future__ import annotations

import base64
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from toylab.errors import InputError, unknown_name

_T = TypeVar("_T")


def writable_folder(path: str | Path) -> Path:
    """The folder, made if it does not exist, after trying to write into it.

    Raises:
        InputError: it cannot be made or written.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"cannot write into the folder {str(folder)!r}: {error.strerror or error}.") from None
    return folder


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """A temporary path in the target's folder that takes the target's place when the block ends well.

    Raises:
        InputError: the folder does not exist or cannot be written.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.stem}-", suffix=target.suffix)
        os.close(handle)
    except OSError as error:
        raise InputError(f"cannot write {str(target)!r}: {error.strerror or error}.") from None
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, data: Any) -> None:
    """Write JSON, whole or not at all; numbers that are not finite become null."""
    text = json.dumps(_plain(data), indent=1, allow_nan=False, ensure_ascii=False)
    with replacing(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _plain(data: Any) -> Any:
    match data:
        case dict():
            return {str(key): _plain(value) for key, value in data.items()}
        case list() | tuple():
            return [_plain(value) for value in data]
        case float():
            return data if data - data == 0 else None
    return data


def numbers_to_json(numbers: np.ndarray) -> Any:
    """An array of numbers as nested lists that `numbers_from_json` turns back exactly: NaN is null, ∞ is "inf"."""
    array = np.asarray(numbers)
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return array.tolist()
    words = array.astype(object)
    words[np.isnan(array)] = None
    words[np.isposinf(array)], words[np.isneginf(array)] = "inf", "-inf"
    return words.tolist()


def numbers_from_json(data: Any) -> np.ndarray:
    """The array of `numbers_to_json`, as float64.

    Raises:
        ValueError, TypeError: something else than numbers, null, "inf" and "-inf" in lists of one shape.
    """
    return np.array(data, dtype=np.float64)


def state_to_json(state: Any) -> Any:
    """Plain data of a state that is made of dictionaries, lists, numbers, words and tensors, bit by bit."""
    match state:
        case dict():
            return {"entries": [[key, state_to_json(value)] for key, value in state.items()]}
        case list() | tuple():
            return [state_to_json(value) for value in state]
        case None | bool() | int() | float() | str():
            return state
    written = io.BytesIO()
    np.save(written, state.detach().cpu().numpy() if hasattr(state, "detach") else np.asarray(state))
    return {"tensor": base64.b64encode(written.getvalue()).decode("ascii")}


def state_from_json(data: Any) -> Any:
    """The state of `state_to_json`; its arrays come back as tensors.

    Raises:
        ValueError, TypeError: something else.
    """
    match data:
        case {"entries": entries}:
            return {key: state_from_json(value) for key, value in entries}
        case {"tensor": text}:
            import torch

            try:
                array = np.lib.format.read_array(io.BytesIO(base64.b64decode(text)), allow_pickle=False)
            except (EOFError, OSError) as error:
                raise ValueError("a tensor of a state is damaged") from error
            return torch.from_numpy(array)
        case list():
            return [state_from_json(value) for value in data]
        case dict():
            raise ValueError("an object of a state has 'entries' or a 'tensor'")
    return data


def read_kind(data: Any, what: str, readers: Mapping[str, Callable[[Mapping[str, Any]], _T]]) -> _T:
    """What an object in JSON with a field 'kind' stands for.

    Args:
        data: plain data.
        what: what it is to be, without an article, for messages.
        readers: kind -> how to make it of the data.

    Raises:
        InputError: an unknown kind, or a field that is missing.
    """
    if not isinstance(data, Mapping):
        article = "an" if what[0] in "aeiou" else "a"
        raise InputError(f"{article} {what} in JSON is an object with a field 'kind', got {type(data).__name__}.")
    kind = data.get("kind")
    if not isinstance(kind, str) or kind not in readers:
        raise unknown_name(f"kind of {what}", kind, readers)
    try:
        return readers[kind](data)
    except KeyError as error:
        raise InputError(f"the {what} of kind {kind!r} lacks its field {error.args[0]!r}.") from None
