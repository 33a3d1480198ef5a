"""Files that a command will write, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toylab.errors import InputError
from toylab.storage import writable_folder


def checked_target(path: str | None, endings: Sequence[str]) -> Path | None:
    """The path, None for None.

    Raises:
        InputError: another ending, a folder, or a folder above it that does not exist or cannot be written.
    """
    if path is None:
        return None
    target = Path(path)
    if target.suffix.lower() not in endings:
        raise InputError(f"cannot write {path!r}: the file name must end in {' or '.join(endings)}.")
    if target.is_dir():
        raise InputError(f"cannot write {path!r}: it is a folder; give the name of a file.")
    if not target.parent.is_dir():
        raise InputError(f"cannot write {path!r}: the folder {str(target.parent)!r} does not exist.")
    writable_folder(target.parent)
    return target
