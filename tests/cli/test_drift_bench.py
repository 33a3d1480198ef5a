"""`toylab bench drift`, run as a user runs it."""

import json

import pytest

from toylab.cli import main


def test_the_table_and_the_series(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["bench", "drift", "case3", "--n", "6", "--steps", "100", "--batch", "4", "--repetitions", "1"]
    assert main([*arguments, "--losses", "wasserstein,logistic"]) == 0
    said = capsys.readouterr().out
    assert "wasserstein" in said
    assert "Written: toylab-drift/drift.json" in said
    data = json.loads((tmp_path / "toylab-drift" / "drift.json").read_text())
    assert [each["loss"] for each in data["series"]] == ["wasserstein", "logistic"]
    assert len(data["series"][0]["fake"][0]) == 4


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["case3", "--losses", "wasserstain"], "wasserstein"),
        (["case3", "--loss", "logistic"], "--losses"),
        (["case3", "--repetitions", "0"], "--repetitions"),
        (["case3", "--steps", "5"], "steps"),
    ],
)
def test_bad_input_is_a_sentence(arguments, words, capsys):
    assert main(["bench", "drift", *arguments]) == 2
    assert words in capsys.readouterr().err
