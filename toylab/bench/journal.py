"""What a campaign has done so far, in a folder: a header that says which campaign it is, and one line for each case.

A line is appended whole; if the machine dies in the middle of one, the damaged line is dropped and its case is done
again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from toylab.bench.random_problems import GENERATOR_VERSION
from toylab.errors import InputError
from toylab.storage import writable_folder, write_json

#: Parts of the package that no result depends on.
_WITHOUT_INFLUENCE = ("cli", "plotting", "report")


@cache
def code_fingerprint() -> str:
    """A short hash of the sources that results depend on."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if relative.parts[0] not in _WITHOUT_INFLUENCE:
            digest.update(relative.as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def key_number(key: Any) -> int:
    """A number that no other key, a dataclass of plain data, has, whatever else is measured in the same folder."""
    return int(hashlib.sha256(json.dumps(asdict(key), sort_keys=True).encode()).hexdigest()[:15], 16)


def _version() -> str:
    try:
        return version("toylab")
    except PackageNotFoundError:  # used from a source tree that was never installed
        return "unknown"


def campaign_header(seed: int) -> dict[str, Any]:
    """What must agree for two runs to be one campaign."""
    return {
        "seed": seed,
        "generator": GENERATOR_VERSION,
        "toylab": _version(),
        "code": code_fingerprint(),
    }


_WORDS = {
    "seed": "seed",
    "generator": "version of the generator of problems",
    "toylab": "version of toylab",
    "code": "state of toylab's source code",
}


class Record(Protocol):
    """A finished case: plain data with its `index` and its `failures`."""

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        ...


@dataclass(frozen=True)
class Journal:
    """The folder of one campaign.

    Attributes:
        folder: holds header.json, cases.jsonl, and what the campaign writes at its end.
    """

    folder: Path

    @classmethod
    def opened(cls, folder: str | Path, header: Mapping[str, Any]) -> Journal:
        """The journal of this campaign in a folder, new or continued; a damaged end is cut off.

        Raises:
            InputError: the folder holds another campaign, or cannot be written.
        """
        journal = cls(writable_folder(folder))
        found = journal.header()
        if found is None:
            if journal.lines.exists():
                raise InputError(f"{str(journal.lines)!r} has no header.json beside it; give a folder of its own.")
            write_json(journal.folder / "header.json", dict(header))
            return journal
        for key, value in header.items():
            if found.get(key) != value:
                raise InputError(
                    f"the folder {str(folder)!r} holds a campaign of another {_WORDS.get(key, key)} ({found.get(key)}, "
                    f"this one {value}), whose results cannot be counted together; give another --out."
                )
        journal._mend()
        return journal

    @property
    def lines(self) -> Path:
        """One JSON object a line, in the order in which cases were finished."""
        return self.folder / "cases.jsonl"

    def header(self) -> dict[str, Any] | None:
        """The header of the campaign in this folder, None where there is none.

        Raises:
            InputError: header.json is there but damaged.
        """
        try:
            found = json.loads((self.folder / "header.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise InputError(f"cannot read the header of the campaign in {str(self.folder)!r}: {error}.") from None
        if not isinstance(found, dict):
            raise InputError(f"header.json in {str(self.folder)!r} is not the header of a campaign.")
        return found

    def append(self, records: Iterable[Record]) -> None:
        """Write finished cases at the end, in one piece."""
        text = "".join(json.dumps(record.to_json(), ensure_ascii=False) + "\n" for record in records)
        with self.lines.open("ab") as file:
            file.write(text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())

    def records(self) -> Iterator[dict[str, Any]]:
        """Every whole line as plain data, the first one of each case; damaged lines are left out."""
        if not self.lines.exists():
            return
        seen: set[int] = set()
        with self.lines.open("rb") as file:
            for line in file:
                record = _whole(line)
                if record is not None and record["index"] not in seen:
                    seen.add(record["index"])
                    yield record

    def finished(self) -> set[int]:
        """Indices of the cases that are done."""
        return {record["index"] for record in self.records()}

    def _mend(self) -> None:
        """End the file with a whole line, so that the next one starts on its own."""
        if not self.lines.exists():
            return
        with self.lines.open("rb+") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")


def _whole(line: bytes) -> dict[str, Any] | None:
    """The record of a line, None where the line is damaged."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(record, dict) and isinstance(record.get("index"), int) and "failures" in record
    return record if whole else None
