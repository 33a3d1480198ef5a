"""Notebook faces: small self-contained HTML with inline styles, no scripts, for light and dark pages.

Colours are taken from the page, except for badges and bars, which bring their own background. Whatever is not `Html`
is escaped: names come from users. `number` writes numbers for people, here and in plain text.
"""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any

_LINE = "rgba(128,128,128,.35)"
_CELL = f"text-align:left;vertical-align:top;padding:.15em .9em .15em 0;border:0;border-top:1px solid {_LINE};"
_HEAD = "text-align:left;padding:.15em .9em .15em 0;border:0;font-weight:600;"
_TABLE = "border-collapse:collapse;border:0;margin:.3em 0;background:transparent;font-size:inherit;"
_PLAIN = "background:transparent;"
_NUMERIC = "font-variant-numeric:tabular-nums;"
#: Cells of so many characters hold one number or word.
_SHORT = 12


class Html(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


class Tone(Enum):
    """How a word is meant: its symbol and the background it is set on."""

    GOOD = ("✓", "#1b7f3b")
    BAD = ("✗", "#b42318")
    OPEN = ("?", "#8a5a00")
    QUIET = ("–", "#5b6472")


def number(value: float | None, digits: int = 6) -> str:
    """A number for people: so many significant digits, ∞ for infinities, a dash where there is none."""
    if value is None or math.isnan(value):
        return "–"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    return f"{value + 0.0:.{digits}g}"  # turns -0.0 into 0.0


def text(content: Any) -> Html:
    """Anything as HTML: `Html` as it is, everything else escaped."""
    return content if isinstance(content, Html) else Html(html.escape(str(content)))


def badge(word: str, tone: Tone) -> Html:
    """A word with its symbol on a coloured ground, legible on any page."""
    symbol, colour = tone.value
    style = (
        f"background:{colour};color:#fff;border-radius:.7em;padding:.05em .6em;font-weight:600;white-space:nowrap;"
        "font-size:90%;display:inline-block;margin:.08em 0;line-height:1.4;"
    )
    return Html(f'<span style="{style}">{symbol} {text(word)}</span>')


def bar(share: float, tone: Tone = Tone.QUIET) -> Html:
    """A bar that fills this share of its width; empty for a share that is no number."""
    filled = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
    inner = f'<span style="display:block;height:100%;width:{100 * filled:.1f}%;background:{tone.value[1]};"></span>'
    style = (
        f"display:inline-block;width:8em;height:.6em;border:1px solid {_LINE};border-radius:.2em;overflow:hidden;"
        "vertical-align:middle;"
    )
    return Html(f'<span style="{style}">{inner}</span>')


def lines(items: Iterable[Any]) -> Html:
    """Several pieces, one below the other."""
    return Html("<br>".join(text(item) for item in items))


def quiet(content: Any) -> Html:
    """Text of less weight."""
    return Html(f'<span style="opacity:.7;">{text(content)}</span>')


def folded(summary: str, content: Html) -> Html:
    """What is shown on a click; browsers do this without scripts."""
    return Html(f'<details style="margin:.3em 0;"><summary>{text(summary)}</summary>{content}</details>')


def paragraphs(content: str) -> Html:
    """Plain text, a block a line, indented as it is there, and further where a line goes on below."""
    blocks = []
    for line in content.split("\n"):
        depth = 0.6 * (len(line) - len(line.lstrip(" ")))
        style = f"margin-left:{depth + 1.2:.1f}em;text-indent:-1.2em;"
        blocks.append(f'<div style="{style}">{text(line.strip())}</div>')
    return Html(f'<div style="margin:.4em 0;font-size:95%;">{"".join(blocks)}</div>')


def facts(rows: Iterable[tuple[str, Any]]) -> Html:
    """A table of names and what is known under them; rows without content are left out."""
    body = "".join(
        f'<tr style="{_PLAIN}"><th style="{_CELL}font-weight:400;opacity:.75;white-space:nowrap;">{text(name)}</th>'
        f'<td style="{_CELL}{_NUMERIC}">{text(content)}</td></tr>'
        for name, content in rows
        if content != ""
    )
    return Html(f'<table style="{_TABLE}"><tbody>{body}</tbody></table>')


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Html:
    """A table with a header; as many cells a row as there are names."""
    head = "".join(f'<th style="{_HEAD}">{text(name)}</th>' for name in header)
    body = "".join(
        f'<tr style="{_PLAIN}">' + "".join(f'<td style="{_CELL}{_NUMERIC}">{text(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return Html(
        f'<div style="overflow-x:auto;"><table style="{_TABLE}"><thead style="border:0;">'
        f'<tr style="{_PLAIN}">{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _unbroken(cell: Any) -> str:
    """Numbers stay on one line."""
    return "white-space:nowrap;" if len(str(cell)) <= _SHORT else ""


def card(title: str, *parts: Any, status: Html | None = None) -> str:
    """One object: its title, a badge where there is one, and the parts below."""
    heading = f"<b>{text(title)}</b>" + ("" if status is None else f" {status}")
    body = "".join(f"<div>{text(part)}</div>" for part in parts if part != "")
    style = "max-width:64em;line-height:1.45;margin:.2em 0;text-align:left;"
    return f'<div class="toylab" style="{style}"><div>{heading}</div>{body}</div>'
