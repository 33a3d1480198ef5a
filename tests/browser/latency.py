"""How long after a mouse event the playground shows the new answer, in headless Chromium.

    python -m tests.browser.latency                          10, 30 and 100 points a side, 60 drags each
    python -m tests.browser.latency --markdown docs/playground.md

One fake point is pressed and moved, one mouse event at a time; the page itself notes when it got the event and when it
had painted the new surface, arrows, pairs and numbers (the screen shows them with its next frame). Then the mouse moves
on without waiting, sixty times a second, and the answers that are shown on the way are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.browser.chromium import INSTALLED, chromium
from tests.browser.playing import Served, moved, opened, pressed, released, served, until
from toylab.play.page import SLOW
from toylab.storage import replacing

#: Milliseconds within which a person feels that an answer follows the hand.
TARGET = 150
_SECONDS, _RATE = 4.0, 60.0
#: When the mouse moved last, and when the picture was last painted after each answer.
_WATCH = """
const pace = Bokeh.documents[0].get_model_by_name('pace');
const view = Bokeh.index.find_one(Bokeh.documents[0].get_model_by_name('certified'));
window.watched = {moved: 0, painted: 0, shown: []};
window.addEventListener('pointermove', () => { watched.moved = performance.now(); }, true);
const paint = view.repaint.bind(view);
view.repaint = () => { paint(); watched.painted = performance.now(); };
pace.properties.data.change.connect(() => {
  const [from, changed, seconds] = [watched.moved, performance.now(), pace.data.seconds[0]];
  const note = () => watched.shown.push([Math.max(watched.painted, changed) - from, 1000 * seconds]);
  const frames = left => left ? requestAnimationFrame(() => frames(left - 1)) : note();
  frames(3);  // a paint that was asked for by now is done by then
});
"""
_SHOWN = "return watched.shown"


@dataclass(frozen=True, kw_only=True)
class Latency:
    """What was measured with so many points a side; milliseconds.

    Attributes:
        points: a side.
        drags: that were measured.
        median: from the mouse event to the painted answer.
        late: the 95th percentile of that.
        server: median of the part spent on the answer in Python.
        server_late: its 95th percentile.
        cpu: CPU time of the server for each answer.
        page: median of the rest: both ways through the socket, drawing.
        rate: answers shown a second while the mouse moves without a pause.
    """

    points: int
    drags: int
    median: float
    late: float
    server: float
    server_late: float
    cpu: float
    page: float
    rate: float


def measured(browser: Any, playground: Served, points: int, drags: int) -> Latency:
    """Drag a fake point of the page to and fro."""
    opened(browser, playground.url)
    browser.execute_script(_WATCH)
    pressed(browser, "fake", 0)
    moved(browser, 12, 8)  # farther than a click may slip
    time.sleep(0.5)
    for number in range(3):
        _step(browser, number)
    browser.execute_script("watched.shown = []")
    before = _cpu(playground.pid)
    for number in range(drags):
        _step(browser, number)
    cpu = 1000 * (_cpu(playground.pid) - before) / drags
    total, server = np.array(browser.execute_script(_SHOWN)).T
    rate = _rate(browser)
    released(browser)
    return Latency(
        points=points,
        drags=drags,
        median=_rounded(np.median(total)),
        late=_rounded(np.percentile(total, 95)),
        server=_rounded(np.median(server)),
        server_late=_rounded(np.percentile(server, 95)),
        cpu=_rounded(cpu),
        page=_rounded(np.median(total - server)),
        rate=_rounded(rate),
    )


def _step(browser: Any, number: int) -> None:
    """One mouse event, and its answer."""
    before = len(browser.execute_script(_SHOWN))
    moved(browser, *((3, 2) if number // 10 % 2 == 0 else (-3, -2)))
    until(lambda: len(browser.execute_script(_SHOWN)) > before)
    time.sleep(0.05)


def _rate(browser: Any) -> float:
    """Answers a second while the mouse moves."""
    browser.execute_script("watched.shown = []")
    begun, events = time.monotonic(), 0
    while (passed := time.monotonic() - begun) < _SECONDS:
        moved(browser, *((2, 1) if events // 20 % 2 == 0 else (-2, -1)))
        events += 1
        time.sleep(max(events / _RATE - (time.monotonic() - begun), 0.0))
    return len(browser.execute_script(_SHOWN)) / passed


def _cpu(pid: int) -> float:
    """Seconds of a process, from /proc."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _priority() -> str:
    """Words on a scheduler that keeps other work from this measurement."""
    ordinary = os.sched_getscheduler(0) == os.SCHED_OTHER
    return "" if ordinary else ", before which this ran by real-time priority"


def _rounded(value: Any) -> float:
    return float(f"{float(value):.3g}")


def markdown(found: Sequence[Latency]) -> str:
    """The page of a measurement."""
    head = (
        "# The playground's answer to a drag\n\n"
        "Written by `make play-latency`: headless Chromium and the server on one machine "
        f"({os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}{_priority()}), case3, logistic loss, λ = 0.1. From "
        "the mouse event to the end of painting the new surface, arrows, pairs and numbers, milliseconds; one event at "
        f"a time, {found[0].drags} of them. The target is {TARGET} ms at 30 points.\n\n"
        "One question is open at a time, so that a drag never queues up however many points there are. Where an answer "
        f"takes more than {1000 * SLOW:.0f} ms in Python, fewer than about three a second would be shown: the page "
        "says so and answers when a point is let go.\n\n"
    )
    rows = [
        "| points a side | median | 95 % | in Python, median | 95 % | CPU of the server | socket and drawing | "
        "answers a second while moving |",
        "|--:|--:|--:|--:|--:|--:|--:|--:|",
        *(
            f"| {each.points} | {each.median:g} | {each.late:g} | {each.server:g} | {each.server_late:g} "
            f"| {each.cpu:g} | {each.page:g} | {each.rate:g} |"
            for each in found
        ),
    ]
    return head + "\n".join(rows) + "\n"


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print; the exit code says whether the target was met at 30 points."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, nargs="+", default=[10, 30, 100], help="a side (default 10 30 100)")
    parser.add_argument("--drags", type=int, default=60, help="of each number of points (default 60)")
    parser.add_argument("--port", type=int, default=5223, help="the next free one from here on (default 5223)")
    parser.add_argument("--json", metavar="FILE", help="write the numbers")
    parser.add_argument("--markdown", metavar="FILE", help="write the table")
    options = parser.parse_args(words)
    if not INSTALLED:
        parser.error("needs Debian's chromium and chromium-driver: `make test-browser` installs them")
    found = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = chromium(Path(profile))
        try:
            browser.set_window_size(1280, 1000)
            for points in options.points:
                with served("case3", "--n", str(points), port=options.port) as playground:
                    found.append(measured(browser, playground, points, options.drags))
                print(found[-1], flush=True)
        finally:
            browser.quit()
    for target, content in (
        (options.json, json.dumps([asdict(each) for each in found], indent=1)),
        (options.markdown, markdown(found)),
    ):
        if target:
            with replacing(Path(target)) as temporary:
                temporary.write_text(content, encoding="utf-8")
    return int(any(each.points == 30 and each.median > TARGET for each in found))


if __name__ == "__main__":
    sys.exit(main())
