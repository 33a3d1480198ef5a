"""What a folder of figures says about itself: manifest.json, numbers.json, numbers.tex, and the figures' files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from figures.building import texts
from figures.building.work import Made, digest
from toylab.bench.journal import code_fingerprint
from toylab.report.versions import versions
from toylab.storage import replacing, write_json

#: Endings of the files of every figure.
ENDINGS = ("json", "pdf", "png")


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder of finished figures.

    Attributes:
        path: where it is; it exists.
    """

    path: Path

    def entries(self) -> dict[str, dict[str, Any]]:
        """What the manifest says, figure by figure; nothing where there is none or it is damaged."""
        return self._read("manifest.json").get("figures", {})

    def file(self, name: str, ending: str) -> Path:
        """The path of one file of a figure."""
        return self.path / f"{name}.{ending}"

    def kept(self, name: str, key: str) -> bytes | None:
        """The file of arrays with this key, None where it is not there as it was written."""
        entry = self.entries().get(name, {})
        return self._unharmed(name, "json", entry) if entry.get("data_key") == key else None

    def is_finished(self, name: str, drawing: str) -> bool:
        """Whether all files of a figure with this drawing are there as they were written."""
        entry = self.entries().get(name, {})
        whole = all(self._unharmed(name, ending, entry) is not None for ending in ENDINGS)
        return entry.get("drawing_key") == drawing and whole

    def _unharmed(self, name: str, ending: str, entry: Mapping[str, Any]) -> bytes | None:
        try:
            contents = self.file(name, ending).read_bytes()
        except OSError:
            return None
        return contents if digest(contents) == entry.get("sha256", {}).get(ending) else None

    def store(self, made: Made, facts: Mapping[str, Any]) -> None:
        """Write the files of a figure, then its entry and its numbers.

        Raises:
            InputError: the folder cannot be written any more.
        """
        hashes = {}
        for ending in ENDINGS:
            with replacing(self.file(made.name, ending)) as temporary:
                temporary.write_bytes(made.files[ending])
            hashes[ending] = digest(made.files[ending])
        if made.computed is None:  # the arrays are those of an earlier build
            before = self.entries()[made.name]
            origin = {fact: before[fact] for fact in ("code", "versions", "seconds")}
        else:
            origin = {"code": code_fingerprint(), "versions": versions(), "seconds": round(made.computed, 2)}
        entry = {**facts, **origin, "seconds_of_drawing": round(made.drawn, 2), "sha256": hashes}
        entries = {**self.entries(), made.name: entry}
        numbers = {**self._read("numbers.json"), made.name: dict(made.numbers)}
        self._write(entries, numbers)

    def forget_others(self, known: Iterable[str]) -> None:
        """Drop entries and numbers of figures that are no more; their files stay."""
        entries, numbers = self.entries(), self._read("numbers.json")
        if not {*entries, *numbers} <= set(known):
            self._write(*({name: kept[name] for name in kept if name in set(known)} for kept in (entries, numbers)))

    def _write(self, entries: Mapping[str, Any], numbers: Mapping[str, Any]) -> None:
        in_order = {name: numbers[name] for name in sorted(numbers)}
        write_json(self.path / "numbers.json", in_order)
        with replacing(self.path / "numbers.tex") as temporary:
            temporary.write_text(texts.commands(in_order), encoding="utf-8")
        write_json(self.path / "manifest.json", {"figures": {name: entries[name] for name in sorted(entries)}})

    def _read(self, name: str) -> dict[str, Any]:
        try:
            read = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return read if isinstance(read, dict) else {}
