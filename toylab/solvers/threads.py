"""Threads to suit the work: on small arrays a second thread costs more than it brings, far more on a busy machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

#: Entries of the largest array from which on more than one thread pays.
_PARALLEL_FROM = 500_000


@contextmanager
def one_thread() -> Iterator[None]:
    """Run the block with one torch thread, so that CPU seconds are work and not waiting; restores the setting."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def suited_threads(entries: int) -> Iterator[None]:
    """Run the block with one torch thread where the largest array has few entries; restores the setting.

    Args:
        entries: of the largest array the block works on.
    """
    if entries >= _PARALLEL_FROM or torch.get_num_threads() == 1:
        yield
        return
    with one_thread():
        yield
