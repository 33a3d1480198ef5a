"""Files that an earlier run left in the folder of a report: ours by their digest, removed once nothing refers to them.

report.json records the digest of every case and picture that was written with it. A file that the next report does not
refer to is removed only where it still is what was written, byte for byte: what a person has put there, or changed, is
theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path, PurePosixPath

from toylab.errors import InputError


def digest(path: Path) -> str:
    """What tells the content of a file from every other."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def recorded(folder: Path) -> dict[str, str]:
    """The digests that the report.json of a folder holds, by name; none where there is no such record."""
    try:
        record = json.loads((folder / "report.json").read_text(encoding="utf-8"))["digests"]
        return {str(name): str(known) for name, known in record.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def remove(folder: Path, earlier: Mapping[str, str], *, keep: Collection[str]) -> list[Path]:
    """Remove what an earlier run has written and a new one does not refer to.

    Args:
        folder: of the reports.
        earlier: what the earlier one has recorded.
        keep: names that the new one refers to.

    Returns:
        What was removed.

    Raises:
        InputError: a file that cannot be removed.
    """
    removed = []
    for name in (name for name in earlier if name not in keep and _belongs(name)):
        path = folder / name
        try:
            if path.is_symlink() or not path.is_file() or digest(path) != earlier[name]:
                continue
            path.unlink()
        except OSError as error:
            raise InputError(f"cannot remove {str(path)!r} of an earlier report: {error.strerror or error}.") from None
        removed.append(path)
    return removed


def _belongs(name: str) -> bool:
    """Whether a report writes files of this kind: a case, or a picture beside the page."""
    match PurePosixPath(name).parts:
        case ("cases", file):
            return file.endswith(".json")
        case (file,):
            return file.endswith(".png")
    return False
