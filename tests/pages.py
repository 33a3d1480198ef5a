"""Reading HTML back: whether it is well formed, and what a person sees of it."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

_EMPTY = {"br"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.pieces: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


@dataclass(frozen=True)
class Page:
    """A fragment as a browser reads it."""

    text: str
    tags: tuple[str, ...]
    attributes: tuple[tuple[str, str | None], ...]

    @classmethod
    def of(cls, fragment: str) -> Page:
        """Read a fragment; it must be well formed, as HTML and as XML."""
        ElementTree.fromstring(f"<div>{fragment.replace('<br>', '<br/>')}</div>")
        reader = _Reader()
        reader.feed(fragment)
        reader.close()
        assert not reader.open, f"never closed: {reader.open}"
        return cls("".join(reader.pieces), tuple(reader.tags), tuple(reader.attributes))


def face(thing: Any) -> Page:
    """How an object looks in a notebook: self-contained, without scripts, with nothing that was left unformatted."""
    page = Page.of(thing._repr_html_())
    assert not {"script", "link", "img", "style", "iframe"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in {"href", "src", "id"}]
    assert "nan" not in page.text.replace("degenerate", "")
    assert "None" not in page.text
    return page
