"""A counterexample as files: JSON that `toylab check` reads, a picture, and the line that replays it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from toylab.claims import VerdictStatus
from toylab.falsification.results import Counterexample, SearchResult
from toylab.storage import write_json


def file_stem(result: SearchResult) -> str:
    """The name of a result's files: the claim, and what was waived."""
    parts = [result.claim.id, *(["without", *result.without] if result.without else [])]
    return re.sub("[^A-Za-z0-9.]+", "-", "-".join(parts)).strip("-")


def write_counterexample(result: SearchResult, counterexample: Counterexample, path: Path) -> Path:
    """Write a counterexample as JSON, whole or not at all, with the search that found it.

    Args:
        result: the search.
        counterexample: what it found.
        path: where to.

    Returns:
        The path.
    """
    from importlib.metadata import version

    found = {
        "seed": result.seed,
        "without": list(result.without),
        "tried": result.coverage.tried,
        "shrink_steps": result.shrink_steps,
        "hypothesis": version("hypothesis"),
    }
    write_json(path, {**counterexample.to_json(), "search": found})
    return path


def replay_line(counterexample: Counterexample, path: str | Path) -> str:
    """The line that decides a written counterexample again."""
    claim = counterexample.verdict.claim
    words = ["toylab", "check", claim.id, str(path)]
    for name in counterexample.breaks:
        words += ["--waive", name]
    if claim.expected is not VerdictStatus.VIOLATED or counterexample.breaks:
        words += ["--expect", VerdictStatus.VIOLATED.value]
    return shlex.join(words)
