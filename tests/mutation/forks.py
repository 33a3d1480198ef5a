"""Runs tests in a forked copy of this process, which has loaded the large libraries but not toylab.

Loading torch, SciPy and POT for every mutant would take longer than its tests. Memory and CPU seconds are limited, so
a mutant that never ends counts as noticed.
"""

import gc
import importlib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

#: What the tests load that no mutant can change.
LIBRARIES = (
    "numpy", "scipy.optimize", "scipy.sparse.linalg", "scipy.spatial", "scipy.stats", "scipy.special", "torch", "ot",
    "mpmath", "joblib", "jinja2", "rich.console", "matplotlib.pyplot", "cvxpy",
)  # fmt: skip
EXAMPLES = 25
_MEMORY = 6 * 2**30


def load_libraries() -> None:
    """Load once what every trial needs, and set Hypothesis to few examples that are always the same."""
    os.environ.update(OMP_NUM_THREADS="1", CI="1", MPLBACKEND="agg")
    sys.dont_write_bytecode = False  # else every trial compiles what has not changed
    for name in LIBRARIES:
        importlib.import_module(name)
    import torch
    from hypothesis import HealthCheck, Phase, settings

    torch.set_num_threads(1)
    settings.register_profile(
        "mutation", deadline=None, derandomize=True, database=None, max_examples=EXAMPLES, report_multiple_bugs=False,
        phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):
    """Finds one module before anybody else does, with another text."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        self.name, self.path, self.text = name, path, text

    def find_spec(self, fullname, path=None, target=None):
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_filename(self, fullname: str) -> str:
        return str(self.path)

    def get_data(self, path: str | bytes) -> bytes:
        if Path(os.fsdecode(path)) != self.path:
            raise OSError(path)  # no stored byte code of the other text
        return self.text.encode()


def change_module(root: Path, module: str, text: str) -> None:
    """Let the next import of a module, given by its path from the root, read this text."""
    parts = Path(module).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    sys.meta_path.insert(0, _Changed(name, root / module, text))


def pytest_arguments(tests: Sequence[str]) -> list[str]:
    """Quietly, in this process, with the profile of `load_libraries`."""
    loaded_before = "ignore:Module already imported so cannot be rewritten"
    profile = ("--hypothesis-profile", "mutation")
    return ["-n", "0", "-q", "-p", "no:cacheprovider", "--no-header", "-W", loaded_before, *profile, *tests]


def in_fork(job: Callable[[], int], *, cpu_seconds: float, log: Path | None = None) -> int:
    """The exit status of a job that runs in a child; −signal where one ended it, −SIGXCPU at the end of its time.

    Args:
        job: what to do; its answer is the exit status.
        cpu_seconds: how long it may compute; it may take ten times as long by the clock.
        log: where its output goes, nowhere by default.
    """
    sys.stdout.flush()
    gc.freeze()  # what is loaded stays; collecting it in every child would take most of its time
    child = os.fork()
    if child == 0:
        status = 70
        try:
            os.setsid()
            limit = int(cpu_seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 2))
            resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY, _MEMORY))
            sink = os.open(log or os.devnull, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(sink, 1)
            os.dup2(sink, 2)
            status = job()
        except BaseException:  # the child must not go on with the parent's work, whatever happens
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    ends = time.monotonic() + 10.0 * cpu_seconds + 30.0
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return -signal.SIGXCPU
