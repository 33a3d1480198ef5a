"""The command line, one module a command: `toylab verify`, `check`, `falsify`, `list`, `solve`, `animate`, and more."""

from __future__ import annotations

import argparse
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from toylab.cli import animate, bench, check, falsify, listing, play, solve, verify, zoo
from toylab.errors import InputError, SolverError, ToylabError
from toylab.interrupts import GUARD
from toylab.verification import ExitCode

_COMMANDS = (verify, check, falsify, listing, solve, zoo, animate, bench, play)


class _Parser(argparse.ArgumentParser):
    """argparse with one-sentence errors."""

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"^argument (-\S+): (must|needs) ", r"\1 \2 ", message)  # a value that `cli.options` refuses
        raise InputError(f"{message}; see `{self.prog} --help`.")


def parser() -> argparse.ArgumentParser:
    """The parser of the command line."""
    top = _Parser(
        prog="toylab",
        description="Statements of the Lipschitz-GAN literature, decided against certified optimal critics.",
        epilog="Exit codes: 0 as expected, 1 not, 2 usage, 3 inconclusive, 4 nothing selected, 70 internal error, "
        "130 interrupted.",
    )
    commands = top.add_subparsers(dest="command", metavar="command", required=True, parser_class=_Parser)
    for command in _COMMANDS:
        command.register(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code.

    Args:
        arguments: those of the process when not given, which then has nothing to do afterwards.
    """
    if arguments is not None:
        return _done(arguments)
    try:
        GUARD.begin()
        return _done(arguments)
    except KeyboardInterrupt:  # a second one, while the first was dealt with
        return GUARD.say()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()  # what ends a process at once would throw it away
        GUARD.end()


def _done(arguments: Sequence[str] | None) -> int:
    code: int = ExitCode.INTERNAL_ERROR
    try:
        options = parser().parse_args(arguments)
        code = options.run(options)
    except ToylabError as error:
        print(f"toylab: {error.on_command_line}", file=sys.stderr)
        code = ExitCode.INCONCLUSIVE if isinstance(error, SolverError) else ExitCode.USAGE
    except BrokenPipeError:  # the reader of a pipe has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = ExitCode.AS_EXPECTED
    except KeyboardInterrupt as stop:
        code = GUARD.say(*stop.args[:1])  # a command's own sentence, where it has one
    except Exception:  # a fault of ours: everything a person needs to report it
        if GUARD.heard:  # of a library that was interrupted while it was loaded
            return GUARD.say()
        traceback.print_exc()
        print("toylab: internal error; please report it with the lines above.", file=sys.stderr)
    return code
