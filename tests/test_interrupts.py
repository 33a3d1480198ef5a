"""Ctrl-C at every moment of a command: one sentence, exit code 130, and what was computed is written."""

import json
import os
import signal
import sys

import pytest

from tests.processes import PATIENCE, interrupted, started, until
from toylab.interrupts import Guard, is_command_line

pytestmark = pytest.mark.skipif(not hasattr(os, "killpg"), reason="needs signals of POSIX")
SOLVE = ("solve", "case3", "--n", "6", "--json", "out.json", "--plot", "out.png")
#: `python -m toylab`, held up before a module is imported or a function is called, until it is told to go on.
HELD_UP = """
import importlib.abc, pathlib, sys, time
module, _, function = {where!r}.partition(":")
def wait():
    pathlib.Path("waiting").touch()
    while not pathlib.Path("go").exists():
        time.sleep(0.01)
class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == module and not function:
            wait()
sys.meta_path.insert(0, Finder())
sys.orig_argv, sys.argv = [sys.executable, "-m", "toylab", *sys.argv[1:]], ["-m", *sys.argv[1:]]
import toylab.cli
sys.argv[0] = "toylab"
if function:
    owner = importlib.import_module(module)
    genuine = getattr(owner, function)
    setattr(owner, function, lambda *arguments: (wait(), genuine(*arguments))[1])
raise SystemExit(toylab.cli.main())
"""


def held_up(where, folder, *arguments):
    code = HELD_UP.format(where=where)
    running = started([sys.executable, "-c", code, *arguments], folder)
    until((folder / "waiting").exists, running)
    return running


@pytest.mark.parametrize(("where", "kept"), [("scipy.optimize", False), ("matplotlib", True)])
def test_while_libraries_load_it_ends_with_a_sentence(where, kept, tmp_path):
    code, _, errors = interrupted(held_up(where, tmp_path, *SOLVE))
    assert code == 130
    assert errors.startswith("toylab: interrupted")
    assert errors.count("\n") == 1
    assert (tmp_path / "out.json").exists() is kept
    assert not (tmp_path / "out.png").exists()


def test_while_the_critic_is_certified_the_certificate_is_finished_and_written(tmp_path):
    running = held_up("toylab.solvers.solving:certify", tmp_path, *SOLVE)
    os.kill(running.pid, signal.SIGINT)
    os.kill(running.pid, signal.SIGINT)  # a key that was pressed twice
    (tmp_path / "go").touch()
    output, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "status          optimal" in output
    last = errors.splitlines()[-1]  # on a slow machine one says before that it stops
    assert last.startswith("toylab: interrupted at a critic of relative gap ")
    assert last.endswith("; it is in 'out.json'.")
    assert json.loads((tmp_path / "out.json").read_text())["relative_gap"] <= 1e-8
    assert not (tmp_path / "out.png").exists()


def test_the_steps_of_a_flow_are_written_before_any_picture(tmp_path):
    flow = ("animate", "case4", "--n", "3", "--steps", "30", "--json", "out.json", "--out", "out.gif")
    running = held_up("toylab.dynamics.flow:wasserstein1", tmp_path, *flow)
    os.kill(running.pid, signal.SIGINT)
    (tmp_path / "go").touch()
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert errors.endswith("toylab: interrupted after step 1 of the flow; it is in 'out.json'.\n")
    assert json.loads((tmp_path / "out.json").read_text())["stop"] == "INTERRUPTED"
    assert not (tmp_path / "out.gif").exists()


def test_only_commands_are_guarded():
    assert is_command_line(["python", "-m", "toylab", "solve"], ["-m", "solve"])
    assert is_command_line(["python", "/venv/bin/toylab", "zoo"], ["/venv/bin/toylab", "zoo"])
    assert not is_command_line(["python", "-m", "pytest", "toylab"], ["-m", "toylab"])
    assert not is_command_line(["python", "-c", "import toylab"], ["-c"])
    assert not is_command_line(["python"], [""])
    worker = ["python", "-m", "joblib.externals.loky.backend.popen_loky_posix", "--process-name", "LokyProcess-1"]
    assert not is_command_line(worker, ["/venv/bin/toylab", "bench"])  # which a worker takes over from its parent


GUARDED = """
import signal, sys, time
sys.orig_argv, sys.argv = ["python", "toylab"], ["toylab"]
from toylab.interrupts import GUARD
GUARD.begin()
"""
UNHEARD = """
class Dying:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)
try:
    dying = Dying()
    del dying
    time.sleep(60)
except KeyboardInterrupt:
    sys.exit(GUARD.say())
"""
SLOW = """
import toylab.interrupts
toylab.interrupts._SAID_AFTER = 0.05  # it has three seconds to be said, on the slowest machine
with GUARD.held():
    signal.raise_signal(signal.SIGINT)
    time.sleep(3.0)
sys.exit(GUARD.say() if GUARD.asked else 0)
"""


def test_one_that_is_raised_where_nobody_hears_is_raised_again(tmp_path):
    running = started([sys.executable, "-c", GUARDED + UNHEARD], tmp_path)
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert errors == "toylab: interrupted; files written before are untouched.\n"


def test_one_that_is_held_for_long_is_acknowledged(tmp_path):
    running = started([sys.executable, "-c", GUARDED + SLOW], tmp_path)
    _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert errors.splitlines() == [
        "toylab: stopping as soon as what was found is kept; Ctrl-C again ends it at once.",
        "toylab: interrupted; files written before are untouched.",
    ]


def test_elsewhere_nothing_is_held():
    guard = Guard()
    guard.begin()
    with guard.held(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert not guard.asked
