"""Which tests run which lines, and how long each takes: measured once, again only for test files that changed."""

import ast
import functools
import gc
import hashlib
import itertools
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from forks import in_fork, pytest_arguments

#: The tests that may notice a mutant, without those that start other processes.
TESTS = (
    "tests/claims", "tests/test_certificate.py", "tests/test_mutants.py", "tests/test_known_optimum.py",
    "tests/test_solution.py", "tests/test_families.py", "tests/test_faces.py", "tests/test_functions.py",
    "tests/mutation/quick_cases.py",
)  # fmt: skip


#: Of these the tests of sentences, and searches that take minutes: not for every mutant.
LEFT_OUT = ("test_explanation.py", "test_waiving.py", "test_rigour.py")


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What a run of the unchanged tests has shown.

    Attributes:
        seconds: CPU seconds of each test that passed, by node id.
        lines: module -> line -> the tests that run it; loading the module does not count.
    """

    seconds: dict[str, float]
    lines: dict[str, dict[int, list[str]]]

    def stages(self, module: str, source: str, line: int, *, budget: float) -> list[list[str]]:
        """Tests that run the statement around a line: of the file that runs most of the module, then the others.

        Most mutants fall to the first. Of a statement that only loading runs, the tests that run anything of the
        module. Each stage has the quickest of its tests, for at most `budget` CPU seconds, and at least one.
        """
        reached = self.lines.get(module, {})
        first, last = statement(source, line)
        names = {name for at in range(first, last + 1) for name in reached.get(at, ())}
        names = names or {name for found in reached.values() for name in found}
        main = self._main_file(module, names)
        own = [name for name in names if file_of(name) == main]
        return [chosen for part in (own, names.difference(own)) if (chosen := self._quickest(part, budget))]

    def _main_file(self, module: str, tests: Iterable[str]) -> str:
        lines: dict[str, set[int]] = {file_of(name): set() for name in tests}
        for line, names in self.lines.get(module, {}).items():
            for file in {file_of(name) for name in names} & set(lines):
                lines[file].add(line)
        return max(sorted(lines), key=lambda file: len(lines[file]), default="")

    def _quickest(self, tests: Iterable[str], budget: float) -> list[str]:
        ordered = sorted(tests, key=lambda name: (self.seconds[name], name))
        spent = list(itertools.accumulate(self.seconds[name] for name in ordered))
        return [name for index, name in enumerate(ordered) if index == 0 or spent[index] <= budget]


def file_of(test: str) -> str:
    """The file of a node id."""
    return test.split("::", maxsplit=1)[0]


def statement(source: str, line: int) -> tuple[int, int]:
    """First and last line of the innermost statement at a line; of a compound one, its head."""
    best = (line, line)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or line):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if body else node.end_lineno or line
            if line <= max(last, node.lineno):
                best = (node.lineno, max(last, node.lineno))
    return best


class _Recorder:
    """Tells coverage whose lines come next; forgets what toylab has cached, which would hide lines from a test."""

    def __init__(self, recording: Any) -> None:
        self.recording = recording
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        self.caches: list[Any] = []

    def pytest_collection_finish(self) -> None:
        found = [item for item in gc.get_objects() if type(item) is functools._lru_cache_wrapper]
        self.caches = [item for item in found if (getattr(item, "__module__", None) or "").startswith("toylab")]

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        for cache in self.caches:
            cache.cache_clear()
        self.recording.switch_context(item.nodeid)
        start = time.process_time()
        yield
        self.seconds[item.nodeid] = round(time.process_time() - start, 4)
        self.recording.switch_context("")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.outcome != "passed":
            self.failed.add(report.nodeid)


def _record(root: Path, modules: Iterable[str], tests: list[str], answer: Path) -> int:
    import coverage  # pyright: ignore[reportMissingImports]

    recording = coverage.Coverage(data_file=None, include=[str(root / module) for module in modules], config_file=False)
    recorder = _Recorder(recording)
    recording.start()
    recording.switch_context("")
    status = pytest.main(pytest_arguments(tests), plugins=[recorder])
    recording.stop()
    if status not in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return int(status)
    data = recording.get_data()
    passed = {name: spent for name, spent in recorder.seconds.items() if name not in recorder.failed}
    lines = {
        Path(path).relative_to(root).as_posix(): {
            line: [name for name in names if name in passed] for line, names in data.contexts_by_lineno(path).items()
        }
        for path in data.measured_files()
    }
    answer.write_text(json.dumps({"seconds": passed, "lines": lines, "failed": sorted(recorder.failed)}))
    return int(status)


def _digest(paths: Iterable[Path]) -> str:
    return hashlib.sha256(b"".join(path.read_bytes() for path in sorted(paths))).hexdigest()[:16]


def measure(root: Path, modules: list[str], folder: Path) -> Reach:
    """The reach of all of `TESTS`; what an earlier run has measured in `folder` counts while its files are the same."""
    program = _digest((root / "toylab").rglob("*.py"))
    found_files = [path for name in TESTS for path in [root / name, *(root / name).rglob("test_*.py")]]
    files = sorted(path for path in found_files if path.suffix == ".py" and path.name not in LEFT_OUT)
    folder.mkdir(parents=True, exist_ok=True)
    seconds: dict[str, float] = {}
    lines: dict[str, dict[int, list[str]]] = {}
    for path in files:
        name = path.relative_to(root).as_posix()
        stored = folder / f"{name.replace('/', '.')}.{program}.{_digest([path])}.json"
        if not stored.exists():
            in_fork(
                lambda name=name, stored=stored: _record(root, modules, [name], stored),
                cpu_seconds=1200.0, log=folder / "reach.log",
            )  # fmt: skip
        if not stored.exists():
            raise SystemExit(f"The tests of {name} did not run without a change; see {folder / 'reach.log'}.")
        found = json.loads(stored.read_text())
        print(f"{name}: {len(found['seconds'])} tests, {sum(found['seconds'].values()):.1f} s"
              + (f", left out: {len(found['failed'])}" if found["failed"] else ""), flush=True)  # fmt: skip
        seconds |= found["seconds"]
        for module, reached in found["lines"].items():
            for line, names in reached.items():
                lines.setdefault(module, {}).setdefault(int(line), []).extend(names)
    return Reach(seconds=seconds, lines=lines)
