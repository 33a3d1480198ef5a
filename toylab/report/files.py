"""What `toylab verify` leaves in its output folder: the page, JUnit, JSON, worst cases, pictures of trained critics."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from toylab.errors import InputError
from toylab.report import html, junit, leftovers
from toylab.report.drawings import draw
from toylab.report.replay import case_file
from toylab.report.versions import versions
from toylab.storage import writable_folder, write_json
from toylab.verification import ClaimReport, TrainingReport, VerificationReport


def picture_name(report: TrainingReport) -> str:
    """The file name of a training picture."""
    words = "".join(c if c.isalnum() else " " for c in report.case.name).split()
    return f"maxgp-{'-'.join(words)}.png"


def worst_case(report: ClaimReport) -> dict[str, Any] | None:
    """The worst case of a claim as plain data that `toylab check` reads; None where no case was decided."""
    worst = report.worst
    if worst is None or not worst.subject:
        return None
    return {"claim": report.claim.id, "case": worst.case, "engine": worst.engine, **worst.subject}


def write_report(report: VerificationReport, folder: Path, *, workers: int = 1) -> list[Path]:
    """Write report.html, junit.xml, the worst cases, the pictures, and report.json that names them.

    Everything is made in a folder of its own before anything is put in its place, report.json last: it names the
    files that belong together. Cases and pictures that an earlier report has left and this one does not refer to are
    removed (`leftovers`); whatever else lies in the folder stays.

    Args:
        report: what a verification found.
        folder: where to write; it must exist.
        workers: processes that draw.

    Returns:
        The files, those for people first.

    Raises:
        InputError: the folder cannot be written.
    """
    earlier = leftovers.recorded(folder)
    writable_folder(folder / "cases")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".report-") as beside:
        made = Path(beside)
        pages, cases, pictures = _made(report, made, folder, workers)
        digests = {name: leftovers.digest(made / name) for name in (*cases, *pictures)}
        whole: dict[str, Any] = {**report.to_json(), "versions": versions(), "pictures": pictures, "cases": cases}
        write_json(made / "report.json", {**whole, "digests": digests})
        for name in (*cases, *pictures, *pages):
            _put(made / name, folder / name)
        leftovers.remove(folder, earlier, keep=digests)
        _put(made / "report.json", folder / "report.json")
    return [folder / name for name in (*pages, "report.json", *cases, *pictures)]


def _made(report: VerificationReport, made: Path, folder: Path, workers: int) -> tuple[list[str], list[str], list[str]]:
    """Make everything but report.json; the names of pages, cases and pictures."""
    drawings = draw(report, workers)
    pages = {"report.html": html.render(report, folder=folder, drawings=drawings), "junit.xml": junit.render(report)}
    for name, text in pages.items():
        (made / name).write_text(text, encoding="utf-8")
    worst = {case_file(row.claim): worst_case(row) for row in report.claims}
    cases = {name: data for name, data in worst.items() if data is not None}
    writable_folder(made / "cases")
    for name, data in cases.items():
        write_json(made / name, data)
    pictures = {picture_name(row): drawings.files[row.case.name] for row in report.training if row.trained is not None}
    for name, data in pictures.items():
        (made / name).write_bytes(data)
    return list(pages), list(cases), list(pictures)


def _put(made: Path, target: Path) -> None:
    """Put a finished file in its place."""
    try:
        os.chmod(made, 0o644)
        os.replace(made, target)
    except OSError as error:
        raise InputError(f"cannot write {str(target)!r}: {error.strerror or error}.") from None
