"""`toylab check`: the lines that a report prints do what they say; bad input is one sentence."""

import contextlib
import io
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from toylab import claims, zoo
from toylab.claims import Budget
from toylab.cli import main
from toylab.report import replay
from toylab.solvers.solving import solve
from toylab.verification import verify


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder in which a user ran `toylab verify`."""
    place, printed = tmp_path_factory.mktemp("user"), io.StringIO()
    command = ["verify", "--quick", "--claims", "lgan.theorem-[45],iclr.theorem-2", "--no-training", "--out", "my out"]
    with contextlib.chdir(place), contextlib.redirect_stdout(printed):
        assert main([*command, "--workers", "1"]) == 0
    said = "my out/report.html, my out/junit.xml, my out/report.json, 3 worst cases in my out/cases"
    assert said in printed.getvalue()
    return place


def run(*arguments: str, capsys) -> tuple[int, str]:
    code = main(["check", *arguments])
    printed = capsys.readouterr()
    assert "Traceback" not in printed.err
    return code, printed.out + printed.err


def test_the_lines_in_the_page_replay_what_it_shows(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    page = (folder / "my out" / "report.html").read_text()
    lines = [line.replace("&#39;", "'") for line in re.findall(r"<code>toylab (check [^<]*)</code>", page)]
    assert len(lines) == 3 + 8  # worst cases and controls
    for line in lines:
        words = shlex.split(line)
        code, said = run(*words[1:], capsys=capsys)
        assert code == 0, line
        assert "As expected: " in said


def test_a_line_works_from_a_shell(folder):
    line = "check lgan.theorem-4 'my out/cases/lgan.theorem-4.json' --plot drawn.png --plot-evidence drawn.svg"
    command = [sys.executable, "-m", "toylab", *shlex.split(line)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "lgan.theorem-4, LGAN Theorem 4: " in done.stdout
    assert "Verdict: holds." in done.stdout
    assert (folder / "drawn.png").read_bytes().startswith(b"\x89PNG")
    assert b"</svg>" in (folder / "drawn.svg").read_bytes()


def test_cases_are_solved_by_name(capsys):
    report = verify("lgan.theorem-5", Budget.QUICK)
    assert report.worst is not None
    line = replay.case_line(report, report.worst, Budget.QUICK)
    code, said = run(*shlex.split(line)[2:], capsys=capsys)
    assert code == 0
    assert report.worst.details["subject"].split(":")[0] in said


def test_a_solution_of_ones_own_is_a_subject(tmp_path, capsys):
    solution = solve(zoo.load("case4", n=4))
    path = tmp_path / "own.json"
    path.write_text(json.dumps(solution.to_json()))
    code, said = run("lgan.theorem-3", str(path), capsys=capsys)
    assert code == 0
    assert "4 fake, 4 real" in said


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--expect", "violated"), 1, "Not as expected: holds; expected: violated."),
        (("--waive", "certified optimal"), 0, "– certified optimal: not asked for."),
        (("--waive", "certified optimal", "--waive", "Wasserstein loss"), 0, "– Wasserstein loss: not asked for."),
    ],
)
def test_expectations_and_waivers(arguments, code, words, capsys):
    case = ("lgan.proposition-1", "--case", "case6 seed 0, wasserstein, lambda 0.1", "--engine", "exact", "--quick")
    found, said = run(*case, *arguments, capsys=capsys)
    assert found == code
    assert words in said


def test_a_false_statement_may_hold_on_a_case(capsys):
    code, said = run("iclr.theorem-2", "--quick", "--case", "case6 seed 0, logistic, lambda 0.1", capsys=capsys)
    assert code == 1
    assert "The statement is false in general; it may well hold on this case." in said


def test_what_does_not_apply_is_not_decided(tmp_path, capsys):
    path = tmp_path / "own.json"
    path.write_text(json.dumps(solve(zoo.load("two-diracs")).to_json()))
    code, said = run("lgan.proposition-1", str(path), capsys=capsys)
    assert code == 3
    assert "Not decided: not-applicable; expected: holds." in said


def test_every_control_can_be_asked_for(capsys):
    for claim in claims.ALL:
        for number in range(1, len(claim.controls) + 1):
            code, said = run(claim.id, "--control", str(number), capsys=capsys)
            assert code == 0, said


BAD = [
    (("lgan.theorm-3", "--control", "1"), "did you mean 'lgan.theorem-3'"),
    (("lgan.theorem-3",), "give one subject: a file, --case NAME or --control N; got none"),
    (("lgan.theorem-3", "a.json", "--control", "1"), "got a file and --control"),
    (("lgan.theorem-3", "a.json", "--quick"), "they go with --case NAME"),
    (("lgan.theorem-3", "nowhere.json"), "cannot read 'nowhere.json': No such file"),
    (("lgan.theorem-3", "broken.json"), "'broken.json' is not JSON"),
    (("lgan.theorem-3", "list.json"), "an object with named fields, got list"),
    (("lgan.theorem-3", "odd.json"), "got 'nothing'"),
    (("lgan.theorem-3", "--control", "2"), "has controls 1 to 1, got 2"),
    (("lgan.theorem-3", "--control", "one"), "--control must be a positive whole number, got one"),
    (("lgan.theorem-3", "--control", "1", "--waive", "condition 11"), "did you mean 'condition (11)'"),
    (("lgan.theorem-3", "--control", "1", "--expect", "violate"), "did you mean 'violated'"),
    (("lgan.theorem-3", "--case", "nothing like it"), "unknown case of lgan.theorem-3"),
    (("lgan.theorem-3", "--control", "1", "--plot", "out.bmp"), "must end in .png or .pdf or .svg"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(arguments) for arguments, _ in BAD])
def test_bad_input_is_one_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("broken.json").write_text("{")
    Path("list.json").write_text("[]")
    Path("odd.json").write_text('{"subject": "nothing"}')
    assert main(["check", *arguments]) == 2
    printed = capsys.readouterr()
    assert words in printed.err
    assert printed.err.startswith("toylab: ")
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""
