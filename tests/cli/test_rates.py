"""`toylab bench rates`, run as a user runs it."""

import json

import pytest

from toylab.cli import main


def test_a_table_a_file_and_a_picture(tmp_path, capsys):
    command = ["bench", "rates", "--quick", "--populations", "line-*", "--repetitions", "4", "--workers", "1"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    for words in ("line-to-itself", "line-translated", "n^-1/2", "in band", "Written: "):
        assert words in printed
    data = json.loads((tmp_path / "out" / "rates.json").read_text())
    assert [study["population"] for study in data["studies"]] == ["line-to-itself", "line-translated"]
    assert data["studies"][0]["quantities"]["k"]["sizes"] == [8.0, 16.0, 32.0, 64.0]
    assert (tmp_path / "out" / "rates.png").read_bytes().startswith(b"\x89PNG")


BAD = [
    (("--populations", "square-translatd"), "did you mean 'square-translated'"),
    (("--repetitions", "1"), "--repetitions must be a whole number of at least 2, got 1"),
    (("--level", "95"), "--level must be above 0 and below 1, got 95"),
    (("--smallest", "9", "--largest", "8"), "must exceed the smallest"),
    (("--largest", "40"), "must be a whole number from 1 to 13"),
    (("--workers", "0"), "--workers must be a positive whole number, got 0"),
    (("--seed", "-1"), "--seed must be a whole number of at least 0"),
    (("--out", "taken"), "cannot write into the folder"),
    (("--largest", "many"), "whole number"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main(["bench", "rates", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
