"""Answers while a point is being dragged: the page asks one question at a time.

Bokeh's tool that moves points tells the server where they are when they are let go. In between, the page itself sends
the points that have moved, but never before its last question is answered: however fast the mouse and however slow the
answer, no questions queue up, and what is shown belongs to the newest place that could be answered. Where answers take
too long for that, the server says so and the page waits for the release.
"""

from __future__ import annotations

from html import escape
from typing import Any

from bokeh.models import ColumnDataSource, CustomJS, Div

#: A question without an answer for so long (milliseconds) is taken for lost.
_LOST = 5000

_PLACES = "const places = s => JSON.stringify([Array.from(s.data.x), Array.from(s.data.y)]);\n"
_ASK = (
    _PLACES
    + f"""
const ask = () => {{
  const now = performance.now();
  if (!pace.dragging || !pace.data.live[0] || (pace.asked && now - pace.asked < {_LOST})) return;
  for (const side of [fakes, reals]) {{
    const at = places(side);
    if (at === pace.told[side.id]) continue;
    pace.told[side.id] = at;
    pace.asked = now;
    side.setv({{data: side.data}}, {{check_eq: false}});
  }}
}};
"""
)
#: No tooltips under the hand while it drags.
_START = _ASK + "hover.active = false; pace.dragging = true; pace.told = {}; ask();"
_END = "hover.active = true; pace.dragging = false;"
#: The numbers go into the page directly: a `Div` with a new text would have the whole page laid out again.
_ANSWERED = (
    _ASK
    + """
const shown = Bokeh.index.find_one(numbers)?.shadow_el.querySelector('#numbers');
if (shown) shown.textContent = pace.data.words[0];
pace.asked = 0;
ask();
"""
)


class Pace:
    """The page's side of the loop.

    Attributes:
        source: one row, which changes with every answer: `count` of answers, `live` (1 while a drag is answered on the
            way), the `seconds` that the last one took here, and its `words`.
    """

    def __init__(self, fakes: ColumnDataSource, reals: ColumnDataSource, numbers: Div) -> None:
        self.source = ColumnDataSource({"count": [0], "live": [1], "seconds": [0.0], "words": [""]}, name="pace")
        self._numbers = numbers
        self._arguments = {"pace": self.source, "fakes": fakes, "reals": reals, "numbers": numbers}
        self.source.js_on_change("data", CustomJS(args=self._arguments, code=_ANSWERED))

    def follow_drags_of(self, figure: Any, hover: Any) -> None:
        """Answer drags in this figure on the way, without its tooltips."""
        for event, code in (("panstart", _START), ("pan", _ASK + "ask();"), ("panend", _END)):
            figure.js_on_event(event, CustomJS(args={**self._arguments, "hover": hover}, code=code))

    def answered(self, words: str, seconds: float, *, live: bool) -> None:
        """Show the words of an answer, and tell the page that what it asked last has been dealt with, well or badly."""
        count = int(self.source.data["count"][0]) + 1
        if count == 1:  # the page is not there yet
            self._numbers.text = f'<div role="status" id="numbers">{escape(words)}</div>'
        self.source.data = {"count": [count], "live": [int(live)], "seconds": [round(seconds, 4)], "words": [words]}
