"""The playground in a real browser: load, drag, read, add by keyboard, export, follow a link."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

import toylab
from toylab.play import State, from_link

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: The place on the screen of a point of the certified picture.
PLACE = """
const [side, index] = arguments;
const model = Bokeh.documents[0].get_model_by_name('certified');
const view = Bokeh.index.find_one(model);
const source = model.renderers.find(r => r.name === side).data_source;
const box = view.canvas_view.el.getBoundingClientRect();
return [box.left + view.frame.x_scale.compute(source.data.x[index]),
        box.top + view.frame.y_scale.compute(source.data.y[index])];
"""
TEXT = "return Bokeh.documents[0].get_model_by_name(arguments[0]).text"
#: A button by its label, through the shadow roots of the page.
BUTTON = """
const seek = root => { for (const e of root.querySelectorAll('*')) {
  if (e.tagName === 'BUTTON' && e.textContent.trim() === arguments[0]) return e;
  const found = e.shadowRoot && seek(e.shadowRoot); if (found) return found; } };
return seek(document);
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A served playground on a fixed small problem."""
    command = [sys.executable, "-m", "toylab", "play", "case3", "--n", "6", "--no-browser", "--port", "5123",
               "--address", "127.0.0.1"]  # fmt: skip
    served = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert served.stdout is not None
    line = served.stdout.readline()
    found = re.search(r"http://\S+/", line)
    assert found, line
    yield found.group(0)
    served.send_signal(signal.SIGINT)
    assert served.wait(timeout=30) == 0
    served.stdout.close()


def until(look: Callable[[], Any], seconds: float = 30.0) -> Any:
    """The first true answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds:g} s")


def opened(browser: Any, url: str) -> None:
    browser.get(url)
    until(lambda: browser.execute_script("return window.Bokeh && Bokeh.documents.length > 0"))
    until(lambda: "k* =" in browser.execute_script(TEXT, "numbers"))


def state(browser: Any) -> State:
    """What the address bar holds."""
    return from_link(until(lambda: browser.current_url.partition("state=")[2]))


@pytest.fixture
def page(browser: Any, address: str) -> Any:
    browser.set_window_size(1280, 1000)
    opened(browser, address)
    return browser


def test_the_numbers_are_those_of_the_problem(page):
    exact = toylab.solve(toylab.zoo.load("case3", n=6))
    shown = float(re.findall(r"k\* = ([\d.e+-]+)", page.execute_script(TEXT, "numbers"))[0])
    assert shown == pytest.approx(exact.lipschitz_constant, rel=1e-3)  # coordinates are kept with four decimals


def test_a_dragged_point_is_answered(page):
    before, numbers = until(lambda: state(page)), page.execute_script(TEXT, "numbers")
    x, y = page.execute_script(PLACE, "fake", 0)
    body = page.find_element("tag name", "body")
    left, top = body.rect["width"] / 2, body.rect["height"] / 2
    drag = ActionChains(page, duration=50).move_to_element_with_offset(body, x - left, y - top).click_and_hold()
    for _ in range(5):
        drag = drag.move_by_offset(16, 8)
    drag.release().perform()
    until(lambda: page.execute_script(TEXT, "numbers") != numbers)
    after = until(lambda: (now := state(page)) and now.fake[0] != before.fake[0] and now)
    assert after.fake[0][0] > before.fake[0][0]
    assert after.fake[1:] == before.fake[1:]
    assert after.real == before.real


def test_the_keyboard_adds_a_point_and_lets_the_fakes_move(page):
    before = until(lambda: state(page))
    page.execute_script(BUTTON, "add a point").send_keys(Keys.ENTER)
    until(lambda: len(state(page).fake) == len(before.fake) + 1)
    page.execute_script(BUTTON, "let the fakes move").send_keys(Keys.SPACE)
    until(lambda: state(page).fake[0] != before.fake[0])
    page.execute_script(BUTTON, "let the fakes move").send_keys(Keys.SPACE)


def test_exports_are_the_problem(page, tmp_path):
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    page.execute_script(BUTTON, "save problem.json").click()
    file = until(lambda: next(iter(tmp_path.glob("problem*.json")), None))
    assert toylab.load_problem(file).fake.points.tolist() == [list(point) for point in state(page).fake]
    page.execute_script(BUTTON, "save problem.py").click()
    script = until(lambda: next(iter(tmp_path.glob("problem*.py")), None))
    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=os.environ)
    assert "Solution(optimal" in printed.stdout


def test_a_link_holds_the_whole_state_and_a_broken_one_is_told(page, address):
    first = State(fake=((0.0, 0.0), (0.0, 1.0)), real=((1.0, 0.0), (2.0, 1.0)), losses="sqrt", weight=0.5)
    opened(page, f"{address}?state={first.link()}")
    exact = toylab.solve(first.problem)
    assert f"k* = {exact.lipschitz_constant:.6g}" in page.execute_script(TEXT, "numbers")
    opened(page, f"{address}?state=cut{first.link()[:20]}")
    assert len(state(page).fake) == 6


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_cut_off(page, width):
    page.set_window_size(width, 1000)
    until(lambda: page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"))
    assert all(entry["level"] != "SEVERE" or "favicon" in entry["message"] for entry in page.get_log("browser")), (
        json.dumps(page.get_log("browser"))
    )


def test_a_port_in_use_is_passed_over(address):
    command = [sys.executable, "-m", "toylab", "play", "--no-browser", "--port", "5123", "--address", "127.0.0.1"]
    second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert second.stdout is not None
    line = second.stdout.readline()
    assert "(port 5123 is in use)" in line
    second.send_signal(signal.SIGINT)
    assert second.wait(timeout=30) == 0
    second.stdout.close()


def test_the_readme_names_the_command():
    assert "toylab play" in (Path(__file__).parents[2] / "README.md").read_text("utf-8")
