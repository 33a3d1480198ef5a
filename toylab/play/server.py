"""The playground as a local web page."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from toylab.errors import InputError, ToylabError
from toylab.play.state import State

_TRIED = 20
_LAST_PORT = 65535


def serve(
    first: State, *, port: int = 5006, address: str = "localhost", show: bool = True,
    started: Callable[[str, int], None] | None = None,
) -> None:  # fmt: skip
    """Serve the playground until interrupted.

    Args:
        first: what a visitor without a link sees.
        port: the next free one from here on is taken.
        address: the interface to listen on.
        show: open the page in the browser.
        started: called with the page's address and its port once it is served.

    Raises:
        InputError: Bokeh is not installed, no port is free, or the address is not one of this machine.
    """
    try:
        from bokeh.application import Application
        from bokeh.application.handlers.function import FunctionHandler
    except ImportError:
        raise InputError("the playground needs Bokeh: `pip install 'toylab[play]'`.") from None
    from toylab.play.answer import answer
    from toylab.play.page import open_page, view_of

    logging.getLogger("bokeh").setLevel(logging.ERROR)
    logging.getLogger("tornado").setLevel(logging.ERROR)
    application = Application(FunctionHandler(lambda document: open_page(document, first) and None))
    server = _listening(application, port, address)
    for losses in (first.losses, "wasserstein"):
        with suppress(ToylabError):  # the page says what is wrong; libraries are loaded now, not while a visitor waits
            answer(replace(first, losses=losses), view_of(first))
    server.start()
    url = f"http://{address}:{server.port}/"
    if started is not None:
        started(url, server.port or port)
    if show:
        server.io_loop.add_callback(server.show, "/")
    try:
        server.io_loop.start()
    finally:
        server.stop(wait=False)


def _listening(application: object, port: int, address: str):
    from bokeh.server.server import Server

    for candidate in range(port, min(port + _TRIED, _LAST_PORT + 1)):
        try:
            return Server(
                {"/": application},  # type: ignore[dict-item]
                port=candidate,
                address=address,
                allow_websocket_origin=[f"{address}:{candidate}", f"localhost:{candidate}", f"127.0.0.1:{candidate}"],
            )
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise InputError(f"cannot listen on {address!r}: {error.strerror or error}.") from None
    raise InputError(f"no port from {port} to {port + _TRIED - 1} is free on {address!r}; give another with --port.")
