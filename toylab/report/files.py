"""What `toylab verify` leaves in its output folder: the page, JUnit, JSON, worst cases, pictures of trained critics."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from toylab.report import html, junit
from toylab.report.pictures import training_figure
from toylab.report.replay import case_file
from toylab.report.versions import versions
from toylab.storage import replacing, writable_folder, write_json
from toylab.verification import ClaimReport, TrainingReport, VerificationReport


def picture_name(report: TrainingReport) -> str:
    """The file name of a training picture."""
    words = "".join(c if c.isalnum() else " " for c in report.case.name).split()
    return f"maxgp-{'-'.join(words)}.png"


def draw_training(report: TrainingReport, folder: Path) -> str:
    """Draw a trained critic beside the certified one; returns the file name."""
    from toylab.plotting import save

    name = picture_name(report)
    save(training_figure(report), folder / name)
    return name


def worst_case(report: ClaimReport) -> dict[str, Any] | None:
    """The worst case of a claim as plain data that `toylab check` reads; None where no case was decided."""
    worst = report.worst
    if worst is None or not worst.subject:
        return None
    return {"claim": report.claim.id, "case": worst.case, "engine": worst.engine, **worst.subject}


def write_report(report: VerificationReport, folder: Path, *, workers: int = 1) -> list[Path]:
    """Write report.html, junit.xml, the worst cases, the pictures, and report.json that names them.

    Everything is made before anything is written, and every file is written whole or not at all, report.json
    last: it names the files that belong together.

    Args:
        report: what a verification found.
        folder: where to write; it must exist.
        workers: processes that draw.

    Returns:
        The files, those for people first.
    """
    worst = {case_file(row.claim): worst_case(row) for row in report.claims}
    cases = {name: data for name, data in worst.items() if data is not None}
    texts = {
        "report.html": html.render(report, folder=folder, workers=workers),
        "junit.xml": junit.render(report),
    }
    with tempfile.TemporaryDirectory(dir=folder, prefix=".report-") as made:
        pictures = [draw_training(row, Path(made)) for row in report.training if row.trained is not None]
        for name in pictures:
            _put(Path(made) / name, folder / name)
    writable_folder(folder / "cases")
    for name, case in cases.items():
        write_json(folder / name, case)
    for name, text in texts.items():
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    whole: dict[str, Any] = {**report.to_json(), "versions": versions(), "pictures": pictures, "cases": list(cases)}
    write_json(folder / "report.json", whole)
    return [folder / name for name in (*texts, "report.json", *cases, *pictures)]


def _put(made: Path, target: Path) -> None:
    with replacing(target) as temporary:
        shutil.copyfile(made, temporary)
