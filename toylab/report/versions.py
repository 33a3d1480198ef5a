"""Versions of everything that a report's numbers depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def versions() -> dict[str, str]:
    """Python's version and that of every package that computes."""
    names = ("toylab", "numpy", "scipy", "torch", "pot", "cvxpy", "clarabel")
    return {"python": platform.python_version(), **{name: _version(name) for name in names}}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # used from a source tree that was never installed
        return "unknown"
