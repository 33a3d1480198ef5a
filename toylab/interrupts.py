"""Ctrl-C in a command: one sentence and exit code 130, never a traceback, and work that is nearly done is finished.

A process that is the command line (`toylab …`, `python -m toylab …`) is guarded from the first line of the package on;
what Python itself does before, some hundredths of a second, is out of reach. While libraries load and while Python
shuts down, Ctrl-C ends the process at once; in between it raises KeyboardInterrupt, or is noted by a block under
`held`, which asks. In any other process nothing is changed, and nothing is ever held.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

#: The exit code of a command that was interrupted, as a shell has it.
INTERRUPTED = 130
_SENTENCE = "toylab: interrupted; files written before are untouched."
#: A held Ctrl-C that comes again after so many seconds is obeyed at once; before, a key was pressed twice.
_AGAIN_AFTER = 1.0
#: After so many seconds of holding one, a sentence says so; what was raised where nobody hears is sent once more.
_SAID_AFTER, _SENT_AFTER = 2.0, 0.05
_HELD = "toylab: stopping as soon as what was found is kept; Ctrl-C again ends it at once."
_SHOW_CURSOR = "\x1b[?25h\n"  # a progress bar may have hidden it, and left its line open


class _Phase(Enum):
    LOADING = auto()
    WORKING = auto()
    HELD = auto()
    ENDING = auto()


class Guard:
    """What Ctrl-C does in this process."""

    def __init__(self) -> None:
        self._phase = _Phase.LOADING
        self._asked_at: float | None = None
        self._heard = self._said = False

    @property
    def asked(self) -> bool:
        """Whether Ctrl-C has come in a block that holds it."""
        return self._asked_at is not None

    @property
    def heard(self) -> bool:
        """Whether Ctrl-C has come at all: a library may have turned it into another error."""
        return self._heard

    def watch(self) -> None:
        """Take Ctrl-C over, unless the process ignores it or a program around this one has its own way."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._interrupt)
            sys.unraisablehook = self._unraisable

    def _interrupt(self, number: int, frame: Any) -> None:
        self._heard = True
        now = time.monotonic()
        if self._phase is _Phase.HELD and (self._asked_at is None or now - self._asked_at < _AGAIN_AFTER):
            if self._asked_at is None:
                self._asked_at = now
                _later(_SAID_AFTER, self._comfort)
        elif self._phase is _Phase.WORKING:
            raise KeyboardInterrupt
        else:
            self.leave()

    def _unraisable(self, what: Any) -> None:
        if not issubclass(what.exc_type, KeyboardInterrupt):
            sys.__unraisablehook__(what)
        else:  # raised where nobody could hear it, as this hook is: say it again when both are over
            _later(_SENT_AFTER, lambda: os.kill(os.getpid(), signal.SIGINT))

    def _comfort(self) -> None:
        if self._phase is _Phase.HELD:
            os.write(2, f"{_HELD}{os.linesep}".encode())

    def leave(self) -> NoReturn:
        """End the process at once."""
        cursor = _SHOW_CURSOR if os.isatty(2) else ""
        os.write(2, f"{cursor}{'' if self._said else _SENTENCE + os.linesep}".encode())
        os._exit(INTERRUPTED)

    def begin(self) -> None:
        """From here on Ctrl-C raises KeyboardInterrupt."""
        self._phase = _Phase.WORKING

    def end(self) -> None:
        """From here on there is nothing left to interrupt."""
        self._phase = _Phase.ENDING

    def say(self, sentence: str = _SENTENCE) -> int:
        """Say on stderr, once in a command's process, that it was interrupted; returns the exit code."""
        if not self._said or self._phase is _Phase.LOADING:  # which other processes never leave
            self._said = True
            print(sentence, file=sys.stderr)
        return INTERRUPTED

    @contextmanager
    def held(self) -> Iterator[Guard]:
        """Note Ctrl-C in the block, which looks at `asked`, rather than raise it; one that is repeated ends all."""
        before = self._phase
        if before is _Phase.WORKING and signal.getsignal(signal.SIGINT) == self._interrupt:
            self._phase = _Phase.HELD
        try:
            yield self
        finally:
            self._phase = before


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True  # a process that ends sooner does not wait
    timer.start()


def is_command_line(original: list[str], arguments: list[str]) -> bool:
    """Whether a process is `toylab …` or `python -m toylab …`, and not a worker that was started by one.

    Args:
        original: its `sys.orig_argv`.
        arguments: its `sys.argv`, whose first element is "-m" while the package of a module is imported. Workers take
            over that of their parent, which is not what they were started with.
    """
    name = arguments[0] if arguments else ""
    if name == "-m":
        return ("-m", "toylab") in pairwise(original)
    script = Path(name).name.removesuffix(".exe").removesuffix("-script.py")
    return script == "toylab" and name in original[1:]


GUARD = Guard()
if is_command_line(sys.orig_argv, sys.argv):
    GUARD.watch()

__all__ = ["GUARD", "INTERRUPTED", "Guard", "is_command_line"]
