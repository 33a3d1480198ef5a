"""One visitor's page: controls, the picture, and the loop from a dragged point to a new answer.

Changes arrive faster than answers. A change only marks the page as stale; one answer at a time is computed from
whatever is set then, so that a drag never queues up. Where answers take too long for that, a dragged point is answered
when it is let go, a slider when it has come to rest, and the page says so.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
from bokeh.document import Document
from bokeh.models import ColumnDataSource

from toylab.errors import InputError, ToylabError
from toylab.play.answer import View, answer
from toylab.play.controls import Controls
from toylab.play.keys import by_keyboard
from toylab.play.moving import Course, why_at_rest
from toylab.play.pace import Pace
from toylab.play.picture import BESIDE, WIDTH, Picture
from toylab.play.state import Objective, State, from_link, preset, rounded
from toylab.play.training import trained_beside

#: Where each of the last answers took longer than this, or the only one twice as long, points are answered on release,
#: sliders after a rest (seconds).
SLOW, REST = 0.25, 0.3
#: How many answers are looked at for that, and how long changes that have arrived together may be collected (ms).
_LOOKED_AT, _COLLECT = 3, 4
_MARGIN = 0.18
#: Between the steps of the fakes (ms).
_PAUSE = 120
#: Where points without a mouse appear, a share of the view's width beside each other.
_ASIDE = 0.04
_CERTIFIED, _TRAINED = "certified critic", "trained critic (MaxGP)"
_BEFORE = "{}, of what was set before"
_PATIENCE = "An answer takes {:.0f} ms here: points are answered when you let them go, the slider when it rests."
_WORKERS = ThreadPoolExecutor(max_workers=1, thread_name_prefix="playground")


class Page:
    """The playground of one session."""

    def __init__(self, document: Document, first: State, message: str = "") -> None:
        self._document, self.state, self.last = document, first, None
        self._stale, self._waiting, self._sliding_at, self._moving = False, False, -np.inf, None
        self._silent = False
        self._trained_on: State | None = None
        self._loaded: State | None = None
        self._answered: State | None = None
        self._course = Course()
        self._seconds: deque[float] = deque(maxlen=_LOOKED_AT)
        self.view = view_of(first)
        self.fakes, self.reals = ColumnDataSource({"x": [], "y": []}), ColumnDataSource({"x": [], "y": []})
        self._exact = Picture(_CERTIFIED, self.view, self.fakes, self.reals, drawn=True)
        self._trained = Picture(_TRAINED, self.view, self.fakes, self.reals, drawn=False)
        self._trained.figure.visible = False
        self.controls = Controls(self.fakes, self.reals)
        self.pace = Pace(self.fakes, self.reals, self.controls.numbers)
        self.pace.follow_drags_of(self._exact.figure, self._exact.hover)
        self._show_points()
        self.controls.take(first)
        self._connect()
        document.title = "toylab playground"
        document.config.update(reconnect_session=False, notify_connection_status=False)
        document.js_on_event("document_ready", self.controls.address)
        keys = by_keyboard(self._exact.figure, self.fakes, self.reals, self.controls.tables)
        document.js_on_event("document_ready", *keys)
        document.js_on_event("connection_lost", self.controls.lost)
        document.add_root(self.controls.layout(self._exact.figure, self._trained.figure))
        self._answer_now()
        if message:
            self.controls.say(message)

    # --- from the visitor -----------------------------------------------------------------------------

    def _connect(self) -> None:
        controls = self.controls
        for source in (self.fakes, self.reals):
            source.on_change("data", self._changed)
        for widget in (controls.losses, controls.objective):
            widget.on_change("value", self._changed)
        controls.weight.on_change("value", self._slid)
        controls.preset.on_change("value", self._load_preset)
        controls.side.on_change("active", lambda attr, old, new: self._exact.add_to(new))
        controls.move.on_change("active", lambda attr, old, new: self._let_move(new))
        controls.train.on_click(self._train)
        controls.add.on_click(self._add_point)
        controls.remove.on_click(self._remove_point)

    def _changed(self, attr: str, old: Any, new: Any) -> None:
        if self._silent:
            return
        self._course = Course()  # what a person changed is no stage of the moves before
        self._stale = True
        if not self._waiting:
            self._waiting = True
            self._document.add_timeout_callback(self.catch_up, _COLLECT)

    def _slid(self, attr: str, old: Any, new: Any) -> None:
        self._sliding_at = time.monotonic()
        self._changed(attr, old, new)

    def _load_preset(self, attr: str, old: Any, new: str) -> None:
        if not new:
            return
        try:
            chosen = preset(new)
        except InputError as error:
            self.controls.say(str(error))
            return
        self._let_move(False)
        self.state = self._loaded = chosen
        self.view = view_of(chosen)
        self._look()
        self._unchoose()
        self._show_points()
        self._silently(partial(self.controls.take, chosen))
        self._answer_now()

    def _look(self) -> None:
        """Both pictures show the view; a single one is larger."""
        for each in (self._exact, self._trained):
            each.look_at(self.view, BESIDE if self._trained.figure.visible else WIDTH)

    def _add_point(self) -> None:
        """A point in the middle, or the next free place to the right of it; chosen, so that keys can move it."""
        source = (self.fakes, self.reals)[self.controls.side.active or 0]
        x, y = 0.5 * (self.view.left + self.view.right), 0.5 * (self.view.bottom + self.view.top)
        taken = set(zip(source.data["x"], source.data["y"], strict=True))
        while (x, y) in taken:
            x += _ASIDE * (self.view.right - self.view.left)
        source.data = {"x": [*source.data["x"], x], "y": [*source.data["y"], y]}
        self._unchoose()
        source.selected.indices = [len(source.data["x"]) - 1]

    def _remove_point(self) -> None:
        """The chosen ones, fake or real."""
        sources = (self.fakes, self.reals)
        if not any(source.selected.indices for source in sources):
            self.controls.say("Choose a point first: tap it, or its row in the table, or press N in the picture.")
        for source in sources:
            chosen = set(source.selected.indices)
            if chosen:
                source.selected.indices = []
                source.data = {
                    name: [value for index, value in enumerate(source.data[name]) if index not in chosen]
                    for name in "xy"
                }

    def _unchoose(self) -> None:
        for source in (self.fakes, self.reals):
            source.selected.indices = []

    # --- to an answer ---------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Answer what is set now; come back once more if something has changed meanwhile."""
        self._waiting = False
        if not self._stale:
            return
        rest = self._sliding_at + REST - time.monotonic() if self._slow else 0.0
        if rest > 0:
            self._waiting = True
            self._document.add_timeout_callback(self.catch_up, int(1000 * rest) + 1)
            return
        self._answer_now()

    @property
    def _slow(self) -> bool:
        return min(self._seconds, default=0.0) > (SLOW if len(self._seconds) > 1 else 2.0 * SLOW)

    def _answer_now(self) -> None:
        self._stale, begun = False, time.perf_counter()
        try:
            self._answer()
        except ToylabError as error:
            self.controls.say(str(error))
        except Exception as error:  # a page that goes on is worth more than a traceback nobody sees
            self.controls.say(f"This one could not be answered ({type(error).__name__}: {error}).")
        else:
            seconds = time.perf_counter() - begun
            self._seconds.append(seconds)
            self.controls.say(_PATIENCE.format(1000 * seconds) if self._slow else "")
        if self._answered is None:
            self._exact.entitle(_BEFORE.format(_CERTIFIED))
        seconds = time.perf_counter() - begun
        self.pace.answered(self._words(seconds), seconds, live=not self._slow)

    def _words(self, seconds: float) -> str:
        """The numbers, and whether they are those of what is set."""
        if self.last is None:
            return ""
        if self._answered is None:
            return " · ".join(["before: " + self.last.words[0], *self.last.words[1:]])
        return " · ".join([*self.last.words, f"{1000 * seconds:.0f} ms"])

    def _answer(self) -> None:
        self._answered = None
        state = self._read()
        if self.state.size != state.size:
            self._seconds.clear()  # what another number of points took says nothing about this one
        self.state = state
        if self.controls.preset.value and state != self._loaded:
            self.controls.preset.value = ""  # so that it can be chosen again
        self.controls.keep(state)
        self.last = answer(state, self.view)
        self._answered = state
        self._exact.entitle(_CERTIFIED)
        self._exact.show(self.view, self.last.surface, self.last.arrows, self.last.pairs)
        self._trained.entitle(_TRAINED if state == self._trained_on else _BEFORE.format(_TRAINED))

    def _read(self) -> State:
        """The state that points and controls are in."""
        points = []
        for side, source in (("fake", self.fakes), ("real", self.reals)):
            try:
                points.append(rounded(np.column_stack([source.data["x"], source.data["y"]]).astype(np.float64)))
            except (TypeError, ValueError):
                raise InputError(f"a {side} point has a coordinate that is not a number.") from None
        return self.controls.state(*points)

    def _show_points(self) -> None:
        def show() -> None:
            for source, points in ((self.fakes, self.state.fake), (self.reals, self.state.real)):
                x, y = zip(*points, strict=True)
                source.data = {"x": list(x), "y": list(y)}

        self._silently(show)

    def _silently(self, act: Any) -> None:
        self._silent = True
        try:
            act()
        finally:
            self._silent = False

    # --- fakes that move, a critic that is trained -----------------------------------------------------

    def _let_move(self, on: bool) -> None:
        if on and self._moving is None:
            self._course = Course()
            self._moving = self._document.add_periodic_callback(self.move, _PAUSE)
        elif not on and self._moving is not None:
            self._document.remove_periodic_callback(self._moving)
            self._moving = None
        self.controls.move.active = on

    def move(self) -> None:
        """One step of every fake along ∇f*, a share of the view long where f* is smooth."""
        if self.last is None:
            return
        moved = None if self._answered is None else self._course.moved(self.last, self.view)
        if moved is None:
            self._let_move(False)
            if self._answered is not None:  # else the page says what is wrong
                self.controls.say(why_at_rest(self.last, self.view))
            return
        self.state = self.state.with_points(moved, np.array(self.state.real))
        self._show_points()
        self._answer_now()

    def _train(self) -> None:
        if self.last is None or self._answered is None or self.state.objective is not Objective.PENALTY:
            self.controls.say("MaxGP trains under the penalty λ k²; choose that objective first.")
            return
        self.controls.train.disabled = True
        self.controls.say("Training a network of 64 × 3 …")
        state, exact, view = self.state, self.last.solution, self.view

        def work() -> None:
            try:
                done = partial(self._show_trained, state, view, *trained_beside(exact, view))
            except ToylabError as error:
                done = partial(self._end_training, str(error))
            except Exception as error:  # nobody sees what a worker raises, and the button would stay grey
                done = partial(self._end_training, f"The training failed ({type(error).__name__}: {error}).")
            self._document.add_next_tick_callback(done)

        _WORKERS.submit(work)

    def _show_trained(self, state: State, view: View, drawn: tuple[np.ndarray, np.ndarray], words: str) -> None:
        self._trained_on = state
        self._trained.show(view, *drawn, np.zeros((0, 5)))
        self._trained.entitle(_TRAINED if state == self.state else _BEFORE.format(_TRAINED))
        self._trained.figure.visible = True
        self._look()
        self._end_training(words)

    def _end_training(self, words: str) -> None:
        self.controls.train.disabled = False
        self.controls.say(words)


def view_of(state: State) -> View:
    """The points with a margin, at a calm aspect."""
    points = np.array([*state.fake, *state.real])
    low, high = points.min(axis=0), points.max(axis=0)
    size = max(float((high - low).max()), 1e-3)
    middle, half = 0.5 * (low + high), (0.5 + _MARGIN) * size
    height = max(0.62 * half, 0.5 * float(high[1] - low[1]) + _MARGIN * size)
    half = max(half, height)
    return View(left=middle[0] - half, right=middle[0] + half, bottom=middle[1] - height, top=middle[1] + height)


def open_page(document: Document, first: State) -> Page:
    """The page of a new session: the state of its link where it has one, else the given one."""
    context: Any = document.session_context  # the server's, which has the request
    arguments = context.request.arguments if context is not None and context.request is not None else {}
    text = b"".join(arguments.get("state", [])).decode("ascii", "replace")
    if not text:
        return Page(document, first)
    try:
        return Page(document, from_link(text))
    except InputError as error:
        return Page(document, first, message=f"{error} The playground starts as usual.")
