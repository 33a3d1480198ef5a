"""What the commands of `bench` share: a bar over work of which what is finished is kept, and the files at the end."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toylab.cli.targets import PICTURES, checked_target
from toylab.cli.terminal import progress_bar
from toylab.storage import replacing, write_json

#: advance(done, total, words)
Advance = Callable[[float, float, str], None]


@contextmanager
def bar(words: str, *, kept_in: object = None) -> Iterator[Advance]:
    """A progress bar; Ctrl-C says where the work that is finished is kept.

    Args:
        words: before the first step.
        kept_in: the folder from which the same command continues, None where there is none.
    """
    with progress_bar() as progress:
        task = progress.add_task(words, total=None)

        def advance(done: float, total: float, words: str) -> None:
            progress.update(task, completed=round(done), total=round(total), description=words)

        try:
            yield advance
        except KeyboardInterrupt:
            if kept_in is None:
                raise
            raise KeyboardInterrupt(  # what `main` says
                f"toylab: interrupted; what is finished is kept in {str(kept_in)!r}, the same command continues."
            ) from None


def add_file_options(parser: argparse.ArgumentParser, *, data: str, picture: str) -> None:
    """Add --json, --markdown and --plot.

    Args:
        parser: of the command.
        data: what is written as JSON.
        picture: what is drawn.
    """
    parser.add_argument("--json", metavar="FILE", help=f"write {data}")
    parser.add_argument("--markdown", metavar="FILE", help="write the tables as a page, with the picture of --plot")
    parser.add_argument("--plot", metavar="FILE", help=f"draw {picture} (png, pdf, svg)")


@dataclass(frozen=True, kw_only=True)
class Files:
    """Where a bench writes what it found; None: nowhere.

    Attributes:
        data: JSON.
        page: Markdown.
        picture: of the page.
    """

    data: Path | None
    page: Path | None
    picture: Path | None

    @classmethod
    def checked(cls, options: argparse.Namespace) -> Files:
        """Those of --json, --markdown and --plot, before any work is done.

        Raises:
            InputError: a file that cannot be written.
        """
        return cls(
            data=checked_target(options.json, (".json",)),
            page=checked_target(options.markdown, (".md",)),
            picture=checked_target(options.plot, PICTURES),
        )

    def write(
        self,
        data: Callable[[], Any],
        page: Callable[[str | None], str],
        draw: Callable[[], Any],
        *,
        dpi: int | None = None,
        before: Iterable[Path] = (),
    ) -> None:
        """Write the files that were asked for, data first, and say which.

        Args:
            data: -> plain data.
            page: the name of the picture beside it, or None -> Markdown.
            draw: -> axes.
            dpi: of the picture; as usual when not given.
            before: what was written before.
        """
        written = list(before)
        if self.data is not None:
            write_json(self.data, data())
            written.append(self.data)
        if self.picture is not None:
            from toylab.plotting import save

            written.append(save(draw(), self.picture, **({} if dpi is None else {"dpi": dpi})))
        if self.page is not None:
            with replacing(self.page) as temporary:
                temporary.write_text(page(None if self.picture is None else self.picture.name), encoding="utf-8")
            written.append(self.page)
        print(f"Written: {', '.join(map(str, written))}")


def titled_page(title: str, intro: str, picture: str | None, alt: str, tables: str) -> str:
    """A page of Markdown: title, what was measured, the picture where there is one, tables."""
    shown = "" if picture is None else f"![{alt}]({picture})\n\n"
    return f"# {title}\n\n{intro}\n\n{shown}{tables}\n"


__all__ = ["Advance", "Files", "add_file_options", "bar", "titled_page"]
