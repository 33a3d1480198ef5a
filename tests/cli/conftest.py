"""Commands in this process: a user's `toylab …` without the seconds in which Python starts."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from toylab.cli import main


@dataclass(frozen=True)
class Done:
    """What is left of a command, named as a subprocess names it."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def toylab(monkeypatch, capsys) -> Callable[..., Done]:
    """toylab("solve", "case6", cwd=folder): the command line itself is started in `test_cli` and where it is killed."""

    def run(*arguments: str, cwd: Path | None = None) -> Done:
        if cwd is not None:
            monkeypatch.chdir(cwd)
        capsys.readouterr()
        code = main(arguments)
        printed = capsys.readouterr()
        return Done(code, printed.out, printed.err)

    return run
