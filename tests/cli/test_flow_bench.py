"""`toylab bench flows`, run as a user runs it, on flows that take no time."""

import json

import pytest

from toylab.bench import flows
from toylab.bench.flow_trial import FlowTrial
from toylab.cli import main

SMALL = ["--problems", "case3", "--objectives", "wasserstein,fisher-points", "--rivals", "none", "--rounds", "2"]
SMALL += ["--n", "4", "--workers", "1"]


def told(key, *rest):
    still = key.objective == "fisher-points"
    return FlowTrial(
        key=key,
        stop="STANDSTILL" if still else "ARRIVED",
        w1=(1.0, float(still)),
        constants=None if still else (5.0, 0.0),
    )


def test_tables_files_a_page_and_a_picture_and_a_second_call_that_does_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(flows, "measured", told)
    out, picture, page = (tmp_path / name for name in ("out", "flows.png", "flows.md"))
    command = ["bench", "flows", *SMALL, "--out", str(out)]
    assert main([*command, "--plot", str(picture), "--markdown", str(page)]) == 0
    printed = capsys.readouterr().out
    for words in ("Objectives: all problems together", "Fisher, on the points", "2 standstill", "Written: "):
        assert words in printed
    assert picture.read_bytes().startswith(b"\x89PNG")
    text = page.read_text("utf-8")
    assert text.startswith("# Flows: who reaches P_g = P_r")
    assert "(flows.png)" in text
    assert "| all | Wasserstein, λ k² | 0 | 0 – 0 | 2/2 | 34 – 100 % | 5 | 0 |" in text
    found = json.loads((out / "flows.json").read_text("utf-8"))
    assert found["settings"]["rivals"] == []
    assert len(found["flows"]) == 4
    assert [row["left"]["median"] for row in found["summary"]["rows"]] == [0.0, 1.0]

    monkeypatch.setattr(flows, "measured", None)  # not called again
    assert main(command) == 0


def test_a_null_that_moves_is_not_as_expected(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(flows, "measured", lambda key, *rest: FlowTrial(key=key, stop="ARRIVED", w1=(1.0, 0.0)))
    assert main(["bench", "flows", *SMALL, "--out", str(tmp_path)]) == 1
    assert "without gradients has moved the fakes" in capsys.readouterr().out


def test_ctrl_c_keeps_what_is_finished(tmp_path, monkeypatch, capsys):
    left = [told]

    def measure(key, *rest):
        if not left:
            raise KeyboardInterrupt
        return left.pop()(key)

    monkeypatch.setattr(flows, "measured", measure)
    assert main(["bench", "flows", *SMALL, "--out", str(tmp_path)]) == 130
    assert "the same command continues" in capsys.readouterr().err
    assert len((tmp_path / "cases.jsonl").read_text("utf-8").splitlines()) == 1


BAD = [
    (("--problems", "case33"), "did you mean 'case3'"),
    (("--objectives", "logistik"), "did you mean 'logistic'"),
    (("--rivals", "fisher-wide"), "has no plan"),
    (("--objectives", ","), "--objectives needs at least one value"),
    (("--n", "0"), "--n must be"),
    (("--workers", "0"), "--workers must be a positive whole number, got 0"),
    (("--seconds", "0"), "--seconds must be positive"),
    (("--plot", "flows.gif"), "must end in .png or .pdf or .svg"),
    (("--markdown", "flows.txt"), "must end in .md"),
    (("--out", "taken"), "cannot write into the folder"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("a file")
    assert main(["bench", "flows", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert len(printed.err.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
