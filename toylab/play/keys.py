"""The picture and the tables by keyboard.

Bokeh's tool removes a chosen point when Backspace is pressed, but only where its canvas has the focus, which no click
gives it; and the tables keep the Tab key to themselves, so that nobody gets out of them, and go on showing where points
were while their number stays. The page mends all three, and lets a person choose and move points with keys.
"""

from __future__ import annotations

from typing import Any

from bokeh.models import ColumnDataSource, CustomJS

#: What the keys do in the picture, for its caption.
WORDS = "N and P choose the next or previous point, arrow keys move it (with Shift farther), Delete removes it."

#: A share of the picture's width that a point goes with one arrow key, and with Shift.
_STEP, _STRIDE = 0.01, 0.1
_PICTURE = f"""
const area = Bokeh.index.find_one(figure)?.canvas_view.events_el;
if (!area || area.dataset.keys) return;
area.dataset.keys = 'on';
area.setAttribute('role', 'application');
area.setAttribute('aria-label', 'Fake and real points on the critic. ' + words);
const sides = [fakes, reals];
const size = side => side.data.x.length;
const chosen = side => side.selected.indices;
const choose = step => {{
  const [m, n] = [size(fakes), size(reals)];
  if (!(m + n)) return;
  const places = [...chosen(fakes), ...chosen(reals).map(i => m + i)];
  const now = ((places[0] ?? (step > 0 ? -1 : 0)) + step + m + n) % (m + n);
  fakes.selected.indices = now < m ? [now] : [];
  reals.selected.indices = now < m ? [] : [now - m];
}};
const change = (side, x, y) => {{ side.data = {{x, y}}; }};
const move = (right, up) => {{
  for (const side of sides) {{
    if (!chosen(side).length) continue;
    const [x, y] = [Array.from(side.data.x), Array.from(side.data.y)];
    for (const i of chosen(side)) {{ x[i] += right; y[i] += up; }}
    change(side, x, y);
  }}
}};
const remove = () => {{
  for (const side of sides) {{
    const gone = new Set(chosen(side));
    if (!gone.size) continue;
    const kept = values => Array.from(values).filter((_, i) => !gone.has(i));
    side.selected.indices = [];
    change(side, kept(side.data.x), kept(side.data.y));
  }}
}};
const arrows = {{ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}};
const act = event => {{
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const far = (figure.x_range.end - figure.x_range.start) * (event.shiftKey ? {_STRIDE} : {_STEP});
  if (event.key in arrows) move(...arrows[event.key].map(unit => unit * far));
  else if ('nN'.includes(event.key)) choose(1);
  else if ('pP'.includes(event.key)) choose(-1);
  else if (['Delete', 'Backspace'].includes(event.key)) remove();
  else return false;
  return true;
}};
area.addEventListener('keydown', event => {{ if (act(event)) event.preventDefault(); }});
// the tool's own answer to Backspace would remove another point
area.addEventListener('keyup', event => {{ if (event.key === 'Backspace') event.stopImmediatePropagation(); }}, true);
area.addEventListener('pointerdown', () => area.focus({{preventScroll: true}}));
area.addEventListener('focus', () => {{
  area.style.outline = area.matches(':focus-visible') ? '2px solid #1a1a1a' : 'none';
}});
area.addEventListener('blur', () => {{ area.style.outline = 'none'; }});
"""
#: Arrow keys move within a table, Enter edits a cell, Tab goes on to what comes next. A table that shows other points,
#: or has others chosen, leaves the focus where it is.
_TABLES = """
const focused = () => {
  let found = document.activeElement;
  while (found?.shadowRoot?.activeElement) found = found.shadowRoot.activeElement;
  return found;
};
for (const table of tables) {
  const view = Bokeh.index.find_one(table);
  if (!view || view.el.dataset.keys) continue;
  view.el.dataset.keys = 'on';
  const keeping = update => (...given) => {
    const before = focused();
    update(...given);
    if (before?.isConnected && focused() !== before) before.focus({preventScroll: true});
  };
  for (const name of ['updateSelection', 'updateGrid']) view[name] = keeping(view[name].bind(view));
  let later = 0;  // the picture's answer to a drag comes first
  const refresh = keeping(() => view.grid.getCellEditor() || view.grid.invalidate());
  table.source.properties.data.change.connect(() => {
    clearTimeout(later);
    later = setTimeout(refresh, 250);
  });
  const editing = event => event.composedPath()[0].tagName === 'INPUT';
  view.el.addEventListener('keydown', event => {
    if (event.key === 'Tab' && !editing(event)) event.stopImmediatePropagation();
  }, true);
  view.el.addEventListener('keyup', event => {
    if (event.key === 'Tab' && !view.grid.getActiveCell() && view.grid.getDataLength()) view.grid.setActiveCell(0, 1);
  });
}
"""


def by_keyboard(figure: Any, fakes: ColumnDataSource, reals: ColumnDataSource, tables: list[Any]) -> list[CustomJS]:
    """What the page does once it is there."""
    picture = {"figure": figure, "fakes": fakes, "reals": reals, "words": WORDS}
    return [CustomJS(args=picture, code=_PICTURE), CustomJS(args={"tables": tables}, code=_TABLES)]
