"""Files that a command will write, checked before any work is done."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from toylab.errors import InputError
from toylab.storage import writable_folder

#: What the name of a picture may end in.
PICTURES = (".png", ".pdf", ".svg")


def checked_target(path: str | None, endings: Sequence[str]) -> Path | None:
    """An output file, checked before any work is done.

    Args:
        path: as given on the command line, None where it was not.
        endings: what the name may end in.

    Raises:
        InputError: another ending, a folder, or a folder that does not exist or cannot be written.
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
