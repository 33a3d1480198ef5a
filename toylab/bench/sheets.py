"""A table that is the same in a terminal and in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.table import Table
from rich.text import Text


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One table.

    Attributes:
        title: above it.
        header: of the columns; the first is text, the others numbers.
        sections: rows under a heading of their own.
        notes: below it.
        folded: columns whose words are broken into lines of so many characters in a terminal.
    """

    title: str
    header: Sequence[str]
    sections: Mapping[str, Sequence[Sequence[str]]]
    notes: Sequence[str] = field(default_factory=tuple)
    folded: Mapping[str, int] = field(default_factory=dict)

    def markdown(self) -> str:
        """As Markdown, the heading of each section as a column of its own."""
        header = ["", *self.header]
        lines = [f"### {self.title}", "", f"| {' | '.join(header)} |", "|---|---" + "|--:" * (len(header) - 2) + "|"]
        for heading, rows in self.sections.items():
            lines += [f"| {' | '.join([heading, *row])} |" for row in rows]
        return "\n".join([*lines, *(f"\n{note}" for note in self.notes)])

    def rich(self) -> Table:
        """For a terminal."""
        table = Table(
            title=self.title,
            title_justify="left",
            header_style="bold",
            show_edge=not self.folded,
            pad_edge=not self.folded,
        )
        for index, name in enumerate(self.header):
            table.add_column(
                name, justify="right" if index > 1 else "left", overflow="fold", max_width=self.folded.get(name)
            )
        for heading, rows in self.sections.items():
            table.add_section()
            table.add_row(Text(heading, style="bold"))
            for row in rows:
                table.add_row(*(Text(cell) for cell in row))
        return table


def print_sheets(sheets: Sequence[Sheet], legend: Sequence[str], console: Console) -> None:
    """All tables with their notes, and the legend, for a terminal."""
    for sheet in sheets:
        console.print(sheet.rich())
        for note in sheet.notes:
            console.print(Text(note, style="dim"))
        console.print()
    for line in legend:
        console.print(Text(line, style="dim"))
