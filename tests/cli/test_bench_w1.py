"""`toylab bench w1`, run as a user runs it."""

import pytest

from toylab.bench import w1_methods
from toylab.cli import main


def test_a_table_beside_the_published_one(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(w1_methods, "_FIXED_SAMPLE", 16)  # it gives trainings their units, and is certified at the end
    command = ["bench", "w1", "--cells", "D=2,N=4", "D=2,N=4", "--steps", "3", "--samples", "30"]
    assert main([*command, "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    for words in ("D=2,N=4, degree 8: W1 = 0.8213", "network", "funnel critic", "LP (published)", "Written: "):
        assert words in printed
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["D2-N4.json"]


BAD = [
    (("--cells", "D=3,N=4"), "the benchmark has no cell D=3,N=4"),
    (("--cells", "two"), "a cell of the benchmark is written like D=2,N=4"),
    (("--budget", "0"), "--budget must be positive and finite, got 0"),
    (("--budget", "-5"), "must be positive and finite, got -5"),
    (("--budget", "nan"), "--budget must be positive and finite, got nan"),
    (("--methods", "exat"), "did you mean 'exact'"),
    (("--device", "tpu"), "unknown device 'tpu'"),
    (("--device", "cuda:99"), "is not available here"),
    (("--seed", "-1"), "--seed must be a whole number of at least 0"),
    (("--out", "taken"), "cannot write into the folder"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main(["bench", "w1", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir() if path.name != "toylab-w1"] == ["taken"]
