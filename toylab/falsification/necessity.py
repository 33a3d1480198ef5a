"""The table of necessity: each claim without each of its hypotheses, and the counterexample that was found.

A cell is one search. The table is kept as data in the package, with the seed and the versions that made it, so that
reports show it without searching; the claims' hand-made controls stand beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import Any

from toylab.claims import Claim, VerdictStatus
from toylab.errors import InputError
from toylab.falsification.search import falsify
from toylab.falsification.spaces import known_spaces

#: Packages whose version decides what a search draws and finds.
_PACKAGES = ("hypothesis", "numpy", "scipy", "torch", "pot", "cvxpy", "clarabel")
#: The rows of a counterexample's summary that tell it from others.
_TELLING = (
    *("family", "fake", "real", "losses", "regulariser", "critic", "function", "pair", "norm", "gradients"),
    *("objective", "generator", "θ", "latent", "discriminator", "cost", "instance noise"),
    *("method", "rule", "start"),
)


class Found(Enum):
    """What a search for a cell ended with."""

    COUNTEREXAMPLE = "found"
    NOTHING = "not found"
    UNDECIDED = "nothing decided"
    NO_SPACE = "no search space"
    NOT_SEARCHED = "not searched"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """A claim without one hypothesis.

    Attributes:
        claim: id of the claim.
        hypothesis: the one that is waived; None for the statement as it stands.
        found: the outcome of the search.
        words: the counterexample, or what was tried, in one line.
        counterexample: as plain data that `toylab check` reads, None where there is none.
        coverage: of the search, as plain data.
    """

    claim: str
    hypothesis: str | None
    found: Found
    words: str
    counterexample: Mapping[str, Any] | None = None
    coverage: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "claim": self.claim,
            "hypothesis": self.hypothesis,
            "found": self.found.name.lower(),
            "words": self.words,
            "counterexample": self.counterexample,
            "coverage": self.coverage,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Cell:
        """The cell of `to_json`."""
        return cls(**{**data, "found": Found[data["found"].upper()]})


@dataclass(frozen=True, kw_only=True)
class Necessity:
    """The whole table.

    Attributes:
        seed: of every search.
        examples: budget of every search.
        versions: package -> version.
        cells: claim by claim.
    """

    seed: int
    examples: int
    versions: Mapping[str, str]
    cells: tuple[Cell, ...]

    def cell(self, claim: Claim, hypothesis: str | None) -> Cell:
        """The cell of a claim and a hypothesis; one that says so where the kept table has none."""
        found = (cell for cell in self.cells if (cell.claim, cell.hypothesis) == (claim.id, hypothesis))
        unknown = Cell(claim=claim.id, hypothesis=hypothesis, found=Found.NOT_SEARCHED, words="run `make necessity`")
        return next(found, unknown)

    def renewed(self, newer: Necessity) -> Necessity:
        """This table with the rows of a newer one in place of its own for the same claims, in the order of claims.

        Rows of claims that are no more are left out.
        """
        from toylab import claims

        searched = {cell.claim for cell in newer.cells}
        kept_cells = {
            (cell.claim, cell.hypothesis): cell
            for cell in (*(cell for cell in self.cells if cell.claim not in searched), *newer.cells)
        }
        wanted = [(claim.id, name) for claim, name in questions(claims.ALL)]
        return Necessity(
            seed=newer.seed,
            examples=newer.examples,
            versions=newer.versions,
            cells=tuple(kept_cells[key] for key in wanted if key in kept_cells),
        )

    def to_json(self) -> dict[str, Any]:
        """Plain data, without time and machine."""
        return {
            "seed": self.seed,
            "examples": self.examples,
            "versions": dict(self.versions),
            "cells": [cell.to_json() for cell in self.cells],
        }

    @classmethod
    def from_json(cls, data: Any) -> Necessity:
        """The table of `to_json`.

        Raises:
            InputError: the data are of another shape.
        """
        try:
            return cls(
                seed=data["seed"],
                examples=data["examples"],
                versions=data["versions"],
                cells=tuple(map(Cell.from_json, data["cells"])),
            )
        except (KeyError, TypeError) as error:
            lacks = f"it lacks {error}" if isinstance(error, KeyError) else "its shape is another"
            raise InputError(f"this is no table of necessity: {lacks}.") from None


def kept() -> Necessity:
    """The table that comes with the package."""
    try:
        text = files("toylab.falsification").joinpath("necessity.json").read_text(encoding="utf-8")
    except FileNotFoundError:  # it is being made for the first time
        return Necessity(seed=0, examples=0, versions={}, cells=())
    return Necessity.from_json(json.loads(text))


def questions(claims: Iterable[Claim]) -> list[tuple[Claim, str | None]]:
    """Every cell: false statements as they stand, and every claim without each of its hypotheses."""
    return [
        (claim, name)
        for claim in claims
        for name in [
            *([None] if claim.expected is VerdictStatus.VIOLATED else []),
            *(hypothesis.name for hypothesis in claim.hypotheses),
        ]
    ]


def search_cell(claim: Claim, hypothesis: str | None, *, examples: int, seconds: float, seed: int) -> Cell:
    """One search for one cell."""
    if claim.subject_type not in known_spaces():
        words = f"{claim.subject_type.__name__} has no search space yet"
        return Cell(claim=claim.id, hypothesis=hypothesis, found=Found.NO_SPACE, words=words)
    without = () if hypothesis is None else (hypothesis,)
    examples = max(1, round(known_spaces()[claim.subject_type].share * examples)) if examples > 0 else examples
    result = falsify(claim, without=without, examples=examples, seconds=seconds, seed=seed)
    coverage, example = result.coverage, result.counterexample
    if example is not None:
        rows = dict(example.rows())
        words = "; ".join(f"{name} {rows[name]}" for name in _TELLING if name in rows)
        found = Found.COUNTEREXAMPLE
    else:
        found = Found.NOTHING if coverage.decided else Found.UNDECIDED
        words = f"{coverage.tried} tried, {coverage.decided} decided"
        words += f", {coverage.impossible.total()} impossible to make" if not coverage.tried else ""
        words += f"; not confirmed: {result.unconfirmed[0]}" if result.unconfirmed else ""
    return Cell(
        claim=claim.id,
        hypothesis=hypothesis,
        found=found,
        words=words,
        counterexample=None if example is None else example.to_json(),
        coverage=coverage.to_json(),
    )


def search_table(
    claims: Sequence[Claim],
    *,
    examples: int = 150,
    seconds: float = 120.0,
    seed: int = 0,
    workers: int = 1,
    finished: Iterable[Cell] = (),
    progress: Callable[[int, int, Cell | None], None] | None = None,
) -> Necessity:
    """Search every cell that is not finished yet.

    The table is the same for the same seed as long as no search runs out of seconds.

    Args:
        claims: which rows.
        examples: budget of each search.
        seconds: budget of each search.
        seed: of each search.
        workers: processes.
        finished: cells that an interrupted run of the same searches has found.
        progress: called as progress(done, total, the cell that was searched; None at the start).
    """
    wanted = questions(claims)
    known = {(cell.claim, cell.hypothesis): cell for cell in finished}
    missing = [(claim, name) for claim, name in wanted if (claim.id, name) not in known]
    done = len(wanted) - len(missing)
    if progress is not None:
        progress(done, len(wanted), None)
    for cell in _searched(missing, workers, examples=examples, seconds=seconds, seed=seed):
        known[cell.claim, cell.hypothesis] = cell
        done += 1
        if progress is not None:
            progress(done, len(wanted), cell)
    cells = tuple(known[claim.id, name] for claim, name in wanted)
    return Necessity(seed=seed, examples=examples, versions=_versions(), cells=cells)


def _searched(wanted: Sequence[tuple[Claim, str | None]], workers: int, **budget: Any) -> Iterator[Cell]:
    if workers == 1:
        yield from (search_cell(claim, name, **budget) for claim, name in wanted)
        return
    from joblib import Parallel, delayed

    jobs: Any = Parallel(n_jobs=workers, return_as="generator_unordered")
    yield from jobs(delayed(_search_named)(claim.id, name, **budget) for claim, name in wanted)


def _search_named(claim: str, hypothesis: str | None, **budget: Any) -> Cell:
    from toylab import claims

    return search_cell(claims.get(claim), hypothesis, **budget)


def _versions() -> dict[str, str]:
    known = {}
    for name in ("toylab", *_PACKAGES):
        try:
            known[name] = version(name)
        except PackageNotFoundError:  # a source tree that was never installed
            known[name] = "unknown"
    return known


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table as it is shown.

    Attributes:
        claim: the claim.
        hypothesis: what is waived, in words.
        cell: what the search found.
        controls: numbers and reasons of the hand-made controls that break the same hypothesis.
    """

    claim: Claim
    hypothesis: str
    cell: Cell
    controls: tuple[tuple[int, str], ...]

    def by_search(self) -> str:
        """The outcome of the search in words."""
        return f"{self.cell.found.value}: {self.cell.words}"

    def by_hand(self) -> str:
        """The hand-made controls in words."""
        return "; ".join(f"control {number}: {why}" for number, why in self.controls) or "none"


def rows(claims: Iterable[Claim], table: Necessity | None = None) -> list[Row]:
    """The lines of the table for some claims, the kept one when none is given."""
    known = kept() if table is None else table
    return [
        Row(
            claim=claim,
            hypothesis="– (as it stands)" if name is None else name,
            cell=known.cell(claim, name),
            controls=tuple(
                (number, control.why)
                for number, control in enumerate(claim.controls, start=1)
                if control.breaks == name
            ),
        )
        for claim, name in questions(claims)
    ]


def markdown(claims: Iterable[Claim], table: Necessity | None = None) -> str:
    """The table as Markdown."""
    lines = ["| claim | without | found by search | made by hand |", "|---|---|---|---|"]
    for row in rows(claims, table):
        cells = (f"`{row.claim.id}`", row.hypothesis, row.by_search(), row.by_hand())
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def refuted(claims: Iterable[Claim], table: Necessity) -> list[Cell]:
    """Cells whose counterexample breaks no hypothesis of a statement that is held to be true: it fails as it stands."""
    return [
        row.cell
        for row in rows(claims, table)
        if row.cell.counterexample is not None
        and not row.cell.counterexample["waive"]
        and row.claim.expected is not VerdictStatus.VIOLATED
    ]
