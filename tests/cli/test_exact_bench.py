"""`toylab bench exact`, run as a user runs it; solves are measured in this process, which is quicker."""

import json

import pytest

from toylab.bench import exact
from toylab.bench.exact_trial import measured
from toylab.cli import main

SMALL = ["--n", "8,12", "--losses", "logistic", "--lam", "0.1", "--shapes", "separated", "--rounds", "1"]


def test_tables_files_a_page_and_a_picture_and_a_second_call_that_solves_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(exact, "in_a_process", measured)
    out, picture, page, data = (tmp_path / name for name in ("out", "exact.png", "exact.md", "exact.json"))
    command = ["bench", "exact", *SMALL, "--clarabel", "0", "--out", str(out)]
    files = ["--plot", str(picture), "--markdown", str(page), "--json", str(data)]
    assert main([*command, *files]) == 0
    printed = capsys.readouterr().out
    for words in ("Exact critics", "Growth with n", "logistic, 0.1", "× emd", "Written: "):
        assert words in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = page.read_text()
    assert text.startswith("# The exact critic at scale")
    assert "(exact.png)" in text
    assert "| separated, 12 | logistic, 0.1 | default |" in text
    found = json.loads(data.read_text())
    assert found["settings"]["sizes"] == [8, 12]
    assert len(found["solves"]) == 4
    assert {row["method"] for row in found["summary"]["rows"]} == {"default", "emd"}

    monkeypatch.setattr(exact, "in_a_process", None)  # not called again
    assert main([*command, "--clock", "cpu"]) == 0
    assert "CPU seconds" in capsys.readouterr().out
    again = json.loads((out / "exact.json").read_text())
    assert again["solves"] == found["solves"]


def test_ctrl_c_keeps_what_is_finished(tmp_path, monkeypatch, capsys):
    left = [measured]

    def measure(key, limit):
        if not left:
            raise KeyboardInterrupt
        return left.pop()(key, limit)

    monkeypatch.setattr(exact, "in_a_process", measure)
    assert main(["bench", "exact", *SMALL, "--clarabel", "0", "--out", str(tmp_path / "out")]) == 130
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "what is finished is kept" in printed.err
    assert len((tmp_path / "out" / "cases.jsonl").read_text().splitlines()) == 1


def test_a_gap_that_was_missed_is_exit_code_1(tmp_path, monkeypatch, capsys):
    def measure(key, limit):
        return exact.Trial(key=key, status="inaccurate", wall=1.0, cpu=1.0, repeats=1, relative_gap=1e-3)

    monkeypatch.setattr(exact, "in_a_process", measure)
    assert main(["bench", "exact", *SMALL, "--no-emd", "--clarabel", "0", "--out", str(tmp_path)]) == 1
    assert "inaccurate" in capsys.readouterr().out


BAD = [
    (("--n", "ten"), "got ten"),
    (("--n", "100000"), "--n must be a whole number from 1 to 30000, got 100000"),
    (("--lam", "a"), "--lam must be a number, got 'a'"),
    (("--lam", "0"), "--lam must be positive"),
    (("--losses", "logistik"), "did you mean 'logistic'"),
    (("--losses", ","), "--losses needs at least one value"),
    (("--shapes", "overlaping"), "did you mean 'overlapping'"),
    (("--solver", "Interiorpoint"), "did you mean 'InteriorPoint'"),
    (("--solver", "Bundle", "--device", "cuda:99"), "device"),
    (("--rounds", "0"), "--rounds must be a positive whole number, got 0"),
    (("--seconds", "0"), "--seconds must be positive"),
    (("--limit", "nan"), "--limit must be positive and finite"),
    (("--plot", "exact.gif"), "must end in .png or .pdf or .svg"),
    (("--markdown", "exact.txt"), "must end in .md"),
    (("--out", "taken"), "cannot write into the folder"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main(["bench", "exact", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
