"""What a training costs until its critic is good, read while it runs: a stopping rule with a stopwatch.

The two hooks are parts that every solver of the network family has of its own: its stopping rule says when the critic
is judged, and its polish sees the critic before and after the best affine rescaling. The stopwatch stands still while
a critic is judged, so that judging is free for every method alike; making the networks and everything else is not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from typing_extensions import override

from toylab.solution import Status
from toylab.solvers.network import AbstractPolish, AbstractStopping, Judgement
from toylab.solvers.network.polish import Objective, after

#: Ratio of successive times at which a critic is judged, and the first of them in seconds.
_GROWTH, _FIRST = 1.15, 0.02
#: Training between two judgements lasts at least this share of what the last one cost.
_LEAST_SHARE = 0.5


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Seconds since the start, pauses left out.

    Attributes:
        cpu: of the whole process.
        wall: on the clock.
    """

    cpu: float
    wall: float


class PausedClock:
    """CPU and wall seconds of this process, without the pauses.

    Args:
        settle: called before every exact reading; waits for a device that computes on its own.
        cpu: the CPU clock.
        wall: the other one.
    """

    def __init__(
        self,
        settle: Callable[[], None] = lambda: None,
        cpu: Callable[[], float] = time.process_time,
        wall: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._settle, self._cpu, self._wall = settle, cpu, wall
        self._start = self._now()
        self._paused: Reading | None = None

    def _now(self) -> Reading:
        return Reading(cpu=self._cpu(), wall=self._wall())

    def glance(self) -> Reading:
        """Seconds so far, without waiting for the device."""
        now = self._paused or self._now()
        return Reading(cpu=now.cpu - self._start.cpu, wall=now.wall - self._start.wall)

    def pause(self) -> Reading:
        """Stand still, from a moment at which everything asked for is done; returns the seconds so far."""
        self._settle()
        self._paused = self._now()
        return self.glance()

    def resume(self) -> Reading:
        """Go on; returns how long the pause was."""
        if self._paused is None:
            return Reading(cpu=0.0, wall=0.0)
        now, paused = self._now(), self._paused
        self._start = Reading(
            cpu=self._start.cpu + now.cpu - paused.cpu, wall=self._start.wall + now.wall - paused.wall
        )
        self._paused = None
        return Reading(cpu=now.cpu - paused.cpu, wall=now.wall - paused.wall)


@dataclass(kw_only=True, eq=False)
class Trace:
    """What a training had reached, and when: lists of one length.

    Attributes:
        step: training steps done.
        cpu: CPU seconds of training.
        wall: wall seconds of training.
        gap: relative gap of the best critic so far, by `certify`, after the best affine rescaling.
        excess: what its steepest gradient costs beyond that, in the same unit.
        raw: J + R(steepest gradient on blends) of the critic as it stands, without any rescaling.
    """

    step: list[int] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    wall: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)
    excess: list[float] = field(default_factory=list)
    raw: list[float] = field(default_factory=list)

    def append(self, at: Reading, judgement: Judgement, raw: float) -> None:
        """Add a judged moment."""
        self.step.append(int(judgement.step))
        self.cpu.append(at.cpu)
        self.wall.append(at.wall)
        self.gap.append(float(judgement.relative_gap))
        self.excess.append(float(judgement.relative_excess))
        self.raw.append(float(raw))


@dataclass(kw_only=True, eq=False)
class WatchedPolish(AbstractPolish):
    """The polish of a solver, with a note of what every critic was worth before and after it.

    Attributes:
        inner: what is applied, one after the other.
        raw: the best J + R before any of it since the last `take`.
        best: the best J + R after it, in all.
        rescaling: the (scale, offset) that led to the best.
    """

    inner: tuple[AbstractPolish, ...]
    raw: float = math.inf
    best: float = math.inf
    rescaling: tuple[float, float] = (1.0, 0.0)

    @override
    def scale_and_offset(self, objective: Objective, spread: float) -> tuple[float, float]:
        self.raw = min(self.raw, objective(1.0, 0.0))
        scale, offset = 1.0, 0.0
        for polish in self.inner:
            s, c = polish.scale_and_offset(after(objective, scale, offset), spread)
            scale, offset = s * scale, s * offset + c
        reached = objective(scale, offset)
        if reached < self.best:
            self.best, self.rescaling = reached, (scale, offset)
        return scale, offset

    def take(self) -> float:
        """The best J + R before the polish since the last call; infinite where no critic was looked at."""
        raw, self.raw = self.raw, math.inf
        return raw


@dataclass(kw_only=True, eq=False)
class Stopwatch(AbstractStopping):
    """Judges at growing times, stops where the solver's own rule does, or once the time is up.

    Attributes:
        inner: the solver's own rule; asked whenever it wants to be, and then only.
        seconds: time of training allowed; of the CPU, or of the wall where a GPU does the work.
        clock: what is read; it is started by who makes it.
        polish: what notes the critic before its rescaling.
        on_wall: whether `seconds` are wall seconds.
        tick: called with the seconds so far, at every judgement and now and then between.
        trace: what was seen.
        judging: CPU seconds that judging took.
        time_up: whether it ended the training since the time was up.
    """

    inner: AbstractStopping
    seconds: float
    clock: PausedClock
    polish: WatchedPolish
    on_wall: bool = False
    tick: Callable[[float], None] = lambda seconds: None
    trace: Trace = field(default_factory=Trace)
    judging: float = 0.0
    time_up: bool = False
    _next: float = _FIRST
    _ticked: float = 0.0
    _asked_by_inner: bool = False
    _cost: Reading = Reading(cpu=0.0, wall=0.0)

    def _spent(self, reading: Reading) -> float:
        return reading.wall if self.on_wall else reading.cpu

    @override
    def asks_at(self, step: int) -> bool:
        spent = self._spent(self.clock.glance())
        if spent >= self._ticked + 0.25:
            self._ticked = spent
            self.tick(spent)
        self._asked_by_inner = self.inner.asks_at(step)
        if self._asked_by_inner or spent >= min(self._next, self.seconds):
            self.clock.pause()
            return True
        return False

    @override
    def done(self, judgement: Judgement) -> Status | None:
        at = self.clock.glance()
        spent = self._spent(at)
        self.trace.append(at, judgement, self.polish.take())
        status = self.inner.done(judgement) if self._asked_by_inner else None
        if status is None and spent >= self.seconds:
            status, self.time_up = Status.ITERATION_LIMIT, True
        self._cost = self.clock.resume()
        self.judging += self._cost.cpu
        self._next = max(_FIRST, _GROWTH * spent, spent + _LEAST_SHARE * self._spent(self._cost))
        return status

    def end(self) -> Reading:
        """Seconds of the whole training, now that it is over.

        The critic that is returned has been judged once more, where the stopwatch could not see it: what the judgement
        before it cost is taken off, down to the moment of that one.
        """
        now = self.clock.pause()
        if not self.trace.cpu:
            return now
        return Reading(
            cpu=max(now.cpu - self._cost.cpu, self.trace.cpu[-1]),
            wall=max(now.wall - self._cost.wall, self.trace.wall[-1]),
        )


__all__ = ["PausedClock", "Reading", "Stopwatch", "Trace", "WatchedPolish"]
