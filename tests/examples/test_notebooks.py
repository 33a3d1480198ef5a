"""The notebooks: what is committed was made from its source, runs, and its exercises can be solved."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
sys.path.insert(0, str(EXAMPLES))

import build as notebooks  # noqa: E402
from exercises import EXERCISES, check  # noqa: E402

from toylab.errors import InputError  # noqa: E402

SOURCES = notebooks.sources()
each_notebook = pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)


def read(source):
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


@each_notebook
def test_the_committed_notebook_was_made_from_its_source(source):
    assert notebooks.up_to_date(source), f"run `make notebooks`: {source.name} has changed"


@each_notebook
def test_it_can_be_read_without_running_it(source):
    cells = read(source).cells
    assert len(cells) <= 20
    code = [cell for cell in cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    assert not any(output.output_type == "error" for output in outputs)
    assert not any(output.get("name") == "stderr" for output in outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 1
    assert source.with_suffix(".ipynb").stat().st_size < 1_500_000


@each_notebook
def test_it_runs_within_a_minute_and_ends_with_three_exercises(source):
    before = os.times()
    cells = notebooks.executed(source).cells  # raises where a cell does
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    assert 0 < cpu < 60  # of the kernel: however busy the machine is
    questions = [line for line in cells[-1].outputs[0].text.splitlines() if line.startswith("? ")]
    assert len(questions) == 3


def test_what_a_slow_cell_prints_is_one_output(tmp_path):
    source = tmp_path / "slow.py"
    lines = ("# %%", "import time", "for number in range(3):", "    print(number, flush=True)", "    time.sleep(0.3)")
    source.write_text("\n".join(lines))
    (cell,) = notebooks.executed(source).cells
    assert [output.text for output in cell.outputs] == ["0\n1\n2\n"]


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exercise_accepts_the_answer_and_nothing_else(name, capsys):
    exercise = EXERCISES[name]
    right = round(exercise.truth(), exercise.digits)
    check(name, right)
    assert capsys.readouterr().out.startswith("✓ right")
    check(name, right + 1.6 * 10.0**-exercise.digits)
    assert capsys.readouterr().out == f"✗ not yet. {exercise.hint}\n"
    check(name, None)
    assert exercise.question in capsys.readouterr().out


def test_every_exercise_is_asked_somewhere():
    asked = "".join(source.read_text("utf-8") for source in SOURCES)
    assert all(f'check("{name}", None)' in asked for name in EXERCISES)


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match="no exercise is called 'ninth'"):
        check("ninth", 1.0)
    with pytest.raises(InputError, match="no notebook starts with '99'"):
        notebooks.chosen(["99"])


@pytest.mark.parametrize("answer", ["1.2", [1.2], "yes"])
def test_an_answer_that_is_no_number_is_refused(answer):
    with pytest.raises(InputError, match="an answer is a number"):
        check("maxgp-slope", answer)


@each_notebook
def test_its_code_is_calls(source):
    """No functions, branches, or loops but those that print: what a notebook does is in the package."""
    tree = ast.parse(source.read_text("utf-8"))
    logic = (ast.FunctionDef, ast.ClassDef, ast.If, ast.While, ast.Try, ast.With)
    assert not any(isinstance(node, logic) for node in ast.walk(tree))
    for loop in (node for node in ast.walk(tree) if isinstance(node, ast.For)):
        last = loop.body[-1]
        assert isinstance(last, ast.Expr)
        assert isinstance(last.value, ast.Call)
        assert ast.unparse(last.value.func) == "print"


def test_a_users_own_critic_is_judged():
    script = EXAMPLES / "own_project" / "judge.py"
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "by its own plan" in done.stdout
