"""A served playground, and what a person does with its page."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.action_chains import ActionChains

#: Seconds.
_FOREVER = 300.0
#: The place on the screen of a point of the certified picture.
_PLACE = """
const [side, index] = arguments;
const model = Bokeh.documents[0].get_model_by_name('certified');
const view = Bokeh.index.find_one(model);
const source = model.renderers.find(r => r.name === side).data_source;
const box = view.canvas_view.el.getBoundingClientRect();
return [box.left + view.frame.x_scale.compute(source.data.x[index]),
        box.top + view.frame.y_scale.compute(source.data.y[index])];
"""
_TEXT = """
const view = window.Bokeh && Bokeh.index.find_one(Bokeh.documents[0]?.get_model_by_name(arguments[0]));
return view?.shadow_el.querySelector('.bk-clearfix')?.textContent ?? '';
"""
#: A button by its label, through the shadow roots of the page.
_BUTTON = """
const seek = root => { for (const e of root.querySelectorAll('*')) {
  if (e.tagName === 'BUTTON' && e.textContent.trim() === arguments[0]) return e;
  const found = e.shadowRoot && seek(e.shadowRoot); if (found) return found; } };
return seek(document);
"""


#: The element that has the focus, through the shadow roots of the page: its classes and what it says.
_FOCUS = """
let found = document.activeElement;
while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
return [String(found.className), found.tagName === 'BODY' ? '' : found.textContent.trim()];
"""
_CHOSEN = """
const model = Bokeh.documents[0].get_model_by_name('certified');
const source = side => model.renderers.find(r => r.name === side).data_source;
return ['fake', 'real'].map(side => source(side).selected.indices);
"""
_CELLS = """
const view = Bokeh.index.find_one(Bokeh.documents[0].get_model_by_name(arguments[0]));
const row = [...view.shadow_el.querySelectorAll('.slick-row')].map(e => [...e.querySelectorAll('.slick-cell')]);
return row.map(cells => cells.slice(-2).map(cell => Number(cell.textContent)));
"""


@dataclass(frozen=True)
class Served:
    """`toylab play` in a process of its own.

    Attributes:
        line: what it printed first.
        url: of its page.
        pid: of its process.
    """

    line: str
    url: str
    pid: int


#: `python -m toylab`, but a page that answers while a point is dragged however long an answer takes.
_PATIENT = """
import sys, toylab.play.page
toylab.play.page.SLOW = float("inf")
from toylab.cli import main
sys.exit(main(sys.argv[1:]))
"""


@contextmanager
def served(*arguments: str, port: int, patient: bool = False) -> Iterator[Served]:
    """The playground on 127.0.0.1 from this port on, ended by Ctrl-C.

    Args:
        arguments: of `toylab play`.
        port: from here on the first free one.
        patient: answer while a point is dragged, also on a machine so busy that the page would wait for its release.
    """
    python = [sys.executable, "-c", _PATIENT] if patient else [sys.executable, "-m", "toylab"]
    command = [*python, "play", *arguments, "--no-browser", "--port", str(port), "--address", "127.0.0.1"]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        found = re.search(r"http://\S+/", line)
        assert found, line
        yield Served(line, found.group(0), process.pid)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=_FOREVER) == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def until(look: Callable[[], Any], seconds: float = _FOREVER) -> Any:
    """The first true answer; a page that is just being left or laid out has none yet.

    Args:
        look: what is asked again and again.
        seconds: after which it never will be; only a test that fails waits so long.
    """
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            if found := look():
                return found
        except WebDriverException as error:
            last = error
        time.sleep(0.05)
    raise AssertionError(f"nothing within {seconds:g} s") from last


def opened(browser: Any, url: str) -> None:
    """Go to the page and wait until it shows an answer."""
    browser.get(url)
    until(lambda: browser.execute_script("return window.Bokeh && Bokeh.documents.length > 0"))
    until(lambda: "points" in text(browser, "numbers") and "state=" in browser.current_url)


def text(browser: Any, name: str) -> str:
    """What the numbers or the note say."""
    return browser.execute_script(_TEXT, name)


def button(browser: Any, label: str) -> Any:
    """The button with this label."""
    return browser.execute_script(_BUTTON, label)


def pressed(browser: Any, side: str, index: int) -> None:
    """Press the mouse on a point; move it by `moved`, let go by `released`."""
    x, y = browser.execute_script(_PLACE, side, index)
    body = browser.find_element("tag name", "body")
    left, top = body.rect["width"] / 2, body.rect["height"] / 2
    ActionChains(browser, duration=0).move_to_element_with_offset(body, x - left, y - top).click_and_hold().perform()


def moved(browser: Any, x: int, y: int) -> None:
    """Move the mouse by so many pixels, in one event."""
    ActionChains(browser, duration=0).move_by_offset(x, y).perform()


def released(browser: Any) -> None:
    """Let go."""
    ActionChains(browser, duration=0).release().perform()


def clicked(browser: Any, side: str, index: int) -> None:
    """Tap a point."""
    pressed(browser, side, index)
    released(browser)


def typed(browser: Any, *keys: str) -> None:
    """Press keys, one after the other, wherever the focus is."""
    ActionChains(browser, duration=0).send_keys(*keys).perform()


def focus(browser: Any) -> tuple[str, str]:
    """Classes and text of what has the focus."""
    return tuple(browser.execute_script(_FOCUS))


def chosen(browser: Any) -> list[list[int]]:
    """The chosen fakes and reals."""
    return browser.execute_script(_CHOSEN)


def table(browser: Any, side: str) -> list[tuple[float, float]]:
    """The coordinates that a table shows."""
    return [tuple(row) for row in browser.execute_script(_CELLS, f"{side} table")]
