"""`toylab bench campaign`: interrupted as a user interrupts it, and continued."""

import json
import os
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.processes import interrupted, started, until

CAMPAIGN = [sys.executable, "-m", "toylab", "bench", "campaign"]


@pytest.fixture
def campaign(toylab):
    return partial(toylab, "bench", "campaign")


@pytest.mark.long  # two processes that start, and forty problems; how campaigns go on: tests/bench/test_campaign.py
@pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs process groups")
def test_ctrl_c_keeps_what_is_finished_and_the_same_command_continues(tmp_path, campaign):
    arguments = ("--problems", "1000", "--workers", "2", "--out", "out")
    running, cases = started([*CAMPAIGN, *arguments], tmp_path), tmp_path / "out" / "cases.jsonl"
    until(lambda: cases.exists() and cases.stat().st_size, running)
    code, output, errors = interrupted(running)
    assert code == 130, errors
    assert output == ""
    # a worker that is hit while Python still starts it has no handler yet and says so
    said = "toylab: interrupted; what is finished is kept in 'out', the same command continues."
    assert errors.strip().endswith(said)
    assert errors.count("Traceback") == errors.count("Process LokyProcess")
    kept = [json.loads(line)["index"] for line in (tmp_path / "out" / "cases.jsonl").read_text().splitlines()]
    assert len(kept) % 20 == 0
    total = max(kept) + 1
    assert not (tmp_path / "out" / "campaign.json").exists()

    done = campaign("--problems", str(total), "--workers", "1", "--out", "out", cwd=tmp_path)
    assert f"{total} problems, " in done.stdout, done.stderr
    lines = (tmp_path / "out" / "cases.jsonl").read_text().splitlines()
    assert sorted(json.loads(line)["index"] for line in lines) == list(range(total))  # none of them twice
    check_summary(done, tmp_path)


def check_summary(done, folder: Path) -> None:
    for words in ("Kinds of problems", "lgan.theorem-3", "mean milliseconds", "Written: out/campaign.json"):
        assert words in done.stdout
    counted = json.loads((folder / "out" / "campaign.json").read_text())
    assert done.returncode == (1 if counted["failing_cases"] else 0)


def test_a_campaign_is_summarised_refused_and_replayed(tmp_path, campaign):
    check_summary(campaign("--problems", "3", "--workers", "1", "--out", "out", cwd=tmp_path), tmp_path)
    refused = campaign("--problems", "5", "--seed", "3", "--out", "out", cwd=tmp_path)
    assert refused.returncode == 2
    assert "holds a campaign of another seed" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1

    replayed = campaign("--replay", "1", "--out", "out", cwd=tmp_path)
    assert "problem         1 of seed 0: points: " in replayed.stdout
    assert "holds " in replayed.stdout
    assert "No failures." in replayed.stdout
    assert replayed.returncode == 0
    wrong = campaign("--replay", "1", "--seed", "4", "--out", "out", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "has seed 0, not 4" in wrong.stderr


BAD = [
    (("--problems", "0"), "--problems must be a positive whole number, got 0"),
    (("--workers", "0"), "--workers must be a positive whole number, got 0"),
    (("--seed", "-1"), "--seed must be a whole number of at least 0, got -1"),
    (("--start", "-1"), "--start must be a whole number of at least 0, got -1"),
    (("--replay", "-1"), "--replay must be a whole number of at least 0, got -1"),
    (("--out", "taken"), "cannot write into the folder"),
    (("--problems", "many"), "whole number"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, campaign):
    (tmp_path / "taken").write_text("a file")
    done = campaign(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
