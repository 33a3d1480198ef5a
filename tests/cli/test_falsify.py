"""`toylab falsify`, `toylab bench necessity` and what they leave, as a user sees them."""

import contextlib
import json
import shlex
from pathlib import Path

import pytest

from toylab.cli import main
from toylab.falsification import necessity
from toylab.falsification.functions import FunctionRecipe


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_counterexample_is_printed_saved_and_replayed(folder, capsys):
    assert main(["falsify", "lgan.theorem-4", "--without", "Euclidean norm"]) == 0
    printed = capsys.readouterr().out
    for words in ("violated, as expected", "norm", "contradiction", "confirmed", "Coverage"):
        assert words in printed
    stem = folder / "toylab-falsify" / "lgan.theorem-4-without-Euclidean-norm"
    assert Path(f"{stem}.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads(Path(f"{stem}.json").read_text())
    assert data["claim"] == "lgan.theorem-4"
    assert data["waive"] == ["Euclidean norm"]
    assert data["search"]["seed"] == 0
    line = next(line for line in printed.splitlines() if line.startswith("Replay it: "))
    assert main(shlex.split(line.removeprefix("Replay it: toylab "))) == 0
    assert "As expected: violated." in capsys.readouterr().out


def test_a_candidate_is_saved_with_a_picture_of_ones_own(folder, capsys):
    assert main(["falsify", "iclr.theorem-2", "--plot", "pair.svg", "--out", "found", "--seed", "1"]) == 0
    assert "breaks         no hypothesis" in capsys.readouterr().out
    assert (folder / "pair.svg").read_text().startswith("<?xml")
    assert sorted(path.name for path in (folder / "found").iterdir()) == ["iclr.theorem-2.json"]
    assert main(["check", "iclr.theorem-2", "found/iclr.theorem-2.json"]) == 0


def test_nothing_found_is_no_proof_and_writes_nothing(folder, capsys):
    assert main(["falsify", "lgan.theorem-4", "--examples", "20"]) == 0
    printed = capsys.readouterr().out
    assert "no counterexample among 20 decided subjects" in printed
    assert "not a proof" in printed
    assert not list((folder / "toylab-falsify").iterdir())


def test_a_wanted_counterexample_that_is_not_found_is_inconclusive(folder):
    assert main(["falsify", "lgan.theorem-2b", "--without", "restricted constant", "--examples", "5"]) == 3


BAD = [
    (("falsify", "iclr.theorm-2"), "did you mean 'iclr.theorem-2'"),
    (("falsify", "lgan.theorem-3", "--without", "certified"), "did you mean 'certified optimal'"),
    (("falsify", "lgan.theorem-3", "--examples", "0"), "--examples must be a positive whole number"),
    (("falsify", "lgan.theorem-3", "--seconds", "0"), "seconds must be positive"),
    (("falsify", "lgan.theorem-3", "--seed", "-1"), "--seed must be a whole number"),
    (("falsify", "lgan.theorem-3", "--plot", "x.gif"), "must end in .png or .pdf or .svg"),
    (("bench", "necessity", "--workers", "0"), "--workers must be a positive whole number"),
    (("bench", "necessity", "--claims", "lgan.theorem-4", "--examples", "0", "--workers", "1"), "--examples must be"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_is_one_sentence(arguments, message, folder, capsys):
    assert main(arguments) == 2
    printed = capsys.readouterr().err
    assert message in printed
    assert "Traceback" not in printed


def test_the_table_of_necessity_is_written_and_listed(folder, capsys):
    assert main(["bench", "necessity", "--claims", "lgan.theorem-4", "--workers", "1", "--out", "table"]) == 0
    printed = capsys.readouterr().out
    assert "| `lgan.theorem-4` | tight pair | found: function" in printed
    data = json.loads((folder / "table" / "necessity.json").read_text())
    assert [cell["hypothesis"] for cell in data["cells"]] == ["Lipschitz constant k", "tight pair", "Euclidean norm"]
    assert (folder / "table" / "necessity.md").read_text().rstrip() in printed
    assert main(["list", "--necessity", "--claims", "lgan.theorem-4"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


def test_rows_of_some_claims_are_renewed_in_an_earlier_table(folder):
    first = ["bench", "necessity", "--claims", "lgan.theorem-4", "--examples", "20", "--workers", "1", "--out", "a"]
    assert main(first) == 0
    second = [*first[:3], "lgan.lemma-10", *first[4:-1], "b", "--into", "a/necessity.json"]
    assert main(second) == 0
    cells = json.loads((folder / "a" / "necessity.json").read_text())["cells"]
    assert list(dict.fromkeys(cell["claim"] for cell in cells)) == ["lgan.theorem-4", "lgan.lemma-10"]


def test_a_table_of_other_searches_is_not_renewed(folder, capsys):
    command = ["bench", "necessity", "--claims", "lgan.theorem-4", "--examples", "20", "--workers", "1", "--out", "a"]
    assert main([*command, "--into", "nowhere.json"]) == 2
    assert "no table of necessity can be read" in capsys.readouterr().err
    assert main(command) == 0
    assert main([*command[:4], "--seed", "1", *command[4:], "--into", "a/necessity.json"]) == 2
    assert "made with --seed 0 --examples 20" in capsys.readouterr().err


def test_an_interrupted_table_of_necessity_is_continued(folder, monkeypatch):
    command = ["bench", "necessity", "--claims", "lgan.theorem-4", "--examples", "30", "--workers", "1", "--out", "t"]
    search, asked = necessity.search_cell, []

    def interrupted(claim, hypothesis, **budget):
        asked.append(hypothesis)
        if len(asked) == 2:
            raise KeyboardInterrupt
        return search(claim, hypothesis, **budget)

    monkeypatch.setattr(necessity, "search_cell", interrupted)
    with contextlib.suppress(KeyboardInterrupt):
        main(command)
    assert not (folder / "t" / "necessity.json").exists()
    assert main(command) == 0
    assert asked == ["Lipschitz constant k", "tight pair", "tight pair", "Euclidean norm"]
    cells = json.loads((folder / "t" / "necessity.json").read_text())["cells"]
    assert [cell["hypothesis"] for cell in cells] == ["Lipschitz constant k", "tight pair", "Euclidean norm"]
    assert [path.name for path in (folder / "t").iterdir() if path.suffix == ".json"] == ["necessity.json"]


@pytest.mark.parametrize("command", [("verify",), ("list",), ("bench", "necessity")])
def test_a_pattern_that_matches_nothing_is_answered_with_the_nearest(command, folder, capsys):
    assert main([*command, "--claims", "lgan.theorm-2*"]) == 4
    assert "did you mean lgan.theorem-2" in capsys.readouterr().err


def test_an_interruption_is_reported(folder, capsys, monkeypatch):
    made, seen = FunctionRecipe.subject, []

    def interrupted(recipe):
        seen.append(recipe)
        if len(seen) > 4:
            raise KeyboardInterrupt
        return made(recipe)

    monkeypatch.setattr(FunctionRecipe, "subject", interrupted)
    assert main(["falsify", "lgan.theorem-4"]) == 130
    printed = capsys.readouterr().out
    assert "(interrupted)" in printed
    assert "4 tried" in printed
