"""How long a training has taken so far."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

from toylab.solvers.network.stopping import Judgement


@dataclass(frozen=True)
class Clock:
    """Wall and CPU time since it was made.

    Attributes:
        wall: reading of the wall clock at the start, in seconds.
        cpu: reading of the process clock at the start, in seconds.
    """

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)

    def stamped(self, judgement: Judgement) -> Judgement:
        """The judgement with the times at which it was known."""
        return replace(judgement, seconds=time.perf_counter() - self.wall, cpu_seconds=time.process_time() - self.cpu)


__all__ = ["Clock"]
