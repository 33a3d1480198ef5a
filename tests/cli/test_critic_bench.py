"""`toylab bench critic`, run as a user runs it."""

import json
import os
import sys

import pytest

from tests.processes import interrupted, started, until
from toylab.cli import main

SMALL = ["bench", "critic", "--n", "4", "--losses", "logistic", "--seeds", "1", "--seconds", "0.2", "--device", "cpu"]


def test_tables_files_and_a_picture_and_a_second_call_that_trains_nothing(tmp_path, capsys):
    out, picture = tmp_path / "out", tmp_path / "gap.png"
    command = [*SMALL, "--methods", "MaxGP,double-backward", "--out", str(out), "--plot", str(picture)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    for words in (
        "Time to a relative gap",
        "double-backward",
        "λ = 0.1",
        "At the end of training",
        "targets",
        "Written: ",
    ):
        assert words in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "| n = 4, logistic | MaxGP | λ = 0.1 |" in (out / "critic.md").read_text()
    data = json.loads((out / "critic.json").read_text())
    assert data["settings"]["seconds"] == 0.2
    assert [row["method"] for row in data["summary"]] == ["MaxGP", "double-backward"]
    assert {row["key"]["method"] for row in data["trainings"]} == {"MaxGP", "double-backward"}
    assert all(len(row["series"]["cpu"]) == len(row["series"]["gap"]) > 1 for row in data["trainings"])

    assert main([*command, "--raw"]) == 0
    capsys.readouterr()
    again = json.loads((out / "critic.json").read_text())
    assert again["trainings"] == data["trainings"]


BAD = [
    (("--methods", "MaxGP,publishd"), "unknown method 'publishd'; did you mean 'published'"),
    (("--methods", ","), "--methods needs at least one value"),
    (("--losses", "logistik"), "did you mean 'logistic'"),
    (("--problem", "case33"), "did you mean"),
    (("--n", "ten"), "got ten"),
    (("--n", "0"), "--n must be a positive whole number, got 0"),
    (("--seeds", "0"), "--seeds must be a positive whole number, got 0"),
    (("--seconds", "-1"), "--seconds must be positive and finite, got -1"),
    (("--device", "tpu"), "device"),
    (("--plot", "gap.gif"), "must end in .png or .pdf or .svg"),
    (("--out", "taken"), "cannot write into the folder"),
    (("--lam", "0"), "--lam must be positive"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main(["bench", "critic", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]


def test_a_problem_of_fixed_points_needs_no_size(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["bench", "critic", "--problem", "two-diracs", "--losses", "logistic", "--methods", "double-backward"]
    assert main([*command, "--seeds", "1", "--seconds", "0.1"]) == 0
    assert "logistic" in capsys.readouterr().out
    assert (tmp_path / "toylab-critic" / "critic.json").exists()


@pytest.mark.long  # a process that starts and trains; what is kept: tests/bench/test_critic.py
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs signals of POSIX")
def test_ctrl_c_keeps_what_is_finished(tmp_path):
    command = [*SMALL, "--methods", "double-backward", "--seeds", "500", "--out", "out"]
    running = started([sys.executable, "-m", "toylab", *command], tmp_path)
    until(lambda: list(tmp_path.glob("out/trainings/*.json")), running)
    code, output, errors = interrupted(running)
    assert code == 130, errors
    assert output == ""
    assert errors.strip() == "toylab: interrupted; what is finished is kept in 'out', the same command continues."
    kept = list(tmp_path.glob("out/trainings/*.json"))
    assert kept
    assert all(json.loads(path.read_text())["status"] for path in kept)
    assert not (tmp_path / "out" / "critic.json").exists()
