"""Menus, buttons, numbers and tables of the playground; every one can be reached with the keyboard."""

from __future__ import annotations

import json
from html import escape
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.models import (
    Button,
    ColumnDataSource,
    CustomJS,
    DataTable,
    Div,
    NumberEditor,
    NumberFormatter,
    RadioButtonGroup,
    Select,
    Slider,
    TableColumn,
    Toggle,
)
from bokeh.models.formatters import CustomJSTickFormatter

from toylab.play import keys
from toylab.play.state import Objective, Points, State

LOSSES = ("wasserstein", "logistic", "sqrt", "exponential", "hinge", "quadratic(0, 1)")
PRESETS = ("case3", "two-gaussians", "case2", "case4", "case6", "8-gaussians", "swiss-roll", "three-fakes", "midway")
_SAVE = """
const text = source.data[name][0];
const link = document.createElement('a');
link.href = URL.createObjectURL(new Blob([text], {type: 'text/plain'}));
link.download = file;
link.click();
"""
_PICTURE = """
Bokeh.index.find_one(figure).export('png', true).to_blob().then(picture => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(picture);
  link.download = 'critic.png';
  link.click();
});
"""
_LINK = """
const link = () => {
  const url = new URL(window.location);
  url.searchParams.set('state', source.data['link'][0]);
  window.history.replaceState(null, '', url);
};
"""
#: Twice a second at most: browsers refuse an address bar that changes with every answer of a drag.
_ADDRESS = f"{_LINK} source.late ??= setTimeout(() => {{ source.late = undefined; link(); }}, 500);"
#: Bokeh would go on with a new session, in which nothing of this page is set; the link holds all of it.
_LOST = (
    _LINK
    + """
link();
const shown = Bokeh.index.find_one(note)?.shadow_el.querySelector('.bk-clearfix');
if (shown) shown.textContent = sentence;
const later = () => setTimeout(again, 1000);
const again = () => fetch('static/js/bokeh.min.js', {method: 'HEAD', cache: 'no-store'})
  .then(reply => reply.ok ? window.location.reload() : later(), later);
again();
"""
)
_COPY = f"""
{_LINK}
link();
const said = done => {{ button.label = done; setTimeout(() => {{ button.label = label; }}, 2000); }};
const copied = navigator.clipboard?.writeText(window.location.href) ?? Promise.reject();
copied.then(() => said('copied'), () => said('it is in the address bar'));
"""
_GONE = (
    "The connection to the playground is lost. The page comes back by itself, with everything that is set, once "
    "`toylab play` runs again at this address."
)
_CAPTION = (
    "Arrows are ∇f* at the fakes in units of k*, at a kink the mean of its one-sided gradients. Drag points; tap to "
    "add one; tap a point to choose it. With the keyboard, in the picture: "
)
_NARROW = {"flex-wrap": "wrap", "gap": "0.4rem 0.8rem"}


class Controls:
    """Everything on the page but the pictures."""

    def __init__(self, fakes: ColumnDataSource, reals: ColumnDataSource) -> None:
        self.preset = Select(title="start from", value="", options=[("", "choose…"), *((p, p) for p in PRESETS)])
        self.losses = Select(title="loss", value="logistic", options=list(LOSSES), width=150)
        self.objective = Select(
            title="restriction",
            value=Objective.PENALTY.name,
            options=[(objective.name, objective.value) for objective in Objective],
            width=150,
        )
        self.weight = Slider(
            title="λ",
            start=-3.0,
            end=2.0,
            step=0.05,
            value=-1.0,
            width=220,
            format=CustomJSTickFormatter(code="return Math.pow(10, tick).toPrecision(2)"),
        )
        self.objective.on_change("value", lambda attr, old, new: self._name_weight())
        self.side = RadioButtonGroup(labels=["● fake", "◆ real"], active=0)
        self.add, self.remove = Button(label="add a point"), Button(label="remove the chosen one")
        self.move = Toggle(label="let the fakes move")
        self.train = Button(label="train a critic beside it")
        self.numbers = Div(text="", name="numbers", sizing_mode="stretch_width", styles={"font-size": "1.05rem"})
        self.note = Div(
            text="", name="note", sizing_mode="stretch_width", styles={"color": "#8a4b00", "min-height": "1.4rem"}
        )
        self._kept = ColumnDataSource({"link": [""], "json": [""], "python": [""]})
        #: Puts the link into the browser's address bar; comes back to it when the server is there again.
        self.address = CustomJS(args={"source": self._kept}, code=_ADDRESS)
        self._kept.js_on_change("data", self.address)
        self.lost = CustomJS(args={"source": self._kept, "note": self.note, "sentence": _GONE}, code=_LOST)
        self.copy = Button(label="copy the link")
        told = {"source": self._kept, "button": self.copy, "label": self.copy.label}
        self.copy.js_on_click(CustomJS(args=told, code=_COPY))
        self.picture = Button(label="save critic.png")
        self.exports = [self._export("problem.json", "json"), self._export("problem.py", "python")]
        self.tables = [_table(fakes, "fake table"), _table(reals, "real table")]

    def _export(self, file: str, name: str) -> Button:
        button = Button(label=f"save {file}")
        button.js_on_click(CustomJS(args={"source": self._kept, "name": name, "file": file}, code=_SAVE))
        return button

    def layout(self, exact: Any, trained: Any) -> Any:
        """The page, for wide and narrow screens."""
        caption = Div(text=_CAPTION + keys.WORDS, sizing_mode="stretch_width")
        setting = row(self.preset, self.losses, self.objective, self.weight, styles=_NARROW)
        editing = row(self.side, self.add, self.remove, self.move, self.train, styles=_NARROW)
        self.picture.js_on_click(CustomJS(args={"figure": exact}, code=_PICTURE))
        saving = row(self.copy, self.picture, *self.exports, styles=_NARROW)
        heads = [Div(text="<b>● fake points</b>"), Div(text="<b>◆ real points</b>")]
        tables = [column(head, table) for head, table in zip(heads, self.tables, strict=True)]
        pictures = row(exact, trained, *tables, sizing_mode="stretch_width", styles=_NARROW)
        return column(
            setting, editing, self.numbers, self.note, caption, pictures, saving, sizing_mode="stretch_width",
            styles={"max-width": "1400px", "font-family": "sans-serif"},
        )  # fmt: skip

    def _name_weight(self) -> None:
        """The slider says what it sets, and cannot be moved where it sets nothing."""
        chosen = self.objective.value
        self.weight.title = "radius λ" if chosen == Objective.BALL.name else "λ"
        self.weight.disabled = chosen == Objective.UNRESTRICTED.name

    def take(self, state: State) -> None:
        """Set the controls to a state."""
        self.losses.options = [*LOSSES, *({state.losses} - set(LOSSES))]
        self.losses.value = state.losses
        self.objective.value = state.objective.name
        self._name_weight()
        exponent = float(np.log10(state.weight))
        self.weight.update(start=min(-3.0, exponent), end=max(2.0, exponent), value=exponent)

    def state(self, fake: Points, real: Points) -> State:
        """The state the controls are in."""
        return State(
            fake=fake,
            real=real,
            losses=str(self.losses.value),
            objective=Objective[str(self.objective.value)],
            weight=float(f"{10.0 ** float(self.weight.value):.6g}"),
        )

    def keep(self, state: State) -> None:
        """The link and the exports of a state."""
        self._kept.data = {
            "link": [state.link()],
            "json": [json.dumps(state.problem.to_json(), indent=1)],
            "python": [state.snippet()],
        }

    def say(self, sentence: str) -> None:
        """A sentence below the numbers."""
        self.note.text = f'<div role="alert">{escape(sentence)}</div>' if sentence else ""


def _table(source: ColumnDataSource, name: str) -> DataTable:
    columns = [
        TableColumn(
            field=field, title=field, editor=NumberEditor(step=0.05), formatter=NumberFormatter(format="0.0000")
        )
        for field in ("x", "y")
    ]
    return DataTable(
        source=source,
        name=name,
        columns=columns,
        editable=True,
        width=245,
        height=330,
        auto_edit=False,
        reorderable=False,
        sortable=False,
    )
