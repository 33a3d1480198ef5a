"""Templates travel with the package: in the source tree, and in a wheel."""

import shutil
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEMPLATES = {path.name for path in (ROOT / "toylab" / "report" / "templates").iterdir()}


def test_templates_are_resources_of_the_package():
    folder = resources.files("toylab.report").joinpath("templates")
    assert {entry.name for entry in folder.iterdir()} == TEMPLATES
    assert "{% include" in folder.joinpath("report.html").read_text(encoding="utf-8")


def test_a_wheel_holds_every_template(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(ROOT / "toylab", source / "toylab", ignore=shutil.ignore_patterns("__pycache__"))
    code = f"from setuptools import build_meta; print(build_meta.build_wheel({str(tmp_path)!r}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"toylab/report/templates/{name}" for name in TEMPLATES} <= names
