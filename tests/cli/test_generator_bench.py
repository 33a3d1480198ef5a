"""`toylab bench generators`, run as a user runs it."""

import json
from dataclasses import replace

import pytest

from toylab.bench import generators
from toylab.cli import main
from toylab.dynamics import Scoring


@pytest.fixture
def tiny(monkeypatch):
    scoring = Scoring(samples=30, least=1, w1_points=10)
    quick = replace(generators.QUICK, width=8, batch=8, steps=2, evaluations=1, kept=10, scoring=scoring)
    monkeypatch.setattr(generators, "QUICK", quick)


def test_a_table_a_page_a_picture_and_a_second_call_that_trains_nothing(tiny, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["bench", "generators", "--quick", "--methods", "maxgp-exact,gan", "--targets", "swiss-roll"]
    files = ["--plot", "generators.png", "--markdown", "generators.md", "--json", "generators.json"]
    assert main([*command, *files]) == 0
    printed = capsys.readouterr().out
    for words in ("swiss-roll (20 pieces)", "MaxGP-exact", "real samples", "Written: toylab-generators-quick"):
        assert words in printed
    assert (tmp_path / "generators.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "generators.md").read_text()
    assert "(generators.png)" in text
    assert "ReLU generator 8×3" in text
    found = json.loads((tmp_path / "generators.json").read_text())
    assert [row["method"] for row in found["summary"]] == ["MaxGP-exact", "GAN"]
    assert len(found["trainings"]) == 2
    monkeypatch.setattr(generators, "train_generator", None)  # not called again
    assert main(command) == 0
    assert "swiss-roll" in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_done(tiny, tmp_path, monkeypatch, capsys):
    def interrupted(bench, folder, progress):
        raise KeyboardInterrupt

    monkeypatch.setattr(generators, "run_generator_bench", interrupted)
    assert main(["bench", "generators", "--quick", "--out", str(tmp_path / "out")]) == 130
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "the same command continues" in printed.err


BAD = [
    (("--targets", "swiss-role"), "did you mean 'swiss-roll'"),
    (("--methods", "WGAN-PG"), "WGAN-GP"),
    (("--methods", ","), "--methods needs at least one value"),
    (("--seeds", "0"), "--seeds must be"),
    (("--steps", "0"), "--steps must be"),
    (("--quick", "--steps", "5"), "--quick"),
    (("--batch", "0"), "batch"),
    (("--plot", "a.gif"), "must end in .png or .pdf or .svg"),
    (("--markdown", "a.txt"), "must end in .md"),
    (("--quick", "--out", "taken"), "cannot write into the folder"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main(["bench", "generators", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
