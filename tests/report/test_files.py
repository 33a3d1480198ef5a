"""What lies in the folder afterwards, and that nothing does where something fails."""

import json
from pathlib import Path

import pytest

from toylab import claims
from toylab.report import html, junit
from toylab.report.files import write_report
from toylab.verification.replay import subject_from_json


@pytest.fixture(scope="module")
def written(report, tmp_path_factory) -> list[Path]:
    return write_report(report, tmp_path_factory.mktemp("report"))


def test_the_folder_holds_the_page_junit_json_and_the_worst_cases(report, written):
    folder = written[0].parent
    names = {str(file.relative_to(folder)) for file in written}
    worst = {f"cases/{row.claim.id}.json" for row in report.claims}
    assert names == {"report.html", "junit.xml", "report.json", *worst}
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == names
    assert set(json.loads((folder / "report.json").read_text())["cases"]) == worst
    assert str(folder / "cases" / "lgan.theorem-4.json") in (folder / "report.html").read_text()


def test_every_worst_case_comes_back_with_its_verdict(report, written):
    for row in report.claims:
        data = json.loads((written[0].parent / "cases" / f"{row.claim.id}.json").read_text())
        assert (data["claim"], data["case"], data["engine"]) == (row.claim.id, row.worst.case, row.worst.engine)
        verdict = claims.get(row.claim.id).check(subject_from_json(row.claim, data))
        assert verdict.status is row.worst.status
        # the critic is the extension of the same values: what differs is the rounding of their evaluation
        assert verdict.margin == pytest.approx(row.worst.margin, rel=1e-6, abs=1e-12)


def test_where_something_fails_nothing_is_written(report, tmp_path, monkeypatch):
    monkeypatch.setattr(html, "render", lambda *_, **__: "a page")
    monkeypatch.setattr(junit, "render", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(report, tmp_path)
    assert list(tmp_path.iterdir()) == []
