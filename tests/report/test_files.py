"""What lies in the folder afterwards, and that nothing does where something fails."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from toylab import claims
from toylab.report import files, html, junit, leftovers
from toylab.report.drawings import Drawings
from toylab.report.files import write_report
from toylab.verification import VerificationReport
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


@pytest.fixture
def undrawn(monkeypatch):
    """Files are the subject here, not what the page shows."""
    monkeypatch.setattr(files, "draw", lambda *_: Drawings(cases={}, training={}, files={}))
    monkeypatch.setattr(html, "render", lambda *_, **__: "a page")


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def only(report: VerificationReport, *names: str) -> VerificationReport:
    return replace(report, claims=tuple(row for row in report.claims if row.claim.id in names))


@pytest.mark.usefixtures("undrawn")
def test_where_something_fails_nothing_is_written(report, tmp_path, monkeypatch):
    monkeypatch.setattr(junit, "render", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(report, tmp_path)
    assert files_in(tmp_path) == {}


@pytest.mark.usefixtures("undrawn")
def test_where_something_fails_the_earlier_report_stays_whole(report, tmp_path, monkeypatch):
    write_report(report, tmp_path)
    before = files_in(tmp_path)
    monkeypatch.setattr(junit, "render", lambda report: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(only(report, "lgan.theorem-4"), tmp_path)
    assert files_in(tmp_path) == before


@pytest.mark.usefixtures("undrawn")
def test_a_run_leaves_the_cases_its_report_refers_to_and_no_others(report, tmp_path):
    write_report(report, tmp_path)
    write_report(only(report, "lgan.theorem-4"), tmp_path)
    assert [path.name for path in (tmp_path / "cases").iterdir()] == ["lgan.theorem-4.json"]
    assert json.loads((tmp_path / "report.json").read_text())["cases"] == ["cases/lgan.theorem-4.json"]
    write_report(report, tmp_path)  # and back again
    assert len(list((tmp_path / "cases").iterdir())) == len(report.claims)


@pytest.mark.usefixtures("undrawn")
def test_pictures_of_an_earlier_training_go_with_it(report, tmp_path, monkeypatch):
    def draw(report, workers):
        files = {row.case.name: b"a picture" for row in report.training}
        return Drawings(cases={}, training={}, files=files)

    monkeypatch.setattr(files, "draw", draw)
    monkeypatch.setattr(files, "junit", SimpleNamespace(render=lambda report: ""))
    trained = [
        SimpleNamespace(case=SimpleNamespace(name=name), trained=True, to_json=dict, as_expected=True) for name in "ab"
    ]
    write_report(replace(report, training=tuple(trained)), tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["maxgp-a.png", "maxgp-b.png"]
    write_report(replace(report, training=tuple(trained[1:])), tmp_path)
    assert [path.name for path in tmp_path.glob("*.png")] == ["maxgp-b.png"]


@pytest.mark.usefixtures("undrawn")
def test_what_a_person_has_put_there_or_changed_stays(report, tmp_path):
    write_report(report, tmp_path)
    changed, copied = tmp_path / "cases" / "lgan.theorem-5.json", tmp_path / "cases" / "kept.json"
    copied.write_bytes((tmp_path / "cases" / "iclr.theorem-2.json").read_bytes())
    changed.write_text(changed.read_text().replace(" ", "  ", 1))
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "maxgp-mine.png").write_text("mine")
    theirs = {name: files_in(tmp_path)[name] for name in files_in(tmp_path) if "theorem-2" not in name}
    write_report(only(report, "lgan.theorem-4"), tmp_path)
    after = files_in(tmp_path)
    assert "cases/iclr.theorem-2.json" not in after
    for name in ("cases/lgan.theorem-5.json", "cases/kept.json", "notes.txt", "maxgp-mine.png"):
        assert after[name] == theirs[name]


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("record", ["", "{", "[]", "{}", '{"digests": 3}', '{"digests": {"cases/old.json": null}}'])
def test_a_report_json_that_records_nothing_removes_nothing(record, report, tmp_path):
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "old.json").write_text("{}")
    (tmp_path / "report.json").write_text(record)
    write_report(only(report, "lgan.theorem-4"), tmp_path)
    assert (tmp_path / "cases" / "old.json").read_text() == "{}"


@pytest.mark.usefixtures("undrawn")
def test_a_record_reaches_no_file_outside_of_the_folder_and_follows_no_link(report, tmp_path):
    folder, outside = tmp_path / "report", tmp_path / "mine.json"
    (folder / "cases").mkdir(parents=True)
    outside.write_text("{}")
    (folder / "cases" / "link.json").symlink_to(outside)
    names = ("../mine.json", "cases/../../mine.json", str(outside), "cases/link.json", "report.html", "cases")
    (folder / "report.json").write_text(json.dumps({"digests": dict.fromkeys(names, leftovers.digest(outside))}))
    write_report(only(report, "lgan.theorem-4"), folder)
    assert outside.read_text() == "{}"
    assert (folder / "cases" / "link.json").is_symlink()
