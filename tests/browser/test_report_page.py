"""The report as people see it: on a phone, on a desk, in the dark, on paper, and by keyboard alone."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PHONE, TABLET, DESK = 360, 800, 1280


@pytest.fixture(scope="module")
def chosen(report_file: Path) -> list[str]:
    """The claims in the report."""
    return [row["id"] for row in json.loads(report_file.with_name("report.json").read_text())["claims"]]


#: Every visible text with its contrast against what lies behind it, and whether it counts as large (WCAG 2.1, 1.4.3).
CONTRASTS = """
const numbers = colour => colour.match(/[\\d.]+/g).map(Number);
const over = (top, below) => { const a = top[3] ?? 1; return [0, 1, 2].map(i => a * top[i] + (1 - a) * below[i]); };
const light = c => { const [r, g, b] = c.map(v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
const behind = e => { const layers = [];
  for (; e; e = e.parentElement) layers.push(numbers(getComputedStyle(e).backgroundColor));
  const canvas = matchMedia("(prefers-color-scheme: dark)").matches ? [0, 0, 0] : [255, 255, 255];
  return layers.reverse().reduce((below, top) => over(top, below), canvas); };
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
while (walker.nextNode()) {
  const text = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement;
  const style = getComputedStyle(e), box = e.getBoundingClientRect();
  if (!text || !box.width || ["STYLE", "TITLE", "title"].includes(e.tagName)) continue;
  const rect = e.closest("svg a")?.querySelector("rect");
  const below = rect ? numbers(getComputedStyle(rect).fill) : behind(e);
  const ink = over(numbers(rect ? style.fill : style.color), below);
  const [low, high] = [light(ink), light(below)].sort((a, b) => a - b), size = parseFloat(style.fontSize);
  const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  found.push([text.slice(0, 60), (high + 0.05) / (low + 0.05), large]);
}
return found;
"""
#: Elements that stick out of the page, of a table, or of a box that cuts them off.
CUT = """
const right = document.documentElement.clientWidth + 1, found = [];
const unseen = e => { const away = e.closest(".unseen, .skip, thead");
  return away && getComputedStyle(away).position === "absolute"; };
for (const e of document.querySelectorAll("body *")) {
  const box = e.getBoundingClientRect(), scroll = e.parentElement.closest(".scroll");
  if (unseen(e) || e.ownerSVGElement || (scroll && getComputedStyle(scroll).overflowX === "auto")) continue;
  if (box.width && (box.right > right || box.left < -1)) found.push([e.tagName, e.className, box.right]);
}
for (const e of document.querySelectorAll("table, td, th, code, dd, p, figure")) {
  const beyond = e.clientWidth && e.scrollWidth - e.clientWidth;
  if (!unseen(e) && beyond > 1) found.push([e.tagName, e.textContent.slice(0, 40), beyond]);
}
return found;
"""
#: What has the focus: its name for people, and whether it is outlined.
FOCUS = """
const e = document.activeElement;
const name = ["href", "aria-labelledby", "aria-label"].map(n => e.getAttribute(n)).find(v => v);
return [e.tagName, name, getComputedStyle(e).outlineStyle];
"""
#: How boxes that scroll on a screen behave on paper.
BOXES = """
const boxes = [...document.querySelectorAll(".scroll")];
return boxes.map(e => [getComputedStyle(e).overflowX, e.scrollWidth - e.clientWidth]);
"""


def show(browser: Any, report_file: Path, width: int, *, scheme: str = "light", media: str = "screen") -> None:
    """Open the page at a width in CSS pixels; a phone has twice as many dots."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 2 if width == PHONE else 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": media, "features": features})
    browser.get(report_file.as_uri())


def keep_picture(browser: Any, folder: Path, name: str) -> None:
    """A picture of the whole page, for people."""
    answer = browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
    (folder / f"{name}.png").write_bytes(base64.b64decode(answer["data"]))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("screenshots")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [PHONE, TABLET, DESK])
def test_the_page_fits_its_window(browser, report_file, pictures, width, scheme):
    show(browser, report_file, width, scheme=scheme)
    content, window = browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert window == width
    assert content <= window
    assert browser.execute_script(CUT) == []
    keep_picture(browser, pictures, f"{width}-{scheme}")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_every_picture_has_loaded_and_is_not_stretched(browser, report_file, chosen, width):
    show(browser, report_file, width)
    script = "return [...document.images].map(i => [i.complete, i.naturalWidth, i.naturalHeight, i.width, i.height])"
    found = browser.execute_script(script)
    assert len(found) == 2 * len(chosen) + 1  # the worst case and its evidence; one trained critic
    for complete, wide, high, shown_wide, shown_high in found:
        assert complete
        assert min(wide, high, shown_wide, shown_high) > 0
        assert shown_wide == pytest.approx(wide / high * shown_high, abs=1 + wide / high)  # whole pixels


def test_every_claim_has_its_section_and_every_link_its_target(browser, report_file, chosen):
    show(browser, report_file, DESK)
    for name in chosen:
        box = browser.execute_script(
            "return document.getElementById(arguments[0]).getBoundingClientRect().height", name
        )
        assert box > 300
    targets = browser.execute_script(
        "return [...document.querySelectorAll('a')].map(a => a.getAttribute('href'))"
        ".map(h => [h, h.startsWith('#') && !!document.getElementById(h.slice(1))])"
    )
    assert len(targets) > 4 * len(chosen)
    assert [link for link, exists in targets if not exists] == []


def test_nothing_is_asked_of_a_network_and_nothing_is_complained_of(browser, report_file):
    for kind in ("performance", "browser"):
        browser.get_log(kind)  # what earlier pages left
    show(browser, report_file, DESK)
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert report_file.as_uri() in asked
    assert [url[:80] for url in asked if url != report_file.as_uri() and not url.startswith("data:")] == []
    assert browser.get_log("browser") == []


@pytest.mark.parametrize(
    ("width", "scheme", "media"),
    [(DESK, "light", "screen"), (DESK, "dark", "screen"), (PHONE, "dark", "screen"), (DESK, "dark", "print")],
)
def test_text_stands_out_from_what_is_behind_it(browser, report_file, width, scheme, media):
    show(browser, report_file, width, scheme=scheme, media=media)
    found = browser.execute_script(CONTRASTS)
    assert len(found) > 300
    weak = [(text, round(ratio, 2)) for text, ratio, large in found if ratio < (3.0 if large else 4.5)]
    assert weak == []


def test_paper_shows_everything_in_black_on_white(browser, report_file, chosen, pictures):
    a4 = 688  # A4 less its margins of 14 mm, in CSS pixels
    show(browser, report_file, a4, scheme="dark", media="print")
    assert browser.execute_script(CUT) == []
    assert browser.execute_script("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert all(overflow == "visible" and beyond <= 1 for overflow, beyond in browser.execute_script(BOXES))
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    answer = browser.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    document = base64.b64decode(answer["data"])
    (pictures / "report.pdf").write_bytes(document)
    pages = len(re.findall(rb"/Type\s*/Page\b", document))
    assert len(chosen) <= pages <= 4 * len(chosen)


def test_the_keyboard_reaches_links_and_boxes_that_scroll(browser, report_file, chosen):
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys

    show(browser, report_file, PHONE)
    focused, reached = browser.find_element(By.TAG_NAME, "body"), []
    for _ in range(400):
        focused.send_keys(Keys.TAB)
        focused = browser.switch_to.active_element
        tag, name, outline = browser.execute_script(FOCUS)
        if tag == "BODY":
            break
        reached.append(name)
        assert outline != "none", name
    assert reached[0] == "#summary"  # the way past the navigation
    assert {f"#{name}" for name in chosen} <= set(reached)
    assert {"training-title", "dependencies-title"} <= set(reached)
