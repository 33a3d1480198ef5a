"""The playground in a real browser: load, drag, read, add by keyboard, export, follow a link, come back."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys

import toylab
from tests.browser.playing import (
    Served,
    button,
    chosen,
    clicked,
    focus,
    moved,
    opened,
    pressed,
    released,
    served,
    table,
    text,
    typed,
    until,
)
from toylab.play import State, from_link

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

#: Where the pictures stand, how large their canvas and frame are, and what the frame shows.
GEOMETRY = """
const models = ['certified', 'trained'].map(name => Bokeh.documents[0].get_model_by_name(name));
return models.filter(m => m.visible).map(m => {
  const view = Bokeh.index.find_one(m);
  const [outer, canvas] = [view.el, view.canvas_view.el].map(e => e.getBoundingClientRect());
  const range = r => r.end - r.start;
  return {left: outer.left, right: outer.right, top: outer.top, canvas: canvas.width, width: outer.width,
          units: [view.frame.bbox.width / range(m.x_range), view.frame.bbox.height / range(m.y_range)]};
});
"""
#: Keeps the socket that the page opens, so that it can be cut.
SOCKETS = """
const Real = WebSocket;
window.WebSocket = class extends Real { constructor(...a) { super(...a); window.socket = this; } };
"""


@pytest.fixture(scope="module")
def playground() -> Iterator[Served]:
    """A served playground on a fixed small problem."""
    with served("case3", "--n", "6", port=5123, patient=True) as found:
        yield found


def state(browser: Any) -> State:
    """What the address bar holds."""
    return from_link(until(lambda: browser.current_url.partition("state=")[2]))


def constant(browser: Any) -> float:
    """The k* that is shown."""
    (shown,) = until(lambda: re.findall(r"k\* = ([\d.e+-]+)", text(browser, "numbers")))
    return float(shown)


def laid_out(browser: Any, fits: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """Where the pictures stand once it fits; where they stand in the end if it never does, for the message."""
    found: list[dict[str, Any]] = []

    def look() -> bool:
        found[:] = browser.execute_script(GEOMETRY)
        return bool(found) and fits(found)

    with contextlib.suppress(AssertionError):
        until(look, seconds=60.0)
    return found


def downloaded(folder: Path, pattern: str) -> Path:
    """The file once it is whole."""
    return until(
        lambda: (
            next((path for path in folder.glob(pattern) if path.stat().st_size), None)
            if not list(folder.glob("*.crdownload"))
            else None
        )
    )


def settled(browser: Any) -> State:
    """The state once the address bar and the numbers agree."""

    def agree() -> State | None:
        now = state(browser)
        exact = toylab.solve(now.problem).lipschitz_constant
        return now if abs(constant(browser) - exact) < 1e-5 * exact else None

    return until(agree)


@pytest.fixture
def page(browser: Any, playground: Served) -> Any:
    browser.set_window_size(1280, 1000)
    opened(browser, playground.url)
    return browser


def test_the_numbers_are_those_of_the_problem(page):
    exact = toylab.solve(toylab.zoo.load("case3", n=6))
    assert constant(page) == pytest.approx(exact.lipschitz_constant, rel=1e-3)  # coordinates have four decimals


def test_a_point_is_answered_while_it_is_dragged_and_where_it_is_let_go(page):
    before, numbers = state(page), text(page, "numbers")
    pressed(page, "fake", 0)
    moved(page, 16, 8)
    moved(page, 16, 8)
    first = until(lambda: (now := text(page, "numbers")) != numbers and now)
    moved(page, 16, 8)
    until(lambda: text(page, "numbers") != first)
    moved(page, 32, 16)
    released(page)
    stride = 80 / page.execute_script(GEOMETRY)[0]["units"][0]
    there = pytest.approx(before.fake[0][0] + stride, abs=0.03 * stride)  # a pixel or two: the mouse moves whole ones
    after = until(lambda: (now := settled(page)).fake[0][0] == there and now)  # answers to earlier moves come before
    assert after.fake[1:] == before.fake[1:]
    assert after.real == before.real
    until(lambda: table(page, "fake") == list(after.fake))


def test_the_keyboard_adds_a_point_and_lets_the_fakes_move(page):
    before = state(page)
    button(page, "add a point").send_keys(Keys.ENTER)
    until(lambda: len(state(page).fake) == len(before.fake) + 1)
    button(page, "let the fakes move").send_keys(Keys.SPACE)
    until(lambda: state(page).fake[0] != before.fake[0])
    button(page, "let the fakes move").send_keys(Keys.SPACE)


def test_a_point_that_is_tapped_is_removed_by_backspace(page):
    before = state(page)
    clicked(page, "real", 1)
    until(lambda: chosen(page) == [[], [1]])
    typed(page, Keys.BACKSPACE)
    after = until(lambda: len((now := state(page)).real) == 5 and now)
    assert after.real == (before.real[0], *before.real[2:])
    assert after.fake == before.fake


def test_the_tab_key_reaches_everything_and_keys_move_points(page):
    before, seen = state(page), []
    for _ in range(40):
        typed(page, Keys.TAB)
        classes, label = focus(page)
        if not classes and not label and seen[-1:] == ["save problem.py"]:
            break
        seen.append(label)
        if "bk-events" in classes:
            typed(page, "n")
            until(lambda: chosen(page) == [[0], []])
            typed(page, Keys.ARROW_UP)
            up = until(lambda: (now := state(page)).fake[0] != before.fake[0] and now)
            assert up.fake[0][0] == before.fake[0][0]
            assert up.fake[0][1] > before.fake[0][1]
            typed(page, "p")
            until(lambda: chosen(page) == [[], [5]])
            typed(page, Keys.DELETE)
            until(lambda: len(state(page).real) == 5)
            assert "bk-events" in focus(page)[0]  # tables that change leave the focus where it is
    labels = (
        "● fake",
        "add a point",
        "remove the chosen one",
        "let the fakes move",
        "copy the link",
        "save problem.py",
    )
    assert set(labels) <= set(seen)


def test_a_cell_of_a_table_is_changed_by_keyboard(page):
    before = state(page)
    page.execute_script(
        "Bokeh.index.find_one(Bokeh.documents[0].get_model_by_name('certified')).canvas_view.events_el.focus()"
    )
    for _ in range(20):
        typed(page, Keys.TAB)
        if focus(page) == ("", ""):
            break
    typed(page, Keys.ARROW_DOWN, Keys.ENTER)
    typed(page, "0.25", Keys.ENTER)
    after = until(lambda: (now := state(page)).fake != before.fake and now)
    assert after.fake[1] == (0.25, before.fake[1][1])


def test_exports_are_the_problem_and_its_picture(page, tmp_path):
    page.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": str(tmp_path)})
    button(page, "save problem.json").click()
    file = downloaded(tmp_path, "problem*.json")
    assert toylab.load_problem(file).fake.points.tolist() == [list(point) for point in state(page).fake]
    button(page, "save problem.py").click()
    script = downloaded(tmp_path, "problem*.py")
    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=os.environ)
    assert "Solution(optimal" in printed.stdout
    button(page, "save critic.png").click()
    assert downloaded(tmp_path, "critic*.png").read_bytes().startswith(b"\x89PNG")


def test_a_link_holds_the_whole_state_and_a_broken_one_is_told(page, playground):
    first = State(fake=((0.0, 0.0), (0.0, 1.0)), real=((1.0, 0.0), (2.0, 1.0)), losses="sqrt", weight=0.5)
    opened(page, f"{playground.url}?state={first.link()}")
    exact = toylab.solve(first.problem)
    until(lambda: f"k* = {exact.lipschitz_constant:.6g}" in text(page, "numbers"))
    cut = f"cut{first.link()[:20]}"
    opened(page, f"{playground.url}?state={cut}")
    until(lambda: "the link does not hold a state" in text(page, "note"))
    until(lambda: cut not in page.current_url)
    assert len(state(page).fake) == 6


@pytest.mark.parametrize("width", [1280, 800])
def test_nothing_is_cut_off_and_units_are_equal(page, width):
    page.set_window_size(width, 1000)
    until(lambda: page.execute_script("return document.documentElement.scrollWidth <= window.innerWidth"))
    (only,) = laid_out(
        page, lambda found: found[0]["right"] <= width and abs(found[0]["canvas"] - found[0]["width"]) <= 1
    )
    assert only["canvas"] == pytest.approx(only["width"], abs=1)
    assert only["right"] <= width
    assert only["units"][0] == pytest.approx(only["units"][1], rel=0.01)  # frames have whole pixels
    log = page.get_log("browser")
    assert all(entry["level"] != "SEVERE" or "favicon" in entry["message"] for entry in log), json.dumps(log)


def stand_side_by_side(found: list[dict[str, Any]]) -> bool:
    """Two pictures at one height whose frames have the same units."""
    if len(found) != 2 or found[0]["top"] != found[1]["top"]:
        return False
    return np.allclose(found[0]["units"], found[1]["units"], rtol=0.01)


def test_the_trained_critic_stands_beside_the_exact_one(page):
    button(page, "train a critic beside it").click()
    until(lambda: "Trained: k = " in text(page, "note"))
    exact, trained = laid_out(page, stand_side_by_side)
    assert exact["right"] <= trained["left"]
    assert trained["right"] <= 1280
    assert trained["units"] == pytest.approx(exact["units"], rel=0.01)


def test_a_connection_that_breaks_comes_back_with_everything(page, playground):
    script = page.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SOCKETS})
    opened(page, playground.url)
    page.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)
    button(page, "add a point").click()
    before = until(lambda: len((now := state(page)).fake) == 7 and now)
    page.execute_script("window.cut = true; window.socket.close()")
    until(lambda: page.execute_script("return !window.cut && window.Bokeh && Bokeh.documents.length > 0"))
    until(lambda: "7 fake, 6 real points" in text(page, "numbers"))
    assert state(page) == before
    button(page, "add a point").click()
    after = until(lambda: len((now := state(page)).fake) == 8 and now)
    assert after.fake[:7] == before.fake


def test_a_port_in_use_is_passed_over(playground):
    taken = int(playground.url.rstrip("/").rsplit(":", 1)[1])
    with served(port=taken) as second:
        assert f"(port {taken} is in use)" in second.line
        assert second.url != playground.url


def test_the_readme_names_the_command():
    assert "toylab play" in (Path(__file__).parents[2] / "README.md").read_text("utf-8")
