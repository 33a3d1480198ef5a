"""Commands in processes of their own, interrupted as a terminal interrupts them, however slow the machine is."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import toylab

#: Seconds after which something that should happen never will; only a test that fails waits so long.
PATIENCE = 600.0


def started(command: Sequence[str], cwd: Path, **settings: Any) -> subprocess.Popen[str]:
    """A process group of its own that uses this toylab and can be interrupted, also where this one cannot.

    A shell without job control starts what it puts in the background with Ctrl-C ignored, and children inherit that.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(toylab.__file__).parents[1]), **settings.pop("env", {})}
    return subprocess.Popen(
        list(command),
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
        **settings,
    )


def until(look: Callable[[], Any], process: subprocess.Popen[str], seconds: float = PATIENCE) -> Any:
    """The first true answer while the process runs."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)
    return found


def interrupted(process: subprocess.Popen[str], group: bool = True) -> tuple[int, str, str]:
    """Exit code, output and errors of a process after Ctrl-C, which a terminal sends to the whole group."""
    if process.poll() is None:
        (os.killpg if group else os.kill)(process.pid, signal.SIGINT)
    try:
        output, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        raise
    return process.returncode, output, errors
