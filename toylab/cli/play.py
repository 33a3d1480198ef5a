"""`toylab play`: drag points on a local web page and see the certified critic answer."""

from __future__ import annotations

import argparse
from typing import Any

from toylab.cli.options import whole
from toylab.cli.problem_source import add_problem_arguments, problem_from
from toylab.verification import ExitCode

_POINTS = 10


def register(commands: Any) -> None:
    """Add the command to the parser."""
    play = commands.add_parser("play", help="drag points on a local web page and see the certified critic answer")
    add_problem_arguments(play)
    play.add_argument(
        "--port", type=whole(1, 65535), default=5006, help="the next free one from here on is taken (default 5006)"
    )
    play.add_argument("--address", default="localhost", help="interface to listen on (default: this machine only)")
    play.add_argument("--no-browser", action="store_true", help="only print the address")
    play.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the playground until Ctrl-C."""
    from toylab.play.server import serve
    from toylab.play.state import from_problem

    if options.name is None and not (options.fake or options.real or options.problem):
        options.name, options.n = "case3", options.n or _POINTS
    first = from_problem(problem_from(options).problem)

    def started(url: str, port: int) -> None:
        moved = "" if port == options.port else f" (port {options.port} is in use)"
        print(f"The playground is at {url}{moved}; Ctrl-C ends it.", flush=True)

    try:
        serve(first, port=options.port, address=options.address, show=not options.no_browser, started=started)
    except KeyboardInterrupt:
        print("\nThe playground has ended.")
    return ExitCode.AS_EXPECTED
