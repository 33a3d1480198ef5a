"""What `toylab verify` leaves in its output folder: report.json and the pictures of trained critics."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from toylab.storage import write_json
from toylab.verification import TrainingReport, VerificationReport


def _versions() -> dict[str, str]:
    names = ("toylab", "numpy", "scipy", "torch", "pot", "cvxpy", "clarabel")
    return {"python": platform.python_version(), **{name: version(name) for name in names}}


def picture_name(report: TrainingReport) -> str:
    """The file name of a training picture."""
    words = "".join(c if c.isalnum() else " " for c in report.case.name).split()
    return f"maxgp-{'-'.join(words)}.png"


def draw_training(report: TrainingReport, folder: Path) -> str:
    """Draw a trained critic beside the certified one; returns the file name."""
    from toylab.plotting import plot_training, save

    shown = ("relative_gap", "k_support", "k_star", "angle_median", "angle_worst")
    numbers = {key: value for key, value in report.comparisons[0].to_json().items() if key in shown}
    name = picture_name(report)
    save(plot_training(report.trained, report.exact, numbers=numbers), folder / name)
    return name


def write_report(report: VerificationReport, folder: Path) -> list[Path]:
    """Write the pictures, then report.json that names them; every file whole or not at all."""
    pictures = [draw_training(training, folder) for training in report.training if training.trained is not None]
    data: dict[str, Any] = {**report.to_json(), "versions": _versions(), "pictures": pictures}
    write_json(folder / "report.json", data)
    return [folder / "report.json", *(folder / name for name in pictures)]
